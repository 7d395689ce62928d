/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_RSA_H
#define PIMS_INWEBO_RSA_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/secret.h"
#include "platform/env.h"

#include <stdbool.h>

/*
 * RSA as iwws/MAC uses it (spec/wire.md §1): exponent 17, moduli of 1024 to 4096 bits, OAEP with SHA-256; numbers and blocks as hex, which
 * is written in lower case. A key is constant, so any threads may share it.
 */
struct iw_rsa;

enum { IW_RSA_MAX_BYTES = 512, IW_RSA_MAX_BLOCKS = 8 };

/** The parts of a private key, in hex. */
struct iw_rsa_parts {
	struct secret n, d, p, q;
};

/** A public key of its modulus. PIMS_E_FORMAT: not hex, even, too short or too long. The caller owns *ret_key. */
int iw_rsa_public(const char *modulus, struct iw_rsa **ret_key);
/** A private key. PIMS_E_FORMAT also when p·q is not n. */
int iw_rsa_private(const struct iw_rsa_parts *parts, struct iw_rsa **ret_key);
/** A new private key; its random numbers are OpenSSL's own. */
int iw_rsa_generate(unsigned bits, struct iw_rsa **ret_key);
void iw_rsa_free(struct iw_rsa *key);

/** The modulus in hex, without leading zero bytes; valid as long as the key. */
const char *iw_rsa_modulus(const struct iw_rsa *key);
/** SHA-256 over a modulus's bytes, without leading zero ones, as 64 lower-case hex digits: how people compare keys. PIMS_E_FORMAT: no modulus. */
int iw_rsa_fingerprint(const char *modulus, char ret_fingerprint[SHA256_HEX_SIZE]);
size_t iw_rsa_size(const struct iw_rsa *key);
/** PIMS_E_CRYPTO for a public key. */
int iw_rsa_parts(const struct iw_rsa *key, struct iw_rsa_parts *ret_parts);
void iw_rsa_parts_free(struct iw_rsa_parts *parts);

/** RSAES-OAEP with a seed of env: one block, appended as hex. PIMS_E_LIMIT: the message is too long. */
int iw_rsa_encrypt(const struct iw_rsa *key, const struct env *env, const void *message, size_t length, struct buf *ret_hex);
/** The other way; the length of `hex` is one block. `ret_message` has room for IW_RSA_MAX_BYTES. PIMS_E_FORMAT for every wrong one. */
int iw_rsa_decrypt(const struct iw_rsa *key, const char *hex, unsigned char *ret_message, size_t *ret_length);

/** What iw_rsa_public_decode() opens: OAEP, then the PRIVATE exponent, in as many blocks as needed. */
int iw_rsa_private_encode(const struct iw_rsa *key, const struct env *env, const void *message, size_t length, struct buf *ret_hex);
/** Opens at most IW_RSA_MAX_BLOCKS blocks and appends the bytes. PIMS_E_FORMAT for every wrong text. */
int iw_rsa_public_decode(const struct iw_rsa *key, const char *hex, struct buf *ret_message);

#endif
