/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT "pims.authentication.account"
#define OTP "pims.authentication.otp"
#define TOKEN "pims.authentication.token"
#define SMSCODE "pims.authentication.smscode"
#define ENROLLMENT "pims.authentication.enrollment"
#define PHONE "pims.authentication.trustedphonenumber"
#define NEED_LOGIN "Need Basic Authentication (to get CVS token)"

/* Each test has a sandbox and an application of its own. */
struct world {
	struct sandbox sandbox;
	struct app app;
	struct buf log;
};

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	buf_init(&world.log, 1 << 22);
	sandbox_start(&world.sandbox, NULL);
	app_start(&world.app, &world.sandbox, &world.log);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	app_remove(&world->app);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	buf_free(&world->log);
	return 0;
}

static void assert_no_result(const struct app *app)
{
	app_assert_succeeded(app);
	assert_true(json_is_null(json_object_get(app->message, "result")));
	assert_int_equal(json_object_size(app->message), 3);
}

static long verify_otp(const struct world *world, const char *email, const char *otp)
{
	static const char *const headers[] = {"Content-Type: application/json", "Authorization: Basic ZGVtbzpkZW1v", NULL};
	struct web_answer answer;
	char url[128], body[256];
	long status;

	snprintf(url, sizeof url, "%s/v1/otp/verify", world->sandbox.url);
	snprintf(body, sizeof body, "{\"account\":\"%s\",\"otp\":\"%s\"}", email, otp);
	web_call("POST", url, headers, body, &answer);
	status = answer.status;
	web_free(&answer);
	return status;
}

static void before_the_sign_in_every_protected_call_asks_for_it(void **state)
{
	static const char *const rows[][3] = {
		{"get", ACCOUNT, "{\"actionType\":\"basic\",\"type\":\"username\"}"}, {"get", TOKEN, "{\"type\":\"idtoken\",\"action\":\"get\"}"},
		{"get", TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}"}, {"get", PHONE, NULL}, {"get", SMSCODE, "{\"type\":\"enrollment\"}"},
		{"set", ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"1234\"}"}, {"get", OTP, "{\"action\":\"withoutPIN\"}"},
		{"set", "pims.authentication.user", "{\"action\":\"logout\"}"}};
	struct world *world = *state;

	app_call(&world->app, "get", PHONE, NULL);
	app_assert_failed(&world->app, 2001, "Facade not initialized", NULL);
	app_initialize(&world->app);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		app_call(&world->app, rows[i][0], rows[i][1], rows[i][2]);
		assert_int_equal(app_error(&world->app, "code"), 2301);
		assert_string_equal(json_string_value(json_object_get(json_object_get(world->app.message, "error"), "label")), NEED_LOGIN);
	}
}

static void sign_in_gives_tokens_and_logout_takes_them_back(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char first[8192];

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	assert_no_result(app);
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"basic\",\"type\":\"username\"}");
	assert_string_equal(app_result(app, "username"), SANDBOX_EMAIL);
	app_call(app, "get", TOKEN, "{\"type\":\"idtoken\",\"action\":\"get\"}");
	assert_string_equal(app_result(app, "type"), "idtoken");
	snprintf(first, sizeof first, "%s", app_result(app, "token"));
	assert_int_equal(strncmp(first, "ey", 2), 0);
	app_call(app, "get", TOKEN, "{\"type\":\"idtoken\",\"action\":\"get\"}");
	assert_string_equal(app_result(app, "token"), first);
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"get\"}");
	assert_string_equal(app_result(app, "type"), "cvs");
	snprintf(first, sizeof first, "%s", app_result(app, "token"));
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	app_assert_succeeded(app);
	assert_string_not_equal(app_result(app, "token"), first);
	app_call(app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	assert_no_result(app);
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"get\"}");
	app_assert_failed(app, 2301, NEED_LOGIN, "session.none");
}

static void a_new_process_goes_on_with_session_and_device(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(app, &world->sandbox, "2580");
	app_reopen(app);
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}");
	assert_true(json_is_true(json_object_get(json_object_get(app->message, "result"), "isDeviceActivated")));
	sandbox_kill(&world->sandbox);
	sandbox_restart(&world->sandbox);
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_succeeded(app);
	assert_int_equal(verify_otp(world, SANDBOX_EMAIL, app_result(app, "otp")), 200);
}

static void enrolling_follows_the_documented_steps(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char code[16], parameters[128];

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}");
	assert_true(json_is_false(json_object_get(json_object_get(app->message, "result"), "isDeviceActivated")));
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}");
	assert_string_equal(app_result(app, "isAccountBlocked"), "NotBlocked");
	app_call(app, "get", PHONE, NULL);
	assert_string_equal(app_result(app, "phoneNumber"), "0612345678");
	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	assert_no_result(app);
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enrollment\",\"smsCode\":\"%s\"}", code);
	app_call(app, "set", SMSCODE, parameters);
	assert_string_equal(app_result(app, "status"), "NotEnrolled");
	app_call(app, "set", ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"2580\"}");
	assert_no_result(app);
	app_call(app, "get", OTP, "{\"action\":\"withoutPIN\"}");
	app_assert_succeeded(app);
	assert_int_equal(verify_otp(world, SANDBOX_EMAIL, app_result(app, "otp")), 200);
	assert_int_equal(verify_otp(world, SANDBOX_EMAIL, app_result(app, "otp")), 403);
	app_call(app, "get", SMSCODE, "{\"type\":\"resetPIN\"}");
	assert_no_result(app);
	sandbox_sms_code(&world->sandbox, "resetPIN", code, sizeof code);
}

static void a_second_device_is_asked_for_the_existing_pin(void **state)
{
	struct world *world = *state;
	struct app other;
	char code[16], parameters[128];

	app_initialize(&world->app);
	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(&world->app, &world->sandbox, "2580");
	app_start(&other, &world->sandbox, NULL);
	app_initialize(&other);
	app_login(&other, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(&other, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_succeeded(&other);
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enrollment\",\"smsCode\":\"%s\"}", code);
	app_call(&other, "set", SMSCODE, parameters);
	assert_string_equal(app_result(&other, "status"), "AlreadyEnrolled");
	app_call(&other, "set", ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"9999\"}");
	assert_int_equal(app_error(&other, "code"), 2308);
	assert_int_equal(app_error(&other, "remaining"), 4);
	app_call(&other, "set", ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"2580\"}");
	assert_no_result(&other);
	app_call(&other, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_succeeded(&other);
	app_call(&world->app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_succeeded(&world->app);
	app_remove(&other);
}

static void wrong_pins_are_counted_and_block_with_a_message_each(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(app, &world->sandbox, "2580");
	for (int left = 4; left > 0; left--) {
		app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"9999\"}");
		assert_int_equal(app_error(app, "code"), 2308);
		assert_int_equal(app_error(app, "remaining"), left);
	}
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"9999\"}");
	assert_int_equal(app_error(app, "code"), 2310);
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	assert_int_equal(app_error(app, "code"), 2310);
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}");
	assert_string_equal(app_result(app, "isAccountBlocked"), "PinBlocked");
}

static void a_wrong_sms_code_and_a_wrong_macid_are_told_apart(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(app, "set", SMSCODE, "{\"action\":\"enrollment\",\"smsCode\":\"00000000\"}");
	app_assert_failed(app, 2102, "Invalid smsCode parameter", "inwebo.code");
	app_call(app, "set", ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"00000000\"}");
	app_assert_failed(app, 2305, "The sms code is invalid", "inwebo.code");
	app_configure(app, "credential", "macID", "0123456789abcdef0123456789abcdef");
	app_reopen(app);
	app_call(app, "set", SMSCODE, "{\"action\":\"enrollment\",\"smsCode\":\"00000000\"}");
	app_assert_failed(app, 2314, "inwebo: No service is available", "inwebo.macid");
}

static void an_unreachable_server_is_2202_and_changes_nothing(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_enrol(app, &world->sandbox, "2580");
	sandbox_stop(&world->sandbox);
	app_call(app, "get", PHONE, NULL);
	app_assert_failed(app, 2202, "Network problem : No internet", "network.unreachable");
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	app_assert_failed(app, 2202, "Network problem : No internet", "network.unreachable");
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_failed(app, 2202, "Network problem : No internet", "network.unreachable");
	sandbox_restart(&world->sandbox);
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	app_assert_succeeded(app);
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_succeeded(app);
}

static void logout_wipes_here_even_when_the_server_is_away(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	sandbox_stop(&world->sandbox);
	app_call(app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	assert_int_equal(app_error(app, "code"), 2202);
	app_call(app, "get", ACCOUNT, "{\"actionType\":\"basic\",\"type\":\"username\"}");
	assert_int_equal(app_error(app, "code"), 2301);
	sandbox_restart(&world->sandbox);
}

static void assert_absent(const struct buf *log, const char *secret)
{
	assert_true(strlen(secret) > 0);
	if (strstr(buf_text(log), secret))
		fail_msg("a secret of %zu characters stands in the log", strlen(secret));
}

static void no_log_line_has_a_token_code_pin_or_password(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char code[16], access[256], id_token[8192], otp[32];
	char server_log[65536];
	struct buf file = BUF_INIT(sizeof server_log);
	FILE *stream;
	size_t length;

	app_initialize(app);
	app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"get\"}");
	snprintf(access, sizeof access, "%s", app_result(app, "token"));
	app_call(app, "get", TOKEN, "{\"type\":\"idtoken\",\"action\":\"get\"}");
	snprintf(id_token, sizeof id_token, "%s", app_result(app, "token"));
	app_enrol(app, &world->sandbox, "7391");
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"7391\"}");
	snprintf(otp, sizeof otp, "%s", app_result(app, "otp"));
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"7392\"}");
	app_call(app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	assert_true(world->log.len > 0);
	assert_absent(&world->log, access);
	assert_absent(&world->log, id_token);
	assert_absent(&world->log, code);
	assert_absent(&world->log, otp);
	assert_absent(&world->log, "7391");
	assert_absent(&world->log, SANDBOX_PASSWORD);
	stream = fopen(world->sandbox.log, "r");
	assert_non_null(stream);
	length = fread(server_log, 1, sizeof server_log, stream);
	fclose(stream);
	assert_int_equal(buf_put(&file, server_log, length), 0);
	assert_absent(&file, access);
	assert_absent(&file, id_token);
	assert_absent(&file, otp);
	assert_absent(&file, "pinCode");
	assert_absent(&file, SANDBOX_PASSWORD);
	buf_free(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(before_the_sign_in_every_protected_call_asks_for_it),
		TEST(sign_in_gives_tokens_and_logout_takes_them_back),
		TEST(a_new_process_goes_on_with_session_and_device),
		TEST(enrolling_follows_the_documented_steps),
		TEST(a_second_device_is_asked_for_the_existing_pin),
		TEST(wrong_pins_are_counted_and_block_with_a_message_each),
		TEST(a_wrong_sms_code_and_a_wrong_macid_are_told_apart),
		TEST(an_unreachable_server_is_2202_and_changes_nothing),
		TEST(logout_wipes_here_even_when_the_server_is_away),
		TEST(no_log_line_has_a_token_code_pin_or_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
