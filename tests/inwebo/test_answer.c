/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "inwebo/answer.h"

#include <pims/cause.h>
#include <pims/error.h>
#include <stdlib.h>

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
#define OK XML "<ActionSetup><err>OK</err></ActionSetup>"

static int read_text(const char *xml, struct iw_answer *ret_answer)
{
	return iw_answer_read(xml, strlen(xml), "ActionSetup", ret_answer);
}

static void what_is_no_proper_answer_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"<",
		"OK",
		"{\"err\":\"OK\"}",
		"<html><body>504</body></html>",
		"<ActionSetup><err>OK</err></ActionSetup>",
		" " OK,
		"\xef\xbb\xbf" OK,
		XML,
		XML "<ActionFinalize><err>OK</err></ActionFinalize>",
		XML "<actionsetup><err>OK</err></actionsetup>",
		XML "<ActionSetup></ActionSetup>",
		XML "<ActionSetup/>",
		XML "<ActionSetup><err/></ActionSetup>",
		XML "<ActionSetup><err>  </err></ActionSetup>",
		XML "<ActionSetup><err>OK</err>",
		XML "<ActionSetup><err>OK</ActionSetup>",
		OK OK,
		OK "x",
		XML "<ActionSetup>text<err>OK</err></ActionSetup>",
		XML "<ActionSetup><err>OK</err>&amp;</ActionSetup>",
		XML "<ActionSetup><err><b>OK</b></err></ActionSetup>",
		XML "<ActionSetup><other><b/></other><err>OK</err></ActionSetup>",
		XML "<ActionSetup><err>OK</err><err>OK</err></ActionSetup>",
		XML "<ActionSetup><err>OK</err><K0/><K0/></ActionSetup>",
		XML "<ActionSetup><K0/><K0>00</K0><err>OK</err></ActionSetup>",
		XML "<ActionSetup><err>&lol;</err></ActionSetup>",
		XML "<ActionSetup><err>OK\x01</err></ActionSetup>",
		XML "<ActionSetup><err>OK\xff</err></ActionSetup>",
		XML "<!DOCTYPE ActionSetup><ActionSetup><err>OK</err></ActionSetup>",
		XML "<!DOCTYPE a [<!ENTITY e \"OK\">]><ActionSetup><err>&e;</err></ActionSetup>",
		XML "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><ActionSetup><err>&e;</err></ActionSetup>",
		XML "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x.dtd\"><ActionSetup><err>OK</err></ActionSetup>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct iw_answer answer = {0};

		if (read_text(bad[i], &answer) != PIMS_E_FORMAT)
			fail_msg("accepted: %s", bad[i]);
		for (int e = 0; e < IW_EL_COUNT; e++)
			assert_null(answer.values[e]);
	}
}

static void an_answer_over_the_limit_is_refused(void **state)
{
	struct buf xml = BUF_INIT(2 * IW_MAX_ANSWER);
	struct iw_answer answer = {0};

	(void)state;
	buf_puts(&xml, XML "<ActionSetup><err>OK</err><other>");
	while (xml.len + sizeof "</other></ActionSetup>" - 1 < IW_MAX_ANSWER)
		buf_putc(&xml, 'x');
	buf_puts(&xml, "</other></ActionSetup>");
	assert_int_equal(xml.len, IW_MAX_ANSWER);
	assert_int_equal(iw_answer_read(buf_text(&xml), xml.len, "ActionSetup", &answer), 0);
	iw_answer_free(&answer);
	buf_puts(&xml, " ");
	assert_int_equal(iw_answer_read(buf_text(&xml), xml.len, "ActionSetup", &answer), PIMS_E_FORMAT);
	buf_free(&xml);
}

static void what_servers_may_add_is_accepted(void **state)
{
	struct iw_answer answer = {0};

	(void)state;
	assert_int_equal(
		read_text(
			"<?xml version='1.0'?>\n<!-- hello -->\n<ActionSetup a='1' xmlns='urn:x'>\n  <unknown>1</unknown><unknown>2</unknown>\n"
			"  <K0/><Kfact></Kfact><s_name>A &amp; B &#67;</s_name><?pi x?>\n  <err>\n OK\t</err><![CDATA[ ]]></ActionSetup>\n",
			&answer),
		0);
	assert_string_equal(iw_answer_text(&answer, IW_EL_ERR), "OK");
	assert_string_equal(iw_answer_text(&answer, IW_EL_S_NAME), "A & B C");
	assert_true(iw_answer_has(&answer, IW_EL_K0));
	assert_false(iw_answer_filled(&answer, IW_EL_K0));
	assert_true(iw_answer_has(&answer, IW_EL_KFACT));
	assert_false(iw_answer_has(&answer, IW_EL_K1));
	assert_string_equal(iw_answer_text(&answer, IW_EL_K1), "");
	iw_answer_free(&answer);
}

/* Every beginning of a proper answer, and every bit of it flipped: refused, or read as something; never a crash (run under sanitizers). */
static void walks_over_an_answer_end_well(void **state)
{
	json_t *file = vector_file("conversation");
	const char *xml = vector_text(json_array_get(json_object_get(file, "exchanges"), 1), "reply");
	size_t length = strlen(xml);
	char *copy = malloc(length);

	(void)state;
	assert_non_null(copy);
	for (size_t cut = 0; cut < length; cut++) {
		struct iw_answer answer = {0};

		memcpy(copy, xml, length);
		assert_int_equal(iw_answer_read(copy, cut, "ActionFinalize", &answer), PIMS_E_FORMAT);
	}
	for (size_t bit = 0; bit < 8 * length; bit++) {
		struct iw_answer answer = {0};

		memcpy(copy, xml, length);
		copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
		if (iw_answer_read(copy, length, "ActionFinalize", &answer) == 0)
			assert_true(iw_answer_filled(&answer, IW_EL_ERR));
		iw_answer_free(&answer);
	}
	free(copy);
	json_decref(file);
}

static void a_refusal_is_told_with_its_details(void **state)
{
	struct iw_answer answer = {0};
	struct iw_refusal refusal;

	(void)state;
	assert_int_equal(read_text(XML "<ActionSetup><err>NOK:ACCESS</err><remaining>3</remaining><retryAfter>60</retryAfter>"
				       "<cause>otp.pin_required</cause></ActionSetup>",
				   &answer),
			 0);
	assert_int_equal(iw_answer_refusal(&answer, &refusal), IW_ACCESS);
	assert_int_equal(refusal.remaining, 3);
	assert_int_equal(refusal.retry_after, 60);
	assert_string_equal(refusal.cause, "otp.pin_required");
	iw_answer_free(&answer);
}

static void odd_details_of_a_refusal_are_left_out(void **state)
{
	static const char *const causes[] = {
		"", "Has Blanks", "x\ny", "<b>", "caf\xc3\xa9", "a123456789012345678901234567890123456789012345678901234567890123456789"};
	struct buf xml = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		struct iw_answer answer = {0};
		struct iw_refusal refusal;

		buf_reset(&xml);
		iw_answer_begin(&xml, "ActionSetup");
		iw_answer_put(&xml, IW_EL_ERR, "NOK:CODE");
		iw_answer_put(&xml, IW_EL_REMAINING, i % 2 ? "-1" : "99999999999");
		iw_answer_put(&xml, IW_EL_RETRYAFTER, "soon");
		iw_answer_put(&xml, IW_EL_CAUSE, causes[i]);
		assert_int_equal(iw_answer_end(&xml, "ActionSetup"), 0);
		assert_int_equal(read_text(buf_text(&xml), &answer), 0);
		assert_int_equal(iw_answer_refusal(&answer, &refusal), IW_CODE);
		assert_int_equal(refusal.remaining, -1);
		assert_int_equal(refusal.retry_after, -1);
		assert_string_equal(refusal.cause, "inwebo.code");
		iw_answer_free(&answer);
	}
	buf_free(&xml);
}

/* spec/wire.md §1 Errors, row by row. */
static void every_word_of_the_wire_has_its_code(void **state)
{
	static const struct {
		const char *word;
		int code;
	} rows[] = {
		{"NOK:CODE", 2305},
		{"NOK:SN", 2102},
		{"NOK:ACCESS", 2308},
		{"NOK:VERSION", 2309},
		{"NOK:BLOCKED", 2310},
		{"NOK:NOK_BLOCKED", 2310},
		{"OK:BLOCKED", 2310},
		{"NOK:STATE", 2311},
		{"NOK:NODEVICE", 2312},
		{"NOK:NOCA", 2313},
		{"NOK:NOSRV", 2314},
		{"NOK:PINREUSED", 2315},
		{"NOK:SYNCHROFAILED", 2316},
		{"NOK:FORBIDDEN", 2317},
		{"NOK:MAXNBTOOLS", 2317},
		{"NOK:PINREFUSED", 2102},
		{"NOK:TIMEOUT", 2201},
		{"NOK:ELSE", 2000},
		{"", 2000},
		{"ok", 2000},
		{"OK ", 2000},
		{"NOK", 2000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(iw_error_code(iw_error_parse(rows[i].word)), rows[i].code);
		assert_true(*iw_error_cause(iw_error_parse(rows[i].word)));
	}
	assert_int_equal(iw_error_parse("OK"), IW_OK);
	assert_string_equal(iw_error_cause(iw_error_parse("NOK:FORBIDDEN")), "inwebo.forbidden");
	assert_string_equal(iw_error_cause(iw_error_parse("NOK:MAXNBTOOLS")), "inwebo.max_devices");
	assert_string_equal(iw_error_word((enum iw_error)1000), "");
	assert_int_equal(iw_error_code((enum iw_error) - 1), 2000);
}

/* include/pims/cause.h says of each cause which codes it comes with; a problem document's cause finds its way back. */
static void every_cause_of_inwebo_comes_with_its_code_in_the_table_of_causes(void **state)
{
#define CAUSE_CODES(word, text, recovery, codes, tells) {word, codes},
	static const struct {
		const char *word, *codes;
	} causes[] = {PIMS_CAUSES(CAUSE_CODES)};
	char code[8];

	(void)state;
	for (unsigned error = IW_CODE; error < IW_ERROR_COUNT; error++) {
		const char *cause = iw_error_cause((enum iw_error)error);
		size_t i = 0;

		assert_int_equal(iw_error_of_cause(cause), error);
		snprintf(code, sizeof code, "%d", iw_error_code((enum iw_error)error));
		while (i < sizeof causes / sizeof *causes && strcmp(causes[i].word, cause) != 0)
			i++;
		if (i == sizeof causes / sizeof *causes || !strstr(causes[i].codes, code))
			fail_msg("%s: the table of causes does not say %s", cause, code);
	}
	assert_int_equal(iw_error_of_cause("inwebo."), IW_OK);
	assert_int_equal(iw_error_of_cause(""), IW_OK);
}

static void what_is_written_is_read(void **state)
{
	struct buf xml = BUF_INIT(4096);
	struct iw_answer answer = {0};

	(void)state;
	iw_answer_begin(&xml, "ActionSetup");
	iw_answer_put(&xml, IW_EL_ERR, "OK");
	iw_answer_put(&xml, IW_EL_S_NAME, "<\"A\" & 'B'>\r]]>\xc3\xa9");
	iw_answer_put(&xml, IW_EL_S_ICON, "");
	assert_int_equal(iw_answer_end(&xml, "ActionSetup"), 0);
	assert_int_equal(read_text(buf_text(&xml), &answer), 0);
	assert_string_equal(iw_answer_text(&answer, IW_EL_S_NAME), "<\"A\" & 'B'>\r]]>\xc3\xa9");
	assert_true(iw_answer_has(&answer, IW_EL_S_ICON));
	iw_answer_free(&answer);
	buf_free(&xml);
}

static void an_answer_that_does_not_fit_is_an_error(void **state)
{
	struct buf xml = BUF_INIT(64);

	(void)state;
	iw_answer_begin(&xml, "ActionSetup");
	iw_answer_put(&xml, IW_EL_ERR, "OK");
	assert_int_equal(iw_answer_end(&xml, "ActionSetup"), PIMS_E_LIMIT);
	buf_free(&xml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_proper_answer_is_refused),
		cmocka_unit_test(an_answer_over_the_limit_is_refused),
		cmocka_unit_test(odd_details_of_a_refusal_are_left_out),
		cmocka_unit_test(an_answer_that_does_not_fit_is_an_error),
		cmocka_unit_test(walks_over_an_answer_end_well),
		cmocka_unit_test(what_servers_may_add_is_accepted),
		cmocka_unit_test(a_refusal_is_told_with_its_details),
		cmocka_unit_test(every_cause_of_inwebo_comes_with_its_code_in_the_table_of_causes),
		cmocka_unit_test(every_word_of_the_wire_has_its_code),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
