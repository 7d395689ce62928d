/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* What the operator does for an account: recovery codes, its country. */

enum { MAX_TRIES = 3 };

#define CODE_HASH "$argon2id$code"

static const int64_t LIFE = 60 * MINUTE;

static enum phone_result finish(struct store *store, int64_t account, const char *ticket, const char *code, int64_t now)
{
	return finish_recovery(store, account, H(ticket), code, now);
}

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

static int claim(struct store *store, int64_t account, const char *hash)
{
	return store_recovery_claim(store, account, hash, NEW_PHONE, H("ticket"));
}

/** The whole of it. */
static int use(struct store *store, int64_t account, const char *hash)
{
	int r = claim(store, account, hash);

	if (r < 0)
		return r;
	certify_number(store, account, "sms");
	return finish(store, account, "ticket", "sms", NOW) == PHONE_SET ? 0 : PIMS_E_STATE;
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

static int claimed(struct store *store, const char *ticket, int64_t now, bool used)
{
	struct recovery_claim claim = {0};
	int r = store_recovery_claimed(store, H(ticket), now, &claim);

	if (r == 0) {
		assert_string_equal(claim.phone, NEW_PHONE);
		assert_int_equal(claim.used, used);
	}
	free(claim.phone);
	return r;
}

static void a_claim_changes_nothing_without_its_sms(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(claim(fixture->store, fixture->account, CODE_HASH));
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "sms", NOW), PHONE_CODE);
	certify_number(fixture->store, fixture->account, "sms");
	assert_int_equal(finish(fixture->store, fixture->account, "other", "sms", NOW), PHONE_CODE);
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "wrong", NOW), PHONE_CODE);
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "sms", NOW + 10 * MINUTE), PHONE_EXPIRED);
	assert_recovered(fixture, "0612345678", 0);
	must(try_at(fixture->store, fixture->account, CODE_HASH, NOW));
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "sms", NOW), PHONE_SET);
	assert_recovered(fixture, NEW_PHONE, 1);
}

static void wrong_sms_codes_are_bounded_and_cost_no_recovery_code(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(claim(fixture->store, fixture->account, CODE_HASH));
	certify_number(fixture->store, fixture->account, "sms");
	for (int i = 0; i < MAX_TRIES; i++)
		assert_int_equal(finish(fixture->store, fixture->account, "ticket", "wrong", NOW), PHONE_CODE);
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "sms", NOW), PHONE_CODE);
	assert_recovered(fixture, "0612345678", 0);
	certify_number(fixture->store, fixture->account, "another");
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "another", NOW), PHONE_SET);
}

static void a_repeat_of_the_last_step_is_told_the_same_and_changes_nothing(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(use(fixture->store, fixture->account, CODE_HASH));
	must(claimed(fixture->store, "ticket", NOW, true));
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "sms", NOW), PHONE_SAME);
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "wrong", NOW), PHONE_CODE);
	/* another number since, and a code for it: the operator's code is used up */
	must(store_account_set_phone(fixture->store, EMAIL, "+33611111111"));
	certify_number(fixture->store, fixture->account, "later");
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "later", NOW), PHONE_CODE);
	assert_recovered(fixture, "+33611111111", 1);
}

static void a_right_code_gives_the_tries_back_and_may_come_again(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MAX_TRIES; i++)
			must(try_at(fixture->store, fixture->account, CODE_HASH, NOW));
		must(claim(fixture->store, fixture->account, CODE_HASH));
		fixture_reopen(fixture);
	}
	must(store_recovery_claim(fixture->store, fixture->account, CODE_HASH, NEW_PHONE, H("second")));
	assert_int_equal(claimed(fixture->store, "ticket", NOW, false), PIMS_E_NOT_FOUND);
	must(claimed(fixture->store, "second", NOW, false));
	must(claimed(fixture->store, "second", NOW + LIFE - 1, false));
	assert_int_equal(claimed(fixture->store, "second", NOW + LIFE, false), PIMS_E_NOT_FOUND);
}

static void a_new_password_a_block_and_a_new_code_end_what_was_claimed(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture->store, EMAIL, CODE_HASH);
	must(claim(fixture->store, fixture->account, CODE_HASH));
	must(store_account_set_password(fixture->store, EMAIL, "$argon2id$new"));
	assert_int_equal(claimed(fixture->store, "ticket", NOW, false), PIMS_E_NOT_FOUND);
	must(claim(fixture->store, fixture->account, CODE_HASH));
	add_code(fixture->store, EMAIL, CODE_HASH);
	assert_int_equal(claimed(fixture->store, "ticket", NOW, false), PIMS_E_NOT_FOUND);
	must(claim(fixture->store, fixture->account, CODE_HASH));
	certify_number(fixture->store, fixture->account, "sms");
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(claimed(fixture->store, "ticket", NOW, false), PIMS_E_NOT_FOUND);
	assert_int_equal(claim(fixture->store, fixture->account, CODE_HASH), PIMS_E_NOT_FOUND);
	assert_int_equal(finish(fixture->store, fixture->account, "ticket", "sms", NOW), PHONE_CODE);
	assert_recovered(fixture, "0612345678", 0);
}

static void *finish_same(void *argument)
{
	struct race *race = argument;
	const enum phone_result result = finish(race->fixture->store, race->account, "ticket", "sms", NOW);

	race_count(race, result == PHONE_SET ? 0 : result == PHONE_SAME ? PIMS_E_STATE : PIMS_E_SYSTEM);
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
	must(claim(race.fixture->store, race.account, CODE_HASH));
	certify_number(race.fixture->store, race.account, "sms");
	in_threads(32, finish_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
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
		STORE_TEST(a_claim_changes_nothing_without_its_sms),
		STORE_TEST(wrong_sms_codes_are_bounded_and_cost_no_recovery_code),
		STORE_TEST(a_repeat_of_the_last_step_is_told_the_same_and_changes_nothing),
		STORE_TEST(a_right_code_gives_the_tries_back_and_may_come_again),
		STORE_TEST(a_new_password_a_block_and_a_new_code_end_what_was_claimed),
		STORE_TEST(a_removed_account_takes_its_recovery_code_along),
		STORE_TEST(recovery_sets_the_number_and_kills_the_codes_of_the_account_alone),
		STORE_TEST(sweeping_takes_a_recovery_code_at_its_time),
		STORE_TEST(of_many_who_use_a_recovery_code_one_wins),
		STORE_TEST(parallel_tries_are_no_more_than_allowed),
		STORE_TEST(nobodys_country_is_not_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
