/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/json.h"
#include "endpoints.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Token exchange (RFC 8693): a client's access token for one to the customer API. */

#define TOKEN "/am/oauth2/access_token"
#define GRANT "grant_type=urn:ietf:params:oauth:grant-type:token-exchange"
#define TYPE "urn:ietf:params:oauth:token-type:access_token"
#define SUBJECT "&subject_token_type=" TYPE "&subject_token="

#define SMALL_HASH "81db8ebbbbc69c6c6ad4a6aa92b76e0c08af547da236b9e2c9dbe1d8285a8130" /* SHA-256 of "small" */
#define SMALL_BASIC "Basic c21hbGw6c21hbGw=" /* small:small */
#define AUTHORIZE "/am/oauth2/authorize?client_id=small&response_type=code&redirect_uri=https%3A%2F%2Fsmall.example%2Fcb"

static struct endpoints server;
static char access_token[64], refresh_token[64], id_token[4096];

static int start(void **state)
{
	struct reply reply = {0};

	(void)state;
	endpoints_start(&server, true);
	sign_in_tokens(&server, "demo", &reply);
	(void)snprintf(access_token, sizeof access_token, "%s", reply_text(&reply, "access_token"));
	(void)snprintf(refresh_token, sizeof refresh_token, "%s", reply_text(&reply, "refresh_token"));
	(void)snprintf(id_token, sizeof id_token, "%s", reply_text(&reply, "id_token"));
	reply_free(&reply);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void post(const char *authorization, struct reply *reply, const char *parameters, const char *subject)
{
	struct buf form = BUF_INIT(16384);

	buf_printf(&form, GRANT "%s%s", parameters, subject ? SUBJECT : "");
	buf_puts(&form, subject ? subject : "");
	call(&server, &(struct call){.path = TOKEN, .form = buf_text(&form), .authorization = authorization}, reply);
	buf_free(&form);
}

static void refused(const char *parameters, const char *subject, const char *error)
{
	struct reply reply = {0};

	post(DEMO_BASIC, &reply, parameters, subject);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), error);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	reply_free(&reply);
}

static int account_of(const char *token, const char *audience, int64_t *ret_account)
{
	unsigned char hash[SHA256_SIZE];

	assert_int_equal(sha256(token, strlen(token), hash), 0);
	return store_audience_find(server.server.store, hash, audience, server.now, ret_account);
}

static void exchange(char *ret_token, size_t size)
{
	struct reply reply = {0};

	post(DEMO_BASIC, &reply, "&audience=customer-api", access_token);
	assert_int_equal(reply.status, 200);
	(void)snprintf(ret_token, size, "%s", reply_text(&reply, "access_token"));
	reply_free(&reply);
}

static void a_request_of_the_wrong_form_is_refused(void **state)
{
	(void)state;
	refused("&audience=customer-api", NULL, "invalid_request");
	refused("", access_token, "invalid_request");
	refused("&audience=customer-api&subject_token_type=urn:ietf:params:oauth:token-type:id_token&subject_token=x", NULL, "invalid_request");
	refused("&audience=customer-api&subject_token=x", NULL, "invalid_request");
	refused("&audience=customer-api&actor_token=x", access_token, "invalid_request");
	refused("&audience=customer-api&requested_token_type=urn:ietf:params:oauth:token-type:jwt", access_token, "invalid_request");
}

static void an_audience_that_is_not_ours_is_an_invalid_target(void **state)
{
	(void)state;
	refused("&audience=other-api", access_token, "invalid_target");
	refused("&audience=CUSTOMER-API", access_token, "invalid_target");
	refused("&resource=http://127.0.0.1/", access_token, "invalid_target");
	refused("&audience=customer-api&scope=openid", access_token, "invalid_scope");
}

static void a_token_that_is_no_live_access_token_is_refused(void **state)
{
	char customer[64];

	(void)state;
	refused("&audience=customer-api", "x", "invalid_request");
	refused("&audience=customer-api", refresh_token, "invalid_request");
	refused("&audience=customer-api", id_token, "invalid_request");
	exchange(customer, sizeof customer);
	refused("&audience=customer-api", customer, "invalid_request");
	endpoints_advance(&server, 3600);
	refused("&audience=customer-api", access_token, "invalid_request");
}

static void a_token_of_another_client_is_refused(void **state)
{
	struct reply reply = {0};

	(void)state;
	post(OTHER_BASIC, &reply, "&audience=customer-api", access_token);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), "invalid_request");
	post(NULL, &reply, "&audience=customer-api&client_id=demo", access_token);
	assert_int_equal(reply.status, 401);
	reply_free(&reply);
}

/* OWASP ASVS 10.4.4, 10.4.11 */
static void a_client_gets_no_more_than_it_was_registered_for(void **state)
{
	static char id[] = "small", name[] = "Small", uris[] = "https://small.example/cb", hash[] = SMALL_HASH, scope[] = "openid email";
	const struct client small = {.id = id, .name = name, .secret_hash = hash, .redirect_uris = uris, .scope = scope, .no_exchange = true};
	struct reply reply = {0};
	char form[512], access[64];

	(void)state;
	assert_int_equal(store_client_add(server.server.store, &small), 0);
	call(&server, &(struct call){.path = AUTHORIZE "&scope=profile", .form = "username=" DEMO_EMAIL "&password=" DEMO_PASSWORD}, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_scope");
	call(&server, &(struct call){.path = AUTHORIZE "&scope=openid+profile+email", .form = "username=" DEMO_EMAIL "&password=" DEMO_PASSWORD}, &reply);
	(void)snprintf(form, sizeof form, "grant_type=authorization_code&code=%s&redirect_uri=https%%3A%%2F%%2Fsmall.example%%2Fcb",
		       reply_parameter(&reply, "code"));
	call(&server, &(struct call){.path = TOKEN, .form = form, .authorization = SMALL_BASIC}, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "openid email");
	(void)snprintf(access, sizeof access, "%s", reply_text(&reply, "access_token"));
	post(SMALL_BASIC, &reply, "&audience=customer-api", access);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), "unauthorized_client");
	reply_free(&reply);
}

static void the_token_does_not_work_here(void **state)
{
	static const char *const paths[] = {"/v1/account", "/v1/phone", "/am/oauth2/userinfo"};
	struct reply reply = {0};
	char customer[64], form[256];

	(void)state;
	exchange(customer, sizeof customer);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		call(&server, &(struct call){.path = paths[i], .bearer = customer}, &reply);
		assert_int_equal(reply.status, 401);
	}
	(void)snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", customer);
	call(&server, &(struct call){.path = TOKEN, .form = form, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 400);
	reply_free(&reply);
}

static void the_token_ends_with_its_session(void **state)
{
	struct reply reply = {0};
	char customer[64], form[256];
	int64_t account;

	(void)state;
	exchange(customer, sizeof customer);
	assert_int_equal(account_of(customer, "customer-api", &account), 0);
	(void)snprintf(form, sizeof form, "token=%s", refresh_token);
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .form = form, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(account_of(customer, "customer-api", &account), PIMS_E_NOT_FOUND);
	reply_free(&reply);
}

static void the_token_dies_at_its_time(void **state)
{
	char customer[64];
	int64_t account;

	(void)state;
	exchange(customer, sizeof customer);
	endpoints_advance(&server, 3598);
	assert_int_equal(account_of(customer, "customer-api", &account), 0);
	endpoints_advance(&server, 1);
	assert_int_equal(account_of(customer, "customer-api", &account), PIMS_E_NOT_FOUND);
}

static void an_access_token_is_exchanged(void **state)
{
	struct account account = {0};
	struct reply reply = {0};
	int64_t id = 0;

	(void)state;
	post(DEMO_BASIC, &reply, "&audience=customer-api&requested_token_type=" TYPE, access_token);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	assert_string_equal(reply_text(&reply, "issued_token_type"), TYPE);
	assert_string_equal(reply_text(&reply, "token_type"), "Bearer");
	assert_int_equal(json_int(reply.json, "expires_in", 0), 3599);
	assert_null(json_object_get(reply.json, "refresh_token"));
	assert_int_equal(account_of(reply_text(&reply, "access_token"), "other-api", &id), PIMS_E_NOT_FOUND);
	assert_int_equal(account_of(reply_text(&reply, "access_token"), "customer-api", &id), 0);
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	assert_int_equal(account.id, id);
	account_free(&account);
	reply_free(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_of_the_wrong_form_is_refused),
		TEST(an_audience_that_is_not_ours_is_an_invalid_target),
		TEST(a_token_that_is_no_live_access_token_is_refused),
		TEST(a_token_of_another_client_is_refused),
		TEST(a_client_gets_no_more_than_it_was_registered_for),
		TEST(the_token_does_not_work_here),
		TEST(the_token_ends_with_its_session),
		TEST(the_token_dies_at_its_time),
		TEST(an_access_token_is_exchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
