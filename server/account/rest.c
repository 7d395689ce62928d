/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/rest.h"

#include "server/account/identifier.h"
#include "server/server.h"

void rest_bad_request(struct response *response, const char *title)
{
	response_problem(response, 400, "request.invalid", title, -1, -1);
}

void rest_failed(struct response *response)
{
	response_problem(response, 500, "server.failed", "The server failed", -1, -1);
}

const char *rest_account_name(const struct account *account)
{
	if (!account->issuer)
		return account->email;
	return account->display ? account->display : account->external_subject;
}

int rest_find_account(const struct request *request, const char *name, struct account *ret_account)
{
	const struct server *server = request_server(request);
	struct store *store = server->store;
	char email[EMAIL_SIZE];

	if (server->external) /* an address there proves nothing, and may be the subject of somebody else's */
		return store_account_by_external(store, server->settings.external.issuer, name, ret_account);
	if (email_normalise(name, email) == 0)
		return store_account_by_email(store, email, ret_account);
	return store_account_by_subject(store, name, ret_account);
}
