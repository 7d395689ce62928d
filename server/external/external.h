/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_H
#define PIMSD_EXTERNAL_H

#include "server/external/access_token.h"

/**
 * Sign-in that is left to another OpenID provider: its access tokens are checked, here by its keys (JWT, RFC 9068) or there by introspection (RFC 7662).
 * Thread-safe. Checking may wait for the provider, but never many callers at once (server/external/fetch.h, keeper.h).
 */
struct external;

enum { EXTERNAL_TOKEN_MAX = 8192, EXTERNAL_CACHE_S = 10, EXTERNAL_CACHE_MAX_S = 300 };

/**
 * Reads the secret and starts to learn about the provider; that it does not answer is no failure. `settings` outlive it. `workers`: how many threads will
 * call, 0 = 48. PIMS_E_FORMAT, PIMS_E_NOT_FOUND: a file that can't be used (logged); PIMS_E_MEMORY, PIMS_E_SYSTEM.
 */
int external_start(struct external **ret_external, const struct external_settings *settings, unsigned workers, const struct env *env);
/** Who waits for the provider is sent away; from now on nothing is asked any more. NULL allowed. */
void external_stop(struct external *external);
/** After external_stop(), when no thread calls any more. NULL allowed. */
void external_free(struct external *external);

/** Why a token opens nothing. */
struct external_refusal {
	enum { EXTERNAL_INVALID, EXTERNAL_SCOPE, EXTERNAL_UNAVAILABLE } kind;
	const char *description; /**< a literal for error_description */
	int retry_after;         /**< EXTERNAL_UNAVAILABLE: seconds */
};
/**
 * Who a token was issued to. `key`: the thumbprint of the key that the request has proved to hold, NULL = none; the token must be bound to that one, and
 * without it to none. PIMS_E_STATE: refused, see *ret_refusal; PIMS_E_MEMORY, PIMS_E_CRYPTO. The caller frees the identity.
 */
int external_identify(struct external *external, const char *token, const char *key, struct external_identity *ret_identity,
		      struct external_refusal *ret_refusal);

#endif
