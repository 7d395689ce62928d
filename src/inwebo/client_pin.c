/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client.h"

#include "base/encode.h"
#include "inwebo/client_step.h"
#include "inwebo/sync.h"

#include <pims/error.h>
#include <string.h>

/* The modes that are ours (docs/PROTOCOL.md §1): status, password and reset. */

int iw_client_setup_status(const struct iw_device *device, struct buf *ret_target)
{
	struct iw_request request = {
		.step = IW_STEP_SETUP_STATUS,
		.id = device->id,
		.lastsync = iw_step_lastsync(device),
		.macid = device->macid,
	};

	return iw_client_usable(device) ? iw_request_write(&request, ret_target) : PIMS_E_STATE;
}

int iw_client_setup_status_answer(struct iw_device *device, struct iw_reply *reply)
{
	struct iw_answer answer = {0};
	int r;

	if (!iw_client_usable(device))
		return PIMS_E_STATE;
	r = iw_step_open(reply, IW_STEP_SETUP_STATUS, &answer);
	if (r == 0)
		r = iw_step_challenge(device, &answer);
	if (r == 0)
		device->sync_due = false;
	iw_answer_free(&answer);
	return r;
}

int iw_client_prove(const struct iw_device *device, struct iw_proofs *ret_proofs)
{
	if (!iw_client_usable(device) || !*device->challenge)
		return PIMS_E_STATE;
	return iw_step_prove_synchronised(device, NULL, ret_proofs);
}

/* --- a new PIN ---------------------------------------------------------------------------------------------------------------------- */

int iw_client_setup_pin(const struct iw_device *device, const struct iw_new_pin *pin, struct buf *ret_target)
{
	struct iw_request request = {
		.step = pin->code ? IW_STEP_SETUP_RESET : IW_STEP_SETUP_PASSWORD,
		.id = device->id,
		.lastsync = iw_step_lastsync(device),
		.macid = device->macid,
		.code = pin->code,
	};

	if (!iw_client_usable(device))
		return PIMS_E_STATE;
	if (pin->code && !iw_word_valid(pin->code, IW_MAX_CODE))
		return PIMS_E_INVALID;
	return iw_request_write(&request, ret_target);
}

int iw_client_setup_pin_answer(struct iw_device *device, const struct iw_new_pin *pin, struct iw_reply *reply)
{
	struct iw_device next = {0};
	struct iw_answer answer = {0};
	int r;

	if (!iw_client_usable(device) || !device->kfact)
		return PIMS_E_STATE;
	r = iw_step_open(reply, pin->code ? IW_STEP_SETUP_RESET : IW_STEP_SETUP_PASSWORD, &answer);
	if (r == 0)
		r = iw_device_copy(device, &next);
	if (r == 0)
		r = iw_step_challenge(&next, &answer);
	if (r == 0)
		r = iw_step_modulus(next.kfact, iw_answer_text(&answer, IW_EL_KIW), &next.kiw);
	iw_answer_free(&answer);
	return iw_step_commit(device, &next, r);
}

static int write_finalize(const struct iw_device *device, const struct env *env, const struct iw_new_pin *pin, struct iw_request *request,
			  struct buf *ret_target)
{
	struct buf kma = BUF_INIT(IW_MAX_MODULUS_HEX), closed_pin = BUF_INIT(IW_MAX_MODULUS_HEX);
	struct iw_proofs proofs;
	int r = iw_step_close_pin(device, env, pin->new_pin, &kma, &closed_pin);

	/* what waits for a PIN waits for the old one */
	if (r == 0)
		r = iw_step_prove_synchronised(device, pin->old_pin, &proofs);
	if (r == 0) {
		request->kma = buf_text(&kma);
		request->pin = buf_text(&closed_pin);
		iw_step_put_proofs(request, &proofs);
		r = iw_request_write(request, ret_target);
	}
	buf_free(&kma);
	buf_free(&closed_pin);
	return r;
}

int iw_client_finalize_pin(const struct iw_device *device, const struct env *env, const struct iw_app *app, const struct iw_new_pin *pin,
			   struct buf *ret_target)
{
	struct iw_request request = {
		.step = pin->code ? IW_STEP_FINALIZE_RESET : IW_STEP_FINALIZE_PASSWORD,
		.id = device->id,
		.lastsync = iw_step_lastsync(device),
		.lang = app->lang ? app->lang : "en",
		.macid = device->macid,
		.code = pin->code,
	};

	if (!iw_client_usable(device) || !*device->challenge || !device->kiw)
		return PIMS_E_STATE;
	if (strlen(pin->new_pin) > IW_MAX_PIN)
		return PIMS_E_INVALID;
	return write_finalize(device, env, pin, &request, ret_target);
}

/* What waited was closed under the old PIN, what comes now is under the new one. */
static int take_keys(struct iw_device *device, const struct iw_new_pin *pin, const struct iw_answer *answer, int64_t now)
{
	cleanup_secret struct secret kma = {0};
	int r = 0;

	if (pin->old_pin && iw_sync_needed(device)) {
		r = iw_step_kma(device, pin->old_pin, &kma);
		if (r == 0)
			r = iw_sync_waiting(device, secret_text(&kma));
	}
	if (r == 0)
		r = iw_step_kma(device, pin->new_pin, &kma);
	return r < 0 ? r : iw_sync(device, answer, secret_text(&kma), now);
}

int iw_client_finalize_pin_answer(struct iw_device *device, const struct iw_new_pin *pin, struct iw_reply *reply)
{
	struct iw_device next = {0};
	struct iw_answer answer = {0};
	int r;

	if (!iw_client_usable(device))
		return PIMS_E_STATE;
	r = iw_step_open(reply, pin->code ? IW_STEP_FINALIZE_RESET : IW_STEP_FINALIZE_PASSWORD, &answer);
	if (r == 0)
		r = iw_device_copy(device, &next);
	if (r == 0)
		r = take_keys(&next, pin, &answer, reply->time);
	*next.challenge = '\0';
	next.sync_due = reply->unsynchronised;
	iw_answer_free(&answer);
	return iw_step_commit(device, &next, r);
}
