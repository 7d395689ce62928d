/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/flow.h"

#include "base/text.h"
#include "platform/challenge.h"

#include <pims/error.h>

#include <limits.h>
#include <string.h>

struct failure {
	int code;
	const char *cause;
};

/* spec/facade.md §Rules 6 */
static const struct failure FAILURES[] = {
	[PIMS_HTTP_NETWORK] = {PIMS_NETWORK, "network.unreachable"},
	[PIMS_HTTP_TIMEOUT] = {PIMS_TIMEOUT, "network.timeout"},
	[PIMS_HTTP_TLS] = {PIMS_NETWORK, "network.tls"},
	[PIMS_HTTP_PIN] = {PIMS_PINNING, "network.pin"},
	[PIMS_HTTP_TOO_BIG] = {PIMS_SERVER, "server.too_big"},
	[PIMS_HTTP_CUT] = {PIMS_SERVER, "server.cut"},
	[PIMS_HTTP_FAILED] = {PIMS_UNKNOWN, "internal.transport"},
};

enum { UNAUTHORIZED = 401, THROTTLED = 429, PORTAL = 511 };

static const char *status_cause(int status)
{
	if (status == THROTTLED)
		return "server.throttled";
	return status >= 500 ? "server.error" : "server.unexpected";
}

/* RFC 9470 §3: the token is good, but the sign-in behind it is too weak. Renewing it would not help. */
bool flow_needs_strong(const struct flow *flow)
{
	const struct http_response *response = &flow->response;

	return response->failure == PIMS_HTTP_OK && response->status == UNAUTHORIZED &&
	       challenge_has_error(response->www_authenticate, "insufficient_user_authentication");
}

/* Answers that say more than that the server failed. */
static enum flow_want fail_status(struct flow *flow)
{
	if (flow_needs_strong(flow))
		return flow_fail(flow, PIMS_NEED_STRONG_AUTHENTICATION, "oauth.insufficient_user_authentication");
	/* RFC 6585 §6: not the server's, but of a network that wants a sign-in of its own first */
	if (flow->response.status == PORTAL)
		return flow_fail(flow, PIMS_NETWORK, "network.portal");
	return flow_fail(flow, PIMS_SERVER, status_cause(flow->response.status));
}

/* A server that does not offer a call is like one that has no endpoint for it. */
static void read_missing(struct outcome *outcome)
{
	if (outcome->code != PIMS_SERVER || strcmp(outcome->cause, "backend.no_endpoint") != 0)
		return;
	outcome->code = PIMS_COMPONENT_NOT_CONFIGURED;
	(void)text_copy(outcome->name, sizeof outcome->name, "StrongAuthentication");
}

/* A cause is a word of ours: what does not look like one is not passed on. */
static bool cause_valid(const char *cause)
{
	size_t length = strspn(cause, "abcdefghijklmnopqrstuvwxyz0123456789._");

	return length > 0 && cause[length] == '\0';
}

static int small_number(const json_t *problem, const char *name)
{
	int64_t value = json_int(problem, name, -1);

	if (value < 0)
		return -1;
	return value > INT_MAX ? INT_MAX : (int)value;
}

/* A problem document (RFC 9457) knows better than the status. */
static void read_problem(struct flow *flow)
{
	struct outcome *outcome = &flow->outcome;
	json_t *problem = NULL;
	const char *cause;
	int value;

	if (!http_response_is_json(&flow->response))
		return;
	if (json_parse_object(buf_text(&flow->response.body), flow->response.body.len, HTTP_MAX_BODY, &problem) < 0)
		return;
	cause = json_text(problem, "cause");
	if (cause && cause_valid(cause))
		(void)text_copy(outcome->cause, sizeof outcome->cause, cause);
	value = small_number(problem, "retryAfter");
	if (value >= 0)
		outcome->retry_after = value;
	value = small_number(problem, "remaining");
	if (value >= 0)
		outcome->remaining = value;
	json_wipe(problem);
}

enum flow_want flow_fail_response(struct flow *flow)
{
	enum pims_http_failure failure = flow->response.failure;

	if (failure != PIMS_HTTP_OK) {
		if ((size_t)failure >= sizeof FAILURES / sizeof FAILURES[0])
			failure = PIMS_HTTP_FAILED;
		return flow_fail(flow, FAILURES[failure].code, FAILURES[failure].cause);
	}
	flow->outcome.retry_after = flow->response.retry_after;
	fail_status(flow);
	if (flow->outcome.code == PIMS_SERVER)
		read_problem(flow);
	read_missing(&flow->outcome);
	return FLOW_DONE;
}
