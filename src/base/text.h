/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_TEXT_H
#define PIMS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/** Replaces *text by a copy (NULL frees). On failure *text is unchanged. PIMS_E_MEMORY. */
int text_set(char **text, const char *value);
/** The same of `length` bytes, more than none. */
int bytes_set(unsigned char **bytes, size_t *ret_length, const void *value, size_t length);
/** Copies into an array of `size` with a NUL; PIMS_E_LIMIT when it does not fit (then nothing is written). */
int text_copy(char *array, size_t size, const char *value);
/** Both NULL, or equal. */
bool text_equal(const char *a, const char *b);
bool text_starts(const char *text, const char *prefix);
/** ASCII, without regard to case. */
bool text_equal_nocase(const char *a, const char *b);

#endif
