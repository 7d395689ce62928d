/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_DPOP_H
#define PIMSD_OIDC_DPOP_H

#include "server/http/http.h"
#include "server/store/store.h"

/* What a request proves (RFC 9449), for the token endpoint and for resources. */

enum { DPOP_NONCE_SECONDS = 300 };

struct possession {
	char key[PROOF_KEY_SIZE];
	struct proof_use use; /**< to be used up with what the request gets */
};

/**
 * Checks the proof of a request to `path`, with the access token that it carries (NULL = none): RFC 9449 §4.3, all but the single use. PIMS_E_NOT_FOUND: none
 * came; PIMS_E_AGAIN: it needs a nonce of ours (dpop_offer_nonce()); PIMS_E_FORMAT: it is not good; others: the server failed.
 *
 * The URL that counts is the issuer's: what a proxy in front makes of it does not matter. A proof without a nonce must be of this minute; one whose clock
 * is wrong is asked for once more with a nonce, which then tells the time in its place.
 */
int dpop_check(const struct request *request, const char *path, const char *access_token, struct possession *ret_possession);
/** Adds DPoP-Nonce, good for DPOP_NONCE_SECONDS on every node. */
void dpop_offer_nonce(const struct request *request, struct response *response);

/**
 * The proof of a token request of `client`: 0 also when none came and none is wanted (the key is "" then). On failure the answer is filled and a negative
 * value returned.
 */
int dpop_check_token(const struct request *request, struct response *response, const struct client *client, struct possession *ret_possession);
/** The same at another endpoint of clients, where a proof is never a duty. */
int dpop_check_client(const struct request *request, struct response *response, const char *path, struct possession *ret_possession);
/** 400 invalid_dpop_proof. */
void dpop_refuse_token(struct response *response);

#endif
