/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/exchange.h"

#include "base/text.h"
#include "server/oidc/oauth.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <string.h>

/*
 * RFC 8693 §2, the one case that is needed: impersonation, the subject token an access token of the same client, the audience the customer
 * API. What is issued is good for that audience only (server/store/store.h) and ends with its session. That API tells who somebody is: a token that may
 * not read the account here buys none for it.
 */

#define TYPE_ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"

/* An empty parameter counts as absent (RFC 6749 §3.1). */
static const char *parameter(const struct request *request, const char *name)
{
	const char *value = request_parameter(request, name);

	return value && *value ? value : NULL;
}

static const char *request_fault(const struct request *request)
{
	const char *wanted = parameter(request, "requested_token_type");

	if (!parameter(request, "subject_token"))
		return "subject_token is missing";
	if (!text_equal(parameter(request, "subject_token_type"), TYPE_ACCESS_TOKEN))
		return "subject_token_type must be that of an access token";
	if (parameter(request, "actor_token") || parameter(request, "actor_token_type"))
		return "delegation is not supported";
	if (!parameter(request, "audience") && !parameter(request, "resource"))
		return "audience is missing";
	if (wanted && !text_equal(wanted, TYPE_ACCESS_TOKEN))
		return "requested_token_type must be that of an access token";
	return NULL;
}

static bool is_target(const struct request *request)
{
	if (parameter(request, "resource"))
		return false;
	return text_equal(parameter(request, "audience"), request_server(request)->settings.customer_audience);
}

static void answer(struct response *response, const struct issued_tokens *tokens, bool bound, int seconds)
{
	response_json(response, 200, json_pack("{s:s, s:s, s:s, s:i}", "access_token", tokens->access, "issued_token_type", TYPE_ACCESS_TOKEN,
					       "token_type", bound ? "DPoP" : "Bearer", "expires_in", seconds));
	no_store(response);
}

/* RFC 8693 §2.2.2: an unacceptable subject token makes the request invalid */
static void refuse(struct response *response, int r)
{
	if (r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT)
		oauth_error(response, 400, "invalid_request",
			    "the subject token is unknown, expired, revoked, another client's, bound to another key, "
			    "or without the scope pims.account");
	else if (r == PIMS_E_INVALID)
		dpop_refuse_token(response);
	else
		oauth_server_error(response);
}

static void issue(const struct token_request *request)
{
	const struct server *server = request_server(request->request);
	const struct possession *possession = *request->possession.key ? &request->possession : NULL;
	int seconds = server->settings.access_seconds;
	struct issued_tokens tokens = {0};
	struct audience_token token = {
		.audience = server->settings.customer_audience, .bound = token_is_bound(request), .scope = "pims.account",
		.only_bound = server->settings.dpop_required};
	unsigned char subject[32];
	int r = token_digest(parameter(request->request, "subject_token"), subject);

	if (possession) {
		token.proved = possession->key;
		token.proof = &possession->use;
	}
	if (r == 0)
		r = tokens_make(&server->env, seconds, seconds, &tokens);
	if (r == 0) {
		memcpy(token.hash, tokens.row.access, sizeof token.hash);
		token.expires = tokens.row.access_expires;
		r = store_audience_add(server->store, subject, request->client.id, &token, env_now(&server->env));
	}
	if (r == 0)
		answer(request->response, &tokens, token.bound, seconds);
	else
		refuse(request->response, r);
	tokens_wipe(&tokens);
}

void grant_exchange(const struct token_request *token)
{
	const char *fault = request_fault(token->request);

	if (fault)
		oauth_error(token->response, 400, "invalid_request", fault);
	else if (!is_target(token->request))
		oauth_error(token->response, 400, "invalid_target", "the audience is not one that this server gives tokens for");
	else if (parameter(token->request, "scope"))
		oauth_error(token->response, 400, "invalid_scope", "a token for this audience has no scope");
	else
		issue(token);
}
