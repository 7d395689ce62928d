/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include "cli/command.h"

/* The everyday words and the raw calls, with pipes. */

static struct result result;

#define API_TOKEN "pims.authentication.token"
#define API_ACCOUNT "pims.authentication.account"
#define API_USER "pims.authentication.user"
#define API_SMS "pims.authentication.smscode"
#define API_ENROLLMENT "pims.authentication.enrollment"
#define API_OTP "pims.authentication.otp"
#define END \
	{ \
		NULL, NULL, NULL, NULL, NULL \
	}

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

static void nothing_to_do_is_wrong_usage(void **state)
{
	(void)state;
	run(&result, NULL, NULL, NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "Usage: pims");
	assert_string_equal(result.out, "");
}

static void an_unknown_command_is_wrong_usage(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "frobnicate", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "no such command");
	assert_lacks(result.err, "frobnicate");
}

static void an_unknown_option_is_wrong_usage_and_its_value_is_not_repeated(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "otp", "--secret=9753", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--secret");
	assert_lacks(result.err, "9753");
	assert_string_equal(result.calls, "");
}

static void a_pin_as_an_argument_is_refused_and_not_repeated(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "otp", "--pin", "9753", NULL);
	assert_int_equal(result.status, 2);
	assert_lacks(result.err, "9753");
	run(&result, NULL, NULL, "otp", "--pin=9753", NULL);
	assert_int_equal(result.status, 2);
	assert_lacks(result.err, "9753");
	run(&result, NULL, NULL, "enroll", "9753", NULL);
	assert_int_equal(result.status, 2);
	assert_lacks(result.err, "9753");
	assert_string_equal(result.calls, "");
}

static void secrets_are_refused_as_arguments_of_raw_calls(void **state)
{
	static const char *const words[] = {
		"pinCode=9753",     "smsCode=9753",  "oldPIN=9753",       "newPIN=9753",
		"pincode=9753",     "pinCode:=9753", "pinCode:=\"9753\"", "context:={\"a\":[{\"pinCode\":\"9753\"}]}",
		"clientSecret=9753"};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		run(&result, NULL, NULL, "set", API_ENROLLMENT, "action=enroll", words[i], NULL);
		assert_int_equal(result.status, 2);
		assert_has(result.err, "=-");
		assert_lacks(result.err, "9753");
		assert_string_equal(result.calls, "");
	}
}

static void secrets_are_refused_inside_json_arguments(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "get", API_OTP, "--json", "{\"action\":\"withPIN\",\"pinCode\":\"9753\"}", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--json -");
	assert_lacks(result.err, "9753");
	assert_string_equal(result.calls, "");
}

static void malformed_parameters_are_wrong_usage(void **state)
{
	static const char *const words[] = {"action", "=x", ":=1", "a:={", "a:=1 2", "a:={\"b\":1,\"b\":2}"};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		run(&result, NULL, NULL, "get", API_OTP, words[i], NULL);
		assert_int_equal(result.status, 2);
		assert_string_equal(result.calls, "");
	}
	run(&result, NULL, NULL, "get", API_OTP, "--json", "[1]", NULL);
	assert_int_equal(result.status, 2);
	run(&result, NULL, "{}", "get", API_OTP, "--json", "-", "pinCode=-", NULL);
	assert_int_equal(result.status, 2);
	run(&result, NULL, NULL, "get", NULL);
	assert_int_equal(result.status, 2);
}

static void standard_input_that_ends_before_the_pin_is_wrong_usage(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};

	(void)state;
	run(&result, rows, "", "otp", "--pin", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "standard input ended");
	run(&result, rows, "\n", "otp", "--pin", NULL);
	assert_int_equal(result.status, 2);
	assert_lacks(result.calls, "get ");
}

static void bad_global_options_are_wrong_usage(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "--timeout", "0", "whoami", NULL);
	assert_int_equal(result.status, 2);
	run(&result, NULL, NULL, "--timeout", "1e3", "whoami", NULL);
	assert_int_equal(result.status, 2);
	run(&result, NULL, NULL, "--profile", "../other", "whoami", NULL);
	assert_int_equal(result.status, 2);
	run(&result, NULL, NULL, "--profile", "", "whoami", NULL);
	assert_int_equal(result.status, 2);
	run(&result, NULL, NULL, "whoami", "--state", "", NULL);
	assert_int_equal(result.status, 2);
}

static void without_a_configuration_nothing_runs(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "--profile", "empty", "whoami", NULL);
	assert_int_equal(result.status, 3);
	assert_has(result.err, "next: pims --profile empty init\n");
	assert_string_equal(result.out, "");
	assert_string_equal(result.calls, "");
}

static void a_raw_call_without_a_configuration_has_its_documented_answer(void **state)
{
	static const struct fake_row rows[] = {
		{"get", API_TOKEN, NULL, FAKE_FAILED("\"code\":2001,\"label\":\"Facade not initialized\""), NULL}, END};

	(void)state;
	run(&result, rows, NULL, "--profile", "empty", "get", API_TOKEN, "type=idtoken", "action=get", NULL);
	assert_int_equal(result.status, 3);
	assert_string_equal(result.out, FAKE_FAILED("\"code\":2001,\"label\":\"Facade not initialized\"") "\n");
	assert_has(result.err, "next: pims --profile empty init\n");
	assert_lacks(result.calls, "initialize");
}

static void a_configuration_that_is_no_object_is_named_and_kept(void **state)
{
	char text[64];

	(void)state;
	write_config("broken", "{\"backend\":");
	run(&result, NULL, NULL, "whoami", "--profile", "broken", NULL);
	assert_int_equal(result.status, 3);
	assert_has(result.err, "broken/config.json");
	read_config("broken", text, sizeof text);
	assert_string_equal(text, "{\"backend\":");
}

static void a_refused_configuration_cannot_run(void **state)
{
	static const struct fake_row rows[] = {
		{"initialize", "", CONFIG_TEXT,
		 FAKE_FAILED("\"code\":2006,\"label\":\"Core not well configured\",\"cause\":\"configuration.mode\""), NULL},
		END};

	(void)state;
	run(&result, rows, NULL, "get", "pims.sdk.version", NULL);
	assert_int_equal(result.status, 3);
	assert_has(result.out, "\"code\":2006");
	assert_has(result.err, "configuration.mode");
	assert_lacks(result.calls, "get ");
}

static void every_command_has_help_with_an_example(void **state)
{
	(void)state;
	for (const struct command *command = commands; command->name; command++) {
		run(&result, NULL, NULL, command->name, "--help", NULL);
		assert_int_equal(result.status, 0);
		assert_has(result.out, "Usage: pims ");
		assert_has(result.out, "Example:\n  ");
		assert_has(result.out, command->example);
		assert_string_equal(result.err, "");
		for (const struct option_row *row = command->options; row && row->name; row++)
			assert_has(result.out, row->name);
	}
}

static void the_help_names_every_command(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "--help", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "Example:");
	for (const struct command *command = commands; command->name; command++)
		assert_has(result.out, command->name);
	run(&result, NULL, NULL, "help", "otp", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "Usage: pims otp");
	run(&result, NULL, NULL, "help", "nothing", NULL);
	assert_int_equal(result.status, 2);
}

static void the_version_is_told(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "--version", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "pims " PIMS_VERSION " (libpims " PIMS_VERSION ")\n");
}

static void a_raw_call_prints_its_message_on_one_line(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", API_TOKEN, "{\"type\":\"idtoken\",\"action\":\"get\"}",
						FAKE_SUCCEEDED("{\"type\":\"idtoken\",\"token\":\"XXi2\"}"), NULL},
					       END};

	(void)state;
	run(&result, rows, NULL, "get", API_TOKEN, "type=idtoken", "action=get", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, FAKE_SUCCEEDED("{\"type\":\"idtoken\",\"token\":\"XXi2\"}") "\n");
	assert_string_equal(result.err, "");
}

static void a_raw_call_without_parameters_passes_none(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", "pims.sdk.version", "", FAKE_SUCCEEDED("{}"), NULL}, END};

	(void)state;
	run(&result, rows, NULL, "get", "pims.sdk.version", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, "get pims.sdk.version -\n");
}

static void a_failed_raw_call_prints_its_message_and_exits_1(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};

	(void)state;
	run(&result, rows, NULL, "set", "pims.nothing", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, FAKE_FAILED("\"code\":2002,\"label\":\"API not supported\"") "\n");
	assert_string_equal(result.err, "");
}

static void raw_parameters_may_be_json_and_come_from_standard_input(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", API_OTP, NULL, FAKE_SUCCEEDED("{\"otp\":\"abc\"}"), NULL}, END};

	(void)state;
	run(&result, rows, "9753\n", "get", API_OTP, "action=withPIN", "pinCode=-", "n:=12", "t:=true", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, "get " API_OTP " {\"action\":\"withPIN\",\"pinCode\":\"9753\",\"n\":12,\"t\":true}\n");
	run(&result, rows, "{\"action\": \"withPIN\",\n\"pinCode\": \"9753\"}\n", "get", API_OTP, "--json", "-", "action=other", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, "get " API_OTP " {\"action\":\"other\",\"pinCode\":\"9753\"}\n");
	run(&result, rows, "1\r\n2", "get", API_OTP, "a=-", "b=-", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, "{\"a\":\"1\",\"b\":\"2\"}\n");
}

static void a_token_is_printed_alone(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", API_TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}",
						FAKE_SUCCEEDED("{\"type\":\"cvs\",\"token\":\"a.b.c\"}"), NULL},
					       END};

	(void)state;
	run(&result, rows, NULL, "token", "cvs", "--refresh", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "a.b.c\n");
	assert_string_equal(result.err, "");
	run(&result, rows, NULL, "token", "house", NULL);
	assert_int_equal(result.status, 2);
}

/* As curl -H @- reads them. */
static void the_headers_of_a_request_are_printed_with_the_proof_of_a_bound_token(void **state)
{
	static const struct fake_row bound[] = {INITIALIZED,
						{"get", API_TOKEN,
						 "{\"type\":\"cvs\",\"action\":\"get\",\"htm\":\"POST\",\"htu\":\"https://a.example/x\"}",
						 FAKE_SUCCEEDED("{\"type\":\"cvs\",\"token\":\"a.b.c\",\"tokenType\":\"DPoP\",\"dpop\":\"d.e.f\"}"), NULL},
						END};
	static const struct fake_row unbound[] = {INITIALIZED,
						  {"get", API_TOKEN, NULL, FAKE_SUCCEEDED("{\"type\":\"customerAt\",\"token\":\"a.b.c\"}"), NULL},
						  END};
	static const char *const wrong[][4] = {{"cvs", NULL, NULL, NULL}, {"cvs", "GET", NULL, NULL}, {"id", "GET", "https://a.example", NULL}};

	(void)state;
	run(&result, bound, NULL, "token", "cvs", "--headers", "POST", "https://a.example/x", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "Authorization: DPoP a.b.c\nDPoP: d.e.f\n");
	run(&result, unbound, NULL, "token", "customer", "GET", "https://a.example/x", "--headers", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "Authorization: Bearer a.b.c\n");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		run(&result, NULL, NULL, "token", "--headers", wrong[i][0], wrong[i][1], wrong[i][2], NULL);
		assert_int_equal(result.status, 2);
	}
	run(&result, NULL, NULL, "token", "cvs", "GET", "https://a.example/x", NULL);
	assert_int_equal(result.status, 2);
}

static void options_stand_before_or_behind_the_command(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, {"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"username\":\"demo@example.com\"}"), NULL}, END};
	char expected[256];

	(void)state;
	write_config("second", CONFIG_TEXT);
	(void)snprintf(expected, sizeof expected, "new %s/pims/second 7000 0\n", home);
	run(&result, rows, NULL, "--profile", "second", "whoami", "--timeout", "7", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, expected);
	assert_string_equal(result.out, "demo@example.com\n");
	run(&result, rows, NULL, "whoami", "--profile=second", "--timeout=7", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, expected);
}

static void a_directory_given_replaces_the_profile(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"username\":\"x\"}"), NULL}, END};
	char directory[256];

	(void)state;
	write_config("third", CONFIG_TEXT);
	path_of(directory, sizeof directory, "third", "");
	run(&result, rows, NULL, "whoami", "--state", directory, NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.calls, directory);
}

static void a_failure_is_told_in_plain_words(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_OTP, NULL,
		 FAKE_FAILED(
			 "\"code\":2308,\"label\":\"inwebo: access refused\",\"cause\":\"inwebo.access\",\"remaining\":3,\"retryAfter\":30"),
		 NULL},
		END};

	(void)state;
	run(&result, rows, "9753\n", "otp", "--pin", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, "");
	assert_has(result.err, "inwebo: access refused (2308, inwebo.access)");
	assert_has(result.err, "wrong PIN");
	assert_has(result.err, "3 tries left");
	assert_has(result.err, "try again in 30 s");
	assert_lacks(result.err, "9753");
}

static void a_failure_names_the_next_command(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_TOKEN, NULL, FAKE_FAILED("\"code\":2301,\"label\":\"Need Basic Authentication (to get CVS token)\""), NULL},
		{"get", API_OTP, NULL,
		 FAKE_FAILED("\"code\":2317,\"label\":\"inwebo: forbidden operation\",\"cause\":\"inwebo.max_devices\","
			     "\"recovery\":\"set pims.authentication.enrollment action=remove\""),
		 NULL},
		END};

	(void)state;
	run(&result, rows, NULL, "token", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "next: pims login\n");
	run(&result, rows, NULL, "otp", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "next: pims enroll --replace-oldest, or pims devices and pims devices remove ID\n");
}

static void a_failed_word_prints_its_message_with_json(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_TOKEN, NULL, FAKE_FAILED("\"code\":2301,\"label\":\"Need Basic Authentication (to get CVS token)\""), NULL},
		END};

	(void)state;
	run(&result, rows, NULL, "token", "--json", NULL);
	assert_int_equal(result.status, 1);
	assert_string_equal(result.out, FAKE_FAILED("\"code\":2301,\"label\":\"Need Basic Authentication (to get CVS token)\"") "\n");
}

static void a_pin_comes_from_a_file_or_from_standard_input(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_OTP, "{\"action\":\"withPIN\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("{\"otp\":\"abcd2345\"}"), NULL},
		END};
	char path[256];
	FILE *file;

	(void)state;
	path_of(path, sizeof path, "default", "pin");
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("0042\nignored\n", file);
	fclose(file);
	run(&result, rows, NULL, "otp", "--pin-file", path, NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "abcd2345\n");
	run(&result, rows, "0042\n", "otp", "--pin-stdin", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "abcd2345\n");
	run(&result, rows, "0042", "otp", "--pin", NULL);
	assert_int_equal(result.status, 0);
	run(&result, rows, NULL, "otp", "--pin-file", "/nonexistent/pin", NULL);
	assert_int_equal(result.status, 3);
}

#define NOT_ACTIVATED \
	{ \
		"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"isDeviceActivated\":false}"), NULL \
	}

static void enrolling_reads_code_and_pin_from_lines(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, "{\"action\":\"enrollment\",\"smsCode\":\"01234567\"}", FAKE_SUCCEEDED("{\"status\":\"NotEnrolled\"}"),
		 NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n0042\n", "enroll", "--sms-code-stdin", "--pin-stdin", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
	run(&result, rows, "01234567\n0042\n", "enroll", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.err, "");
}

static void enrolling_goes_on_with_the_pin_alone(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "0042\n", "enroll", "--pin-stdin", NULL);
	assert_int_equal(result.status, 0);
	run(&result, rows, "0042", "enroll", NULL);
	assert_int_equal(result.status, 0);
}

static void a_wrong_code_asks_for_no_pin(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, NULL, FAKE_FAILED("\"code\":2102,\"label\":\"Invalid smsCode parameter\",\"cause\":\"inwebo.code\""),
		 NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n0042\n", "enroll", "--sms-code-stdin", "--pin-stdin", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "pims sms enrollment");
	assert_lacks(result.err, "01234567");
	assert_lacks(result.calls, "pinCode");
}

static void an_enrolled_device_is_not_enrolled_again(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, {"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"isDeviceActivated\":true}"), NULL}, END};

	(void)state;
	run(&result, rows, "01234567\n0042\n", "enroll", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "already");
	assert_lacks(result.calls, "smscode");
}

static void an_enrolled_device_is_enrolled_again_when_told_to(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"isDeviceActivated\":true}"), NULL},
		{"set", API_SMS, "{\"action\":\"enrollment\",\"smsCode\":\"01234567\"}", FAKE_SUCCEEDED("{\"status\":\"AlreadyEnrolled\"}"), NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n0042\n", "enroll", "--again", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "this device is enrolled\n");
}

static void signing_out_without_the_server_says_that_it_was_done_here(void **state)
{
	static const struct fake_row cut[] = {
		INITIALIZED, {"set", API_USER, "{\"action\":\"logout\"}", FAKE_FAILED("\"code\":2202,\"label\":\"Network problem : No internet\",\"cause\":\"network.unreachable\""), NULL}, END};
	static const struct fake_row full[] = {
		INITIALIZED, {"set", API_USER, "{\"action\":\"logout\"}", FAKE_FAILED("\"code\":2000,\"label\":\"Unknown error\",\"cause\":\"state.io\""), NULL}, END};

	(void)state;
	run(&result, cut, NULL, "logout", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "signed out here all the same");
	run(&result, full, NULL, "logout", NULL);
	assert_int_equal(result.status, 1);
	assert_lacks(result.err, "signed out");
}

static void an_sms_is_asked_for_by_its_purpose(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", API_SMS, "{\"type\":\"resetPIN\"}", FAKE_SUCCEEDED("null"), NULL}, END};

	(void)state;
	run(&result, rows, NULL, "sms", "reset-pin", NULL);
	assert_int_equal(result.status, 0);
	run(&result, rows, NULL, "sms", "birthday", NULL);
	assert_int_equal(result.status, 2);
	run(&result, rows, NULL, "sms", NULL);
	assert_int_equal(result.status, 2);
}

#define SIGN_IN \
	{ \
		"set", API_USER, "{\"action\":\"login\"}", FAKE_SUCCEEDED("null"), "https://idp.example/authorize?x=1" \
	}
#define SIGNED_IN \
	{ \
		"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"username\":\"demo@example.com\"}"), NULL \
	}

static void without_a_browser_the_address_stands_alone_on_standard_output(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, SIGN_IN, SIGNED_IN, END};

	(void)state;
	run(&result, rows, "http://127.0.0.1:1/callback?code=bad\n\n  " FAKE_REDIRECT "\n", "login", "--no-browser", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "https://idp.example/authorize?x=1\n");
	assert_has(result.err, "not the address");
	assert_has(result.err, "signed in as demo@example.com");
	assert_lacks(result.err, "code=bad");
	assert_has(result.calls, "redirect " FAKE_REDIRECT "\n");
}

static void the_sign_in_takes_its_options(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"set", API_USER, "{\"action\":\"forcedLogin\",\"local\":\"fr\"}", FAKE_SUCCEEDED("null"), "https://idp.example/a"},
		END};

	(void)state;
	run(&result, rows, FAKE_REDIRECT, "login", "--no-browser", "--forced", "--local", "fr", "--wait", "5", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "https://idp.example/a\n" FAKE_SUCCEEDED("null") "\n");
	assert_has(result.calls, " 5000\n");
	run(&result, rows, NULL, "login", "--wait", "soon", NULL);
	assert_int_equal(result.status, 2);
}

static void a_qr_code_is_drawn_on_standard_error(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, SIGN_IN, SIGNED_IN, END};

	(void)state;
	run(&result, rows, FAKE_REDIRECT "\n", "login", "--no-browser", "--qr", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "https://idp.example/authorize?x=1\n");
	assert_has(result.err, "█▀");
}

static void a_raw_sign_in_can_print_its_address_too(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, SIGN_IN, END};

	(void)state;
	run(&result, rows, FAKE_REDIRECT "\n", "set", API_USER, "action=login", "--no-browser", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "https://idp.example/authorize?x=1\n" FAKE_SUCCEEDED("null") "\n");
}

static void the_status_is_a_table_or_an_object(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_ACCOUNT, "{\"actionType\":\"basic\",\"type\":\"username\"}",
		 FAKE_SUCCEEDED("{\"username\":\"demo@example.com\"}"), NULL},
		{"get", API_ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}",
		 FAKE_SUCCEEDED("{\"isDeviceActivated\":true}"), NULL},
		{"get", "pims.authentication.trustedphonenumber", NULL,
		 FAKE_FAILED("\"code\":2307,\"label\":\"User dont have a phone number\",\"cause\":\"phone.none\""), NULL},
		{"get", API_ACCOUNT, "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}",
		 FAKE_SUCCEEDED("{\"isAccountBlocked\":\"NotBlocked\"}"), NULL},
		{"get", "pims.authentication.device", NULL, FAKE_SUCCEEDED("{\"devices\":[{\"id\":\"1\"},{\"id\":\"2\"}],\"limit\":5}"), NULL},
		END};

	(void)state;
	run(&result, rows, NULL, "status", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "signed in        demo@example.com\n");
	assert_has(result.out, "device enrolled  yes\n");
	assert_has(result.out, "phone            none\n");
	assert_has(result.out, "PIN blocked      no\n");
	assert_has(result.out, "devices          2 of 5\n");
	run(&result, rows, NULL, "status", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "\"deviceActivated\":true,\"phoneNumber\":null,\"accountBlocked\":\"NotBlocked\",\"devices\":2,"
			       "\"deviceLimit\":5,\"signedIn\":true}\n");
}

static void a_status_that_cannot_be_known_fails(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};

	(void)state;
	run(&result, rows, NULL, "status", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.out, "unknown: API not supported");
	assert_has(result.out, "devices          unknown\n");
}

#define DISCOVERED \
	"{\"credential\":{\"clientSecret\":\"\",\"clientID\":\"pims\"},\"profile\":{\"brand\":\"Peugeot\"},\"backend\":\"http://b\"}"

static void init_writes_what_the_backend_tells(void **state)
{
	static const struct fake_row rows[] = {{"discover", "http://b", NULL, FAKE_SUCCEEDED(DISCOVERED), NULL},
					       {"initialize", "", DISCOVERED, FAKE_SUCCEEDED("null"), NULL},
					       END};
	struct stat status;
	char path[256], text[1024];

	(void)state;
	run(&result, rows, NULL, "init", "--backend", "http://b", "--profile", "fresh", NULL);
	assert_int_equal(result.status, 0);
	read_config("fresh", text, sizeof text);
	assert_string_equal(text, DISCOVERED "\n");
	path_of(path, sizeof path, "fresh", "config.json");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	path_of(path, sizeof path, "fresh", "");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	run(&result, rows, NULL, "init", "--backend", "http://b", "--profile", "fresh", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.err, "unchanged");
}

static void init_writes_which_tokens_are_bound(void **state)
{
	static const struct fake_row told[] = {{"discover", "http://b", NULL, FAKE_SUCCEEDED(DISCOVERED), NULL}, INITIALIZED, END};
	static const struct fake_row used[] = {
		INITIALIZED, {"get", API_TOKEN, NULL, FAKE_SUCCEEDED("{\"type\":\"cvs\",\"token\":\"a.b.c\"}"), NULL}, END};

	(void)state;
	run(&result, told, NULL, "init", "--backend", "http://b", "--profile", "bound", "--dpop", "all", NULL);
	assert_int_equal(result.status, 0);
	run(&result, used, NULL, "token", "cvs", "--profile", "bound", NULL);
	assert_has(result.calls, "\"dpop\":\"all\"");
}

static void init_replaces_another_configuration_only_when_forced(void **state)
{
	static const struct fake_row rows[] = {{"discover", "http://b", NULL, FAKE_SUCCEEDED(DISCOVERED), NULL},
					       {"initialize", "", DISCOVERED, FAKE_SUCCEEDED("null"), NULL},
					       END};
	char text[1024];

	(void)state;
	write_config("taken", CONFIG_TEXT);
	run(&result, rows, NULL, "init", "--backend", "http://b", "--profile", "taken", NULL);
	assert_int_equal(result.status, 3);
	assert_has(result.err, "--force");
	read_config("taken", text, sizeof text);
	assert_string_equal(text, CONFIG_TEXT);
	run(&result, rows, NULL, "init", "--backend", "http://b", "--profile", "taken", "--force", NULL);
	assert_int_equal(result.status, 0);
	read_config("taken", text, sizeof text);
	assert_string_equal(text, DISCOVERED "\n");
}

static void init_writes_nothing_that_the_library_refuses(void **state)
{
	static const struct fake_row rows[] = {
		{"discover", "http://b", NULL, FAKE_SUCCEEDED(DISCOVERED), NULL},
		{"initialize", "", CONFIG_TEXT,
		 FAKE_FAILED("\"code\":2006,\"label\":\"Core not well configured\",\"cause\":\"configuration.mode\""), NULL},
		END};
	char text[1024];

	(void)state;
	run(&result, rows, NULL, "init", "--backend", "http://b", "--profile", "refused", NULL);
	assert_int_equal(result.status, 1);
	read_config("refused", text, sizeof text);
	assert_string_equal(text, "");
	run(&result, NULL, NULL, "init", "--backend", "http://b", "--profile", "refused", NULL);
	assert_int_equal(result.status, 1);
	read_config("refused", text, sizeof text);
	assert_string_equal(text, "");
}

static void init_for_a_brand_takes_the_secret_from_standard_input(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};
	char text[1024];

	(void)state;
	run(&result, rows, "s3cret\n", "init", "--brand", "Opel", "--country", "DE", "--client-id", "me", "--client-secret-file", "-",
	    "--profile", "brand", NULL);
	assert_int_equal(result.status, 0);
	read_config("brand", text, sizeof text);
	assert_string_equal(text, "{\"environnement\":\"Production\",\"mode\":\"B2C\",\"profile\":{\"brand\":\"Opel\"},\"country\":\"DE\","
				  "\"credential\":{\"clientID\":\"me\",\"loginRedirectURI\":\"mymopsdk://oauth2redirect/de\","
				  "\"webviewsRedirectURI\":\"mymopsdk://oauth2redirect/de\",\"clientSecret\":\"s3cret\"}}\n");
	assert_lacks(result.err, "s3cret");
}

static void init_for_an_issuer_asks_for_nothing(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, END};
	char text[1024];

	(void)state;
	run(&result, rows, "s3cret\n", "init", "--issuer", "https://id.example.com", "--client-id", "me", "--client-secret-file", "-", "--scope",
	    "openid cars", "--dpop", "refresh", "--profile", "issuer", NULL);
	assert_int_equal(result.status, 0);
	read_config("issuer", text, sizeof text);
	assert_string_equal(text, "{\"environnement\":\"Production\",\"mode\":\"B2C\",\"issuer\":\"https://id.example.com\",\"credential\":{"
				  "\"clientID\":\"me\",\"clientSecret\":\"s3cret\",\"loginRedirectURI\":\"http://127.0.0.1/callback\","
				  "\"webviewsRedirectURI\":\"http://127.0.0.1/callback\"},\"dpop\":\"refresh\",\"scope\":\"openid cars\"}\n");
	assert_lacks(result.err, "s3cret");
	run(&result, NULL, NULL, "init", "--issuer", "https://id.example.com", "--profile", "issuer2", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--client-id is missing");
	run(&result, NULL, NULL, "init", "--issuer", "https://id.example.com", "--client-id", "me", "--brand", "Opel", "--profile", "issuer2", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "stands alone");
}

static void init_names_what_is_missing(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "init", "--profile", "missing", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--backend");
	run(&result, NULL, NULL, "init", "--brand", "Opel", "--profile", "missing", NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--country is missing");
}

static void the_table_of_calls_is_printed(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "apis", "--profile", "empty", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "get  pims.authentication.token              type=idtoken action=…\n");
	assert_has(result.out, "(not yet)");
	run(&result, NULL, NULL, "apis", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_memory_equal(result.out, pims_apis(), strlen(pims_apis()));
	assert_string_equal(result.out + strlen(pims_apis()), "\n");
}

static void the_completion_knows_calls_and_commands(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "completion", "bash", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "pims.authentication.token");
	assert_has(result.out, "idtoken");
	assert_has(result.out, "--no-browser");
	assert_has(result.out, "complete -o default -F _pims pims\n");
	run(&result, NULL, NULL, "completion", "csh", NULL);
	assert_int_equal(result.status, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_do_is_wrong_usage),
		cmocka_unit_test(an_unknown_command_is_wrong_usage),
		cmocka_unit_test(an_unknown_option_is_wrong_usage_and_its_value_is_not_repeated),
		cmocka_unit_test(a_pin_as_an_argument_is_refused_and_not_repeated),
		cmocka_unit_test(secrets_are_refused_as_arguments_of_raw_calls),
		cmocka_unit_test(secrets_are_refused_inside_json_arguments),
		cmocka_unit_test(malformed_parameters_are_wrong_usage),
		cmocka_unit_test(standard_input_that_ends_before_the_pin_is_wrong_usage),
		cmocka_unit_test(bad_global_options_are_wrong_usage),
		cmocka_unit_test(without_a_configuration_nothing_runs),
		cmocka_unit_test(a_raw_call_without_a_configuration_has_its_documented_answer),
		cmocka_unit_test(a_configuration_that_is_no_object_is_named_and_kept),
		cmocka_unit_test(a_refused_configuration_cannot_run),
		cmocka_unit_test(every_command_has_help_with_an_example),
		cmocka_unit_test(the_help_names_every_command),
		cmocka_unit_test(the_version_is_told),
		cmocka_unit_test(a_raw_call_prints_its_message_on_one_line),
		cmocka_unit_test(a_raw_call_without_parameters_passes_none),
		cmocka_unit_test(a_failed_raw_call_prints_its_message_and_exits_1),
		cmocka_unit_test(raw_parameters_may_be_json_and_come_from_standard_input),
		cmocka_unit_test(a_token_is_printed_alone),
		cmocka_unit_test(the_headers_of_a_request_are_printed_with_the_proof_of_a_bound_token),
		cmocka_unit_test(options_stand_before_or_behind_the_command),
		cmocka_unit_test(a_directory_given_replaces_the_profile),
		cmocka_unit_test(a_failure_is_told_in_plain_words),
		cmocka_unit_test(a_failure_names_the_next_command),
		cmocka_unit_test(a_failed_word_prints_its_message_with_json),
		cmocka_unit_test(a_pin_comes_from_a_file_or_from_standard_input),
		cmocka_unit_test(enrolling_reads_code_and_pin_from_lines),
		cmocka_unit_test(enrolling_goes_on_with_the_pin_alone),
		cmocka_unit_test(a_wrong_code_asks_for_no_pin),
		cmocka_unit_test(an_enrolled_device_is_not_enrolled_again),
		cmocka_unit_test(an_enrolled_device_is_enrolled_again_when_told_to),
		cmocka_unit_test(signing_out_without_the_server_says_that_it_was_done_here),
		cmocka_unit_test(an_sms_is_asked_for_by_its_purpose),
		cmocka_unit_test(without_a_browser_the_address_stands_alone_on_standard_output),
		cmocka_unit_test(the_sign_in_takes_its_options),
		cmocka_unit_test(a_qr_code_is_drawn_on_standard_error),
		cmocka_unit_test(a_raw_sign_in_can_print_its_address_too),
		cmocka_unit_test(the_status_is_a_table_or_an_object),
		cmocka_unit_test(a_status_that_cannot_be_known_fails),
		cmocka_unit_test(init_writes_what_the_backend_tells),
		cmocka_unit_test(init_writes_which_tokens_are_bound),
		cmocka_unit_test(init_replaces_another_configuration_only_when_forced),
		cmocka_unit_test(init_writes_nothing_that_the_library_refuses),
		cmocka_unit_test(init_for_a_brand_takes_the_secret_from_standard_input),
		cmocka_unit_test(init_names_what_is_missing),
		cmocka_unit_test(init_for_an_issuer_asks_for_nothing),
		cmocka_unit_test(the_table_of_calls_is_printed),
		cmocka_unit_test(the_completion_knows_calls_and_commands),
	};

	return cmocka_run_group_tests(tests, setup_home, teardown_home);
}
