/* SPDX-License-Identifier: Apache-2.0 */
#include "strong/rest.h"

#include "inwebo/error.h"

#include <pims/error.h>

bool strong_configured(struct flow *flow)
{
	if (flow->profile->macid)
		return true;
	flow_fail_name(flow, PIMS_COMPONENT_NOT_CONFIGURED, "StrongAuthentication", "configuration.credential.macID");
	return false;
}

enum flow_want strong_no_endpoint(struct flow *flow)
{
	return flow_fail_name(flow, PIMS_COMPONENT_NOT_CONFIGURED, "StrongAuthentication", "backend.no_endpoint");
}

bool strong_own_server(struct flow *flow)
{
	if (flow->profile->backend)
		return true;
	strong_no_endpoint(flow);
	return false;
}

enum flow_want strong_send(struct flow *flow, int built, flow_step_fn next)
{
	const char *realm = flow->profile->endpoints.realm;

	if (built == 0)
		built = http_request_header(&flow->request, "Accept", "application/json, application/problem+json");
	if (built == 0 && realm)
		built = http_request_header(&flow->request, "x-introspect-realm", realm);
	if (built < 0)
		return flow_fail_return(flow, built);
	flow->bearer = true;
	return flow_wait(flow, FLOW_HTTP, next);
}

enum flow_want strong_fail_response(struct flow *flow)
{
	enum flow_want want = flow_fail_response(flow);
	enum iw_error error = flow->outcome.code == PIMS_SERVER ? iw_error_of_cause(flow->outcome.cause) : IW_OK;

	if (error != IW_OK)
		flow->outcome.code = iw_error_code(error);
	return want;
}

enum flow_want strong_succeed(struct flow *flow, json_t *result)
{
	return result ? flow_succeed(flow, result) : flow_fail_return(flow, PIMS_E_MEMORY);
}

json_t *strong_answer_object(const struct flow *flow)
{
	const struct buf *body = &flow->response.body;
	json_t *object = NULL;

	if (!http_response_is_json(&flow->response))
		return NULL;
	if (json_parse_object(buf_text(body), body->len, HTTP_MAX_BODY, &object) < 0)
		return NULL;
	return object;
}
