/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "base/encode.h"
#include "inwebo/oaep.h"
#include "inwebo/rsa_key.h"
#include "support/fake_env.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pims/error.h>
#include <stdlib.h>

struct keys {
	struct fake_env fake;
	struct iw_rsa_parts parts;
	struct iw_rsa *private_key, *public_key;
};

static void read_parts(const char *name, struct iw_rsa_parts *ret_parts)
{
	json_t *file = vector_file("rsa-test-keys");
	const json_t *key = json_object_get(json_object_get(file, "keys"), name);

	assert_int_equal(secret_set(&ret_parts->n, vector_text(key, "n")), 0);
	assert_int_equal(secret_set(&ret_parts->d, vector_text(key, "d")), 0);
	assert_int_equal(secret_set(&ret_parts->p, vector_text(key, "p")), 0);
	assert_int_equal(secret_set(&ret_parts->q, vector_text(key, "q")), 0);
	json_decref(file);
}

static int begin(void **state)
{
	static struct keys keys;

	memset(&keys, 0, sizeof keys);
	fake_env_init(&keys.fake);
	read_parts("kfact", &keys.parts);
	assert_int_equal(iw_rsa_private(&keys.parts, &keys.private_key), 0);
	assert_int_equal(iw_rsa_public(secret_text(&keys.parts.n), &keys.public_key), 0);
	*state = &keys;
	return 0;
}

static int end(void **state)
{
	struct keys *keys = *state;

	iw_rsa_free(keys->private_key);
	iw_rsa_free(keys->public_key);
	iw_rsa_parts_free(&keys->parts);
	fake_env_free(&keys->fake);
	return 0;
}

/* A modulus of so many bits: ones, then `last`. */
static void make_modulus(size_t bits, char last, char *ret_hex)
{
	size_t digits = (bits + 3) / 4;

	memset(ret_hex, 'f', digits);
	ret_hex[0] = "f137"[bits % 4];
	ret_hex[digits - 1] = last;
	ret_hex[digits] = '\0';
}

static void moduli_out_of_bounds_are_refused(void **state)
{
	static const size_t bad_bits[] = {8, 512, 1023, 4097, 8192};
	char hex[4096];
	struct iw_rsa *key = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof bad_bits / sizeof *bad_bits; i++) {
		make_modulus(bad_bits[i], '1', hex);
		assert_int_equal(iw_rsa_public(hex, &key), PIMS_E_FORMAT);
	}
	make_modulus(1024, '2', hex); /* even */
	assert_int_equal(iw_rsa_public(hex, &key), PIMS_E_FORMAT);
	assert_int_equal(iw_rsa_public("", &key), PIMS_E_FORMAT);
	make_modulus(1024, 'x', hex);
	assert_int_equal(iw_rsa_public(hex, &key), PIMS_E_FORMAT);
	assert_null(key);
	make_modulus(4096, '1', hex);
	assert_int_equal(iw_rsa_public(hex, &key), 0);
	assert_int_equal(iw_rsa_size(key), 512);
	iw_rsa_free(key);
	iw_rsa_free(NULL);
}

static void parts_that_are_no_key_are_refused(void **state)
{
	struct keys *keys = *state;
	struct iw_rsa *key = NULL;
	struct iw_rsa_parts parts = {0};

	assert_int_equal(iw_rsa_private(&parts, &key), PIMS_E_FORMAT);
	read_parts("kfact", &parts);
	assert_int_equal(secret_copy(&parts.p, &keys->parts.q), 0);
	assert_int_equal(iw_rsa_private(&parts, &key), PIMS_E_FORMAT);
	assert_int_equal(secret_set(&parts.p, "zz"), 0);
	assert_int_equal(iw_rsa_private(&parts, &key), PIMS_E_FORMAT);
	assert_null(key);
	assert_int_equal(iw_rsa_parts(keys->public_key, &parts), PIMS_E_CRYPTO);
	assert_int_equal(iw_rsa_generate(512, &key), PIMS_E_INVALID);
	iw_rsa_parts_free(&parts);
}

static void every_flipped_bit_of_a_block_is_refused(void **state)
{
	struct keys *keys = *state;
	struct buf closed = BUF_INIT(2 * IW_RSA_MAX_BYTES), opened = BUF_INIT(IW_RSA_MAX_BYTES);
	unsigned char message[IW_RSA_MAX_BYTES];
	size_t length;

	assert_int_equal(iw_rsa_private_encode(keys->private_key, &keys->fake.env, "hello", 5, &closed), 0);
	for (size_t digit = 0; digit < closed.len; digit++) {
		char kept = closed.data[digit];

		closed.data[digit] = kept == '0' ? '1' : '0';
		assert_int_equal(iw_rsa_public_decode(keys->public_key, buf_text(&closed), &opened), PIMS_E_FORMAT);
		if (digit % 16 == 0) /* the private power is slow */
			assert_int_equal(iw_rsa_decrypt(keys->private_key, buf_text(&closed), message, &length), PIMS_E_FORMAT);
		closed.data[digit] = kept;
	}
	assert_int_equal(opened.len, 0);
	assert_int_equal(iw_rsa_public_decode(keys->public_key, buf_text(&closed), &opened), 0);
	assert_string_equal(buf_text(&opened), "hello");
	buf_free(&closed);
	buf_free(&opened);
}

static void every_cut_of_a_block_is_refused(void **state)
{
	struct keys *keys = *state;
	struct buf closed = BUF_INIT(2 * IW_RSA_MAX_BYTES), opened = BUF_INIT(IW_RSA_MAX_BYTES);
	unsigned char message[IW_RSA_MAX_BYTES];
	size_t length;

	assert_int_equal(iw_rsa_encrypt(keys->public_key, &keys->fake.env, "hello", 5, &closed), 0);
	while (closed.len > 0) {
		closed.data[--closed.len] = '\0';
		assert_int_equal(iw_rsa_decrypt(keys->private_key, buf_text(&closed), message, &length), PIMS_E_FORMAT);
		assert_int_equal(iw_rsa_public_decode(keys->public_key, buf_text(&closed), &opened), PIMS_E_FORMAT);
	}
	buf_free(&closed);
	buf_free(&opened);
}

static void numbers_not_below_the_modulus_are_refused_without_a_trace(void **state)
{
	struct keys *keys = *state;
	struct buf opened = BUF_INIT(IW_RSA_MAX_BYTES);
	unsigned char message[IW_RSA_MAX_BYTES];
	char hex[2 * IW_RSA_MAX_BYTES + 1];
	size_t length;

	make_modulus(1024, 'f', hex);
	ERR_clear_error();
	assert_int_equal(iw_rsa_decrypt(keys->private_key, hex, message, &length), PIMS_E_FORMAT);
	assert_int_equal(iw_rsa_public_decode(keys->public_key, hex, &opened), PIMS_E_FORMAT);
	assert_int_equal(iw_rsa_decrypt(keys->public_key, hex, message, &length), PIMS_E_FORMAT); /* it has no private exponent */
	assert_int_equal(ERR_peek_error(), 0); /* TLS of the same thread would take it for its own */
	buf_free(&opened);
}

static void too_many_blocks_are_refused(void **state)
{
	struct keys *keys = *state;
	struct buf closed = BUF_INIT(8192), opened = BUF_INIT(8192);
	char message[62 * IW_RSA_MAX_BLOCKS + 1] = "";

	assert_int_equal(iw_rsa_private_encode(keys->private_key, &keys->fake.env, message, sizeof message - 1, &closed), 0);
	assert_int_equal(closed.len, 256 * IW_RSA_MAX_BLOCKS);
	assert_int_equal(iw_rsa_public_decode(keys->public_key, buf_text(&closed), &opened), 0);
	assert_int_equal(opened.len, sizeof message - 1);
	buf_reset(&closed);
	assert_int_equal(iw_rsa_private_encode(keys->private_key, &keys->fake.env, message, sizeof message, &closed), 0);
	assert_int_equal(iw_rsa_public_decode(keys->public_key, buf_text(&closed), &opened), PIMS_E_FORMAT);
	buf_free(&closed);
	buf_free(&opened);
}

static void messages_that_do_not_fit_are_refused(void **state)
{
	struct keys *keys = *state;
	struct buf closed = BUF_INIT(8192);
	unsigned char block[OAEP_MAX_BLOCK], seed[OAEP_SEED_SIZE] = {0};
	char message[64] = "";
	size_t length;

	assert_int_equal(iw_rsa_encrypt(keys->public_key, &keys->fake.env, message, 63, &closed), PIMS_E_LIMIT);
	assert_int_equal(iw_rsa_encrypt(keys->public_key, &keys->fake.env, message, 62, &closed), 0);
	assert_int_equal(oaep_encode(message, 0, seed, block, 65), PIMS_E_LIMIT);
	assert_int_equal(oaep_encode(message, 0, seed, block, 513), PIMS_E_LIMIT);
	assert_int_equal(oaep_decode(block, 65, block, &length), PIMS_E_FORMAT);
	keys->fake.random_fails = true;
	assert_int_equal(iw_rsa_encrypt(keys->public_key, &keys->fake.env, message, 1, &closed), PIMS_E_CRYPTO);
	buf_free(&closed);
}

/* Blocks that differ from a right one in one way each (RFC 8017 §7.1.2 step 3g). */
static void wrong_paddings_are_refused(void **state)
{
	unsigned char seed[OAEP_SEED_SIZE] = {1, 2, 3}, block[128], message[128];
	size_t length = 77;

	(void)state;
	assert_int_equal(oaep_encode("abc", 3, seed, block, sizeof block), 0);
	block[0] = 1;
	assert_int_equal(oaep_decode(block, sizeof block, message, &length), PIMS_E_FORMAT);
	assert_int_equal(oaep_encode("abc", 3, seed, block, sizeof block), 0);
	block[40] ^= 1; /* the label's hash, and by the mask the seed */
	assert_int_equal(oaep_decode(block, sizeof block, message, &length), PIMS_E_FORMAT);
	memset(block, 0, sizeof block);
	assert_int_equal(oaep_decode(block, sizeof block, message, &length), PIMS_E_FORMAT);
	assert_int_equal(length, 77);
}

static void every_length_comes_back_from_every_size(void **state)
{
	static const size_t sizes[] = {66, 67, 128, 129, 256, 384, 512};
	unsigned char seed[OAEP_SEED_SIZE] = {9, 8, 7}, block[OAEP_MAX_BLOCK], in[OAEP_MAX_BLOCK], out[OAEP_MAX_BLOCK];
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (unsigned char)(i * 7);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t n = 0; n <= sizes[s] - OAEP_OVERHEAD; n++) {
			assert_int_equal(oaep_encode(in, n, seed, block, sizes[s]), 0);
			assert_int_equal(oaep_decode(block, sizes[s], out, &length), 0);
			assert_int_equal(length, n);
			assert_memory_equal(in, out, n);
		}
}

/* Keys of other sizes, and p below q or above it, make no difference. */
static void made_keys_serve_and_survive_their_parts(void **state)
{
	static const unsigned sizes[] = {1024, 1032, 2048};
	struct keys *keys = *state;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct iw_rsa *made = NULL, *again = NULL;
		struct iw_rsa_parts parts = {0};
		struct buf closed = BUF_INIT(8192), opened = BUF_INIT(8192);
		unsigned char message[IW_RSA_MAX_BYTES];
		size_t length = 0;

		assert_int_equal(iw_rsa_generate(sizes[i], &made), 0);
		assert_int_equal(iw_rsa_parts(made, &parts), 0);
		if (i == 1) {
			struct secret swap = parts.p;

			parts.p = parts.q;
			parts.q = swap;
		}
		assert_int_equal(iw_rsa_private(&parts, &again), 0);
		assert_string_equal(iw_rsa_modulus(made), iw_rsa_modulus(again));
		assert_int_equal(iw_rsa_encrypt(made, &keys->fake.env, "pin", 3, &closed), 0);
		assert_int_equal(iw_rsa_decrypt(again, buf_text(&closed), message, &length), 0);
		assert_int_equal(length, 3);
		assert_memory_equal(message, "pin", 3);
		buf_reset(&closed);
		assert_int_equal(iw_rsa_private_encode(again, &keys->fake.env, iw_rsa_modulus(made), 200, &closed), 0);
		assert_int_equal(iw_rsa_public_decode(made, buf_text(&closed), &opened), 0);
		assert_memory_equal(opened.data, iw_rsa_modulus(made), 200);
		iw_rsa_free(made);
		iw_rsa_free(again);
		iw_rsa_parts_free(&parts);
		buf_free(&closed);
		buf_free(&opened);
	}
}

static EVP_PKEY_CTX *openssl_oaep(const struct iw_rsa *key, bool encrypt)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

	assert_int_equal(encrypt ? EVP_PKEY_encrypt_init(context) : EVP_PKEY_decrypt_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(context, "SHA256", NULL), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, "SHA256", NULL), 1);
	return context;
}

/* Another implementation of RSAES-OAEP opens what ours closed, and the other way round. */
static void openssl_agrees_with_our_oaep(void **state)
{
	struct keys *keys = *state;
	EVP_PKEY_CTX *encrypt = openssl_oaep(keys->public_key, true), *decrypt = openssl_oaep(keys->private_key, false);
	unsigned char block[128], message[IW_RSA_MAX_BYTES];
	struct buf closed = BUF_INIT(256);
	char hex[257];
	size_t length = sizeof block;

	assert_int_equal(EVP_PKEY_encrypt(encrypt, block, &length, (const unsigned char *)"agreed", 6), 1);
	hex_encode(block, sizeof block, hex);
	assert_int_equal(iw_rsa_decrypt(keys->private_key, hex, message, &length), 0);
	assert_int_equal(length, 6);
	assert_memory_equal(message, "agreed", 6);
	assert_int_equal(iw_rsa_encrypt(keys->public_key, &keys->fake.env, "too", 3, &closed), 0);
	assert_int_equal(hex_decode(buf_text(&closed), block, sizeof block), 0);
	length = sizeof message;
	assert_int_equal(EVP_PKEY_decrypt(decrypt, message, &length, block, sizeof block), 1);
	assert_int_equal(length, 3);
	assert_memory_equal(message, "too", 3);
	EVP_PKEY_CTX_free(encrypt);
	EVP_PKEY_CTX_free(decrypt);
	buf_free(&closed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moduli_out_of_bounds_are_refused),
		TEST(parts_that_are_no_key_are_refused),
		TEST(every_flipped_bit_of_a_block_is_refused),
		TEST(every_cut_of_a_block_is_refused),
		TEST(numbers_not_below_the_modulus_are_refused_without_a_trace),
		TEST(too_many_blocks_are_refused),
		TEST(messages_that_do_not_fit_are_refused),
		TEST(wrong_paddings_are_refused),
		TEST(every_length_comes_back_from_every_size),
		TEST(made_keys_serve_and_survive_their_parts),
		TEST(openssl_agrees_with_our_oaep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
