/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/dpop.h"

#include "base/encode.h"
#include "dpop/jwk.h"
#include "dpop/key.h"

#include <pims/error.h>

#include <openssl/evp.h>
#include <string.h>

enum { STORED_BYTES = 3 * P256_SIZE, STORED_TEXT = STORED_BYTES / 3 * 4 };

static int store(const struct p256 *parts, struct secret *ret_text)
{
	unsigned char bytes[STORED_BYTES];
	struct buf text = BUF_INIT(STORED_TEXT + 1);
	int r;

	memcpy(bytes, parts->x, P256_SIZE);
	memcpy(bytes + P256_SIZE, parts->y, P256_SIZE);
	memcpy(bytes + 2 * P256_SIZE, parts->d, P256_SIZE);
	r = base64url_encode(bytes, sizeof bytes, &text);
	if (r == 0)
		r = secret_set_bytes(ret_text, text.data, text.len);
	secret_wipe(bytes, sizeof bytes);
	buf_free(&text);
	return r;
}

int key_parts(const char *text, struct p256 *ret_parts)
{
	unsigned char bytes[STORED_BYTES];
	size_t length = 0;
	int r = base64url_decode(text, strlen(text), bytes, sizeof bytes, &length);

	if (r < 0 || length != sizeof bytes) {
		r = PIMS_E_FORMAT;
	} else {
		memcpy(ret_parts->x, bytes, P256_SIZE);
		memcpy(ret_parts->y, bytes + P256_SIZE, P256_SIZE);
		memcpy(ret_parts->d, bytes + 2 * P256_SIZE, P256_SIZE);
	}
	secret_wipe(bytes, sizeof bytes);
	return r;
}

int dpop_key_make(struct dpop_key *key, const struct env *env)
{
	struct p256 parts;
	int r = p256_make(env, &parts);

	if (r < 0)
		return r;
	r = store(&parts, &key->text);
	secret_wipe(&parts, sizeof parts);
	return r;
}

int dpop_key_set(struct dpop_key *key, const char *text)
{
	struct p256 parts;
	int r = key_parts(text, &parts);

	if (r == 0)
		r = secret_set(&key->text, text);
	secret_wipe(&parts, sizeof parts);
	return r;
}

bool dpop_key_empty(const struct dpop_key *key)
{
	return secret_empty(&key->text);
}

void dpop_key_free(struct dpop_key *key)
{
	secret_free(&key->text);
	EVP_PKEY_free(key->pair);
	key->pair = NULL;
}

void dpop_key_move(struct dpop_key *key, struct dpop_key *from)
{
	dpop_key_free(key);
	*key = *from;
	*from = (struct dpop_key){0};
}

int dpop_key_thumbprint(const struct dpop_key *key, char ret_thumbprint[DPOP_THUMBPRINT_SIZE])
{
	struct p256 parts = {0};
	json_t *jwk = NULL;
	int r = key_parts(secret_text(&key->text), &parts);

	if (r == 0)
		jwk = jwk_write(&parts);
	if (r == 0)
		r = jwk ? jwk_thumbprint(jwk, ret_thumbprint) : PIMS_E_MEMORY;
	json_decref(jwk);
	secret_wipe(&parts, sizeof parts);
	return r;
}
