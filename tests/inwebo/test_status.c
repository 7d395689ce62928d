/* SPDX-License-Identifier: Apache-2.0 */
#include "pin_modes.h"

/* The mode status, its proofs, and what a refusal tells besides its word. */

#define STATUS_XML "<?xml version=\"1.0\"?><ActionSetup><err>OK</err><challenge>" CHALLENGE "</challenge><pinmode>1</pinmode></ActionSetup>"

static int status(struct both *both, const char *xml)
{
	struct iw_reply reply = {.xml = xml, .length = strlen(xml)};

	return iw_client_setup_status_answer(&both->device, &reply);
}

static void assert_not_taken(struct both *both, const char *xml, int expected)
{
	json_t *before = picture(&both->device), *after;
	int r = status(both, xml);

	if (r != expected)
		fail_msg("%d instead of %d for %.300s", r, expected, xml);
	after = picture(&both->device);
	assert_true(json_equal(before, after));
	json_wipe(before);
	json_wipe(after);
}

/* Proofs as a server reads them. */
static struct iw_verdict verdict_of(const struct both *both, const struct iw_proofs *proofs, const char *asked, const char *serial)
{
	struct iw_request request = {.r0 = proofs->r0, .r1 = proofs->r1, .r2 = proofs->r2};
	struct iw_expected expected = {.challenge = asked, .serial = serial, .pin = OLD};
	struct iw_verdict verdict = {0};

	assert_int_equal(iw_server_check(&both->record, &expected, &request, &verdict), 0);
	return verdict;
}

/* --- what is not begun, and what is not taken -------------------------------------------------------------------------------------------- */

static void without_a_live_device_nothing_is_asked_or_proved(void **state)
{
	static const enum iw_phase phases[] = {IW_NONE, IW_SETUP, IW_FINALIZE, IW_MS, IW_REMOVED};
	struct both *both = *state;
	struct iw_proofs proofs = {.r0 = "kept"};

	assert_int_equal(status(both, STATUS_XML), 0);
	*both->device.id = '\0'; /* so that IW_SETUP is one without a device */
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
		both->device.phase = phases[i];
		assert_int_equal(iw_client_setup_status(&both->device, &both->target), PIMS_E_STATE);
		assert_int_equal(both->target.len, 0);
		assert_not_taken(both, STATUS_XML, PIMS_E_STATE);
		assert_int_equal(iw_client_prove(&both->device, &proofs), PIMS_E_STATE);
		assert_string_equal(proofs.r0, "kept");
	}
}

static void without_a_challenge_nothing_is_proved(void **state)
{
	struct both *both = *state;
	struct iw_proofs proofs = {.r0 = "kept"};

	assert_int_equal(iw_client_prove(&both->device, &proofs), PIMS_E_STATE);
	assert_string_equal(proofs.r0, "kept");
	assert_int_equal(status(both, STATUS_XML), 0);
	assert_int_equal(iw_client_prove(&both->device, &proofs), 0);
	assert_int_equal(strlen(proofs.r0), 64);
	both->device.challenge[0] = '\0';
	assert_int_equal(iw_client_prove(&both->device, &proofs), PIMS_E_STATE);
}

static void keys_that_wait_for_a_pin_prove_nothing(void **state)
{
	struct both *both = *state;
	struct iw_proofs proofs = {.r2 = "kept"};

	assert_int_equal(status(both, STATUS_XML), 0);
	seal(OLD, K1, &both->device.sealed_k0);
	assert_int_equal(iw_client_prove(&both->device, &proofs), IW_SYNCHROFAILED);
	secret_move(&both->device.sealed_k1, &both->device.sealed_k0);
	assert_int_equal(iw_client_prove(&both->device, &proofs), IW_SYNCHROFAILED);
	assert_string_equal(proofs.r2, "kept");
	secret_free(&both->device.sealed_k1);
	assert_int_equal(secret_set(&both->device.dk1, "alone"), 0); /* nothing that needs a PIN */
	assert_int_equal(iw_client_prove(&both->device, &proofs), 0);
}

static void an_answer_without_a_proper_challenge_is_not_taken(void **state)
{
	static const char *const bad[] = {
		SETUP_XML(),
		SETUP_XML("<challenge/>"),
		SETUP_XML("<challenge>  </challenge>"),
		SETUP_XML("<challenge>a b</challenge>"),
		SETUP_XML("<challenge>a\nb</challenge>"),
		SETUP_XML("<challenge>caf\xc3\xa9</challenge>"),
		SETUP_XML("<challenge>&#127;</challenge>"),
		SETUP_XML("<challenge>" X32 X32 "x</challenge>"),
		SETUP_XML("<Challenge>abc</Challenge>"),
		SETUP_XML("<challenge>a</challenge><challenge>a</challenge>"),
		FINALIZE_XML("<challenge>abc</challenge>"),
		XML("ActionStatus", "<err>OK</err><challenge>abc</challenge>"),
		XML("ActionSetup", "<challenge>abc</challenge>"),
	};
	struct both *both = *state;

	assert_int_equal(status(both, STATUS_XML), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_not_taken(both, bad[i], PIMS_E_FORMAT);
	assert_int_equal(status(both, SETUP_XML("<challenge>\n " X32 X32 "\t</challenge>")), 0);
	assert_string_equal(both->device.challenge, X32 X32);
}

static void a_target_without_room_is_an_error(void **state)
{
	struct both *both = *state;
	size_t needed;

	assert_int_equal(iw_client_setup_status(&both->device, &both->target), 0);
	needed = both->target.len;
	for (size_t max = 1; max <= needed + 1; max += 8) {
		struct buf small = BUF_INIT(max);

		if (iw_client_setup_status(&both->device, &small) != PIMS_E_LIMIT)
			assert_true(max >= needed);
		buf_free(&small);
	}
}

/* What a damaged answer may change is the challenge, and to nothing but a word. */
static void a_damaged_answer_changes_the_challenge_at_most(void **state)
{
	struct both *both = *state;
	size_t length = sizeof STATUS_XML - 1;
	json_t *before, *after;
	size_t taken = 0;

	snprintf(both->device.challenge, sizeof both->device.challenge, "older");
	before = picture(&both->device);
	for (size_t i = 0; i < 8 * length; i++) {
		char copy[sizeof STATUS_XML];
		struct iw_reply reply = {.xml = copy, .length = i};

		memcpy(copy, STATUS_XML, sizeof copy);
		if (i < length)
			assert_int_equal(iw_client_setup_status_answer(&both->device, &reply), PIMS_E_FORMAT);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		reply.length = length;
		if (iw_client_setup_status_answer(&both->device, &reply) == 0) {
			taken++;
			assert_true(strlen(both->device.challenge) > 0 && strlen(both->device.challenge) <= 64);
			assert_null(strpbrk(both->device.challenge, " \t\r\n"));
			snprintf(both->device.challenge, sizeof both->device.challenge, "older");
		}
		after = picture(&both->device);
		assert_true(json_equal(before, after));
		json_wipe(after);
	}
	assert_in_range(taken, 1, 8 * length / 2);
	json_wipe(before);
}

/* --- what a refusal tells ------------------------------------------------------------------------------------------------------------- */

static struct iw_reply refused(struct both *both, const char *inside)
{
	struct iw_reply reply = {.refusal = {.remaining = 99, .retry_after = 99, .devices = "stale"}};

	buf_reset(&both->xml);
	buf_printf(&both->xml, "<?xml version=\"1.0\"?><ActionSetup>%s</ActionSetup>", inside);
	assert_int_equal(buf_error(&both->xml), 0);
	reply.xml = buf_text(&both->xml);
	reply.length = both->xml.len;
	assert_int_not_equal(iw_client_setup_status_answer(&both->device, &reply), 0);
	return reply;
}

static void numbers_that_are_none_are_not_told(void **state)
{
	static const struct {
		const char *text;
		int number;
	} rows[] = {{"", -1},         {"-1", -1},         {"+1", -1},         {"1.5", -1},
		    {"1e3", -1},      {"0x10", -1},       {"1 2", -1},        {"ten", -1},
		    {"\xd9\xa1", -1}, {"2147483648", -1}, {"4294967296", -1}, {"18446744073709551617", -1},
		    {"0", 0},         {" 5\n", 5},        {"007", 7},         {"2147483647", 2147483647}};
	struct both *both = *state;
	char inside[256];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct iw_reply reply;

		snprintf(inside, sizeof inside, "<err>NOK:ACCESS</err><remaining>%s</remaining>", rows[i].text);
		reply = refused(both, inside);
		assert_int_equal(reply.refusal.error, IW_ACCESS);
		assert_int_equal(reply.refusal.remaining, rows[i].number);
		assert_int_equal(reply.refusal.retry_after, -1);
		snprintf(inside, sizeof inside, "<err>NOK:BLOCKED</err><retryAfter>%s</retryAfter>", rows[i].text);
		reply = refused(both, inside);
		assert_int_equal(reply.refusal.error, IW_BLOCKED);
		assert_int_equal(reply.refusal.retry_after, rows[i].number);
		assert_int_equal(reply.refusal.remaining, -1);
		assert_string_equal(reply.refusal.devices, "");
	}
}

static void a_detail_told_twice_is_no_answer(void **state)
{
	static const char *const names[] = {"err", "remaining", "retryAfter", "cause", "devices"};
	struct both *both = *state;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char xml[256];

		snprintf(xml, sizeof xml, XML("ActionSetup", "<err>NOK:ACCESS</err><%s>1</%s><%s/>"), names[i], names[i], names[i]);
		assert_not_taken(both, xml, PIMS_E_FORMAT);
		snprintf(xml, sizeof xml, XML("ActionSetup", "<err>NOK:ACCESS</err><x/><x/><%s><b/></%s>"), names[i], names[i]);
		assert_not_taken(both, xml, PIMS_E_FORMAT);
	}
}

static void a_list_of_devices_that_does_not_fit_is_none(void **state)
{
	struct both *both = *state;
	struct iw_refusal refusal;
	struct iw_reply reply;

	for (size_t length = IW_DEVICES_SIZE - 2; length <= IW_DEVICES_SIZE + 1; length++) {
		struct buf inside = BUF_INIT(3 * IW_DEVICES_SIZE);

		buf_puts(&inside, "<err>NOK:MAXNBTOOLS</err><remaining>0</remaining><devices>[");
		for (size_t i = 2; i < length; i++)
			buf_putc(&inside, '1');
		buf_puts(&inside, "]</devices>");
		reply = refused(both, buf_text(&inside));
		assert_int_equal(reply.refusal.error, IW_MAXNBTOOLS);
		assert_int_equal(reply.refusal.remaining, 0);
		assert_int_equal(strlen(reply.refusal.devices), length < IW_DEVICES_SIZE ? length : 0);
		buf_free(&inside);
	}
	iw_refusal_set(&refusal, IW_MAXNBTOOLS);
	memset(refusal.devices, '&', IW_DEVICES_SIZE - 1); /* five times as long on the wire */
	buf_reset(&both->xml);
	assert_int_equal(iw_server_answer_refusal(IW_STEP_SETUP_STATUS, &refusal, &both->xml), 0);
	assert_int_equal(status(both, buf_text(&both->xml)), IW_MAXNBTOOLS);
	reply = (struct iw_reply){.xml = buf_text(&both->xml), .length = both->xml.len};
	assert_int_equal(iw_client_setup_status_answer(&both->device, &reply), IW_MAXNBTOOLS);
	assert_string_equal(reply.refusal.devices, refusal.devices);
}

static void a_refusal_that_does_not_fit_is_an_error(void **state)
{
	struct iw_refusal refusal;
	struct buf whole = BUF_INIT(IW_MAX_ANSWER);

	(void)state;
	iw_refusal_set(&refusal, IW_MAXNBTOOLS);
	refusal.remaining = 3;
	snprintf(refusal.devices, sizeof refusal.devices, "[\"a\"]");
	assert_int_equal(iw_server_answer_refusal(IW_STEP_SETUP_STATUS, &refusal, &whole), 0);
	for (size_t max = 1; max < whole.len; max++) {
		struct buf small = BUF_INIT(max);

		assert_int_equal(iw_server_answer_refusal(IW_STEP_SETUP_STATUS, &refusal, &small), PIMS_E_LIMIT);
		buf_free(&small);
	}
	buf_free(&whole);
}

/* No beginning of a refusal is one, and no bit makes it good. */
static void a_damaged_refusal_stays_one(void **state)
{
	struct both *both = *state;
	struct iw_refusal refusal;
	char *copy;

	iw_refusal_set(&refusal, IW_MAXNBTOOLS);
	refusal.remaining = 2;
	refusal.retry_after = 86400;
	snprintf(refusal.cause, sizeof refusal.cause, "device.limit_reached");
	snprintf(refusal.devices, sizeof refusal.devices, "[{\"id\":\"42\",\"name\":\"A <b> & 'c'\"}]");
	assert_int_equal(iw_server_answer_refusal(IW_STEP_SETUP_STATUS, &refusal, &both->xml), 0);
	copy = malloc(both->xml.len);
	assert_non_null(copy);
	for (size_t i = 0; i < 8 * both->xml.len; i++) {
		struct iw_reply reply = {.xml = copy, .length = i};
		int r;

		memcpy(copy, both->xml.data, both->xml.len);
		if (i < both->xml.len)
			assert_int_equal(iw_client_setup_status_answer(&both->device, &reply), PIMS_E_FORMAT);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		reply.length = both->xml.len;
		r = iw_client_setup_status_answer(&both->device, &reply);
		assert_true(r == IW_MAXNBTOOLS || r == IW_OTHER || r == PIMS_E_FORMAT);
		assert_string_equal(both->device.challenge, "");
		if (r < 0)
			continue;
		assert_true(reply.refusal.remaining >= -1 && reply.refusal.retry_after >= -1);
		assert_int_equal(strspn(reply.refusal.cause, "abcdefghijklmnopqrstuvwxyz0123456789._"), strlen(reply.refusal.cause));
		assert_true(strlen(reply.refusal.cause) > 0);
	}
	free(copy);
}

static void a_good_answer_has_no_cause_and_no_devices(void **state)
{
	static const char xml[] = SETUP_XML(
		"<challenge>c</challenge><remaining>4</remaining><cause>some.cause</cause><devices>[]</devices>");
	struct both *both = *state;
	struct iw_reply reply = {.xml = xml, .length = sizeof xml - 1};

	assert_int_equal(iw_client_setup_status_answer(&both->device, &reply), 0);
	assert_int_equal(reply.refusal.error, IW_OK);
	assert_string_equal(reply.refusal.cause, "");
	assert_string_equal(reply.refusal.devices, "");
	assert_int_equal(reply.refusal.remaining, 4);
	assert_int_equal(reply.refusal.retry_after, -1);
}

static void a_refusal_without_details_is_its_word_at_every_step(void **state)
{
	struct both *both = *state;
	struct iw_refusal refusal;
	char expected[128];

	for (int step = 0; step < IW_STEP_COUNT; step++) {
		const char *action = iw_step_action((enum iw_step)step), *version = "";

		if (step == IW_STEP_FINALIZE_ACTIVATE)
			version = "<newversion/><newversionurl/>";
		iw_refusal_set(&refusal, IW_TIMEOUT);
		buf_reset(&both->xml);
		assert_int_equal(iw_server_answer_refusal((enum iw_step)step, &refusal, &both->xml), 0);
		snprintf(expected, sizeof expected, "<%s>%s<err>NOK:TIMEOUT</err></%s>", action, version, action);
		assert_string_equal(strstr(buf_text(&both->xml), "<Action"), expected);
	}
}

/* --- proofs ----------------------------------------------------------------------------------------------------------------------------- */

static void proofs_are_good_for_their_challenge_and_device_only(void **state)
{
	struct both *both = *state;
	struct iw_proofs proofs, swapped;

	assert_int_equal(status(both, STATUS_XML), 0);
	assert_int_equal(iw_client_prove(&both->device, &proofs), 0);
	assert_true(verdict_of(both, &proofs, CHALLENGE, SERIAL).device);
	assert_int_equal(verdict_of(both, &proofs, CHALLENGE, SERIAL).pin, IW_PIN_NONE);
	assert_false(verdict_of(both, &proofs, "fedcba98765432100123456789abcdee", SERIAL).device);
	assert_false(verdict_of(both, &proofs, "", SERIAL).device);
	assert_false(verdict_of(both, &proofs, CHALLENGE, "0011223344556677/_/00112233445566778899aabbccddeefe").device);
	assert_false(verdict_of(both, &proofs, CHALLENGE, "").device);
	swapped = proofs;
	memcpy(swapped.r0, proofs.r1, sizeof swapped.r0);
	memcpy(swapped.r1, proofs.r0, sizeof swapped.r1);
	assert_false(verdict_of(both, &swapped, CHALLENGE, SERIAL).device);
	assert_int_equal(secret_set(&both->record.k0, K1), 0);
	assert_false(verdict_of(both, &proofs, CHALLENGE, SERIAL).device);
}

static void a_new_challenge_takes_the_place_of_the_old(void **state)
{
	struct both *both = *state;
	struct iw_proofs first, second;

	assert_int_equal(status(both, STATUS_XML), 0);
	assert_int_equal(iw_client_prove(&both->device, &first), 0);
	assert_int_equal(status(both, SETUP_XML("<challenge>next</challenge>")), 0);
	assert_int_equal(iw_client_prove(&both->device, &second), 0);
	assert_string_not_equal(first.r0, second.r0);
	assert_string_not_equal(first.r1, second.r1);
	assert_string_not_equal(first.r2, second.r2);
	assert_true(verdict_of(both, &second, "next", SERIAL).device);
	assert_false(verdict_of(both, &first, "next", SERIAL).device);
	assert_false(verdict_of(both, &second, CHALLENGE, SERIAL).device);
}

static void a_device_that_took_the_offered_key_proves_it(void **state)
{
	struct both *both = *state;
	struct iw_proofs proofs;
	struct iw_verdict verdict;

	assert_int_equal(status(both, STATUS_XML), 0);
	assert_int_equal(iw_client_prove(&both->device, &proofs), 0);
	secret_move(&both->record.k1_offered, &both->record.k1);
	assert_false(verdict_of(both, &proofs, CHALLENGE, SERIAL).device); /* a record without K1 is of no device */
	assert_int_equal(secret_set(&both->record.k1, K0), 0);
	verdict = verdict_of(both, &proofs, CHALLENGE, SERIAL);
	assert_true(verdict.device && verdict.offered);
	assert_int_equal(secret_set(&both->record.k1_offered, K0), 0);
	verdict = verdict_of(both, &proofs, CHALLENGE, SERIAL);
	assert_false(verdict.device || verdict.offered);
}

static void the_question_names_the_device_and_tells_no_key(void **state)
{
	struct both *both = *state;

	snprintf(both->device.tsync, sizeof both->device.tsync, "1700000000");
	assert_int_equal(iw_client_setup_status(&both->device, &both->target), 0);
	arrive(both);
	assert_int_equal(both->request.step, IW_STEP_SETUP_STATUS);
	assert_string_equal(both->request.id, "42");
	assert_string_equal(both->request.lastsync, "1700000000");
	assert_string_equal(both->request.macid, MACID);
	assert_null(strstr(buf_text(&both->target), K0));
	assert_null(strstr(buf_text(&both->target), K1));
	buf_reset(&both->xml);
	assert_int_equal(iw_server_answer_setup_status(CHALLENGE, 2, &both->xml), 0);
	assert_int_equal(status(both, buf_text(&both->xml)), 0);
	assert_string_equal(both->device.challenge, CHALLENGE);
	assert_int_equal(both->device.pinmode, 0); /* of the Setups that a PIN is asked for by */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_live_device_nothing_is_asked_or_proved),
		TEST(without_a_challenge_nothing_is_proved),
		TEST(keys_that_wait_for_a_pin_prove_nothing),
		TEST(an_answer_without_a_proper_challenge_is_not_taken),
		TEST(a_target_without_room_is_an_error),
		TEST(a_damaged_answer_changes_the_challenge_at_most),
		TEST(numbers_that_are_none_are_not_told),
		TEST(a_detail_told_twice_is_no_answer),
		TEST(a_list_of_devices_that_does_not_fit_is_none),
		TEST(a_refusal_that_does_not_fit_is_an_error),
		TEST(a_damaged_refusal_stays_one),
		TEST(a_good_answer_has_no_cause_and_no_devices),
		TEST(a_refusal_without_details_is_its_word_at_every_step),
		TEST(proofs_are_good_for_their_challenge_and_device_only),
		TEST(a_new_challenge_takes_the_place_of_the_old),
		TEST(a_device_that_took_the_offered_key_proves_it),
		TEST(the_question_names_the_device_and_tells_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
