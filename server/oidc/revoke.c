/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/client.h"
#include "server/oidc/handlers.h"
#include "server/oidc/oauth.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

/* RFC 7009. An unknown token is no error: what was asked for is so (§2.2). token_type_hint is not needed. */
void oidc_revoke(struct request *request, struct response *response)
{
	const char *token = request_parameter(request, "token");
	struct client client = {0};
	unsigned char digest[32];
	int r;

	if (client_authenticate(request, response, &client) < 0)
		return;
	r = token_digest(token, digest);
	if (r == 0)
		r = store_token_revoke(request_server(request)->store, digest, client.id);
	if (!token || !*token)
		oauth_error(response, 400, "invalid_request", "token is missing");
	else if (r == PIMS_E_STATE) /* §2.1 */
		oauth_error(response, 400, "invalid_grant", "the token was issued to another client");
	else if (r == 0 || r == PIMS_E_NOT_FOUND || r == PIMS_E_FORMAT)
		response->status = 200;
	else
		oauth_error(response, 503, "server_error", "the server failed, try again");
	client_free(&client);
}
