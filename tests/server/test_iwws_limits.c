/* SPDX-License-Identifier: Apache-2.0 */
#include "iwws_fixture.h"

/* What is limited, and that nobody is locked out by it. */

enum { THREADS = 32, FLOOD = 60 };

static const int64_t day_ms = INT64_C(86400) * 1000;

static int pin_failures(const struct iwws *iwws)
{
	struct account account = {0};
	int failures;

	iwws_read_account(iwws, &account);
	failures = account.pin_failures;
	account_free(&account);
	return failures;
}

/* --- devices ------------------------------------------------------------------------------------------------------------------------ */

static int count_device(void *data, const struct device *device)
{
	(void)device;
	++*(int *)data;
	return 0;
}

static int devices(const struct iwws *iwws)
{
	int count = 0;

	assert_int_equal(store_device_list(iwws->server.store, iwws->account, count_device, &count), 0);
	return count;
}

static void the_device_limit_tells_the_devices_to_who_knows_the_pin(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device[3] = {{0}, {0}, {0}};
	json_t *list;

	iwws->app.name = "Caf\xc3\xa9 <&> \"one\" / Android 14";
	iwws_enrol(iwws, &device[0], CODE);
	fake_env_advance(&iwws->fake, 1000);
	iwws_enrol(iwws, &device[1], "11111111");
	iwws_send_code(iwws, "22222222");
	assert_int_equal(iwws_setup(iwws, &device[2], "22222222"), 0);
	assert_int_equal(iwws_finalize(iwws, &device[2], "7391"), IW_ACCESS);
	assert_string_equal(iwws->refusal.devices, "");
	assert_int_equal(iwws_finalize(iwws, &device[2], PIN), IW_MAXNBTOOLS);
	list = json_loads(iwws->refusal.devices, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_text(json_array_get(list, 0), "id"), device[0].id);
	assert_string_equal(json_text(json_array_get(list, 0), "name"), "Caf\xc3\xa9 <&> \"one\"");
	assert_string_equal(json_text(json_array_get(list, 0), "platform"), "Android 14");
	assert_non_null(json_text(json_array_get(list, 1), "lastUsed"));
	json_decref(list);
	for (int i = 0; i < 3; i++)
		iw_device_free(&device[i]);
}

static void a_list_that_is_too_long_leaves_the_newest_out(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device[25] = {{0}};
	char name[241], code[9];
	json_t *list;

	memset(name, 'x', 240);
	name[240] = '\0';
	iwws->app.name = name;
	iwws->server.settings.max_devices = 24;
	for (int i = 0; i < 24; i++) {
		snprintf(code, sizeof code, "333000%02d", i);
		iwws_enrol(iwws, &device[i], code);
	}
	iwws_send_code(iwws, "22222222");
	assert_int_equal(iwws_setup(iwws, &device[24], "22222222"), 0);
	assert_int_equal(iwws_finalize(iwws, &device[24], PIN), IW_MAXNBTOOLS);
	list = json_loads(iwws->refusal.devices, JSON_REJECT_DUPLICATES, NULL);
	assert_in_range(json_array_size(list), 5, 20);
	json_decref(list);
	for (int i = 0; i < 25; i++)
		iw_device_free(&device[i]);
}

static void activating_again_on_the_same_installation_takes_no_second_slot(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};
	char code[9];

	iwws->server.settings.max_devices = 1;
	for (int i = 0; i < 8; i++) {
		snprintf(code, sizeof code, "444000%02d", i);
		iwws_enrol(iwws, &device, code);
		assert_int_equal(devices(iwws), 1);
		assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
		if (i % 2) /* "pims forget" or a lost state, apart from the id of the installation */
			iw_device_forget(&device);
	}
	secret_free(&otp);
	iw_device_free(&device);
}

/* --- OTP budget --------------------------------------------------------------------------------------------------------------------- */

static void without_a_budget_nothing_is_told(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	for (int i = 0; i < 20; i++)
		assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws->refusal.remaining, -1);
	assert_int_equal(iwws->refusal.retry_after, -1);
	secret_free(&otp);
	iw_device_free(&device);
}

static void a_spent_budget_says_when_it_renews(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};
	int until = (int)((day_ms - iwws->fake.now % day_ms) / 1000);

	iwws->server.settings.otp_per_day = 3;
	iwws_enrol(iwws, &device, CODE);
	for (int left = 2; left >= 0; left--) {
		assert_int_equal(iwws_otp(iwws, &device, left ? PIN : NULL, &otp), 0);
		assert_int_equal(iwws->refusal.remaining, left);
		assert_in_range(iwws->refusal.retry_after, until - 1, until + 1);
		assert_int_equal(iwws_consume(iwws, &otp), 0);
	}
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), IW_FORBIDDEN);
	assert_string_equal(iwws->refusal.cause, "otp.budget");
	assert_int_equal(iwws->refusal.remaining, 0);
	assert_in_range(iwws->refusal.retry_after, until - 1, until + 1);
	fake_env_advance(&iwws->fake, (int64_t)until * 1000 + 1000);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws->refusal.remaining, 2);
	secret_free(&otp);
	iw_device_free(&device);
}

static void a_failed_attempt_spends_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws->server.settings.otp_per_day = 2;
	iwws_enrol(iwws, &device, CODE);
	for (int i = 0; i < 4; i++)
		assert_int_equal(iwws_otp(iwws, &device, "7391", &otp), IW_ACCESS);
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), IW_STATE);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws->refusal.remaining, 1);
	secret_free(&otp);
	iw_device_free(&device);
}

static void the_budget_is_each_device_s_and_outlives_a_new_activation(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0};
	struct secret otp = {0};

	iwws->server.settings.otp_per_day = 1;
	iwws_enrol(iwws, &first, CODE);
	iwws_enrol(iwws, &second, "11111111");
	assert_int_equal(iwws_otp(iwws, &first, PIN, &otp), 0);
	assert_int_equal(iwws_otp(iwws, &second, PIN, &otp), 0);
	iwws_enrol(iwws, &first, "22222222");
	assert_int_equal(iwws_otp(iwws, &first, PIN, &otp), IW_FORBIDDEN);
	assert_string_equal(iwws->refusal.cause, "otp.budget");
	secret_free(&otp);
	iw_device_free(&first);
	iw_device_free(&second);
}

/* --- wrong OTPs in a row ------------------------------------------------------------------------------------------------------------ */

static void guess_otps(struct iwws *iwws, int count)
{
	for (int i = 0; i < count; i++) {
		unsigned char hash[32] = {1, (unsigned char)i};

		assert_int_equal(store_otp_consume(iwws->server.store, iwws->account, hash, iwws->fake.now), i + 1 < OTP_ROW ? PIMS_E_NOT_FOUND : PIMS_E_LIMIT);
	}
}

static void after_too_many_wrong_otps_the_owner_comes_back_with_the_pin(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret first = {0}, otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &first), 0);
	guess_otps(iwws, OTP_ROW);
	assert_int_equal(iwws_consume(iwws, &first), PIMS_E_LIMIT);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), IW_ACCESS);
	assert_string_equal(iwws->refusal.cause, "otp.row");
	assert_int_equal(iwws_otp(iwws, &device, "7391", &otp), IW_ACCESS);
	assert_string_equal(iwws->refusal.cause, "inwebo.pin");
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws_consume(iwws, &otp), 0);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), 0);
	assert_int_equal(iwws_consume(iwws, &otp), 0);
	secret_free(&first);
	secret_free(&otp);
	iw_device_free(&device);
}

/* --- PIN attempts ------------------------------------------------------------------------------------------------------------------- */

/* A stranger has the id, which is no secret, and keys of his own making. */
static void forge(struct iw_device *device)
{
	assert_int_equal(secret_set(&device->k0, "00112233445566778899aabbccddeeff"), 0);
	assert_int_equal(secret_set(&device->k1, "00112233445566778899aabbccddeeff"), 0);
}

static void somebody_without_the_device_cannot_block_the_account(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, stranger = {0}, guesser = {0};
	struct iw_new_pin update = {.old_pin = "7391", .new_pin = "6028"}, reset = {.new_pin = "6028", .code = "55512345"};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &stranger), 0);
	forge(&stranger);
	assert_int_equal(iw_device_copy(&stranger, &guesser), 0);
	iwws_send(iwws, SMS_RESET_PIN, "55512345");
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	for (int i = 0; i < FLOOD; i++) {
		assert_int_equal(iwws_otp(iwws, &stranger, "7391", &otp), IW_STATE);
		assert_int_equal(iwws_new_pin(iwws, &stranger, update), IW_STATE);
		assert_int_equal(iwws_new_pin(iwws, &stranger, reset), IW_STATE);
		snprintf(guesser.id, sizeof guesser.id, "%d", 1000000 + i);
		assert_int_equal(iwws_otp(iwws, &guesser, "7391", &otp), IW_FORBIDDEN);
	}
	assert_int_equal(pin_failures(iwws), 0);
	/* nor spoil what the device was about to send */
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), 0);
	secret_free(&otp);
	iw_device_free(&device);
	iw_device_free(&stranger);
	iw_device_free(&guesser);
}

static void activations_with_wrong_pins_use_codes_up_and_never_the_account_s_tries(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, other = {0};
	struct secret otp = {0};
	char code[9];

	iwws_enrol(iwws, &device, CODE);
	for (int i = 0; i < 6; i++) {
		snprintf(code, sizeof code, "666000%02d", i);
		iwws_send_code(iwws, code);
		assert_int_equal(iwws_setup(iwws, &other, code), 0);
		for (int tries = 0; tries < 5; tries++)
			assert_int_equal(iwws_finalize(iwws, &other, "7391"), IW_ACCESS);
		assert_int_equal(iwws_finalize(iwws, &other, PIN), IW_CODE);
		iw_device_free(&other);
	}
	assert_int_equal(pin_failures(iwws), 0);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(devices(iwws), 1);
	secret_free(&otp);
	iw_device_free(&device);
}

struct guess {
	struct iwws *iwws;
	struct iw_device device;
	int told; /**< answers that told that a PIN was wrong */
};

static enum iw_error send_guess(struct guess *guess, const char *target, const char *root)
{
	struct buf xml = BUF_INIT(IW_MAX_ANSWER);
	struct iw_answer answer = {0};
	struct iw_refusal refusal = {.error = IW_OTHER};

	if (iwws_serve(guess->iwws, target, &xml) == 200 && iw_answer_read(buf_text(&xml), xml.len, root, &answer) == 0)
		(void)iw_answer_refusal(&answer, &refusal);
	if (refusal.error == IW_OK && *iw_answer_text(&answer, IW_EL_CHALLENGE))
		snprintf(guess->device.challenge, sizeof guess->device.challenge, "%s", iw_answer_text(&answer, IW_EL_CHALLENGE));
	guess->told += refusal.remaining >= 0 && (refusal.error == IW_ACCESS || refusal.error == IW_BLOCKED);
	iw_answer_free(&answer);
	buf_free(&xml);
	return refusal.error;
}

/* The device's owner has forgotten the PIN, or a thief guesses: with all the keys, as fast as it goes. */
static void *guess_pins(void *data)
{
	struct guess *guess = data;

	for (int i = 0; i < 4; i++) {
		struct buf target = BUF_INIT(IW_MAX_TARGET);

		if (iw_client_setup_otp(&guess->device, &target) == 0)
			(void)send_guess(guess, buf_text(&target), "ActionSetup");
		buf_reset(&target);
		if (iw_client_finalize_otp(&guess->device, &guess->iwws->app, "7391", &target) == 0)
			(void)send_guess(guess, buf_text(&target), "ActionFinalize");
		buf_free(&target);
	}
	return NULL;
}

static void of_many_wrong_pins_at_once_five_count_and_no_more_are_judged(void **state)
{
	static struct guess guesses[THREADS];
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	pthread_t threads[THREADS];
	int told = 0;

	iwws_enrol(iwws, &device, CODE);
	for (int i = 0; i < THREADS; i++) {
		guesses[i] = (struct guess){.iwws = iwws};
		assert_int_equal(iw_device_copy(&device, &guesses[i].device), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess_pins, &guesses[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		told += guesses[i].told;
		iw_device_free(&guesses[i].device);
	}
	assert_in_range(pin_failures(iwws), 1, 5);
	assert_int_equal(told, pin_failures(iwws));
	iw_device_free(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IWWS_TEST(the_device_limit_tells_the_devices_to_who_knows_the_pin),
		IWWS_TEST(a_list_that_is_too_long_leaves_the_newest_out),
		IWWS_TEST(activating_again_on_the_same_installation_takes_no_second_slot),
		IWWS_TEST(without_a_budget_nothing_is_told),
		IWWS_TEST(a_spent_budget_says_when_it_renews),
		IWWS_TEST(a_failed_attempt_spends_nothing),
		IWWS_TEST(the_budget_is_each_device_s_and_outlives_a_new_activation),
		IWWS_TEST(after_too_many_wrong_otps_the_owner_comes_back_with_the_pin),
		IWWS_TEST(somebody_without_the_device_cannot_block_the_account),
		IWWS_TEST(activations_with_wrong_pins_use_codes_up_and_never_the_account_s_tries),
		IWWS_TEST(of_many_wrong_pins_at_once_five_count_and_no_more_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
