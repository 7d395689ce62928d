/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_DIGEST_H
#define PIMS_BASE_DIGEST_H

#include <stddef.h>

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65, SHA2_MAX = 64 };

/** SHA-256 of one piece. PIMS_E_CRYPTO. */
int sha256(const void *bytes, size_t length, unsigned char ret_digest[SHA256_SIZE]);
/** SHA-256 of texts joined by the text `separator`; the list ends with NULL. */
int sha256_join(unsigned char ret_digest[SHA256_SIZE], const char *separator, ...) __attribute__((sentinel));

/** SHA-2 of "256", "384" or "512" bits. PIMS_E_CRYPTO. */
int sha2(const char *bits, const void *bytes, size_t length, unsigned char ret_digest[SHA2_MAX], size_t *ret_size);

#endif
