/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/url.h"
#include "identity/identity.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Renewal of a session by its refresh token. */

#define TOKEN "/access_token"
#define KEYS "/jwk_uri"
#define JSON "application/json"

/* Each test starts signed in, with the first tokens, an hour later. */
static int setup(void **state)
{
	static struct provider provider;

	provider_init(&provider);
	provider_sign_in(&provider);
	fake_env_advance(&provider.fake, 3600 * 1000);
	*state = &provider;
	return 0;
}

static int teardown(void **state)
{
	provider_free(*state);
	return 0;
}

static void assert_tokens(const struct session *session, const char *access, const char *refresh)
{
	assert_string_equal(secret_text(&session->access_token), access);
	assert_string_equal(secret_text(&session->refresh_token), refresh);
}

/* A renewal that fails so must leave the session as it was, in memory and on the disk. */
static void fails(struct provider *provider, int code, const char *cause)
{
	char *id_token = strdup(secret_text(&provider->session.id_token));

	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, code, cause);
	assert_tokens(&provider->session, "access-1", "refresh-1");
	assert_tokens(&provider->stored, "access-1", "refresh-1");
	assert_string_equal(secret_text(&provider->session.id_token), id_token);
	assert_int_equal(provider->saves, 0);
	free(id_token);
}

static void fails_by(struct provider *provider, int status, const char *type, const char *body, int code, const char *cause)
{
	provider->fault = (struct provider_fault){.path = TOKEN, .status = status, .type = type, .body = body};
	provider->faults = 1;
	fails(provider, code, cause);
}

static void fails_with_claims(struct provider *provider, const char *claims, const char *cause)
{
	provider->claims = claims;
	fails(provider, PIMS_SERVER, cause);
	provider->claims = NULL;
}

static void renews(struct provider *provider)
{
	provider_run(provider, identity_renew, NULL);
	assert_provider_succeeded(provider);
	assert_null(provider->flow.outcome.result);
	assert_string_equal(secret_text(&provider->session.access_token), secret_text(&provider->stored.access_token));
}

static void a_dead_refresh_token_ends_the_session(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){.path = TOKEN, .status = 400, .type = JSON, .body = "{\"error\":\"invalid_grant\"}"};
	provider->faults = 1;
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "oauth.invalid_grant");
	assert_false(session_exists(&provider->session));
	assert_false(session_exists(&provider->stored));
	assert_int_equal(provider->saves, 1);
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
}

static void other_refusals_leave_the_session_alone(void **state)
{
	fails_by(*state, 401, JSON, "{\"error\":\"invalid_client\"}", PIMS_NOT_CONFIGURED, "oauth.invalid_client");
	fails_by(*state, 400, JSON, "{\"error\":\"invalid_request\"}", PIMS_SERVER, "oauth.invalid_request");
	fails_by(*state, 400, "text/html", "invalid_grant", PIMS_SERVER, "server.unexpected");
	fails_by(*state, 400, JSON, "{\"error\":\"invalid_grant\"", PIMS_SERVER, "server.unexpected");
	fails_by(*state, 400, JSON, "{\"error\":\"invalid_grant\",\"error\":\"invalid_grant\"}", PIMS_SERVER, "server.unexpected");
	fails_by(*state, 500, JSON, "{\"error\":\"invalid_grant\"}", PIMS_SERVER, "server.error");
	fails_by(*state, 503, NULL, NULL, PIMS_SERVER, "server.error");
	fails_by(*state, 429, JSON, "{\"error\":\"invalid_grant\"}", PIMS_SERVER, "server.throttled");
	fails_by(*state, 404, JSON, "{}", PIMS_SERVER, "server.unexpected");
	fails_by(*state, 302, NULL, NULL, PIMS_SERVER, "server.unexpected");
	fails_by(*state, 401, JSON, "{\"httpCode\":\"401\",\"httpMessage\":\"Unauthorized\",\"moreInformation\":\"Token is invalid\"}",
		 PIMS_SERVER, "server.unexpected");
}

static void garbage_leaves_the_session_alone(void **state)
{
	fails_by(*state, 200, JSON, "", PIMS_SERVER, "server.format");
	fails_by(*state, 200, JSON, "null", PIMS_SERVER, "server.format");
	fails_by(*state, 200, JSON, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"token_type\":\"Bearer\"}", PIMS_SERVER,
		 "server.format");
	fails_by(*state, 200, "text/html", "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", PIMS_SERVER, "server.format");
	fails_by(*state, 200, JSON, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"x\"}", PIMS_SERVER,
		 "id_token.format");
}

static void an_unreachable_server_leaves_the_session_alone(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){.path = TOKEN, .failure = PIMS_HTTP_TIMEOUT};
	provider->faults = 2;
	fails(provider, PIMS_TIMEOUT, "network.timeout");
	provider->fault.failure = PIMS_HTTP_NETWORK;
	fails(provider, PIMS_NETWORK, "network.unreachable");
	renews(provider);
}

/* The refresh token of that answer is not kept either: whose session it goes on with is not known. */
static void an_id_token_for_somebody_else_is_refused_whole(void **state)
{
	fails_with_claims(*state, "{\"sub\":\"subject-2\"}", "id_token.subject");
	fails_with_claims(*state, "{\"sub\":null}", "id_token.subject");
	fails_with_claims(*state, "{\"iss\":\"http://127.0.0.1:8081\"}", "id_token.issuer");
	fails_with_claims(*state, "{\"aud\":[\"pims\",\"other\"]}", "id_token.audience");
	fails_with_claims(*state, "{\"aud\":\"other\"}", "id_token.audience");
	fails_with_claims(*state, "{\"azp\":null}", "id_token.azp");
	/* another's and late as well */
	fails_with_claims(*state, "{\"sub\":\"subject-2\",\"exp\":1731417255,\"iat\":1731410000}", "id_token.subject");
}

/* A renewal that fails so leaves access and id token, and goes on with the refresh token that the provider has put in place of ours. */
static void fails_and_goes_on(struct provider *provider, const char *cause)
{
	char refresh[32], next[64];

	(void)snprintf(refresh, sizeof refresh, "refresh-%u", provider->issued + 1);
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_SERVER, cause);
	assert_tokens(&provider->session, "access-1", refresh);
	assert_tokens(&provider->stored, "access-1", refresh);
	assert_int_equal(provider->saves, 1);
	provider->fault = (struct provider_fault){.path = TOKEN, .failure = PIMS_HTTP_NETWORK};
	provider->faults = 1;
	provider_run(provider, identity_renew, NULL);
	(void)snprintf(next, sizeof next, "refresh_token=%s", refresh);
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, next));
}

static void an_id_token_that_breaks_another_rule_costs_no_session(void **state)
{
	static const char *const rows[][2] = {
		{"{\"nonce\":\"other\"}", "id_token.nonce"},
		{"{\"auth_time\":1731420000}", "id_token.auth_time"},
		{"{\"exp\":1731417255,\"iat\":1731410000}", "id_token.expired"},
		{"{\"iat\":null}", "id_token.issued_at"},
		{"{\"nbf\":1831417255}", "id_token.not_before"},
		{"{\"at_hash\":\"AAAAAAAAAAAAAAAAAAAAAA\"}", "id_token.at_hash"},
	};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		provider->claims = rows[i][0];
		fails_and_goes_on(provider, rows[i][1]);
	}
	provider->claims = NULL;
	renews(provider);
	assert_tokens(&provider->stored, "access-8", "refresh-8");
}

static void a_wrong_signature_costs_no_session(void **state)
{
	struct provider *provider = *state;

	provider->key = KEY_RSA_OTHER;
	provider->header = "{\"kid\":\"rsa\"}";
	fails_and_goes_on(provider, "id_token.signature");
	provider->key = KEY_RSA;
	provider->header = NULL;
	renews(provider);
}

/* Nothing can be said of whose it is. */
static void an_id_token_that_cannot_be_read_is_refused_whole(void **state)
{
	struct provider *provider = *state;

	provider->id_token = "x";
	fails(provider, PIMS_SERVER, "id_token.format");
	provider->id_token = "eyJhbGciOiJub25lIn0.e30.AA";
	fails(provider, PIMS_SERVER, "id_token.algorithm");
}

static void a_disk_that_is_full_when_a_rule_is_broken_keeps_the_old_session(void **state)
{
	struct provider *provider = *state;

	provider->claims = "{\"nonce\":\"other\"}";
	provider->fail_save = 1;
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_UNKNOWN, "state.write");
	assert_tokens(&provider->session, "access-1", "refresh-1");
}

static void a_broken_rule_without_rotation_changes_nothing(void **state)
{
	struct provider *provider = *state;

	provider->answer = "{\"refresh_token\":null}";
	fails_with_claims(provider, "{\"nonce\":\"other\"}", "id_token.nonce");
	provider->answer = NULL;
}

/* The server has rotated already: what a request for keys could lose is on the disk before it. */
static void a_rotated_refresh_token_is_saved_before_keys_are_asked_for(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.jwks_document, NULL), 0);
	provider->fault = (struct provider_fault){.path = KEYS, .failure = PIMS_HTTP_TIMEOUT};
	provider->faults = 1;
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_TIMEOUT, "network.timeout");
	assert_tokens(&provider->stored, "access-1", "refresh-2");
	assert_tokens(&provider->session, "access-1", "refresh-2");
	renews(provider);
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "refresh_token=refresh-2"));
	assert_tokens(&provider->stored, "access-3", "refresh-3");
	assert_int_equal(provider->saves, 2);
	assert_string_equal(provider->saved_refresh, "refresh-3");
}

static void a_full_disk_keeps_the_old_session(void **state)
{
	struct provider *provider = *state;

	provider->fail_save = 1;
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_UNKNOWN, "state.write");
	assert_tokens(&provider->session, "access-1", "refresh-1");
}

static void without_a_refresh_token_there_is_no_renewal(void **state)
{
	struct provider *provider = *state;

	secret_free(&provider->session.refresh_token);
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	provider->session.access_expires = provider_now(provider) + 30;
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.expired");
	assert_int_equal(provider->request_count, 0);
}

static void a_session_of_another_client_or_issuer_is_not_used(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.client_id, "other"), 0);
	fails(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(text_set(&provider->profile.client_id, "pims"), 0);
	assert_int_equal(text_set(&provider->profile.endpoints.issuer, "http://127.0.0.1:9999"), 0);
	fails(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
}

/* Found out only when the endpoints are: the refresh token must not go there. */
static void an_issuer_that_turns_out_another_gets_nothing(void **state)
{
	struct provider *provider = *state;

	endpoints_free(&provider->profile.endpoints);
	assert_int_equal(text_set(&provider->session.issuer, "http://127.0.0.1:9999"), 0);
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
}

static void other_process_renews(struct provider *provider)
{
	assert_int_equal(secret_set(&provider->session.access_token, "access-theirs"), 0);
	assert_int_equal(secret_set(&provider->session.refresh_token, "refresh-theirs"), 0);
	provider->session.access_expires = provider_now(provider) + 3599;
}

static void another_process_that_was_faster_saves_the_request(void **state)
{
	struct provider *provider = *state;

	provider->on_lock = other_process_renews;
	provider_run(provider, identity_renew, NULL);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->request_count, 0);
	assert_int_equal(provider->saves, 0);
	assert_tokens(&provider->session, "access-theirs", "refresh-theirs");
}

static void other_process_renewed_long_ago(struct provider *provider)
{
	other_process_renews(provider);
	provider->session.access_expires = provider_now(provider) + 59;
}

static void their_token_that_ends_soon_is_renewed_with_their_refresh_token(void **state)
{
	struct provider *provider = *state;

	provider->on_lock = other_process_renewed_long_ago;
	renews(provider);
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "refresh_token=refresh-theirs"));
	assert_tokens(&provider->session, "access-2", "refresh-2");
}

static void other_process_signs_out(struct provider *provider)
{
	session_free(&provider->session);
}

static void another_process_that_signed_out_ends_it(void **state)
{
	struct provider *provider = *state;

	provider->on_lock = other_process_signs_out;
	provider_run(provider, identity_renew, NULL);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "session.none");
	assert_int_equal(provider->request_count, 0);
}

static void a_renewal_is_one_request_and_one_save(void **state)
{
	struct provider *provider = *state;
	const struct provider_request *request;
	struct query query = {0};

	renews(provider);
	assert_int_equal(provider->request_count, 1);
	assert_int_equal(provider->saves, 1);
	request = provider_last(provider, TOKEN);
	assert_int_equal(query_parse(request->body, strlen(request->body), &query), 0);
	assert_string_equal(query_get(&query, "grant_type"), "refresh_token");
	assert_string_equal(query_get(&query, "refresh_token"), "refresh-1");
	assert_string_equal(query_get(&query, "client_id"), "pims");
	assert_int_equal(query.count, 3);
	query_free(&query);
}

static void a_renewal_names_the_api_again(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.resource, "https://pimsd.example/api"), 0);
	renews(provider);
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "&resource=https%3A%2F%2Fpimsd.example%2Fapi"));
}

static void a_renewal_replaces_all_tokens(void **state)
{
	struct provider *provider = *state;
	char *before = strdup(secret_text(&provider->session.id_token));

	renews(provider);
	assert_tokens(&provider->stored, "access-2", "refresh-2");
	assert_string_not_equal(secret_text(&provider->stored.id_token), before);
	assert_int_equal(provider->stored.access_expires, provider_now(provider) + 3599);
	assert_int_equal(provider->stored.id_expires, provider_now(provider) + 3600);
	assert_string_equal(provider->stored.subject, "subject-1");
	assert_string_equal(provider->stored.client_id, "pims");
	free(before);
}

static void what_the_answer_leaves_out_stays(void **state)
{
	struct provider *provider = *state;
	char *before = strdup(secret_text(&provider->session.id_token));
	int64_t expires = provider->session.id_expires;

	provider->answer = "{\"refresh_token\":null,\"id_token\":null,\"scope\":null}";
	renews(provider);
	assert_tokens(&provider->stored, "access-2", "refresh-1");
	assert_string_equal(secret_text(&provider->stored.id_token), before);
	assert_int_equal(provider->stored.id_expires, expires);
	assert_string_equal(provider->stored.username, "demo@example.com");
	assert_string_equal(provider->stored.scope, "openid profile email");
	free(before);
}

static void the_user_name_follows_the_id_token(void **state)
{
	struct provider *provider = *state;

	provider->claims = "{\"email\":null}";
	renews(provider);
	assert_string_equal(provider->stored.username, "demo@example.com");
	provider->claims = "{\"email\":\"new@example.com\"}";
	renews(provider);
	assert_string_equal(provider->stored.username, "new@example.com");
}

static void the_nonce_of_the_sign_in_may_come_again(void **state)
{
	struct provider *provider = *state;
	json_t *claims = json_pack("{s:s}", "nonce", provider->nonce);
	char *text = json_dumps(claims, 0);

	provider->claims = text;
	renews(provider);
	free(text);
	json_decref(claims);
}

static void a_session_is_renewed_again_and_again(void **state)
{
	struct provider *provider = *state;

	for (int i = 0; i < 5; i++) {
		fake_env_advance(&provider->fake, 3600 * 1000);
		renews(provider);
	}
	assert_tokens(&provider->stored, "access-6", "refresh-6");
}

static void rotated_keys_are_found(void **state)
{
	static const enum provider_key after[] = {KEY_EC_OTHER};
	struct provider *provider = *state;

	provider->published = provider_keys(after, 1);
	provider->key = KEY_EC_OTHER;
	renews(provider);
	assert_int_equal(provider->fetched, 1);
}

static int free_keys(void **state)
{
	(void)state;
	provider_free_keys();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dead_refresh_token_ends_the_session),
		TEST(other_refusals_leave_the_session_alone),
		TEST(garbage_leaves_the_session_alone),
		TEST(an_unreachable_server_leaves_the_session_alone),
		TEST(an_id_token_for_somebody_else_is_refused_whole),
		TEST(an_id_token_that_breaks_another_rule_costs_no_session),
		TEST(a_wrong_signature_costs_no_session),
		TEST(an_id_token_that_cannot_be_read_is_refused_whole),
		TEST(a_disk_that_is_full_when_a_rule_is_broken_keeps_the_old_session),
		TEST(a_broken_rule_without_rotation_changes_nothing),
		TEST(a_rotated_refresh_token_is_saved_before_keys_are_asked_for),
		TEST(a_full_disk_keeps_the_old_session),
		TEST(without_a_refresh_token_there_is_no_renewal),
		TEST(a_session_of_another_client_or_issuer_is_not_used),
		TEST(an_issuer_that_turns_out_another_gets_nothing),
		TEST(another_process_that_was_faster_saves_the_request),
		TEST(their_token_that_ends_soon_is_renewed_with_their_refresh_token),
		TEST(another_process_that_signed_out_ends_it),
		TEST(a_renewal_is_one_request_and_one_save),
		TEST(a_renewal_names_the_api_again),
		TEST(a_renewal_replaces_all_tokens),
		TEST(what_the_answer_leaves_out_stays),
		TEST(the_user_name_follows_the_id_token),
		TEST(the_nonce_of_the_sign_in_may_come_again),
		TEST(a_session_is_renewed_again_and_again),
		TEST(rotated_keys_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, free_keys);
}
