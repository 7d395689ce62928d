/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/encode.h"
#include "base/json.h"
#include "dpop/dpop.h"
#include "dpop/jwk.h"
#include "dpop/p256.h"

#include <openssl/evp.h>
#include <string.h>

/* A DPoP proof: the whole text; a key alone; and, signed here since base64 and a signature keep a fuzzer out, claims alone. Then URLs and nonces. */

/* d = 1: the public key is the generator (FIPS 186-5) */
static const struct p256 key = {
	.x = {0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
	      0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96},
	.y = {0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
	      0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5},
	.d = {[P256_SIZE - 1] = 1},
};

static void check(const char *text)
{
	struct dpop_proof proof = {0};

	if (dpop_read(text, &proof) < 0) {
		FUZZ_CHECK(!proof.id && !proof.method && !proof.url);
		return;
	}
	FUZZ_CHECK(strlen(proof.thumbprint) == DPOP_THUMBPRINT_SIZE - 1);
	FUZZ_CHECK(*proof.id && proof.method && proof.issued >= 0);
	(void)dpop_same_url(proof.url, "https://server.example.com/token");
	dpop_proof_free(&proof);
}

static void try_key(const char *text, size_t length)
{
	static const char *const algorithms[] = {"ES256", "ES384", "ES512", "PS256"}; /* of RSA one stands for all */
	char thumbprint[DPOP_THUMBPRINT_SIZE];
	json_t *jwk = NULL;
	cjose_jwk_t *read;

	if (json_parse_object(text, length, DPOP_PROOF_MAX, &jwk) < 0)
		return;
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		if (jwk_read(jwk, algorithms[i], &read) < 0)
			continue;
		FUZZ_CHECK(jwk_thumbprint(jwk, thumbprint) == 0);
		cjose_jwk_release(read);
	}
	json_decref(jwk);
}

static void try_claims(const char *text, size_t length)
{
	static const char header[] = "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\","
				     "\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\",\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}}";
	static EVP_PKEY *pair;
	struct buf proof = BUF_INIT(4 * DPOP_PROOF_MAX);
	unsigned char signature[P256_SIGNATURE];

	if (length > DPOP_PROOF_MAX)
		return;
	if (!pair)
		pair = p256_load(&key);
	FUZZ_CHECK(pair);
	(void)base64url_encode(header, sizeof header - 1, &proof);
	(void)buf_putc(&proof, '.');
	(void)base64url_encode(text, length, &proof);
	FUZZ_CHECK(p256_sign(pair, proof.data, proof.len, signature) == 0);
	(void)buf_putc(&proof, '.');
	FUZZ_CHECK(base64url_encode(signature, sizeof signature, &proof) == 0);
	check(buf_text(&proof));
	buf_free(&proof);
}

static void try_nonce(const char *text)
{
	struct dpop_nonces nonces = {0};

	if (dpop_nonce_learn(&nonces, "https://server.example.com", text))
		FUZZ_CHECK(dpop_nonce_valid(text) && strcmp(dpop_nonce(&nonces, "https://server.example.com/x"), text) == 0);
	(void)dpop_nonce_learn(&nonces, text, "nonce");
	dpop_nonces_free(&nonces);
	FUZZ_CHECK(!dpop_same_url(text, "https://server.example.com") || strlen(text) >= 18);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_CHECK(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check(text);
	try_key(text, size);
	try_claims(text, size);
	try_nonce(text);
	free(text);
	return 0;
}
