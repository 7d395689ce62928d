/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"
#include "base/url.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

static bool unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

static int encode(const char *text, const char *blank, struct buf *buf)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

		if (unreserved(*text))
			buf_putc(buf, *text);
		else if (c == ' ')
			buf_puts(buf, blank);
		else
			buf_put(buf, escape, sizeof escape);
	}
	return buf_error(buf);
}

int url_encode(const char *text, struct buf *buf)
{
	return encode(text, "%20", buf);
}

int url_encode_form(const char *text, struct buf *buf)
{
	return encode(text, "+", buf);
}

int url_put(struct buf *buf, const char *name, const char *value)
{
	char last = buf->len ? buf->data[buf->len - 1] : '&';

	if (last != '?' && last != '&')
		buf_putc(buf, '&');
	url_encode_form(name, buf);
	buf_putc(buf, '=');
	return url_encode_form(value, buf);
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One name or value. The result is never longer than the text. */
static int decode(const char *text, size_t length, char **ret_text)
{
	char *copy = malloc(length + 1);
	size_t to = 0;
	int r = PIMS_E_FORMAT;

	if (!copy)
		return PIMS_E_MEMORY;
	for (size_t i = 0; i < length; i++) {
		char c = text[i] == '+' ? ' ' : text[i];

		if (c == '%') {
			if (length - i < 3 || digit_value(text[i + 1]) < 0 || digit_value(text[i + 2]) < 0)
				goto out;
			c = (char)(digit_value(text[i + 1]) << 4 | digit_value(text[i + 2]));
			i += 2;
		}
		if (!c)
			goto out;
		copy[to++] = c;
	}
	copy[to] = '\0';
	*ret_text = copy;
	return 0;
out:
	secret_wipe(copy, to);
	free(copy);
	return r;
}

static int add_item(struct query *query, const char *piece, size_t length)
{
	const char *equals = memchr(piece, '=', length);
	size_t name_length = equals ? (size_t)(equals - piece) : length;
	struct query_item *item;
	int r;

	if (query->count == QUERY_MAX_ITEMS)
		return PIMS_E_LIMIT;
	item = &query->items[query->count];
	r = decode(piece, name_length, &item->name);
	if (r < 0)
		return r;
	query->count++;
	r = equals ? decode(equals + 1, length - name_length - 1, &item->value) : decode("", 0, &item->value);
	if (r < 0)
		return r;
	for (size_t i = 0; i + 1 < query->count; i++)
		if (strcmp(query->items[i].name, item->name) == 0)
			return PIMS_E_FORMAT;
	return 0;
}

int query_parse(const char *text, size_t length, struct query *ret_query)
{
	struct query query = {0};
	const char *end = text + length;
	int r = 0;

	if (length > QUERY_MAX_LENGTH)
		return PIMS_E_LIMIT;
	query.items = calloc(QUERY_MAX_ITEMS, sizeof *query.items);
	if (!query.items)
		return PIMS_E_MEMORY;
	while (r == 0 && text < end) {
		const char *stop = memchr(text, '&', (size_t)(end - text));

		if (!stop)
			stop = end;
		if (stop > text)
			r = add_item(&query, text, (size_t)(stop - text));
		text = stop + 1;
	}
	if (r < 0)
		query_free(&query);
	else
		*ret_query = query;
	return r;
}

void query_free(struct query *query)
{
	if (!query)
		return;
	for (size_t i = 0; i < query->count; i++) {
		free(query->items[i].name);
		secret_free_text(query->items[i].value);
	}
	free(query->items);
	*query = (struct query){0};
}

const char *query_get(const struct query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++)
		if (strcmp(query->items[i].name, name) == 0)
			return query->items[i].value;
	return NULL;
}
