/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/userinfo.h"

#include "base/json.h"
#include "base/text.h"
#include "identity/id_token.h"
#include "identity/limits.h"
#include "identity/session.h"

#include <pims/error.h>

/*
 * OpenID Connect Core §5.4: with an access token, the claims of `profile` and `email` come from the UserInfo endpoint, and the id_token has the subject alone.
 * A name is for people to read: whatever goes wrong here, they are signed in.
 */

static enum flow_want done(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

/* PIMS_E_NOT_FOUND: it tells no name, or of somebody else (§5.3.2). */
static int take_name(struct flow *flow)
{
	const struct http_response *response = &flow->response;
	struct session *session = flow->session;
	json_t *claims = NULL;
	const char *name;
	int r;

	if (response->failure != PIMS_HTTP_OK || response->status != 200 || !http_response_is_json(response))
		return PIMS_E_NOT_FOUND;
	r = json_parse_object(buf_text(&response->body), response->body.len, DOCUMENT_MAX, &claims);
	if (r < 0)
		return r;
	name = text_equal(json_text(claims, "sub"), session->subject) ? id_token_username(claims) : NULL;
	r = name && !text_equal(name, session->subject) ? text_set(&session->username, name) : PIMS_E_NOT_FOUND;
	json_wipe(claims);
	return r;
}

static enum flow_want read_claims(struct flow *flow)
{
	flow->sees_failures = false;
	return take_name(flow) == 0 ? flow_wait(flow, FLOW_SAVE, done) : done(flow);
}

enum flow_want userinfo_ask(struct flow *flow)
{
	const struct endpoints *endpoints = &flow->profile->endpoints;
	int r;

	/* a token for another API is not for this one (RFC 8707) */
	if (!endpoints->userinfo || endpoints->resource || !text_equal(flow->session->username, flow->session->subject))
		return done(flow);
	r = http_request_start(&flow->request, "GET", endpoints->userinfo);
	if (r == 0)
		r = http_request_header(&flow->request, "Accept", "application/json");
	if (r < 0)
		return done(flow);
	flow->request.body_limit = DOCUMENT_MAX;
	flow->bearer = true;
	flow->sees_failures = true;
	return flow_wait(flow, FLOW_HTTP, read_claims);
}
