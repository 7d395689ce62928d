/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/account/otp.h"
#include "server/account/rest.h"
#include "server/account/scopes.h"
#include "server/oidc/assertion.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/client.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/*
 * POST /v1/otp/verify: a service asks whether an OTP is good, which uses it up. The service is a confidential client (Basic, or an
 * assertion of its key in the body) and names the account, or it holds the user's own access token.
 */

static void answer(struct response *response, int r, int retry_after)
{
	if (r == 0) {
		response_json(response, 200, json_pack("{s:b}", "valid", 1));
		(void)response_header(response, "Cache-Control", "no-store");
	} else if (r == PIMS_E_NOT_FOUND) {
		response_problem(response, 403, "otp.refused", "The one-time password is wrong, used or expired", -1, -1);
	} else if (r == PIMS_E_LIMIT && retry_after == OTP_WITH_PIN) {
		response_problem(response, 403, "otp.row", "Too many wrong one-time passwords in a row: get one with the PIN", -1, -1);
	} else if (r == PIMS_E_LIMIT) {
		response_problem(response, 429, "otp.budget", "Too many wrong one-time passwords", retry_after, -1);
	} else {
		rest_failed(response);
	}
}

static void refuse_client(struct response *response, int r)
{
	if (r != PIMS_E_NOT_FOUND && r != PIMS_E_STATE) {
		rest_failed(response);
		return;
	}
	response_problem(response, 401, "client.invalid", "Unknown client, or its authentication failed", -1, -1);
	(void)response_header(response, "WWW-Authenticate", "Basic realm=\"openpims\", charset=\"UTF-8\"");
}

/* An account that does not exist has no good OTP either: the answer does not tell who is known here. */
static void verify_for(const struct request *request, struct response *response, const json_t *body, const struct client *client)
{
	const struct server *server = request_server(request);
	struct otp_check check = {.otp = json_text(body, "otp"), .presenter = client->id};
	const char *name = json_text(body, "account");
	struct account account = {0};
	int r, retry_after = -1;

	if (!name || !check.otp) {
		rest_bad_request(response, "The body is a JSON object with the strings account and otp");
		return;
	}
	r = rest_find_account(request, name, &account);
	if (r == 0 && account.blocked)
		r = PIMS_E_NOT_FOUND;
	check.account = account.id;
	if (r == 0)
		r = otp_accept(server, &check, &retry_after);
	answer(response, r, retry_after);
	account_free(&account);
}

static void verify_as_client(const struct request *request, struct response *response, const json_t *body)
{
	const struct assertion assertion = {.type = json_text(body, "client_assertion_type"), .text = json_text(body, "client_assertion")};
	struct client client = {0};
	int r;

	if (!assertion.text)
		r = client_identify(request, &client);
	else
		r = client_has_basic(request) ? PIMS_E_STATE : assertion_identify(request, &assertion, &client);
	if (r == 0 && client_is_public(&client))
		r = PIMS_E_NOT_FOUND; /* a public client proves nothing */
	if (r < 0)
		refuse_client(response, r);
	else if (client.scope && !auth_scope_has(client.scope, call_scope(request)))
		response_problem(response, 403, "oauth.insufficient_scope", "The client is not registered for pims.otp", -1, -1);
	else
		verify_for(request, response, body, &client);
	client_free(&client);
}

static void verify_as_user(struct request *request, struct response *response, const json_t *body)
{
	struct otp_check check = {.otp = json_text(body, "otp"), .presenter = ""};
	struct session_row session = {0};
	struct account account = {0};
	int r, retry_after = -1;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	check.account = account.id;
	if (check.otp) {
		r = otp_accept(request_server(request), &check, &retry_after);
		answer(response, r, retry_after);
	} else {
		rest_bad_request(response, "The body is a JSON object with the string otp");
	}
	session_row_free(&session);
	account_free(&account);
}

void account_otp_verify(struct request *request, struct response *response)
{
	json_t *body = request_json(request);

	if (client_has_basic(request) || json_text(body, "client_assertion"))
		verify_as_client(request, response, body);
	else
		verify_as_user(request, response, body);
	json_wipe(body);
}
