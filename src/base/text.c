/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

int text_set(char **text, const char *value)
{
	char *copy = NULL;

	if (value) {
		copy = strdup(value);
		if (!copy)
			return PIMS_E_MEMORY;
	}
	free(*text);
	*text = copy;
	return 0;
}

int bytes_set(unsigned char **bytes, size_t *ret_length, const void *value, size_t length)
{
	unsigned char *copy = malloc(length);

	if (!copy)
		return PIMS_E_MEMORY;
	memcpy(copy, value, length);
	free(*bytes);
	*bytes = copy;
	*ret_length = length;
	return 0;
}

int text_copy(char *array, size_t size, const char *value)
{
	size_t length = strlen(value);

	if (length >= size)
		return PIMS_E_LIMIT;
	memcpy(array, value, length + 1);
	return 0;
}

bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Not strcasecmp(): its result depends on the locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}
