/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/sms.h"

#include "base/json.h"
#include "server/account/rest.h"
#include "server/sms/number.h"

#include <pims/error.h>

#include <stdio.h>

/* Asking for a code: smsCode as at the live service (spec/wire.md §3), /v1/sms for every purpose (docs/openapi.yaml). */

/* What the next message needs, in headers: a body is none of theirs, or says it once more. */
static void put_headers(struct response *response, const struct sms_verdict *verdict)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%d", verdict->retry_after);
	(void)response_header(response, "Retry-After", text);
	(void)snprintf(text, sizeof text, "%d", verdict->remaining);
	(void)response_header(response, "X-SMS-Remaining", text);
	(void)response_header(response, "Cache-Control", "no-store");
}

static void refuse(struct response *response, const struct sms_verdict *verdict)
{
	char remaining[16];

	if (verdict->spent)
		response_problem(response, 429, "sms.budget", "Too many SMS", verdict->retry_after, verdict->remaining);
	else
		response_problem(response, 429, "sms.cooldown", "The last SMS was sent a moment ago", verdict->retry_after, verdict->remaining);
	(void)snprintf(remaining, sizeof remaining, "%d", verdict->remaining);
	(void)response_header(response, "X-SMS-Remaining", remaining);
}

static void no_phone(struct response *response)
{
	response_problem(response, 409, "phone.none", "The account has no trusted phone number", -1, -1);
}

/* False: it was not sent, and the response says why. */
static bool send_code(const struct request *request, struct response *response, const struct sms_order *order,
		      struct sms_verdict *ret_verdict)
{
	const char *locale = query_get(&request->query, "locale");
	const struct texts *texts = locale ? texts_of_locale(locale) : texts_of_request(request);
	int r = sms_send(request_server(request), order, texts, ret_verdict);

	if (r == PIMS_E_LIMIT)
		refuse(response, ret_verdict);
	else if (r == PIMS_E_INVALID)
		response_problem(response, 403, "sms.country", "No SMS are sent to numbers of that country", -1, 0);
	else if (r < 0)
		rest_failed(response);
	return r == 0;
}

/* A number that was kept in another form than E.164 is used as it is. */
static bool find_trusted(const struct request *request, const struct account *account, char number[PHONE_SIZE])
{
	if (!account->phone)
		return false;
	if (account_number(request_server(request), account, account->phone, number) < 0)
		(void)snprintf(number, PHONE_SIZE, "%s", account->phone);
	return true;
}

/* The body says nothing here: empty, or {} (spec/wire.md §3). */
static void sms_code(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	struct sms_verdict verdict = {0};
	char number[PHONE_SIZE], network[REQUEST_CLIENT_SIZE];
	struct sms_order order = {.account = &account, .purpose = SMS_ENROLLMENT, .number = number, .network = network};

	if (authenticate(request, response, &session, &account) < 0)
		return;
	request_network(request, network);
	if (!find_trusted(request, &account, number)) {
		no_phone(response);
	} else if (send_code(request, response, &order, &verdict)) {
		response->status = 202;
		put_headers(response, &verdict);
	}
	session_row_free(&session);
	account_free(&account);
}

/* False with the response filled. */
static bool read_order(const struct request *request, struct response *response, const json_t *body, struct sms_order *order,
		       char number[PHONE_SIZE])
{
	const char *given = json_text(body, "phoneNumber");
	bool certification;

	if (sms_purpose_parse(json_text(body, "purpose"), &order->purpose) < 0) {
		rest_bad_request(response,
				 "The body is a JSON object whose purpose is enrollment, resetPIN or phoneNumberCertification");
		return false;
	}
	certification = order->purpose == SMS_CERTIFICATION;
	if (certification && !given) {
		rest_bad_request(response, "phoneNumber is missing");
		return false;
	}
	if (certification && account_number(request_server(request), order->account, given, number) < 0) {
		response_problem(response, 400, "phone.invalid", "There is no such phone number", -1, -1);
		return false;
	}
	if (certification || find_trusted(request, order->account, number))
		return true;
	no_phone(response);
	return false;
}

static void sms_purpose(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	struct sms_verdict verdict = {0};
	char number[PHONE_SIZE], network[REQUEST_CLIENT_SIZE];
	struct sms_order order = {.account = &account, .number = number, .network = network};
	json_t *body;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	request_network(request, network);
	body = request_json(request);
	if (read_order(request, response, body, &order, number) && send_code(request, response, &order, &verdict)) {
		response_json(response, 202, json_pack("{s:i, s:i}", "retryAfter", verdict.retry_after, "remaining", verdict.remaining));
		put_headers(response, &verdict);
	}
	json_wipe(body);
	session_row_free(&session);
	account_free(&account);
}

const struct route sms_routes[] = {
	{"POST", "/applications/cvs/v4/mobile/smsCode", sms_code},
	{"POST", "/v1/sms", sms_purpose},
	{NULL, NULL, NULL},
};
