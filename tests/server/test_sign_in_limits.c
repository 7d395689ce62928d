/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "endpoints.h"

#include "server/oidc/sign_in.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Guesses at one account's password from everywhere (NIST SP 800-63B-4 §3.2.2), and its owner meanwhile. */

#define ROW 100
#define HOME "192.0.2.1"
#define ABROAD "198.51.100.1"
#define ELSEWHERE "Too many wrong passwords were tried for this account."

static struct endpoints server;
static char cookies[512];
static int stranger;

static int start(void **state)
{
	(void)state;
	*cookies = 0;
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

static void sign_in_from(const char *address, const char *email, const char *password, struct reply *reply)
{
	char path[1024], form[256], network[64], cookie[600];

	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s", authorization_query("demo"));
	(void)snprintf(form, sizeof form, "username=%s&password=%s", email, password);
	(void)snprintf(network, sizeof network, "X-Forwarded-For: %s", address);
	(void)snprintf(cookie, sizeof cookie, "Cookie: %s", cookies);
	call(&server, &(struct call){.path = path, .form = form, .header = network, .header2 = *cookies ? cookie : NULL}, reply);
}

static void signs_in_from(const char *address)
{
	struct reply reply = {0};

	sign_in_from(address, DEMO_EMAIL, DEMO_PASSWORD, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(strlen(reply_parameter(&reply, "code")), 36);
	reply_free(&reply);
}

static void kept_out_of(const char *address)
{
	struct reply reply = {0};

	sign_in_from(address, DEMO_EMAIL, DEMO_PASSWORD, &reply);
	assert_int_equal(reply.status, 429);
	assert_string_equal(reply_header(&reply, "Retry-After"), "");
	assert_non_null(strstr(buf_text(&reply.body), ELSEWHERE));
	reply_free(&reply);
}

static int64_t account_id(const char *email)
{
	struct account account = {0};
	int64_t id;

	assert_int_equal(store_account_by_email(server.server.store, email, &account), 0);
	id = account.id;
	account_free(&account);
	return id;
}

/* Guesses that were made before: a hundred password hashes take seconds. `place` NULL: by strangers. */
static void guessed(const char *place, int count)
{
	unsigned char digest[SEAL_DIGEST_SIZE];
	char hex[2 * SEAL_DIGEST_SIZE + 1] = "", key[128];
	int ignored = 0;

	if (place) {
		assert_int_equal(seal_digest(server.server.seal, place, digest), 0);
		hex_encode(digest, sizeof digest, hex);
	}
	(void)snprintf(key, sizeof key, "login-row:%lld:%s", (long long)account_id(DEMO_EMAIL), hex);
	for (int i = 0; i < count; i++)
		assert_int_equal(store_attempt(server.server.store, key, ROW, 30 * 86400, server.now, &ignored), 0);
}

/* Each from a network of its own. */
static void guess_really(int count)
{
	struct reply reply = {0};
	char address[32], jar[sizeof cookies];

	memcpy(jar, cookies, sizeof jar);
	*cookies = 0;
	for (int i = 0; i < count; i++) {
		stranger++;
		(void)snprintf(address, sizeof address, "203.0.%d.%d", stranger / 250, stranger % 250);
		sign_in_from(address, DEMO_EMAIL, "wrong-password", &reply);
		assert_int_equal(reply.status, 403);
	}
	memcpy(cookies, jar, sizeof cookies);
	reply_free(&reply);
}

static void guess(int count)
{
	guessed(NULL, count - 2);
	guess_really(2);
}

/* The browser keeps the cookie that tells where it was, and loses the other one. */
static void sign_in_with_jar(const char *address, const char *email, const char *password)
{
	struct reply reply = {0};
	const char *at;

	sign_in_from(address, email, password, &reply);
	assert_int_equal(reply.status, 303);
	at = strstr(buf_text(&reply.headers), "pimsd-known=");
	assert_non_null(at);
	(void)snprintf(cookies, sizeof cookies, "%.*s", (int)strcspn(at, ";"), at);
	reply_free(&reply);
}

/* Without a cookie. */
static void kept_out_of_bare(const char *address)
{
	char jar[sizeof cookies];

	memcpy(jar, cookies, sizeof jar);
	*cookies = 0;
	kept_out_of(address);
	memcpy(cookies, jar, sizeof cookies);
}

static void guesses_from_everywhere_end_after_a_hundred(void **state)
{
	(void)state;
	guessed(NULL, ROW - 15);
	guess_really(15);
	kept_out_of(ABROAD);
	endpoints_advance(&server, 29 * 86400);
	kept_out_of(ABROAD);
	endpoints_advance(&server, 86400);
	signs_in_from(ABROAD);
}

static void its_owner_signs_in_at_a_network_that_is_known_and_ends_the_row(void **state)
{
	(void)state;
	signs_in_from(HOME);
	guess(ROW);
	kept_out_of(ABROAD);
	signs_in_from(HOME);
	signs_in_from(ABROAD);
}

static void its_owner_signs_in_everywhere_with_a_browser_that_is_known(void **state)
{
	(void)state;
	sign_in_with_jar(HOME, DEMO_EMAIL, DEMO_PASSWORD);
	guess(ROW);
	kept_out_of_bare(ABROAD);
	signs_in_from(ABROAD);
}

static void a_browser_is_known_to_all_accounts_that_were_signed_in_there(void **state)
{
	(void)state;
	sign_in_with_jar(HOME, DEMO_EMAIL, DEMO_PASSWORD);
	sign_in_with_jar(HOME, EVE_EMAIL, EVE_PASSWORD);
	guess(ROW);
	kept_out_of_bare(ABROAD);
	signs_in_from(ABROAD);
}

static void a_cookie_of_another_account_or_of_ones_own_making_is_none(void **state)
{
	static const char digits[] = "0123456789abcdef0123456789abcdef";

	(void)state;
	sign_in_with_jar(HOME, EVE_EMAIL, EVE_PASSWORD);
	guess(ROW);
	kept_out_of(ABROAD);
	(void)snprintf(cookies, sizeof cookies, "pimsd-known=%s", digits);
	kept_out_of(ABROAD);
	(void)snprintf(cookies, sizeof cookies, "pimsd-known=%s", digits + 1);
	kept_out_of(ABROAD);
	(void)snprintf(cookies, sizeof cookies, "pimsd-known=%s0", digits);
	kept_out_of(ABROAD);
}

static void a_place_is_known_for_half_a_year_from_its_last_sign_in(void **state)
{
	(void)state;
	signs_in_from(HOME);
	for (int i = 0; i < 3; i++) {
		endpoints_advance(&server, 179 * 86400);
		guess(ROW);
		kept_out_of(ABROAD);
		signs_in_from(HOME);
	}
	endpoints_advance(&server, 180 * 86400);
	guess(ROW);
	kept_out_of(HOME);
}

static void a_new_password_makes_the_account_forget_its_places(void **state)
{
	struct account account = {0};

	(void)state;
	sign_in_with_jar(HOME, DEMO_EMAIL, DEMO_PASSWORD);
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	assert_int_equal(store_account_set_password(server.server.store, DEMO_EMAIL, account.password_hash), 0);
	account_free(&account);
	guess(ROW);
	kept_out_of(HOME);
	kept_out_of(ABROAD);
}

static void who_changes_the_password_stays_known(void **state)
{
	struct reply reply = {0};

	(void)state;
	guess(ROW - 1);
	call(&server,
	     &(struct call){.path = "/account/password?client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr",
			    .header = "X-Forwarded-For: " HOME,
			    .form = "username=" DEMO_EMAIL "&password=" DEMO_PASSWORD "&new_password=" DEMO_PASSWORD "-2&new_password2=" DEMO_PASSWORD "-2"},
	     &reply);
	assert_int_equal(reply.status, 303);
	guess(ROW); /* the old ones are forgotten */
	kept_out_of(ABROAD);
	sign_in_from(HOME, DEMO_EMAIL, DEMO_PASSWORD "-2", &reply);
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

static void an_account_has_so_many_places(void **state)
{
	char address[32];

	(void)state;
	signs_in_from(HOME);
	for (int i = 0; i < PLACES_MAX; i++) {
		endpoints_advance(&server, 1);
		(void)snprintf(address, sizeof address, "192.0.2.%d", 100 + i);
		signs_in_from(address);
	}
	guess(ROW);
	kept_out_of(HOME);
	signs_in_from(address);
}

/* Then it is as any other, so that what helps these helps it. */
static void a_place_that_is_known_has_a_hundred_of_its_own(void **state)
{
	struct reply reply = {0};

	(void)state;
	signs_in_from(HOME);
	guessed("place network " HOME, ROW - 3);
	for (int i = 0; i < 3; i++) {
		sign_in_from(HOME, DEMO_EMAIL, "wrong-password", &reply);
		assert_int_equal(reply.status, 403);
	}
	guess(ROW);
	kept_out_of(HOME);
	assert_int_equal(sign_in_forgive(server.server.store, account_id(DEMO_EMAIL)), 0);
	signs_in_from(HOME);
	guess(ROW);
	signs_in_from(HOME); /* its own row is broken as well */
	reply_free(&reply);
}

static void a_password_that_is_too_long_is_no_guess(void **state)
{
	char path[1024], form[2048] = "username=" DEMO_EMAIL "&password=";
	struct reply reply = {0};

	(void)state;
	memset(form + strlen(form), 'x', 1100);
	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s", authorization_query("demo"));
	for (int i = 0; i < 12; i++) {
		call(&server, &(struct call){.path = path, .form = form}, &reply);
		assert_int_equal(reply.status, 403);
	}
	reply_free(&reply);
}

static void who_signs_in_rightly_breaks_the_row(void **state)
{
	(void)state;
	guess(ROW - 1);
	signs_in_from(ABROAD);
	guess(ROW - 1);
	signs_in_from("192.0.2.77");
}

static void the_operator_ends_the_row(void **state)
{
	(void)state;
	guess(ROW);
	kept_out_of(ABROAD);
	assert_int_equal(sign_in_forgive(server.server.store, account_id(EVE_EMAIL)), 0);
	kept_out_of(ABROAD);
	assert_int_equal(sign_in_forgive(server.server.store, account_id(DEMO_EMAIL)), 0);
	signs_in_from(ABROAD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guesses_from_everywhere_end_after_a_hundred),
		TEST(its_owner_signs_in_at_a_network_that_is_known_and_ends_the_row),
		TEST(its_owner_signs_in_everywhere_with_a_browser_that_is_known),
		TEST(a_browser_is_known_to_all_accounts_that_were_signed_in_there),
		TEST(a_cookie_of_another_account_or_of_ones_own_making_is_none),
		TEST(a_place_is_known_for_half_a_year_from_its_last_sign_in),
		TEST(a_new_password_makes_the_account_forget_its_places),
		TEST(who_changes_the_password_stays_known),
		TEST(an_account_has_so_many_places),
		TEST(a_place_that_is_known_has_a_hundred_of_its_own),
		TEST(a_password_that_is_too_long_is_no_guess),
		TEST(who_signs_in_rightly_breaks_the_row),
		TEST(the_operator_ends_the_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
