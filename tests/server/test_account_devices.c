/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DEVICES "/v1/devices"
#define REMOVE "/v1/devices/remove"

static struct endpoints server;
static char demo_token[64], eve_token[64];

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eve_token, sizeof eve_token);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void list(const char *token, struct reply *reply)
{
	call(&server, &(struct call){.path = DEVICES, .bearer = token}, reply);
}

static void remove_by(const char *token, const char *body, struct reply *reply)
{
	call(&server, &(struct call){.path = REMOVE, .bearer = token, .json = body}, reply);
}

static size_t count(const char *token)
{
	struct reply reply = {0};
	size_t devices;

	list(token, &reply);
	assert_int_equal(reply.status, 200);
	devices = json_array_size(json_object_get(reply.json, "devices"));
	reply_free(&reply);
	return devices;
}

/* The id of device `index` of the list. */
static void device_id(const char *token, size_t index, char *ret_id, size_t size)
{
	struct reply reply = {0};

	list(token, &reply);
	(void)snprintf(ret_id, size, "%s", json_text(json_array_get(json_object_get(reply.json, "devices"), index), "id"));
	reply_free(&reply);
	assert_true(strlen(ret_id) > 0);
}

static void without_a_token_nothing_is_told_or_removed(void **state)
{
	struct reply reply = {0};

	(void)state;
	list(NULL, &reply);
	assert_int_equal(reply.status, 401);
	remove_by("wrong", "{\"all\":true}", &reply);
	assert_int_equal(reply.status, 401);
	reply_free(&reply);
}

static void a_body_that_does_not_say_exactly_one_thing_removes_nothing(void **state)
{
	static const char *const bodies[] = {"", "[]", "{}", "{\"id\":7}", "{\"id\":\"\"}", "{\"id\":\"0\"}", "{\"id\":\"-1\"}", "{\"id\":\"7x\"}",
					     "{\"id\":\"99999999999999999999\"}", "{\"all\":false}", "{\"all\":\"true\"}", "{\"all\":true,\"oldest\":true}",
					     "{\"all\":true,\"id\":\"7\"}", "{\"id\":\"7\",\"id\":\"8\"}"};
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "one");
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		remove_by(demo_token, bodies[i], &reply);
		if (reply.status != 400)
			fail_msg("%ld for %s", reply.status, bodies[i]);
		assert_string_equal(reply_text(&reply, "cause"), "request.invalid");
	}
	reply_free(&reply);
	assert_int_equal(count(demo_token), 1);
}

static void nobody_sees_or_removes_another_accounts_device(void **state)
{
	struct reply reply = {0};
	char id[32], body[64];

	(void)state;
	device_id(demo_token, 0, id, sizeof id);
	assert_int_equal(count(eve_token), 0);
	(void)snprintf(body, sizeof body, "{\"id\":\"%s\"}", id);
	remove_by(eve_token, body, &reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(json_int(reply.json, "removed", -1), 0);
	remove_by(eve_token, "{\"all\":true}", &reply);
	assert_int_equal(json_int(reply.json, "removed", -1), 0);
	reply_free(&reply);
	assert_int_equal(count(demo_token), 1);
}

static void a_device_is_listed_with_its_times_and_the_limit(void **state)
{
	struct reply reply = {0};
	const json_t *device;

	(void)state;
	list(demo_token, &reply);
	assert_int_equal(json_int(reply.json, "limit", 0), server.server.settings.max_devices);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	device = json_array_get(json_object_get(reply.json, "devices"), 0);
	assert_non_null(json_text(device, "name"));
	assert_non_null(json_text(device, "platform"));
	assert_int_equal(strlen(json_text(device, "created")), strlen("2026-01-01T00:00:00Z"));
	assert_int_equal(strlen(json_text(device, "lastUsed")), strlen("2026-01-01T00:00:00Z"));
	assert_null(json_object_get(device, "keys"));
	reply_free(&reply);
}

static void one_the_oldest_and_all_can_be_removed(void **state)
{
	struct reply reply = {0};
	char first[32], second[32], left[32], body[64];

	(void)state;
	endpoints_advance(&server, 10);
	issue_otp(&server, DEMO_EMAIL, "two");
	endpoints_advance(&server, 10);
	issue_otp(&server, DEMO_EMAIL, "three");
	assert_int_equal(count(demo_token), 3);
	device_id(demo_token, 1, second, sizeof second);
	remove_by(demo_token, "{\"oldest\":true}", &reply);
	assert_int_equal(json_int(reply.json, "removed", 0), 1);
	device_id(demo_token, 0, first, sizeof first);
	assert_string_equal(first, second);
	(void)snprintf(body, sizeof body, "{\"id\":\"%s\"}", second);
	remove_by(demo_token, body, &reply);
	assert_int_equal(json_int(reply.json, "removed", 0), 1);
	remove_by(demo_token, body, &reply);
	assert_int_equal(json_int(reply.json, "removed", -1), 0);
	device_id(demo_token, 0, left, sizeof left);
	assert_string_not_equal(left, second);
	issue_otp(&server, DEMO_EMAIL, "four");
	remove_by(demo_token, "{\"all\":true}", &reply);
	assert_int_equal(json_int(reply.json, "removed", 0), 2);
	assert_int_equal(count(demo_token), 0);
	reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_token_nothing_is_told_or_removed),
		cmocka_unit_test(a_body_that_does_not_say_exactly_one_thing_removes_nothing),
		cmocka_unit_test(nobody_sees_or_removes_another_accounts_device),
		cmocka_unit_test(a_device_is_listed_with_its_times_and_the_limit),
		cmocka_unit_test(one_the_oldest_and_all_can_be_removed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
