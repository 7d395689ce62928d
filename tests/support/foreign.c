/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#include "base/text.h"

#include <errno.h>
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

enum { LINE_SIZE = 8192 };

/* A child with its standard output in *ret_output. */
static pid_t start(const char *const *arguments, int *ret_output)
{
	int pipes[2];
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pipes[0]);
		if (dup2(pipes[1], STDOUT_FILENO) < 0)
			_exit(126);
		close(pipes[1]);
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	close(pipes[1]);
	*ret_output = pipes[0];
	return pid;
}

static int await(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* False at the end. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t length = 0;

	while (length + 1 < size && read(fd, line + length, 1) == 1 && line[length] != '\n')
		length++;
	line[length] = '\0';
	return length > 0;
}

static const char *source_dir(void)
{
	const char *directory = getenv("SOURCE_DIR");

	assert_non_null(directory);
	return directory;
}

static bool take(const char *line, const char *word, char *ret_value, size_t size)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0)
		return false;
	assert_true((size_t)snprintf(ret_value, size, "%s", line + length) < size);
	return true;
}

static void read_start(struct foreign *foreign)
{
	char line[LINE_SIZE];

	while (!*foreign->control && read_line(foreign->output, line, sizeof line)) {
		if (strncmp(line, "skipped", 7) == 0) {
			puts(line);
			exit(await(foreign->pid));
		}
		if (!take(line, "issuer ", foreign->issuer, sizeof foreign->issuer) &&
		    !take(line, "redirect ", foreign->redirect, sizeof foreign->redirect))
			(void)take(line, "control ", foreign->control, sizeof foreign->control);
	}
	assert_true(*foreign->issuer && *foreign->redirect && *foreign->control);
}

void foreign_start(struct foreign *foreign, const char *more)
{
	char script[4096];
	const char *const arguments[] = {"sh", script, foreign->directory, more, NULL};

	memset(foreign, 0, sizeof *foreign);
	snprintf(foreign->directory, sizeof foreign->directory, "/tmp/openpims-foreign-XXXXXX");
	assert_non_null(mkdtemp(foreign->directory));
	snprintf(foreign->ca_file, sizeof foreign->ca_file, "%s/ca.pem", foreign->directory);
	snprintf(script, sizeof script, "%s/tests/interop/start_oidc_provider.sh", source_dir());
	foreign->pid = start(arguments, &foreign->output);
	read_start(foreign);
}

void foreign_stop(struct foreign *foreign)
{
	const char *const arguments[] = {"rm", "-rf", "--", foreign->directory, NULL};
	int output = -1;

	assert_int_equal(kill(foreign->pid, SIGTERM), 0);
	(void)await(foreign->pid);
	close(foreign->output);
	assert_int_equal(await(start(arguments, &output)), 0);
	close(output);
}

void foreign_secret(const struct foreign *foreign, char *ret_secret, size_t size)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof path, "%s/secret", foreign->directory);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(ret_secret, (int)size, file));
	fclose(file);
}

static void control(const struct foreign *foreign, const char *body, const char *target, struct web_answer *ret_answer)
{
	char url[256];

	snprintf(url, sizeof url, "%s%s", foreign->control, target);
	web_call(body ? "POST" : "GET", url, NULL, body, ret_answer);
	assert_int_equal(ret_answer->status, 200);
}

void foreign_control(const struct foreign *foreign, const char *target)
{
	struct web_answer answer;

	control(foreign, "", target, &answer);
	web_free(&answer);
}

json_t *foreign_log(const struct foreign *foreign)
{
	struct web_answer answer;
	json_t *log;

	control(foreign, NULL, "/log", &answer);
	log = json_loads(answer.body, 0, NULL);
	assert_true(json_is_array(log));
	web_free(&answer);
	return log;
}

size_t foreign_count(const struct foreign *foreign, const char *path)
{
	json_t *log = foreign_log(foreign);
	const json_t *entry;
	size_t i, count = 0;

	json_array_foreach(log, i, entry)
		count += text_starts(json_string_value(json_object_get(entry, "path")), path);
	json_decref(log);
	return count;
}

static void open_trusting(struct app *app, struct pims_options *options)
{
	const struct foreign *foreign = app->data;

	options->ca_file = foreign->ca_file;
}

void foreign_app(struct app *app, const struct foreign *foreign, const char *client, const char *secret, const char *scope)
{
	json_t *configuration = json_pack("{s:s, s:s, s:s, s:s*, s:{s:s, s:s, s:s, s:s}}", "environnement", "development", "mode", "B2C", "issuer",
					  foreign->issuer, "scope", scope, "credential", "clientID", client, "clientSecret",
					  secret ? secret : "", "loginRedirectURI", foreign->redirect, "webviewsRedirectURI", foreign->redirect);

	memset(app, 0, sizeof *app);
	assert_non_null(configuration);
	app->configuration = json_dumps(configuration, 0);
	json_decref(configuration);
	app->opening = open_trusting;
	app->data = (void *)(uintptr_t)foreign;
	snprintf(app->directory, sizeof app->directory, "/tmp/openpims-app-XXXXXX");
	assert_non_null(mkdtemp(app->directory));
	app_open(app);
	app_initialize(app);
}

void foreign_browse(struct app *app, const struct foreign *foreign)
{
	struct web_answer answer;

	control(foreign, app->agent_url, "/browse", &answer);
	if (strncmp(answer.body, foreign->redirect, strlen(foreign->redirect)) != 0)
		fail_msg("%s", answer.body);
	answer.status = 302;
	snprintf(answer.location, sizeof answer.location, "%s", answer.body);
	app_return(app, &answer);
}

void foreign_login(struct app *app, const struct foreign *foreign)
{
	app_visit(app, "{\"action\":\"login\"}");
	foreign_browse(app, foreign);
}

void foreign_assert_failed(const struct app *app, int code, const char *cause)
{
	const json_t *error = json_object_get(app->message, "error");

	assert_string_equal(json_string_value(json_object_get(app->message, "status")), "FAILED");
	assert_string_equal(json_string_value(json_object_get(error, "cause")), cause);
	assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
}
