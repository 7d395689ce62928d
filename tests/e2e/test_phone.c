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
#define SMSCODE "pims.authentication.smscode"
#define ENROLLMENT "pims.authentication.enrollment"
#define PHONE "pims.authentication.trustedphonenumber"
#define CERTIFY "{\"type\":\"phoneNumberCertification\",\"phoneNumber\":\"%s\"}"
#define ADD "{\"action\":\"addPhoneNumber\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\"}"
#define MODIFY "{\"type\":\"modifyPhoneNumber\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\"}"
#define ENROLL "{\"action\":\"enrollWithPhoneNumber\",\"pinCode\":\"2580\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\"}"
#define NUMBER "0699887766"
#define OTHER_NUMBER "+34612345678"

/* Each test has a sandbox and an application of its own; the account is signed in. */
struct world {
	struct sandbox sandbox;
	struct app app;
	char code[16];
};

static void start(struct world *world, const char *const *arguments)
{
	memset(world, 0, sizeof *world);
	sandbox_start(&world->sandbox, arguments);
	app_start(&world->app, &world->sandbox, NULL);
	app_configure(&world->app, NULL, "country", "FR");
	app_initialize(&world->app);
	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
}

static int setup(void **state)
{
	static struct world world;

	start(&world, (const char *const[]){"--sms-cooldown", "0", NULL});
	*state = &world;
	return 0;
}

static int setup_cooling(void **state)
{
	static struct world world;

	start(&world, (const char *const[]){"--sms-countries", "FR=1000,ES", "--sms-per-number", "2", NULL});
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

static void call(struct world *world, const char *verb, const char *api, const char *format, const char *number, const char *code)
{
	char parameters[256];

	/* every format has one or two of them */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(parameters, sizeof parameters, format, number, code);
#pragma GCC diagnostic pop
	app_call(&world->app, verb, api, parameters);
}

static void forget_phone(struct world *world)
{
	assert_int_equal(sandbox_admin(&world->sandbox, (const char *const[]){"account", "set-phone", SANDBOX_EMAIL, "--none", NULL}, NULL), 0);
}

/* An SMS to `number`; its code is world->code. */
static void certify(struct world *world, const char *number)
{
	call(world, "get", SMSCODE, CERTIFY, number, "");
	app_assert_succeeded(&world->app);
	sandbox_sms_code(&world->sandbox, "phoneNumberCertification", world->code, sizeof world->code);
}

static void assert_phone(struct world *world, const char *number)
{
	app_call(&world->app, "get", PHONE, NULL);
	assert_string_equal(app_result(&world->app, "phoneNumber"), number);
}

static void an_impossible_number_costs_no_sms(void **state)
{
	static const char *const bad[] = {"0612", "+999612345678", "06123456789999", "+33 6", "000"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		call(world, "get", SMSCODE, CERTIFY, bad[i], "");
		app_assert_failed(&world->app, 2102, "Invalid phoneNumber parameter", "phone.invalid");
		call(world, "set", SMSCODE, ADD, bad[i], "12345678");
		app_assert_failed(&world->app, 2102, "Invalid phoneNumber parameter", "phone.invalid");
		call(world, "set", SMSCODE, MODIFY, bad[i], "12345678");
		app_assert_failed(&world->app, 2102, "Invalid phoneNumber parameter", "phone.invalid");
		call(world, "set", ENROLLMENT, ENROLL, bad[i], "12345678");
		app_assert_failed(&world->app, 2102, "Invalid phoneNumber parameter", "phone.invalid");
	}
	assert_int_equal(sandbox_sms_count(&world->sandbox), 0);
}

static void a_client_of_an_unknown_country_leaves_national_numbers_to_the_server(void **state)
{
	struct world *world = *state;

	app_stop(&world->app);
	app_configure(&world->app, NULL, "country", "ZZ");
	app_reopen(&world->app);
	call(world, "get", SMSCODE, CERTIFY, "061234", "");
	app_assert_failed(&world->app, 2102, "Invalid phoneNumber parameter", "phone.invalid");
	assert_int_equal(sandbox_sms_count(&world->sandbox), 0);
	certify(world, NUMBER);
}

static void without_a_number_nothing_can_be_changed_and_one_can_be_added(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	forget_phone(world);
	app_call(app, "get", PHONE, NULL);
	app_assert_failed(app, 2307, "User dont have a phone number", "phone.none");
	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_failed(app, 2204, "Server Error", "phone.none");
	call(world, "set", SMSCODE, ADD, NUMBER, "12345678");
	app_assert_failed(app, 2102, "Invalid smsCode parameter", "sms.code");
	certify(world, NUMBER);
	call(world, "set", SMSCODE, ADD, NUMBER, "00000000");
	app_assert_failed(app, 2102, "Invalid smsCode parameter", "sms.code");
	assert_int_equal(app_error(app, "remaining"), 4);
	call(world, "set", SMSCODE, ADD, OTHER_NUMBER, world->code);
	app_assert_failed(app, 2102, "Invalid smsCode parameter", "sms.code"); /* it is good for the number it went to */
	call(world, "set", SMSCODE, "{\"type\":\"addPhoneNumber\",\"Phone number\":\"%s\",\"smsCode\":\"%s\"}", NUMBER, world->code);
	app_assert_succeeded(app);
	call(world, "set", SMSCODE, ADD, NUMBER, world->code); /* as if the answer had got lost */
	app_assert_succeeded(app);
	assert_phone(world, NUMBER);
	call(world, "set", SMSCODE, ADD, OTHER_NUMBER, world->code);
	app_assert_failed(app, 2102, "Invalid phoneNumber parameter", "phone.exists");
	app_enrol(app, &world->sandbox, "2580");
}

static void enrolling_with_a_number_takes_one_sms(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	call(world, "set", ENROLLMENT, ENROLL, NUMBER, "12345678");
	app_assert_failed(app, 2390, "Phone number allready registered", "phone.exists");
	forget_phone(world);
	certify(world, NUMBER);
	call(world, "set", ENROLLMENT, ENROLL, NUMBER, "00000000");
	app_assert_failed(app, 2305, "The sms code is invalid", "sms.code");
	call(world, "set", ENROLLMENT, "{\"action\":\"enrollmentWithPhoneNumber\",\"pinCode\":\"12\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\"}", NUMBER,
	     world->code);
	assert_int_equal(app_error(app, "code"), 2102); /* the PIN; the code is still good */
	call(world, "set", ENROLLMENT, ENROLL, NUMBER, world->code);
	app_assert_succeeded(app);
	assert_int_equal(sandbox_sms_count(&world->sandbox), 1);
	assert_phone(world, NUMBER);
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_succeeded(app);
	call(world, "set", ENROLLMENT, ENROLL, NUMBER, world->code);
	app_assert_failed(app, 2390, "Phone number allready registered", "phone.exists"); /* good once */
}

static void a_number_is_changed_by_an_enrolled_device_alone(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	char old[16];

	call(world, "set", SMSCODE, MODIFY, NUMBER, "12345678");
	app_assert_failed(app, 2317, "inwebo: forbidden operation (due to activated state/blocked state/upgradable state)", "device.not_enrolled");
	app_enrol(app, &world->sandbox, "2580");
	app_call(app, "get", SMSCODE, "{\"type\":\"resetPIN\"}");
	sandbox_sms_code(&world->sandbox, "resetPIN", old, sizeof old);
	call(world, "set", SMSCODE, MODIFY, NUMBER, "12345678");
	app_assert_failed(app, 2102, "Invalid smsCode parameter", "sms.code");
	certify(world, NUMBER);
	assert_int_equal(sandbox_sms_count(&world->sandbox), 3);
	call(world, "set", SMSCODE, "{\"action\":\"modifyPhoneNumber\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\"}", NUMBER, world->code);
	app_assert_succeeded(app);
	assert_int_equal(sandbox_sms_count(&world->sandbox), 4); /* the old number was told */
	assert_phone(world, NUMBER);
	certify(world, OTHER_NUMBER);
	call(world, "set", SMSCODE, MODIFY, OTHER_NUMBER, world->code);
	app_assert_succeeded(app);
	assert_phone(world, OTHER_NUMBER);
	app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"2580\"}");
	app_assert_succeeded(app);
}

static void with_a_blocked_pin_or_a_removed_device_the_number_stays(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;
	struct app other;

	app_enrol(app, &world->sandbox, "2580");
	certify(world, NUMBER);
	for (int i = 0; i < 5; i++)
		app_call(app, "get", OTP, "{\"action\":\"withPIN\",\"pinCode\":\"9999\"}");
	call(world, "set", SMSCODE, MODIFY, NUMBER, world->code);
	app_assert_failed(app, 2310, "inwebo: account is blocked ", "inwebo.blocked");
	assert_int_equal(sandbox_admin(&world->sandbox, (const char *const[]){"account", "unblock", SANDBOX_EMAIL, NULL}, NULL), 0);
	app_start(&other, &world->sandbox, NULL);
	app_initialize(&other);
	app_login(&other, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(&other, "set", ENROLLMENT, "{\"action\":\"remove\"}");
	app_assert_succeeded(&other);
	app_remove(&other);
	call(world, "set", SMSCODE, MODIFY, NUMBER, world->code);
	app_assert_failed(app, 2312, "inwebo: device is disabled or unknown", "inwebo.no_device");
	assert_phone(world, "0612345678");
}

static void asking_again_at_once_has_to_wait(void **state)
{
	struct world *world = *state;
	struct app *app = &world->app;

	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_succeeded(app);
	app_call(app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_failed(app, 2204, "Server Error", "sms.cooldown");
	assert_in_range(app_error(app, "retryAfter"), 25, 30);
	assert_int_equal(app_error(app, "remaining"), 99);
	certify(world, NUMBER);
	call(world, "get", SMSCODE, CERTIFY, NUMBER, "");
	app_assert_failed(app, 2204, "Server Error", "sms.cooldown");
	certify(world, OTHER_NUMBER); /* a number mistyped before is no reason to wait */
	certify(world, NUMBER);
	call(world, "get", SMSCODE, CERTIFY, NUMBER, "");
	app_assert_failed(app, 2204, "Server Error", "sms.budget");
	assert_in_range(app_error(app, "retryAfter"), 86000, 86400);
	assert_int_equal(app_error(app, "remaining"), 0);
	call(world, "get", SMSCODE, CERTIFY, "+442079460123", "");
	app_assert_failed(app, 2204, "Server Error", "sms.country");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_impossible_number_costs_no_sms),
		TEST(a_client_of_an_unknown_country_leaves_national_numbers_to_the_server),
		TEST(without_a_number_nothing_can_be_changed_and_one_can_be_added),
		TEST(enrolling_with_a_number_takes_one_sms),
		TEST(a_number_is_changed_by_an_enrolled_device_alone),
		TEST(with_a_blocked_pin_or_a_removed_device_the_number_stays),
		cmocka_unit_test_setup_teardown(asking_again_at_once_has_to_wait, setup_cooling, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
