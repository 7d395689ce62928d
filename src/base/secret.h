/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_SECRET_H
#define PIMS_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/**
 * A secret text (token, PIN, code, key in hex). Wiped when it is replaced or freed; logs print SECRET_SHOWN in its place.
 * All zero bytes is a valid, empty secret.
 */
struct secret {
	char *text; /**< NUL-terminated, or NULL when empty */
	size_t len;
};

#define SECRET_SHOWN "***"

/** Frees a secret at the end of its scope. */
#define cleanup_secret __attribute__((cleanup(secret_free)))

/** Replaces the content by a copy. On failure the old content stays. PIMS_E_MEMORY. */
int secret_set(struct secret *secret, const char *text);
int secret_set_bytes(struct secret *secret, const void *bytes, size_t length);
int secret_copy(struct secret *secret, const struct secret *from);
/** Takes the content of `from`, which is empty afterwards. */
void secret_move(struct secret *secret, struct secret *from);
void secret_free(struct secret *secret);
/** The text, "" when empty; valid until the secret changes. */
const char *secret_text(const struct secret *secret);
bool secret_empty(const struct secret *secret);
/** Compares in a time that depends on the lengths only. */
bool secret_equals(const struct secret *a, const struct secret *b);
bool secret_equals_text(const char *a, const char *b);
/** Wipes memory; not removed by the optimiser. */
void secret_wipe(void *memory, size_t length);
/** Wipes and frees a string; NULL allowed. */
void secret_free_text(char *text);

#endif
