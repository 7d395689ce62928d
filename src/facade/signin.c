/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"
#include "base/text.h"
#include "facade/call.h"
#include "facade/driver.h"
#include "identity/identity.h"
#include "platform/agent.h"

#include <pims/error.h>

/* FLOW_REDIRECT and FLOW_AGENT: the user signs in elsewhere, and the redirect comes back. */

enum { CONTEXT_MAX = 64 * 1024 };

static enum wait fail(struct call *call, const char *cause)
{
	flow_fail(&call->flow, PIMS_WEBVIEW_CANCELED, cause);
	return WAIT_ENDED;
}

static bool received(void *data, const char *url)
{
	return signin_accept(data, url);
}

static enum wait set_redirect_uri(struct call *call, const char *uri)
{
	int r = text_set(&call->flow.redirect_uri, uri);

	if (r == 0)
		return WAIT_READY;
	flow_fail_return(&call->flow, r);
	return WAIT_ENDED;
}

enum wait signin_redirect(struct call *call)
{
	const char *configured = call->pims->profile.login_redirect_uri;

	if (!agent_can_receive(configured))
		return set_redirect_uri(call, configured);
	if (!call->receiver && agent_receiver_open(&call->receiver, call->pims->loop, configured, received, call) < 0)
		return fail(call, "agent.port");
	return set_redirect_uri(call, agent_receiver_uri(call->receiver));
}

static int write_context(const struct call *call, struct buf *buf)
{
	const json_t *context = json_object_get(call->parameters, "context");

	return context ? json_write(context, buf) : 0;
}

enum wait signin_start(struct call *call)
{
	const struct pims_agent *agent = context_agent(call->pims);
	struct buf context = BUF_INIT(CONTEXT_MAX);
	int r = agent ? write_context(call, &context) : PIMS_E_MEMORY;

	secret_free_text(call->flow.agent_answer);
	call->flow.agent_answer = NULL;
	if (r < 0) {
		buf_free(&context);
		flow_fail_return(&call->flow, r);
		return WAIT_ENDED;
	}
	call->agent_open = true;
	r = driver_timer(call, call->pims->agent_timeout_ms) ? 0 : PIMS_E_MEMORY;
	if (r == 0 && agent->open(agent->data, call->transaction, call->flow.agent_url, flow_text(&call->flow, "local"),
				  context.len ? buf_text(&context) : NULL) < 0) {
		call->agent_open = false;
		fail(call, "agent.unavailable");
		r = PIMS_E_STATE;
	}
	buf_free(&context);
	return r < 0 ? WAIT_ENDED : WAIT_PENDING;
}

static void close_agent(struct call *call)
{
	const struct pims_agent *agent = &call->pims->agent;

	if (call->agent_open && agent->close)
		agent->close(agent->data, call->transaction);
	call->agent_open = false;
}

enum wait signin_resume(struct call *call)
{
	close_agent(call);
	return call->flow.agent_answer ? WAIT_READY : fail(call, "agent.timeout");
}

void signin_let_go(struct call *call)
{
	close_agent(call);
	agent_receiver_free(call->receiver);
	call->receiver = NULL;
}

bool signin_accept(struct call *call, const char *url)
{
	struct flow *flow = &call->flow;

	if (call->stage != CALL_WAITING || call->want != FLOW_AGENT || flow->agent_answer)
		return false;
	if (!identity_redirect_expected(flow, url) || text_set(&flow->agent_answer, url) < 0)
		return false;
	call_post(call);
	return true;
}
