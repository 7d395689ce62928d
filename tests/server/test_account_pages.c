/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Accounts made and changed by their owners, over the pages that an application opens. */

#define CREATE "/account/create"
#define EMAIL "/account/email"
#define PASSWORD "/account/password"
#define REDIRECT "mymap%3A%2F%2Foauth2redirect%2Ffr"
#define VISIT "client_id=demo&state=s+1&redirect_uri=" REDIRECT
#define NEW "new@example.com"

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

static void post(const char *page, const char *hint, const char *form, struct reply *reply)
{
	struct buf path = BUF_INIT(16384);

	buf_printf(&path, "%s?%s%s%s", page, VISIT, hint ? "&id_token_hint=" : "", hint ? hint : "");
	call(&server, &(struct call){.path = buf_text(&path), .form = form}, reply);
	buf_free(&path);
}

static void assert_page(const struct reply *reply, long status, const char *text)
{
	assert_int_equal(reply->status, status);
	assert_non_null(strstr(reply_header(reply, "Content-Security-Policy"), "default-src 'none'"));
	assert_string_equal(reply_header(reply, "Cache-Control"), "no-store");
	assert_null(strstr(buf_text(&reply->body), "<script"));
	if (text && !strstr(buf_text(&reply->body), text))
		fail_msg("no \"%s\" in %s", text, buf_text(&reply->body));
}

static void assert_left(const struct reply *reply, const char *name, const char *value)
{
	assert_int_equal(reply->status, 303);
	assert_memory_equal(reply_header(reply, "Location"), DEMO_REDIRECT "?", sizeof DEMO_REDIRECT);
	assert_string_equal(reply_parameter(reply, name), value);
	assert_string_equal(reply_parameter(reply, "state"), "s 1");
	assert_string_equal(reply_parameter(reply, "iss"), server.issuer);
}

/* The value of the hidden field "ticket". */
static void read_ticket(const struct reply *reply, char ret_ticket[65])
{
	const char *at = strstr(buf_text(&reply->body), "name=\"ticket\" value=\"");

	assert_non_null(at);
	(void)snprintf(ret_ticket, 65, "%.64s", strchr(at, '=') + 1 + strlen("\"ticket\" value=\""));
}

/* The last message, as JSON that the caller owns. */
static json_t *last_mail(void)
{
	struct reply reply = {0};
	json_t *messages, *mail = NULL;

	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	assert_int_equal(reply.status, 200);
	messages = json_object_get(reply.json, "messages");
	if (json_array_size(messages))
		mail = json_deep_copy(json_array_get(messages, json_array_size(messages) - 1));
	reply_free(&reply);
	return mail;
}

static void assert_mail(const char *to, bool code, char ret_code[16])
{
	json_t *mail = last_mail();

	assert_non_null(mail);
	assert_string_equal(json_text(mail, "to"), to);
	assert_int_equal(json_text(mail, "code") != NULL, code);
	if (ret_code)
		(void)snprintf(ret_code, 16, "%s", json_text(mail, "code"));
	json_decref(mail);
}

static long sign_in_status(const char *email, const char *password)
{
	struct buf form = BUF_INIT(4096), path = BUF_INIT(4096);
	struct reply reply = {0};
	long status;

	url_put(&form, "username", email);
	url_put(&form, "password", password);
	buf_printf(&path, "/am/oauth2/authorize?%s", authorization_query("demo"));
	call(&server, &(struct call){.path = buf_text(&path), .form = buf_text(&form)}, &reply);
	status = reply.status;
	reply_free(&reply);
	buf_free(&form);
	buf_free(&path);
	return status;
}

static void confirm(const char *page, const char *ticket, const char *code, struct reply *reply)
{
	char form[256];

	(void)snprintf(form, sizeof form, "ticket=%s&code=%s", ticket, code);
	post(page, NULL, form, reply);
}

#define CREATE_FORM "username=new%40example.com&password=a-new-password&password2=a-new-password"

static void a_visit_without_a_client_or_its_address_goes_nowhere(void **state)
{
	static const char *const queries[] = {"", ("?client_id=nobody&redirect_uri=" REDIRECT), "?client_id=demo",
					      "?client_id=demo&redirect_uri=http%3A%2F%2Fevil.example%2F"};
	static const char *const pages[] = {CREATE, EMAIL, PASSWORD};
	struct reply reply = {0};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
		for (size_t j = 0; j < sizeof pages / sizeof *pages; j++) {
			(void)snprintf(path, sizeof path, "%s%s", pages[j], queries[i]);
			call(&server, &(struct call){.path = path, .form = "cancel=1"}, &reply);
			assert_page(&reply, 400, NULL);
			assert_string_equal(reply_header(&reply, "Location"), "");
			call(&server, &(struct call){.path = path}, &reply);
			assert_page(&reply, 400, NULL);
		}
	reply_free(&reply);
}

static void a_form_of_another_site_or_without_its_token_does_nothing(void **state)
{
	struct reply reply = {0};

	(void)state;
	call(&server, &(struct call){.path = CREATE "?" VISIT, .form = CREATE_FORM, .header = "Origin: http://evil.example"}, &reply);
	assert_page(&reply, 403, "did not come from");
	call(&server, &(struct call){.path = CREATE "?" VISIT, .form = CREATE_FORM, .header = "Sec-Fetch-Site: same-origin"}, &reply);
	assert_page(&reply, 403, "open for too long");
	call(&server, &(struct call){.path = CREATE "?" VISIT, .form = CREATE_FORM "&form_token=1.00", .header = "Sec-Fetch-Site: same-origin"},
	     &reply);
	assert_page(&reply, 403, "open for too long");
	assert_null(last_mail());
	reply_free(&reply);
}

static void what_is_typed_never_becomes_markup(void **state)
{
	struct reply reply = {0};

	(void)state;
	post(CREATE, NULL, "username=%22%3E%3Cb%3E%40x&password=a&password2=b", &reply);
	assert_page(&reply, 400, "&quot;&gt;&lt;b&gt;@x");
	assert_null(strstr(buf_text(&reply.body), "<b>"));
	reply_free(&reply);
}

/* NIST SP 800-63B-4 §3.1.1.2 */
static void the_pages_help_to_choose_a_password(void **state)
{
	static const char *const pages[] = {CREATE, PASSWORD};
	struct reply reply = {0};

	(void)state;
	server.server.settings.password_min = 12;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		post(pages[i], NULL, NULL, &reply);
		assert_page(&reply, 200, "At least 12 characters. A few words that do not belong together are easy to remember.");
	}
	post(CREATE, NULL, "username=new%40example.com&password=eleven-long&password2=eleven-long", &reply);
	assert_page(&reply, 400, "too short");
	reply_free(&reply);
}

static void a_wrong_form_makes_no_account_and_no_mail(void **state)
{
	static const char *const rows[][2] = {
		{"username=nobody&password=a-new-password&password2=a-new-password", "no e-mail address"},
		{"username=new%40example.com&password=a-new-password&password2=another-password", "not the same"},
		{"username=new%40example.com&password=short&password2=short", "too short"},
		{"username=new%40example.com&password=Password1&password2=Password1", "Many people use this password"},
		{"username=new.long%40example.com&password=NEW.long&password2=NEW.long", "Many people use this password"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		post(CREATE, NULL, rows[i][0], &reply);
		assert_page(&reply, 400, rows[i][1]);
		assert_non_null(strstr(buf_text(&reply.body), "role=\"alert\""));
	}
	assert_null(last_mail());
	reply_free(&reply);
}

static void an_account_works_only_after_its_code(void **state)
{
	struct reply reply = {0};
	char ticket[65], code[16];

	(void)state;
	post(CREATE, NULL, CREATE_FORM, &reply);
	assert_page(&reply, 200, NEW);
	read_ticket(&reply, ticket);
	assert_mail(NEW, true, code);
	assert_int_equal(sign_in_status(NEW, "a-new-password"), 403);
	confirm(CREATE, ticket, "0000000", &reply);
	assert_page(&reply, 403, "wrong or expired");
	confirm(CREATE, "0000000000000000000000000000000000000000000000000000000000000000", code, &reply);
	assert_page(&reply, 403, "wrong or expired");
	confirm(EMAIL, ticket, code, &reply); /* of another page */
	assert_page(&reply, 403, "wrong or expired");
	confirm(CREATE, ticket, code, &reply);
	assert_left(&reply, "result", "done");
	assert_int_equal(sign_in_status(NEW, "a-new-password"), 303);
	confirm(CREATE, ticket, code, &reply);
	assert_page(&reply, 403, "wrong or expired");
	reply_free(&reply);
}

static void five_wrong_codes_spend_a_ticket(void **state)
{
	struct reply reply = {0};
	char ticket[65], code[16], wrong[16];

	(void)state;
	post(CREATE, NULL, CREATE_FORM, &reply);
	read_ticket(&reply, ticket);
	assert_mail(NEW, true, code);
	(void)snprintf(wrong, sizeof wrong, "%08u", (unsigned)(strtoul(code, NULL, 10) + 1) % 100000000);
	for (int i = 0; i < 5; i++)
		confirm(CREATE, ticket, wrong, &reply);
	confirm(CREATE, ticket, code, &reply);
	assert_page(&reply, 403, "wrong or expired");
	assert_int_equal(sign_in_status(NEW, "a-new-password"), 403);
	reply_free(&reply);
}

static void a_code_dies_at_its_time(void **state)
{
	struct reply reply = {0};
	char ticket[65], code[16];

	(void)state;
	post(CREATE, NULL, CREATE_FORM, &reply);
	read_ticket(&reply, ticket);
	assert_mail(NEW, true, code);
	endpoints_advance(&server, 1800);
	confirm(CREATE, ticket, code, &reply);
	assert_page(&reply, 403, "wrong or expired");
	reply_free(&reply);
}

/* Body for body, but for what is random in it. */
static void nobody_learns_who_has_an_account(void **state)
{
	struct reply known = {0}, unknown = {0};

	(void)state;
	post(CREATE, NULL, "username=eve%40example.com&password=a-new-password&password2=a-new-password", &known);
	assert_mail(EVE_EMAIL, false, NULL);
	post(CREATE, NULL, "username=ewe%40example.com&password=a-new-password&password2=a-new-password", &unknown);
	assert_mail("ewe@example.com", true, NULL);
	assert_int_equal(known.status, unknown.status);
	assert_int_equal(known.body.len, unknown.body.len);
	assert_int_equal(known.headers.len, unknown.headers.len);
	assert_int_equal(sign_in_status(EVE_EMAIL, EVE_PASSWORD), 303);
	reply_free(&known);
	reply_free(&unknown);
}

static void an_address_gets_only_so_many_messages(void **state)
{
	struct reply reply = {0};

	(void)state;
	for (int i = 0; i < 10; i++) {
		post(CREATE, NULL, CREATE_FORM, &reply);
		assert_int_equal(reply.status, 200);
	}
	post(CREATE, NULL, CREATE_FORM, &reply);
	assert_page(&reply, 429, "Too many attempts");
	reply_free(&reply);
}

static void a_change_needs_the_password_of_who_asks(void **state)
{
	struct reply reply = {0}, tokens = {0};
	char hint[4096];

	(void)state;
	sign_in_tokens(&server, "demo", &tokens);
	(void)snprintf(hint, sizeof hint, "%s", reply_text(&tokens, "id_token"));
	post(EMAIL, hint, "username=demo%40example.com&password=wrong-password&email=new%40example.com", &reply);
	assert_page(&reply, 403, "password is wrong");
	post(EMAIL, hint, "username=eve%40example.com&password=eve-password&email=new%40example.com", &reply);
	assert_page(&reply, 403, "password is wrong");
	post(PASSWORD, hint, "username=demo%40example.com&password=x&new_password=a-new-password&new_password2=a-new-password", &reply);
	assert_page(&reply, 403, "password is wrong");
	post(PASSWORD, hint, "username=demo%40example.com&password=demo-password&new_password=a-new-password&new_password2=b", &reply);
	assert_page(&reply, 400, "not the same");
	assert_null(last_mail());
	assert_int_equal(sign_in_status(DEMO_EMAIL, DEMO_PASSWORD), 303);
	reply_free(&reply);
	reply_free(&tokens);
}

static void an_address_changes_with_the_code_from_the_new_one(void **state)
{
	struct reply reply = {0};
	char ticket[65], code[16];

	(void)state;
	post(EMAIL, NULL, "username=demo%40example.com&password=demo-password&email=NEW%40example.com", &reply);
	assert_page(&reply, 200, NEW);
	read_ticket(&reply, ticket);
	assert_mail(NEW, true, code);
	assert_int_equal(sign_in_status(NEW, DEMO_PASSWORD), 403);
	confirm(EMAIL, ticket, code, &reply);
	assert_left(&reply, "result", "done");
	assert_mail(DEMO_EMAIL, false, NULL);
	assert_int_equal(sign_in_status(NEW, DEMO_PASSWORD), 303);
	assert_int_equal(sign_in_status(DEMO_EMAIL, DEMO_PASSWORD), 403);
	reply_free(&reply);
}

#define NEW_PASSWORD_FORM "username=demo%40example.com&password=demo-password&new_password=a-new-password&new_password2=a-new-password"

/* Somebody knows the password, and began to take the account away by its address. */
static void a_new_password_ends_a_change_of_address_that_waits(void **state)
{
	struct reply reply = {0};
	char ticket[65], code[16];

	(void)state;
	post(EMAIL, NULL, "username=demo%40example.com&password=demo-password&email=new%40example.com", &reply);
	read_ticket(&reply, ticket);
	assert_mail(NEW, true, code);
	post(PASSWORD, NULL, NEW_PASSWORD_FORM, &reply);
	assert_left(&reply, "result", "done");
	confirm(EMAIL, ticket, code, &reply);
	assert_page(&reply, 403, "wrong or expired");
	assert_int_equal(sign_in_status(DEMO_EMAIL, "a-new-password"), 303);
	assert_int_equal(sign_in_status(NEW, "a-new-password"), 403);
	reply_free(&reply);
}

static void a_blocked_account_changes_no_address(void **state)
{
	struct reply reply = {0};
	char ticket[65], code[16];

	(void)state;
	post(EMAIL, NULL, "username=demo%40example.com&password=demo-password&email=new%40example.com", &reply);
	read_ticket(&reply, ticket);
	assert_mail(NEW, true, code);
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, true), 0);
	confirm(EMAIL, ticket, code, &reply);
	assert_page(&reply, 403, "wrong or expired");
	reply_free(&reply);
}

static void an_address_of_somebody_else_cannot_be_taken(void **state)
{
	struct reply reply = {0};

	(void)state;
	post(EMAIL, NULL, "username=demo%40example.com&password=demo-password&email=eve%40example.com", &reply);
	assert_page(&reply, 200, EVE_EMAIL);
	assert_mail(EVE_EMAIL, false, NULL);
	assert_int_equal(sign_in_status(DEMO_EMAIL, DEMO_PASSWORD), 303);
	reply_free(&reply);
}

static long token_status(const struct reply *tokens)
{
	struct reply reply = {0};
	long status;

	call(&server, &(struct call){.path = "/v1/account", .bearer = reply_text(tokens, "access_token")}, &reply);
	status = reply.status;
	reply_free(&reply);
	return status;
}

static void a_new_password_ends_every_session_but_the_own(void **state)
{
	struct reply own = {0}, other = {0}, reply = {0};
	char hint[4096];

	(void)state;
	sign_in_tokens(&server, "demo", &own);
	sign_in_tokens(&server, "demo", &other);
	(void)snprintf(hint, sizeof hint, "%s", reply_text(&own, "id_token"));
	post(PASSWORD, hint, "username=demo%40example.com&password=demo-password&new_password=a-new-password&new_password2=a-new-password", &reply);
	assert_left(&reply, "result", "done");
	assert_int_equal(token_status(&own), 200);
	assert_int_equal(token_status(&other), 401);
	assert_int_equal(sign_in_status(DEMO_EMAIL, DEMO_PASSWORD), 403);
	assert_int_equal(sign_in_status(DEMO_EMAIL, "a-new-password"), 303);
	assert_mail(DEMO_EMAIL, false, NULL);
	reply_free(&own);
	reply_free(&other);
	reply_free(&reply);
}

static void without_a_hint_every_session_ends(void **state)
{
	struct reply own = {0}, reply = {0};

	(void)state;
	sign_in_tokens(&server, "demo", &own);
	post(PASSWORD, "garbage", "username=demo%40example.com&password=demo-password&new_password=a-new-password&new_password2=a-new-password",
	     &reply);
	assert_left(&reply, "result", "done");
	assert_int_equal(token_status(&own), 401);
	reply_free(&own);
	reply_free(&reply);
}

/* Of all workers only a few wait for hashes (server/http). */
static void pages_that_hash_a_password_keep_nobody_else_waiting(void **state)
{
	static const char *const paths[] = {CREATE, EMAIL, PASSWORD, "/account/devices", "/account/recover", "/account/reset", "/am/oauth2/authorize"};
	struct request request = {.method = "POST", .path = "/v1/sms"};

	(void)state;
	assert_false(server_slow(&request));
	request.path = "/account";
	assert_false(server_slow(&request));
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		request = (struct request){.method = "POST", .path = paths[i]};
		assert_true(server_slow(&request));
		request.method = "GET";
		assert_false(server_slow(&request));
	}
}

static void a_page_tells_programs_when_to_come_again(void **state)
{
	struct reply reply = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		post(EMAIL, NULL, "username=demo%40example.com&password=wrong-password&email=new%40example.com", &reply);
	assert_page(&reply, 403, "is wrong");
	assert_string_equal(reply_header(&reply, "Retry-After"), "");
	post(EMAIL, NULL, "username=demo%40example.com&password=demo-password&email=new%40example.com", &reply);
	assert_page(&reply, 429, "Too many attempts");
	assert_string_equal(reply_header(&reply, "Retry-After"), "900");
	call(&server, &(struct call){.path = "/account/recover", .form = "username=demo%40example.com&password=x&code=x&phone=x"}, &reply);
	assert_page(&reply, 429, "Too many attempts");
	assert_string_equal(reply_header(&reply, "Retry-After"), "900");
	call(&server, &(struct call){.path = "/account/devices", .form = "username=demo%40example.com&password=x"}, &reply);
	assert_page(&reply, 429, "Too many attempts");
	assert_string_equal(reply_header(&reply, "Retry-After"), "900");
	reply_free(&reply);
}

static void cancel_goes_back_and_changes_nothing(void **state)
{
	static const char *const pages[] = {CREATE, EMAIL, PASSWORD};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		post(pages[i], NULL, "username=&password=&cancel=1", &reply);
		assert_left(&reply, "error", "access_denied");
	}
	assert_null(last_mail());
	reply_free(&reply);
}

static void the_pages_speak_the_users_language(void **state)
{
	static const char *const rows[][2] = {{"de-AT", "Konto anlegen"}, {"es", "Crear una cuenta"}, {"it", "Crea un account"},
					      {"fr", "Créer un compte"},  {"nl", "Create an account"}};
	struct reply reply = {0};
	char path[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(path, sizeof path, CREATE "?%s&ui_locales=%s", VISIT, rows[i][0]);
		call(&server, &(struct call){.path = path}, &reply);
		assert_page(&reply, 200, rows[i][1]);
	}
	reply_free(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_visit_without_a_client_or_its_address_goes_nowhere),
		TEST(a_form_of_another_site_or_without_its_token_does_nothing),
		TEST(what_is_typed_never_becomes_markup),
		TEST(the_pages_help_to_choose_a_password),
		TEST(a_wrong_form_makes_no_account_and_no_mail),
		TEST(an_account_works_only_after_its_code),
		TEST(five_wrong_codes_spend_a_ticket),
		TEST(a_code_dies_at_its_time),
		TEST(nobody_learns_who_has_an_account),
		TEST(an_address_gets_only_so_many_messages),
		TEST(a_change_needs_the_password_of_who_asks),
		TEST(an_address_changes_with_the_code_from_the_new_one),
		TEST(a_new_password_ends_a_change_of_address_that_waits),
		TEST(a_blocked_account_changes_no_address),
		TEST(an_address_of_somebody_else_cannot_be_taken),
		TEST(a_new_password_ends_every_session_but_the_own),
		TEST(without_a_hint_every_session_ends),
		TEST(pages_that_hash_a_password_keep_nobody_else_waiting),
		TEST(a_page_tells_programs_when_to_come_again),
		TEST(cancel_goes_back_and_changes_nothing),
		TEST(the_pages_speak_the_users_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
