/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/form_token.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RANDOM_SIZE = 16, RANDOM_HEX = 2 * RANDOM_SIZE };

static int write_token(const struct request *request, const char *text, int64_t seconds, const char *random, char ret_token[FORM_TOKEN_SIZE])
{
	struct buf bound = BUF_INIT(QUERY_MAX_LENGTH + 256);
	unsigned char digest[SEAL_DIGEST_SIZE];
	char hex[2 * SEAL_DIGEST_SIZE + 1];
	int r = buf_printf(&bound, "sign-in form %" PRId64 " %s %s", seconds, random, text);

	if (r == 0)
		r = seal_digest(request_server(request)->seal, buf_text(&bound), digest);
	if (r == 0) {
		hex_encode(digest, sizeof digest, hex);
		(void)snprintf(ret_token, FORM_TOKEN_SIZE, "%" PRId64 ".%s.%s", seconds, random, hex);
	}
	buf_free(&bound);
	return r;
}

int form_token_make(const struct request *request, const char *text, char ret_token[FORM_TOKEN_SIZE])
{
	const struct env *env = &request_server(request)->env;
	char random[RANDOM_HEX + 1];
	int r = env_random_hex(env, random, RANDOM_SIZE);

	return r < 0 ? r : write_token(request, text, env_now(env) / 1000, random, ret_token);
}

static int read_token(const char *token, int64_t *ret_seconds, char ret_random[RANDOM_HEX + 1])
{
	char digits[20];
	size_t length = strcspn(token, ".");
	uint64_t value = 0;
	int r;

	if (length >= sizeof digits || strlen(token + length) <= RANDOM_HEX + 1 || token[length + RANDOM_HEX + 1] != '.')
		return PIMS_E_FORMAT;
	(void)snprintf(ret_random, RANDOM_HEX + 1, "%s", token + length + 1);
	memcpy(digits, token, length);
	digits[length] = '\0';
	r = decimal_parse(digits, INT64_MAX / 1000, &value);
	if (r == 0)
		*ret_seconds = (int64_t)value;
	return r;
}

static int check_token(const struct request *request, const char *token, const char *text)
{
	int64_t seconds = 0, now = env_now(&request_server(request)->env) / 1000;
	char expected[FORM_TOKEN_SIZE], random[RANDOM_HEX + 1];

	if (read_token(token, &seconds, random) < 0 || write_token(request, text, seconds, random, expected) < 0)
		return PIMS_E_STATE;
	if (!secret_equals_text(expected, token))
		return PIMS_E_STATE;
	return seconds <= now + 60 && now - seconds <= FORM_TOKEN_SECONDS ? 0 : PIMS_E_STATE;
}

/* The address that the browser shows is the one it asked us by, or the configured one behind a proxy. */
static bool origin_is_ours(const struct request *request, const char *origin)
{
	const char *host = request_header(request, "Host");
	const char *issuer = request_server(request)->settings.issuer;
	const char *authority = strstr(origin, "://");
	struct url url = {0};
	struct buf ours = BUF_INIT(8192);
	bool same = false;

	if (authority && host && text_equal_nocase(authority + 3, host))
		return true;
	if (url_parse(issuer, &url) == 0 && url_origin(&url, &ours) == 0)
		same = text_equal_nocase(origin, buf_text(&ours));
	url_free(&url);
	buf_free(&ours);
	return same;
}

int form_token_check(const struct request *request, const char *text)
{
	const char *site = request_header(request, "Sec-Fetch-Site");
	const char *origin = request_header(request, "Origin");
	const char *token = query_get(&request->form, "form_token");

	if (site && !text_equal(site, "same-origin") && !text_equal(site, "none"))
		return PIMS_E_INVALID;
	if (origin && !origin_is_ours(request, origin))
		return PIMS_E_INVALID;
	if (token)
		return check_token(request, token, text);
	return site || origin ? PIMS_E_STATE : 0;
}
