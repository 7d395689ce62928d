/* SPDX-License-Identifier: Apache-2.0 */
#include "conversation.h"

#include "base/text.h"
#include "flow_fixture.h"
#include "inwebo/client.h"
#include "strong/strong.h"

#include <pims/error.h>

#include <string.h>

#define JSON "application/json"
#define DEVICES "http://127.0.0.1:1/v1/devices"
#define REMOVE "http://127.0.0.1:1/v1/devices/remove"

static int setup(void **state)
{
	static struct flow_fixture fixture;

	flow_fixture_init(&fixture);
	assert_int_equal(text_set(&fixture.profile.endpoints.devices, DEVICES), 0);
	assert_int_equal(text_set(&fixture.profile.endpoints.devices_remove, REMOVE), 0);
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
	assert_string_equal(fixture->device.id, "1724543672");
}

static void assert_failed(const struct flow_fixture *fixture, int code, const char *cause)
{
	assert_int_equal(fixture->flow.outcome.code, code);
	assert_string_equal(fixture->flow.outcome.cause, cause);
}

static const flow_step_fn firsts[] = {strong_remove, strong_device_remove, strong_devices};
enum { FIRSTS = sizeof firsts / sizeof *firsts };

static void a_backend_without_these_calls_is_told(void **state)
{
	struct flow_fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.endpoints.devices, NULL), 0);
	assert_int_equal(text_set(&fixture->profile.endpoints.devices_remove, NULL), 0);
	for (size_t i = 0; i < FIRSTS; i++) {
		flow_fixture_run(fixture, firsts[i], "{\"id\":\"1\"}", NULL);
		assert_failed(fixture, 2344, "backend.no_endpoint");
	}
}

static void a_server_that_fails_leaves_the_device_as_it_is(void **state)
{
	static const struct canned script[] = {{"/v1/devices", PIMS_HTTP_OK, 500, NULL, NULL}, {0}};
	static const struct canned silent[] = {{"/v1/devices", PIMS_HTTP_TIMEOUT, 0, NULL, NULL}, {0}};
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	for (size_t i = 0; i < FIRSTS; i++) {
		flow_fixture_run(fixture, firsts[i], "{\"id\":\"1724543672\"}", script);
		assert_failed(fixture, 2204, "server.error");
		flow_fixture_run(fixture, firsts[i], "{\"id\":\"1724543672\"}", silent);
		assert_failed(fixture, 2201, "network.timeout");
		assert_int_equal(fixture->saves, 0);
		assert_true(iw_client_usable(&fixture->device));
	}
}

static void a_list_that_is_none_is_a_server_error(void **state)
{
	static const char *const bodies[] = {"{}", "{\"devices\":{}}", "{\"devices\":[1]}", "{\"devices\":[{\"name\":\"x\"}]}", "[]", ""};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		const struct canned script[] = {{DEVICES, PIMS_HTTP_OK, 200, JSON, bodies[i]}, {0}};

		flow_fixture_run(fixture, strong_devices, NULL, script);
		assert_failed(fixture, 2204, "server.format");
	}
}

static void the_list_tells_which_device_is_this_one(void **state)
{
	static const struct canned script[] = {
		{DEVICES, PIMS_HTTP_OK, 200, JSON,
		 "{\"limit\":5,\"devices\":[{\"id\":\"7\",\"name\":\"old phone\",\"platform\":\"Android\",\"created\":\"2026-01-01T00:00:00Z\",\"lastUsed\":\"2026-02-01T00:00:00Z\",\"more\":1},"
		 "{\"id\":\"1724543672\",\"name\":\"host\",\"platform\":\"\",\"created\":\"2026-01-02T00:00:00Z\",\"lastUsed\":\"2026-02-02T00:00:00Z\"}]}"},
		{0}};
	struct flow_fixture *fixture = *state;
	const json_t *devices, *result;

	enrol(fixture);
	flow_fixture_run(fixture, strong_devices, NULL, script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	result = fixture->flow.outcome.result;
	devices = json_object_get(result, "devices");
	assert_int_equal(json_int(result, "limit", 0), 5);
	assert_int_equal(json_array_size(devices), 2);
	assert_string_equal(json_text(json_array_get(devices, 0), "name"), "old phone");
	assert_string_equal(json_text(json_array_get(devices, 0), "lastUsed"), "2026-02-01T00:00:00Z");
	assert_true(json_is_false(json_object_get(json_array_get(devices, 0), "thisDevice")));
	assert_true(json_is_true(json_object_get(json_array_get(devices, 1), "thisDevice")));
	assert_null(json_object_get(json_array_get(devices, 0), "more"));
}

static void removing_another_device_leaves_this_one(void **state)
{
	static const struct canned script[] = {{REMOVE, PIMS_HTTP_OK, 200, JSON, "{\"removed\":1}"}, {0}};
	struct flow_fixture *fixture = *state;

	enrol(fixture);
	flow_fixture_run(fixture, strong_device_remove, "{\"id\":\"7\"}", script);
	assert_int_equal(fixture->flow.outcome.code, 0);
	assert_string_equal(fixture->body, "{\"id\":\"7\"}");
	assert_true(fixture->bearer);
	assert_int_equal(fixture->saves, 0);
	assert_true(iw_client_usable(&fixture->device));
}

static void removing_this_device_or_all_forgets_its_keys_and_keeps_its_identity(void **state)
{
	static const struct canned script[] = {{REMOVE, PIMS_HTTP_OK, 200, JSON, "{\"removed\":1}"}, {0}};
	static const char *const parameters[] = {"{\"id\":\"1724543672\"}", "{}"};
	static const char *const bodies[] = {"{\"id\":\"1724543672\"}", "{\"all\":true}"};
	struct flow_fixture *fixture = *state;

	for (size_t i = 0; i < 2; i++) {
		enrol(fixture);
		flow_fixture_run(fixture, i ? strong_remove : strong_device_remove, parameters[i], script);
		assert_int_equal(fixture->flow.outcome.code, 0);
		assert_null(fixture->flow.outcome.result);
		assert_string_equal(fixture->body, bodies[i]);
		assert_int_equal(fixture->saves, 1);
		assert_int_equal(fixture->device.phase, IW_NONE);
		assert_true(secret_empty(&fixture->device.k1));
		assert_string_equal(fixture->device.device_id, "0011223344556677");
		assert_int_equal(text_copy(fixture->device.alea, sizeof fixture->device.alea, "00112233445566778899aabbccddeeff"), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backend_without_these_calls_is_told),
		TEST(a_server_that_fails_leaves_the_device_as_it_is),
		TEST(a_list_that_is_none_is_a_server_error),
		TEST(the_list_tells_which_device_is_this_one),
		TEST(removing_another_device_leaves_this_one),
		TEST(removing_this_device_or_all_forgets_its_keys_and_keeps_its_identity),
	};

	return cmocka_run_group_tests(tests, conversation_load, conversation_unload);
}
