/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/account/certify.h"
#include "server/account/rest.h"
#include "server/iwws/mac.h"
#include "server/sms/number.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* The trusted phone number: told, added, and changed by somebody who holds an enrolled device (docs/openapi.yaml). */

enum { MAX_HEX = 64 };

void account_phone(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	char number[PHONE_SIZE], buffer[PHONE_SIZE];
	const struct server *server = request_server(request);
	json_t *object;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	if (account.phone) {
		if (account_number(server, &account, account.phone, number) < 0)
			text_copy(number, sizeof number, ""); /* kept from before, and no number */
		object = json_pack("{s:s}", "phoneNumber", account_show_number(server, &account, *number ? number : account.phone, buffer));
		if (*number && object && json_put_text(object, "e164", number) < 0) {
			json_decref(object);
			object = NULL;
		}
		response_json(response, 200, object);
		(void)response_header(response, "Cache-Control", "no-store");
	} else {
		response_problem(response, 404, "phone.none", "The account has no trusted phone number", -1, -1);
	}
	session_row_free(&session);
	account_free(&account);
}

/* What came, and what is made of it. */
struct change {
	struct server *server;
	const struct account *account;
	json_t *body;
	char number[PHONE_SIZE];
	char challenge[65];
	struct phone_change store;
};

/* --- the proof of a device ---------------------------------------------------------------------------------------------------------- */

static const char *device_text(const json_t *device, const char *name)
{
	const char *text = json_text(device, name);

	return text && strlen(text) <= MAX_HEX ? text : "";
}

static int take_device(struct change *change, struct mac_call *call, struct mac_device *device)
{
	struct iw_verdict verdict = {0};
	int r = mac_device_load(call, device);

	if (r == 0 && (device->row.account != change->account->id || device->row.phase != DEVICE_ACTIVE ||
		       device->row.challenge_expires <= call->now))
		r = IW_STATE;
	if (r == 0)
		r = mac_prove(call, device, device->row.challenge, &verdict);
	if (r == 0 && verdict.pin != IW_PIN_NONE) /* nobody counts wrong PINs here, so nothing is told of any */
		r = IW_STATE;
	if (r != 0)
		return r;
	change->store.device = device->row.id;
	change->store.challenge = change->challenge;
	return text_copy(change->challenge, sizeof change->challenge, device->row.challenge);
}

/* Positive: it is no proof. The challenge is that of mode status; it is consumed together with the change. */
static int prove(struct change *change)
{
	const json_t *json = json_object_get(change->body, "device");
	struct mac_call call = {
		.server = change->server,
		.now = change->store.now,
		.request = {.id = device_text(json, "id"),
			    .r0 = device_text(json, "R0"),
			    .r1 = device_text(json, "R1"),
			    .r2 = device_text(json, "R2")},
	};
	struct mac_device device = {0};
	int r = take_device(change, &call, &device);

	mac_device_free(&device);
	return r;
}

/* --- the change ------------------------------------------------------------------------------------------------------------------------- */

static int seal_notice(const struct request *request, struct change *change)
{
	const char *locale = query_get(&request->query, "locale");
	const struct texts *texts = locale ? texts_of_locale(locale) : texts_of_request(request);

	return sms_seal_text(change->server, texts->phone_changed_sms, &change->store.notice, &change->store.notice_length);
}

/* False with the response filled. */
static bool read_change(struct change *change, struct response *response)
{
	const char *action = json_text(change->body, "action");
	const char *number = json_text(change->body, "phoneNumber");
	const char *code = json_text(change->body, "smsCode");

	change->store.modify = text_equal(action, "modify");
	if (!number || !code || (!change->store.modify && !text_equal(action, "add"))) {
		rest_bad_request(response, "The body is a JSON object with action (add or modify), phoneNumber and smsCode");
		return false;
	}
	if (account_number(change->server, change->account, number, change->number) < 0) {
		response_problem(response, 400, "phone.invalid", "There is no such phone number", -1, -1);
		return false;
	}
	change->store.enroll = !change->store.modify && json_is_true(json_object_get(change->body, "enroll"));
	change->store.account = change->account->id;
	change->store.phone = change->number;
	change->store.max_tries = SMS_CODE_TRIES;
	change->store.now = env_now(&change->server->env);
	if (seal_digest(change->server->seal, code, change->store.code_hash) == 0)
		return true;
	rest_failed(response);
	return false;
}

/* What the device's own protocol would say of it; strangers learn no more than there. */
static void refuse_device(struct response *response, int error)
{
	const char *cause = "device.proof";

	if (error == IW_BLOCKED || error == IW_NODEVICE)
		cause = iw_error_cause((enum iw_error)error);
	response_problem(response, 403, cause, "No enrolled device was proved", -1, -1);
}

static void answer(struct response *response, enum phone_result result, int remaining)
{
	switch (result) {
	case PHONE_SET:
	case PHONE_SAME:
		response->status = 204;
		break;
	case PHONE_EXPIRED:
		response_problem(response, 403, "sms.expired", "The SMS code is too old", -1, -1);
		break;
	case PHONE_EXISTS:
		response_problem(response, 409, "phone.exists", "The account has a trusted phone number already", -1, -1);
		break;
	case PHONE_NONE:
		response_problem(response, 409, "phone.none", "The account has no trusted phone number", -1, -1);
		break;
	case PHONE_DEVICE:
		refuse_device(response, IW_STATE);
		break;
	default:
		response_problem(response, 403, "sms.code", "The SMS code is not good for this number", -1, remaining);
		break;
	}
}

/* Who had the number is told, whoever changed it. */
static void tell_old(const struct request *request, const struct change *change, const char *old)
{
	const char *locale = query_get(&request->query, "locale");
	const struct texts *texts = locale ? texts_of_locale(locale) : texts_of_request(request);

	if (change->store.notice && old && !text_equal(old, change->number))
		sms_deliver(change->server, old, texts->phone_changed_sms);
}

static void run(const struct request *request, struct response *response, struct change *change)
{
	struct certified certified = {0};
	int r = 0;

	if (change->store.modify) {
		r = prove(change);
		if (r == 0)
			r = seal_notice(request, change);
	}
	if (r == 0)
		r = certify_number(change->server, &change->store, &certified);
	if (r == PIMS_E_LIMIT)
		response_problem(response, 429, "sms.too_many_attempts", "Too many wrong SMS codes", certified.retry_after, -1);
	else if (r < 0)
		rest_failed(response);
	else if (r > 0)
		refuse_device(response, r);
	else
		answer(response, certified.result, certified.remaining);
	if (r == 0 && certified.result == PHONE_SET)
		tell_old(request, change, certified.old);
	certified_free(&certified);
	free(change->store.notice);
}

void account_change_phone(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	struct change change = {.server = request_server(request), .account = &account};

	if (authenticate(request, response, &session, &account) < 0)
		return;
	change.body = request_json(request);
	if (read_change(&change, response))
		run(request, response, &change);
	json_wipe(change.body);
	session_row_free(&session);
	account_free(&account);
}
