/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"

#include <pims/error.h>

#include <ctype.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VERIFY "/v1/otp/verify"
#define REMOTE "/connectedcar/v4/virtualkey/remoteaccess/token?client_id=demo"

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

static void get(const char *path, const char *token, struct reply *reply)
{
	call(&server, &(struct call){.path = path, .bearer = token}, reply);
}

static void assert_problem(const struct reply *reply, long status, const char *cause)
{
	char type[128];

	(void)snprintf(type, sizeof type, "about:blank#%s", cause);
	assert_int_equal(reply->status, status);
	assert_string_equal(reply_header(reply, "Content-Type"), "application/problem+json");
	assert_string_equal(reply_text(reply, "cause"), cause);
	assert_string_equal(reply_text(reply, "type"), type);
	assert_string_not_equal(reply_text(reply, "title"), "");
	assert_int_equal(json_int(reply->json, "status", 0), status);
}

static void assert_gateway_401(const struct reply *reply)
{
	assert_int_equal(reply->status, 401);
	assert_string_equal(reply_text(reply, "httpCode"), "401");
	assert_string_equal(reply_text(reply, "httpMessage"), "Unauthorized");
	assert_memory_equal(reply_header(reply, "WWW-Authenticate"), "Bearer", 6);
}

/* --- reading ----------------------------------------------------------------------------------------------------------------------- */

static void every_call_wants_a_live_token(void **state)
{
	static const struct call calls[] = {
		{.path = "/v1/phone"},
		{.path = "/v1/account"},
		{.path = "/applications/cvs/v4/mauv/car-associations?client_id=demo"},
		{.path = REMOTE, .json = "{\"grant_type\":\"password\",\"password\":\"x\"}"},
		{.path = VERIFY, .json = "{\"otp\":\"x\"}"},
		{.path = "/applications/cvs/v4/mobile/smsCode?client_id=demo", .post = true},
		{.path = "/v1/sms", .json = "{\"purpose\":\"enrollment\"}"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct call request = calls[i];

		call(&server, &request, &reply);
		assert_gateway_401(&reply);
		request.bearer = "unknown";
		call(&server, &request, &reply);
		assert_gateway_401(&reply);
	}
	reply_free(&reply);
}

static void an_account_without_a_phone_says_so(void **state)
{
	struct reply reply = {0};

	(void)state;
	get("/v1/phone", eve_token, &reply);
	assert_problem(&reply, 404, "phone.none");
	get("/v1/phone", demo_token, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "phoneNumber"), DEMO_PHONE);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	reply_free(&reply);
}

static void the_account_tells_its_devices_and_its_pin(void **state)
{
	struct reply reply = {0};

	(void)state;
	get("/v1/account", demo_token, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "username"), DEMO_EMAIL);
	assert_string_equal(reply_text(&reply, "pin"), "none");
	assert_int_equal(json_int(reply.json, "devices", -1), 0);
	issue_otp(&server, DEMO_EMAIL, "unused01");
	get("/v1/account", demo_token, &reply);
	assert_int_equal(json_int(reply.json, "devices", -1), 1);
	get("/v1/account", eve_token, &reply);
	assert_int_equal(json_int(reply.json, "devices", -1), 0);
	reply_free(&reply);
}

static void car_associations_name_the_customer(void **state)
{
	struct reply reply = {0};
	const char *customer;

	(void)state;
	get("/applications/cvs/v4/mauv/car-associations?client_id=demo&locale=fr-FR", demo_token, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(json_is_array(reply.json));
	customer = json_text(json_array_get(reply.json, 0), "customer");
	assert_non_null(customer);
	assert_memory_equal(customer, "AP-ACNT", 7);
	reply_free(&reply);
}

static void the_well_known_document_is_all_a_client_needs(void **state)
{
	static const char *const urls[] = {"openid_configuration", "inwebo_url",   "sms_code_endpoint",         "sms_endpoint",          "phone_endpoint",
					   "account_endpoint",     "issuer",       "car_associations_endpoint", "remote_token_endpoint", "otp_verify_endpoint"};
	struct reply reply = {0};

	(void)state;
	get("/.well-known/openpims", NULL, &reply);
	assert_int_equal(reply.status, 200);
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		assert_memory_equal(reply_text(&reply, urls[i]), server.url, strlen(server.url));
	assert_string_equal(reply_text(&reply, "client_id"), "pims");
	assert_string_equal(reply_text(&reply, "redirect_uri"), "http://127.0.0.1/callback");
	assert_string_equal(reply_text(&reply, "macid"), "0123456789abcdef0123456789abcdef");
	assert_string_equal(reply_text(&reply, "inwebo_url"), server.url);
	assert_string_equal(reply_text(&reply, "realm"), "clientsB2CPeugeot");
	reply_free(&reply);
}

static void assert_documented(const char *document, const struct route *routes)
{
	char line[256];

	for (; routes->method; routes++) {
		const char *path, *method, *next;

		(void)snprintf(line, sizeof line, "\n  %s:\n", routes->path);
		path = strstr(document, line);
		if (!path)
			fail_msg("not in docs/openapi.yaml: %s", routes->path);
		next = strstr(path + 1, "\n  /");
		(void)snprintf(line, sizeof line, "\n    %s:\n", routes->method);
		for (size_t i = 0; line[i]; i++)
			line[i] = (char)tolower((unsigned char)line[i]);
		method = strstr(path, line);
		if (!method || (next && method > next))
			fail_msg("not in docs/openapi.yaml: %s %s", routes->method, routes->path);
	}
}

static void every_route_is_in_the_openapi_document(void **state)
{
	static char document[262144];
	FILE *file = fopen(TEST_DATA_DIR "/../../docs/openapi.yaml", "r");
	size_t length;

	(void)state;
	assert_non_null(file);
	length = fread(document, 1, sizeof document - 1, file);
	assert_int_equal(fclose(file), 0);
	document[length] = '\0';
	assert_documented(document, account_routes);
	assert_documented(document, sms_routes);
	assert_documented(document, sandbox_routes);
}

/* --- one-time passwords -------------------------------------------------------------------------------------------------------------- */

static void verify(const char *json, const char *authorization, struct reply *reply)
{
	call(&server, &(struct call){.path = VERIFY, .json = json, .authorization = authorization}, reply);
}

static void only_a_confidential_client_may_verify(void **state)
{
	static const char json[] = "{\"account\":\"demo@example.com\",\"otp\":\"only0001\"}";
	static const char *const bad[] = {"Basic ZGVtbzp3cm9uZw==", "Basic cGltczo=", "Basic bm9ib2R5Ong=", "Basic ,"};
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "only0001");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		verify(json, bad[i], &reply);
		assert_problem(&reply, 401, "client.invalid");
		assert_memory_equal(reply_header(&reply, "WWW-Authenticate"), "Basic", 5);
	}
	verify(json, DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void bodies_of_the_wrong_form_are_refused_and_cost_no_otp(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"otp=form0001",
		"{\"otp\":\"form0001\"}",
		"{\"account\":\"demo@example.com\"}",
		"{\"account\":\"demo@example.com\",\"otp\":1}",
		"{\"account\":[\"demo@example.com\"],\"otp\":\"form0001\"}",
		"{\"account\":\"demo@example.com\",\"otp\":\"form0001\",\"otp\":\"form0001\"}",
		"{\"account\":\"demo@example.com\",\"otp\":\"form0001\\u0000\"}",
		"{\"account\":\"demo@example.com\",\"otp\":\"form0001\"",
	};
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "form0001");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		verify(bad[i], DEMO_BASIC, &reply);
		assert_problem(&reply, 400, "request.invalid");
	}
	verify("{\"account\":\"DEMO@example.com\",\"otp\":\"form0001\"}", DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void an_otp_is_good_for_its_own_account_once_and_for_its_time(void **state)
{
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "once0001");
	verify("{\"account\":\"eve@example.com\",\"otp\":\"once0001\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	verify("{\"account\":\"nobody@example.com\",\"otp\":\"once0001\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	verify("{\"account\":\"demo@example.com\",\"otp\":\"once000\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	verify("{\"account\":\"demo@example.com\",\"otp\":\"\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	verify("{\"account\":\"demo@example.com\",\"otp\":\"once0001once0001once0001\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	verify("{\"account\":\"demo@example.com\",\"otp\":\"once0001\"}", DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(json_is_true(json_object_get(reply.json, "valid")));
	verify("{\"account\":\"demo@example.com\",\"otp\":\"once0001\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	issue_otp(&server, DEMO_EMAIL, "late0001");
	endpoints_advance(&server, 121);
	verify("{\"account\":\"demo@example.com\",\"otp\":\"late0001\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	reply_free(&reply);
}

static void a_user_verifies_an_otp_of_his_own_only(void **state)
{
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "mine0001");
	call(&server, &(struct call){.path = VERIFY, .json = "{\"otp\":\"mine0001\"}", .bearer = eve_token}, &reply);
	assert_problem(&reply, 403, "otp.refused");
	call(&server, &(struct call){.path = VERIFY, .json = "{\"account\":\"demo@example.com\",\"otp\":\"mine0001\"}", .bearer = eve_token}, &reply);
	assert_problem(&reply, 403, "otp.refused");
	call(&server, &(struct call){.path = VERIFY, .json = "{}", .bearer = demo_token}, &reply);
	assert_problem(&reply, 400, "request.invalid");
	call(&server, &(struct call){.path = VERIFY, .json = "{\"otp\":\"mine0001\"}", .bearer = demo_token}, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void an_account_may_be_named_by_its_subject(void **state)
{
	struct account account = {0};
	struct reply reply = {0};
	char json[128];

	(void)state;
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	issue_otp(&server, DEMO_EMAIL, "subj0001");
	(void)snprintf(json, sizeof json, "{\"account\":\"%s\",\"otp\":\"subj0001\"}", account.subject);
	verify(json, DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	account_free(&account);
	reply_free(&reply);
}

static void guessing_is_slowed_down_for_the_guesser_alone(void **state)
{
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, EVE_EMAIL, "good0001");
	for (int i = 0; i < 20; i++) {
		verify("{\"account\":\"eve@example.com\",\"otp\":\"guess\"}", OTHER_BASIC, &reply);
		assert_problem(&reply, 403, "otp.refused");
	}
	verify("{\"account\":\"eve@example.com\",\"otp\":\"good0001\"}", OTHER_BASIC, &reply);
	assert_problem(&reply, 429, "otp.budget");
	assert_string_equal(reply_header(&reply, "Retry-After"), "300");
	assert_int_equal(json_int(reply.json, "retryAfter", 0), 300);
	verify("{\"account\":\"eve@example.com\",\"otp\":\"good0001\"}", DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

enum { RACERS = 8 };

static void a_user_who_guesses_learns_how_long_to_wait(void **state)
{
	const struct call guess = {.path = VERIFY, .json = "{\"otp\":\"guess\"}", .bearer = eve_token};
	struct reply reply = {0};

	(void)state;
	endpoints_advance(&server, 301); /* what other tests guessed is forgotten */
	for (int i = 0; i < 20; i++) {
		call(&server, &guess, &reply);
		assert_problem(&reply, 403, "otp.refused");
	}
	call(&server, &guess, &reply);
	assert_problem(&reply, 429, "otp.budget");
	assert_string_equal(reply_header(&reply, "Retry-After"), "300");
	assert_int_equal(json_int(reply.json, "retryAfter", 0), 300);
	endpoints_advance(&server, 301);
	call(&server, &guess, &reply);
	assert_problem(&reply, 403, "otp.refused");
	reply_free(&reply);
}

static void *race(void *data)
{
	struct reply reply = {0};
	_Atomic int *accepted = data;

	verify("{\"account\":\"demo@example.com\",\"otp\":\"race0001\"}", DEMO_BASIC, &reply);
	if (reply.status == 200)
		atomic_fetch_add(accepted, 1);
	reply_free(&reply);
	return NULL;
}

static void of_many_at_once_one_is_accepted(void **state)
{
	pthread_t threads[RACERS];
	_Atomic int accepted = 0;

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "race0001");
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race, &accepted), 0);
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(accepted, 1);
}

/* --- remote tokens ------------------------------------------------------------------------------------------------------------------- */

static void remote(const char *json, const char *token, struct reply *reply)
{
	call(&server, &(struct call){.path = REMOTE, .json = json, .bearer = token}, reply);
}

static void assert_oauth_error(const struct reply *reply, const char *error)
{
	assert_int_equal(reply->status, 400);
	assert_string_equal(reply_text(reply, "error"), error);
	assert_string_equal(reply_header(reply, "Cache-Control"), "no-store");
}

static void a_remote_token_is_not_had_for_nothing(void **state)
{
	static const char *const rows[][2] = {
		{"", "invalid_request"},
		{"{}", "invalid_request"},
		{"grant_type=password", "invalid_request"},
		{"{\"grant_type\":\"password\"}", "invalid_request"},
		{"{\"grant_type\":\"password\",\"password\":7}", "invalid_request"},
		{"{\"grant_type\":\"refresh_token\"}", "invalid_request"},
		{"{\"grant_type\":\"client_credentials\"}", "unsupported_grant_type"},
		{"{\"grant_type\":\"password\",\"password\":\"wrong\"}", "invalid_grant"},
		{"{\"grant_type\":\"password\",\"password\":\"\"}", "invalid_grant"},
		{"{\"grant_type\":\"refresh_token\",\"refresh_token\":\"wrong\"}", "invalid_grant"},
		{"{\"grant_type\":\"refresh_token\",\"refresh_token\":\"\"}", "invalid_grant"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		remote(rows[i][0], demo_token, &reply);
		assert_oauth_error(&reply, rows[i][1]);
	}
	reply_free(&reply);
}

static void an_otp_buys_one_remote_token_for_its_own_account(void **state)
{
	static const char json[] = "{\"grant_type\":\"password\",\"password\":\"remote01\"}";
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "remote01");
	remote(json, eve_token, &reply);
	assert_oauth_error(&reply, "invalid_grant");
	remote(json, demo_token, &reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(json_int(reply.json, "expires_in", 0), 900);
	assert_int_equal(strlen(reply_text(&reply, "access_token")), 43);
	assert_int_equal(strlen(reply_text(&reply, "refresh_token")), 43);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	remote(json, demo_token, &reply);
	assert_oauth_error(&reply, "invalid_grant");
	verify("{\"account\":\"demo@example.com\",\"otp\":\"remote01\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	reply_free(&reply);
}

static void a_remote_token_is_renewed_by_its_owner_for_seven_days(void **state)
{
	struct reply reply = {0};
	char json[256], first[64];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "renew001");
	remote("{\"grant_type\":\"password\",\"password\":\"renew001\"}", demo_token, &reply);
	(void)snprintf(first, sizeof first, "%s", reply_text(&reply, "access_token"));
	(void)snprintf(json, sizeof json, "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"%s\"}", reply_text(&reply, "refresh_token"));
	remote(json, eve_token, &reply);
	assert_oauth_error(&reply, "invalid_grant");
	for (int i = 0; i < 3; i++) {
		remote(json, demo_token, &reply);
		assert_int_equal(reply.status, 200);
		assert_string_not_equal(reply_text(&reply, "access_token"), first);
		assert_null(json_object_get(reply.json, "refresh_token"));
	}
	endpoints_advance(&server, 7 * 86400 + 1);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	remote(json, demo_token, &reply);
	assert_oauth_error(&reply, "invalid_grant");
	reply_free(&reply);
}

static void a_blocked_account_is_shut_out_at_once(void **state)
{
	struct reply reply = {0};
	char token[64];

	(void)state;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	issue_otp(&server, DEMO_EMAIL, "block001");
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, true), 0);
	get("/v1/phone", token, &reply);
	assert_gateway_401(&reply);
	verify("{\"account\":\"demo@example.com\",\"otp\":\"block001\"}", DEMO_BASIC, &reply);
	assert_problem(&reply, 403, "otp.refused");
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, false), 0);
	reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_wants_a_live_token),
		cmocka_unit_test(an_account_without_a_phone_says_so),
		cmocka_unit_test(the_account_tells_its_devices_and_its_pin),
		cmocka_unit_test(car_associations_name_the_customer),
		cmocka_unit_test(the_well_known_document_is_all_a_client_needs),
		cmocka_unit_test(every_route_is_in_the_openapi_document),
		cmocka_unit_test(only_a_confidential_client_may_verify),
		cmocka_unit_test(bodies_of_the_wrong_form_are_refused_and_cost_no_otp),
		cmocka_unit_test(an_otp_is_good_for_its_own_account_once_and_for_its_time),
		cmocka_unit_test(a_user_verifies_an_otp_of_his_own_only),
		cmocka_unit_test(an_account_may_be_named_by_its_subject),
		cmocka_unit_test(guessing_is_slowed_down_for_the_guesser_alone),
		cmocka_unit_test(a_user_who_guesses_learns_how_long_to_wait),
		cmocka_unit_test(of_many_at_once_one_is_accepted),
		cmocka_unit_test(a_remote_token_is_not_had_for_nothing),
		cmocka_unit_test(an_otp_buys_one_remote_token_for_its_own_account),
		cmocka_unit_test(a_remote_token_is_renewed_by_its_owner_for_seven_days),
		cmocka_unit_test(a_blocked_account_is_shut_out_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
