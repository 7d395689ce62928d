/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROOF_H
#define TESTS_PROOF_H

#include "dpop/dpop.h"

/** A DPoP proof that a test bends. */
struct proof {
	struct dpop_key *key;
	const char *method, *url;
	const char *token; /**< access token: ath; NULL = none */
	const char *nonce; /**< NULL = none */
	int64_t now;       /**< iat */
	const char *id;    /**< jti; NULL = a new one */
	const char *header, *claims; /**< JSON that is merged over the right ones; null takes a member away. NULL = nothing */
	bool damaged;      /**< one bit of the signature */
};

/** The caller frees. */
char *proof_sign(const struct proof *proof);
/** "DPoP: …"; the caller frees. */
char *proof_header(const struct proof *proof);
/** Fails the test when it cannot. */
void proof_key(struct dpop_key *ret_key);

#endif
