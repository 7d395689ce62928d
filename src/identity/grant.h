/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_GRANT_H
#define PIMS_IDENTITY_GRANT_H

#include "identity/id_token.h"
#include "identity/token.h"
#include "jose/jws.h"

/**
 * What the token endpoint gave, while it is checked: the part that sign-in and renewal share. It must be the first member of
 * flow->data.
 */
struct grant {
	struct token_answer answer;
	struct jws id_token;  /**< claims NULL = none came */
	struct dpop_key key;  /**< of a sign-in; empty = none, and always at a renewal, whose key is the session's */
	flow_step_fn checked; /**< goes on here when everything is right; then grant_adopt() */
	int64_t expires;      /**< of the access token */
	bool renewal;
	bool kept;      /**< the rotated refresh token is in the session */
	const char *problem; /**< why the renewal fails once that is saved */
	bool refetched; /**< the keys were asked for once more */
};

void grant_free(struct grant *grant);
/**
 * Reads flow->response, of status 200, and checks the id_token: claims by `rules` (access_token, now, endpoints and client_id are
 * filled in here), then the signature by the provider's keys, asked for when they are not known. Goes on with `checked`, or ends
 * the flow with 2204 and the session unchanged but for a rotated refresh token: the provider has taken the old one, and an id_token that is merely
 * late, or signed by a key that is not published yet, must not cost the session. It is kept when the id_token names issuer, subject and audience of
 * the session; nothing of another subject's answer is, nor of one that can't be read. Needs FLOW_LOCK.
 */
enum flow_want grant_receive(struct flow *flow, struct id_token_rules *rules, flow_step_fn checked);
/** Replaces the session by what was granted, wholly or not at all. */
int grant_adopt(struct flow *flow);

#endif
