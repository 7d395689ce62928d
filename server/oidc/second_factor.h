/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_SECOND_FACTOR_H
#define PIMSD_OIDC_SECOND_FACTOR_H

#include "server/server.h"

/** second_factor_missing() alone: there is no passkey yet, and one is to be registered. */
enum { FACTOR_NEW_PASSKEY = FACTOR_PASSKEY + 1 };

/**
 * What is still to be given: who has a passkey uses it, so that nobody is talked down to less; who has a device gives its one-time password if the server
 * wants that of everybody (pimsd --sign-in-otp), or with `wants_otp`. Where everybody signs in with a passkey (pimsd --sign-in-passkey) who has none registers
 * one, after the one-time password. `given`: the best that was. An enum account_factor or FACTOR_NEW_PASSKEY; negative: the store failed.
 */
int second_factor_missing(const struct server *server, int64_t account, enum account_factor given, bool wants_otp);
/** The best that was given, by the times of a browser or session. */
enum account_factor second_factor_given(int64_t otp_time, int64_t passkey_time);

/**
 * Takes a one-time password of who is signed in in a browser, which is marked (browser_prove()). PIMS_E_INVALID: wrong, used or expired; PIMS_E_LIMIT: too many
 * wrong ones, see *ret_retry_after (as otp_accept()); PIMS_E_NOT_FOUND: signed out meanwhile. Its owner is told of several wrong ones, since who gives them
 * has the password.
 */
int second_factor_prove(const struct request *request, struct response *response, const char *otp, struct browser *browser, int *ret_retry_after);
/**
 * The same beside the account's password, in one form: 0 also when none is wanted. PIMS_E_STATE: the account has a passkey, which was not used in this browser
 * in the last hour.
 */
int second_factor_check(const struct request *request, const char *otp, int64_t account, int *ret_retry_after);

#endif
