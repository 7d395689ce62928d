/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_DPOP_P256_H
#define PIMS_DPOP_P256_H

#include "platform/env.h"

#include <openssl/types.h>
#include <stddef.h>

/* Private to src/dpop: ECDSA with P-256 and SHA-256 (RFC 7518 §3.4). */

enum { P256_SIZE = 32, P256_SIGNATURE = 64 };

struct p256 {
	unsigned char x[P256_SIZE], y[P256_SIZE];
	unsigned char d[P256_SIZE]; /**< the private part */
};

/** PIMS_E_CRYPTO. */
int p256_make(const struct env *env, struct p256 *ret_key);
/** The pair as OpenSSL's object, which the caller owns. NULL: the point is not on the curve, or no memory. */
EVP_PKEY *p256_load(const struct p256 *key);
int p256_sign(EVP_PKEY *pair, const void *bytes, size_t length, unsigned char ret_signature[P256_SIGNATURE]);

#endif
