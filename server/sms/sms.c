/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/sms.h"

#include "base/json.h"
#include "base/text.h"
#include "server/account/rest.h"

#include <pims/error.h>

/* Asking for a code: smsCode as at the live service (spec/wire.md §3), /v1/sms for every purpose (docs/openapi.yaml). */

static void answer(struct response *response, int r, int retry_after)
{
	if (r == 0)
		response->status = 202;
	else if (r == PIMS_E_NOT_FOUND)
		response_problem(response, 409, "phone.none", "The account has no trusted phone number", -1, -1);
	else if (r == PIMS_E_LIMIT)
		response_problem(response, 429, "sms.budget", "Too many SMS for this account", retry_after, -1);
	else
		rest_failed(response);
}

static void send_code(const struct request *request, struct response *response, const struct account *account, enum sms_purpose purpose)
{
	const char *locale = request_parameter(request, "locale");
	const struct texts *texts = locale ? texts_of_locale(locale) : texts_of_request(request);
	int retry_after = -1;
	int r = sms_send(request_server(request), account, purpose, texts, &retry_after);

	answer(response, r, retry_after);
}

/* The body says nothing here: empty, or {} (spec/wire.md §3). */
static void sms_code(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};

	if (authenticate(request, response, &session, &account) < 0)
		return;
	send_code(request, response, &account, SMS_ENROLLMENT);
	session_row_free(&session);
	account_free(&account);
}

static int read_purpose(const struct request *request, enum sms_purpose *ret_purpose)
{
	static const enum sms_purpose purposes[] = {SMS_ENROLLMENT, SMS_RESET_PIN};
	json_t *body = request_json(request);
	const char *name = json_text(body, "purpose");
	int r = PIMS_E_FORMAT;

	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
		if (!text_equal(name, sms_purpose_name(purposes[i])))
			continue;
		*ret_purpose = purposes[i];
		r = 0;
	}
	json_wipe(body);
	return r;
}

static void sms_purpose(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	enum sms_purpose purpose;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	if (read_purpose(request, &purpose) == 0)
		send_code(request, response, &account, purpose);
	else
		rest_bad_request(response, "The body is a JSON object whose purpose is enrollment or resetPIN");
	session_row_free(&session);
	account_free(&account);
}

const struct route sms_routes[] = {
	{"POST", "/applications/cvs/v4/mobile/smsCode", sms_code},
	{"POST", "/v1/sms", sms_purpose},
	{NULL, NULL, NULL},
};
