/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/jwk.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "jose/jwk.h"

#include <pims/error.h>

#include <string.h>

static int encode(const unsigned char bytes[P256_SIZE], char ret_text[DPOP_THUMBPRINT_SIZE])
{
	struct buf text = BUF_INIT(DPOP_THUMBPRINT_SIZE);
	int r = base64url_encode(bytes, P256_SIZE, &text);

	if (r == 0)
		r = text_copy(ret_text, DPOP_THUMBPRINT_SIZE, buf_text(&text));
	buf_free(&text);
	return r;
}

json_t *jwk_write(const struct p256 *key)
{
	char x[DPOP_THUMBPRINT_SIZE], y[DPOP_THUMBPRINT_SIZE];

	if (encode(key->x, x) < 0 || encode(key->y, y) < 0)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256", "x", x, "y", y);
}

/* A sender who shows the private part has no secret any more. */
int jwk_read(const json_t *jwk, const char *algorithm, cjose_jwk_t **ret_key)
{
	cjose_jwk_t *key;

	if (!json_is_object(jwk))
		return PIMS_E_FORMAT;
	key = jwk_is_private(jwk) ? NULL : jwk_load(jwk, algorithm);
	if (!key)
		return PIMS_E_INVALID;
	*ret_key = key;
	return 0;
}

/* RFC 7638 §3: the required members in lexicographic order, without blanks */
int jwk_thumbprint(const json_t *jwk, char ret_thumbprint[DPOP_THUMBPRINT_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct buf canonical = BUF_INIT(DPOP_PROOF_MAX);
	int r;

	if (text_equal(json_text(jwk, "kty"), "RSA"))
		r = buf_printf(&canonical, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", json_text(jwk, "e"), json_text(jwk, "n"));
	else
		r = buf_printf(&canonical, "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", json_text(jwk, "crv"),
			       json_text(jwk, "x"), json_text(jwk, "y"));
	if (r == 0)
		r = sha256(canonical.data, canonical.len, digest);
	if (r == 0)
		r = encode(digest, ret_thumbprint);
	buf_free(&canonical);
	return r;
}
