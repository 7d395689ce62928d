/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include "base/text.h"
#include "cli/advice.h"
#include "cli/render.h"
#include "cli/secrets.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Pieces without I/O: rendering, lines, secret names, words for what to call next. */

/* Escape sequences are the only ESC bytes: JSON text has none of its own. */
static void strip(const char *text, struct buf *plain)
{
	for (; *text; text++) {
		if (*text == '\033')
			text += strcspn(text, "m");
		else
			buf_putc(plain, *text);
	}
}

static void assert_round_trip(const char *text)
{
	struct buf shown = BUF_INIT(1 << 20), plain = BUF_INIT(1 << 20);
	json_t *before = NULL, *after = NULL;

	assert_int_equal(render_json(text, true, &shown), 0);
	strip(buf_text(&shown), &plain);
	assert_int_equal(json_parse_value(text, strlen(text), 1 << 20, &before), 0);
	assert_int_equal(json_parse_value(buf_text(&plain), plain.len, 1 << 20, &after), 0);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
	buf_free(&shown);
	buf_free(&plain);
}

static void rendering_keeps_the_value(void **state)
{
	static const char *const texts[] = {"{}",
					    "[]",
					    "{\"a\":{}}",
					    "[[],[[]],{\"x\":[]}]",
					    "{\"a\\\"b\":\"c\\\\\",\"d\":[1,-2.5e3,true,null]}",
					    "{\"a\":\"{[:,]}\",\"b\":\"\\u001b[31m\"}",
					    "{ \"a\" : [ 1 , 2 ] }",
					    "{\"é\":\"ü\302\233\177\"}",
					    "\"x\"",
					    "12"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_round_trip(texts[i]);
}

static void rendering_escapes_what_commands_a_terminal(void **state)
{
	struct buf shown = BUF_INIT(1024);

	(void)state;
	assert_int_equal(render_json("\"\302\233\177\"", false, &shown), 0);
	assert_string_equal(buf_text(&shown), "\"\\u009b\\u007f\"");
	buf_free(&shown);
}

static void rendering_ends_with_broken_text(void **state)
{
	static const char *const texts[] = {"", "{", "\"", "\"\\", "{\"a\"", "[1,", "}}}}", "\302", ":::"};
	struct buf shown = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(render_json(texts[i], true, &shown), 0);
	buf_free(&shown);
}

static void rendering_keeps_to_its_limit(void **state)
{
	struct buf shown = BUF_INIT(8);

	(void)state;
	assert_int_equal(render_json("{\"abcdefghij\":1}", false, &shown), PIMS_E_LIMIT);
	buf_free(&shown);
}

static int filled(const char *bytes, size_t length)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, length), (ssize_t)length);
	close(ends[1]);
	return ends[0];
}

static struct input input;

static void lines_are_taken_one_by_one(void **state)
{
	static const char bytes[] = "one\r\n\nthree";
	struct secret line = {NULL, 0};
	int fd = filled(bytes, sizeof bytes - 1);

	(void)state;
	input_init(&input, fd);
	assert_int_equal(input_line(&input, &line), 0);
	assert_int_equal(input_fill(&input), 0);
	assert_int_equal(input_line(&input, &line), 1);
	assert_string_equal(secret_text(&line), "one");
	assert_int_equal(input_line(&input, &line), 1);
	assert_string_equal(secret_text(&line), "");
	assert_int_equal(input_line(&input, &line), 0);
	assert_int_equal(input_fill(&input), 0);
	assert_true(input.ended);
	assert_int_equal(input_line(&input, &line), 1);
	assert_string_equal(secret_text(&line), "three");
	assert_int_equal(input_line(&input, &line), 0);
	secret_free(&line);
	close(fd);
}

static void taken_lines_are_wiped(void **state)
{
	struct secret line = {NULL, 0};
	int fd = filled("9753\n", 5);

	(void)state;
	input_init(&input, fd);
	assert_int_equal(input_fill(&input), 0);
	assert_int_equal(input_line(&input, &line), 1);
	for (size_t i = 0; i < sizeof input.bytes; i++)
		assert_int_equal(input.bytes[i], 0);
	secret_free(&line);
	close(fd);
}

static void a_nul_in_a_line_is_refused(void **state)
{
	struct secret line = {NULL, 0};
	int fd = filled("a\0b\n", 4);

	(void)state;
	input_init(&input, fd);
	assert_int_equal(input_fill(&input), 0);
	assert_int_equal(input_line(&input, &line), PIMS_E_FORMAT);
	close(fd);
}

static void a_line_without_end_is_refused(void **state)
{
	static char bytes[INPUT_LINE_MAX + 10];
	int fd;
	int r = 0;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	fd = filled(bytes, sizeof bytes);
	input_init(&input, fd);
	for (int i = 0; r == 0 && i < 16; i++)
		r = input_fill(&input);
	assert_int_equal(r, PIMS_E_LIMIT);
	assert_int_equal(input.length, 0);
	close(fd);
}

static void secret_names_are_found_at_any_depth(void **state)
{
	json_t *deep = json_pack("{s:[i,{s:{s:s}}]}", "a", 1, "b", "NEWPIN", "1");
	json_t *none = json_pack("{s:[s,{s:s}]}", "pin", "pinCode", "phoneNumber", "1");

	(void)state;
	assert_string_equal(secret_name_in(deep), "NEWPIN");
	assert_null(secret_name_in(none));
	assert_null(secret_name_in(NULL));
	json_decref(deep);
	json_decref(none);
}

static void recoveries_become_everyday_words(void **state)
{
	bool own;

	(void)state;
	assert_string_equal(advice_word("set pims.authentication.user action=login", &own), "pims login");
	assert_true(own);
	assert_string_equal(advice_word("set pims.x action=y", &own), "set pims.x action=y");
	assert_false(own);
}

static void what_to_do_next_is_told_as_this_program_does_it(void **state)
{
	bool own = false;

	(void)state;
	assert_string_equal(advice_next(2001, NULL, "initialize", &own), "pims init");
	assert_string_equal(advice_next(2006, "configuration.profile.brand", NULL, &own), "pims init --force");
	assert_string_equal(advice_next(2317, "inwebo.max_devices", "set pims.authentication.enrollment action=remove", &own),
			    "pims enroll --replace-oldest, or pims devices and pims devices remove ID");
	assert_string_equal(advice_next(2301, "something.new", NULL, &own), "pims login");
	assert_true(own);
	assert_string_equal(advice_next(2308, "inwebo.pin", NULL, &own), "");
	assert_string_equal(advice_next(2399, NULL, NULL, &own), "");
	assert_string_equal(advice_next(2399, NULL, "set pims.x action=y", &own), "set pims.x action=y");
	assert_false(own);
}

static void a_wrong_value_without_a_cause_says_what_belongs_there(void **state)
{
	(void)state;
	assert_string_equal(advice_parameter(2102, "Invalid smsCode parameter"), "the SMS code is made of digits only");
	assert_string_equal(advice_parameter(2102, "Invalid oldPIN parameter"), "a PIN is made of digits only");
	assert_string_equal(advice_parameter(2101, "Missing smsCode parameter"), pims_cause_text(NULL, 2101));
	assert_string_equal(advice_parameter(2102, "Invalid action parameter"), pims_cause_text(NULL, 2102));
	assert_string_equal(advice_parameter(2102, NULL), pims_cause_text(NULL, 2102));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_value_without_a_cause_says_what_belongs_there),
		cmocka_unit_test(what_to_do_next_is_told_as_this_program_does_it),
		cmocka_unit_test(rendering_keeps_the_value),           cmocka_unit_test(rendering_escapes_what_commands_a_terminal),
		cmocka_unit_test(rendering_ends_with_broken_text),     cmocka_unit_test(rendering_keeps_to_its_limit),
		cmocka_unit_test(lines_are_taken_one_by_one),          cmocka_unit_test(taken_lines_are_wiped),
		cmocka_unit_test(a_nul_in_a_line_is_refused),          cmocka_unit_test(a_line_without_end_is_refused),
		cmocka_unit_test(secret_names_are_found_at_any_depth), cmocka_unit_test(recoveries_become_everyday_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
