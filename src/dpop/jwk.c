/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/jwk.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"

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

static int decode(const json_t *jwk, const char *name, unsigned char ret_bytes[P256_SIZE])
{
	const char *text = json_text(jwk, name);
	size_t length = 0;

	if (!text || base64url_decode(text, strlen(text), ret_bytes, P256_SIZE, &length) < 0 || length != P256_SIZE)
		return PIMS_E_FORMAT;
	return 0;
}

/* RFC 7518 §6.2.2, §6.3.2, §6.4: a sender who shows these has no secret any more. */
static bool is_private(const json_t *jwk)
{
	static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_object_get(jwk, names[i]))
			return true;
	return false;
}

int jwk_read(const json_t *jwk, struct p256 *ret_key)
{
	struct p256 key = {0};
	int r;

	if (!json_is_object(jwk))
		return PIMS_E_FORMAT;
	if (is_private(jwk) || !text_equal(json_text(jwk, "kty"), "EC") || !text_equal(json_text(jwk, "crv"), "P-256"))
		return PIMS_E_INVALID;
	r = decode(jwk, "x", key.x);
	if (r == 0)
		r = decode(jwk, "y", key.y);
	if (r == 0)
		*ret_key = key;
	return r;
}

/* RFC 7638 §3: the required members in lexicographic order, without blanks */
int jwk_thumbprint(const struct p256 *key, char ret_thumbprint[DPOP_THUMBPRINT_SIZE])
{
	char x[DPOP_THUMBPRINT_SIZE], y[DPOP_THUMBPRINT_SIZE];
	unsigned char digest[SHA256_SIZE];
	struct buf canonical = BUF_INIT(256);
	int r = encode(key->x, x);

	if (r == 0)
		r = encode(key->y, y);
	if (r == 0)
		r = buf_printf(&canonical, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
	if (r == 0)
		r = sha256(canonical.data, canonical.len, digest);
	if (r == 0)
		r = encode(digest, ret_thumbprint);
	buf_free(&canonical);
	return r;
}
