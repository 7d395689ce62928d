/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as the documents show them, and the rule of documented codes. */
#include "support/harness.h"

#include "base/text.h"
#include "facade/codes.h"
#include "facade/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRANSACTION "953cfefb-bc72"

static struct flow flow;
static struct message_text text;
static struct pims_message message;

static int begin(void **state)
{
	(void)state;
	flow_init(&flow);
	message_init(&message, &text, &flow.outcome, TRANSACTION);
	return 0;
}

static int end(void **state)
{
	(void)state;
	message_clear(&message);
	flow_clear(&flow);
	return 0;
}

static void a_failure_has_code_and_label_and_no_result(void **state)
{
	(void)state;
	flow_fail(&flow, 2001, NULL);
	assert_string_equal(pims_message_json(&message), "{\"transactionId\":\"953cfefb-bc72\",\"status\":\"FAILED\","
							 "\"error\":{\"code\":2001,\"label\":\"Facade not initialized\"}}");
	assert_int_equal(pims_message_succeeded(&message), 0);
	assert_int_equal(pims_message_code(&message), 2001);
	assert_string_equal(pims_message_label(&message), "Facade not initialized");
	assert_null(pims_message_cause(&message));
	assert_null(pims_message_recovery(&message));
	assert_int_equal(pims_message_retry_after(&message), -1);
	assert_int_equal(pims_message_remaining(&message), -1);
	assert_null(pims_message_string(&message, "token"));
	assert_int_equal(pims_message_boolean(&message, "token"), -1);
}

static void our_members_stand_behind_the_documented_ones(void **state)
{
	(void)state;
	flow_fail(&flow, 2308, "inwebo.access");
	flow.outcome.retry_after = 0;
	flow.outcome.remaining = 2;
	assert_int_equal(text_copy(flow.outcome.recovery, sizeof flow.outcome.recovery, "get x"), 0);
	assert_string_equal(
		pims_message_json(&message),
		"{\"transactionId\":\"953cfefb-bc72\",\"status\":\"FAILED\",\"error\":{\"code\":2308,"
		"\"label\":\"inwebo: access refused\",\"cause\":\"inwebo.access\",\"retryAfter\":0,\"remaining\":2,\"recovery\":\"get x\"}}");
	assert_string_equal(pims_message_cause(&message), "inwebo.access");
	assert_string_equal(pims_message_recovery(&message), "get x");
	assert_int_equal(pims_message_retry_after(&message), 0);
	assert_int_equal(pims_message_remaining(&message), 2);
}

static void no_output_is_null_and_no_error_is_there(void **state)
{
	(void)state;
	flow_succeed(&flow, NULL);
	assert_string_equal(pims_message_json(&message), "{\"transactionId\":\"953cfefb-bc72\",\"status\":\"SUCCEEDED\",\"result\":null}");
	assert_int_equal(pims_message_succeeded(&message), 1);
	assert_int_equal(pims_message_code(&message), 0);
	assert_null(pims_message_label(&message));
	assert_null(pims_message_string(&message, "token"));
}

static void a_result_keeps_the_order_of_its_members(void **state)
{
	(void)state;
	flow_succeed(&flow, json_pack("{s:s, s:s, s:b, s:i}", "type", "idtoken", "token", "XXi2oI9F", "yes", 1, "number", 5));
	assert_string_equal(pims_message_json(&message), "{\"transactionId\":\"953cfefb-bc72\",\"status\":\"SUCCEEDED\",\"result\":"
							 "{\"type\":\"idtoken\",\"token\":\"XXi2oI9F\",\"yes\":true,\"number\":5}}");
	assert_string_equal(pims_message_string(&message, "token"), "XXi2oI9F");
	assert_null(pims_message_string(&message, "number"));
	assert_null(pims_message_string(&message, "nothing"));
	assert_null(pims_message_string(&message, NULL));
	assert_int_equal(pims_message_boolean(&message, "yes"), 1);
	assert_int_equal(pims_message_boolean(&message, "token"), -1);
}

static void placeholders_give_way_to_names(void **state)
{
	static const struct {
		int code;
		const char *name, *label;
	} cases[] = {
		{2101, "smsCode", "Missing smsCode parameter"},
		{2102, "action", "Invalid action parameter"},
		{2344, "StrongAuthentication", "StrongAuthentication not configured"},
		{2003, "SDK", "SDK not loaded"},
		{2010, "pin", "pin not set"},
		{2346, "3", "No Step for this stepsID 3"},
		{2102, "", "Invalid [PARAMETER] parameter"},
		{2310, "x", "inwebo: account is blocked "},
		{2203, "", "Invalid return [Parsing error] ou [No data] ou [invalid Data]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		flow_fail_name(&flow, cases[i].code, cases[i].name, NULL);
		message_clear(&message);
		message_init(&message, &text, &flow.outcome, TRANSACTION);
		assert_string_equal(pims_message_label(&message), cases[i].label);
	}
}

static void no_message_is_no_crash(void **state)
{
	(void)state;
	assert_null(pims_message_json(NULL));
	assert_null(pims_message_transaction(NULL));
	assert_null(pims_message_label(NULL));
	assert_null(pims_message_cause(NULL));
	assert_null(pims_message_recovery(NULL));
	assert_null(pims_message_string(NULL, "x"));
	assert_int_equal(pims_message_succeeded(NULL), 0);
	assert_int_equal(pims_message_code(NULL), 0);
	assert_int_equal(pims_message_boolean(NULL, "x"), -1);
	assert_int_equal(pims_message_retry_after(NULL), -1);
	assert_int_equal(pims_message_remaining(NULL), -1);
}

/* --- the rule of documented codes --- */

static const struct api_row *row_of(const char *api, const char *value)
{
	const struct api_row *row = api_rows;

	for (; row->api; row++)
		for (size_t i = 0; i < API_MAX_BY; i++)
			if (strcmp(row->api, api) == 0 && (!value || (row->by[i].value && strcmp(row->by[i].value, value) == 0)))
				return row;
	fail_msg("no row %s %s", api, value);
	return NULL;
}

static void every_code_becomes_one_that_the_row_documents(void **state)
{
	(void)state;
	for (const struct api_row *row = api_rows; row->api; row++) {
		bool network = api_lists(row, 2201) || api_lists(row, 2202) || api_lists(row, 2204);

		for (int code = 2000; code < 2400; code++) {
			bool usual;

			if (!pims_error_label(code))
				continue;
			flow_fail(&flow, code, "the.truth");
			codes_map(row, &flow.outcome);
			usual = flow.outcome.code <= 2007 || flow.outcome.code == 2208 || flow.outcome.code == 2301 ||
				flow.outcome.code == 2302;
			if (!network && (flow.outcome.code == 2201 || flow.outcome.code == 2202 || flow.outcome.code == 2204))
				usual = true;
			if (!usual && !api_lists(row, flow.outcome.code))
				fail_msg("%s: %d became %d", row->api, code, flow.outcome.code);
			assert_string_equal(flow.outcome.cause, "the.truth");
			if (api_lists(row, code))
				assert_int_equal(flow.outcome.code, code);
		}
	}
}

static void the_cases_that_the_lists_leave_open(void **state)
{
	static const struct {
		const char *api, *value;
		int from, to;
		const char *name, *cause;
	} cases[] = {
		{"pims.authentication.otp", "withoutPIN", 2201, 2202, "", ""},
		{"pims.authentication.otp", "withPIN", 2204, 2000, "", ""},
		{"pims.authentication.otp", "withPIN", 2344, 2006, "StrongAuthentication", ""},
		{"pims.authentication.enrollment", "enroll", 2201, 2201, "", ""},
		{"pims.authentication.enrollment", "enroll", 2204, 2204, "", ""},
		{"pims.authentication.enrollment", "enroll", 2305, 2305, "", ""},
		{"pims.authentication.enrollment", "enroll", 2306, 2305, "", "sms.expired"},
		{"pims.authentication.enrollment", "remove", 2201, 2202, "", ""},
		{"pims.authentication.user", "login", 2202, 2202, "", ""},
		{"pims.authentication.user", "logout", 2303, 2204, "", ""},
		{"pims.authentication.smscode", "resetPIN", 2307, 2204, "", "phone.none"},
		{"pims.authentication.smscode", "addPhoneNumber", 2305, 2102, "smsCode", ""},
		{"pims.authentication.smscode", "addPhoneNumber", 2306, 2102, "smsCode", "sms.expired"},
		{"pims.authentication.trustedphonenumber", NULL, 2307, 2307, "", "phone.none"},
		{"pims.authentication.trustedphonenumber", NULL, 2302, 2302, "", ""},
		{"pims.authentication.token", "idtoken", 2318, 2204, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		flow_fail_name(&flow, cases[i].from, cases[i].from == 2344 ? "StrongAuthentication" : NULL, NULL);
		codes_map(row_of(cases[i].api, cases[i].value), &flow.outcome);
		assert_int_equal(flow.outcome.code, cases[i].to);
		assert_string_equal(flow.outcome.name, cases[i].name);
		assert_string_equal(flow.outcome.cause, cases[i].cause);
	}
	/* the first row of get smscode is enrollment, but set smscode enrollment is meant */
	flow_fail(&flow, 2305, "inwebo.code");
	codes_map(row_of("pims.authentication.smscode", "enrollment") + 3, &flow.outcome);
	assert_int_equal(flow.outcome.code, 2102);
	assert_string_equal(flow.outcome.name, "smsCode");
	assert_string_equal(flow.outcome.cause, "inwebo.code");
}

static void success_stays_success(void **state)
{
	(void)state;
	flow_succeed(&flow, NULL);
	codes_map(api_rows, &flow.outcome);
	assert_int_equal(flow.outcome.code, 0);
	assert_string_equal(flow.outcome.recovery, "");
}

static void what_an_app_is_told_to_do_next(void **state)
{
	static const int codes[] = {2301, 2302, 2312, 2317};

	(void)state;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		flow_fail(&flow, codes[i], NULL);
		flow.outcome.recovery[0] = '\0';
		codes_map(NULL, &flow.outcome);
		assert_string_not_equal(flow.outcome.recovery, "");
	}
	flow_fail(&flow, 2317, NULL);
	assert_int_equal(text_copy(flow.outcome.recovery, sizeof flow.outcome.recovery, "the flow knows better"), 0);
	codes_map(NULL, &flow.outcome);
	assert_string_equal(flow.outcome.recovery, "the flow knows better");
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_failure_has_code_and_label_and_no_result),
		T(our_members_stand_behind_the_documented_ones),
		T(no_output_is_null_and_no_error_is_there),
		T(a_result_keeps_the_order_of_its_members),
		T(placeholders_give_way_to_names),
		T(no_message_is_no_crash),
		T(every_code_becomes_one_that_the_row_documents),
		T(the_cases_that_the_lists_leave_open),
		T(success_stays_success),
		T(what_an_app_is_told_to_do_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
