/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* libpims at a pimsd that takes pushed requests only (RFC 9126), over real sockets. */

#define TOKEN "pims.authentication.token"
#define PHONE "pims.authentication.trustedphonenumber"

struct world {
	struct sandbox sandbox;
	struct app app;
};

static struct world world;

static int setup(void **state)
{
	static const char *const arguments[] = {"--par-required", NULL};

	(void)state;
	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, arguments);
	app_start(&world.app, &world.sandbox, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	app_remove(&world.app);
	sandbox_stop(&world.sandbox);
	sandbox_remove(&world.sandbox);
	return 0;
}

static void sign_in_and_work(void)
{
	struct web_answer answer;

	app_visit(&world.app, "{\"action\":\"login\"}");
	assert_non_null(strstr(world.app.agent_url, "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A"));
	assert_null(strstr(world.app.agent_url, "redirect_uri"));
	assert_null(strstr(world.app.agent_url, "code_challenge"));
	web_sign_in(world.app.agent_url, SANDBOX_EMAIL, SANDBOX_PASSWORD, &answer);
	app_return(&world.app, &answer);
	app_assert_succeeded(&world.app);
	app_call(&world.app, "get", PHONE, NULL);
	app_assert_succeeded(&world.app);
	app_call(&world.app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	app_assert_succeeded(&world.app);
	app_call(&world.app, "get", PHONE, NULL);
	app_assert_succeeded(&world.app);
}

static void a_public_client_signs_in_by_a_reference(void **state)
{
	(void)state;
	app_initialize(&world.app);
	sign_in_and_work();
	app_call(&world.app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	app_assert_succeeded(&world.app);
	sign_in_and_work();
}

static void a_confidential_client_signs_in_by_a_reference(void **state)
{
	(void)state;
	app_configure(&world.app, "credential", "clientID", "demo");
	app_configure(&world.app, "credential", "clientSecret", "demo");
	app_initialize(&world.app);
	sign_in_and_work();
}

static void tokens_that_are_bound_are_had_by_a_reference_too(void **state)
{
	(void)state;
	app_configure(&world.app, NULL, "dpop", "all");
	app_initialize(&world.app);
	sign_in_and_work();
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_public_client_signs_in_by_a_reference),
		T(a_confidential_client_signs_in_by_a_reference),
		T(tokens_that_are_bound_are_had_by_a_reference_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
