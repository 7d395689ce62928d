/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/webauthn.h"
#include "support/authenticator.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What browsers and passkeys answer: W3C Web Authentication Level 2 §7.1 and §7.2, against an authenticator that was written from it apart. */

#define PARTY "login.example.com"
#define ORIGIN "https://login.example.com:8443"
#define CHALLENGE "1790000000.00112233445566778899aabbccddeeff.abc"

static const struct webauthn_ceremony ceremony = {PARTY, ORIGIN, CHALLENGE};
static const int algorithms[] = {WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256};

static int take(const struct authenticator_answer *answer, struct passkey *ret_passkey, const char **ret_fault)
{
	const struct webauthn_answer posted = {buf_text(&answer->client_data), buf_text(&answer->authenticator_data), NULL};

	*ret_passkey = (struct passkey){0};
	*ret_fault = NULL;
	return webauthn_register(&ceremony, &posted, ret_passkey, ret_fault);
}

static void create(struct authenticator *authenticator, struct passkey *ret_passkey)
{
	struct authenticator_answer answer;
	const char *fault;

	authenticator_create(authenticator, CHALLENGE, &answer);
	assert_int_equal(take(&answer, ret_passkey, &fault), 0);
	authenticator_answer_free(&answer);
}

static int use(struct authenticator *authenticator, const struct passkey *passkey, int64_t *ret_count, const char **ret_fault)
{
	struct authenticator_answer answer;
	struct webauthn_answer posted;
	int r;

	*ret_fault = NULL;
	authenticator_use(authenticator, CHALLENGE, &answer);
	posted = (struct webauthn_answer){buf_text(&answer.client_data), buf_text(&answer.authenticator_data), buf_text(&answer.signature)};
	r = webauthn_assert(&ceremony, &posted, passkey, ret_count, ret_fault);
	authenticator_answer_free(&answer);
	return r;
}

static void each_algorithm_registers_and_signs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		struct authenticator authenticator;
		struct passkey passkey;
		int64_t count = 0;
		const char *fault;

		authenticator_make(&authenticator, algorithms[i], PARTY, ORIGIN);
		create(&authenticator, &passkey);
		assert_int_equal(passkey.algorithm, algorithms[i]);
		assert_int_equal(passkey.credential_length, sizeof authenticator.id);
		assert_memory_equal(passkey.credential, authenticator.id, sizeof authenticator.id);
		assert_int_equal(use(&authenticator, &passkey, &count, &fault), 0);
		assert_int_equal(count, 2);
		passkey_free(&passkey);
		authenticator_free(&authenticator);
	}
}

/* How a test bends an authenticator, and why that is refused. */
static const struct {
	const char *type, *challenge, *party, *origin;
	unsigned char flags_off;
	bool framed, damaged;
	const char *fault, *signature_fault;
} bends[] = {
	{.type = "webauthn.other", .fault = "type", .signature_fault = "type"},
	{.challenge = "1790000000.0", .fault = "challenge", .signature_fault = "challenge"},
	{.challenge = "", .fault = "challenge", .signature_fault = "challenge"},
	{.origin = "https://login.example.com", .fault = "origin", .signature_fault = "origin"},
	{.origin = "https://login.example.com.evil.example:8443", .fault = "origin", .signature_fault = "origin"},
	{.origin = "http://login.example.com:8443", .fault = "origin", .signature_fault = "origin"},
	{.framed = true, .fault = "frame", .signature_fault = "frame"},
	{.party = "example.com", .fault = "another host", .signature_fault = "another host"},
	{.flags_off = 0x01, .fault = "nobody was there", .signature_fault = "nobody was there"},
	{.damaged = true, .signature_fault = "signature is not"},
};

static void bend(struct authenticator *authenticator, size_t row)
{
	authenticator->type = bends[row].type;
	authenticator->challenge_text = bends[row].challenge;
	authenticator->other_party = bends[row].party;
	authenticator->origin = bends[row].origin ? bends[row].origin : ORIGIN;
	authenticator->flags_off = bends[row].flags_off;
	authenticator->framed = bends[row].framed;
	authenticator->damaged = bends[row].damaged;
}

static void a_bent_registration_is_refused_with_its_reason(void **state)
{
	struct authenticator authenticator;
	struct authenticator_answer answer;
	struct passkey passkey;
	const char *fault;

	(void)state;
	authenticator_make(&authenticator, WEBAUTHN_ES256, PARTY, ORIGIN);
	for (size_t i = 0; i < sizeof bends / sizeof *bends; i++) {
		if (!bends[i].fault)
			continue;
		bend(&authenticator, i);
		authenticator_create(&authenticator, CHALLENGE, &answer);
		assert_int_equal(take(&answer, &passkey, &fault), PIMS_E_INVALID);
		assert_non_null(strstr(fault, bends[i].fault));
		assert_null(passkey.credential);
		authenticator_answer_free(&answer);
	}
	authenticator_free(&authenticator);
}

static void a_bent_signature_is_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t a = 0; a < sizeof algorithms / sizeof *algorithms; a++) {
		struct authenticator authenticator;
		struct passkey passkey;
		int64_t count = 0;
		const char *fault;

		authenticator_make(&authenticator, algorithms[a], PARTY, ORIGIN);
		create(&authenticator, &passkey);
		for (size_t i = 0; i < sizeof bends / sizeof *bends; i++) {
			bend(&authenticator, i);
			assert_int_equal(use(&authenticator, &passkey, &count, &fault), PIMS_E_INVALID);
			assert_non_null(strstr(fault, bends[i].signature_fault));
		}
		assert_int_equal(count, 0);
		passkey_free(&passkey);
		authenticator_free(&authenticator);
	}
}

static void another_passkeys_signature_is_refused(void **state)
{
	struct authenticator mine, other;
	struct passkey passkey;
	int64_t count = 0;
	const char *fault;

	(void)state;
	authenticator_make(&mine, WEBAUTHN_ES256, PARTY, ORIGIN);
	create(&mine, &passkey);
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		authenticator_make(&other, algorithms[i], PARTY, ORIGIN);
		assert_int_equal(use(&other, &passkey, &count, &fault), PIMS_E_INVALID);
		authenticator_free(&other);
	}
	/* nor is a key of the store taken for one of another kind */
	passkey.algorithm = WEBAUTHN_EDDSA;
	assert_int_equal(use(&mine, &passkey, &count, &fault), PIMS_E_INVALID);
	passkey.algorithm = 0;
	assert_int_equal(use(&mine, &passkey, &count, &fault), PIMS_E_INVALID);
	passkey_free(&passkey);
	authenticator_free(&mine);
}

/* Every piece of both answers may be missing, short or something else. */
static void rubbish_is_refused(void **state)
{
	static const char *const rubbish[] = {NULL, "", "!", "e30", "bnVsbA", "AAAA", "=", "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0"};
	struct authenticator authenticator;
	struct authenticator_answer created, used;
	struct passkey passkey, other = {0};
	int64_t count = 0;
	const char *fault = NULL;

	(void)state;
	authenticator_make(&authenticator, WEBAUTHN_ES256, PARTY, ORIGIN);
	create(&authenticator, &passkey);
	authenticator_create(&authenticator, CHALLENGE, &created);
	authenticator_use(&authenticator, CHALLENGE, &used);
	for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
		for (int piece = 0; piece < 3; piece++) {
			struct webauthn_answer creates = {buf_text(&created.client_data), buf_text(&created.authenticator_data), NULL};
			struct webauthn_answer uses = {buf_text(&used.client_data), buf_text(&used.authenticator_data), buf_text(&used.signature)};
			const char **of_uses[] = {&uses.client_data, &uses.authenticator_data, &uses.signature};
			const char **of_creates[] = {&creates.client_data, &creates.authenticator_data};

			*of_uses[piece] = rubbish[i];
			assert_int_equal(webauthn_assert(&ceremony, &uses, &passkey, &count, &fault), PIMS_E_INVALID);
			if (piece == 2)
				continue;
			*of_creates[piece] = rubbish[i];
			assert_int_equal(webauthn_register(&ceremony, &creates, &other, &fault), PIMS_E_INVALID);
		}
	}
	authenticator_answer_free(&created);
	authenticator_answer_free(&used);
	passkey_free(&passkey);
	authenticator_free(&authenticator);
}

static void a_cut_registration_is_refused(void **state)
{
	struct authenticator authenticator;
	struct authenticator_answer answer;
	struct passkey passkey;
	struct buf cut = BUF_INIT(8192);
	const char *fault;

	(void)state;
	authenticator_make(&authenticator, WEBAUTHN_ES256, PARTY, ORIGIN);
	authenticator_create(&authenticator, CHALLENGE, &answer);
	for (size_t length = 0; length < answer.authenticator_data.len; length += 4) {
		struct webauthn_answer posted = {buf_text(&answer.client_data), NULL, NULL};

		buf_reset(&cut);
		assert_int_equal(buf_printf(&cut, "%.*s", (int)length, buf_text(&answer.authenticator_data)), 0);
		posted.authenticator_data = buf_text(&cut);
		passkey = (struct passkey){0};
		assert_int_equal(webauthn_register(&ceremony, &posted, &passkey, &fault), PIMS_E_INVALID);
	}
	buf_free(&cut);
	authenticator_answer_free(&answer);
	authenticator_free(&authenticator);
}

/* What would make a parser reserve more than there is: of an array, a map, a text; without an end; nested. */
static void a_length_that_is_not_there_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {
		{"\x9b\x00\x00\x00\x00\x8e\xe7\xeb\x4a", 9}, {"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff", 9}, {"\x7a\xff\xff\xff\xff", 5},
		{"\x9f\xff", 2}, {"\xa1\x01", 2}, {"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01", 11}, {"\x1b\x00", 2}, {"\x1c", 1},
	};
	struct authenticator authenticator;
	struct passkey passkey, other = {0};
	int64_t count = 0;

	(void)state;
	authenticator_make(&authenticator, WEBAUTHN_ES256, PARTY, ORIGIN);
	create(&authenticator, &passkey);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *fault = NULL;
		struct authenticator_answer answer;

		authenticator.extension = rows[i].bytes;
		authenticator.extension_length = rows[i].length;
		assert_int_equal(use(&authenticator, &passkey, &count, &fault), PIMS_E_INVALID);
		assert_string_equal(fault, "authenticator_data is not well-formed");
		authenticator_create(&authenticator, CHALLENGE, &answer);
		assert_int_equal(take(&answer, &other, &fault), PIMS_E_INVALID);
		assert_string_equal(fault, "authenticator_data is not well-formed");
		authenticator_answer_free(&answer);
	}
	/* one that is as it should be is passed over */
	authenticator.extension = "\xa1\x6b" "credProtect\x02";
	authenticator.extension_length = 14;
	{
		const char *fault = NULL;

		assert_int_equal(use(&authenticator, &passkey, &count, &fault), 0);
	}
	passkey_free(&passkey);
	authenticator_free(&authenticator);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_algorithm_registers_and_signs),
		cmocka_unit_test(a_bent_registration_is_refused_with_its_reason),
		cmocka_unit_test(a_bent_signature_is_refused_with_its_reason),
		cmocka_unit_test(another_passkeys_signature_is_refused),
		cmocka_unit_test(rubbish_is_refused),
		cmocka_unit_test(a_cut_registration_is_refused),
		cmocka_unit_test(a_length_that_is_not_there_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
