/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_DPOP_H
#define PIMS_DPOP_H

#include "base/buf.h"
#include "base/secret.h"
#include "platform/env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * RFC 9449, DPoP: a token is bound to a key, and each request that carries it to a proof, a JWT signed with that key. Both halves: who makes proofs
 * (libpims) and who reads them (pimsd). Proofs are made by ES256, which every provider that has DPoP knows,
 * and read by any of JOSE_ALGORITHMS (jose/jwk.h).
 */

#define DPOP_ALGORITHM "ES256"

enum {
	DPOP_KEY_BYTES = 32,
	DPOP_THUMBPRINT_SIZE = 44, /**< RFC 7638 SHA-256 in base64url, with the NUL */
	DPOP_PROOF_MAX = 8192,
	DPOP_ID_MAX = 256,   /**< of jti */
	DPOP_NONCE_MAX = 256
};

/** A P-256 key pair. All zero = none. */
struct dpop_key {
	struct secret text; /**< x, y and d in base64url, as it is stored */
	void *pair;         /**< OpenSSL's, made at first use and kept, since making it takes longer than signing */
};

/** Makes a new key in an empty structure. PIMS_E_CRYPTO, PIMS_E_MEMORY. */
int dpop_key_make(struct dpop_key *key, const struct env *env);
/** Takes a stored one into an empty structure. PIMS_E_FORMAT: it is none. */
int dpop_key_set(struct dpop_key *key, const char *text);
bool dpop_key_empty(const struct dpop_key *key);
/** Wipes; empty afterwards. */
void dpop_key_free(struct dpop_key *key);
/** Takes the content of `from`, which is empty afterwards. */
void dpop_key_move(struct dpop_key *key, struct dpop_key *from);
/** The `jkt` of its proofs. */
int dpop_key_thumbprint(const struct dpop_key *key, char ret_thumbprint[DPOP_THUMBPRINT_SIZE]);

/** The request that a proof is for. */
struct dpop_request {
	const char *method;
	const char *url;          /**< query and fragment are left out of the proof */
	const char *access_token; /**< that it carries; NULL = none */
	const char *nonce;        /**< of the server; NULL = none */
	int64_t now;              /**< the server's clock, seconds since 1970 */
};
/** Appends a proof. PIMS_E_FORMAT: no URL; PIMS_E_CRYPTO, PIMS_E_MEMORY, PIMS_E_LIMIT. */
int dpop_make(struct dpop_key *key, const struct env *env, const struct dpop_request *request, struct buf *ret_proof);

/** What a proof says, its signature verified. */
struct dpop_proof {
	char thumbprint[DPOP_THUMBPRINT_SIZE];
	char *id;     /**< jti */
	char *method; /**< htm */
	char *url;    /**< htu as it came: dpop_same_url() */
	char *hash;   /**< ath; NULL = none */
	char *nonce;  /**< NULL = none */
	int64_t issued; /**< iat, seconds since 1970 */
};
/**
 * Reads a proof and verifies it by the key in it: RFC 9449 §4.3, items 2 to 7. PIMS_E_FORMAT: no proof; PIMS_E_INVALID: another type or algorithm, or a key
 * that is private, too weak or of another kind than the algorithm's; PIMS_E_CRYPTO: the signature; PIMS_E_MEMORY.
 */
int dpop_read(const char *text, struct dpop_proof *ret_proof);
void dpop_proof_free(struct dpop_proof *proof);
/** True when both stand for the same resource: without query and fragment, normalised (RFC 3986 §6.2.2, §6.2.3). */
bool dpop_same_url(const char *a, const char *b);
/** `ath` of an access token. */
int dpop_token_hash(const char *access_token, char ret_hash[DPOP_THUMBPRINT_SIZE]);
/** True for a text that may stand in DPoP-Nonce (§8.1). */
bool dpop_nonce_valid(const char *nonce);

enum { DPOP_ORIGINS = 4 };
/** The last nonce of each server, the latest few (§8.2). All zero = none. */
struct dpop_nonces {
	struct dpop_known {
		char *origin, *nonce;
	} known[DPOP_ORIGINS];
	size_t next;
};
void dpop_nonces_free(struct dpop_nonces *nonces);
/** The nonce for the server of `url`, or NULL. */
const char *dpop_nonce(const struct dpop_nonces *nonces, const char *url);
/** Remembers what the server of `url` gave. True when it is another than before. */
bool dpop_nonce_learn(struct dpop_nonces *nonces, const char *url, const char *nonce);

#endif
