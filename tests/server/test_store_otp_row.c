/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Wrong one-time passwords in a row, whoever presents them (NIST SP 800-63B-4 §3.2.2). */

enum { DEVICE = 1001, LIFE = 2 * MINUTE };

static struct device_texts texts;
static struct device phone;

static int begin(void **state)
{
	int r = store_begin(state);

	phone = enroll(*state, &texts, DEVICE, "installation");
	return r;
}

static int issue(struct fixture *fixture, const char *otp, bool pin_proved)
{
	struct device stored;

	must(store_device_challenge(fixture->store, phone.id, "0123456789abcdef", NOW + MINUTE));
	must(store_device_get(fixture->store, phone.id, &stored));
	phone.version = stored.version;
	device_free(&stored);
	return store_otp_issue(fixture->store, &phone, pin_proved, H(otp), NOW + LIFE, NOW);
}

static int use(struct fixture *fixture, const char *otp)
{
	return store_otp_consume(fixture->store, fixture->account, H(otp), NOW);
}

static int buy(struct fixture *fixture, const char *otp)
{
	const struct token_pair tokens = pair_of("access", "refresh");

	return store_remote_add(fixture->store, fixture->account, H(otp), &tokens, NOW);
}

/* `count` values that nobody tried before; what the last one was told. */
static int guess(struct fixture *fixture, int count)
{
	static int number;
	char value[16];
	int r = 0;

	for (int i = 0; i < count; i++) {
		assert_true(r == 0 || r == PIMS_E_NOT_FOUND);
		snprintf(value, sizeof value, "guess-%d", number++);
		r = i % 2 ? use(fixture, value) : buy(fixture, value);
	}
	return r;
}

static void a_hundred_wrong_values_end_the_otps_that_live(void **state)
{
	struct fixture *fixture = *state;

	must(issue(fixture, "one", false));
	must(issue(fixture, "two", false));
	assert_int_equal(guess(fixture, OTP_ROW - 1), PIMS_E_NOT_FOUND);
	assert_int_equal(guess(fixture, 1), PIMS_E_LIMIT);
	assert_int_equal(use(fixture, "one"), PIMS_E_LIMIT);
	assert_int_equal(buy(fixture, "two"), PIMS_E_LIMIT);
}

static void a_right_one_before_the_hundredth_wrong_one_ends_the_row(void **state)
{
	struct fixture *fixture = *state;

	must(issue(fixture, "one", false));
	must(issue(fixture, "two", false));
	must(issue(fixture, "three", false));
	assert_int_equal(guess(fixture, OTP_ROW - 1), PIMS_E_NOT_FOUND);
	must(use(fixture, "one"));
	assert_int_equal(guess(fixture, OTP_ROW - 1), PIMS_E_NOT_FOUND);
	must(buy(fixture, "two"));
	assert_int_equal(guess(fixture, OTP_ROW - 1), PIMS_E_NOT_FOUND);
	must(use(fixture, "three"));
}

static void clients_that_repeat_themselves_count_once_each(void **state)
{
	struct fixture *fixture = *state;

	must(issue(fixture, "one", false));
	for (int i = 0; i < OTP_ROW; i++) {
		assert_int_equal(use(fixture, "stuck"), PIMS_E_NOT_FOUND);
		assert_int_equal(buy(fixture, "also stuck"), PIMS_E_NOT_FOUND);
	}
	assert_int_equal(guess(fixture, OTP_ROW - 3), PIMS_E_NOT_FOUND);
	must(use(fixture, "one"));
}

static void without_an_otp_that_lives_nothing_is_a_guess(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(guess(fixture, 2 * OTP_ROW), PIMS_E_NOT_FOUND);
	must(issue(fixture, "one", false));
	must(use(fixture, "one"));
	assert_int_equal(guess(fixture, 2 * OTP_ROW), PIMS_E_NOT_FOUND);
	must(issue(fixture, "two", false));
	for (int i = 0; i < OTP_ROW; i++) {
		char value[16];

		snprintf(value, sizeof value, "late-%d", i);
		assert_int_equal(store_otp_consume(fixture->store, fixture->account, H(value), NOW + LIFE), PIMS_E_NOT_FOUND);
	}
	must(use(fixture, "two"));
}

static void the_owner_ends_a_full_row_with_the_pin_and_not_without(void **state)
{
	struct fixture *fixture = *state;

	must(issue(fixture, "one", false));
	assert_int_equal(guess(fixture, OTP_ROW), PIMS_E_LIMIT);
	assert_int_equal(issue(fixture, "two", false), PIMS_E_INVALID);
	assert_int_equal(use(fixture, "two"), PIMS_E_LIMIT);
	must(issue(fixture, "three", true));
	assert_int_equal(guess(fixture, OTP_ROW - 1), PIMS_E_NOT_FOUND);
	must(use(fixture, "three"));
	must(issue(fixture, "four", false));
	must(use(fixture, "four"));
}

static void an_otp_without_the_pin_does_not_end_the_row(void **state)
{
	struct fixture *fixture = *state;

	must(issue(fixture, "one", false));
	assert_int_equal(guess(fixture, OTP_ROW - 1), PIMS_E_NOT_FOUND);
	must(issue(fixture, "two", false));
	assert_int_equal(guess(fixture, 1), PIMS_E_LIMIT);
	assert_int_equal(use(fixture, "two"), PIMS_E_LIMIT);
}

static void the_row_of_an_account_is_its_own(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	must(issue(fixture, "one", false));
	assert_int_equal(guess(fixture, OTP_ROW), PIMS_E_LIMIT);
	assert_int_equal(store_otp_consume(fixture->store, other, H("one"), NOW), PIMS_E_NOT_FOUND);
	must(store_account_remove(fixture->store, EMAIL));
}

/* Each caller guesses through a connection of its own, as nodes do. */
static void *guess_elsewhere(void *argument)
{
	struct race *race = argument;
	struct store *node = NULL;
	char value[16];

	must(sqlite_open(&node, race->fixture->path, &race->fixture->env));
	for (int i = 0; i < OTP_ROW / 4; i++) {
		snprintf(value, sizeof value, "node-%d", race_number(race));
		race_count(race, store_otp_consume(node, race->account, H(value), NOW));
	}
	store_close(node);
	return NULL;
}

static void nodes_count_one_row(void **state)
{
	struct race race = race_of(*state);

	must(issue(race.fixture, "one", false));
	in_threads(4, guess_elsewhere, &race);
	assert_int_equal(race.not_found, OTP_ROW - 1);
	assert_int_equal(race.limit, 1);
	assert_int_equal(use(race.fixture, "one"), PIMS_E_LIMIT);
}

#define ROW_TEST(name) cmocka_unit_test_setup_teardown(name, begin, store_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(a_hundred_wrong_values_end_the_otps_that_live),
		ROW_TEST(a_right_one_before_the_hundredth_wrong_one_ends_the_row),
		ROW_TEST(clients_that_repeat_themselves_count_once_each),
		ROW_TEST(without_an_otp_that_lives_nothing_is_a_guess),
		ROW_TEST(the_owner_ends_a_full_row_with_the_pin_and_not_without),
		ROW_TEST(an_otp_without_the_pin_does_not_end_the_row),
		ROW_TEST(the_row_of_an_account_is_its_own),
		ROW_TEST(nodes_count_one_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
