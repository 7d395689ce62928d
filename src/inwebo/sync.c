/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/sync.h"

#include "base/encode.h"
#include "base/text.h"
#include "inwebo/crypto.h"

#include <pims/error.h>

enum { MAX_TEXT = 256, MAX_TSYNC = 20 };

bool iw_sync_needed(const struct iw_device *device)
{
	return !secret_empty(&device->sealed_k0) || !secret_empty(&device->sealed_k1);
}

/* Without a PIN the key stays as it came, to be opened later. */
static int take_key(const struct iw_answer *answer, enum iw_element element, const char *kma, struct secret *key, struct secret *sealed)
{
	const char *closed = iw_answer_text(answer, element);

	if (!*closed)
		return 0;
	if (!hex_valid(closed, IW_KEY_HEX))
		return PIMS_E_FORMAT;
	return kma ? iw_key_open(kma, closed, key) : secret_set(sealed, closed);
}

/* What is kept must be fit for the state file: no control characters. */
static bool text_valid(const char *text)
{
	size_t length = 0;

	for (; text[length]; length++)
		if ((unsigned char)text[length] < ' ' || text[length] == 0x7f || length == MAX_TEXT)
			return false;
	return true;
}

static int take_dk1(struct iw_device *device, const char *dk1)
{
	if (!text_valid(dk1))
		return PIMS_E_FORMAT;
	if (!*dk1)
		return 0;
	return secret_empty(&device->sealed_k1) ? iw_k1_next(secret_text(&device->k1), dk1, &device->k1) : secret_set(&device->dk1, dk1);
}

static int take_word(const struct iw_answer *answer, enum iw_element element, char *array, size_t size)
{
	const char *text = iw_answer_text(answer, element);

	if (!*text)
		return 0;
	return iw_word_valid(text, size - 1) ? text_copy(array, size, text) : PIMS_E_FORMAT;
}

/* Tsync and the service count only when the answer names a service. */
static int take_service(struct iw_device *device, const struct iw_answer *answer)
{
	if (!iw_answer_filled(answer, IW_EL_S_N))
		return 0;
	if (iw_answer_filled(answer, IW_EL_TSYNC) && !decimal_valid(iw_answer_text(answer, IW_EL_TSYNC), MAX_TSYNC))
		return PIMS_E_FORMAT;
	if (take_word(answer, IW_EL_TSYNC, device->tsync, sizeof device->tsync) < 0)
		return PIMS_E_FORMAT;
	return take_word(answer, IW_EL_S_ID, device->secid, sizeof device->secid);
}

static int take_text(const struct iw_answer *answer, enum iw_element element, char **text)
{
	const char *value = iw_answer_text(answer, element);

	if (!*value)
		return 0;
	return text_valid(value) ? text_set(text, value) : PIMS_E_FORMAT;
}

static int take_offline(struct iw_device *device, const struct iw_answer *answer, const char *kma, int64_t now)
{
	struct secret unused = {0};
	int r = take_key(answer, IW_EL_H, kma, &device->h, &unused);

	secret_free(&unused);
	if (r == 0)
		r = take_text(answer, IW_EL_J, &device->j);
	if (r == 0)
		r = take_text(answer, IW_EL_K, &device->k);
	if (r == 0 && iw_answer_filled(answer, IW_EL_J))
		device->tref = now;
	return r;
}

static int open_waiting(const char *kma, const struct secret *sealed, struct secret *key)
{
	return secret_empty(sealed) ? 0 : iw_key_open(kma, secret_text(sealed), key);
}

int iw_sync_waiting(struct iw_device *device, const char *kma)
{
	int r = open_waiting(kma, &device->sealed_k0, &device->k0);

	if (r == 0)
		r = open_waiting(kma, &device->sealed_k1, &device->k1);
	if (r == 0 && !secret_empty(&device->dk1))
		r = iw_k1_next(secret_text(&device->k1), secret_text(&device->dk1), &device->k1);
	if (r < 0)
		return r;
	secret_free(&device->sealed_k0);
	secret_free(&device->sealed_k1);
	secret_free(&device->dk1);
	return 0;
}

int iw_sync(struct iw_device *device, const struct iw_answer *answer, const char *kma, int64_t now)
{
	int r = kma ? iw_sync_waiting(device, kma) : 0;

	if (r == 0)
		r = take_word(answer, IW_EL_ID, device->id, sizeof device->id);
	if (r == 0)
		r = take_key(answer, IW_EL_K0, kma, &device->k0, &device->sealed_k0);
	if (r == 0)
		r = take_key(answer, IW_EL_K1, kma, &device->k1, &device->sealed_k1);
	if (r == 0)
		r = take_dk1(device, iw_answer_text(answer, IW_EL_DK1));
	if (r == 0)
		r = take_service(device, answer);
	if (r == 0)
		r = take_offline(device, answer, kma, now);
	return r;
}
