/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_JOSE_JWKS_H
#define PIMS_JOSE_JWKS_H

#include "jose/jws.h"

#include <stddef.h>

/** PIMS_E_FORMAT unless the text is a key set (RFC 7517 §5) of at most KEYS_MAX keys; keys of kinds we do not know are no matter. */
int jwks_check(const char *text, size_t length);
/**
 * What is wrong with a key set that somebody gives us as his own, or NULL: it has 1 to `max` keys, each public, of a kind that jwks_verify() takes, and named
 * (kid) where there are several. A literal.
 */
const char *jwks_fault(const char *text, size_t length, size_t max);
/**
 * Verifies a signature with the keys of such a text. PIMS_E_NOT_FOUND: no key fits (key id, kind, use, strength; without a key id
 * there must be exactly one); PIMS_E_CRYPTO: the signature is wrong; PIMS_E_FORMAT, PIMS_E_MEMORY.
 */
int jwks_verify(const char *text, const struct jws *jws);

#endif
