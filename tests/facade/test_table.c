/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of calls and of codes beside the reference's own data: every row, every parameter, every label. */
#include "support/harness.h"

#include "facade/api.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *reference_rows, *reference_errors;

static json_t *load(const char *file, const char *name)
{
	json_t *document = json_load_file(file, JSON_REJECT_DUPLICATES, NULL);
	json_t *list;

	assert_non_null(document);
	list = json_incref(json_object_get(document, name));
	json_decref(document);
	assert_true(json_array_size(list) > 0);
	return list;
}

static int load_reference(void **state)
{
	(void)state;
	reference_rows = load(TEST_DATA_DIR "/spec/api.json", "rows");
	reference_errors = load(TEST_DATA_DIR "/spec/errors.json", "errors");
	return 0;
}

static int free_reference(void **state)
{
	(void)state;
	json_decref(reference_rows);
	json_decref(reference_errors);
	return 0;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* --- the tables themselves --- */

static void every_label_is_the_references_letter_by_letter(void **state)
{
	const json_t *error;
	size_t index;

	(void)state;
	json_array_foreach(reference_errors, index, error) {
		const char *label = pims_error_label((int)json_integer_value(json_object_get(error, "code")));

		assert_non_null(label);
		assert_string_equal(label, text_of(error, "label"));
	}
}

static void no_code_is_known_that_the_reference_does_not_have(void **state)
{
	size_t known = 0;

	(void)state;
	for (int code = -10000; code < 10000; code++)
		known += pims_error_label(code) != NULL;
	assert_int_equal(known, json_array_size(reference_errors));
}

static void every_return_value_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a >= -12; a--)
		for (int b = a - 1; b >= -12; b--)
			assert_string_not_equal(pims_strerror(a), pims_strerror(b));
	assert_string_equal(pims_strerror(-99), "unknown error");
}

/* What is ours says so; all else is the reference's. */
static void take_extensions_away(json_t *row)
{
	json_t *parameters = json_object_get(row, "parameters");

	for (size_t i = json_array_size(parameters); i > 0; i--)
		if (json_is_true(json_object_get(json_array_get(parameters, i - 1), "extension")))
			json_array_remove(parameters, i - 1);
}

static void assert_extensions_follow(const json_t *rows)
{
	for (size_t i = json_array_size(reference_rows); i < json_array_size(rows); i++)
		assert_true(json_is_true(json_object_get(json_array_get(rows, i), "extension")));
}

static void the_table_has_the_references_rows_in_its_order(void **state)
{
	static const char *const members[] = {"verb",   "api",       "discriminator", "parameters", "result",
					      "errors", "component", "security",      "since"};
	json_t *rows = json_loads(pims_apis(), JSON_REJECT_DUPLICATES, NULL);
	const json_t *reference;
	size_t index;

	(void)state;
	assert_true(json_array_size(rows) >= json_array_size(reference_rows));
	assert_extensions_follow(rows);
	json_array_foreach(reference_rows, index, reference) {
		json_t *row = json_array_get(rows, index);

		take_extensions_away(row);
		assert_null(json_object_get(row, "extension"));
		for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
			if (!json_equal(json_object_get(row, members[i]), json_object_get(reference, members[i])))
				fail_msg("row %zu differs in %s", index, members[i]);
		assert_true(json_is_boolean(json_object_get(row, "supported")));
	}
	json_decref(rows);
}

static void the_calls_of_the_five_documents_are_supported(void **state)
{
	size_t supported = 0;

	(void)state;
	for (const struct api_row *row = api_rows; row->api && !api_is_extension(row); row++) {
		bool seed = json_object_get(json_array_get(reference_rows, (size_t)(row - api_rows)), "seed") != NULL;

		assert_true(!seed || row->start);
		supported += row->start != NULL;
	}
	assert_true(supported >= 15);
}

/* --- validation, row by row --- */

struct row_test {
	struct harness harness;
	const json_t *row;
	json_t *good; /**< parameters that are right */
};

static json_t *good_value(const json_t *parameter)
{
	const char *name = text_of(parameter, "name");

	if (strcmp(text_of(parameter, "type"), "object") == 0)
		return json_object();
	if (json_object_get(parameter, "values"))
		return json_incref(json_array_get(json_object_get(parameter, "values"), 0));
	if (strcmp(name, "phoneNumber") == 0)
		return json_string("0612345678");
	return strcmp(name, "local") == 0 ? json_string("en") : json_string("0123");
}

static json_t *good_parameters(const json_t *row, bool optional_too)
{
	json_t *good = json_deep_copy(json_object_get(row, "discriminator"));
	const json_t *parameter;
	size_t index;

	json_array_foreach(json_object_get(row, "parameters"), index, parameter)
		if (optional_too || json_is_true(json_object_get(parameter, "required")))
			json_object_set_new(good, text_of(parameter, "name"), good_value(parameter));
	return good;
}

static void call(struct row_test *test, const json_t *parameters)
{
	char *text = json_dumps(parameters, JSON_COMPACT);

	assert_non_null(text);
	harness_call(&test->harness, text_of(test->row, "verb"), text_of(test->row, "api"), text);
	free(text);
}

static void assert_parameter_error(struct row_test *test, int code, const char *name)
{
	char label[128];

	snprintf(label, sizeof label, code == 2101 ? "Missing %s parameter" : "Invalid %s parameter", name);
	harness_assert_failed(&test->harness.heard, code, label, "");
	assert_int_equal(json_object_size(json_object_get(test->harness.heard.message, "error")), 2);
	assert_int_equal(test->harness.transport.count, 0);
}

static void for_each_row(void (*check)(struct row_test *test))
{
	struct row_test test;
	size_t index;

	json_array_foreach(reference_rows, index, test.row) {
		harness_init(&test.harness);
		harness_sign_in(&test.harness, 3600);
		harness_start(&test.harness);
		test.good = good_parameters(test.row, true);
		check(&test);
		json_decref(test.good);
		harness_free(&test.harness);
	}
}

/* What the documents call it when neither name of the discriminator is there: both rows say the same. */
static const char *missing_name(const json_t *row, const char *name)
{
	bool sms = strcmp(text_of(row, "api"), "pims.authentication.smscode") == 0 && strcmp(text_of(row, "verb"), "set") == 0;

	return sms ? "action" : name;
}

static void without_each_discriminator(struct row_test *test)
{
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(test->row, "discriminator"), name, value) {
		json_t *parameters = json_deep_copy(test->good);

		json_object_del(parameters, name);
		call(test, parameters);
		assert_parameter_error(test, 2101, missing_name(test->row, name));
		json_decref(parameters);
	}
}

static void a_missing_discriminator_is_2101_with_its_name(void **state)
{
	(void)state;
	for_each_row(without_each_discriminator);
}

static void with_each_wrong_discriminator(struct row_test *test)
{
	static const char *const wrong[] = {"\"nonsense\"", "\"\"", "1", "null", "true", "{}", "[\"get\"]"};
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(test->row, "discriminator"), name, value) {
		for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
			json_t *parameters = json_deep_copy(test->good);

			json_object_set_new(parameters, name, json_loads(wrong[i], JSON_DECODE_ANY, NULL));
			call(test, parameters);
			assert_parameter_error(test, 2102, name);
			json_decref(parameters);
		}
	}
}

static void an_unknown_discriminator_is_2102_with_its_name(void **state)
{
	(void)state;
	for_each_row(with_each_wrong_discriminator);
}

static void without_each_parameter(struct row_test *test)
{
	const json_t *parameter;
	size_t index;

	json_array_foreach(json_object_get(test->row, "parameters"), index, parameter) {
		json_t *parameters = json_deep_copy(test->good);

		json_object_del(parameters, text_of(parameter, "name"));
		if (json_is_true(json_object_get(parameter, "required"))) {
			call(test, parameters);
			assert_parameter_error(test, 2101, text_of(parameter, "name"));
		}
		json_decref(parameters);
	}
}

static void a_missing_parameter_is_2101_with_its_name(void **state)
{
	(void)state;
	for_each_row(without_each_parameter);
}

static void with_wrong_values(struct row_test *test, const json_t *parameter, const char *const *wrong)
{
	for (; *wrong; wrong++) {
		json_t *parameters = json_deep_copy(test->good);

		json_object_set_new(parameters, text_of(parameter, "name"), json_loads(*wrong, JSON_DECODE_ANY, NULL));
		call(test, parameters);
		assert_parameter_error(test, 2102, text_of(parameter, "name"));
		json_decref(parameters);
	}
}

static void with_each_wrong_parameter(struct row_test *test)
{
	static const char *const no_text[] = {"null", "true", "1.5", "{}", "[]", "\"\"", NULL};
	static const char *const no_object[] = {"null", "true", "1", "\"text\"", "[]", NULL};
	static const char *const no_digits[] = {"\" \"",       "\" 1\"",   "\"1 \"",  "\"-1\"", "-1",
						"\"12a\"",     "\"0x12\"", "\"1.0\"", "12.0",   "\"123456789012345678901234567890123\"",
						"\"\\u0661\"", NULL};
	const json_t *parameter;
	size_t index;

	json_array_foreach(json_object_get(test->row, "parameters"), index, parameter) {
		bool object = strcmp(text_of(parameter, "type"), "object") == 0;

		with_wrong_values(test, parameter, object ? no_object : no_text);
		if (json_object_get(parameter, "accepts"))
			with_wrong_values(test, parameter, no_digits);
		else if (json_object_get(parameter, "values"))
			with_wrong_values(test, parameter, (const char *const[]){"\"nonsense\"", "\"GET\"", "\"get \"", "1", NULL});
		else if (strcmp(text_of(parameter, "name"), "phoneNumber") == 0)
			with_wrong_values(test, parameter,
					  (const char *const[]){"\"12\"", "\"number\"", "\"06+12345\"", "-612345678", NULL});
		else if (strcmp(text_of(parameter, "name"), "local") == 0)
			with_wrong_values(test, parameter, (const char *const[]){"5", "\"e n\"", "\"en;\"", NULL});
	}
}

static void a_wrong_parameter_is_2102_with_its_name(void **state)
{
	(void)state;
	for_each_row(with_each_wrong_parameter);
}

/* Right parameters get past validation: whatever then comes is neither 2101 nor 2102. */
static void with_right_parameters(struct row_test *test)
{
	json_t *required = good_parameters(test->row, false);
	const json_t *sets[] = {test->good, required};

	for (size_t i = 0; i < 2; i++) {
		json_int_t code;

		call(test, sets[i]);
		harness_wait(&test->harness, 700000);
		assert_int_equal(test->harness.heard.count, 1);
		code = json_integer_value(json_object_get(json_object_get(test->harness.heard.message, "error"), "code"));
		/* smsCode of enroll is optional only after set smscode enrollment */
		if (code == 2101 || code == 2102)
			assert_non_null(strstr(test->harness.heard.text, i == 1 ? "Missing smsCode parameter" : "none"));
	}
	json_decref(required);
}

static void right_parameters_are_taken(void **state)
{
	(void)state;
	for_each_row(with_right_parameters);
}

static void every_row_has_a_handler(void **state)
{
	(void)state;
	for (const struct api_row *row = api_rows; row->api; row++)
		assert_non_null(row->start);
}

static void hear_subscription(struct harness *harness, const char *api, int code, const char *label)
{
	heard_free(&harness->heard);
	assert_int_equal(pims_subscribe(harness->pims, api, "{\"action\":\"get\"}", harness_hear, &harness->heard, NULL), 0);
	harness_settle(harness);
	harness_assert_failed(&harness->heard, code, label, "");
	heard_free(&harness->heard);
	assert_int_equal(pims_unsubscribe(harness->pims, api, harness_hear, &harness->heard, NULL), 0);
	harness_settle(harness);
	harness_assert_failed(&harness->heard, code, label, "");
}

static void no_row_has_events(void **state)
{
	struct harness harness;

	(void)state;
	harness_init(&harness);
	harness_sign_in(&harness, 3600);
	for (const struct api_row *row = api_rows; row->api; row++)
		hear_subscription(&harness, row->api, 2001, "Facade not initialized");
	hear_subscription(&harness, "pims.nothing", 2001, "Facade not initialized");
	harness_start(&harness);
	for (const struct api_row *row = api_rows; row->api; row++)
		hear_subscription(&harness, row->api, 2002, "API not supported");
	hear_subscription(&harness, "pims.nothing", 2002, "API not supported");
	hear_subscription(&harness, "", 2002, "API not supported");
	harness_free(&harness);
}

static void call_before_initialize(struct harness *harness, const struct api_row *row, const char *parameters)
{
	harness_call(harness, api_verb_text(row->verb), row->api, parameters);
	harness_assert_failed(&harness->heard, 2001, "Facade not initialized", "");
	assert_string_equal(json_string_value(json_object_get(json_object_get(harness->heard.message, "error"), "recovery")), "initialize");
}

static void every_row_is_2001_before_initialize(void **state)
{
	struct harness harness;

	(void)state;
	harness_init(&harness);
	for (const struct api_row *row = api_rows; row->api; row++) {
		call_before_initialize(&harness, row, NULL);
		call_before_initialize(&harness, row, "nonsense");
	}
	harness_free(&harness);
}

/* Every answer of every row, with all that is wrong with the rest of the world, is of its list or always allowed. */
static void assert_documented(const struct row_test *test)
{
	const json_t *error = json_object_get(test->harness.heard.message, "error");
	json_int_t code = json_integer_value(json_object_get(error, "code"));
	const json_t *listed;
	size_t index;

	if (!error || (code >= 2000 && code <= 2007) || code == 2208 || code == 2301 || code == 2302)
		return;
	json_array_foreach(json_object_get(test->row, "errors"), index, listed)
		if (json_integer_value(listed) == code)
			return;
	/* the cause of a backend without the call, on every row (spec/wire.md §3) */
	if (code == 2344 && strstr(test->harness.heard.text, "\"cause\":\"backend.no_endpoint\""))
		return;
	/* rows that list no network code use them as they are */
	if (code == 2201 || code == 2202 || code == 2204) {
		json_array_foreach(json_object_get(test->row, "errors"), index, listed)
			assert_true(json_integer_value(listed) < 2201 || json_integer_value(listed) > 2204);
		return;
	}
	fail_msg("undocumented: %s", test->harness.heard.text);
}

static void whatever_the_server_does(struct row_test *test)
{
	static const enum pims_http_failure failures[] = {PIMS_HTTP_NETWORK, PIMS_HTTP_TIMEOUT, PIMS_HTTP_TLS,   PIMS_HTTP_PIN,
							  PIMS_HTTP_TOO_BIG, PIMS_HTTP_CUT,     PIMS_HTTP_FAILED};
	static const int statuses[] = {200, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503};

	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		fake_transport_fail(&test->harness.transport, failures[i]);
		call(test, test->good);
		harness_wait(&test->harness, 700000);
		assert_int_equal(test->harness.heard.count, 1);
		assert_documented(test);
	}
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		fake_transport_answer(&test->harness.transport, statuses[i], "text/html", "<p>no</p>");
		fake_transport_answer(&test->harness.transport, statuses[i], "application/json", "{\"error\":\"no\"}");
		call(test, test->good);
		harness_wait(&test->harness, 700000);
		assert_int_equal(test->harness.heard.count, 1);
		assert_documented(test);
	}
}

static void no_row_answers_a_code_that_it_does_not_document(void **state)
{
	(void)state;
	for_each_row(whatever_the_server_does);
}

/* --- forms that are accepted --- */

static void parameters_that_are_no_object_are_2102(void **state)
{
	static const char *const wrong[] = {"",
					    " ",
					    "[]",
					    "1",
					    "null",
					    "{",
					    "{\"type\":\"cvs\"",
					    "{\"type\":\"cvs\",\"type\":\"cvs\"}",
					    "{} {}",
					    "{\"type\":\"cvs\\u0000\"}",
					    "{'type':'cvs'}",
					    "{\"smsCode\":0123}"};
	struct harness harness;

	(void)state;
	harness_init(&harness);
	harness_sign_in(&harness, 3600);
	harness_start(&harness);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		harness_call(&harness, "get", "pims.authentication.token", wrong[i]);
		harness_assert_failed(&harness.heard, 2102, "Invalid parameters parameter", "");
	}
	harness_free(&harness);
}

static void an_unknown_api_or_verb_is_2002(void **state)
{
	static const char *const calls[][2] = {{"get", "pims.authentication.nothing"},
					       {"get", ""},
					       {"get", "pims.authentication.otp-withoutPIN"},
					       {"set", "pims.authentication.token"},
					       {"set", "pims.authentication.otp"},
					       {"get", "pims.authentication.enrollment"},
					       {"get", "PIMS.authentication.token"}};
	struct harness harness;

	(void)state;
	harness_init(&harness);
	harness_sign_in(&harness, 3600);
	harness_start(&harness);
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		harness_call(&harness, calls[i][0], calls[i][1], "{\"type\":\"cvs\",\"action\":\"get\"}");
		harness_assert_failed(&harness.heard, 2002, "API not supported", "");
		harness_call(&harness, calls[i][0], calls[i][1], "not JSON");
		harness_assert_failed(&harness.heard, 2002, "API not supported", "");
	}
	harness_free(&harness);
}

static void several_discriminators_are_checked_in_order(void **state)
{
	static const struct {
		const char *parameters;
		int code;
		const char *label;
	} cases[] = {
		{"{}", 2101, "Missing actionType parameter"},
		{"{\"type\":\"username\"}", 2101, "Missing actionType parameter"},
		{"{\"actionType\":\"none\",\"type\":\"username\"}", 2102, "Invalid actionType parameter"},
		{"{\"actionType\":\"none\"}", 2102, "Invalid actionType parameter"},
		{"{\"actionType\":\"basic\"}", 2101, "Missing type parameter"},
		{"{\"actionType\":\"basic\",\"type\":\"isDeviceActivated\"}", 2102, "Invalid type parameter"},
		{"{\"actionType\":\"strong\",\"type\":\"username\"}", 2102, "Invalid type parameter"},
		{"{\"actionType\":\"strong\",\"type\":7}", 2102, "Invalid type parameter"},
	};
	struct harness harness;

	(void)state;
	harness_init(&harness);
	harness_sign_in(&harness, 3600);
	harness_start(&harness);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		harness_call(&harness, "get", "pims.authentication.account", cases[i].parameters);
		harness_assert_failed(&harness.heard, cases[i].code, cases[i].label, "");
	}
	harness_free(&harness);
}

static void names_of_older_releases_and_of_the_tutorial_are_taken(void **state)
{
	static const char *const accepted[][2] = {
		{"pims.authentication.smscode", "{\"action\":\"addPhoneNumber\",\"smsCode\":\"1\",\"phoneNumber\":\"0612345678\"}"},
		{"pims.authentication.smscode", "{\"type\":\"addPhoneNumber\",\"smsCode\":\"1\",\"Phone number\":\"0612345678\"}"},
		{"pims.authentication.smscode", "{\"type\":\"modifyPhoneNumber\",\"smsCode\":1,\"phoneNumber\":612345678}"},
		{"pims.authentication.smscode",
		 "{\"action\":\"modifyPhoneNumber\",\"smsCode\":\"1\",\"phoneNumber\":\"+33 6 12 34 56 78\"}"},
		{"pims.authentication.enrollment",
		 "{\"action\":\"enrollmentWithPhoneNumber\",\"pinCode\":\"1\",\"smsCode\":\"1\",\"phoneNumber\":\"0612345678\"}"},
	};
	struct harness harness;

	(void)state;
	harness_init(&harness);
	harness_sign_in(&harness, 3600);
	harness_start(&harness);
	for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
		bool modify = strstr(accepted[i][1], "modify") != NULL;

		harness_call(&harness, "set", accepted[i][0], accepted[i][1]);
		if (modify)
			harness_assert_failed(&harness.heard, 2317,
					      "inwebo: forbidden operation (due to activated state/blocked state/upgradable state)",
					      "device.not_enrolled");
		else
			harness_assert_failed(&harness.heard, 2202, "Network problem : No internet", "network.unreachable");
	}
	harness_call(&harness, "set", "pims.authentication.smscode", "{\"type\":\"enrollment\",\"smsCode\":\"1\"}");
	harness_assert_failed(&harness.heard, 2102, "Invalid type parameter", "");
	harness_free(&harness);
}

static void unknown_parameters_are_ignored(void **state)
{
	struct harness harness;

	(void)state;
	harness_init(&harness);
	harness_sign_in(&harness, 3600);
	harness_start(&harness);
	harness_call(&harness, "get", "pims.authentication.token", "{\"type\":\"cvs\",\"action\":\"get\",\"more\":[{\"a\":null}],\"\":1}");
	harness_assert_succeeded(&harness.heard);
	harness_call(&harness, "get", "pims.sdk.version", "{\"anything\":1}");
	harness_assert_succeeded(&harness.heard);
	harness_free(&harness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_label_is_the_references_letter_by_letter),
		cmocka_unit_test(no_code_is_known_that_the_reference_does_not_have),
		cmocka_unit_test(every_return_value_has_a_text_of_its_own),
		cmocka_unit_test(the_table_has_the_references_rows_in_its_order),
		cmocka_unit_test(the_calls_of_the_five_documents_are_supported),
		cmocka_unit_test(a_missing_discriminator_is_2101_with_its_name),
		cmocka_unit_test(an_unknown_discriminator_is_2102_with_its_name),
		cmocka_unit_test(a_missing_parameter_is_2101_with_its_name),
		cmocka_unit_test(a_wrong_parameter_is_2102_with_its_name),
		cmocka_unit_test(right_parameters_are_taken),
		cmocka_unit_test(every_row_has_a_handler),
		cmocka_unit_test(no_row_has_events),
		cmocka_unit_test(every_row_is_2001_before_initialize),
		cmocka_unit_test(no_row_answers_a_code_that_it_does_not_document),
		cmocka_unit_test(parameters_that_are_no_object_are_2102),
		cmocka_unit_test(an_unknown_api_or_verb_is_2002),
		cmocka_unit_test(several_discriminators_are_checked_in_order),
		cmocka_unit_test(names_of_older_releases_and_of_the_tutorial_are_taken),
		cmocka_unit_test(unknown_parameters_are_ignored),
	};

	return cmocka_run_group_tests(tests, load_reference, free_reference);
}
