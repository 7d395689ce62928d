/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_SESSION_H
#define PIMS_IDENTITY_SESSION_H

#include "base/json.h"
#include "base/secret.h"
#include "dpop/dpop.h"

#include <stdbool.h>
#include <stdint.h>

/** A signed-in account. Times are the server's, seconds since 1970. All zero = nobody is signed in. */
struct session {
	struct secret access_token;
	struct secret refresh_token;
	struct secret id_token;
	struct dpop_key key; /**< to which the provider binds its tokens, made at sign-in (RFC 9449); empty = none */
	bool access_bound;   /**< the access token is one of type DPoP */
	bool customer_bound;
	int64_t access_expires;
	int64_t id_expires;
	struct secret customer_token; /**< for customer_audience, by token exchange; empty = none */
	int64_t customer_expires;
	char *customer_audience;
	char *subject;
	char *username; /**< preferred_username, email or sub of the id_token */
	char *scope;
	char *issuer;
	char *client_id; /**< whom it was issued to: another configuration does not use it */
};

void session_free(struct session *session); /* wipes; empty afterwards */
bool session_exists(const struct session *session);
/** True when the access token is good for `seconds` more at server time `now`. */
bool session_access_valid(const struct session *session, int64_t now, int64_t seconds);
bool session_id_valid(const struct session *session, int64_t now, int64_t seconds);
/** To and from the state document. Decoding into an empty session; PIMS_E_FORMAT leaves it empty. */
int session_encode(const struct session *session, json_t **ret_object);
int session_decode(const json_t *object, struct session *ret_session);

#endif
