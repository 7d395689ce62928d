/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_JOSE_JWK_H
#define PIMS_JOSE_JWK_H

#include <cjose/cjose.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/** What signatures are read by (RFC 7518 §3.1); not by "none" nor by a secret that both share (RFC 8725 §3.1). */
#define JOSE_ALGORITHMS "ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512"
/** The same name as a constant, or NULL when it is none of these. */
const char *jwk_algorithm(const char *name);
/** RFC 7518 §6.2.2, §6.3.2, §6.4: it has members that a public key has not. */
bool jwk_is_private(const json_t *key);

/**
 * The public part of a key (RFC 7517), for signatures by that algorithm of RFC 7518 §3.1 alone: ES256 to ES512, PS256 to PS512 or
 * RS256 to RS512. NULL: it is of another kind, curve or form, of less than 2048 or more than 8192 bits, not on its curve, or the algorithm is
 * another. The caller owns it.
 */
cjose_jwk_t *jwk_load(const json_t *key, const char *algorithm);
/** Verifies a compact signature whose header names the algorithm that the key was loaded for. PIMS_E_CRYPTO. */
int jwk_verify(const cjose_jwk_t *key, const char *text, size_t length);

#endif
