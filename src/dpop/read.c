/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/dpop.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "dpop/jwk.h"
#include "jose/jwk.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* The half that checks. Numbers are the items of RFC 9449 §4.3. */

enum { METHOD_MAX = 32, URL_MAX = 4096, HASH_MAX = 64 };

static const int64_t time_max = INT64_C(253402300799); /* year 9999: sums cannot overflow */

/* Two of the three parts of the compact form (RFC 7515 §7.1). */
struct parts {
	const char *header, *claims;
	size_t header_length, claims_length;
};

void dpop_proof_free(struct dpop_proof *proof)
{
	if (!proof)
		return;
	free(proof->id);
	free(proof->method);
	free(proof->url);
	free(proof->hash);
	free(proof->nonce);
	*proof = (struct dpop_proof){0};
}

static int cut(const char *text, struct parts *ret_parts)
{
	const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;

	if (!second || strnlen(text, DPOP_PROOF_MAX + 1) > DPOP_PROOF_MAX)
		return PIMS_E_FORMAT;
	*ret_parts = (struct parts){.header = text, .claims = first + 1};
	ret_parts->header_length = (size_t)(first - text);
	ret_parts->claims_length = (size_t)(second - first - 1);
	return 0;
}

static int decode(const char *part, size_t length, json_t **ret_object)
{
	char bytes[DPOP_PROOF_MAX];
	size_t size = 0;
	int r = base64url_decode(part, length, bytes, sizeof bytes, &size);

	return r < 0 ? r : json_parse_object(bytes, size, sizeof bytes, ret_object);
}

/* 4 to 7; "crit" names extensions that must be understood, and we know none (RFC 7515 §4.1.11) */
static int read_header(const json_t *header, cjose_jwk_t **ret_key)
{
	const char *type = json_text(header, "typ");

	if (!type || !text_equal_nocase(type, "dpop+jwt") || json_object_get(header, "crit") || json_object_get(header, "b64"))
		return PIMS_E_INVALID;
	return jwk_read(json_object_get(header, "jwk"), json_text(header, "alg"), ret_key);
}

static int take_key(const char *text, const struct parts *parts, struct dpop_proof *proof)
{
	json_t *header = NULL;
	cjose_jwk_t *key = NULL;
	int r = decode(parts->header, parts->header_length, &header);

	if (r == 0)
		r = read_header(header, &key);
	if (r == 0)
		r = jwk_verify(key, text, strlen(text));
	if (r == 0)
		r = jwk_thumbprint(json_object_get(header, "jwk"), proof->thumbprint);
	cjose_jwk_release(key);
	json_decref(header);
	return r;
}

/* A fraction of a second is allowed (RFC 7519 §2). */
static int read_time(const json_t *value, int64_t *ret_time)
{
	double time = json_number_value(value);

	if (!json_is_number(value) || !(time >= 0 && time <= (double)time_max))
		return PIMS_E_FORMAT;
	*ret_time = (int64_t)time;
	return 0;
}

/* 3 */
static int read_claims(const json_t *claims, struct dpop_proof *proof)
{
	int r = json_copy_text(claims, "jti", DPOP_ID_MAX, &proof->id);

	if (r == 0)
		r = json_copy_text(claims, "htm", METHOD_MAX, &proof->method);
	if (r == 0)
		r = json_copy_text(claims, "htu", URL_MAX, &proof->url);
	if (r == 0)
		r = json_copy_text(claims, "ath", HASH_MAX, &proof->hash);
	if (r == 0)
		r = json_copy_text(claims, "nonce", DPOP_NONCE_MAX, &proof->nonce);
	if (r == 0)
		r = read_time(json_object_get(claims, "iat"), &proof->issued);
	if (r == 0 && (!proof->id || !*proof->id || !proof->method || !proof->url))
		r = PIMS_E_FORMAT;
	return r;
}

int dpop_read(const char *text, struct dpop_proof *ret_proof)
{
	struct dpop_proof proof = {0};
	json_t *claims = NULL;
	struct parts parts;
	int r = cut(text, &parts);

	if (r == 0)
		r = take_key(text, &parts, &proof);
	if (r == 0)
		r = decode(parts.claims, parts.claims_length, &claims);
	if (r == 0)
		r = read_claims(claims, &proof);
	json_decref(claims);
	if (r < 0)
		dpop_proof_free(&proof);
	else
		*ret_proof = proof;
	return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
}
