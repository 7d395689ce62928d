/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include <inttypes.h>
#include <pims/error.h>
#include <stdio.h>

/* What is counted so that codes and PINs cannot be guessed, by somebody who has proved nothing yet. */

enum {
	CODE_FAILURES = 20, /* of one address in CODE_WINDOW_S: 8 digits are not to be guessed */
	SANDBOX_CODE_FAILURES = 1000,
	CODE_WINDOW_S = 600,
	REPEATS = 20, /* of a step that was done, in REPEAT_WINDOW_S */
	REPEAT_WINDOW_S = 86400
};

int mac_too_many(struct mac_call *call, enum iw_error error, int retry_after)
{
	int r = mac_refuse(call, error, "inwebo.too_many_attempts");

	call->refusal.retry_after = retry_after;
	return r;
}

/* Counts a code that was not good; at the limit even a good one is not looked at. */
static int bad_code(struct mac_call *call, const char *key, const char *cause)
{
	int retry_after = 0;
	int r = store_attempt(call->server->store, key, CODE_FAILURES, CODE_WINDOW_S, call->now, &retry_after);

	return r < 0 && r != PIMS_E_LIMIT ? r : mac_refuse(call, IW_CODE, cause);
}

int mac_find_code(struct mac_call *call, const unsigned char hash[SEAL_DIGEST_SIZE], enum sms_purpose purpose, int64_t *ret_account)
{
	struct store *store = call->server->store;
	int max = call->server->settings.sandbox ? SANDBOX_CODE_FAILURES : CODE_FAILURES;
	char key[128];
	int r, retry_after = 0;

	snprintf(key, sizeof key, "iwws.code:%s", call->network);
	r = store_attempt_check(store, key, max, call->now, &retry_after);
	if (r == PIMS_E_LIMIT)
		return mac_too_many(call, IW_CODE, retry_after);
	if (r == 0)
		r = store_sms_find(store, hash, purpose, call->now, ret_account);
	if (r == PIMS_E_STATE)
		return bad_code(call, key, "sms.expired");
	return r == PIMS_E_NOT_FOUND ? bad_code(call, key, NULL) : r;
}

int mac_count_repeat(struct mac_call *call, const struct mac_device *device)
{
	int r, retry_after = 0;
	char key[64];

	snprintf(key, sizeof key, "iwws.repeat:%" PRId64, device->row.id);
	r = store_attempt(call->server->store, key, REPEATS, REPEAT_WINDOW_S, call->now, &retry_after);
	return r == PIMS_E_LIMIT ? mac_too_many(call, IW_ACCESS, retry_after) : r;
}
