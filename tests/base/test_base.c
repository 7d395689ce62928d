/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_buffer_refuses_what_exceeds_its_maximum_and_keeps_its_content(void **state)
{
	struct buf buf = BUF_INIT(8);

	(void)state;
	assert_int_equal(buf_puts(&buf, "12345678"), 0);
	assert_int_equal(buf_putc(&buf, '9'), PIMS_E_LIMIT);
	assert_string_equal(buf_text(&buf), "12345678");
	assert_int_equal(buf_error(&buf), PIMS_E_LIMIT);
	assert_int_equal(buf_put(&buf, "", 0), PIMS_E_LIMIT);
	buf_reset(&buf);
	assert_int_equal(buf_error(&buf), 0);
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf_put(&buf, "x", SIZE_MAX), PIMS_E_LIMIT);
	buf_free(&buf);
	assert_int_equal(buf_puts(&buf, "again"), 0);
	buf_free(&buf);
}

static void a_buffer_grows_and_formats_long_texts(void **state)
{
	struct buf buf = BUF_INIT(100000);
	char text[2001];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < 40; i++)
		assert_int_equal(buf_printf(&buf, "%d:%s", i % 10, text), 0);
	assert_int_equal(buf.len, 40 * 2002);
	assert_int_equal(strlen(buf_text(&buf)), buf.len);
	buf_free(&buf);
	assert_string_equal(buf_text(&buf), "");
}

static void a_reset_buffer_keeps_nothing_of_its_content(void **state)
{
	struct buf buf = BUF_INIT(64);

	(void)state;
	assert_int_equal(buf_puts(&buf, "secret"), 0);
	buf_reset(&buf);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(buf.data[i], 0);
	buf_free(&buf);
}

static void secrets_compare_by_content_and_move(void **state)
{
	struct secret a = {0}, b = {0};

	(void)state;
	assert_true(secret_equals(&a, &b));
	assert_int_equal(secret_set(&a, "0123"), 0);
	assert_false(secret_equals(&a, &b));
	assert_int_equal(secret_set(&b, "0124"), 0);
	assert_false(secret_equals(&a, &b));
	assert_int_equal(secret_copy(&b, &a), 0);
	assert_true(secret_equals(&a, &b));
	assert_int_equal(secret_copy(&b, &b), 0);
	secret_move(&a, &b);
	secret_move(&a, &a);
	assert_string_equal(secret_text(&a), "0123");
	assert_true(secret_empty(&b));
	assert_string_equal(secret_text(&b), "");
	assert_int_equal(secret_set(&a, NULL), 0);
	assert_true(secret_empty(&a));
	assert_false(secret_equals_text("abc", "abcd"));
	assert_false(secret_equals_text("abc", "abd"));
	assert_true(secret_equals_text("", ""));
	secret_free(&a);
	secret_free(NULL);
	secret_free_text(NULL);
}

static void hex_takes_exactly_the_given_length(void **state)
{
	unsigned char bytes[3] = {9, 9, 9};
	char hex[7];

	(void)state;
	assert_int_equal(hex_decode("0001", bytes, 3), PIMS_E_FORMAT);
	assert_int_equal(hex_decode("00010203", bytes, 3), PIMS_E_FORMAT);
	assert_int_equal(hex_decode("00010g", bytes, 3), PIMS_E_FORMAT);
	assert_int_equal(bytes[0], 9);
	assert_int_equal(hex_decode("00aBfF", bytes, 3), 0);
	hex_encode(bytes, 3, hex);
	assert_string_equal(hex, "00abff");
	assert_true(hex_valid("", 0));
	assert_false(hex_valid("00", 1));
}

static void base64url_refuses_padding_blanks_and_second_spellings(void **state)
{
	static const char *const bad[] = {"QQ==", "Q Q", "QR", "A", "QQ+", "QQ/"};
	unsigned char bytes[8];
	size_t length = 0;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(base64url_decode(bad[i], strlen(bad[i]), bytes, sizeof bytes, &length), PIMS_E_FORMAT);
	assert_int_equal(base64url_decode("AAAAAAAAAAAA", 12, bytes, 8, &length), PIMS_E_LIMIT);
	assert_int_equal(length, 0);
}

static void base64_answers_the_vectors_of_rfc_4648(void **state)
{
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf buf = BUF_INIT(64);
		unsigned char bytes[8];
		size_t length = 99;

		assert_int_equal(base64_encode(rows[i][0], strlen(rows[i][0]), &buf), 0);
		assert_string_equal(buf_text(&buf), rows[i][1]);
		assert_int_equal(base64_decode(rows[i][1], strlen(rows[i][1]), bytes, sizeof bytes, &length), 0);
		assert_int_equal(length, strlen(rows[i][0]));
		assert_memory_equal(bytes, rows[i][0], length);
		buf_free(&buf);
	}
}

static void base64url_round_trips_every_length(void **state)
{
	unsigned char bytes[64], back[64];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(251 * i + 7);
	for (size_t length = 0; length <= sizeof bytes; length++) {
		struct buf buf = BUF_INIT(128);
		size_t got = 0;

		assert_int_equal(base64url_encode(bytes, length, &buf), 0);
		assert_null(strpbrk(buf_text(&buf), "+/="));
		assert_int_equal(base64url_decode(buf_text(&buf), buf.len, back, sizeof back, &got), 0);
		assert_int_equal(got, length);
		assert_memory_equal(back, bytes, length);
		buf_free(&buf);
	}
}

static void decimals_refuse_signs_blanks_and_overflow(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999"};
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(decimal_parse(bad[i], UINT64_MAX, &value), PIMS_E_FORMAT);
	assert_int_equal(decimal_parse("11", 10, &value), PIMS_E_FORMAT);
	assert_int_equal(decimal_parse("6", 5, &value), PIMS_E_FORMAT);
	assert_int_equal(value, 7);
	assert_int_equal(decimal_parse("18446744073709551615", UINT64_MAX, &value), 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(decimal_parse("010", 10, &value), 0);
	assert_int_equal(value, 10);
	assert_false(decimal_valid("", 4));
	assert_false(decimal_valid("12345", 4));
	assert_false(decimal_valid("12a", 4));
	assert_true(decimal_valid("0012", 4));
}

static void sha256_answers_the_vector_of_fips_180_and_joins_texts(void **state)
{
	unsigned char one[SHA256_SIZE], other[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	(void)state;
	assert_int_equal(sha256("abc", 3, one), 0);
	hex_encode(one, sizeof one, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(sha256("a;;b", 4, one), 0);
	assert_int_equal(sha256_join(other, ";", "a", "", "b", NULL), 0);
	assert_memory_equal(one, other, sizeof one);
}

static void texts_are_copied_whole_or_not_at_all(void **state)
{
	char array[4] = "abc";
	char *text = NULL;

	(void)state;
	assert_int_equal(text_copy(array, sizeof array, "1234"), PIMS_E_LIMIT);
	assert_string_equal(array, "abc");
	assert_int_equal(text_copy(array, sizeof array, "123"), 0);
	assert_string_equal(array, "123");
	assert_int_equal(text_set(&text, "one"), 0);
	assert_int_equal(text_set(&text, "two"), 0);
	assert_string_equal(text, "two");
	assert_int_equal(text_set(&text, NULL), 0);
	assert_null(text);
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal("a", NULL));
	assert_true(text_equal_nocase("PeuGeot", "pEUGEOT"));
	assert_false(text_equal_nocase("opel", "opels"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_refuses_what_exceeds_its_maximum_and_keeps_its_content),
		cmocka_unit_test(a_buffer_grows_and_formats_long_texts),
		cmocka_unit_test(a_reset_buffer_keeps_nothing_of_its_content),
		cmocka_unit_test(secrets_compare_by_content_and_move),
		cmocka_unit_test(hex_takes_exactly_the_given_length),
		cmocka_unit_test(base64url_refuses_padding_blanks_and_second_spellings),
		cmocka_unit_test(base64_answers_the_vectors_of_rfc_4648),
		cmocka_unit_test(base64url_round_trips_every_length),
		cmocka_unit_test(decimals_refuse_signs_blanks_and_overflow),
		cmocka_unit_test(sha256_answers_the_vector_of_fips_180_and_joins_texts),
		cmocka_unit_test(texts_are_copied_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
