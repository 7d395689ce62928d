/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* libpims and pimsd with tokens that are bound to a key (RFC 9449), over real sockets. */

#define TOKEN "pims.authentication.token"
#define PHONE "pims.authentication.trustedphonenumber"
#define GET_CVS "{\"type\":\"cvs\",\"action\":\"get\"}"
#define REFRESH_CVS "{\"type\":\"cvs\",\"action\":\"refresh\"}"

struct world {
	struct sandbox sandbox;
	struct app app;
};

static struct world world;

static int begin(const char *const *arguments, const char *mode)
{
	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, arguments);
	app_start(&world.app, &world.sandbox, NULL);
	if (mode)
		app_configure(&world.app, NULL, "dpop", mode);
	app_initialize(&world.app);
	app_login(&world.app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_assert_succeeded(&world.app);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return begin(NULL, "all");
}

static int setup_nonce(void **state)
{
	static const char *const arguments[] = {"--dpop-nonce", NULL};

	(void)state;
	return begin(arguments, "all");
}

/* libpims as it is by default. */
static int setup_required(void **state)
{
	static const char *const arguments[] = {"--dpop-required", NULL};

	(void)state;
	return begin(arguments, NULL);
}

static int setup_refresh(void **state)
{
	(void)state;
	return begin(NULL, "refresh");
}

static int setup_default(void **state)
{
	(void)state;
	return begin(NULL, NULL);
}

static int setup_never(void **state)
{
	(void)state;
	return begin(NULL, "never");
}

static int teardown(void **state)
{
	(void)state;
	app_remove(&world.app);
	sandbox_stop(&world.sandbox);
	sandbox_remove(&world.sandbox);
	return 0;
}

/* GET /v1/account by another program; its status. */
static long account(const char *scheme, const char *token, const char *proof)
{
	char url[128], authorization[512], line[4096];
	const char *const headers[] = {authorization, proof && *proof ? line : NULL, NULL};
	struct web_answer answer;
	long status;

	(void)snprintf(url, sizeof url, "%s/v1/account", world.sandbox.url);
	(void)snprintf(authorization, sizeof authorization, "Authorization: %s %s", scheme, token);
	(void)snprintf(line, sizeof line, "DPoP: %s", proof ? proof : "");
	web_call("GET", url, headers, NULL, &answer);
	status = answer.status;
	web_free(&answer);
	return status;
}

static const char *optional(const char *name)
{
	const char *text = json_text(json_object_get(world.app.message, "result"), name);

	return text ? text : "";
}

static void get_token_for_account(void)
{
	char parameters[256];

	(void)snprintf(parameters, sizeof parameters, "{\"type\":\"cvs\",\"action\":\"get\",\"htm\":\"GET\",\"htu\":\"%s/v1/account\"}",
		       world.sandbox.url);
	app_call(&world.app, "get", TOKEN, parameters);
	app_assert_succeeded(&world.app);
}

static void calls_work(void)
{
	app_call(&world.app, "get", PHONE, NULL);
	app_assert_succeeded(&world.app);
	app_call(&world.app, "get", TOKEN, REFRESH_CVS);
	app_assert_succeeded(&world.app);
	app_call(&world.app, "get", PHONE, NULL);
	app_assert_succeeded(&world.app);
}

static void everything_works_with_bound_tokens_and_after_a_restart_of_both(void **state)
{
	(void)state;
	calls_work();
	app_reopen(&world.app);
	calls_work();
	sandbox_stop(&world.sandbox);
	sandbox_restart(&world.sandbox);
	calls_work();
	app_call(&world.app, "get", TOKEN, "{\"type\":\"customerAt\",\"action\":\"get\",\"htu\":\"https://customer.example/\"}");
	assert_string_equal(optional("tokenType"), "DPoP");
	app_enrol(&world.app, &world.sandbox, "4739");
	app_call(&world.app, "get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"4739\"}");
	app_assert_succeeded(&world.app);
	app_call(&world.app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	app_assert_succeeded(&world.app);
}

static void a_bound_token_opens_nothing_without_its_proof_and_with_it_once(void **state)
{
	(void)state;
	get_token_for_account();
	assert_string_equal(optional("tokenType"), "DPoP");
	assert_int_equal(account("Bearer", app_result(&world.app, "token"), NULL), 401);
	assert_int_equal(account("DPoP", app_result(&world.app, "token"), NULL), 401);
	assert_int_equal(account("DPoP", app_result(&world.app, "token"), app_result(&world.app, "dpop")), 200);
	assert_int_equal(account("DPoP", app_result(&world.app, "token"), app_result(&world.app, "dpop")), 401);
}

static int setup_scope(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, NULL);
	app_start(&world.app, &world.sandbox, NULL);
	app_configure(&world.app, NULL, "scope", "openid pims.account");
	app_initialize(&world.app);
	app_login(&world.app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_assert_succeeded(&world.app);
	return 0;
}

static void an_application_sees_its_scope_and_what_is_beyond_it(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* as it was told, and as it is kept */
		get_token_for_account();
		assert_string_equal(app_result(&world.app, "scope"), "openid pims.account");
		assert_int_equal(account("DPoP", app_result(&world.app, "token"), app_result(&world.app, "dpop")), 200);
		app_call(&world.app, "get", PHONE, NULL);
		app_assert_failed(&world.app, 2204, "Server Error", "oauth.insufficient_scope");
		app_reopen(&world.app);
	}
}

static void a_server_that_always_wants_nonces_is_served(void **state)
{
	(void)state;
	calls_work();
	app_reopen(&world.app); /* nonces are in memory only */
	calls_work();
}

static void tokens_are_bound_but_for_those_that_other_programs_get(void **state)
{
	(void)state;
	calls_work();
	get_token_for_account();
	assert_string_equal(optional("tokenType"), "DPoP");
	assert_int_equal(account("Bearer", app_result(&world.app, "token"), NULL), 401);
	assert_int_equal(account("DPoP", app_result(&world.app, "token"), app_result(&world.app, "dpop")), 200);
	app_call(&world.app, "get", TOKEN, "{\"type\":\"customerAt\",\"action\":\"get\",\"htu\":\"https://customer.example/\"}");
	assert_string_equal(optional("tokenType"), "");
}

static void a_server_that_binds_everything_is_served_and_takes_no_bearer(void **state)
{
	(void)state;
	calls_work();
	get_token_for_account();
	assert_string_equal(optional("tokenType"), "DPoP");
	assert_int_equal(account("Bearer", app_result(&world.app, "token"), NULL), 401);
	assert_int_equal(account("DPoP", app_result(&world.app, "token"), app_result(&world.app, "dpop")), 200);
	/* asked for as one for other programs, and bound all the same */
	app_call(&world.app, "get", TOKEN, "{\"type\":\"customerAt\",\"action\":\"get\",\"htu\":\"https://customer.example/\"}");
	app_assert_succeeded(&world.app);
	assert_string_equal(optional("tokenType"), "DPoP");
	app_enrol(&world.app, &world.sandbox, "4739");
	app_call(&world.app, "get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"4739\"}");
	app_assert_succeeded(&world.app);
}

static void an_application_that_hands_its_tokens_out_binds_refresh_tokens_alone(void **state)
{
	(void)state;
	calls_work();
	get_token_for_account();
	assert_string_equal(optional("tokenType"), "");
	assert_string_equal(optional("dpop"), "");
	assert_int_equal(account("Bearer", app_result(&world.app, "token"), NULL), 200);
}

static void an_application_that_wants_none_of_it_gets_what_it_always_got(void **state)
{
	(void)state;
	calls_work();
	app_call(&world.app, "get", TOKEN, GET_CVS);
	assert_string_equal(optional("tokenType"), "");
	assert_int_equal(account("Bearer", app_result(&world.app, "token"), NULL), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_works_with_bound_tokens_and_after_a_restart_of_both, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bound_token_opens_nothing_without_its_proof_and_with_it_once, setup, teardown),
		cmocka_unit_test_setup_teardown(an_application_sees_its_scope_and_what_is_beyond_it, setup_scope, teardown),
		cmocka_unit_test_setup_teardown(a_server_that_always_wants_nonces_is_served, setup_nonce, teardown),
		cmocka_unit_test_setup_teardown(a_server_that_binds_everything_is_served_and_takes_no_bearer, setup_required, teardown),
		cmocka_unit_test_setup_teardown(tokens_are_bound_but_for_those_that_other_programs_get, setup_default, teardown),
		cmocka_unit_test_setup_teardown(an_application_that_hands_its_tokens_out_binds_refresh_tokens_alone, setup_refresh, teardown),
		cmocka_unit_test_setup_teardown(an_application_that_wants_none_of_it_gets_what_it_always_got, setup_never, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
