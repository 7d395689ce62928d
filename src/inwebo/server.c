/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/server.h"

#include "base/encode.h"
#include "inwebo/crypto.h"
#include "inwebo/otp.h"
#include "inwebo/proof.h"

#include <pims/error.h>
#include <stdio.h>
#include <string.h>

static int take_hex(const unsigned char *bytes, size_t length, struct secret *ret_key)
{
	char digits[IW_KEY_HEX + 1];
	int r;

	if (length != IW_KEY_SIZE)
		return PIMS_E_FORMAT;
	hex_encode(bytes, length, digits);
	r = secret_set(ret_key, digits);
	secret_wipe(digits, sizeof digits);
	return r;
}

static int take_pin(const unsigned char *bytes, size_t length, struct secret *ret_pin)
{
	if (length > IW_MAX_PIN || memchr(bytes, '\0', length))
		return PIMS_E_FORMAT;
	return secret_set_bytes(ret_pin, bytes, length);
}

int iw_server_open_activation(const struct iw_keys *keys, const struct iw_request *request, struct secret *ret_kma, struct secret *ret_pin)
{
	cleanup_secret struct secret kma = {0}, pin = {0};
	unsigned char bytes[IW_RSA_MAX_BYTES];
	size_t length = 0;
	int r = iw_keys_open_kiw(keys, request->kma, bytes, &length);

	if (r == 0)
		r = take_hex(bytes, length, &kma);
	if (r == 0)
		r = iw_keys_open_kiw(keys, request->pin, bytes, &length);
	if (r == 0)
		r = take_pin(bytes, length, &pin);
	secret_wipe(bytes, sizeof bytes);
	if (r < 0)
		return r;
	secret_move(ret_kma, &kma);
	secret_move(ret_pin, &pin);
	return 0;
}

static int random_key(const struct env *env, struct secret *ret_key)
{
	char digits[IW_KEY_HEX + 1];
	int r = env_random_hex(env, digits, IW_KEY_SIZE);

	if (r == 0)
		r = secret_set(ret_key, digits);
	secret_wipe(digits, sizeof digits);
	return r;
}

int iw_server_make_keys(const struct env *env, struct iw_record *record)
{
	int r = random_key(env, &record->k0);

	secret_free(&record->k1_offered);
	return r < 0 ? r : random_key(env, &record->k1);
}

int iw_server_take_ms(const struct iw_keys *keys, const struct iw_request *request, struct iw_record *record)
{
	cleanup_secret struct secret secret = {0};
	unsigned char bytes[IW_RSA_MAX_BYTES];
	size_t length = 0;
	int r = iw_keys_open_ms(keys, request->ms_val, bytes, &length);

	if (r == 0)
		r = take_hex(bytes, length, &secret);
	secret_wipe(bytes, sizeof bytes);
	return r < 0 ? r : iw_key_close(secret_text(&record->kma), secret_text(&secret), &record->secval);
}

/* Clients write hex digits in either case. */
static bool matches(const char *proof, const char *presented)
{
	unsigned char bytes[SHA256_SIZE];
	char digits[SHA256_HEX_SIZE];

	if (hex_decode(presented, bytes, sizeof bytes) < 0)
		return false;
	hex_encode(bytes, sizeof bytes, digits);
	return secret_equals_text(proof, digits);
}

/* Proofs with one K1. Both are always compared, so that time tells nothing of which differed. */
static int prove_device(const struct iw_proof_keys *keys, const struct iw_request *request, bool *ret_proved)
{
	struct iw_proofs proofs;
	bool r0, r1;
	int r = iw_prove(keys, NULL, &proofs);

	if (r < 0)
		return r;
	r0 = matches(proofs.r0, request->r0);
	r1 = matches(proofs.r1, request->r1);
	*ret_proved = r0 && r1;
	return 0;
}

static int prove_pin(const struct iw_proof_keys *keys, const char *pin, const struct iw_request *request, enum iw_pin_proof *ret_proof)
{
	struct iw_proofs with, without;
	bool right, none;
	int r = iw_prove(keys, pin, &with);

	if (r == 0)
		r = iw_prove(keys, NULL, &without);
	if (r < 0)
		return r;
	right = matches(with.r2, request->r2);
	none = matches(without.r2, request->r2);
	*ret_proof = none ? IW_PIN_NONE : right ? IW_PIN_RIGHT : IW_PIN_WRONG;
	return 0;
}

int iw_server_check(const struct iw_record *record, const struct iw_expected *expected, const struct iw_request *request,
		    struct iw_verdict *ret_verdict)
{
	struct iw_proof_keys keys = {expected->challenge, secret_text(&record->k0), secret_text(&record->k1), expected->serial};
	struct iw_verdict verdict = {0};
	int r = 0;

	if (!*expected->challenge || secret_empty(&record->k0) || secret_empty(&record->k1))
		goto out;
	r = prove_device(&keys, request, &verdict.device);
	if (r == 0 && !verdict.device && !secret_empty(&record->k1_offered)) {
		keys.k1 = secret_text(&record->k1_offered);
		r = prove_device(&keys, request, &verdict.offered);
		verdict.device = verdict.offered;
	}
	if (r == 0 && verdict.device)
		r = prove_pin(&keys, expected->pin, request, &verdict.pin);
out:
	if (r == 0)
		*ret_verdict = verdict;
	return r;
}

void iw_issue_free(struct iw_issue *issue)
{
	secret_free(&issue->dk1);
	secret_free(&issue->otp);
	secret_wipe(issue->defi, sizeof issue->defi);
}

/* 8 decimal digits, as the live service sends. */
static int random_defi(const struct env *env, char ret_defi[9])
{
	uint32_t value;
	int r = env_random(env, &value, sizeof value);

	if (r == 0)
		snprintf(ret_defi, 9, "%08u", (unsigned)(value % 100000000));
	return r;
}

int iw_server_issue(struct iw_record *record, const struct iw_verdict *verdict, const struct env *env, struct iw_issue *ret_issue)
{
	cleanup_secret struct secret current = {0}, next = {0};
	struct iw_issue issue = {.remaining = -1, .retry_after = -1};
	int r = secret_copy(&current, verdict->offered ? &record->k1_offered : &record->k1);

	if (r == 0)
		r = random_defi(env, issue.defi);
	if (r == 0)
		r = random_key(env, &issue.dk1);
	if (r == 0)
		r = iw_k1_next(secret_text(&current), secret_text(&issue.dk1), &next);
	if (r == 0)
		r = iw_otp(secret_text(&next), issue.defi, secret_text(&record->secval), &issue.otp);
	if (r < 0) {
		iw_issue_free(&issue);
		return r;
	}
	secret_move(&record->k1, &current);
	secret_move(&record->k1_offered, &next);
	*record->ms_challenge = '\0';
	if (verdict->pin == IW_PIN_RIGHT) {
		secret_free(&record->pin_before);
		*record->reset_code = '\0';
	}
	*ret_issue = issue;
	return 0;
}
