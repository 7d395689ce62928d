/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/certify.h"

#include "base/text.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Each code has tries of its own, in the transaction that would take it; this counts over all codes of an account. */

enum {
	WRONG_CODES = 20, /* in WINDOW_S: four codes of five tries */
	SANDBOX_WRONG_CODES = 1000,
	WINDOW_S = 86400
};

void certified_free(struct certified *certified)
{
	free(certified->old);
	certified->old = NULL;
}

/* A repeat with the number that is there already tells a right code from a wrong one too. */
static bool is_wrong(const struct phone_change *change, const struct certified *certified)
{
	return certified->result == PHONE_CODE || (certified->result == PHONE_EXISTS && text_equal(certified->old, change->phone));
}

int certify_number(const struct server *server, const struct phone_change *change, struct certified *ret_certified)
{
	int max = server->settings.sandbox ? SANDBOX_WRONG_CODES : WRONG_CODES, ignored = 0, r;
	char key[64];

	*ret_certified = (struct certified){.result = PHONE_NONE, .remaining = -1};
	/* a recovery wants more than a session: who has stolen one must not be able to stop it */
	(void)snprintf(key, sizeof key, "%s:%" PRId64, change->ticket ? "recover.code" : "certify.code", change->account);
	r = store_attempt_check(server->store, key, max, change->now, &ret_certified->retry_after);
	if (r == 0)
		r = store_phone_change(server->store, change, &ret_certified->result, &ret_certified->old, &ret_certified->remaining);
	if (r < 0 || !is_wrong(change, ret_certified))
		return r;
	r = store_attempt(server->store, key, max, WINDOW_S, change->now, &ignored);
	return r == PIMS_E_LIMIT ? 0 : r;
}
