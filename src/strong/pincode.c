/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "strong/mac.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <string.h>

/*
 * The account's PIN: changed by the old one (set pincode update, mode password), or by an SMS code (set pincode reset, mode reset); both only from an
 * enrolled device. With step ms still missing, the old PIN does it first (spec/facade.md rule 8); a code cannot. The fields of both modes are ours
 * (docs/PROTOCOL.md), so only our server gets them. It takes a repeat of a change that it has made already for that change, so a lost answer does no harm.
 */

static enum flow_want send_setup(struct flow *flow);

static struct iw_new_pin new_pin(const struct flow *flow)
{
	struct iw_new_pin update = {.old_pin = flow_text(flow, "oldPIN"), .new_pin = flow_text(flow, "newPIN")};
	struct iw_new_pin reset = {.new_pin = flow_text(flow, "pinCode"), .code = flow_text(flow, "smsCode")};

	return update.new_pin ? update : reset;
}

/* NOK:STATE: the challenge was used up, by another request or by this one, when it was sent twice and the first answer got lost. */
static enum flow_want refused(struct flow *flow, int r)
{
	struct mac *mac = mac_of(flow);

	if (r == IW_NODEVICE)
		return mac_fail_gone(flow, r);
	if (r == IW_STATE && mac->rounds++ == 0)
		return send_setup(flow);
	return mac_fail(flow, r);
}

static enum flow_want changed(struct flow *flow)
{
	return mac_end(flow, NULL);
}

static enum flow_want read_finalize(struct flow *flow)
{
	struct iw_new_pin pin = new_pin(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_finalize_pin_answer(flow->device, &pin, &mac_of(flow)->reply);
	return r == 0 ? flow_wait(flow, FLOW_SAVE, changed) : refused(flow, r);
}

static enum flow_want read_setup(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	struct iw_new_pin pin = new_pin(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_setup_pin_answer(flow->device, &pin, &mac->reply);
	if (r != 0)
		return refused(flow, r);
	return mac_send(flow, iw_client_finalize_pin(flow->device, flow->env, &mac->app, &pin, &mac->target), read_finalize);
}

static enum flow_want send_setup(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	struct iw_new_pin pin = new_pin(flow);
	int r = iw_client_setup_pin(flow->device, &pin, &mac->target);

	return mac_send(flow, r == PIMS_E_INVALID ? IW_SN : r, read_setup);
}

static enum flow_want pin_locked(struct flow *flow)
{
	if (!mac_enrolled(flow, true)) /* another process may have changed it */
		return FLOW_DONE;
	return flow->device->phase == IW_MS ? mac_synchronise(flow, flow_text(flow, "oldPIN"), send_setup) : send_setup(flow);
}

static enum flow_want pin_lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, pin_locked);
}

/* Keys of at most 32 digits are all that the protocol carries. */
static bool fits(struct flow *flow)
{
	struct iw_new_pin pin = new_pin(flow);

	if (strlen(pin.new_pin) <= IW_MAX_PIN)
		return true;
	flow_fail_name(flow, PIMS_INVALID_PARAMETER, pin.code ? "pinCode" : "newPIN", "pin.policy");
	return false;
}

static enum flow_want start(struct flow *flow)
{
	if (!mac_begin(flow) || !strong_own_server(flow) || !mac_enrolled(flow, true) || !fits(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, pin_lock);
}

enum flow_want strong_pin_update(struct flow *flow)
{
	if (text_equal(flow_text(flow, "oldPIN"), flow_text(flow, "newPIN")))
		return flow_fail(flow, PIMS_INWEBO_PIN_REUSED, iw_error_cause(IW_PINREUSED));
	return start(flow);
}

enum flow_want strong_pin_reset(struct flow *flow)
{
	return start(flow);
}
