/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/text.h"
#include "identity/limits.h"
#include "jose/jwks.h"
#include "jose/jws.h"
#include "jose/limits.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Signed tokens, and the keys they are verified with (RFC 7515, RFC 7517, RFC 8725). */

#define CLAIMS "{\"sub\":\"subject-1\"}"

static const enum provider_key rsa_and_ec[] = {KEY_RSA, KEY_EC};

static int parse(const char *text)
{
	struct jws jws = {0};
	int r = jws_parse(text, strlen(text), &jws);

	assert_true(r == 0 || (!jws.claims && !jws.key_id && secret_empty(&jws.text)));
	jws_free(&jws);
	return r;
}

/* A token of zeros for a signature with this header. */
static int parse_header(const char *header)
{
	char *text = provider_assemble(header, CLAIMS, 256);
	int r = parse(text);

	free(text);
	return r;
}

static int parse_claims(const char *claims)
{
	char *text = provider_assemble("{\"alg\":\"RS256\"}", claims, 256);
	int r = parse(text);

	free(text);
	return r;
}

static int verify(const char *text, const char *keys)
{
	struct jws jws = {0};
	int r;

	assert_int_equal(jws_parse(text, strlen(text), &jws), 0);
	r = jwks_verify(keys, &jws);
	jws_free(&jws);
	return r;
}

static int sign_and_verify(enum provider_key key, const char *header, const char *keys)
{
	char *text = provider_sign(key, NULL, header, CLAIMS);
	int r = verify(text, keys);

	free(text);
	return r;
}

/* Changes one public key; the key set is the caller's. */
static char *bent_key(enum provider_key key, const char *name, json_t *value)
{
	json_t *object = provider_public_key(key);
	json_t *document = json_pack("{s:[o]}", "keys", object);
	char *text;

	assert_non_null(document);
	if (value)
		json_object_set_new(object, name, value);
	else
		json_object_del(object, name);
	text = json_dumps(document, JSON_COMPACT);
	assert_non_null(text);
	json_decref(document);
	return text;
}

static int verify_bent(enum provider_key key, const char *name, json_t *value)
{
	char *keys = bent_key(key, name, value);
	int r = sign_and_verify(key, NULL, keys);

	free(keys);
	return r;
}

static void the_algorithm_none_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_header("{\"alg\":\"none\"}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"None\"}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"NONE\"}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"\"}"), PIMS_E_INVALID);
	/* eyJhbGciOiJub25lIn0 is {"alg":"none"}, with the empty signature that belongs to it */
	assert_int_equal(parse("eyJhbGciOiJub25lIn0.eyJzdWIiOiJzIn0."), PIMS_E_INVALID);
	assert_int_equal(parse("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzIn0."), PIMS_E_FORMAT);
}

static void symmetric_and_other_algorithms_are_refused(void **state)
{
	static const char *const names[] = {"HS256", "HS384", "HS512", "EdDSA", "ES256K", "rs256", "RS256 ", "RSA-OAEP"};
	char header[64];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
		assert_int_equal(parse_header(header), PIMS_E_INVALID);
	}
}

static cjose_jwk_t *make_key(const char *algorithm)
{
	if (*algorithm != 'E')
		return cjose_jwk_create_RSA_random(2048, (const uint8_t *)"\x01\x00\x01", 3, NULL);
	return cjose_jwk_create_EC_random(strcmp(algorithm, "ES256") == 0   ? CJOSE_JWK_EC_P_256
					  : strcmp(algorithm, "ES384") == 0 ? CJOSE_JWK_EC_P_384
									    : CJOSE_JWK_EC_P_521,
					  NULL);
}

/* CLAIMS, signed; and the set of the one key in *ret_keys. */
static char *sign_by(cjose_jwk_t *key, const char *algorithm, const char *named, char **ret_keys)
{
	cjose_header_t *header = cjose_header_new(NULL);
	char *public = cjose_jwk_to_json(key, false, NULL), *text;
	const char *compact = NULL;
	cjose_jws_t *jws;

	assert_non_null(public);
	assert_true(asprintf(ret_keys, "{\"keys\":[{\"alg\":\"%s\",%s]}", named, public + 1) > 0);
	assert_true(cjose_header_set(header, "alg", algorithm, NULL));
	jws = cjose_jws_sign(key, header, (const uint8_t *)CLAIMS, strlen(CLAIMS), NULL);
	assert_true(cjose_jws_export(jws, &compact, NULL));
	text = strdup(compact);
	cjose_jws_release(jws);
	cjose_header_release(header);
	free(public);
	return text;
}

static int verify_with(const char *text, const char *keys)
{
	struct jws jws = {0};
	int r = jws_parse(text, strlen(text), &jws);

	if (r == 0)
		r = jwks_verify(keys, &jws);
	jws_free(&jws);
	return r;
}

static void every_algorithm_with_a_public_key_is_verified(void **state)
{
	static const char *const names[] = {"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		cjose_jwk_t *key = make_key(names[i]), *other = make_key(names[i]);
		char *keys, *stranger, *misnamed, *text = sign_by(key, names[i], names[i], &keys);

		free(sign_by(other, names[i], names[i], &stranger));
		free(sign_by(key, names[i], names[i][0] == 'P' ? "RS256" : "PS256", &misnamed));
		assert_int_equal(verify_with(text, keys), 0);
		assert_int_equal(verify_with(text, stranger), PIMS_E_CRYPTO);
		assert_int_equal(verify_with(text, misnamed), PIMS_E_NOT_FOUND);
		free(misnamed);
		free(stranger);
		free(keys);
		free(text);
		cjose_jwk_release(other);
		cjose_jwk_release(key);
	}
}

/* The classic: a public RSA key used as the secret of an HMAC. */
static void a_mac_made_with_the_public_key_is_refused(void **state)
{
	json_t *public = provider_public_key(KEY_RSA);
	const char *modulus = json_text(public, "n");
	cjose_jwk_t *secret = cjose_jwk_create_oct_spec((const uint8_t *)modulus, strlen(modulus), NULL);
	cjose_header_t *header = cjose_header_new(NULL);
	const char *text = NULL;
	cjose_jws_t *jws;

	(void)state;
	assert_true(cjose_header_set(header, "alg", "HS256", NULL));
	assert_true(cjose_header_set(header, "kid", "rsa", NULL));
	jws = cjose_jws_sign(secret, header, (const uint8_t *)CLAIMS, strlen(CLAIMS), NULL);
	assert_true(cjose_jws_export(jws, &text, NULL));
	assert_int_equal(parse(text), PIMS_E_INVALID);
	cjose_jws_release(jws);
	cjose_header_release(header);
	cjose_jwk_release(secret);
	json_decref(public);
}

static void a_header_that_must_be_understood_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"crit\":[]}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"b64\":false}"), PIMS_E_INVALID);
}

static void another_type_of_token_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"typ\":\"logout+jwt\"}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"typ\":5}"), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"typ\":\"jwt\"}"), 0);
}

static int parse_assertion(const char *header)
{
	char *text = provider_assemble(header, CLAIMS, 256);
	struct jws jws = {0};
	int r = jws_parse_assertion(text, strlen(text), &jws);

	jws_free(&jws);
	free(text);
	return r;
}

static void what_a_client_signs_has_its_own_types(void **state)
{
	static const char *const good[] = {"{\"alg\":\"PS256\"}", "{\"alg\":\"RS256\",\"typ\":\"jwt\"}", "{\"alg\":\"ES256\",\"typ\":\"client-authentication+jwt\"}",
					   "{\"alg\":\"ES256\",\"typ\":\"application/client-authentication+jwt\"}"};
	static const char *const bad[] = {"{\"alg\":\"HS256\"}", "{\"alg\":\"none\"}", "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}",
					  "{\"alg\":\"RS256\",\"crit\":[\"exp\"]}"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(parse_assertion(good[i]), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(parse_assertion(bad[i]), PIMS_E_INVALID);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"typ\":\"client-authentication+jwt\"}"), PIMS_E_INVALID);
}

static void a_malformed_header_is_refused(void **state)
{
	char header[512];

	(void)state;
	assert_int_equal(parse_header("{}"), PIMS_E_FORMAT);
	assert_int_equal(parse_header("[]"), PIMS_E_FORMAT);
	assert_int_equal(parse_header("\"RS256\""), PIMS_E_FORMAT);
	assert_int_equal(parse_header("{\"alg\":[\"RS256\"]}"), PIMS_E_FORMAT);
	assert_int_equal(parse_header("{\"alg\":\"RS256\""), PIMS_E_FORMAT);
	assert_int_equal(parse_header("{\"alg\":\"none\",\"alg\":\"RS256\"}"), PIMS_E_FORMAT);
	assert_int_equal(parse_header("{\"alg\":\"RS256\",\"kid\":5}"), PIMS_E_FORMAT);
	(void)snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"kid\":\"%0*d\"}", KEY_ID_MAX + 1, 0);
	assert_int_equal(parse_header(header), PIMS_E_FORMAT);
	(void)snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"kid\":\"%0*d\"}", KEY_ID_MAX, 0);
	assert_int_equal(parse_header(header), 0);
}

static void malformed_claims_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_claims("[]"), PIMS_E_FORMAT);
	assert_int_equal(parse_claims("5"), PIMS_E_FORMAT);
	assert_int_equal(parse_claims("{\"sub\":\"a\",\"sub\":\"b\"}"), PIMS_E_FORMAT);
	assert_int_equal(parse_claims("{\"sub\":\"a\"} "), 0);
	assert_int_equal(parse_claims("{\"sub\":\"a\"}x"), PIMS_E_FORMAT);
	assert_int_equal(parse_claims("{\"sub\":\"\xff\"}"), PIMS_E_FORMAT);
	assert_int_equal(parse_claims(""), PIMS_E_FORMAT);
}

static void parts_that_are_missing_or_too_many_are_refused(void **state)
{
	static const char *const texts[] = {"",
					    ".",
					    "..",
					    "...",
					    "a.b.c",
					    "eyJhbGciOiJSUzI1NiJ9",
					    "eyJhbGciOiJSUzI1NiJ9.e30",
					    "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA",
					    "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA.AA",
					    ".e30.AA",
					    "eyJhbGciOiJSUzI1NiJ9..AA",
					    " eyJhbGciOiJSUzI1NiJ9.e30.AA",
					    "eyJhbGciOiJSUzI1NiJ9.e30.AA\n",
					    "eyJhbGciOiJSUzI1NiJ9.e30=.AA",
					    "eyJhbGciOiJSUzI1NiJ9.e30.A",
					    "eyJhbGciOiJSUzI1NiJ9.e30.AB"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(parse(texts[i]), PIMS_E_FORMAT);
	assert_int_equal(parse("eyJhbGciOiJSUzI1NiJ9.e30.AA"), 0);
}

static void a_token_over_the_limit_is_refused(void **state)
{
	char *claims = malloc(ID_TOKEN_MAX), *text;
	struct jws jws = {0};

	(void)state;
	assert_non_null(claims);
	(void)snprintf(claims, ID_TOKEN_MAX, "{\"sub\":\"%0*d\"}", ID_TOKEN_MAX - 100, 0);
	assert_int_equal(parse_claims(claims), PIMS_E_FORMAT);
	free(claims);
	text = provider_assemble("{\"alg\":\"RS256\"}", CLAIMS, 256);
	assert_int_equal(jws_parse(text, strlen(text) + 1, &jws), PIMS_E_FORMAT); /* a NUL in it */
	free(text);
	text = provider_assemble("{\"alg\":\"RS256\"}", CLAIMS, 1024);
	assert_int_equal(parse(text), 0);
	free(text);
}

static void a_changed_token_is_refused(void **state)
{
	char *text = provider_sign(KEY_EC, NULL, NULL, CLAIMS);
	const char *keys = provider_keys(rsa_and_ec, 2);
	size_t length = strlen(text);
	unsigned taken = 0;

	(void)state;
	for (size_t i = 0; i < length; i++) {
		struct jws jws = {0};
		char kept = text[i];

		text[i] = kept == 'A' ? 'B' : 'A';
		if (jws_parse(text, length, &jws) == 0)
			taken += jwks_verify(keys, &jws) == 0;
		jws_free(&jws);
		text[i] = kept;
	}
	assert_int_equal(taken, 0);
	assert_int_equal(verify(text, keys), 0);
	free(text);
}

static void a_cut_token_is_refused(void **state)
{
	char *text = provider_sign(KEY_RSA, NULL, NULL, CLAIMS);
	const char *keys = provider_keys(rsa_and_ec, 2);

	(void)state;
	for (size_t length = 0; length < strlen(text); length++) {
		struct jws jws = {0};

		if (jws_parse(text, length, &jws) == 0)
			assert_int_equal(jwks_verify(keys, &jws), PIMS_E_CRYPTO);
		jws_free(&jws);
	}
	free(text);
}

static void a_signature_by_another_key_of_that_name_is_refused(void **state)
{
	const char *keys = provider_keys(rsa_and_ec, 2);

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA_OTHER, "{\"kid\":\"rsa\"}", keys), PIMS_E_CRYPTO);
	assert_int_equal(sign_and_verify(KEY_EC_OTHER, "{\"kid\":\"ec\"}", keys), PIMS_E_CRYPTO);
}

static void an_unknown_key_is_not_found(void **state)
{
	const char *keys = provider_keys(rsa_and_ec, 2);

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA_OTHER, NULL, keys), PIMS_E_NOT_FOUND);
	assert_int_equal(sign_and_verify(KEY_EC_OTHER, NULL, keys), PIMS_E_NOT_FOUND);
	assert_int_equal(sign_and_verify(KEY_RSA, NULL, "{\"keys\":[]}"), PIMS_E_NOT_FOUND);
}

static void a_key_of_another_kind_does_not_fit(void **state)
{
	const char *keys = provider_keys(rsa_and_ec, 2);

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA, "{\"kid\":\"ec\"}", keys), PIMS_E_NOT_FOUND);
	assert_int_equal(sign_and_verify(KEY_EC, "{\"kid\":\"rsa\"}", keys), PIMS_E_NOT_FOUND);
}

static void keys_in_the_header_are_no_keys(void **state)
{
	json_t *header = json_pack("{s:s,s:o,s:s}", "kid", "rsa", "jwk", provider_public_key(KEY_RSA_OTHER), "jku",
				   "https://evil.example/keys");
	char *text = json_dumps(header, 0);

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA_OTHER, text, provider_keys(rsa_and_ec, 2)), PIMS_E_CRYPTO);
	free(text);
	json_decref(header);
}

static void without_a_key_id_there_must_be_one_candidate(void **state)
{
	static const enum provider_key two[] = {KEY_RSA, KEY_RSA_OTHER};

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA, "{\"kid\":null}", provider_keys(two, 2)), PIMS_E_NOT_FOUND);
	assert_int_equal(sign_and_verify(KEY_RSA, "{\"kid\":null}", provider_keys(rsa_and_ec, 2)), 0);
	assert_int_equal(sign_and_verify(KEY_EC, "{\"kid\":null}", provider_keys(rsa_and_ec, 2)), 0);
}

/* Many who publish one key do not name it, and sign with a name all the same. */
static void a_lone_key_needs_no_name(void **state)
{
	json_t *key = provider_public_key(KEY_RSA), *document;
	char text[2048] = "";

	(void)state;
	(void)json_object_del(key, "kid");
	document = json_pack("{s:[O]}", "keys", key);
	assert_in_range(json_dumpb(document, text, sizeof text - 1, 0), 1, sizeof text - 1);
	assert_int_equal(sign_and_verify(KEY_RSA, "{\"kid\":\"rsa\"}", text), 0);
	assert_int_equal(sign_and_verify(KEY_RSA_OTHER, "{\"kid\":\"rsa\"}", text), PIMS_E_CRYPTO);
	(void)json_array_append_new(json_object_get(document, "keys"), provider_public_key(KEY_EC));
	memset(text, 0, sizeof text);
	assert_in_range(json_dumpb(document, text, sizeof text - 1, 0), 1, sizeof text - 1);
	assert_int_equal(sign_and_verify(KEY_RSA, "{\"kid\":\"rsa\"}", text), PIMS_E_NOT_FOUND);
	json_decref(document);
	json_decref(key);
}

static void two_keys_of_one_name_are_no_choice(void **state)
{
	static const enum provider_key twice[] = {KEY_RSA, KEY_RSA};

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA, NULL, provider_keys(twice, 2)), PIMS_E_NOT_FOUND);
}

static void a_weak_rsa_key_is_not_used(void **state)
{
	static const enum provider_key weak[] = {KEY_RSA_1024};

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA_1024, NULL, provider_keys(weak, 1)), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "e", json_string("AQ")), PIMS_E_NOT_FOUND);   /* 1: every signature fits */
	assert_int_equal(verify_bent(KEY_RSA, "e", json_string("AAAB")), PIMS_E_NOT_FOUND); /* 1 again */
	assert_int_equal(verify_bent(KEY_RSA, "e", json_string("Ag")), PIMS_E_NOT_FOUND);   /* even */
	assert_int_equal(verify_bent(KEY_RSA, "e", json_string("AQAAAAE")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "e", json_string("")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "n", json_string("AQAB")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "n", json_string("")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "n", NULL), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "e", json_integer(65537)), PIMS_E_NOT_FOUND);
}

static void a_modulus_may_start_with_a_zero(void **state)
{
	json_t *key = provider_public_key(KEY_RSA);
	unsigned char bytes[257] = {0};
	struct buf text = BUF_INIT(1024);
	size_t length = 0;
	char *keys;

	(void)state;
	assert_int_equal(base64url_decode(json_text(key, "n"), strlen(json_text(key, "n")), bytes + 1, 256, &length), 0);
	assert_int_equal(base64url_encode(bytes, sizeof bytes, &text), 0);
	keys = bent_key(KEY_RSA, "n", json_string(buf_text(&text)));
	assert_int_equal(sign_and_verify(KEY_RSA, NULL, keys), 0);
	bytes[1] &= 0x7f;
	bytes[256] &= 0xfe;
	buf_reset(&text);
	assert_int_equal(base64url_encode(bytes, sizeof bytes, &text), 0);
	assert_int_equal(verify_bent(KEY_RSA, "n", json_string(buf_text(&text))), PIMS_E_NOT_FOUND);
	buf_free(&text);
	free(keys);
	json_decref(key);
}

static void a_point_off_the_curve_is_not_used(void **state)
{
	(void)state;
	assert_int_equal(verify_bent(KEY_EC, "x", json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_EC, "y", json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_EC, "y", json_string("AQ")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_EC, "x", NULL), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_EC, "crv", json_string("P-384")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_EC, "crv", NULL), PIMS_E_NOT_FOUND);
}

static void a_key_for_another_purpose_is_not_used(void **state)
{
	(void)state;
	assert_int_equal(verify_bent(KEY_RSA, "use", json_string("enc")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "use", json_true()), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "alg", json_string("RS512")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "alg", json_string("RSA-OAEP")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "key_ops", json_pack("[s]", "encrypt")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "key_ops", json_array()), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "kty", json_string("oct")), PIMS_E_NOT_FOUND);
	assert_int_equal(verify_bent(KEY_RSA, "use", json_string("sig")), 0);
	assert_int_equal(verify_bent(KEY_RSA, "alg", json_string("RS256")), 0);
	assert_int_equal(verify_bent(KEY_RSA, "key_ops", json_pack("[s,s]", "sign", "verify")), 0);
}

static void what_is_no_key_set_is_refused(void **state)
{
	static const char *const texts[] = {"",
					    "{}",
					    "[]",
					    "null",
					    "{\"keys\":null}",
					    "{\"keys\":{}}",
					    "{\"keys\":\"\"}",
					    "{\"keys\":[]}x",
					    "{\"keys\":[],\"keys\":[]}"};

	static const char useless[] = "{\"keys\":[5,null,[],{},{\"kty\":5}]}";

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(jwks_check(texts[i], strlen(texts[i])), PIMS_E_FORMAT);
		assert_int_equal(sign_and_verify(KEY_RSA, NULL, texts[i]), PIMS_E_FORMAT);
	}
	assert_int_equal(jwks_check(useless, strlen(useless)), 0);
	assert_int_equal(sign_and_verify(KEY_RSA, NULL, useless), PIMS_E_NOT_FOUND);
}

static void a_key_set_over_the_limits_is_refused(void **state)
{
	struct buf text = BUF_INIT(DOCUMENT_MAX + 100);

	(void)state;
	buf_puts(&text, "{\"keys\":[0");
	for (int i = 1; i < KEYS_MAX; i++)
		buf_puts(&text, ",0");
	buf_puts(&text, "]}");
	assert_int_equal(jwks_check(buf_text(&text), text.len), 0);
	text.data[text.len - 2] = ',';
	text.data[text.len - 1] = '0';
	buf_puts(&text, "]}");
	assert_int_equal(jwks_check(buf_text(&text), text.len), PIMS_E_FORMAT);
	buf_reset(&text);
	buf_printf(&text, "{\"keys\":[],\"x\":\"%0*d\"}", DOCUMENT_MAX, 0);
	assert_int_equal(jwks_check(buf_text(&text), text.len), PIMS_E_FORMAT);
	buf_free(&text);
}

static void unknown_keys_beside_the_right_one_are_no_matter(void **state)
{
	json_t *document = json_pack("{s:[{s:s,s:s},n,o]}", "keys", "kty", "OKP", "kid", "rsa", provider_public_key(KEY_RSA));
	char *keys = json_dumps(document, 0);

	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA, NULL, keys), 0);
	free(keys);
	json_decref(document);
}

static void right_signatures_are_taken(void **state)
{
	(void)state;
	assert_int_equal(sign_and_verify(KEY_RSA, NULL, provider_keys(rsa_and_ec, 2)), 0);
	assert_int_equal(sign_and_verify(KEY_EC, NULL, provider_keys(rsa_and_ec, 2)), 0);
	assert_int_equal(sign_and_verify(KEY_EC, "{\"typ\":\"JWT\"}", provider_keys(rsa_and_ec, 2)), 0);
}

static int teardown(void **state)
{
	(void)state;
	provider_free_keys();
	return 0;
}

static int parse_as(const char *header, const char *type)
{
	char *text = provider_assemble(header, CLAIMS, 256);
	struct jws jws = {0};
	int r = jws_parse_type(text, strlen(text), type, &jws);

	jws_free(&jws);
	free(text);
	return r;
}

/* RFC 8725 §3.11, RFC 9068 §4 */
static void a_token_of_one_kind_is_none_of_another(void **state)
{
	(void)state;
	assert_int_equal(parse_as("{\"alg\":\"RS256\"}", "at+jwt"), PIMS_E_INVALID);
	assert_int_equal(parse_as("{\"alg\":\"RS256\",\"typ\":\"JWT\"}", "at+jwt"), PIMS_E_INVALID);
	assert_int_equal(parse_as("{\"alg\":\"RS256\",\"typ\":\"at+jwt2\"}", "at+jwt"), PIMS_E_INVALID);
	assert_int_equal(parse_as("{\"alg\":\"RS256\",\"typ\":\"application/application/at+jwt\"}", "at+jwt"), PIMS_E_INVALID);
	assert_int_equal(parse_as("{\"alg\":\"RS256\",\"typ\":null}", "at+jwt"), PIMS_E_INVALID);
	assert_int_equal(parse_as("{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", NULL), PIMS_E_INVALID);
	assert_int_equal(parse_as("{\"alg\":\"RS256\",\"typ\":\"at+JWT\"}", "at+jwt"), 0);
	assert_int_equal(parse_as("{\"alg\":\"ES256\",\"typ\":\"Application/at+jwt\"}", "at+jwt"), 0);
	assert_int_equal(parse_as("{\"alg\":\"none\",\"typ\":\"at+jwt\"}", "at+jwt"), PIMS_E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_of_one_kind_is_none_of_another),
		cmocka_unit_test(the_algorithm_none_is_refused),
		cmocka_unit_test(symmetric_and_other_algorithms_are_refused),
		cmocka_unit_test(every_algorithm_with_a_public_key_is_verified),
		cmocka_unit_test(a_mac_made_with_the_public_key_is_refused),
		cmocka_unit_test(a_header_that_must_be_understood_is_refused),
		cmocka_unit_test(another_type_of_token_is_refused),
		cmocka_unit_test(what_a_client_signs_has_its_own_types),
		cmocka_unit_test(a_malformed_header_is_refused),
		cmocka_unit_test(malformed_claims_are_refused),
		cmocka_unit_test(parts_that_are_missing_or_too_many_are_refused),
		cmocka_unit_test(a_token_over_the_limit_is_refused),
		cmocka_unit_test(a_changed_token_is_refused),
		cmocka_unit_test(a_cut_token_is_refused),
		cmocka_unit_test(a_signature_by_another_key_of_that_name_is_refused),
		cmocka_unit_test(an_unknown_key_is_not_found),
		cmocka_unit_test(a_key_of_another_kind_does_not_fit),
		cmocka_unit_test(keys_in_the_header_are_no_keys),
		cmocka_unit_test(without_a_key_id_there_must_be_one_candidate),
		cmocka_unit_test(a_lone_key_needs_no_name),
		cmocka_unit_test(two_keys_of_one_name_are_no_choice),
		cmocka_unit_test(a_weak_rsa_key_is_not_used),
		cmocka_unit_test(a_modulus_may_start_with_a_zero),
		cmocka_unit_test(a_point_off_the_curve_is_not_used),
		cmocka_unit_test(a_key_for_another_purpose_is_not_used),
		cmocka_unit_test(what_is_no_key_set_is_refused),
		cmocka_unit_test(a_key_set_over_the_limits_is_refused),
		cmocka_unit_test(unknown_keys_beside_the_right_one_are_no_matter),
		cmocka_unit_test(right_signatures_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
