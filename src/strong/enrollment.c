/* SPDX-License-Identifier: Apache-2.0 */
#include "strong/enrollment.h"

#include "base/text.h"
#include "strong/mac.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/*
 * set smscode enrollment is ActionSetup activate; set enrollment enroll is ActionFinalize activate and step ms. What the server was asked is saved
 * before it is asked, so that a process killed at any instant goes on with the same code, serial and slot.
 */

static enum flow_want finalize(struct flow *flow);
static enum flow_want enroll_with_code(struct flow *flow);

/* --- ActionSetup activate ---------------------------------------------------------------------------------------------------- */

static enum flow_want send_setup(struct flow *flow, flow_step_fn next)
{
	struct mac *mac = mac_of(flow);
	int r = iw_client_setup_activate(&mac->app, flow_text(flow, "smsCode"), &mac->target);

	return mac_send(flow, r == PIMS_E_INVALID ? IW_SN : r, next);
}

/* False with the flow ended. */
static bool read_setup(struct flow *flow, enum flow_want *ret_want)
{
	struct mac *mac = mac_of(flow);
	int r;

	*ret_want = FLOW_DONE;
	if (!mac_receive(flow))
		return false;
	r = iw_client_setup_activate_answer(flow->device, &mac->app, flow_text(flow, "smsCode"), &mac->reply);
	mac->unsynchronised |= mac->reply.unsynchronised;
	if (r != 0)
		*ret_want = mac_fail(flow, r);
	return r == 0;
}

static enum flow_want confirmed(struct flow *flow)
{
	const char *status = flow->device->pinmode == 1 ? "AlreadyEnrolled" : "NotEnrolled";

	json_t *result = json_pack("{s:s}", "status", status);

	return result ? mac_end(flow, result) : flow_fail_return(flow, PIMS_E_MEMORY);
}

static enum flow_want save_confirmed(struct flow *flow)
{
	enum flow_want want;

	return read_setup(flow, &want) ? flow_wait(flow, FLOW_SAVE, confirmed) : want;
}

static enum flow_want confirm_locked(struct flow *flow)
{
	return send_setup(flow, save_confirmed);
}

static enum flow_want confirm_lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, confirm_locked);
}

enum flow_want strong_sms_confirm(struct flow *flow)
{
	if (!mac_begin(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, confirm_lock);
}

/* --- step ms ----------------------------------------------------------------------------------------------------------------------- */

static enum flow_want enrolled(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

/* The activation has succeeded and is kept; only the synchronisation after it failed (spec/facade.md rule 8). The cause stays the true one. */
static enum flow_want ms_failed(struct flow *flow)
{
	flow->outcome.code = PIMS_INWEBO_SYNCHRO;
	(void)text_copy(flow->outcome.recovery, sizeof flow->outcome.recovery, "get pims.authentication.otp action=withPIN");
	return FLOW_DONE;
}

static enum flow_want ms_refused(struct flow *flow, int r)
{
	enum flow_want want;

	if (r > 0 && r != IW_ACCESS && r != IW_BLOCKED && r != IW_SYNCHROFAILED && mac_of(flow)->rounds++ == 0 && flow_text(flow, "smsCode"))
		return enroll_with_code(flow);
	if (r == IW_NODEVICE || r == IW_FORBIDDEN) /* the next enroll starts anew */
		return mac_fail_gone(flow, r);
	want = mac_fail(flow, r);
	return r == IW_ACCESS || r == IW_BLOCKED ? want : ms_failed(flow);
}

static enum flow_want read_ms(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_receive(flow))
		return ms_failed(flow);
	r = iw_client_ms_answer(flow->device, flow_text(flow, "pinCode"), &mac->reply);
	return r == 0 ? flow_wait(flow, FLOW_SAVE, enrolled) : ms_refused(flow, r);
}

static enum flow_want send_ms(struct flow *flow)
{
	struct mac *mac = mac_of(flow);

	if (!mac_key_fits(flow))
		return FLOW_DONE;
	flow->sees_failures = true;
	return mac_send(flow, iw_client_ms(flow->device, flow->env, flow_text(flow, "pinCode"), &mac->target), read_ms);
}

/* --- ActionFinalize activate -------------------------------------------------------------------------------------------------- */

static enum flow_want finalized(struct flow *flow)
{
	struct mac *mac = mac_of(flow);

	if (flow->device->phase != IW_MS)
		return mac_end(flow, NULL);
	if (!mac->unsynchronised)
		return send_ms(flow);
	(void)mac_fail(flow, IW_SYNCHROFAILED); /* the server cannot synchronise now: left to the next call */
	return ms_failed(flow);
}

/* Ends an activation whose code is dead. A device of an earlier enrollment still has its keys and lives on. */
static void abandon(struct iw_device *device)
{
	if (!*device->id || secret_empty(&device->k1) || secret_empty(&device->secval)) {
		iw_device_forget(device);
		return;
	}
	device->phase = IW_ACTIVE;
	secret_free(&device->code);
}

static enum flow_want read_finalize(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_finalize_activate_answer(flow->device, flow->env, flow_text(flow, "pinCode"), &mac->reply);
	mac->unsynchronised |= mac->reply.unsynchronised;
	if (r == 0)
		return flow_wait(flow, FLOW_SAVE, finalized);
	if (r != IW_CODE)
		return mac_fail(flow, r); /* the code is still good: ask for the PIN again, without a new SMS */
	mac->refused = r;
	abandon(flow->device);
	return flow_wait(flow, FLOW_SAVE, mac_fail_saved);
}

static enum flow_want send_finalize(struct flow *flow)
{
	return mac_send(flow, 0, read_finalize);
}

static enum flow_want finalize(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_key_fits(flow))
		return FLOW_DONE;
	r = iw_client_finalize_activate(flow->device, flow->env, &mac->app, flow_text(flow, "pinCode"), &mac->target);
	if (r != 0)
		return mac_fail(flow, r);
	return flow_wait(flow, FLOW_SAVE, send_finalize);
}

/* --- set enrollment enroll ---------------------------------------------------------------------------------------------------------- */

static enum flow_want save_setup(struct flow *flow)
{
	enum flow_want want;

	return read_setup(flow, &want) ? flow_wait(flow, FLOW_SAVE, finalize) : want;
}

static enum flow_want enroll_with_code(struct flow *flow)
{
	return send_setup(flow, save_setup);
}

static bool is_other_code(const struct flow *flow)
{
	const char *code = flow_text(flow, "smsCode");

	return code && !secret_equals_text(code, secret_text(&flow->device->code));
}

/* By a process that was ended before it could tell. */
static bool is_done(const struct flow *flow)
{
	return flow->device->phase == IW_ACTIVE && !secret_empty(&flow->device->code) && !is_other_code(flow);
}

/* Where an earlier call, or an earlier process, left off. */
static enum flow_want enroll_locked(struct flow *flow)
{
	if (is_done(flow))
		return enrolled(flow);
	switch (flow->device->phase) {
	case IW_SETUP:
	case IW_FINALIZE:
		return is_other_code(flow) ? enroll_with_code(flow) : finalize(flow);
	case IW_MS:
		return send_ms(flow);
	default:
		if (!flow_text(flow, "smsCode"))
			return flow_fail_name(flow, PIMS_MISSING_PARAMETER, "smsCode", NULL);
		return enroll_with_code(flow);
	}
}

enum flow_want enrollment_lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, enroll_locked);
}

enum flow_want strong_enroll(struct flow *flow)
{
	if (!mac_begin(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, enrollment_lock);
}
