/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_env.h"
#include "support/proof.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "dpop/jwk.h"
#include "jose/jwk.h"

#include <pims/error.h>

#include <cjose/cjose.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* DPoP proofs (RFC 9449 §4): reading them, making them, and the examples of the RFC. */

#define URL "https://server.example.com/token"
#define NOW 1731417255

/* RFC 9449 §4.1, figure 2 (a token request), and §7.1, figure 12 (a protected resource) */
static const char token_example[] =
	"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZF"
	"NGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8v"
	"c2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
static const char example_thumbprint[] = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
static const char example_token[] = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
static const char example_hash[] = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";

static struct dpop_key key;
static cjose_jwk_t *rsa; /**< made at first use */

static int start(void **state)
{
	(void)state;
	proof_key(&key);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	dpop_key_free(&key);
	cjose_jwk_release(rsa);
	return 0;
}

static int read_text(const char *text)
{
	struct dpop_proof proof = {0};
	int r = dpop_read(text, &proof);

	if (r < 0)
		assert_null(proof.id);
	dpop_proof_free(&proof);
	return r;
}

static int read_bent(const char *header, const char *claims)
{
	char *text = proof_sign(&(struct proof){.key = &key, .method = "POST", .url = URL, .now = NOW, .header = header, .claims = claims});
	int r = read_text(text);

	free(text);
	return r;
}

static void what_is_no_token_is_no_proof(void **state)
{
	static const char *const texts[] = {
		"", ".", "..", "...", "a.b", "a.b.c", "{}.{}.", "e30.e30.", "e30.e30.AA", "e30.e30.AA.AA", "e30=.e30=.AA==", "null.null.null",
	};
	char *huge = malloc(20000);

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_true(read_text(texts[i]) < 0);
	assert_non_null(huge);
	memset(huge, 'a', 19999);
	huge[100] = huge[200] = '.';
	huge[19999] = '\0';
	assert_int_equal(read_text(huge), PIMS_E_FORMAT);
	free(huge);
}

static void another_type_of_token_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_bent("{\"typ\":\"JWT\"}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"typ\":null}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"typ\":1}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"typ\":\"at+jwt\"}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"crit\":[\"exp\"]}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"b64\":false}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"typ\":\"DPoP+JWT\"}", NULL), 0);
}

static void an_algorithm_that_is_none_or_symmetric_is_refused(void **state)
{
	static const char *const names[] = {"none", "HS256", "HS512", "EdDSA", "ES256K", "es256", "", "ES256 ES384"};
	char header[64];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
		assert_int_equal(read_bent(header, NULL), PIMS_E_INVALID);
	}
	assert_int_equal(read_bent("{\"alg\":null}", NULL), PIMS_E_INVALID);
}

static void a_key_that_is_private_or_of_another_kind_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_bent("{\"jwk\":null}", NULL), PIMS_E_FORMAT);
	assert_int_equal(read_bent("{\"jwk\":\"x\"}", NULL), PIMS_E_FORMAT);
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}}", NULL), PIMS_E_INVALID);
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"RSA\",\"n\":\"AA\",\"e\":\"AQAB\"}}", NULL), PIMS_E_INVALID);
	/* a point that is not on the curve */
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
				   "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}", NULL),
			 PIMS_E_INVALID);
	/* the example's key, with a private part */
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\","
				   "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\",\"d\":\"AA\"}}", NULL),
			 PIMS_E_INVALID);
}

static void a_signature_by_another_key_is_refused(void **state)
{
	char *text = proof_sign(&(struct proof){.key = &key, .method = "POST", .url = URL, .now = NOW, .damaged = true});

	(void)state;
	assert_int_equal(read_text(text), PIMS_E_CRYPTO);
	free(text);
	assert_int_equal(read_bent("{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\","
				   "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}}", NULL),
			 PIMS_E_CRYPTO);
}

static void every_changed_or_missing_character_is_noticed(void **state)
{
	char *text = proof_sign(&(struct proof){.key = &key, .method = "POST", .url = URL, .now = NOW});
	size_t length = strlen(text);

	(void)state;
	for (size_t i = 0; i < length; i++) {
		char kept = text[i];

		text[i] = kept == 'A' ? 'B' : 'A';
		/* the last character has bits that stand for nothing, and must be zero */
		assert_true(read_text(text) < 0);
		text[i] = '\0';
		assert_true(read_text(text) < 0);
		text[i] = kept;
	}
	assert_int_equal(read_text(text), 0);
	free(text);
}

/* --- every algorithm ----------------------------------------------------------------------------------------------------------------- */

static const struct algorithm {
	const char *name;
	int kind;
} algorithms[] = {
	{"ES256", CJOSE_JWK_EC_P_256}, {"ES384", CJOSE_JWK_EC_P_384}, {"ES512", CJOSE_JWK_EC_P_521}, {"PS256", 0}, {"PS384", 0},
	{"PS512", 0}, {"RS256", 0}, {"RS384", 0}, {"RS512", 0},
};

enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

static cjose_jwk_t *new_rsa(size_t bits)
{
	cjose_jwk_t *jwk = cjose_jwk_create_RSA_random(bits, (const uint8_t *)"\x01\x00\x01", 3, NULL);

	assert_non_null(jwk);
	return jwk;
}

/* Of that curve; 0 = the one RSA key of these tests. */
static cjose_jwk_t *new_key(int curve)
{
	cjose_jwk_t *jwk;

	if (!rsa)
		rsa = new_rsa(2048);
	jwk = curve ? cjose_jwk_create_EC_random((cjose_jwk_ec_curve)curve, NULL) : cjose_jwk_retain(rsa, NULL);
	assert_non_null(jwk);
	return jwk;
}

static char *public_of(const cjose_jwk_t *jwk)
{
	char *text = cjose_jwk_to_json(jwk, false, NULL);

	assert_non_null(text);
	return text;
}

/* A proof by `algorithm` with that key, whose header shows `shown`. The caller frees. */
static char *sign_as(const char *algorithm, cjose_jwk_t *jwk, const char *shown)
{
	static const char claims[] = "{\"jti\":\"id\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":1731417255}";
	cjose_header_t *header = cjose_header_new(NULL);
	const char *text = NULL;
	cjose_jws_t *jws;
	char *copy;

	assert_true(cjose_header_set(header, CJOSE_HDR_ALG, algorithm, NULL) && cjose_header_set(header, "typ", "dpop+jwt", NULL));
	assert_true(cjose_header_set_raw(header, "jwk", shown, NULL));
	jws = cjose_jws_sign(jwk, header, (const uint8_t *)claims, sizeof claims - 1, NULL);
	assert_non_null(jws);
	assert_true(cjose_jws_export(jws, &text, NULL));
	copy = strdup(text);
	assert_non_null(copy);
	cjose_jws_release(jws);
	cjose_header_release(header);
	return copy;
}

/* The header of a proof with `alg` in the place of its algorithm. The caller frees. */
static char *rename_algorithm(const char *proof, const char *alg)
{
	char bytes[DPOP_PROOF_MAX];
	size_t length = 0;
	json_t *header = NULL;
	struct buf text = BUF_INIT(2 * DPOP_PROOF_MAX);
	char *json, *copy;

	assert_int_equal(base64url_decode(proof, strcspn(proof, "."), bytes, sizeof bytes, &length), 0);
	assert_int_equal(json_parse_object(bytes, length, sizeof bytes, &header), 0);
	json_object_set_new(header, "alg", json_string(alg));
	json = json_dumps(header, JSON_COMPACT);
	assert_int_equal(base64url_encode(json, strlen(json), &text), 0);
	assert_int_equal(buf_puts(&text, strchr(proof, '.')), 0);
	copy = strdup(buf_text(&text));
	assert_non_null(copy);
	free(json);
	json_decref(header);
	buf_free(&text);
	return copy;
}

/* The SHA-256 of the members that RFC 7638 §3.2 names, made by other code than the library's. */
static void assert_thumbprint(const char *jwk, const char *thumbprint)
{
	static const char *const members[2][4] = {{"crv", "kty", "x", "y"}, {"e", "kty", "n", NULL}};
	unsigned char digest[SHA256_SIZE];
	json_t *whole = NULL, *required = json_object();
	struct buf text = BUF_INIT(64);
	char *json;

	assert_int_equal(json_parse_object(jwk, strlen(jwk), 65536, &whole), 0);
	for (size_t i = 0; i < 4; i++) {
		const char *name = members[strcmp(json_text(whole, "kty"), "RSA") == 0][i];

		if (name)
			assert_int_equal(json_object_set(required, name, json_object_get(whole, name)), 0);
	}
	json = json_dumps(required, JSON_COMPACT | JSON_SORT_KEYS);
	assert_int_equal(sha256(json, strlen(json), digest), 0);
	assert_int_equal(base64url_encode(digest, sizeof digest, &text), 0);
	assert_string_equal(thumbprint, buf_text(&text));
	buf_free(&text);
	free(json);
	json_decref(required);
	json_decref(whole);
}

static void every_announced_algorithm_is_read(void **state)
{
	char announced[128] = "";

	(void)state;
	for (size_t i = 0; i < ALGORITHMS; i++) {
		cjose_jwk_t *jwk = new_key(algorithms[i].kind);
		char *shown = public_of(jwk), *text = sign_as(algorithms[i].name, jwk, shown);
		struct dpop_proof proof = {0};

		assert_int_equal(dpop_read(text, &proof), 0);
		assert_thumbprint(shown, proof.thumbprint);
		assert_string_equal(proof.id, "id");
		text[strlen(text) - 20] ^= 1;
		assert_int_equal(read_text(text), PIMS_E_CRYPTO);
		(void)snprintf(announced + strlen(announced), sizeof announced - strlen(announced), "%s%s", i ? " " : "", algorithms[i].name);
		dpop_proof_free(&proof);
		free(shown);
		free(text);
		cjose_jwk_release(jwk);
	}
	assert_string_equal(announced, JOSE_ALGORITHMS);
}

/* RFC 7638 §3.1, and its thumbprint */
static void the_thumbprint_of_an_rsa_key_is_that_of_the_rfc(void **state)
{
	json_t *jwk = json_pack("{s:s, s:s, s:s, s:s, s:s}", "kty", "RSA", "n",
				"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"
				"65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
				"e", "AQAB", "alg", "RS256", "kid", "2011-04-29");
	char thumbprint[DPOP_THUMBPRINT_SIZE];

	(void)state;
	assert_non_null(jwk);
	assert_int_equal(jwk_thumbprint(jwk, thumbprint), 0);
	assert_string_equal(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	json_decref(jwk);
}

/* A proof names each algorithm in turn but its own: a key is good for one curve or kind, a signature for one digest and padding. */
static void a_key_or_signature_of_another_algorithm_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGORITHMS; i++) {
		cjose_jwk_t *jwk = new_key(algorithms[i].kind);
		char *shown = public_of(jwk), *text = sign_as(algorithms[i].name, jwk, shown);

		for (size_t j = 0; j < ALGORITHMS; j++) {
			bool same_kind = !algorithms[i].kind && !algorithms[j].kind;
			char *other = rename_algorithm(text, algorithms[j].name);

			if (i != j)
				assert_int_equal(read_text(other), same_kind ? PIMS_E_CRYPTO : PIMS_E_INVALID);
			free(other);
		}
		free(shown);
		free(text);
		cjose_jwk_release(jwk);
	}
}

static int read_rsa(const char *alg, size_t bytes, unsigned char first, const char *exponent)
{
	static unsigned char modulus[2048];
	struct buf n = BUF_INIT(4096), header = BUF_INIT(8192);
	int r;

	memset(modulus, 0xff, sizeof modulus);
	modulus[0] = first;
	assert_int_equal(base64url_encode(modulus, bytes, &n), 0);
	assert_int_equal(buf_printf(&header, "{\"alg\":\"%s\",\"jwk\":{\"kty\":\"RSA\",\"e\":\"%s\",\"n\":\"%s\"}}", alg, exponent, buf_text(&n)), 0);
	r = read_bent(buf_text(&header), NULL);
	buf_free(&header);
	buf_free(&n);
	return r;
}

static void an_rsa_key_has_from_2048_to_8192_bits(void **state)
{
	cjose_jwk_t *small = new_rsa(1024);
	char *shown = public_of(small), *text = sign_as("PS256", small, shown);

	(void)state;
	assert_int_equal(read_text(text), PIMS_E_INVALID);
	assert_int_equal(read_rsa("RS256", 255, 0xff, "AQAB"), PIMS_E_INVALID);
	assert_int_equal(read_rsa("RS256", 256, 0x7f, "AQAB"), PIMS_E_INVALID);
	assert_int_equal(read_rsa("RS256", 1025, 0xff, "AQAB"), PIMS_E_INVALID);
	assert_int_equal(read_rsa("RS256", 256, 0xff, "AQ"), PIMS_E_INVALID); /* e = 1 signs everything */
	assert_int_equal(read_rsa("RS256", 256, 0xff, "Ag"), PIMS_E_INVALID);
	assert_int_equal(read_rsa("RS256", 256, 0xff, "AQAAAAE"), PIMS_E_INVALID);
	assert_int_equal(read_rsa("ES256", 256, 0xff, "AQAB"), PIMS_E_INVALID);
	assert_int_equal(read_rsa("PS512", 256, 0xff, "AQAB"), PIMS_E_CRYPTO);
	assert_int_equal(read_rsa("RS256", 1024, 0xff, "AQAB"), PIMS_E_CRYPTO);
	free(shown);
	free(text);
	cjose_jwk_release(small);
}

/* RFC 7518 §3.3 to §3.5 give each signature one length: leading zeros would make several of one. */
static void a_signature_of_another_length_is_refused(void **state)
{
	static const struct algorithm rows[] = {{"ES512", CJOSE_JWK_EC_P_521}, {"PS256", 0}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cjose_jwk_t *jwk = new_key(rows[i].kind);
		char *shown = public_of(jwk), *text = sign_as(rows[i].name, jwk, shown), *end = strrchr(text, '.');
		unsigned char bytes[300] = {0};
		struct buf longer = BUF_INIT(DPOP_PROOF_MAX);
		size_t half, length = 0;

		assert_int_equal(base64url_decode(end + 1, strlen(end + 1), bytes + 1, sizeof bytes - 2, &length), 0);
		half = rows[i].kind ? length / 2 : length;
		memmove(bytes + half + 2, bytes + half + 1, length - half); /* r and s, a zero before each */
		bytes[half + 1] = 0;
		assert_int_equal(buf_put(&longer, text, (size_t)(end + 1 - text)), 0);
		assert_int_equal(base64url_encode(bytes, length + (rows[i].kind ? 2 : 1), &longer), 0);
		assert_int_equal(read_text(text), 0);
		assert_int_equal(read_text(buf_text(&longer)), PIMS_E_CRYPTO);
		buf_free(&longer);
		free(shown);
		free(text);
		cjose_jwk_release(jwk);
	}
}

/* --- claims, and the examples ------------------------------------------------------------------------------------------------------------ */

static void claims_that_are_missing_or_of_another_kind_are_refused(void **state)
{
	static const char *const claims[] = {
		"{\"jti\":null}", "{\"jti\":1}", "{\"jti\":\"\"}", "{\"htm\":null}", "{\"htm\":[\"POST\"]}", "{\"htu\":null}", "{\"htu\":1}",
		"{\"iat\":null}", "{\"iat\":\"1731417255\"}", "{\"iat\":-1}", "{\"iat\":1e300}", "{\"ath\":1}", "{\"nonce\":{}}",
	};
	char long_id[400];

	(void)state;
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
		assert_int_equal(read_bent(NULL, claims[i]), PIMS_E_FORMAT);
	(void)snprintf(long_id, sizeof long_id, "{\"jti\":\"%0300d\"}", 0);
	assert_int_equal(read_bent(NULL, long_id), PIMS_E_FORMAT);
	assert_int_equal(read_bent(NULL, "{\"iat\":1731417255.5}"), 0);
}

static void the_example_of_the_rfc_is_read(void **state)
{
	struct dpop_proof proof = {0};
	char hash[DPOP_THUMBPRINT_SIZE];

	(void)state;
	assert_int_equal(dpop_read(token_example, &proof), 0);
	assert_string_equal(proof.thumbprint, example_thumbprint);
	assert_string_equal(proof.id, "-BwC3ESc6acc2lTc");
	assert_string_equal(proof.method, "POST");
	assert_string_equal(proof.url, URL);
	assert_int_equal(proof.issued, 1562262616);
	assert_null(proof.hash);
	assert_null(proof.nonce);
	dpop_proof_free(&proof);
	assert_int_equal(dpop_token_hash(example_token, hash), 0);
	assert_string_equal(hash, example_hash);
}

static void what_one_half_makes_the_other_reads(void **state)
{
	struct dpop_request request = {.method = "GET", .url = "HTTPS://Server.Example.com:443/a%7eb%2fc?token=1#x", .access_token = example_token,
				       .nonce = "n-1", .now = NOW};
	char thumbprint[DPOP_THUMBPRINT_SIZE];
	struct buf text = BUF_INIT(DPOP_PROOF_MAX);
	struct dpop_proof proof = {0};
	struct fake_env fake;

	(void)state;
	fake_env_init(&fake);
	assert_int_equal(dpop_make(&key, &fake.env, &request, &text), 0);
	assert_int_equal(dpop_read(buf_text(&text), &proof), 0);
	assert_int_equal(dpop_key_thumbprint(&key, thumbprint), 0);
	assert_string_equal(proof.thumbprint, thumbprint);
	assert_string_equal(proof.method, "GET");
	assert_string_equal(proof.url, "https://server.example.com/a~b%2Fc");
	assert_string_equal(proof.hash, example_hash);
	assert_string_equal(proof.nonce, "n-1");
	assert_int_equal(proof.issued, NOW);
	dpop_proof_free(&proof);
	buf_free(&text);
	fake_env_free(&fake);
}

static void each_proof_has_an_id_of_its_own_and_an_object_that_is_kept(void **state)
{
	struct dpop_request request = {.method = "GET", .url = URL, .now = NOW};
	struct buf first = BUF_INIT(DPOP_PROOF_MAX), second = BUF_INIT(DPOP_PROOF_MAX);
	struct dpop_proof a = {0}, b = {0};
	struct env env;
	void *pair;

	(void)state;
	env_init(&env, NULL, NULL, NULL);
	assert_int_equal(dpop_make(&key, &env, &request, &first), 0);
	pair = key.pair;
	assert_int_equal(dpop_make(&key, &env, &request, &second), 0);
	assert_ptr_equal(key.pair, pair);
	assert_int_equal(dpop_read(buf_text(&first), &a), 0);
	assert_int_equal(dpop_read(buf_text(&second), &b), 0);
	assert_string_not_equal(a.id, b.id);
	assert_true(strlen(a.id) >= 16); /* 96 bits at least: §4.2 */
	dpop_proof_free(&a);
	dpop_proof_free(&b);
	buf_free(&first);
	buf_free(&second);
}

static void a_stored_key_is_the_same_key(void **state)
{
	char before[DPOP_THUMBPRINT_SIZE], after[DPOP_THUMBPRINT_SIZE];
	struct dpop_key copy = {0}, moved = {0};

	(void)state;
	assert_int_equal(dpop_key_set(&copy, ""), PIMS_E_FORMAT);
	assert_int_equal(dpop_key_set(&copy, "AAAA"), PIMS_E_FORMAT);
	assert_true(dpop_key_empty(&copy));
	assert_int_equal(dpop_key_set(&copy, secret_text(&key.text)), 0);
	assert_int_equal(dpop_key_thumbprint(&key, before), 0);
	assert_int_equal(dpop_key_thumbprint(&copy, after), 0);
	assert_string_equal(before, after);
	dpop_key_move(&moved, &copy);
	assert_true(dpop_key_empty(&copy));
	assert_int_equal(dpop_key_thumbprint(&moved, after), 0);
	assert_string_equal(before, after);
	dpop_key_free(&moved);
	assert_int_equal(dpop_key_thumbprint(&moved, after), PIMS_E_FORMAT);
}

static void urls_are_compared_normalised(void **state)
{
	static const char *const same[][2] = {
		{"https://a.example", "https://A.EXAMPLE/"}, {"https://a.example:443/x", "https://a.example/x"},
		{"http://a.example:80/", "http://a.example"}, {"https://a.example/x?y#z", "https://a.example/x"},
		{"https://a.example/%7Ea", "https://a.example/~a"}, {"https://a.example/%2f", "https://a.example/%2F"},
		{"http://[::1]:8480/x", "http://[::1]:8480/x"},
	};
	static const char *const different[][2] = {
		{"https://a.example/x", "http://a.example/x"}, {"https://a.example/x", "https://b.example/x"},
		{"https://a.example/x", "https://a.example/X"}, {"https://a.example/x", "https://a.example/x/"},
		{"https://a.example:444/", "https://a.example/"}, {"https://a.example/%2Fx", "https://a.example//x"},
		{"https://a.example/", "https://a.example@b.example/"}, {"x", "x"}, {"", ""}, {"mymap://x", "mymap://x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		assert_true(dpop_same_url(same[i][0], same[i][1]));
	for (size_t i = 0; i < sizeof different / sizeof *different; i++)
		assert_false(dpop_same_url(different[i][0], different[i][1]));
}

static void nonces_are_remembered_by_origin_and_the_oldest_goes(void **state)
{
	struct dpop_nonces nonces = {0};
	char url[64];

	(void)state;
	assert_null(dpop_nonce(&nonces, URL));
	assert_false(dpop_nonce_learn(&nonces, URL, ""));
	assert_false(dpop_nonce_learn(&nonces, URL, "a b"));
	assert_false(dpop_nonce_learn(&nonces, URL, "a\"b"));
	assert_false(dpop_nonce_learn(&nonces, "nowhere", "a"));
	assert_true(dpop_nonce_learn(&nonces, URL, "a"));
	assert_false(dpop_nonce_learn(&nonces, "https://SERVER.example.com/other?x", "a"));
	assert_string_equal(dpop_nonce(&nonces, "https://server.example.com/"), "a");
	assert_null(dpop_nonce(&nonces, "https://server.example.com:8443/"));
	assert_true(dpop_nonce_learn(&nonces, URL, "b"));
	assert_string_equal(dpop_nonce(&nonces, URL), "b");
	for (int i = 0; i < DPOP_ORIGINS; i++) {
		(void)snprintf(url, sizeof url, "https://%d.example/", i);
		assert_true(dpop_nonce_learn(&nonces, url, "c"));
	}
	assert_null(dpop_nonce(&nonces, URL));
	assert_string_equal(dpop_nonce(&nonces, "https://0.example/x"), "c");
	dpop_nonces_free(&nonces);
	assert_null(dpop_nonce(&nonces, url));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_token_is_no_proof),
		cmocka_unit_test(another_type_of_token_is_refused),
		cmocka_unit_test(an_algorithm_that_is_none_or_symmetric_is_refused),
		cmocka_unit_test(a_key_that_is_private_or_of_another_kind_is_refused),
		cmocka_unit_test(a_signature_by_another_key_is_refused),
		cmocka_unit_test(every_changed_or_missing_character_is_noticed),
		cmocka_unit_test(a_key_or_signature_of_another_algorithm_is_refused),
		cmocka_unit_test(an_rsa_key_has_from_2048_to_8192_bits),
		cmocka_unit_test(a_signature_of_another_length_is_refused),
		cmocka_unit_test(every_announced_algorithm_is_read),
		cmocka_unit_test(the_thumbprint_of_an_rsa_key_is_that_of_the_rfc),
		cmocka_unit_test(claims_that_are_missing_or_of_another_kind_are_refused),
		cmocka_unit_test(the_example_of_the_rfc_is_read),
		cmocka_unit_test(what_one_half_makes_the_other_reads),
		cmocka_unit_test(each_proof_has_an_id_of_its_own_and_an_object_that_is_kept),
		cmocka_unit_test(a_stored_key_is_the_same_key),
		cmocka_unit_test(urls_are_compared_normalised),
		cmocka_unit_test(nonces_are_remembered_by_origin_and_the_oldest_goes),
	};

	return cmocka_run_group_tests_name("DPoP proofs", tests, start, stop);
}
