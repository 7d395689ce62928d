/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/driver.h"

#include "facade/call.h"

/* A want that is there at once, or never resumed, has no `resume`. */
static const struct {
	enum wait (*start)(struct call *call);
	enum wait (*resume)(struct call *call);
} wants[] = {
	[FLOW_ENDPOINTS] = {merge_endpoints, merge_resume},
	[FLOW_TOKEN] = {merge_token, merge_resume},
	[FLOW_LOCK] = {lock_start, lock_resume},
	[FLOW_UNLOCK] = {lock_release, NULL},
	[FLOW_HTTP] = {exchange_start, exchange_resume},
	[FLOW_SAVE] = {lock_save, NULL},
	[FLOW_REDIRECT] = {signin_redirect, NULL},
	[FLOW_AGENT] = {signin_start, signin_resume},
	[FLOW_RENEW] = {merge_renew, merge_resume},
};

static void go_on(struct call *call, enum wait wait)
{
	while (wait == WAIT_READY) {
		call->timed_out = false;
		call->want = call->flow.next(&call->flow);
		wait = call->want == FLOW_DONE ? WAIT_ENDED : wants[call->want].start(call);
	}
	if (wait == WAIT_ENDED)
		call_finish(call);
}

void driver_start(struct call *call, flow_step_fn first)
{
	call->stage = CALL_WAITING;
	call->flow.device_name = call->pims->device_name;
	call->flow.next = first;
	go_on(call, WAIT_READY);
}

void driver_resume(struct call *call)
{
	loop_timer_clear(call->pims->loop, &call->timer);
	go_on(call, wants[call->want].resume(call));
}

void driver_let_go(struct call *call, bool failed)
{
	loop_timer_clear(call->pims->loop, &call->timer);
	link_remove(&call->waiting);
	exchange_let_go(call);
	signin_let_go(call);
	lock_let_go(call, failed);
}

static void fired(struct loop_timer *timer)
{
	struct call *call = LINK_ENTRY(timer, struct call, timer);

	call->timed_out = true;
	call_post(call);
}

bool driver_timer(struct call *call, unsigned milliseconds)
{
	int r;

	call->timed_out = false;
	call->timer.fire = fired;
	r = loop_timer_set(call->pims->loop, &call->timer, loop_monotonic(call->pims->loop) + milliseconds);
	if (r < 0)
		flow_fail_return(&call->flow, r);
	return r == 0;
}
