/* SPDX-License-Identifier: Apache-2.0 */
#include "pin_modes.h"

/* The modes password and reset: what the client does not begin, and what it does not take. */

/* --- what is not begun ----------------------------------------------------------------------------------------------------------------- */

static void without_a_live_device_no_pin_is_changed(void **state)
{
	static const enum iw_phase phases[] = {IW_NONE, IW_SETUP, IW_FINALIZE, IW_MS, IW_REMOVED};
	struct both *both = *state;

	challenge(both, &password);
	secret_free(&both->device.k1); /* so that IW_SETUP is one without a device */
	for (size_t i = 0; i < 2 * sizeof phases / sizeof *phases; i++) {
		const struct iw_new_pin *pin = modes[i % MODES];

		both->device.phase = phases[i / MODES];
		assert_int_equal(iw_client_setup_pin(&both->device, pin, &both->target), PIMS_E_STATE);
		assert_int_equal(finalize(both, pin), PIMS_E_STATE);
		assert_int_equal(both->target.len, 0);
		assert_refused(both, pin, false, buf_text(&both->xml), PIMS_E_STATE);
		assert_refused(both, pin, true, FINALIZE_XML(), PIMS_E_STATE);
	}
}

static void a_finalize_wants_what_the_setup_brought(void **state)
{
	struct both *both = *state;

	for (size_t i = 0; i < MODES; i++) {
		assert_int_equal(finalize(both, modes[i]), PIMS_E_STATE);
		challenge(both, modes[i]);
		*both->device.challenge = '\0';
		assert_int_equal(finalize(both, modes[i]), PIMS_E_STATE);
		challenge(both, modes[i]);
		free(both->device.kiw);
		both->device.kiw = NULL;
		assert_int_equal(finalize(both, modes[i]), PIMS_E_STATE);
		assert_int_equal(both->target.len, 0);
	}
	free(both->device.kfact);
	both->device.kfact = NULL; /* nothing to open Kiw with */
	for (size_t i = 0; i < MODES; i++)
		assert_refused(both, modes[i], false, buf_text(&both->xml), PIMS_E_STATE);
}

static void a_code_that_no_server_takes_is_not_sent(void **state)
{
	static const char *const bad[] = {"", " ", "1234 5678", "1234\n", "\t1234", "1234\x7f", "12\xc3\xa9", CODE CODE CODE CODE "1"};
	struct both *both = *state;
	struct iw_new_pin pin = reset;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		pin.code = bad[i];
		assert_int_equal(iw_client_setup_pin(&both->device, &pin, &both->target), PIMS_E_INVALID);
		assert_int_equal(both->target.len, 0);
	}
	pin.code = CODE CODE CODE CODE;
	assert_int_equal(iw_client_setup_pin(&both->device, &pin, &both->target), 0);
	arrive(both);
	assert_string_equal(both->request.code, pin.code);
}

static void a_new_pin_over_the_limit_is_not_sent(void **state)
{
	struct both *both = *state;

	for (size_t i = 0; i < MODES; i++) {
		struct iw_new_pin pin = *modes[i];
		struct secret kma = {0}, opened = {0};

		challenge(both, &pin);
		pin.new_pin = X32 "x";
		assert_int_equal(finalize(both, &pin), PIMS_E_INVALID);
		assert_int_equal(both->target.len, 0);
		pin.new_pin = X32;
		assert_int_equal(finalize(both, &pin), 0);
		arrive(both);
		assert_int_equal(iw_server_open_activation(both->keys, &both->request, &kma, &opened), 0);
		assert_string_equal(secret_text(&opened), X32);
		secret_free(&kma);
		secret_free(&opened);
	}
}

static void without_randomness_no_new_pin_is_sent(void **state)
{
	struct both *both = *state;

	challenge(both, &password);
	both->fake.random_fails = true;
	for (size_t i = 0; i < MODES; i++) {
		assert_int_equal(finalize(both, modes[i]), PIMS_E_CRYPTO);
		assert_int_equal(both->target.len, 0);
	}
	both->fake.random_fails = false;
	assert_int_equal(finalize(both, &password), 0);
}

static void a_request_that_does_not_fit_is_an_error(void **state)
{
	struct both *both = *state;

	challenge(both, &reset);
	for (size_t max = 16; max < 880; max += 96) {
		struct buf small = BUF_INIT(max);

		for (size_t i = 0; i < MODES; i++) {
			assert_int_equal(iw_client_finalize_pin(&both->device, &both->fake.env, &both->app, modes[i], &small),
					 PIMS_E_LIMIT);
			assert_true(small.len <= max);
			buf_reset(&small);
		}
		buf_free(&small);
	}
	assert_string_equal(both->device.challenge, CHALLENGE); /* still good for the next try */
}

/* --- answers that are not taken -------------------------------------------------------------------------------------------------------- */

static void a_refusal_leaves_the_pin_and_the_keys(void **state)
{
	struct both *both = *state;
	struct buf xml = BUF_INIT(IW_MAX_ANSWER);
	struct iw_refusal refusal;

	for (size_t i = 0; i < 4 * (IW_KFACT_CHANGED - IW_CODE); i++) {
		const struct iw_new_pin *pin = modes[i % MODES];
		bool finalizes = i / MODES % 2;
		enum iw_error error = (enum iw_error)(IW_CODE + i / 4);
		struct iw_reply reply;
		int r;

		if (finalizes && error == IW_SYNCHROFAILED)
			continue; /* the PIN is changed all the same: tests/strong/test_synchronisation.c */
		iw_refusal_set(&refusal, error);
		refusal.remaining = (int)i;
		refusal.retry_after = 0;
		buf_reset(&xml);
		challenge(both, pin);
		assert_int_equal(iw_server_answer_refusal(finalizes ? finalize_step(pin) : setup_step(pin), &refusal, &xml), 0);
		assert_refused(both, pin, finalizes, buf_text(&xml), (int)error);
		assert_refused(both, pin, !finalizes, buf_text(&xml), PIMS_E_FORMAT); /* the root of the other step */
		reply = (struct iw_reply){.xml = buf_text(&xml), .length = xml.len};
		r = finalizes ? iw_client_finalize_pin_answer(&both->device, pin, &reply)
			      : iw_client_setup_pin_answer(&both->device, pin, &reply);
		assert_int_equal(r, reply.refusal.error);
		assert_int_equal(reply.refusal.remaining, i);
		assert_int_equal(reply.refusal.retry_after, 0); /* none left to wait is not "not told" */
		assert_string_equal(reply.refusal.cause, iw_error_cause(error));
		assert_string_equal(both->device.challenge, CHALLENGE);
	}
	buf_free(&xml);
}

static void a_setup_answer_without_its_parts_is_refused(void **state)
{
	struct both *both = *state;
	const char *kiw = iw_keys_kiw(both->keys);
	struct buf xml = BUF_INIT(IW_MAX_ANSWER);
	static const char *const bad[] = {
		SETUP_XML(),
		SETUP_XML("<challenge>" CHALLENGE "</challenge>"),
		SETUP_XML("<challenge>" CHALLENGE "</challenge><Kiw/>"),
		SETUP_XML("<challenge>" CHALLENGE "</challenge><Kiw>00</Kiw>"),
		SETUP_XML("<challenge>" CHALLENGE "</challenge><Kiw>zz</Kiw>"),
		XML("ActionFinalize", "<err>OK</err><challenge>" CHALLENGE "</challenge>"),
	};
	static const char *const challenges[] = {
		"", "two words", "caf\xc3\xa9", "<b/>", X32 X32 "x", "tab\there", "a</challenge><challenge>b"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_refused(both, modes[i % MODES], false, bad[i], PIMS_E_FORMAT);
	for (size_t i = 0; i < sizeof challenges / sizeof *challenges; i++) {
		buf_reset(&xml);
		buf_printf(&xml, SETUP_XML("<challenge>%s</challenge><Kiw>%s</Kiw>"), challenges[i], kiw);
		assert_int_equal(buf_error(&xml), 0);
		assert_refused(both, modes[i % MODES], false, buf_text(&xml), PIMS_E_FORMAT);
	}
	buf_reset(&xml);
	buf_printf(&xml, SETUP_XML("<challenge>" X32 X32 "</challenge><Kiw>%s</Kiw>"), kiw); /* as long as may be */
	assert_int_equal(read_text(both, &reset, false, buf_text(&xml)), 0);
	assert_string_equal(both->device.challenge, X32 X32);
	buf_free(&xml);
}

/* Closed by the right server, but no modulus inside. */
static void what_kfact_closed_must_be_a_modulus(void **state)
{
	struct both *both = *state;
	static const size_t lengths[] = {0, 1, 16, 64, 127, 129, 513};
	json_t *all = rsa_keys(), *part = json_object_get(all, "kfact");
	struct iw_rsa_parts parts = {0};
	struct iw_rsa *kfact = NULL;
	unsigned char bytes[513];
	struct buf xml = BUF_INIT(IW_MAX_ANSWER), closed = BUF_INIT(8192);

	assert_int_equal(secret_set(&parts.n, vector_text(part, "n")) + secret_set(&parts.d, vector_text(part, "d")), 0);
	assert_int_equal(secret_set(&parts.p, vector_text(part, "p")) + secret_set(&parts.q, vector_text(part, "q")), 0);
	assert_int_equal(iw_rsa_private(&parts, &kfact), 0);
	memset(bytes, 0xfe, sizeof bytes); /* even */
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		buf_reset(&xml);
		buf_reset(&closed);
		assert_int_equal(iw_rsa_private_encode(kfact, &both->fake.env, bytes, lengths[i], &closed), 0);
		buf_printf(&xml, SETUP_XML("<challenge>" CHALLENGE "</challenge><Kiw>%s</Kiw>"), buf_text(&closed));
		assert_refused(both, modes[i % MODES], false, buf_text(&xml), PIMS_E_FORMAT);
	}
	bytes[127] = 0xff;
	buf_reset(&xml);
	buf_reset(&closed);
	assert_int_equal(iw_rsa_private_encode(kfact, &both->fake.env, bytes, 128, &closed), 0);
	buf_printf(&xml, SETUP_XML("<challenge>" CHALLENGE "</challenge><Kiw>%s</Kiw>"), buf_text(&closed));
	assert_int_equal(read_text(both, &password, false, buf_text(&xml)), 0);
	iw_rsa_parts_free(&parts);
	iw_rsa_free(kfact);
	buf_free(&xml);
	buf_free(&closed);
	json_decref(all);
}

static void kiw_of_another_server_is_refused(void **state)
{
	struct both *both = *state;

	challenge(both, &password);
	both->device.kfact[200] = both->device.kfact[200] == '0' ? '1' : '0';
	for (size_t i = 0; i < MODES; i++)
		assert_refused(both, modes[i], false, buf_text(&both->xml), PIMS_E_FORMAT);
}

/* Every beginning is refused. A flipped bit may only be taken where the key of the server is what it was. */
static void a_damaged_setup_answer_brings_no_other_key(void **state)
{
	struct both *both = *state;
	char *right, *copy;
	size_t length;

	challenge(both, &password);
	right = strdup(both->device.kiw);
	length = both->xml.len;
	copy = malloc(length);
	assert_non_null(right);
	assert_non_null(copy);
	for (size_t i = 0; i < 8 * length; i++) {
		struct iw_device device = {0};
		const struct iw_new_pin *pin = modes[i % MODES];

		assert_int_equal(iw_device_copy(&both->device, &device), 0);
		memcpy(copy, both->xml.data, length);
		if (i < length)
			assert_int_equal(read_bytes(&device, pin, false, copy, i), PIMS_E_FORMAT);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		if (read_bytes(&device, pin, false, copy, length) != 0)
			assert_string_equal(device.challenge, CHALLENGE);
		assert_string_equal(device.kiw, right);
		assert_key(&device.k0, K0);
		assert_key(&device.k1, K1);
		assert_int_equal(device.phase, IW_ACTIVE);
		iw_device_free(&device);
	}
	free(right);
	free(copy);
}

static void a_damaged_finalize_answer_leaves_a_device_that_can_be_saved(void **state)
{
	static const char xml[] = FINALIZE_XML(
		"<K0>00112233445566778899aabbccddeeff</K0><K1>ffeeddccbbaa99887766554433221100</K1><dK1>a b</dK1>"
		"<s_n>1</s_n><s_id>9</s_id><Tsync>17</Tsync><id>43</id><J>1</J><K>2</K>");
	struct both *both = *state;
	json_t *before, *after;

	challenge(both, &password);
	before = picture(&both->device);
	for (size_t i = 0; i < 8 * (sizeof xml - 1); i++) {
		char copy[sizeof xml];
		struct iw_device device = {0}, again = {0};
		const struct iw_new_pin *pin = modes[i % MODES];

		assert_int_equal(iw_device_copy(&both->device, &device), 0);
		memcpy(copy, xml, sizeof xml);
		if (i < sizeof xml - 1)
			assert_int_equal(read_bytes(&device, pin, true, copy, i), PIMS_E_FORMAT);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		if (read_bytes(&device, pin, true, copy, sizeof xml - 1) == 0) {
			assert_string_equal(device.challenge, "");
			after = picture(&device);
			assert_int_equal(iw_device_decode(after, &again), 0);
			iw_device_free(&again);
		} else {
			after = picture(&device);
			assert_true(json_equal(before, after));
		}
		json_wipe(after);
		iw_device_free(&device);
	}
	json_wipe(before);
}

static void keys_of_another_form_are_not_taken(void **state)
{
	static const char *const bad[] = {
		"<K0>00112233445566778899aabbccddeef</K0>",
		"<K0>00112233445566778899aabbccddeeff0</K0>",
		"<K1>00112233445566778899aabbccddeefg</K1>",
		"<K0>00112233445566778899aabbccddeeff</K0><K1>00</K1>",
		"<H>00112233445566778899aabbccddee</H>",
		"<dK1>" X32 X32 X32 X32 X32 X32 X32 X32 "x</dK1>",
		"<dK1>a\nb</dK1>",
		"<id>" X32 X32 "x</id>",
		"<id>4 2</id>",
		"<s_n>1</s_n><Tsync>-1</Tsync>",
		"<s_n>1</s_n><Tsync>123456789012345678901</Tsync>",
		"<s_n>1</s_n><s_id>" X32 X32 "x</s_id>",
		"<J>a\tb</J>",
		"<K>" X32 X32 X32 X32 X32 X32 X32 X32 "x</K>",
		"<K0/><K0/>",
	};
	struct both *both = *state;
	char xml[512];

	challenge(both, &reset);
	for (size_t i = 0; i < MODES * sizeof bad / sizeof *bad; i++) {
		snprintf(xml, sizeof xml, FINALIZE_XML("%s"), bad[i / MODES]);
		assert_refused(both, modes[i % MODES], true, xml, PIMS_E_FORMAT);
	}
	assert_int_equal(read_text(both, &reset, true, FINALIZE_XML("<K0/><K1/><dK1/><H/><Tsync>x</Tsync><s_id>4 2</s_id>")),
			 0); /* count only with s_n */
	assert_key(&both->device.k0, K0);
	assert_key(&both->device.k1, K1);
	assert_string_equal(both->device.tsync, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_live_device_no_pin_is_changed),    TEST(a_finalize_wants_what_the_setup_brought),
		TEST(a_code_that_no_server_takes_is_not_sent),    TEST(a_new_pin_over_the_limit_is_not_sent),
		TEST(without_randomness_no_new_pin_is_sent),      TEST(a_request_that_does_not_fit_is_an_error),
		TEST(a_refusal_leaves_the_pin_and_the_keys),      TEST(a_setup_answer_without_its_parts_is_refused),
		TEST(what_kfact_closed_must_be_a_modulus),        TEST(kiw_of_another_server_is_refused),
		TEST(a_damaged_setup_answer_brings_no_other_key), TEST(a_damaged_finalize_answer_leaves_a_device_that_can_be_saved),
		TEST(keys_of_another_form_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
