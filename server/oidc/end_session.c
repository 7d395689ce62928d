/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/oidc/client.h"
#include "server/oidc/handlers.h"
#include "server/oidc/keys.h"
#include "server/oidc/redirect.h"
#include "server/server.h"
#include "server/web/page.h"

#include <pims/error.h>

#include <string.h>

/*
 * OpenID Connect RP-Initiated Logout 1.0. What ends is the session of the id_token that is handed in, whatever its expiry, and with it
 * the browsers that its account is signed in in. Without one nobody can be signed out, and there is nothing to redirect by but a page.
 */

enum { LOGOUT_STATE_MAX = 4096 };

static bool redirect_allowed(const struct server *server, const char *client_id, const char *uri)
{
	struct client client = {0};
	bool allowed;

	if (!uri || !client_id || strlen(client_id) > CLIENT_ID_MAX || store_client_get(server->store, client_id, &client) < 0)
		return false;
	allowed = redirect_registered(client.redirect_uris, uri);
	client_free(&client);
	return allowed;
}

static int redirect(const struct request *request, struct response *response, const char *uri)
{
	const char *state = request_parameter(request, "state");
	struct buf url = BUF_INIT(REQUEST_MAX_BODY);
	int r = 0;

	if (state && *state && strlen(state) <= LOGOUT_STATE_MAX) {
		r = redirect_start(uri, &url);
		if (r == 0)
			r = url_put(&url, "state", state);
	} else {
		r = buf_puts(&url, uri);
	}
	if (r == 0)
		response_redirect(response, 303, buf_text(&url));
	buf_free(&url);
	return r;
}

static int end_browsers(const struct server *server, const char *subject)
{
	struct account account = {0};
	int r = subject ? store_account_by_subject(server->store, subject, &account) : PIMS_E_NOT_FOUND;

	if (r == 0)
		r = store_browser_end(server->store, account.id);
	account_free(&account);
	return r;
}

static int revoke_session(const struct server *server, const json_t *claims)
{
	const char *sid = json_text(claims, "sid");
	uint64_t id = 0;
	int r;

	if (!sid || decimal_parse(sid, INT64_MAX, &id) < 0)
		return 0;
	r = store_session_revoke(server->store, (int64_t)id);
	if (r == 0 || r == PIMS_E_NOT_FOUND)
		r = end_browsers(server, json_text(claims, "sub"));
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

/* The client that the hint was issued to; another client_id beside it makes the request invalid. */
static const char *hinted_client(const struct request *request, const json_t *claims)
{
	const char *audience = json_text(claims, "aud");
	const char *client = request_parameter(request, "client_id");

	return !client || !*client || text_equal(client, audience) ? audience : NULL;
}

void oidc_end_session(struct request *request, struct response *response)
{
	const struct server *server = request_server(request);
	const struct texts *texts = texts_of_request(request);
	const char *hint = request_parameter(request, "id_token_hint");
	const char *uri = request_parameter(request, "post_logout_redirect_uri");
	const char *client;
	json_t *claims = NULL;
	int r = hint ? oidc_verify(server->oidc_keys, hint, &claims) : PIMS_E_FORMAT;

	client = r == 0 ? hinted_client(request, claims) : NULL;
	if (client)
		r = revoke_session(server, claims);
	if (client)
		browser_forget(request, response);
	if (client && r < 0)
		page_message(response, 500, texts, texts->error, texts->failed);
	else if (!redirect_allowed(server, client, uri) || redirect(request, response, uri) < 0)
		page_message(response, 200, texts, texts->signed_out, texts->close_window);
	json_wipe(claims);
}
