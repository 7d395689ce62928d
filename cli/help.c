/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <string.h>

static void print_options(const struct option_row *rows, FILE *file)
{
	char left[64];

	for (; rows && rows->name; rows++) {
		(void)snprintf(left, sizeof left, "--%s%s%s", rows->name, rows->argument ? " " : "", rows->argument ? rows->argument : "");
		fprintf(file, "  %-24s %s\n", left, rows->help);
	}
}

void help_program(FILE *file)
{
	fputs("Usage: pims [OPTION]... COMMAND [ARGUMENT]...\n"
	      "Sign in to a connected-car account, enrol this device, get tokens and one-time passwords.\n\nCommands:\n",
	      file);
	for (const struct command *command = commands; command->name; command++)
		fprintf(file, "  %-24s %s\n", command->name, command->summary);
	fputs("\nOptions, before or behind the command:\n", file);
	print_options(global_options, file);
	fputs("\nExample:\n"
	      "  pims init --backend http://127.0.0.1:8080 && pims login && pims token\n"
	      "\nExit status: 0 succeeded, 1 failed, 2 wrong usage, 3 cannot run, 130 interrupted.\n"
	      "'pims COMMAND --help' tells more about each command.\n",
	      file);
}

void help_command(const struct command *command, FILE *file)
{
	fprintf(file, "Usage: pims %s%s%s [OPTION]...\n%s.\n", command->name, *command->operands ? " " : "", command->operands,
		command->summary);
	if (*command->help)
		fprintf(file, "\n%s\n", command->help);
	if (command->options && command->options->name) {
		fputs("\nOptions:\n", file);
		print_options(command->options, file);
	}
	fputs("\nOptions of every command:\n", file);
	print_options(global_options, file);
	fprintf(file, "\nExample:\n  %s\n", command->example);
}

const struct option_row help_options[] = {{NULL, NULL, NULL}};

int command_help(struct cli *cli, const struct arguments *arguments)
{
	const struct command *command;

	if (!arguments->count) {
		help_program(stdout);
		return CLI_OK;
	}
	command = command_find(arguments->operands[0]);
	if (!command)
		return cli_usage(cli, "there is no such command");
	help_command(command, stdout);
	return CLI_OK;
}
