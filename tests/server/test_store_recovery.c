/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* What the operator does for an account: recovery codes, its country. */

enum { MAX_TRIES = 3 };

#define CODE_HASH "$argon2id$code"
#define NEW_PHONE "+33699999999"

static const int64_t LIFE = 60 * MINUTE;

static void add_code(struct store *store, const char *email, const char *hash)
{
	must(store_recovery_add(store, email, hash, NOW + LIFE, NOW));
}

static int try_at(struct store *store, int64_t account, const char *expected, int64_t now)
{
	char *hash = NULL;
	int r = store_recovery_try(store, account, MAX_TRIES, now, &hash);

	if (r == 0)
		assert_string_equal(hash, expected);
	else
		assert_null(hash);
	free(hash);
	return r;
}

static int use(struct store *store, int64_t account, const char *hash)
{
	const struct mail notice = {.email = EMAIL, .text = (const unsigned char *)"text", .text_length = 4, .time = NOW};

	return store_recovery_use(store, account, hash, NEW_PHONE, &notice);
}

static int count_mail(void *data, const struct mail *mail)
{
	assert_string_equal(mail->email, EMAIL);
	++*(int *)data;
	return 0;
}

static void assert_recovered(struct fixture *fixture, const char *phone, int notices)
{
	struct account account = read_account(fixture->store, fixture->account);
	int count = 0;

	assert_string_equal(account.phone, phone);
	account_free(&account);
	must(store_mail_outbox(fixture->store, 0, count_mail, &count));
	assert_int_equal(count, notices);
}

static void nobody_gets_no_recovery_code(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(store_recovery_add(fixture->store, "nobody@example.com", CODE_HASH, NOW + LIFE, NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(try_at(fixture->store, fixture->account, CODE_HASH, NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(use(fixture->store, fixture->account, CODE_HASH), PIMS_E_NOT_FOUND);
	assert_recovered(fixture, "0612345678", 0);
}

static void a_code_of_another_account_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	add_code(fixture->store, OTHER_EMAIL, CODE_HASH);
	assert_int_equal(try_at(fixture->store, fixture->account, CODE_HASH, NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(use(fixture->store, fixture->account, CODE_HASH), PIMS_E_NOT_FOUND);
	assert_recovered(fixture, "0612345678", 0);
	must(try_at(fixture->store, other, CODE_HASH, NOW));
}

static void a_recovery_code_may_be_tried_until_its_time(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	assert_int_equal(try_at(fixture->store, fixture->account, CODE_HASH, NOW + LIFE), PIMS_E_NOT_FOUND);
	must(try_at(fixture->store, fixture->account, CODE_HASH, NOW + LIFE - 1));
}

static void tries_are_counted_for_each_account_and_outlive_a_restart(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	add_code(fixture->store, EMAIL, CODE_HASH);
	add_code(fixture->store, OTHER_EMAIL, "$argon2id$other");
	for (int i = 0; i < MAX_TRIES; i++)
		must(try_at(fixture->store, fixture->account, CODE_HASH, NOW));
	fixture_reopen(fixture);
	assert_int_equal(try_at(fixture->store, fixture->account, CODE_HASH, NOW), PIMS_E_NOT_FOUND);
	must(try_at(fixture->store, other, "$argon2id$other", NOW));
}

static void a_new_code_replaces_the_old_one_and_its_tries(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, "$argon2id$old");
	for (int i = 0; i < MAX_TRIES; i++)
		must(try_at(fixture->store, fixture->account, "$argon2id$old", NOW));
	add_code(fixture->store, EMAIL, CODE_HASH);
	assert_int_equal(use(fixture->store, fixture->account, "$argon2id$old"), PIMS_E_NOT_FOUND);
	must(try_at(fixture->store, fixture->account, CODE_HASH, NOW));
	assert_recovered(fixture, "0612345678", 0);
}

static void a_recovery_code_is_good_once(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(use(fixture->store, fixture->account, CODE_HASH));
	must(store_account_set_phone(fixture->store, EMAIL, "+33611111111"));
	assert_int_equal(use(fixture->store, fixture->account, CODE_HASH), PIMS_E_NOT_FOUND);
	assert_int_equal(try_at(fixture->store, fixture->account, CODE_HASH, NOW), PIMS_E_NOT_FOUND);
	assert_recovered(fixture, "+33611111111", 1);
}

static void a_removed_account_takes_its_recovery_code_along(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(store_account_remove(fixture->store, EMAIL));
	assert_int_equal(try_at(fixture->store, fixture->account, CODE_HASH, NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(use(fixture->store, fixture->account, CODE_HASH), PIMS_E_NOT_FOUND);
}

static void recovery_sets_the_number_and_kills_the_codes_of_the_account_alone(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct account account;
	int64_t id;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "mine");
	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	add_sms(fixture->store, other, SMS_ENROLLMENT, "theirs");
	add_code(fixture->store, EMAIL, CODE_HASH);
	must(use(fixture->store, fixture->account, CODE_HASH));
	assert_recovered(fixture, NEW_PHONE, 1);
	assert_int_equal(store_sms_find(fixture->store, H("mine"), SMS_ENROLLMENT, NOW, &id), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_find(fixture->store, H("reset"), SMS_RESET_PIN, NOW, &id), PIMS_E_NOT_FOUND);
	must(store_sms_find(fixture->store, H("theirs"), SMS_ENROLLMENT, NOW, &id));
	account = read_account(fixture->store, other);
	assert_string_equal(account.phone, "0612345678");
	account_free(&account);
}

static void sweeping_takes_a_recovery_code_at_its_time(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(store_sweep(fixture->store, NOW + LIFE - 1));
	must(try_at(fixture->store, fixture->account, CODE_HASH, NOW));
	must(store_sweep(fixture->store, NOW + LIFE));
	assert_int_equal(use(fixture->store, fixture->account, CODE_HASH), PIMS_E_NOT_FOUND);
}

static void *use_same(void *argument)
{
	struct race *race = argument;

	race_count(race, use(race->fixture->store, race->account, CODE_HASH));
	return NULL;
}

static void *try_same(void *argument)
{
	struct race *race = argument;
	char *hash = NULL;

	race_count(race, store_recovery_try(race->fixture->store, race->account, MAX_TRIES, NOW, &hash));
	free(hash);
	return NULL;
}

static void of_many_who_use_a_recovery_code_one_wins(void **state)
{
	struct race race = race_of(*state);

	add_code(race.fixture->store, EMAIL, CODE_HASH);
	in_threads(32, use_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.not_found, 31);
	assert_recovered(race.fixture, NEW_PHONE, 1);
}

static void parallel_tries_are_no_more_than_allowed(void **state)
{
	struct race race = race_of(*state);

	add_code(race.fixture->store, EMAIL, CODE_HASH);
	in_threads(32, try_same, &race);
	assert_int_equal(race.won, MAX_TRIES);
	assert_int_equal(race.not_found, 32 - MAX_TRIES);
}

static void nobodys_country_is_not_set(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	assert_int_equal(store_account_set_country(fixture->store, "nobody@example.com", "BE"), PIMS_E_NOT_FOUND);
	must(store_account_set_country(fixture->store, EMAIL, "BE"));
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.country, "BE");
	account_free(&account);
	must(store_account_set_country(fixture->store, EMAIL, NULL));
	account = read_account(fixture->store, fixture->account);
	assert_null(account.country);
	account_free(&account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(nobody_gets_no_recovery_code),
		STORE_TEST(a_code_of_another_account_is_not_found),
		STORE_TEST(a_recovery_code_may_be_tried_until_its_time),
		STORE_TEST(tries_are_counted_for_each_account_and_outlive_a_restart),
		STORE_TEST(a_new_code_replaces_the_old_one_and_its_tries),
		STORE_TEST(a_recovery_code_is_good_once),
		STORE_TEST(a_removed_account_takes_its_recovery_code_along),
		STORE_TEST(recovery_sets_the_number_and_kills_the_codes_of_the_account_alone),
		STORE_TEST(sweeping_takes_a_recovery_code_at_its_time),
		STORE_TEST(of_many_who_use_a_recovery_code_one_wins),
		STORE_TEST(parallel_tries_are_no_more_than_allowed),
		STORE_TEST(nobodys_country_is_not_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
