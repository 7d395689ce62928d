/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include "base/text.h"
#include "flow_fixture.h"
#include "inwebo/client.h"
#include "strong/mac.h"
#include "strong/strong.h"

#include <string.h>

#define UPDATE "{\"oldPIN\":\"1234\",\"newPIN\":\"7391\"}"
#define RESET "{\"pinCode\":\"7391\",\"smsCode\":\"55512345\"}"
#define CHANGED "<?xml version=\"1.0\"?><ActionFinalize><err>OK</err></ActionFinalize>"

static char setup_xml[8192]; /* challenge and Kiw */

static int setup(void **state)
{
	static struct flow_fixture fixture;
	const char *kiw = strstr(answer(SETUP_ACTIVATE), "<Kiw>"), *end = strstr(kiw, "</Kiw>");

	snprintf(setup_xml, sizeof setup_xml, "<?xml version=\"1.0\"?><ActionSetup><err>OK</err><challenge>c0ffee</challenge>%.*s</Kiw></ActionSetup>",
		 (int)(end - kiw), kiw);
	flow_fixture_init(&fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	flow_fixture_free(*state);
	return 0;
}

static void enrol(struct flow_fixture *fixture)
{
	const struct canned script[] = {{"ActionSetup", PIMS_HTTP_OK, 200, XML, answer(SETUP_ACTIVATE)},
					{"ActionFinalize&mode=activate", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_ACTIVATE)},
					{"mode=ms", PIMS_HTTP_OK, 200, XML, answer(FINALIZE_MS)}, {0}};

	flow_fixture_run(fixture, strong_enroll, PIN_AND_CODE, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
}

static void assert_failed(const struct flow_fixture *fixture, int code, const char *cause)
{
	assert_int_equal(fixture->flow.outcome.code, code);
	assert_string_equal(fixture->flow.outcome.cause, cause);
}

static void equal_pins_are_told_without_the_network(void **state)
{
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	flow_fixture_run(fixture, strong_pin_update, "{\"oldPIN\":\"1234\",\"newPIN\":\"1234\"}", NULL);
	assert_failed(fixture, 2315, "inwebo.pin_reused");
	assert_int_equal(fixture->requests, 0);
}

static void a_device_that_is_not_enrolled_is_told_without_the_network(void **state)
{
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_pin_update, UPDATE, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	flow_fixture_run(fixture, strong_pin_reset, RESET, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	assert_int_equal(fixture->requests, 0);
}

static void a_pin_that_the_protocol_cannot_carry_is_refused_here(void **state)
{
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	flow_fixture_run(fixture, strong_pin_update, "{\"oldPIN\":\"1234\",\"newPIN\":\"739173917391739173917391739173917\"}", NULL);
	assert_failed(fixture, 2102, "pin.policy");
	assert_string_equal(fixture->flow.outcome.name, "newPIN");
	assert_int_equal(fixture->requests, 0);
}

static void refusals_become_the_documented_codes(void **state)
{
	static const struct {
		const char *refusal;
		int code;
		const char *cause, *name;
	} words[] = {
		{"<err>NOK:ACCESS</err><cause>inwebo.pin</cause><remaining>3</remaining>", 2308, "inwebo.pin", "newPIN"},
		{"<err>NOK:BLOCKED</err>", 2310, "inwebo.blocked", "newPIN"},
		{"<err>NOK:PINREUSED</err>", 2315, "inwebo.pin_reused", "newPIN"},
		{"<err>NOK:PINREFUSED</err><cause>pin.policy</cause>", 2102, "pin.policy", "newPIN"},
	};
	struct flow_fixture *fixture = *state;
	char xml[256];

	enrol(fixture);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct canned script[] = {{"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, setup_xml},
						{"ActionFinalize&mode=password", PIMS_HTTP_OK, 200, XML, xml}, {0}};

		snprintf(xml, sizeof xml, "<?xml version=\"1.0\"?><ActionFinalize>%s</ActionFinalize>", words[i].refusal);
		flow_fixture_run(fixture, strong_pin_update, UPDATE, script);
		assert_failed(fixture, words[i].code, words[i].cause);
		assert_string_equal(fixture->flow.outcome.name, words[i].name);
		assert_int_equal(fixture->requests, 2);
	}
}

static void a_policy_names_the_parameter_of_its_call(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned refused[] = {
		{"ActionSetup&mode=reset", PIMS_HTTP_OK, 200, XML, setup_xml},
		{"ActionFinalize&mode=reset", PIMS_HTTP_OK, 200, XML, "<?xml version=\"1.0\"?><ActionFinalize><err>NOK:PINREFUSED</err></ActionFinalize>"}, {0}};
	const struct canned wrong[] = {{"ActionSetup&mode=reset", PIMS_HTTP_OK, 200, XML, NOK("Setup", "CODE")}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_pin_reset, RESET, refused);
	assert_failed(fixture, 2102, "inwebo.pin_refused");
	assert_string_equal(fixture->flow.outcome.name, "pinCode");
	flow_fixture_run(fixture, strong_pin_reset, RESET, wrong);
	assert_failed(fixture, 2305, "inwebo.code");
}

static void a_removed_device_is_remembered_as_gone(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, NOK("Setup", "NODEVICE")}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_pin_update, UPDATE, script);
	assert_failed(fixture, 2312, "inwebo.no_device");
	assert_int_equal(fixture->saves, 1);
	assert_int_equal(fixture->device.phase, IW_REMOVED);
}

static void a_used_challenge_is_asked_for_again_once(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned good[] = {{"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, setup_xml},
				      {"ActionFinalize&mode=password", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "STATE")},
				      {"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, setup_xml},
				      {"ActionFinalize&mode=password", PIMS_HTTP_OK, 200, XML, CHANGED}, {0}};
	const struct canned bad[] = {{"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, setup_xml},
				     {"ActionFinalize&mode=password", PIMS_HTTP_OK, 200, XML, NOK("Finalize", "STATE")},
				     {"ActionSetup&mode=password", PIMS_HTTP_OK, 200, XML, NOK("Setup", "STATE")}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_pin_update, UPDATE, good);
	assert_int_equal(fixture->flow.outcome.code, 0);
	flow_fixture_run(fixture, strong_pin_update, UPDATE, bad);
	assert_failed(fixture, 2311, "inwebo.state");
}

static void update_and_reset_need_no_save_before_the_answer(void **state)
{
	struct flow_fixture *fixture = *state;
	const struct canned update[] = {{"ActionSetup&mode=password&id=", PIMS_HTTP_OK, 200, XML, setup_xml},
					{"ActionFinalize&mode=password&id=", PIMS_HTTP_OK, 200, XML, CHANGED}, {0}};
	const struct canned reset[] = {{"ActionSetup&mode=reset&id=", PIMS_HTTP_OK, 200, XML, setup_xml},
				       {"ActionFinalize&mode=reset&id=", PIMS_HTTP_OK, 200, XML, CHANGED}, {0}};

	enrol(fixture);
	flow_fixture_run(fixture, strong_pin_update, UPDATE, update);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_null(fixture->flow.outcome.result);
	assert_int_equal(fixture->saves, 1);
	assert_null(strstr(fixture->urls[1], "7391&"));
	flow_fixture_run(fixture, strong_pin_reset, RESET, reset);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_non_null(strstr(fixture->urls[0], "&code=55512345"));
	assert_string_equal(secret_text(&fixture->device.k1), "c97e94b4f9391b9be5361739f904d990");
}

/* --- proofs for others: what set smscode modifyPhoneNumber sends ------------------------------------------------------------------- */

static json_t *proof;

static enum flow_want keep_proof(struct flow *flow)
{
	proof = mac_device_json(flow);
	return flow_succeed(flow, NULL);
}

static enum flow_want prove_locked(struct flow *flow)
{
	return mac_prove_device(flow, keep_proof);
}

static enum flow_want prove(struct flow *flow)
{
	return mac_begin(flow) ? flow_wait(flow, FLOW_LOCK, prove_locked) : FLOW_DONE;
}

static void a_device_proves_itself_without_the_pin(void **state)
{
	static const char status[] = "<?xml version=\"1.0\"?><ActionSetup><err>OK</err><challenge>c0ffee</challenge></ActionSetup>";
	struct flow_fixture *fixture = *state;
	const struct canned script[] = {{"ActionSetup&mode=status&id=", PIMS_HTTP_OK, 200, XML, status}, {0}};
	const struct canned gone[] = {{"ActionSetup&mode=status", PIMS_HTTP_OK, 200, XML, NOK("Setup", "NODEVICE")}, {0}};
	struct iw_proofs expected;

	flow_fixture_run(fixture, prove, NULL, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	enrol(fixture);
	flow_fixture_run(fixture, prove, NULL, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(iw_client_prove(&fixture->device, &expected), 0);
	assert_string_equal(json_text(proof, "id"), fixture->device.id);
	assert_string_equal(json_text(proof, "R0"), expected.r0);
	assert_string_equal(json_text(proof, "R1"), expected.r1);
	assert_string_equal(json_text(proof, "R2"), expected.r2);
	json_decref(proof);
	flow_fixture_run(fixture, prove, NULL, gone);
	assert_failed(fixture, 2312, "inwebo.no_device");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(equal_pins_are_told_without_the_network),
		TEST(a_device_that_is_not_enrolled_is_told_without_the_network),
		TEST(a_pin_that_the_protocol_cannot_carry_is_refused_here),
		TEST(refusals_become_the_documented_codes),
		TEST(a_policy_names_the_parameter_of_its_call),
		TEST(a_removed_device_is_remembered_as_gone),
		TEST(a_used_challenge_is_asked_for_again_once),
		TEST(update_and_reset_need_no_save_before_the_answer),
		TEST(a_device_proves_itself_without_the_pin),
	};

	return cmocka_run_group_tests(tests, conversation_load, conversation_unload);
}
