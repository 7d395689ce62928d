/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "flow_fixture.h"
#include "inwebo/error.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define JSON "application/json"
#define PROBLEM "application/problem+json"

static int setup(void **state)
{
	static struct flow_fixture fixture;

	flow_fixture_init(&fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	flow_fixture_free(*state);
	return 0;
}

static void assert_failed(const struct flow_fixture *fixture, int code, const char *cause)
{
	assert_int_equal(fixture->flow.outcome.code, code);
	assert_string_equal(fixture->flow.outcome.cause, cause);
	assert_null(fixture->flow.outcome.result);
}

struct endpoint_row {
	flow_step_fn first;
	const char *path;
	const char *method;
	const char *body;
};

static const struct endpoint_row rows[] = {
	{strong_trusted_phone, "/v1/phone", "GET", ""},
	{strong_sms_enrollment, "/smsCode?client_id=pims", "POST", "{}"},
	{strong_sms_reset_pin, "/v1/sms", "POST", "{\"purpose\":\"resetPIN\"}"},
	{strong_account_blocked, "/v1/account", "GET", ""},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void a_backend_without_the_endpoint_is_told_and_not_asked(void **state)
{
	struct flow_fixture *fixture = *state;
	struct endpoints *endpoints = &fixture->profile.endpoints;
	char **urls[ROWS] = {&endpoints->phone, &endpoints->sms, &endpoints->sms_purpose, &endpoints->account};

	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(text_set(urls[i], NULL), 0);
		flow_fixture_run(fixture, rows[i].first, NULL, NULL);
		assert_failed(fixture, 2344, "backend.no_endpoint");
		assert_string_equal(fixture->flow.outcome.name, "StrongAuthentication");
		assert_int_equal(fixture->requests, 0);
	}
}

static void failures_and_statuses_become_the_documented_codes_on_every_call(void **state)
{
	static const struct {
		struct canned canned;
		int code;
		const char *cause;
	} faults[] = {
		{{"/", PIMS_HTTP_NETWORK, 0, NULL, NULL}, 2202, "network.unreachable"},
		{{"/", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, 2201, "network.timeout"},
		{{"/", PIMS_HTTP_PIN, 0, NULL, NULL}, 2208, "network.pin"},
		{{"/", PIMS_HTTP_TOO_BIG, 0, NULL, NULL}, 2204, "server.too_big"},
		{{"/", PIMS_HTTP_CUT, 0, NULL, NULL}, 2204, "server.cut"},
		{{"/", PIMS_HTTP_OK, 500, "text/html", "<html>"}, 2204, "server.error"},
		{{"/", PIMS_HTTP_OK, 302, NULL, NULL}, 2204, "server.unexpected"},
		{{"/", PIMS_HTTP_OK, 429, PROBLEM, "{\"cause\":\"sms.cooldown\",\"retryAfter\":30}"}, 2204, "sms.cooldown"},
		{{"/", PIMS_HTTP_OK, 409, PROBLEM, "{\"cause\":\"phone.none\"}"}, 2204, "phone.none"},
	};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < ROWS; i++)
		for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
			const struct canned script[] = {faults[f].canned, {0}};

			flow_fixture_run(fixture, rows[i].first, NULL, script);
			assert_failed(fixture, faults[f].code, faults[f].cause);
		}
}

static void a_cause_of_inwebo_is_the_code_that_it_has_there(void **state)
{
	struct flow_fixture *fixture = *state;
	char body[128];

	for (size_t i = 0; i < ROWS; i++)
		for (int error = IW_CODE; error < IW_ERROR_COUNT; error++) {
			const char *cause = iw_error_cause((enum iw_error)error);
			const struct canned script[] = {{"/", PIMS_HTTP_OK, error % 2 ? 403 : 503, PROBLEM, body}, {0}};

			snprintf(body, sizeof body, "{\"cause\":\"%s\",\"remaining\":4}", cause);
			flow_fixture_run(fixture, rows[i].first, NULL, script);
			assert_failed(fixture, iw_error_code((enum iw_error)error), cause);
			assert_int_equal(fixture->flow.outcome.remaining, 4);
		}
}

static void a_cooldown_tells_when_to_ask_again(void **state)
{
	static const struct canned script[] = {{"/", PIMS_HTTP_OK, 429, PROBLEM, "{\"cause\":\"sms.cooldown\",\"retryAfter\":30,\"remaining\":2}"}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_sms_enrollment, NULL, script);
	assert_int_equal(fixture->flow.outcome.retry_after, 30);
	assert_int_equal(fixture->flow.outcome.remaining, 2);
}

static void requests_carry_method_body_realm_and_the_sessions_token(void **state)
{
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < ROWS; i++) {
		const struct canned script[] = {{rows[i].path, PIMS_HTTP_OK, 500, NULL, NULL}, {0}};

		flow_fixture_run(fixture, rows[i].first, NULL, script);
		assert_int_equal(fixture->requests, 1);
		assert_string_equal(fixture->flow.request.method ? fixture->flow.request.method : "GET", rows[i].method);
		assert_string_equal(fixture->body, rows[i].body);
		assert_non_null(strstr(fixture->headers, "x-introspect-realm: clientsB2CPeugeot\n"));
		assert_true(fixture->bearer);
	}
}

static void an_answer_that_is_no_json_object_is_a_server_error(void **state)
{
	static const struct canned bad[] = {
		{"/v1/", PIMS_HTTP_OK, 200, "text/html", "{\"phoneNumber\":\"06\",\"pin\":\"set\"}"},
		{"/v1/", PIMS_HTTP_OK, 200, JSON, "[]"},
		{"/v1/", PIMS_HTTP_OK, 200, JSON, "{\"phoneNumber\":\"06\",\"phoneNumber\":\"07\",\"pin\":\"set\"}"},
		{"/v1/", PIMS_HTTP_OK, 200, JSON, ""},
	};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct canned script[] = {bad[i], {0}};

		flow_fixture_run(fixture, strong_trusted_phone, NULL, script);
		assert_failed(fixture, 2204, "server.format");
		flow_fixture_run(fixture, strong_account_blocked, NULL, script);
		assert_failed(fixture, 2204, "server.format");
	}
}

static void an_account_without_phone_is_2307_and_another_404_is_not(void **state)
{
	static const struct canned none[] = {{"/v1/phone", PIMS_HTTP_OK, 404, PROBLEM, "{\"cause\":\"phone.none\"}"}, {0}};
	static const struct canned other[] = {{"/v1/phone", PIMS_HTTP_OK, 404, "text/html", "not here"}, {0}};
	static const struct canned number[] = {{"/v1/phone", PIMS_HTTP_OK, 200, JSON, "{\"phoneNumber\":612345678}"}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_trusted_phone, NULL, none);
	assert_failed(fixture, 2307, "phone.none");
	flow_fixture_run(fixture, strong_trusted_phone, NULL, other);
	assert_failed(fixture, 2204, "server.unexpected");
	flow_fixture_run(fixture, strong_trusted_phone, NULL, number);
	assert_failed(fixture, 2204, "server.format");
}

static void the_phone_number_is_told_as_it_was_given(void **state)
{
	static const struct canned script[] = {{"/v1/phone", PIMS_HTTP_OK, 200, JSON, "{\"phoneNumber\":\"0612345678\",\"more\":1}"}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_trusted_phone, NULL, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(json_object_size(fixture->flow.outcome.result), 1);
	assert_string_equal(json_text(fixture->flow.outcome.result, "phoneNumber"), "0612345678");
}

static void an_sms_that_was_sent_has_no_output(void **state)
{
	static const struct canned script[] = {{"/", PIMS_HTTP_OK, 202, NULL, NULL}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_sms_enrollment, NULL, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_null(fixture->flow.outcome.result);
	flow_fixture_run(fixture, strong_sms_reset_pin, NULL, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(fixture->saves, 0);
}

static void the_accounts_state_has_three_names(void **state)
{
	static const char *const names[][2] = {
		{"{\"pin\":\"blocked\"}", "PinBlocked"}, {"{\"pin\":\"set\"}", "NotBlocked"}, {"{\"pin\":\"none\"}", "NotBlocked"}, {"{}", "Unknown"}, {"{\"pin\":\"odd\"}", "Unknown"}};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct canned script[] = {{"/v1/account", PIMS_HTTP_OK, 200, JSON, names[i][0]}, {0}};

		flow_fixture_run(fixture, strong_account_blocked, NULL, script);
		assert_int_equal(fixture->flow.outcome.code, 0);
		assert_string_equal(json_text(fixture->flow.outcome.result, "isAccountBlocked"), names[i][1]);
	}
}

static void without_a_macid_strong_authentication_is_not_configured(void **state)
{
	static const flow_step_fn firsts[] = {strong_device_activated, strong_account_blocked, strong_sms_confirm, strong_enroll, strong_otp_with_pin, strong_otp_without_pin};
	struct flow_fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.macid, NULL), 0);
	for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
		flow_fixture_run(fixture, firsts[i], "{\"smsCode\":\"12345678\",\"pinCode\":\"1234\"}", NULL);
		assert_failed(fixture, 2344, "configuration.credential.macID");
		assert_string_equal(fixture->flow.outcome.name, "StrongAuthentication");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_backend_without_the_endpoint_is_told_and_not_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_and_statuses_become_the_documented_codes_on_every_call, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cause_of_inwebo_is_the_code_that_it_has_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cooldown_tells_when_to_ask_again, setup, teardown),
		cmocka_unit_test_setup_teardown(requests_carry_method_body_realm_and_the_sessions_token, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_that_is_no_json_object_is_a_server_error, setup, teardown),
		cmocka_unit_test_setup_teardown(an_account_without_phone_is_2307_and_another_404_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(the_phone_number_is_told_as_it_was_given, setup, teardown),
		cmocka_unit_test_setup_teardown(an_sms_that_was_sent_has_no_output, setup, teardown),
		cmocka_unit_test_setup_teardown(the_accounts_state_has_three_names, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_macid_strong_authentication_is_not_configured, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
