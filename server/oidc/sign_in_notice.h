/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_SIGN_IN_NOTICE_H
#define PIMSD_OIDC_SIGN_IN_NOTICE_H

#include "server/http/http.h"
#include "server/store/store.h"

/* Mails to the account's owner about what somebody else may have done (OWASP ASVS 6.3.5). */

enum sign_in_event {
	SIGN_IN_NEW_PLACE = 1,      /**< right, at none of the account's places (places.h) */
	SIGN_IN_AFTER_FAILURES = 2, /**< right, after several wrong passwords */
	SIGN_IN_ROW_FULL = 3,       /**< so many wrong ones that strangers are shut out */
	SIGN_IN_WRONG_OTPS = 4,     /**< the password was right, and several one-time passwords wrong */
	SIGN_IN_DEVICE_REMOVED = 5, /**< not a sign-in, but what the next one may need; the next ones, too */
	SIGN_IN_PASSKEY_ADDED = 6,
	SIGN_IN_PASSKEY_REMOVED = 7
};

/**
 * Writes it, with time and the client's address, at most once a day for each account and event; of passkeys each time, 20 a day. Accounts without a password
 * here get none. What fails is logged: no sign-in depends on it.
 */
void sign_in_notice(const struct request *request, const struct account *account, enum sign_in_event event);
/** The same by the account's id. */
void sign_in_tell(const struct request *request, int64_t account, enum sign_in_event event);

#endif
