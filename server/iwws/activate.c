/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/text.h"
#include "server/account/rest.h"

#include <inttypes.h>
#include <pims/error.h>
#include <stdio.h>
#include <string.h>

enum {
	CHALLENGE_BYTES = 16,
	TRIES = 3
};

/* Step ms may come days later, from a device that was switched off. */
static const int64_t ms_life = INT64_C(365) * 86400 * 1000;

/* What ActionFinalize activate works with. */
struct activation {
	unsigned char code_hash[SEAL_DIGEST_SIZE];
	struct secret kma, pin;
	struct account account;
	struct secret account_pin;
};

static void activation_free(struct activation *activation)
{
	secret_free(&activation->kma);
	secret_free(&activation->pin);
	account_free(&activation->account);
	secret_free(&activation->account_pin);
}

/* The account that a code activates a device for. */
static int find_account(struct mac_call *call, const unsigned char hash[SEAL_DIGEST_SIZE], struct account *ret_account)
{
	int64_t id;
	int r = mac_find_code(call, hash, SMS_ENROLLMENT, &id);

	if (r == 0)
		r = store_account_by_id(call->server->store, id, ret_account);
	if (r == PIMS_E_NOT_FOUND)
		return mac_refuse(call, IW_CODE, NULL);
	return r == 0 ? mac_check_blocked(call, ret_account) : r;
}

int mac_setup_activate(struct mac_call *call)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	struct account account = {0};
	int r = seal_digest(call->server->seal, call->request.code, hash);

	if (r == 0)
		r = find_account(call, hash, &account);
	if (r == 0)
		r = iw_server_answer_setup_activate(call->server->iw_keys, account.pin ? 1 : 2, &call->xml);
	account_free(&account);
	return r;
}

/* --- ActionFinalize activate ------------------------------------------------------------------------------------------------------- */

/* The account's PIN, by somebody who holds a code but has proved no device yet: wrong ones count against the code, never the account. */
static int check_known_pin(struct mac_call *call, const struct activation *activation)
{
	struct store *store = call->server->store;
	int remaining = 0;
	int r = store_sms_try(store, activation->code_hash, call->server->settings.pin_tries, call->now, &remaining);

	if (r == PIMS_E_NOT_FOUND)
		return mac_refuse(call, IW_CODE, NULL);
	if (r < 0)
		return r;
	if (secret_equals(&activation->pin, &activation->account_pin)) {
		r = store_sms_tried_right(store, activation->code_hash);
		return r == PIMS_E_NOT_FOUND ? 0 : r;
	}
	r = mac_refuse(call, IW_ACCESS, "inwebo.pin");
	call->refusal.remaining = remaining;
	return r;
}

static int check_pin(struct mac_call *call, const struct activation *activation)
{
	if (!secret_empty(&activation->account_pin))
		return check_known_pin(call, activation);
	return mac_check_new_pin(call, &activation->pin);
}

static int answer(struct mac_call *call, const struct mac_device *device)
{
	char id[24];
	struct iw_enrolled enrolled = {.id = id, .challenge = device->row.challenge, .now = call->now / 1000};

	snprintf(id, sizeof id, "%" PRId64, device->row.id);
	return iw_server_answer_finalize_activate(call->server->iw_keys, &device->record, &enrolled, &call->xml);
}

/* A random id: it tells nobody how many devices there are. Positive, and exact in every client's numbers. */
static int make_id(struct mac_call *call, int64_t *ret_id)
{
	uint64_t id;
	int r = env_random(&call->server->env, &id, sizeof id);

	if (r == 0)
		*ret_id = (int64_t)(id >> 12) + 1;
	return r;
}

/* Names come from anybody's clients: one that is no UTF-8 is dropped. */
static const char *valid_name(const char *name)
{
	json_t *text = json_string(name);
	bool valid = text != NULL;

	json_decref(text);
	return valid ? name : "";
}

/* What follows is random hex; a device_id may have one of its own. */
static const char *last_separator(const char *serial)
{
	const char *last = NULL;

	for (const char *at = serial; (at = strstr(at, "/_/")); at++)
		last = at;
	return last;
}

static int fill_texts(struct mac_call *call, struct device *row)
{
	const char *serial = call->request.serial, *end = last_separator(serial);
	int r;

	if (!end || end == serial)
		return mac_refuse(call, IW_SN, NULL);
	r = text_set(&row->serial, serial);
	if (r == 0)
		r = text_set(&row->device_id, serial);
	if (r == 0)
		r = text_set(&row->name, valid_name(call->request.name));
	if (r == 0)
		row->device_id[end - serial] = '\0';
	return r;
}

static int fill_device(struct mac_call *call, const struct activation *activation, struct mac_device *device)
{
	struct device *row = &device->row;
	int r = fill_texts(call, row);

	row->account = activation->account.id;
	row->phase = DEVICE_MS;
	row->challenge_expires = call->now + ms_life;
	memcpy(row->code_hash, activation->code_hash, sizeof row->code_hash);
	device->record.first_pin = secret_empty(&activation->account_pin);
	if (r == 0)
		r = make_id(call, &row->id);
	if (r == 0)
		r = env_random_hex(&call->server->env, row->challenge, CHALLENGE_BYTES);
	if (r == 0)
		r = secret_copy(&device->record.kma, &activation->kma);
	if (r == 0)
		r = iw_server_make_keys(&call->server->env, &device->record);
	return r == 0 ? mac_device_seal(call, device) : r;
}

/* What can be removed to make room. Whoever comes this far knows the PIN, or the account has none. */
static int too_many_devices(struct mac_call *call, int64_t account)
{
	json_t *devices = NULL;
	struct buf text = BUF_INIT(IW_DEVICES_SIZE);
	int r = account_device_list(call->server, account, &devices), refusal = mac_refuse(call, IW_MAXNBTOOLS, NULL);

	/* the newest are left out where the list is too long */
	while (r == 0 && (r = json_write(devices, &text)) == PIMS_E_LIMIT && json_array_size(devices)) {
		buf_reset(&text);
		r = json_array_remove(devices, json_array_size(devices) - 1);
	}
	if (r == 0)
		(void)text_copy(call->refusal.devices, sizeof call->refusal.devices, buf_text(&text));
	buf_free(&text);
	json_decref(devices);
	return refusal;
}

static int store_device(struct mac_call *call, const struct activation *activation, const struct mac_device *device)
{
	const struct server *server = call->server;
	struct buf pin = BUF_INIT(1024);
	int r = 0;

	if (secret_empty(&activation->account_pin))
		r = seal_value(server->seal, &server->env, activation->pin.text, activation->pin.len, &pin);
	if (r == 0)
		r = store_enroll_finalize(server->store, &device->row, (const unsigned char *)pin.data, pin.len,
					  server->settings.max_devices, call->now);
	buf_free(&pin);
	if (r == PIMS_E_NOT_FOUND)
		return mac_refuse(call, IW_CODE, NULL);
	return r == PIMS_E_LIMIT ? too_many_devices(call, device->row.account) : r;
}

static int enroll(struct mac_call *call, struct activation *activation)
{
	struct mac_device device = {0};
	int r = find_account(call, activation->code_hash, &activation->account);

	if (r == 0)
		r = mac_account_pin(call, &activation->account, &activation->account_pin);
	if (r == 0)
		r = check_pin(call, activation);
	if (r == 0)
		r = fill_device(call, activation, &device);
	if (r == 0)
		r = store_device(call, activation, &device);
	if (r == 0)
		r = answer(call, &device);
	mac_device_free(&device);
	return r;
}

/*
 * The first answer got lost: the same one again, if it is the account's PIN. Was that changed in between, the keys go out under the new one; step ms
 * takes it from there.
 */
static int repeat(struct mac_call *call, struct activation *activation, struct mac_device *device)
{
	int r = mac_device_open(call, device);

	if (r == 0)
		r = mac_check_blocked(call, &device->account);
	if (r == 0)
		r = mac_count_repeat(call, device);
	if (r == 0 && !secret_equals(&activation->pin, &device->pin))
		r = mac_refuse(call, IW_ACCESS, "inwebo.pin");
	if (r != 0)
		return r;
	secret_move(&device->record.kma, &activation->kma);
	return answer(call, device);
}

static int attempt(struct mac_call *call)
{
	struct activation activation = {0};
	struct mac_device device = {0};
	int r = iw_server_open_activation(call->server->iw_keys, &call->request, &activation.kma, &activation.pin);

	if (r == PIMS_E_FORMAT)
		r = mac_refuse(call, IW_SN, NULL);
	if (r == 0)
		r = seal_digest(call->server->seal, call->request.code, activation.code_hash);
	if (r == 0)
		r = store_enroll_find(call->server->store, activation.code_hash, call->request.serial, &device.row);
	if (r == 0)
		r = repeat(call, &activation, &device);
	else if (r == PIMS_E_NOT_FOUND)
		r = enroll(call, &activation);
	mac_device_free(&device);
	activation_free(&activation);
	return r;
}

int mac_finalize_activate(struct mac_call *call)
{
	int r = PIMS_E_STATE;

	/* PIMS_E_STATE: another request changed the account or took the id meanwhile */
	for (int i = 0; i < TRIES && r == PIMS_E_STATE; i++)
		r = attempt(call);
	return r == PIMS_E_STATE ? mac_refuse(call, IW_STATE, NULL) : r;
}
