/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "platform/loop.h"
#include "web.h"

#include <pims/error.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Cut off or killed at any point, the same call with the same code and PIN goes on: one SMS, one slot. The connection is cut before and after every
 * request of a call, and the process is killed before and after every write of the state.
 */

#define SMSCODE "pims.authentication.smscode"
#define ENROLLMENT "pims.authentication.enrollment"
#define OTP "pims.authentication.otp"
#define PIN_API "pims.authentication.pincode"

enum cut { CUT_NOTHING, CUT_REQUEST, CUT_ANSWER, KILL_BEFORE_WRITE, KILL_AFTER_WRITE };
enum { KILLED = 99, MOST_POINTS = 40 };

/* The real transport and a store, with a fault at the `at`th request or write from now on. */
struct fault {
	enum cut cut;
	int at, count;
	bool happened;
	struct app *app;
	struct loop_transport *real;
	struct pims_transport inner, transport;
	struct pims_store store;
};

struct world {
	struct sandbox sandbox;
	struct app app;
	struct fault fault;
};

/* --- the transport ------------------------------------------------------------------------------------------------------------------ */

struct exchange {
	struct loop_task task;
	pims_http_done_fn done;
	void *token;
};

static void end_exchange(struct exchange *exchange, enum pims_http_failure failure)
{
	const struct pims_http_response response = {.size = sizeof response, .failure = failure};

	exchange->done(exchange->token, &response);
	free(exchange);
}

static void run_cut_request(struct loop_task *task)
{
	end_exchange((struct exchange *)(void *)((char *)task - offsetof(struct exchange, task)), PIMS_HTTP_NETWORK);
}

static void drop_answer(void *token, const struct pims_http_response *response)
{
	(void)response;
	end_exchange(token, PIMS_HTTP_CUT);
}

static int send_request(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token)
{
	struct fault *fault = data;
	struct exchange *exchange;

	if ((fault->cut != CUT_REQUEST && fault->cut != CUT_ANSWER) || ++fault->count != fault->at)
		return fault->inner.send(fault->inner.data, request, done, token);
	fault->happened = true;
	exchange = calloc(1, sizeof *exchange);
	assert_non_null(exchange);
	*exchange = (struct exchange){.done = done, .token = token};
	if (fault->cut == CUT_ANSWER)
		return fault->inner.send(fault->inner.data, request, drop_answer, exchange);
	exchange->task.run = run_cut_request;
	loop_post(fault->app->loop, &exchange->task);
	return 0;
}

static void cancel_request(void *data, void *token)
{
	struct fault *fault = data;

	fault->inner.cancel(fault->inner.data, token);
}

/* --- the store: a file of its own, beside the library's key ------------------------------------------------------------------------ */

static void blob_path(const struct app *app, char path[128])
{
	snprintf(path, 128, "%s/state", app->directory);
}

static int load_blob(void *data, unsigned char **ret_blob, size_t *ret_length)
{
	const struct fault *fault = data;
	unsigned char *blob = malloc(65536);
	char path[128];
	ssize_t length = 0;
	int fd;

	assert_non_null(blob);
	blob_path(fault->app, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, blob, 65536);
		close(fd);
	}
	assert_true(length >= 0);
	*ret_blob = blob;
	*ret_length = (size_t)length;
	return 0;
}

static int save_blob(void *data, const unsigned char *blob, size_t length)
{
	struct fault *fault = data;
	char path[128], temporary[160];
	int fd;

	if (fault->cut == KILL_BEFORE_WRITE && ++fault->count == fault->at)
		_exit(KILLED);
	blob_path(fault->app, path);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, blob, length) != (ssize_t)length || close(fd) < 0 || rename(temporary, path) < 0)
		return PIMS_E_SYSTEM;
	if (fault->cut == KILL_AFTER_WRITE && ++fault->count == fault->at)
		_exit(KILLED);
	return 0;
}

static int lock_blob(void *data)
{
	(void)data;
	return 0;
}

static void unlock_blob(void *data)
{
	(void)data;
}

static int blob_changed(void *data)
{
	(void)data;
	return 1;
}

/* --- the application ---------------------------------------------------------------------------------------------------------------- */

static void opening(struct app *app, struct pims_options *options)
{
	struct fault *fault = app->data;

	assert_int_equal(loop_transport_new(&fault->real, app->loop, NULL), 0);
	loop_transport_hooks(fault->real, &fault->inner);
	fault->transport = (struct pims_transport){.size = sizeof fault->transport, .send = send_request, .cancel = cancel_request, .data = fault};
	fault->store = (struct pims_store){.size = sizeof fault->store, .load = load_blob, .save = save_blob, .lock = lock_blob, .unlock = unlock_blob,
					   .changed = blob_changed, .data = fault};
	options->transport = &fault->transport;
	options->store = &fault->store;
}

static void closed(struct app *app)
{
	struct fault *fault = app->data;

	loop_transport_free(fault->real);
	fault->real = NULL;
}

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, NULL);
	app_start(&world.app, &world.sandbox, NULL);
	app_stop(&world.app);
	world.fault.app = &world.app;
	world.app.opening = opening;
	world.app.closed = closed;
	world.app.data = &world.fault;
	app_open(&world.app);
	app_initialize(&world.app);
	app_login(&world.app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_assert_succeeded(&world.app);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	app_remove(&world->app);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	return 0;
}

static bool succeeded(const struct app *app)
{
	return strcmp(json_string_value(json_object_get(app->message, "status")), "SUCCEEDED") == 0;
}

/* The call in a process of its own, which dies at the `at`th write. Returns whether it did. */
static bool call_and_die(struct world *world, enum cut cut, int at, const char *const call[3])
{
	struct app *app = &world->app;
	int status = 0;
	pid_t pid;

	app_stop(app);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		app_open(app);
		app_initialize(app);
		world->fault.cut = cut;
		world->fault.at = at;
		world->fault.count = 0;
		app_call(app, call[0], call[1], call[2]);
		_exit(succeeded(app) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != KILLED)
		assert_int_equal(WEXITSTATUS(status), 0);
	app_open(app);
	app_initialize(app);
	return WEXITSTATUS(status) == KILLED;
}

/* The call with the fault, then a new process. Returns whether the fault was met; if not, the call has succeeded. */
static bool call_with_fault(struct world *world, enum cut cut, int at, const char *const call[3])
{
	struct fault *fault = &world->fault;

	if (cut == KILL_BEFORE_WRITE || cut == KILL_AFTER_WRITE)
		return call_and_die(world, cut, at, call);
	fault->cut = cut;
	fault->at = at;
	fault->count = 0;
	fault->happened = false;
	app_call(&world->app, call[0], call[1], call[2]);
	fault->cut = CUT_NOTHING;
	if (!fault->happened)
		app_assert_succeeded(&world->app);
	app_reopen(&world->app);
	return fault->happened;
}

static size_t devices(struct world *world)
{
	app_call(&world->app, "get", "pims.authentication.device", NULL);
	app_assert_succeeded(&world->app);
	return json_array_size(json_object_get(json_object_get(world->app.message, "result"), "devices"));
}

/* The OTP is a real one. */
static void assert_otp(struct world *world, const char *parameters)
{
	static const char *const headers[] = {"Content-Type: application/json", "Authorization: Basic ZGVtbzpkZW1v", NULL};
	struct web_answer answer;
	char url[128], body[256];

	app_call(&world->app, "get", OTP, parameters);
	app_assert_succeeded(&world->app);
	snprintf(url, sizeof url, "%s/v1/otp/verify", world->sandbox.url);
	snprintf(body, sizeof body, "{\"account\":\"" SANDBOX_EMAIL "\",\"otp\":\"%s\"}", app_result(&world->app, "otp"));
	web_call("POST", url, headers, body, &answer);
	assert_int_equal(answer.status, 200);
	web_free(&answer);
}

static void ask_code(struct world *world, const char *type, char *ret_code, size_t size)
{
	char parameters[64];

	snprintf(parameters, sizeof parameters, "{\"type\":\"%s\"}", type);
	app_call(&world->app, "get", SMSCODE, parameters);
	app_assert_succeeded(&world->app);
	sandbox_sms_code(&world->sandbox, type, ret_code, size);
}

static const enum cut cuts[] = {CUT_REQUEST, CUT_ANSWER, KILL_BEFORE_WRITE, KILL_AFTER_WRITE};

enum { CUTS = sizeof cuts / sizeof *cuts };

/* One SMS, the call with a fault at its `at`th point, the call again; false when it has no such point. */
static bool enrol_with_fault(struct world *world, enum cut cut, int at)
{
	size_t before = sandbox_sms_count(&world->sandbox);
	char code[16], parameters[128];
	const char *const call[3] = {"set", ENROLLMENT, parameters};
	bool met;

	ask_code(world, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	met = call_with_fault(world, cut, at, call);
	if (met) {
		app_call(&world->app, call[0], call[1], call[2]);
		/* the code was used up by the last step, whose answer was lost or could not be kept: then the device is enrolled */
		app_assert_succeeded(&world->app);
	}
	assert_int_equal(devices(world), 1);
	assert_int_equal(sandbox_sms_count(&world->sandbox), before + 1);
	assert_otp(world, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	assert_int_equal(devices(world), 1);
	app_call(&world->app, "set", ENROLLMENT, "{\"action\":\"remove\"}");
	app_assert_succeeded(&world->app);
	return met;
}

static void an_enrollment_goes_on_from_any_point(void **state)
{
	struct world *world = *state;
	int points = 0;

	for (int i = 0; i < CUTS; i++)
		for (int at = 1; at < MOST_POINTS && enrol_with_fault(world, cuts[i], at); at++)
			points++;
	/* three requests and their answers, at least three writes */
	assert_in_range(points, 12, 4 * MOST_POINTS);
}

static void enrol(struct world *world)
{
	char code[16], parameters[128];

	ask_code(world, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	app_call(&world->app, "set", ENROLLMENT, parameters);
	app_assert_succeeded(&world->app);
}

static void an_otp_is_given_after_any_cut(void **state)
{
	static const char *const call[3] = {"get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}"};
	struct world *world = *state;
	int points = 0;

	enrol(world);
	for (int i = 0; i < CUTS; i++)
		for (int at = 1; at < MOST_POINTS && call_with_fault(world, cuts[i], at, call); at++) {
			assert_otp(world, call[2]);
			points++;
		}
	assert_in_range(points, 6, 4 * MOST_POINTS);
	assert_int_equal(devices(world), 1);
}

static void a_pin_is_changed_once_whatever_is_cut(void **state)
{
	static const char *const pins[2] = {"2580", "7391"};
	struct world *world = *state;
	char parameters[128], with_pin[64];
	const char *const call[3] = {"set", PIN_API, parameters};
	int now = 0, points = 0;
	bool met;

	enrol(world);
	for (int i = 0; i < CUTS; i++)
		for (int at = 1; at < MOST_POINTS; at++) {
			snprintf(parameters, sizeof parameters, "{\"action\":\"update\",\"oldPIN\":\"%s\",\"newPIN\":\"%s\"}", pins[now], pins[!now]);
			now = !now;
			met = call_with_fault(world, cuts[i], at, call);
			if (met) {
				app_call(&world->app, call[0], call[1], call[2]);
				app_assert_succeeded(&world->app);
			}
			snprintf(with_pin, sizeof with_pin, "{\"action\":\"withPIN\",\"pinCode\":\"%s\"}", pins[now]);
			assert_otp(world, with_pin);
			if (!met)
				break;
			points++;
		}
	assert_in_range(points, 4, 4 * MOST_POINTS);
}

static void a_pin_is_reset_with_one_code_whatever_is_cut(void **state)
{
	struct world *world = *state;
	char parameters[128], code[16];
	const char *const call[3] = {"set", PIN_API, parameters};
	int points = 0;
	bool met = true;

	enrol(world);
	for (int i = 0; i < CUTS; i++)
		for (int at = 1; at < MOST_POINTS; at++) {
			size_t before = sandbox_sms_count(&world->sandbox);

			ask_code(world, "resetPIN", code, sizeof code);
			snprintf(parameters, sizeof parameters, "{\"action\":\"reset\",\"pinCode\":\"7391\",\"smsCode\":\"%s\"}", code);
			met = call_with_fault(world, cuts[i], at, call);
			if (met) {
				app_call(&world->app, call[0], call[1], call[2]);
				app_assert_succeeded(&world->app);
			}
			assert_int_equal(sandbox_sms_count(&world->sandbox), before + 1);
			assert_otp(world, "{\"action\":\"withPIN\",\"pinCode\":\"7391\"}");
			if (!met)
				break;
			points++;
		}
	assert_in_range(points, 4, 4 * MOST_POINTS);
	assert_int_equal(devices(world), 1);
}

static void a_lost_answer_to_the_request_for_an_sms_costs_no_second_one(void **state)
{
	static const char *const call[3] = {"get", SMSCODE, "{\"type\":\"enrollment\"}"};
	struct world *world = *state;
	char code[16], parameters[128];

	assert_true(call_with_fault(world, CUT_REQUEST, 1, call));
	assert_int_equal(sandbox_sms_count(&world->sandbox), 0);
	assert_true(call_with_fault(world, CUT_ANSWER, 1, call));
	assert_int_equal(sandbox_sms_count(&world->sandbox), 1);
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	app_call(&world->app, "set", ENROLLMENT, parameters);
	app_assert_succeeded(&world->app);
	assert_int_equal(devices(world), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_enrollment_goes_on_from_any_point),
		TEST(an_otp_is_given_after_any_cut),
		TEST(a_pin_is_changed_once_whatever_is_cut),
		TEST(a_pin_is_reset_with_one_code_whatever_is_cut),
		TEST(a_lost_answer_to_the_request_for_an_sms_costs_no_second_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
