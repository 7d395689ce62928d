/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/rsa.h"

#include "base/encode.h"
#include "inwebo/oaep.h"
#include "inwebo/rsa_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pims/error.h>
#include <string.h>

enum exponent { PUBLIC, PRIVATE };

/* What fits in one block. */
struct piece {
	const unsigned char *bytes;
	size_t length;
};

static bool raise_to(EVP_PKEY_CTX *context, enum exponent exponent, const struct piece *in, unsigned char *ret_out)
{
	size_t length = in->length;

	if ((exponent == PRIVATE ? EVP_PKEY_decrypt_init(context) : EVP_PKEY_encrypt_init(context)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) != 1)
		return false;
	if (exponent == PRIVATE)
		return EVP_PKEY_decrypt(context, ret_out, &length, in->bytes, in->length) == 1 && length == in->length;
	return EVP_PKEY_encrypt(context, ret_out, &length, in->bytes, in->length) == 1 && length == in->length;
}

/* The bare power of a block. What fails leaves no trace in OpenSSL's error queue, which TLS of the same thread reads. */
static int power(const struct iw_rsa *key, enum exponent exponent, const unsigned char *in, unsigned char *ret_out)
{
	struct piece block = {in, key->size};
	EVP_PKEY_CTX *context;
	bool ok;

	ERR_set_mark();
	context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	ok = context && raise_to(context, exponent, &block, ret_out);
	EVP_PKEY_CTX_free(context);
	ERR_pop_to_mark();
	return ok ? 0 : PIMS_E_CRYPTO;
}

static int put_hex(struct buf *buf, const unsigned char *bytes, size_t length)
{
	char digits[2 * IW_RSA_MAX_BYTES + 1];

	hex_encode(bytes, length, digits);
	return buf_puts(buf, digits);
}

static int close_block(const struct iw_rsa *key, const struct env *env, enum exponent exponent, const struct piece *message,
		       struct buf *ret_hex)
{
	unsigned char seed[OAEP_SEED_SIZE], block[IW_RSA_MAX_BYTES], out[IW_RSA_MAX_BYTES];
	int r = env_random(env, seed, sizeof seed);

	if (r == 0)
		r = oaep_encode(message->bytes, message->length, seed, block, key->size);
	if (r == 0)
		r = power(key, exponent, block, out);
	if (r == 0)
		r = put_hex(ret_hex, out, key->size);
	secret_wipe(seed, sizeof seed);
	secret_wipe(block, sizeof block);
	return r;
}

/* `hex` may go on after the block. A number that is not below the modulus is a wrong text too. */
static int open_block(const struct iw_rsa *key, enum exponent exponent, const char *hex, unsigned char *ret_message, size_t *ret_length)
{
	char digits[2 * IW_RSA_MAX_BYTES + 1];
	unsigned char in[IW_RSA_MAX_BYTES], block[IW_RSA_MAX_BYTES];
	int r;

	memcpy(digits, hex, 2 * key->size);
	digits[2 * key->size] = '\0';
	r = hex_decode(digits, in, key->size);
	if (r == 0 && power(key, exponent, in, block) < 0)
		r = PIMS_E_FORMAT;
	if (r == 0)
		r = oaep_decode(block, key->size, ret_message, ret_length);
	secret_wipe(block, sizeof block);
	return r;
}

int iw_rsa_encrypt(const struct iw_rsa *key, const struct env *env, const void *message, size_t length, struct buf *ret_hex)
{
	struct piece piece = {message, length};

	return close_block(key, env, PUBLIC, &piece, ret_hex);
}

int iw_rsa_decrypt(const struct iw_rsa *key, const char *hex, unsigned char *ret_message, size_t *ret_length)
{
	if (strlen(hex) != 2 * key->size)
		return PIMS_E_FORMAT;
	return open_block(key, PRIVATE, hex, ret_message, ret_length);
}

int iw_rsa_private_encode(const struct iw_rsa *key, const struct env *env, const void *message, size_t length, struct buf *ret_hex)
{
	size_t room = key->size - OAEP_OVERHEAD;
	int r = 0;

	for (size_t at = 0; r == 0 && at < length; at += room) {
		struct piece piece = {(const unsigned char *)message + at, length - at < room ? length - at : room};

		r = close_block(key, env, PRIVATE, &piece, ret_hex);
	}
	return r;
}

int iw_rsa_public_decode(const struct iw_rsa *key, const char *hex, struct buf *ret_message)
{
	unsigned char message[IW_RSA_MAX_BYTES];
	size_t digits = 2 * key->size, blocks = strlen(hex) / digits, length;
	int r = 0;

	if (blocks == 0 || blocks > IW_RSA_MAX_BLOCKS || strlen(hex) % digits)
		return PIMS_E_FORMAT;
	for (size_t i = 0; r == 0 && i < blocks; i++) {
		r = open_block(key, PUBLIC, hex + i * digits, message, &length);
		if (r == 0)
			r = buf_put(ret_message, message, length);
	}
	secret_wipe(message, sizeof message);
	return r;
}

int iw_rsa_fingerprint(const char *modulus, char ret_fingerprint[SHA256_HEX_SIZE])
{
	unsigned char bytes[IW_RSA_MAX_BYTES], digest[SHA256_SIZE];
	size_t size;
	int r;

	while (modulus[0] == '0' && modulus[1] == '0')
		modulus += 2;
	size = strlen(modulus) / 2;
	if (!size || size > sizeof bytes)
		return PIMS_E_FORMAT;
	r = hex_decode(modulus, bytes, size);
	if (r == 0)
		r = sha256(bytes, size, digest);
	if (r == 0)
		hex_encode(digest, sizeof digest, ret_fingerprint);
	return r;
}
