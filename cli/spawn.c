/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUN_MS = 10000 };

extern char **environ;

static bool set_files(posix_spawn_file_actions_t *files, int output)
{
	if (posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0) != 0)
		return false;
	if (output >= 0 ? posix_spawn_file_actions_adddup2(files, output, 1) != 0
			: posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0) != 0)
		return false;
	return posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0) == 0;
}

static bool set_how(posix_spawnattr_t *how)
{
	sigset_t plain;

	(void)sigemptyset(&plain);
	(void)sigaddset(&plain, SIGPIPE);
	(void)sigaddset(&plain, SIGTTIN);
	return posix_spawnattr_setsigdefault(how, &plain) == 0 && posix_spawnattr_setpgroup(how, 0) == 0 &&
	       posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) == 0;
}

int spawn_start(const char *const *words, int output, pid_t *ret_pid)
{
	char *const *arguments = (char *const *)(uintptr_t)words; /* posix_spawnp() changes none of them */
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	bool done;

	if (posix_spawn_file_actions_init(&files) != 0)
		return -1;
	if (posix_spawnattr_init(&how) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return -1;
	}
	done = set_files(&files, output) && set_how(&how) && posix_spawnp(ret_pid, words[0], &files, &how, arguments, environ) == 0;
	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&files);
	return done ? 0 : -1;
}

static int64_t now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first line; what follows is read and dropped, so that the program can end. */
static void take(char *line, size_t size, size_t *length, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count && *length < size; i++)
		line[(*length)++] = bytes[i];
}

static void end_line(char *line, size_t size, size_t length)
{
	char *end = length ? memchr(line, '\n', length) : NULL;

	if (!end && length == size)
		length = 0;
	line[end ? (size_t)(end - line) : length] = '\0';
}

/* Until the program has closed its output: true; false: too slow. */
static bool read_output(int fd, char *line, size_t size)
{
	int64_t deadline = now_ms() + RUN_MS;
	size_t length = 0;
	bool ended = false;

	while (!ended) {
		int64_t left = deadline - now_ms();
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		char bytes[512];
		ssize_t got;

		if (left <= 0)
			break;
		if (poll(&wait, 1, (int)left) < 1)
			continue; /* the time tells */
		got = read(fd, bytes, sizeof bytes);
		if (got > 0)
			take(line, size, &length, bytes, (size_t)got);
		ended = got == 0 || (got < 0 && errno != EINTR);
	}
	end_line(line, size, length);
	return ended;
}

static int wait_end(pid_t pid, bool in_time)
{
	int status = 0;

	if (!in_time)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return in_time && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int spawn_run(const char *const *words, char *ret_line, size_t size)
{
	char unwanted[1];
	int ends[2];
	pid_t pid;
	bool in_time;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	r = spawn_start(words, ends[1], &pid);
	(void)close(ends[1]);
	if (r == 0) {
		in_time = read_output(ends[0], ret_line ? ret_line : unwanted, ret_line ? size : sizeof unwanted);
		r = wait_end(pid, in_time);
	}
	(void)close(ends[0]);
	return r;
}
