/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/file.h"

#include "base/secret.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LENGTH_MAX = 4096 };

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

int file_load(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r, reason;

	if (fd < 0)
		return errno == ENOENT ? PIMS_E_NOT_FOUND : PIMS_E_SYSTEM;
	r = read_all(fd, text);
	reason = errno;
	(void)close(fd);
	errno = reason;
	return r;
}

static int make_one(const char *path)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

int file_make_path(const char *directory)
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

/* mkstemp(): a name of its own for each of two that write at once. */
static int write_file(char *path, const struct buf *text, mode_t mode)
{
	int fd = mkstemp(path);
	int r;

	if (fd < 0)
		return -1;
	r = write_all(fd, text->data, text->len);
	if (r == 0)
		r = fchmod(fd, mode);
	if (r == 0)
		r = fsync(fd);
	if (close(fd) < 0)
		r = -1;
	if (r < 0)
		(void)unlink(path);
	return r;
}

/* The name is as durable as the content only when the directory is too. */
static int sync_directory(const char *path)
{
	char directory[PATH_LENGTH_MAX];
	const char *slash = strrchr(path, '/');
	int fd, r;

	if (!slash || snprintf(directory, sizeof directory, "%.*s/", (int)(slash - path), path) >= (int)sizeof directory)
		return -1;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	r = fsync(fd);
	return close(fd) < 0 ? -1 : r;
}

int file_replace(const char *path, const struct buf *text, mode_t mode)
{
	char next[PATH_LENGTH_MAX];

	if (snprintf(next, sizeof next, "%s.XXXXXX", path) >= (int)sizeof next) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (write_file(next, text, mode) < 0)
		return -1;
	if (rename(next, path) < 0) {
		(void)unlink(next);
		return -1;
	}
	return sync_directory(path);
}
