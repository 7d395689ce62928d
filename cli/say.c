/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 0))) static void say(const struct cli *cli, const char *format, va_list list)
{
	fprintf(stderr, "pims%s%s: ", *cli->command ? " " : "", cli->command);
	(void)vfprintf(stderr, format, list);
	fputc('\n', stderr);
}

void cli_say(const struct cli *cli, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(cli, format, list);
	va_end(list);
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(cli, format, list);
	va_end(list);
	fprintf(stderr, "  see: pims%s%s --help\n", *cli->command ? " " : "", cli->command);
	return CLI_USAGE;
}

int cli_cannot(const struct cli *cli, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(cli, format, list);
	va_end(list);
	return CLI_CANNOT;
}

int cli_error(const struct cli *cli, const char *what, int value)
{
	if (value == PIMS_E_SYSTEM)
		return cli_cannot(cli, "%s: %s", what, strerror(errno));
	return cli_cannot(cli, "%s: %s", what, pims_strerror(value));
}

void cli_next(const struct cli *cli, const char *text)
{
	static const char program[] = "pims ";
	const char *option = cli->state ? "--state " : "--profile ", *value = cli->state ? cli->state : cli->profile;
	const char *at;

	fputs("  next: ", stderr);
	while ((at = strstr(text, program))) {
		fprintf(stderr, "%.*s%s", (int)(at - text), text, program);
		if (value) {
			fputs(option, stderr);
			terminal_print(stderr, value);
			fputc(' ', stderr);
		}
		text = at + strlen(program);
	}
	terminal_print(stderr, text);
	fputc('\n', stderr);
}
