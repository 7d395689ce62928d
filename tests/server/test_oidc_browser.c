/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Single sign-on: who is asked for the password again, and who is not. */

#define FORM "username=demo%40example.com&password=demo-password"

static struct endpoints server;
static char cookie[128];

static void authorize(const char *more, const char *form, struct reply *reply)
{
	struct buf path = BUF_INIT(8192);
	char header[160];

	buf_printf(&path, "/am/oauth2/authorize?%s%s", authorization_query("demo"), more);
	(void)snprintf(header, sizeof header, "Cookie: %s", cookie);
	call(&server, &(struct call){.path = buf_text(&path), .form = form, .header = *cookie ? header : NULL}, reply);
	buf_free(&path);
}

static void take_cookie(const struct reply *reply)
{
	const char *set = reply_header(reply, "Set-Cookie");

	assert_true(*set);
	(void)snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(set, ";"), set);
}

static int start(void **state)
{
	(void)state;
	cookie[0] = '\0';
	endpoints_start(&server, true);
	return 0;
}

static int signed_in(void **state)
{
	struct reply reply = {0};

	start(state);
	authorize("", FORM, &reply);
	assert_int_equal(reply.status, 303);
	take_cookie(&reply);
	reply_free(&reply);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void asked(const char *more)
{
	struct reply reply = {0};

	authorize(more, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	reply_free(&reply);
}

static void not_asked(const char *more)
{
	struct reply reply = {0};

	authorize(more, NULL, &reply);
	assert_int_equal(reply.status, 302);
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	reply_free(&reply);
}

static void login_required(const char *more)
{
	struct reply reply = {0};

	authorize(more, NULL, &reply);
	assert_int_equal(reply.status, 302);
	assert_string_equal(reply_parameter(&reply, "error"), "login_required");
	reply_free(&reply);
}

static void tokens(struct reply *reply)
{
	struct buf form = BUF_INIT(4096);

	authorize("", NULL, reply);
	buf_puts(&form, "grant_type=authorization_code&code_verifier=" VERIFIER);
	url_put(&form, "code", reply_parameter(reply, "code"));
	url_put(&form, "redirect_uri", DEMO_REDIRECT);
	call(&server, &(struct call){.path = "/am/oauth2/access_token", .form = buf_text(&form), .authorization = DEMO_BASIC}, reply);
	assert_int_equal(reply->status, 200);
	buf_free(&form);
}

static void a_browser_without_our_cookie_is_asked(void **state)
{
	static const char *const values[] = {"", "pimsd=", "pimsd=x", "other=1",
					     "pimsd=00000000000000000000000000000000000000000000000000000000000000000000000000",
					     "pimsd=0000000000000000000000000000000000000000000000000000000000000000"};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		(void)snprintf(cookie, sizeof cookie, "%s", values[i]);
		asked("");
		login_required("&prompt=none");
	}
}

static void a_wrong_password_signs_no_browser_in(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize("", "username=demo%40example.com&password=wrong-password", &reply);
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	reply_free(&reply);
}

static void a_planted_cookie_is_replaced_by_the_sign_in(void **state)
{
	static const char planted[] = "pimsd=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct reply reply = {0};

	(void)state;
	(void)snprintf(cookie, sizeof cookie, "%s", planted);
	authorize("", FORM, &reply);
	take_cookie(&reply);
	assert_string_not_equal(cookie, planted);
	(void)snprintf(cookie, sizeof cookie, "%s", planted);
	asked("");
	reply_free(&reply);
}

static void the_old_cookie_ends_with_a_new_sign_in(void **state)
{
	struct reply reply = {0};
	char old[128];

	(void)state;
	memcpy(old, cookie, sizeof old);
	authorize("", FORM, &reply);
	take_cookie(&reply);
	assert_string_not_equal(cookie, old);
	not_asked("");
	memcpy(cookie, old, sizeof old);
	asked("");
	reply_free(&reply);
}

static void the_cookie_is_kept_from_scripts_and_other_sites(void **state)
{
	struct reply reply = {0};
	const char *set;

	(void)state;
	authorize("", FORM, &reply);
	set = reply_header(&reply, "Set-Cookie");
	assert_non_null(strstr(set, "; HttpOnly"));
	assert_non_null(strstr(set, "; SameSite=Lax"));
	assert_non_null(strstr(set, "; Path=/;"));
	assert_null(strstr(set, "Domain"));
	assert_null(strstr(set, "Secure"));
	(void)snprintf(server.issuer, sizeof server.issuer, "https://pims.example.com");
	authorize("", FORM, &reply);
	set = reply_header(&reply, "Set-Cookie");
	assert_memory_equal(set, "__Host-pimsd=", 13);
	assert_non_null(strstr(set, "; Secure"));
	reply_free(&reply);
}

static void prompt_and_max_age_ask_again(void **state)
{
	(void)state;
	asked("&prompt=login");
	asked("&prompt=select_account");
	asked("&max_age=0");
	endpoints_advance(&server, 60);
	asked("&max_age=60");
	not_asked("&max_age=61");
	login_required("&prompt=none&max_age=60");
	asked("&login_hint=eve%40example.com");
	not_asked("&login_hint=demo%40example.com");
}

/* OpenID Connect Core 3.1.2.2 */
static void a_hinted_user_is_answered_for_and_nobody_else(void **state)
{
	struct reply reply = {0};
	char hint[4096], silent[4200];

	(void)state;
	tokens(&reply);
	(void)snprintf(hint, sizeof hint, "&id_token_hint=%s", reply_text(&reply, "id_token"));
	(void)snprintf(silent, sizeof silent, "%s&prompt=none", hint);
	endpoints_advance(&server, 7200); /* an expired one will do */
	not_asked(hint);
	not_asked(silent);
	/* eve in the same browser */
	authorize("&prompt=login", "username=eve%40example.com&password=eve-password", &reply);
	assert_int_equal(reply.status, 303);
	take_cookie(&reply);
	not_asked("");
	asked(hint);
	login_required(silent);
	/* whose password is not asked for here */
	authorize(hint, "username=eve%40example.com&password=eve-password", &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "error"), "login_required");
	assert_string_equal(reply_parameter(&reply, "code"), "");
	assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	authorize(hint, FORM, &reply);
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	assert_string_not_equal(reply_header(&reply, "Set-Cookie"), "");
	reply_free(&reply);
}

static void the_page_keeps_the_hint_and_a_foreign_one_is_refused(void **state)
{
	struct reply reply = {0};
	char hint[4096], field[4200];

	(void)state;
	tokens(&reply);
	(void)snprintf(field, sizeof field, "name=\"id_token_hint\" value=\"%s\"", reply_text(&reply, "id_token"));
	(void)snprintf(hint, sizeof hint, "&prompt=login&id_token_hint=%s", reply_text(&reply, "id_token"));
	authorize(hint, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), field));
	hint[strlen(hint) - 10] ^= 1;
	authorize(hint, NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	authorize("&id_token_hint=x", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	reply_free(&reply);
}

static void a_max_age_that_is_no_number_is_refused(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize("&max_age=-1", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	authorize("&max_age=soon", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	reply_free(&reply);
}

static void nobody_is_asked_who_signed_in_lately(void **state)
{
	(void)state;
	not_asked("");
	not_asked("&prompt=none");
	endpoints_advance(&server, 14 * 86400 - 1);
	not_asked("");
	endpoints_advance(&server, 1);
	asked("");
}

static void auth_time_is_when_the_password_was_given(void **state)
{
	struct reply reply = {0};
	char claims[4096];
	const char *token, *payload;
	size_t length = 0;
	json_t *object = NULL;

	(void)state;
	endpoints_advance(&server, 1000);
	tokens(&reply);
	token = reply_text(&reply, "id_token");
	payload = strchr(token, '.') + 1;
	assert_int_equal(base64url_decode(payload, strcspn(payload, "."), claims, sizeof claims - 1, &length), 0);
	assert_int_equal(json_parse_object(claims, length, sizeof claims, &object), 0);
	assert_int_equal(json_int(object, "auth_time", 0), server.now / 1000 - 1000);
	json_decref(object);
	reply_free(&reply);
}

static void a_blocked_account_is_asked(void **state)
{
	(void)state;
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, true), 0);
	login_required("&prompt=none");
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, false), 0);
	asked("");
}

static void a_new_password_signs_every_browser_out(void **state)
{
	struct reply reply = {0};

	(void)state;
	call(&server,
	     &(struct call){.path = "/account/password?client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr",
			    .form = FORM "&new_password=a-new-password&new_password2=a-new-password"},
	     &reply);
	assert_int_equal(reply.status, 303);
	asked("");
	reply_free(&reply);
}

static void signing_out_ends_it(void **state)
{
	struct reply reply = {0};
	char text[8192];

	(void)state;
	tokens(&reply);
	(void)snprintf(text, sizeof text, "token=%s", reply_text(&reply, "refresh_token"));
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .form = text, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 200);
	asked("");
	authorize("", FORM, &reply);
	take_cookie(&reply);
	tokens(&reply);
	(void)snprintf(text, sizeof text, "/am/oauth2/connect/endSession?id_token_hint=%s", reply_text(&reply, "id_token"));
	call(&server, &(struct call){.path = text}, &reply);
	assert_non_null(strstr(reply_header(&reply, "Set-Cookie"), "pimsd=; Path=/; Max-Age=0"));
	asked("");
	reply_free(&reply);
}

#define END_SESSION "/am/oauth2/connect/endSession"

/* The browser's own request; the form of the page that it gets when `form` is given. */
static void end_session(const char *parameters, const char *form, const char *origin, struct reply *reply)
{
	char path[8192], body[8192], header[256];

	(void)snprintf(path, sizeof path, END_SESSION "?%s", form ? "sign_out=1" : parameters);
	(void)snprintf(body, sizeof body, "%s&%s", parameters, form ? form : "");
	(void)snprintf(header, sizeof header, "Cookie: %s", cookie);
	call(&server, &(struct call){.path = path, .form = form ? body : NULL, .header = header, .header2 = origin}, reply);
}

static void read_form_token(const struct reply *reply, char ret_form[256])
{
	const char *at = strstr(buf_text(&reply->body), "name=\"form_token\" value=\"");

	assert_non_null(at);
	at += strlen("name=\"form_token\" value=\"");
	(void)snprintf(ret_form, 256, "form_token=%.*s", (int)strcspn(at, "\""), at);
}

/* --- a client that cannot prove who it is (RFC 8252 §8.6) ----------------------------------------------------------------------------- */

static void authorize_public(const char *more, const char *form, const char *header2, struct reply *reply)
{
	char path[4096], header[160];

	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s%s", authorization_query("pims"), more);
	(void)snprintf(header, sizeof header, "Cookie: %s", cookie);
	call(&server, &(struct call){.path = path, .form = form, .header = *cookie ? header : NULL, .header2 = header2}, reply);
}

/* The page with one button; the fields that its form sends, and the Origin that a browser adds. */
static void question(const char *more, char ret_form[512], char ret_origin[128])
{
	struct reply reply = {0};
	char token[256];

	authorize_public(more, NULL, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_null(strstr(buf_text(&reply.body), "name=\"password\""));
	assert_non_null(strstr(buf_text(&reply.body), "pims wants to sign you in. Go on only if you asked for it yourself."));
	assert_non_null(strstr(buf_text(&reply.body), "Continue as demo@example.com</button>"));
	assert_non_null(strstr(buf_text(&reply.body), "name=\"ticket\" value=\"go on\""));
	assert_string_equal(reply_header(&reply, "Location"), "");
	assert_string_equal(reply_header(&reply, "X-Frame-Options"), "DENY");
	assert_string_equal(reply_header(&reply, "Referrer-Policy"), "same-origin");
	assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "frame-ancestors 'none'"));
	read_form_token(&reply, token);
	(void)snprintf(ret_form, 512, "ticket=go%%20on&%s", token);
	(void)snprintf(ret_origin, 128, "Origin: %s", server.url);
	reply_free(&reply);
}

static void a_client_that_cannot_prove_itself_gets_no_code_unless_the_user_says_yes(void **state)
{
	struct reply reply = {0};
	char form[512], origin[128];

	(void)state;
	question("", form, origin);
	question("&login_hint=demo%40example.com", form, origin);
	question("", form, origin);
	authorize_public("", form, origin, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	/* nor another time */
	question("", form, origin);
	reply_free(&reply);
}

static void without_asking_such_a_client_gets_an_error(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize_public("&prompt=none", NULL, NULL, &reply);
	assert_int_equal(reply.status, 302);
	assert_string_equal(reply_parameter(&reply, "error"), "interaction_required");
	assert_string_equal(reply_parameter(&reply, "code"), "");
	cookie[0] = '\0';
	authorize_public("&prompt=none", NULL, NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "login_required");
	reply_free(&reply);
}

static void an_address_on_the_web_proves_who_a_client_is(void **state)
{
	static char id[] = "web", name[] = "Web", uris[] = "https://app.example.com/callback\nhttps://127.0.0.1/callback";
	const struct client web = {.id = id, .name = name, .redirect_uris = uris};
	char path[1024], header[160];
	struct reply reply = {0};

	(void)state;
	assert_int_equal(store_client_add(server.server.store, &web), 0);
	(void)snprintf(header, sizeof header, "Cookie: %s", cookie);
#define WEB_QUERY                                                                                                                              \
	"/am/oauth2/authorize?client_id=web&response_type=code&scope=openid&state=s1&code_challenge_method=S256&code_challenge=" CHALLENGE      \
	"&prompt=none&redirect_uri="
	(void)snprintf(path, sizeof path, WEB_QUERY "https%%3A%%2F%%2Fapp.example.com%%2Fcallback");
	call(&server, &(struct call){.path = path, .header = header}, &reply);
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	(void)snprintf(path, sizeof path, WEB_QUERY "https%%3A%%2F%%2F127.0.0.1%%2Fcallback");
	call(&server, &(struct call){.path = path, .header = header}, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "interaction_required");
	reply_free(&reply);
}

static void nobody_says_yes_for_the_user(void **state)
{
	struct reply reply = {0};
	char form[512], origin[128], other[512], old[128];

	(void)state;
	question("", form, origin);
	/* another site, no token, a token of another page, of another request, of another browser, an old one */
	authorize_public("", form, "Origin: https://evil.example", &reply);
	assert_int_equal(reply.status, 403);
	authorize_public("", form, "Sec-Fetch-Site: cross-site", &reply);
	assert_int_equal(reply.status, 403);
	authorize_public("", "ticket=go%20on", NULL, &reply);
	assert_int_equal(reply.status, 403);
	authorize_public("", "ticket=go%20on&form_token=1.00", origin, &reply);
	assert_string_equal(reply_header(&reply, "Location"), "");
	authorize("&prompt=login", NULL, &reply);
	read_form_token(&reply, other);
	authorize_public("", other, origin, &reply);
	assert_string_equal(reply_header(&reply, "Location"), "");
	authorize_public("&ui_locales=de", form, origin, &reply);
	assert_string_equal(reply_header(&reply, "Location"), "");
	memcpy(old, cookie, sizeof old);
	authorize("", FORM, &reply);
	take_cookie(&reply);
	authorize_public("", form, origin, &reply);
	assert_string_equal(reply_header(&reply, "Location"), "");
	memcpy(cookie, old, sizeof old); /* signed out */
	authorize_public("", form, origin, &reply);
	assert_string_equal(reply_header(&reply, "Location"), "");
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	reply_free(&reply);
}

static void the_page_keeps_what_the_application_wants(void **state)
{
	struct reply reply = {0};
	char form[512], origin[128], more[600];

	(void)state;
	question("&max_age=60", form, origin);
	endpoints_advance(&server, 61);
	(void)snprintf(more, sizeof more, "%s&max_age=60", form);
	authorize_public("", more, origin, &reply);
	assert_string_equal(reply_header(&reply, "Location"), "");
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	authorize_public("", form, origin, &reply); /* nor without it: the form belongs to the other request */
	assert_string_equal(reply_header(&reply, "Location"), "");
	reply_free(&reply);
}

static void a_browser_is_signed_in_no_longer_than_a_session_may_last(void **state)
{
	(void)state;
	server.server.settings.session_seconds = 86400;
	not_asked("");
	endpoints_advance(&server, 86399);
	not_asked("");
	endpoints_advance(&server, 1);
	asked("");
	server.server.settings.session_seconds = 0;
}

static void an_old_page_asks_again(void **state)
{
	struct reply reply = {0};
	char form[512], origin[128];

	(void)state;
	question("", form, origin);
	endpoints_advance(&server, 86400);
	authorize_public("", form, origin, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "Continue as demo@example.com</button>"));
	reply_free(&reply);
}

static void the_user_may_be_somebody_else_or_say_no(void **state)
{
	struct reply reply = {0};
	char form[512], origin[128], other[600];

	(void)state;
	question("", form, origin);
	(void)snprintf(other, sizeof other, "%s&again=1", form);
	authorize_public("", other, origin, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	(void)snprintf(other, sizeof other, "%s&cancel=1", form);
	authorize_public("", other, origin, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "error"), "access_denied");
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	reply_free(&reply);
}

static void without_a_hint_nobody_is_signed_out_unasked(void **state)
{
	struct reply reply = {0};

	(void)state;
	end_session("", NULL, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "<h1>Sign out</h1>"));
	assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	assert_string_equal(reply_header(&reply, "X-Frame-Options"), "DENY");
	not_asked("");
	/* nor by a link that says it was asked */
	call(&server, &(struct call){.path = END_SESSION "?sign_out=1"}, &reply);
	not_asked("");
	reply_free(&reply);
}

static void who_says_yes_on_the_page_is_signed_out_and_goes_back(void **state)
{
	static const char parameters[] = "client_id=demo&state=s1&post_logout_redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr";
	char form[256], origin[128];
	struct reply reply = {0};

	(void)state;
	end_session(parameters, NULL, NULL, &reply);
	assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "form-action 'self' mymap:"));
	read_form_token(&reply, form);
	(void)snprintf(origin, sizeof origin, "Origin: %s", server.url);
	end_session(parameters, form, origin, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_header(&reply, "Location"), DEMO_REDIRECT "?state=s1");
	asked("");
	reply_free(&reply);
}

static void who_says_yes_goes_to_no_address_that_is_not_registered(void **state)
{
	static const char *const rows[] = {
		"client_id=demo&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F",
		"client_id=nobody&post_logout_redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr",
		"post_logout_redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr",
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		end_session(rows[i], "yes=1", NULL, &reply);
		assert_int_equal(reply.status, 200);
		assert_string_equal(reply_header(&reply, "Location"), "");
		asked("");
		authorize("", FORM, &reply);
		take_cookie(&reply);
	}
	reply_free(&reply);
}

static void a_form_of_another_site_or_browser_signs_nobody_out(void **state)
{
	char form[256];
	struct reply reply = {0};

	(void)state;
	end_session("", NULL, NULL, &reply);
	read_form_token(&reply, form);
	end_session("", form, "Origin: https://evil.example", &reply);
	assert_int_equal(reply.status, 403);
	end_session("", "yes=1", "Sec-Fetch-Site: same-origin", &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "<h1>Sign out</h1>"));
	not_asked("");
	/* the page was shown in the browser before this sign-in */
	authorize("&prompt=login", FORM, &reply);
	take_cookie(&reply);
	end_session("", form, "Sec-Fetch-Site: same-origin", &reply);
	not_asked("");
	reply_free(&reply);
}

/* Whoever has a token of his own could sign others out by a link else. */
static void the_token_of_another_account_signs_this_browser_out_only_when_it_says_yes(void **state)
{
	struct reply reply = {0};
	char eve[64], parameters[4096];

	(void)state;
	authorize("&prompt=login", "username=" EVE_EMAIL "&password=" EVE_PASSWORD, &reply);
	take_cookie(&reply);
	tokens(&reply);
	(void)snprintf(eve, sizeof eve, "%s", reply_text(&reply, "access_token"));
	(void)snprintf(parameters, sizeof parameters, "id_token_hint=%s", reply_text(&reply, "id_token"));
	(void)snprintf(cookie, sizeof cookie, "%s", "pimsd=none");
	authorize("&prompt=login", FORM, &reply);
	take_cookie(&reply);
	end_session(parameters, NULL, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "<h1>Sign out</h1>"));
	assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	not_asked("");
	end_session(parameters, "yes=1", NULL, &reply);
	asked("");
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = eve}, &reply);
	assert_int_equal(reply.status, 401);
	reply_free(&reply);
}

#define TEST(name, before) cmocka_unit_test_setup_teardown(name, before, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_browser_without_our_cookie_is_asked, start),
		TEST(a_wrong_password_signs_no_browser_in, start),
		TEST(a_planted_cookie_is_replaced_by_the_sign_in, start),
		TEST(the_old_cookie_ends_with_a_new_sign_in, signed_in),
		TEST(the_cookie_is_kept_from_scripts_and_other_sites, start),
		TEST(prompt_and_max_age_ask_again, signed_in),
		TEST(a_hinted_user_is_answered_for_and_nobody_else, signed_in),
		TEST(the_page_keeps_the_hint_and_a_foreign_one_is_refused, signed_in),
		TEST(a_max_age_that_is_no_number_is_refused, signed_in),
		TEST(nobody_is_asked_who_signed_in_lately, signed_in),
		TEST(auth_time_is_when_the_password_was_given, signed_in),
		TEST(a_blocked_account_is_asked, signed_in),
		TEST(a_new_password_signs_every_browser_out, signed_in),
		TEST(signing_out_ends_it, signed_in),
		TEST(a_client_that_cannot_prove_itself_gets_no_code_unless_the_user_says_yes, signed_in),
		TEST(without_asking_such_a_client_gets_an_error, signed_in),
		TEST(an_address_on_the_web_proves_who_a_client_is, signed_in),
		TEST(nobody_says_yes_for_the_user, signed_in),
		TEST(the_page_keeps_what_the_application_wants, signed_in),
		TEST(a_browser_is_signed_in_no_longer_than_a_session_may_last, signed_in),
		TEST(an_old_page_asks_again, signed_in),
		TEST(the_user_may_be_somebody_else_or_say_no, signed_in),
		TEST(without_a_hint_nobody_is_signed_out_unasked, signed_in),
		TEST(who_says_yes_on_the_page_is_signed_out_and_goes_back, signed_in),
		TEST(who_says_yes_goes_to_no_address_that_is_not_registered, signed_in),
		TEST(a_form_of_another_site_or_browser_signs_nobody_out, signed_in),
		TEST(the_token_of_another_account_signs_this_browser_out_only_when_it_says_yes, signed_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
