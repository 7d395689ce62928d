/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/identity.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a session answers, and how it ends. */

#define TOKEN "/access_token"
#define REVOKE "/token/revoke"
#define GET "{\"action\":\"get\"}"
#define REFRESH "{\"action\":\"refresh\"}"

static int setup(void **state)
{
	static struct provider provider;

	provider_init(&provider);
	*state = &provider;
	return 0;
}

static int signed_in(void **state)
{
	setup(state);
	provider_sign_in(*state);
	return 0;
}

static int teardown(void **state)
{
	provider_free(*state);
	return 0;
}

static void assert_token(const struct provider *provider, const char *type, const char *token)
{
	const json_t *result = provider->flow.outcome.result;

	assert_provider_succeeded(provider);
	assert_int_equal(json_object_size(result), 2);
	assert_string_equal(json_text(result, "type"), type);
	assert_string_equal(json_text(result, "token"), token);
}

static void nobody_is_signed_in(void **state)
{
	static const flow_step_fn flows[] = {identity_cvs, identity_idtoken, identity_username, identity_logout, identity_renew};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		provider_run(provider, flows[i], GET);
		assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
		assert_int_equal(provider->request_count, 0);
		assert_int_equal(provider->saves, 0);
	}
	assert_false(identity_signed_in(&provider->flow));
}

static void a_session_that_cannot_be_renewed_is_none(void **state)
{
	static const flow_step_fn flows[] = {identity_cvs, identity_idtoken, identity_username};
	struct provider *provider = *state;

	secret_free(&provider->session.refresh_token);
	assert_true(identity_signed_in(&provider->flow));
	fake_env_advance(&provider->fake, 3600 * 1000);
	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		provider_run(provider, flows[i], GET);
		assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	}
}

static void a_session_of_another_configuration_is_none(void **state)
{
	static const flow_step_fn flows[] = {identity_cvs, identity_idtoken, identity_username};
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->session.client_id, "other"), 0);
	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		provider_run(provider, flows[i], GET);
		assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	}
}

static void an_id_token_that_is_never_renewed_needs_a_sign_in(void **state)
{
	struct provider *provider = *state;

	fake_env_advance(&provider->fake, 3600 * 1000);
	provider->answer = "{\"id_token\":null}";
	provider_run(provider, identity_idtoken, GET);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "id_token.missing");
	assert_true(session_exists(&provider->session));
	provider_run(provider, identity_cvs, GET);
	assert_token(provider, "cvs", "access-2");
}

static void a_renewal_that_fails_gives_no_old_token(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){.path = TOKEN, .status = 500};
	provider->faults = 2;
	provider_run(provider, identity_cvs, REFRESH);
	assert_provider_failed(provider, PIMS_SERVER, "server.error");
	provider_run(provider, identity_idtoken, REFRESH);
	assert_provider_failed(provider, PIMS_SERVER, "server.error");
	provider_run(provider, identity_cvs, GET);
	assert_token(provider, "cvs", "access-1");
}

static void get_answers_from_the_session_while_there_are_sixty_seconds(void **state)
{
	struct provider *provider = *state;

	fake_env_advance(&provider->fake, (3599 - 60) * 1000);
	provider_run(provider, identity_cvs, GET);
	assert_token(provider, "cvs", "access-1");
	provider_run(provider, identity_idtoken, GET);
	assert_token(provider, "idtoken", secret_text(&provider->session.id_token));
	assert_int_equal(provider->issued, 1);
	fake_env_advance(&provider->fake, 1000);
	provider_run(provider, identity_cvs, GET);
	assert_token(provider, "cvs", "access-2");
	assert_int_equal(provider->issued, 2);
}

static void an_id_token_has_its_own_sixty_seconds(void **state)
{
	struct provider *provider = *state;

	provider->session.id_expires = provider_now(provider) + 60;
	provider_run(provider, identity_idtoken, GET);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->issued, 1);
	provider->session.id_expires = provider_now(provider) + 59;
	provider_run(provider, identity_idtoken, GET);
	assert_token(provider, "idtoken", secret_text(&provider->stored.id_token));
	assert_int_equal(provider->issued, 2);
}

static void refresh_always_renews(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_cvs, REFRESH);
	assert_token(provider, "cvs", "access-2");
	provider_run(provider, identity_idtoken, REFRESH);
	assert_token(provider, "idtoken", secret_text(&provider->stored.id_token));
	assert_string_equal(secret_text(&provider->stored.access_token), "access-3");
}

static void the_user_name_needs_no_network(void **state)
{
	struct provider *provider = *state;

	endpoints_free(&provider->profile.endpoints);
	fake_env_advance(&provider->fake, 86400 * 1000);
	provider_run(provider, identity_username, NULL);
	assert_provider_succeeded(provider);
	assert_string_equal(json_text(provider->flow.outcome.result, "username"), "demo@example.com");
	assert_int_equal(json_object_size(provider->flow.outcome.result), 1);
	assert_int_equal(provider->request_count, 0);
}

/* Signing out. */

static void a_server_that_cannot_be_reached_still_signs_out_here(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){.path = REVOKE, .failure = PIMS_HTTP_NETWORK};
	provider->faults = 1;
	provider_run(provider, identity_logout, NULL);
	assert_provider_failed(provider, PIMS_NETWORK, "network.unreachable");
	assert_false(session_exists(&provider->session));
	assert_false(session_exists(&provider->stored));
	provider_run(provider, identity_username, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
}

static void a_server_that_refuses_still_signs_out_here(void **state)
{
	static const struct {
		int status;
		const char *body;
		int code;
		const char *cause;
	} cases[] = {
		{500, "", PIMS_SERVER, "server.error"},
		{429, "{}", PIMS_SERVER, "server.throttled"},
		{400, "{\"error\":\"unsupported_token_type\"}", PIMS_SERVER, "oauth.unsupported_token_type"},
		{401, "{\"error\":\"invalid_client\"}", PIMS_NOT_CONFIGURED, "oauth.invalid_client"},
	};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		provider_sign_in(provider);
		provider->fault = (struct provider_fault){
			.path = REVOKE, .status = cases[i].status, .type = "application/json", .body = cases[i].body};
		provider->faults = 1;
		provider_run(provider, identity_logout, NULL);
		assert_provider_failed(provider, cases[i].code, cases[i].cause);
		assert_false(session_exists(&provider->stored));
	}
}

static void a_full_disk_leaves_both_sides_signed_in(void **state)
{
	struct provider *provider = *state;

	provider->fail_save = 1;
	provider_run(provider, identity_logout, NULL);
	assert_provider_failed(provider, PIMS_UNKNOWN, "state.write");
	assert_true(session_exists(&provider->session));
	assert_int_equal(provider->request_count, 0);
}

static void a_token_is_revoked_at_its_issuer_only(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.issuer, "http://127.0.0.1:9999"), 0);
	provider_run(provider, identity_logout, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
	assert_false(session_exists(&provider->stored));
}

static void other_process_signs_out(struct provider *provider)
{
	session_free(&provider->session);
}

static void another_process_that_signed_out_first_leaves_nothing_to_do(void **state)
{
	struct provider *provider = *state;

	provider->on_lock = other_process_signs_out;
	provider_run(provider, identity_logout, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
}

static void the_refresh_token_is_revoked(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_logout, NULL);
	assert_provider_succeeded(provider);
	assert_null(provider->flow.outcome.result);
	assert_int_equal(provider->request_count, 1);
	assert_string_equal(provider_last(provider, REVOKE)->method, "POST");
	assert_string_equal(provider_last(provider, REVOKE)->body, "client_id=pims&token=refresh-1&token_type_hint=refresh_token");
	assert_false(session_exists(&provider->stored));
}

static void without_a_refresh_token_the_access_token_is_revoked(void **state)
{
	struct provider *provider = *state;

	secret_free(&provider->session.refresh_token);
	provider_run(provider, identity_logout, NULL);
	assert_provider_succeeded(provider);
	assert_string_equal(provider_last(provider, REVOKE)->body, "client_id=pims&token=access-1&token_type_hint=access_token");
}

static void a_provider_that_revokes_nothing_is_not_asked(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.revocation, NULL), 0);
	provider_run(provider, identity_logout, NULL);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->request_count, 0);
	assert_false(session_exists(&provider->stored));
}

#define END_SESSION "{\"endSession\":\"browser\"}"

static void a_browsers_session_that_cannot_be_ended_is_told(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.end_session, NULL), 0);
	provider_run(provider, identity_logout, END_SESSION);
	assert_provider_failed(provider, PIMS_COMPONENT_NOT_CONFIGURED, "backend.no_endpoint");
	assert_false(session_exists(&provider->stored));
}

/* The lock is let go of before: provider.c asserts it. */
static void the_browser_ends_its_own_session(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.end_session, "https://example.com/end?realm=a"), 0);
	assert_int_equal(secret_set(&provider->session.id_token, "an.id.token"), 0);
	provider->redirects[0] = PROVIDER_REDIRECT "?state=strange";
	provider->redirects[1] = PROVIDER_REDIRECT "?state=%s";
	provider_run(provider, identity_logout, END_SESSION);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->request_count, 1);
	assert_int_equal(provider->agent_asked, 2);
	assert_true(text_starts(provider->agent_url, "https://example.com/end?realm=a&id_token_hint=an.id.token&client_id=pims&"
						     "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A43210%2Fcallback&state="));
	assert_false(session_exists(&provider->stored));
}

static void signing_out_keeps_the_device(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_copy(provider->device.device_id, sizeof provider->device.device_id, "0011"), 0);
	provider_run(provider, identity_logout, NULL);
	assert_provider_succeeded(provider);
	assert_string_equal(provider->device.device_id, "0011");
}

static int free_keys(void **state)
{
	(void)state;
	provider_free_keys();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, signed_in, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_is_signed_in, setup, teardown),
		TEST(a_session_that_cannot_be_renewed_is_none),
		TEST(a_session_of_another_configuration_is_none),
		TEST(an_id_token_that_is_never_renewed_needs_a_sign_in),
		TEST(a_renewal_that_fails_gives_no_old_token),
		TEST(get_answers_from_the_session_while_there_are_sixty_seconds),
		TEST(an_id_token_has_its_own_sixty_seconds),
		TEST(refresh_always_renews),
		TEST(the_user_name_needs_no_network),
		TEST(a_server_that_cannot_be_reached_still_signs_out_here),
		TEST(a_server_that_refuses_still_signs_out_here),
		TEST(a_full_disk_leaves_both_sides_signed_in),
		TEST(a_token_is_revoked_at_its_issuer_only),
		TEST(another_process_that_signed_out_first_leaves_nothing_to_do),
		TEST(the_refresh_token_is_revoked),
		TEST(without_a_refresh_token_the_access_token_is_revoked),
		TEST(a_provider_that_revokes_nothing_is_not_asked),
		TEST(signing_out_keeps_the_device),
		TEST(a_browsers_session_that_cannot_be_ended_is_told),
		TEST(the_browser_ends_its_own_session),
	};

	return cmocka_run_group_tests(tests, NULL, free_keys);
}
