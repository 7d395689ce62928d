/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client.h"

#include "base/text.h"
#include "inwebo/client_step.h"
#include "inwebo/otp.h"
#include "inwebo/sync.h"

#include <pims/error.h>

enum { MAX_DEFI = 64 };

int iw_client_setup_otp(const struct iw_device *device, struct buf *ret_target)
{
	struct iw_request request = {
		.step = IW_STEP_SETUP_OTP,
		.id = device->id,
		.lastsync = iw_step_lastsync(device),
		.macid = device->macid,
		.sid = device->secid,
	};

	return iw_client_usable(device) ? iw_request_write(&request, ret_target) : PIMS_E_STATE;
}

int iw_client_setup_otp_answer(struct iw_device *device, struct iw_reply *reply)
{
	struct iw_answer answer = {0};
	int r;

	if (!iw_client_usable(device))
		return PIMS_E_STATE;
	r = iw_step_open(reply, IW_STEP_SETUP_OTP, &answer);
	if (r == 0)
		r = iw_step_challenge(device, &answer);
	iw_answer_free(&answer);
	return r;
}

int iw_client_finalize_otp(const struct iw_device *device, const struct iw_app *app, const char *pin, struct buf *ret_target)
{
	struct iw_proofs proofs;
	struct iw_request request = {
		.step = IW_STEP_FINALIZE_OTP,
		.id = device->id,
		.lastsync = iw_step_lastsync(device),
		.lang = app->lang ? app->lang : "en",
		.macid = device->macid,
		.sid = device->secid,
	};
	int r;

	if (!iw_client_usable(device) || !*device->challenge)
		return PIMS_E_STATE;
	r = iw_step_prove_synchronised(device, pin, &proofs);
	if (r != 0)
		return r;
	iw_step_put_proofs(&request, &proofs);
	return iw_request_write(&request, ret_target);
}

static int take_keys(struct iw_device *device, const char *pin, const struct iw_answer *answer, int64_t now)
{
	cleanup_secret struct secret kma = {0};
	int r = pin ? iw_step_kma(device, pin, &kma) : 0;

	return r < 0 ? r : iw_sync(device, answer, pin ? secret_text(&kma) : NULL, now);
}

/* An answer that asks for one more round may leave defi out. */
static int compute(const struct iw_device *device, const struct iw_answer *answer, struct secret *ret_otp)
{
	const char *defi = iw_answer_text(answer, IW_EL_DEFI);

	if (!*defi)
		return iw_answer_has(answer, IW_EL_J) ? 0 : PIMS_E_FORMAT;
	if (!iw_word_valid(defi, MAX_DEFI))
		return PIMS_E_FORMAT;
	return iw_otp(secret_text(&device->k1), defi, secret_text(&device->secval), ret_otp);
}

int iw_client_finalize_otp_answer(struct iw_device *device, const char *pin, struct iw_reply *reply, struct secret *ret_otp,
				  bool *ret_again)
{
	cleanup_secret struct secret otp = {0};
	struct iw_device next = {0};
	struct iw_answer answer = {0};
	bool again = false, waiting = false;
	int r;

	if (!iw_client_usable(device))
		return PIMS_E_STATE;
	r = iw_step_open(reply, IW_STEP_FINALIZE_OTP, &answer);
	if (r == 0)
		r = iw_device_copy(device, &next);
	if (r == 0)
		r = take_keys(&next, pin, &answer, reply->time);
	if (r == 0) {
		again = iw_answer_has(&answer, IW_EL_J);
		waiting = iw_sync_needed(&next);
		r = waiting ? 0 : compute(&next, &answer, &otp);
		next.sync_due = reply->unsynchronised;
		if (next.phase == IW_ACTIVE)
			secret_free(&next.code);
	}
	iw_answer_free(&answer);
	r = iw_step_commit(device, &next, r);
	if (r != 0)
		return r;
	if (waiting) {
		iw_refusal_set(&reply->refusal, IW_SYNCHROFAILED);
		return IW_SYNCHROFAILED;
	}
	secret_move(ret_otp, &otp);
	*ret_again = again;
	return 0;
}
