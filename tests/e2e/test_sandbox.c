/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "web.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Every fault of the sandbox, as an application over libpims gets it. */

#define ACCOUNT "pims.authentication.account"
#define ENROLLMENT "pims.authentication.enrollment"
#define OTP "pims.authentication.otp"
#define PHONE "pims.authentication.trustedphonenumber"
#define PINCODE "pims.authentication.pincode"
#define SMSCODE "pims.authentication.smscode"
#define TOKEN "pims.authentication.token"
#define USER "pims.authentication.user"

#define IS_BLOCKED "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}"
#define WITH_PIN "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}"
#define WITHOUT_PIN "{\"action\":\"withoutPIN\"}"
#define CONFIRM "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}"
#define ENROLL "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"12345678\"}"
#define UPDATE "{\"action\":\"update\",\"oldPIN\":\"2580\",\"newPIN\":\"2581\"}"
#define REFRESH "{\"type\":\"cvs\",\"action\":\"refresh\"}"

struct world {
	struct sandbox sandbox;
	struct app app;
};

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, NULL);
	app_start(&world.app, &world.sandbox, NULL);
	app_initialize(&world.app);
	app_login(&world.app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_assert_succeeded(&world.app);
	*state = &world;
	return 0;
}

static int setup_enrolled(void **state)
{
	struct world *world;

	setup(state);
	world = *state;
	app_enrol(&world->app, &world->sandbox, "2580");
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

/* --- the sandbox's REST ------------------------------------------------------------------------------------------------------------------ */

static const char *const content_type[] = {"Content-Type: application/json", NULL};

/* `body` NULL: GET. The caller owns *ret_object, NULL allowed. */
static void ask(const struct world *world, const char *method, const char *path, const char *body, int status, json_t **ret_object)
{
	struct web_answer answer;
	char url[256];

	snprintf(url, sizeof url, "%s%s", world->sandbox.url, path);
	web_call(method, url, body ? content_type : NULL, body, &answer);
	if (answer.status != status)
		fail_msg("%s %s: %ld %s", method, path, answer.status, answer.body);
	if (ret_object)
		assert_int_equal(json_parse_object(answer.body, answer.length, 1 << 20, ret_object), 0);
	web_free(&answer);
}

static void provoke(const struct world *world, const char *fault)
{
	ask(world, "POST", "/sandbox/faults", fault, 201, NULL);
}

static void provoke_code(const struct world *world, int code)
{
	char fault[64];

	snprintf(fault, sizeof fault, "{\"code\":%d}", code);
	provoke(world, fault);
}

static size_t count_waiting(const struct world *world)
{
	json_t *object = NULL;
	size_t count;

	ask(world, "GET", "/sandbox/faults", NULL, 200, &object);
	count = json_array_size(json_object_get(object, "faults"));
	json_decref(object);
	return count;
}

static void clear(const struct world *world)
{
	ask(world, "POST", "/sandbox/faults/clear", "{}", 204, NULL);
	assert_int_equal(count_waiting(world), 0);
}

/* --- errors ------------------------------------------------------------------------------------------------------------------------------ */

struct expected {
	int code;
	const char *verb, *api, *parameters;
	int answered; /* what the row's list makes of it; 0 = the code itself */
	const char *label; /* NULL = the table's */
};

static void assert_answer(const struct app *app, const struct expected *expected)
{
	int code = expected->answered ? expected->answered : expected->code;
	const char *label = expected->label ? expected->label : pims_error_label(code);
	const json_t *error = json_object_get(app->message, "error");

	if (app_error(app, "code") != code)
		fail_msg("%s %s %s with fault %d: %d %s", expected->verb, expected->api, expected->parameters, expected->code, app_error(app, "code"),
			 json_text(error, "cause") ? json_text(error, "cause") : "no cause");
	assert_string_equal(json_text(error, "label"), label);
	assert_non_null(json_text(error, "cause"));
}

static void try_all(struct world *world, const struct expected *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		provoke_code(world, rows[i].code);
		app_call(&world->app, rows[i].verb, rows[i].api, rows[i].parameters);
		assert_answer(&world->app, &rows[i]);
		if (count_waiting(world) != 0)
			fail_msg("fault %d still waits after %s %s", rows[i].code, rows[i].verb, rows[i].api);
	}
}

static void every_fault_of_a_rest_call_comes_with_its_documented_code_and_label(void **state)
{
	static const struct expected rows[] = {
		{2202, "get", PHONE, NULL, 0, NULL},
		{2204, "get", PHONE, NULL, 0, NULL},
		{2302, "get", PHONE, NULL, 0, NULL},
		{2307, "get", PHONE, NULL, 0, NULL},
		{2202, "get", SMSCODE, "{\"type\":\"enrollment\"}", 0, NULL},
		{2204, "get", SMSCODE, "{\"type\":\"resetPIN\"}", 0, NULL},
		{2302, "get", SMSCODE, "{\"type\":\"resetPIN\"}", 0, NULL},
		{2344, "get", ACCOUNT, IS_BLOCKED, 0, "StrongAuthentication not configured"},
		{2204, "get", ACCOUNT, IS_BLOCKED, 0, NULL},
		{2204, "get", TOKEN, REFRESH, 0, NULL},
		{2202, "get", TOKEN, REFRESH, 0, NULL},
	};
	struct world *world = *state;

	try_all(world, rows, sizeof rows / sizeof *rows);
	app_call(&world->app, "get", PHONE, NULL);
	app_assert_succeeded(&world->app);
}

static void every_fault_of_an_enrollment_comes_with_its_documented_code_and_label(void **state)
{
	static const int codes[] = {2308, 2309, 2310, 2311, 2312, 2313, 2314, 2317};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		const struct expected rows[] = {{codes[i], "set", SMSCODE, CONFIRM, 0, NULL}, {codes[i], "set", ENROLLMENT, ENROLL, 0, NULL}};

		try_all(world, rows, 2);
	}
	try_all(world,
		(const struct expected[]){{2305, "set", ENROLLMENT, ENROLL, 0, NULL},
					  {2305, "set", SMSCODE, CONFIRM, 2102, "Invalid smsCode parameter"},
					  {2344, "set", ENROLLMENT, ENROLL, 0, "StrongAuthentication not configured"},
					  {2344, "set", SMSCODE, CONFIRM, 0, "StrongAuthentication not configured"}},
		4);
	app_enrol(&world->app, &world->sandbox, "2580");
}

static void a_synchronisation_that_fails_after_an_enrollment_is_2316_and_done_by_the_next_call(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char code[16], parameters[128];

	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	provoke_code(world, 2316);
	app_call(app, "set", ENROLLMENT, parameters);
	assert_answer(app, &(struct expected){2316, "set", ENROLLMENT, parameters, 0, NULL});
	app_call(app, "get", OTP, WITH_PIN);
	app_assert_succeeded(app);
}

static bool is_activated(struct app *app)
{
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}");
	app_assert_succeeded(app);
	return json_is_true(json_object_get(json_object_get(app->message, "result"), "isDeviceActivated"));
}

/* spec/facade.md rule 8 against the server that did it. */
static void a_call_that_is_done_without_its_synchronisation_is_2316_and_done(void **state)
{
	static const char update[] = "{\"action\":\"update\",\"oldPIN\":\"2580\",\"newPIN\":\"1793\"}";
	static const char otp[] = "{\"action\":\"withPIN\",\"pinCode\":\"1793\"}";
	struct world *world = *state;
	struct app *app = &world->app;

	provoke(world, "{\"code\":2316,\"done\":true}");
	app_call(app, "set", PINCODE, update);
	assert_answer(app, &(struct expected){2316, "set", PINCODE, update, 0, NULL});
	assert_true(is_activated(app));
	app_call(app, "get", OTP, otp);
	app_assert_succeeded(app);
	provoke(world, "{\"code\":2316,\"done\":true}");
	app_call(app, "get", OTP, otp); /* an OTP is lost, its keys are not */
	assert_answer(app, &(struct expected){2316, "get", OTP, otp, 0, NULL});
	app_call(app, "get", OTP, otp);
	app_assert_succeeded(app);
	provoke(world, "{\"code\":2316,\"done\":true}");
	app_call(app, "set", ENROLLMENT, "{\"action\":\"remove\"}");
	assert_answer(app, &(struct expected){2316, "set", ENROLLMENT, "{\"action\":\"remove\"}", 0, NULL});
	assert_false(is_activated(app));
}

static void an_enrollment_goes_on_after_each_answer_that_is_not_synchronised(void **state)
{
	static const char *const faults[] = {"{\"code\":2316}", "{\"code\":2316,\"call\":\"enroll\",\"done\":true}", "{\"code\":2316,\"call\":\"synchronisation\"}",
					     "{\"code\":2316,\"call\":\"synchronisation\",\"done\":true}"};
	struct world *world = *state;
	struct app *app = &world->app;
	char code[16], parameters[128];

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
		app_assert_succeeded(app);
		sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
		snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
		provoke(world, faults[i]);
		app_call(app, "set", ENROLLMENT, parameters);
		assert_answer(app, &(struct expected){2316, "set", ENROLLMENT, parameters, 0, NULL});
		assert_true(is_activated(app));
		app_call(app, "get", OTP, WITH_PIN);
		app_assert_succeeded(app);
		app_call(app, "set", ENROLLMENT, "{\"action\":\"remove\"}");
		app_assert_succeeded(app);
	}
}

static void every_fault_of_an_otp_comes_with_its_documented_code_and_label(void **state)
{
	static const int codes[] = {2308, 2309, 2310, 2311, 2313, 2314, 2316, 2317, 2202};
	struct world *world = *state;
	const struct expected gone = {2312, "get", OTP, WITH_PIN, 0, NULL};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		const struct expected rows[] = {{codes[i], "get", OTP, WITH_PIN, 0, NULL}, {codes[i], "get", OTP, WITHOUT_PIN, 0, NULL}};

		try_all(world, rows, 2);
	}
	try_all(world, (const struct expected[]){{2204, "get", OTP, WITH_PIN, 2000, NULL}, {2344, "get", OTP, WITH_PIN, 0, "StrongAuthentication not configured"}}, 2);
	app_call(&world->app, "get", OTP, WITH_PIN);
	app_assert_succeeded(&world->app);
	try_all(world, &gone, 1); /* the device is gone for the application: last */
}

static void every_fault_of_phone_and_pin_comes_with_its_documented_code_and_label(void **state)
{
	static const char number[] = "{\"type\":\"modifyPhoneNumber\",\"smsCode\":\"12345678\",\"phoneNumber\":\"0687654321\"}";
	static const char with_number[] =
		"{\"action\":\"enrollWithPhoneNumber\",\"pinCode\":\"2580\",\"smsCode\":\"12345678\",\"phoneNumber\":\"0687654321\"}";
	static const int codes[] = {2308, 2309, 2310, 2313, 2314, 2315, 2316, 2317, 2344};
	static const struct expected rows[] = {
		{2390, "set", ENROLLMENT, with_number, 0, NULL},
		{2305, "set", ENROLLMENT, with_number, 0, NULL},
		{2302, "set", SMSCODE, number, 0, NULL},
		{2204, "get", "pims.authentication.device", NULL, 0, NULL},
		{2302, "get", "pims.authentication.device", NULL, 0, NULL},
	};
	struct world *world = *state;

	try_all(world, rows, sizeof rows / sizeof *rows);
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		try_all(world,
			&(const struct expected){codes[i], "set", PINCODE, UPDATE, 0, codes[i] == 2344 ? "StrongAuthentication not configured" : NULL}, 1);
	/* after a challenge that was used up, libpims asks once more by itself */
	provoke(world, "{\"code\":2311,\"count\":2}");
	app_call(&world->app, "set", PINCODE, UPDATE);
	assert_answer(&world->app, &(struct expected){2311, "set", PINCODE, UPDATE, 0, NULL});
	app_call(&world->app, "set", PINCODE, UPDATE);
	app_assert_succeeded(&world->app);
}

static void a_session_that_has_ended_is_2301_until_the_next_sign_in(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	try_all(world, &(const struct expected){2301, "get", PHONE, NULL, 0, NULL}, 1);
	app_call(app, "get", PHONE, NULL);
	assert_int_equal(app_error(app, "code"), 2301);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(app, "get", PHONE, NULL);
	app_assert_succeeded(app);
	try_all(world, &(const struct expected){2301, "get", TOKEN, REFRESH, 0, NULL}, 1);
}

static void silence_is_a_timeout(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app->timeout_ms = 400;
	app_reopen(app);
	try_all(world,
		(const struct expected[]){{2201, "get", PHONE, NULL, 0, NULL},
					  {2201, "get", TOKEN, REFRESH, 0, NULL},
					  {2201, "get", OTP, WITH_PIN, 2202, NULL}},
		3);
	provoke(world, "{\"kind\":\"silent\",\"call\":\"account\"}");
	app_call(app, "get", ACCOUNT, IS_BLOCKED);
	app_assert_failed(app, 2201, "Timeout/Polling Timeout/Command Timeout", "network.timeout");
	provoke(world, "{\"kind\":\"slow\",\"milliseconds\":1500,\"call\":\"phone\"}");
	app_call(app, "get", PHONE, NULL);
	app_assert_failed(app, 2201, "Timeout/Polling Timeout/Command Timeout", "network.timeout");
}

static void a_slow_answer_is_still_the_answer(void **state)
{
	struct world *world = *state;

	provoke(world, "{\"kind\":\"slow\",\"milliseconds\":150}");
	app_call(&world->app, "get", PHONE, NULL);
	app_assert_succeeded(&world->app);
	assert_int_equal(count_waiting(world), 0);
}

static void a_cut_connection_is_told_and_what_the_server_did_stays_done(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	provoke(world, "{\"kind\":\"cut\",\"call\":\"phone\"}");
	app_call(app, "get", PHONE, NULL);
	app_assert_failed(app, 2204, "Server Error", "server.cut");
	provoke(world, "{\"kind\":\"cut\",\"call\":\"sms\"}");
	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_failed(app, 2204, "Server Error", "server.cut");
	assert_int_equal(sandbox_sms_count(&world->sandbox), 1);
	provoke(world, "{\"kind\":\"cut\",\"call\":\"token\"}");
	app_call(app, "get", TOKEN, REFRESH);
	app_assert_failed(app, 2204, "Server Error", "server.cut");
	app_call(app, "get", TOKEN, REFRESH); /* the rotation survives a lost answer */
	app_assert_succeeded(app);
}

static void a_fault_waits_for_its_call_and_comes_as_often_as_it_was_told(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	provoke(world, "{\"code\":2204,\"count\":2,\"call\":\"phone\"}");
	app_call(app, "get", ACCOUNT, IS_BLOCKED);
	app_assert_succeeded(app);
	app_call(app, "get", PHONE, NULL);
	assert_int_equal(app_error(app, "code"), 2204);
	assert_int_equal(count_waiting(world), 1);
	app_call(app, "get", PHONE, NULL);
	assert_int_equal(app_error(app, "code"), 2204);
	app_call(app, "get", PHONE, NULL);
	app_assert_succeeded(app);
	provoke_code(world, 2307);
	provoke_code(world, 2308);
	clear(world);
	app_call(app, "get", PHONE, NULL);
	app_assert_succeeded(app);
}

/* --- clock ---------------------------------------------------------------------------------------------------------------------------------- */

static void a_code_expires_when_the_clock_is_moved(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	json_t *clock = NULL;
	char code[16], parameters[128];

	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	ask(world, "POST", "/sandbox/clock", "{\"advance\":601}", 200, &clock);
	assert_int_equal(json_int(clock, "offset", 0), 601);
	json_decref(clock);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	app_call(app, "set", ENROLLMENT, parameters);
	app_assert_failed(app, 2305, "The sms code is invalid", "sms.expired");
	ask(world, "POST", "/sandbox/clock", "{\"offset\":0}", 200, &clock);
	assert_int_equal(json_int(clock, "offset", -1), 0);
	json_decref(clock);
	app_call(app, "set", ENROLLMENT, parameters);
	app_assert_succeeded(app);
}

static void a_token_that_has_expired_by_the_moved_clock_is_renewed(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char before[256];

	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"get\"}");
	snprintf(before, sizeof before, "%s", app_result(app, "token"));
	ask(world, "POST", "/sandbox/clock", "{\"advance\":7200}", 200, NULL);
	app_call(app, "get", PHONE, NULL);
	app_assert_succeeded(app);
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"get\"}");
	app_assert_succeeded(app);
	assert_string_not_equal(app_result(app, "token"), before);
}

/* --- calls ---------------------------------------------------------------------------------------------------------------------------------- */

static const json_t *last_call(const json_t *object)
{
	const json_t *calls = json_object_get(object, "calls");

	return json_array_get(calls, json_array_size(calls) - 1);
}

static void the_last_calls_tell_what_came_of_them_and_no_secret(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	json_t *object = NULL;
	char *text;

	provoke(world, "{\"code\":2308,\"call\":\"confirm\"}");
	app_call(app, "set", SMSCODE, CONFIRM);
	ask(world, "GET", "/sandbox/calls", NULL, 200, &object);
	assert_string_equal(json_text(last_call(object), "path"), "/iwws/MAC");
	assert_string_equal(json_text(last_call(object), "step"), "ActionSetup activate");
	assert_string_equal(json_text(last_call(object), "outcome"), "NOK:ACCESS");
	assert_string_equal(json_text(last_call(object), "fault"), "2308");
	text = json_dumps(object, 0);
	assert_null(strstr(text, "12345678"));
	assert_null(strstr(text, "code="));
	assert_null(strstr(text, "/sandbox"));
	free(text);
	json_decref(object);
	provoke_code(world, 2307);
	app_call(app, "get", PHONE, NULL);
	ask(world, "GET", "/sandbox/calls", NULL, 200, &object);
	assert_string_equal(json_text(last_call(object), "outcome"), "phone.none");
	assert_int_equal(json_int(last_call(object), "status", 0), 404);
	json_decref(object);
}

/* RFC 8414 §3.1: between host and path of the issuer. */
static void the_metadata_of_an_issuer_with_a_path_stands_in_front_of_the_path(void **state)
{
	static const char *const arguments[] = {"--issuer", "https://pims.example/fleet", NULL};
	static const char *const paths[] = {"/.well-known/oauth-authorization-server/fleet", "/.well-known/openid-configuration"};
	struct web_answer answer;
	struct sandbox sandbox;
	char url[160];

	(void)state;
	sandbox_start(&sandbox, arguments);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(url, sizeof url, "%s%s", sandbox.url, paths[i]);
		web_call("GET", url, NULL, NULL, &answer);
		assert_int_equal(answer.status, 200);
		assert_non_null(strstr(answer.body, "\"issuer\":\"https://pims.example/fleet\""));
		web_free(&answer);
	}
	sandbox_stop(&sandbox);
	sandbox_remove(&sandbox);
}

#define TEST(name, prepare) cmocka_unit_test_setup_teardown(name, prepare, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_fault_of_a_rest_call_comes_with_its_documented_code_and_label, setup),
		TEST(every_fault_of_an_enrollment_comes_with_its_documented_code_and_label, setup),
		TEST(a_synchronisation_that_fails_after_an_enrollment_is_2316_and_done_by_the_next_call, setup),
		TEST(an_enrollment_goes_on_after_each_answer_that_is_not_synchronised, setup),
		TEST(a_call_that_is_done_without_its_synchronisation_is_2316_and_done, setup_enrolled),
		TEST(every_fault_of_an_otp_comes_with_its_documented_code_and_label, setup_enrolled),
		TEST(every_fault_of_phone_and_pin_comes_with_its_documented_code_and_label, setup_enrolled),
		TEST(a_session_that_has_ended_is_2301_until_the_next_sign_in, setup),
		TEST(silence_is_a_timeout, setup_enrolled),
		TEST(a_slow_answer_is_still_the_answer, setup),
		TEST(a_cut_connection_is_told_and_what_the_server_did_stays_done, setup),
		TEST(a_fault_waits_for_its_call_and_comes_as_often_as_it_was_told, setup),
		TEST(a_code_expires_when_the_clock_is_moved, setup),
		TEST(a_token_that_has_expired_by_the_moved_clock_is_renewed, setup),
		TEST(the_last_calls_tell_what_came_of_them_and_no_secret, setup),
		cmocka_unit_test(the_metadata_of_an_issuer_with_a_path_stands_in_front_of_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
