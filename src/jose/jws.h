/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_JOSE_JWS_H
#define PIMS_JOSE_JWS_H

#include "base/json.h"

#include <stddef.h>

/** A signed token in compact serialisation (RFC 7515 §7.1), read but not verified. */
struct jws {
	struct secret text;
	const char *algorithm; /**< of JOSE_ALGORITHMS (jwk.h); a constant */
	char *key_id;   /**< NULL = none named */
	json_t *claims; /**< an object; owned */
};

/**
 * Reads an id_token into an empty structure: its "typ" is JWT, or absent. PIMS_E_FORMAT; PIMS_E_INVALID: an algorithm, type or critical header that is not
 * accepted; PIMS_E_MEMORY. Nothing is written then.
 */
int jws_parse(const char *text, size_t length, struct jws *ret_jws);
/** The same for a token whose "typ" must be there and be `type`, such as "at+jwt" (RFC 9068 §2.1). */
int jws_parse_type(const char *text, size_t length, const char *type, struct jws *ret_jws);
/**
 * The same for what a client proves itself with (RFC 7523 §2.2): its "typ" is client-authentication+jwt (draft-ietf-oauth-rfc7523bis), JWT, or absent.
 */
int jws_parse_assertion(const char *text, size_t length, struct jws *ret_jws);
void jws_free(struct jws *jws);

#endif
