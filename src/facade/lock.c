/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/call.h"
#include "facade/driver.h"

#include <pims/error.h>

/*
 * FLOW_LOCK, FLOW_SAVE and FLOW_UNLOCK. Calls of the context queue up in order; the one at the head takes the store's lock, which other processes may hold, by
 * asking again and again: there is no fair lock across processes that a loop could wait for.
 */

enum { PAUSE_FIRST_MS = 20, PAUSE_MAX_MS = 200 };

static enum wait fail(struct call *call, int value)
{
	flow_fail(&call->flow, PIMS_UNKNOWN, vault_cause(value));
	return WAIT_ENDED;
}

static void grant_next(struct lock *lock)
{
	struct call *next;

	lock->owner = NULL;
	if (link_empty(&lock->waiting))
		return;
	next = LINK_ENTRY(lock->waiting.next, struct call, waiting);
	link_remove(&next->waiting);
	lock->owner = next;
	call_post(next);
}

static void keep_saved(struct lock *lock, json_t *document)
{
	json_wipe(lock->saved);
	lock->saved = document;
}

/* The store's lock is ours: what the disk says now is what the flow works on, and what a failure returns to. */
static enum wait locked(struct call *call)
{
	struct pims *pims = call->pims;
	json_t *document = NULL;
	int r;

	pims->lock.stored = true;
	r = context_refresh(pims);
	if (r == 0)
		r = state_encode(&pims->state, &pims->profile, &document);
	if (r < 0)
		return fail(call, r);
	keep_saved(&pims->lock, document);
	return WAIT_READY;
}

static enum wait attempt(struct call *call)
{
	struct lock *lock = &call->pims->lock;
	int r = vault_lock(&call->pims->vault);
	unsigned pause = lock->pause;

	if (r == 0)
		return locked(call);
	if (r != PIMS_E_AGAIN || loop_monotonic(call->pims->loop) >= lock->deadline)
		return fail(call, r);
	lock->pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	return driver_timer(call, pause) ? WAIT_PENDING : WAIT_ENDED;
}

static enum wait first_attempt(struct call *call)
{
	struct lock *lock = &call->pims->lock;

	lock->pause = PAUSE_FIRST_MS;
	lock->deadline = loop_monotonic(call->pims->loop) + call->pims->lock_timeout_ms;
	return attempt(call);
}

enum wait lock_start(struct call *call)
{
	struct lock *lock = &call->pims->lock;

	if (lock->owner == call)
		return WAIT_READY;
	if (lock->owner) {
		link_append(&lock->waiting, &call->waiting);
		return WAIT_PENDING;
	}
	lock->owner = call;
	return first_attempt(call);
}

enum wait lock_resume(struct call *call)
{
	/* the timer, or the owner before us has let go */
	return call->timed_out ? attempt(call) : first_attempt(call);
}

/* A flow that failed has changed nothing: session and device are again what was saved last. */
static void restore(struct pims *pims)
{
	struct state saved = {0};

	if (!pims->lock.saved || state_decode(pims->lock.saved, &pims->profile, &saved) < 0) {
		pims->stale = true;
		return;
	}
	saved.clock_skew = pims->state.clock_skew;
	saved.endpoints_time = pims->state.endpoints_time;
	state_free(&pims->state);
	pims->state = saved;
}

void lock_let_go(struct call *call, bool failed)
{
	struct pims *pims = call->pims;
	struct lock *lock = &pims->lock;

	if (lock->owner != call)
		return;
	if (lock->stored) {
		if (failed)
			restore(pims);
		vault_unlock(&pims->vault);
	}
	lock->stored = false;
	keep_saved(lock, NULL);
	grant_next(lock);
}

enum wait lock_release(struct call *call)
{
	lock_let_go(call, false);
	return WAIT_READY;
}

enum wait lock_save(struct call *call)
{
	struct pims *pims = call->pims;
	json_t *document = NULL;
	int r;

	if (pims->lock.owner != call || !pims->lock.stored) {
		flow_fail(&call->flow, PIMS_UNKNOWN, "internal.order");
		return WAIT_ENDED;
	}
	r = state_encode(&pims->state, &pims->profile, &document);
	if (r == 0)
		r = vault_write(&pims->vault, document);
	if (r < 0) {
		json_wipe(document);
		return fail(call, r);
	}
	keep_saved(&pims->lock, document);
	return WAIT_READY;
}
