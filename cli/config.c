/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "cli/file.h"
#include "cli/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 65536, PATH_LENGTH_MAX = 4096 };

static char *config_path(const struct cli *cli)
{
	struct buf path = BUF_INIT(PATH_LENGTH_MAX);
	char *copy = NULL;

	if (buf_printf(&path, "%s/%s", cli->directory, CONFIG_NAME) == 0)
		copy = strdup(buf_text(&path));
	buf_free(&path);
	return copy;
}

static int config_read(struct cli *cli, const char *path, json_t **ret_config)
{
	struct buf text = BUF_INIT(CONFIG_MAX);
	int r = file_load(path, &text);

	*ret_config = NULL;
	if (r == PIMS_E_NOT_FOUND) {
		r = CLI_OK;
	} else if (r == PIMS_E_SYSTEM) {
		r = cli_cannot(cli, "cannot read %s: %s", path, strerror(errno));
	} else if (r < 0 || json_parse_object(buf_text(&text), text.len, CONFIG_MAX, ret_config) < 0) {
		r = cli_cannot(cli, "%s is not a configuration (a JSON object is expected)", path);
		cli_next(cli, "pims init --force");
	}
	buf_free(&text);
	return r;
}

int config_load(struct cli *cli, json_t **ret_config)
{
	char *path = config_path(cli);
	int r;

	if (!path)
		return cli_error(cli, "path of the configuration", PIMS_E_MEMORY);
	r = config_read(cli, path, ret_config);
	free(path);
	return r;
}

int config_save(struct cli *cli, const json_t *config)
{
	struct buf text = BUF_INIT(CONFIG_MAX);
	char *path = config_path(cli);
	int r = path ? json_write(config, &text) : PIMS_E_MEMORY;

	if (r == 0)
		r = buf_putc(&text, '\n');
	if (r < 0)
		r = cli_error(cli, "configuration", r);
	else if (file_make_path(cli->directory) < 0 || file_replace(path, &text, 0600) < 0)
		r = cli_cannot(cli, "cannot write %s: %s", path, strerror(errno));
	buf_free(&text);
	free(path);
	return r;
}
