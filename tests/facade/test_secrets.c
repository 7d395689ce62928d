/* SPDX-License-Identifier: Apache-2.0 */
/* No secret in a log, in an error, or in what stays behind. */
#include "support/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_SECRET "client-s3cr3t"
#define PIN "71829304"
#define SMS_CODE "58203917"

static struct harness h;

static const char *const secrets[] = {"-secret-", "header-secret", CLIENT_SECRET, PIN, SMS_CODE};

static void assert_clean(const char *where, const char *text)
{
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		if (strstr(text, secrets[i]))
			fail_msg("%s: %s in %s", where, secrets[i], text);
}

static int begin(void **state)
{
	char *text = harness_configuration_with("{\"credential\":{\"clientSecret\":\"" CLIENT_SECRET "\"}}");

	(void)state;
	harness_init(&h);
	harness_sign_in(&h, 3600);
	assert_int_equal(pims_initialize(h.pims, text, harness_hear, &h.heard, NULL), 0);
	free(text);
	harness_settle(&h);
	harness_assert_succeeded(&h.heard);
	return 0;
}

static int end(void **state)
{
	(void)state;
	harness_free(&h);
	return 0;
}

static const struct {
	const char *verb, *api, *parameters;
} calls[] = {
	{"get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"refresh\"}"},
	{"get", "pims.authentication.token", "{\"type\":\"idtoken\",\"action\":\"refresh\"}"},
	{"get", "pims.authentication.trustedphonenumber", NULL},
	{"get", "pims.authentication.smscode", "{\"type\":\"resetPIN\"}"},
	{"set", "pims.authentication.smscode", "{\"action\":\"enrollment\",\"smsCode\":\"" SMS_CODE "\"}"},
	{"set", "pims.authentication.enrollment", "{\"action\":\"enroll\",\"pinCode\":\"" PIN "\",\"smsCode\":\"" SMS_CODE "\"}"},
	{"get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"" PIN "\"}"},
	{"get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"" PIN "x\"}"},
	{"get", "pims.authentication.otp", "{\"action\":\"" PIN "\"}"},
	{"get", "pims.authentication.otp", "{\"pinCode\":" PIN},
	{"get", "pims." PIN, "{\"" PIN "\":\"" SMS_CODE "\"}"},
	{"set", "pims.authentication.pincode", "{\"action\":\"update\",\"oldPIN\":" PIN ",\"newPIN\":\"" SMS_CODE "x\"}"},
	{"set", "pims.authentication.user", "{\"action\":\"logout\",\"local\":\"" PIN " \"}"},
};

/* Every call, with every kind of trouble. */
static void errors_and_logs_hold_no_secret(void **state)
{
	static const char *const bodies[] = {"", "{\"error\":\"access-secret-1\",\"cause\":\"refresh-secret-1\"}",
					     "<?xml version=\"1.0\"?><ActionSetup><err>NOK:" PIN "</err></ActionSetup>"};
	static const int statuses[] = {200, 400, 401, 500};

	(void)state;
	for (size_t c = 0; c < sizeof calls / sizeof calls[0]; c++) {
		for (size_t i = 0; i < sizeof bodies / sizeof bodies[0] * 4; i++) {
			fake_transport_answer(&h.transport, statuses[i % 4], i % 2 ? "application/json" : "text/xml", bodies[i / 4]);
			harness_call(&h, calls[c].verb, calls[c].api, calls[c].parameters);
			harness_wait(&h, 20000);
			assert_int_equal(h.heard.count, 1);
			assert_clean("message", h.heard.text);
		}
	}
	assert_true(h.fake.logged.len > 0);
	assert_clean("log", buf_text(&h.fake.logged));
}

static void a_success_is_logged_without_what_it_gave(void **state)
{
	(void)state;
	harness_call(&h, "get", "pims.authentication.token", "{\"type\":\"idtoken\",\"action\":\"get\"}");
	harness_assert_succeeded(&h.heard);
	assert_non_null(strstr(h.heard.text, "header-secret"));
	assert_true(fake_env_logged(&h.fake, "pims.authentication.token"));
	assert_clean("log", buf_text(&h.fake.logged));
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(errors_and_logs_hold_no_secret),
		T(a_success_is_logged_without_what_it_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
