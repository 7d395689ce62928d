/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_OAEP_H
#define PIMS_INWEBO_OAEP_H

#include <stddef.h>

/*
 * EME-OAEP (RFC 8017 §7.1.1, §7.1.2) with SHA-256, MGF1-SHA-256 and an empty label. Ours, because the protocol decodes what was made with
 * the private exponent, which no library offers, and because tests must give the seed.
 */

enum {
	OAEP_SEED_SIZE = 32,
	OAEP_OVERHEAD = 66,   /**< bytes of a block that carry no message */
	OAEP_MAX_BLOCK = 512, /**< 4096 bits */
};

/** PIMS_E_LIMIT: the message is longer than size - OAEP_OVERHEAD, or the block is longer than OAEP_MAX_BLOCK. */
int oaep_encode(const void *message, size_t length, const unsigned char seed[OAEP_SEED_SIZE], unsigned char *ret_block, size_t size);

/**
 * `ret_message` has room for size - OAEP_OVERHEAD bytes. PIMS_E_FORMAT for every wrong block, told apart by nothing, time included (RFC 8017 §7.1.2 note).
 */
int oaep_decode(const unsigned char *block, size_t size, unsigned char *ret_message, size_t *ret_length);

#endif
