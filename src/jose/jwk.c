/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

#include <pims/error.h>

#include <openssl/err.h>
#include <string.h>

enum {
	RSA_MIN = 256, /* bytes: 2048 bits (RFC 7518 §3.3) */
	RSA_MAX = 1024,
	EXPONENT_MAX = 4,
	COORDINATE_MAX = 66
};

/* RFC 7518 §3.1: a curve belongs to each ECDSA; without one it is RSA. */
static const struct algorithm {
	const char *name;
	const char *curve;
	cjose_jwk_ec_curve id;
	size_t coordinate; /**< bytes */
} algorithms[] = {
	{"ES256", "P-256", CJOSE_JWK_EC_P_256, 32},
	{"ES384", "P-384", CJOSE_JWK_EC_P_384, 48},
	{"ES512", "P-521", CJOSE_JWK_EC_P_521, COORDINATE_MAX},
	{.name = "PS256"}, {.name = "PS384"}, {.name = "PS512"}, {.name = "RS256"}, {.name = "RS384"}, {.name = "RS512"},
};

enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

bool jwk_is_private(const json_t *key)
{
	static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (json_object_get(key, members[i]))
			return true;
	return false;
}

const char *jwk_algorithm(const char *name)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (text_equal(name, algorithms[i].name))
			return algorithms[i].name;
	return NULL;
}

static bool decode(const json_t *key, const char *name, unsigned char *bytes, size_t max, size_t *ret_length)
{
	const char *text = json_text(key, name);

	return text && base64url_decode(text, strlen(text), bytes, max, ret_length) == 0;
}

static bool good_exponent(const unsigned char *bytes, size_t length)
{
	unsigned value = 0;

	for (size_t i = 0; i < length; i++)
		value = value << 8 | bytes[i];
	return value >= 3 && value & 1;
}

/* Only the public part is taken from a key: nothing in the document can choose another kind of key than the algorithm's. */
static cjose_jwk_t *load_rsa(const json_t *key)
{
	unsigned char modulus[RSA_MAX + 1], exponent[EXPONENT_MAX];
	cjose_jwk_rsa_keyspec spec = {.n = modulus, .e = exponent};

	if (!decode(key, "n", modulus, sizeof modulus, &spec.nlen) || !decode(key, "e", exponent, sizeof exponent, &spec.elen))
		return NULL;
	while (spec.nlen && !*spec.n) {
		spec.n++;
		spec.nlen--;
	}
	if (spec.nlen < RSA_MIN || spec.nlen > RSA_MAX || !(spec.n[0] & 0x80) || !(spec.n[spec.nlen - 1] & 1))
		return NULL;
	return good_exponent(exponent, spec.elen) ? cjose_jwk_create_RSA_spec(&spec, NULL) : NULL;
}

static cjose_jwk_t *load_ec(const json_t *key, const struct algorithm *algorithm)
{
	unsigned char x[COORDINATE_MAX], y[COORDINATE_MAX];
	cjose_jwk_ec_keyspec spec = {.crv = algorithm->id, .x = x, .y = y};

	if (!text_equal(json_text(key, "crv"), algorithm->curve))
		return NULL;
	if (!decode(key, "x", x, sizeof x, &spec.xlen) || !decode(key, "y", y, sizeof y, &spec.ylen))
		return NULL;
	if (spec.xlen != algorithm->coordinate || spec.ylen != algorithm->coordinate)
		return NULL;
	return cjose_jwk_create_EC_spec(&spec, NULL);
}

cjose_jwk_t *jwk_load(const json_t *key, const char *name)
{
	for (size_t i = 0; i < ALGORITHMS; i++) {
		const struct algorithm *algorithm = &algorithms[i];
		cjose_jwk_t *loaded = NULL;

		if (!text_equal(name, algorithm->name))
			continue;
		if (text_equal(json_text(key, "kty"), algorithm->curve ? "EC" : "RSA"))
			loaded = algorithm->curve ? load_ec(key, algorithm) : load_rsa(key);
		/* the queue is the thread's: what stays in it confuses the next user, TLS included */
		ERR_clear_error();
		return loaded;
	}
	return NULL;
}

/* RFC 7518 §3.3 to §3.5: one length, which cjose does not insist on. */
static bool right_length(const cjose_jwk_t *key, size_t length)
{
	size_t size = (cjose_jwk_get_keysize(key, NULL) + 7) / 8;

	return length == (cjose_jwk_get_kty(key, NULL) == CJOSE_JWK_KTY_EC ? 2 * size : size);
}

int jwk_verify(const cjose_jwk_t *key, const char *text, size_t length)
{
	const char *signature = strrchr(text, '.');
	unsigned char bytes[RSA_MAX];
	cjose_jws_t *jws;
	size_t size = 0;
	int r;

	if (!signature || base64url_decode(signature + 1, strlen(signature + 1), bytes, sizeof bytes, &size) < 0 || !right_length(key, size))
		return PIMS_E_CRYPTO;
	jws = cjose_jws_import(text, length, NULL);
	r = jws && cjose_jws_verify(jws, key, NULL) ? 0 : PIMS_E_CRYPTO;
	cjose_jws_release(jws);
	ERR_clear_error();
	return r;
}
