/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

void secret_wipe(void *memory, size_t length)
{
	if (memory && length)
		explicit_bzero(memory, length);
}

void secret_free_text(char *text)
{
	if (!text)
		return;
	secret_wipe(text, strlen(text));
	free(text);
}

void secret_free(struct secret *secret)
{
	if (!secret)
		return;
	secret_wipe(secret->text, secret->len);
	free(secret->text);
	*secret = (struct secret){0};
}

int secret_set_bytes(struct secret *secret, const void *bytes, size_t length)
{
	char *copy = NULL;

	if (length) {
		copy = malloc(length + 1);
		if (!copy)
			return PIMS_E_MEMORY;
		memcpy(copy, bytes, length);
		copy[length] = '\0';
	}
	secret_free(secret);
	secret->text = copy;
	secret->len = length;
	return 0;
}

int secret_set(struct secret *secret, const char *text)
{
	return secret_set_bytes(secret, text, text ? strlen(text) : 0);
}

int secret_copy(struct secret *secret, const struct secret *from)
{
	return secret == from ? 0 : secret_set_bytes(secret, from->text, from->len);
}

void secret_move(struct secret *secret, struct secret *from)
{
	if (secret == from)
		return;
	secret_free(secret);
	*secret = *from;
	*from = (struct secret){0};
}

const char *secret_text(const struct secret *secret)
{
	return secret->text ? secret->text : "";
}

bool secret_empty(const struct secret *secret)
{
	return secret->len == 0;
}

static bool equal_bytes(const char *a, const char *b, size_t length)
{
	volatile unsigned char difference = 0;

	for (size_t i = 0; i < length; i++)
		difference = (unsigned char)(difference | ((unsigned char)a[i] ^ (unsigned char)b[i]));
	return difference == 0;
}

bool secret_equals(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && equal_bytes(secret_text(a), secret_text(b), a->len);
}

bool secret_equals_text(const char *a, const char *b)
{
	size_t length = strlen(a);

	return length == strlen(b) && equal_bytes(a, b, length);
}
