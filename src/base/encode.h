/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_ENCODE_H
#define PIMS_BASE_ENCODE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Writes 2*length lower-case digits and a NUL to `ret_hex`. */
void hex_encode(const void *bytes, size_t length, char *ret_hex);
/** Exactly `length` bytes from exactly 2*length digits of either case; PIMS_E_FORMAT otherwise. */
int hex_decode(const char *hex, void *ret_bytes, size_t length);
/** True for a text of `length` hex digits. */
bool hex_valid(const char *text, size_t length);

/** base64url without padding (RFC 4648 §5) appended to `buf`. */
int base64url_encode(const void *bytes, size_t length, struct buf *buf);
/** Strict: no padding, no white space. At most `max` bytes; PIMS_E_FORMAT, PIMS_E_LIMIT. */
int base64url_decode(const char *text, size_t length, void *ret_bytes, size_t max, size_t *ret_length);
/** Standard base64 with padding (RFC 4648 §4), for HTTP Basic. */
int base64_encode(const void *bytes, size_t length, struct buf *buf);
int base64_decode(const char *text, size_t length, void *ret_bytes, size_t max, size_t *ret_length);

/** Decimal digits only, at most `max`; PIMS_E_FORMAT otherwise. `text` "" is an error. */
int decimal_parse(const char *text, uint64_t max, uint64_t *ret_value);
/** True for a text of 1 to `max_length` decimal digits. */
bool decimal_valid(const char *text, size_t max_length);

#endif
