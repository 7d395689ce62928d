/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "dpop/dpop.h"
#include "jose/jwk.h"
#include "server/account/scopes.h"
#include "server/external/external.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/dpop.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The one way into every resource: the access token in the header (RFC 6750 §2.1), with its proof when it is bound (RFC 9449 §7). */

#define REALM "realm=\"openpims\""

enum scheme { SCHEME_NONE, SCHEME_BEARER, SCHEME_DPOP };

/* What a request presents. */
struct presented {
	enum scheme scheme;
	const char *token;
	struct possession possession; /**< SCHEME_DPOP */
	const char *scope; /**< that the call needs */
	bool only_bound;   /**< unbound tokens open nothing (--dpop-required) */
};

/* What a challenge tells (RFC 6750 §3). All NULL: nothing was presented. */
struct reason {
	const char *error, *description, *scope, *level;
};

static bool take_scheme(const char *header, const char *name, const char **ret_token)
{
	size_t length = strlen(name);

	if (strncasecmp(header, name, length) != 0 || header[length] != ' ')
		return false;
	*ret_token = header + length + strspn(header + length, " ");
	return true;
}

static void read_scheme(const struct request *request, struct presented *presented)
{
	const char *header = request_header_count(request, "Authorization") == 1 ? request_header(request, "Authorization") : NULL;

	if (header && take_scheme(header, "Bearer", &presented->token))
		presented->scheme = SCHEME_BEARER;
	else if (header && take_scheme(header, "DPoP", &presented->token))
		presented->scheme = SCHEME_DPOP;
}

static void put_parameter(char *text, size_t size, const char *name, const char *value)
{
	size_t length = strlen(text);

	if (value)
		(void)snprintf(text + length, size - length, ", %s=\"%s\"", name, value);
}

/* A challenge of each scheme that there is; the reason stands in the one that was used (RFC 9449 §7.1, §7.2). */
static void challenge(struct response *response, const struct presented *presented, const struct reason *reason)
{
	char line[640], with[448] = "";
	bool dpop = presented->scheme == SCHEME_DPOP || presented->only_bound;

	if (presented->scheme) {
		put_parameter(with, sizeof with, "error", reason->error);
		put_parameter(with, sizeof with, "error_description", reason->description);
		put_parameter(with, sizeof with, "scope", reason->scope);
		put_parameter(with, sizeof with, "acr_values", reason->level);
	}
	(void)snprintf(line, sizeof line, "Bearer " REALM "%s", dpop ? "" : with);
	if (!dpop)
		(void)response_header(response, "WWW-Authenticate", line);
	(void)snprintf(line, sizeof line, "DPoP " REALM ", algs=\"" JOSE_ALGORITHMS "\"%s", dpop ? with : "");
	(void)response_header(response, "WWW-Authenticate", line);
}

/* The gateway's form of 401 (spec/wire.md §2). */
static void put_unauthorized(struct response *response)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s}", "httpCode", "401", "httpMessage", "Unauthorized", "moreInformation", "Token is invalid");

	response_json(response, 401, object);
}

static void fail(struct response *response)
{
	response_problem(response, 500, "server.failed", "The server failed", -1, -1);
}

/* With what RFC 6750 §3 adds for clients that read it. */
static void refuse(struct response *response, const struct presented *presented, const char *error, const char *description)
{
	put_unauthorized(response);
	challenge(response, presented, &(struct reason){.error = error, .description = description});
	(void)response_header(response, "Cache-Control", "no-store");
}

/* RFC 6750 §2: only the header is read. A token in an address is one in logs and histories, and who sends it there shall learn so at once. */
static bool is_misplaced(const struct request *request)
{
	return query_get(&request->query, "access_token") || query_get(&request->form, "access_token");
}

static void refuse_misplaced(struct response *response)
{
	response_problem(response, 400, "request.token", "An access token belongs into the header Authorization", -1, -1);
	(void)response_header(response, "WWW-Authenticate", "Bearer realm=\"openpims\", error=\"invalid_request\"");
}

/* --- proofs --------------------------------------------------------------------------------------------------------------------------- */

/* The key whose possession was proved, or NULL. */
static const char *proved_key(const struct presented *presented)
{
	return presented->scheme == SCHEME_DPOP ? presented->possession.key : NULL;
}

/* For a token that is good: strangers' proofs are not remembered. PIMS_E_INVALID: it was used before. */
static int use_proof(const struct server *server, const struct presented *presented)
{
	return presented->scheme == SCHEME_DPOP ? store_proof_use(server->store, &presented->possession.use) : 0;
}

static void refuse_proof(struct request *request, struct response *response, const struct presented *presented, int r)
{
	if (r == PIMS_E_AGAIN) {
		refuse(response, presented, "use_dpop_nonce", NULL);
		dpop_offer_nonce(request, response);
	} else {
		refuse(response, presented, "invalid_dpop_proof", NULL);
	}
}

static int prove(const struct request *request, struct presented *presented)
{
	int r;

	if (presented->scheme != SCHEME_DPOP)
		return presented->only_bound ? PIMS_E_NOT_FOUND : 0;
	r = dpop_check(request, request->path, presented->token, &presented->possession);
	return r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT ? PIMS_E_INVALID : r;
}

/* --- our own tokens ------------------------------------------------------------------------------------------------------------------- */

/* A token that is bound is not found without its key, nor an unbound one with a key: neither counts as used. PIMS_E_LIMIT: the scope is another. */
static int find(const struct server *server, const struct presented *presented, struct session_row *ret_session, struct account *ret_account)
{
	unsigned char digest[32];
	int r = token_digest(presented->token, digest);

	if (r == 0)
		r = store_access_find(server->store, digest, proved_key(presented), env_now(&server->env), ret_session);
	if (r == 0)
		r = store_account_by_id(server->store, ret_session->account, ret_account);
	if (r == 0 && ret_account->blocked)
		r = PIMS_E_NOT_FOUND;
	if (r == 0 && !auth_scope_has(ret_session->scope, presented->scope))
		r = PIMS_E_LIMIT;
	return r < 0 ? r : use_proof(server, presented);
}

/* --- tokens of another provider ------------------------------------------------------------------------------------------------------- */

/* RFC 6750 §3.1 */
static void refuse_scope(struct response *response, const struct presented *presented, const char *scope)
{
	response_problem(response, 403, "oauth.insufficient_scope", "The token was issued without the scope that is needed here", -1, -1);
	challenge(response, presented, &(struct reason){.error = "insufficient_scope", .scope = scope});
	(void)response_header(response, "Cache-Control", "no-store");
}

/* Beside the gateway's form. The description is a literal of ours. */
static void refuse_external(struct response *response, const struct presented *presented, const struct external_refusal *refusal,
			    const char *scope)
{
	if (refusal->kind == EXTERNAL_INVALID) {
		refuse(response, presented, "invalid_token", refusal->description);
		return;
	}
	if (refusal->kind == EXTERNAL_SCOPE) {
		refuse_scope(response, presented, scope);
		return;
	}
	response_problem(response, 503, "identity.unavailable", "The provider that people sign in at cannot be asked", refusal->retry_after, -1);
	(void)response_header(response, "Cache-Control", "no-store");
}

static int open_account(const struct server *server, const struct external_identity *identity, struct session_row *ret_session,
			struct account *ret_account)
{
	struct session_row session = {0};
	int r = 0;

	if (text_set(&session.client, identity->client ? identity->client : "") < 0 ||
	    text_set(&session.scope, identity->scope ? identity->scope : "") < 0)
		r = PIMS_E_MEMORY;
	if (r == 0)
		r = store_account_external(server->store, server->settings.external.issuer, identity->subject, identity->name,
					   env_now(&server->env), ret_account);
	if (r < 0) {
		session_row_free(&session);
		return r;
	}
	session.account = ret_account->id;
	*ret_session = session;
	return 0;
}

/* Only an operator can help here, so no 401, at which a client would sign in again and again. */
static void refuse_blocked(struct response *response)
{
	response_problem(response, 403, "account.blocked", "The operator has blocked the account", -1, -1);
	(void)response_header(response, "Cache-Control", "no-store");
}

/* The proof first: one that comes again makes no account. */
static int use_external(struct request *request, struct response *response, const struct presented *presented,
			const struct external_identity *identity, struct session_row *ret_session, struct account *ret_account)
{
	const struct server *server = request_server(request);
	int r = use_proof(server, presented);

	if (r == PIMS_E_INVALID) {
		refuse_proof(request, response, presented, r);
		return r;
	}
	if (r == 0)
		r = open_account(server, identity, ret_session, ret_account);
	if (r < 0) {
		fail(response);
	} else if (ret_account->blocked) {
		refuse_blocked(response);
		session_row_free(ret_session);
		account_free(ret_account);
		r = PIMS_E_STATE;
	}
	return r;
}

/* A token that names none of our scopes is of a provider that knows none: it opens every call. */
static bool may_call(const char *scope, const char *needed)
{
	return auth_scope_has(scope, needed) || !auth_scope_names_calls(scope);
}

/* On failure the response is filled. */
static int find_external(struct request *request, struct response *response, const struct presented *presented, struct session_row *ret_session,
			 struct account *ret_account)
{
	const struct server *server = request_server(request);
	struct external_identity identity = {0};
	struct external_refusal refusal = {0};
	int r = external_identify(server->external, presented->token, proved_key(presented), &identity, &refusal);

	if (r == 0 && !may_call(identity.scope, presented->scope)) {
		refuse_scope(response, presented, presented->scope);
		r = PIMS_E_LIMIT;
	} else if (r == 0) {
		r = use_external(request, response, presented, &identity, ret_session, ret_account);
	} else if (r == PIMS_E_STATE) {
		refuse_external(response, presented, &refusal, server->settings.external.scope);
	} else {
		fail(response);
	}
	external_identity_free(&identity);
	return r;
}

/* --- both ----------------------------------------------------------------------------------------------------------------------------- */

void authenticate_step_up(const struct request *request, struct response *response, const char *level)
{
	struct presented presented = {.only_bound = request_server(request)->settings.dpop_required};

	read_scheme(request, &presented);
	response_problem(response, 401, "oauth.insufficient_user_authentication", "Sign in again for this, as acr_values says", -1, -1);
	challenge(response, &presented, &(struct reason){.error = "insufficient_user_authentication", .level = level});
	(void)response_header(response, "Cache-Control", "no-store");
}

int authenticate(struct request *request, struct response *response, struct session_row *ret_session, struct account *ret_account)
{
	const struct server *server = request_server(request);
	struct session_row session = {0};
	struct account account = {0};
	struct presented presented = {0};
	int r;

	if (is_misplaced(request)) {
		refuse_misplaced(response);
		return PIMS_E_INVALID;
	}
	presented.scope = call_scope(request);
	if (!presented.scope) {
		fail(response);
		return PIMS_E_STATE;
	}
	presented.only_bound = server->settings.dpop_required;
	read_scheme(request, &presented);
	r = presented.scheme ? prove(request, &presented) : PIMS_E_NOT_FOUND;
	if (r == 0 && server->external)
		return find_external(request, response, &presented, ret_session, ret_account);
	if (r == 0)
		r = find(server, &presented, &session, &account);
	if (r == 0) {
		*ret_session = session;
		*ret_account = account;
		return 0;
	}
	session_row_free(&session);
	account_free(&account);
	if (r == PIMS_E_INVALID || r == PIMS_E_AGAIN)
		refuse_proof(request, response, &presented, r);
	else if (r == PIMS_E_LIMIT)
		refuse_scope(response, &presented, presented.scope);
	else if (r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT)
		refuse(response, &presented, "invalid_token", presented.only_bound && presented.scheme == SCHEME_BEARER
			       ? "this server takes tokens that are bound to a key, with DPoP and a proof"
			       : "it is unknown, expired or revoked, or bound to a key and wants DPoP with a proof");
	else
		fail(response);
	return r;
}
