/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/visit.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/account/password_policy.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/client.h"
#include "server/oidc/keys.h"
#include "server/oidc/passkey.h"
#include "server/oidc/redirect.h"
#include "server/web/own.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/* The ticket of the form that brings a passkey. */
static const char ticket_passkey[] = "passkey";

static const char *const carried[] = {"client_id", "redirect_uri", "state", "ui_locales", "id_token_hint"};

static const char *parameter(const struct request *request, const char *name)
{
	const char *value = request_parameter(request, name);

	return value && *value ? value : NULL;
}

void visit_fail(struct visit *visit)
{
	page_message(visit->response, 500, visit->texts, visit->texts->error, visit->texts->failed);
}

static void refuse(struct visit *visit, const char *text)
{
	page_message(visit->response, 400, visit->texts, visit->texts->error, text);
}

/* A hint that is not ours, or of another client, is as none: the page then asks who it is. */
static void read_hint(struct visit *visit)
{
	const struct server *server = request_server(visit->request);
	const char *hint = parameter(visit->request, "id_token_hint");
	json_t *claims = NULL;
	uint64_t session = 0;

	if (!hint || oidc_verify(server->oidc_keys, hint, &claims) < 0)
		return;
	if (text_equal(json_text(claims, "aud"), visit->client.id) && json_text(claims, "sub") &&
	    store_account_by_subject(server->store, json_text(claims, "sub"), &visit->hinted) == 0 && json_text(claims, "sid") &&
	    decimal_parse(json_text(claims, "sid"), INT64_MAX, &session) == 0)
		visit->session = (int64_t)session;
	json_wipe(claims);
}

/* As an authorization request: nothing is sent to a redirect URI that is not the client's. */
static int read_client(struct visit *visit)
{
	const struct request *request = visit->request;
	const char *id = parameter(request, "client_id");
	int r = id && strlen(id) <= CLIENT_ID_MAX ? store_client_get(request_server(request)->store, id, &visit->client) : PIMS_E_NOT_FOUND;

	visit->redirect_uri = parameter(request, "redirect_uri");
	visit->state = parameter(request, "state");
	if (r == PIMS_E_NOT_FOUND)
		refuse(visit, visit->texts->unknown_client);
	else if (r < 0)
		visit_fail(visit);
	else if (!visit->redirect_uri || !redirect_registered(visit->client.redirect_uris, visit->redirect_uri))
		refuse(visit, visit->texts->unknown_redirect);
	else if (visit->state && strlen(visit->state) > STATE_MAX)
		refuse(visit, visit->texts->long_state);
	else
		return 0;
	return PIMS_E_INVALID;
}

static int copy_parameters(struct visit *visit)
{
	int r = 0;

	for (size_t i = 0; i < sizeof carried / sizeof *carried && r == 0; i++)
		if (parameter(visit->request, carried[i]))
			r = url_put(&visit->text, carried[i], parameter(visit->request, carried[i]));
	if (r == 0)
		r = query_parse(buf_text(&visit->text), visit->text.len, &visit->parameters);
	return r;
}

/* What the form token is bound to. */
static int write_bound(const struct visit *visit, struct buf *ret_text)
{
	if (!visit->in_browser)
		return buf_puts(ret_text, buf_text(&visit->text));
	return browser_bind(&visit->browser, "passkey", buf_text(&visit->text), ret_text);
}

static int check_token(const struct visit *visit)
{
	struct buf bound = BUF_INIT(QUERY_MAX_LENGTH + 128);
	int r = write_bound(visit, &bound);

	if (r == 0)
		r = form_token_check(visit->request, buf_text(&bound));
	buf_free(&bound);
	return r;
}

static enum visit_step check_form(struct visit *visit)
{
	bool passkey = text_equal(visit_field(visit, "ticket"), ticket_passkey);
	int r;

	if (strcmp(visit->request->method, "POST") != 0)
		return VISIT_SHOW;
	if (query_get(&visit->request->form, "cancel")) {
		visit_leave(visit, "error", "access_denied");
		return VISIT_ANSWERED;
	}
	if (passkey && browser_find(visit->request, &visit->browser) < 0)
		return VISIT_EXPIRED;
	visit->in_browser = passkey;
	r = check_token(visit);
	if (r == PIMS_E_INVALID) {
		page_message(visit->response, 403, visit->texts, visit->texts->error, visit->texts->foreign_form);
		return VISIT_ANSWERED;
	}
	if (r == 0)
		return passkey ? VISIT_PASSKEY : VISIT_POSTED;
	visit->in_browser = false;
	return VISIT_EXPIRED;
}

enum visit_step visit_open(struct visit *visit, struct request *request, struct response *response, const char *path)
{
	*visit = (struct visit){.request = request, .response = response, .path = path, .text = BUF_INIT(QUERY_MAX_LENGTH)};
	visit->texts = texts_of_request(request);
	if (read_client(visit) < 0)
		return VISIT_ANSWERED;
	if (copy_parameters(visit) < 0) {
		visit_fail(visit);
		return VISIT_ANSWERED;
	}
	read_hint(visit);
	return check_form(visit);
}

void visit_close(struct visit *visit)
{
	client_free(&visit->client);
	account_free(&visit->hinted);
	query_free(&visit->parameters);
	buf_free(&visit->text);
}

void visit_leave(struct visit *visit, const char *name, const char *value)
{
	struct buf url = BUF_INIT(REQUEST_MAX_BODY);
	int r = redirect_start(visit->redirect_uri, &url);

	if (r == 0)
		r = url_put(&url, name, value);
	if (r == 0 && visit->state)
		r = url_put(&url, "state", visit->state);
	if (r == 0)
		r = url_put(&url, "iss", request_server(visit->request)->settings.issuer); /* as RFC 9207 §2 */
	if (r == 0) {
		response_redirect(visit->response, 303, buf_text(&url));
		(void)response_header(visit->response, "Cache-Control", "no-store");
		(void)response_header(visit->response, "Referrer-Policy", "no-referrer");
	} else {
		visit_fail(visit);
	}
	buf_free(&url);
}

static int write_action(const struct visit *visit, struct buf *ret_action)
{
	int r = own_path(visit->request, visit->path, ret_action);

	return r < 0 ? r : buf_printf(ret_action, "?%s", buf_text(&visit->text));
}

void visit_show(struct visit *visit, int status, const struct form_page *page)
{
	struct form_page whole = *page;
	struct buf action = BUF_INIT(REQUEST_MAX_BODY), bound = BUF_INIT(QUERY_MAX_LENGTH + 128);
	struct url redirect_url = {0};
	char token[FORM_TOKEN_SIZE];
	int r = write_bound(visit, &bound);

	if (r == 0)
		r = form_token_make(visit->request, buf_text(&bound), token);
	if (r == 0)
		r = write_action(visit, &action);
	if (r == 0)
		r = url_parse(visit->redirect_uri, &redirect_url);
	if (r == 0) {
		whole.texts = visit->texts;
		if (visit->note)
			whole.intro = visit->note;
		whole.action = buf_text(&action);
		whole.hidden = &visit->parameters;
		whole.form_token = token;
		whole.cancels = true;
		whole.redirect_scheme = redirect_url.scheme;
		page_form(visit->response, status, &whole);
	} else {
		visit_fail(visit);
	}
	url_free(&redirect_url);
	buf_free(&bound);
	buf_free(&action);
}

void visit_ask_passkey(struct visit *visit, int status, const char *error)
{
	struct passkey_prompt prompt;
	const struct form_page page = {.heading = visit->texts->passkey_heading, .error = error, .ticket = ticket_passkey, .passkey = &prompt.page,
				       .submit = visit->texts->passkey_use};

	visit->in_browser = true;
	if (passkey_prompt_use(request_server(visit->request), visit->browser.account, &prompt) == 0)
		visit_show(visit, status, &page);
	else
		visit_fail(visit);
	passkey_prompt_free(&prompt);
}

bool visit_take_passkey(struct visit *visit)
{
	enum account_factor best = FACTOR_NONE;
	int r = store_account_factor(request_server(visit->request)->store, visit->browser.account, &best);

	if (r == 0)
		r = best == FACTOR_PASSKEY ? passkey_prove(visit->request, visit->response, &visit->browser) : PIMS_E_NOT_FOUND;
	if (r == PIMS_E_INVALID)
		visit_ask_passkey(visit, 403, visit->texts->passkey_refused);
	else if (r < 0 && r != PIMS_E_NOT_FOUND)
		visit_fail(visit);
	visit->in_browser = false;
	if (r == 0)
		visit->note = visit->texts->passkey_accepted;
	return r == 0 || r == PIMS_E_NOT_FOUND; /* signed out, or the passkey is gone, meanwhile: the next form asks again */
}

const char *visit_field(const struct visit *visit, const char *name)
{
	return own_field(visit->request, name);
}

const char *visit_error(const struct visit *visit, int r, int retry_after, struct buf *text, int *ret_status)
{
	own_retry(visit->response, r, retry_after);
	return own_error(visit->texts, r, retry_after, text, ret_status);
}

const char *visit_password_hint(const struct visit *visit, struct buf *text)
{
	char number[16];

	(void)snprintf(number, sizeof number, "%d", request_server(visit->request)->settings.password_min);
	return texts_fill(visit->texts->password_hint, number, text) == 0 ? buf_text(text) : NULL;
}

const char *visit_password_fault(const struct visit *visit, const char *password, const char *email)
{
	switch (password_policy(password, email, request_server(visit->request)->settings.password_min)) {
	case PASSWORD_LENGTH:
		return visit->texts->weak;
	case PASSWORD_COMMON:
		return visit->texts->common;
	case PASSWORD_FINE:
		break;
	}
	return NULL;
}
