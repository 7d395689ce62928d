/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_JOSE_JWK_H
#define PIMS_JOSE_JWK_H

#include <cjose/cjose.h>
#include <jansson.h>
#include <stddef.h>

/**
 * The public part of a key (RFC 7517), for signatures by that algorithm of RFC 7518 §3.1 alone: ES256 to ES512, PS256 to PS512 or
 * RS256 to RS512. NULL: it is of another kind, curve or form, of less than 2048 or more than 8192 bits, not on its curve, or the algorithm is
 * another. The caller owns it.
 */
cjose_jwk_t *jwk_load(const json_t *key, const char *algorithm);
/** Verifies a compact signature whose header names the algorithm that the key was loaded for. PIMS_E_CRYPTO. */
int jwk_verify(const cjose_jwk_t *key, const char *text, size_t length);

#endif
