/* SPDX-License-Identifier: Apache-2.0 */
#include "support/authenticator.h"

#include "base/digest.h"
#include "base/encode.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ES256 = -7, EDDSA = -8, RS256 = -257, COORDINATE = 32, MODULUS = 256, PRESENT = 0x01, CREDENTIAL = 0x40, EXTENSION = 0x80, BYTES_MAX = 4096 };

void authenticator_make(struct authenticator *ret_authenticator, int algorithm, const char *party, const char *origin)
{
	*ret_authenticator = (struct authenticator){.algorithm = algorithm, .party = party, .origin = origin, .counts = true};
	if (algorithm == ES256)
		ret_authenticator->key = EVP_EC_gen("P-256");
	else if (algorithm == EDDSA)
		ret_authenticator->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		ret_authenticator->key = EVP_RSA_gen(8 * MODULUS);
	assert_non_null(ret_authenticator->key);
	assert_int_equal(RAND_bytes(ret_authenticator->id, sizeof ret_authenticator->id), 1);
}

void authenticator_free(struct authenticator *authenticator)
{
	EVP_PKEY_free(authenticator->key);
	authenticator->key = NULL;
}

static void put(struct buf *bytes, const void *data, size_t length)
{
	assert_int_equal(buf_put(bytes, data, length), 0);
}

static void put_number(struct buf *bytes, const EVP_PKEY *key, const char *name, size_t size)
{
	unsigned char number[MODULUS];
	BIGNUM *value = NULL;

	assert_true(size <= sizeof number);
	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &value), 1);
	assert_int_equal(BN_bn2binpad(value, number, (int)size), (int)size);
	put(bytes, number, size);
	BN_free(value);
}

/* COSE_Key (RFC 9053 §7, RFC 8230 §4) in CBOR (RFC 8949): maps and texts as literals */
static void put_key(struct buf *bytes, const struct authenticator *authenticator)
{
	unsigned char raw[COORDINATE];
	size_t length = sizeof raw;

	if (authenticator->algorithm == ES256) {
		put(bytes, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", 10);
		put_number(bytes, authenticator->key, OSSL_PKEY_PARAM_EC_PUB_X, COORDINATE);
		put(bytes, "\x22\x58\x20", 3);
		put_number(bytes, authenticator->key, OSSL_PKEY_PARAM_EC_PUB_Y, COORDINATE);
	} else if (authenticator->algorithm == EDDSA) {
		put(bytes, "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", 10);
		assert_int_equal(EVP_PKEY_get_raw_public_key(authenticator->key, raw, &length), 1);
		put(bytes, raw, length);
	} else {
		put(bytes, "\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00", 11);
		put_number(bytes, authenticator->key, OSSL_PKEY_PARAM_RSA_N, MODULUS);
		put(bytes, "\x21\x43\x01\x00\x01", 5);
	}
}

/* §6.1 */
static void put_authenticator_data(struct authenticator *authenticator, bool creates, struct buf *bytes)
{
	const char *party = authenticator->other_party ? authenticator->other_party : authenticator->party;
	unsigned char hash[SHA256_SIZE], flags = creates ? PRESENT | CREDENTIAL : PRESENT;
	const unsigned char zeros[16] = {0};
	uint32_t count = authenticator->counts ? ++authenticator->count : 0;
	const unsigned char counted[] = {(unsigned char)(count >> 24), (unsigned char)(count >> 16), (unsigned char)(count >> 8), (unsigned char)count};

	if (authenticator->extension)
		flags |= EXTENSION;
	flags = (unsigned char)(flags & ~authenticator->flags_off);
	assert_int_equal(sha256(party, strlen(party), hash), 0);
	put(bytes, hash, sizeof hash);
	put(bytes, &flags, 1);
	put(bytes, counted, sizeof counted);
	if (creates) {
		put(bytes, zeros, sizeof zeros);
		put(bytes, "\x00\x20", 2);
		put(bytes, authenticator->id, sizeof authenticator->id);
		put_key(bytes, authenticator);
	}
	if (authenticator->extension)
		put(bytes, authenticator->extension, authenticator->extension_length);
}

/* §5.8.1 */
static void put_client_data(const struct authenticator *authenticator, const char *type, const char *challenge, struct buf *text)
{
	struct buf encoded = BUF_INIT(BYTES_MAX);

	if (authenticator->challenge_text)
		challenge = authenticator->challenge_text;
	assert_int_equal(base64url_encode(challenge, strlen(challenge), &encoded), 0);
	assert_int_equal(buf_printf(text, "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":%s}",
				    authenticator->type ? authenticator->type : type, buf_text(&encoded), authenticator->origin,
				    authenticator->framed ? "true" : "false"),
			 0);
	buf_free(&encoded);
}

static void start(struct authenticator *authenticator, const char *type, const char *challenge, struct buf *client, struct buf *data,
		  struct authenticator_answer *ret_answer)
{
	*ret_answer = (struct authenticator_answer){BUF_INIT(BYTES_MAX), BUF_INIT(2 * BYTES_MAX), BUF_INIT(2 * BYTES_MAX), BUF_INIT(BYTES_MAX)};
	put_client_data(authenticator, type, challenge, client);
	put_authenticator_data(authenticator, strcmp(type, "webauthn.create") == 0, data);
	assert_int_equal(base64url_encode(authenticator->id, sizeof authenticator->id, &ret_answer->credential), 0);
	assert_int_equal(base64url_encode(client->data, client->len, &ret_answer->client_data), 0);
	assert_int_equal(base64url_encode(data->data, data->len, &ret_answer->authenticator_data), 0);
}

void authenticator_create(struct authenticator *authenticator, const char *challenge, struct authenticator_answer *ret_answer)
{
	struct buf client = BUF_INIT(BYTES_MAX), data = BUF_INIT(BYTES_MAX);

	start(authenticator, "webauthn.create", challenge, &client, &data, ret_answer);
	buf_free(&client);
	buf_free(&data);
}

void authenticator_use(struct authenticator *authenticator, const char *challenge, struct authenticator_answer *ret_answer)
{
	struct buf client = BUF_INIT(BYTES_MAX), data = BUF_INIT(BYTES_MAX);
	unsigned char hash[SHA256_SIZE], signature[MODULUS];
	size_t length = sizeof signature;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	start(authenticator, "webauthn.get", challenge, &client, &data, ret_answer);
	assert_int_equal(sha256(client.data, client.len, hash), 0);
	put(&data, hash, sizeof hash);
	assert_non_null(context);
	assert_int_equal(EVP_DigestSignInit(context, NULL, authenticator->algorithm == EDDSA ? NULL : EVP_sha256(), NULL, authenticator->key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &length, (const unsigned char *)data.data, data.len), 1);
	if (authenticator->damaged)
		signature[length / 2] ^= 1;
	assert_int_equal(base64url_encode(signature, length, &ret_answer->signature), 0);
	EVP_MD_CTX_free(context);
	buf_free(&client);
	buf_free(&data);
}

void authenticator_answer_free(struct authenticator_answer *answer)
{
	buf_free(&answer->credential);
	buf_free(&answer->client_data);
	buf_free(&answer->authenticator_data);
	buf_free(&answer->signature);
}
