/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

#include <string.h>
#include <strings.h>

const struct texts *const texts_table[TEXTS_LANGUAGES] = {&texts_en, &texts_fr, &texts_de, &texts_es, &texts_it};

int texts_fill(const char *text, const char *value, struct buf *ret_text)
{
	const char *place = strstr(text, "%s");

	if (!place)
		return buf_puts(ret_text, text);
	buf_put(ret_text, text, (size_t)(place - text));
	buf_puts(ret_text, value);
	return buf_puts(ret_text, place + 2);
}

static const struct texts *find(const char *tag, size_t length)
{
	for (size_t i = 0; i < TEXTS_LANGUAGES; i++)
		if (length >= 2 && strncasecmp(tag, texts_table[i]->language, 2) == 0 && (length == 2 || tag[2] == '-' || tag[2] == '_'))
			return texts_table[i];
	return NULL;
}

/* The quality value behind a tag, in thousandths (RFC 9110 §12.4.2); 1000 when there is none, 0 for "not acceptable". */
static int quality(const char *rest)
{
	int value = 0, scale = 1000;

	rest += strspn(rest, " \t");
	if (*rest != ';')
		return 1000;
	rest += 1 + strspn(rest + 1, " \t");
	if (strncasecmp(rest, "q=", 2) != 0)
		return 1000;
	if (rest[2] != '0')
		return 1000;
	if (rest[3] != '.')
		return 0;
	for (rest += 4; *rest >= '0' && *rest <= '9' && scale > 1; rest++) {
		scale /= 10;
		value += (*rest - '0') * scale;
	}
	return value;
}

/* The tag of a list that we have and that is wanted most; of equals the first. */
static const struct texts *find_best(const char *list)
{
	const struct texts *best = NULL;
	int wanted = 0;

	while (list && *list) {
		const char *tag = list + strspn(list, " ,\t");
		size_t length = strcspn(tag, " ,;\t");
		const struct texts *texts = find(tag, length);

		if (texts && quality(tag + length) > wanted) {
			wanted = quality(tag + length);
			best = texts;
		}
		list = tag + length;
		if (*list == ';')
			list += strcspn(list, ",");
	}
	return best;
}

const struct texts *texts_of_request(const struct request *request)
{
	const struct texts *texts = find_best(request_parameter(request, "ui_locales"));

	if (!texts)
		texts = find_best(request_header(request, "Accept-Language"));
	return texts ? texts : texts_table[0];
}

const struct texts *texts_of_locale(const char *locale)
{
	const struct texts *texts = find_best(locale);

	return texts ? texts : texts_table[0];
}
