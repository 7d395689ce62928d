/* SPDX-License-Identifier: Apache-2.0 */
#include "support/proof.h"

#include "base/encode.h"
#include "base/json.h"
#include "dpop/jwk.h"
#include "dpop/key.h"
#include "dpop/p256.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void proof_key(struct dpop_key *ret_key)
{
	struct env env;

	env_init(&env, NULL, NULL, NULL);
	*ret_key = (struct dpop_key){0};
	assert_int_equal(dpop_key_make(ret_key, &env), 0);
}

static void merge(json_t *object, const char *changes)
{
	json_t *parsed = NULL, *value;
	const char *name;

	if (!changes)
		return;
	assert_int_equal(json_parse_object(changes, strlen(changes), 65536, &parsed), 0);
	json_object_foreach(parsed, name, value) {
		if (json_is_null(value))
			json_object_del(object, name);
		else
			json_object_set(object, name, value);
	}
	json_decref(parsed);
}

static void put(json_t *object, struct buf *text)
{
	char *json = json_dumps(object, JSON_COMPACT);

	assert_non_null(json);
	assert_int_equal(base64url_encode(json, strlen(json), text), 0);
	free(json);
	json_decref(object);
}

static json_t *claims_of(const struct proof *proof)
{
	static unsigned serial;
	char id[32], hash[DPOP_THUMBPRINT_SIZE];
	json_t *claims;

	(void)snprintf(id, sizeof id, "id-%u", ++serial);
	claims = json_pack("{s:s, s:s, s:s, s:I}", "jti", proof->id ? proof->id : id, "htm", proof->method, "htu", proof->url, "iat",
			   (json_int_t)proof->now);
	assert_non_null(claims);
	if (proof->token) {
		assert_int_equal(dpop_token_hash(proof->token, hash), 0);
		json_object_set_new(claims, "ath", json_string(hash));
	}
	if (proof->nonce)
		json_object_set_new(claims, "nonce", json_string(proof->nonce));
	merge(claims, proof->claims);
	return claims;
}

char *proof_sign(const struct proof *proof)
{
	struct buf text = BUF_INIT(65536);
	unsigned char signature[P256_SIGNATURE];
	struct p256 parts;
	json_t *header;
	EVP_PKEY *pair;
	char *copy;

	assert_int_equal(key_parts(secret_text(&proof->key->text), &parts), 0);
	pair = p256_load(&parts);
	assert_non_null(pair);
	header = json_pack("{s:s, s:s, s:o}", "typ", "dpop+jwt", "alg", "ES256", "jwk", jwk_write(&parts));
	assert_non_null(header);
	merge(header, proof->header);
	put(header, &text);
	buf_putc(&text, '.');
	put(claims_of(proof), &text);
	assert_int_equal(p256_sign(pair, text.data, text.len, signature), 0);
	signature[10] ^= proof->damaged;
	buf_putc(&text, '.');
	assert_int_equal(base64url_encode(signature, sizeof signature, &text), 0);
	copy = strdup(buf_text(&text));
	assert_non_null(copy);
	buf_free(&text);
	EVP_PKEY_free(pair);
	return copy;
}

char *proof_header(const struct proof *proof)
{
	char *text = proof_sign(proof);
	size_t size = strlen(text) + sizeof "DPoP: ";
	char *line = malloc(size);

	assert_non_null(line);
	(void)snprintf(line, size, "DPoP: %s", text);
	free(text);
	return line;
}
