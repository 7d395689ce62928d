/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "inwebo/client.h"
#include "inwebo/crypto.h"
#include "inwebo/rsa.h"
#include "support/fake_env.h"

#include <pims/error.h>
#include <stdlib.h>

/* Refusals, wrong phases, damaged answers, and keys that come without a PIN. The good way is in test_conversation.c. */

#define MACID "ffffffffffffffffffffffffffffffff"
#define PIN "1234"
#define CODE "12345678"
#define XML(root, inside) "<?xml version=\"1.0\"?><" root ">" inside "</" root ">"

enum { SETUP, FINALIZE, MS, OTP_SETUP, OTP_FINALIZE };

struct client {
	json_t *file;
	struct fake_env fake;
	struct iw_app app;
	struct iw_device device;
	struct buf target;
};

static const char *answer(const struct client *client, size_t index)
{
	return vector_text(json_array_get(json_object_get(client->file, "exchanges"), index), "reply");
}

static int begin(void **state)
{
	static struct client client;

	memset(&client, 0, sizeof client);
	client.file = vector_file("conversation");
	fake_env_init(&client.fake);
	buf_init(&client.target, 8192);
	client.app = (struct iw_app){.macid = MACID, .lang = "fr", .name = "test"};
	snprintf(client.device.device_id, sizeof client.device.device_id, "0011223344556677");
	snprintf(client.device.alea, sizeof client.device.alea, "00112233445566778899aabbccddeeff");
	*state = &client;
	return 0;
}

static int end(void **state)
{
	struct client *client = *state;

	iw_device_free(&client->device);
	buf_free(&client->target);
	fake_env_free(&client->fake);
	json_decref(client->file);
	return 0;
}

/* --- the steps' answers, by number ------------------------------------------------------------------------------------------------- */

static int read_bytes(struct client *client, struct iw_device *device, int step, const struct iw_reply *given)
{
	struct iw_reply reply = *given;
	struct secret otp = {0};
	bool again = false;
	int r;

	switch (step) {
	case SETUP:
		return iw_client_setup_activate_answer(device, &client->app, CODE, &reply);
	case FINALIZE:
		return iw_client_finalize_activate_answer(device, &client->fake.env, PIN, &reply);
	case MS:
		return iw_client_ms_answer(device, PIN, &reply);
	case OTP_SETUP:
		return iw_client_setup_otp_answer(device, &reply);
	default:
		r = iw_client_finalize_otp_answer(device, PIN, &reply, &otp, &again);
		secret_free(&otp);
		return r;
	}
}

static int read_text(struct client *client, int step, const char *xml)
{
	struct iw_reply reply = {.xml = xml, .length = strlen(xml)};

	return read_bytes(client, &client->device, step, &reply);
}

/* Brings the device to where the answer of `step` is waited for. */
static void go_to(struct client *client, int step)
{
	for (int i = SETUP; i < step; i++) {
		if (i == FINALIZE)
			assert_int_equal(
				iw_client_finalize_activate(&client->device, &client->fake.env, &client->app, PIN, &client->target), 0);
		assert_int_equal(read_text(client, i, answer(client, (size_t)i)), 0);
	}
	if (step == FINALIZE)
		assert_int_equal(iw_client_finalize_activate(&client->device, &client->fake.env, &client->app, PIN, &client->target), 0);
	buf_reset(&client->target);
}

static json_t *picture(const struct iw_device *device)
{
	json_t *object = NULL;

	assert_int_equal(iw_device_encode(device, &object), 0);
	return object;
}

/* --- what must change nothing ------------------------------------------------------------------------------------------------------ */

static void assert_refused(struct client *client, int step, const char *xml, int expected)
{
	json_t *before = picture(&client->device), *after;
	int r = read_text(client, step, xml);

	if (r != expected)
		fail_msg("step %d: %d instead of %d for %s", step, r, expected, xml);
	after = picture(&client->device);
	assert_true(json_equal(before, after));
	json_wipe(before);
	json_wipe(after);
}

static const char *const words[] = {
	"NOK:CODE",          "NOK:SN",        "NOK:ACCESS",     "NOK:VERSION",    "NOK:BLOCKED", "NOK:NOK_BLOCKED",
	"OK:BLOCKED",        "NOK:STATE",     "NOK:NODEVICE",   "NOK:NOCA",       "NOK:NOSRV",   "NOK:PINREUSED",
	"NOK:SYNCHROFAILED", "NOK:FORBIDDEN", "NOK:MAXNBTOOLS", "NOK:PINREFUSED", "NOK:TIMEOUT", "NOK:NEW"};

static void a_refusal_changes_nothing_at_any_step(void **state)
{
	struct client *client = *state;
	char xml[512];

	for (int step = SETUP; step <= OTP_FINALIZE; step++) {
		const char *root = step == SETUP || step == OTP_SETUP ? "ActionSetup" : "ActionFinalize";

		iw_device_forget(&client->device);
		go_to(client, step);
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			snprintf(xml, sizeof xml, "<?xml version=\"1.0\"?><%s><err>%s</err><id>6</id></%s>", root, words[i],
				 root);
			assert_refused(client, step, xml, (int)iw_error_parse(words[i]));
		}
		snprintf(xml, sizeof xml, "<?xml version=\"1.0\"?><%s><err>OK</err></%s>", root, root);
		if (step != MS)
			assert_refused(client, step, xml, PIMS_E_FORMAT);
		assert_refused(client, step, "<html/>", PIMS_E_FORMAT);
		assert_refused(client, step, answer(client, step == SETUP || step == OTP_SETUP ? MS : SETUP), PIMS_E_FORMAT);
	}
}

/* Every beginning, and bit flips all over: what is refused changes nothing; never a crash. */
static void damaged_answers_change_nothing_at_any_step(void **state)
{
	struct client *client = *state;

	for (int step = SETUP; step <= OTP_FINALIZE; step++) {
		const char *xml = answer(client, (size_t)step);
		size_t length = strlen(xml);
		char *copy = malloc(length);

		assert_non_null(copy);
		iw_device_forget(&client->device);
		go_to(client, step);
		for (size_t i = 0; i < length; i++) {
			struct iw_device device = {0};
			struct iw_reply reply = {.xml = copy, .length = length};
			json_t *before = picture(&client->device), *after;

			memcpy(copy, xml, length);
			if (i % 2)
				reply.length = i;
			else
				copy[i] = (char)(copy[i] ^ (1 << i / 2 % 8));
			assert_int_equal(iw_device_copy(&client->device, &device), 0);
			if (read_bytes(client, &device, step, &reply) != 0) {
				after = picture(&device);
				assert_true(json_equal(before, after));
				json_wipe(after);
			} else {
				assert_int_equal(i % 2, 0);
			}
			json_wipe(before);
			iw_device_free(&device);
		}
		free(copy);
	}
}

static void a_step_out_of_its_phase_is_not_taken(void **state)
{
	struct client *client = *state;
	const struct env *env = &client->fake.env;

	for (int phase = IW_NONE; phase <= IW_REMOVED; phase++) {
		client->device.phase = (enum iw_phase)phase;
		if (phase != IW_SETUP && phase != IW_FINALIZE)
			assert_int_equal(iw_client_finalize_activate(&client->device, env, &client->app, PIN, &client->target),
					 PIMS_E_STATE);
		if (phase != IW_FINALIZE)
			assert_refused(client, FINALIZE, answer(client, FINALIZE), PIMS_E_STATE);
		if (phase != IW_MS) {
			assert_int_equal(iw_client_ms(&client->device, env, PIN, &client->target), PIMS_E_STATE);
			assert_refused(client, MS, answer(client, MS), PIMS_E_STATE);
		}
		if (phase == IW_ACTIVE)
			continue;
		assert_false(iw_client_usable(&client->device));
		assert_int_equal(iw_client_setup_otp(&client->device, &client->target), PIMS_E_STATE);
		assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, PIN, &client->target), PIMS_E_STATE);
		assert_refused(client, OTP_SETUP, answer(client, OTP_SETUP), PIMS_E_STATE);
		assert_refused(client, OTP_FINALIZE, answer(client, OTP_FINALIZE), PIMS_E_STATE);
	}
	assert_int_equal(client->target.len, 0);
}

static void what_no_server_takes_is_not_sent(void **state)
{
	struct client *client = *state;

	assert_int_equal(iw_client_setup_activate(&client->app, "", &client->target), PIMS_E_INVALID);
	assert_int_equal(iw_client_setup_activate(&client->app, "1234 5678", &client->target), PIMS_E_INVALID);
	assert_int_equal(iw_client_setup_activate(&client->app, "123456789012345678901234567890123", &client->target), PIMS_E_INVALID);
	client->app.macid = "0123";
	assert_int_equal(iw_client_setup_activate(&client->app, CODE, &client->target), PIMS_E_INVALID);
	go_to(client, FINALIZE);
	assert_int_equal(iw_client_finalize_activate(&client->device, &client->fake.env, &client->app, "123456789012345678901234567890123",
						     &client->target),
			 PIMS_E_INVALID);
	assert_int_equal(client->target.len, 0);
}

static void without_randomness_nothing_is_sent(void **state)
{
	struct client *client = *state;

	go_to(client, FINALIZE);
	client->device.phase = IW_SETUP;
	client->fake.random_fails = true;
	assert_int_equal(iw_client_finalize_activate(&client->device, &client->fake.env, &client->app, PIN, &client->target),
			 PIMS_E_CRYPTO);
	assert_int_equal(client->device.phase, IW_SETUP);
	client->device.phase = IW_FINALIZE;
	assert_refused(client, FINALIZE, answer(client, FINALIZE), PIMS_E_CRYPTO);
	assert_int_equal(client->target.len, 0);
}

/* --- the server's key ---------------------------------------------------------------------------------------------------------------- */

static void another_kfact_than_the_first_is_refused(void **state)
{
	struct client *client = *state;
	struct iw_reply reply = {.xml = answer(client, SETUP), .length = strlen(answer(client, SETUP))};
	char other[257];

	go_to(client, OTP_SETUP);
	iw_device_forget(&client->device);
	assert_non_null(client->device.kfact);
	client->device.kfact[9] = client->device.kfact[9] == '0' ? '1' : '0';
	snprintf(other, sizeof other, "%s", client->device.kfact);
	assert_int_equal(iw_client_setup_activate_answer(&client->device, &client->app, CODE, &reply), IW_KFACT_CHANGED);
	assert_int_equal(reply.refusal.error, IW_KFACT_CHANGED);
	assert_string_equal(reply.refusal.cause, "inwebo.kfact_changed");
	assert_int_equal(iw_error_code(IW_KFACT_CHANGED), 2208);
	assert_string_equal(client->device.kfact, other);
	assert_int_equal(client->device.phase, IW_NONE);
}

static void a_pinned_kfact_decides(void **state)
{
	struct client *client = *state;
	struct iw_reply reply = {.xml = answer(client, SETUP), .length = strlen(answer(client, SETUP))};
	char pinned[SHA256_HEX_SIZE];

	go_to(client, FINALIZE);
	assert_int_equal(iw_rsa_fingerprint(client->device.kfact, pinned), 0);
	client->device.kfact[9] = client->device.kfact[9] == '0' ? '1' : '0';
	for (char *c = pinned; *c; c++)
		*c = *c >= 'a' && *c <= 'f' ? (char)(*c - 32) : *c;
	client->app.kfact_pin = pinned;
	assert_int_equal(iw_client_setup_activate_answer(&client->device, &client->app, CODE, &reply), 0);
	pinned[9] = pinned[9] == '0' ? '1' : '0';
	assert_int_equal(iw_client_setup_activate_answer(&client->device, &client->app, CODE, &reply), IW_KFACT_PINNED);
	assert_string_equal(reply.refusal.cause, "inwebo.kfact_pinned");
	iw_device_free(&client->device); /* the very first activation */
	assert_int_equal(iw_client_setup_activate_answer(&client->device, &client->app, CODE, &reply), IW_KFACT_PINNED);
	assert_null(client->device.kfact);
}

/* --- keys that come without a PIN --------------------------------------------------------------------------------------------------- */

static int finalize_otp(struct client *client, const char *pin, const char *xml, struct secret *ret_otp, bool *ret_again)
{
	struct iw_reply reply = {.xml = xml, .length = strlen(xml), .time = 1700000123};

	return iw_client_finalize_otp_answer(&client->device, pin, &reply, ret_otp, ret_again);
}

static void keys_without_a_pin_wait_for_the_next_one(void **state)
{
	static const char brings_keys[] = XML("ActionFinalize", "<err>OK</err><defi>1</defi><K0>00112233445566778899aabbccddeeff</K0>"
								"<K1>ffeeddccbbaa99887766554433221100</K1><dK1>x</dK1>");
	static const char plain[] = XML("ActionFinalize", "<err>OK</err><defi>2</defi>");
	struct client *client = *state;
	struct secret otp = {0}, kma = {0}, k0 = {0}, k1 = {0};
	bool again = true;
	char *with_pin;

	go_to(client, OTP_FINALIZE);
	assert_int_equal(iw_kma(PIN, "0011223344556677/_/00112233445566778899aabbccddeeff", &kma), 0);
	assert_int_equal(iw_key_open(secret_text(&kma), "00112233445566778899aabbccddeeff", &k0), 0);
	assert_int_equal(iw_key_open(secret_text(&kma), "ffeeddccbbaa99887766554433221100", &k1), 0);
	assert_int_equal(iw_k1_next(secret_text(&k1), "x", &k1), 0);

	assert_int_equal(finalize_otp(client, NULL, brings_keys, &otp, &again), IW_SYNCHROFAILED);
	assert_true(secret_empty(&otp));
	assert_string_equal(secret_text(&client->device.sealed_k0), "00112233445566778899aabbccddeeff");
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, NULL, &client->target), IW_SYNCHROFAILED);
	assert_int_equal(client->target.len, 0);

	/* the proofs are made with the keys that the server has by now, and the device keeps them waiting */
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, PIN, &client->target), 0);
	with_pin = strdup(buf_text(&client->target));
	assert_non_null(with_pin);
	assert_string_equal(secret_text(&client->device.sealed_k1), "ffeeddccbbaa99887766554433221100");

	assert_int_equal(finalize_otp(client, PIN, plain, &otp, &again), 0);
	assert_false(again);
	assert_false(secret_empty(&otp));
	assert_string_equal(secret_text(&client->device.k0), secret_text(&k0));
	assert_string_equal(secret_text(&client->device.k1), secret_text(&k1));
	assert_true(secret_empty(&client->device.sealed_k0));
	assert_true(secret_empty(&client->device.sealed_k1));
	assert_true(secret_empty(&client->device.dk1));
	buf_reset(&client->target);
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, PIN, &client->target), 0);
	assert_string_equal(buf_text(&client->target), with_pin);
	free(with_pin);
	secret_free(&otp);
	secret_free(&kma);
	secret_free(&k0);
	secret_free(&k1);
}

static void dk1_needs_no_pin(void **state)
{
	struct client *client = *state;
	struct secret otp = {0}, k1 = {0};
	bool again = true;

	go_to(client, OTP_FINALIZE);
	assert_int_equal(iw_k1_next(secret_text(&client->device.k1), "some text", &k1), 0);
	assert_int_equal(finalize_otp(client, NULL,
				      XML("ActionFinalize",
					  "<err>OK</err><defi>2</defi><dK1>some text</dK1><H>00112233445566778899aabbccddeeff</H>"),
				      &otp, &again),
			 0);
	assert_false(again);
	assert_string_equal(secret_text(&client->device.k1), secret_text(&k1));
	assert_true(secret_empty(&client->device.h));
	secret_free(&otp);
	secret_free(&k1);
}

static void an_empty_j_asks_for_one_more_round(void **state)
{
	struct client *client = *state;
	struct secret otp = {0};
	bool again = false;

	go_to(client, OTP_FINALIZE);
	assert_int_equal(finalize_otp(client, PIN, XML("ActionFinalize", "<err>OK</err><J/>"), &otp, &again), 0);
	assert_true(again);
	assert_true(secret_empty(&otp));
	assert_null(client->device.j);
	assert_int_equal(client->device.tref, 0);
	assert_int_equal(finalize_otp(client, PIN, XML("ActionFinalize", "<err>OK</err><J>17</J><defi>5</defi>"), &otp, &again), 0);
	assert_true(again);
	assert_false(secret_empty(&otp)); /* for who takes the second answer as it is */
	assert_string_equal(client->device.j, "17");
	assert_int_equal(client->device.tref, 1700000123);
	secret_free(&otp);
}

static void without_pin_the_proof_tells_so(void **state)
{
	struct client *client = *state;
	const char *r2;

	go_to(client, OTP_FINALIZE);
	client->app.lang = NULL;
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, NULL, &client->target), 0);
	assert_non_null(strstr(buf_text(&client->target), "&lang=en&"));
	r2 = strdup(strstr(buf_text(&client->target), "&R2="));
	assert_non_null(r2);
	buf_reset(&client->target);
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, PIN, &client->target), 0);
	assert_null(strstr(buf_text(&client->target), r2));
	free((void *)(uintptr_t)r2);
}

/* --- enrolling again ----------------------------------------------------------------------------------------------------------------- */

static void a_server_without_step_ms_activates_at_once(void **state)
{
	struct client *client = *state;

	go_to(client, FINALIZE);
	assert_int_equal(
		read_text(client, FINALIZE,
			  XML("ActionFinalize", "<err>OK</err><id>7</id><K0>00112233445566778899aabbccddeeff</K0>"
						"<K1>ffeeddccbbaa99887766554433221100</K1><s_n>1</s_n><s_id>9</s_id><ms_n>0</ms_n>")),
		0);
	assert_int_equal(client->device.phase, IW_ACTIVE);
	assert_string_equal(client->device.secid, "9");
	assert_string_equal(client->device.challenge, "");
	assert_string_equal(secret_text(&client->device.code), CODE); /* until the first OTP */
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, PIN, &client->target), PIMS_E_STATE); /* no challenge yet */
}

static void more_than_one_device_secret_is_not_understood(void **state)
{
	struct client *client = *state;

	go_to(client, FINALIZE);
	assert_refused(client, FINALIZE,
		       XML("ActionFinalize", "<err>OK</err><id>7</id><K0>00112233445566778899aabbccddeeff</K0>"
					     "<K1>ffeeddccbbaa99887766554433221100</K1><ms_n>2</ms_n>"),
		       PIMS_E_FORMAT);
}

static void a_live_device_stays_usable_while_it_enrolls_again(void **state)
{
	struct client *client = *state;
	struct secret k0 = {0};

	go_to(client, OTP_FINALIZE);
	assert_int_equal(secret_copy(&k0, &client->device.k0), 0);
	assert_int_equal(read_text(client, SETUP, answer(client, SETUP)), 0);
	assert_int_equal(client->device.phase, IW_SETUP);
	assert_true(iw_client_usable(&client->device));
	assert_string_equal(secret_text(&client->device.k0), secret_text(&k0));
	assert_int_equal(iw_client_finalize_otp(&client->device, &client->app, PIN, &client->target), 0);
	buf_reset(&client->target);
	assert_int_equal(iw_client_finalize_activate(&client->device, &client->fake.env, &client->app, PIN, &client->target), 0);
	assert_false(iw_client_usable(&client->device));                                        /* the server may have replaced it */
	assert_non_null(strstr(buf_text(&client->target), "00112233445566778899aabbccddeeff")); /* the same serial */
	secret_free(&k0);
}

static void a_half_made_enrollment_gives_way_to_a_new_code(void **state)
{
	struct client *client = *state;

	go_to(client, MS);
	assert_int_equal(read_text(client, SETUP, answer(client, SETUP)), 0);
	assert_int_equal(client->device.phase, IW_SETUP);
	assert_false(iw_client_usable(&client->device));
	assert_string_equal(client->device.id, "");
	assert_null(client->device.ms_key);
	assert_true(secret_empty(&client->device.ms_secret));
	assert_string_equal(client->device.alea, "00112233445566778899aabbccddeeff");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_changes_nothing_at_any_step),
		TEST(damaged_answers_change_nothing_at_any_step),
		TEST(a_step_out_of_its_phase_is_not_taken),
		TEST(what_no_server_takes_is_not_sent),
		TEST(without_randomness_nothing_is_sent),
		TEST(another_kfact_than_the_first_is_refused),
		TEST(a_pinned_kfact_decides),
		TEST(keys_without_a_pin_wait_for_the_next_one),
		TEST(dk1_needs_no_pin),
		TEST(an_empty_j_asks_for_one_more_round),
		TEST(without_pin_the_proof_tells_so),
		TEST(a_server_without_step_ms_activates_at_once),
		TEST(more_than_one_device_secret_is_not_understood),
		TEST(a_live_device_stays_usable_while_it_enrolls_again),
		TEST(a_half_made_enrollment_gives_way_to_a_new_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
