/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "server/server.h"
#include "server/store/store.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define OTP "pims.authentication.otp"
#define SMSCODE "pims.authentication.smscode"
#define ENROLLMENT "pims.authentication.enrollment"
#define TOKEN "pims.authentication.token"
#define WITH_PIN "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}"

/* The server runs in this process with a clock that a test moves; the application keeps the real one. */
static atomic_llong ahead_ms;

static int64_t shifted_now(void *data)
{
	struct timespec now;

	(void)data;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + atomic_load(&ahead_ms);
}

struct world {
	struct sandbox sandbox; /* only its URL and directory */
	struct server *server;
	struct app app;
};

static int setup(void **state)
{
	static struct world world;
	const struct pims_clock clock = {.size = sizeof clock, .now = shifted_now};
	struct server_options options = {.address = "127.0.0.1", .workers = 4};
	struct env env;

	memset(&world, 0, sizeof world);
	atomic_store(&ahead_ms, 0);
	snprintf(world.sandbox.directory, sizeof world.sandbox.directory, "/tmp/openpims-sandbox-XXXXXX");
	snprintf(world.sandbox.log, sizeof world.sandbox.log, "/dev/null");
	assert_non_null(mkdtemp(world.sandbox.directory));
	env_init(&env, &clock, NULL, NULL);
	options.env = &env;
	settings_default(&options.settings, true);
	options.settings.data_dir = world.sandbox.directory;
	assert_int_equal(server_start(&world.server, &options), 0);
	snprintf(world.sandbox.url, sizeof world.sandbox.url, "http://127.0.0.1:%u", server_port(world.server));
	app_start(&world.app, &world.sandbox, NULL);
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
	server_stop(world->server);
	world->sandbox.log[0] = '\0';
	snprintf(world->sandbox.log, sizeof world->sandbox.log, "%s", world->sandbox.directory);
	sandbox_remove(&world->sandbox);
	return 0;
}

static void advance(int seconds)
{
	atomic_fetch_add(&ahead_ms, (long long)seconds * 1000);
}

static int verify_otp(const struct world *world, const char *otp)
{
	static const char *const headers[] = {"Content-Type: application/json", "Authorization: Basic ZGVtbzpkZW1v", NULL};
	struct web_answer answer;
	char url[128], body[256];
	long status;

	snprintf(url, sizeof url, "%s/v1/otp/verify", world->sandbox.url);
	snprintf(body, sizeof body, "{\"account\":\"%s\",\"otp\":\"%s\"}", SANDBOX_EMAIL, otp);
	web_call("POST", url, headers, body, &answer);
	status = answer.status;
	web_free(&answer);
	return (int)status;
}

static void an_expired_sms_code_is_told_as_expired(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char code[16], parameters[128];

	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_succeeded(app);
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	advance(601);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enrollment\",\"smsCode\":\"%s\"}", code);
	app_call(app, "set", SMSCODE, parameters);
	app_assert_failed(app, 2102, "Invalid smsCode parameter", "sms.expired");
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	app_call(app, "set", ENROLLMENT, parameters);
	app_assert_failed(app, 2305, "The sms code is invalid", "sms.expired");
}

static void a_code_works_until_its_last_second(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char code[16], parameters[128];

	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	advance(590);
	snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"2580\",\"smsCode\":\"%s\"}", code);
	app_call(app, "set", ENROLLMENT, parameters);
	app_assert_succeeded(app);
}

static void an_otp_is_good_for_120_seconds(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char otp[32];

	app_enrol(app, &world->sandbox, "2580");
	app_call(app, "get", OTP, WITH_PIN);
	snprintf(otp, sizeof otp, "%s", app_result(app, "otp"));
	advance(110);
	assert_int_equal(verify_otp(world, otp), 200);
	app_call(app, "get", OTP, WITH_PIN);
	snprintf(otp, sizeof otp, "%s", app_result(app, "otp"));
	advance(121);
	assert_int_equal(verify_otp(world, otp), 403);
}

static int first_device(void *data, const struct device *device)
{
	*(int64_t *)data = device->id;
	return 1;
}

static void a_removed_device_is_told_to_enrol_again_and_can(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	struct account account = {0};
	int64_t id = 0;

	app_enrol(app, &world->sandbox, "2580");
	assert_int_equal(store_account_by_email(world->server->store, SANDBOX_EMAIL, &account), 0);
	assert_int_equal(store_device_list(world->server->store, account.id, first_device, &id), 1);
	assert_int_equal(store_device_remove(world->server->store, account.id, id), 0);
	account_free(&account);
	app_call(app, "get", OTP, WITH_PIN);
	app_assert_failed(app, 2312, "inwebo: device is disabled or unknown", "inwebo.no_device");
	app_call(app, "get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}");
	assert_true(json_is_false(json_object_get(json_object_get(app->message, "result"), "isDeviceActivated")));
	app_enrol(app, &world->sandbox, "2580");
	app_call(app, "get", OTP, WITH_PIN);
	app_assert_succeeded(app);
}

static void a_server_clock_days_away_signs_nobody_out(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	static const int days[] = {30, -60};

	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		advance(days[i] * 86400);
		app_call(app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
		app_reopen(app);
		app_login(app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
		app_assert_succeeded(app);
		app_call(app, "get", TOKEN, "{\"type\":\"idtoken\",\"action\":\"refresh\"}");
		app_assert_succeeded(app);
		app_reopen(app);
		app_call(app, "get", TOKEN, "{\"type\":\"idtoken\",\"action\":\"get\"}");
		app_assert_succeeded(app);
	}
}

static void an_expired_access_token_is_renewed_without_a_word(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	advance(4000);
	app_call(app, "get", "pims.authentication.trustedphonenumber", NULL);
	app_assert_succeeded(app);
	assert_string_equal(app_result(app, "phoneNumber"), "0612345678");
}

static void a_blocked_account_has_to_sign_in_again_and_cannot(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	assert_int_equal(store_account_set_blocked(world->server->store, SANDBOX_EMAIL, true), 0);
	app_call(app, "get", "pims.authentication.trustedphonenumber", NULL);
	app_assert_failed(app, 2301, "Need Basic Authentication (to get CVS token)", "oauth.invalid_grant");
	app_call(app, "get", "pims.authentication.account", "{\"actionType\":\"basic\",\"type\":\"username\"}");
	app_assert_failed(app, 2301, "Need Basic Authentication (to get CVS token)", "session.none");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_expired_sms_code_is_told_as_expired),
		TEST(a_code_works_until_its_last_second),
		TEST(an_otp_is_good_for_120_seconds),
		TEST(a_removed_device_is_told_to_enrol_again_and_can),
		TEST(a_server_clock_days_away_signs_nobody_out),
		TEST(an_expired_access_token_is_renewed_without_a_word),
		TEST(a_blocked_account_has_to_sign_in_again_and_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
