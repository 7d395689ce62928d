/* SPDX-License-Identifier: Apache-2.0 */
/* Signed tokens, their claims, and key sets. No input carries a signature by the key below, so none may verify. */
#include "fuzz/fuzz.h"
#include "identity/id_token.h"
#include "jose/jwks.h"
#include "jose/jws.h"

#include <string.h>

/* The public key of RFC 7515 appendix A.3. */
static const char keys[] = "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"use\":\"sig\","
			   "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static char issuer[] = "https://example.com";
static char token_endpoint[] = "https://example.com/token";

/* A token for the key sets in the input; nobody made its signature. */
static const char token[] = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImEifQ.eyJzdWIiOiJhIn0."
			    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ";

static void check_claims(json_t *claims)
{
	const struct endpoints told = {.issuer = issuer}, untold = {.token = token_endpoint};
	const struct session session = {.issuer = issuer, .subject = issuer};
	struct id_token_rules rules = {
		.endpoints = &told, .client_id = "pims", .access_token = "access", .algorithm = "RS256",
		.now = 1731417255, .nonce = "nonce"};

	if (!id_token_check(claims, &rules)) {
		FUZZ_CHECK(id_token_username(claims));
		FUZZ_CHECK(id_token_expires(claims) > rules.now - 60);
	}
	rules.endpoints = &untold;
	rules.nonce = NULL;
	rules.session = &session;
	rules.previous = claims;
	(void)id_token_check(claims, &rules);
}

static void try_assertion(const char *text, size_t length)
{
	struct jws jws = {0};

	if (jws_parse_assertion(text, length, &jws) < 0)
		return;
	FUZZ_CHECK(json_is_object(jws.claims));
	FUZZ_CHECK(jwks_verify(keys, &jws) < 0);
	jws_free(&jws);
}

static void try_token(const char *text, size_t length)
{
	struct jws jws = {0}, assertion = {0};

	if (jws_parse(text, length, &jws) < 0)
		return;
	FUZZ_CHECK(jws_parse_assertion(text, length, &assertion) == 0);
	jws_free(&assertion);
	FUZZ_CHECK(json_is_object(jws.claims));
	FUZZ_CHECK(jwks_verify(keys, &jws) < 0);
	check_claims(jws.claims);
	jws_free(&jws);
}

static void try_keys(const char *text, size_t length)
{
	struct jws jws = {0};

	if (jwks_check(text, length) < 0) {
		FUZZ_CHECK(jwks_fault(text, length, 10));
		return;
	}
	(void)jwks_fault(text, length, 10);
	FUZZ_CHECK(jws_parse(token, sizeof token - 1, &jws) == 0);
	FUZZ_CHECK(jwks_verify(text, &jws) < 0);
	jws_free(&jws);
}

/* base64 hides the claims from a fuzzer: here they are plain */
static void try_claims(const char *text, size_t length)
{
	json_t *claims = NULL;

	if (json_parse_object(text, length, length, &claims) < 0)
		return;
	check_claims(claims);
	json_decref(claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	try_token(text, size);
	try_assertion(text, size);
	try_keys(text, strlen(text));
	try_claims(text, size);
	free(text);
	return 0;
}
