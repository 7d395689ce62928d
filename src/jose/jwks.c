/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwks.h"

#include "base/encode.h"
#include "base/text.h"
#include "jose/limits.h"

#include <pims/error.h>

#include <cjose/cjose.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

enum {
	RSA_MIN = 256, /* bytes: 2048 bits (RFC 7518 §3.3) */
	RSA_MAX = 1024,
	EXPONENT_MAX = 4,
	COORDINATE = 32
};

static int parse(const char *text, size_t length, json_t **ret_document)
{
	json_t *document = NULL;
	const json_t *keys;
	int r = json_parse_object(text, length, JWK_SET_MAX, &document);

	if (r < 0)
		return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
	keys = json_object_get(document, "keys");
	if (!json_is_array(keys) || json_array_size(keys) > KEYS_MAX) {
		json_decref(document);
		return PIMS_E_FORMAT;
	}
	*ret_document = document;
	return 0;
}

int jwks_check(const char *text, size_t length)
{
	json_t *document = NULL;
	int r = parse(text, length, &document);

	json_decref(document);
	return r;
}

/* Absent, or exactly this. */
static bool says(const json_t *key, const char *name, const char *value)
{
	return !json_object_get(key, name) || text_equal(json_text(key, name), value);
}

static bool may_verify(const json_t *key)
{
	const json_t *operations = json_object_get(key, "key_ops");
	const json_t *operation;
	size_t i;

	if (!operations)
		return true;
	json_array_foreach(operations, i, operation)
		if (text_equal(json_string_value(operation), "verify"))
			return true;
	return false;
}

static bool fits(const json_t *key, const struct jws *jws)
{
	static const char *const kinds[] = {[JWS_RS256] = "RSA", [JWS_ES256] = "EC", [JWS_PS256] = "RSA"};
	static const char *const algorithms[] = {[JWS_RS256] = "RS256", [JWS_ES256] = "ES256", [JWS_PS256] = "PS256"};

	if (!text_equal(json_text(key, "kty"), kinds[jws->algorithm]) || !says(key, "alg", algorithms[jws->algorithm]) || !says(key, "use", "sig") ||
	    !may_verify(key))
		return false;
	return !jws->key_id || text_equal(json_text(key, "kid"), jws->key_id);
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

static cjose_jwk_t *load_ec(const json_t *key)
{
	unsigned char x[COORDINATE], y[COORDINATE];
	cjose_jwk_ec_keyspec spec = {.crv = CJOSE_JWK_EC_P_256, .x = x, .y = y};

	if (!text_equal(json_text(key, "crv"), "P-256"))
		return NULL;
	if (!decode(key, "x", x, sizeof x, &spec.xlen) || !decode(key, "y", y, sizeof y, &spec.ylen))
		return NULL;
	if (spec.xlen != COORDINATE || spec.ylen != COORDINATE)
		return NULL;
	return cjose_jwk_create_EC_spec(&spec, NULL);
}

static cjose_jwk_t *load(const json_t *key, const struct jws *jws)
{
	return jws->algorithm == JWS_ES256 ? load_ec(key) : load_rsa(key);
}

/* The one key to verify with, or NULL. Without a key id a choice would be a guess (OpenID Connect Core §10.1). */
static cjose_jwk_t *choose(const json_t *keys, const struct jws *jws)
{
	cjose_jwk_t *chosen = NULL, *key;
	const json_t *item;
	size_t i;

	json_array_foreach(keys, i, item) {
		key = fits(item, jws) ? load(item, jws) : NULL;
		if (key && chosen) {
			cjose_jwk_release(key);
			cjose_jwk_release(chosen);
			return NULL;
		}
		if (key)
			chosen = key;
	}
	return chosen;
}

/* RFC 7518 §6.2.2, §6.3.2, §6.4: members that a public key has not */
static bool is_private(const json_t *key)
{
	static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (json_object_get(key, members[i]))
			return true;
	return false;
}

/* Some algorithm of ours can be verified with it. */
static bool is_usable(const json_t *key)
{
	bool usable = false;

	for (enum jws_algorithm i = JWS_RS256; i <= JWS_PS256 && !usable; i++) {
		const struct jws jws = {.algorithm = i};
		cjose_jwk_t *loaded = fits(key, &jws) ? load(key, &jws) : NULL;

		usable = loaded;
		cjose_jwk_release(loaded);
	}
	return usable;
}

static const char *key_fault(const json_t *key, size_t count)
{
	const char *id = json_text(key, "kid");

	if (is_private(key))
		return "has a private or secret key in it: only the public part belongs here";
	if (!is_usable(key))
		return "has a key that is not taken: RSA of 2048 bits or more (RS256, PS256) or P-256 (ES256), to verify signatures";
	if (id ? !*id || strlen(id) > KEY_ID_MAX : json_object_get(key, "kid") || count > 1)
		return "has a key without a key id (kid) among several";
	return NULL;
}

static bool has_twins(const json_t *keys)
{
	const json_t *a, *b;
	size_t i, j;

	json_array_foreach(keys, i, a)
		json_array_foreach(keys, j, b)
			if (i != j && text_equal(json_text(a, "kid"), json_text(b, "kid")))
				return true;
	return false;
}

const char *jwks_fault(const char *text, size_t length, size_t max)
{
	json_t *document = NULL;
	const json_t *keys, *key;
	const char *fault = NULL;
	size_t i;

	if (parse(text, length, &document) < 0)
		return "is no JWK set ({\"keys\":[...]})";
	keys = json_object_get(document, "keys");
	if (!json_array_size(keys) || json_array_size(keys) > max)
		fault = json_array_size(keys) ? "has too many keys" : "has no keys";
	json_array_foreach(keys, i, key)
		if (!fault)
			fault = key_fault(key, json_array_size(keys));
	if (!fault && json_array_size(keys) > 1 && has_twins(keys))
		fault = "has two keys with the same key id (kid)";
	json_wipe(document);
	ERR_clear_error();
	return fault;
}

static int verify(const cjose_jwk_t *key, const struct jws *jws)
{
	cjose_jws_t *parsed = cjose_jws_import(secret_text(&jws->text), jws->text.len, NULL);
	int r = parsed && cjose_jws_verify(parsed, key, NULL) ? 0 : PIMS_E_CRYPTO;

	cjose_jws_release(parsed);
	return r;
}

int jwks_verify(const char *text, const struct jws *jws)
{
	json_t *document = NULL;
	cjose_jwk_t *key;
	int r = parse(text, strlen(text), &document);

	if (r < 0)
		return r;
	key = choose(json_object_get(document, "keys"), jws);
	r = key ? verify(key, jws) : PIMS_E_NOT_FOUND;
	cjose_jwk_release(key);
	json_decref(document);
	/* the queue is the thread's: what stays in it confuses the next user, TLS included */
	ERR_clear_error();
	return r;
}
