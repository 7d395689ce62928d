/* SPDX-License-Identifier: Apache-2.0 */
#include "strong/mac.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/*
 * One OTP: ActionSetup and ActionFinalize otp, twice when the first answer asks for it (J). The keys that an answer brought are on disk before the OTP
 * is told. With step ms still missing, withPIN does it first ("the next call synchronises first", spec/facade.md rule 8).
 */

enum { OTP_MAX_ROUNDS = 2 };

static enum flow_want send_setup(struct flow *flow);

/* NULL = withoutPIN: that row has no such parameter. */
static const char *pin(const struct flow *flow)
{
	return flow_text(flow, "pinCode");
}

static enum flow_want refused(struct flow *flow, int r)
{
	if (r == IW_NODEVICE)
		return mac_fail_gone(flow, r);
	if (r != IW_SYNCHROFAILED)
		return mac_fail(flow, r);
	mac_of(flow)->refused = r;
	return flow_wait(flow, FLOW_SAVE, mac_fail_saved);
}

/* Ours, beside the documented result: what is left of the device's budget, and in how many seconds it renews. */
static int add_budget(const struct iw_refusal *told, json_t *result)
{
	int r = told->remaining < 0 ? 0 : json_put_int(result, "remaining", told->remaining);

	return r < 0 || told->retry_after < 0 ? r : json_put_int(result, "retryAfter", told->retry_after);
}

static enum flow_want tell_otp(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	json_t *result;

	if (mac->reply.unsynchronised) /* the keys are kept; this OTP is not told */
		return mac_end(flow, NULL);
	if (secret_empty(&mac->otp))
		return flow_fail(flow, PIMS_SERVER, "server.format");
	result = json_pack("{s:s}", "otp", secret_text(&mac->otp));
	if (result && add_budget(&mac->reply.refusal, result) < 0) {
		json_wipe(result);
		result = NULL;
	}
	return strong_succeed(flow, result);
}

static enum flow_want read_finalize(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	bool again = false;
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_finalize_otp_answer(flow->device, pin(flow), &mac->reply, &mac->otp, &again);
	if (r != 0)
		return refused(flow, r);
	mac->rounds++;
	return flow_wait(flow, FLOW_SAVE, again && mac->rounds < OTP_MAX_ROUNDS ? send_setup : tell_otp);
}

static enum flow_want read_setup(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_setup_otp_answer(flow->device, &mac->reply);
	if (r != 0)
		return refused(flow, r);
	return mac_send(flow, iw_client_finalize_otp(flow->device, &mac->app, pin(flow), &mac->target), read_finalize);
}

static enum flow_want send_setup(struct flow *flow)
{
	struct mac *mac = mac_of(flow);

	return mac_send(flow, iw_client_setup_otp(flow->device, &mac->target), read_setup);
}

static enum flow_want otp_locked(struct flow *flow)
{
	if (!mac_enrolled(flow, true)) /* another process may have changed it */
		return FLOW_DONE;
	return flow->device->phase == IW_MS ? mac_synchronise(flow, pin(flow), send_setup) : send_setup(flow);
}

static enum flow_want otp_lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, otp_locked);
}

static enum flow_want start(struct flow *flow)
{
	if (!mac_begin(flow) || !mac_enrolled(flow, true))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, otp_lock);
}

enum flow_want strong_otp_with_pin(struct flow *flow)
{
	return start(flow);
}

enum flow_want strong_otp_without_pin(struct flow *flow)
{
	return start(flow);
}
