/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/tokens.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/keys.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOKEN_BYTES = 32 };

static int make_one(const struct env *env, char ret_token[TOKEN_SIZE], unsigned char ret_digest[SHA256_SIZE])
{
	unsigned char bytes[TOKEN_BYTES];
	struct buf text = BUF_INIT(TOKEN_SIZE);
	int r = env_random(env, bytes, sizeof bytes);

	if (r == 0)
		r = base64url_encode(bytes, sizeof bytes, &text);
	if (r == 0)
		r = text_copy(ret_token, TOKEN_SIZE, buf_text(&text));
	if (r == 0)
		r = sha256(text.data, text.len, ret_digest);
	secret_wipe(bytes, sizeof bytes);
	buf_free(&text);
	return r;
}

int tokens_make(const struct env *env, int access_seconds, int64_t refresh_seconds, struct issued_tokens *ret_tokens)
{
	struct issued_tokens tokens = {0};
	int64_t now = env_now(env);
	int r = make_one(env, tokens.access, tokens.row.access);

	if (r == 0)
		r = make_one(env, tokens.refresh, tokens.row.refresh);
	if (r == 0) {
		tokens.row.issued = now;
		tokens.row.access_expires = now + (int64_t)access_seconds * 1000;
		tokens.row.refresh_expires = now + refresh_seconds * 1000;
		*ret_tokens = tokens;
	}
	tokens_wipe(&tokens);
	return r;
}

void tokens_wipe(struct issued_tokens *tokens)
{
	secret_wipe(tokens, sizeof *tokens);
}

int token_digest(const char *token, unsigned char ret_digest[32])
{
	size_t length = token ? strnlen(token, TOKEN_PRESENTED_MAX + 1) : 0;

	if (!length || length > TOKEN_PRESENTED_MAX)
		return PIMS_E_FORMAT;
	return sha256(token, length, ret_digest);
}

/* OpenID Connect Core 3.1.3.6: the left half of the digest that belongs to the algorithm */
static int put_at_hash(json_t *object, const char *access_token)
{
	unsigned char digest[SHA256_SIZE];
	struct buf text = BUF_INIT(64);
	int r = sha256(access_token, strlen(access_token), digest);

	if (r == 0)
		r = base64url_encode(digest, sizeof digest / 2, &text);
	if (r == 0)
		r = json_put_text(object, "at_hash", buf_text(&text));
	buf_free(&text);
	return r;
}

int claims_put_person(json_t *object, const char *scope, const struct account *account)
{
	int r = json_put_text(object, "sub", account->subject);

	if (r == 0 && auth_scope_has(scope, "profile"))
		r = json_put_text(object, "preferred_username", account->email);
	if (r == 0 && auth_scope_has(scope, "email"))
		r = json_put_text(object, "email", account->email);
	return r;
}

static int put_times(json_t *object, const struct server *server, const struct session_row *session)
{
	int64_t now = env_now(&server->env) / 1000;
	int r = json_put_int(object, "iat", now);

	if (r == 0)
		r = json_put_int(object, "exp", now + server->settings.access_seconds);
	return r < 0 ? r : json_put_int(object, "auth_time", session->auth_time / 1000);
}

/* RFC 8176 §2; "pop", possession of a key, is of OpenID Connect EAP ACR Values 1.0 §3. */
static int put_level(json_t *object, const struct session_row *session)
{
	bool otp = session->otp_time != 0, passkey = session->passkey_time != 0;
	json_t *methods = json_pack("[s,s*,s*,s*]", "pwd", otp ? "otp" : NULL, passkey ? "pop" : NULL, otp || passkey ? "mfa" : NULL);
	const char *level = otp ? ACR_OTP : ACR_PASSWORD;
	int r = json_put_text(object, "acr", passkey ? ACR_PASSKEY : level);

	return json_object_set_new(object, "amr", methods) != 0 ? PIMS_E_MEMORY : r;
}

/* sid names the session to end_session, which gets this token back (OpenID Connect Front-Channel Logout 1.0 §3). */
static int put_rest(json_t *object, const struct id_claims *claims)
{
	char sid[24];
	int r;

	(void)snprintf(sid, sizeof sid, "%" PRId64, claims->session->id);
	r = json_put_text(object, "sid", sid);
	if (r == 0)
		r = json_put_text(object, "nonce", claims->nonce);
	if (r == 0)
		r = put_at_hash(object, claims->access_token);
	return r < 0 ? r : put_level(object, claims->session);
}

int id_token_make(const struct server *server, const struct id_claims *claims, struct buf *ret_token)
{
	json_t *object = json_object();
	int r = json_put_text(object, "iss", server->settings.issuer);

	if (r == 0)
		r = json_put_text(object, "aud", claims->session->client);
	if (r == 0)
		r = claims_put_person(object, claims->session->scope, claims->account);
	if (r == 0)
		r = put_times(object, server, claims->session);
	if (r == 0)
		r = put_rest(object, claims);
	if (r == 0)
		r = oidc_sign(server->oidc_keys, object, ret_token);
	json_wipe(object);
	return r;
}
