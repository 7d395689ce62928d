/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/challenge.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STRONG "insufficient_user_authentication"

static bool strong(const char *text)
{
	return challenge_has_error(text, STRONG);
}

static void an_error_that_stands_elsewhere_is_none(void **state)
{
	static const char *const texts[] = {
		"", " ", ",", "Bearer", "Bearer ", "Bearer realm=\"openpims\"", STRONG, "Bearer " STRONG, "error=\"" STRONG "\"",
		"Basic error=\"" STRONG "\"",
		"Bearer realm=\"" STRONG "\"",
		"Bearer realm=\"error=" STRONG "\"",
		"Bearer realm=\"a, DPoP error=\\\"" STRONG "\\\"\"",
		"Bearer error_description=\"" STRONG "\"",
		"Bearer error=\"invalid_token\", error_description=\"not " STRONG "\"",
		"Bearer error=\"" STRONG "s\"", "Bearer error=\"x" STRONG "\"", "Bearer error=\"" STRONG,
		"Bearer error=\"INSUFFICIENT_USER_AUTHENTICATION\"",
		"Bearer realm=\"open, error=\"" STRONG "\"",
		"Bearer realm=\"x\", Basic error=\"" STRONG "\"",
		"Bearer =" STRONG, "Bearer error:" STRONG, "(Bearer) error=" STRONG,
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strong(texts[i]))
			fail_msg("found in: %s", texts[i]);
}

static void an_error_is_found_in_every_form_of_the_grammar(void **state)
{
	static const char *const texts[] = {
		"Bearer error=\"" STRONG "\"",
		"bearer error=" STRONG,
		"DPoP error=\"" STRONG "\"",
		"DPOP algs=\"ES256 PS256\", error=\"" STRONG "\"",
		"Bearer realm=\"a \\\"b\\\", c\", error=\"" STRONG "\", acr_values=\"myACR\", max_age=5",
		"Bearer error = \"" STRONG "\"",
		"Bearer error=\"insufficient\\_user\\_authentication\"",
		"Basic realm=\"x\", Bearer error=\"" STRONG "\"",
		"Basic abc==, DPoP error=\"" STRONG "\"",
		"Negotiate, Bearer error=\"" STRONG "\"",
		"Negotiate a/b+c=, ,, Bearer error=\"" STRONG "\"",
		"Bearer realm=\"x\", DPoP error=\"" STRONG "\", algs=\"ES256\"",
		"Bearer\terror=\"" STRONG "\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!strong(texts[i]))
			fail_msg("not found in: %s", texts[i]);
}

static void words_that_are_too_long_are_read_over(void **state)
{
	char long_word[600], text[2000];

	(void)state;
	memset(long_word, 'a', sizeof long_word - 1);
	long_word[sizeof long_word - 1] = '\0';
	(void)snprintf(text, sizeof text, "Bearer realm=\"%s\", %s=x, error=\"" STRONG "\"", long_word, long_word);
	assert_true(strong(text));
	/* the first 64 characters are not the word */
	(void)snprintf(text, sizeof text, "Bearer error=\"%s\"", long_word);
	long_word[64] = '\0';
	assert_false(challenge_has_error(text, long_word));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_that_stands_elsewhere_is_none),
		cmocka_unit_test(an_error_is_found_in_every_form_of_the_grammar),
		cmocka_unit_test(words_that_are_too_long_are_read_over),
	};

	return cmocka_run_group_tests_name("challenges", tests, NULL, NULL);
}
