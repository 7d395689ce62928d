/* SPDX-License-Identifier: Apache-2.0 */
#include "iwws_fixture.h"

static void an_id_that_was_never_issued_is_forbidden(void **state)
{
	static const char *const ids[] = {"", "1", "9223372036854775807", "99999999999999999999999"};
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		snprintf(device.id, sizeof device.id, "%s", ids[i]);
		assert_int_equal(iwws_setup_otp(iwws, &device), IW_FORBIDDEN);
		assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), IW_FORBIDDEN);
	}
	iw_device_free(&device);
}

static void a_removed_device_is_no_device(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	assert_int_equal(store_device_remove(iwws->server.store, iwws->account, strtoll(device.id, NULL, 10)), 0);
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), IW_NODEVICE);
	assert_int_equal(iwws_setup_otp(iwws, &device), IW_NODEVICE);
	assert_string_equal(iwws->refusal.cause, "inwebo.no_device");
	iw_device_free(&device);
}

static void another_service_is_not_served(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_string_equal(device.secid, IW_SERVICE_ID);
	snprintf(device.secid, sizeof device.secid, "2");
	assert_int_equal(iwws_setup_otp(iwws, &device), IW_NOSRV);
	iw_device_free(&device);
}

static void a_device_without_step_ms_gets_no_otp(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);
	device.phase = IW_ACTIVE;
	assert_int_equal(iwws_setup_otp(iwws, &device), IW_NOCA);
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), IW_NOCA);
	iw_device_free(&device);
}

static void a_challenge_serves_once(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET), xml = BUF_INIT(IW_MAX_ANSWER);

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	assert_int_equal(iw_client_finalize_otp(&device, &iwws->app, PIN, &target), 0);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), &xml), 200);
	assert_non_null(strstr(buf_text(&xml), "<err>OK</err>"));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(iwws_serve(iwws, buf_text(&target), &xml), 200);
		assert_non_null(strstr(buf_text(&xml), "<err>NOK:STATE</err>"));
		assert_null(strstr(buf_text(&xml), "defi"));
	}
	buf_free(&target);
	buf_free(&xml);
	iw_device_free(&device);
}

static void the_request_of_step_ms_buys_no_otp(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};
	char challenge[65];

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);
	snprintf(challenge, sizeof challenge, "%s", device.challenge);
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	assert_string_equal(device.challenge, challenge);
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), IW_STATE);
	iw_device_free(&device);
}

static void a_late_finalize_is_timed_out(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	fake_env_advance(&iwws->fake, 120 * 1000 - 1);
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	fake_env_advance(&iwws->fake, 120 * 1000);
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), IW_TIMEOUT);
	secret_free(&otp);
	iw_device_free(&device);
}

static void strangers_who_know_an_id_lock_nobody_out(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, stranger = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &stranger), 0);
	assert_int_equal(secret_set(&stranger.k0, "00000000000000000000000000000000"), 0);
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(iwws_setup_otp(iwws, &stranger), 0);
		assert_string_equal(stranger.challenge, device.challenge); /* and spoil no challenge either */
		assert_int_equal(iwws_finalize_otp(iwws, &stranger, "0000", &otp), IW_STATE);
		assert_int_equal(iwws->refusal.remaining, -1);
	}
	assert_false(iwws_pin_blocked(iwws));
	assert_int_equal(iwws_finalize_otp(iwws, &device, PIN, &otp), 0);
	secret_free(&otp);
	iw_device_free(&device);
	iw_device_free(&stranger);
}

static void half_a_proof_is_none(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, half = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &half), 0);
	assert_int_equal(secret_set(&half.k1, "00000000000000000000000000000000"), 0); /* R0 is right, R1 wrong */
	assert_int_equal(iwws_otp(iwws, &half, PIN, &otp), IW_STATE);
	assert_int_equal(secret_copy(&half.k1, &device.k1), 0);
	snprintf(half.alea, sizeof half.alea, "00112233445566778899aabbccddeeff"); /* R0 wrong, R1 right */
	assert_int_equal(iwws_otp(iwws, &half, PIN, &otp), IW_STATE);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	secret_free(&otp);
	iw_device_free(&device);
	iw_device_free(&half);
}

static void five_wrong_pins_block_the_account(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	for (int left = 4; left > 0; left--) {
		assert_int_equal(iwws_otp(iwws, &device, "0000", &otp), IW_ACCESS);
		assert_int_equal(iwws->refusal.remaining, left);
		assert_string_equal(iwws->refusal.cause, "inwebo.pin");
		assert_false(iwws_pin_blocked(iwws));
	}
	assert_int_equal(iwws_otp(iwws, &device, "0000", &otp), IW_BLOCKED);
	assert_int_equal(iwws->refusal.remaining, 0);
	assert_true(iwws_pin_blocked(iwws));
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), IW_BLOCKED);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), IW_BLOCKED);
	assert_true(secret_empty(&otp));
	iw_device_free(&device);
}

static void a_right_pin_forgives_the_wrong_ones(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	for (int i = 0; i < 12; i++) {
		int expected = i % 4 == 3 ? 0 : IW_ACCESS;

		assert_int_equal(iwws_otp(iwws, &device, expected ? "0000" : PIN, &otp), expected);
	}
	assert_int_equal(iwws_otp(iwws, &device, "0000", &otp), IW_ACCESS);
	assert_int_equal(iwws->refusal.remaining, 4);
	secret_free(&otp);
	iw_device_free(&device);
}

static void an_otp_without_pin_forgives_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_otp(iwws, &device, "0000", &otp), IW_ACCESS);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), 0);
	assert_int_equal(iwws_otp(iwws, &device, "0000", &otp), IW_ACCESS);
	assert_int_equal(iwws->refusal.remaining, 3);
	secret_free(&otp);
	iw_device_free(&device);
}

static void the_policy_may_want_the_pin(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws->server.settings.otp_without_pin = false;
	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), IW_ACCESS);
	assert_string_equal(iwws->refusal.cause, "otp.pin_required");
	assert_int_equal(iwws->refusal.remaining, -1);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws_consume(iwws, &otp), 0);
	secret_free(&otp);
	iw_device_free(&device);
}

static void every_otp_is_another_and_good_once(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret first = {0}, second = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_otp(iwws, &device, NULL, &first), 0);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &second), 0);
	assert_string_not_equal(secret_text(&first), secret_text(&second));
	assert_int_equal(iwws_consume(iwws, &first), 0);
	assert_int_equal(iwws_consume(iwws, &first), PIMS_E_NOT_FOUND);
	fake_env_advance(&iwws->fake, 120 * 1000);
	assert_int_equal(iwws_consume(iwws, &second), PIMS_E_NOT_FOUND);
	secret_free(&first);
	secret_free(&second);
	iw_device_free(&device);
}

/* Setup and Finalize whose answer gets lost: the device keeps its K1. */
static void lose_answer(struct iwws *iwws, struct iw_device *device)
{
	struct buf target = BUF_INIT(IW_MAX_TARGET), xml = BUF_INIT(IW_MAX_ANSWER);

	assert_int_equal(iwws_setup_otp(iwws, device), 0);
	assert_int_equal(iw_client_finalize_otp(device, &iwws->app, PIN, &target), 0);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), &xml), 200);
	assert_non_null(strstr(buf_text(&xml), "<dK1>"));
	buf_free(&target);
	buf_free(&xml);
}

static void lost_answers_never_put_the_keys_out_of_step(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	for (int i = 0; i < 4; i++) {
		lose_answer(iwws, &device);
		lose_answer(iwws, &device);
		assert_int_equal(iwws_otp(iwws, &device, NULL, &otp), 0);
		assert_int_equal(iwws_consume(iwws, &otp), 0);
		assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
		assert_int_equal(iwws_consume(iwws, &otp), 0);
	}
	secret_free(&otp);
	iw_device_free(&device);
}

static void an_older_k1_proves_nothing(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, old = {0};
	struct secret otp = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &old), 0);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0); /* now the second K1 is proved */
	assert_int_equal(iwws_otp(iwws, &old, PIN, &otp), IW_STATE);
	secret_free(&otp);
	iw_device_free(&device);
	iw_device_free(&old);
}

static void of_many_equal_requests_at_once_one_gets_the_otp(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	struct iwws_racer racers[IWWS_RACERS];
	int issued = 0, refused = 0;

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_setup_otp(iwws, &device), 0);
	assert_int_equal(iw_client_finalize_otp(&device, &iwws->app, PIN, &target), 0);
	iwws_race(iwws, buf_text(&target), racers);
	for (int i = 0; i < IWWS_RACERS; i++) {
		issued += strstr(buf_text(&racers[i].xml), "<defi>") != NULL;
		refused += strstr(buf_text(&racers[i].xml), "NOK:STATE") != NULL;
		buf_free(&racers[i].xml);
	}
	assert_int_equal(issued, 1);
	assert_int_equal(refused, 3);
	buf_free(&target);
	iw_device_free(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IWWS_TEST(an_id_that_was_never_issued_is_forbidden),
		IWWS_TEST(a_removed_device_is_no_device),
		IWWS_TEST(another_service_is_not_served),
		IWWS_TEST(a_device_without_step_ms_gets_no_otp),
		IWWS_TEST(a_challenge_serves_once),
		IWWS_TEST(the_request_of_step_ms_buys_no_otp),
		IWWS_TEST(a_late_finalize_is_timed_out),
		IWWS_TEST(strangers_who_know_an_id_lock_nobody_out),
		IWWS_TEST(half_a_proof_is_none),
		IWWS_TEST(five_wrong_pins_block_the_account),
		IWWS_TEST(a_right_pin_forgives_the_wrong_ones),
		IWWS_TEST(an_otp_without_pin_forgives_nothing),
		IWWS_TEST(the_policy_may_want_the_pin),
		IWWS_TEST(every_otp_is_another_and_good_once),
		IWWS_TEST(lost_answers_never_put_the_keys_out_of_step),
		IWWS_TEST(an_older_k1_proves_nothing),
		IWWS_TEST(of_many_equal_requests_at_once_one_gets_the_otp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
