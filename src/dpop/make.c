/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/dpop.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "dpop/jwk.h"
#include "dpop/key.h"
#include "dpop/target.h"

#include <pims/error.h>

#include <openssl/evp.h>
#include <string.h>

/* The half that proves: RFC 9449 §4.2. */

enum { ID_BYTES = 16, URL_MAX = 8192 };

int dpop_token_hash(const char *access_token, char ret_hash[DPOP_THUMBPRINT_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct buf text = BUF_INIT(DPOP_THUMBPRINT_SIZE);
	int r = sha256(access_token, strlen(access_token), digest);

	if (r == 0)
		r = base64url_encode(digest, sizeof digest, &text);
	if (r == 0)
		r = text_copy(ret_hash, DPOP_THUMBPRINT_SIZE, buf_text(&text));
	buf_free(&text);
	return r;
}

static int put_part(const json_t *object, struct buf *proof)
{
	struct buf text = BUF_INIT(DPOP_PROOF_MAX);
	int r = object ? json_write(object, &text) : PIMS_E_MEMORY;

	if (r == 0)
		r = base64url_encode(text.data, text.len, proof);
	buf_free(&text);
	return r;
}

static int put_header(const struct p256 *key, struct buf *proof)
{
	json_t *jwk = jwk_write(key);
	json_t *header = jwk ? json_pack("{s:s, s:s, s:o}", "typ", "dpop+jwt", "alg", DPOP_ALGORITHM, "jwk", jwk) : NULL;
	int r = put_part(header, proof);

	json_decref(header);
	return r;
}

static int put_token(json_t *claims, const char *access_token)
{
	char hash[DPOP_THUMBPRINT_SIZE];
	int r = dpop_token_hash(access_token, hash);

	return r < 0 ? r : json_put_text(claims, "ath", hash);
}

static int put_claims(const struct env *env, const struct dpop_request *request, struct buf *proof)
{
	json_t *claims = json_object();
	struct buf url = BUF_INIT(URL_MAX);
	char id[2 * ID_BYTES + 1];
	int r = target_write(request->url, &url);

	if (r == 0)
		r = env_random_hex(env, id, ID_BYTES);
	if (r == 0)
		r = json_put_text(claims, "jti", id);
	if (r == 0)
		r = json_put_text(claims, "htm", request->method);
	if (r == 0)
		r = json_put_text(claims, "htu", buf_text(&url));
	if (r == 0)
		r = json_put_int(claims, "iat", request->now);
	if (r == 0)
		r = json_put_text(claims, "nonce", request->nonce);
	if (r == 0 && request->access_token)
		r = put_token(claims, request->access_token);
	if (r == 0)
		r = put_part(claims, proof);
	json_decref(claims);
	buf_free(&url);
	return r;
}

static int put_signature(EVP_PKEY *pair, struct buf *proof)
{
	unsigned char signature[P256_SIGNATURE];
	int r = p256_sign(pair, proof->data, proof->len, signature);

	if (r == 0)
		r = buf_putc(proof, '.');
	return r < 0 ? r : base64url_encode(signature, sizeof signature, proof);
}

static int load(struct dpop_key *key, const struct p256 *parts)
{
	if (!key->pair)
		key->pair = p256_load(parts);
	return key->pair ? 0 : PIMS_E_CRYPTO;
}

int dpop_make(struct dpop_key *key, const struct env *env, const struct dpop_request *request, struct buf *ret_proof)
{
	struct buf proof = BUF_INIT(DPOP_PROOF_MAX);
	struct p256 parts = {0};
	int r = key_parts(secret_text(&key->text), &parts);

	if (r == 0)
		r = load(key, &parts);
	if (r == 0)
		r = put_header(&parts, &proof);
	if (r == 0)
		r = buf_putc(&proof, '.');
	if (r == 0)
		r = put_claims(env, request, &proof);
	if (r == 0)
		r = put_signature(key->pair, &proof);
	if (r == 0)
		r = buf_put(ret_proof, proof.data, proof.len);
	secret_wipe(&parts, sizeof parts);
	buf_free(&proof);
	return r;
}
