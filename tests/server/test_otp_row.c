/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "server/account/otp.h"
#include "server/oidc/sign_in.h"
#include "server/web/own.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What services and the account itself are told when too many wrong one-time passwords were tried in a row. */

#define VERIFY "/v1/otp/verify"
#define REMOTE "/connectedcar/v4/virtualkey/remoteaccess/token"

enum { ROUND = 33, ROUNDS = 3 };

static struct endpoints server;
static char token[64];

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

/* The presenters take turns: two services, the application, and its remote calls. */
static void present(int presenter, const char *otp, struct reply *reply)
{
	char json[128];

	switch (presenter % 4) {
	case 0:
	case 1:
		(void)snprintf(json, sizeof json, "{\"account\":\"" DEMO_EMAIL "\",\"otp\":\"%s\"}", otp);
		call(&server, &(struct call){.path = VERIFY, .json = json, .authorization = presenter % 4 ? OTHER_BASIC : DEMO_BASIC}, reply);
		break;
	case 2:
		(void)snprintf(json, sizeof json, "{\"otp\":\"%s\"}", otp);
		call(&server, &(struct call){.path = VERIFY, .json = json, .bearer = token}, reply);
		break;
	default:
		(void)snprintf(json, sizeof json, "{\"grant_type\":\"password\",\"password\":\"%s\"}", otp);
		call(&server, &(struct call){.path = REMOTE, .json = json, .bearer = token}, reply);
	}
}

/* While one lives. So few at a time that no presenter is slowed down alone. */
static void guess(int count)
{
	static int number;
	struct reply reply = {0};
	char otp[16];

	(void)snprintf(otp, sizeof otp, "live%d", number);
	issue_otp(&server, DEMO_EMAIL, otp);
	for (int i = 0; i < count; i++, number++) {
		(void)snprintf(otp, sizeof otp, "bad%d", number);
		present(number, otp, &reply);
		assert_int_equal(reply.status, number % 4 == 3 ? 400 : 403);
		assert_null(strstr(buf_text(&reply.body), "PIN"));
	}
	endpoints_advance(&server, 301);
	reply_free(&reply);
}

static void too_many_in_a_row_are_told_to_everybody_until_the_pin_was_proved(void **state)
{
	struct reply reply = {0};

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		guess(ROUND);
	issue_otp(&server, DEMO_EMAIL, "good0001");
	present(0, "bad", &reply); /* the hundredth */
	for (int presenter = 0; presenter < 4; presenter++) {
		present(presenter, "good0001", &reply);
		assert_int_equal(reply.status, 403);
		assert_string_equal(reply_header(&reply, "Retry-After"), "");
		assert_string_equal(reply_text(&reply, presenter == 3 ? "error" : "cause"), presenter == 3 ? "invalid_grant" : "otp.row");
		assert_non_null(strstr(buf_text(&reply.body), "get one with the PIN"));
	}
	issue_otp_with_pin(&server, DEMO_EMAIL, "good0002");
	present(0, "bad", &reply);
	assert_string_equal(reply_text(&reply, "cause"), "otp.refused");
	present(1, "good0002", &reply);
	assert_int_equal(reply.status, 200);
	issue_otp(&server, DEMO_EMAIL, "good0003");
	present(3, "good0003", &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

/* A page that takes an OTP, as another factor, shows what to do. */
static void a_page_tells_it_apart_from_wrong_passwords(void **state)
{
	struct buf text = BUF_INIT(1024);
	int status = 0;

	(void)state;
	assert_string_equal(own_error(&texts_en, PIMS_E_LIMIT, OTP_WITH_PIN, &text, &status), texts_en.otp_row);
	assert_int_equal(status, 429);
	assert_string_equal(own_error(&texts_en, PIMS_E_LIMIT, SIGN_IN_ELSEWHERE, &text, &status), texts_en.elsewhere);
	buf_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_tells_it_apart_from_wrong_passwords),
		TEST(too_many_in_a_row_are_told_to_everybody_until_the_pin_was_proved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
