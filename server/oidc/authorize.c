/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "server/account/password.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/browser.h"
#include "server/oidc/form_token.h"
#include "server/oidc/handlers.h"
#include "server/oidc/redirect.h"
#include "server/oidc/sign_in.h"
#include "server/server.h"
#include "server/web/page.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_SIZE = 37 };

/* One authorization on its way through the page. */
struct authorization {
	struct request *request;
	struct response *response;
	const struct texts *texts;
	struct auth_request auth;
	struct query parameters; /**< of the authorization request */
	struct buf text;         /**< the same, encoded */
};

/* RFC 9562 §5.4. The clients of the live service know codes of this form only (spec/wire.md §2). */
static int make_code(const struct env *env, char ret_code[UUID_SIZE])
{
	unsigned char b[16];
	char hex[33];
	int r = env_random(env, b, sizeof b);

	if (r < 0)
		return r;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	hex_encode(b, sizeof b, hex);
	(void)snprintf(ret_code, UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return 0;
}

static void fail(struct authorization *a)
{
	page_message(a->response, 500, a->texts, a->texts->cannot, a->texts->failed);
}

static void refuse(struct authorization *a)
{
	const char *text = a->texts->unknown_client;

	if (a->auth.refusal == AUTH_UNKNOWN_REDIRECT)
		text = a->texts->unknown_redirect;
	else if (a->auth.refusal == AUTH_LONG_STATE)
		text = a->texts->long_state;
	page_message(a->response, 400, a->texts, a->texts->cannot, text);
}

/* `name` is "code" or "error". 303 turns the posted form into a GET, so that the password goes no further (RFC 9700 §4.12). */
static void redirect(struct authorization *a, const char *name, const char *value)
{
	const struct server *server = request_server(a->request);
	struct buf url = BUF_INIT(REQUEST_MAX_BODY);
	int r = redirect_start(a->auth.redirect_uri, &url);

	if (r == 0)
		r = url_put(&url, name, value);
	if (r == 0 && a->auth.error)
		r = url_put(&url, "error_description", a->auth.description);
	if (r == 0 && a->auth.state)
		r = url_put(&url, "state", a->auth.state);
	if (r == 0)
		r = url_put(&url, "iss", server->settings.issuer); /* RFC 9207 §2 */
	if (r == 0) {
		response_redirect(a->response, strcmp(a->request->method, "POST") == 0 ? 303 : 302, buf_text(&url));
		(void)response_header(a->response, "Cache-Control", "no-store");
		(void)response_header(a->response, "Referrer-Policy", "no-referrer");
	} else {
		fail(a);
	}
	buf_free(&url);
}

/* The issuer's path stands in front of ours where a proxy serves us below one. */
static int write_action(const struct authorization *a, struct buf *ret_action)
{
	const char *issuer = request_server(a->request)->settings.issuer;
	struct url url = {0};
	int r = url_parse(issuer, &url);

	if (r == 0)
		r = buf_printf(ret_action, "%s" OIDC_AUTHORIZE_PATH "?%s", url.path, buf_text(&a->text));
	url_free(&url);
	return r;
}

/*
 * The request is in the form's URL and in hidden fields, so that programs that read only one of both can sign in as well.
 */
static void show(struct authorization *a, int status, const char *error)
{
	struct buf action = BUF_INIT(REQUEST_MAX_BODY);
	struct sign_in_page page = {.texts = a->texts, .error = error, .hidden = &a->parameters};
	struct url redirect_url = {0};
	char token[FORM_TOKEN_SIZE];
	int r = form_token_make(a->request, buf_text(&a->text), token);

	if (r == 0)
		r = write_action(a, &action);
	if (r == 0)
		r = url_parse(a->auth.redirect_uri, &redirect_url);
	if (r == 0) {
		page.application = a->auth.client.name ? a->auth.client.name : a->auth.client.id;
		page.action = buf_text(&action);
		page.form_token = token;
		page.username = query_get(&a->request->form, "username");
		page.redirect_scheme = redirect_url.scheme;
		if (!page.username)
			page.username = request_parameter(a->request, "login_hint");
		if (page.username && strlen(page.username) > USERNAME_MAX)
			page.username = NULL;
		page_sign_in(a->response, status, &page);
	} else {
		fail(a);
	}
	url_free(&redirect_url);
	buf_free(&action);
}

static void show_wait(struct authorization *a, int seconds)
{
	struct buf error = BUF_INIT(1024);
	char minutes[16], wait[16];

	(void)snprintf(minutes, sizeof minutes, "%d", seconds / 60 + 1);
	(void)snprintf(wait, sizeof wait, "%d", seconds);
	(void)texts_fill(a->texts->too_many, minutes, &error);
	show(a, 429, buf_text(&error));
	(void)response_header(a->response, "Retry-After", wait);
	buf_free(&error);
}

static int add_code(struct authorization *a, const struct browser *browser, const char *code)
{
	const struct server *server = request_server(a->request);
	int64_t now = env_now(&server->env);
	struct auth_code row = {
		.account = browser->account,
		.auth_time = browser->auth_time,
		.expires = now + (int64_t)server->settings.code_seconds * 1000,
		.browser = browser->hash,
	};
	int r = sha256(code, strlen(code), row.hash);

	if (r == 0)
		r = text_set(&row.client, a->auth.client.id);
	if (r == 0)
		r = text_set(&row.redirect_uri, a->auth.redirect_uri);
	if (r == 0)
		r = text_set(&row.code_challenge, a->auth.challenge);
	if (r == 0)
		r = text_set(&row.nonce, a->auth.nonce);
	if (r == 0)
		r = text_set(&row.scope, a->auth.scope);
	if (r == 0 && a->auth.key)
		r = text_copy(row.key, sizeof row.key, a->auth.key);
	if (r == 0)
		r = store_code_add(server->store, &row);
	auth_code_free(&row);
	return r;
}

/* PIMS_E_NOT_FOUND: the browser was signed out a moment ago. */
static int send_code(struct authorization *a, const struct browser *browser)
{
	char code[UUID_SIZE];
	int r = make_code(&request_server(a->request)->env, code);

	if (r == 0)
		r = add_code(a, browser, code);
	if (r == 0)
		redirect(a, "code", code);
	secret_wipe(code, sizeof code);
	return r;
}

/* Why nobody is asked, or has been asked in vain. */
static void require_login(struct authorization *a, const char *description)
{
	a->auth.error = "login_required";
	a->auth.description = description;
	redirect(a, "error", a->auth.error);
}

/* OpenID Connect Core 3.1.2.2: with id_token_hint nobody but its user is answered for. */
static bool is_hinted(const struct authorization *a, const struct account *account)
{
	return !a->auth.subject || text_equal(a->auth.subject, account->subject);
}

/* Somebody else must not be signed in in place of who was hinted at: the password was right, the answer is an error all the same. */
static int start_browser(struct authorization *a, const struct account *account)
{
	struct browser browser;
	int r;

	if (!is_hinted(a, account)) {
		require_login(a, "another user signed in");
		return 0;
	}
	r = browser_start(a->request, a->response, account, &browser);
	return r < 0 ? r : send_code(a, &browser);
}

static void check_password(struct authorization *a)
{
	const char *username = query_get(&a->request->form, "username");
	const char *password = query_get(&a->request->form, "password");
	struct account account = {0};
	int retry_after = 0;
	int r = sign_in(a->request, username, password ? password : "", &account, &retry_after);

	if (r == 0)
		r = start_browser(a, &account);
	if (r == PIMS_E_NOT_FOUND) {
		show(a, 403, a->texts->wrong);
	} else if (r == PIMS_E_LIMIT) {
		show_wait(a, retry_after);
	} else if (r == PIMS_E_AGAIN) {
		show(a, 503, a->texts->busy);
		(void)response_header(a->response, "Retry-After", "2");
	} else if (r < 0) {
		fail(a);
	}
	account_free(&account);
}

static void post(struct authorization *a)
{
	int r = form_token_check(a->request, buf_text(&a->text));

	if (r == PIMS_E_INVALID)
		page_message(a->response, 403, a->texts, a->texts->cannot, a->texts->foreign_form);
	else if (r < 0)
		show(a, 403, a->texts->expired);
	else
		check_password(a);
}

static int read_parameters(struct authorization *a)
{
	int r = auth_request_copy(a->request, &a->parameters);

	for (size_t i = 0; i < a->parameters.count && r == 0; i++)
		r = url_put(&a->text, a->parameters.items[i].name, a->parameters.items[i].value);
	return r;
}

/* An application may name the account that it wants. */
static bool is_wanted(const struct authorization *a, const struct browser *browser)
{
	const char *hint = request_parameter(a->request, "login_hint");
	struct account account = {0};
	bool wanted = store_account_by_id(request_server(a->request)->store, browser->account, &account) == 0;

	if (wanted && hint && *hint)
		wanted = text_equal_nocase(hint, account.email);
	if (wanted)
		wanted = is_hinted(a, &account);
	account_free(&account);
	return wanted;
}

static bool is_signed_in(const struct authorization *a, struct browser *ret_browser)
{
	int64_t now = env_now(&request_server(a->request)->env);

	if (a->auth.asks || browser_find(a->request, ret_browser) < 0)
		return false;
	/* max_age=0 always asks: OpenID Connect Core 3.1.2.1 makes it the same as prompt=login */
	if (a->auth.max_age >= 0 && now - ret_browser->auth_time >= a->auth.max_age * 1000)
		return false;
	return is_wanted(a, ret_browser);
}

/* Nobody needs to be asked who gave the password in this browser lately. */
static void begin(struct authorization *a)
{
	struct browser browser;
	int r = is_signed_in(a, &browser) ? send_code(a, &browser) : PIMS_E_NOT_FOUND;

	if (r == PIMS_E_NOT_FOUND && a->auth.silent)
		require_login(a, "the user must sign in");
	else if (r == PIMS_E_NOT_FOUND)
		show(a, 200, NULL);
	else if (r < 0)
		fail(a);
}

/*
 * RFC 6749 §4.1.1. GET, or POST with the request in the body (OpenID Connect Core 3.1.2.1), shows the page; the page's form posts username
 * and password to the same place. Nothing is sent to a redirect URI that is not the client's.
 */
void oidc_authorize(struct request *request, struct response *response)
{
	struct authorization a = {.request = request, .response = response, .text = BUF_INIT(QUERY_MAX_LENGTH)};

	a.texts = texts_of_request(request);
	if (auth_request_read(request, &a.auth) < 0)
		fail(&a);
	else if (a.auth.refusal)
		refuse(&a);
	else if (a.auth.error)
		redirect(&a, "error", a.auth.error);
	else if (read_parameters(&a) < 0)
		fail(&a);
	else if (query_get(&request->form, "username"))
		post(&a);
	else
		begin(&a);
	auth_request_free(&a.auth);
	query_free(&a.parameters);
	buf_free(&a.text);
}
