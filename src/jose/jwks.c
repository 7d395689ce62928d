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

static const char *algorithm_of(const struct jws *jws)
{
	return jws->algorithm == JWS_RS256 ? "RS256" : "ES256";
}

static bool fits(const json_t *key, const struct jws *jws)
{
	if (!says(key, "alg", algorithm_of(jws)) || !says(key, "use", "sig") || !may_verify(key))
		return false;
	return !jws->key_id || text_equal(json_text(key, "kid"), jws->key_id);
}

/* The one key to verify with, or NULL. Without a key id a choice would be a guess (OpenID Connect Core §10.1). */
static cjose_jwk_t *choose(const json_t *keys, const struct jws *jws)
{
	cjose_jwk_t *chosen = NULL, *key;
	const json_t *item;
	size_t i;

	json_array_foreach(keys, i, item) {
		key = fits(item, jws) ? jwk_load(item, algorithm_of(jws)) : NULL;
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
