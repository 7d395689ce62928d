/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client.h"

#include "base/encode.h"
#include "base/text.h"
#include "inwebo/client_step.h"
#include "inwebo/crypto.h"
#include "inwebo/rsa.h"
#include "inwebo/sync.h"

#include <pims/error.h>

static int encrypt_ms_secret(const struct iw_device *device, const struct env *env, struct buf *ret_hex)
{
	unsigned char bytes[IW_KEY_SIZE];
	struct iw_rsa *key = NULL;
	int r = hex_decode(secret_text(&device->ms_secret), bytes, sizeof bytes);

	if (r == 0)
		r = iw_rsa_public(device->ms_key, &key);
	if (r == 0)
		r = iw_rsa_encrypt(key, env, bytes, sizeof bytes, ret_hex);
	secret_wipe(bytes, sizeof bytes);
	iw_rsa_free(key);
	return r;
}

int iw_client_ms(const struct iw_device *device, const struct env *env, const char *pin, struct buf *ret_target)
{
	struct buf value = BUF_INIT(IW_MAX_MODULUS_HEX);
	struct iw_proofs proofs;
	struct iw_request request = {
		.step = IW_STEP_FINALIZE_MS,
		.ms_id = device->ms_id,
		.macid = device->macid,
		.id = device->id,
		.lastsync = iw_step_lastsync(device),
	};
	int r;

	if (device->phase != IW_MS)
		return PIMS_E_STATE;
	r = encrypt_ms_secret(device, env, &value);
	if (r == 0)
		r = iw_step_prove(device, pin, &proofs);
	if (r == 0) {
		request.ms_val = buf_text(&value);
		iw_step_put_proofs(&request, &proofs);
		r = iw_request_write(&request, ret_target);
	}
	buf_free(&value);
	return r;
}

static int finish(struct iw_device *device, const char *kma)
{
	int r = iw_key_close(kma, secret_text(&device->ms_secret), &device->secval);

	if (r == 0)
		r = text_set(&device->ms_id, NULL);
	if (r == 0)
		r = text_set(&device->ms_key, NULL);
	secret_free(&device->ms_secret);
	device->phase = IW_ACTIVE;
	return r;
}

int iw_client_ms_answer(struct iw_device *device, const char *pin, struct iw_reply *reply)
{
	cleanup_secret struct secret kma = {0};
	struct iw_device next = {0};
	struct iw_answer answer = {0};
	int r;

	if (device->phase != IW_MS)
		return PIMS_E_STATE;
	r = iw_step_open(reply, IW_STEP_FINALIZE_MS, &answer);
	if (r == 0)
		r = iw_device_copy(device, &next);
	if (r == 0)
		r = iw_step_kma(&next, pin, &kma);
	if (r == 0)
		r = iw_sync(&next, &answer, secret_text(&kma), reply->time);
	if (r == 0)
		r = finish(&next, secret_text(&kma));
	iw_answer_free(&answer);
	return iw_step_commit(device, &next, r);
}
