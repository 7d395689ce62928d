/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_DPOP_JWK_H
#define PIMS_DPOP_JWK_H

#include "dpop/dpop.h"
#include "dpop/p256.h"

#include <cjose/cjose.h>
#include <jansson.h>

/* Private to src/dpop: the public key in a proof's header. */

/** {"kty", "crv", "x", "y"}; NULL: no memory. */
json_t *jwk_write(const struct p256 *key);
/** For proofs by that algorithm; the caller owns it. PIMS_E_INVALID: another kind of key, or a private one; PIMS_E_FORMAT: none. */
int jwk_read(const json_t *jwk, const char *algorithm, cjose_jwk_t **ret_key);
/** RFC 7638, of a key that was written or read. */
int jwk_thumbprint(const json_t *jwk, char ret_thumbprint[DPOP_THUMBPRINT_SIZE]);

#endif
