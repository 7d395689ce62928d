/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/keys.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

#include <pims/error.h>

#include <cjose/cjose.h>
#include <stdlib.h>
#include <string.h>

#define SETTING "oidc.keys"
enum { RSA_BITS = 2048, KEY_MAX = 8192, TOKEN_MAX = 16384 };

struct oidc_keys {
	cjose_jwk_t *signing;
	char *kid;
	char *jwks;
};

void oidc_keys_free(struct oidc_keys *keys)
{
	if (!keys)
		return;
	if (keys->signing)
		cjose_jwk_release(keys->signing);
	free(keys->kid);
	free(keys->jwks);
	free(keys);
}

const char *oidc_keys_jwks(const struct oidc_keys *keys)
{
	return keys->jwks;
}

const char *oidc_keys_kid(const struct oidc_keys *keys)
{
	return keys->kid;
}

/* The public JWK as an object, with what RFC 7517 §4 adds for a verifier. */
static json_t *public_jwk(const cjose_jwk_t *key)
{
	char *text = cjose_jwk_to_json(key, false, NULL);
	json_t *jwk = NULL;

	if (text && json_parse_object(text, strlen(text), KEY_MAX, &jwk) == 0)
		(void)json_object_del(jwk, "kid");
	cjose_get_dealloc()(text);
	return jwk;
}

/* RFC 7638 §3: SHA-256 of the required members in lexicographic order, without blanks */
static int thumbprint(const json_t *jwk, char **ret_kid)
{
	struct buf canonical = BUF_INIT(KEY_MAX), kid = BUF_INIT(64);
	unsigned char digest[SHA256_SIZE];
	const char *e = json_text(jwk, "e"), *n = json_text(jwk, "n");
	int r = PIMS_E_FORMAT;

	if (!e || !n)
		goto out;
	r = buf_printf(&canonical, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e, n);
	if (r == 0)
		r = sha256(canonical.data, canonical.len, digest);
	if (r == 0)
		r = base64url_encode(digest, sizeof digest, &kid);
	if (r == 0)
		r = text_set(ret_kid, buf_text(&kid));
out:
	buf_free(&canonical);
	buf_free(&kid);
	return r;
}

static int write_jwks(json_t *jwk, const char *kid, char **ret_jwks)
{
	struct buf text = BUF_INIT(KEY_MAX);
	json_t *set = NULL;
	int r = json_put_text(jwk, "use", "sig");

	if (r == 0)
		r = json_put_text(jwk, "alg", "RS256");
	if (r == 0)
		r = json_put_text(jwk, "kid", kid);
	if (r == 0)
		set = json_pack("{s:[O]}", "keys", jwk);
	if (r == 0)
		r = set ? json_write(set, &text) : PIMS_E_MEMORY;
	if (r == 0)
		r = text_set(ret_jwks, buf_text(&text));
	json_decref(set);
	buf_free(&text);
	return r;
}

static int describe(struct oidc_keys *keys)
{
	json_t *jwk = public_jwk(keys->signing);
	int r = jwk ? thumbprint(jwk, &keys->kid) : PIMS_E_CRYPTO;

	if (r == 0)
		r = write_jwks(jwk, keys->kid, &keys->jwks);
	json_decref(jwk);
	return r;
}

static int make(const struct seal *seal, const struct env *env, struct buf *ret_sealed)
{
	static const uint8_t exponent[] = {1, 0, 1};
	cjose_jwk_t *key = cjose_jwk_create_RSA_random(RSA_BITS, exponent, sizeof exponent, NULL);
	char *text = key ? cjose_jwk_to_json(key, true, NULL) : NULL;
	int r = text ? seal_value(seal, env, text, strlen(text), ret_sealed) : PIMS_E_CRYPTO;

	if (text)
		secret_wipe(text, strlen(text));
	cjose_get_dealloc()(text);
	if (key)
		cjose_jwk_release(key);
	return r;
}

/* What stands in the store after it is what counts, whoever was first. */
static int make_once(struct store *store, const struct seal *seal, const struct env *env)
{
	struct buf sealed = BUF_INIT(KEY_MAX);
	int r = make(seal, env, &sealed);

	if (r == 0)
		r = store_setting_add(store, SETTING, (const unsigned char *)sealed.data, sealed.len);
	buf_free(&sealed);
	return r == PIMS_E_STATE ? 0 : r;
}

static int import(const struct seal *seal, const unsigned char *sealed, size_t length, struct oidc_keys *keys)
{
	struct buf text = BUF_INIT(KEY_MAX);
	int r = open_value(seal, sealed, length, &text);

	if (r < 0)
		goto out;
	keys->signing = cjose_jwk_import(buf_text(&text), text.len, NULL);
	r = keys->signing && cjose_jwk_get_kty(keys->signing, NULL) == CJOSE_JWK_KTY_RSA ? describe(keys) : PIMS_E_FORMAT;
out:
	buf_free(&text);
	return r;
}

int oidc_keys_load(struct oidc_keys **ret_keys, struct store *store, const struct seal *seal, const struct env *env)
{
	struct oidc_keys *keys = calloc(1, sizeof *keys);
	unsigned char *sealed = NULL;
	size_t length = 0;
	int r = PIMS_E_MEMORY;

	if (!keys)
		return r;
	r = store_setting_get(store, SETTING, &sealed, &length);
	if (r == PIMS_E_NOT_FOUND) {
		r = make_once(store, seal, env);
		if (r == 0)
			r = store_setting_get(store, SETTING, &sealed, &length);
	}
	if (r == 0)
		r = import(seal, sealed, length, keys);
	free(sealed);
	if (r < 0)
		oidc_keys_free(keys);
	else
		*ret_keys = keys;
	return r;
}

static int export_token(cjose_jws_t *jws, struct buf *ret_token)
{
	const char *compact = NULL;

	if (!cjose_jws_export(jws, &compact, NULL))
		return PIMS_E_CRYPTO;
	return buf_puts(ret_token, compact);
}

int oidc_sign(const struct oidc_keys *keys, const json_t *claims, struct buf *ret_token)
{
	struct buf payload = BUF_INIT(TOKEN_MAX);
	cjose_header_t *header = cjose_header_new(NULL);
	cjose_jws_t *jws = NULL;
	int r = PIMS_E_MEMORY;

	if (!header || !cjose_header_set(header, CJOSE_HDR_ALG, CJOSE_HDR_ALG_RS256, NULL) ||
	    !cjose_header_set(header, CJOSE_HDR_KID, keys->kid, NULL) || !cjose_header_set(header, "typ", "JWT", NULL))
		goto out;
	r = json_write(claims, &payload);
	if (r < 0)
		goto out;
	jws = cjose_jws_sign(keys->signing, header, (const uint8_t *)payload.data, payload.len, NULL);
	r = jws ? export_token(jws, ret_token) : PIMS_E_CRYPTO;
out:
	if (jws)
		cjose_jws_release(jws);
	if (header)
		cjose_header_release(header);
	buf_free(&payload);
	return r;
}

/* "none" and the HMAC algorithms must never be looked at with a public key (RFC 8725 §3.1). */
static bool is_ours(const struct oidc_keys *keys, cjose_jws_t *jws)
{
	cjose_header_t *header = cjose_jws_get_protected(jws);

	return header && text_equal(cjose_header_get(header, CJOSE_HDR_ALG, NULL), CJOSE_HDR_ALG_RS256) &&
	       text_equal(cjose_header_get(header, CJOSE_HDR_KID, NULL), keys->kid);
}

/* The compact form (RFC 7515 §7.1) has no padding, and an early '=' ends the process in an assertion of cjose 0.6. */
static bool is_compact(const char *token, size_t length)
{
	return length <= TOKEN_MAX && strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == length;
}

int oidc_verify(const struct oidc_keys *keys, const char *token, json_t **ret_claims)
{
	size_t length = strnlen(token, TOKEN_MAX + 1);
	cjose_jws_t *jws = is_compact(token, length) ? cjose_jws_import(token, length, NULL) : NULL;
	uint8_t *payload = NULL;
	int r = PIMS_E_FORMAT;

	if (!jws)
		return r;
	if (is_ours(keys, jws) && cjose_jws_verify(jws, keys->signing, NULL) && cjose_jws_get_plaintext(jws, &payload, &length, NULL))
		r = json_parse_object((const char *)payload, length, TOKEN_MAX, ret_claims);
	cjose_jws_release(jws);
	return r;
}
