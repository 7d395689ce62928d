/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "base/encode.h"
#include "inwebo/crypto.h"
#include "inwebo/otp.h"
#include "inwebo/proof.h"
#include "inwebo/rsa.h"
#include "inwebo/sync.h"
#include "support/fake_env.h"

#include <pims/error.h>

/* Every formula of spec/wire.md §1 by its vectors. */

static void check_base36(const json_t *one)
{
	char text[IW_BASE36_SIZE];

	iw_base36((uint64_t)json_integer_value(json_object_get(one, "n")), text);
	assert_string_equal(text, vector_text(one, "text"));
}

static void base36_is_written_low_digit_first(void **state)
{
	char text[IW_BASE36_SIZE];

	(void)state;
	iw_base36(0, text);
	assert_string_equal(text, "a"); /* what the alphabet says; the vectors leave it out */
	vector_cases("base36", 12, check_base36);
}

static void check_otp(const json_t *one)
{
	struct secret otp = {0};
	unsigned char digest[SHA256_SIZE];

	assert_int_equal(hex_decode(vector_text(one, "sha256"), digest, sizeof digest), 0);
	assert_int_equal(iw_otp_value(digest), json_integer_value(json_object_get(one, "value")));
	assert_int_equal(iw_otp(vector_text(one, "K1"), vector_text(one, "defi"), vector_text(one, "secval"), &otp), 0);
	assert_string_equal(secret_text(&otp), vector_text(one, "otp"));
	secret_free(&otp);
}

static void the_otp_is_made_of_k1_defi_and_secval(void **state)
{
	(void)state;
	vector_cases("otp", 27, check_otp);
}

static void check_kma(const json_t *one)
{
	struct secret kma = {0};
	char hex[64];

	hex_encode(vector_text(one, "pin"), strlen(vector_text(one, "pin")), hex);
	assert_string_equal(hex, vector_text(one, "pin_utf8_hex"));
	assert_int_equal(iw_kma(vector_text(one, "pin"), vector_text(one, "serial"), &kma), 0);
	assert_string_equal(secret_text(&kma), vector_text(one, "kma"));
	secret_free(&kma);
}

static void kma_is_made_of_pin_and_serial(void **state)
{
	(void)state;
	vector_cases("kma", 6, check_kma);
}

static void check_secval(const json_t *one)
{
	struct secret secval = {0}, back = {0};

	assert_int_equal(iw_key_close(vector_text(one, "kma"), vector_text(one, "random"), &secval), 0);
	assert_string_equal(secret_text(&secval), vector_text(one, "secval"));
	assert_int_equal(iw_key_open(vector_text(one, "kma"), secret_text(&secval), &back), 0);
	assert_string_equal(secret_text(&back), vector_text(one, "random"));
	secret_free(&secval);
	secret_free(&back);
}

static void secval_is_the_ms_secret_under_kma(void **state)
{
	(void)state;
	vector_cases("secval", 2, check_secval);
}

/* `action` is the flag of the client that made the vectors: with "synchro" it sends the PIN, with "upgrade" K1 stands in for K0. */
static void check_proofs(const json_t *one)
{
	const char *action = vector_text(one, "action");
	const char *pin = strcmp(action, "synchro") == 0 ? vector_text(one, "pin") : NULL;
	struct iw_proof_keys keys = {
		.challenge = vector_text(one, "challenge"),
		.k0 = vector_text(one, strcmp(action, "upgrade") == 0 ? "K1" : "K0"),
		.k1 = vector_text(one, "K1"),
		.serial = vector_text(one, "serial"),
	};
	struct iw_proofs proofs;

	assert_int_equal(iw_prove(&keys, pin, &proofs), 0);
	assert_string_equal(proofs.r0, vector_text(one, "R0"));
	assert_string_equal(proofs.r1, vector_text(one, "R1"));
	assert_string_equal(proofs.r2, vector_text(one, "R2"));
}

static void proofs_follow_every_branch_of_the_peer(void **state)
{
	(void)state;
	vector_cases("r-values", 5, check_proofs);
}

static void fill_device(struct iw_device *device, const json_t *before)
{
	snprintf(device->id, sizeof device->id, "%s", vector_text(before, "id"));
	assert_int_equal(secret_set(&device->k0, vector_text(before, "K0")), 0);
	assert_int_equal(secret_set(&device->k1, vector_text(before, "K1")), 0);
	assert_int_equal(json_integer_value(json_object_get(before, "Tsync")), 0);
}

static void read_fields(json_t *fields, struct iw_answer *ret_answer)
{
	struct buf xml = BUF_INIT(4096);
	const char *name;
	json_t *value;

	buf_puts(&xml, "<?xml version=\"1.0\"?><ActionFinalize><err>OK</err>");
	json_object_foreach(fields, name, value)
		buf_printf(&xml, "<%s>%s</%s>", name, json_is_null(value) ? "" : json_string_value(value), name);
	buf_puts(&xml, "</ActionFinalize>");
	assert_int_equal(iw_answer_read(buf_text(&xml), xml.len, "ActionFinalize", ret_answer), 0);
	buf_free(&xml);
}

static void assert_text(const char *text, const json_t *object, const char *name)
{
	assert_string_equal(text ? text : "", vector_text(object, name));
}

static void assert_device(const struct iw_device *device, const json_t *after)
{
	const json_t *tsync = json_object_get(after, "Tsync");

	assert_string_equal(device->id, vector_text(after, "id"));
	assert_string_equal(secret_text(&device->k0), vector_text(after, "K0"));
	assert_string_equal(secret_text(&device->k1), vector_text(after, "K1"));
	assert_string_equal(device->tsync, json_is_string(tsync) ? json_string_value(tsync) : "");
	assert_text(device->j, after, "J");
	assert_text(device->k, after, "K");
	assert_text(secret_text(&device->h), after, "H");
	assert_int_equal(device->tref, json_integer_value(json_object_get(after, "Tref")));
}

static void check_synchro(const json_t *one)
{
	struct iw_device device = {0};
	struct iw_answer answer = {0};

	fill_device(&device, json_object_get(one, "before"));
	read_fields(json_object_get(one, "response_fields"), &answer);
	assert_int_equal(iw_sync(&device, &answer, vector_text(one, "kma"), 1700000123), 0);
	assert_device(&device, json_object_get(one, "after"));
	iw_answer_free(&answer);
	iw_device_free(&device);
}

static void a_finalize_answer_changes_what_it_names(void **state)
{
	(void)state;
	vector_cases("synchro", 8, check_synchro);
}

static void check_public_decode(const json_t *one)
{
	const json_t *plaintext = json_object_get(one, "plaintext");
	struct buf opened = BUF_INIT(IW_RSA_MAX_BYTES);
	char hex[2 * IW_RSA_MAX_BYTES + 1];
	struct iw_rsa *key = NULL;

	assert_int_equal(iw_rsa_public(vector_text(one, "modulus"), &key), 0);
	if (json_is_null(plaintext)) {
		assert_int_equal(iw_rsa_public_decode(key, vector_text(one, "ciphertext"), &opened), PIMS_E_FORMAT);
	} else {
		assert_int_equal(iw_rsa_public_decode(key, vector_text(one, "ciphertext"), &opened), 0);
		hex_encode(opened.data, opened.len, hex);
		assert_string_equal(hex, json_string_value(plaintext));
	}
	buf_free(&opened);
	iw_rsa_free(key);
}

static void public_decoding_opens_any_split_and_refuses_damage(void **state)
{
	(void)state;
	vector_cases("rsa-public-decode", 8, check_public_decode);
}

static void check_encrypt(const json_t *one)
{
	const char *message_hex = vector_text(one, "message");
	unsigned char message[64];
	struct buf closed = BUF_INIT(2 * IW_RSA_MAX_BYTES);
	struct iw_rsa *key = NULL;
	struct fake_env fake;

	fake_env_init(&fake);
	fake_env_queue_random_hex(&fake, vector_text(one, "oaep_seed"));
	assert_int_equal(hex_decode(message_hex, message, strlen(message_hex) / 2), 0);
	assert_int_equal(iw_rsa_public(vector_text(one, "modulus"), &key), 0);
	assert_int_equal(iw_rsa_encrypt(key, &fake.env, message, strlen(message_hex) / 2, &closed), 0);
	assert_string_equal(buf_text(&closed), vector_text(one, "ciphertext"));
	buf_free(&closed);
	iw_rsa_free(key);
	fake_env_free(&fake);
}

static void encryption_with_a_given_seed_is_byte_exact(void **state)
{
	(void)state;
	vector_cases("rsa-oaep-encrypt", 5, check_encrypt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_decoding_opens_any_split_and_refuses_damage),
		cmocka_unit_test(encryption_with_a_given_seed_is_byte_exact),
		cmocka_unit_test(a_finalize_answer_changes_what_it_names),
		cmocka_unit_test(proofs_follow_every_branch_of_the_peer),
		cmocka_unit_test(kma_is_made_of_pin_and_serial),
		cmocka_unit_test(secval_is_the_ms_secret_under_kma),
		cmocka_unit_test(the_otp_is_made_of_k1_defi_and_secval),
		cmocka_unit_test(base36_is_written_low_digit_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
