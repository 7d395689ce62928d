/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "cli/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_MAX = 65536, PATH_LENGTH_MAX = 4096 };

static char *config_path(const struct cli *cli, const char *suffix)
{
	struct buf path = BUF_INIT(PATH_LENGTH_MAX);
	char *copy = NULL;

	if (buf_printf(&path, "%s/%s%s", cli->directory, CONFIG_NAME, suffix) == 0)
		copy = strdup(buf_text(&path));
	buf_free(&path);
	return copy;
}

/* The whole file, or PIMS_E_SYSTEM with errno, PIMS_E_LIMIT. */
static int read_all(int fd, struct buf *buf)
{
	char bytes[4096];
	ssize_t got;
	int r = 0;

	while (r == 0 && (got = read(fd, bytes, sizeof bytes)) != 0) {
		if (got > 0)
			r = buf_put(buf, bytes, (size_t)got);
		else if (errno != EINTR)
			r = PIMS_E_SYSTEM;
	}
	secret_wipe(bytes, sizeof bytes);
	return r;
}

static int config_read(struct cli *cli, const char *path, json_t **ret_config)
{
	struct buf text = BUF_INIT(CONFIG_MAX);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	*ret_config = NULL;
	if (fd < 0)
		return errno == ENOENT ? CLI_OK : cli_cannot(cli, "cannot read %s: %s", path, strerror(errno));
	r = read_all(fd, &text);
	(void)close(fd);
	if (r == PIMS_E_SYSTEM)
		r = cli_cannot(cli, "cannot read %s: %s", path, strerror(errno));
	else if (r < 0 || json_parse_object(buf_text(&text), text.len, CONFIG_MAX, ret_config) < 0)
		r = cli_cannot(cli, "%s is not a configuration (a JSON object is expected)\n  next: pims init --force", path);
	buf_free(&text);
	return r;
}

int config_load(struct cli *cli, json_t **ret_config)
{
	char *path = config_path(cli, "");
	int r;

	if (!path)
		return cli_error(cli, "path of the configuration", PIMS_E_MEMORY);
	r = config_read(cli, path, ret_config);
	free(path);
	return r;
}

static int make_one(const char *path)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

/* mkdir -p, ours alone. */
static int make_directory(const char *directory)
{
	char *path = strdup(directory);
	char *slash = path;
	int r = path ? 0 : -1;

	while (r == 0 && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		r = make_one(path);
		*slash = '/';
	}
	free(path);
	return r < 0 ? r : make_one(directory);
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t done = write(fd, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

/* mkstemp(): mode 0600, and a name of its own for each of two that write at once. */
static int write_file(char *path, const struct buf *text)
{
	int fd = mkstemp(path);
	int r;

	if (fd < 0)
		return -1;
	r = write_all(fd, text->data, text->len);
	if (r == 0)
		r = fsync(fd);
	if (close(fd) < 0)
		r = -1;
	if (r < 0)
		(void)unlink(path);
	return r;
}

/* The name is as durable as the content only when the directory is too. */
static int sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -1;
	r = fsync(fd);
	return close(fd) < 0 ? -1 : r;
}

static int replace(const struct cli *cli, const char *path, const struct buf *text)
{
	char *next = config_path(cli, ".XXXXXX");
	int r = -1;

	if (next && make_directory(cli->directory) == 0)
		r = write_file(next, text);
	if (r == 0) {
		r = rename(next, path);
		if (r < 0)
			(void)unlink(next);
	}
	free(next);
	return r < 0 ? r : sync_directory(cli->directory);
}

int config_save(struct cli *cli, const json_t *config)
{
	struct buf text = BUF_INIT(CONFIG_MAX);
	char *path = config_path(cli, "");
	int r = path ? json_write(config, &text) : PIMS_E_MEMORY;

	if (r == 0)
		r = buf_putc(&text, '\n');
	if (r < 0)
		r = cli_error(cli, "configuration", r);
	else if (replace(cli, path, &text) < 0)
		r = cli_cannot(cli, "cannot write %s: %s", path, strerror(errno));
	buf_free(&text);
	free(path);
	return r;
}
