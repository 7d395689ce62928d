/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_CALL_H
#define PIMS_FACADE_CALL_H

#include "facade/context.h"

/** What the public functions hand over. */
struct call_request {
	enum call_kind kind;
	const char *api;        /**< NULL where there is none */
	const char *parameters; /**< NULL = none */
	pims_callback_fn callback;
	void *data;
};

/** Makes a call and posts its task. *ret_call belongs to the context. PIMS_E_MEMORY, PIMS_E_LIMIT. */
int call_submit(struct pims *pims, const struct call_request *request, struct call **ret_call);
/** Makes an internal call that runs `start` for the calls in `merge`, and posts its task. */
int call_submit_internal(struct pims *pims, struct merge *merge, flow_step_fn start);
/** The call's next turn. */
void call_post(struct call *call);
/** The flow is done: lets go of what it holds, then delivers. Only from the call's task; the call is gone afterwards. */
void call_finish(struct call *call);
/** Ends a call early: what it waits for is given up, and its callback comes with its task. */
void call_cancel(struct call *call, int code, const char *cause);
/** The same for every call of the context up to, not including, `last` (NULL = all), and for its internal calls. */
void call_cancel_all(struct pims *pims, const struct call *last);
/** Ends every call that has begun, but `call`, and the internal ones: what they work with is about to change. */
void call_cancel_others(struct pims *pims, const struct call *call, const char *cause);
/** Delivers every call of a context at once: when its loop goes away. The context goes with the last one. */
void call_deliver_all(struct pims *pims);

#endif
