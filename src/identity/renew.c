/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/grant.h"
#include "identity/identity.h"
#include "identity/limits.h"

#include <pims/error.h>

#include <stdlib.h>

/* The refresh token rotates: two renewals at once would look like a theft to the server. Hence the lock, and a second look behind it. */

struct renewal {
	struct grant grant;   /* first: see grant.h */
	struct secret before; /**< the access token when the flow began */
	struct jws previous;  /**< the id_token that is replaced */
};

static void renewal_free(void *data)
{
	struct renewal *renewal = data;

	grant_free(&renewal->grant);
	secret_free(&renewal->before);
	jws_free(&renewal->previous);
	free(renewal);
}

static enum flow_want wiped(struct flow *flow)
{
	return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "oauth.invalid_grant");
}

static enum flow_want renewed(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

static enum flow_want adopt(struct flow *flow)
{
	int r = grant_adopt(flow);

	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_SAVE, renewed);
}

static enum flow_want read_tokens(struct flow *flow)
{
	struct renewal *renewal = flow->data;
	const struct session *session = flow->session;
	struct id_token_rules rules = {.session = session};
	char cause[64];

	if (flow->response.status == 200) {
		if (!secret_empty(&session->id_token) &&
		    jws_parse(secret_text(&session->id_token), session->id_token.len, &renewal->previous) == 0)
			rules.previous = renewal->previous.claims;
		return grant_receive(flow, &rules, adopt);
	}
	if (flow->response.status != 400 || !token_error(&flow->response, cause, sizeof cause) || !text_equal(cause, "oauth.invalid_grant"))
		return token_fail(flow);
	/* the refresh token is dead for good: nobody shall try it again */
	session_free(flow->session);
	return flow_wait(flow, FLOW_SAVE, wiped);
}

/* Another process was faster. */
static bool is_done(const struct flow *flow, const struct renewal *renewal)
{
	return !secret_equals(&flow->session->access_token, &renewal->before) &&
	       session_access_valid(flow->session, flow_server_time(flow), TOKEN_MARGIN);
}

static enum flow_want ask_tokens(struct flow *flow)
{
	int r;

	if (!identity_signed_in(flow))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	if (is_done(flow, flow->data))
		return renewed(flow);
	if (secret_empty(&flow->session->refresh_token))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.expired");
	r = token_request_refresh(flow, secret_text(&flow->session->refresh_token));
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_tokens);
}

static enum flow_want lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, ask_tokens);
}

enum flow_want identity_renew(struct flow *flow)
{
	struct renewal *renewal;
	int r;

	if (!identity_signed_in(flow))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	renewal = calloc(1, sizeof *renewal);
	if (!renewal)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	flow->data = renewal;
	flow->data_free = renewal_free;
	r = secret_copy(&renewal->before, &flow->session->access_token);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_ENDPOINTS, lock);
}
