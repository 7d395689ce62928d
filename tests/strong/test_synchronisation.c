/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include "base/text.h"
#include "flow_fixture.h"
#include "inwebo/client.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* spec/facade.md rule 8, row by row: 2316 = it succeeded, the synchronisation after it failed; the state is kept, and the next call synchronises first. */

#define JSON "application/json"
#define PROBLEM "application/problem+json"
#define REMOVE "http://127.0.0.1:1/v1/devices/remove"
#define PHONE "http://127.0.0.1:1/v1/phone"
#define SYNCHRO "{\"cause\":\"inwebo.synchro\"}"
#define CODE "{\"smsCode\":\"12345678\"}"
#define UPDATE "{\"oldPIN\":\"1234\",\"newPIN\":\"7391\"}"
#define RESET "{\"pinCode\":\"7391\",\"smsCode\":\"55512345\"}"
#define NUMBER "{\"pinCode\":\"1234\",\"smsCode\":\"12345678\",\"phoneNumber\":\"0612345678\"}"
#define STATUS "<?xml version=\"1.0\"?><ActionSetup><err>OK</err><challenge>c0ffee</challenge></ActionSetup>"

static int setup(void **state)
{
	static struct flow_fixture fixture;

	flow_fixture_init(&fixture);
	assert_int_equal(text_set(&fixture.profile.endpoints.devices_remove, REMOVE), 0);
	assert_int_equal(text_set(&fixture.profile.endpoints.phone, PHONE), 0);
	assert_int_equal(text_copy(fixture.profile.country, sizeof fixture.profile.country, "FR"), 0);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	flow_fixture_free(*state);
	return 0;
}

static void assert_unsynchronised(const struct flow_fixture *fixture)
{
	assert_int_equal(fixture->flow.outcome.code, 2316);
	assert_string_equal(fixture->flow.outcome.cause, "inwebo.synchro");
	assert_null(fixture->flow.outcome.result);
}

static void assert_succeeded(const struct flow_fixture *fixture)
{
	assert_int_equal(fixture->flow.outcome.code, 0);
}

/* An answer of the conversation with NOK:SYNCHROFAILED in place of OK; the caller's. */
static char *spoilt(const char *xml)
{
	static const char ok[] = "<err>OK</err>", not[] = "<err>NOK:SYNCHROFAILED</err>";
	const char *at = strstr(xml, ok);
	size_t size = strlen(xml) + sizeof not;
	char *text = malloc(size);

	assert_non_null(at);
	assert_non_null(text);
	snprintf(text, size, "%.*s%s%s", (int)(at - xml), xml, not, at + strlen(ok));
	return text;
}

static void enrol(struct flow_fixture *fixture)
{
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_succeeded(fixture);
}

static bool is_activated(struct flow_fixture *fixture, const struct canned *script)
{
	flow_fixture_run(fixture, strong_device_activated, NULL, script);
	assert_succeeded(fixture);
	return json_is_true(json_object_get(fixture->flow.outcome.result, "isDeviceActivated"));
}

static void a_bare_refusal_keeps_nothing_of_a_success(void **state)
{
	struct flow_fixture *fixture = *state;
	static const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, NOK("Setup", "SYNCHROFAILED")}, {0}};

	flow_fixture_run(fixture, strong_sms_confirm, CODE, script);
	assert_unsynchronised(fixture);
	assert_int_equal(fixture->device.phase, IW_NONE);
	assert_int_equal(fixture->saves, 0);
}

static void set_smscode_enrollment_keeps_the_code_and_enroll_goes_on(void **state)
{
	struct flow_fixture *fixture = *state;
	char *xml = spoilt(answer(SETUP_ACTIVATE));
	const struct canned first[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, xml}, {0}};
	const struct canned next[] = {{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
				      {"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	flow_fixture_run(fixture, strong_sms_confirm, CODE, first);
	assert_unsynchronised(fixture);
	assert_int_equal(fixture->saves, 1);
	flow_fixture_run(fixture, strong_enroll, PIN_1234, next);
	assert_succeeded(fixture);
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
	free(xml);
}

/* `first` ends with 2316 and the device activated; the next call does step ms before its own. */
static void assert_ms_comes_next(struct flow_fixture *fixture)
{
	static const struct canned missing[] = {{"mode=ms", PIMS_HTTP_OK, 200, XML, NULL},
						{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, NULL},
						{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, NULL}, {0}};
	struct canned script[4];

	memcpy(script, missing, sizeof script);
	script[0].body = answer(FINALIZE_MS);
	script[1].body = answer(SETUP_OTP_2);
	script[2].body = answer(FINALIZE_OTP_2);
	assert_unsynchronised(fixture);
	assert_int_equal(fixture->device.phase, IW_MS);
	assert_true(is_activated(fixture, NULL));
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, script);
	assert_succeeded(fixture);
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
}

static void enroll_is_done_whichever_of_its_answers_says_so_and_the_next_call_does_step_ms(void **state)
{
	struct flow_fixture *fixture = *state;

	for (int i = 0; i < 2; i++) {
		char *bad = spoilt(answer(i ? FINALIZE_ACTIVATE : SETUP_ACTIVATE));
		const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, i ? answer(SETUP_ACTIVATE) : bad},
						{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, i ? bad : answer(FINALIZE_ACTIVATE)}, {0}};

		iw_device_forget(&fixture->device);
		assert_int_equal(text_copy(fixture->device.alea, sizeof fixture->device.alea, "00112233445566778899aabbccddeeff"), 0);
		flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
		assert_ms_comes_next(fixture);
		free(bad);
	}
}

static void enroll_with_phone_number_goes_on_though_the_number_is_not_synchronised(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{PHONE, PIMS_HTTP_OK, 503, PROBLEM, SYNCHRO},
					{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)}, {0}};

	flow_fixture_run(fixture, strong_enroll_with_phone, NUMBER, script);
	assert_ms_comes_next(fixture);
}

static void modify_phone_number_tells_of_a_change_that_was_made(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, STATUS}, {PHONE, PIMS_HTTP_OK, 503, PROBLEM, SYNCHRO}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_modify_phone, NUMBER, script);
	assert_unsynchronised(fixture);
	assert_true(iw_client_usable(&fixture->device));
}

static void a_removal_keeps_the_device_until_the_next_call_has_asked_for_it(void **state)
{
	struct flow_fixture *fixture = *state;
	static const struct canned script[] = {{REMOVE, PIMS_HTTP_OK, 503, PROBLEM, SYNCHRO}, {0}};
	static const struct canned silent[] = {{"mode=status", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, {0}};
	static const struct canned gone[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, NOK("Setup", "NODEVICE")}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_remove, NULL, script);
	assert_unsynchronised(fixture);
	assert_int_equal(fixture->saves, 1);
	assert_true(is_activated(fixture, silent));
	assert_false(is_activated(fixture, gone));
	assert_int_equal(fixture->device.phase, IW_REMOVED);
	assert_false(is_activated(fixture, NULL));
}

static void a_device_that_is_still_there_is_asked_for_once(void **state)
{
	struct flow_fixture *fixture = *state;
	static const struct canned script[] = {{REMOVE, PIMS_HTTP_OK, 503, PROBLEM, SYNCHRO}, {0}};
	static const struct canned there[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, STATUS}, {0}};
	json_t *object = NULL;

	enrol(fixture);
	flow_fixture_run(fixture, strong_remove, NULL, script);
	assert_int_equal(iw_device_encode(&fixture->device, &object), 0); /* by another process */
	iw_device_free(&fixture->device);
	assert_int_equal(iw_device_decode(object, &fixture->device), 0);
	json_wipe(object);
	assert_true(is_activated(fixture, there));
	assert_int_equal(fixture->requests, 1);
	assert_true(is_activated(fixture, NULL));
	assert_int_equal(fixture->requests, 0);
}

static void a_device_that_the_removal_calls_gone_is_gone(void **state)
{
	struct flow_fixture *fixture = *state;
	static const struct canned script[] = {{REMOVE, PIMS_HTTP_OK, 403, PROBLEM, "{\"cause\":\"inwebo.no_device\"}"}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_device_remove, "{\"id\":\"7\"}", script);
	assert_int_equal(fixture->flow.outcome.code, 2312);
	assert_true(iw_client_usable(&fixture->device)); /* that was another one */
	flow_fixture_run(fixture, strong_remove, NULL, script);
	assert_int_equal(fixture->flow.outcome.code, 2312);
	assert_int_equal(fixture->device.phase, IW_REMOVED);
}

static void a_new_pin_is_set_whatever_became_of_the_synchronisation(void **state)
{
	static const char *const modes[] = {"mode=password", "mode=reset"};
	static const struct canned there[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, STATUS}, {0}};
	struct flow_fixture *fixture = *state;
	const char *kiw = strstr(answer(SETUP_ACTIVATE), "<Kiw>"), *end = strstr(kiw, "</Kiw>");
	char xml[8192];

	snprintf(xml, sizeof xml, "<?xml version=\"1.0\"?><ActionSetup><err>OK</err><challenge>c0ffee</challenge>%.*s</Kiw></ActionSetup>", (int)(end - kiw), kiw);
	enrol(fixture);
	for (int i = 0; i < 2; i++) {
		const struct canned script[] = {{modes[i], PIMS_HTTP_OK, 200, XML, xml},
						{modes[i], PIMS_HTTP_OK, 200, XML, NOK("Finalize", "SYNCHROFAILED")}, {0}};

		flow_fixture_run(fixture, i ? strong_pin_reset : strong_pin_update, i ? RESET : UPDATE, script);
		assert_unsynchronised(fixture);
		assert_int_equal(fixture->saves, 1);
		assert_true(is_activated(fixture, there));
	}
}

static void an_old_pin_does_step_ms_before_it_is_changed_and_a_code_cannot(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned lost[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
				      {"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
				      {"mode=ms", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, {0}};
	const struct canned update[] = {{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)},
					{"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, NOK("Setup", "NOSRV")}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, lost);
	assert_int_equal(fixture->flow.outcome.code, 2316);
	flow_fixture_run(fixture, strong_pin_reset, RESET, NULL);
	assert_unsynchronised(fixture);
	flow_fixture_run(fixture, strong_pin_update, UPDATE, update);
	assert_int_equal(fixture->flow.outcome.code, 2314);
	assert_int_equal(fixture->device.phase, IW_ACTIVE);
}

static void an_otp_is_not_told_and_its_keys_are_kept(void **state)
{
	struct flow_fixture *fixture = *state;
	char *xml = spoilt(answer(FINALIZE_OTP_1_AGAIN));
	const struct canned script[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, answer(SETUP_OTP_1_AGAIN)},
					{"ActionFinalize&mode=otp", PIMS_HTTP_OK, 200, XML, xml}, {0}};
	const struct canned bare[] = {{"ActionSetup&mode=otp", PIMS_HTTP_OK, 200, XML, NOK("Setup", "SYNCHROFAILED")}, {0}};
	char *k1;

	enrol(fixture);
	k1 = strdup(secret_text(&fixture->device.k1));
	assert_non_null(k1);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, bare);
	assert_unsynchronised(fixture);
	assert_string_equal(secret_text(&fixture->device.k1), k1);
	flow_fixture_run(fixture, strong_otp_with_pin, PIN_1234, script);
	assert_unsynchronised(fixture);
	assert_int_equal(fixture->saves, 1);
	free(k1);
	free(xml);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bare_refusal_keeps_nothing_of_a_success),
		TEST(set_smscode_enrollment_keeps_the_code_and_enroll_goes_on),
		TEST(enroll_is_done_whichever_of_its_answers_says_so_and_the_next_call_does_step_ms),
		TEST(enroll_with_phone_number_goes_on_though_the_number_is_not_synchronised),
		TEST(modify_phone_number_tells_of_a_change_that_was_made),
		TEST(a_removal_keeps_the_device_until_the_next_call_has_asked_for_it),
		TEST(a_device_that_is_still_there_is_asked_for_once),
		TEST(a_device_that_the_removal_calls_gone_is_gone),
		TEST(a_new_pin_is_set_whatever_became_of_the_synchronisation),
		TEST(an_old_pin_does_step_ms_before_it_is_changed_and_a_code_cannot),
		TEST(an_otp_is_not_told_and_its_keys_are_kept),
	};

	return cmocka_run_group_tests(tests, conversation_load, conversation_unload);
}
