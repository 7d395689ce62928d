/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_ID_TOKEN_H
#define PIMS_IDENTITY_ID_TOKEN_H

#include "base/json.h"
#include "identity/session.h"
#include "platform/profile.h"

#include <stdbool.h>
#include <stdint.h>

/** What the claims of an id_token are checked against. */
struct id_token_rules {
	const struct endpoints *endpoints;
	const char *client_id;
	const char *access_token; /**< that came with it: at_hash */
	const char *algorithm;    /**< by which it is signed */
	int64_t now;              /**< the server's clock, seconds since 1970 */

	/* of a sign-in (OpenID Connect Core §3.1.3.7) */
	const char *nonce;  /**< that was asked for; NULL at a renewal */
	int64_t auth_after; /**< max_age=0 was asked for at this time; 0 = it was not */

	/* of a renewal (§12.2) */
	const struct session *session; /**< that is renewed; NULL at a sign-in */
	const json_t *previous;        /**< claims of its id_token; NULL = unknown */
};

/** NULL when the claims keep every rule, else the cause, e.g. "id_token.audience". The signature is another matter: jwks_verify(). */
const char *id_token_check(const json_t *claims, const struct id_token_rules *rules);
/** True for a cause that says whose token it is: another's than expected. */
bool id_token_is_anothers(const char *cause);
/** When it ends, of claims that id_token_check() took. */
int64_t id_token_expires(const json_t *claims);
/** preferred_username, email or sub. */
const char *id_token_username(const json_t *claims);

#endif
