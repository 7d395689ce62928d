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

/* The backend's own pages: what they are asked for, and what their redirect means. */

#define ISS "&iss=http%3A%2F%2F127.0.0.1%3A8080"
#define DONE PROVIDER_REDIRECT "?result=done&state=%s" ISS

static const flow_step_fn pages[] = {identity_create_account, identity_update_login, identity_update_password};

static int setup(void **state)
{
	static struct provider provider;
	struct endpoints *endpoints = &provider.profile.endpoints;

	provider_init(&provider);
	provider_endpoints(&provider);
	assert_int_equal(text_set(&endpoints->account_create, "http://127.0.0.1:8080/account/create"), 0);
	assert_int_equal(text_set(&endpoints->account_email, "http://127.0.0.1:8080/account/email"), 0);
	assert_int_equal(text_set(&endpoints->account_password, "http://127.0.0.1:8080/account/password"), 0);
	provider_sign_in(&provider);
	*state = &provider;
	return 0;
}

static int teardown(void **state)
{
	provider_free(*state);
	return 0;
}

static void visit(struct provider *provider, flow_step_fn first, const char *parameters, const char *redirect)
{
	provider->redirects[0] = redirect;
	provider_run(provider, first, parameters);
}

static void changes_want_a_session_and_a_new_account_does_not(void **state)
{
	struct provider *provider = *state;

	session_free(&provider->session);
	visit(provider, identity_update_login, NULL, DONE);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	visit(provider, identity_update_password, NULL, DONE);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	visit(provider, identity_create_account, NULL, DONE);
	assert_provider_succeeded(provider);
}

static void a_backend_without_the_page_is_told_before_the_agent_opens(void **state)
{
	struct provider *provider = *state;
	struct endpoints *endpoints = &provider->profile.endpoints;

	text_set(&endpoints->account_create, NULL);
	text_set(&endpoints->account_email, NULL);
	text_set(&endpoints->account_password, NULL);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		visit(provider, pages[i], NULL, DONE);
		assert_provider_failed(provider, PIMS_COMPONENT_NOT_CONFIGURED, "backend.no_endpoint");
		assert_int_equal(provider->agent_asked, 0);
	}
}

static void a_language_that_is_none_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		visit(*state, pages[i], "{\"local\":\"fr&x=\"}", DONE);
		assert_provider_failed(*state, PIMS_INVALID_PARAMETER, "");
	}
}

static void the_redirect_of_another_issuer_is_refused(void **state)
{
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		visit(provider, pages[i], NULL, PROVIDER_REDIRECT "?result=done&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8081");
		assert_provider_failed(provider, PIMS_SERVER, "oauth.issuer");
		visit(provider, pages[i], NULL, PROVIDER_REDIRECT "?result=done&state=%s");
		assert_provider_failed(provider, PIMS_SERVER, "oauth.issuer");
		visit(provider, pages[i], NULL, PROVIDER_REDIRECT "?error=access_denied&state=%s");
		assert_provider_failed(provider, PIMS_SERVER, "oauth.issuer");
	}
}

static void a_redirect_without_a_result_is_no_success(void **state)
{
	struct provider *provider = *state;

	visit(provider, identity_create_account, NULL, PROVIDER_REDIRECT "?state=%s" ISS);
	assert_provider_failed(provider, PIMS_SERVER, "server.format");
	visit(provider, identity_create_account, NULL, PROVIDER_REDIRECT "?code=abc&state=%s" ISS);
	assert_provider_failed(provider, PIMS_SERVER, "server.format");
	visit(provider, identity_update_password, NULL, PROVIDER_REDIRECT "?error=server_error&state=%s" ISS);
	assert_provider_failed(provider, PIMS_SERVER, "oauth.server_error");
}

static void somebody_elses_redirect_is_waited_out(void **state)
{
	struct provider *provider = *state;

	provider->redirects[0] = PROVIDER_REDIRECT "?result=done&state=other" ISS;
	provider->redirects[1] = "http://127.0.0.1:9/other?result=done&state=%s" ISS;
	provider->redirects[2] = DONE;
	provider_run(provider, identity_create_account, NULL);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->agent_asked, 3);
	assert_int_equal(provider->agent_opened, 1);
}

static void cancelling_is_told_as_2368(void **state)
{
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		visit(provider, pages[i], NULL, PROVIDER_REDIRECT "?error=access_denied&state=%s" ISS);
		assert_provider_failed(provider, PIMS_WEBVIEW_CANCELED, "agent.canceled");
		assert_int_equal(provider->request_count, 0);
	}
}

static void the_page_is_told_who_asks_and_whose_account_it_is(void **state)
{
	struct provider *provider = *state;
	struct query query = {0};
	const char *start;

	visit(provider, identity_update_password, "{\"local\":\"de_AT\"}", DONE);
	assert_provider_succeeded(provider);
	assert_true(text_starts(provider->agent_url, "http://127.0.0.1:8080/account/password?"));
	start = strchr(provider->agent_url, '?') + 1;
	assert_int_equal(query_parse(start, strlen(start), &query), 0);
	assert_string_equal(query_get(&query, "client_id"), "pims");
	assert_string_equal(query_get(&query, "redirect_uri"), PROVIDER_REDIRECT);
	assert_string_equal(query_get(&query, "ui_locales"), "de-AT");
	assert_string_equal(query_get(&query, "id_token_hint"), secret_text(&provider->session.id_token));
	assert_true(strlen(query_get(&query, "state")) >= 32);
	query_free(&query);
	visit(provider, identity_create_account, NULL, DONE);
	assert_null(strstr(provider->agent_url, "id_token_hint"));
}

static void a_new_address_is_the_user_name_at_once(void **state)
{
	struct provider *provider = *state;

	assert_string_equal(provider->session.username, "demo@example.com");
	provider->claims = "{\"email\":\"new@example.com\"}";
	visit(provider, identity_update_login, NULL, DONE);
	assert_provider_succeeded(provider);
	assert_null(provider->flow.outcome.result);
	assert_string_equal(provider->session.username, "new@example.com");
	assert_string_equal(provider->stored.username, "new@example.com");
}

static void a_new_password_costs_no_request(void **state)
{
	struct provider *provider = *state;

	visit(provider, identity_update_password, NULL, DONE);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->request_count, 0);
	assert_string_equal(secret_text(&provider->session.access_token), "access-1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_want_a_session_and_a_new_account_does_not),
		TEST(a_backend_without_the_page_is_told_before_the_agent_opens),
		TEST(a_language_that_is_none_is_refused),
		TEST(the_redirect_of_another_issuer_is_refused),
		TEST(a_redirect_without_a_result_is_no_success),
		TEST(somebody_elses_redirect_is_waited_out),
		TEST(cancelling_is_told_as_2368),
		TEST(the_page_is_told_who_asks_and_whose_account_it_is),
		TEST(a_new_address_is_the_user_name_at_once),
		TEST(a_new_password_costs_no_request),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	provider_free_keys();
	return r;
}
