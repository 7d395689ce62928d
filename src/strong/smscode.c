/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <string.h>

/* Asking for an SMS: an enrollment code as at the live service (spec/wire.md §3), the others by our REST. */

static enum flow_want read_sms(struct flow *flow)
{
	int status = flow->response.status;

	if (status < 200 || status > 299)
		return flow_fail_response(flow);
	return flow_succeed(flow, NULL);
}

static int put_body(struct flow *flow, const char *body)
{
	int r = http_request_header(&flow->request, "Content-Type", "application/json");

	return r < 0 ? r : buf_puts(&flow->request.body, body);
}

static enum flow_want ask_enrollment(struct flow *flow)
{
	const char *endpoint = flow->profile->endpoints.sms;
	int r = http_request_start(&flow->request, "POST", endpoint);

	if (r == 0 && !strchr(endpoint, '?'))
		r = buf_putc(&flow->request.url, '?');
	if (r == 0)
		r = url_put(&flow->request.url, "client_id", flow->profile->client_id);
	if (r == 0)
		r = put_body(flow, "{}");
	return strong_send(flow, r, read_sms);
}

static enum flow_want enrollment_token(struct flow *flow)
{
	if (!flow->profile->endpoints.sms)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_enrollment);
}

enum flow_want strong_sms_enrollment(struct flow *flow)
{
	return flow_wait(flow, FLOW_ENDPOINTS, enrollment_token);
}

static enum flow_want ask_reset(struct flow *flow)
{
	int r = http_request_start(&flow->request, "POST", flow->profile->endpoints.sms_purpose);

	if (r == 0)
		r = put_body(flow, "{\"purpose\":\"resetPIN\"}");
	return strong_send(flow, r, read_sms);
}

static enum flow_want reset_token(struct flow *flow)
{
	if (!flow->profile->endpoints.sms_purpose)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_reset);
}

enum flow_want strong_sms_reset_pin(struct flow *flow)
{
	return flow_wait(flow, FLOW_ENDPOINTS, reset_token);
}
