/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "flow_fixture.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define JSON "application/json"
#define PROBLEM "application/problem+json"
#define GIVEN "{\"phoneNumber\":\"0612345678\",\"smsCode\":\"12345678\",\"pinCode\":\"2580\"}"

static int setup(void **state)
{
	static struct flow_fixture fixture;

	flow_fixture_init(&fixture);
	memcpy(fixture.profile.country, "FR", 3);
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

/* A device that can prove itself. */
static void enrol(struct flow_fixture *fixture)
{
	struct iw_device *device = &fixture->device;

	device->phase = IW_ACTIVE;
	memcpy(device->device_id, "00112233445566778899aabbccddeeff", 33);
	memcpy(device->alea, "ffeeddccbbaa99887766554433221100", 33);
	memcpy(device->id, "123", 4);
	memcpy(device->tsync, "0", 2);
	assert_int_equal(text_copy(device->macid, sizeof device->macid, fixture->profile.macid), 0);
	assert_int_equal(secret_set(&device->k0, "00000000000000000000000000000000"), 0);
	assert_int_equal(secret_set(&device->k1, "11111111111111111111111111111111"), 0);
}

static const flow_step_fn firsts[] = {strong_sms_certify_phone, strong_add_phone, strong_modify_phone, strong_enroll_with_phone};
enum { FIRSTS = sizeof firsts / sizeof *firsts };

static void an_impossible_number_reaches_no_network(void **state)
{
	static const char *const bad[] = {"06", "+33 6 12 34 56", "0033612", "+999612345678", "07123456789"};
	struct flow_fixture *fixture = *state;
	char parameters[128];

	enrol(fixture);
	for (size_t i = 0; i < FIRSTS; i++)
		for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
			snprintf(parameters, sizeof parameters, "{\"phoneNumber\":\"%s\",\"smsCode\":\"12345678\",\"pinCode\":\"2580\"}", bad[b]);
			flow_fixture_run(fixture, firsts[i], parameters, NULL);
			assert_failed(fixture, 2102, "phone.invalid");
			assert_string_equal(fixture->flow.outcome.name, "phoneNumber");
			assert_int_equal(fixture->requests, 0);
		}
}

static void a_backend_without_the_endpoint_is_told_and_not_asked(void **state)
{
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	assert_int_equal(text_set(&fixture->profile.endpoints.phone, NULL), 0);
	assert_int_equal(text_set(&fixture->profile.endpoints.sms_purpose, NULL), 0);
	for (size_t i = 0; i < FIRSTS; i++) {
		flow_fixture_run(fixture, firsts[i], GIVEN, NULL);
		assert_failed(fixture, 2344, "backend.no_endpoint");
		assert_int_equal(fixture->requests, 0);
	}
}

static void without_a_macid_only_the_sms_can_be_asked_for(void **state)
{
	struct flow_fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.macid, NULL), 0);
	for (size_t i = 1; i < FIRSTS; i++) {
		flow_fixture_run(fixture, firsts[i], GIVEN, NULL);
		assert_failed(fixture, 2344, "configuration.credential.macID");
	}
}

static void refusals_of_the_server_become_the_documented_codes(void **state)
{
	static const struct {
		struct canned canned;
		int code;
		const char *cause;
	} refusals[] = {
		{{"/v1/phone", PIMS_HTTP_OK, 400, PROBLEM, "{\"cause\":\"phone.invalid\"}"}, 2102, "phone.invalid"},
		{{"/v1/phone", PIMS_HTTP_OK, 400, PROBLEM, "{\"cause\":\"request.invalid\"}"}, 2204, "request.invalid"},
		{{"/v1/phone", PIMS_HTTP_OK, 403, PROBLEM, "{\"cause\":\"sms.code\",\"remaining\":3}"}, 2305, "sms.code"},
		{{"/v1/phone", PIMS_HTTP_OK, 403, PROBLEM, "{\"cause\":\"sms.expired\"}"}, 2306, "sms.expired"},
		{{"/v1/phone", PIMS_HTTP_OK, 429, PROBLEM, "{\"cause\":\"sms.too_many_attempts\",\"retryAfter\":77}"}, 2204, "sms.too_many_attempts"},
		{{"/v1/phone", PIMS_HTTP_OK, 409, PROBLEM, "{\"cause\":\"phone.exists\"}"}, 2390, "phone.exists"},
		{{"/v1/phone", PIMS_HTTP_OK, 500, PROBLEM, "{\"cause\":\"phone.exists\"}"}, 2204, "phone.exists"},
		{{"/v1/phone", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, 2201, "network.timeout"},
		{{"/v1/phone", PIMS_HTTP_NETWORK, 0, NULL, NULL}, 2202, "network.unreachable"},
	};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct canned script[] = {refusals[i].canned, {0}};

		flow_fixture_run(fixture, strong_add_phone, GIVEN, script);
		assert_failed(fixture, refusals[i].code, refusals[i].cause);
		flow_fixture_run(fixture, strong_enroll_with_phone, GIVEN, script);
		assert_failed(fixture, refusals[i].code, refusals[i].cause);
		assert_int_equal(fixture->requests, 1); /* nothing was activated */
		if (refusals[i].code == 2305)
			assert_int_equal(fixture->flow.outcome.remaining, 3);
		if (refusals[i].canned.status == 429)
			assert_int_equal(fixture->flow.outcome.retry_after, 77);
	}
}

static void a_certification_sms_goes_to_the_number_in_one_form(void **state)
{
	static const char *const forms[] = {"0612345678", "06 12 34 56 78", "+33612345678", "0033 6 12 34 56 78", "612345678"};
	static const struct canned script[] = {{"/v1/sms", PIMS_HTTP_OK, 202, JSON, "{\"retryAfter\":30,\"remaining\":4}"}, {0}};
	static const struct canned refused[] = {{"/v1/sms", PIMS_HTTP_OK, 400, PROBLEM, "{\"cause\":\"phone.invalid\"}"}, {0}};
	struct flow_fixture *fixture = *state;
	char parameters[64];

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		snprintf(parameters, sizeof parameters, "{\"phoneNumber\":\"%s\"}", forms[i]);
		flow_fixture_run(fixture, strong_sms_certify_phone, parameters, script);
		assert_int_equal(fixture->flow.outcome.code, 0);
		assert_null(fixture->flow.outcome.result);
		assert_string_equal(fixture->body, "{\"purpose\":\"phoneNumberCertification\",\"phoneNumber\":\"+33612345678\"}");
		assert_true(fixture->bearer);
	}
	flow_fixture_run(fixture, strong_sms_certify_phone, parameters, refused);
	assert_failed(fixture, 2102, "phone.invalid");
}

static void a_national_number_of_no_known_country_is_left_to_the_server(void **state)
{
	static const struct canned script[] = {{"/v1/phone", PIMS_HTTP_OK, 204, NULL, NULL}, {0}};
	struct flow_fixture *fixture = *state;

	fixture->profile.country[0] = '\0';
	flow_fixture_run(fixture, strong_add_phone, GIVEN, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_string_equal(fixture->body, "{\"action\":\"add\",\"phoneNumber\":\"0612345678\",\"smsCode\":\"12345678\"}");
	flow_fixture_run(fixture, strong_add_phone, "{\"phoneNumber\":\"+336\",\"smsCode\":\"12345678\"}", NULL);
	assert_failed(fixture, 2102, "phone.invalid");
}

static void adding_a_number_changes_nothing_here(void **state)
{
	static const struct canned script[] = {{"/v1/phone", PIMS_HTTP_OK, 204, NULL, NULL}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_add_phone, GIVEN, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_string_equal(fixture->body, "{\"action\":\"add\",\"phoneNumber\":\"+33612345678\",\"smsCode\":\"12345678\"}");
	assert_int_equal(fixture->saves, 0);
	assert_false(fixture->locked);
}

static void a_change_without_a_living_device_is_refused_here(void **state)
{
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_modify_phone, GIVEN, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	enrol(fixture);
	fixture->device.phase = IW_REMOVED;
	flow_fixture_run(fixture, strong_modify_phone, GIVEN, NULL);
	assert_failed(fixture, 2312, "inwebo.no_device");
	fixture->device.phase = IW_MS;
	flow_fixture_run(fixture, strong_modify_phone, GIVEN, NULL);
	assert_failed(fixture, 2316, "inwebo.synchro");
	enrol(fixture);
	memset(fixture->device.macid, '0', 32); /* of another application */
	flow_fixture_run(fixture, strong_modify_phone, GIVEN, NULL);
	assert_failed(fixture, 2317, "device.not_enrolled");
	assert_int_equal(fixture->requests, 0);
}

#define XML "text/xml"
#define CHALLENGED \
	"<?xml version=\"1.0\"?><ActionSetup><err>OK</err><challenge>0123456789abcdef0123456789abcdef</challenge></ActionSetup>"
#define GONE "<?xml version=\"1.0\"?><ActionSetup><err>NOK:NODEVICE</err></ActionSetup>"

static void a_change_carries_proofs_for_a_fresh_challenge(void **state)
{
	static const struct canned script[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, CHALLENGED}, {"/v1/phone", PIMS_HTTP_OK, 204, NULL, NULL}, {0}};
	static const struct canned refused[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, CHALLENGED},
						{"/v1/phone", PIMS_HTTP_OK, 403, PROBLEM, "{\"cause\":\"device.proof\"}"},
						{0}};
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	flow_fixture_run(fixture, strong_modify_phone, GIVEN, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_int_equal(fixture->requests, 2);
	assert_non_null(strstr(fixture->body, "{\"action\":\"modify\",\"phoneNumber\":\"+33612345678\",\"smsCode\":\"12345678\",\"device\":{\"id\":\"123\",\"R0\":\""));
	assert_null(strstr(fixture->body, "11111111")); /* a key */
	assert_true(fixture->bearer);
	flow_fixture_run(fixture, strong_modify_phone, GIVEN, refused);
	assert_failed(fixture, 2312, "device.proof");
}

static void a_device_that_the_server_lost_is_remembered_as_gone(void **state)
{
	static const struct canned script[] = {{"mode=status", PIMS_HTTP_OK, 200, XML, GONE}, {0}};
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	flow_fixture_run(fixture, strong_modify_phone, GIVEN, script);
	assert_failed(fixture, 2312, "inwebo.no_device");
	assert_int_equal(fixture->saves, 1);
	assert_int_equal(fixture->device.phase, IW_REMOVED);
}

static void enrolling_with_a_number_asks_for_the_code_to_activate_with(void **state)
{
	static const struct canned script[] = {{"/v1/phone", PIMS_HTTP_OK, 204, NULL, NULL}, {"/iwws/MAC?action=ActionSetup&mode=activate", PIMS_HTTP_NETWORK, 0, NULL, NULL}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_enroll_with_phone, GIVEN, script);
	assert_failed(fixture, 2202, "network.unreachable");
	assert_int_equal(fixture->requests, 2);
	assert_non_null(strstr(fixture->urls[1], "code=12345678"));
	assert_true(fixture->locked);
}

static void the_body_says_what_the_code_becomes(void **state)
{
	static const struct canned script[] = {{"/v1/phone", PIMS_HTTP_NETWORK, 0, NULL, NULL}, {0}};
	struct flow_fixture *fixture = *state;

	flow_fixture_run(fixture, strong_enroll_with_phone, GIVEN, script);
	assert_failed(fixture, 2202, "network.unreachable");
	assert_string_equal(fixture->body, "{\"action\":\"add\",\"phoneNumber\":\"+33612345678\",\"smsCode\":\"12345678\",\"enroll\":true}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_impossible_number_reaches_no_network, setup, teardown),
		cmocka_unit_test_setup_teardown(a_backend_without_the_endpoint_is_told_and_not_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_macid_only_the_sms_can_be_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_of_the_server_become_the_documented_codes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_certification_sms_goes_to_the_number_in_one_form, setup, teardown),
		cmocka_unit_test_setup_teardown(a_national_number_of_no_known_country_is_left_to_the_server, setup, teardown),
		cmocka_unit_test_setup_teardown(adding_a_number_changes_nothing_here, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_without_a_living_device_is_refused_here, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_carries_proofs_for_a_fresh_challenge, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_that_the_server_lost_is_remembered_as_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(enrolling_with_a_number_asks_for_the_code_to_activate_with, setup, teardown),
		cmocka_unit_test_setup_teardown(the_body_says_what_the_code_becomes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
