/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_ASSERTION_H
#define PIMSD_OIDC_ASSERTION_H

#include "server/http/http.h"
#include "server/store/store.h"

/* private_key_jwt: a client proves itself by a JWT that it signs with its key (OpenID Connect Core §9, RFC 7521 §4.2, RFC 7523 §3). */

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum {
	ASSERTION_SECONDS = 600, /**< that it may still be good for */
	ASSERTION_SKEW_S = 60,   /**< by which clocks may differ */
	ASSERTION_ID_MAX = 256   /**< of jti */
};

/** What a request presents; each NULL = absent. */
struct assertion {
	const char *type; /**< client_assertion_type */
	const char *text; /**< client_assertion */
	const char *id;   /**< client_id */
};

/**
 * The client that an assertion proves, which is used up. PIMS_E_NOT_FOUND: it proves nothing; others: the server failed. The caller owns *ret_client.
 */
int assertion_identify(const struct request *request, const struct assertion *assertion, struct client *ret_client);

#endif
