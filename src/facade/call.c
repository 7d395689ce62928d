/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/call.h"

#include "base/text.h"
#include "facade/change.h"
#include "facade/codes.h"
#include "facade/driver.h"
#include "facade/message.h"
#include "facade/validate.h"
#include "identity/identity.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void call_free(struct call *call)
{
	loop_unpost(call->pims->loop, &call->task);
	link_remove(&call->link);
	flow_clear(&call->flow);
	change_free(call->change);
	json_wipe(call->parameters);
	secret_free(&call->text);
	free(call->api);
	free(call);
}

/* The callback. In it the application may do anything, free the context included: that waits for the last call. */
static void deliver(struct call *call)
{
	struct pims *pims = call->pims;
	struct message_text text;
	struct pims_message message;

	call->stage = CALL_DELIVERING;
	pims->count--;
	loop_count_pending(pims->loop, -1);
	loop_count_callback(pims->loop);
	message_init(&message, &text, &call->flow.outcome, call->transaction);
	call->callback(call->data, &message);
	message_clear(&message);
	call_free(call);
	if (pims->freed && link_empty(&pims->calls))
		context_destroy(pims);
}

static const char *const kind_names[] = {
	[CALL_INITIALIZE] = "initialize", [CALL_RELEASE] = "release",   [CALL_GET] = "get",           [CALL_SET] = "set",
	[CALL_SUBSCRIBE] = "subscribe",   [CALL_DISCOVER] = "discover", [CALL_INTERNAL] = "internal",
};

static void log_outcome(const struct call *call)
{
	const struct outcome *outcome = &call->flow.outcome;
	const struct api_row *row = call->row;
	const char *by = row && row->by[0].name ? row->by[0].value : "";

	/* the names of the row, not those the application gave: they could be anything */
	env_log(&call->pims->env, PIMS_LOG_INFO, "%s %s %s %s: %d %s", call->transaction, kind_names[call->kind], row ? row->api : "", by,
		outcome->code, outcome->cause);
}

void call_finish(struct call *call)
{
	driver_let_go(call, call->flow.outcome.code != 0);
	if (call->kind == CALL_INTERNAL) {
		merge_finish(call);
		call_free(call);
		return;
	}
	codes_map(call->row, &call->flow.outcome);
	log_outcome(call);
	deliver(call);
}

/* Ends a call that has not started a flow. The message says what the rules say, whatever the row lists. */
static void finish_early(struct call *call)
{
	codes_map(NULL, &call->flow.outcome);
	log_outcome(call);
	deliver(call);
}

/* spec/facade.md, `credential` in the table of initialize parameters. A provider that is no backend of ours has nothing of this part of its own. */
static bool component_configured(struct call *call)
{
	const struct profile *profile = &call->pims->profile;
	const char *missing = NULL;

	if (!text_equal(call->row->component, API_STRONG))
		return true;
	if (profile->issuer && !(profile->macid && profile->inwebo_url))
		missing = "backend.no_endpoint";
	else if (!profile->macid)
		missing = "configuration.credential.macID";
	else if (!profile->inwebo_url && !profile->backend)
		missing = "configuration.credential.inWeboURL";
	if (!missing)
		return true;
	flow_fail_name(&call->flow, PIMS_COMPONENT_NOT_CONFIGURED, API_STRONG, missing);
	codes_map(call->row, &call->flow.outcome);
	return false;
}

/* Another process may have signed in or out, or enrolled, since. */
static bool state_read(struct call *call)
{
	struct pims *pims = call->pims;
	int r = pims->lock.owner ? 0 : context_refresh(pims);

	if (r == PIMS_E_MEMORY)
		flow_fail_return(&call->flow, r);
	else if (r < 0)
		flow_fail(&call->flow, PIMS_NOT_CONFIGURED, vault_cause(r));
	return r == 0;
}

static bool session_there(struct call *call)
{
	if (!call->row->authenticated || identity_signed_in(&call->flow) || json_text(call->parameters, "signedOut"))
		return true;
	flow_fail(&call->flow, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	return false;
}

/* spec/facade.md, rules 2 to 4; the text of the parameters is not needed any more. */
static bool accepted(struct call *call)
{
	enum api_verb verb = call->kind == CALL_GET ? API_GET : API_SET;
	const char *text = call->has_text ? secret_text(&call->text) : NULL;
	bool ok = validate_call(&call->flow, verb, call->api, text, &call->row, &call->parameters);

	secret_free(&call->text);
	call->flow.parameters = call->parameters;
	if (ok && !call->row->start) {
		flow_fail(&call->flow, PIMS_NOT_SUPPORTED, NULL);
		ok = false;
	}
	return ok && component_configured(call) && state_read(call) && session_there(call);
}

static void begin_row(struct call *call)
{
	if (accepted(call))
		driver_start(call, call->row->start);
	else
		finish_early(call);
}

static void begin_discover(struct call *call)
{
	call->parameters = json_pack("{s:s}", "backend", secret_text(&call->text));
	call->flow.parameters = call->parameters;
	if (call->parameters) {
		driver_start(call, identity_configure);
		return;
	}
	flow_fail_name(&call->flow, PIMS_INVALID_PARAMETER, "backend", NULL);
	finish_early(call);
}

static void begin_initialize(struct call *call)
{
	if (call->pims->initialized)
		flow_fail(&call->flow, PIMS_ALREADY_INITIALIZED, NULL);
	else
		context_initialize(call->pims, call);
	finish_early(call);
}

/* Those who were there before are told first. */
static void begin_release(struct call *call)
{
	call_cancel_all(call->pims, call);
	context_release(call->pims);
	flow_succeed(&call->flow, NULL);
	call->stage = CALL_DONE;
	call_post(call);
}

static void begin_nothing(struct call *call)
{
	flow_fail(&call->flow, PIMS_NOT_SUPPORTED, NULL);
	finish_early(call);
}

static void begin_internal(struct call *call)
{
	driver_start(call, call->flow.next);
}

static void begin(struct call *call)
{
	static void (*const kinds[])(struct call *) = {
		[CALL_INITIALIZE] = begin_initialize,
		[CALL_RELEASE] = begin_release,
		[CALL_GET] = begin_row,
		[CALL_SET] = begin_row,
		[CALL_SUBSCRIBE] = begin_nothing,
		[CALL_DISCOVER] = begin_discover,
		[CALL_INTERNAL] = begin_internal,
	};
	bool any_time = call->kind == CALL_INITIALIZE || call->kind == CALL_DISCOVER || call->kind == CALL_INTERNAL;

	if (any_time || call->pims->initialized) {
		kinds[call->kind](call);
		return;
	}
	flow_fail(&call->flow, PIMS_NOT_INITIALIZED, NULL);
	finish_early(call);
}

static void run(struct loop_task *task)
{
	struct call *call = LINK_ENTRY(task, struct call, task);

	if (call->stage == CALL_NEW)
		begin(call);
	else if (call->stage == CALL_WAITING)
		driver_resume(call);
	else if (call->stage == CALL_DONE)
		deliver(call);
}

void call_post(struct call *call)
{
	loop_post(call->pims->loop, &call->task);
}

static struct call *call_new(struct pims *pims, enum call_kind kind)
{
	struct call *call = calloc(1, sizeof *call);

	if (!call)
		return NULL;
	call->pims = pims;
	call->kind = kind;
	call->task.run = run;
	flow_init(&call->flow);
	call->flow.env = &pims->env;
	call->flow.profile = &pims->profile;
	call->flow.session = &pims->state.session;
	call->flow.device = &pims->state.device;
	call->flow.clock_skew = &pims->state.clock_skew;
	call->flow.nonces = &pims->nonces;
	return call;
}

int call_submit_internal(struct pims *pims, struct merge *merge, flow_step_fn start)
{
	struct call *call = call_new(pims, CALL_INTERNAL);

	if (!call)
		return PIMS_E_MEMORY;
	call->merge = merge;
	call->flow.next = start;
	merge->runner = call;
	call_post(call);
	return 0;
}

/* Random, so that it does not tell anything; unique enough without randomness too. */
static void make_transaction(struct call *call)
{
	enum { BYTES = 6 };
	char hex[2 * BYTES + 1];

	if (env_random_hex(&call->pims->env, hex, BYTES) < 0)
		snprintf(hex, sizeof hex, "%012llx", (unsigned long long)(call->pims->serial++ & 0xffffffffffff));
	snprintf(call->transaction, sizeof call->transaction, "%.8s-%.4s", hex, hex + 8);
}

int call_submit(struct pims *pims, const struct call_request *request, struct call **ret_call)
{
	struct call *call;
	int r = 0;

	if (pims->count >= CALLS_MAX || (request->parameters && strlen(request->parameters) > PARAMETERS_MAX))
		return PIMS_E_LIMIT;
	call = call_new(pims, request->kind);
	if (!call)
		return PIMS_E_MEMORY;
	call->callback = request->callback;
	call->data = request->data;
	call->has_text = request->parameters != NULL;
	if (request->api)
		r = text_set(&call->api, request->api);
	if (r == 0 && call->has_text)
		r = secret_set(&call->text, request->parameters);
	if (r < 0) {
		call_free(call);
		return r;
	}
	make_transaction(call);
	link_append(&pims->calls, &call->link);
	pims->count++;
	loop_count_pending(pims->loop, 1);
	call_post(call);
	*ret_call = call;
	return 0;
}

void call_cancel(struct call *call, int code, const char *cause)
{
	driver_let_go(call, true);
	flow_fail(&call->flow, code, cause);
	call->stage = CALL_DONE;
	call_post(call);
}

static void drop_internal(struct merge *merge)
{
	struct call *call = merge->runner;

	if (!call)
		return;
	merge->runner = NULL;
	driver_let_go(call, true);
	call_free(call);
}

void call_cancel_all(struct pims *pims, const struct call *last)
{
	struct link *link = pims->calls.next;

	for (; link != &pims->calls; link = link->next) {
		struct call *call = LINK_ENTRY(link, struct call, link);

		if (call == last)
			break;
		if (call->stage != CALL_DELIVERING)
			call_cancel(call, PIMS_UNKNOWN, "canceled");
	}
	drop_internal(&pims->discovery);
	drop_internal(&pims->renewal);
}

void call_cancel_others(struct pims *pims, const struct call *call, const char *cause)
{
	for (struct link *link = pims->calls.next; link != &pims->calls; link = link->next) {
		struct call *other = LINK_ENTRY(link, struct call, link);

		if (other != call && other->stage == CALL_WAITING)
			call_cancel(other, PIMS_UNKNOWN, cause);
	}
	drop_internal(&pims->discovery);
	drop_internal(&pims->renewal);
}

void call_deliver_all(struct pims *pims)
{
	bool more = !link_empty(&pims->calls);

	if (!more)
		context_destroy(pims);
	while (more) {
		struct call *call = LINK_ENTRY(pims->calls.next, struct call, link);

		more = call->link.next != &pims->calls;
		loop_unpost(pims->loop, &call->task);
		deliver(call);
	}
}
