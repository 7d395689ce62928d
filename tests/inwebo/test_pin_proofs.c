/* SPDX-License-Identifier: Apache-2.0 */
#include "pin_modes.h"

/* The modes password and reset: what the server reads and checks, keys that waited for the old PIN, and both halves together. */

#define NEW_K0 "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define NEW_K1 "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

/* --- what the server does not take ---------------------------------------------------------------------------------------------------- */

/* Puts another value in the place of a parameter. */
static int read_with(struct both *both, const char *name, const char *value)
{
	struct buf text = BUF_INIT(4 * IW_MAX_TARGET);
	struct query query = {0};
	struct iw_request request = {0};
	int r;

	for (size_t i = 0; i < both->query.count; i++)
		url_put(&text, both->query.items[i].name,
			strcmp(both->query.items[i].name, name) == 0 ? value : both->query.items[i].value);
	assert_int_equal(buf_error(&text), 0);
	assert_int_equal(query_parse(text.data, text.len, &query), 0);
	assert_non_null(query_get(&query, name));
	r = iw_request_read(&query, &request);
	if (r < 0)
		assert_null(request.macid);
	query_free(&query);
	buf_free(&text);
	return r;
}

static void assert_length(struct both *both, const char *name, char digit, size_t longest)
{
	char *value = malloc(longest + 2);

	assert_non_null(value);
	memset(value, digit, longest + 1);
	value[longest + 1] = '\0';
	if (read_with(both, name, value) != PIMS_E_FORMAT)
		fail_msg("%s may have %zu characters", name, longest + 1);
	value[longest] = '\0';
	if (read_with(both, name, value) != 0)
		fail_msg("%s may not have %zu characters", name, longest);
	free(value);
}

static void a_parameter_over_its_size_is_refused(void **state)
{
	struct both *both = *state;

	for (size_t i = 0; i < MODES; i++) {
		ask(both, modes[i]);
		assert_length(both, "id", '4', IW_MAX_ID);
		assert_length(both, "lastsync", '1', 24);
		assert_length(both, "lang", 'f', 35);
		assert_length(both, "macid", 'a', IW_KEY_HEX);
		assert_length(both, "Kma", 'a', IW_MAX_MODULUS_HEX);
		assert_length(both, "pin", 'a', IW_MAX_MODULUS_HEX);
		assert_length(both, "R0", 'a', 64);
		assert_length(both, "R1", 'a', 64);
		assert_length(both, "R2", 'a', 64);
	}
	assert_length(both, "code", '1', IW_MAX_CODE);
}

static void a_parameter_of_another_form_or_cut_is_refused(void **state)
{
	static const char *const names[] = {"Kma", "pin", "R0", "R1", "R2"};
	struct both *both = *state;
	char cut[64];

	memset(cut, 'a', 63);
	cut[63] = '\0';
	ask(both, &reset);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(read_with(both, names[i], ""), PIMS_E_FORMAT);
		assert_int_equal(read_with(both, names[i], "0x00"), PIMS_E_FORMAT);
		assert_int_equal(read_with(both, names[i], cut), PIMS_E_FORMAT);
	}
	assert_int_equal(read_with(both, "code", "1234567x"), PIMS_E_FORMAT);
	assert_int_equal(read_with(both, "code", "-1"), PIMS_E_FORMAT);
	assert_int_equal(read_with(both, "id", "42 "), PIMS_E_FORMAT);
	assert_int_equal(read_with(both, "lang", "f\nr"), PIMS_E_FORMAT);
	assert_int_equal(read_with(both, "macid", "0123"), PIMS_E_FORMAT);
	assert_int_equal(read_with(both, "mode", "pin"), PIMS_E_FORMAT);
	assert_int_equal(read_with(both, "mode", "status"), PIMS_E_FORMAT); /* it has no Finalize */
	assert_int_equal(read_with(both, "mode", "password"), 0);
}

/* Opens `kma` and `pin`; when that fails nothing is written. */
static int open_blocks(const struct both *both, const char *kma, const char *pin)
{
	struct iw_request request = {.kma = kma, .pin = pin};
	struct secret opened_kma = {0}, opened_pin = {0};
	int r;

	assert_int_equal(secret_set(&opened_kma, "kept"), 0);
	assert_int_equal(secret_set(&opened_pin, "kept too"), 0);
	r = iw_server_open_activation(both->keys, &request, &opened_kma, &opened_pin);
	if (r == 0) {
		assert_key(&opened_pin, NEW);
	} else {
		assert_key(&opened_kma, "kept");
		assert_key(&opened_pin, "kept too");
	}
	secret_free(&opened_kma);
	secret_free(&opened_pin);
	return r;
}

static void damaged_blocks_do_not_open(void **state)
{
	struct both *both = *state;
	char kma[IW_MAX_MODULUS_HEX + 1], pin[IW_MAX_MODULUS_HEX + 1];

	ask(both, &password);
	snprintf(kma, sizeof kma, "%s", both->request.kma);
	snprintf(pin, sizeof pin, "%s", both->request.pin);
	assert_int_equal(open_blocks(both, kma, pin), 0);
	assert_int_equal(open_blocks(both, pin, kma), PIMS_E_FORMAT);
	assert_int_equal(open_blocks(both, pin, pin), PIMS_E_FORMAT);
	assert_int_equal(open_blocks(both, iw_keys_kiw(both->keys), pin), PIMS_E_FORMAT);
	for (size_t i = 0; i < strlen(pin); i += 5) {
		char kept = pin[i];

		pin[i] = kept == '7' ? '8' : '7';
		assert_int_equal(open_blocks(both, kma, pin), PIMS_E_FORMAT);
		pin[i] = '\0';
		assert_int_equal(open_blocks(both, kma, pin), PIMS_E_FORMAT);
		pin[i] = kept;
		kept = kma[i];
		kma[i] = kept == '7' ? '8' : '7';
		assert_int_equal(open_blocks(both, kma, pin), PIMS_E_FORMAT);
		kma[i] = kept;
	}
	assert_int_equal(open_blocks(both, kma, pin), 0);
}

static void a_proof_of_the_new_pin_is_no_proof_of_the_old(void **state)
{
	struct both *both = *state;
	struct iw_new_pin pin = {.old_pin = NEW, .new_pin = NEW};

	ask(both, &pin);
	assert_true(check(both, OLD).device);
	assert_int_equal(check(both, OLD).pin, IW_PIN_WRONG);
	ask(both, &password);
	assert_int_equal(check(both, NEW).pin, IW_PIN_WRONG);
	assert_int_equal(check(both, OLD).pin, IW_PIN_RIGHT);
	pin.old_pin = "";
	ask(both, &pin);
	assert_int_equal(check(both, OLD).pin, IW_PIN_NONE);
	assert_int_equal(check(both, "").pin, IW_PIN_NONE);
}

/* One digit of a proof, each in turn: the device is not proved, or its PIN is not. */
static void a_proof_with_one_other_digit_proves_nothing(void **state)
{
	struct both *both = *state;
	char proofs[3][SHA256_HEX_SIZE];

	ask(both, &password);
	snprintf(proofs[0], sizeof proofs[0], "%s", both->request.r0);
	snprintf(proofs[1], sizeof proofs[1], "%s", both->request.r1);
	snprintf(proofs[2], sizeof proofs[2], "%s", both->request.r2);
	both->request.r0 = proofs[0];
	both->request.r1 = proofs[1];
	both->request.r2 = proofs[2];
	for (size_t i = 0; i < 3 * 64; i++) {
		char *digit = &proofs[i / 64][i % 64], kept = *digit;

		*digit = kept == '0' ? '1' : '0';
		assert_int_equal(check(both, OLD).device, i / 64 == 2);
		assert_int_equal(check(both, OLD).pin, IW_PIN_WRONG);
		*digit = '\0';
		assert_int_equal(check(both, OLD).device, i / 64 == 2);
		assert_int_equal(check(both, OLD).pin, IW_PIN_WRONG);
		*digit = kept;
	}
	assert_true(check(both, OLD).device);
	assert_int_equal(check(both, OLD).pin, IW_PIN_RIGHT);
}

static void a_record_with_an_odd_change_is_refused(void **state)
{
	static const char *const bad[] = {",\"pin_before\":\"" X32 "x\"", ",\"pin_before\":1234",    ",\"reset_code\":\"" X32 X32 "x\"",
					  ",\"pin_before\":null",         ",\"secval\":\"" X32 "\"", ",\"k1_offered\":\"00\""};
	struct iw_record record = {0};
	const size_t count = sizeof bad / sizeof *bad;
	char json[512];

	(void)state;
	for (size_t i = 0; i <= count; i++) {
		const char *more = i < count ? bad[i] : ",\"pin_before\":\"" X32 "\",\"reset_code\":\"" X32 X32 "\",\"first_pin\":true";

		snprintf(json, sizeof json, "{\"k0\":\"" K0 "\",\"k1\":\"" K1 "\",\"kma\":\"" K0 "\"%s}", more);
		assert_int_equal(iw_record_decode(json, strlen(json), &record), i < count ? PIMS_E_FORMAT : 0);
	}
	assert_key(&record.pin_before, X32);
	assert_string_equal(record.reset_code, X32 X32);
	assert_true(record.first_pin);
	iw_record_free(&record);
	assert_true(secret_empty(&record.pin_before));
	assert_string_equal(record.reset_code, "");
	assert_false(record.first_pin);
}

/* --- keys that wait for the old PIN --------------------------------------------------------------------------------------------------- */

/* Keys that came without a PIN; the server has them since. */
static void let_keys_wait(struct both *both)
{
	seal(OLD, NEW_K0, &both->device.sealed_k0);
	seal(OLD, NEW_K1, &both->device.sealed_k1);
	assert_int_equal(secret_set(&both->record.k0, NEW_K0), 0);
	assert_int_equal(secret_set(&both->record.k1, NEW_K1), 0);
}

static void a_reset_does_not_open_what_waits_for_the_old_pin(void **state)
{
	struct both *both = *state;
	struct iw_new_pin pin = password;

	let_keys_wait(both);
	challenge(both, &reset);
	assert_int_equal(finalize(both, &reset), IW_SYNCHROFAILED);
	assert_int_equal(both->target.len, 0);
	pin.old_pin = NULL;
	assert_int_equal(finalize(both, &pin), IW_SYNCHROFAILED);
	secret_free(&both->device.sealed_k0); /* one that waits is enough */
	assert_int_equal(finalize(both, &reset), IW_SYNCHROFAILED);
	assert_int_equal(both->target.len, 0);
	secret_free(&both->device.sealed_k1);
	assert_int_equal(finalize(both, &reset), 0);
}

static void a_wrong_old_pin_opens_no_waiting_keys(void **state)
{
	struct both *both = *state;
	struct iw_new_pin pin = {.old_pin = "4321", .new_pin = NEW};
	json_t *before, *after;

	let_keys_wait(both);
	challenge(both, &pin);
	before = picture(&both->device);
	assert_int_equal(finalize(both, &pin), 0);
	arrive(both);
	assert_false(check(both, OLD).device);
	assert_false(check(both, "4321").device);
	assert_refused(both, &pin, true, XML("ActionFinalize", "<err>NOK:ACCESS</err><remaining>2</remaining>"), IW_ACCESS);
	after = picture(&both->device);
	assert_true(json_equal(before, after)); /* they still wait */
	json_wipe(before);
	json_wipe(after);
}

static void waiting_keys_open_with_the_old_pin_and_not_with_the_new(void **state)
{
	struct both *both = *state;
	struct secret k1 = {0};

	let_keys_wait(both);
	assert_int_equal(secret_set(&both->device.dk1, "some text"), 0);
	assert_int_equal(iw_k1_next(NEW_K1, "some text", &k1), 0);
	assert_int_equal(secret_copy(&both->record.k1, &k1), 0);
	ask(both, &password);
	assert_true(check(both, OLD).device);
	assert_int_equal(check(both, OLD).pin, IW_PIN_RIGHT);
	assert_false(secret_empty(&both->device.sealed_k0)); /* until the answer tells that the PIN was right */
	assert_key(&both->device.k0, K0);
	assert_int_equal(read_text(both, &password, true, FINALIZE_XML()), 0);
	assert_key(&both->device.k0, NEW_K0);
	assert_key(&both->device.k1, secret_text(&k1));
	assert_true(secret_empty(&both->device.sealed_k0));
	assert_true(secret_empty(&both->device.sealed_k1));
	assert_true(secret_empty(&both->device.dk1));
	secret_free(&k1);
}

static void keys_of_the_answer_are_under_the_new_pin(void **state)
{
	struct both *both = *state;

	for (size_t i = 0; i < MODES; i++) {
		struct secret k0 = {0}, k1 = {0}, next = {0};
		char xml[256];

		seal(NEW, i ? K0 : NEW_K0, &k0);
		seal(NEW, i ? K1 : NEW_K1, &k1);
		assert_int_equal(iw_k1_next(i ? K1 : NEW_K1, "17", &next), 0);
		if (!i)
			seal(OLD, "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", &both->device.sealed_k1); /* superseded */
		challenge(both, modes[i]);
		snprintf(xml, sizeof xml, FINALIZE_XML("<K0>%s</K0><K1>%s</K1><dK1>17</dK1>"), secret_text(&k0), secret_text(&k1));
		assert_int_equal(read_text(both, modes[i], true, xml), 0);
		assert_key(&both->device.k0, i ? K0 : NEW_K0);
		assert_key(&both->device.k1, secret_text(&next));
		assert_false(!secret_empty(&both->device.sealed_k1) || !secret_empty(&both->device.dk1));
		secret_free(&k0);
		secret_free(&k1);
		secret_free(&next);
	}
}

/* --- both halves ------------------------------------------------------------------------------------------------------------------------ */

static void the_server_learns_the_new_pin_and_its_kma(void **state)
{
	struct both *both = *state;

	for (size_t i = 0; i < MODES; i++) {
		struct secret kma = {0}, pin = {0}, expected = {0};

		ask(both, modes[i]);
		assert_int_equal(both->request.step, finalize_step(modes[i]));
		assert_string_equal(both->request.id, "42");
		assert_string_equal(both->request.macid, MACID);
		assert_string_equal(both->request.lang, "fr");
		assert_string_equal(both->request.lastsync, "0");
		assert_string_equal(both->request.code ? both->request.code : "", i ? CODE : "");
		assert_true(check(both, OLD).device);
		assert_int_equal(check(both, OLD).pin, i ? IW_PIN_NONE : IW_PIN_RIGHT);
		assert_int_equal(iw_server_open_activation(both->keys, &both->request, &kma, &pin), 0);
		assert_int_equal(iw_kma(NEW, SERIAL, &expected), 0);
		assert_key(&kma, secret_text(&expected));
		assert_key(&pin, NEW);
		secret_free(&kma);
		secret_free(&pin);
		secret_free(&expected);
	}
}

static void no_pin_and_no_key_is_sent_in_the_open(void **state)
{
	struct both *both = *state;
	struct iw_new_pin pins[] = {{.old_pin = "old73pin", .new_pin = "new51pin"}, {.new_pin = "new51pin", .code = CODE}};
	char first[IW_MAX_TARGET];

	for (size_t i = 0; i < MODES; i++) {
		struct secret kma = {0};

		assert_int_equal(iw_kma("new51pin", SERIAL, &kma), 0);
		challenge(both, &pins[i]);
		assert_int_equal(finalize(both, &pins[i]), 0);
		assert_null(strstr(buf_text(&both->target), "old73pin"));
		assert_null(strstr(buf_text(&both->target), "new51pin"));
		assert_null(strstr(buf_text(&both->target), secret_text(&kma)));
		assert_null(strstr(buf_text(&both->target), K0));
		assert_null(strstr(buf_text(&both->target), K1));
		snprintf(first, sizeof first, "%s", buf_text(&both->target));
		assert_int_equal(finalize(both, &pins[i]), 0);
		assert_string_not_equal(first, buf_text(&both->target)); /* a seed of its own for every block */
		secret_free(&kma);
	}
}

static void after_a_change_a_new_challenge_is_needed(void **state)
{
	struct both *both = *state;

	for (size_t i = 0; i < MODES; i++) {
		ask(both, modes[i]);
		buf_reset(&both->xml);
		assert_int_equal(iw_server_answer_finalize_pin(finalize_step(modes[i]), &both->xml), 0);
		assert_string_equal(strstr(buf_text(&both->xml), "<Action"), "<ActionFinalize><err>OK</err></ActionFinalize>");
		assert_int_equal(read_text(both, modes[i], true, buf_text(&both->xml)), 0);
		assert_string_equal(both->device.challenge, "");
		assert_int_equal(finalize(both, modes[i]), PIMS_E_STATE);
		assert_key(&both->device.k0, K0);
		assert_key(&both->device.k1, K1);
		assert_key(&both->device.secval, "202122232425262728292a2b2c2d2e2f"); /* it is under no PIN */
	}
}

static void a_device_that_enrolls_again_may_still_change_its_pin(void **state)
{
	struct both *both = *state;

	both->device.phase = IW_SETUP;
	for (size_t i = 0; i < MODES; i++) {
		buf_reset(&both->target);
		assert_int_equal(iw_client_setup_pin(&both->device, modes[i], &both->target), 0);
		arrive(both);
		assert_int_equal(both->request.step, setup_step(modes[i]));
		ask(both, modes[i]);
		assert_true(check(both, OLD).device);
		assert_int_equal(read_text(both, modes[i], true, FINALIZE_XML()), 0);
		assert_int_equal(both->device.phase, IW_SETUP);
	}
}

/* An OTP with the new PIN shows that the answer arrived: what tells a repeat apart is kept until then, and no longer. */
static void what_tells_a_repeat_apart_is_kept_until_the_pin_is_proved(void **state)
{
	static const enum iw_pin_proof proofs[] = {IW_PIN_NONE, IW_PIN_WRONG, IW_PIN_RIGHT};
	struct both *both = *state;

	assert_int_equal(secret_set(&both->record.pin_before, OLD), 0);
	snprintf(both->record.reset_code, sizeof both->record.reset_code, "abc");
	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++) {
		struct iw_verdict verdict = {.device = true, .pin = proofs[i]};
		struct iw_issue issue = {0};

		assert_int_equal(iw_server_issue(&both->record, &verdict, &both->fake.env, &issue), 0);
		assert_key(&both->record.pin_before, proofs[i] == IW_PIN_RIGHT ? "" : OLD);
		assert_string_equal(both->record.reset_code, proofs[i] == IW_PIN_RIGHT ? "" : "abc");
		iw_issue_free(&issue);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_parameter_over_its_size_is_refused),
		TEST(a_parameter_of_another_form_or_cut_is_refused),
		TEST(damaged_blocks_do_not_open),
		TEST(a_proof_of_the_new_pin_is_no_proof_of_the_old),
		TEST(a_proof_with_one_other_digit_proves_nothing),
		TEST(a_record_with_an_odd_change_is_refused),
		TEST(a_reset_does_not_open_what_waits_for_the_old_pin),
		TEST(a_wrong_old_pin_opens_no_waiting_keys),
		TEST(waiting_keys_open_with_the_old_pin_and_not_with_the_new),
		TEST(keys_of_the_answer_are_under_the_new_pin),
		TEST(the_server_learns_the_new_pin_and_its_kma),
		TEST(no_pin_and_no_key_is_sent_in_the_open),
		TEST(after_a_change_a_new_challenge_is_needed),
		TEST(a_device_that_enrolls_again_may_still_change_its_pin),
		TEST(what_tells_a_repeat_apart_is_kept_until_the_pin_is_proved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
