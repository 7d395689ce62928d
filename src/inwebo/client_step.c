/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client_step.h"

#include "base/encode.h"
#include "base/text.h"
#include "inwebo/crypto.h"
#include "inwebo/rsa.h"
#include "inwebo/sync.h"

#include <pims/error.h>
#include <string.h>

/* "The operation succeeded, but it required a post-synchronization which failed": what the operation brings is there. */
static bool succeeded(enum iw_step step, const struct iw_answer *answer)
{
	switch (step) {
	case IW_STEP_SETUP_ACTIVATE:
		return iw_answer_filled(answer, IW_EL_KFACT);
	case IW_STEP_FINALIZE_ACTIVATE:
		return iw_answer_filled(answer, IW_EL_K0);
	case IW_STEP_FINALIZE_OTP:
		return iw_answer_filled(answer, IW_EL_DEFI);
	case IW_STEP_FINALIZE_PASSWORD:
	case IW_STEP_FINALIZE_RESET:
		return true; /* they bring nothing */
	default:
		return false;
	}
}

int iw_step_open(struct iw_reply *reply, enum iw_step step, struct iw_answer *ret_answer)
{
	int r = iw_answer_read(reply->xml, reply->length, iw_step_action(step), ret_answer);

	if (r == 0)
		r = (int)iw_answer_refusal(ret_answer, &reply->refusal);
	reply->unsynchronised = r == IW_SYNCHROFAILED && succeeded(step, ret_answer);
	return reply->unsynchronised ? 0 : r;
}

int iw_step_commit(struct iw_device *device, struct iw_device *next, int result)
{
	if (result != 0) {
		iw_device_free(next);
		return result;
	}
	iw_device_free(device);
	*device = *next;
	return 0;
}

int iw_step_kma(const struct iw_device *device, const char *pin, struct secret *ret_kma)
{
	struct buf serial = BUF_INIT(IW_MAX_SERIAL);
	int r = iw_device_serial(device, &serial);

	if (r == 0)
		r = iw_kma(pin, buf_text(&serial), ret_kma);
	buf_free(&serial);
	return r;
}

int iw_step_prove(const struct iw_device *device, const char *pin, struct iw_proofs *ret_proofs)
{
	struct buf serial = BUF_INIT(IW_MAX_SERIAL);
	int r = iw_device_serial(device, &serial);
	struct iw_proof_keys keys = {
		.challenge = device->challenge,
		.k0 = secret_text(&device->k0),
		.k1 = secret_text(&device->k1),
		.serial = buf_text(&serial),
	};

	if (r == 0)
		r = iw_prove(&keys, pin, ret_proofs);
	buf_free(&serial);
	return r;
}

void iw_step_put_proofs(struct iw_request *request, const struct iw_proofs *proofs)
{
	request->r0 = proofs->r0;
	request->r1 = proofs->r1;
	request->r2 = proofs->r2;
}

/* The proofs speak of the keys that the server has: those that wait for the PIN count already, but stay waiting until the PIN proves right. */
static int prove_waiting(const struct iw_device *device, const char *pin, struct iw_proofs *ret_proofs)
{
	cleanup_secret struct secret kma = {0};
	struct iw_device next = {0};
	int r = iw_device_copy(device, &next);

	if (r == 0)
		r = iw_step_kma(&next, pin, &kma);
	if (r == 0)
		r = iw_sync_waiting(&next, secret_text(&kma));
	if (r == 0)
		r = iw_step_prove(&next, pin, ret_proofs);
	iw_device_free(&next);
	return r;
}

int iw_step_prove_synchronised(const struct iw_device *device, const char *pin, struct iw_proofs *ret_proofs)
{
	if (!iw_sync_needed(device))
		return iw_step_prove(device, pin, ret_proofs);
	return pin ? prove_waiting(device, pin, ret_proofs) : IW_SYNCHROFAILED;
}

const char *iw_step_lastsync(const struct iw_device *device)
{
	return *device->tsync ? device->tsync : "0";
}

int iw_step_challenge(struct iw_device *device, const struct iw_answer *answer)
{
	const char *challenge = iw_answer_text(answer, IW_EL_CHALLENGE);

	if (!iw_word_valid(challenge, sizeof device->challenge - 1))
		return PIMS_E_FORMAT;
	return text_copy(device->challenge, sizeof device->challenge, challenge);
}

int iw_step_modulus(const char *kfact, const char *closed, char **ret_modulus)
{
	struct iw_rsa *outer = NULL, *inner = NULL;
	char digits[2 * IW_RSA_MAX_BYTES + 1];
	struct buf opened = BUF_INIT(IW_RSA_MAX_BYTES);
	int r = iw_rsa_public(kfact, &outer);

	if (r == 0)
		r = iw_rsa_public_decode(outer, closed, &opened);
	if (r < 0)
		goto out;
	hex_encode(opened.data, opened.len, digits);
	r = iw_rsa_public(digits, &inner);
	if (r == 0)
		r = text_set(ret_modulus, iw_rsa_modulus(inner));
out:
	buf_free(&opened);
	iw_rsa_free(outer);
	iw_rsa_free(inner);
	/* what a server sends can only be malformed: too long is no case of its own */
	return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
}

int iw_step_close_pin(const struct iw_device *device, const struct env *env, const char *pin, struct buf *ret_kma, struct buf *ret_pin)
{
	cleanup_secret struct secret kma = {0};
	unsigned char bytes[IW_KEY_SIZE];
	struct iw_rsa *key = NULL;
	int r = iw_rsa_public(device->kiw, &key);

	if (r == 0)
		r = iw_step_kma(device, pin, &kma);
	if (r == 0)
		r = hex_decode(secret_text(&kma), bytes, sizeof bytes);
	if (r == 0)
		r = iw_rsa_encrypt(key, env, bytes, sizeof bytes, ret_kma);
	if (r == 0)
		r = iw_rsa_encrypt(key, env, pin, strlen(pin), ret_pin);
	secret_wipe(bytes, sizeof bytes);
	iw_rsa_free(key);
	return r;
}
