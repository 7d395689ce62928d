/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwks.h"

#include "base/text.h"
#include "jose/jwk.h"
#include "jose/limits.h"

#include <pims/error.h>

#include <stdbool.h>
#include <string.h>

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

/* A lone key needs no name, whatever the token calls it. */
static bool is_named(const json_t *key, const struct jws *jws, bool lone)
{
	return !jws->key_id || text_equal(json_text(key, "kid"), jws->key_id) || (lone && !json_object_get(key, "kid"));
}

static bool fits(const json_t *key, const struct jws *jws)
{
	return says(key, "alg", jws->algorithm) && says(key, "use", "sig") && may_verify(key);
}

/* The one key to verify with, or NULL. Without a key id a choice would be a guess (OpenID Connect Core §10.1). */
static cjose_jwk_t *choose(const json_t *keys, const struct jws *jws)
{
	cjose_jwk_t *chosen = NULL, *key;
	const json_t *item;
	size_t i;

	json_array_foreach(keys, i, item) {
		key = fits(item, jws) && is_named(item, jws, json_array_size(keys) == 1) ? jwk_load(item, jws->algorithm) : NULL;
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

/* Some algorithm of ours can be verified with it. */
static bool is_usable(const json_t *key)
{
	static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512"};
	const char *own = json_text(key, "alg");
	bool usable = false;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !usable; i++) {
		const struct jws jws = {.algorithm = own ? jwk_algorithm(own) : kinds[i]};
		cjose_jwk_t *loaded = jws.algorithm && fits(key, &jws) ? jwk_load(key, jws.algorithm) : NULL;

		usable = loaded;
		cjose_jwk_release(loaded);
	}
	return usable;
}

static const char *key_fault(const json_t *key, size_t count)
{
	const char *id = json_text(key, "kid");

	if (jwk_is_private(key))
		return "has a private or secret key in it: only the public part belongs here";
	if (!is_usable(key))
		return "has a key that is not taken: RSA of 2048 to 8192 bits, P-256, P-384 or P-521, to verify signatures";
	if (id ? !*id || strlen(id) > KEY_ID_MAX : json_object_get(key, "kid") || count > 1)
		return "has a key without a key id (kid) that is a text, which several need";
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
	return fault;
}

int jwks_verify(const char *text, const struct jws *jws)
{
	json_t *document = NULL;
	cjose_jwk_t *key;
	int r = parse(text, strlen(text), &document);

	if (r < 0)
		return r;
	key = choose(json_object_get(document, "keys"), jws);
	r = key ? jwk_verify(key, secret_text(&jws->text), jws->text.len) : PIMS_E_NOT_FOUND;
	cjose_jwk_release(key);
	json_decref(document);
	return r;
}
