/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/* The trusted phone number: our REST, no public wire format (spec/wire.md §3). */

static bool is_cause(const json_t *problem, const char *cause)
{
	return problem && text_equal(json_text(problem, "cause"), cause);
}

static enum flow_want read_phone(struct flow *flow)
{
	json_t *answer = strong_answer_object(flow);
	const char *number = answer ? json_text(answer, "phoneNumber") : NULL;
	enum flow_want want;

	if (flow->response.status == 404 && is_cause(answer, "phone.none"))
		want = flow_fail(flow, PIMS_NO_PHONE_NUMBER, "phone.none");
	else if (flow->response.status != 200)
		want = strong_fail_response(flow);
	else if (!number)
		want = flow_fail(flow, PIMS_SERVER, "server.format");
	else
		want = strong_succeed(flow, json_pack("{s:s}", "phoneNumber", number));
	json_wipe(answer);
	return want;
}

static enum flow_want ask_phone(struct flow *flow)
{
	return strong_send(flow, http_request_start(&flow->request, "GET", flow->profile->endpoints.phone), read_phone);
}

static enum flow_want need_token(struct flow *flow)
{
	if (!flow->profile->endpoints.phone)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_phone);
}

enum flow_want strong_trusted_phone(struct flow *flow)
{
	return flow_wait(flow, FLOW_ENDPOINTS, need_token);
}
