/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client.h"

#include "base/encode.h"
#include "base/text.h"
#include "inwebo/client_step.h"
#include "inwebo/crypto.h"
#include "inwebo/rsa.h"
#include "inwebo/sync.h"

#include <pims/error.h>
#include <string.h>

enum { ALEA_BYTES = 16, MS_SECRET_BYTES = 16 };

bool iw_client_usable(const struct iw_device *device)
{
	return device->phase == IW_ACTIVE ||
	       (device->phase == IW_SETUP && *device->id && !secret_empty(&device->k0) && !secret_empty(&device->k1));
}

/* --- ActionSetup activate ------------------------------------------------------------------------------------------------------- */

int iw_client_setup_activate(const struct iw_app *app, const char *code, struct buf *ret_target)
{
	struct iw_request request = {.step = IW_STEP_SETUP_ACTIVATE, .macid = app->macid, .code = code};

	if (!hex_valid(app->macid, IW_KEY_HEX) || !iw_word_valid(code, IW_MAX_CODE))
		return PIMS_E_INVALID;
	return iw_request_write(&request, ret_target);
}

int iw_client_check_kfact(const struct iw_device *device, const struct iw_app *app, const char *kfact)
{
	char fingerprint[SHA256_HEX_SIZE];
	int r;

	if (!app->kfact_pin)
		return device->kfact && !text_equal_nocase(device->kfact, kfact) ? IW_KFACT_CHANGED : 0;
	r = iw_rsa_fingerprint(kfact, fingerprint);
	if (r < 0)
		return r;
	return text_equal_nocase(app->kfact_pin, fingerprint) ? 0 : IW_KFACT_PINNED;
}

static int take_kfact(struct iw_device *device, const struct iw_app *app, const struct iw_answer *answer)
{
	struct iw_rsa *key = NULL;
	int r = iw_rsa_public(iw_answer_text(answer, IW_EL_KFACT), &key);

	if (r < 0)
		return r;
	r = iw_client_check_kfact(device, app, iw_rsa_modulus(key));
	if (r == 0)
		r = text_set(&device->kfact, iw_rsa_modulus(key));
	iw_rsa_free(key);
	return r;
}

/* A half-made enrollment gives way; the keys of a live device stay usable until the server has replaced them. */
static void leave_phase(struct iw_device *device)
{
	if (device->phase != IW_MS)
		return;
	*device->id = '\0';
	secret_free(&device->k0);
	secret_free(&device->k1);
	secret_free(&device->ms_secret);
	(void)text_set(&device->ms_id, NULL);
	(void)text_set(&device->ms_key, NULL);
}

static int take_pinmode(struct iw_device *device, const struct iw_answer *answer)
{
	uint64_t pinmode;

	if (decimal_parse(iw_answer_text(answer, IW_EL_PINMODE), 2, &pinmode) < 0)
		return PIMS_E_FORMAT;
	device->pinmode = (int)pinmode;
	return 0;
}

int iw_client_setup_activate_answer(struct iw_device *device, const struct iw_app *app, const char *code, struct iw_reply *reply)
{
	struct iw_device next = {0};
	struct iw_answer answer = {0};
	int r = iw_step_open(reply, IW_STEP_SETUP_ACTIVATE, &answer);

	if (r == 0)
		r = iw_device_copy(device, &next);
	if (r == 0)
		r = take_kfact(&next, app, &answer);
	if (r == IW_KFACT_CHANGED || r == IW_KFACT_PINNED)
		iw_refusal_set(&reply->refusal, (enum iw_error)r);
	if (r == 0)
		r = iw_step_modulus(next.kfact, iw_answer_text(&answer, IW_EL_KIW), &next.kiw);
	if (r == 0)
		r = take_pinmode(&next, &answer);
	if (r == 0)
		r = secret_set(&next.code, code);
	if (r == 0)
		r = text_copy(next.macid, sizeof next.macid, app->macid);
	leave_phase(&next);
	next.phase = IW_SETUP;
	iw_answer_free(&answer);
	return iw_step_commit(device, &next, r);
}

/* --- ActionFinalize activate ---------------------------------------------------------------------------------------------------- */

static int make_alea(struct iw_device *device, const struct env *env)
{
	char alea[2 * ALEA_BYTES + 1];
	int r;

	if (*device->alea)
		return 0;
	r = env_random_hex(env, alea, ALEA_BYTES);
	return r < 0 ? r : text_copy(device->alea, sizeof device->alea, alea);
}

static int write_finalize(const struct iw_device *device, const struct env *env, const struct iw_app *app, const char *pin,
			  struct buf *ret_target)
{
	struct buf serial = BUF_INIT(IW_MAX_SERIAL), kma = BUF_INIT(IW_MAX_MODULUS_HEX), closed_pin = BUF_INIT(IW_MAX_MODULUS_HEX);
	struct iw_proofs proofs;
	struct iw_request request = {
		.step = IW_STEP_FINALIZE_ACTIVATE,
		.lang = app->lang ? app->lang : "en",
		.macid = device->macid,
		.code = secret_text(&device->code),
		.name = app->name,
	};
	/* the first proofs have no challenge and no keys, whatever the device had before */
	struct iw_proof_keys keys = {.challenge = "", .k0 = "", .k1 = ""};
	int r = iw_device_serial(device, &serial);

	keys.serial = buf_text(&serial);
	if (r == 0)
		r = iw_step_close_pin(device, env, pin, &kma, &closed_pin);
	if (r == 0)
		r = iw_prove(&keys, NULL, &proofs);
	if (r < 0)
		goto out;
	request.serial = buf_text(&serial);
	request.kma = buf_text(&kma);
	request.pin = buf_text(&closed_pin);
	iw_step_put_proofs(&request, &proofs);
	r = iw_request_write(&request, ret_target);
out:
	buf_free(&serial);
	buf_free(&kma);
	buf_free(&closed_pin);
	return r;
}

int iw_client_finalize_activate(struct iw_device *device, const struct env *env, const struct iw_app *app, const char *pin,
				struct buf *ret_target)
{
	struct iw_device next = {0};
	int r;

	if (device->phase != IW_SETUP && device->phase != IW_FINALIZE)
		return PIMS_E_STATE;
	if (strlen(pin) > IW_MAX_PIN)
		return PIMS_E_INVALID;
	r = iw_device_copy(device, &next);
	if (r == 0)
		r = iw_device_init(&next, env);
	if (r == 0)
		r = make_alea(&next, env);
	if (r == 0)
		r = write_finalize(&next, env, app, pin, ret_target);
	next.phase = IW_FINALIZE;
	return iw_step_commit(device, &next, r);
}

/* Step ms follows: its key, and a secret that stays the same however often the step is repeated. */
static int begin_ms(struct iw_device *device, const struct env *env, const struct iw_answer *answer)
{
	char secret[2 * MS_SECRET_BYTES + 1];
	int r;

	if (!iw_word_valid(iw_answer_text(answer, IW_EL_MS_ID), IW_MAX_ID) || !*device->challenge)
		return PIMS_E_FORMAT;
	r = text_set(&device->ms_id, iw_answer_text(answer, IW_EL_MS_ID));
	if (r == 0)
		r = iw_step_modulus(device->kfact, iw_answer_text(answer, IW_EL_MS_KEY), &device->ms_key);
	if (r == 0)
		r = env_random_hex(env, secret, MS_SECRET_BYTES);
	if (r == 0)
		r = secret_set(&device->ms_secret, secret);
	secret_wipe(secret, sizeof secret);
	device->phase = IW_MS;
	return r;
}

static int take_challenge(struct iw_device *device, const struct iw_answer *answer)
{
	const char *challenge = iw_answer_text(answer, IW_EL_CHALLENGE);

	if (*challenge && !iw_word_valid(challenge, sizeof device->challenge - 1))
		return PIMS_E_FORMAT;
	return text_copy(device->challenge, sizeof device->challenge, challenge);
}

/* A new enrollment: nothing of an older one may stay beside it. */
static int take_enrollment(struct iw_device *device, const struct iw_answer *answer, const char *pin, int64_t now)
{
	cleanup_secret struct secret kma = {0};
	int r;

	if (!iw_answer_filled(answer, IW_EL_ID) || !iw_answer_filled(answer, IW_EL_K0) || !iw_answer_filled(answer, IW_EL_K1))
		return PIMS_E_FORMAT;
	secret_free(&device->sealed_k0);
	secret_free(&device->sealed_k1);
	secret_free(&device->dk1);
	*device->tsync = '\0';
	device->sync_due = false;
	r = iw_step_kma(device, pin, &kma);
	if (r == 0)
		r = iw_sync(device, answer, secret_text(&kma), now);
	if (r == 0)
		r = take_challenge(device, answer);
	return r;
}

static int take_ms(struct iw_device *device, const struct env *env, const struct iw_answer *answer)
{
	uint64_t count = 0;

	if (iw_answer_filled(answer, IW_EL_MS_N) && decimal_parse(iw_answer_text(answer, IW_EL_MS_N), 1, &count) < 0)
		return PIMS_E_FORMAT;
	if (count)
		return begin_ms(device, env, answer);
	device->phase = IW_ACTIVE;
	return 0;
}

int iw_client_finalize_activate_answer(struct iw_device *device, const struct env *env, const char *pin, struct iw_reply *reply)
{
	struct iw_device next = {0};
	struct iw_answer answer = {0};
	int r;

	if (device->phase != IW_FINALIZE)
		return PIMS_E_STATE;
	r = iw_step_open(reply, IW_STEP_FINALIZE_ACTIVATE, &answer);
	if (r == 0)
		r = iw_device_copy(device, &next);
	if (r == 0)
		r = take_enrollment(&next, &answer, pin, reply->time);
	if (r == 0)
		r = take_ms(&next, env, &answer);
	iw_answer_free(&answer);
	return iw_step_commit(device, &next, r);
}
