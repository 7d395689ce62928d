/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CERTIFICATES_H
#define TESTS_CERTIFICATES_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/** A certificate authority of a test's own, and what it signs. All fail the test when they cannot. */
struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

struct wanted {
	const char *names; /**< "IP:127.0.0.1,DNS:localhost"; NULL: "IP:127.0.0.1" */
	long from, until;  /**< seconds from now; both 0: from an hour ago for two hours */
	long serial;
};

void authority_make(struct authority *authority, const char *name);
void authority_free(struct authority *authority);
/** Its certificate as a PEM file. */
void authority_write(const struct authority *authority, const char *file);
/** A new key of the server's own and its certificate, as PEM files (key: mode 0600), replaced by rename. */
void certificate_make(const struct authority *authority, const struct wanted *wanted, const char *certificate_file, const char *key_file);
enum { PIN_SIZE = 64 };
/** "sha256//…" of the public key in a certificate's file, as curl writes it. */
void certificate_pin(const char *certificate_file, char ret_pin[PIN_SIZE]);

#endif
