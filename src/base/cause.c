/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <pims/cause.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct cause {
	const char *word;
	const char *text;
	const char *recovery;
};

struct meaning {
	int code;
	const char *text;
	const char *recovery;
};

#define CAUSE_ROW(word, text, recovery, codes, tells) {word, text, recovery},
#define MEANING_ROW(code, text, recovery) {code, text, recovery},
/* clang-format off */
static const struct cause causes[] = {PIMS_CAUSES(CAUSE_ROW)};
static const struct meaning meanings[] = {PIMS_MEANINGS(MEANING_ROW)};
/* clang-format on */

static bool fits(const char *word, const char *cause)
{
	size_t length = strlen(word);

	return text_equal(word, cause) || (word[length - 1] == '.' && text_starts(cause, word));
}

/* The longest row that fits: a word of its own goes before the family's. */
static const struct cause *find_cause(const char *cause)
{
	const struct cause *best = NULL;

	for (size_t i = 0; cause && i < sizeof causes / sizeof *causes; i++)
		if (fits(causes[i].word, cause) && (!best || strlen(causes[i].word) > strlen(best->word)))
			best = &causes[i];
	return best;
}

static const struct meaning *find_meaning(int code)
{
	static const struct meaning none = {0, "", ""};

	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].code == code)
			return &meanings[i];
	return &none;
}

const char *pims_cause_text(const char *cause, int code)
{
	const struct cause *row = find_cause(cause);

	return row ? row->text : find_meaning(code)->text;
}

const char *pims_cause_recovery(const char *cause, int code)
{
	const struct cause *row = find_cause(cause);

	return row ? row->recovery : find_meaning(code)->recovery;
}
