/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/account/password.h"
#include "server/account/password_policy.h"

#include <string.h>

/* Which passwords may be chosen: NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 6.2. */

static void a_password_that_is_guessed_first_is_refused(void **state)
{
	(void)state;
	assert_int_equal(password_policy("password", NULL, PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("PassWord1", NULL, PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("12345678", NULL, PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("qwertyuiop", NULL, PASSWORD_MIN), PASSWORD_COMMON);
	/* the first and the last of the table */
	assert_int_equal(password_policy("!QAZ2WSX", NULL, PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("ZZZZZZZ1", NULL, PASSWORD_MIN), PASSWORD_COMMON);
}

static void a_password_that_is_the_address_or_its_name_is_refused(void **state)
{
	(void)state;
	assert_int_equal(password_policy("Mary.Shelley@example.com", "mary.shelley@example.com", PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("MARY.SHELLEY", "mary.shelley@example.com", PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("mary.shelle", "mary.shelley@example.com", PASSWORD_MIN), PASSWORD_FINE);
	assert_int_equal(password_policy("mary.shelley", "john@example.com", PASSWORD_MIN), PASSWORD_FINE);
}

static void length_counts_characters_at_least_and_bytes_at_most(void **state)
{
	char text[PASSWORD_MAX + 2];

	(void)state;
	assert_int_equal(password_policy("", NULL, PASSWORD_MIN), PASSWORD_LENGTH);
	assert_int_equal(password_policy("x7#kQ2!", NULL, PASSWORD_MIN), PASSWORD_LENGTH);
	assert_int_equal(password_policy("\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xb9", NULL, PASSWORD_MIN), PASSWORD_LENGTH); /* four letters, eight bytes */
	assert_int_equal(password_policy("\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xb9\xc3\xa9\xc3\xa8\xc3\xa0\xc3\xb9", NULL, PASSWORD_MIN), PASSWORD_FINE);
	memset(text, 'x', sizeof text);
	text[PASSWORD_MAX] = '\0';
	assert_int_equal(password_policy(text, NULL, PASSWORD_MIN), PASSWORD_FINE);
	text[PASSWORD_MAX] = 'x';
	text[PASSWORD_MAX + 1] = '\0';
	assert_int_equal(password_policy(text, NULL, PASSWORD_MIN), PASSWORD_LENGTH);
}

/* "password1" in full-width letters is what is hashed as "password1"; "e" and its accent are one letter then */
static void a_password_is_looked_at_as_it_is_hashed(void **state)
{
	(void)state;
	assert_int_equal(password_policy("\xef\xbd\x90\xef\xbd\x81\xef\xbd\x93\xef\xbd\x93\xef\xbd\x97\xef\xbd\x8f\xef\xbd\x92\xef\xbd\x84\xef\xbc\x91", NULL,
					 PASSWORD_MIN), PASSWORD_COMMON);
	assert_int_equal(password_policy("e\xcc\x81" "e\xcc\x81" "e\xcc\x81" "e\xcc\x81", NULL, PASSWORD_MIN), PASSWORD_LENGTH);
}

static void an_operator_may_ask_for_longer_ones(void **state)
{
	(void)state;
	assert_int_equal(password_policy("fourteen-chars", NULL, PASSWORD_MIN_DEFAULT), PASSWORD_LENGTH);
	assert_int_equal(password_policy("fifteen-letters", NULL, PASSWORD_MIN_DEFAULT), PASSWORD_FINE);
	assert_int_equal(password_policy("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", NULL, PASSWORD_MIN_DEFAULT), PASSWORD_LENGTH);
}

static void nothing_is_asked_of_the_kind_of_characters(void **state)
{
	(void)state;
	assert_int_equal(password_policy("correct horse battery staple", NULL, PASSWORD_MIN), PASSWORD_FINE);
	assert_int_equal(password_policy("lantern-", NULL, PASSWORD_MIN), PASSWORD_FINE);
	assert_int_equal(password_policy("        ", NULL, PASSWORD_MIN), PASSWORD_FINE);
	assert_int_equal(password_policy("demo-password", "demo@example.com", PASSWORD_MIN), PASSWORD_FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_that_is_guessed_first_is_refused),
		cmocka_unit_test(a_password_that_is_the_address_or_its_name_is_refused),
		cmocka_unit_test(length_counts_characters_at_least_and_bytes_at_most),
		cmocka_unit_test(a_password_is_looked_at_as_it_is_hashed),
		cmocka_unit_test(an_operator_may_ask_for_longer_ones),
		cmocka_unit_test(nothing_is_asked_of_the_kind_of_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
