/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_ACCOUNT_OTP_H
#define PIMSD_ACCOUNT_OTP_H

#include "server/server.h"

enum { OTP_MAX = 16 };

/** No time to wait: too many wrong ones in a row, whoever presented them (NIST SP 800-63B-4 §3.2.2), until the account gets one with its PIN. */
enum { OTP_WITH_PIN = -2 }; /* SIGN_IN_ELSEWHERE is another */

/** Who presents an OTP, and whose. */
struct otp_check {
	int64_t account;
	const char *otp;
	const char *presenter; /**< client id, or "" for the account itself: wrong ones are counted by it */
	const struct token_pair *tokens; /**< NULL, or what is stored with the acceptance */
};

/**
 * Accepts an OTP once. PIMS_E_NOT_FOUND: wrong, used or expired; PIMS_E_LIMIT: too many wrong ones, see *ret_retry_after
 * (seconds, or OTP_WITH_PIN); others: the server failed.
 */
int otp_accept(const struct server *server, const struct otp_check *check, int *ret_retry_after);

#endif
