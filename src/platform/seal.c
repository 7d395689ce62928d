/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/seal.h"

#include "base/secret.h"

#include <pims/error.h>

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAGIC_SIZE = 4,
	VERSION_AT = 4,
	ID_AT = 5,
	ID_SIZE = 8,
	LENGTH_AT = 13,
	NONCE_AT = 17,
	NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

static const unsigned char MAGIC[MAGIC_SIZE] = {'P', 'I', 'M', 'S'};

_Static_assert(SEAL_HEADER_SIZE == NONCE_AT + NONCE_SIZE, "header layout");
_Static_assert(SEAL_OVERHEAD == SEAL_HEADER_SIZE + TAG_SIZE, "overhead");
_Static_assert((int)SEAL_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");

/* BLAKE2b keyed with the key: tells keys apart and nothing about them. */
static int key_id(const unsigned char key[SEAL_KEY_SIZE], unsigned char ret_id[ID_SIZE])
{
	static const unsigned char CONTEXT[] = "openpims sealed state";
	unsigned char digest[crypto_generichash_BYTES_MIN];

	if (sodium_init() < 0 || crypto_generichash(digest, sizeof digest, CONTEXT, sizeof CONTEXT - 1, key, SEAL_KEY_SIZE) != 0)
		return PIMS_E_CRYPTO;
	memcpy(ret_id, digest, ID_SIZE);
	return 0;
}

static void put_length(unsigned char *at, size_t length)
{
	at[0] = (unsigned char)(length >> 24);
	at[1] = (unsigned char)(length >> 16);
	at[2] = (unsigned char)(length >> 8);
	at[3] = (unsigned char)length;
}

static size_t get_length(const unsigned char *at)
{
	return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static int make_header(const struct env *env, const unsigned char *key, size_t length, unsigned char *header)
{
	int r = key_id(key, header + ID_AT);

	if (r < 0)
		return r;
	memcpy(header, MAGIC, MAGIC_SIZE);
	header[VERSION_AT] = SEAL_VERSION;
	put_length(header + LENGTH_AT, length);
	return env_random(env, header + NONCE_AT, NONCE_SIZE);
}

int seal_close(const struct env *env, const unsigned char key[SEAL_KEY_SIZE], const void *plaintext, size_t length, struct buf *ret_blob)
{
	unsigned char *blob;
	int r;

	if (length > SEAL_MAX - SEAL_OVERHEAD)
		return PIMS_E_LIMIT;
	blob = malloc(length + SEAL_OVERHEAD);
	if (!blob)
		return PIMS_E_MEMORY;
	r = make_header(env, key, length, blob);
	if (r < 0)
		goto out;
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(blob + SEAL_HEADER_SIZE, NULL, plaintext, length, blob, SEAL_HEADER_SIZE, NULL,
						       blob + NONCE_AT, key) != 0) {
		r = PIMS_E_CRYPTO;
		goto out;
	}
	r = buf_put(ret_blob, blob, length + SEAL_OVERHEAD);
out:
	free(blob);
	return r;
}

static int check_header(const unsigned char *key, const unsigned char *blob, size_t length)
{
	unsigned char id[ID_SIZE];
	int r;

	if (length <= VERSION_AT || memcmp(blob, MAGIC, MAGIC_SIZE) != 0 || blob[VERSION_AT] == 0)
		return PIMS_E_FORMAT;
	if (blob[VERSION_AT] > SEAL_VERSION)
		return PIMS_E_VERSION;
	if (length < SEAL_OVERHEAD || get_length(blob + LENGTH_AT) != length - SEAL_OVERHEAD)
		return PIMS_E_FORMAT;
	r = key_id(key, id);
	if (r < 0)
		return r;
	return sodium_memcmp(id, blob + ID_AT, ID_SIZE) == 0 ? 0 : PIMS_E_KEY;
}

int seal_open(const unsigned char key[SEAL_KEY_SIZE], const void *blob, size_t length, struct buf *ret_plaintext)
{
	const unsigned char *bytes = blob;
	unsigned char *plaintext;
	size_t plain_length;
	int r;

	if (length > SEAL_MAX)
		return PIMS_E_LIMIT;
	r = check_header(key, bytes, length);
	if (r < 0)
		return r;
	plain_length = length - SEAL_OVERHEAD;
	plaintext = malloc(plain_length + 1);
	if (!plaintext)
		return PIMS_E_MEMORY;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plaintext, NULL, NULL, bytes + SEAL_HEADER_SIZE, length - SEAL_HEADER_SIZE, bytes,
						       SEAL_HEADER_SIZE, bytes + NONCE_AT, key) != 0)
		r = PIMS_E_FORMAT;
	else
		r = buf_put(ret_plaintext, plaintext, plain_length);
	secret_wipe(plaintext, plain_length);
	free(plaintext);
	return r;
}
