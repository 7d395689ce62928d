/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { MAX_LINE = 1200, INTERRUPT = 3 };

static int read_line(FILE *stream, struct secret *ret_line)
{
	char line[MAX_LINE];
	size_t length;
	int r;

	if (!fgets(line, sizeof line, stream))
		return PIMS_E_NOT_FOUND;
	length = strcspn(line, "\r\n");
	line[length] = 0;
	r = length && !strchr(line, INTERRUPT) ? secret_set(ret_line, line) : PIMS_E_NOT_FOUND;
	secret_wipe(line, sizeof line);
	return r;
}

/* The terminal itself, whatever the standard streams are. */
static int ask(FILE *terminal, const char *question, struct secret *ret_answer)
{
	struct termios before, quiet;
	int r;

	if (tcgetattr(fileno(terminal), &before) < 0)
		return PIMS_E_SYSTEM;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG); /* an interrupt would leave the terminal silent: it comes as a character */
	quiet.c_lflag |= ECHONL;
	if (tcsetattr(fileno(terminal), TCSAFLUSH, &quiet) < 0)
		return PIMS_E_SYSTEM;
	fputs(question, terminal);
	fflush(terminal);
	r = read_line(terminal, ret_answer);
	tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	return r;
}

static int ask_twice(FILE *terminal, struct secret *ret_password)
{
	cleanup_secret struct secret first = {0};
	cleanup_secret struct secret second = {0};
	int r;

	r = ask(terminal, "New password: ", &first);
	if (r == 0)
		r = ask(terminal, "Once more: ", &second);
	if (r < 0)
		return r;
	if (!secret_equals(&first, &second))
		return PIMS_E_INVALID;
	secret_move(ret_password, &first);
	return 0;
}

int admin_read_password(bool from_stdin, struct secret *ret_password)
{
	FILE *terminal;
	int r;

	if (from_stdin) {
		setvbuf(stdin, NULL, _IONBF, 0); /* no copy in a buffer that nobody wipes */
		return read_line(stdin, ret_password);
	}
	terminal = fopen("/dev/tty", "r+e");
	if (!terminal)
		return PIMS_E_SYSTEM;
	setvbuf(terminal, NULL, _IONBF, 0);
	r = ask_twice(terminal, ret_password);
	fclose(terminal);
	return r;
}
