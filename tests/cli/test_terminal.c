/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

/* The command line on a terminal: questions, echo, signals, colours. */

#define API_ACCOUNT "pims.authentication.account"
#define API_USER "pims.authentication.user"
#define API_SMS "pims.authentication.smscode"
#define API_ENROLLMENT "pims.authentication.enrollment"
#define API_OTP "pims.authentication.otp"
#define END \
	{ \
		NULL, NULL, NULL, NULL, NULL \
	}
#define NOT_ACTIVATED \
	{ \
		"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"isDeviceActivated\":false}"), NULL \
	}
#define WEAK_PIN FAKE_FAILED("\"code\":2102,\"label\":\"Invalid pinCode parameter\",\"cause\":\"pin.policy\"")
#define WRONG_PIN FAKE_FAILED("\"code\":2308,\"label\":\"inwebo: access refused\",\"cause\":\"inwebo.access\",\"remaining\":2")

static struct result result;

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in: %s", part, text);
}

static void assert_echo_is_back(void)
{
	assert_true(result.mode.c_lflag & ECHO);
	assert_true(result.mode.c_lflag & ICANON);
}

static void a_pin_is_asked_without_echo(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_OTP, "{\"action\":\"withPIN\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("{\"otp\":\"abcd2345\"}"), NULL},
		END};
	static const struct step steps[] = {{"PIN: ", "0042\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "otp", "--pin", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "abcd2345");
	assert_lacks(result.out, "0042");
	assert_echo_is_back();
}

static void a_raw_secret_is_asked_without_echo(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", API_OTP, NULL, FAKE_SUCCEEDED("{\"otp\":\"abcd2345\"}"), NULL}, END};
	static const struct step steps[] = {{"pinCode: ", "0042\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "get", API_OTP, "action=withPIN", "pinCode=-", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, "\"pinCode\":\"0042\"");
	assert_lacks(result.out, "0042");
}

static void interrupting_a_question_brings_the_echo_back(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};
	static const struct step key[] = {{"PIN: ", "\003", 0}, {NULL, NULL, 0}};
	static const struct step sent[] = {{"PIN: ", NULL, SIGTERM}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, key, "otp", "--pin", NULL);
	assert_int_equal(result.status, 130);
	assert_echo_is_back();
	assert_lacks(result.calls, "get ");
	run_terminal(&result, rows, sent, "otp", "--pin", NULL);
	assert_int_equal(result.status, 143);
	assert_echo_is_back();
}

static void interrupting_a_call_cancels_it(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, {"set", API_USER, "{\"action\":\"login\"}", NULL, "https://idp.example/a"}, END};
	static const struct step steps[] = {{"paste", "\003", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "login", NULL);
	assert_int_equal(result.status, 130);
	assert_has(result.calls, "cancel 953cfefb-bc72\n");
}

static void the_redirect_can_be_pasted(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"set", API_USER, "{\"action\":\"login\"}", FAKE_SUCCEEDED("null"), "https://idp.example/a"},
					       {"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"username\":\"demo@example.com\"}"), NULL},
					       END};
	static const struct step steps[] = {{"paste", "http://other/\n", 0}, {"not the address", FAKE_REDIRECT "\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "login", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "https://idp.example/a");
	assert_has(result.out, "signed in as demo@example.com");
}

static void the_browser_is_opened_when_there_is_one(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, {"set", API_USER, "{\"action\":\"login\"}", FAKE_SUCCEEDED("null"), "https://idp.example/a"}, END};
	static const struct step steps[] = {{"opened in your browser", FAKE_REDIRECT "\n", 0}, {NULL, NULL, 0}};

	(void)state;
	setenv("BROWSER", "true", 1);
	run_terminal(&result, rows, steps, "login", NULL);
	unsetenv("BROWSER");
	assert_int_equal(result.status, 0);
}

static void a_new_pin_that_the_policy_rules_out_is_asked_for_again(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}", FAKE_SUCCEEDED("{\"status\":\"NotEnrolled\"}"), NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"1234\"}", WEAK_PIN, NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"2580\"}", FAKE_SUCCEEDED("null"), NULL},
		END};
	static const struct step steps[] = {{"SMS code", "12345678\n", 0}, {"New PIN: ", "1234\n", 0}, {"again: ", "1234\n", 0},
					    {"New PIN: ", "2580\n", 0},    {"again: ", "2580\n", 0},   {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "enroll", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "not easy to guess");
	assert_has(result.out, "this device is enrolled");
}

static void a_new_pin_is_asked_twice_until_both_agree(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}", FAKE_SUCCEEDED("{\"status\":\"NotEnrolled\"}"),
		 NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};
	static const struct step steps[] = {{"SMS code", "12345678\n", 0}, {"New PIN: ", "0042\n", 0}, {"again: ", "0043\n", 0},
					    {"New PIN: ", "0042\n", 0},    {"again: ", "0042\n", 0},   {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "enroll", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "not the same");
	assert_has(result.out, "this device is enrolled");
	assert_lacks(result.out, "0042");
	assert_lacks(result.out, "12345678");
	assert_echo_is_back();
}

static void a_wrong_pin_is_asked_again_without_a_new_sms(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, NULL, FAKE_SUCCEEDED("{\"status\":\"AlreadyEnrolled\"}"), NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"1111\"}", WRONG_PIN, NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};
	static const struct step steps[] = {
		{"SMS code", "12345678\n", 0}, {"PIN: ", "1111\n", 0}, {"2 tries left", "", 0}, {"PIN: ", "0042\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "enroll", NULL);
	assert_int_equal(result.status, 0);
	assert_lacks(result.out, "again: ");
	assert_lacks(result.calls, "\"type\":\"enrollment\"");
}

static void a_wrong_sms_code_is_asked_again(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, NULL, FAKE_FAILED("\"code\":2102,\"label\":\"Invalid smsCode parameter\",\"cause\":\"inwebo.code\""),
		 NULL},
		{"set", API_SMS, "{\"action\":\"enrollment\",\"smsCode\":\"12345678\"}", FAKE_SUCCEEDED("{\"status\":\"AlreadyEnrolled\"}"),
		 NULL},
		{"set", API_ENROLLMENT, NULL, FAKE_SUCCEEDED("null"), NULL},
		END};
	static const struct step steps[] = {{"SMS code", "1\n", 0},
					    {"wrong, used or expired", "", 0},
					    {"SMS code", "12345678\n", 0},
					    {"PIN: ", "0042\n", 0},
					    {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "enroll", NULL);
	assert_int_equal(result.status, 0);
}

static void an_accepted_code_needs_not_be_given_again(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};
	static const struct step steps[] = {{"SMS code", "\n", 0}, {"PIN: ", "0042\n", 0}, {"again: ", "0042\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "enroll", NULL);
	assert_int_equal(result.status, 0);
}

static void init_asks_for_what_is_missing(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};
	static const struct step steps[] = {{"Server URL", "\n", 0},
					    {"Brand", "Ds\n", 0},
					    {"Country", "FR\n", 0},
					    {"Client id", "me\n", 0},
					    {"[mymdssdk://oauth2redirect/fr]", "\n", 0},
					    {"macID", "\n", 0},
					    {"inWebo URL", "\n", 0},
					    {"API URL", "\n", 0},
					    {"Client secret", "s3cret\n", 0},
					    {NULL, NULL, 0}};
	char text[1024];

	(void)state;
	run_terminal(&result, rows, steps, "init", "--profile", "asked", NULL);
	assert_int_equal(result.status, 0);
	assert_lacks(result.out, "s3cret");
	read_config("asked", text, sizeof text);
	assert_has(text, "\"loginRedirectURI\":\"mymdssdk://oauth2redirect/fr\"");
	assert_has(text, "\"clientSecret\":\"s3cret\"");
	assert_lacks(text, "macID");
}

static void messages_are_indented_and_coloured(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", "pims.sdk.version", NULL, FAKE_SUCCEEDED("null"), NULL}, END};

	(void)state;
	run_terminal(&result, rows, NULL, "get", "pims.sdk.version", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "{\r\n  \033[1;34m\"transactionId\"\033[0m: \033[32m\"953cfefb-bc72\"\033[0m,\r\n");
}

static void no_color_takes_the_colours_away(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", "pims.sdk.version", NULL, FAKE_SUCCEEDED("null"), NULL}, END};

	(void)state;
	setenv("NO_COLOR", "1", 1);
	run_terminal(&result, rows, NULL, "get", "pims.sdk.version", NULL);
	unsetenv("NO_COLOR");
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out,
			    "{\r\n  \"transactionId\": \"953cfefb-bc72\",\r\n  \"status\": \"SUCCEEDED\",\r\n  \"result\": null\r\n}\r\n");
}

static void text_of_the_server_does_not_command_the_terminal(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, {"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"username\":\"a\\u001b]0;x\\u0007b\\u009bc\"}"), NULL}, END};

	(void)state;
	run_terminal(&result, rows, NULL, "whoami", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "a?]0;x?b?c\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pin_is_asked_without_echo),
		cmocka_unit_test(a_raw_secret_is_asked_without_echo),
		cmocka_unit_test(interrupting_a_question_brings_the_echo_back),
		cmocka_unit_test(interrupting_a_call_cancels_it),
		cmocka_unit_test(the_redirect_can_be_pasted),
		cmocka_unit_test(the_browser_is_opened_when_there_is_one),
		cmocka_unit_test(a_new_pin_that_the_policy_rules_out_is_asked_for_again),
		cmocka_unit_test(a_new_pin_is_asked_twice_until_both_agree),
		cmocka_unit_test(a_wrong_pin_is_asked_again_without_a_new_sms),
		cmocka_unit_test(a_wrong_sms_code_is_asked_again),
		cmocka_unit_test(an_accepted_code_needs_not_be_given_again),
		cmocka_unit_test(init_asks_for_what_is_missing),
		cmocka_unit_test(messages_are_indented_and_coloured),
		cmocka_unit_test(no_color_takes_the_colours_away),
		cmocka_unit_test(text_of_the_server_does_not_command_the_terminal),
	};

	return cmocka_run_group_tests(tests, setup_home, teardown_home);
}
