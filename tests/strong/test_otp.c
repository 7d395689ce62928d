/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include "base/text.h"
#include "flow_fixture.h"
#include "inwebo/client.h"
#include "strong/strong.h"

#include <pims/cause.h>

#include <string.h>

static int setup(void **state)
{
	static struct flow_fixture fixture;

	flow_fixture_init(&fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	flow_fixture_free(*state);
	return 0;
}

static void assert_failed(const struct flow_fixture *fixture, int code, const char *cause)
{
	assert_int_equal(fixture->flow.outcome.code, code);
	assert_string_equal(fixture->flow.outcome.cause, cause);
	assert_null(fixture->flow.outcome.result);
}

static void enrol(struct flow_fixture *fixture)
{
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
}

static void assert_activated(struct flow_fixture *fixture, bool activated)
{
	flow_fixture_run(fixture, strong_device_activated, NULL, NULL);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(json_is_true(json_object_get(fixture->flow.outcome.result, "isDeviceActivated")), activated);
}

static void a_device_that_is_not_enrolled_is_told_without_the_network(void **state)
{
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	assert_string_equal(fixture->flow.outcome.recovery, "get pims.authentication.smscode type=enrollment");
	flow_fixture_run(fixture, strong_otp_without_pin, NULL, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	assert_int_equal(fixture->requests, 0);
	assert_activated(fixture, false);
}

static void a_device_of_another_application_is_not_enrolled_here(void **state)
{
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	assert_activated(fixture, true);
	assert_int_equal(text_set(&fixture->profile.macid, "00000000000000000000000000000000"), 0);
	assert_activated(fixture, false);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
}

static void refusals_of_both_steps_become_the_documented_codes_and_change_nothing(void **state)
{
	static const struct {
		const char *word;
		int code;
		const char *cause;
	} words[] = {
		{"ACCESS", 2308, "inwebo.access"}, {"VERSION", 2309, "inwebo.version"}, {"BLOCKED", 2310, "inwebo.blocked"}, {"NOK_BLOCKED", 2310, "inwebo.blocked"},
		{"STATE", 2311, "inwebo.state"}, {"NOCA", 2313, "inwebo.not_activated"}, {"NOSRV", 2314, "inwebo.no_service"}, {"FORBIDDEN", 2317, "inwebo.forbidden"},
		{"SN", 2102, "inwebo.argument"}, {"NEVERSEEN", 2000, "inwebo.unknown"},
	};
	struct flow_fixture *fixture = *state;
	char setup_xml[256], finalize_xml[256];

	enrol(fixture);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct canned at_setup[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, setup_xml}, {0}};
		const struct canned at_finalize[] = {
			{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)}, {"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, finalize_xml}, {0}};

		snprintf(setup_xml, sizeof setup_xml, NOK("Setup", "%s"), words[i].word);
		snprintf(finalize_xml, sizeof finalize_xml, NOK("Finalize", "%s"), words[i].word);
		flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, at_setup);
		assert_failed(fixture, words[i].code, words[i].cause);
		flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, at_finalize);
		assert_failed(fixture, words[i].code, words[i].cause);
		assert_int_equal(fixture->saves, 0);
		assert_string_equal(secret_text(&fixture->device.k1), "c97e94b4f9391b9be5361739f904d990");
	}
	assert_activated(fixture, true);
}

static void a_wrong_pin_tells_the_tries_that_are_left(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {
		{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)},
		{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, "<?xml version=\"1.0\"?><ActionFinalize><err>NOK:ACCESS</err><cause>inwebo.pin</cause><remaining>3</remaining></ActionFinalize>"}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_otp_with_pin, "{\"pinCode\":\"9999\"}", script);
	assert_failed(fixture, 2308, "inwebo.pin");
	assert_int_equal(fixture->flow.outcome.remaining, 3);
}

static void after_too_many_wrong_otps_the_server_wants_the_pin(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {
		{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)},
		{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, "<?xml version=\"1.0\"?><ActionFinalize><err>NOK:ACCESS</err><cause>otp.row</cause></ActionFinalize>"}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_otp_without_pin, NULL, script);
	assert_failed(fixture, 2308, "otp.row");
	assert_string_equal(pims_cause_recovery("otp.row", 2308), PIMS_NEXT_OTP);
	assert_activated(fixture, true);
}

static void a_removed_device_is_remembered_as_gone(void **state)
{
	static const struct canned gone[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, NOK("Setup", "NODEVICE")}, {0}};
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	flow_fixture_run(fixture, strong_otp_without_pin, NULL, gone);
	assert_failed(fixture, 2312, "inwebo.no_device");
	assert_int_equal(fixture->saves, 1);
	assert_activated(fixture, false);
	flow_fixture_run(fixture, strong_otp_without_pin, NULL, NULL);
	assert_failed(fixture, 2312, "inwebo.no_device");
	assert_int_equal(fixture->requests, 0);
}

static void an_otp_is_told_only_after_its_keys_were_saved(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_2)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_2)}, {0}};

	enrol(fixture);
	fixture->fail_save = 1;
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, script);
	assert_failed(fixture, 2000, "state.write");
}

static void the_conversation_of_the_vectors_gives_its_otps(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned first[] = {{"ActionSetup&mode=otp&id=1724543672&lastsync=1700000000", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)},
				       {"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_1)},
				       {"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1_AGAIN)},
				       {"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_1_AGAIN)}, {0}};
	const struct canned second[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_2)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_2)}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, first);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_string_equal(json_text(fixture->flow.outcome.result, "otp"), "7jfeewj");
	assert_int_equal(fixture->saves, 2);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, second);
	assert_string_equal(json_text(fixture->flow.outcome.result, "otp"), "irmfh47");
	assert_int_equal(fixture->saves, 1);
}

static void a_server_that_asks_for_more_rounds_than_two_ends_with_the_second(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_1)},
					{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_1)}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(fixture->requests, 4);
}

static void with_step_ms_missing_the_pin_synchronises_first_and_without_it_the_answer_is_2316(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned lost[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
				      {"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
				      {"mode=ms", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, {0}};
	const struct canned script[] = {{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)},
					{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_2)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_2)}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, lost);
	assert_failed(fixture, 2316, "network.timeout");
	flow_fixture_run(fixture, strong_otp_without_pin, NULL, NULL);
	assert_failed(fixture, 2316, "inwebo.synchro");
	assert_string_equal(fixture->flow.outcome.recovery, "get pims.authentication.otp action=withPIN");
	assert_activated(fixture, true); /* the activation has succeeded */
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
}

static void keys_under_the_pin_wait_for_the_next_call_with_the_pin(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned sealed[] = {
		{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1)},
		{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, "<?xml version=\"1.0\"?><ActionFinalize><err>OK</err><defi>15257626</defi><K1>2375f921abffcd62577b1f4799c94044</K1></ActionFinalize>"}, {0}};
	const struct canned script[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1_AGAIN)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_1_AGAIN)}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_otp_without_pin, NULL, sealed);
	assert_failed(fixture, 2316, "inwebo.synchro");
	assert_int_equal(fixture->saves, 1);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_string_equal(json_text(fixture->flow.outcome.result, "otp"), "7jfeewj");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_that_is_not_enrolled_is_told_without_the_network),
		TEST(a_device_of_another_application_is_not_enrolled_here),
		TEST(refusals_of_both_steps_become_the_documented_codes_and_change_nothing),
		TEST(a_wrong_pin_tells_the_tries_that_are_left),
		TEST(after_too_many_wrong_otps_the_server_wants_the_pin),
		TEST(a_removed_device_is_remembered_as_gone),
		TEST(an_otp_is_told_only_after_its_keys_were_saved),
		TEST(the_conversation_of_the_vectors_gives_its_otps),
		TEST(a_server_that_asks_for_more_rounds_than_two_ends_with_the_second),
		TEST(with_step_ms_missing_the_pin_synchronises_first_and_without_it_the_answer_is_2316),
		TEST(keys_under_the_pin_wait_for_the_next_call_with_the_pin),
	};

	return cmocka_run_group_tests(tests, conversation_load, conversation_unload);
}
