/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/server.h"

#include "inwebo/answer.h"
#include "inwebo/crypto.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_number(struct buf *xml, enum iw_element element, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	iw_answer_put(xml, element, text);
}

static const char *begin(struct buf *xml, enum iw_step step)
{
	iw_answer_begin(xml, iw_step_action(step));
	return iw_step_action(step);
}

int iw_server_answer_setup_activate(const struct iw_keys *keys, int pinmode, struct buf *ret_xml)
{
	const char *root = begin(ret_xml, IW_STEP_SETUP_ACTIVATE);

	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(IW_OK));
	iw_answer_put(ret_xml, IW_EL_KFACT, iw_keys_kfact(keys));
	iw_answer_put(ret_xml, IW_EL_KIW, iw_keys_kiw(keys));
	put_number(ret_xml, IW_EL_PINMODE, pinmode);
	return iw_answer_end(ret_xml, root);
}

static void put_no_newer_version(struct buf *xml)
{
	iw_answer_put(xml, IW_EL_NEWVERSION, "");
	iw_answer_put(xml, IW_EL_NEWVERSIONURL, "");
}

static void put_service(struct buf *xml)
{
	iw_answer_put(xml, IW_EL_S_N, "1");
	iw_answer_put(xml, IW_EL_S_ID, IW_SERVICE_ID);
	iw_answer_put(xml, IW_EL_S_NAME, "openpims");
	iw_answer_put(xml, IW_EL_S_ICON, "");
	iw_answer_put(xml, IW_EL_S_CONNECTED, "0");
	iw_answer_put(xml, IW_EL_S_KSC, "");
	iw_answer_put(xml, IW_EL_S_SECURE, "0");
	iw_answer_put(xml, IW_EL_S_URL, "");
	iw_answer_put(xml, IW_EL_S_ONLINEOTP, "1");
}

int iw_server_answer_finalize_activate(const struct iw_keys *keys, const struct iw_record *record, const struct iw_enrolled *enrolled,
				       struct buf *ret_xml)
{
	cleanup_secret struct secret k0 = {0}, k1 = {0};
	const char *root;
	int r = iw_key_close(secret_text(&record->kma), secret_text(&record->k0), &k0);

	if (r == 0)
		r = iw_key_close(secret_text(&record->kma), secret_text(&record->k1), &k1);
	if (r < 0)
		return r;
	root = begin(ret_xml, IW_STEP_FINALIZE_ACTIVATE);
	put_no_newer_version(ret_xml);
	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(IW_OK));
	iw_answer_put(ret_xml, IW_EL_ID, enrolled->id);
	iw_answer_put(ret_xml, IW_EL_K0, secret_text(&k0));
	iw_answer_put(ret_xml, IW_EL_K1, secret_text(&k1));
	put_number(ret_xml, IW_EL_TSYNC, enrolled->now);
	put_service(ret_xml);
	iw_answer_put(ret_xml, IW_EL_CHALLENGE, enrolled->challenge);
	iw_answer_put(ret_xml, IW_EL_MS_N, "1");
	iw_answer_put(ret_xml, IW_EL_MS_ID, IW_MS_ID);
	iw_answer_put(ret_xml, IW_EL_MS_KEY, iw_keys_ms_key(keys));
	return iw_answer_end(ret_xml, root);
}

static int put_challenge(enum iw_step step, const char *challenge, int pinmode, struct buf *ret_xml)
{
	const char *root = begin(ret_xml, step);

	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(IW_OK));
	iw_answer_put(ret_xml, IW_EL_CHALLENGE, challenge);
	put_number(ret_xml, IW_EL_PINMODE, pinmode);
	return iw_answer_end(ret_xml, root);
}

int iw_server_answer_setup_otp(const char *challenge, int pinmode, struct buf *ret_xml)
{
	return put_challenge(IW_STEP_SETUP_OTP, challenge, pinmode, ret_xml);
}

int iw_server_answer_setup_status(const char *challenge, int pinmode, struct buf *ret_xml)
{
	return put_challenge(IW_STEP_SETUP_STATUS, challenge, pinmode, ret_xml);
}

int iw_server_answer_setup_pin(const struct iw_keys *keys, enum iw_step step, const char *challenge, struct buf *ret_xml)
{
	const char *root = begin(ret_xml, step);

	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(IW_OK));
	iw_answer_put(ret_xml, IW_EL_CHALLENGE, challenge);
	iw_answer_put(ret_xml, IW_EL_KIW, iw_keys_kiw(keys));
	return iw_answer_end(ret_xml, root);
}

static int put_ok(enum iw_step step, struct buf *ret_xml)
{
	const char *root = begin(ret_xml, step);

	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(IW_OK));
	return iw_answer_end(ret_xml, root);
}

int iw_server_answer_ms(struct buf *ret_xml)
{
	return put_ok(IW_STEP_FINALIZE_MS, ret_xml);
}

int iw_server_answer_finalize_pin(enum iw_step step, struct buf *ret_xml)
{
	return put_ok(step, ret_xml);
}

int iw_server_answer_finalize_otp(const struct iw_issue *issue, struct buf *ret_xml)
{
	const char *root = begin(ret_xml, IW_STEP_FINALIZE_OTP);

	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(IW_OK));
	iw_answer_put(ret_xml, IW_EL_DEFI, issue->defi);
	iw_answer_put(ret_xml, IW_EL_DK1, secret_text(&issue->dk1));
	if (issue->remaining >= 0)
		put_number(ret_xml, IW_EL_REMAINING, issue->remaining);
	if (issue->retry_after >= 0)
		put_number(ret_xml, IW_EL_RETRYAFTER, issue->retry_after);
	return iw_answer_end(ret_xml, root);
}

/* `remaining`, `retryAfter`, `devices` and `cause` are ours; the cause only where it says more than the word. */
int iw_server_answer_refusal(enum iw_step step, const struct iw_refusal *refusal, struct buf *ret_xml)
{
	const char *root = begin(ret_xml, step);

	if (step == IW_STEP_FINALIZE_ACTIVATE)
		put_no_newer_version(ret_xml);
	iw_answer_put(ret_xml, IW_EL_ERR, iw_error_word(refusal->error));
	if (refusal->remaining >= 0)
		put_number(ret_xml, IW_EL_REMAINING, refusal->remaining);
	if (refusal->retry_after >= 0)
		put_number(ret_xml, IW_EL_RETRYAFTER, refusal->retry_after);
	if (*refusal->cause && strcmp(refusal->cause, iw_error_cause(refusal->error)) != 0)
		iw_answer_put(ret_xml, IW_EL_CAUSE, refusal->cause);
	if (*refusal->devices)
		iw_answer_put(ret_xml, IW_EL_DEVICES, refusal->devices);
	return iw_answer_end(ret_xml, root);
}
