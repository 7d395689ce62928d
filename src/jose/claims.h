/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_JOSE_CLAIMS_H
#define PIMS_JOSE_CLAIMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Claims whose form is the same in every token (RFC 7519 §4.1). */

/**
 * Reads a NumericDate, seconds since 1970; a fraction of a second is allowed (§2) and dropped. 1 and a time; 0: the claim is absent; -1: there, but no
 * time up to the year 9999, so that sums cannot overflow.
 */
int claim_time(const json_t *claims, const char *name, int64_t *ret_time);
/** True for a string that is exactly `text`. */
bool claim_is_text(const json_t *value, const char *text);
/** How many audiences an "aud" has; 0 for anything that is neither a string nor a list of at most AUDIENCES_MAX strings. */
size_t claim_audiences(const json_t *audience);
/** True when `name` is among them. */
bool claim_has_audience(const json_t *audience, const char *name);

#endif
