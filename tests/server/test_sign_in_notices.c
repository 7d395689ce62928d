/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"
#include "server/oidc/sign_in_notice.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Mails about sign-ins that may not be the owner's (OWASP ASVS 6.3.5). */

#define HOME "192.0.2.1"
#define ABROAD "198.51.100.1"
#define NEW_PLACE "was used in a browser and a network that it was not used in lately"
#define AFTER_FAILURES "was used after several wrong ones"
#define ROW_FULL "Very many wrong passwords were tried"
#define NOBODY "nobody@example.com"
#define WRONG "wrong-password"

enum { DAY = 86400, ROW = 100 };

static struct endpoints server;
static char browser[128]; /* its cookie of places, "" = none */

static int start(void **state)
{
	(void)state;
	*browser = 0;
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

static void try(const char *address, const char *email, const char *password, const char *header, long status)
{
	struct reply reply = {0};
	char path[1024], form[256], network[96];
	const char *at;

	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s", authorization_query("demo"));
	(void)snprintf(form, sizeof form, "username=%s&password=%s", email, password);
	(void)snprintf(network, sizeof network, "X-Forwarded-For: %s", address);
	call(&server, &(struct call){.path = path, .form = form, .header = network, .header2 = header}, &reply);
	assert_int_equal(reply.status, status);
	at = strstr(buf_text(&reply.headers), "pimsd-known=");
	if (at)
		(void)snprintf(browser, sizeof browser, "Cookie: %.*s", (int)strcspn(at, ";"), at);
	reply_free(&reply);
}

static void signs_in(const char *address)
{
	try(address, DEMO_EMAIL, DEMO_PASSWORD, NULL, 303);
}

/* Each from a network of its own. */
static void guess(const char *email, int count)
{
	static int stranger;
	char address[32];

	for (int i = 0; i < count; i++, stranger++) {
		(void)snprintf(address, sizeof address, "203.0.113.%d", stranger % 250);
		try(address, email, WRONG, NULL, 403);
	}
}

/* How many mails there are; the last one's text. */
static int mails(char ret_last[1024])
{
	struct reply reply = {0};
	json_t *messages, *last;
	int count;

	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	assert_int_equal(reply.status, 200);
	messages = json_object_get(reply.json, "messages");
	count = (int)json_array_size(messages);
	last = count ? json_array_get(messages, (size_t)count - 1) : NULL;
	(void)snprintf(ret_last, 1024, "%s: %s", last ? json_text(last, "to") : "", last ? json_text(last, "text") : "");
	reply_free(&reply);
	return count;
}

static void told(int count, const char *text)
{
	char last[1024];

	assert_int_equal(mails(last), count);
	if (!strstr(last, text))
		fail_msg("\"%s\" has no \"%s\"", last, text);
}

/* Guesses that were made before: a hundred password hashes take seconds. */
static void guessed(const char *key, int count)
{
	int ignored = 0;

	for (int i = 0; i < count; i++)
		assert_int_equal(store_attempt(server.server.store, key, ROW, 30 * DAY, server.now, &ignored), 0);
}

static void demo_account(struct account *ret_account)
{
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, ret_account), 0);
}

static void guessed_at_demo(int count)
{
	struct account account = {0};
	char key[64];

	demo_account(&account);
	(void)snprintf(key, sizeof key, "login-row:%lld:", (long long)account.id);
	guessed(key, count);
	account_free(&account);
}

static void the_first_sign_in_and_known_places_are_not_told(void **state)
{
	(void)state;
	signs_in(HOME);
	signs_in(HOME);
	try(ABROAD, DEMO_EMAIL, DEMO_PASSWORD, browser, 303); /* a browser that travels */
	signs_in(ABROAD);
	told(0, "");
}

static void a_new_place_is_told_with_time_and_the_whole_address(void **state)
{
	(void)state;
	signs_in(HOME);
	signs_in("2001:db8:1:2:3:4:5:6");
	told(1, NEW_PLACE);
	told(1, DEMO_EMAIL ": ");
	told(1, "2024-11-12 13:14 UTC, 2001:db8:1:2:3:4:5:6");
	signs_in("2001:db8:1:2::9"); /* the same network */
	told(1, "");
}

/* A stranger's is told as well on a day on which the owner travels. */
static void each_new_network_is_told_and_five_in_a_day(void **state)
{
	char address[32];

	(void)state;
	signs_in(HOME);
	for (int i = 1; i <= 7; i++) {
		(void)snprintf(address, sizeof address, "198.51.100.%d", i);
		signs_in(address);
		told(i < 5 ? i : 5, i <= 5 ? address : "");
	}
	endpoints_advance(&server, DAY);
	signs_in("198.51.100.9");
	told(6, "198.51.100.9");
	/* each account has its own */
	try(HOME, EVE_EMAIL, EVE_PASSWORD, NULL, 303);
	try(ABROAD, EVE_EMAIL, EVE_PASSWORD, NULL, 303);
	told(7, EVE_EMAIL);
}

static void a_sign_in_after_half_a_year_is_one_at_a_new_place(void **state)
{
	(void)state;
	signs_in(HOME);
	endpoints_advance(&server, 180 * DAY - 1);
	signs_in(HOME);
	told(0, "");
	endpoints_advance(&server, 180 * DAY);
	assert_int_equal(store_sweep(server.server.store, server.now), 0);
	signs_in(HOME);
	told(1, NEW_PLACE);
}

static void a_right_password_after_five_wrong_ones_is_told(void **state)
{
	(void)state;
	signs_in(HOME);
	guess(DEMO_EMAIL, 4);
	signs_in(HOME);
	told(0, "");
	guess(DEMO_EMAIL, 5);
	told(0, "");
	signs_in(HOME);
	told(1, AFTER_FAILURES);
	told(1, HOME);
	signs_in(HOME); /* what was told is forgotten */
	told(1, "");
	/* at a place of the account its own slips count */
	endpoints_advance(&server, DAY);
	for (int i = 0; i < 5; i++)
		try(HOME, DEMO_EMAIL, WRONG, NULL, 403);
	signs_in(HOME);
	told(2, AFTER_FAILURES);
}

static void one_sign_in_is_told_once(void **state)
{
	(void)state;
	signs_in(HOME);
	guess(DEMO_EMAIL, 5);
	signs_in(ABROAD);
	told(1, AFTER_FAILURES);
}

static void a_full_row_is_told_and_nobody_sees_it_who_guesses(void **state)
{
	char key[96];
	unsigned char digest[SEAL_DIGEST_SIZE];

	(void)state;
	guessed_at_demo(ROW - 2);
	guess(DEMO_EMAIL, 1);
	told(0, "");
	guess(DEMO_EMAIL, 1);
	told(1, ROW_FULL);
	told(1, DEMO_EMAIL);
	try(ABROAD, DEMO_EMAIL, WRONG, NULL, 429);
	told(1, "");
	/* an address without an account gets the same answers, and no mail */
	assert_int_equal(seal_digest(server.server.seal, NOBODY, digest), 0);
	(void)snprintf(key, sizeof key, "login-nobody:");
	for (size_t i = 0; i < sizeof digest; i++)
		(void)snprintf(key + strlen(key), 3, "%02x", digest[i]);
	guessed(key, ROW - 2);
	guess(NOBODY, 2);
	try(ABROAD, NOBODY, WRONG, NULL, 429);
	told(1, DEMO_EMAIL);
}

static void it_is_written_in_the_browsers_language(void **state)
{
	(void)state;
	signs_in(HOME);
	try(ABROAD, DEMO_EMAIL, DEMO_PASSWORD, "Accept-Language: de", 303);
	told(1, "Das Passwort Ihres Kontos wurde in einem Browser und einem Netz benutzt");
}

/* As the page of another factor calls it. */
static void wrong_one_time_passwords_after_the_right_password_are_told(void **state)
{
	const struct request request = {.method = "POST", .address = HOME, .server = &server.server};
	struct account account = {0};

	(void)state;
	demo_account(&account);
	for (int i = 0; i < 3; i++)
		sign_in_notice(&request, &account, SIGN_IN_WRONG_OTPS);
	told(1, "and then several wrong one-time passwords");
	sign_in_notice(&request, &account, SIGN_IN_NEW_PLACE); /* another event */
	told(2, NEW_PLACE);
	account_free(&account);
}

static void people_who_sign_in_at_another_provider_get_none(void **state)
{
	const struct request request = {.method = "POST", .address = HOME, .server = &server.server};
	struct account account = {0};

	(void)state;
	assert_int_equal(store_account_external(server.server.store, "https://idp.example", "jo", NULL, server.now, &account), 0);
	sign_in_notice(&request, &account, SIGN_IN_ROW_FULL);
	told(0, "");
	account_free(&account);
}

/* The outbox cannot be written to. */
static void without_the_mail_the_sign_in_succeeds_all_the_same(void **state)
{
	char path[128], last[1024];
	sqlite3 *db = NULL;

	(void)state;
	signs_in(HOME);
	(void)snprintf(path, sizeof path, "%s/pimsd.db", server.directory);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 10000), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE mails RENAME TO away", NULL, NULL, NULL), SQLITE_OK);
	signs_in(ABROAD);
	guessed_at_demo(ROW - 1);
	guess(DEMO_EMAIL, 1);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE away RENAME TO mails", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(mails(last), 0);
	/* and is not taken for written */
	signs_in(HOME);
	told(1, AFTER_FAILURES);
	signs_in("198.51.100.2");
	told(2, NEW_PLACE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_sign_in_and_known_places_are_not_told),
		TEST(a_new_place_is_told_with_time_and_the_whole_address),
		TEST(each_new_network_is_told_and_five_in_a_day),
		TEST(a_sign_in_after_half_a_year_is_one_at_a_new_place),
		TEST(a_right_password_after_five_wrong_ones_is_told),
		TEST(one_sign_in_is_told_once),
		TEST(a_full_row_is_told_and_nobody_sees_it_who_guesses),
		TEST(it_is_written_in_the_browsers_language),
		TEST(wrong_one_time_passwords_after_the_right_password_are_told),
		TEST(people_who_sign_in_at_another_provider_get_none),
		TEST(without_the_mail_the_sign_in_succeeds_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
