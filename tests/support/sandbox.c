/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "base/json.h"
#include "web.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_ARGUMENTS = 24, START_TIMEOUT_MS = 60000 };

static void run_child(const struct sandbox *sandbox, char *const *arguments, int output)
{
	int log = open(sandbox->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (log < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(126);
	execv(PIMSD_BIN, arguments);
	_exit(127);
}

/* Reads the first line of the server's standard output. */
static void read_line(struct sandbox *sandbox, char *line, size_t size)
{
	struct pollfd wait = {.fd = sandbox->output, .events = POLLIN};
	size_t length = 0;

	while (length + 1 < size) {
		assert_int_equal(poll(&wait, 1, START_TIMEOUT_MS), 1);
		if (read(sandbox->output, line + length, 1) != 1)
			fail_msg("pimsd ended before it listened, see %s", sandbox->log);
		if (line[length] == '\n')
			break;
		length++;
	}
	line[length] = '\0';
}

static void start_at(struct sandbox *sandbox, const char *listen, const char *const *more)
{
	static const char prefix[] = "listening on ";
	const char *arguments[MAX_ARGUMENTS] = {PIMSD_BIN, "--sandbox", "--listen", listen, "--data", sandbox->directory};
	size_t count = 6;
	char line[128];
	int pipes[2];

	for (; more && *more && count < MAX_ARGUMENTS - 1; more++)
		arguments[count++] = *more;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	sandbox->pid = fork();
	assert_true(sandbox->pid >= 0);
	if (sandbox->pid == 0)
		run_child(sandbox, (char *const *)(uintptr_t)arguments, pipes[1]);
	close(pipes[1]);
	sandbox->output = pipes[0];
	read_line(sandbox, line, sizeof line);
	assert_int_equal(strncmp(line, prefix, sizeof prefix - 1), 0);
	snprintf(sandbox->url, sizeof sandbox->url, "%s", line + sizeof prefix - 1);
}

void sandbox_start(struct sandbox *sandbox, const char *const *arguments)
{
	memset(sandbox, 0, sizeof *sandbox);
	snprintf(sandbox->directory, sizeof sandbox->directory, "/tmp/openpims-sandbox-XXXXXX");
	assert_non_null(mkdtemp(sandbox->directory));
	snprintf(sandbox->log, sizeof sandbox->log, "%s.log", sandbox->directory);
	start_at(sandbox, "127.0.0.1:0", arguments);
}

void sandbox_restart(struct sandbox *sandbox)
{
	char listen[64];

	snprintf(listen, sizeof listen, "%s", sandbox->url + strlen("http://"));
	start_at(sandbox, listen, NULL);
}

static int end(struct sandbox *sandbox, int signal_number)
{
	int status = 0;

	assert_int_equal(kill(sandbox->pid, signal_number), 0);
	while (waitpid(sandbox->pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	close(sandbox->output);
	sandbox->pid = 0;
	return status;
}

void sandbox_stop(struct sandbox *sandbox)
{
	int status = end(sandbox, SIGTERM);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

void sandbox_kill(struct sandbox *sandbox)
{
	int status = end(sandbox, SIGKILL);

	assert_true(WIFSIGNALED(status));
}

static int run(const char *const *arguments, const char *input)
{
	int pipes[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(pipes[0], STDIN_FILENO) < 0)
			_exit(126);
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	close(pipes[0]);
	if (input)
		assert_int_equal(write(pipes[1], input, strlen(input)), (ssize_t)strlen(input));
	close(pipes[1]);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void sandbox_remove(struct sandbox *sandbox)
{
	const char *const arguments[] = {"rm", "-rf", "--", sandbox->directory, sandbox->log, NULL};

	if (sandbox->pid)
		sandbox_kill(sandbox);
	assert_int_equal(run(arguments, NULL), 0);
}

int sandbox_admin(const struct sandbox *sandbox, const char *const *arguments, const char *input)
{
	const char *all[MAX_ARGUMENTS] = {PIMSD_BIN};
	size_t count = 1;

	for (; *arguments && count < MAX_ARGUMENTS - 3; arguments++)
		all[count++] = *arguments;
	all[count++] = "--data";
	all[count++] = sandbox->directory;
	return run(all, input);
}

static json_t *outbox(const struct sandbox *sandbox)
{
	struct web_answer answer;
	json_t *object = NULL;
	char url[128];

	snprintf(url, sizeof url, "%s/sandbox/sms", sandbox->url);
	web_call("GET", url, NULL, NULL, &answer);
	assert_int_equal(answer.status, 200);
	assert_int_equal(json_parse_object(answer.body, answer.length, 1 << 20, &object), 0);
	web_free(&answer);
	return object;
}

size_t sandbox_sms_count(const struct sandbox *sandbox)
{
	json_t *object = outbox(sandbox);
	size_t count = json_array_size(json_object_get(object, "messages"));

	json_decref(object);
	return count;
}

void sandbox_sms_code(const struct sandbox *sandbox, const char *purpose, char *ret_code, size_t size)
{
	json_t *object = outbox(sandbox);
	const json_t *messages = json_object_get(object, "messages");
	const json_t *message;
	size_t index;

	ret_code[0] = '\0';
	json_array_foreach(messages, index, message)
		if (json_text(message, "purpose") && strcmp(json_text(message, "purpose"), purpose) == 0)
			snprintf(ret_code, size, "%s", json_text(message, "code"));
	json_decref(object);
	assert_int_equal(strlen(ret_code), 8);
}
