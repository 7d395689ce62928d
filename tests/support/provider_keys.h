/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROVIDER_KEYS_H
#define TESTS_PROVIDER_KEYS_H

#include <cjose/cjose.h>
#include <jansson.h>
#include <stddef.h>

/* What an OpenID provider signs with. */

/** Keys made at run time, shared by all tests of a program. */
enum provider_key { KEY_RSA, KEY_RSA_OTHER, KEY_RSA_1024, KEY_EC, KEY_EC_OTHER, KEY_COUNT };

/** A token of these claims (JSON text), signed by `key` with `algorithm` (NULL = the key's) and more header members (NULL = kid only). The caller frees. */
char *provider_sign(enum provider_key key, const char *algorithm, const char *header, const char *claims);
/** The parts as they are, joined by dots in base64url, with a signature of zeros of `signature_length` bytes. The caller frees. */
char *provider_assemble(const char *header, const char *claims, size_t signature_length);
/** The public keys as a key set. `kid` is "rsa", "rsa-other", "rsa-1024", "ec", "ec-other". Lives as long as the program. */
const char *provider_keys(const enum provider_key *keys, size_t count);
/** The public key as JSON, which the caller owns. */
json_t *provider_public_key(enum provider_key key);
void provider_free_keys(void);

#endif
