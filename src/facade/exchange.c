/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"
#include "facade/call.h"
#include "facade/driver.h"
#include "identity/bound.h"
#include "identity/identity.h"

#include <pims/error.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* FLOW_HTTP. */

/** The transport's own time-out tells more (connected or not), so the built-in one goes first by this much. */
enum { GRACE_MS = 1000, SKEW_TOLERANCE_S = 2, UNAUTHORIZED = 401 };

/** One request on its way: what the transport hook holds on to, and outlives the call when the hook can't cancel. */
struct exchange {
	struct call *call;           /**< NULL = nobody waits any more */
	struct http_request request; /**< the call's, once it is gone */
	const char **headers;        /**< into the request's */
	bool canceling;              /**< inside the cancel hook */
};

static void exchange_free(struct exchange *exchange)
{
	http_request_reset(&exchange->request);
	free(exchange->headers);
	free(exchange);
}

static size_t count_lines(const struct buf *lines)
{
	size_t count = 0;

	for (size_t i = 0; i < lines->len; i++)
		count += lines->data[i] == '\0';
	return count;
}

static int list_headers(const struct buf *lines, const char ***ret_headers)
{
	size_t count = count_lines(lines);
	const char **headers = calloc(count + 1, sizeof *headers);
	const char *line = lines->data;

	if (!headers)
		return PIMS_E_MEMORY;
	for (size_t i = 0; i < count; i++) {
		headers[i] = line;
		line += strlen(line) + 1;
	}
	*ret_headers = headers;
	return 0;
}

static void done(void *token, const struct pims_http_response *response)
{
	struct exchange *exchange = token;
	struct call *call = exchange->call;

	/* Hooks that wrap another library tend to answer from inside `cancel`, though it is forbidden. */
	if (exchange->canceling)
		return;
	if (call) {
		struct flow *flow = &call->flow;

		if (http_response_read(&flow->response, response, flow->request.body_limit ? flow->request.body_limit : HTTP_MAX_BODY) < 0)
			flow->response.failure = PIMS_HTTP_FAILED;
		call->exchange = NULL;
		call_post(call);
	}
	exchange_free(exchange);
}

void exchange_let_go(struct call *call)
{
	const struct pims_transport *transport = &call->pims->transport;
	struct exchange *exchange = call->exchange;

	if (!exchange)
		return;
	call->exchange = NULL;
	if (transport->cancel) {
		exchange->canceling = true;
		transport->cancel(transport->data, exchange);
		exchange_free(exchange);
		return;
	}
	/* `done` will come: until then the request must stay */
	exchange->call = NULL;
	exchange->request = call->flow.request;
	http_request_init(&call->flow.request);
}

static int exchange_new(struct call *call, struct exchange **ret_exchange)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	int r;

	if (!exchange)
		return PIMS_E_MEMORY;
	exchange->call = call;
	http_request_init(&exchange->request);
	r = list_headers(&call->flow.request.headers, &exchange->headers);
	if (r < 0)
		exchange_free(exchange);
	else
		*ret_exchange = exchange;
	return r;
}

/* Refused at once is a network failure (pims/options.h), told like one. */
static enum wait refused(struct call *call)
{
	http_response_reset(&call->flow.response);
	call->flow.response.failure = PIMS_HTTP_NETWORK;
	return exchange_resume(call);
}

static enum wait fail(struct call *call, int value)
{
	flow_fail_return(&call->flow, value);
	return WAIT_ENDED;
}

static enum wait hand_over(struct call *call, const struct pims_transport *transport)
{
	struct pims *pims = call->pims;
	const struct http_request *from = &call->flow.request;
	struct pims_http_request request = {
		.size = sizeof request,
		.method = from->method ? from->method : "GET",
		.url = buf_text(&from->url),
		.headers = call->exchange->headers,
		.body = from->body.data,
		.body_length = from->body.len,
		.timeout_ms = pims->request_timeout_ms,
		.body_limit = from->body_limit ? from->body_limit : HTTP_MAX_BODY,
	};
	struct exchange *exchange = call->exchange;

	if (transport->send(transport->data, &request, done, exchange) == 0)
		return WAIT_PENDING;
	/* Refused, though `done` was called from inside: that has been the answer. */
	if (call->exchange != exchange)
		return WAIT_PENDING;
	call->exchange = NULL;
	exchange_free(exchange);
	loop_timer_clear(pims->loop, &call->timer);
	return refused(call);
}

/* An application that wants no limit gives the greatest number. */
static unsigned deadline(const struct pims *pims)
{
	unsigned grace = pims->built_transport ? GRACE_MS : 0;

	return pims->request_timeout_ms > UINT_MAX - grace ? UINT_MAX : pims->request_timeout_ms + grace;
}

static enum wait send_request(struct call *call)
{
	struct pims *pims = call->pims;
	const struct pims_transport *transport = context_transport(pims);
	int r = transport ? buf_error(&call->flow.request.url) : PIMS_E_MEMORY;

	if (r == 0)
		r = buf_error(&call->flow.request.headers);
	if (r == 0)
		r = buf_error(&call->flow.request.body);
	if (r == 0)
		r = exchange_new(call, &call->exchange);
	if (r < 0)
		return fail(call, r);
	http_response_reset(&call->flow.response);
	if (!driver_timer(call, deadline(pims)))
		return WAIT_ENDED;
	return hand_over(call, transport);
}

/* Token and proof go behind the flow's own headers, where the next ones can take their place. */
static enum wait send_prepared(struct call *call)
{
	struct buf *headers = &call->flow.request.headers;
	int r;

	if (headers->len > call->bare_headers) {
		secret_wipe(headers->data + call->bare_headers, headers->len - call->bare_headers);
		headers->len = call->bare_headers;
	}
	r = bound_request(&call->flow);
	return r < 0 ? fail(call, r) : send_request(call);
}

enum wait exchange_start(struct call *call)
{
	call->repeated = false;
	call->proved_again = false;
	call->renewing = false;
	call->bare_headers = call->flow.request.headers.len;
	if (call->flow.bearer && !identity_signed_in(&call->flow)) {
		flow_fail(&call->flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
		return WAIT_ENDED;
	}
	return send_prepared(call);
}

/* True when it is another than before. */
static bool learn_skew(struct call *call)
{
	struct pims *pims = call->pims;
	int64_t skew = call->flow.response.date - env_now(&pims->env) / 1000;
	int64_t change = skew - pims->state.clock_skew;

	/* An answer is under way for a while, and tells whole seconds: small differences are no news. */
	if (call->flow.response.date <= 0 || (change <= SKEW_TOLERANCE_S && change >= -SKEW_TOLERANCE_S))
		return false;
	pims->state.clock_skew = skew;
	return true;
}

static bool token_was_replaced(const struct call *call)
{
	static const char prefix[] = "Authorization: ";
	const char *sent = call->flow.request.headers.data + call->bare_headers + sizeof prefix - 1;

	sent += strcspn(sent, " "); /* the scheme */
	return !secret_equals_text(sent + 1, secret_text(&call->pims->state.session.access_token));
}

/* A 401 on the session's token: it was revoked, or our idea of the time is wrong. Once more with a new one. */
static enum wait repeat(struct call *call)
{
	call->repeated = true;
	if (identity_signed_in(&call->flow) && token_was_replaced(call))
		return send_prepared(call);
	call->renewing = true;
	call->pims->state.session.access_expires = 0;
	return merge_renew(call);
}

static bool should_repeat(const struct call *call)
{
	return call->flow.bearer && !call->repeated && call->flow.response.failure == PIMS_HTTP_OK &&
	       call->flow.response.status == UNAUTHORIZED && !flow_needs_strong(&call->flow) && !bound_proof_refused(&call->flow) &&
	       call->pims->lock.owner != call;
}

/* Without the query, which may carry secrets. */
static void log_exchange(const struct call *call)
{
	const struct http_request *request = &call->flow.request;
	const char *url = buf_text(&request->url);

	env_log(&call->pims->env, PIMS_LOG_DEBUG, "%s: %s %.*s: %d, HTTP %d", call->transaction, request->method ? request->method : "GET",
		(int)strcspn(url, "?#"), url, (int)call->flow.response.failure, call->flow.response.status);
}

static enum wait answered(struct call *call)
{
	bool clock_changed;

	log_exchange(call);
	clock_changed = learn_skew(call);
	if (bound_again(&call->flow, clock_changed) && !call->proved_again) {
		call->proved_again = true;
		return send_prepared(call);
	}
	if (should_repeat(call))
		return repeat(call);
	call->flow.bearer = false;
	call->flow.proof = NULL;
	if (call->flow.response.failure != PIMS_HTTP_OK && !call->flow.sees_failures) {
		flow_fail_response(&call->flow);
		return WAIT_ENDED;
	}
	return WAIT_READY;
}

enum wait exchange_resume(struct call *call)
{
	if (call->renewing) {
		call->renewing = false;
		return merge_resume(call) == WAIT_ENDED ? WAIT_ENDED : send_prepared(call);
	}
	if (call->exchange) {
		/* the task came from the timer */
		exchange_let_go(call);
		http_response_reset(&call->flow.response);
		call->flow.response.failure = PIMS_HTTP_TIMEOUT;
	}
	return answered(call);
}
