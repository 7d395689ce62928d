/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_AUTH_REQUEST_H
#define PIMSD_OIDC_AUTH_REQUEST_H

#include "server/http/http.h"
#include "server/store/store.h"

enum { STATE_MAX = 4096, NONCE_MAX = 512, SCOPE_SIZE = 96, CHALLENGE_LENGTH = 43 };

/** Why there is nobody to send an answer to: the client or its redirect URI is not to be trusted (RFC 6749 §4.1.2.1). */
enum auth_refusal { AUTH_NOT_REFUSED, AUTH_UNKNOWN_CLIENT, AUTH_UNKNOWN_REDIRECT, AUTH_LONG_STATE, AUTH_UNKNOWN_PUSHED };

/** An authorization request. Pointers are into the request, or into what was pushed. */
struct auth_request {
	struct client client; /**< owned */
	struct request source; /**< where its parameters stand: the request as it came, or one that is made of what was pushed */
	struct query pushed;   /**< RFC 9126; empty = the request is a plain one. Owned */
	unsigned char pushed_hash[32];
	const char *redirect_uri;
	const char *state;     /**< NULL = none */
	const char *nonce;     /**< NULL = none */
	const char *challenge; /**< S256, NULL = none */
	char *subject;         /**< of id_token_hint: nobody else will do. NULL = anybody; owned */
	const char *key;       /**< dpop_jkt, NULL = none */
	char scope[SCOPE_SIZE]; /**< what is granted of what was asked for */
	bool wants_otp;  /**< acr_values: a one-time password as well, from whom has a device */
	enum { NEEDS_NOTHING, NEEDS_OTP, NEEDS_PASSKEY } needs; /**< the least of acr_values: nothing less will do */
	bool silent;     /**< prompt=none */
	bool asks;       /**< the user must be asked, whoever is signed in */
	int64_t max_age; /**< seconds since the password was given; -1 = any */
	enum auth_refusal refusal;
	const char *error;       /**< to be told by redirect; NULL = the request is good */
	const char *description; /**< literals, never of the request */
};

/** Reads and checks a request. Fills `ret_auth` also when the request is refused; negative only when the store failed. */
int auth_request_read(const struct request *request, struct auth_request *ret_auth);
/** The same for one that is being pushed: the parameters are the request's own, whether or not its client may come with them to the authorization endpoint. */
int auth_request_check(const struct request *request, struct auth_request *ret_auth);
/** Appends what is kept of a request that is pushed. PIMS_E_LIMIT: `ret_text` is too short. */
int auth_request_write(const struct request *request, struct buf *ret_text);
void auth_request_free(struct auth_request *auth);
/**
 * What of `wanted` is known and `allowed` (NULL = all of it), in a fixed order; with all of pims.* that is allowed, when none of it is wanted by name: the
 * default value of RFC 6749 §3.3, since clients of the live service know no such scope. Empty when nothing that is named is granted.
 */
void auth_scope_filter(const char *wanted, const char *allowed, char ret_scope[SCOPE_SIZE]);
/** True when `granted` has every known word of `wanted` that is `allowed` (NULL = all of them): what is not allowed was passed over before, too. */
bool auth_scope_within(const char *wanted, const char *allowed, const char *granted);
/** True when a scope has one of our scopes of calls in it: of another provider's names those that begin alike are its own. */
bool auth_scope_names_calls(const char *scope);
/** True when a scope names calls of ours (pims.*): then no others are meant. */
bool auth_scope_limits(const char *scope);
/** True when a scope contains a word. */
bool auth_scope_has(const char *scope, const char *word);
/** The parameters that make up the request, for the form that repeats it: copies. */
int auth_request_copy(const struct request *request, const struct auth_request *auth, struct query *ret_query);

#endif
