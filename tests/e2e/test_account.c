/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/json.h"
#include "base/url.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Accounts made and changed by libpims on pimsd's own pages, and the token for the customer API. */

#define USER "pims.authentication.user"
#define TOKEN "pims.authentication.token"
#define USERNAME "{\"actionType\":\"basic\",\"type\":\"username\"}"
#define NEW "new@example.com"

struct world {
	struct sandbox sandbox;
	struct app app;
};

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, NULL);
	app_start(&world.app, &world.sandbox, NULL);
	app_initialize(&world.app);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	app_remove(&world->app);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	return 0;
}

/* Sends a form to the page that the agent was given. */
static void post(const struct app *app, const char *form, struct web_answer *ret_answer)
{
	static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};

	web_call("POST", app->agent_url, headers, form, ret_answer);
}

static void mail_code(const struct sandbox *sandbox, char *ret_code, size_t size)
{
	struct web_answer answer;
	json_t *object = NULL, *messages;
	char url[128];

	snprintf(url, sizeof url, "%s/sandbox/mail", sandbox->url);
	web_call("GET", url, NULL, NULL, &answer);
	assert_int_equal(json_parse_object(answer.body, answer.length, answer.length, &object), 0);
	messages = json_object_get(object, "messages");
	assert_true(json_array_size(messages) > 0);
	snprintf(ret_code, size, "%s", json_text(json_array_get(messages, json_array_size(messages) - 1), "code"));
	json_decref(object);
	web_free(&answer);
}

/* The second page: the code of the e-mail. */
static void confirm(const struct world *world, const struct web_answer *page, struct web_answer *ret_answer)
{
	const char *at = strstr(page->body, "name=\"ticket\" value=\"");
	char form[256], code[16];

	assert_non_null(at);
	mail_code(&world->sandbox, code, sizeof code);
	snprintf(form, sizeof form, "ticket=%.64s&code=%s", at + strlen("name=\"ticket\" value=\""), code);
	post(&world->app, form, ret_answer);
}

static void cancelled_pages_answer_2368(void **state)
{
	static const char *const actions[] = {"createAccount", "updateLogin", "updatePassword"};
	struct world *world = *state;
	struct web_answer answer;
	char parameters[128];

	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		snprintf(parameters, sizeof parameters, "{\"action\":\"%s\",\"local\":\"it\"}", actions[i]);
		app_visit(&world->app, parameters);
		web_call("GET", world->app.agent_url, NULL, NULL, &answer);
		assert_int_equal(answer.status, 200);
		assert_non_null(strstr(answer.body, "<html lang=\"it\">"));
		web_free(&answer);
		post(&world->app, "cancel=1", &answer);
		app_return(&world->app, &answer);
		app_assert_failed(&world->app, 2368, "WebView canceled", "agent.canceled");
	}
}

static void an_account_is_made_and_signs_in(void **state)
{
	struct world *world = *state;
	struct web_answer page, answer;

	app_visit(&world->app, "{\"action\":\"createAccount\"}");
	post(&world->app, "username=new%40example.com&password=a-new-password&password2=a-new-password", &page);
	assert_int_equal(page.status, 200);
	confirm(world, &page, &answer);
	web_free(&page);
	app_return(&world->app, &answer);
	app_assert_succeeded(&world->app);
	app_login(&world->app, NEW, "a-new-password");
	app_assert_succeeded(&world->app);
	app_call(&world->app, "get", "pims.authentication.account", USERNAME);
	assert_string_equal(app_result(&world->app, "username"), NEW);
}

static void a_new_address_is_told_as_the_user_name(void **state)
{
	struct world *world = *state;
	struct web_answer page, answer;

	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_visit(&world->app, "{\"action\":\"updateLogin\"}");
	post(&world->app, "username=demo%40example.com&password=demo-password&email=new%40example.com", &page);
	assert_int_equal(page.status, 200);
	confirm(world, &page, &answer);
	web_free(&page);
	app_return(&world->app, &answer);
	app_assert_succeeded(&world->app);
	app_call(&world->app, "get", "pims.authentication.account", USERNAME);
	assert_string_equal(app_result(&world->app, "username"), NEW);
}

static void a_new_password_keeps_this_session(void **state)
{
	struct world *world = *state;
	struct web_answer answer;

	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_visit(&world->app, "{\"action\":\"updatePassword\"}");
	post(&world->app,
	     "username=demo%40example.com&password=demo-password&new_password=a-new-password&new_password2=a-new-password", &answer);
	app_return(&world->app, &answer);
	app_assert_succeeded(&world->app);
	app_call(&world->app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"refresh\"}");
	app_assert_succeeded(&world->app);
	app_login(&world->app, SANDBOX_EMAIL, "a-new-password");
	app_assert_succeeded(&world->app);
}

static void the_customer_token_is_another_one(void **state)
{
	struct world *world = *state;
	char cvs[256], customer[256];

	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_call(&world->app, "get", TOKEN, "{\"type\":\"cvs\",\"action\":\"get\"}");
	snprintf(cvs, sizeof cvs, "%s", app_result(&world->app, "token"));
	app_call(&world->app, "get", TOKEN, "{\"type\":\"customerAt\",\"action\":\"get\"}");
	app_assert_succeeded(&world->app);
	assert_string_equal(app_result(&world->app, "type"), "customerAt");
	snprintf(customer, sizeof customer, "%s", app_result(&world->app, "token"));
	assert_string_not_equal(customer, cvs);
	app_reopen(&world->app);
	app_call(&world->app, "get", TOKEN, "{\"type\":\"customerAt\",\"action\":\"get\"}");
	assert_string_equal(app_result(&world->app, "token"), customer);
	app_call(&world->app, "get", TOKEN, "{\"type\":\"customerAt\",\"action\":\"refresh\"}");
	assert_string_not_equal(app_result(&world->app, "token"), customer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cancelled_pages_answer_2368),
		TEST(an_account_is_made_and_signs_in),
		TEST(a_new_address_is_told_as_the_user_name),
		TEST(a_new_password_keeps_this_session),
		TEST(the_customer_token_is_another_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
