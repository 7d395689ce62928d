/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/dpop.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "dpop/dpop.h"
#include "server/oidc/handlers.h"
#include "server/oidc/oauth.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WINDOW_S = 60, NONCE_SIZE = 96 };

_Static_assert((int)PROOF_KEY_SIZE == (int)DPOP_THUMBPRINT_SIZE, "the store keeps whole thumbprints");

/* --- nonces: the time and a keyed digest of it, so that any node knows its siblings' ------------------------------------------------ */

static int write_nonce(const struct request *request, int64_t seconds, char ret_nonce[NONCE_SIZE])
{
	unsigned char digest[SEAL_DIGEST_SIZE];
	char text[64], hex[2 * SEAL_DIGEST_SIZE + 1];
	int r;

	(void)snprintf(text, sizeof text, "DPoP nonce %" PRId64, seconds);
	r = seal_digest(request_server(request)->seal, text, digest);
	if (r < 0)
		return r;
	hex_encode(digest, sizeof digest, hex);
	(void)snprintf(ret_nonce, NONCE_SIZE, "%" PRId64 ".%.32s", seconds, hex);
	return 0;
}

void dpop_offer_nonce(const struct request *request, struct response *response)
{
	char nonce[NONCE_SIZE];

	if (write_nonce(request, env_now(&request_server(request)->env) / 1000, nonce) == 0)
		(void)response_header(response, "DPoP-Nonce", nonce);
}

/* When the nonce was given. PIMS_E_AGAIN: it is not ours, or too old. */
static int read_nonce(const struct request *request, const char *nonce, int64_t now, int64_t *ret_seconds)
{
	char digits[20], expected[NONCE_SIZE];
	size_t length = strcspn(nonce, ".");
	uint64_t value = 0;

	if (length >= sizeof digits)
		return PIMS_E_AGAIN;
	memcpy(digits, nonce, length);
	digits[length] = '\0';
	if (decimal_parse(digits, INT64_MAX / 2000, &value) < 0 || write_nonce(request, (int64_t)value, expected) < 0)
		return PIMS_E_AGAIN;
	if (!secret_equals_text(expected, nonce) || (int64_t)value > now + WINDOW_S || now - (int64_t)value >= DPOP_NONCE_SECONDS)
		return PIMS_E_AGAIN;
	*ret_seconds = (int64_t)value;
	return 0;
}

/* --- the checks: numbers are the items of §4.3 -------------------------------------------------------------------------------------- */

/* 8, 9 */
static bool is_for(const struct request *request, const char *path, const struct dpop_proof *proof)
{
	struct buf url = BUF_INIT(8192);
	bool same;

	same = buf_printf(&url, "%s%s", request_server(request)->settings.issuer, path) == 0 && dpop_same_url(buf_text(&url), proof->url);
	buf_free(&url);
	return same && strcmp(proof->method, request->method) == 0;
}

/* 10, 11; §11.1: remembered for as long as it would be accepted */
static int check_time(const struct request *request, const struct dpop_proof *proof, int64_t *ret_expires)
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env) / 1000, given = 0;
	int r = 0;

	if (proof->nonce)
		r = read_nonce(request, proof->nonce, now, &given);
	else if (server->settings.dpop_nonce || proof->issued > now + WINDOW_S || proof->issued + WINDOW_S < now)
		r = PIMS_E_AGAIN;
	if (r == 0)
		*ret_expires = 1000 * (proof->nonce ? given + DPOP_NONCE_SECONDS : proof->issued + WINDOW_S + 1);
	return r;
}

/* 12 */
static bool has_token(const struct dpop_proof *proof, const char *access_token)
{
	char hash[DPOP_THUMBPRINT_SIZE];

	if (!access_token)
		return true;
	return proof->hash && dpop_token_hash(access_token, hash) == 0 && secret_equals_text(hash, proof->hash);
}

/* An id is the sender's own: two keys may use the same. */
static int mark(const struct dpop_proof *proof, int64_t expires, struct possession *ret_possession)
{
	int r = sha256_join(ret_possession->use.hash, " ", proof->thumbprint, proof->id, NULL);

	ret_possession->use.expires = expires;
	return r < 0 ? r : text_copy(ret_possession->key, sizeof ret_possession->key, proof->thumbprint);
}

int dpop_check(const struct request *request, const char *path, const char *access_token, struct possession *ret_possession)
{
	unsigned count = request_header_count(request, "DPoP");
	struct dpop_proof proof = {0};
	int64_t expires = 0;
	int r;

	if (count != 1) /* 1 */
		return count ? PIMS_E_FORMAT : PIMS_E_NOT_FOUND;
	r = dpop_read(request_header(request, "DPoP"), &proof); /* 2 to 7 */
	if (r < 0)
		return r == PIMS_E_MEMORY ? r : PIMS_E_FORMAT;
	r = is_for(request, path, &proof) && has_token(&proof, access_token) ? check_time(request, &proof, &expires) : PIMS_E_FORMAT;
	if (r == 0)
		r = mark(&proof, expires, ret_possession);
	dpop_proof_free(&proof);
	return r;
}

/* --- endpoints of clients ------------------------------------------------------------------------------------------------------------- */

void dpop_refuse_token(struct response *response)
{
	oauth_error(response, 400, "invalid_dpop_proof", "the DPoP proof is not good, or was used before");
}

int dpop_check_token(const struct request *request, struct response *response, const struct client *client, struct possession *ret_possession)
{
	bool required = client->dpop || request_server(request)->settings.dpop_required;

	if (required && !request_header_count(request, "DPoP")) {
		oauth_error(response, 400, "invalid_dpop_proof", "tokens are bound to a key: a DPoP proof is required");
		return PIMS_E_NOT_FOUND;
	}
	return dpop_check_client(request, response, OIDC_TOKEN_PATH, ret_possession);
}

int dpop_check_client(const struct request *request, struct response *response, const char *path, struct possession *ret_possession)
{
	int r = dpop_check(request, path, NULL, ret_possession);

	if (r == PIMS_E_NOT_FOUND) {
		*ret_possession->key = '\0';
		return 0;
	}
	if (r == PIMS_E_FORMAT) {
		dpop_refuse_token(response);
	} else if (r == PIMS_E_AGAIN) {
		oauth_error(response, 400, "use_dpop_nonce", "the DPoP proof needs the nonce that comes with this answer");
		dpop_offer_nonce(request, response);
	} else if (r < 0) {
		oauth_server_error(response);
	}
	return r;
}
