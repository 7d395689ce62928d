/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/text.h"

#include <pims/error.h>

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

static int issue(struct mac_call *call, struct mac_device *device, const struct iw_verdict *verdict)
{
	const struct server *server = call->server;
	unsigned char hash[SEAL_DIGEST_SIZE];
	struct iw_issue new = {0};
	int r = iw_server_issue(&device->record, verdict, &server->env, &new);

	if (r == 0)
		r = mac_device_seal(call, device);
	if (r == 0)
		r = seal_digest(server->seal, secret_text(&new.otp), hash);
	if (r == 0)
		r = store_otp_issue(server->store, &device->row, verdict->pin == IW_PIN_RIGHT, hash,
				    call->now + (int64_t)server->settings.otp_seconds * 1000, call->now);
	if (r == 0)
		r = iw_server_answer_finalize_otp(&new, &call->xml);
	else if (r == PIMS_E_STATE) /* another request was first with this challenge, or the account was blocked meanwhile */
		r = mac_refuse(call, IW_STATE, NULL);
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
