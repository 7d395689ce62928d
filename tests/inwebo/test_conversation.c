/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "inwebo/client.h"
#include "support/fake_env.h"

#include <pims/error.h>

/*
 * The whole conversation of vectors/conversation.json, byte by byte, with the peer's random values. After each request and each answer the device is
 * written and read again, as by a process that was killed there.
 */

enum { SETUP, FINALIZE, MS, OTP_1_SETUP, OTP_1_FINALIZE, OTP_1_SETUP_AGAIN, OTP_1_FINALIZE_AGAIN, OTP_2_SETUP, OTP_2_FINALIZE, EXCHANGES };

struct talk {
	json_t *file;
	const json_t *exchanges, *inputs;
	struct iw_app app;
	struct fake_env fake;
	struct iw_device device;
	struct buf target;
};

static const char *input(const struct talk *talk, const char *name)
{
	return vector_text(talk->inputs, name);
}

static int begin(void **state)
{
	static struct talk talk;
	const json_t *random;

	memset(&talk, 0, sizeof talk);
	talk.file = vector_file("conversation");
	talk.exchanges = json_object_get(talk.file, "exchanges");
	talk.inputs = json_object_get(talk.file, "inputs");
	random = json_object_get(talk.file, "client_random");
	talk.app = (struct iw_app){.macid = input(&talk, "macid"), .lang = "fr", .name = "Android SDK built for x86_64 / UNKNOWN"};
	snprintf(talk.device.device_id, sizeof talk.device.device_id, "%s", input(&talk, "device_id"));
	snprintf(talk.device.alea, sizeof talk.device.alea, "%s", input(&talk, "alea"));
	buf_init(&talk.target, 8192);
	fake_env_init(&talk.fake);
	for (size_t i = 0; i < 2; i++)
		fake_env_queue_random_hex(&talk.fake, json_string_value(json_array_get(json_object_get(random, "oaep_seeds"), i)));
	fake_env_queue_random_hex(&talk.fake, vector_text(random, "ms_secret"));
	fake_env_queue_random_hex(&talk.fake, json_string_value(json_array_get(json_object_get(random, "oaep_seeds"), 2)));
	*state = &talk;
	return json_array_size(talk.exchanges) == EXCHANGES ? 0 : -1;
}

static int end(void **state)
{
	struct talk *talk = *state;

	iw_device_free(&talk->device);
	buf_free(&talk->target);
	fake_env_free(&talk->fake);
	json_decref(talk->file);
	return 0;
}

static void restart_process(struct talk *talk)
{
	json_t *saved = NULL;

	assert_int_equal(iw_device_encode(&talk->device, &saved), 0);
	iw_device_free(&talk->device);
	assert_int_equal(iw_device_decode(saved, &talk->device), 0);
	json_wipe(saved);
}

static void assert_target(struct talk *talk, int result, size_t exchange)
{
	assert_int_equal(result, 0);
	assert_string_equal(buf_text(&talk->target), vector_text(json_array_get(talk->exchanges, exchange), "target"));
	buf_reset(&talk->target);
	restart_process(talk);
}

static struct iw_reply reply(const struct talk *talk, size_t exchange)
{
	const char *xml = vector_text(json_array_get(talk->exchanges, exchange), "reply");

	return (struct iw_reply){.xml = xml, .length = strlen(xml)};
}

static void assert_modulus(const char *modulus, const json_t *state, const char *name)
{
	assert_non_null(modulus);
	assert_string_equal(modulus, vector_text(state, name));
}

static void assert_state(const struct talk *talk, size_t index)
{
	const json_t *state = json_array_get(json_object_get(talk->file, "states"), index);
	const json_t *secid = json_object_get(state, "secid"), *secval = json_object_get(state, "secval"),
		     *tsync = json_object_get(state, "Tsync");

	assert_string_equal(talk->device.id, vector_text(state, "id"));
	assert_string_equal(secret_text(&talk->device.k0), vector_text(state, "K0"));
	assert_string_equal(secret_text(&talk->device.k1), vector_text(state, "K1"));
	assert_string_equal(talk->device.tsync, json_is_string(tsync) ? json_string_value(tsync) : "");
	assert_string_equal(talk->device.secid, json_is_string(secid) ? json_string_value(secid) : "");
	assert_string_equal(secret_text(&talk->device.secval), json_is_string(secval) ? json_string_value(secval) : "");
	assert_string_equal(talk->device.challenge, vector_text(state, "challenge"));
	assert_modulus(talk->device.kfact, state, "Kfact");
	assert_modulus(talk->device.kiw, state, "Kiw");
}

static void activate(struct talk *talk)
{
	struct iw_device *device = &talk->device;
	const char *pin = input(talk, "pin"), *code = input(talk, "sms");
	struct iw_reply setup = reply(talk, SETUP), finalize = reply(talk, FINALIZE), ms = reply(talk, MS);

	assert_target(talk, iw_client_setup_activate(&talk->app, code, &talk->target), SETUP);
	assert_int_equal(iw_client_setup_activate_answer(device, &talk->app, code, &setup), 0);
	assert_int_equal(device->phase, IW_SETUP);
	assert_int_equal(device->pinmode, 1);
	assert_state(talk, 0);
	restart_process(talk);
	assert_target(talk, iw_client_finalize_activate(device, &talk->fake.env, &talk->app, pin, &talk->target), FINALIZE);
	assert_int_equal(device->phase, IW_FINALIZE);
	assert_int_equal(iw_client_finalize_activate_answer(device, &talk->fake.env, pin, &finalize), 0);
	assert_int_equal(device->phase, IW_MS);
	restart_process(talk);
	assert_target(talk, iw_client_ms(device, &talk->fake.env, pin, &talk->target), MS);
	assert_int_equal(iw_client_ms_answer(device, pin, &ms), 0);
	assert_int_equal(device->phase, IW_ACTIVE);
	restart_process(talk);
	assert_state(talk, 1);
}

/* One Setup and Finalize; true when the answer asks for one more. */
static bool round_trip(struct talk *talk, size_t exchange, struct secret *otp)
{
	struct iw_device *device = &talk->device;
	const char *pin = input(talk, "pin");
	struct iw_reply setup = reply(talk, exchange), finalize = reply(talk, exchange + 1);
	bool again = false;

	assert_target(talk, iw_client_setup_otp(device, &talk->target), exchange);
	assert_int_equal(iw_client_setup_otp_answer(device, &setup), 0);
	restart_process(talk);
	assert_target(talk, iw_client_finalize_otp(device, &talk->app, pin, &talk->target), exchange + 1);
	assert_int_equal(iw_client_finalize_otp_answer(device, pin, &finalize, otp, &again), 0);
	restart_process(talk);
	return again;
}

static void the_conversation_is_reproduced_byte_by_byte(void **state)
{
	struct talk *talk = *state;
	const json_t *otps = json_object_get(talk->file, "otps");
	struct secret otp = {0};

	activate(talk);
	assert_true(round_trip(talk, OTP_1_SETUP, &otp));
	assert_false(round_trip(talk, OTP_1_SETUP_AGAIN, &otp));
	assert_string_equal(secret_text(&otp), json_string_value(json_array_get(otps, 0)));
	assert_state(talk, 2);
	assert_string_equal(talk->device.j, "39d2435f9df3b4f7");
	assert_string_equal(talk->device.k, "acfc9703865d984a");
	assert_false(round_trip(talk, OTP_2_SETUP, &otp));
	assert_string_equal(secret_text(&otp), json_string_value(json_array_get(otps, 1)));
	assert_state(talk, 3);
	secret_free(&otp);
}

static void a_repeated_finalize_keeps_code_and_serial(void **state)
{
	struct talk *talk = *state;
	struct iw_reply setup = reply(talk, SETUP), finalize = reply(talk, FINALIZE);
	const char *pin = input(talk, "pin"), *code = input(talk, "sms");
	char first[IW_KEY_HEX + 1];

	*talk->device.alea = '\0';
	assert_int_equal(iw_client_setup_activate_answer(&talk->device, &talk->app, code, &setup), 0);
	assert_int_equal(iw_client_finalize_activate(&talk->device, &talk->fake.env, &talk->app, "0000", &talk->target), 0);
	snprintf(first, sizeof first, "%s", talk->device.alea);
	assert_int_equal(strlen(first), IW_KEY_HEX);
	buf_reset(&talk->target);
	restart_process(talk);
	assert_int_equal(iw_client_finalize_activate(&talk->device, &talk->fake.env, &talk->app, pin, &talk->target), 0);
	assert_non_null(strstr(buf_text(&talk->target), first));
	assert_non_null(strstr(buf_text(&talk->target), "&code=12345678&"));
	assert_int_equal(talk->device.phase, IW_FINALIZE);
	assert_int_equal(iw_client_finalize_activate_answer(&talk->device, &talk->fake.env, pin, &finalize), 0);
	assert_string_equal(talk->device.alea, first);
	assert_string_equal(secret_text(&talk->device.code), code); /* until the first OTP */
}

static void a_repeated_ms_step_sends_the_same_secret(void **state)
{
	struct talk *talk = *state;
	struct iw_reply setup = reply(talk, SETUP), finalize = reply(talk, FINALIZE), ms = reply(talk, MS);
	const char *pin = input(talk, "pin"), *code = input(talk, "sms");

	assert_int_equal(iw_client_setup_activate_answer(&talk->device, &talk->app, code, &setup), 0);
	assert_int_equal(iw_client_finalize_activate(&talk->device, &talk->fake.env, &talk->app, pin, &talk->target), 0);
	assert_int_equal(iw_client_finalize_activate_answer(&talk->device, &talk->fake.env, pin, &finalize), 0);
	for (int i = 0; i < 3; i++) {
		buf_reset(&talk->target);
		assert_int_equal(iw_client_ms(&talk->device, &talk->fake.env, pin, &talk->target), 0);
		restart_process(talk);
	}
	assert_int_equal(iw_client_ms_answer(&talk->device, pin, &ms), 0);
	assert_state(talk, 1);
	assert_true(secret_empty(&talk->device.ms_secret));
	assert_null(talk->device.ms_key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_conversation_is_reproduced_byte_by_byte, begin, end),
		cmocka_unit_test_setup_teardown(a_repeated_finalize_keeps_code_and_serial, begin, end),
		cmocka_unit_test_setup_teardown(a_repeated_ms_step_sends_the_same_secret, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
