/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/oauth.h"

void no_store(struct response *response)
{
	(void)response_header(response, "Cache-Control", "no-store");
	(void)response_header(response, "Pragma", "no-cache");
}

void oauth_error(struct response *response, int status, const char *error, const char *description)
{
	response_json(response, status, json_pack("{s:s, s:s}", "error", error, "error_description", description));
	no_store(response);
}

void oauth_server_error(struct response *response)
{
	oauth_error(response, 500, "server_error", "the server failed, try again");
}
