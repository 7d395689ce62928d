/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

#include <sqlite3.h>

/* A new password by the code that the operator sent for. */

#define HASH_NOW "$argon2id$hash"
#define HASH_NEW "$argon2id$new"

enum { TRIES = 5 };

static int ask(struct fixture *fixture, int64_t account, const char *code)
{
	struct mail_code row = {.purpose = MAIL_RESET, .account = account, .email = EMAIL, .expires = NOW + MINUTE};
	const struct mail mail = fixture_notice();

	hash_of(code, row.code);
	hash_of(code, row.ticket);
	return store_mail_ask(fixture->store, &row, &mail);
}

static int reset(struct fixture *fixture, const char *email, const char *code, int64_t now)
{
	struct mail notice = fixture_notice();
	struct password_reset asked = {.email = email, .max_tries = TRIES, .hash = HASH_NEW, .notice = &notice};
	int64_t account = 0;
	int r;

	notice.time = now;
	hash_of(code, asked.code);
	r = store_password_reset(fixture->store, &asked, &account);
	assert_true(account == (r == 0 ? fixture->account : 0));
	return r;
}

static void assert_password(struct fixture *fixture, const char *hash)
{
	struct account account = read_account(fixture->store, fixture->account);

	assert_string_equal(account.password_hash, hash);
	account_free(&account);
}

static int noted(const struct fixture *fixture, const char *event)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	int count;

	must(sqlite3_open(fixture->path, &db));
	must(sqlite3_prepare_v2(db, "SELECT count(*) FROM audit WHERE event = ?", -1, &statement, NULL));
	must(sqlite3_bind_text(statement, 1, event, -1, SQLITE_STATIC));
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int(statement, 0);
	must(sqlite3_finalize(statement));
	must(sqlite3_close(db));
	return count;
}

static void nobody_and_who_has_no_code_are_refused_alike(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture, 4711, "code"), PIMS_E_NOT_FOUND);
	assert_int_equal(reset(fixture, EMAIL, "code", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(reset(fixture, OTHER_EMAIL, "code", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(fixture_mails(fixture->store), 0);
	assert_password(fixture, HASH_NOW);
}

static void an_address_that_was_changed_takes_the_code_with_it(void **state)
{
	struct fixture *fixture = *state;
	struct mail_code change = {.purpose = MAIL_CHANGE, .account = fixture->account, .email = OTHER_EMAIL, .expires = NOW + MINUTE};
	const struct mail mail = fixture_notice();

	must(ask(fixture, fixture->account, "code"));
	hash_of("change", change.code);
	hash_of("ticket", change.ticket);
	must(store_mail_ask(fixture->store, &change, &mail));
	must(store_mail_confirm(fixture->store, &change, TRIES, &mail));
	assert_int_equal(reset(fixture, EMAIL, "code", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(reset(fixture, OTHER_EMAIL, "code", NOW), PIMS_E_NOT_FOUND);
	assert_password(fixture, HASH_NOW);
}

static void a_code_of_the_same_page_replaces_and_others_stay(void **state)
{
	struct fixture *fixture = *state;
	struct mail_code change = {.purpose = MAIL_CHANGE, .account = fixture->account, .email = OTHER_EMAIL, .expires = NOW + MINUTE};
	const struct mail mail = fixture_notice();

	hash_of("change", change.code);
	hash_of("ticket", change.ticket);
	must(store_mail_ask(fixture->store, &change, &mail));
	must(ask(fixture, fixture->account, "first"));
	must(ask(fixture, fixture->account, "second"));
	assert_int_equal(reset(fixture, EMAIL, "first", NOW), PIMS_E_NOT_FOUND);
	must(store_mail_confirm(fixture->store, &change, TRIES, &mail));
}

static void what_was_done_is_noted(void **state)
{
	struct fixture *fixture = *state;

	must(ask(fixture, fixture->account, "code"));
	assert_int_equal(noted(fixture, "password reset begun by the operator"), 1);
	assert_int_equal(reset(fixture, EMAIL, "wrong", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(noted(fixture, "password changed"), 0);
	must(reset(fixture, EMAIL, "code", NOW + MINUTE - 1));
	assert_int_equal(noted(fixture, "password changed"), 1);
	assert_int_equal(fixture_mails(fixture->store), 2);
	assert_password(fixture, HASH_NEW);
}

static void *reset_same(void *argument)
{
	struct race *race = argument;
	struct mail notice = fixture_notice();
	struct password_reset asked = {.email = EMAIL, .max_tries = 100, .hash = HASH_NEW, .notice = &notice};
	int64_t account;

	hash_of("code", asked.code);
	race_count(race, store_password_reset(race->fixture->store, &asked, &account));
	return NULL;
}

static void of_many_who_have_the_code_one_resets(void **state)
{
	struct race race = race_of(*state);

	must(ask(race.fixture, race.account, "code"));
	in_threads(16, reset_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.not_found, 15);
	assert_int_equal(fixture_mails(race.fixture->store), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(nobody_and_who_has_no_code_are_refused_alike),
		STORE_TEST(an_address_that_was_changed_takes_the_code_with_it),
		STORE_TEST(a_code_of_the_same_page_replaces_and_others_stay),
		STORE_TEST(what_was_done_is_noted),
		STORE_TEST(of_many_who_have_the_code_one_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
