/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/crypto.h"

#include "base/digest.h"
#include "base/encode.h"

#include <openssl/evp.h>
#include <pims/error.h>
#include <pthread.h>

enum { KEY_DIGITS = 2 * IW_KEY_SIZE };

/* Fetched once for the process: OpenSSL 3 looks algorithms up slowly. */
static EVP_CIPHER *cipher;
static pthread_once_t cipher_once = PTHREAD_ONCE_INIT;

static void fetch_cipher(void)
{
	cipher = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
}

static int aes_block(const unsigned char key[IW_KEY_SIZE], const unsigned char in[IW_KEY_SIZE], int encrypt,
		     unsigned char ret_out[IW_KEY_SIZE])
{
	EVP_CIPHER_CTX *context;
	unsigned char out[2 * IW_KEY_SIZE];
	int length = 0, ok;

	pthread_once(&cipher_once, fetch_cipher);
	context = EVP_CIPHER_CTX_new();
	ok = cipher && context && EVP_CipherInit_ex2(context, cipher, key, NULL, encrypt, NULL) == 1 &&
	     EVP_CIPHER_CTX_set_padding(context, 0) == 1 && EVP_CipherUpdate(context, out, &length, in, IW_KEY_SIZE) == 1 &&
	     length == IW_KEY_SIZE;
	for (int i = 0; ok && i < IW_KEY_SIZE; i++)
		ret_out[i] = out[i];
	secret_wipe(out, sizeof out);
	EVP_CIPHER_CTX_free(context);
	return ok ? 0 : PIMS_E_CRYPTO;
}

static int digits_of(const unsigned char key[IW_KEY_SIZE], struct secret *ret_digits)
{
	char digits[KEY_DIGITS + 1];
	int r;

	hex_encode(key, IW_KEY_SIZE, digits);
	r = secret_set(ret_digits, digits);
	secret_wipe(digits, sizeof digits);
	return r;
}

static int block_of_digits(const char *kma, const char *text, int encrypt, struct secret *ret_text)
{
	unsigned char key[IW_KEY_SIZE], in[IW_KEY_SIZE], out[IW_KEY_SIZE];
	int r = PIMS_E_FORMAT;

	if (hex_decode(kma, key, sizeof key) < 0 || hex_decode(text, in, sizeof in) < 0)
		goto out;
	r = aes_block(key, in, encrypt, out);
	if (r == 0)
		r = digits_of(out, ret_text);
out:
	secret_wipe(key, sizeof key);
	secret_wipe(in, sizeof in);
	secret_wipe(out, sizeof out);
	return r;
}

int iw_key_open(const char *kma, const char *closed, struct secret *ret_key)
{
	return block_of_digits(kma, closed, 0, ret_key);
}

int iw_key_close(const char *kma, const char *key, struct secret *ret_closed)
{
	return block_of_digits(kma, key, 1, ret_closed);
}

/* Kma and dK1 are the same formula: the first 16 bytes of SHA-256("a;b"). */
static int joined(const char *a, const char *b, struct secret *ret_key)
{
	unsigned char digest[SHA256_SIZE];
	int r = sha256_join(digest, ";", a, b, NULL);

	if (r == 0)
		r = digits_of(digest, ret_key);
	secret_wipe(digest, sizeof digest);
	return r;
}

int iw_kma(const char *pin, const char *serial, struct secret *ret_kma)
{
	return joined(pin, serial, ret_kma);
}

int iw_k1_next(const char *k1, const char *dk1, struct secret *ret_k1)
{
	return joined(k1, dk1, ret_k1);
}
