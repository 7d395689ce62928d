/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_DIGEST_H
#define PIMS_BASE_DIGEST_H

#include <stddef.h>

enum { SHA256_SIZE = 32, SHA256_HEX_SIZE = 65 };

/** SHA-256 of one piece. PIMS_E_CRYPTO. */
int sha256(const void *bytes, size_t length, unsigned char ret_digest[SHA256_SIZE]);
/** SHA-256 of texts joined by the text `separator`; the list ends with NULL. */
int sha256_join(unsigned char ret_digest[SHA256_SIZE], const char *separator, ...) __attribute__((sentinel));

#endif
