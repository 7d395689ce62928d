/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_PASSWORD_POLICY_H
#define PIMSD_PASSWORD_POLICY_H

/** What is wrong with a password that somebody chooses. */
enum password_fault {
	PASSWORD_FINE = 0,
	PASSWORD_LENGTH, /**< fewer than `min` characters, or more than PASSWORD_MAX bytes */
	PASSWORD_COMMON  /**< among those that are guessed first, or the account's address or its first half */
};

/**
 * NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 6.2: length and a list of common passwords, without regard to case; nothing is asked of the kind of its characters.
 * `email` may be NULL. Any thread.
 * `min`: PASSWORD_MIN to PASSWORD_MIN_MAX.
 */
enum password_fault password_policy(const char *password, const char *email, int min);

#endif
