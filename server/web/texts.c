/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/texts.h"

#include <string.h>
#include <strings.h>

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
		if (length >= 2 && strncasecmp(tag, texts_table[i].language, 2) == 0 && (length == 2 || tag[2] == '-' || tag[2] == '_'))
			return &texts_table[i];
	return NULL;
}

/* The first tag of a list that we have. Quality values are not weighed: senders put the best first. */
static const struct texts *find_first(const char *list)
{
	const struct texts *texts = NULL;

	while (list && *list && !texts) {
		list += strspn(list, " ,\t");
		texts = find(list, strcspn(list, " ,;\t"));
		list += strcspn(list, " ,\t");
	}
	return texts;
}

const struct texts *texts_of_request(const struct request *request)
{
	const struct texts *texts = find_first(request_parameter(request, "ui_locales"));

	if (!texts)
		texts = find_first(request_header(request, "Accept-Language"));
	return texts ? texts : &texts_table[0];
}

const struct texts *texts_of_locale(const char *locale)
{
	const struct texts *texts = find_first(locale);

	return texts ? texts : &texts_table[0];
}
