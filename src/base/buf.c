/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/secret.h"

#include <pims/error.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 64 };

void buf_init(struct buf *buf, size_t max)
{
	*buf = BUF_INIT(max);
}

void buf_free(struct buf *buf)
{
	if (!buf)
		return;
	secret_wipe(buf->data, buf->capacity);
	free(buf->data);
	*buf = BUF_INIT(buf->max);
}

void buf_reset(struct buf *buf)
{
	secret_wipe(buf->data, buf->len);
	buf->len = 0;
	buf->error = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

static int buf_fail(struct buf *buf, int error)
{
	if (!buf->error)
		buf->error = error;
	return error;
}

/* Not realloc(): it would leave the old bytes behind unwiped. */
static int buf_grow(struct buf *buf, size_t need)
{
	size_t capacity = buf->capacity ? buf->capacity : BUF_FIRST;
	char *data;

	while (capacity < need)
		capacity = capacity > buf->max / 2 ? buf->max + 1 : capacity * 2;
	data = malloc(capacity);
	if (!data)
		return buf_fail(buf, PIMS_E_MEMORY);
	if (buf->data) {
		memcpy(data, buf->data, buf->len);
		secret_wipe(buf->data, buf->capacity);
		free(buf->data);
	}
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

int buf_put(struct buf *buf, const void *bytes, size_t length)
{
	int r;

	if (buf->error)
		return buf->error;
	if (buf->max >= SIZE_MAX / 2 || length > buf->max || buf->len > buf->max - length)
		return buf_fail(buf, PIMS_E_LIMIT);
	if (buf->len + length + 1 > buf->capacity) {
		r = buf_grow(buf, buf->len + length + 1);
		if (r < 0)
			return r;
	}
	if (length)
		memcpy(buf->data + buf->len, bytes, length);
	buf->len += length;
	buf->data[buf->len] = '\0';
	return 0;
}

int buf_puts(struct buf *buf, const char *text)
{
	return buf_put(buf, text, strlen(text));
}

int buf_putc(struct buf *buf, char c)
{
	return buf_put(buf, &c, 1);
}

int buf_printf(struct buf *buf, const char *format, ...)
{
	char small[256];
	char *text = small;
	va_list list;
	int length, r;

	va_start(list, format);
	length = vsnprintf(small, sizeof small, format, list);
	va_end(list);
	if (length < 0)
		return buf_fail(buf, PIMS_E_INVALID);
	if ((size_t)length >= sizeof small) {
		text = malloc((size_t)length + 1);
		if (!text)
			return buf_fail(buf, PIMS_E_MEMORY);
		va_start(list, format);
		(void)vsnprintf(text, (size_t)length + 1, format, list);
		va_end(list);
	}
	r = buf_put(buf, text, (size_t)length);
	if (text != small) {
		secret_wipe(text, (size_t)length);
		free(text);
	}
	secret_wipe(small, sizeof small);
	return r;
}

int buf_error(const struct buf *buf)
{
	return buf->error;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}
