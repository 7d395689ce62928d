/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What people read, in every language. */

enum { COUNT = sizeof(struct texts) / sizeof(const char *) };

static const char *text(size_t language, size_t index)
{
	return ((const char *const *)(const void *)texts_table[language])[index];
}

static size_t places(const char *at)
{
	size_t count = 0;

	for (; (at = strchr(at, '%')); at++)
		count += at[1] == 's' ? 1 : 100;
	return count;
}

static void no_language_lacks_a_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS_LANGUAGES; i++)
		for (size_t j = 0; j < COUNT; j++)
			if (!text(i, j) || !*text(i, j))
				fail_msg("language %s lacks text %zu (\"%s\")", text(i, 0), j, text(0, j));
}

static void a_text_takes_the_same_values_in_every_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS_LANGUAGES; i++)
		for (size_t j = 0; j < COUNT; j++) {
			assert_int_equal(places(text(i, j)), places(text(0, j)));
			assert_true(places(text(i, j)) <= 1);
		}
}

static void nothing_in_a_text_is_markup(void **state)
{
	(void)state;
	for (size_t i = 0; i < TEXTS_LANGUAGES; i++)
		for (size_t j = 0; j < COUNT; j++)
			assert_null(strpbrk(text(i, j), "<>&\""));
}

static void sentences_were_translated(void **state)
{
	(void)state;
	for (size_t i = 1; i < TEXTS_LANGUAGES; i++)
		for (size_t j = 0; j < COUNT; j++)
			if (strchr(text(0, j), ' '))
				assert_string_not_equal(text(i, j), text(0, j));
}

static void a_language_is_found_by_its_tag(void **state)
{
	static const char *const tags[][2] = {{"fr-FR", "fr"}, {"de_AT", "de"}, {"ES", "es"}, {"it", "it"}, {"pt, it;q=0.5", "it"},
					      {"de;q=0.9, fr-FR, en;q=0.5", "fr"}, {"de;q=0, it; q=0.001", "it"}, {"de;q=", "de"}, {"de;q=0", "en"}, {";,; ,", "en"},
					      {"frr", "en"}, {"", "en"}, {"*", "en"}, {"nl-NL", "en"}};

	(void)state;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		assert_string_equal(texts_of_locale(tags[i][0])->language, tags[i][1]);
	assert_string_equal(texts_of_locale(NULL)->language, "en");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_language_lacks_a_text),
		cmocka_unit_test(a_text_takes_the_same_values_in_every_language),
		cmocka_unit_test(nothing_in_a_text_is_markup),
		cmocka_unit_test(sentences_were_translated),
		cmocka_unit_test(a_language_is_found_by_its_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
