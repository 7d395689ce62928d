/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/sms.h"

#include "base/phone.h"
#include "base/text.h"
#include "server/sms/policy.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum { TRIES = 8, SEALED_MAX = 1024 };

/* One message being made. */
struct sending {
	const struct server *server;
	const struct sms_order *order;
	const struct texts *texts;
	struct sms_policy policy;
	struct sms_code code;
	char digits[SMS_CODE_SIZE];
	struct buf text;
};

int sms_seal_text(const struct server *server, const char *text, unsigned char **ret_sealed, size_t *ret_length)
{
	struct buf sealed = BUF_INIT(SEALED_MAX);
	unsigned char *copy = NULL;
	int r = seal_value(server->seal, &server->env, text, strlen(text), &sealed);

	if (r == 0) {
		copy = malloc(sealed.len);
		r = copy ? 0 : PIMS_E_MEMORY;
	}
	if (r == 0) {
		memcpy(copy, sealed.data, sealed.len);
		*ret_sealed = copy;
		*ret_length = sealed.len;
	}
	buf_free(&sealed);
	return r;
}

/* The live code, to be sent again as it is: its life is not prolonged, so that ten minutes are ten minutes. */
static int reuse_code(struct sending *sending)
{
	const struct server *server = sending->server;
	const struct sms_order *order = sending->order;
	struct buf digits = BUF_INIT(64);
	int r = store_sms_live(server->store, order->account->id, order->purpose, sending->policy.now, &sending->code);

	if (r < 0)
		return r;
	if (sending->code.phone && !text_equal(sending->code.phone, order->number))
		return PIMS_E_NOT_FOUND; /* it is bound to the number it went to */
	if (sending->code.sends < 1)
		sending->code.sends = 1;
	r = open_value(server->seal, sending->code.code, sending->code.code_length, &digits);
	if (r == 0)
		r = text_copy(sending->digits, sizeof sending->digits, buf_text(&digits));
	buf_free(&digits);
	return r;
}

static int make_code(struct sending *sending)
{
	const struct server *server = sending->server;
	int64_t now = sending->policy.now;
	int r;

	sms_code_free(&sending->code);
	sending->code = (struct sms_code){
		.account = sending->order->account->id,
		.purpose = sending->order->purpose,
		.created = now,
		.sent = now,
		.expires = now + (int64_t)server->settings.sms_seconds * 1000,
	};
	r = text_set(&sending->code.phone, sending->order->number);
	if (r == 0)
		r = sms_code_make(&server->env, sending->digits);
	if (r == 0)
		r = seal_digest(server->seal, sending->digits, sending->code.hash);
	return r < 0 ? r : sms_seal_text(server, sending->digits, &sending->code.code, &sending->code.code_length);
}

static int store_message(struct sending *sending, struct sms_verdict *ret_verdict)
{
	const struct server *server = sending->server;
	struct sms_message message = {0};
	int r = text_set(&message.phone, sending->order->number);

	buf_reset(&sending->text);
	if (r == 0)
		r = sms_text(sending->texts, sending->order->purpose, &server->settings, sending->digits, &sending->text);
	if (r == 0)
		r = sms_seal_text(server, buf_text(&sending->text), &message.text, &message.text_length);
	if (r == 0 && sending->code.sends > 0)
		r = text_set(&sending->code.phone, sending->order->number);
	if (r == 0)
		r = store_sms_send(server->store, &sending->code, &message, &sending->policy, ret_verdict);
	free(message.text);
	free(message.phone);
	return r;
}

/* Another request may be faster, and another account may hold the same digits: then once more. */
static int send_once(struct sending *sending, struct sms_verdict *ret_verdict)
{
	int r = PIMS_E_STATE;

	for (int i = 0; i < TRIES && (r == PIMS_E_STATE || r == PIMS_E_NOT_FOUND); i++) {
		sms_code_free(&sending->code);
		r = reuse_code(sending);
		if (r == PIMS_E_NOT_FOUND)
			r = make_code(sending);
		if (r == 0)
			r = store_message(sending, ret_verdict);
	}
	return r == PIMS_E_STATE || r == PIMS_E_NOT_FOUND ? PIMS_E_SYSTEM : r;
}

int sms_send(const struct server *server, const struct sms_order *order, const struct texts *texts, struct sms_verdict *ret_verdict)
{
	struct sending sending = {.server = server, .order = order, .texts = texts, .text = BUF_INIT(SMS_TEXT_MAX)};
	int r = sms_policy_make(server, order, &sending.policy);

	if (r == 0)
		r = send_once(&sending, ret_verdict);
	if (r == 0)
		sms_deliver(server, order->number, buf_text(&sending.text));
	sms_code_free(&sending.code);
	secret_wipe(sending.digits, sizeof sending.digits);
	buf_free(&sending.text);
	return r;
}
