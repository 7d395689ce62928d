/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/text.h"

#include <pims/error.h>

enum { DAY_S = 86400 };

static int check_device(struct mac_call *call, const struct mac_device *device)
{
	if (*call->request.sid && !text_equal(call->request.sid, IW_SERVICE_ID))
		return mac_refuse(call, IW_NOSRV, "inwebo.service");
	return mac_check_active(call, device);
}

int mac_setup_otp(struct mac_call *call)
{
	struct mac_device device = {0};
	int r = mac_device_load(call, &device);

	if (r == 0)
		r = check_device(call, &device);
	if (r == 0)
		r = mac_make_challenge(call, &device.row);
	if (r == 0)
		r = iw_server_answer_setup_otp(device.row.challenge, secret_empty(&device.pin) ? 0 : 1, &call->xml);
	mac_device_free(&device);
	return r;
}

static int check_pin(struct mac_call *call, const struct mac_device *device, const struct iw_verdict *verdict)
{
	if (verdict->pin == IW_PIN_WRONG)
		return mac_wrong_pin(call, device);
	if (verdict->pin == IW_PIN_NONE && !call->server->settings.otp_without_pin)
		return mac_refuse(call, IW_ACCESS, "otp.pin_required");
	return 0;
}

/* Until midnight UTC, when the budget renews. */
static int until_renewal(const struct mac_call *call)
{
	return call->server->settings.otp_per_day > 0 ? (int)(DAY_S - call->now / 1000 % DAY_S) : -1;
}

static int grant(struct mac_call *call, struct mac_device *device, const struct iw_verdict *verdict, const struct iw_issue *new, int *ret_remaining)
{
	const struct settings *settings = &call->server->settings;
	unsigned char hash[SEAL_DIGEST_SIZE];
	struct otp_grant grant = {
		.device = &device->row,
		.pin_proved = verdict->pin == IW_PIN_RIGHT,
		.hash = hash,
		.expires = call->now + (int64_t)settings->otp_seconds * 1000,
		.now = call->now,
		.per_day = settings->otp_per_day,
	};
	int r = mac_device_seal(call, device);

	if (r == 0)
		r = seal_digest(call->server->seal, secret_text(&new->otp), hash);
	return r == 0 ? store_otp_grant(call->server->store, &grant, ret_remaining) : r;
}

static int refuse_grant(struct mac_call *call, int result)
{
	if (result == PIMS_E_STATE) /* another request was first with this challenge, or the account was blocked meanwhile */
		return mac_refuse(call, IW_STATE, NULL);
	if (result == PIMS_E_INVALID)
		return mac_refuse(call, IW_ACCESS, "otp.row");
	if (result != PIMS_E_LIMIT)
		return result;
	result = mac_refuse(call, IW_FORBIDDEN, "otp.budget");
	call->refusal.remaining = 0;
	call->refusal.retry_after = until_renewal(call);
	return result;
}

static int issue(struct mac_call *call, struct mac_device *device, const struct iw_verdict *verdict)
{
	struct iw_issue new = {.remaining = -1};
	int remaining = -1;
	int r = iw_server_issue(&device->record, verdict, &call->server->env, &new);

	if (r == 0)
		r = grant(call, device, verdict, &new, &remaining);
	new.remaining = remaining;
	new.retry_after = until_renewal(call);
	r = r == 0 ? iw_server_answer_finalize_otp(&new, &call->xml) : refuse_grant(call, r);
	iw_issue_free(&new);
	return r;
}

int mac_finalize_otp(struct mac_call *call)
{
	struct mac_device device = {0};
	struct iw_verdict verdict = {0};
	int r = mac_device_load(call, &device);

	if (r == 0)
		r = check_device(call, &device);
	if (r == 0)
		r = mac_prove(call, &device, device.row.challenge, &verdict);
	if (r == 0 && device.row.challenge_expires <= call->now)
		r = mac_refuse(call, IW_TIMEOUT, NULL);
	if (r == 0)
		r = check_pin(call, &device, &verdict);
	if (r == 0)
		r = issue(call, &device, &verdict);
	mac_device_free(&device);
	return r;
}
