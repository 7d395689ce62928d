/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_SIGN_IN_H
#define PIMSD_OIDC_SIGN_IN_H

#include "server/http/http.h"
#include "server/store/store.h"

enum { USERNAME_MAX = 254 };

/** No time to wait: the account's owner signs in at a place where he did before, or asks the operator. */
enum { SIGN_IN_ELSEWHERE = -1 };

/**
 * Who has this username and password. PIMS_E_NOT_FOUND: nobody, or the account is blocked (the caller must not tell which);
 * PIMS_E_LIMIT: too many failures, see *ret_retry_after (seconds, or SIGN_IN_ELSEWHERE); PIMS_E_AGAIN: too busy to check; others: the server failed. The
 * caller owns *ret_account.
 *
 * Failures are counted by account and network, by network, and in a row by account: of each place where it was signed in before (places.h), and of all
 * others together. So a stranger's guesses do not lock its owner out of these.
 */
int sign_in(const struct request *request, const char *username, const char *password, struct account *ret_account, int *ret_retry_after);

/** What strangers guessed is forgotten: everybody may try again. */
int sign_in_forgive(struct store *store, int64_t account);
/** What was guessed at it in this network, too: its owner is here, with another proof. */
int sign_in_forgive_here(const struct request *request, const char *email);
struct seal;
enum { SIGN_IN_KEY_SIZE = 80 };
/** A key for store_attempt() that does not tell the text. */
int sign_in_key(const struct seal *seal, const char *kind, const char *text, char ret_key[SIGN_IN_KEY_SIZE]);

#endif
