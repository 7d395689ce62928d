/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/trust.h"

#include <getopt.h>
#include <string.h>

/* Values of getopt_long: an index into the command's rows, or one of these plus an index into the global rows. */
enum { GLOBAL_FIRST = 64, GETOPT_MAX = OPTIONS_MAX + 16 };
enum { GLOBAL_PROFILE, GLOBAL_STATE, GLOBAL_TIMEOUT, GLOBAL_CA_FILE, GLOBAL_PIN_KEY, GLOBAL_VERBOSE, GLOBAL_HELP, GLOBAL_VERSION };
enum { TIMEOUT_MAX_SECONDS = 86400 };

const struct option_row global_options[] = {
	{"profile", "NAME", "one account on one device (default: default)"},
	{"state", "DIR", "directory of the profile (default: $XDG_STATE_HOME/pims/NAME)"},
	{"timeout", "SECONDS", "deadline of one request to the server (default: 10)"},
	{"ca-file", "FILE", "PEM file of certificate authorities (default: the profile's, else the system's)"},
	{"pin-key", "PIN", "a public key the server may have, sha256//BASE64; repeat it for more (default: the profile's)"},
	{"verbose", NULL, "log lines on standard error"},
	{"help", NULL, "this text"},
	{"version", NULL, "version of pims and of libpims"},
	{NULL, NULL, NULL},
};

static size_t fill_rows(struct option *list, size_t count, const struct option_row *rows, int first)
{
	for (int i = 0; rows && rows[i].name && count + 1 < GETOPT_MAX; i++)
		list[count++] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, first + i};
	return count;
}

static int parse_timeout(struct cli *cli, const char *text)
{
	uint64_t seconds;

	if (decimal_parse(text, TIMEOUT_MAX_SECONDS, &seconds) < 0 || !seconds)
		return cli_usage(cli, "--timeout wants seconds, 1 to %d", TIMEOUT_MAX_SECONDS);
	cli->timeout_ms = (unsigned)seconds * 1000;
	return CLI_OK;
}

/* A profile is a directory of its own: nothing that leads out of it, or hides it. */
static int parse_profile(struct cli *cli, const char *name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!*name || *name == '.' || *name == '-' || strlen(name) > 64 || name[strspn(name, good)])
		return cli_usage(cli, "--profile wants a name of letters, digits, '.', '_' and '-'");
	cli->profile = name;
	return CLI_OK;
}

static int take_global(struct cli *cli, const struct command *command, int row, const char *value)
{
	switch (row) {
	case GLOBAL_PROFILE:
		return parse_profile(cli, value);
	case GLOBAL_STATE:
		cli->state = value;
		return *value ? CLI_OK : cli_usage(cli, "--state wants a directory");
	case GLOBAL_TIMEOUT:
		return parse_timeout(cli, value);
	case GLOBAL_CA_FILE:
		cli->ca_file = value;
		return CLI_OK;
	case GLOBAL_PIN_KEY:
		return trust_add_pin(cli, value);
	case GLOBAL_VERBOSE:
		cli->verbose = true;
		return CLI_OK;
	case GLOBAL_HELP:
		if (command)
			help_command(command, stdout);
		else
			help_program(stdout);
		return OPTIONS_DONE;
	default:
		printf("pims %s (libpims %s)\n", PIMS_VERSION, pims_version());
		return OPTIONS_DONE;
	}
}

/* What stands behind "=" may be a secret in the wrong place: it is not repeated. */
static int refuse_option(const struct cli *cli, char **argv, int c)
{
	const char *word = optind > 0 ? argv[optind - 1] : "";

	if (!text_starts(word, "--"))
		word = "this";
	if (c == ':')
		return cli_usage(cli, "%.*s wants a value", (int)strcspn(word, "="), word);
	return cli_usage(cli, "%.*s is no option here, or takes no value", (int)strcspn(word, "="), word);
}

int options_global(struct cli *cli, int argc, char **argv, int *ret_used)
{
	struct option list[GETOPT_MAX] = {{NULL, 0, NULL, 0}};
	int c, r;

	(void)fill_rows(list, 0, global_options, GLOBAL_FIRST);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while ((c = getopt_long(argc, argv, "+:h", list, NULL)) != -1) {
		if (c == '?' || c == ':')
			return refuse_option(cli, argv, c);
		r = take_global(cli, NULL, c == 'h' ? GLOBAL_HELP : c - GLOBAL_FIRST, optarg);
		if (r)
			return r;
	}
	*ret_used = optind;
	return CLI_OK;
}

static int check_operands(const struct cli *cli, const struct command *command, int count)
{
	if (count < command->least)
		return cli_usage(cli, "%s is missing", command->operands);
	if (count > command->most)
		return cli_usage(cli, "too many arguments (PINs and codes are never arguments)");
	return CLI_OK;
}

int options_command(struct cli *cli, const struct command *command, int argc, char **argv, struct arguments *ret_arguments)
{
	struct option list[GETOPT_MAX] = {{NULL, 0, NULL, 0}};
	struct arguments arguments = {.count = 0};
	int c, r;

	(void)fill_rows(list, fill_rows(list, 0, command->options, 0), global_options, GLOBAL_FIRST);
	opterr = 0;
	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
		if (c == '?' || c == ':')
			return refuse_option(cli, argv, c);
		if (c < OPTIONS_MAX) {
			arguments.option[c] = optarg ? optarg : "";
			continue;
		}
		r = take_global(cli, command, c == 'h' ? GLOBAL_HELP : c - GLOBAL_FIRST, optarg);
		if (r)
			return r;
	}
	arguments.count = argc - optind;
	arguments.operands = argv + optind;
	*ret_arguments = arguments;
	return check_operands(cli, command, arguments.count);
}
