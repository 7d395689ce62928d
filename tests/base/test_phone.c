/* SPDX-License-Identifier: Apache-2.0 */
#include "base/phone.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void impossible_numbers_are_refused_and_change_nothing(void **state)
{
	static const char *const rows[][2] = {
		{"", "FR"},           {"+", "FR"},          {"+33", "FR"},           {"0", "FR"},           {"061234567", "FR"},
		{"06123456789", "FR"}, {"+3361234567", ""},  {"+336123456789", ""},   {"+999123456789", ""}, {"+0612345678", "FR"},
		{"06 12 34 56 7x", "FR"}, {"++33612345678", ""}, {"33+612345678", "FR"}, {"0612345678", ""},    {"0612345678", "XX"},
		{"+33612345678\n", ""}, {"00", "FR"},         {"1234567890123456789012345", "FR"}, {"+1 555 12", "US"}, {"0612345678;", "FR"}, {"+33061234567", ""},
	};
	char number[PHONE_SIZE] = "kept";

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (phone_normalise(rows[i][0], rows[i][1], number) != PIMS_E_FORMAT)
			fail_msg("accepted: %s", rows[i][0]);
	assert_int_equal(phone_normalise("0612345678", NULL, number), PIMS_E_FORMAT);
	assert_string_equal(number, "kept");
}

static void numbers_as_people_write_them_become_e164(void **state)
{
	static const char *const rows[][3] = {
		{"0612345678", "FR", "+33612345678"},        {"06 12 34 56 78", "fr", "+33612345678"},   {"06.12.34.56.78", "FR", "+33612345678"},
		{"+33 6 12 34 56 78", NULL, "+33612345678"}, {"+33 (0)6 12 34 56 78", "", "+33612345678"}, {"0033612345678", "DE", "+33612345678"},
		{"612345678", "FR", "+33612345678"},         {"0151 23456789", "DE", "+4915123456789"},  {"(212) 555-0123", "US", "+12125550123"},
		{"1-212-555-0123", "US", "+12125550123"},    {"07400 123456", "GB", "+447400123456"},    {"312 345 6789", "IT", "+393123456789"},
		{"06 12345678", "IT", "+390612345678"},      {"612 34 56 78", "ES", "+34612345678"},     {"8 (912) 345-67-89", "RU", "+79123456789"},
		{"06 20 123 4567", "HU", "+36201234567"},
	};
	char number[PHONE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (phone_normalise(rows[i][0], rows[i][1], number) != 0)
			fail_msg("refused: %s", rows[i][0]);
		assert_string_equal(number, rows[i][2]);
		assert_int_equal(phone_normalise(number, NULL, number), 0);
		assert_string_equal(number, rows[i][2]);
	}
}

static void a_number_belongs_to_the_main_country_of_its_calling_code(void **state)
{
	(void)state;
	assert_null(phone_country("0612345678"));
	assert_null(phone_country("+999"));
	assert_null(phone_country(""));
	assert_string_equal(phone_country("+33612345678"), "FR");
	assert_string_equal(phone_country("+12125550123"), "US");
	assert_string_equal(phone_country("+447400123456"), "GB");
	assert_string_equal(phone_country("+393123456789"), "IT");
}

static void a_number_of_another_country_has_no_national_form(void **state)
{
	char text[PHONE_SIZE] = "as it was";

	(void)state;
	assert_int_equal(phone_national("+34612345678", "FR", text), PIMS_E_FORMAT);
	assert_int_equal(phone_national("+33612345678", "XX", text), PIMS_E_FORMAT);
	assert_int_equal(phone_national("+33612345678", NULL, text), PIMS_E_FORMAT);
	assert_int_equal(phone_national("+3361234567", "FR", text), PIMS_E_FORMAT);
	assert_int_equal(phone_national("0612345678", "FR", text), PIMS_E_FORMAT);
	assert_string_equal(text, "as it was");
	assert_false(phone_country_known("XX"));
	assert_false(phone_country_known(NULL));
	assert_true(phone_country_known("fr"));
}

static void the_national_form_reads_back_as_the_same_number(void **state)
{
	static const char *const numbers[][3] = {{"+33612345678", "FR", "0612345678"}, {"+34612345678", "es", "612345678"},
						 {"+393331234567", "IT", "3331234567"}, {"+12025550123", "US", "2025550123"},
						 {"+447700900123", "GB", "07700900123"}};
	char text[PHONE_SIZE], number[PHONE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		assert_int_equal(phone_national(numbers[i][0], numbers[i][1], text), 0);
		assert_string_equal(text, numbers[i][2]);
		assert_int_equal(phone_normalise(text, numbers[i][1], number), 0);
		assert_string_equal(number, numbers[i][0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_numbers_are_refused_and_change_nothing),
		cmocka_unit_test(numbers_as_people_write_them_become_e164),
		cmocka_unit_test(a_number_belongs_to_the_main_country_of_its_calling_code),
		cmocka_unit_test(a_number_of_another_country_has_no_national_form),
		cmocka_unit_test(the_national_form_reads_back_as_the_same_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
