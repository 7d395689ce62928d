/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include "base/secret.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/session.h"
#include "cli/terminal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int run_command(struct cli *cli, int argc, char **argv)
{
	const struct command *command = command_find(argv[0]);
	struct arguments arguments;
	int r;

	if (!command)
		return cli_usage(cli, "there is no such command");
	cli->command = command->name;
	r = options_command(cli, command, argc, argv, &arguments);
	return r ? r : command->run(cli, &arguments);
}

static int run_words(struct cli *cli, int argc, char **argv)
{
	int used = 0;
	int r = options_global(cli, argc, argv, &used);

	if (r)
		return r;
	if (used >= argc) {
		help_program(stderr);
		return CLI_USAGE;
	}
	return run_command(cli, argc - used, argv + used);
}

/* What was written counts only when it has arrived: a full disk must not look like a token. */
static int flush(const struct cli *cli, int status)
{
	bool failed = ferror(stdout) != 0;

	if (fflush(stdout) == 0 && !failed)
		return status;
	return status ? status : cli_cannot(cli, "cannot write standard output: %s", strerror(errno));
}

int cli_main(int argc, char **argv)
{
	static struct cli cli = {.command = ""};
	int status;

	input_init(&cli.input, STDIN_FILENO);
	if (environment_take(&cli) < 0)
		return cli_error(&cli, ENVIRONMENT_SECRET, PIMS_E_MEMORY);
	if (signals_start() < 0)
		return cli_error(&cli, "signals", PIMS_E_SYSTEM);
	status = run_words(&cli, argc, argv);
	terminal_echo_on();
	handler_stop(&cli.handler);
	session_close(&cli);
	input_free(&cli.input);
	secret_free(&cli.client_secret);
	return flush(&cli, status == OPTIONS_DONE ? CLI_OK : status);
}
