/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SEAL_H
#define PIMSD_SEAL_H

#include "base/buf.h"
#include "platform/env.h"

#include <stddef.h>

/**
 * The master key of a data directory. Nothing secret reaches the store in clear: keys and PINs are sealed (XChaCha20-Poly1305), and what people
 * type (SMS codes, one-time passwords) is found by a keyed digest, since a plain hash of 8 digits is undone in seconds.
 */
struct seal;

enum { SEAL_DIGEST_SIZE = 32 };

/**
 * Reads `data_dir`/master.key, or makes it (mode 0600, once: of two processes the first wins). PIMS_E_KEY: the file is damaged, not ours, or open
 * to group or others; PIMS_E_SYSTEM with errno. Both are logged with the file's name. The caller owns *ret_seal.
 */
int seal_open_master(struct seal **ret_seal, const char *data_dir, const struct env *env);
/** Wipes the key; NULL allowed. */
void seal_free(struct seal *seal);
/** Appends the sealed bytes to `ret_sealed`. Any thread. PIMS_E_CRYPTO, PIMS_E_MEMORY, PIMS_E_LIMIT. */
int seal_value(const struct seal *seal, const struct env *env, const void *bytes, size_t length, struct buf *ret_sealed);
/** Appends the opened bytes to `ret_bytes`. Any thread. PIMS_E_FORMAT: damaged; PIMS_E_KEY: sealed with another key; PIMS_E_VERSION: by a newer program. */
int open_value(const struct seal *seal, const void *sealed, size_t length, struct buf *ret_bytes);
/** The digest by which the store finds SMS codes and one-time passwords. Any thread. */
int seal_digest(const struct seal *seal, const char *text, unsigned char ret_digest[SEAL_DIGEST_SIZE]);

#endif
