/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* The day's budget of one-time passwords. */

enum { DEVICE = 1001 };

static const int64_t DAY = 24 * 60 * MINUTE;

/** Gives the device a challenge and asks for an OTP. */
static int grant(struct store *store, struct device *device, const char *otp, int per_day, int64_t now, int *ret_remaining)
{
	const struct otp_grant grant = {.device = device, .hash = H(otp), .expires = now + MINUTE, .now = now, .per_day = per_day};
	struct device stored;

	must(store_device_challenge(store, device->id, "0123456789abcdef", now + MINUTE));
	must(store_device_get(store, device->id, &stored));
	device->version = stored.version;
	device_free(&stored);
	return store_otp_grant(store, &grant, ret_remaining);
}

static void a_spent_budget_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, DEVICE, "installation"), stored;
	int remaining = -2;

	must(grant(fixture->store, &device, "1", 1, NOW, &remaining));
	assert_int_equal(remaining, 0);
	remaining = -2;
	assert_int_equal(grant(fixture->store, &device, "2", 1, NOW, &remaining), PIMS_E_LIMIT);
	assert_int_equal(remaining, -2);
	assert_int_equal(store_otp_consume(fixture->store, fixture->account, H("2"), NOW), PIMS_E_NOT_FOUND);
	must(store_device_get(fixture->store, DEVICE, &stored));
	assert_int_equal(stored.version, device.version);
	assert_string_equal(stored.challenge, "0123456789abcdef");
	device_free(&stored);
	must(store_otp_consume(fixture->store, fixture->account, H("1"), NOW));
}

static void what_fails_spends_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, DEVICE, "installation");
	int remaining = -2;

	must(grant(fixture->store, &device, "1", 2, NOW, &remaining));
	assert_int_equal(remaining, 1);
	assert_int_equal(grant(fixture->store, &device, "1", 2, NOW, &remaining), PIMS_E_STATE);
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(grant(fixture->store, &device, "2", 2, NOW, &remaining), PIMS_E_STATE);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	assert_int_equal(remaining, 1);
	must(grant(fixture->store, &device, "2", 2, NOW, &remaining));
	assert_int_equal(remaining, 0);
}

static void the_budget_is_new_at_midnight(void **state)
{
	struct fixture *fixture = *state;
	const int64_t midnight = (NOW / DAY + 1) * DAY;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, DEVICE, "installation");
	int remaining;

	must(grant(fixture->store, &device, "1", 1, midnight - 1, &remaining));
	assert_int_equal(grant(fixture->store, &device, "2", 1, midnight - 1, &remaining), PIMS_E_LIMIT);
	must(store_sweep(fixture->store, midnight - 1));
	assert_int_equal(grant(fixture->store, &device, "2", 1, midnight - 1, &remaining), PIMS_E_LIMIT);
	must(grant(fixture->store, &device, "2", 1, midnight, &remaining));
	assert_int_equal(grant(fixture->store, &device, "3", 1, midnight, &remaining), PIMS_E_LIMIT);
}

static void a_device_that_is_activated_again_keeps_its_budget(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts, again;
	struct device device = enroll(fixture, &texts, DEVICE, "installation");
	int remaining;

	must(grant(fixture->store, &device, "1", 1, NOW, &remaining));
	device = enroll(fixture, &again, DEVICE + 1, "installation");
	assert_int_equal(grant(fixture->store, &device, "2", 1, NOW, &remaining), PIMS_E_LIMIT);
	device = enroll(fixture, &texts, DEVICE + 2, "another installation");
	must(grant(fixture->store, &device, "2", 1, NOW, &remaining));
}

static void without_a_budget_there_is_any_number(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = enroll(fixture, &texts, DEVICE, "installation");
	char otp[16];
	int remaining;

	for (int i = 0; i < 20; i++) {
		remaining = -2;
		snprintf(otp, sizeof otp, "otp-%d", i);
		must(grant(fixture->store, &device, otp, 0, NOW, &remaining));
		assert_int_equal(remaining, -1);
	}
}

static void *grant_same(void *argument)
{
	struct race *race = argument;
	unsigned char hash[32];
	struct otp_grant grant = {.device = race->device, .expires = NOW + MINUTE, .now = NOW, .per_day = 40};
	char otp[16];
	int remaining;

	snprintf(otp, sizeof otp, "otp-%d", race_number(race));
	grant.hash = hash_of(otp, hash);
	race_count(race, store_otp_grant(race->fixture->store, &grant, &remaining));
	return NULL;
}

static void of_many_otps_for_one_challenge_one_is_given_and_one_spent(void **state)
{
	struct race race = race_of(*state);
	struct device_texts texts;
	struct device device = enroll(race.fixture, &texts, DEVICE, "installation");
	int remaining;

	race.device = &device;
	in_threads(32, grant_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
	must(grant(race.fixture->store, &device, "next", 40, NOW, &remaining));
	assert_int_equal(remaining, 38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_spent_budget_changes_nothing),
		STORE_TEST(what_fails_spends_nothing),
		STORE_TEST(the_budget_is_new_at_midnight),
		STORE_TEST(a_device_that_is_activated_again_keeps_its_budget),
		STORE_TEST(without_a_budget_there_is_any_number),
		STORE_TEST(of_many_otps_for_one_challenge_one_is_given_and_one_spent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
