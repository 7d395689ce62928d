/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_AUTHENTICATOR_H
#define TESTS_AUTHENTICATOR_H

#include "base/buf.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A passkey and the browser that asks it, as W3C Web Authentication Level 2 has them: what passkey.js would post. Written from the specification, with
 * OpenSSL alone.
 */
struct authenticator {
	EVP_PKEY *key;
	int algorithm; /**< COSE: -7, -8, -257 */
	unsigned char id[32];
	bool counts;
	uint32_t count;
	const char *party, *origin; /**< of the page that asks */
	/* what a test bends; NULL or 0 = as it should be */
	const char *type, *challenge_text;
	const char *other_party; /**< whose hash the authenticator signs */
	unsigned char flags_off; /**< of its flags: 1 = somebody was there */
	bool framed, damaged;    /**< crossOrigin; one bit of the signature */
	const char *extension;   /**< CBOR of its extension data, NULL = none */
	size_t extension_length;
};

/** Fails the test when it cannot. */
void authenticator_make(struct authenticator *ret_authenticator, int algorithm, const char *party, const char *origin);
void authenticator_free(struct authenticator *authenticator);

/** Base64url texts. */
struct authenticator_answer {
	struct buf credential, client_data, authenticator_data, signature;
};
/** A new credential, without attestation (§7.1); `challenge`: its bytes as they are. */
void authenticator_create(struct authenticator *authenticator, const char *challenge, struct authenticator_answer *ret_answer);
/** A signature (§7.2). */
void authenticator_use(struct authenticator *authenticator, const char *challenge, struct authenticator_answer *ret_answer);
void authenticator_answer_free(struct authenticator_answer *answer);

#endif
