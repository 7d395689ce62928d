/* SPDX-License-Identifier: Apache-2.0 */
/* What causes mean, and what to call next. */
#include <pims/cause.h>
#include <pims/error.h>

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *word, *text, *next, *codes, *tells;
};

#define ROW(word, text, next, codes, tells) {word, text, next, codes, tells},
static const struct row rows[] = {PIMS_CAUSES(ROW)};
enum { ROWS = sizeof rows / sizeof *rows };

static void what_is_not_known_has_no_text(void **state)
{
	(void)state;
	assert_string_equal(pims_cause_text(NULL, 0), "");
	assert_string_equal(pims_cause_text("nothing.like.it", 9000), "");
	assert_string_equal(pims_cause_text("", 9000), "");
	assert_string_equal(pims_cause_recovery(NULL, 9000), "");
	assert_string_equal(pims_cause_recovery("nothing.like.it", 9000), "");
}

static void an_unknown_cause_falls_back_to_the_code(void **state)
{
	(void)state;
	assert_string_equal(pims_cause_text("something.new", 2301), pims_cause_text(NULL, 2301));
	assert_string_equal(pims_cause_recovery("something.new", 2301), PIMS_NEXT_LOGIN);
	assert_string_equal(pims_cause_recovery(NULL, 2317), PIMS_NEXT_REMOVE);
}

static void a_family_stands_for_words_without_a_row(void **state)
{
	(void)state;
	assert_string_equal(pims_cause_text("configuration.profile.brand", 2006), pims_cause_text("configuration.", 2006));
	assert_string_not_equal(pims_cause_text("configuration.busy", 2005), pims_cause_text("configuration.", 2005));
	assert_string_equal(pims_cause_text("internal.transport", 2000), pims_cause_text("internal.", 2000));
	assert_string_equal(pims_cause_text("internally", 2000), pims_cause_text(NULL, 2000));
}

static void a_cause_without_anything_to_call_does_not_take_the_codes(void **state)
{
	(void)state;
	assert_string_equal(pims_cause_recovery("inwebo.pin", 2305), "");
}

static void every_word_has_one_row_and_a_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		assert_true(*rows[i].text != '\0');
		assert_string_equal(pims_cause_text(rows[i].word, 0), rows[i].text);
		assert_string_equal(pims_cause_recovery(rows[i].word, 0), rows[i].next);
		for (size_t other = 0; other < i; other++)
			assert_string_not_equal(rows[i].word, rows[other].word);
	}
}

static void every_code_of_a_cause_is_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const char *at = rows[i].codes;

		while (*at) {
			char *end = NULL;
			long code = strtol(at, &end, 10);

			assert_non_null(pims_error_label((int)code));
			assert_true(*pims_cause_text(NULL, (int)code) != '\0');
			at = *end == ' ' ? end + 1 : end;
		}
	}
}

/* A recovery is "initialize", or a call of the table: "set API name=value". */
static bool callable(const char *next, const json_t *calls)
{
	const json_t *row, *value;
	const char *name;
	char text[256];
	size_t i;

	json_array_foreach(calls, i, row) {
		snprintf(text, sizeof text, "%s %s", json_string_value(json_object_get(row, "verb")), json_string_value(json_object_get(row, "api")));
		json_object_foreach((json_t *)(uintptr_t)json_object_get(row, "discriminator"), name, value)
			snprintf(text + strlen(text), sizeof text - strlen(text), " %s=%s", name, json_string_value(value));
		if (strcmp(text, next) == 0)
			return true;
	}
	return strcmp(next, PIMS_NEXT_INITIALIZE) == 0;
}

static void what_to_call_next_is_a_call(void **state)
{
	json_t *document = json_load_file(TEST_DATA_DIR "/spec/api.json", 0, NULL);
	const json_t *calls = json_object_get(document, "rows");

	(void)state;
	assert_non_null(calls);
	for (size_t i = 0; i < ROWS; i++)
		if (*rows[i].next && !callable(rows[i].next, calls))
			fail_msg("%s: %s", rows[i].word, rows[i].next);
	for (int code = 2000; code < 2400; code++)
		assert_true(!*pims_cause_recovery(NULL, code) || callable(pims_cause_recovery(NULL, code), calls));
	json_decref(document);
}

static void every_listed_code_has_a_meaning(void **state)
{
	json_t *document = json_load_file(TEST_DATA_DIR "/spec/api.json", 0, NULL);
	const json_t *row, *code;
	size_t i, k;

	(void)state;
	json_array_foreach(json_object_get(document, "rows"), i, row) {
		json_array_foreach(json_object_get(row, "errors"), k, code)
			assert_true(*pims_cause_text(NULL, (int)json_integer_value(code)) != '\0');
	}
	assert_true(i > 30);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_known_has_no_text),
		cmocka_unit_test(an_unknown_cause_falls_back_to_the_code),
		cmocka_unit_test(a_family_stands_for_words_without_a_row),
		cmocka_unit_test(a_cause_without_anything_to_call_does_not_take_the_codes),
		cmocka_unit_test(every_word_has_one_row_and_a_text),
		cmocka_unit_test(every_code_of_a_cause_is_documented),
		cmocka_unit_test(what_to_call_next_is_a_call),
		cmocka_unit_test(every_listed_code_has_a_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
