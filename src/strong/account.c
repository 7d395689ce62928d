/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "inwebo/client.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/** Known here: what the server did to the device since is told by the next OTP (2312). */
enum flow_want strong_device_activated(struct flow *flow)
{
	const struct iw_device *device = flow->device;
	bool activated;

	if (!strong_configured(flow))
		return FLOW_DONE;
	activated = iw_client_usable(device) && text_equal_nocase(device->macid, flow->profile->macid);
	return strong_succeed(flow, json_pack("{s:b}", "isDeviceActivated", activated));
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
		want = flow_fail_response(flow);
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
