/* SPDX-License-Identifier: Apache-2.0 */
#include "support/provider.h"

#include "base/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEY_SETS = 32 };

static cjose_jwk_t *keys[KEY_COUNT];
static char *sets[KEY_SETS];
static size_t set_count;

static const char *const names[KEY_COUNT] = {"rsa", "rsa-other", "rsa-1024", "ec", "ec-other"};

static cjose_jwk_t *make(enum provider_key key)
{
	static const uint8_t exponent[] = {1, 0, 1};

	if (key == KEY_EC || key == KEY_EC_OTHER)
		return cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL);
	return cjose_jwk_create_RSA_random(key == KEY_RSA_1024 ? 1024 : 2048, exponent, sizeof exponent, NULL);
}

static cjose_jwk_t *get(enum provider_key key)
{
	if (!keys[key]) {
		keys[key] = make(key);
		assert_non_null(keys[key]);
		assert_true(cjose_jwk_set_kid(keys[key], names[key], strlen(names[key]), NULL));
	}
	return keys[key];
}

void provider_free_keys(void)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		cjose_jwk_release(keys[i]);
	for (size_t i = 0; i < set_count; i++)
		free(sets[i]);
	memset(keys, 0, sizeof keys);
	set_count = 0;
}

json_t *provider_public_key(enum provider_key key)
{
	char *text = cjose_jwk_to_json(get(key), false, NULL);
	json_t *object = NULL;

	assert_non_null(text);
	assert_int_equal(json_parse_object(text, strlen(text), 8192, &object), 0);
	free(text);
	return object;
}

static char *remember(char *text)
{
	for (size_t i = 0; i < set_count; i++) {
		if (strcmp(sets[i], text) == 0) {
			free(text);
			return sets[i];
		}
	}
	assert_true(set_count < KEY_SETS);
	sets[set_count++] = text;
	return text;
}

const char *provider_keys(const enum provider_key *list, size_t count)
{
	json_t *array = json_array();
	json_t *document = json_pack("{s:o}", "keys", array);
	char *text;

	assert_non_null(document);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, provider_public_key(list[i]));
	text = json_dumps(document, JSON_COMPACT);
	assert_non_null(text);
	json_decref(document);
	return remember(text);
}

static void fill_header(cjose_header_t *header, enum provider_key key, const char *algorithm, const char *more)
{
	json_t *changes = NULL, *value;
	const char *name;

	if (!algorithm)
		algorithm = key == KEY_EC || key == KEY_EC_OTHER ? CJOSE_HDR_ALG_ES256 : CJOSE_HDR_ALG_RS256;
	assert_true(cjose_header_set(header, CJOSE_HDR_ALG, algorithm, NULL));
	assert_true(cjose_header_set(header, CJOSE_HDR_KID, names[key], NULL));
	if (!more)
		return;
	/* a cjose header is a JSON object */
	assert_int_equal(json_parse_object(more, strlen(more), 8192, &changes), 0);
	json_object_foreach(changes, name, value) {
		if (json_is_null(value))
			json_object_del((json_t *)header, name);
		else
			json_object_set((json_t *)header, name, value);
	}
	json_decref(changes);
}

char *provider_sign(enum provider_key key, const char *algorithm, const char *header, const char *claims)
{
	cjose_header_t *protected = cjose_header_new(NULL);
	cjose_jws_t *jws;
	const char *text = NULL;
	char *copy;

	assert_non_null(protected);
	fill_header(protected, key, algorithm, header);
	jws = cjose_jws_sign(get(key), protected, (const uint8_t *)claims, strlen(claims), NULL);
	assert_non_null(jws);
	assert_true(cjose_jws_export(jws, &text, NULL));
	copy = strdup(text);
	cjose_jws_release(jws);
	cjose_header_release(protected);
	assert_non_null(copy);
	return copy;
}

char *provider_assemble(const char *header, const char *claims, size_t signature_length)
{
	static const unsigned char zeros[1024];
	struct buf text = BUF_INIT(65536);
	char *copy;

	assert_true(signature_length <= sizeof zeros);
	base64url_encode(header, strlen(header), &text);
	buf_putc(&text, '.');
	base64url_encode(claims, strlen(claims), &text);
	buf_putc(&text, '.');
	assert_int_equal(base64url_encode(zeros, signature_length, &text), 0);
	copy = strdup(buf_text(&text));
	buf_free(&text);
	assert_non_null(copy);
	return copy;
}
