/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/encode.h"

#include <pims/error.h>
#include <stdlib.h>

enum { MAX_RECORD = 2048, MAX_SEALED = 4096, CHALLENGE_BYTES = 16 };

void mac_device_free(struct mac_device *device)
{
	device_free(&device->row);
	account_free(&device->account);
	iw_record_free(&device->record);
	secret_free(&device->pin);
}

int mac_account_pin(struct mac_call *call, const struct account *account, struct secret *ret_pin)
{
	struct buf pin = BUF_INIT(MAX_RECORD);
	int r = 0;

	if (account->pin) {
		r = open_value(call->server->seal, account->pin, account->pin_length, &pin);
		if (r == 0)
			r = secret_set_bytes(ret_pin, pin.data, pin.len);
	}
	buf_free(&pin);
	return r;
}

static int open_record(struct mac_call *call, struct mac_device *device)
{
	struct buf json = BUF_INIT(MAX_RECORD);
	int r = open_value(call->server->seal, device->row.keys, device->row.keys_length, &json);

	if (r == 0)
		r = iw_record_decode(buf_text(&json), json.len, &device->record);
	buf_free(&json);
	return r;
}

int mac_device_open(struct mac_call *call, struct mac_device *device)
{
	int r = store_account_by_id(call->server->store, device->row.account, &device->account);

	if (r == PIMS_E_NOT_FOUND) /* removed between two look-ups */
		return mac_refuse(call, IW_FORBIDDEN, NULL);
	if (r == 0)
		r = open_record(call, device);
	if (r == 0)
		r = mac_account_pin(call, &device->account, &device->pin);
	return r;
}

int mac_device_load(struct mac_call *call, struct mac_device *ret_device)
{
	uint64_t id;
	int r;

	if (decimal_parse(call->request.id, INT64_MAX, &id) < 0)
		return mac_refuse(call, IW_FORBIDDEN, NULL);
	r = store_device_get(call->server->store, (int64_t)id, &ret_device->row);
	if (r == PIMS_E_NOT_FOUND)
		return mac_refuse(call, IW_FORBIDDEN, NULL);
	if (r == 0 && ret_device->row.phase == DEVICE_REMOVED)
		return mac_refuse(call, IW_NODEVICE, NULL);
	return r < 0 ? r : mac_device_open(call, ret_device);
}

int mac_device_seal(struct mac_call *call, struct mac_device *device)
{
	struct buf json = BUF_INIT(MAX_RECORD), sealed = BUF_INIT(MAX_SEALED);
	int r = iw_record_encode(&device->record, &json);

	if (r == 0)
		r = seal_value(call->server->seal, &call->server->env, json.data, json.len, &sealed);
	if (r == 0) {
		free(device->row.keys);
		device->row.keys = (unsigned char *)sealed.data;
		device->row.keys_length = sealed.len;
		sealed = BUF_INIT(MAX_SEALED);
	}
	buf_free(&json);
	buf_free(&sealed);
	return r;
}

int mac_check_blocked(struct mac_call *call, const struct account *account)
{
	if (account->blocked)
		return mac_refuse(call, IW_BLOCKED, "account.blocked");
	return account->pin_blocked ? mac_refuse(call, IW_BLOCKED, NULL) : 0;
}

int mac_check_active(struct mac_call *call, const struct mac_device *device)
{
	return device->row.phase == DEVICE_ACTIVE ? 0 : mac_refuse(call, IW_NOCA, NULL);
}

int mac_make_challenge(struct mac_call *call, struct device *row)
{
	int64_t life = (int64_t)call->server->settings.challenge_seconds * 1000;
	int r;

	if (*row->challenge && row->challenge_expires - call->now > life / 2)
		return 0;
	r = env_random_hex(&call->server->env, row->challenge, CHALLENGE_BYTES);
	if (r == 0)
		r = store_device_challenge(call->server->store, row->id, row->challenge, call->now + life);
	return r == PIMS_E_NOT_FOUND ? mac_refuse(call, IW_NODEVICE, NULL) : r; /* removed meanwhile */
}

int mac_prove_keys(struct mac_call *call, const struct mac_device *device, const char *challenge, struct iw_verdict *ret_verdict)
{
	struct iw_expected expected = {.challenge = challenge, .serial = device->row.serial, .pin = secret_text(&device->pin)};
	int r = iw_server_check(&device->record, &expected, &call->request, ret_verdict);

	if (r < 0)
		return r;
	return ret_verdict->device ? 0 : mac_refuse(call, IW_STATE, NULL);
}

int mac_prove(struct mac_call *call, const struct mac_device *device, const char *challenge, struct iw_verdict *ret_verdict)
{
	int r = mac_prove_keys(call, device, challenge, ret_verdict);

	return r == 0 ? mac_check_blocked(call, &device->account) : r;
}

int mac_wrong_pin(struct mac_call *call, const struct mac_device *device)
{
	int remaining = 0;
	int r = store_pin_failed(call->server->store, &device->row, call->server->settings.pin_tries, &remaining);

	if (r == PIMS_E_STATE) /* another request was first with this challenge */
		return mac_refuse(call, IW_STATE, NULL);
	if (r < 0)
		return r;
	r = mac_refuse(call, remaining ? IW_ACCESS : IW_BLOCKED, remaining ? "inwebo.pin" : NULL);
	call->refusal.remaining = remaining;
	return r;
}
