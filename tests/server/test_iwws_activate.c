/* SPDX-License-Identifier: Apache-2.0 */
#include "iwws_fixture.h"

static void a_wrong_code_is_refused(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	assert_int_equal(iwws_setup(iwws, &device, "00000000"), IW_CODE);
	assert_string_equal(iwws->refusal.cause, "inwebo.code");
	assert_int_equal(device.phase, IW_NONE);
	iw_device_free(&device);
}

static void an_expired_code_says_so(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_send_code(iwws, CODE);
	fake_env_advance(&iwws->fake, 600 * 1000);
	assert_int_equal(iwws_setup(iwws, &device, CODE), IW_CODE);
	assert_string_equal(iwws->refusal.cause, "sms.expired");
	iw_device_free(&device);
}

static void a_code_works_for_one_device_only(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0};

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &first, CODE), 0);
	assert_int_equal(iwws_setup(iwws, &second, CODE), 0);
	assert_int_equal(iwws_finalize(iwws, &first, PIN), 0);
	assert_int_equal(iwws_finalize(iwws, &second, PIN), IW_CODE);
	assert_int_equal(second.phase, IW_FINALIZE);
	assert_int_equal(iwws_ms(iwws, &first, PIN), 0);
	assert_int_equal(iwws_setup(iwws, &second, CODE), IW_CODE);
	iw_device_free(&first);
	iw_device_free(&second);
}

static void who_has_many_v6_addresses_guesses_no_more(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	char address[64];

	iwws_send_code(iwws, CODE);
	iwws->address = address;
	for (int i = 0; i < 20; i++) {
		snprintf(address, sizeof address, "2001:db8::%x:2:3:4", i + 1);
		assert_int_equal(iwws_setup(iwws, &device, "00000000"), IW_CODE);
	}
	snprintf(address, sizeof address, "2001:db8::9");
	assert_int_equal(iwws_setup(iwws, &device, CODE), IW_CODE);
	assert_string_equal(iwws->refusal.cause, "inwebo.too_many_attempts");
	snprintf(address, sizeof address, "2001:db8:1::9");
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	iw_device_free(&device);
}

static void guessing_codes_ends_for_one_address_only(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_send_code(iwws, CODE);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(iwws_setup(iwws, &device, "00000000"), IW_CODE);
		assert_string_equal(iwws->refusal.cause, "inwebo.code");
	}
	assert_int_equal(iwws_setup(iwws, &device, CODE), IW_CODE);
	assert_string_equal(iwws->refusal.cause, "inwebo.too_many_attempts");
	assert_in_range(iwws->refusal.retry_after, 1, 600);
	iwws->address = "127.0.0.2";
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	iwws->address = "127.0.0.1";
	fake_env_advance(&iwws->fake, 600 * 1000 - 1000);
	assert_int_equal(iwws_setup(iwws, &device, CODE), IW_CODE);
	fake_env_advance(&iwws->fake, 1000);
	iwws_send_code(iwws, "87654321");
	assert_int_equal(iwws_setup(iwws, &device, "87654321"), 0);
	iw_device_free(&device);
}

static void a_new_pin_that_is_guessed_first_is_refused(void **state)
{
	static const char *const bad[] = {"", "739", "12a4", "739184625", "p\xc3\xa9n4", "0000", "777777", "1234", "4321", "7890", "3210", "23456789",
					  "1212", "909090", "12121"};
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(device.pinmode, 2);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(iwws_finalize(iwws, &device, bad[i]), IW_PINREFUSED);
		assert_string_equal(iwws->refusal.cause, "pin.policy");
	}
	assert_int_equal(iwws_finalize(iwws, &device, "2580"), 0);
	iw_device_free(&device);
}

static void the_policy_of_new_pins_is_the_operators(void **state)
{
	static const char *const bad[] = {"7391", "73918", "7391846201"};
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws->server.settings.pin_min = 6;
	iwws->server.settings.pin_max = 9;
	iwws->server.settings.weak_pins = true;
	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(iwws_finalize(iwws, &device, bad[i]), IW_PINREFUSED);
	assert_int_equal(iwws_finalize(iwws, &device, "123456789"), 0);
	iw_device_free(&device);
}

static void wrong_pins_at_activation_use_the_code_up_and_never_block_the_account(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &first, CODE);
	iwws_send_code(iwws, "11111111");
	assert_int_equal(iwws_setup(iwws, &second, "11111111"), 0);
	assert_int_equal(second.pinmode, 1);
	for (int left = 4; left >= 0; left--) {
		assert_int_equal(iwws_finalize(iwws, &second, "0000"), IW_ACCESS);
		assert_int_equal(iwws->refusal.remaining, left);
		assert_string_equal(iwws->refusal.cause, "inwebo.pin");
	}
	assert_int_equal(iwws_finalize(iwws, &second, PIN), IW_CODE);
	assert_int_equal(iwws_setup(iwws, &second, "11111111"), IW_CODE);
	assert_false(iwws_pin_blocked(iwws));
	assert_int_equal(iwws_otp(iwws, &first, PIN, &otp), 0);
	secret_free(&otp);
	iw_device_free(&first);
	iw_device_free(&second);
}

static void a_wrong_pin_costs_no_new_sms(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0};

	iwws_enrol(iwws, &first, CODE);
	iwws_send_code(iwws, "11111111");
	assert_int_equal(iwws_setup(iwws, &second, "11111111"), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(iwws_finalize(iwws, &second, "0000"), IW_ACCESS);
	assert_int_equal(iwws_finalize(iwws, &second, PIN), 0);
	assert_int_equal(iwws_ms(iwws, &second, PIN), 0);
	iw_device_free(&first);
	iw_device_free(&second);
}

static void the_device_limit_keeps_the_code_good(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device devices[3] = {{0}, {0}, {0}};

	iwws_enrol(iwws, &devices[0], CODE);
	iwws_enrol(iwws, &devices[1], "11111111");
	iwws_send_code(iwws, "22222222");
	assert_int_equal(iwws_setup(iwws, &devices[2], "22222222"), 0);
	assert_int_equal(iwws_finalize(iwws, &devices[2], PIN), IW_MAXNBTOOLS);
	assert_string_equal(iwws->refusal.cause, "inwebo.max_devices");
	assert_int_equal(store_device_remove(iwws->server.store, iwws->account, strtoll(devices[0].id, NULL, 10)), 0);
	assert_int_equal(iwws_finalize(iwws, &devices[2], PIN), 0);
	assert_int_equal(iwws_ms(iwws, &devices[2], PIN), 0);
	for (int i = 0; i < 3; i++)
		iw_device_free(&devices[i]);
}

static void a_blocked_account_activates_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(store_account_set_blocked(iwws->server.store, EMAIL, true), 0);
	assert_int_equal(iwws_finalize(iwws, &device, PIN), IW_BLOCKED);
	assert_string_equal(iwws->refusal.cause, "account.blocked");
	assert_int_equal(iwws_setup(iwws, &device, CODE), IW_BLOCKED);
	iw_device_free(&device);
}

/* The device before and after a Finalize whose answer got lost. */
static void lose_finalize(struct iwws *iwws, struct iw_device *device, struct buf *ret_answer)
{
	struct buf target = BUF_INIT(IW_MAX_TARGET);

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, device, CODE), 0);
	assert_int_equal(iw_client_finalize_activate(device, &iwws->fake.env, &iwws->app, PIN, &target), 0);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), ret_answer), 200);
	buf_free(&target);
}

static void a_repeated_finalize_gets_the_same_device(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf lost = BUF_INIT(IW_MAX_ANSWER);
	struct secret otp = {0};

	lose_finalize(iwws, &device, &lost);
	assert_int_equal(iwws_finalize(iwws, &device, "0000"), IW_ACCESS);
	assert_int_equal(device.phase, IW_FINALIZE);
	fake_env_advance(&iwws->fake, 86400 * 1000); /* the code has expired long since: the device was switched off */
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);
	assert_non_null(strstr(buf_text(&lost), device.id));
	assert_non_null(strstr(buf_text(&lost), device.challenge));
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws_consume(iwws, &otp), 0);
	secret_free(&otp);
	buf_free(&lost);
	iw_device_free(&device);
}

static void a_repeated_finalize_is_no_way_to_guess_the_pin(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf lost = BUF_INIT(IW_MAX_ANSWER);
	int i = 0;

	lose_finalize(iwws, &device, &lost);
	do {
		assert_int_equal(iwws_finalize(iwws, &device, "0000"), IW_ACCESS);
	} while (++i < 20);
	assert_int_equal(iwws_finalize(iwws, &device, PIN), IW_ACCESS);
	assert_string_equal(iwws->refusal.cause, "inwebo.too_many_attempts");
	assert_in_range(iwws->refusal.retry_after, 1, 86400);
	buf_free(&lost);
	iw_device_free(&device);
}

static void two_repeats_in_flight_make_one_device(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	struct iwws_racer racers[IWWS_RACERS];

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iw_client_finalize_activate(&device, &iwws->fake.env, &iwws->app, PIN, &target), 0);
	iwws_race(iwws, buf_text(&target), racers);
	for (int i = 0; i < IWWS_RACERS; i++) {
		assert_string_equal(buf_text(&racers[i].xml), buf_text(&racers[0].xml));
		assert_non_null(strstr(buf_text(&racers[i].xml), "<err>OK</err>"));
	}
	for (int i = 0; i < IWWS_RACERS; i++)
		buf_free(&racers[i].xml);
	buf_free(&target);
	iw_device_free(&device);
}

static void activating_again_replaces_the_device(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, old = {0}, other = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &other, "11111111");
	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &old), 0);
	iwws_send_code(iwws, "22222222");
	assert_int_equal(iwws_setup(iwws, &device, "22222222"), 0);
	assert_true(iw_client_usable(&device));
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0); /* still alive until Finalize */
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);  /* at the limit of 2, and yet no third device */
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	assert_string_equal(device.device_id, old.device_id);
	assert_string_equal(device.alea, old.alea);
	assert_int_equal(iwws_otp(iwws, &old, PIN, &otp), IW_NODEVICE);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), 0);
	secret_free(&otp);
	iw_device_free(&device);
	iw_device_free(&old);
	iw_device_free(&other);
}

/* As one client of the live service has it for each of its installations: "Homey_peugeot/_/<hex>". */
static void a_device_id_with_a_separator_in_it_is_whole(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {.device_id = "hub/_/0011"}, second = {.device_id = "hub/_/0022"}, again;
	struct secret otp = {0};

	iwws_enrol(iwws, &first, CODE);
	iwws_enrol(iwws, &second, "11111111");
	assert_int_equal(iwws_otp(iwws, &first, PIN, &otp), 0);
	assert_int_equal(iwws_otp(iwws, &second, PIN, &otp), 0);
	again = (struct iw_device){.device_id = "hub/_/0011"};
	iwws_enrol(iwws, &again, "22222222"); /* at the limit of 2: it takes the first one's place */
	assert_int_equal(iwws_otp(iwws, &first, PIN, &otp), IW_NODEVICE);
	assert_int_equal(iwws_otp(iwws, &second, PIN, &otp), 0);
	assert_int_equal(iwws_otp(iwws, &again, PIN, &otp), 0);
	secret_free(&otp);
	iw_device_free(&first);
	iw_device_free(&second);
	iw_device_free(&again);
}

static bool file_holds(const struct iwws *iwws, const char *name, const char *text)
{
	char path[128], *bytes = malloc(16 << 20);
	size_t length;
	FILE *file;
	bool found;

	snprintf(path, sizeof path, "%s/%s", iwws->directory, name);
	file = fopen(path, "rb");
	assert_non_null(bytes);
	assert_non_null(file);
	length = fread(bytes, 1, 16 << 20, file);
	found = memmem(bytes, length, text, strlen(text)) != NULL;
	fclose(file);
	free(bytes);
	return found;
}

static void nothing_secret_is_stored_or_logged_in_clear(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};
	const char *secrets[6];

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	secrets[0] = PIN;
	secrets[1] = secret_text(&device.k0);
	secrets[2] = secret_text(&device.k1);
	secrets[3] = secret_text(&device.secval);
	secrets[4] = secret_text(&otp);
	secrets[5] = CODE;
	assert_true(file_holds(iwws, "db-wal", device.device_id)); /* the search finds what is there */
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		assert_false(file_holds(iwws, "db", secrets[i]));
		assert_false(file_holds(iwws, "db-wal", secrets[i]));
		assert_false(fake_env_logged(&iwws->fake, secrets[i]));
	}
	assert_true(fake_env_logged(&iwws->fake, "finalize otp"));
	secret_free(&otp);
	iw_device_free(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IWWS_TEST(a_wrong_code_is_refused),
		IWWS_TEST(an_expired_code_says_so),
		IWWS_TEST(a_code_works_for_one_device_only),
		IWWS_TEST(guessing_codes_ends_for_one_address_only),
		IWWS_TEST(who_has_many_v6_addresses_guesses_no_more),
		IWWS_TEST(a_new_pin_that_is_guessed_first_is_refused),
		IWWS_TEST(the_policy_of_new_pins_is_the_operators),
		IWWS_TEST(wrong_pins_at_activation_use_the_code_up_and_never_block_the_account),
		IWWS_TEST(a_wrong_pin_costs_no_new_sms),
		IWWS_TEST(the_device_limit_keeps_the_code_good),
		IWWS_TEST(a_blocked_account_activates_nothing),
		IWWS_TEST(a_repeated_finalize_gets_the_same_device),
		IWWS_TEST(a_repeated_finalize_is_no_way_to_guess_the_pin),
		IWWS_TEST(two_repeats_in_flight_make_one_device),
		IWWS_TEST(activating_again_replaces_the_device),
		IWWS_TEST(a_device_id_with_a_separator_in_it_is_whole),
		IWWS_TEST(nothing_secret_is_stored_or_logged_in_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
