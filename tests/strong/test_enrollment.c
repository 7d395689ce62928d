/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include "base/text.h"
#include "flow_fixture.h"
#include "inwebo/client.h"
#include "strong/strong.h"

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

static void assert_succeeded(const struct flow_fixture *fixture)
{
	assert_int_equal(fixture->flow.outcome.code, 0);
}

/* The device after set smscode enrollment. */
static void confirm(struct flow_fixture *fixture)
{
	const struct canned script[] = {{"action=ActionSetup&mode=activate", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)}, {0}};

	flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
	assert_succeeded(fixture);
	assert_int_equal(fixture->device.phase, IW_SETUP);
}

/* --- set smscode enrollment ------------------------------------------------------------------------------------------------------- */

static void a_refused_setup_changes_nothing_and_tells_the_documented_code(void **state)
{
	static const struct {
		const char *xml;
		int code;
		const char *cause;
	} words[] = {
		{NOK("Setup", "CODE"), 2305, "inwebo.code"}, {NOK("Setup", "SN"), 2102, "inwebo.argument"}, {NOK("Setup", "VERSION"), 2309, "inwebo.version"},
		{NOK("Setup", "BLOCKED"), 2310, "inwebo.blocked"}, {NOK("Setup", "NOSRV"), 2314, "inwebo.no_service"}, {NOK("Setup", "STATE"), 2311, "inwebo.state"},
		{NOK("Setup", "WHATEVER"), 2000, "inwebo.unknown"}, {NOK("Setup", "TIMEOUT"), 2201, "inwebo.timeout"},
	};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, words[i].xml}, {0}};

		flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
		assert_failed(fixture, words[i].code, words[i].cause);
		assert_int_equal(fixture->saves, 0);
		assert_int_equal(fixture->device.phase, IW_NONE);
	}
}

static void a_wrong_code_says_which_parameter_and_what_to_do_next(void **state)
{
	static const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, NOK("Setup", "CODE")}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
	assert_string_equal(fixture->flow.outcome.name, "smsCode");
	assert_string_equal(fixture->flow.outcome.recovery, "get pims.authentication.smscode type=enrollment");
}

static void answers_that_are_no_answers_are_server_errors_and_change_nothing(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct {
		struct canned canned;
		int code;
		const char *cause;
	} faults[] = {
		{{"Setup", PIMS_HTTP_OK, 500, XML, answer(SETUP_ACTIVATE)}, 2204, "server.error"},
		{{"Setup", PIMS_HTTP_OK, 429, XML, ""}, 2204, "server.throttled"},
		{{"Setup", PIMS_HTTP_OK, 200, "text/html", answer(SETUP_ACTIVATE)}, 2204, "server.content_type"},
		{{"Setup", PIMS_HTTP_OK, 200, "application/json", "{}"}, 2204, "server.content_type"},
		{{"Setup", PIMS_HTTP_OK, 200, XML, ""}, 2204, "server.format"},
		{{"Setup", PIMS_HTTP_OK, 200, XML, "<?xml version=\"1.0\"?><!DOCTYPE x><ActionSetup><err>OK</err></ActionSetup>"}, 2204, "server.format"},
		{{"Setup", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)}, 2204, "server.format"},
		{{"Setup", PIMS_HTTP_CUT, 0, NULL, NULL}, 2204, "server.cut"},
		{{"Setup", PIMS_HTTP_TOO_BIG, 0, NULL, NULL}, 2204, "server.too_big"},
		{{"Setup", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, 2201, "network.timeout"},
		{{"Setup", PIMS_HTTP_NETWORK, 0, NULL, NULL}, 2202, "network.unreachable"},
	};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct canned script[] = {faults[i].canned, {0}};

		flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
		assert_failed(fixture, faults[i].code, faults[i].cause);
		assert_int_equal(fixture->saves, 0);
		assert_int_equal(fixture->device.phase, IW_NONE);
	}
}

static void without_any_inwebo_url_the_component_is_not_configured(void **state)
{
	struct flow_fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.endpoints.inwebo, NULL), 0);
	flow_fixture_run(fixture, strong_sms_confirm, CODE, NULL);
	assert_failed(fixture, 2344, "configuration.credential.inWeboURL");
}

static void the_configured_inwebo_url_stands_before_the_backends(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"http://127.0.0.1:9/other/iwws/MAC?action=ActionSetup&mode=activate", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)}, {0}};

	assert_int_equal(text_set(&fixture->profile.inwebo_url, "http://127.0.0.1:9/other"), 0);
	flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
	assert_succeeded(fixture);
}

static void a_good_code_tells_whether_the_account_has_a_pin(void **state)
{
	static const struct canned none[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, NULL}, {0}};
	struct flow_fixture *fixture = *state;
	struct canned script[] = {none[0], none[1]};
	char xml[8192];
	char *pinmode;

	confirm(fixture);
	assert_string_equal(json_text(fixture->flow.outcome.result, "status"), "AlreadyEnrolled");
	assert_int_equal(fixture->saves, 1);
	assert_int_equal(fixture->saved[0], IW_SETUP);
	assert_int_equal(text_copy(xml, sizeof xml, answer(SETUP_ACTIVATE)), 0);
	pinmode = strstr(xml, "<pinmode>");
	assert_non_null(pinmode);
	pinmode[9] = '2';
	script[0].body = xml;
	flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
	assert_succeeded(fixture);
	assert_string_equal(json_text(fixture->flow.outcome.result, "status"), "NotEnrolled");
}

/* --- set enrollment enroll ---------------------------------------------------------------------------------------------------------- */

static void without_a_code_of_this_activation_enroll_asks_for_one(void **state)
{
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_enroll, PIN_1234, NULL);
	assert_int_equal(fixture->flow.outcome.code, 2101);
	assert_string_equal(fixture->flow.outcome.name, "smsCode");
	assert_int_equal(fixture->requests, 0);
}

static void a_wrong_pin_costs_no_new_sms(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned wrong[] = {{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, "<?xml version=\"1.0\"?><ActionFinalize><err>NOK:ACCESS</err><newversion/><newversionurl/><remaining>4</remaining></ActionFinalize>"}, {0}};
	const struct canned right[] = {
		{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)}, {"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	confirm(fixture);
	flow_fixture_run(fixture, strong_enroll, "{\"pinCode\":\"9999\"}", wrong);
	assert_failed(fixture, 2308, "inwebo.access");
	assert_int_equal(fixture->flow.outcome.remaining, 4);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, right);
	assert_succeeded(fixture);
	assert_non_null(strstr(fixture->urls[0], "code=12345678"));
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
}

static void a_dead_code_at_finalize_is_forgotten_so_that_a_new_one_can_start(void **state)
{
	static const struct canned dead[] = {{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "CODE")}, {0}};
	struct flow_fixture *fixture = *state;

	confirm(fixture);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, dead);
	assert_failed(fixture, 2305, "inwebo.code");
	assert_int_equal(fixture->saves, 2);
	assert_int_equal(fixture->device.phase, IW_NONE);
	assert_string_equal(fixture->device.device_id, "0011223344556677");
	flow_fixture_run(fixture, strong_enroll, PIN_1234, NULL);
	assert_int_equal(fixture->flow.outcome.code, 2101);
}

static void a_dead_code_of_a_second_activation_leaves_the_living_device(void **state)
{
	static const struct canned dead[] = {{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "CODE")}, {0}};
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_succeeded(fixture);
	confirm(fixture);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, dead);
	assert_failed(fixture, 2305, "inwebo.code");
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
	assert_true(iw_client_usable(&fixture->device));
	assert_true(secret_empty(&fixture->device.code));
	assert_string_equal(secret_text(&fixture->device.k1), "c97e94b4f9391b9be5361739f904d990");
}

static void at_the_device_limit_the_answer_says_what_to_do_and_the_code_stays(void **state)
{
	static const struct canned limit[] = {{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "MAXNBTOOLS")}, {0}};
	static const struct canned listed[] = {
		{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML,
		 "<?xml version=\"1.0\"?><ActionFinalize><err>NOK:MAXNBTOOLS</err><devices>[{\"id\":\"7\"}]</devices></ActionFinalize>"}, {0}};
	static const struct canned unlisted[] = {
		{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML,
		 "<?xml version=\"1.0\"?><ActionFinalize><err>NOK:MAXNBTOOLS</err><devices>{\"id\":\"7\"}</devices></ActionFinalize>"}, {0}};
	struct flow_fixture *fixture = *state;

	confirm(fixture);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, limit);
	assert_failed(fixture, 2317, "inwebo.max_devices");
	assert_string_equal(fixture->flow.outcome.recovery, "set pims.authentication.device action=remove");
	assert_null(fixture->flow.outcome.devices);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, unlisted);
	assert_null(fixture->flow.outcome.devices);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, listed);
	assert_failed(fixture, 2317, "inwebo.max_devices");
	assert_string_equal(json_string_value(json_object_get(json_array_get(fixture->flow.outcome.devices, 0), "id")), "7");
	assert_int_equal(fixture->device.phase, IW_FINALIZE);
	assert_string_equal(secret_text(&fixture->device.code), "12345678");
}

static void what_is_sent_was_saved_before(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_succeeded(fixture);
	assert_null(fixture->flow.outcome.result);
	assert_int_equal(fixture->requests, 3);
	assert_int_equal(fixture->saves, 4);
	assert_int_equal(fixture->saved[0], IW_SETUP);
	assert_int_equal(fixture->saved[1], IW_FINALIZE);
	assert_int_equal(fixture->saved[2], IW_MS);
	assert_int_equal(fixture->saved[3], IW_ACTIVE);
}

static void a_save_that_fails_ends_the_call_before_the_next_request(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};
	static const int requests[] = {1, 1, 2, 3};

	for (int i = 1; i <= 4; i++) {
		iw_device_forget(&fixture->device);
		assert_int_equal(text_copy(fixture->device.alea, sizeof fixture->device.alea, "00112233445566778899aabbccddeeff"), 0);
		fixture->fail_save = i;
		flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
		assert_failed(fixture, 2000, "state.write");
		assert_int_equal(fixture->requests, requests[i - 1]);
	}
}

static void a_lost_finalize_answer_is_asked_for_again_with_the_same_code_and_serial(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned lost[] = {{"ActionFinalize&mode=activate", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, {0}};
	const struct canned again[] = {
		{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)}, {"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	confirm(fixture);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, lost);
	assert_failed(fixture, 2201, "network.timeout");
	assert_int_equal(fixture->device.phase, IW_FINALIZE);
	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, again);
	assert_succeeded(fixture);
	assert_int_equal(fixture->requests, 2);
	assert_non_null(strstr(fixture->urls[0], "serial=0011223344556677%2F_%2F00112233445566778899aabbccddeeff&code=12345678"));
}

static void another_code_starts_another_activation(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"mode=activate&id=&lastsync=0&version=Generator-1.0%2F0.2.11&macid=ffffffffffffffffffffffffffffffff&code=87654321", PIMS_HTTP_OK, 200, XML, NOK("Setup", "CODE")}, {0}};

	confirm(fixture);
	flow_fixture_run(fixture, strong_enroll, "{\"pinCode\":\"1234\",\"smsCode\":\"87654321\"}", script);
	assert_failed(fixture, 2305, "inwebo.code");
	assert_string_equal(secret_text(&fixture->device.code), "12345678");
}

/* --- step ms ----------------------------------------------------------------------------------------------------------------------- */

/* The device with step ms still missing. */
static void lose_ms(struct flow_fixture *fixture, struct canned ms, int code, const char *cause)
{
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)}, ms, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_failed(fixture, code, cause);
	assert_int_equal(fixture->device.phase, IW_MS);
}

static void a_failing_step_ms_is_2316_with_its_true_cause(void **state)
{
	static const struct {
		struct canned canned;
		const char *cause;
	} faults[] = {
		{{"mode=ms", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, "network.timeout"},
		{{"mode=ms", PIMS_HTTP_NETWORK, 0, NULL, NULL}, "network.unreachable"},
		{{"mode=ms", PIMS_HTTP_OK, 500, XML, ""}, "server.error"},
		{{"mode=ms", PIMS_HTTP_OK, 200, XML, "rubbish"}, "server.format"},
		{{"mode=ms", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "SYNCHROFAILED")}, "inwebo.synchro"},
	};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		iw_device_forget(&fixture->device);
		assert_int_equal(text_copy(fixture->device.alea, sizeof fixture->device.alea, "00112233445566778899aabbccddeeff"), 0);
		lose_ms(fixture, faults[i].canned, 2316, faults[i].cause);
		assert_string_equal(fixture->flow.outcome.recovery, "get pims.authentication.otp action=withPIN");
	}
}

static void the_next_enroll_does_only_what_is_missing(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned ms[] = {{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	lose_ms(fixture, (struct canned){"mode=ms", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, 2316, "network.timeout");
	flow_fixture_run(fixture, strong_enroll, PIN_1234, ms);
	assert_succeeded(fixture);
	assert_int_equal(fixture->requests, 1);
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
	assert_string_equal(secret_text(&fixture->device.secval), "b846531a492d836e2cb85bc5263ae29c");
}

static void a_device_that_the_server_lost_in_between_starts_anew(void **state)
{
	static const struct canned gone[] = {{"mode=ms", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "NODEVICE")}, {0}};
	struct flow_fixture *fixture = *state;

	lose_ms(fixture, (struct canned){"mode=ms", PIMS_HTTP_CUT, 0, NULL, NULL}, 2316, "server.cut");
	flow_fixture_run(fixture, strong_enroll, PIN_1234, gone);
	assert_failed(fixture, 2312, "inwebo.no_device");
	assert_int_equal(fixture->device.phase, IW_REMOVED);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, NULL);
	assert_int_equal(fixture->flow.outcome.code, 2101);
}

static void with_a_code_at_hand_a_refused_step_ms_falls_back_to_a_new_activation_once(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"mode=ms", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "STATE")},
					{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "STATE")}, {0}};

	lose_ms(fixture, (struct canned){"mode=ms", PIMS_HTTP_CUT, 0, NULL, NULL}, 2316, "server.cut");
	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_failed(fixture, 2316, "inwebo.state");
	assert_int_equal(fixture->requests, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* The process was ended after the last write and before it told anybody. */
static void an_enrollment_that_is_done_is_done_again_without_the_network(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};
	const struct canned otp[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_2)},
				     {"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_OTP_2)}, {0}};
	const struct canned other[] = {{"ActionSetup&mode=activate", PIMS_HTTP_OK, 200, XML, NOK("Setup", "CODE")}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, NULL);
	assert_int_equal(fixture->flow.outcome.code, 0);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, NULL);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(fixture->requests, 0);
	flow_fixture_run(fixture, strong_enroll, "{\"pinCode\":\"1234\",\"smsCode\":\"87654321\"}", other);
	assert_int_equal(fixture->flow.outcome.code, 2305);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, otp);
	assert_int_equal(fixture->flow.outcome.code, 0);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, NULL);
	assert_int_equal(fixture->flow.outcome.code, 2101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refused_setup_changes_nothing_and_tells_the_documented_code),
		TEST(a_wrong_code_says_which_parameter_and_what_to_do_next),
		TEST(answers_that_are_no_answers_are_server_errors_and_change_nothing),
		TEST(without_any_inwebo_url_the_component_is_not_configured),
		TEST(the_configured_inwebo_url_stands_before_the_backends),
		TEST(a_good_code_tells_whether_the_account_has_a_pin),
		TEST(without_a_code_of_this_activation_enroll_asks_for_one),
		TEST(a_wrong_pin_costs_no_new_sms),
		TEST(a_dead_code_at_finalize_is_forgotten_so_that_a_new_one_can_start),
		TEST(a_dead_code_of_a_second_activation_leaves_the_living_device),
		TEST(at_the_device_limit_the_answer_says_what_to_do_and_the_code_stays),
		TEST(what_is_sent_was_saved_before),
		TEST(a_save_that_fails_ends_the_call_before_the_next_request),
		TEST(a_lost_finalize_answer_is_asked_for_again_with_the_same_code_and_serial),
		TEST(another_code_starts_another_activation),
		TEST(a_failing_step_ms_is_2316_with_its_true_cause),
		TEST(the_next_enroll_does_only_what_is_missing),
		TEST(a_device_that_the_server_lost_in_between_starts_anew),
		TEST(an_enrollment_that_is_done_is_done_again_without_the_network),
		TEST(with_a_code_at_hand_a_refused_step_ms_falls_back_to_a_new_activation_once),
	};

	return cmocka_run_group_tests(tests, conversation_load, conversation_unload);
}
