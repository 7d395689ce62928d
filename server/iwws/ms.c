/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/text.h"
#include "inwebo/crypto.h"

#include <pims/error.h>

/* A wrong PIN uses the challenge up; the step must stay possible with the right one, since no other Setup leads to it. */
static int wrong_pin(struct mac_call *call, const struct mac_device *device)
{
	int refusal = mac_wrong_pin(call, device), r;

	if (refusal != IW_ACCESS && refusal != IW_BLOCKED)
		return refusal;
	r = store_device_challenge(call->server->store, device->row.id, device->row.challenge, device->row.challenge_expires);
	return r < 0 && r != PIMS_E_NOT_FOUND ? r : refusal;
}

/* Kma is made of the PIN as it is now: it may have been changed since the activation, and the device does the same. */
static int take_secret(struct mac_call *call, struct mac_device *device)
{
	struct iw_record *record = &device->record;
	int r = iw_kma(secret_text(&device->pin), device->row.serial, &record->kma);

	if (r < 0)
		return r;
	r = text_equal(call->request.ms_id, IW_MS_ID) ? iw_server_take_ms(call->server->iw_keys, &call->request, record)
							  : PIMS_E_FORMAT;

	return r == PIMS_E_FORMAT ? mac_refuse(call, IW_SN, NULL) : r;
}

/* A first PIN was set by the activation, but is good for nothing before now: one mail tells both. */
static int make_active(struct mac_call *call, struct mac_device *device)
{
	const char *sentence = device->record.first_pin ? call->texts->device_pin_mail : call->texts->device_mail;
	const char *name = *device->row.name ? device->row.name : device->row.device_id;
	struct notice notice = {0};
	int r = mac_notice(call, &device->account, sentence, name, &notice);

	device->record.first_pin = false;
	if (r == 0)
		r = mac_device_seal(call, device);
	if (r == 0)
		r = store_enroll_ms(call->server->store, &device->row, notice_mail(&notice), call->now);
	if (r == 0)
		notice_deliver(call->server, &notice);
	notice_free(&notice);
	return r;
}

/* The challenge is kept in the record, where only a repeat of this step finds it. */
static int finish(struct mac_call *call, struct mac_device *device)
{
	struct iw_verdict verdict = {0};
	int r = mac_prove(call, device, device->row.challenge, &verdict);

	if (r == 0 && verdict.pin != IW_PIN_RIGHT)
		r = verdict.pin == IW_PIN_NONE ? mac_refuse(call, IW_ACCESS, "otp.pin_required") : wrong_pin(call, device);
	if (r == 0)
		r = take_secret(call, device);
	if (r == 0)
		r = text_copy(device->record.ms_challenge, sizeof device->record.ms_challenge, device->row.challenge);
	if (r != 0)
		return r;
	*device->row.challenge = '\0';
	device->row.challenge_expires = 0;
	return make_active(call, device);
}

/* The first answer got lost. A wrong PIN must not be told that all is well, since the device would make its secret of it. */
static int repeat(struct mac_call *call, struct mac_device *device)
{
	cleanup_secret struct secret secval = {0};
	struct iw_verdict verdict = {0};
	int r = mac_prove(call, device, device->record.ms_challenge, &verdict);

	if (r == 0)
		r = mac_count_repeat(call, device);
	if (r == 0 && verdict.pin != IW_PIN_RIGHT)
		r = mac_refuse(call, IW_ACCESS, verdict.pin == IW_PIN_NONE ? "otp.pin_required" : "inwebo.pin");
	secret_move(&secval, &device->record.secval);
	if (r == 0)
		r = take_secret(call, device);
	if (r == 0 && !secret_equals(&secval, &device->record.secval))
		r = mac_refuse(call, IW_STATE, NULL);
	return r;
}

static int attempt(struct mac_call *call)
{
	struct mac_device device = {0};
	int r = mac_device_load(call, &device);

	if (r == 0)
		r = device.row.phase == DEVICE_ACTIVE ? repeat(call, &device) : finish(call, &device);
	mac_device_free(&device);
	return r;
}

int mac_finalize_ms(struct mac_call *call)
{
	int r = attempt(call);

	if (r == PIMS_E_STATE) /* the same request was first, in another worker */
		r = attempt(call);
	if (r == PIMS_E_STATE)
		r = mac_refuse(call, IW_STATE, NULL);
	return r == 0 ? iw_server_answer_ms(&call->xml) : r;
}
