/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/encode.h"
#include "base/text.h"
#include "inwebo/crypto.h"

#include <pims/error.h>

/*
 * The modes that are ours (docs/PROTOCOL.md §1): status proves a device to our REST, password changes the PIN, reset sets a new one by a code. The PIN is
 * the account's; what a device derives of it is derived again where it is needed.
 */

/* A new PIN on its way. */
struct new_pin {
	struct mac_device device;
	struct iw_verdict verdict;
	struct secret kma, pin;
	unsigned char code_hash[SEAL_DIGEST_SIZE];
	char code_hex[2 * SEAL_DIGEST_SIZE + 1];
};

static void new_pin_free(struct new_pin *new)
{
	mac_device_free(&new->device);
	secret_free(&new->kma);
	secret_free(&new->pin);
	secret_wipe(new->code_hash, sizeof new->code_hash);
	secret_wipe(new->code_hex, sizeof new->code_hex);
}

/* --- ActionSetup -------------------------------------------------------------------------------------------------------------------- */

static int load_active(struct mac_call *call, struct mac_device *device)
{
	int r = mac_device_load(call, device);

	return r == 0 ? mac_check_active(call, device) : r;
}

int mac_setup_status(struct mac_call *call)
{
	struct mac_device device = {0};
	int r = load_active(call, &device);

	if (r == 0)
		r = mac_make_challenge(call, &device.row);
	if (r == 0)
		r = iw_server_answer_setup_status(device.row.challenge, secret_empty(&device.pin) ? 0 : 1, &call->xml);
	mac_device_free(&device);
	return r;
}

static int answer_setup(struct mac_call *call, struct mac_device *device)
{
	int r = mac_make_challenge(call, &device->row);

	return r == 0 ? iw_server_answer_setup_pin(call->server->iw_keys, call->request.step, device->row.challenge, &call->xml) : r;
}

int mac_setup_password(struct mac_call *call)
{
	struct mac_device device = {0};
	int r = load_active(call, &device);

	if (r == 0)
		r = answer_setup(call, &device);
	mac_device_free(&device);
	return r;
}

static int digest_code(struct mac_call *call, struct new_pin *new)
{
	int r = seal_digest(call->server->seal, call->request.code, new->code_hash);

	if (r == 0)
		hex_encode(new->code_hash, sizeof new->code_hash, new->code_hex);
	return r;
}

/* This device reset the PIN with this very code. */
static bool is_used_here(const struct new_pin *new)
{
	return *new->device.record.reset_code && secret_equals_text(new->device.record.reset_code, new->code_hex);
}

static int check_code(struct mac_call *call, const struct new_pin *new)
{
	int64_t account = 0;
	int r = is_used_here(new) ? 0 : mac_find_code(call, new->code_hash, SMS_RESET_PIN, &account);

	if (r == 0 && account && account != new->device.row.account)
		r = mac_refuse(call, IW_CODE, NULL);
	return r;
}

int mac_setup_reset(struct mac_call *call)
{
	struct new_pin new = {0};
	int r = load_active(call, &new.device);

	if (r == 0)
		r = digest_code(call, &new);
	if (r == 0)
		r = check_code(call, &new);
	if (r == 0)
		r = answer_setup(call, &new.device);
	new_pin_free(&new);
	return r;
}

/* --- ActionFinalize ----------------------------------------------------------------------------------------------------------------- */

/* The device is there and proves itself, in time; PIN and Kma of the request are open. */
static int begin(struct mac_call *call, struct new_pin *new)
{
	const struct device *row = &new->device.row;
	int r = load_active(call, &new->device);

	if (r == 0)
		r = mac_prove_keys(call, &new->device, row->challenge, &new->verdict);
	if (r == 0 && row->challenge_expires <= call->now)
		r = mac_refuse(call, IW_TIMEOUT, NULL);
	if (r == 0)
		r = iw_server_open_activation(call->server->iw_keys, &call->request, &new->kma, &new->pin);
	return r == PIMS_E_FORMAT ? mac_refuse(call, IW_SN, NULL) : r;
}

/* Kma is no secret beside the PIN that it is made of: another one would leave the device with keys that open nothing. */
static int take_kma(struct mac_call *call, struct new_pin *new)
{
	int r = iw_kma(secret_text(&new->pin), new->device.row.serial, &new->device.record.kma);

	if (r == 0 && !secret_equals(&new->device.record.kma, &new->kma))
		r = mac_refuse(call, IW_SN, NULL);
	return r;
}

/* Of two that come with one challenge, the second is told to ask for another. */
static int store_change(struct mac_call *call, struct new_pin *new, struct pin_change *change)
{
	int r = mac_device_seal(call, &new->device);

	change->device = &new->device.row;
	change->now = call->now;
	if (r == 0)
		r = store_pin_change(call->server->store, change);
	if (r == PIMS_E_STATE)
		return mac_refuse(call, IW_STATE, NULL);
	return r == PIMS_E_NOT_FOUND ? mac_refuse(call, IW_CODE, NULL) : r;
}

/* It is the account's PIN already, set by this device: the answer got lost. `code_hash`: of a reset, else NULL. */
static int repeat(struct mac_call *call, struct new_pin *new, const unsigned char *code_hash)
{
	struct pin_change change = {.code_hash = code_hash};

	return store_change(call, new, &change);
}

static int store_new_pin(struct mac_call *call, struct new_pin *new, struct pin_change *change)
{
	struct notice notice = {0};
	int r = mac_notice(call, &new->device.account, call->texts->pin_mail, "", &notice);

	change->notice = notice_mail(&notice);
	if (r == 0)
		r = store_change(call, new, change);
	if (r == 0)
		notice_deliver(call->server, &notice);
	notice_free(&notice);
	return r;
}

static int change_pin(struct mac_call *call, struct new_pin *new, struct pin_change *change)
{
	struct buf sealed = BUF_INIT(1024);
	int r = mac_check_new_pin(call, &new->pin);

	if (r == 0)
		r = take_kma(call, new);
	if (r == 0)
		r = seal_value(call->server->seal, &call->server->env, new->pin.text, new->pin.len, &sealed);
	if (r == 0) {
		change->pin = (const unsigned char *)sealed.data;
		change->pin_length = sealed.len;
		r = store_new_pin(call, new, change);
	}
	buf_free(&sealed);
	return r;
}

static int update(struct mac_call *call, struct new_pin *new)
{
	struct pin_change change = {.old_pin = new->device.account.pin, .old_pin_length = new->device.account.pin_length};
	int r;

	if (secret_equals(&new->pin, &new->device.pin))
		return mac_refuse(call, IW_PINREUSED, NULL);
	r = secret_copy(&new->device.record.pin_before, &new->device.pin);
	*new->device.record.reset_code = '\0';
	return r == 0 ? change_pin(call, new, &change) : r;
}

/* R2 was made with the PIN before this device's last change, and that change is asked for again. */
static int is_repeated_update(struct mac_call *call, const struct new_pin *new, bool *ret_repeated)
{
	const struct mac_device *device = &new->device;
	struct iw_expected expected = {
		.challenge = device->row.challenge, .serial = device->row.serial, .pin = secret_text(&device->record.pin_before)};
	struct iw_verdict verdict = {0};
	int r = iw_server_check(&device->record, &expected, &call->request, &verdict);
	bool same = secret_equals(&new->pin, &device->pin);

	if (r == 0)
		*ret_repeated = verdict.pin == IW_PIN_RIGHT && same;
	return r;
}

static int update_or_repeat(struct mac_call *call, struct new_pin *new)
{
	bool repeated = false;
	int r = mac_check_blocked(call, &new->device.account);

	if (r != 0)
		return r;
	if (new->verdict.pin == IW_PIN_RIGHT)
		return update(call, new);
	if (new->verdict.pin == IW_PIN_NONE)
		return mac_refuse(call, IW_ACCESS, "inwebo.pin");
	if (!secret_empty(&new->device.record.pin_before))
		r = is_repeated_update(call, new, &repeated);
	if (r < 0)
		return r;
	return repeated ? repeat(call, new, NULL) : mac_wrong_pin(call, &new->device);
}

int mac_finalize_password(struct mac_call *call)
{
	struct new_pin new = {0};
	int r = begin(call, &new);

	if (r == 0)
		r = update_or_repeat(call, &new);
	if (r == 0)
		r = iw_server_answer_finalize_pin(IW_STEP_FINALIZE_PASSWORD, &call->xml);
	new_pin_free(&new);
	return r;
}

static int repeat_reset(struct mac_call *call, struct new_pin *new)
{
	int r = mac_count_repeat(call, &new->device);

	if (r != 0)
		return r;
	return secret_equals(&new->pin, &new->device.pin) ? repeat(call, new, new->code_hash) : mac_refuse(call, IW_CODE, NULL);
}

static int reset_or_repeat(struct mac_call *call, struct new_pin *new)
{
	struct pin_change change = {.code_hash = new->code_hash};
	int r = digest_code(call, new);

	if (r == 0 && new->device.account.blocked)
		r = mac_check_blocked(call, &new->device.account);
	if (r == 0)
		r = check_code(call, new);
	if (r != 0)
		return r;
	if (is_used_here(new))
		return repeat_reset(call, new);
	secret_free(&new->device.record.pin_before);
	r = text_copy(new->device.record.reset_code, sizeof new->device.record.reset_code, new->code_hex);
	return r == 0 ? change_pin(call, new, &change) : r;
}

int mac_finalize_reset(struct mac_call *call)
{
	struct new_pin new = {0};
	int r = begin(call, &new);

	if (r == 0)
		r = reset_or_repeat(call, &new);
	if (r == 0)
		r = iw_server_answer_finalize_pin(IW_STEP_FINALIZE_RESET, &call->xml);
	new_pin_free(&new);
	return r;
}
