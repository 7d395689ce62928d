/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/call.h"
#include "facade/driver.h"
#include "identity/identity.h"

#include "base/text.h"

/*
 * FLOW_ENDPOINTS and FLOW_TOKEN: what many calls want at once is fetched once. The first caller starts an internal flow, everybody waits
 * for it, and its failure is everybody's.
 */

static enum wait join(struct call *call, struct merge *merge, flow_step_fn start)
{
	int r = merge->runner ? 0 : call_submit_internal(call->pims, merge, start);

	if (r < 0) {
		flow_fail_return(&call->flow, r);
		return WAIT_ENDED;
	}
	link_append(&merge->waiting, &call->waiting);
	return WAIT_PENDING;
}

enum wait merge_endpoints(struct call *call)
{
	struct pims *pims = call->pims;
	int64_t now = env_now(&pims->env) / 1000;

	if (pims->profile.endpoints.known && state_endpoints_fresh(&pims->state, now))
		return WAIT_READY;
	return join(call, &pims->discovery, identity_discover);
}

enum wait merge_renew(struct call *call)
{
	struct pims *pims = call->pims;

	/* The renewal needs the lock that this call holds. */
	if (pims->lock.owner == call) {
		flow_fail(&call->flow, PIMS_UNKNOWN, "internal.order");
		return WAIT_ENDED;
	}
	return join(call, &pims->renewal, identity_renew);
}

enum wait merge_token(struct call *call)
{
	struct pims *pims = call->pims;
	enum { SECONDS_TO_LIVE = 60 };

	if (!identity_signed_in(&call->flow)) {
		flow_fail(&call->flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
		return WAIT_ENDED;
	}
	if (session_access_valid(&pims->state.session, flow_server_time(&call->flow), SECONDS_TO_LIVE))
		return WAIT_READY;
	return merge_renew(call);
}

enum wait merge_resume(struct call *call)
{
	if (call->flow.outcome.code)
		return WAIT_ENDED;
	/* Somebody may have logged out between the renewal and now. */
	if (call->want != FLOW_ENDPOINTS && !identity_signed_in(&call->flow)) {
		flow_fail(&call->flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
		return WAIT_ENDED;
	}
	return WAIT_READY;
}

static void copy_outcome(struct outcome *to, const struct outcome *from)
{
	*to = *from;
	to->result = NULL;
	to->devices = NULL;
}

void merge_finish(struct call *call)
{
	struct merge *merge = call->merge;
	struct pims *pims = call->pims;

	if (merge == &pims->discovery && call->flow.outcome.code == 0)
		pims->state.endpoints_time = env_now(&pims->env) / 1000;
	merge->runner = NULL;
	while (!link_empty(&merge->waiting)) {
		struct call *waiting = LINK_ENTRY(merge->waiting.next, struct call, waiting);

		link_remove(&waiting->waiting);
		if (call->flow.outcome.code)
			copy_outcome(&waiting->flow.outcome, &call->flow.outcome);
		call_post(waiting);
	}
}
