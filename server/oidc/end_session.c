/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/oidc/client.h"
#include "server/oidc/form_token.h"
#include "server/oidc/handlers.h"
#include "server/oidc/keys.h"
#include "server/oidc/redirect.h"
#include "server/server.h"
#include "server/web/own.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/*
 * OpenID Connect RP-Initiated Logout 1.0. What ends is the session of the id_token that is handed in, whatever its expiry, and with it the browsers that its
 * account is signed in in. Where the token is missing, or is not of who is signed in in this browser, a link alone must not sign anybody out: the page asks
 * (§2). Back goes who was proved by the token or asked here, to an address that is registered.
 */

enum { LOGOUT_STATE_MAX = 4096, BOUND_SIZE = 96 };

struct logout {
	struct request *request;
	struct response *response;
	const struct texts *texts;
	json_t *claims;         /**< of an id_token of ours, NULL = none */
	struct account account; /**< its subject; id 0 = none */
	struct browser browser;
	bool signed_in; /**< `browser` is there */
};

static const char *parameter(const struct logout *logout, const char *name)
{
	const char *value = request_parameter(logout->request, name);

	return value && *value ? value : NULL;
}

/* The client that the hint was issued to; another client_id beside it makes the hint none. */
static void read_hint(struct logout *logout)
{
	const struct server *server = request_server(logout->request);
	const char *hint = parameter(logout, "id_token_hint"), *client = parameter(logout, "client_id"), *subject;

	if (!hint || oidc_verify(server->oidc_keys, hint, &logout->claims) < 0)
		return;
	if (client && !text_equal(client, json_text(logout->claims, "aud"))) {
		json_wipe(logout->claims);
		logout->claims = NULL;
		return;
	}
	subject = json_text(logout->claims, "sub");
	if (subject)
		(void)store_account_by_subject(server->store, subject, &logout->account);
}

static const char *client_of(const struct logout *logout)
{
	return logout->claims ? json_text(logout->claims, "aud") : parameter(logout, "client_id");
}

/* A client's redirect URIs are what it may be sent back to from here, too. */
static bool redirect_allowed(const struct logout *logout, const char *uri)
{
	const char *id = client_of(logout);
	struct client client = {0};
	bool allowed;

	if (!uri || !id || strlen(id) > CLIENT_ID_MAX || store_client_get(request_server(logout->request)->store, id, &client) < 0)
		return false;
	allowed = redirect_registered(client.redirect_uris, uri);
	client_free(&client);
	return allowed;
}

static int redirect(struct logout *logout, const char *uri)
{
	const char *state = parameter(logout, "state");
	struct buf url = BUF_INIT(REQUEST_MAX_BODY);
	int r = 0;

	if (state && strlen(state) <= LOGOUT_STATE_MAX) {
		r = redirect_start(uri, &url);
		if (r == 0)
			r = url_put(&url, "state", state);
	} else {
		r = buf_puts(&url, uri);
	}
	if (r == 0)
		response_redirect(logout->response, 303, buf_text(&url));
	buf_free(&url);
	return r;
}

/* --- what ends ----------------------------------------------------------------------------------------------------------------------- */

static int revoke_session(const struct logout *logout)
{
	const char *sid = json_text(logout->claims, "sid");
	uint64_t id = 0;
	int r;

	if (!sid || decimal_parse(sid, INT64_MAX, &id) < 0)
		return 0;
	r = store_session_revoke(request_server(logout->request)->store, (int64_t)id);
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

static int end_browsers(const struct logout *logout, int64_t account)
{
	int r = account ? store_browser_end(request_server(logout->request)->store, account) : 0;

	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

static void sign_out(struct logout *logout)
{
	const char *uri = parameter(logout, "post_logout_redirect_uri");
	int r = logout->claims ? revoke_session(logout) : 0;

	if (r == 0)
		r = end_browsers(logout, logout->account.id);
	if (r == 0 && logout->signed_in)
		r = end_browsers(logout, logout->browser.account);
	browser_forget(logout->request, logout->response);
	if (r < 0)
		page_message(logout->response, 500, logout->texts, logout->texts->error, logout->texts->failed);
	else if (!redirect_allowed(logout, uri) || redirect(logout, uri) < 0)
		page_message(logout->response, 200, logout->texts, logout->texts->signed_out, logout->texts->close_window);
}

/* --- the question -------------------------------------------------------------------------------------------------------------------- */

/* What binds the form to the browser that it was shown in. */
static void bind(const struct logout *logout, char ret_text[BOUND_SIZE])
{
	char hex[65];

	hex_encode(logout->browser.hash, sizeof logout->browser.hash, hex);
	(void)snprintf(ret_text, BOUND_SIZE, "end session %s", hex);
}

static int copy_parameters(const struct logout *logout, struct query *ret_query)
{
	static const char *const names[] = {"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"};
	struct buf text = BUF_INIT(QUERY_MAX_LENGTH);
	int r = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names && r == 0; i++)
		if (parameter(logout, names[i]))
			r = url_put(&text, names[i], parameter(logout, names[i]));
	if (r == 0)
		r = query_parse(buf_text(&text), text.len, ret_query);
	buf_free(&text);
	return r;
}

static void ask(const struct logout *logout)
{
	const struct texts *texts = logout->texts;
	const char *uri = parameter(logout, "post_logout_redirect_uri");
	struct form_page page = {.texts = texts, .heading = texts->sign_out, .intro = texts->sign_out_intro, .submit = texts->sign_out,
				 .redirect_scheme = ""};
	struct buf action = BUF_INIT(8192);
	char bound[BOUND_SIZE], token[FORM_TOKEN_SIZE];
	struct query hidden = {0};
	struct url url = {0};
	int r = copy_parameters(logout, &hidden);

	bind(logout, bound);
	if (r == 0)
		r = form_token_make(logout->request, bound, token);
	if (r == 0)
		r = own_path(logout->request, OIDC_END_SESSION_PATH "?sign_out=1", &action);
	if (r == 0 && redirect_allowed(logout, uri) && url_parse(uri, &url) == 0)
		page.redirect_scheme = url.scheme;
	page.action = buf_text(&action);
	page.hidden = &hidden;
	page.form_token = token;
	if (r == 0)
		page_form(logout->response, 200, &page);
	else
		page_message(logout->response, 500, texts, texts->error, texts->failed);
	url_free(&url);
	query_free(&hidden);
	buf_free(&action);
}

/* The form of our own page, posted in the browser that it was shown in. */
static void answered(struct logout *logout)
{
	char bound[BOUND_SIZE];
	int r;

	bind(logout, bound);
	r = form_token_check(logout->request, bound);
	if (r == PIMS_E_INVALID)
		page_message(logout->response, 403, logout->texts, logout->texts->error, logout->texts->foreign_form);
	else if (r < 0)
		ask(logout);
	else
		sign_out(logout);
}

static void choose(struct logout *logout)
{
	bool posted = strcmp(logout->request->method, "POST") == 0 && query_get(&logout->request->query, "sign_out");
	bool others = logout->signed_in && logout->browser.account != logout->account.id;

	if (others && posted)
		answered(logout);
	else if (others)
		ask(logout);
	else if (logout->claims)
		sign_out(logout);
	else
		page_message(logout->response, 200, logout->texts, logout->texts->signed_out, logout->texts->close_window);
}

void oidc_end_session(struct request *request, struct response *response)
{
	struct logout logout = {.request = request, .response = response, .texts = texts_of_request(request)};

	read_hint(&logout);
	logout.signed_in = browser_find(request, &logout.browser) == 0;
	choose(&logout);
	json_wipe(logout.claims);
	account_free(&logout.account);
}
