/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/url.h"
#include "identity/identity.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The token for the customer API, by token exchange. */

#define TOKEN "/access_token"
#define GET "{\"action\":\"get\"}"
#define REFRESH "{\"action\":\"refresh\"}"
#define JSON "application/json"

static int setup(void **state)
{
	static struct provider provider;

	provider_init(&provider);
	provider_endpoints(&provider);
	assert_int_equal(text_set(&provider.profile.endpoints.customer_audience, "customer-api"), 0);
	provider_sign_in(&provider);
	*state = &provider;
	return 0;
}

static int teardown(void **state)
{
	provider_free(*state);
	return 0;
}

static void assert_token(const struct provider *provider, const char *token)
{
	const json_t *result = provider->flow.outcome.result;

	assert_provider_succeeded(provider);
	assert_int_equal(json_object_size(result), 2);
	assert_string_equal(json_text(result, "type"), "customerAt");
	assert_string_equal(json_text(result, "token"), token);
}

static void nobody_is_signed_in(void **state)
{
	struct provider *provider = *state;

	session_free(&provider->session);
	provider_run(provider, identity_customer_at, GET);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
}

static void a_backend_without_an_audience_gives_none(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.customer_audience, NULL), 0);
	provider_run(provider, identity_customer_at, GET);
	assert_provider_failed(provider, PIMS_NOT_CONFIGURED, "backend.no_audience");
	assert_int_equal(provider->request_count, 0);
}

static void a_refusal_is_told_and_nothing_is_kept(void **state)
{
	static const struct {
		int status;
		const char *body;
		int code;
		const char *cause;
	} rows[] = {{400, "{\"error\":\"invalid_target\"}", PIMS_SERVER, "oauth.invalid_target"},
		    {400, "{\"error\":\"unsupported_grant_type\"}", PIMS_SERVER, "oauth.unsupported_grant_type"},
		    {401, "{\"error\":\"invalid_client\"}", PIMS_NOT_CONFIGURED, "oauth.invalid_client"},
		    {500, "", PIMS_SERVER, "server.error"},
		    {200, "{}", PIMS_SERVER, "server.format"}};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		provider->fault = (struct provider_fault){.path = TOKEN, .status = rows[i].status, .type = JSON, .body = rows[i].body};
		provider->faults = 1;
		provider_run(provider, identity_customer_at, GET);
		assert_provider_failed(provider, rows[i].code, rows[i].cause);
		assert_true(secret_empty(&provider->session.customer_token));
		assert_int_equal(provider->saves, 0);
		assert_int_equal(provider->request_count, 1);
	}
}

static void a_token_that_was_refused_twice_is_told(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){.path = TOKEN, .status = 400, .type = JSON, .body = "{\"error\":\"invalid_request\"}"};
	provider->faults = 9;
	provider_run(provider, identity_customer_at, GET);
	assert_int_equal(provider->flow.outcome.code, PIMS_SERVER);
	assert_int_equal(provider->request_count, 2); /* the exchange, and a renewal that failed as well */
}

static void a_revoked_access_token_is_renewed_once(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){.path = TOKEN, .status = 400, .type = JSON, .body = "{\"error\":\"invalid_request\"}"};
	provider->faults = 1;
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-1");
	assert_string_equal(secret_text(&provider->session.access_token), "access-2");
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "subject_token=access-2"));
}

static void the_exchange_is_the_one_of_rfc_8693(void **state)
{
	struct provider *provider = *state;
	struct query query = {0};
	const char *body;

	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-1");
	body = provider_last(provider, TOKEN)->body;
	assert_int_equal(query_parse(body, strlen(body), &query), 0);
	assert_string_equal(query_get(&query, "grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
	assert_string_equal(query_get(&query, "audience"), "customer-api");
	assert_string_equal(query_get(&query, "subject_token"), "access-1");
	assert_string_equal(query_get(&query, "subject_token_type"), "urn:ietf:params:oauth:token-type:access_token");
	query_free(&query);
	assert_string_equal(secret_text(&provider->stored.customer_token), "customer-1");
	assert_string_equal(provider->stored.customer_audience, "customer-api");
}

static void get_answers_from_the_session_while_there_are_sixty_seconds(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_customer_at, GET);
	fake_env_advance(&provider->fake, (3599 - 60) * 1000);
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-1");
	assert_int_equal(provider->exchanged, 1);
	fake_env_advance(&provider->fake, 1000);
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-2");
}

static void refresh_exchanges_anew_and_keeps_a_good_access_token(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_customer_at, GET);
	provider_run(provider, identity_customer_at, REFRESH);
	assert_token(provider, "customer-2");
	assert_string_equal(secret_text(&provider->session.access_token), "access-1");
}

static void a_renewal_keeps_it_and_another_audience_does_not(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_customer_at, GET);
	provider_run(provider, identity_renew, NULL);
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-1");
	assert_int_equal(text_set(&provider->profile.endpoints.customer_audience, "other-api"), 0);
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-2");
}

static void it_ends_with_the_session(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_customer_at, GET);
	provider_sign_in(provider);
	assert_true(secret_empty(&provider->session.customer_token));
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-2");
	provider_run(provider, identity_logout, NULL);
	assert_true(secret_empty(&provider->stored.customer_token));
}

static void another_sign_in(struct provider *provider)
{
	provider->on_lock = NULL;
	assert_int_equal(secret_set(&provider->session.access_token, "of-somebody-else"), 0);
}

static void a_token_is_never_kept_for_somebody_else(void **state)
{
	struct provider *provider = *state;

	provider->on_lock = another_sign_in;
	provider_run(provider, identity_customer_at, GET);
	assert_token(provider, "customer-1");
	assert_true(secret_empty(&provider->session.customer_token));
	assert_int_equal(provider->saves, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_signed_in),
		TEST(a_backend_without_an_audience_gives_none),
		TEST(a_refusal_is_told_and_nothing_is_kept),
		TEST(a_token_that_was_refused_twice_is_told),
		TEST(a_revoked_access_token_is_renewed_once),
		TEST(the_exchange_is_the_one_of_rfc_8693),
		TEST(get_answers_from_the_session_while_there_are_sixty_seconds),
		TEST(refresh_exchanges_anew_and_keeps_a_good_access_token),
		TEST(a_renewal_keeps_it_and_another_audience_does_not),
		TEST(it_ends_with_the_session),
		TEST(a_token_is_never_kept_for_somebody_else),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	provider_free_keys();
	return r;
}
