/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* A new PIN of an account, by a device that proved itself. */

enum { DEVICE = 1001 };

static const unsigned char first[] = "first", second[] = "second", third[] = "third";

static struct pin_change change_to(const struct device *device, const unsigned char *pin, const unsigned char *old_pin)
{
	return (struct pin_change){.device = device, .pin = pin, .pin_length = strlen((const char *)pin), .old_pin = old_pin,
				   .old_pin_length = old_pin ? strlen((const char *)old_pin) : 0, .now = NOW};
}

static struct pin_change reset_to(const struct device *device, const unsigned char *pin, const unsigned char *code_hash)
{
	struct pin_change change = change_to(device, pin, NULL);

	change.code_hash = code_hash;
	return change;
}

static void assert_pin(struct store *store, int64_t account, const unsigned char *pin)
{
	struct account stored = read_account(store, account);

	if (pin) {
		assert_int_equal(stored.pin_length, strlen((const char *)pin));
		assert_memory_equal(stored.pin, pin, stored.pin_length);
	} else {
		assert_null(stored.pin);
	}
	account_free(&stored);
}

/** Gives the device a challenge that it can prove. */
static void challenge(struct store *store, struct device *device)
{
	struct device stored;

	must(store_device_challenge(store, device->id, "0123456789abcdef", NOW + MINUTE));
	must(store_device_get(store, device->id, &stored));
	device->version = stored.version;
	device_free(&stored);
}

/** The device has the challenge and the version that it had. */
static void assert_not_consumed(struct store *store, const struct device *device)
{
	struct device stored;

	must(store_device_get(store, device->id, &stored));
	assert_int_equal(stored.version, device->version);
	assert_string_not_equal(stored.challenge, "");
	device_free(&stored);
}

/** An active device with a challenge, of an account whose PIN is the first. */
static struct device begin(struct fixture *fixture, struct device_texts *texts)
{
	struct device device = enroll(fixture, texts, DEVICE, "installation");
	const struct pin_change change = change_to(&device, first, NULL);

	must(store_pin_change(fixture->store, &change));
	challenge(fixture->store, &device);
	return device;
}

static int remaining_after_failure(struct store *store, struct device *device, int max)
{
	int remaining = -1;

	must(store_pin_failed(store, device, max, &remaining));
	challenge(store, device);
	return remaining;
}

static int code_lives(struct store *store, const char *code, enum sms_purpose purpose)
{
	int64_t account;

	return store_sms_find(store, H(code), purpose, NOW, &account);
}

static void an_unknown_device_changes_no_pin(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change change = change_to(&device, second, first);

	device.id = 4711;
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, first);
}

static void a_device_of_another_account_changes_no_pin(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change change = change_to(&device, second, NULL);

	device.account = other;
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	assert_pin(fixture->store, other, NULL);
	assert_pin(fixture->store, fixture->account, first);
	assert_not_consumed(fixture->store, &device);
}

static void another_version_stands_for_another_challenge(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change change = change_to(&device, second, first);

	device.version--;
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	device.version += 2;
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, first);
	device.version--;
	must(store_pin_change(fixture->store, &change));
}

static void a_challenge_proves_one_change(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change to_second = change_to(&device, second, first), to_third = change_to(&device, third, second);

	must(store_pin_change(fixture->store, &to_second));
	assert_int_equal(store_pin_change(fixture->store, &to_third), PIMS_E_STATE);
	device.version++;
	assert_int_equal(store_pin_change(fixture->store, &to_third), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, second);
}

static void a_removed_device_changes_no_pin(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change change = change_to(&device, second, first);

	must(store_device_remove(fixture->store, fixture->account, DEVICE));
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	device.version++;
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, first);
}

static void a_device_in_the_middle_of_its_activation_changes_no_pin(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, DEVICE, "installation"), stored;
	const struct pin_change change = change_to(&device, first, NULL);

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(store_enroll_finalize(fixture->store, &device, NULL, 0, 5, NOW));
	must(store_device_get(fixture->store, DEVICE, &stored));
	device.version = stored.version;
	device_free(&stored);
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, NULL);
}

static void a_pin_that_was_changed_meanwhile_is_not_overwritten(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change from_second = change_to(&device, third, second), from_none = change_to(&device, third, NULL);

	assert_int_equal(store_pin_change(fixture->store, &from_second), PIMS_E_STATE);
	assert_int_equal(store_pin_change(fixture->store, &from_none), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, first);
	assert_not_consumed(fixture->store, &device);
}

static void a_failed_change_stores_no_keys(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts), stored;
	const struct pin_change change = change_to(&device, third, second);

	memcpy(texts.keys, "other keys", 10);
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_STATE);
	must(store_device_get(fixture->store, DEVICE, &stored));
	assert_memory_equal(stored.keys, "sealedkeys", 10);
	device_free(&stored);
}

static void a_change_that_fails_or_repeats_sends_no_notice(void **state)
{
	struct fixture *fixture = *state;
	const struct mail notice = fixture_notice();
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	struct pin_change wrong = change_to(&device, third, second), dead = reset_to(&device, second, H("reset"));
	struct pin_change repeat = {.device = &device, .now = NOW};

	wrong.notice = dead.notice = repeat.notice = &notice;
	assert_int_equal(store_pin_change(fixture->store, &wrong), PIMS_E_STATE);
	assert_int_equal(store_pin_change(fixture->store, &dead), PIMS_E_NOT_FOUND);
	must(store_pin_change(fixture->store, &repeat));
	assert_int_equal(fixture_mails(fixture->store), 0);
}

static void a_change_and_a_reset_send_their_notice(void **state)
{
	struct fixture *fixture = *state;
	const struct mail notice = fixture_notice();
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	struct pin_change update = change_to(&device, second, first), reset = reset_to(&device, third, H("reset"));

	update.notice = reset.notice = &notice;
	must(store_pin_change(fixture->store, &update));
	assert_int_equal(fixture_mails(fixture->store), 1);
	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	challenge(fixture->store, &device);
	must(store_pin_change(fixture->store, &reset));
	assert_int_equal(fixture_mails(fixture->store), 2);
}

static void a_blocked_account_changes_no_pin(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change update = change_to(&device, second, first), reset = reset_to(&device, second, H("reset"));

	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(store_pin_change(fixture->store, &update), PIMS_E_STATE);
	assert_int_equal(store_pin_change(fixture->store, &reset), PIMS_E_STATE);
	assert_pin(fixture->store, fixture->account, first);
	assert_not_consumed(fixture->store, &device);
	must(code_lives(fixture->store, "reset", SMS_RESET_PIN));
}

static void a_blocked_pin_is_not_updated(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change update = change_to(&device, second, first);
	struct account account;

	assert_int_equal(remaining_after_failure(fixture->store, &device, 1), 0);
	assert_int_equal(store_pin_change(fixture->store, &update), PIMS_E_STATE);
	account = read_account(fixture->store, fixture->account);
	assert_true(account.pin_blocked);
	account_free(&account);
	assert_pin(fixture->store, fixture->account, first);
}

static void a_repeat_is_not_told_that_all_is_well_once_the_account_is_blocked(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change update = {.device = &device, .now = NOW}, reset = {.device = &device, .code_hash = H("reset"), .now = NOW};

	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(store_pin_change(fixture->store, &update), PIMS_E_STATE);
	assert_int_equal(store_pin_change(fixture->store, &reset), PIMS_E_STATE);
	assert_not_consumed(fixture->store, &device);
}

static void a_blocked_pin_refuses_the_repeat_of_an_update_alone(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change update = {.device = &device, .now = NOW}, reset = {.device = &device, .code_hash = H("reset"), .now = NOW};

	assert_int_equal(remaining_after_failure(fixture->store, &device, 1), 0);
	assert_int_equal(store_pin_change(fixture->store, &update), PIMS_E_STATE);
	assert_not_consumed(fixture->store, &device);
	must(store_pin_change(fixture->store, &reset));
}

static void a_blocked_account_counts_no_wrong_pin(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	struct account account;
	int remaining = -1;

	assert_int_equal(remaining_after_failure(fixture->store, &device, 1), 0);
	assert_int_equal(store_pin_failed(fixture->store, &device, 1, &remaining), PIMS_E_STATE);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(store_pin_failed(fixture->store, &device, 1, &remaining), PIMS_E_STATE);
	assert_int_equal(remaining, -1);
	assert_not_consumed(fixture->store, &device);
	account = read_account(fixture->store, fixture->account);
	assert_int_equal(account.pin_failures, 0);
	assert_false(account.pin_blocked);
	account_free(&account);
}

static void a_reset_needs_a_live_code_of_its_account_and_purpose(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	static const char *const codes[] = {"unknown", "others", "enrollment"};

	add_sms(fixture->store, other, SMS_RESET_PIN, "others");
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "enrollment");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		const struct pin_change change = reset_to(&device, second, H(codes[i]));

		assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_NOT_FOUND);
	}
	assert_pin(fixture->store, fixture->account, first);
	assert_not_consumed(fixture->store, &device);
	must(code_lives(fixture->store, "others", SMS_RESET_PIN));
	must(code_lives(fixture->store, "enrollment", SMS_ENROLLMENT));
}

static void a_reset_code_dies_at_its_time(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	struct pin_change change = reset_to(&device, second, H("reset"));

	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	change.now = NOW + 10 * MINUTE;
	assert_int_equal(store_pin_change(fixture->store, &change), PIMS_E_NOT_FOUND);
	assert_pin(fixture->store, fixture->account, first);
	change.now--;
	must(store_pin_change(fixture->store, &change));
	assert_pin(fixture->store, fixture->account, second);
}

static void a_reset_code_is_good_once(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change change = reset_to(&device, second, H("reset")), again = reset_to(&device, third, H("reset"));

	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	must(store_pin_change(fixture->store, &change));
	challenge(fixture->store, &device);
	assert_int_equal(store_pin_change(fixture->store, &again), PIMS_E_NOT_FOUND);
	assert_pin(fixture->store, fixture->account, second);
	assert_not_consumed(fixture->store, &device);
}

static void a_reset_lifts_the_block_of_the_pin(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change change = reset_to(&device, second, H("reset"));
	struct account account;

	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	assert_int_equal(remaining_after_failure(fixture->store, &device, 1), 0);
	must(store_pin_change(fixture->store, &change));
	account = read_account(fixture->store, fixture->account);
	assert_false(account.pin_blocked);
	assert_int_equal(account.pin_failures, 0);
	account_free(&account);
	assert_pin(fixture->store, fixture->account, second);
}

static void an_update_stores_pin_and_keys_and_forgets_the_failures(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct device_texts texts;
	struct device device = begin(fixture, &texts), stored;
	const struct pin_change change = change_to(&device, second, first);
	struct account account;

	assert_int_equal(remaining_after_failure(fixture->store, &device, 5), 4);
	memcpy(texts.keys, "other keys", 10);
	must(store_pin_change(fixture->store, &change));
	fixture_reopen(fixture);
	assert_pin(fixture->store, fixture->account, second);
	assert_pin(fixture->store, other, NULL);
	account = read_account(fixture->store, fixture->account);
	assert_int_equal(account.pin_failures, 0);
	account_free(&account);
	must(store_device_get(fixture->store, DEVICE, &stored));
	assert_memory_equal(stored.keys, "other keys", 10);
	assert_string_equal(stored.challenge, "");
	assert_int_equal(stored.version, device.version + 1);
	device_free(&stored);
}

static void a_repeat_consumes_the_challenge_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = begin(fixture, &texts);
	const struct pin_change repeat = {.device = &device, .code_hash = H("reset"), .now = NOW};

	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "reset");
	must(store_pin_change(fixture->store, &repeat));
	assert_pin(fixture->store, fixture->account, first);
	must(code_lives(fixture->store, "reset", SMS_RESET_PIN));
	assert_int_equal(store_pin_change(fixture->store, &repeat), PIMS_E_STATE);
}

static void *update_same(void *argument)
{
	struct race *race = argument;
	const struct pin_change change = change_to(race->device, second, first);

	race_count(race, store_pin_change(race->fixture->store, &change));
	return NULL;
}

static void of_many_changes_with_one_challenge_one_wins(void **state)
{
	struct race race = race_of(*state);
	struct device_texts texts;
	struct device device = begin(race.fixture, &texts);

	race.device = &device;
	in_threads(32, update_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
	assert_pin(race.fixture->store, race.account, second);
}

enum { RIVALS = 16 };

struct rivals {
	struct race race;
	struct device_texts texts[RIVALS];
	struct device devices[RIVALS];
	bool reset;
};

static void *change_own(void *argument)
{
	struct rivals *rivals = argument;
	const struct device *device = &rivals->devices[race_number(&rivals->race) - 1];
	const struct pin_change change = rivals->reset ? reset_to(device, second, H("reset")) : change_to(device, second, NULL);

	race_count(&rivals->race, store_pin_change(rivals->race.fixture->store, &change));
	return NULL;
}

static void enroll_rivals(struct rivals *rivals)
{
	struct fixture *fixture = rivals->race.fixture;

	for (int i = 0; i < RIVALS; i++) {
		char installation[24];

		snprintf(installation, sizeof installation, "installation-%d", i);
		rivals->devices[i] = make_device(&rivals->texts[i], fixture->account, DEVICE + i, installation);
		add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
		must(store_enroll_finalize(fixture->store, &rivals->devices[i], NULL, 0, RIVALS, NOW));
		rivals->devices[i].version = 1;
		must(store_enroll_ms(fixture->store, &rivals->devices[i], NULL, NOW));
		challenge(fixture->store, &rivals->devices[i]);
	}
}

static int challenges_left(const struct rivals *rivals)
{
	int left = 0;

	for (int i = 0; i < RIVALS; i++) {
		struct device stored;

		must(store_device_get(rivals->race.fixture->store, DEVICE + i, &stored));
		left += stored.challenge[0] != '\0';
		device_free(&stored);
	}
	return left;
}

static void of_many_devices_that_replace_one_pin_one_wins(void **state)
{
	struct rivals rivals = {.race = race_of(*state)};

	enroll_rivals(&rivals);
	in_threads(RIVALS, change_own, &rivals);
	assert_int_equal(rivals.race.won, 1);
	assert_int_equal(rivals.race.state, RIVALS - 1);
	assert_int_equal(challenges_left(&rivals), RIVALS - 1);
}

static void of_many_devices_that_use_one_reset_code_one_wins(void **state)
{
	struct rivals rivals = {.race = race_of(*state), .reset = true};

	enroll_rivals(&rivals);
	add_sms(rivals.race.fixture->store, rivals.race.account, SMS_RESET_PIN, "reset");
	in_threads(RIVALS, change_own, &rivals);
	assert_int_equal(rivals.race.won, 1);
	assert_int_equal(rivals.race.not_found, RIVALS - 1);
	assert_int_equal(challenges_left(&rivals), RIVALS - 1);
	assert_pin(rivals.race.fixture->store, rivals.race.account, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_device_changes_no_pin),
		STORE_TEST(a_device_of_another_account_changes_no_pin),
		STORE_TEST(another_version_stands_for_another_challenge),
		STORE_TEST(a_challenge_proves_one_change),
		STORE_TEST(a_removed_device_changes_no_pin),
		STORE_TEST(a_device_in_the_middle_of_its_activation_changes_no_pin),
		STORE_TEST(a_pin_that_was_changed_meanwhile_is_not_overwritten),
		STORE_TEST(a_failed_change_stores_no_keys),
		STORE_TEST(a_change_that_fails_or_repeats_sends_no_notice),
		STORE_TEST(a_change_and_a_reset_send_their_notice),
		STORE_TEST(a_blocked_account_changes_no_pin),
		STORE_TEST(a_blocked_pin_is_not_updated),
		STORE_TEST(a_repeat_is_not_told_that_all_is_well_once_the_account_is_blocked),
		STORE_TEST(a_blocked_pin_refuses_the_repeat_of_an_update_alone),
		STORE_TEST(a_blocked_account_counts_no_wrong_pin),
		STORE_TEST(a_reset_needs_a_live_code_of_its_account_and_purpose),
		STORE_TEST(a_reset_code_dies_at_its_time),
		STORE_TEST(a_reset_code_is_good_once),
		STORE_TEST(a_reset_lifts_the_block_of_the_pin),
		STORE_TEST(an_update_stores_pin_and_keys_and_forgets_the_failures),
		STORE_TEST(a_repeat_consumes_the_challenge_and_nothing_else),
		STORE_TEST(of_many_changes_with_one_challenge_one_wins),
		STORE_TEST(of_many_devices_that_replace_one_pin_one_wins),
		STORE_TEST(of_many_devices_that_use_one_reset_code_one_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
