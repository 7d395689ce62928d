/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"
#include "server/account/password.h"
#include "server/account/reset.h"
#include "server/oidc/sign_in.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A forgotten password: the operator sends for a code, its owner sets a new password with it (OWASP ASVS 6.4.3, 6.4.6). */

#define RESET "/account/reset"
#define NEW "a-new-password"
#define WRONG_CODE "ABCD-EFGH-JKLM-NPQR"

static struct endpoints server;
static char code[32];

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	/* the test's networks are what a proxy on this machine says */
	assert_int_equal(proxies_add(&server.server.settings.proxies, "127.0.0.1"), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static int mails(const char *name, char *ret_last, size_t size)
{
	struct reply reply = {0};
	json_t *messages;
	int count;

	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	messages = json_object_get(reply.json, "messages");
	count = (int)json_array_size(messages);
	(void)snprintf(ret_last, size, "%s", count ? json_text(json_array_get(messages, (size_t)count - 1), name) : "");
	reply_free(&reply);
	return count;
}

/* What `pimsd account reset-password` does; the code is in the mail alone. */
static int ask(const char *email)
{
	struct account account = {0};
	char text[1024];
	int r;

	assert_int_equal(store_account_by_email(server.server.store, email, &account), 0);
	r = reset_ask(&server.server, texts_of_locale("en"), &account);
	account_free(&account);
	if (r == 0)
		assert_true(mails("text", text, sizeof text) > 0);
	if (r == 0)
		(void)snprintf(code, sizeof code, "%.19s", text);
	return r;
}

static void post_from(const char *address, const char *email, const char *typed, const char *password, struct reply *reply)
{
	char form[512], network[64];

	(void)snprintf(form, sizeof form, "username=%s&code=%s&new_password=%s&new_password2=%s", email, typed, password, password);
	(void)snprintf(network, sizeof network, "X-Forwarded-For: %s", address);
	call(&server, &(struct call){.path = RESET, .form = form, .header = network}, reply);
}

static void resets(const char *email, const char *typed, const char *password, long status, const char *text)
{
	struct reply reply = {0};

	post_from("192.0.2.1", email, typed, password, &reply);
	if (reply.status != status || !strstr(buf_text(&reply.body), text))
		fail_msg("%ld, no %ld \"%s\" in %s", reply.status, status, text, buf_text(&reply.body));
	assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	assert_true(strlen(typed) < 16 || !strstr(buf_text(&reply.body), typed));
	assert_null(strstr(buf_text(&reply.body), NEW));
	reply_free(&reply);
}

static void assert_password(const char *email, const char *password, bool right)
{
	struct account account = {0};

	assert_int_equal(store_account_by_email(server.server.store, email, &account), 0);
	assert_int_equal(password_verify(account.password_hash, password), right ? 0 : PIMS_E_NOT_FOUND);
	account_free(&account);
}

static void without_the_code_nothing_is_reset_and_nobody_learns_who_has_one(void **state)
{
	struct reply with = {0}, without = {0}, nobody = {0};

	(void)state;
	assert_int_equal(ask(DEMO_EMAIL), 0);
	post_from("192.0.2.1", DEMO_EMAIL, WRONG_CODE, NEW, &with);
	post_from("192.0.2.1", EVE_EMAIL, WRONG_CODE, NEW, &without);
	post_from("192.0.2.1", "nob@example.com", WRONG_CODE, NEW, &nobody);
	assert_int_equal(with.status, 403);
	assert_int_equal(without.status, 403);
	assert_int_equal(nobody.status, 403);
	assert_non_null(strstr(buf_text(&with.body), "The code is wrong or expired."));
	assert_int_equal(strlen(strstr(buf_text(&with.body), "role=\"alert\"")) - strlen(DEMO_EMAIL),
			 strlen(strstr(buf_text(&without.body), "role=\"alert\"")) - strlen(EVE_EMAIL));
	assert_int_equal(strlen(strstr(buf_text(&with.body), "role=\"alert\"")) - strlen(DEMO_EMAIL),
			 strlen(strstr(buf_text(&nobody.body), "role=\"alert\"")) - strlen("nob@example.com"));
	assert_string_equal(reply_header(&with, "Set-Cookie"), "");
	resets(EVE_EMAIL, code, NEW, 403, "wrong or expired"); /* of somebody else */
	resets(DEMO_EMAIL, "", NEW, 403, "wrong or expired");
	resets(DEMO_EMAIL, "12345678", NEW, 403, "wrong or expired");
	assert_password(DEMO_EMAIL, DEMO_PASSWORD, true);
	assert_password(EVE_EMAIL, EVE_PASSWORD, true);
	reply_free(&with);
	reply_free(&without);
	reply_free(&nobody);
}

static void what_is_wrong_with_the_new_password_costs_no_try(void **state)
{
	struct reply reply = {0};
	char form[256];

	(void)state;
	assert_int_equal(ask(DEMO_EMAIL), 0);
	for (int i = 0; i < 5; i++) {
		resets(DEMO_EMAIL, code, "short", 400, "too short or too long");
		resets(DEMO_EMAIL, code, DEMO_EMAIL, 400, "Choose another one");
		resets("no-address", code, NEW, 400, "no e-mail address");
		(void)snprintf(form, sizeof form, "username=" DEMO_EMAIL "&code=%s&new_password=" NEW "&new_password2=another-one", code);
		call(&server, &(struct call){.path = RESET, .form = form}, &reply);
		assert_int_equal(reply.status, 400);
	}
	resets(DEMO_EMAIL, code, NEW, 200, "Your password was changed.");
	reply_free(&reply);
}

static void a_hundred_wrong_codes_spend_it_and_another_one_takes_its_place(void **state)
{
	const struct mail notice = {.email = DEMO_EMAIL, .time = server.now};
	const struct password_reset wrong = {.email = DEMO_EMAIL, .max_tries = RESET_TRIES, .hash = "hash", .notice = &notice};
	int64_t account = 0;
	char first[32];

	(void)state;
	assert_int_equal(ask(DEMO_EMAIL), 0);
	/* most of them without the page, which hashes a password each time */
	for (int i = 0; i < RESET_TRIES - 5; i++)
		assert_int_equal(store_password_reset(server.server.store, &wrong, &account), PIMS_E_NOT_FOUND);
	for (int i = 0; i < 5; i++)
		resets(DEMO_EMAIL, WRONG_CODE, NEW, 403, "wrong or expired");
	resets(DEMO_EMAIL, code, NEW, 403, "wrong or expired");
	memcpy(first, code, sizeof first);
	assert_int_equal(ask(DEMO_EMAIL), 0);
	resets(DEMO_EMAIL, first, NEW, 403, "wrong or expired");
	resets(DEMO_EMAIL, code, NEW, 200, "Your password was changed.");
}

static void a_network_has_so_many_tries(void **state)
{
	struct reply reply = {0};

	(void)state;
	assert_int_equal(ask(DEMO_EMAIL), 0);
	for (int i = 0; i < 20; i++)
		resets(EVE_EMAIL, WRONG_CODE, NEW, 403, "wrong or expired");
	resets(DEMO_EMAIL, code, NEW, 429, "Too many attempts. Try again in 16 min.");
	post_from("192.0.2.1", DEMO_EMAIL, code, NEW, &reply);
	assert_string_equal(reply_header(&reply, "Retry-After"), "900");
	post_from("198.51.100.1", DEMO_EMAIL, code, NEW, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_code_is_good_once_and_for_a_day(void **state)
{
	(void)state;
	assert_int_equal(ask(DEMO_EMAIL), 0);
	endpoints_advance(&server, RESET_SECONDS);
	resets(DEMO_EMAIL, code, NEW, 403, "wrong or expired");
	assert_int_equal(ask(DEMO_EMAIL), 0);
	endpoints_advance(&server, RESET_SECONDS - 1);
	resets(DEMO_EMAIL, code, NEW, 200, "Your password was changed.");
	resets(DEMO_EMAIL, code, NEW "-2", 403, "wrong or expired");
	assert_password(DEMO_EMAIL, NEW, true);
}

static void another_change_of_the_account_kills_the_code(void **state)
{
	struct account account = {0};
	struct reply reply = {0};

	(void)state;
	assert_int_equal(store_account_by_email(server.server.store, EVE_EMAIL, &account), 0);
	assert_int_equal(ask(DEMO_EMAIL), 0);
	assert_int_equal(store_account_set_password(server.server.store, DEMO_EMAIL, account.password_hash), 0); /* by the operator */
	resets(DEMO_EMAIL, code, NEW, 403, "wrong or expired");
	assert_int_equal(ask(EVE_EMAIL), 0);
	call(&server,
	     &(struct call){.path = "/account/password?client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr",
			    .form = "username=" EVE_EMAIL "&password=" EVE_PASSWORD "&new_password=" EVE_PASSWORD "-2&new_password2=" EVE_PASSWORD "-2"},
	     &reply);
	assert_int_equal(reply.status, 303);
	resets(EVE_EMAIL, code, NEW, 403, "wrong or expired");
	assert_int_equal(ask(EVE_EMAIL), 0);
	assert_int_equal(store_account_set_blocked(server.server.store, EVE_EMAIL, true), 0);
	assert_int_equal(ask(EVE_EMAIL), PIMS_E_NOT_FOUND);
	resets(EVE_EMAIL, code, NEW, 403, "wrong or expired");
	assert_int_equal(store_account_set_blocked(server.server.store, EVE_EMAIL, false), 0);
	resets(EVE_EMAIL, code, NEW, 403, "wrong or expired");
	account_free(&account);
	reply_free(&reply);
}

static void codes_of_other_pages_reset_nothing(void **state)
{
	struct account account = {0};
	char recovery[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	assert_int_equal(password_hash("ABCDEFGHJKLMNPQR", recovery), 0);
	assert_int_equal(store_recovery_add(server.server.store, DEMO_EMAIL, recovery, server.now + 60000, server.now), 0);
	resets(DEMO_EMAIL, WRONG_CODE, NEW, 403, "wrong or expired");
	assert_password(DEMO_EMAIL, DEMO_PASSWORD, true);
	account_free(&account);
}

/* With the row of wrong passwords that strangers filled: nobody is known anywhere any more. */
static void the_new_password_ends_all_sign_ins_and_signs_nobody_in(void **state)
{
	struct account account = {0};
	struct reply reply = {0};
	char access[64], typed[32], last[1024], key[64];
	int ignored = 0, before;

	(void)state;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, access, sizeof access);
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	(void)snprintf(key, sizeof key, "login-row:%lld:", (long long)account.id);
	for (int i = 0; i < 100; i++)
		assert_int_equal(store_attempt(server.server.store, key, 100, 86400, server.now, &ignored), 0);
	assert_int_equal(ask(DEMO_EMAIL), 0);
	before = mails("to", last, sizeof last);
	/* as people type it */
	for (size_t i = 0; i < sizeof typed; i++)
		typed[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ? code[i] + 'a' - 'A' : code[i] == '-' ? '+' : code[i]);
	resets(DEMO_EMAIL, typed, NEW, 200, "Sign in with the new one.");
	assert_int_equal(mails("to", last, sizeof last), before + 1);
	assert_string_equal(last, DEMO_EMAIL);
	(void)mails("text", last, sizeof last);
	assert_non_null(strstr(last, "The password of your account was changed."));
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = access}, &reply);
	assert_int_equal(reply.status, 401);
	sign_in_access(&server, DEMO_EMAIL, NEW, access, sizeof access);
	account_free(&account);
	reply_free(&reply);
}

static void the_mail_goes_to_the_owner_and_tells_the_page(void **state)
{
	char last[1024];

	(void)state;
	assert_int_equal(ask(DEMO_EMAIL), 0);
	(void)mails("text", last, sizeof last);
	assert_non_null(strstr(last, server.issuer));
	assert_string_equal(last + strlen(last) - strlen(RESET), RESET);
	assert_non_null(strstr(last, "for 24 hours"));
	(void)mails("to", last, sizeof last);
	assert_string_equal(last, DEMO_EMAIL);
}

static void the_form_is_ours_and_in_the_users_language(void **state)
{
	static const char *const rows[][2] = {{"en", "Choose a new password"}, {"fr", "Choisir un nouveau mot de passe"}, {"de", "Neues Passwort wählen"},
					      {"es", "Elegir una contraseña nueva"}, {"it", "Scegliere una nuova password"}};
	struct reply reply = {0};
	char path[64], form[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(path, sizeof path, RESET "?ui_locales=%s", rows[i][0]);
		call(&server, &(struct call){.path = path}, &reply);
		assert_int_equal(reply.status, 200);
		assert_non_null(strstr(buf_text(&reply.body), rows[i][1]));
		assert_non_null(strstr(buf_text(&reply.body), "name=\"form_token\""));
		assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "form-action 'self'"));
	}
	assert_int_equal(ask(DEMO_EMAIL), 0);
	(void)snprintf(form, sizeof form, "username=" DEMO_EMAIL "&code=%s&new_password=" NEW "&new_password2=" NEW, code);
	call(&server, &(struct call){.path = RESET, .form = form, .header = "Origin: https://other.example"}, &reply);
	assert_int_equal(reply.status, 403);
	assert_password(DEMO_EMAIL, DEMO_PASSWORD, true);
	reply_free(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_the_code_nothing_is_reset_and_nobody_learns_who_has_one),
		TEST(what_is_wrong_with_the_new_password_costs_no_try),
		TEST(a_hundred_wrong_codes_spend_it_and_another_one_takes_its_place),
		TEST(a_network_has_so_many_tries),
		TEST(a_code_is_good_once_and_for_a_day),
		TEST(another_change_of_the_account_kills_the_code),
		TEST(codes_of_other_pages_reset_nothing),
		TEST(the_new_password_ends_all_sign_ins_and_signs_nobody_in),
		TEST(the_mail_goes_to_the_owner_and_tells_the_page),
		TEST(the_form_is_ours_and_in_the_users_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
