/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/client.h"
#include "server/oidc/dpop.h"
#include "server/oidc/exchange.h"
#include "server/oidc/handlers.h"
#include "server/oidc/oauth.h"
#include "server/oidc/token.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* RFC 6749 §3.2, at the live service's path and with its leniency: parameters in the body or in the query string (spec/wire.md §2). */

enum { VERIFIER_MIN = 43, VERIFIER_MAX = 128, ID_TOKEN_MAX = 16384 };

static void invalid_grant(struct response *response, const char *description)
{
	oauth_error(response, 400, "invalid_grant", description);
}

/* --- the answer ------------------------------------------------------------------------------------------------------------------ */

static int put_id_token(json_t *object, const struct server *server, const struct id_claims *claims)
{
	struct buf token = BUF_INIT(ID_TOKEN_MAX);
	int r = 0;

	if (auth_scope_has(claims->session->scope, "openid")) {
		r = id_token_make(server, claims, &token);
		if (r == 0)
			r = json_put_text(object, "id_token", buf_text(&token));
	}
	buf_free(&token);
	return r;
}

static int put_tokens(json_t *object, const struct server *server, const struct issued_tokens *tokens, const char *scope)
{
	int r = json_put_text(object, "access_token", tokens->access);

	if (r == 0)
		r = json_put_text(object, "refresh_token", tokens->refresh);
	if (r == 0)
		r = json_put_text(object, "token_type", *tokens->row.access_key ? "DPoP" : "Bearer");
	if (r == 0)
		r = json_put_int(object, "expires_in", server->settings.access_seconds);
	return r < 0 ? r : json_put_text(object, "scope", scope);
}

/* `nonce`: of the authorization request; a renewed id_token has none (OpenID Connect Core 12.2). */
static void answer(const struct token_request *token, const struct session_row *session, const struct issued_tokens *tokens, const char *nonce)
{
	const struct server *server = request_server(token->request);
	struct account account = {0};
	struct id_claims claims = {.session = session, .account = &account, .nonce = nonce, .access_token = tokens->access};
	json_t *object = json_object();
	int r = store_account_by_id(server->store, session->account, &account);

	if (r == 0)
		r = put_tokens(object, server, tokens, session->scope);
	if (r == 0)
		r = put_id_token(object, server, &claims);
	if (r == 0) {
		response_json(token->response, 200, object);
		no_store(token->response);
	} else {
		json_wipe(object);
		oauth_server_error(token->response);
	}
	account_free(&account);
}

bool token_is_bound(const struct token_request *token)
{
	const char *wanted = request_parameter(token->request, "openpims_token_type");

	bool required = token->client.dpop || request_server(token->request)->settings.dpop_required;

	return *token->possession.key && (required || !wanted || !text_equal_nocase(wanted, "Bearer"));
}

/*
 * RFC 9449 §5: a public client's refresh tokens are bound to the key that is proved; another client has to prove itself anyway. So is the access token,
 * unless the client says that others shall use it, who have no key.
 */
static void bind_tokens(const struct token_request *token, struct token_pair *tokens)
{
	const struct possession *possession = &token->possession;

	if (!*possession->key)
		return;
	tokens->proof = &possession->use;
	if (token_is_bound(token))
		memcpy(tokens->access_key, possession->key, sizeof tokens->access_key);
	if (client_is_public(&token->client))
		memcpy(tokens->session_key, possession->key, sizeof tokens->session_key);
}

static int make_tokens(const struct token_request *token, struct issued_tokens *ret_tokens)
{
	const struct server *server = request_server(token->request);
	int r = tokens_make(&server->env, server->settings.access_seconds, server->settings.refresh_seconds, ret_tokens);

	if (r == 0) {
		ret_tokens->row.session_ms = (int64_t)server->settings.session_seconds * 1000;
		bind_tokens(token, &ret_tokens->row);
	}
	return r;
}

/* What the store says of a grant that buys nothing. */
static void refuse(const struct token_request *token, int r, const char *description)
{
	if (r == PIMS_E_INVALID)
		dpop_refuse_token(token->response);
	else if (r == PIMS_E_LIMIT)
		oauth_error(token->response, 400, "invalid_scope", "the session has no such scope");
	else if (r == PIMS_E_NOT_FOUND || r == PIMS_E_STATE || r == PIMS_E_FORMAT)
		invalid_grant(token->response, description);
	else
		oauth_server_error(token->response);
}

/* --- grant_type=authorization_code ------------------------------------------------------------------------------------------------- */

static bool verifier_valid(const char *verifier)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t length = strnlen(verifier, VERIFIER_MAX + 1);

	return length >= VERIFIER_MIN && length <= VERIFIER_MAX && strspn(verifier, alphabet) == length;
}

static bool verifier_matches(const char *challenge, const char *verifier)
{
	unsigned char digest[SHA256_SIZE];
	struct buf text = BUF_INIT(64);
	bool match;

	match = verifier_valid(verifier) && sha256(verifier, strlen(verifier), digest) == 0 &&
		base64url_encode(digest, sizeof digest, &text) == 0 && secret_equals_text(challenge, buf_text(&text));
	buf_free(&text);
	return match;
}

/* A verifier without a challenge means that somebody took the challenge out of the authorization request (RFC 9700 §2.1.1). */
static const char *verifier_fault(const struct request *request, const struct auth_code *code)
{
	const char *verifier = request_parameter(request, "code_verifier");
	bool given = verifier && *verifier;

	if (!code->code_challenge)
		return given ? "code_verifier without a code_challenge" : NULL;
	if (!given)
		return "code_verifier is missing";
	return verifier_matches(code->code_challenge, verifier) ? NULL : "code_verifier does not match";
}

static const char *code_fault(const struct token_request *token, const struct auth_code *code)
{
	if (!text_equal(code->client, token->client.id))
		return "the code was issued to another client";
	if (!text_equal(request_parameter(token->request, "redirect_uri"), code->redirect_uri))
		return "redirect_uri differs from the authorization request";
	if (*code->key && !text_equal(code->key, token->possession.key)) /* RFC 9449 §10 */
		return "the code was asked for with the dpop_jkt of another key";
	return verifier_fault(token->request, code);
}

static void open_session(const struct token_request *token, const struct auth_code *code)
{
	struct session_row session = {
		.account = code->account, .client = code->client, .scope = code->scope, .nonce = code->nonce, .auth_time = code->auth_time,
		.otp_time = code->otp_time,
		.passkey_time = code->passkey_time};
	struct issued_tokens tokens = {0};
	int r = make_tokens(token, &tokens);

	if (r == 0)
		r = store_session_add(request_server(token->request)->store, &session, code->hash, &tokens.row, &session.id);
	if (r == 0)
		answer(token, &session, &tokens, code->nonce);
	else
		refuse(token, r, "the code was used twice, or its account is gone");
	tokens_wipe(&tokens);
}

static void use_code(const struct token_request *token, const struct auth_code *code)
{
	const char *fault = code_fault(token, code);

	if (fault)
		invalid_grant(token->response, fault);
	else
		open_session(token, code);
}

/*
 * The code is used up whatever comes of it: a wrong guess at the verifier is not repeated with the same code. Used a second time,
 * it ends the session that it opened (RFC 6749 §4.1.2).
 */
static void grant_code(const struct token_request *token)
{
	const struct server *server = request_server(token->request);
	const char *text = request_parameter(token->request, "code");
	struct auth_code code = {0};
	unsigned char hash[SHA256_SIZE];
	int r = token_digest(text, hash);

	if (r == 0)
		r = store_code_consume(server->store, hash, env_now(&server->env), &code);
	if (r == 0)
		use_code(token, &code);
	else if (!text || !*text)
		oauth_error(token->response, 400, "invalid_request", "code is missing");
	else
		refuse(token, r, "the code is unknown, expired or used");
	auth_code_free(&code);
}

/* --- grant_type=refresh_token ------------------------------------------------------------------------------------------------------ */

/*
 * RFC 6749 §6: the access token gets what the request names, and the session stays as it is. PIMS_E_LIMIT: that is more than it has. What is not known is
 * passed over, as in the authorization request: clients send here what they sent there.
 */
static int narrow(const struct token_request *token, const unsigned char refresh[SHA256_SIZE], struct token_pair *tokens, char ret_scope[SCOPE_SIZE])
{
	const char *wanted = request_parameter(token->request, "scope");
	struct session_row session = {0};
	int r;

	if (!wanted || !*wanted)
		return 0;
	r = store_refresh_find(request_server(token->request)->store, refresh, token->client.id, &session);
	if (r < 0)
		return r;
	auth_scope_filter(wanted, session.scope, ret_scope);
	if (!*ret_scope || !auth_scope_within(wanted, token->client.scope, session.scope))
		r = PIMS_E_LIMIT;
	tokens->scope = ret_scope;
	session_row_free(&session);
	return r;
}

static void grant_refresh(const struct token_request *token)
{
	const struct server *server = request_server(token->request);
	const char *text = request_parameter(token->request, "refresh_token");
	struct session_row session = {0};
	struct issued_tokens tokens = {0};
	unsigned char hash[SHA256_SIZE];
	char scope[SCOPE_SIZE];
	int r = token_digest(text, hash);

	if (r == 0)
		r = make_tokens(token, &tokens);
	if (r == 0)
		r = narrow(token, hash, &tokens.row, scope);
	if (r == 0)
		r = store_refresh_rotate(server->store, hash, token->client.id, &tokens.row, env_now(&server->env), &session);
	if (r == 0 && tokens.row.scope)
		r = text_set(&session.scope, scope);
	if (r == 0)
		answer(token, &session, &tokens, NULL);
	else if (!text || !*text)
		oauth_error(token->response, 400, "invalid_request", "refresh_token is missing");
	else
		refuse(token, r, "the refresh token is unknown, expired, revoked, used, or bound to another key: the user has to sign in again");
	session_row_free(&session);
	tokens_wipe(&tokens);
}

static void choose(const struct token_request *token)
{
	const char *grant = request_parameter(token->request, "grant_type");

	if (!grant || !*grant)
		oauth_error(token->response, 400, "invalid_request", "grant_type is missing");
	else if (text_equal(grant, "authorization_code"))
		grant_code(token);
	else if (text_equal(grant, "refresh_token"))
		grant_refresh(token);
	else if (text_equal(grant, GRANT_TOKEN_EXCHANGE) && token->client.no_exchange)
		oauth_error(token->response, 400, "unauthorized_client", "this client may not exchange tokens (pimsd client add --exchange)");
	else if (text_equal(grant, GRANT_TOKEN_EXCHANGE))
		grant_exchange(token);
	else
		oauth_error(token->response, 400, "unsupported_grant_type", "this grant_type is not supported");
}

void oidc_token(struct request *request, struct response *response)
{
	struct token_request token = {.request = request, .response = response};

	if (client_authenticate(request, response, &token.client) < 0)
		return;
	if (dpop_check_token(request, response, &token.client, &token.possession) == 0)
		choose(&token);
	client_free(&token.client);
}
