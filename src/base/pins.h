/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_PINS_H
#define PIMS_BASE_PINS_H

#include <stdbool.h>

enum { PINS_MAX = 16 };

/**
 * True for 1 to PINS_MAX pins of public keys as curl writes them: "sha256//BASE64;sha256//BASE64", each the digest of a SubjectPublicKeyInfo (RFC 7469 §2.4).
 * libcurl itself would take anything else for the name of a file.
 */
bool pins_valid(const char *text);

#endif
