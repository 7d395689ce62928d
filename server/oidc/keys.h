/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_KEYS_H
#define PIMSD_OIDC_KEYS_H

#include "base/buf.h"
#include "platform/env.h"
#include "server/store/seal.h"
#include "server/store/store.h"

#include <jansson.h>

/** The provider's signing key (RSA 2048, RS256). Constant after loading, so that any thread uses it. */
struct oidc_keys;

/**
 * Reads the key from the store, or makes it on the first start; of several processes that start at once, the first one's key is
 * everybody's. PIMS_E_KEY: sealed with another master key; PIMS_E_FORMAT: no key in it; PIMS_E_CRYPTO, PIMS_E_SYSTEM. The caller
 * owns *ret_keys.
 */
int oidc_keys_load(struct oidc_keys **ret_keys, struct store *store, const struct seal *seal, const struct env *env);
/** NULL allowed. */
void oidc_keys_free(struct oidc_keys *keys);
/** The public half as a JWK set (RFC 7517 §5); lives as long as the keys. */
const char *oidc_keys_jwks(const struct oidc_keys *keys);
/** RFC 7638 thumbprint of the signing key. */
const char *oidc_keys_kid(const struct oidc_keys *keys);
/** Appends a signed JWT with these claims. PIMS_E_CRYPTO, PIMS_E_MEMORY, PIMS_E_LIMIT. */
int oidc_sign(const struct oidc_keys *keys, const json_t *claims, struct buf *ret_token);
/** The claims of a JWT that we signed, whatever its expiry. PIMS_E_FORMAT: not one, or not ours. The caller owns *ret_claims. */
int oidc_verify(const struct oidc_keys *keys, const char *token, json_t **ret_claims);

#endif
