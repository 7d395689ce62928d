/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct endpoints server;

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

/* The request of `client` with one parameter replaced, or taken away (NULL value). */
static void put_request(struct buf *path, const char *client, const char *name, const char *value)
{
	const char *text = authorization_query(client);
	struct query query = {0};
	bool replaced = false;

	buf_puts(path, "/am/oauth2/authorize?");
	assert_int_equal(query_parse(text, strlen(text), &query), 0);
	for (size_t i = 0; i < query.count; i++) {
		bool same = name && strcmp(query.items[i].name, name) == 0;

		replaced = replaced || same;
		if (!same || value)
			url_put(path, query.items[i].name, same ? value : query.items[i].value);
	}
	if (name && value && !replaced)
		url_put(path, name, value);
	assert_int_equal(buf_error(path), 0);
	query_free(&query);
}

static void ask(const char *client, const char *name, const char *value, struct reply *reply)
{
	struct buf path = BUF_INIT(65536);

	put_request(&path, client, name, value);
	call(&server, &(struct call){.path = buf_text(&path)}, reply);
	buf_free(&path);
}

static void sign_in_at(const char *client, const struct call *more, const char *form, struct reply *reply)
{
	struct buf path = BUF_INIT(65536);
	struct call request = more ? *more : (struct call){0};

	put_request(&path, client, NULL, NULL);
	request.path = buf_text(&path);
	request.form = form;
	call(&server, &request, reply);
	buf_free(&path);
}

static void assert_page(const struct reply *reply, long status)
{
	assert_int_equal(reply->status, status);
	assert_string_equal(reply_header(reply, "Location"), "");
	assert_string_equal(reply_header(reply, "Content-Type"), "text/html; charset=utf-8");
	assert_string_equal(reply_header(reply, "Cache-Control"), "no-store");
	assert_string_equal(reply_header(reply, "X-Frame-Options"), "DENY");
	assert_string_equal(reply_header(reply, "Referrer-Policy"), "same-origin");
	assert_non_null(strstr(reply_header(reply, "Content-Security-Policy"), "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"));
	assert_null(strstr(buf_text(&reply->body), "<script"));
}

#define GOOD_FORM "username=demo%40example.com&password=demo-password"

/* --- who is asking ----------------------------------------------------------------------------------------------------------------- */

static void an_unknown_client_or_address_is_told_to_the_user_and_never_redirected(void **state)
{
	static const char *const rows[][2] = {
		{"client_id", NULL},
		{"client_id", ""},
		{"client_id", "nobody"},
		{"client_id", "pims\r\nX: y"},
		{"redirect_uri", NULL},
		{"redirect_uri", ""},
		{"redirect_uri", "http://evil.example/callback"},
		{"redirect_uri", "http://127.0.0.1:4711/other"},
		{"redirect_uri", "http://127.0.0.1:4711/callback\r\nSet-Cookie: a=b"},
		{"redirect_uri", "http://127.0.0.1:4711/callback#x"},
		{"redirect_uri", "mymap://oauth2redirect/fr"},
		{"redirect_uri", "javascript:alert(1)"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ask("pims", rows[i][0], rows[i][1], &reply);
		assert_page(&reply, 400);
	}
	reply_free(&reply);
}

static void a_refused_address_gets_no_code_for_a_right_password_either(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	put_request(&path, "pims", "redirect_uri", "http://evil.example/callback");
	call(&server, &(struct call){.path = buf_text(&path), .form = GOOD_FORM}, &reply);
	assert_page(&reply, 400);
	buf_free(&path);
	reply_free(&reply);
}

static void fields_that_are_too_long_are_refused(void **state)
{
	char value[6000];
	struct reply reply = {0};

	(void)state;
	memset(value, 'a', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	ask("pims", "client_id", value, &reply);
	assert_page(&reply, 400);
	ask("pims", "redirect_uri", value, &reply);
	assert_page(&reply, 400);
	ask("pims", "state", value, &reply);
	assert_page(&reply, 400);
	ask("pims", "nonce", value, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	ask("pims", "scope", value, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_scope");
	ask("pims", "code_challenge", value, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	reply_free(&reply);
}

/* --- what is asked for ------------------------------------------------------------------------------------------------------------- */

static void a_wrong_request_of_a_known_client_is_answered_there_with_state_and_iss(void **state)
{
	static const char *const rows[][3] = {
		{"response_type", NULL, "invalid_request"},
		{"response_type", "token", "unsupported_response_type"},
		{"response_type", "code id_token", "unsupported_response_type"},
		{"response_mode", "fragment", "invalid_request"},
		{"scope", "write admin", "invalid_scope"},
		{"code_challenge", NULL, "invalid_request"},
		{"code_challenge", "short", "invalid_request"},
		{"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "invalid_request"},
		{"code_challenge_method", NULL, "invalid_request"},
		{"code_challenge_method", "plain", "invalid_request"},
		{"code_challenge_method", "s256", "invalid_request"},
		{"acr_values", "phrh urn:openpims:acr:passwor", "unmet_authentication_requirements"},
		{"prompt", "none", "login_required"},
		{"prompt", "none login", "invalid_request"},
		{"request", "eyJhbGciOiJub25lIn0..", "request_not_supported"},
		{"request_uri", "https://app.example/r", "request_uri_not_supported"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ask("pims", rows[i][0], rows[i][1], &reply);
		assert_int_equal(reply.status, 302);
		assert_ptr_equal(strstr(reply_header(&reply, "Location"), PIMS_REDIRECT "?"), reply_header(&reply, "Location"));
		assert_string_equal(reply_parameter(&reply, "error"), rows[i][2]);
		assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
		assert_string_equal(reply_parameter(&reply, "iss"), server.url);
		assert_string_equal(reply_parameter(&reply, "code"), "");
	}
	reply_free(&reply);
}

static void a_public_client_needs_a_code_challenge_and_a_confidential_one_does_not(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	buf_puts(&path, "/am/oauth2/authorize?response_type=code&client_id=pims");
	url_put(&path, "redirect_uri", PIMS_REDIRECT);
	call(&server, &(struct call){.path = buf_text(&path)}, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	assert_string_equal(reply_parameter(&reply, "state"), "");
	buf_reset(&path);
	buf_puts(&path, "/am/oauth2/authorize?response_type=code&client_id=demo");
	url_put(&path, "redirect_uri", DEMO_REDIRECT);
	call(&server, &(struct call){.path = buf_text(&path)}, &reply);
	assert_page(&reply, 200);
	buf_free(&path);
	reply_free(&reply);
}

static void prompt_login_and_max_age_are_fulfilled_by_asking(void **state)
{
	struct reply reply = {0};

	(void)state;
	ask("pims", "prompt", "login", &reply);
	assert_page(&reply, 200);
	ask("pims", "max_age", "0", &reply);
	assert_page(&reply, 200);
	reply_free(&reply);
}

static void a_parameter_that_comes_twice_is_refused(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	put_request(&path, "pims", NULL, NULL);
	buf_puts(&path, "&client_id=demo");
	call(&server, &(struct call){.path = buf_text(&path)}, &reply);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_header(&reply, "Location"), "");
	buf_free(&path);
	reply_free(&reply);
}

/* --- what comes back into the page or the redirect ----------------------------------------------------------------------------------- */

#define HOSTILE "\"><script>alert('x')</script>&amp;"

static void nothing_that_is_reflected_becomes_markup(void **state)
{
	static const char *const names[] = {"state", "nonce", "ui_locales", "login_hint", "scope"};
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		ask("pims", names[i], strcmp(names[i], "scope") == 0 ? "openid " HOSTILE : HOSTILE, &reply);
		assert_page(&reply, 200);
		assert_null(strstr(buf_text(&reply.body), "alert('x')"));
		assert_null(strstr(buf_text(&reply.body), "\"><s"));
	}
	assert_non_null(strstr(buf_text(&reply.body), "value=\"openid &quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;\""));
	put_request(&path, "pims", NULL, NULL);
	call(&server, &(struct call){.path = buf_text(&path), .form = "username=%22%3E%3Cscript%3Ealert('x')&password=x"}, &reply);
	assert_page(&reply, 403);
	assert_null(strstr(buf_text(&reply.body), "alert('x')"));
	buf_free(&path);
	reply_free(&reply);
}

static void a_state_with_line_ends_makes_no_header(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	put_request(&path, "pims", "state", "x\r\nX-Evil: 1\r\n\r\n<b>");
	call(&server, &(struct call){.path = buf_text(&path), .form = GOOD_FORM}, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_header(&reply, "X-Evil"), "");
	assert_string_equal(reply_parameter(&reply, "state"), "x\r\nX-Evil: 1\r\n\r\n<b>");
	buf_free(&path);
	reply_free(&reply);
}

/* --- signing in -------------------------------------------------------------------------------------------------------------------- */

static void a_refusal_does_not_tell_what_was_wrong(void **state)
{
	static const char *const forms[] = {
		"username=demo%40example.com&password=wrong",
		"username=nobody%40example.com&password=demo-password",
		"username=demo%40example.com&password=",
		"username=demo%40example.com",
		"username=&password=demo-password",
		"username=blocked%40example.com&password=demo-password",
	};
	struct store *store = server.server.store;
	struct account account = {0};
	struct reply reply = {0};

	(void)state;
	assert_int_equal(store_account_by_email(store, DEMO_EMAIL, &account), 0);
	assert_int_equal(store_account_add(store, "blocked@example.com", account.password_hash, NULL, server.now), 0);
	assert_int_equal(store_account_set_blocked(store, "blocked@example.com", true), 0);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		sign_in_at("pims", NULL, forms[i], &reply);
		assert_page(&reply, 403);
		assert_non_null(strstr(buf_text(&reply.body), "<p role=\"alert\" id=\"error\">The e-mail address or the password is wrong.</p>"));
		assert_null(strstr(buf_text(&reply.body), "demo-password"));
	}
	account_free(&account);
	reply_free(&reply);
}

static void a_password_in_the_url_signs_nobody_in(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	put_request(&path, "pims", NULL, NULL);
	buf_puts(&path, "&" GOOD_FORM);
	call(&server, &(struct call){.path = buf_text(&path)}, &reply);
	assert_page(&reply, 200);
	call(&server, &(struct call){.path = buf_text(&path), .post = true}, &reply);
	assert_page(&reply, 200);
	buf_free(&path);
	reply_free(&reply);
}

static void repeated_failures_are_slowed_down_by_account_and_address(void **state)
{
	struct reply reply = {0};

	(void)state;
	for (int i = 0; i < 10; i++) {
		sign_in_at("pims", NULL, "username=eve%40example.com&password=wrong", &reply);
		assert_int_equal(reply.status, 403);
	}
	sign_in_at("pims", NULL, "username=EVE%40example.com&password=" EVE_PASSWORD, &reply);
	assert_page(&reply, 429);
	assert_string_equal(reply_header(&reply, "Retry-After"), "900");
	assert_non_null(strstr(buf_text(&reply.body), "Too many attempts. Try again in 16 min."));
	sign_in_at("pims", NULL, GOOD_FORM, &reply);
	assert_int_equal(reply.status, 303);
	endpoints_advance(&server, 901);
	sign_in_at("pims", NULL, "username=eve%40example.com&password=" EVE_PASSWORD, &reply);
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

static void a_header_of_ones_own_does_not_make_another_client_of_one(void **state)
{
	struct call more = {0};
	struct reply reply = {0};
	char header[64];

	(void)state;
	endpoints_advance(&server, 2000);
	for (int i = 0; i <= 10; i++) {
		(void)snprintf(header, sizeof header, "X-Forwarded-For: 203.0.113.%d", i);
		more.header = header;
		sign_in_at("pims", &more, "username=eve%40example.com&password=wrong", &reply);
		assert_int_equal(reply.status, i < 10 ? 403 : 429);
	}
	/* the same headers from a proxy that is configured are other clients */
	assert_int_equal(proxies_add(&server.server.settings.proxies, "127.0.0.1"), 0);
	sign_in_at("pims", &more, "username=eve%40example.com&password=wrong", &reply);
	assert_int_equal(reply.status, 403);
	server.server.settings.proxies = (struct proxies){.count = 0};
	endpoints_advance(&server, 2000);
	reply_free(&reply);
}

static void who_signs_in_rightly_is_never_slowed_down(void **state)
{
	struct reply reply = {0};

	(void)state;
	for (int i = 0; i < 25; i++) {
		sign_in_at("pims", NULL, GOOD_FORM, &reply);
		assert_int_equal(reply.status, 303);
	}
	reply_free(&reply);
}

/* --- forms of other sites ------------------------------------------------------------------------------------------------------------ */

static void a_form_of_another_site_is_refused(void **state)
{
	static const char *const headers[] = {"Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
					      "Sec-Fetch-Site: same-site"};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		sign_in_at("pims", &(struct call){.header = headers[i]}, GOOD_FORM, &reply);
		assert_page(&reply, 403);
		assert_null(strstr(buf_text(&reply.body), "<form"));
	}
	reply_free(&reply);
}

/* The value of the hidden field, from a page that was just asked for. */
static void read_form_token(const char *client, char *ret_token, size_t size)
{
	struct reply reply = {0};
	const char *at;

	ask(client, NULL, NULL, &reply);
	assert_page(&reply, 200);
	at = strstr(buf_text(&reply.body), "name=\"form_token\" value=\"");
	assert_non_null(at);
	at += strlen("name=\"form_token\" value=\"");
	(void)snprintf(ret_token, size, "%.*s", (int)strcspn(at, "\""), at);
	reply_free(&reply);
}

static void post_with_token(const char *client, const char *token, struct reply *reply)
{
	struct buf form = BUF_INIT(1024);
	char origin[96];

	(void)snprintf(origin, sizeof origin, "Origin: %s", server.url);
	buf_puts(&form, GOOD_FORM);
	if (token)
		url_put(&form, "form_token", token);
	sign_in_at(client, &(struct call){.header = origin, .header2 = "Sec-Fetch-Site: same-origin"}, buf_text(&form), reply);
	buf_free(&form);
}

static void a_browser_needs_the_token_of_a_fresh_page_of_the_same_request(void **state)
{
	struct reply reply = {0};
	char token[128], other[128];

	(void)state;
	read_form_token("pims", token, sizeof token);
	read_form_token("demo", other, sizeof other);
	post_with_token("pims", NULL, &reply);
	assert_page(&reply, 403);
	post_with_token("pims", other, &reply);
	assert_page(&reply, 403);
	post_with_token("pims", "1.2", &reply);
	assert_page(&reply, 403);
	post_with_token("pims", "", &reply);
	assert_page(&reply, 403);
	post_with_token("pims", token, &reply);
	assert_int_equal(reply.status, 303);
	endpoints_advance(&server, 1801);
	post_with_token("pims", token, &reply);
	assert_page(&reply, 403);
	assert_non_null(strstr(buf_text(&reply.body), "open for too long"));
	assert_non_null(strstr(buf_text(&reply.body), "value=\"demo@example.com\""));
	reply_free(&reply);
}

/* --- the way it should go ------------------------------------------------------------------------------------------------------------ */

static void the_page_has_one_form_that_can_be_used_without_scripts(void **state)
{
	struct reply reply = {0};
	const char *html, *form;

	(void)state;
	ask("pims", "login_hint", "demo@example.com", &reply);
	assert_page(&reply, 200);
	html = buf_text(&reply.body);
	form = strstr(html, "<form method=\"post\" action=\"/am/oauth2/authorize?client_id=pims&amp;redirect_uri=");
	assert_non_null(form);
	assert_null(strstr(form + 1, "<form"));
	assert_non_null(strstr(html, "<html lang=\"en\">"));
	assert_non_null(strstr(html, "<label for=\"username\">E-mail address</label>"));
	assert_non_null(strstr(html, "<label for=\"password\">Password</label>"));
	assert_non_null(strstr(html, "id=\"username\" name=\"username\""));
	assert_non_null(strstr(html, "id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\""));
	assert_non_null(strstr(html, "value=\"demo@example.com\""));
	assert_non_null(strstr(html, "<button type=\"submit\">Sign in</button>"));
	assert_non_null(strstr(html, "name=\"state\" value=\"s t&amp;1\""));
	assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "form-action 'self' http:"));
	assert_null(strstr(html, "role=\"alert\""));
	reply_free(&reply);
}

static void the_page_names_the_application_as_text(void **state)
{
	char id[] = "garage", name[] = "Jo’s <b>garage</b>", redirect[] = "https://garage.example/cb";
	const struct client client = {.id = id, .name = name, .redirect_uris = redirect};
	struct reply reply = {0};

	(void)state;
	assert_int_equal(store_client_add(server.server.store, &client), 0);
	call(&server,
	     &(struct call){.path = "/am/oauth2/authorize?client_id=garage&response_type=code&scope=openid&code_challenge_method=S256&code_challenge=" CHALLENGE
				    "&redirect_uri=https%3A%2F%2Fgarage.example%2Fcb"},
	     &reply);
	assert_page(&reply, 200);
	assert_non_null(strstr(buf_text(&reply.body), "Sign in to go on to Jo’s &lt;b&gt;garage&lt;/b&gt;."));
	reply_free(&reply);
}

static void the_page_speaks_french_to_who_asks_for_it(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	put_request(&path, "pims", NULL, NULL);
	call(&server, &(struct call){.path = buf_text(&path), .header = "Accept-Language: nl;q=0.9, fr-FR, en;q=0.5"}, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "<html lang=\"fr\">"));
	assert_non_null(strstr(buf_text(&reply.body), "Mot de passe"));
	url_put(&path, "ui_locales", "xx en");
	call(&server, &(struct call){.path = buf_text(&path), .header = "Accept-Language: fr"}, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "<html lang=\"en\">"));
	buf_free(&path);
	reply_free(&reply);
}

static void assert_code(const struct reply *reply, const char *redirect)
{
	const char *code;

	assert_int_equal(reply->status, 303);
	assert_memory_equal(reply_header(reply, "Location"), redirect, strlen(redirect));
	assert_string_equal(reply_parameter(reply, "state"), "s t&1");
	assert_string_equal(reply_parameter(reply, "iss"), server.url);
	assert_string_equal(reply_parameter(reply, "error"), "");
	code = reply_parameter(reply, "code");
	assert_int_equal(strlen(code), 36);
	assert_int_equal(strspn(code, "0123456789abcdef-"), 36);
	assert_true(code[8] == '-' && code[13] == '-' && code[14] == '4' && code[18] == '-' && strchr("89ab", code[19]) && code[23] == '-');
}

static void a_right_password_is_answered_by_a_uuid_with_state_and_iss(void **state)
{
	struct reply reply = {0};

	(void)state;
	sign_in_at("pims", NULL, "username=%20Demo%40EXAMPLE.com%20&password=demo-password", &reply);
	assert_code(&reply, PIMS_REDIRECT "?");
	sign_in_at("demo", NULL, GOOD_FORM, &reply);
	assert_code(&reply, DEMO_REDIRECT "?");
	reply_free(&reply);
}

static void the_request_may_come_in_the_body_with_or_without_the_sign_in(void **state)
{
	struct buf form = BUF_INIT(4096);
	struct reply reply = {0};

	(void)state;
	assert_int_equal(buf_puts(&form, authorization_query("pims")), 0);
	call(&server, &(struct call){.path = "/am/oauth2/authorize", .form = buf_text(&form)}, &reply);
	assert_page(&reply, 200);
	buf_puts(&form, "&" GOOD_FORM);
	call(&server, &(struct call){.path = "/am/oauth2/authorize", .form = buf_text(&form)}, &reply);
	assert_code(&reply, PIMS_REDIRECT "?");
	buf_free(&form);
	reply_free(&reply);
}

static void a_state_of_full_length_comes_back_whole(void **state)
{
	struct buf path = BUF_INIT(65536);
	struct reply reply = {0};
	char value[4097];

	(void)state;
	memset(value, '&', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	put_request(&path, "pims", "state", value);
	call(&server, &(struct call){.path = buf_text(&path)}, &reply);
	assert_page(&reply, 200);
	call(&server, &(struct call){.path = buf_text(&path), .form = GOOD_FORM}, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "state"), value);
	buf_free(&path);
	reply_free(&reply);
}

static void a_registered_query_is_kept_in_the_answer(void **state)
{
	struct reply reply = {0};

	(void)state;
	call(&server,
	     &(struct call){.path = "/am/oauth2/authorize?client_id=other&response_type=code&redirect_uri=https%3A%2F%2Fother.example%2Fcallback%3Fx%3D1",
			    .form = GOOD_FORM},
	     &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "x"), "1");
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	reply_free(&reply);
}

static void a_password_is_still_good_after_ten_years(void **state)
{
	struct reply reply = {0};

	(void)state;
	endpoints_advance(&server, INT64_C(3653) * 86400);
	sign_in_at("demo", NULL, GOOD_FORM, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_client_or_address_is_told_to_the_user_and_never_redirected),
		cmocka_unit_test(a_refused_address_gets_no_code_for_a_right_password_either),
		cmocka_unit_test(fields_that_are_too_long_are_refused),
		cmocka_unit_test(a_wrong_request_of_a_known_client_is_answered_there_with_state_and_iss),
		cmocka_unit_test(a_public_client_needs_a_code_challenge_and_a_confidential_one_does_not),
		cmocka_unit_test(prompt_login_and_max_age_are_fulfilled_by_asking),
		cmocka_unit_test(a_parameter_that_comes_twice_is_refused),
		cmocka_unit_test(nothing_that_is_reflected_becomes_markup),
		cmocka_unit_test(a_state_with_line_ends_makes_no_header),
		cmocka_unit_test(a_refusal_does_not_tell_what_was_wrong),
		cmocka_unit_test(a_password_in_the_url_signs_nobody_in),
		cmocka_unit_test(repeated_failures_are_slowed_down_by_account_and_address),
		cmocka_unit_test(a_header_of_ones_own_does_not_make_another_client_of_one),
		cmocka_unit_test(who_signs_in_rightly_is_never_slowed_down),
		cmocka_unit_test(a_form_of_another_site_is_refused),
		cmocka_unit_test(a_browser_needs_the_token_of_a_fresh_page_of_the_same_request),
		cmocka_unit_test(the_page_has_one_form_that_can_be_used_without_scripts),
		cmocka_unit_test(the_page_names_the_application_as_text),
		cmocka_unit_test(the_page_speaks_french_to_who_asks_for_it),
		cmocka_unit_test(a_right_password_is_answered_by_a_uuid_with_state_and_iss),
		cmocka_unit_test(the_request_may_come_in_the_body_with_or_without_the_sign_in),
		cmocka_unit_test(a_state_of_full_length_comes_back_whole),
		cmocka_unit_test(a_registered_query_is_kept_in_the_answer),
		cmocka_unit_test(a_password_is_still_good_after_ten_years),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
