/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "base/buf.h"
#include "base/json.h"
#include "web.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CALL_TIMEOUT_MS = 60000 };

static int open_agent(void *data, const char *transaction, const char *url, const char *language, const char *context)
{
	struct app *app = data;

	(void)transaction;
	(void)language;
	(void)context;
	snprintf(app->agent_url, sizeof app->agent_url, "%s", url);
	return 0;
}

static void take_line(void *data, enum pims_log_level level, const char *text)
{
	struct app *app = data;

	(void)level;
	assert_int_equal(buf_printf(app->log, "%s\n", text), 0);
}

void app_open(struct app *app)
{
	const struct pims_agent agent = {.size = sizeof agent, .open = open_agent, .data = app};
	const struct pims_log log = {.size = sizeof log, .level = PIMS_LOG_DEBUG, .line = take_line, .data = app};
	struct pims_options options = {
		.size = sizeof options, .state_dir = app->directory, .device_name = "test device", .agent = &agent,
		.log = app->log ? &log : NULL, .request_timeout_ms = app->timeout_ms};

	assert_int_equal(pims_loop_new(&app->loop, NULL), 0);
	if (app->opening)
		app->opening(app, &options);
	assert_int_equal(pims_new(&app->pims, app->loop, &options), 0);
}

static void take_message(void *data, const struct pims_message *message)
{
	struct app *app = data;
	json_error_t error;

	app->callbacks++;
	json_wipe(app->message);
	app->message = json_loads(pims_message_json(message), JSON_REJECT_DUPLICATES, &error);
}

static void await(struct app *app)
{
	assert_true(pims_run(app->loop, CALL_TIMEOUT_MS) >= 0);
	assert_int_equal(app->callbacks, 1);
	assert_non_null(app->message);
}

static void begin(struct app *app, const struct sandbox *sandbox)
{
	snprintf(app->directory, sizeof app->directory, "/tmp/openpims-app-XXXXXX");
	assert_non_null(mkdtemp(app->directory));
	app_open(app);
	assert_int_equal(pims_discover(app->pims, sandbox->url, take_message, app, NULL), 0);
	await(app);
	app_assert_succeeded(app);
	app->configuration = json_dumps(json_object_get(app->message, "result"), 0);
	assert_non_null(app->configuration);
}

void app_start(struct app *app, const struct sandbox *sandbox, struct buf *log)
{
	*app = (struct app){.log = log};
	begin(app, sandbox);
}

void app_start_with(struct app *app, const struct sandbox *sandbox, void (*opening)(struct app *app, struct pims_options *options), void *data)
{
	*app = (struct app){.opening = opening, .data = data};
	begin(app, sandbox);
}

void app_stop(struct app *app)
{
	pims_free(app->pims);
	if (app->closed)
		app->closed(app);
	pims_loop_free(app->loop);
	app->pims = NULL;
	app->loop = NULL;
}

void app_reopen(struct app *app)
{
	if (app->loop)
		app_stop(app);
	app_open(app);
	app_initialize(app);
}

/* The directory of log files, when there is one. */
static void remove_logs(const struct app *app)
{
	char path[128], file[512];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof path, "%s/log", app->directory);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		unlink(file);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

void app_remove(struct app *app)
{
	static const char *const names[] = {"state", "key", "lock"};
	char path[128];

	app_stop(app);
	json_wipe(app->message);
	free(app->configuration);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", app->directory, names[i]);
		unlink(path);
	}
	remove_logs(app);
	assert_int_equal(rmdir(app->directory), 0);
}

void app_call(struct app *app, const char *verb, const char *api, const char *parameters)
{
	app->callbacks = 0;
	if (strcmp(verb, "get") == 0)
		assert_int_equal(pims_get(app->pims, api, parameters, take_message, app, NULL), 0);
	else
		assert_int_equal(pims_set(app->pims, api, parameters, take_message, app, NULL), 0);
	assert_int_equal(app->callbacks, 0);
	await(app);
}

void app_try_initialize(struct app *app)
{
	app->callbacks = 0;
	assert_int_equal(pims_initialize(app->pims, app->configuration, take_message, app, NULL), 0);
	await(app);
}

void app_initialize(struct app *app)
{
	app_try_initialize(app);
	app_assert_succeeded(app);
}

void app_configure(struct app *app, const char *group, const char *name, const char *value)
{
	json_t *all = json_loads(app->configuration, 0, NULL);

	assert_non_null(all);
	assert_int_equal(json_object_set_new(group ? json_object_get(all, group) : all, name, json_string(value)), 0);
	free(app->configuration);
	app->configuration = json_dumps(all, 0);
	assert_non_null(app->configuration);
	json_decref(all);
}

void app_visit(struct app *app, const char *parameters)
{
	app->callbacks = 0;
	app->agent_url[0] = '\0';
	assert_int_equal(pims_set(app->pims, "pims.authentication.user", parameters, take_message, app, NULL), 0);
	while (!app->agent_url[0] && !app->callbacks)
		assert_true(pims_run(app->loop, 100) >= 0);
	assert_int_equal(app->callbacks, 0);
}

void app_return(struct app *app, struct web_answer *answer)
{
	assert_true(answer->status == 302 || answer->status == 303);
	assert_int_equal(pims_redirect(app->pims, answer->location), 0);
	web_free(answer);
	await(app);
}

void app_login(struct app *app, const char *email, const char *password)
{
	struct web_answer answer;

	app_visit(app, "{\"action\":\"login\"}");
	web_sign_in(app->agent_url, email, password, &answer);
	app_return(app, &answer);
}

void app_enrol(struct app *app, const struct sandbox *sandbox, const char *pin)
{
	char code[16], parameters[128];

	app_call(app, "get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}");
	app_assert_succeeded(app);
	sandbox_sms_code(sandbox, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"%s\",\"smsCode\":\"%s\"}", pin, code);
	app_call(app, "set", "pims.authentication.enrollment", parameters);
	app_assert_succeeded(app);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

void app_assert_succeeded(const struct app *app)
{
	char *text;

	if (strcmp(text_of(app->message, "status"), "SUCCEEDED") == 0)
		return;
	text = json_dumps(app->message, 0);
	fail_msg("not succeeded: %s", text ? text : "?");
}

void app_assert_failed(const struct app *app, int code, const char *label, const char *cause)
{
	const json_t *error = json_object_get(app->message, "error");

	assert_string_equal(text_of(app->message, "status"), "FAILED");
	assert_null(json_object_get(app->message, "result"));
	assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
	assert_string_equal(text_of(error, "label"), label);
	assert_string_equal(text_of(error, "cause"), cause ? cause : "");
}

const char *app_result(const struct app *app, const char *name)
{
	return text_of(json_object_get(app->message, "result"), name);
}

int app_error(const struct app *app, const char *name)
{
	const json_t *value = json_object_get(json_object_get(app->message, "error"), name);

	return json_is_integer(value) ? (int)json_integer_value(value) : -1;
}
