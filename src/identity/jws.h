/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_JWS_H
#define PIMS_IDENTITY_JWS_H

#include "base/json.h"

#include <stddef.h>

/** The algorithms that are accepted; "none" and the symmetric ones are not (RFC 8725 §3.1). */
enum jws_algorithm { JWS_RS256, JWS_ES256 };

/** A signed token in compact serialisation (RFC 7515 §7.1), read but not verified. */
struct jws {
	struct secret text;
	enum jws_algorithm algorithm;
	char *key_id;   /**< NULL = none named */
	json_t *claims; /**< an object; owned */
};

/**
 * Reads a token into an empty structure. PIMS_E_FORMAT; PIMS_E_INVALID: an algorithm, type or critical header that is not
 * accepted; PIMS_E_MEMORY. Nothing is written then.
 */
int jws_parse(const char *text, size_t length, struct jws *ret_jws);
void jws_free(struct jws *jws);

#endif
