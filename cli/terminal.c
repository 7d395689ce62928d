/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int pipe_ends[2] = {-1, -1};
static volatile sig_atomic_t caught;
static volatile sig_atomic_t silent; /* the echo is off */
static int silent_fd = -1;
static struct termios loud_mode, silent_mode;

/* Only functions that POSIX calls safe in signal handlers from here on to on_stop(). */
static void on_end(int number)
{
	int saved = errno;
	ssize_t ignored;

	if (caught) {
		if (silent)
			(void)tcsetattr(silent_fd, TCSADRAIN, &loud_mode);
		_exit(CLI_SIGNALED + number);
	}
	caught = number;
	ignored = write(pipe_ends[1], "s", 1);
	(void)ignored;
	errno = saved;
}

static void on_stop(int number);

static int catch_signal(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	(void)sigemptyset(&action.sa_mask);
	return sigaction(number, &action, NULL);
}

/* Ctrl-Z while the echo is off: the shell gets it back on, and we turn it off again when we go on. */
static void on_stop(int number)
{
	int saved = errno;
	sigset_t only;

	if (silent)
		(void)tcsetattr(silent_fd, TCSADRAIN, &loud_mode);
	(void)catch_signal(number, SIG_DFL);
	(void)sigemptyset(&only);
	(void)sigaddset(&only, number);
	(void)raise(number);
	(void)sigprocmask(SIG_UNBLOCK, &only, NULL); /* stops here */
	(void)catch_signal(number, on_stop);
	if (silent)
		(void)tcsetattr(silent_fd, TCSADRAIN, &silent_mode);
	errno = saved;
}

/* A signal that was ignored when we started (nohup, a job of a script in the background) stays ignored. */
static int catch_end(int number)
{
	struct sigaction now;

	if (sigaction(number, NULL, &now) < 0)
		return -1;
	return now.sa_handler == SIG_IGN ? 0 : catch_signal(number, on_end);
}

int signals_start(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

	if (pipe(pipe_ends) < 0)
		return PIMS_E_SYSTEM;
	for (size_t i = 0; i < 2; i++) {
		if (fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC) < 0 || fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK) < 0)
			return PIMS_E_SYSTEM;
	}
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (catch_end(ends[i]) < 0)
			return PIMS_E_SYSTEM;
	}
	/* A closed pipe is an error to report; a job in the background reads an error instead of being stopped. */
	if (catch_signal(SIGPIPE, SIG_IGN) < 0 || catch_signal(SIGTTIN, SIG_IGN) < 0)
		return PIMS_E_SYSTEM;
	return 0;
}

int signals_fd(void)
{
	return pipe_ends[0];
}

int signals_caught(void)
{
	return caught;
}

int terminal_echo_off(int fd)
{
	if (tcgetattr(fd, &loud_mode) < 0)
		return PIMS_E_SYSTEM;
	silent_mode = loud_mode;
	silent_mode.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	silent_mode.c_lflag |= ICANON | ISIG;
	silent_fd = fd;
	if (catch_signal(SIGTSTP, on_stop) < 0 || tcsetattr(fd, TCSADRAIN, &silent_mode) < 0)
		return PIMS_E_SYSTEM;
	silent = 1;
	return 0;
}

void terminal_echo_on(void)
{
	if (!silent)
		return;
	silent = 0;
	(void)tcsetattr(silent_fd, TCSADRAIN, &loud_mode);
	(void)catch_signal(SIGTSTP, SIG_DFL);
}

bool terminal_is(FILE *file)
{
	return isatty(fileno(file));
}

bool terminal_colours(FILE *file)
{
	const char *no_color = getenv("NO_COLOR"); /* no-color.org: any value but the empty one */
	const char *term = getenv("TERM");

	return terminal_is(file) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

void terminal_print(FILE *file, const char *text)
{
	bool guard = terminal_is(file);

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool c1 = c == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xa0;

		if (guard && c1)
			text++;
		if (guard && (c1 || c < 0x20 || c == 0x7f))
			c = '?';
		fputc(c, file);
	}
}
