/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

/* Devices, PINs, one-time passwords and the remote tokens they buy. */

static int finalize(struct fixture *fixture, const struct device *device, const char *pin, int max)
{
	return store_enroll_finalize(fixture->store, device, (const unsigned char *)pin, pin ? strlen(pin) : 0, max, NOW);
}

static int count_device(void *data, const struct device *device)
{
	(void)device;
	++*(int *)data;
	return 0;
}

static int count_devices(const struct fixture *fixture)
{
	int count = 0;

	must(store_device_list(fixture->store, fixture->account, count_device, &count));
	return count;
}

static int64_t version_of(struct fixture *fixture, int64_t id)
{
	struct device device;
	int64_t version;

	must(store_device_get(fixture->store, id, &device));
	version = device.version;
	device_free(&device);
	return version;
}

static void an_unknown_device_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct device device = {0};

	assert_int_equal(store_device_get(fixture->store, 1, &device), PIMS_E_NOT_FOUND);
	assert_int_equal(store_device_remove(fixture->store, fixture->account, 1), PIMS_E_NOT_FOUND);
	assert_int_equal(store_device_challenge(fixture->store, 1, "c", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_enroll_find(fixture->store, H("code"), "serial", &device), PIMS_E_NOT_FOUND);
	assert_null(device.serial);
	assert_int_equal(count_devices(fixture), 0);
}

static void no_device_without_a_code(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 1, "one");

	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_NOT_FOUND);
	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "code");
	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_NOT_FOUND);
	add_sms(fixture->store, add_account(fixture->store, "b@example.com"), SMS_ENROLLMENT, "other");
	hash_of("other", device.code_hash);
	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_NOT_FOUND);
	assert_int_equal(count_devices(fixture), 0);
}

static void an_expired_code_makes_no_device(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = make_device(&texts, fixture->account, 1, "one");

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	assert_int_equal(store_enroll_finalize(fixture->store, &device, NULL, 0, 5, NOW + 10 * MINUTE), PIMS_E_NOT_FOUND);
}

static void a_device_comes_back_as_it_was_stored(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = make_device(&texts, fixture->account, 77, "one");
	struct device found;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	must(store_device_get(fixture->store, 77, &found));
	assert_int_equal(found.account, fixture->account);
	assert_string_equal(found.serial, "one/_/alea");
	assert_string_equal(found.device_id, "one");
	assert_string_equal(found.name, "a phone");
	assert_int_equal(found.phase, DEVICE_MS);
	assert_memory_equal(found.code_hash, H("code"), 32);
	assert_memory_equal(found.keys, "sealedkeys", 10);
	assert_int_equal(found.keys_length, 10);
	assert_string_equal(found.challenge, "challenge-of-finalize");
	assert_int_equal(found.challenge_expires, NOW + MINUTE);
	assert_int_equal(found.created, NOW);
	assert_int_equal(found.last_used, NOW);
	device_free(&found);
}

static void a_code_belongs_to_the_first_serial(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts, other_texts;
	const struct device device = make_device(&texts, fixture->account, 1, "one");
	const struct device other = make_device(&other_texts, fixture->account, 2, "two");

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	assert_int_equal(finalize(fixture, &other, NULL, 5), PIMS_E_NOT_FOUND);
	assert_int_equal(count_devices(fixture), 1);
}

static void a_repeated_finalize_finds_its_device_even_when_the_code_has_expired(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 1, "one"), found;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	device.id = 2;
	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_STATE);
	assert_int_equal(store_enroll_finalize(fixture->store, &device, NULL, 0, 5, NOW + 20 * MINUTE), PIMS_E_STATE);
	must(store_enroll_find(fixture->store, H("code"), texts.serial, &found));
	assert_int_equal(found.id, 1);
	device_free(&found);
	assert_int_equal(store_enroll_find(fixture->store, H("code"), "another serial", &found), PIMS_E_NOT_FOUND);
}

static void the_device_limit_counts_other_installations_only(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts[3];
	const struct device third = make_device(&texts[2], fixture->account, 3, "three");
	const struct device again = make_device(&texts[1], fixture->account, 4, "two");

	enroll(fixture, &texts[0], 1, "one");
	enroll(fixture, &texts[1], 2, "two");
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	assert_int_equal(finalize(fixture, &third, NULL, 2), PIMS_E_LIMIT);
	must(finalize(fixture, &again, NULL, 2)); /* a refusal bound the code to nobody */
	assert_int_equal(count_devices(fixture), 2);
}

static void removing_a_device_makes_room(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts, new_texts;
	const struct device new = make_device(&new_texts, fixture->account, 2, "two");

	enroll(fixture, &texts, 1, "one");
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	assert_int_equal(finalize(fixture, &new, NULL, 1), PIMS_E_LIMIT);
	must(store_device_remove(fixture->store, fixture->account, 1));
	must(finalize(fixture, &new, NULL, 1));
}

static void activating_again_replaces_and_leaves_a_tombstone(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device removed;

	enroll(fixture, &texts, 1, "one");
	enroll(fixture, &texts, 2, "one");
	assert_int_equal(count_devices(fixture), 1);
	must(store_device_get(fixture->store, 1, &removed));
	assert_int_equal(removed.phase, DEVICE_REMOVED);
	assert_int_equal(removed.account, fixture->account);
	assert_null(removed.keys);
	assert_string_equal(removed.challenge, "");
	assert_string_equal(removed.serial, "");
	assert_string_equal(removed.name, "");
	device_free(&removed);
}

static void activating_again_under_the_same_id_renews_it(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, 1, "one"), found;

	device.serial[0] = 'O';
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 1));
	must(store_device_get(fixture->store, 1, &found));
	assert_int_equal(found.phase, DEVICE_MS);
	assert_true(found.version > device.version);
	device_free(&found);
}

static void an_id_is_never_taken_from_another_account(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts, other_texts;
	int64_t other = add_account(fixture->store, "b@example.com");
	struct device device = make_device(&other_texts, other, 1, "one"), found;

	enroll(fixture, &texts, 1, "one");
	add_sms(fixture->store, other, SMS_ENROLLMENT, "second");
	hash_of("second", device.code_hash);
	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_STATE);
	must(store_device_get(fixture->store, 1, &found));
	assert_int_equal(found.account, fixture->account);
	device_free(&found);
	assert_int_equal(store_device_remove(fixture->store, other, 1), PIMS_E_NOT_FOUND);
}

static void the_first_pin_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts, other_texts;
	const struct device first = make_device(&texts, fixture->account, 1, "one");
	struct device second = make_device(&other_texts, fixture->account, 2, "two");
	struct account account;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &first, "sealed pin", 5));
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code2");
	hash_of("code2", second.code_hash);
	assert_int_equal(finalize(fixture, &second, "other pin", 5), PIMS_E_STATE);
	assert_int_equal(count_devices(fixture), 1);
	must(finalize(fixture, &second, NULL, 5));
	account = read_account(fixture->store, fixture->account);
	assert_int_equal(account.pin_length, 10);
	assert_memory_equal(account.pin, "sealed pin", 10);
	account_free(&account);
}

static void a_blocked_account_enrolls_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = make_device(&texts, fixture->account, 1, "one");

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_STATE);
}

static void step_ms_uses_the_code_up(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, 1, "one"), found;
	int64_t account;

	assert_int_equal(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(finalize(fixture, &device, NULL, 5), PIMS_E_NOT_FOUND);
	must(store_device_get(fixture->store, 1, &found));
	assert_int_equal(found.phase, DEVICE_ACTIVE);
	device_free(&found);
}

static void step_ms_needs_the_version_it_saw(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 1, "one");

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	device.version = version_of(fixture, 1) + 1;
	assert_int_equal(store_enroll_ms(fixture->store, &device, NULL, NOW), PIMS_E_STATE);
	device.version--;
	must(store_enroll_ms(fixture->store, &device, NULL, NOW));
	assert_int_equal(store_enroll_ms(fixture->store, &device, NULL, NOW), PIMS_E_STATE);
	device.version = version_of(fixture, 1);
	must(store_device_remove(fixture->store, fixture->account, 1));
	assert_int_equal(store_enroll_ms(fixture->store, &device, NULL, NOW), PIMS_E_STATE);
}

static void a_step_ms_that_fails_sends_no_notice_and_one_that_is_done_sends_one(void **state)
{
	struct fixture *fixture = *state;
	const struct mail notice = fixture_notice();
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 1, "one");

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	device.version = version_of(fixture, 1) + 1;
	assert_int_equal(store_enroll_ms(fixture->store, &device, &notice, NOW), PIMS_E_STATE);
	assert_int_equal(fixture_mails(fixture->store), 0);
	device.version--;
	must(store_enroll_ms(fixture->store, &device, &notice, NOW));
	assert_int_equal(store_enroll_ms(fixture->store, &device, &notice, NOW), PIMS_E_STATE);
	assert_int_equal(fixture_mails(fixture->store), 1);
}

static void a_challenge_is_bounded_and_none_for_a_removed_device(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	char long_challenge[66];

	enroll(fixture, &texts, 1, "one");
	memset(long_challenge, 'c', 65);
	long_challenge[65] = 0;
	assert_int_equal(store_device_challenge(fixture->store, 1, long_challenge, NOW), PIMS_E_LIMIT);
	long_challenge[64] = 0;
	must(store_device_challenge(fixture->store, 1, long_challenge, NOW));
	must(store_device_remove(fixture->store, fixture->account, 1));
	assert_int_equal(store_device_challenge(fixture->store, 1, "c", NOW), PIMS_E_NOT_FOUND);
}

static void an_otp_passes_once_in_its_time_and_for_its_account(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = enroll(fixture, &texts, 1, "one");
	int64_t other = add_account(fixture->store, "b@example.com");

	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW), PIMS_E_NOT_FOUND);
	must(store_otp_issue(fixture->store, &device, false, H("otp"), NOW + 2 * MINUTE, NOW));
	assert_int_equal(store_otp_consume(fixture->store, other, H("otp"), NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW + 2 * MINUTE), PIMS_E_NOT_FOUND);
	must(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW + 2 * MINUTE - 1));
	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW), PIMS_E_NOT_FOUND);
}

static void a_challenge_gives_one_otp(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, 1, "one");

	must(store_otp_issue(fixture->store, &device, false, H("otp"), NOW + MINUTE, NOW));
	assert_int_equal(store_otp_issue(fixture->store, &device, false, H("otp2"), NOW + MINUTE, NOW), PIMS_E_STATE);
	device.version = version_of(fixture, 1);
	assert_int_equal(store_otp_issue(fixture->store, &device, false, H("otp2"), NOW + MINUTE, NOW), PIMS_E_STATE);
	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("otp2"), NOW), PIMS_E_NOT_FOUND);
	must(store_device_challenge(fixture->store, 1, "another", NOW + MINUTE));
	device.version = version_of(fixture, 1);
	must(store_otp_issue(fixture->store, &device, false, H("otp2"), NOW + MINUTE, NOW));
}

static void a_device_before_step_ms_gets_no_otp(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 1, "one");

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	device.version = version_of(fixture, 1);
	assert_int_equal(store_otp_issue(fixture->store, &device, false, H("otp"), NOW + MINUTE, NOW), PIMS_E_STATE);
}

static void a_blocked_account_gets_no_otp(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = enroll(fixture, &texts, 1, "one");

	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW), PIMS_E_STATE);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	must(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW)); /* the refusal kept the challenge */
}

static void a_removed_device_takes_its_otps_with_it(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = enroll(fixture, &texts, 1, "one");

	must(store_otp_issue(fixture->store, &device, false, H("otp"), NOW + MINUTE, NOW));
	must(store_device_remove(fixture->store, fixture->account, 1));
	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_device_remove(fixture->store, fixture->account, 1), PIMS_E_NOT_FOUND);
}

static void wrong_pins_count_down_and_block(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, 1, "one");
	struct account account;
	int remaining;

	for (int left = 2; left >= 0; left--) {
		must(store_pin_failed(fixture->store, &device, 3, &remaining));
		assert_int_equal(remaining, left);
		assert_int_equal(store_pin_failed(fixture->store, &device, 3, &remaining), PIMS_E_STATE); /* one count a challenge */
		must(store_device_challenge(fixture->store, 1, "again", NOW + MINUTE));
		device.version = version_of(fixture, 1);
	}
	account = read_account(fixture->store, fixture->account);
	assert_true(account.pin_blocked);
	assert_false(account.blocked);
	account_free(&account);
	assert_int_equal(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW), PIMS_E_STATE);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	must(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW));
}

static void a_proved_pin_clears_the_count_and_none_does_not(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, 1, "one");
	int remaining;

	for (int round = 0; round < 2; round++) {
		must(store_pin_failed(fixture->store, &device, 5, &remaining));
		assert_int_equal(remaining, 4 - round);
		must(store_device_challenge(fixture->store, 1, "again", NOW + MINUTE));
		device.version = version_of(fixture, 1);
		must(store_otp_issue(fixture->store, &device, round == 1, H(round ? "b" : "a"), NOW + MINUTE, NOW));
		must(store_device_challenge(fixture->store, 1, "again", NOW + MINUTE));
		device.version = version_of(fixture, 1);
	}
	must(store_pin_failed(fixture->store, &device, 5, &remaining));
	assert_int_equal(remaining, 4);
}

static void a_wrong_pin_counts_in_step_ms_too(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 1, "one");
	int remaining;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &device, NULL, 5));
	device.version = version_of(fixture, 1);
	must(store_pin_failed(fixture->store, &device, 3, &remaining));
	assert_int_equal(remaining, 2);
}

static void sweeping_takes_unfinished_activations_and_old_otps(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts, other_texts;
	const struct device active = enroll(fixture, &texts, 1, "one");
	const struct device unfinished = make_device(&other_texts, fixture->account, 2, "two");

	must(store_otp_issue(fixture->store, &active, false, H("otp"), NOW + MINUTE, NOW));
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(finalize(fixture, &unfinished, NULL, 5));
	must(store_sweep(fixture->store, NOW + 59 * MINUTE));
	assert_int_equal(count_devices(fixture), 2);
	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW), PIMS_E_NOT_FOUND);
	must(store_sweep(fixture->store, NOW + 60 * MINUTE));
	assert_int_equal(count_devices(fixture), 1);
}

static struct token_pair pair(const char *access, const char *refresh)
{
	struct token_pair tokens = {.access_expires = NOW + 15 * MINUTE, .refresh_expires = NOW + 600 * MINUTE};

	hash_of(access, tokens.access);
	hash_of(refresh, tokens.refresh);
	return tokens;
}

static void an_otp_buys_remote_tokens_once(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = enroll(fixture, &texts, 1, "one");
	const struct token_pair first = pair("ra", "rr"), second = pair("ra2", "rr2");
	int64_t account = 0;

	assert_int_equal(store_remote_add(fixture->store, fixture->account, H("otp"), &first, NOW), PIMS_E_NOT_FOUND);
	must(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW));
	must(store_remote_add(fixture->store, fixture->account, H("otp"), &first, NOW));
	assert_int_equal(store_remote_add(fixture->store, fixture->account, H("otp"), &second, NOW), PIMS_E_NOT_FOUND);
	must(store_remote_find(fixture->store, H("ra"), NOW, &account));
	assert_int_equal(account, fixture->account);
	assert_int_equal(store_remote_find(fixture->store, H("ra2"), NOW, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_remote_find(fixture->store, H("ra"), NOW + 15 * MINUTE, &account), PIMS_E_NOT_FOUND);
}

static void a_refused_pair_gives_the_otp_back(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, 1, "one");
	const struct token_pair tokens = pair("ra", "rr");

	must(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW));
	must(store_remote_add(fixture->store, fixture->account, H("otp"), &tokens, NOW));
	must(store_device_challenge(fixture->store, 1, "again", NOW + MINUTE));
	device.version = version_of(fixture, 1);
	must(store_otp_issue(fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW));
	assert_int_equal(store_remote_add(fixture->store, fixture->account, H("otp"), &tokens, NOW), PIMS_E_STATE);
	must(store_otp_consume(fixture->store, fixture->account, H("otp"), NOW));
}

static void a_remote_token_is_renewed_by_its_account_until_it_dies(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	const struct device device = enroll(fixture, &texts, 1, "one");
	const struct token_pair tokens = pair("ra", "rr");
	int64_t other = add_account(fixture->store, "b@example.com"), account;
	struct store *store = fixture->store;

	must(store_otp_issue(store, &device, true, H("otp"), NOW + MINUTE, NOW));
	must(store_remote_add(store, fixture->account, H("otp"), &tokens, NOW));
	assert_int_equal(store_remote_refresh(store, other, H("rr"), H("x"), NOW + MINUTE, NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_remote_refresh(store, fixture->account, H("ra"), H("x"), NOW + MINUTE, NOW), PIMS_E_NOT_FOUND);
	must(store_remote_refresh(store, fixture->account, H("rr"), H("ra2"), NOW + 30 * MINUTE, NOW));
	assert_int_equal(store_remote_find(store, H("ra"), NOW, &account), PIMS_E_NOT_FOUND);
	must(store_remote_find(store, H("ra2"), NOW + 29 * MINUTE, &account));
	assert_int_equal(store_remote_refresh(store, fixture->account, H("rr"), H("x"), NOW, NOW + 600 * MINUTE), PIMS_E_NOT_FOUND);
	must(store_account_set_password(store, EMAIL, "h"));
	assert_int_equal(store_remote_find(store, H("ra2"), NOW, &account), PIMS_E_NOT_FOUND);
	must(store_sweep(store, NOW + 601 * MINUTE));
}

struct race {
	struct fixture *fixture;
	const struct device *device;
	pthread_mutex_t lock;
	int won, lost, next;
};

static void count(struct race *race, int r, int expected)
{
	pthread_mutex_lock(&race->lock);
	race->won += r == 0;
	race->lost += r == expected;
	pthread_mutex_unlock(&race->lock);
}

static void *consume(void *argument)
{
	struct race *race = argument;

	count(race, store_otp_consume(race->fixture->store, race->fixture->account, H("otp"), NOW), PIMS_E_NOT_FOUND);
	return NULL;
}

static void of_32_who_consume_an_otp_one_wins(void **state)
{
	struct race race = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct device_texts texts;
	const struct device device = enroll(race.fixture, &texts, 1, "one");

	must(store_otp_issue(race.fixture->store, &device, true, H("otp"), NOW + MINUTE, NOW));
	in_threads(32, consume, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.lost, 31);
}

static void *issue(void *argument)
{
	struct race *race = argument;
	char name[16];
	int number;

	pthread_mutex_lock(&race->lock);
	number = race->next++;
	pthread_mutex_unlock(&race->lock);
	snprintf(name, sizeof name, "otp%d", number);
	count(race, store_otp_issue(race->fixture->store, race->device, true, H(name), NOW + MINUTE, NOW), PIMS_E_STATE);
	return NULL;
}

static void of_many_who_prove_a_challenge_one_gets_an_otp(void **state)
{
	struct race race = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct device_texts texts;
	const struct device device = enroll(race.fixture, &texts, 1, "one");

	race.device = &device;
	in_threads(32, issue, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.lost, 31);
}

static void *enroll_one(void *argument)
{
	struct race *race = argument;
	struct device_texts texts;
	struct device device;
	char name[16];
	int number;

	pthread_mutex_lock(&race->lock);
	number = race->next++;
	pthread_mutex_unlock(&race->lock);
	snprintf(name, sizeof name, "device%d", number);
	device = make_device(&texts, race->fixture->account, 100 + number, name);
	count(race, store_enroll_finalize(race->fixture->store, &device, NULL, 0, 5, NOW), PIMS_E_NOT_FOUND);
	return NULL;
}

static void of_many_who_activate_with_a_code_one_wins(void **state)
{
	struct race race = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};

	add_sms(race.fixture->store, race.fixture->account, SMS_ENROLLMENT, "code");
	in_threads(16, enroll_one, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.lost, 15);
	assert_int_equal(count_devices(race.fixture), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_device_is_not_found),
		STORE_TEST(no_device_without_a_code),
		STORE_TEST(an_expired_code_makes_no_device),
		STORE_TEST(a_device_comes_back_as_it_was_stored),
		STORE_TEST(a_code_belongs_to_the_first_serial),
		STORE_TEST(a_repeated_finalize_finds_its_device_even_when_the_code_has_expired),
		STORE_TEST(the_device_limit_counts_other_installations_only),
		STORE_TEST(removing_a_device_makes_room),
		STORE_TEST(activating_again_replaces_and_leaves_a_tombstone),
		STORE_TEST(activating_again_under_the_same_id_renews_it),
		STORE_TEST(an_id_is_never_taken_from_another_account),
		STORE_TEST(the_first_pin_is_kept),
		STORE_TEST(a_blocked_account_enrolls_nothing),
		STORE_TEST(step_ms_uses_the_code_up),
		STORE_TEST(step_ms_needs_the_version_it_saw),
		STORE_TEST(a_step_ms_that_fails_sends_no_notice_and_one_that_is_done_sends_one),
		STORE_TEST(a_challenge_is_bounded_and_none_for_a_removed_device),
		STORE_TEST(an_otp_passes_once_in_its_time_and_for_its_account),
		STORE_TEST(a_challenge_gives_one_otp),
		STORE_TEST(a_device_before_step_ms_gets_no_otp),
		STORE_TEST(a_blocked_account_gets_no_otp),
		STORE_TEST(a_removed_device_takes_its_otps_with_it),
		STORE_TEST(wrong_pins_count_down_and_block),
		STORE_TEST(a_proved_pin_clears_the_count_and_none_does_not),
		STORE_TEST(a_wrong_pin_counts_in_step_ms_too),
		STORE_TEST(sweeping_takes_unfinished_activations_and_old_otps),
		STORE_TEST(an_otp_buys_remote_tokens_once),
		STORE_TEST(a_refused_pair_gives_the_otp_back),
		STORE_TEST(a_remote_token_is_renewed_by_its_account_until_it_dies),
		STORE_TEST(of_32_who_consume_an_otp_one_wins),
		STORE_TEST(of_many_who_prove_a_challenge_one_gets_an_otp),
		STORE_TEST(of_many_who_activate_with_a_code_one_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
