/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/url.h"
#include "strong/number.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <string.h>

/* Asking for an SMS: an enrollment code as at the live service (spec/wire.md §3), the others by our REST. */

static enum flow_want read_sms(struct flow *flow)
{
	int status = flow->response.status;

	if (status < 200 || status > 299)
		return strong_fail_response(flow);
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

/* --- phoneNumberCertification --------------------------------------------------------------------------------------------------------- */

static enum flow_want read_certification(struct flow *flow)
{
	enum flow_want want = read_sms(flow);

	if (flow->response.status == 400 && text_equal(flow->outcome.cause, "phone.invalid"))
		return flow_fail_name(flow, PIMS_INVALID_PARAMETER, "phoneNumber", "phone.invalid");
	return want;
}

static int put_certification(struct flow *flow)
{
	char number[STRONG_NUMBER_SIZE];
	json_t *body;
	int r = strong_number(flow, number);

	if (r < 0)
		return r;
	body = json_pack("{s:s, s:s}", "purpose", "phoneNumberCertification", "phoneNumber", number);
	r = body ? put_body(flow, "") : PIMS_E_MEMORY;
	if (r == 0)
		r = json_write(body, &flow->request.body);
	json_decref(body);
	return r;
}

static enum flow_want ask_certification(struct flow *flow)
{
	int r = http_request_start(&flow->request, "POST", flow->profile->endpoints.sms_purpose);

	if (r == 0)
		r = put_certification(flow);
	return strong_send(flow, r, read_certification);
}

static enum flow_want certification_token(struct flow *flow)
{
	if (!flow->profile->endpoints.sms_purpose)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_certification);
}

enum flow_want strong_sms_certify_phone(struct flow *flow)
{
	if (!strong_number_valid(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, certification_token);
}

/* --- resetPIN --------------------------------------------------------------------------------------------------------------------------- */

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
