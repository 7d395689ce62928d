/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "server/oidc/authorization.h"
#include "server/oidc/form_token.h"
#include "server/oidc/handlers.h"
#include "server/oidc/passkey.h"
#include "server/oidc/redirect.h"
#include "server/oidc/sign_in.h"
#include "server/server.h"
#include "server/web/own.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

void authorize_fail(struct authorization *a)
{
	page_message(a->response, 500, a->texts, a->texts->cannot, a->texts->failed);
}

void authorize_refuse(struct authorization *a)
{
	const char *text = a->texts->unknown_client;

	if (a->auth.refusal == AUTH_UNKNOWN_REDIRECT)
		text = a->texts->unknown_redirect;
	else if (a->auth.refusal == AUTH_LONG_STATE)
		text = a->texts->long_state;
	else if (a->auth.refusal == AUTH_UNKNOWN_PUSHED)
		text = a->texts->unknown_pushed;
	page_message(a->response, 400, a->texts, a->texts->cannot, text);
}

/* 303 turns the posted form into a GET, so that the password goes no further (RFC 9700 §4.12). */
void authorize_redirect(struct authorization *a, const char *name, const char *value)
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
		authorize_fail(a);
	}
	buf_free(&url);
}

/* The issuer's path stands in front of ours where a proxy serves us below one. */
static int write_action(const struct authorization *a, struct buf *ret_action)
{
	int r = own_path(a->request, OIDC_AUTHORIZE_PATH, ret_action);

	return r < 0 ? r : buf_printf(ret_action, "?%s", buf_text(&a->text));
}

static const char *application(const struct authorization *a)
{
	return a->auth.client.name ? a->auth.client.name : a->auth.client.id;
}

/*
 * The request is in the form's URL and in hidden fields, so that programs that read only one of both can sign in as well.
 */
void authorize_show(struct authorization *a, int status, const char *error)
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
		page.application = application(a);
		page.action = buf_text(&action);
		page.form_token = token;
		page.username = query_get(&a->request->form, "username");
		page.redirect_scheme = redirect_url.scheme;
		if (!page.username)
			page.username = request_parameter(&a->auth.source, "login_hint");
		if (page.username && strlen(page.username) > USERNAME_MAX)
			page.username = NULL;
		page_sign_in(a->response, status, &page);
	} else {
		authorize_fail(a);
	}
	url_free(&redirect_url);
	buf_free(&action);
}

void authorize_show_failure(struct authorization *a, int r, int retry_after)
{
	struct buf text = BUF_INIT(1024);
	int status = 0;
	const char *error = own_error(a->texts, r, retry_after, &text, &status);

	authorize_show(a, status, error);
	own_retry(a->response, r, retry_after);
	buf_free(&text);
}

int authorize_bind(const struct authorization *a, const struct browser *browser, struct buf *ret_text)
{
	return browser_bind(browser, "go on", buf_text(&a->text), ret_text);
}

/* A form of who is signed in in this browser. */
static int show_form(struct authorization *a, int status, const struct browser *browser, struct form_page *page)
{
	struct buf action = BUF_INIT(REQUEST_MAX_BODY), bound = BUF_INIT(QUERY_MAX_LENGTH + 128);
	struct url redirect_url = {0};
	char token[FORM_TOKEN_SIZE];
	int r = authorize_bind(a, browser, &bound);

	if (r == 0)
		r = form_token_make(a->request, buf_text(&bound), token);
	if (r == 0)
		r = write_action(a, &action);
	if (r == 0)
		r = url_parse(a->auth.redirect_uri, &redirect_url);
	if (r == 0) {
		page->texts = a->texts;
		page->heading = a->texts->sign_in;
		page->hidden = &a->parameters;
		page->form_token = token;
		page->again = a->texts->other_account;
		page->cancels = true;
		page->action = buf_text(&action);
		page->redirect_scheme = redirect_url.scheme;
		page_form(a->response, status, page);
	}
	url_free(&redirect_url);
	buf_free(&bound);
	buf_free(&action);
	return r;
}

int authorize_ask(struct authorization *a, const struct browser *browser)
{
	struct buf intro = BUF_INIT(4096), submit = BUF_INIT(2048);
	struct form_page page = {.ticket = "go on"};
	struct account account = {0};
	int r = store_account_by_id(request_server(a->request)->store, browser->account, &account);

	if (r == 0)
		r = texts_fill(a->texts->go_on_intro, application(a), &intro);
	if (r == 0)
		r = texts_fill(a->texts->go_on_as, account.email, &submit);
	page.intro = buf_text(&intro);
	page.submit = buf_text(&submit);
	if (r == 0)
		r = show_form(a, 200, browser, &page);
	account_free(&account);
	buf_free(&submit);
	buf_free(&intro);
	return r;
}

int authorize_ask_otp(struct authorization *a, const struct browser *browser, int status, const char *error)
{
	const struct page_field fields[] = {page_otp_field(a->texts, a->texts->otp_hint)};
	struct buf intro = BUF_INIT(4096);
	struct form_page page = {.ticket = AUTHORIZE_OTP, .error = error, .fields = fields, .field_count = 1, .submit = a->texts->go_on};
	int r = texts_fill(a->texts->continue_to, application(a), &intro);

	page.intro = buf_text(&intro);
	if (r == 0)
		r = show_form(a, status, browser, &page);
	buf_free(&intro);
	return r;
}

int authorize_ask_passkey(struct authorization *a, const struct browser *browser, int status, const char *error)
{
	struct buf intro = BUF_INIT(4096);
	struct passkey_prompt prompt;
	struct form_page page = {.ticket = AUTHORIZE_PASSKEY, .error = error, .passkey = &prompt.page, .submit = a->texts->passkey_use};
	int r = passkey_prompt_use(request_server(a->request), browser->account, &prompt);

	if (r == 0)
		r = texts_fill(a->texts->continue_to, application(a), &intro);
	page.intro = buf_text(&intro);
	if (r == 0)
		r = show_form(a, status, browser, &page);
	passkey_prompt_free(&prompt);
	buf_free(&intro);
	return r;
}

int authorize_ask_new_passkey(struct authorization *a, const struct browser *browser, int status, const char *error)
{
	const struct page_field fields[] = {page_passkey_field(a->texts, query_get(&a->request->form, "name"))};
	struct buf intro = BUF_INIT(4096);
	struct passkey_prompt prompt;
	struct form_page page = {.ticket = AUTHORIZE_NEW_PASSKEY, .error = error, .passkey = &prompt.page, .fields = fields, .field_count = 1,
				 .optional = "name", .submit = a->texts->passkey_add};
	int r = passkey_prompt_create(request_server(a->request), browser->account, &prompt);

	if (r == 0)
		r = buf_printf(&intro, "%s %s", a->texts->passkey_wanted, a->texts->passkey_add_intro);
	page.intro = buf_text(&intro);
	if (r == 0)
		r = show_form(a, status, browser, &page);
	passkey_prompt_free(&prompt);
	buf_free(&intro);
	return r;
}

int authorize_ask_first(struct authorization *a, const struct browser *browser, const char *offer, int status, const char *error)
{
	struct passkey_prompt prompt;
	struct form_page page = {.ticket = AUTHORIZE_FIRST, .intro = a->texts->passkey_first, .error = error, .passkey = &prompt.page,
				 .submit = a->texts->passkey_use};
	int r = passkey_prompt_first(request_server(a->request), browser, offer, &prompt);

	if (r == 0)
		r = show_form(a, status, browser, &page);
	passkey_prompt_free(&prompt);
	return r == PIMS_E_INVALID ? authorize_ask_new_passkey(a, browser, status, a->texts->passkey_refused) : r;
}

int authorize_otp_failed(struct authorization *a, const struct browser *browser, int failure, int retry_after)
{
	struct buf text = BUF_INIT(1024);
	int status = 0, r;
	const char *error = own_error(a->texts, failure, retry_after, &text, &status);

	own_retry(a->response, failure, retry_after);
	r = authorize_ask_otp(a, browser, status, error);
	buf_free(&text);
	return r;
}
