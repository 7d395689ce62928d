/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/challenge.h"

#include "base/text.h"

#include <string.h>

/* RFC 9110 §11.3: challenges and their parameters are both separated by commas; a word with "=" behind it is a parameter. */

enum { WORD_MAX = 64 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* A word that is too long is read over and compares equal to nothing. */
struct word {
	char text[WORD_MAX + 1];
	bool cut;
};

static void put(struct word *word, size_t *length, char c)
{
	if (*length < WORD_MAX)
		word->text[(*length)++] = c;
	else
		word->cut = true;
	word->text[*length] = '\0';
}

static bool is_token_char(char c)
{
	return c && (strchr(letters, c) || strchr("!#$%&'*+-.^_`|~", c));
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

static const char *read_token(const char *text, struct word *ret_word)
{
	size_t length = 0;

	*ret_word = (struct word){0};
	for (; is_token_char(*text); text++)
		put(ret_word, &length, *text);
	return text;
}

/* §5.6.4; NULL: it does not end */
static const char *read_quoted(const char *text, struct word *ret_word)
{
	size_t length = 0;

	*ret_word = (struct word){0};
	for (; *text != '"'; text++) {
		if (*text == '\\')
			text++;
		if (!*text)
			return NULL;
		put(ret_word, &length, *text);
	}
	return text + 1;
}

/* token68, as Basic and Negotiate have it in place of parameters; `text` where there is none */
static const char *skip_token68(const char *text)
{
	const char *end = text;

	while (*end && (strchr(letters, *end) || strchr("-._~+/", *end)))
		end++;
	if (end == text)
		return text;
	end = skip_blanks(end + strspn(end, "="));
	return !*end || *end == ',' ? end : text;
}

static bool is_ours(const struct word *scheme)
{
	return text_equal_nocase(scheme->text, "Bearer") || text_equal_nocase(scheme->text, "DPoP");
}

bool challenge_has_error(const char *text, const char *error)
{
	struct word scheme = {0}, name, value;

	for (;;) {
		text += strspn(text, " \t,");
		text = read_token(text, &name);
		if (!*name.text)
			return false;
		text = skip_blanks(text);
		if (*text != '=') {
			scheme = name;
			text = skip_token68(text);
			continue;
		}
		text = skip_blanks(text + 1);
		text = *text == '"' ? read_quoted(text + 1, &value) : read_token(text, &value);
		if (!text)
			return false;
		if (is_ours(&scheme) && text_equal_nocase(name.text, "error") && !value.cut && text_equal(value.text, error))
			return true;
	}
}
