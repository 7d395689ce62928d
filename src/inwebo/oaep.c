/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/oaep.h"

#include "base/digest.h"
#include "base/secret.h"

#include <pims/error.h>
#include <stdint.h>
#include <string.h>

/* RFC 8017 appendix B.2.1, the mask applied at once. */
static int mgf1_xor(const unsigned char *seed, size_t seed_length, unsigned char *target, size_t length)
{
	unsigned char input[OAEP_MAX_BLOCK + 4], digest[SHA256_SIZE];
	int r = 0;

	memcpy(input, seed, seed_length);
	for (size_t at = 0, counter = 0; r == 0 && at < length; at += SHA256_SIZE, counter++) {
		for (size_t i = 0; i < 4; i++)
			input[seed_length + i] = (unsigned char)(counter >> (24 - 8 * i));
		r = sha256(input, seed_length + 4, digest);
		for (size_t i = 0; r == 0 && i < SHA256_SIZE && at + i < length; i++)
			target[at + i] ^= digest[i];
	}
	secret_wipe(input, sizeof input);
	secret_wipe(digest, sizeof digest);
	return r;
}

int oaep_encode(const void *message, size_t length, const unsigned char seed[OAEP_SEED_SIZE], unsigned char *ret_block, size_t size)
{
	unsigned char block[OAEP_MAX_BLOCK] = {0};
	unsigned char *db = block + 1 + OAEP_SEED_SIZE;
	size_t db_length = size - 1 - OAEP_SEED_SIZE;
	int r;

	if (size > sizeof block || size < OAEP_OVERHEAD || length > size - OAEP_OVERHEAD)
		return PIMS_E_LIMIT;
	r = sha256("", 0, db);
	if (r < 0)
		return r;
	db[db_length - length - 1] = 1;
	if (length)
		memcpy(db + db_length - length, message, length);
	memcpy(block + 1, seed, OAEP_SEED_SIZE);
	r = mgf1_xor(seed, OAEP_SEED_SIZE, db, db_length);
	if (r == 0)
		r = mgf1_xor(db, db_length, block + 1, OAEP_SEED_SIZE);
	if (r == 0)
		memcpy(ret_block, block, size);
	secret_wipe(block, sizeof block);
	return r;
}

/* All ones when the byte is 0, else 0: no branch on what is secret. */
static size_t mask_if_zero(unsigned char byte)
{
	return (size_t)0 - (((size_t)byte - 1) >> (sizeof(size_t) * 8 - 1));
}

/* Where the message starts in the data block, 0 when the block is wrong. */
static size_t message_start(unsigned char first, const unsigned char *db, size_t db_length, const unsigned char hash[SHA256_SIZE])
{
	size_t start = 0, searching = ~(size_t)0, good = mask_if_zero(first);
	unsigned char difference = 0;

	for (size_t i = 0; i < SHA256_SIZE; i++)
		difference |= (unsigned char)(db[i] ^ hash[i]);
	good &= mask_if_zero(difference);
	for (size_t i = SHA256_SIZE; i < db_length; i++) {
		size_t is_one = mask_if_zero((unsigned char)(db[i] ^ 1)), is_zero = mask_if_zero(db[i]);

		start |= searching & is_one & (i + 1);
		good &= ~searching | is_one | is_zero;
		searching &= is_zero;
	}
	return start & good & ~searching;
}

int oaep_decode(const unsigned char *block, size_t size, unsigned char *ret_message, size_t *ret_length)
{
	unsigned char seed[OAEP_SEED_SIZE], db[OAEP_MAX_BLOCK], hash[SHA256_SIZE];
	size_t db_length = size - 1 - OAEP_SEED_SIZE, start;
	int r;

	if (size > OAEP_MAX_BLOCK || size < OAEP_OVERHEAD)
		return PIMS_E_FORMAT;
	memcpy(seed, block + 1, sizeof seed);
	memcpy(db, block + 1 + sizeof seed, db_length);
	r = mgf1_xor(db, db_length, seed, sizeof seed);
	if (r == 0)
		r = mgf1_xor(seed, sizeof seed, db, db_length);
	if (r == 0)
		r = sha256("", 0, hash);
	if (r < 0)
		goto out;
	start = message_start(block[0], db, db_length, hash);
	r = start ? 0 : PIMS_E_FORMAT;
	if (r < 0)
		goto out;
	memcpy(ret_message, db + start, db_length - start);
	*ret_length = db_length - start;
out:
	secret_wipe(seed, sizeof seed);
	secret_wipe(db, sizeof db);
	return r;
}
