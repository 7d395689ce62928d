/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_RSA_KEY_H
#define PIMS_INWEBO_RSA_KEY_H

#include "inwebo/rsa.h"

#include <openssl/types.h>

/** Between rsa_key.c and rsa.c only. */
struct iw_rsa {
	EVP_PKEY *pkey;
	char *modulus;
	size_t size; /**< bytes of the modulus, and of a block */
};

#endif
