/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/account/otp.h"
#include "server/account/rest.h"
#include "server/oidc/oauth.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdio.h>

/*
 * The exchange of an OTP for a remote token, as at the live service (spec/wire.md §3): JSON in, OAuth2's answers out. The caller's
 * access token says whose OTP it is.
 */

enum { REMOTE_ACCESS_SECONDS = 900, REMOTE_REFRESH_SECONDS = 7 * 86400 };

static void answer(struct response *response, const struct issued_tokens *tokens, bool with_refresh)
{
	json_t *object = json_pack("{s:s, s:s, s:i}", "access_token", tokens->access, "token_type", "Bearer", "expires_in",
				   REMOTE_ACCESS_SECONDS);

	if (with_refresh && json_put_text(object, "refresh_token", tokens->refresh) < 0) {
		json_wipe(object);
		object = NULL;
	}
	response_json(response, 200, object);
	no_store(response);
}

static void refuse(struct response *response, int r, int retry_after)
{
	char wait[16];

	if (r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT) {
		oauth_error(response, 400, "invalid_grant", "wrong, used, revoked or expired");
	} else if (r == PIMS_E_LIMIT && retry_after == OTP_WITH_PIN) {
		oauth_error(response, 403, "invalid_grant", "too many wrong one-time passwords in a row: get one with the PIN");
	} else if (r == PIMS_E_LIMIT) {
		oauth_error(response, 429, "invalid_grant", "too many wrong one-time passwords");
		(void)snprintf(wait, sizeof wait, "%d", retry_after);
		(void)response_header(response, "Retry-After", wait);
	} else {
		oauth_server_error(response);
	}
}

static void grant_password(const struct server *server, struct response *response, const struct account *account, const char *otp)
{
	struct issued_tokens tokens = {0};
	struct otp_check check = {.account = account->id, .otp = otp, .presenter = "", .tokens = &tokens.row};
	int retry_after = -1;
	int r = tokens_make(&server->env, REMOTE_ACCESS_SECONDS, REMOTE_REFRESH_SECONDS, &tokens);

	if (r == 0)
		r = otp_accept(server, &check, &retry_after);
	if (r == 0)
		answer(response, &tokens, true);
	else
		refuse(response, r, retry_after);
	tokens_wipe(&tokens);
}

/* The refresh token stays as it is: the clients of the live service do not expect another one. */
static void grant_refresh(const struct server *server, struct response *response, const struct account *account, const char *refresh)
{
	struct issued_tokens tokens = {0};
	unsigned char digest[32];
	int r = token_digest(refresh, digest);

	if (r == 0)
		r = tokens_make(&server->env, REMOTE_ACCESS_SECONDS, REMOTE_REFRESH_SECONDS, &tokens);
	if (r == 0)
		r = store_remote_refresh(server->store, account->id, digest, tokens.row.access, tokens.row.access_expires,
					 env_now(&server->env));
	if (r == 0)
		answer(response, &tokens, false);
	else
		refuse(response, r, -1);
	tokens_wipe(&tokens);
}

static void grant(const struct server *server, struct response *response, const struct account *account, const json_t *body)
{
	const char *type = json_text(body, "grant_type");
	const char *otp = json_text(body, "password");
	const char *refresh = json_text(body, "refresh_token");

	if (!type)
		oauth_error(response, 400, "invalid_request", "the body is a JSON object with the string grant_type");
	else if (text_equal(type, "password") && otp)
		grant_password(server, response, account, otp);
	else if (text_equal(type, "refresh_token") && refresh)
		grant_refresh(server, response, account, refresh);
	else if (text_equal(type, "password") || text_equal(type, "refresh_token"))
		oauth_error(response, 400, "invalid_request", "password or refresh_token is missing");
	else
		oauth_error(response, 400, "unsupported_grant_type", "password and refresh_token are supported");
}

void account_remote_token(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	json_t *body;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	body = request_json(request);
	grant(request_server(request), response, &account, body);
	json_wipe(body);
	session_row_free(&session);
	account_free(&account);
}
