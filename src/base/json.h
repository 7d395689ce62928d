/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_JSON_H
#define PIMS_BASE_JSON_H

#include "base/buf.h"
#include "base/secret.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Parses a JSON object: duplicate keys, NUL characters, trailing bytes and more than 32 levels are refused. PIMS_E_FORMAT, PIMS_E_LIMIT
 * (longer than `max`), PIMS_E_MEMORY. The caller owns *ret_object.
 */
int json_parse_object(const char *text, size_t length, size_t max, json_t **ret_object);
/** The same for any value. */
int json_parse_value(const char *text, size_t length, size_t max, json_t **ret_value);
/** Overwrites every string in it, then drops the reference: for documents that hold secrets and have one owner. NULL allowed. */
void json_wipe(json_t *value);
/** Appends compact text in the order of insertion. */
int json_write(const json_t *value, struct buf *buf);

/** The string of a member, or NULL when it is absent, no string, or holds a NUL. */
const char *json_text(const json_t *object, const char *name);
/** A copy of the string of a member, at most `max` bytes; NULL stays NULL. PIMS_E_FORMAT: another type, or longer. */
int json_copy_text(const json_t *object, const char *name, size_t max, char **ret_text);
int json_copy_secret(const json_t *object, const char *name, size_t max, struct secret *ret_secret);
/** The integer of a member, or `otherwise`. */
int64_t json_int(const json_t *object, const char *name, int64_t otherwise);
/** Sets a member to a string; NULL sets nothing. PIMS_E_MEMORY (also for text that is not UTF-8). */
int json_put_text(json_t *object, const char *name, const char *text);
int json_put_int(json_t *object, const char *name, int64_t value);

#endif
