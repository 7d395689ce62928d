/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trust.h"

#include "base/pins.h"
#include "base/text.h"
#include "cli/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP "tls"
#define CA_FILE "caFile"
#define PINNED_KEYS "pinnedKeys"

int trust_add_pin(struct cli *cli, const char *pin)
{
	size_t length = strlen(cli->pin_keys);

	cli->pin_keys_given = true;
	if (!*pin)
		return CLI_OK;
	if (length + strlen(pin) + 2 > sizeof cli->pin_keys)
		return cli_usage(cli, "--pin-key: that is more than %d keys", PINS_MAX);
	(void)snprintf(cli->pin_keys + length, sizeof cli->pin_keys - length, "%s%s", length ? ";" : "", pin);
	return pins_valid(cli->pin_keys) ? CLI_OK : cli_usage(cli, "--pin-key wants sha256// and 44 characters, as curl's --pinnedpubkey");
}

/* What was given on the command line goes before. */
int trust_load(struct cli *cli, const json_t *config)
{
	const json_t *group = json_object_get(config, GROUP);
	const char *file = json_text(group, CA_FILE), *pins = json_text(group, PINNED_KEYS);

	if (!cli->ca_file && json_object_get(group, CA_FILE)) {
		if (!file || !*file)
			return cli_cannot(cli, "%s/" CONFIG_NAME ": " GROUP "." CA_FILE " is no file", cli->directory);
		if (text_set(&cli->stored_ca_file, file) < 0)
			return cli_error(cli, CA_FILE, PIMS_E_MEMORY);
		cli->ca_file = cli->stored_ca_file;
	}
	if (!cli->pin_keys_given && json_object_get(group, PINNED_KEYS)) {
		if (!pins || !pins_valid(pins) || text_copy(cli->pin_keys, sizeof cli->pin_keys, pins) < 0)
			return cli_cannot(cli, "%s/" CONFIG_NAME ": " GROUP "." PINNED_KEYS " are no keys", cli->directory);
		cli->pin_keys_given = true;
	}
	return CLI_OK;
}

/* Without it every request would fail, and only say that the server cannot be trusted. */
static int check_file(struct cli *cli)
{
	int fd = open(cli->ca_file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return cli_cannot(cli, "cannot read the certificate authorities in %s: %s\n  next: --ca-file FILE, or pims init --force --ca-file FILE",
				  cli->ca_file, strerror(errno));
	(void)close(fd);
	return CLI_OK;
}

int trust_options(struct cli *cli, struct pims_options *options)
{
	if (cli->pin_keys_given && *cli->pin_keys)
		options->pinned_keys = cli->pin_keys;
	if (!cli->ca_file || !*cli->ca_file)
		return CLI_OK;
	options->ca_file = cli->ca_file;
	return check_file(cli);
}

/* Later calls come from other directories. */
static int put_file(struct cli *cli, json_t *group)
{
	char *path = realpath(cli->ca_file, NULL);
	int r;

	if (!path)
		return cli_cannot(cli, "%s: %s", cli->ca_file, strerror(errno));
	r = json_put_text(group, CA_FILE, path);
	free(path);
	return r < 0 ? cli_usage(cli, "--ca-file: the path is not UTF-8") : CLI_OK;
}

int trust_save(struct cli *cli, json_t *config)
{
	json_t *group = json_object();
	int r = CLI_OK;

	if (!group)
		return cli_error(cli, GROUP, PIMS_E_MEMORY);
	if (cli->ca_file && *cli->ca_file)
		r = put_file(cli, group);
	if (!r && *cli->pin_keys && json_put_text(group, PINNED_KEYS, cli->pin_keys) < 0)
		r = cli_error(cli, PINNED_KEYS, PIMS_E_MEMORY);
	if (!r && json_object_size(group) && json_object_set(config, GROUP, group) < 0)
		r = cli_error(cli, GROUP, PIMS_E_MEMORY);
	json_decref(group);
	return r;
}
