/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_PASSWORD_H
#define PIMSD_PASSWORD_H

enum {
	PASSWORD_HASH_SIZE = 128,
	PASSWORD_MIN = 8,          /**< the least that an operator may ask for (OWASP ASVS 6.2.1) */
	PASSWORD_MIN_DEFAULT = 15, /**< where it is the only factor (NIST SP 800-63B-4 §3.1.1.2) */
	PASSWORD_MIN_MAX = 64,
	PASSWORD_MAX = 1024
};

/**
 * Argon2id (19 MiB, 2 passes). At most two run at once and a few wait, so that a flood of sign-ins takes neither the memory nor all workers:
 * PIMS_E_AGAIN to the rest (answer 503 with Retry-After). Any thread.
 *
 * What is hashed is the password in normalisation form NFKC: keyboards write the same letter in more than one way. Bytes that are no UTF-8 stay as they are.
 */
/** PIMS_E_LIMIT: the password is shorter than PASSWORD_MIN or longer than PASSWORD_MAX bytes; PIMS_E_MEMORY. */
int password_hash(const char *password, char ret_hash[PASSWORD_HASH_SIZE]);
/** A copy in NFKC, malloc()ed: secret_free_text(). NULL: no memory. */
char *password_normalise(const char *password);
/** 0 = right; PIMS_E_NOT_FOUND = wrong. A NULL hash (no such account) is wrong after the same time. */
int password_verify(const char *hash, const char *password);

#endif
