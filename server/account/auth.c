/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <string.h>
#include <strings.h>

/* The gateway's form of 401 (spec/wire.md §2), with what RFC 6750 §3 adds for clients that read it. */
static void refuse(struct response *response, bool presented)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s}", "httpCode", "401", "httpMessage", "Unauthorized", "moreInformation", "Token is invalid");

	response_json(response, 401, object);
	(void)response_header(response, "WWW-Authenticate",
			      presented ? "Bearer realm=\"openpims\", error=\"invalid_token\"" : "Bearer realm=\"openpims\"");
	(void)response_header(response, "Cache-Control", "no-store");
}

static const char *bearer(const struct request *request)
{
	const char *header = request_header(request, "Authorization");

	if (!header || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	header += 7;
	return header + strspn(header, " ");
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

static int find(const struct server *server, const char *token, struct session_row *ret_session, struct account *ret_account)
{
	unsigned char digest[32];
	int r = token_digest(token, digest);

	if (r == 0)
		r = store_access_find(server->store, digest, env_now(&server->env), ret_session);
	if (r == 0)
		r = store_account_by_id(server->store, ret_session->account, ret_account);
	if (r == 0 && ret_account->blocked)
		r = PIMS_E_NOT_FOUND;
	return r;
}

int authenticate(struct request *request, struct response *response, struct session_row *ret_session, struct account *ret_account)
{
	struct session_row session = {0};
	struct account account = {0};
	const char *token = bearer(request);
	int r;

	if (is_misplaced(request)) {
		refuse_misplaced(response);
		return PIMS_E_INVALID;
	}
	r = token ? find(request_server(request), token, &session, &account) : PIMS_E_NOT_FOUND;

	if (r == 0) {
		*ret_session = session;
		*ret_account = account;
		return 0;
	}
	session_row_free(&session);
	account_free(&account);
	if (r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT)
		refuse(response, token != NULL);
	else
		response_problem(response, 500, "server.failed", "The server failed", -1, -1);
	return r;
}
