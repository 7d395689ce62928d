/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_SECOND_FACTOR_H
#define PIMSD_OIDC_SECOND_FACTOR_H

#include "server/server.h"

/**
 * Whether who signs in has a device whose one-time password can be asked for. PIMS_E_NOT_FOUND: none is enrolled; others: the store failed.
 */
int second_factor_has(const struct server *server, int64_t account);
/** The same when the server wants it of everybody who has a device (pimsd --sign-in-otp): 0 or PIMS_E_NOT_FOUND. */
int second_factor_wanted(const struct server *server, int64_t account);

/**
 * Takes a one-time password of who is signed in in a browser, which is marked (browser_prove()). PIMS_E_INVALID: wrong, used or expired; PIMS_E_LIMIT: too many
 * wrong ones, see *ret_retry_after (as otp_accept()); PIMS_E_NOT_FOUND: signed out meanwhile. Its owner is told of several wrong ones, since who gives them
 * has the password.
 */
int second_factor_prove(const struct request *request, struct response *response, const char *otp, struct browser *browser, int *ret_retry_after);
/** The same beside the account's password, in one form: 0 also when none is wanted. */
int second_factor_check(const struct request *request, const char *otp, int64_t account, int *ret_retry_after);

#endif
