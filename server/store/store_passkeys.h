/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_STORE_PASSKEYS_H
#define PIMSD_STORE_PASSKEYS_H

#include <stddef.h>
#include <stdint.h>

/* Part of store.h, whose rules hold: passkeys and security keys (W3C Web Authentication Level 2). Each of them was used: what was not is not stored. */

struct store;

enum { PASSKEYS_MAX = 10, PASSKEY_NAME_SIZE = 65, PASSKEY_CREDENTIAL_MAX = 1023, PASSKEY_KEY_MAX = 1024 };

struct passkey {
	int64_t id;
	int64_t account;
	char *party; /**< RP ID: the host name that it is for */
	unsigned char *credential; /**< its id, as the authenticator chose it, at most PASSKEY_CREDENTIAL_MAX bytes */
	size_t credential_length;
	int algorithm;             /**< COSE (RFC 9053): -7, -8 or -257 */
	unsigned char *public_key; /**< as libfido2 has it; sealed in the store */
	size_t public_key_length;
	int64_t sign_count;
	char name[PASSKEY_NAME_SIZE];
	int64_t created;
	int64_t last_used;
};
void passkey_free(struct passkey *passkey);

/** What an account has beside the password, the least first; the enrolled devices of those that are in use. */
enum account_factor { FACTOR_NONE, FACTOR_OTP, FACTOR_PASSKEY };
int store_account_factor(struct store *store, int64_t account, enum account_factor *ret_best);
/** Of an account, in the order in which they were added. */
int store_passkey_list(struct store *store, int64_t account, int (*each)(void *data, const struct passkey *passkey), void *data);
/** One of an account by its credential id. PIMS_E_NOT_FOUND. */
int store_passkey_find(struct store *store, int64_t account, const unsigned char *credential, size_t length, struct passkey *ret_passkey);
/** A signature of a passkey in a browser, which is marked, and has another cookie from here on. */
struct passkey_use {
	const struct passkey *passkey;
	int64_t sign_count;               /**< that came with the signature */
	const unsigned char *browser;     /**< hash of its cookie, */
	const unsigned char *new_browser; /**< and of the next one */
	int64_t now;
};
/**
 * A use of one that is stored. PIMS_E_NOT_FOUND: it or the browser is gone meanwhile, or the browser is another account's; PIMS_E_STATE: the count did not
 * grow, so the passkey may have a copy (§7.2 step 21).
 */
int store_passkey_use(struct store *store, const struct passkey_use *use);
/**
 * The first use of a new one, which adds it. The browser must have given the best that the account has at this moment: a passkey, else the one-time password
 * of a device; PIMS_E_INVALID otherwise. An account's first one ends a change of its address that waits for its code. PIMS_E_LIMIT: there are PASSKEYS_MAX
 * already; PIMS_E_STATE: there is one of this credential id, of whatever account (§7.1 step 22); PIMS_E_NOT_FOUND: the browser, as above.
 */
int store_passkey_add(struct store *store, const struct passkey_use *use);
/**
 * It vouches no more: for browsers where it was used, what was signed in there, and codes that these were shown. PIMS_E_NOT_FOUND.
 */
int store_passkey_remove(struct store *store, int64_t account, int64_t id);
/** How many there are of other hosts than `party`: nobody can use those. */
int store_passkey_strangers(struct store *store, const char *party, int64_t *ret_count);

#endif
