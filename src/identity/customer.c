/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/bound.h"
#include "identity/identity.h"
#include "identity/limits.h"
#include "identity/session.h"
#include "identity/token.h"

#include <pims/error.h>

#include <stdlib.h>

/*
 * The access token for the customer API (spec/facade.md rule 7), by RFC 8693 token exchange. It is kept in the session and ends with it. The
 * request takes nothing away at the server, so that it needs no lock; only keeping its answer does.
 */

struct customer {
	struct token_answer answer;
	struct secret subject; /**< the access token that was exchanged */
	int64_t expires;
	bool renewed; /**< after the server had refused the access token */
};

static enum flow_want exchange(struct flow *flow);

static void customer_free(void *data)
{
	struct customer *customer = data;

	token_answer_free(&customer->answer);
	secret_free(&customer->subject);
	free(customer);
}

static enum flow_want kept(struct flow *flow)
{
	return bound_give(flow, "customerAt", &flow->session->customer_token, flow->session->customer_bound);
}

/* A sign-in of somebody else meanwhile must not get this token; one that is bound went with its key. */
static enum flow_want replaced(struct flow *flow)
{
	const struct customer *customer = flow->data;

	if (customer->answer.bound)
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	return bound_give(flow, "customerAt", &customer->answer.access_token, false);
}

static enum flow_want keep(struct flow *flow)
{
	struct customer *customer = flow->data;
	struct session *session = flow->session;
	int r;

	if (!identity_signed_in(flow) || !secret_equals(&session->access_token, &customer->subject))
		return replaced(flow);
	r = text_set(&session->customer_audience, flow->profile->endpoints.customer_audience);
	if (r < 0)
		return flow_fail_return(flow, r);
	secret_move(&session->customer_token, &customer->answer.access_token);
	session->customer_expires = customer->expires;
	session->customer_bound = customer->answer.bound;
	return flow_wait(flow, FLOW_SAVE, kept);
}

/* The server says `invalid_request` of a token that it no longer knows (RFC 8693 §2.2.2): once more with a new one. */
static enum flow_want refused(struct flow *flow)
{
	struct customer *customer = flow->data;
	char cause[64];

	if (customer->renewed || flow->response.status != 400 || !token_error(&flow->response, cause, sizeof cause))
		return token_fail(flow);
	if (!text_equal(cause, "oauth.invalid_request") && !text_equal(cause, "oauth.invalid_grant"))
		return token_fail(flow);
	customer->renewed = true;
	return flow_wait(flow, FLOW_RENEW, exchange);
}

static enum flow_want read_answer(struct flow *flow)
{
	struct customer *customer = flow->data;
	int r;

	if (flow->response.status != 200)
		return refused(flow);
	r = token_answer_read(&flow->response, &flow->session->key, &customer->answer);
	if (r == PIMS_E_FORMAT)
		return flow_fail(flow, PIMS_SERVER, "server.format");
	if (r < 0)
		return flow_fail_return(flow, r);
	customer->expires = flow_server_time(flow) + customer->answer.expires_in;
	return flow_wait(flow, FLOW_LOCK, keep);
}

static enum flow_want exchange(struct flow *flow)
{
	struct customer *customer = flow->data;
	const struct secret *token = &flow->session->access_token;
	int r = secret_copy(&customer->subject, token);

	if (r == 0)
		r = token_request_exchange(flow, secret_text(token), flow->profile->endpoints.customer_audience);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_answer);
}

static bool is_cached(const struct flow *flow)
{
	const struct session *session = flow->session;

	if (secret_empty(&session->customer_token) || text_equal(flow_text(flow, "action"), "refresh"))
		return false;
	return text_equal(session->customer_audience, flow->profile->endpoints.customer_audience) &&
	       session->customer_expires - flow_server_time(flow) >= TOKEN_MARGIN;
}

static enum flow_want choose(struct flow *flow)
{
	if (!flow->profile->endpoints.customer_audience)
		return flow_fail(flow, PIMS_NOT_CONFIGURED, "backend.no_audience");
	if (is_cached(flow))
		return kept(flow);
	flow->data = calloc(1, sizeof(struct customer));
	if (!flow->data)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	flow->data_free = customer_free;
	return flow_wait(flow, FLOW_TOKEN, exchange);
}

enum flow_want identity_customer_at(struct flow *flow)
{
	if (!identity_signed_in(flow))
		return flow_fail(flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	return flow_wait(flow, FLOW_ENDPOINTS, choose);
}
