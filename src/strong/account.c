/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "inwebo/client.h"
#include "strong/mac.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/*
 * isDeviceActivated is known here: what the server did to the device since is told by the next OTP (2312). An activation that succeeded without its
 * synchronisation counts; after another call that did (spec/facade.md rule 8), the server is asked first.
 */

static bool is_activated(const struct flow *flow)
{
	const struct iw_device *device = flow->device;

	return (iw_client_usable(device) || device->phase == IW_MS) && text_equal_nocase(device->macid, flow->profile->macid);
}

static enum flow_want tell_activated(struct flow *flow)
{
	return strong_succeed(flow, json_pack("{s:b}", "isDeviceActivated", is_activated(flow)));
}

static enum flow_want read_status(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r = mac_receive(flow) ? iw_client_setup_status_answer(flow->device, &mac->reply) : PIMS_E_FORMAT;

	if (r == IW_NODEVICE || r == IW_FORBIDDEN)
		iw_device_set_removed(flow->device);
	else if (r != 0)
		return tell_activated(flow); /* as far as is known; the next call asks again */
	return flow_wait(flow, FLOW_SAVE, tell_activated);
}

static enum flow_want ask_status(struct flow *flow)
{
	struct mac *mac = mac_of(flow);

	if (!flow->device->sync_due || !iw_client_usable(flow->device)) /* another process may have changed it */
		return tell_activated(flow);
	flow->sees_failures = true;
	return mac_send(flow, iw_client_setup_status(flow->device, &mac->target), read_status);
}

static enum flow_want lock_status(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, ask_status);
}

enum flow_want strong_device_activated(struct flow *flow)
{
	if (!strong_configured(flow))
		return FLOW_DONE;
	if (!flow->device->sync_due || !flow->profile->backend) /* mode status is ours alone */
		return tell_activated(flow);
	return mac_begin(flow) ? flow_wait(flow, FLOW_ENDPOINTS, lock_status) : FLOW_DONE;
}

static enum flow_want read_account(struct flow *flow)
{
	json_t *answer = flow->response.status == 200 ? strong_answer_object(flow) : NULL;
	const char *pin = answer ? json_text(answer, "pin") : NULL;
	const char *blocked = "Unknown";
	enum flow_want want;

	if (text_equal(pin, "blocked"))
		blocked = "PinBlocked";
	else if (text_equal(pin, "set") || text_equal(pin, "none"))
		blocked = "NotBlocked";
	if (flow->response.status != 200)
		want = strong_fail_response(flow);
	else if (!answer)
		want = flow_fail(flow, PIMS_SERVER, "server.format");
	else
		want = strong_succeed(flow, json_pack("{s:s}", "isAccountBlocked", blocked));
	json_wipe(answer);
	return want;
}

static enum flow_want ask_account(struct flow *flow)
{
	return strong_send(flow, http_request_start(&flow->request, "GET", flow->profile->endpoints.account), read_account);
}

static enum flow_want need_token(struct flow *flow)
{
	if (!flow->profile->endpoints.account)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_account);
}

enum flow_want strong_account_blocked(struct flow *flow)
{
	if (!strong_configured(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, need_token);
}
