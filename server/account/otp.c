/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/otp.h"

#include "server/store/seal.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_S = 300, FAILURES = 20, KEY_SIZE = 320 };

static int consume(const struct server *server, const struct otp_check *check, int64_t now)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	size_t length = strnlen(check->otp, OTP_MAX + 1);
	int r;

	if (!length || length > OTP_MAX)
		return PIMS_E_NOT_FOUND;
	r = seal_digest(server->seal, check->otp, hash);
	if (r < 0)
		return r;
	if (check->tokens)
		return store_remote_add(server->store, check->account, hash, check->tokens, now);
	return store_otp_consume(server->store, check->account, hash, now);
}

/* Only what was wrong is counted: a fleet may present as many good ones as it likes. */
int otp_accept(const struct server *server, const struct otp_check *check, int *ret_retry_after)
{
	int64_t now = env_now(&server->env);
	char key[KEY_SIZE];
	int r, counted, ignored = 0;

	(void)snprintf(key, sizeof key, "otp:%" PRId64 ":%s", check->account, check->presenter);
	r = store_attempt_check(server->store, key, FAILURES, now, ret_retry_after);
	if (r < 0)
		return r;
	r = consume(server, check, now);
	if (r == PIMS_E_LIMIT)
		*ret_retry_after = OTP_WITH_PIN;
	if (r != PIMS_E_NOT_FOUND)
		return r;
	counted = store_attempt(server->store, key, FAILURES, WINDOW_S, now, &ignored);
	return counted < 0 && counted != PIMS_E_LIMIT ? counted : PIMS_E_NOT_FOUND;
}
