/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/oidc/handlers.h"
#include "server/oidc/oauth.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

/* OpenID Connect Core 5.3, for GET and POST with a bearer token in the header. */

static void answer(struct response *response, const struct session_row *session, const struct account *account)
{
	json_t *object = json_object();

	if (claims_put_person(object, session->scope, account) < 0) {
		json_decref(object);
		object = NULL;
	}
	response_json(response, 200, object);
	no_store(response);
}

void oidc_userinfo(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};

	if (authenticate(request, response, &session, &account) < 0)
		return;
	answer(response, &session, &account);
	session_row_free(&session);
	account_free(&account);
}
