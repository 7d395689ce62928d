/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/renewal.h"

#include "base/text.h"
#include "identity/grant.h"
#include "identity/identity.h"
#include "identity/limits.h"

#include <pims/error.h>

#include <stdlib.h>

struct renewal {
	struct grant grant; /* first: see grant.h */
	struct secret before; /**< the access token when the flow began */
	struct jws previous;  /**< the id_token that is replaced */
	bool wants_id;
	flow_step_fn renewed;
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

static enum flow_want adopt(struct flow *flow)
{
	struct renewal *renewal = flow->data;
	int r = grant_adopt(flow);

	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_SAVE, renewal->renewed);
}

static enum flow_want read_tokens(struct flow *flow)
{
	struct renewal *renewal = flow->data;
	const struct session *session = flow->session;
	struct id_token_rules rules = {.session = session};
	char cause[64];

	if (flow->response.status == 200) {
		if (!secret_empty(&session->id_token) && jws_parse(secret_text(&session->id_token), session->id_token.len, &renewal->previous) == 0)
			rules.previous = renewal->previous.claims;
		return grant_receive(flow, &rules, adopt);
	}
	if (flow->response.status != 400 || !token_error(&flow->response, cause, sizeof cause) || !text_equal(cause, "oauth.invalid_grant"))
		return token_fail(flow);
	/* the refresh token is dead for good: nobody shall try it again */
	session_free(flow->session);
	return flow_wait(flow, FLOW_SAVE, wiped);
}

static bool is_fresh(const struct flow *flow, const struct renewal *renewal)
{
	const struct session *session = flow->session;
	int64_t now = flow_server_time(flow);

	if (secret_equals(&session->access_token, &renewal->before) || !session_access_valid(session, now, TOKEN_MARGIN))
		return false;
	return !renewal->wants_id || session_id_valid(session, now, TOKEN_MARGIN);
}

static enum flow_want ask_tokens(struct flow *flow)
{
	struct renewal *renewal = flow->data;
	int r;

	if (!identity_signed_in(flow))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	if (is_fresh(flow, renewal))
		return renewal->renewed(flow);
	if (secret_empty(&flow->session->refresh_token))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.expired");
	r = token_request_refresh(flow, secret_text(&flow->session->refresh_token));
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_tokens);
}

static enum flow_want lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, ask_tokens);
}

enum flow_want renewal_begin(struct flow *flow, bool wants_id, flow_step_fn renewed)
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
	renewal->wants_id = wants_id;
	renewal->renewed = renewed;
	r = secret_copy(&renewal->before, &flow->session->access_token);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_ENDPOINTS, lock);
}

static enum flow_want renewed(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

enum flow_want identity_renew(struct flow *flow)
{
	return renewal_begin(flow, false, renewed);
}
