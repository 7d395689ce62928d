/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_SEAL_H
#define PIMS_PLATFORM_SEAL_H

#include "base/buf.h"
#include "platform/env.h"

#include <stddef.h>

/*
 * The sealed form of the state: XChaCha20-Poly1305 with a header that is authenticated too. Layout, numbers big-endian:
 *   "PIMS" | version (1) | key id (8) | length of the plaintext (4) | nonce (24) | ciphertext | tag (16)
 * The key id (a keyed hash of a constant) and the length tell a wrong key and a truncated file from a damaged one.
 */
enum { SEAL_KEY_SIZE = 32, SEAL_VERSION = 1, SEAL_HEADER_SIZE = 41, SEAL_OVERHEAD = 57, SEAL_MAX = 1024 * 1024 };

/**
 * Appends the sealed form of `plaintext` to `ret_blob`; on failure nothing is appended. PIMS_E_CRYPTO (no randomness), PIMS_E_MEMORY,
 * PIMS_E_LIMIT (over SEAL_MAX with the overhead, or over the buffer's maximum).
 */
int seal_close(const struct env *env, const unsigned char key[SEAL_KEY_SIZE], const void *plaintext, size_t length, struct buf *ret_blob);

/**
 * Appends the plaintext to `ret_plaintext`; on failure nothing is appended. PIMS_E_FORMAT: no sealed state, truncated or damaged; PIMS_E_VERSION: of a
 * newer version; PIMS_E_KEY: sealed with another key; PIMS_E_MEMORY, PIMS_E_LIMIT.
 */
int seal_open(const unsigned char key[SEAL_KEY_SIZE], const void *blob, size_t length, struct buf *ret_plaintext);

#endif
