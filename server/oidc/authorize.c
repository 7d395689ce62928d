/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/authorization.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "server/account/password.h"
#include "server/oidc/form_token.h"
#include "server/oidc/handlers.h"
#include "server/oidc/passkey.h"
#include "server/oidc/second_factor.h"
#include "server/oidc/sign_in.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_SIZE = 37, FORM_GRACE_MS = 1000 * FORM_TOKEN_SECONDS };

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

static int add_code(struct authorization *a, const struct browser *browser, const char *code)
{
	const struct server *server = request_server(a->request);
	int64_t now = env_now(&server->env);
	struct auth_code row = {
		.account = browser->account,
		.auth_time = browser->auth_time,
		.otp_time = browser->otp_time,
		.passkey_time = browser->passkey_time,
		.expires = now + (int64_t)server->settings.code_seconds * 1000,
		.browser = browser->hash,
		.pushed = a->auth.pushed.count ? a->auth.pushed_hash : NULL,
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

/* RFC 9126 §7.3: a request that was pushed is answered once. Another answer of this moment came first. */
static void refuse_used(struct authorization *a)
{
	a->auth.refusal = AUTH_UNKNOWN_PUSHED;
	authorize_refuse(a);
}

/* PIMS_E_NOT_FOUND: the browser was signed out a moment ago. */
static int send_code(struct authorization *a, const struct browser *browser)
{
	char code[UUID_SIZE];
	int r = make_code(&request_server(a->request)->env, code);

	if (r == 0)
		r = add_code(a, browser, code);
	if (r == 0) {
		authorize_redirect(a, "code", code);
	} else if (r == PIMS_E_STATE) {
		refuse_used(a);
		r = 0;
	}
	secret_wipe(code, sizeof code);
	return r;
}

static void answer_error(struct authorization *a, const char *error, const char *description)
{
	int r = a->auth.pushed.count ? store_pushed_use(request_server(a->request)->store, a->auth.pushed_hash) : 0;

	a->auth.error = error;
	a->auth.description = description;
	if (r == 0)
		authorize_redirect(a, "error", error);
	else if (r == PIMS_E_STATE)
		refuse_used(a);
	else
		authorize_fail(a);
}

enum { LEVEL_REACHED = FACTOR_NONE, LEVEL_UNMET = FACTOR_NEW_PASSKEY + 1 };

/* LEVEL_REACHED, what is to be asked for (enum account_factor), or LEVEL_UNMET: there is nothing to ask for. */
static int check_level(const struct authorization *a, const struct browser *browser)
{
	const struct settings *settings = &request_server(a->request)->settings;
	enum account_factor given = second_factor_given(browser->otp_time, browser->passkey_time);
	int missing = second_factor_missing(request_server(a->request), browser->account, given, a->auth.wants_otp);

	if (a->auth.needs == NEEDS_PASSKEY && given != FACTOR_PASSKEY && missing < FACTOR_PASSKEY && !settings->sign_in_passkey)
		return missing < 0 ? missing : LEVEL_UNMET;
	if (missing)
		return missing;
	return a->auth.needs == NEEDS_OTP && given == FACTOR_NONE ? LEVEL_UNMET : LEVEL_REACHED;
}

static bool is_asked_for(int level)
{
	return level > LEVEL_REACHED && level < LEVEL_UNMET;
}

/* As on the page of the devices, who adds one has given the password lately. `grace_ms`: on the way through our pages. */
static bool may_add_passkey(const struct authorization *a, const struct browser *browser, int64_t grace_ms)
{
	return env_now(&request_server(a->request)->env) - browser->auth_time <= BROWSER_FRESH_MS + grace_ms;
}

static int ask_for(struct authorization *a, const struct browser *browser, int factor, int status, const char *error)
{
	if (factor == FACTOR_OTP)
		return authorize_ask_otp(a, browser, status, error);
	if (factor == FACTOR_PASSKEY)
		return authorize_ask_passkey(a, browser, status, error);
	return may_add_passkey(a, browser, 0) ? authorize_ask_new_passkey(a, browser, status, error) : PIMS_E_NOT_FOUND;
}

/* `level`: of check_level(). */
static int go_on(struct authorization *a, const struct browser *browser, int level)
{
	if (level < 0)
		return level;
	if (level == LEVEL_REACHED)
		return send_code(a, browser);
	if (is_asked_for(level))
		return ask_for(a, browser, level, 200, NULL);
	answer_error(a, "unmet_authentication_requirements",
		     a->auth.needs == NEEDS_OTP ? "no device is enrolled that makes one-time passwords" : "no passkey is registered");
	return 0;
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
		answer_error(a, "login_required", "another user signed in");
		return 0;
	}
	r = browser_start(a->request, a->response, account, &browser);
	return r < 0 ? r : go_on(a, &browser, check_level(a, &browser));
}

/* The answer is not there yet when `r` is negative. */
static void finish(struct authorization *a, int r)
{
	if (r == PIMS_E_NOT_FOUND)
		authorize_show(a, 200, NULL);
	else if (r == PIMS_E_INVALID)
		page_message(a->response, 403, a->texts, a->texts->cannot, a->texts->foreign_form);
	else if (r < 0)
		authorize_fail(a);
}

static void check_password(struct authorization *a)
{
	const char *username = query_get(&a->request->form, "username");
	const char *password = query_get(&a->request->form, "password");
	struct account account = {0};
	int retry_after = 0;
	int r = sign_in(a->request, username, password ? password : "", &account, &retry_after);

	if (r == PIMS_E_NOT_FOUND || r == PIMS_E_LIMIT || r == PIMS_E_AGAIN)
		authorize_show_failure(a, r, retry_after);
	else if (r == 0)
		finish(a, start_browser(a, &account));
	else
		authorize_fail(a);
	account_free(&account);
}

static void post_password(struct authorization *a)
{
	int r = form_token_check(a->request, buf_text(&a->text));

	if (r == PIMS_E_INVALID)
		page_message(a->response, 403, a->texts, a->texts->cannot, a->texts->foreign_form);
	else if (r < 0)
		authorize_show(a, 403, a->texts->expired);
	else
		check_password(a);
}

static int read_parameters(struct authorization *a)
{
	int r = auth_request_copy(a->request, &a->auth, &a->parameters);

	for (size_t i = 0; i < a->parameters.count && r == 0; i++)
		r = url_put(&a->text, a->parameters.items[i].name, a->parameters.items[i].value);
	return r;
}

/* An application may name the account that it wants: who gave the password for another one meant that. `typed`: just now. */
static bool is_wanted(const struct authorization *a, const struct browser *browser, bool typed)
{
	const char *hint = request_parameter(&a->auth.source, "login_hint");
	struct account account = {0};
	bool wanted = store_account_by_id(request_server(a->request)->store, browser->account, &account) == 0;

	if (wanted && hint && *hint && !typed)
		wanted = text_equal_nocase(hint, account.email);
	if (wanted)
		wanted = is_hinted(a, &account);
	account_free(&account);
	return wanted;
}

/* Seconds since the password; -1 = any. max_age=0 always asks: OpenID Connect Core 3.1.2.1 makes it the same as prompt=login. */
static int64_t max_age(const struct authorization *a)
{
	return a->auth.asks ? 0 : a->auth.max_age;
}

/* `grace_ms`: on the way through our pages after the password, for which max_age is kept already. */
static bool is_signed_in(const struct authorization *a, int64_t grace_ms, struct browser *ret_browser)
{
	const struct server *server = request_server(a->request);
	int64_t age, session_ms = (int64_t)server->settings.session_seconds * 1000;

	if (browser_find(a->request, ret_browser) < 0)
		return false;
	age = env_now(&server->env) - ret_browser->auth_time;
	if (session_ms && age >= session_ms)
		return false;
	if (max_age(a) >= 0 && age >= max_age(a) * 1000 + grace_ms)
		return false;
	return is_wanted(a, ret_browser, grace_ms != 0);
}

/*
 * RFC 8252 §8.6: whoever runs on a person's machine can say that it is this client, and take the answer to a custom scheme or to loopback. Who has a
 * secret or keys, or an address on the web, is who it says.
 */
static bool may_be_somebody_else(const struct authorization *a)
{
	struct url url = {0};
	bool web = url_parse(a->auth.redirect_uri, &url) == 0 && text_equal(url.scheme, "https") && !url_is_loopback(&url);

	url_free(&url);
	return client_is_public(&a->auth.client) && !web;
}

/* 0: who is signed in in this browser answers our page. */
static int check_form(const struct authorization *a, const struct browser *browser)
{
	struct buf bound = BUF_INIT(QUERY_MAX_LENGTH + 128);
	int r = query_get(&a->request->form, "form_token") ? authorize_bind(a, browser, &bound) : PIMS_E_INVALID;

	if (r == 0)
		r = form_token_check(a->request, buf_text(&bound));
	buf_free(&bound);
	return r;
}

static void post_yes(struct authorization *a)
{
	struct browser browser;
	int r = is_signed_in(a, 0, &browser) ? check_form(a, &browser) : PIMS_E_NOT_FOUND;

	if (r == 0)
		r = go_on(a, &browser, check_level(a, &browser));
	else if (r == PIMS_E_STATE) /* too old, or of another sign-in */
		r = authorize_ask(a, &browser);
	finish(a, r);
}

/* The form is of this browser and this request. */
static int take_otp(struct authorization *a, struct browser *browser)
{
	const char *otp = query_get(&a->request->form, "otp");
	int retry_after = 0, r;

	if (browser->otp_time) /* in another tab, or by the first of two clicks */
		return go_on(a, browser, check_level(a, browser));
	r = second_factor_prove(a->request, a->response, otp ? otp : "", browser, &retry_after);
	if (r == 0)
		return go_on(a, browser, check_level(a, browser));
	return r == PIMS_E_INVALID || r == PIMS_E_LIMIT ? authorize_otp_failed(a, browser, r, retry_after) : r;
}

/* The same. */
static int take_passkey(struct authorization *a, struct browser *browser)
{
	int level = check_level(a, browser), r;

	if (level != FACTOR_PASSKEY) /* in another tab, or it was removed meanwhile */
		return go_on(a, browser, level);
	r = passkey_prove(a->request, a->response, browser);
	if (r == 0)
		return go_on(a, browser, check_level(a, browser));
	return r == PIMS_E_INVALID ? authorize_ask_passkey(a, browser, 403, a->texts->passkey_refused) : r;
}

/* Where everybody must have one. */
static int take_new_passkey(struct authorization *a, struct browser *browser)
{
	struct buf offer = BUF_INIT(QUERY_MAX_LENGTH);
	const char *name = query_get(&a->request->form, "name");
	int level = check_level(a, browser), r;

	if (level != FACTOR_NEW_PASSKEY)
		return go_on(a, browser, level);
	if (!may_add_passkey(a, browser, FORM_GRACE_MS))
		return PIMS_E_NOT_FOUND;
	r = passkey_create(a->request, browser, name ? name : "", &offer);
	if (r == 0)
		r = authorize_ask_first(a, browser, buf_text(&offer), 200, NULL);
	else if (r == PIMS_E_INVALID)
		r = authorize_ask_new_passkey(a, browser, 403, a->texts->passkey_refused);
	buf_free(&offer);
	return r;
}

static int take_first(struct authorization *a, struct browser *browser)
{
	int level = check_level(a, browser), r;

	if (level != FACTOR_NEW_PASSKEY)
		return go_on(a, browser, level);
	if (!may_add_passkey(a, browser, FORM_GRACE_MS))
		return PIMS_E_NOT_FOUND;
	r = passkey_add(a->request, a->response, browser);
	if (r == 0)
		return go_on(a, browser, check_level(a, browser));
	if (r == PIMS_E_STATE)
		return authorize_ask_new_passkey(a, browser, 403, a->texts->passkey_known);
	return r == PIMS_E_INVALID ? authorize_ask_first(a, browser, query_get(&a->request->form, PASSKEY_OFFER), 403, a->texts->passkey_refused) : r;
}

/* The page is too old, or of another sign-in: what it was asked for may not be what is wanted now. */
static int ask_again(struct authorization *a, const struct browser *browser)
{
	int level = check_level(a, browser);

	if (level == LEVEL_REACHED)
		return authorize_ask(a, browser);
	return is_asked_for(level) ? ask_for(a, browser, level, 403, a->texts->expired) : go_on(a, browser, level);
}

static void post_factor(struct authorization *a, int (*take)(struct authorization *a, struct browser *browser))
{
	struct browser browser;
	int r = is_signed_in(a, FORM_GRACE_MS, &browser) ? check_form(a, &browser) : PIMS_E_NOT_FOUND;

	if (r == 0)
		r = take(a, &browser);
	else if (r == PIMS_E_STATE && is_signed_in(a, 0, &browser))
		r = ask_again(a, &browser);
	if (r == PIMS_E_STATE)
		authorize_show(a, 403, a->texts->expired);
	else
		finish(a, r);
}

/* An answer to one of our pages. */
static void post(struct authorization *a)
{
	const struct query *form = &a->request->form;
	const char *ticket = query_get(form, "ticket");

	if (query_get(form, "username"))
		post_password(a);
	else if (form_token_check(a->request, "") == PIMS_E_INVALID) /* another site's */
		finish(a, PIMS_E_INVALID);
	else if (query_get(form, "again"))
		authorize_show(a, 200, NULL);
	else if (query_get(form, "cancel"))
		answer_error(a, "access_denied", "the user does not want to sign in");
	else if (text_equal(ticket, AUTHORIZE_OTP))
		post_factor(a, take_otp);
	else if (text_equal(ticket, AUTHORIZE_PASSKEY))
		post_factor(a, take_passkey);
	else if (text_equal(ticket, AUTHORIZE_NEW_PASSKEY))
		post_factor(a, take_new_passkey);
	else if (text_equal(ticket, AUTHORIZE_FIRST))
		post_factor(a, take_first);
	else
		post_yes(a);
}

/* `browser`: NULL = nobody is signed in. */
static void begin_silently(struct authorization *a, const struct browser *browser)
{
	int level = browser ? check_level(a, browser) : LEVEL_REACHED, r = 0;

	if (!browser)
		answer_error(a, "login_required", "the user must sign in");
	else if (is_asked_for(level))
		answer_error(a, "interaction_required", "the user must be asked for a one-time password or a passkey");
	else if (may_be_somebody_else(a))
		answer_error(a, "interaction_required", "the user must be asked: this client cannot prove who it is");
	else
		r = go_on(a, browser, level);
	if (r == PIMS_E_NOT_FOUND)
		answer_error(a, "login_required", "the user must sign in");
	else if (r < 0)
		authorize_fail(a);
}

/* Nobody needs to be asked for the password who gave it in this browser lately. */
static void begin(struct authorization *a)
{
	struct browser browser;
	bool known = is_signed_in(a, 0, &browser);
	int level, r = PIMS_E_NOT_FOUND;

	if (a->auth.silent) {
		begin_silently(a, known ? &browser : NULL);
		return;
	}
	if (known) {
		level = check_level(a, &browser);
		r = level == LEVEL_REACHED && may_be_somebody_else(a) ? authorize_ask(a, &browser) : go_on(a, &browser, level);
	}
	finish(a, r);
}

static bool is_answer(const struct request *request)
{
	return query_get(&request->form, "username") || query_get(&request->form, "ticket");
}

/*
 * RFC 6749 §4.1.1. GET, or POST with the request in the body (OpenID Connect Core 3.1.2.1), shows the page; the page's form posts username
 * and password to the same place. Nothing is sent to a redirect URI that is not the client's.
 */
void oidc_authorize(struct request *request, struct response *response)
{
	struct authorization a = {.request = request, .response = response, .text = BUF_INIT(QUERY_MAX_LENGTH)};
	int r = auth_request_read(request, &a.auth);

	a.texts = texts_of_request(&a.auth.source);
	if (r < 0)
		authorize_fail(&a);
	else if (a.auth.refusal)
		authorize_refuse(&a);
	else if (a.auth.error)
		answer_error(&a, a.auth.error, a.auth.description);
	else if (read_parameters(&a) < 0)
		authorize_fail(&a);
	else if (is_answer(request))
		post(&a);
	else
		begin(&a);
	auth_request_free(&a.auth);
	query_free(&a.parameters);
	buf_free(&a.text);
}
