/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/text.h"

#include <pims/error.h>

/*
 * GET /iwws/MAC (spec/wire.md §1). Every answer of the protocol is HTTP 200 with XML, refusals too. Host, User-Agent and parameters that are not known
 * are nobody's business.
 */

enum { MAX_XML = 16384 };

static const struct {
	mac_step_fn step;
	const char *name;
} steps[IW_STEP_COUNT] = {
	[IW_STEP_SETUP_ACTIVATE] = {mac_setup_activate, "setup activate"},
	[IW_STEP_FINALIZE_ACTIVATE] = {mac_finalize_activate, "finalize activate"},
	[IW_STEP_FINALIZE_MS] = {mac_finalize_ms, "finalize ms"},
	[IW_STEP_SETUP_OTP] = {mac_setup_otp, "setup otp"},
	[IW_STEP_FINALIZE_OTP] = {mac_finalize_otp, "finalize otp"},
	[IW_STEP_SETUP_STATUS] = {mac_setup_status, "setup status"},
	[IW_STEP_SETUP_PASSWORD] = {mac_setup_password, "setup password"},
	[IW_STEP_FINALIZE_PASSWORD] = {mac_finalize_password, "finalize password"},
	[IW_STEP_SETUP_RESET] = {mac_setup_reset, "setup reset"},
	[IW_STEP_FINALIZE_RESET] = {mac_finalize_reset, "finalize reset"},
};

int mac_refuse(struct mac_call *call, enum iw_error error, const char *cause)
{
	iw_refusal_set(&call->refusal, error);
	if (cause)
		(void)text_copy(call->refusal.cause, sizeof call->refusal.cause, cause);
	return (int)error;
}

/* A refusal needs a root even where the request could not be read. */
static enum iw_step nearest_step(const struct query *query)
{
	if (!text_equal(query_get(query, "action"), iw_step_action(IW_STEP_FINALIZE_OTP)))
		return IW_STEP_SETUP_OTP;
	return text_equal(query_get(query, "mode"), "activate") ? IW_STEP_FINALIZE_ACTIVATE : IW_STEP_FINALIZE_OTP;
}

static int run(struct mac_call *call, const struct query *query)
{
	int r = iw_request_read(query, &call->request);

	if (r < 0) {
		call->request.step = nearest_step(query);
		return mac_refuse(call, IW_SN, NULL);
	}
	if (!text_equal_nocase(call->request.macid, call->server->settings.macid))
		return mac_refuse(call, IW_NOSRV, "inwebo.macid");
	return steps[call->request.step].step(call);
}

static void serve(struct request *request, struct response *response)
{
	char address[REQUEST_CLIENT_SIZE], network[REQUEST_CLIENT_SIZE];
	struct mac_call call = {.server = request_server(request), .network = network, .xml = BUF_INIT(MAX_XML)};
	int r;

	request_client(request, address);
	request_network(request, network);
	call.now = env_now(&call.server->env);
	call.texts = texts_of_request(request); /* `lang` is what the application was built with, the same for everybody */
	r = run(&call, &request->query);
	env_log(&call.server->env, r < 0 ? PIMS_LOG_ERROR : PIMS_LOG_INFO, "iwws: %s from %s: %s", steps[call.request.step].name,
		address, r < 0 ? pims_strerror(r) : iw_error_word((enum iw_error)r));
	if (r > 0) {
		buf_reset(&call.xml);
		r = iw_server_answer_refusal(call.request.step, &call.refusal, &call.xml);
	}
	if (r == 0)
		response_text(response, 200, "text/xml; charset=utf-8", buf_text(&call.xml));
	buf_free(&call.xml);
}

/* Errors are HTTP 200 with XML here, too (spec/wire.md §1). Which step it was meant to be is not known. */
void iwws_malformed(struct response *response)
{
	struct mac_call call = {.xml = BUF_INIT(MAX_XML)};

	(void)mac_refuse(&call, IW_SN, NULL);
	if (iw_server_answer_refusal(IW_STEP_SETUP_OTP, &call.refusal, &call.xml) == 0)
		response_text(response, 200, "text/xml; charset=utf-8", buf_text(&call.xml));
	buf_free(&call.xml);
}

const struct route iwws_routes[] = {
	{"GET", "/iwws/MAC", serve},
	{0},
};
