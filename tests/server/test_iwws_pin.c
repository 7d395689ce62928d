/* SPDX-License-Identifier: Apache-2.0 */
#include "iwws_fixture.h"

#define NEW_PIN "60287"
#define RESET_CODE "55512345"

static struct iw_new_pin update(const char *old, const char *new)
{
	return (struct iw_new_pin){.old_pin = old, .new_pin = new};
}

static struct iw_new_pin reset(const char *new, const char *code)
{
	return (struct iw_new_pin){.new_pin = new, .code = code};
}

/* The PIN of the account, as an OTP shows it. */
static void assert_pin(struct iwws *iwws, struct iw_device *device, const char *pin)
{
	struct secret otp = {0};

	assert_int_equal(iwws_otp(iwws, device, pin, &otp), 0);
	assert_int_equal(iwws_consume(iwws, &otp), 0);
	secret_free(&otp);
}

static int pin_failures(struct iwws *iwws)
{
	struct account account = {0};
	int failures;

	iwws_read_account(iwws, &account);
	failures = account.pin_failures;
	account_free(&account);
	return failures;
}

/* The request arrives, its answer does not. */
static void lose_answer(struct iwws *iwws, struct iw_device *device, struct iw_new_pin pin)
{
	struct buf target = BUF_INIT(IW_MAX_TARGET);

	assert_int_equal(iwws_setup_pin(iwws, device, &pin), 0);
	assert_int_equal(iw_client_finalize_pin(device, &iwws->fake.env, &iwws->app, &pin, &target), 0);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), &iwws->xml), 200);
	assert_non_null(strstr(buf_text(&iwws->xml), "<err>OK</err>"));
	buf_free(&target);
}

static void a_wrong_old_pin_counts_and_changes_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	for (int left = 4; left >= 1; left--) {
		assert_int_equal(iwws_new_pin(iwws, &device, update("60287", "7391")), IW_ACCESS);
		assert_int_equal(iwws->refusal.remaining, left);
		assert_string_equal(iwws->refusal.cause, "inwebo.pin");
	}
	assert_int_equal(iwws_new_pin(iwws, &device, update("60287", "7391")), IW_BLOCKED);
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, "7391")), IW_BLOCKED);
	assert_true(iwws_pin_blocked(iwws));
	iw_device_free(&device);
}

static void a_proof_without_the_old_pin_changes_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, update(NULL, NEW_PIN)), IW_ACCESS);
	assert_int_equal(pin_failures(iwws), 0);
	assert_pin(iwws, &device, PIN);
	iw_device_free(&device);
}

static void the_same_or_a_weak_pin_is_refused_and_costs_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, PIN)), IW_PINREUSED);
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, "1234")), IW_PINREFUSED);
	assert_string_equal(iwws->refusal.cause, "pin.policy");
	assert_int_equal(iwws_new_pin(iwws, &device, reset("0000", RESET_CODE)), IW_PINREFUSED);
	assert_int_equal(pin_failures(iwws), 0);
	assert_pin(iwws, &device, PIN);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, RESET_CODE)), 0);
	iw_device_free(&device);
}

static void a_reset_wants_a_live_code_of_the_account_for_it(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_send_code(iwws, "11111111");
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, "11111111")), IW_CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, "99999999")), IW_CODE);
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	fake_env_advance(&iwws->fake, 600 * 1000);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, RESET_CODE)), IW_CODE);
	assert_string_equal(iwws->refusal.cause, "sms.expired");
	assert_pin(iwws, &device, PIN);
	iw_device_free(&device);
}

static void a_reset_wants_the_device_too(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, thief = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &thief), 0);
	assert_int_equal(secret_set(&thief.k0, "00000000000000000000000000000000"), 0);
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	assert_int_equal(iwws_new_pin(iwws, &thief, reset(NEW_PIN, RESET_CODE)), IW_STATE);
	assert_pin(iwws, &device, PIN);
	iw_device_free(&thief);
	iw_device_free(&device);
}

static void codes_of_a_reset_cannot_be_guessed(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	for (int i = 0; i < 20; i++)
		assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, "99999999")), IW_CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, RESET_CODE)), IW_CODE);
	assert_string_equal(iwws->refusal.cause, "inwebo.too_many_attempts");
	iw_device_free(&device);
}

static void a_challenge_is_good_for_its_time_only(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct iw_new_pin pin = update(PIN, NEW_PIN);

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_setup_pin(iwws, &device, &pin), 0);
	fake_env_advance(&iwws->fake, 120 * 1000);
	assert_int_equal(iwws_finalize_pin(iwws, &device, &pin), IW_TIMEOUT);
	assert_pin(iwws, &device, PIN);
	iw_device_free(&device);
}

static void an_update_changes_the_pin_of_every_device(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &first, CODE);
	iwws_enrol(iwws, &second, "11111111");
	assert_int_equal(iwws_new_pin(iwws, &first, update(PIN, NEW_PIN)), 0);
	assert_int_equal(iwws_otp(iwws, &second, PIN, &otp), IW_ACCESS);
	assert_pin(iwws, &first, NEW_PIN);
	assert_pin(iwws, &second, NEW_PIN);
	assert_int_equal(iwws_new_pin(iwws, &second, update(NEW_PIN, PIN)), 0);
	assert_pin(iwws, &first, PIN);
	iw_device_free(&first);
	iw_device_free(&second);
}

static void a_reset_lifts_the_block_and_uses_the_code_up(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, other = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_enrol(iwws, &other, "11111111");
	for (int i = 0; i < 5; i++)
		(void)iwws_new_pin(iwws, &device, update("60287", "7391"));
	assert_true(iwws_pin_blocked(iwws));
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, RESET_CODE)), 0);
	assert_false(iwws_pin_blocked(iwws));
	assert_pin(iwws, &device, NEW_PIN);
	assert_int_equal(iwws_new_pin(iwws, &other, reset("7391", RESET_CODE)), IW_CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, reset("7391", RESET_CODE)), IW_CODE);
	iw_device_free(&device);
	iw_device_free(&other);
}

static void the_operator_s_block_stays_in_spite_of_a_reset(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	assert_int_equal(store_account_set_blocked(iwws->server.store, EMAIL, true), 0);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, RESET_CODE)), IW_BLOCKED);
	assert_string_equal(iwws->refusal.cause, "account.blocked");
	iw_device_free(&device);
}

static void a_lost_answer_to_an_update_costs_no_try(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	lose_answer(iwws, &device, update(PIN, NEW_PIN));
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, NEW_PIN)), 0);
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, NEW_PIN)), 0);
	assert_int_equal(pin_failures(iwws), 0);
	/* another one than that which was asked for is a wrong PIN */
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, "7391")), IW_ACCESS);
	assert_pin(iwws, &device, NEW_PIN);
	/* an OTP with the new one shows that the change was heard of */
	assert_int_equal(iwws_new_pin(iwws, &device, update(PIN, NEW_PIN)), IW_ACCESS);
	iw_device_free(&device);
}

static void a_lost_answer_to_a_reset_costs_no_second_code(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	lose_answer(iwws, &device, reset(NEW_PIN, RESET_CODE));
	assert_int_equal(iwws_new_pin(iwws, &device, reset("7391", RESET_CODE)), IW_CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, reset(NEW_PIN, RESET_CODE)), 0);
	assert_pin(iwws, &device, NEW_PIN);
	iw_device_free(&device);
}

static void of_racing_updates_one_is_made(void **state)
{
	struct iwws *iwws = *state;
	struct iwws_racer racers[IWWS_RACERS];
	struct iw_device device = {0};
	struct iw_new_pin pin = update(PIN, NEW_PIN);
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	int made = 0;

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_setup_pin(iwws, &device, &pin), 0);
	assert_int_equal(iw_client_finalize_pin(&device, &iwws->fake.env, &iwws->app, &pin, &target), 0);
	iwws_race(iwws, buf_text(&target), racers);
	for (int i = 0; i < IWWS_RACERS; i++) {
		made += strstr(buf_text(&racers[i].xml), "<err>OK</err>") != NULL;
		buf_free(&racers[i].xml);
	}
	assert_int_equal(made, 1);
	assert_int_equal(pin_failures(iwws), 0);
	assert_pin(iwws, &device, NEW_PIN);
	buf_free(&target);
	iw_device_free(&device);
}

static void an_activation_goes_on_when_the_pin_was_changed_in_between(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0}, third = {0};

	iwws->server.settings.max_devices = 3;
	iwws_enrol(iwws, &first, CODE);
	iwws_send_code(iwws, "11111111");
	assert_int_equal(iwws_setup(iwws, &second, "11111111"), 0);
	assert_int_equal(iwws_finalize(iwws, &second, PIN), 0);
	iwws_send_code(iwws, "22222222");
	assert_int_equal(iwws_setup(iwws, &third, "22222222"), 0);
	assert_int_equal(iwws_finalize(iwws, &third, PIN), 0);
	third.phase = IW_FINALIZE; /* its answer got lost */
	assert_int_equal(secret_set(&third.code, "22222222"), 0);
	assert_int_equal(iwws_new_pin(iwws, &first, update(PIN, NEW_PIN)), 0);
	assert_int_equal(iwws_ms(iwws, &second, NEW_PIN), 0);
	assert_pin(iwws, &second, NEW_PIN);
	assert_int_equal(iwws_finalize(iwws, &third, NEW_PIN), 0);
	assert_int_equal(iwws_ms(iwws, &third, NEW_PIN), 0);
	assert_pin(iwws, &third, NEW_PIN);
	iw_device_free(&first);
	iw_device_free(&second);
	iw_device_free(&third);
}

static void a_mistyped_pin_in_a_repeat_of_step_ms_is_told(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, before = {0};

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);
	assert_int_equal(iw_device_copy(&device, &before), 0);
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	assert_int_equal(iwws_ms(iwws, &before, "7391"), IW_ACCESS);
	assert_int_equal(before.phase, IW_MS);
	assert_int_equal(iwws_ms(iwws, &before, PIN), 0);
	assert_pin(iwws, &before, PIN);
	iw_device_free(&device);
	iw_device_free(&before);
}

static int setup_status(struct iwws *iwws, struct iw_device *device)
{
	IWWS_STEP(iwws, iw_client_setup_status(device, &target), iw_client_setup_status_answer(device, &reply));
}

static void a_status_challenge_lets_the_device_prove_itself(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct device row = {0};
	struct iw_proofs proofs;

	assert_int_equal(setup_status(iwws, &device), PIMS_E_STATE);
	iwws_enrol(iwws, &device, CODE);
	*device.challenge = '\0';
	assert_int_equal(iw_client_prove(&device, &proofs), PIMS_E_STATE);
	assert_int_equal(setup_status(iwws, &device), 0);
	assert_int_equal(iw_client_prove(&device, &proofs), 0);
	assert_int_equal(store_device_get(iwws->server.store, (int64_t)strtoll(device.id, NULL, 10), &row), 0);
	assert_string_equal(row.challenge, device.challenge);
	assert_int_equal(store_device_remove(iwws->server.store, iwws->account, row.id), 0);
	assert_int_equal(setup_status(iwws, &device), IW_NODEVICE);
	device_free(&row);
	iw_device_free(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IWWS_TEST(a_wrong_old_pin_counts_and_changes_nothing),
		IWWS_TEST(a_proof_without_the_old_pin_changes_nothing),
		IWWS_TEST(the_same_or_a_weak_pin_is_refused_and_costs_nothing),
		IWWS_TEST(a_reset_wants_a_live_code_of_the_account_for_it),
		IWWS_TEST(a_reset_wants_the_device_too),
		IWWS_TEST(codes_of_a_reset_cannot_be_guessed),
		IWWS_TEST(a_challenge_is_good_for_its_time_only),
		IWWS_TEST(an_update_changes_the_pin_of_every_device),
		IWWS_TEST(a_reset_lifts_the_block_and_uses_the_code_up),
		IWWS_TEST(the_operator_s_block_stays_in_spite_of_a_reset),
		IWWS_TEST(a_lost_answer_to_an_update_costs_no_try),
		IWWS_TEST(a_lost_answer_to_a_reset_costs_no_second_code),
		IWWS_TEST(of_racing_updates_one_is_made),
		IWWS_TEST(an_activation_goes_on_when_the_pin_was_changed_in_between),
		IWWS_TEST(a_mistyped_pin_in_a_repeat_of_step_ms_is_told),
		IWWS_TEST(a_status_challenge_lets_the_device_prove_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
