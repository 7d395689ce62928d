/* SPDX-License-Identifier: Apache-2.0 */
#include "dpop/dpop.h"
#include "server/oidc/dpop.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

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

/* A challenge of each scheme; the error stands in the one that was used (RFC 9449 §7.1, §7.2). */
static void challenge(struct response *response, const struct presented *presented, const char *error)
{
	char line[160], with[64] = "";
	bool dpop = presented->scheme == SCHEME_DPOP;

	if (presented->scheme)
		(void)snprintf(with, sizeof with, ", error=\"%s\"", error);
	(void)snprintf(line, sizeof line, "Bearer " REALM "%s", dpop ? "" : with);
	if (!dpop)
		(void)response_header(response, "WWW-Authenticate", line);
	(void)snprintf(line, sizeof line, "DPoP " REALM ", algs=\"" DPOP_ALGORITHM "\"%s", dpop ? with : "");
	(void)response_header(response, "WWW-Authenticate", line);
}

/* The gateway's form of 401 (spec/wire.md §2), with what RFC 6750 §3 adds for clients that read it. */
static void refuse(struct response *response, const struct presented *presented, const char *error)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s}", "httpCode", "401", "httpMessage", "Unauthorized", "moreInformation", "Token is invalid");

	response_json(response, 401, object);
	challenge(response, presented, error);
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

/* A token that is bound is not found without its key, nor an unbound one with a key: neither counts as used. */
static int find(const struct server *server, const struct presented *presented, struct session_row *ret_session, struct account *ret_account)
{
	const struct possession *possession = presented->scheme == SCHEME_DPOP ? &presented->possession : NULL;
	unsigned char digest[32];
	int r = token_digest(presented->token, digest);

	if (r == 0)
		r = store_access_find(server->store, digest, possession ? possession->key : NULL, env_now(&server->env), ret_session);
	if (r == 0)
		r = store_account_by_id(server->store, ret_session->account, ret_account);
	if (r == 0 && ret_account->blocked)
		r = PIMS_E_NOT_FOUND;
	if (r == 0 && possession)
		r = store_proof_use(server->store, &possession->use);
	return r;
}

static void refuse_proof(struct request *request, struct response *response, const struct presented *presented, int r)
{
	if (r == PIMS_E_AGAIN) {
		refuse(response, presented, "use_dpop_nonce");
		dpop_offer_nonce(request, response);
	} else {
		refuse(response, presented, "invalid_dpop_proof");
	}
}

static int prove(const struct request *request, struct presented *presented)
{
	int r;

	if (presented->scheme != SCHEME_DPOP)
		return 0;
	r = dpop_check(request, request->path, presented->token, &presented->possession);
	return r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT ? PIMS_E_INVALID : r;
}

int authenticate(struct request *request, struct response *response, struct session_row *ret_session, struct account *ret_account)
{
	struct session_row session = {0};
	struct account account = {0};
	struct presented presented = {.scheme = SCHEME_NONE};
	int r;

	if (is_misplaced(request)) {
		refuse_misplaced(response);
		return PIMS_E_INVALID;
	}

	read_scheme(request, &presented);
	r = prove(request, &presented);
	if (r == 0)
		r = presented.scheme ? find(request_server(request), &presented, &session, &account) : PIMS_E_NOT_FOUND;
	if (r == 0) {
		*ret_session = session;
		*ret_account = account;
		return 0;
	}
	session_row_free(&session);
	account_free(&account);
	if (r == PIMS_E_INVALID || r == PIMS_E_AGAIN)
		refuse_proof(request, response, &presented, r);
	else if (r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT)
		refuse(response, &presented, "invalid_token");
	else
		response_problem(response, 500, "server.failed", "The server failed", -1, -1);
	return r;
}
