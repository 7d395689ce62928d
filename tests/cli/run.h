/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLI_RUN_H
#define TESTS_CLI_RUN_H

/* Runs the command line in a child of the test, over the fake libpims, with pipes or with a terminal. Included by one file of a program. */

#include "fake.h"

#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include <cmocka.h>

enum { TEXT_MAX = 65536, WORDS_MAX = 24, ANSWER_TIMEOUT_MS = 20000 };

#define CONFIG_TEXT "{\"backend\":\"http://127.0.0.1:1\"}"
#define INITIALIZED \
	{ \
		"initialize", "", NULL, FAKE_SUCCEEDED("null"), NULL \
	}

/** What a run came to. Terminal runs have everything in `out`. */
struct result {
	int status; /**< 128 + signal when it was killed */
	char out[TEXT_MAX];
	char err[TEXT_MAX];
	char calls[TEXT_MAX];
	struct termios mode; /**< of the terminal, afterwards */
};

/** One step at the terminal: wait until `expect` was shown, then type `send`. */
struct step {
	const char *expect;
	const char *send;
	int signal; /**< sent instead, when not 0 */
};

static char home[64];

static inline void path_of(char *path, size_t size, const char *profile, const char *name)
{
	(void)snprintf(path, size, "%s/pims/%s/%s", home, profile, name);
}

static inline void write_config(const char *profile, const char *text)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/pims", home);
	(void)mkdir(path, 0700);
	path_of(path, sizeof path, profile, "");
	(void)mkdir(path, 0700);
	path_of(path, sizeof path, profile, "config.json");
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void read_config(const char *profile, char *text, size_t size)
{
	char path[256];
	FILE *file;

	path_of(path, sizeof path, profile, "config.json");
	file = fopen(path, "r");
	*text = '\0';
	if (!file)
		return;
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static inline int setup_home(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof home, "/tmp/pims-cli-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	setenv("XDG_STATE_HOME", home, 1);
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("BROWSER");
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	write_config("default", CONFIG_TEXT);
	return 0;
}

static inline int teardown_home(void **state)
{
	char *words[] = {(char *)(uintptr_t) "rm", (char *)(uintptr_t) "-rf", home, NULL};
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		execvp("rm", words);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static inline int text_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd >= 0);
	if (text) {
		assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	}
	return fd;
}

static inline void read_back(int fd, char *text)
{
	ssize_t got = pread(fd, text, TEXT_MAX - 1, 0);

	assert_true(got >= 0);
	text[got] = '\0';
	close(fd);
}

static inline int count_words(char **words)
{
	int count = 0;

	while (words[count])
		count++;
	return count;
}

static inline void take_words(char **words, const char *first, va_list list)
{
	int count = 0;

	words[count++] = (char *)(uintptr_t) "pims";
	for (; first; first = va_arg(list, const char *)) {
		assert_true(count + 1 < WORDS_MAX);
		words[count++] = (char *)(uintptr_t)first;
	}
	words[count] = NULL;
}

static inline int wait_status(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void prepare(const struct fake_row *rows, int calls)
{
	fake.rows = rows;
	memset(fake.used, 0, sizeof fake.used);
	fake.calls_fd = calls;
	fflush(NULL);
}

/** With pipes: `input` is standard input. The words end with NULL. */
__attribute__((sentinel)) static inline void run(struct result *ret, const struct fake_row *rows, const char *input, ...)
{
	int in = text_file(input ? input : ""), out = text_file(NULL), err = text_file(NULL), calls = text_file(NULL);
	char *words[WORDS_MAX];
	va_list list;
	pid_t pid;

	va_start(list, input);
	take_words(words, va_arg(list, const char *), list);
	va_end(list);
	prepare(rows, calls);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(in, 0);
		dup2(out, 1);
		dup2(err, 2);
		exit(cli_main(count_words(words), words));
	}
	memset(ret, 0, sizeof *ret);
	ret->status = wait_status(pid);
	close(in);
	read_back(out, ret->out);
	read_back(err, ret->err);
	read_back(calls, ret->calls);
}

static inline void take(int master, struct result *ret)
{
	size_t length = strlen(ret->out);
	ssize_t got = read(master, ret->out + length, TEXT_MAX - 1 - length);

	if (got > 0)
		ret->out[length + (size_t)got] = '\0';
}

/* Takes what the terminal shows until `expect` occurs behind `from`; NULL: until the program ends. */
static inline bool show(int master, int child, struct result *ret, size_t from, const char *expect)
{
	struct pollfd wait[] = {{.fd = master, .events = POLLIN}, {.fd = child, .events = POLLIN}};

	for (;;) {
		if (expect && strstr(ret->out + from, expect))
			return true;
		if (poll(wait, 2, ANSWER_TIMEOUT_MS) < 1)
			return false;
		if (wait[0].revents)
			take(master, ret);
		else if (wait[1].revents)
			return !expect;
	}
}

static inline void play(int master, int child, pid_t pid, const struct step *steps, struct result *ret)
{
	size_t from = 0;

	for (; steps && steps->expect; steps++) {
		if (!show(master, child, ret, from, steps->expect)) {
			kill(pid, SIGKILL);
			fail_msg("\"%s\" was not shown: %s", steps->expect, ret->out);
		}
		from = (size_t)(strstr(ret->out + from, steps->expect) - ret->out) + strlen(steps->expect);
		if (steps->signal)
			kill(pid, steps->signal);
		else
			assert_int_equal(write(master, steps->send, strlen(steps->send)), (ssize_t)strlen(steps->send));
	}
	if (!show(master, child, ret, 0, NULL))
		kill(pid, SIGKILL);
}

/** With a terminal as standard input, output and error. */
__attribute__((sentinel)) static inline void run_terminal(struct result *ret, const struct fake_row *rows, const struct step *steps, ...)
{
	int calls = text_file(NULL), master, slave, child;
	char *words[WORDS_MAX];
	va_list list;
	pid_t pid;

	va_start(list, steps);
	take_words(words, va_arg(list, const char *), list);
	va_end(list);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	prepare(rows, calls);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, 0);
		dup2(slave, 1);
		dup2(slave, 2);
		close(slave);
		close(master);
		exit(cli_main(count_words(words), words));
	}
	memset(ret, 0, sizeof *ret);
	child = pidfd_open(pid, 0);
	assert_true(child >= 0);
	play(master, child, pid, steps, ret);
	ret->status = wait_status(pid);
	/* Our own end stayed open until now: the mode is read from it. */
	assert_int_equal(tcgetattr(slave, &ret->mode), 0);
	close(child);
	close(master);
	close(slave);
	read_back(calls, ret->calls);
}

#endif
