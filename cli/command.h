/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_COMMAND_H
#define PIMS_CLI_COMMAND_H

#include "cli/cli.h"

#include <stdio.h>

/** One option of a command: `--name` or `--name ARGUMENT`. */
struct option_row {
	const char *name;
	const char *argument; /**< what stands for the argument in the help; NULL = a flag */
	const char *help;
};

enum { OPTIONS_MAX = 24 };

/** What stood behind a command's name. Options have the index of their row: NULL = not given, "" = a flag that was. */
struct arguments {
	const char *option[OPTIONS_MAX];
	int count;
	char **operands;
};

/** One subcommand: everything that parsing, help, completion and the tests know of it. */
struct command {
	const char *name;
	const char *operands; /**< for the help; "" = none */
	int least;
	int most;
	const char *summary; /**< one line */
	const char *help;    /**< what one must know beyond the summary; "" = nothing */
	const char *example;
	const struct option_row *options;                               /**< ended by a NULL name; at most OPTIONS_MAX rows */
	int (*run)(struct cli *cli, const struct arguments *arguments); /**< returns an exit status */
};

/** All commands, ended by a NULL name. */
extern const struct command commands[];
/** The options that stand before or behind any command. */
extern const struct option_row global_options[];

const struct command *command_find(const char *name);

/** "Ask instead": set when the run has nothing more to do, because help or version was printed. */
enum { OPTIONS_DONE = -1 };

/** Parses the options in front of the command. *ret_used: index of the command's name. Returns an exit status or OPTIONS_DONE. */
int options_global(struct cli *cli, int argc, char **argv, int *ret_used);
/** Parses what stands behind the command's name, argv[0]. Returns an exit status or OPTIONS_DONE. */
int options_command(struct cli *cli, const struct command *command, int argc, char **argv, struct arguments *ret_arguments);

void help_program(FILE *file);
void help_command(const struct command *command, FILE *file);

/* The functions of the table, one file each. */
int command_get(struct cli *cli, const struct arguments *arguments);
int command_set(struct cli *cli, const struct arguments *arguments);
int command_init(struct cli *cli, const struct arguments *arguments);
int command_login(struct cli *cli, const struct arguments *arguments);
int command_logout(struct cli *cli, const struct arguments *arguments);
int command_whoami(struct cli *cli, const struct arguments *arguments);
int command_status(struct cli *cli, const struct arguments *arguments);
int command_token(struct cli *cli, const struct arguments *arguments);
int command_phone(struct cli *cli, const struct arguments *arguments);
int command_sms(struct cli *cli, const struct arguments *arguments);
int command_enroll(struct cli *cli, const struct arguments *arguments);
int command_account(struct cli *cli, const struct arguments *arguments);
int command_pin(struct cli *cli, const struct arguments *arguments);
int command_devices(struct cli *cli, const struct arguments *arguments);
int command_otp(struct cli *cli, const struct arguments *arguments);
int command_apis(struct cli *cli, const struct arguments *arguments);
int command_completion(struct cli *cli, const struct arguments *arguments);
int command_redirect(struct cli *cli, const struct arguments *arguments);
int command_help(struct cli *cli, const struct arguments *arguments);

extern const struct option_row get_options[], set_options[], init_options[], login_options[], logout_options[], whoami_options[],
	status_options[], token_options[], phone_options[], sms_options[], enroll_options[], otp_options[], apis_options[],
	account_options[], redirect_options[], pin_options[], devices_options[], completion_options[], help_options[];

#endif
