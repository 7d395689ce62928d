/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/url.h"
#include "identity/identity.h"
#include "identity/token.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sessions whose tokens are bound to a key (RFC 9449), at a provider that announces it. */

#define TOKEN "/access_token"
#define CVS "{\"type\":\"cvs\",\"action\":\"get\"}"

static int setup(void **state)
{
	static struct provider provider;

	provider_init(&provider);
	provider.dpop = true;
	provider.profile.dpop = DPOP_AUTO;
	provider_endpoints(&provider);
	assert_int_equal(text_set(&provider.profile.endpoints.customer_audience, "customer-api"), 0);
	*state = &provider;
	return 0;
}

static int teardown(void **state)
{
	provider_free(*state);
	return 0;
}

static void thumbprint(const struct session *session, char ret_thumbprint[DPOP_THUMBPRINT_SIZE])
{
	assert_int_equal(dpop_key_thumbprint(&session->key, ret_thumbprint), 0);
}

static void assert_proved_by(const struct provider *provider, const struct session *session)
{
	char expected[DPOP_THUMBPRINT_SIZE];

	thumbprint(session, expected);
	assert_string_equal(provider->proved, expected);
}

static const char *result_text(const struct provider *provider, const char *name)
{
	const char *text = json_text(provider->flow.outcome.result, name);

	return text ? text : "";
}

static void renew(struct provider *provider)
{
	fake_env_advance(&provider->fake, 3600 * 1000);
	provider_run(provider, identity_renew, NULL);
}

static void a_provider_without_it_gets_no_proof(void **state)
{
	struct provider *provider = *state;

	provider->profile.endpoints.dpop = false;
	provider_sign_in(provider);
	assert_string_equal(provider->proved, "");
	assert_null(strstr(provider->agent_url, "dpop_jkt"));
	assert_true(dpop_key_empty(&provider->session.key));
	assert_false(provider->session.access_bound);
	assert_null(strstr(provider_last(provider, TOKEN)->body, "openpims_token_type"));
}

static void an_application_may_want_none_of_it(void **state)
{
	struct provider *provider = *state;

	provider->profile.dpop = DPOP_NEVER;
	provider_sign_in(provider);
	assert_string_equal(provider->proved, "");
	assert_null(strstr(provider->agent_url, "dpop_jkt"));
	assert_true(dpop_key_empty(&provider->stored.key));
}

static void a_bound_token_without_a_proof_of_ours_is_no_answer(void **state)
{
	struct provider *provider = *state;

	provider->profile.endpoints.dpop = false;
	provider->answer = "{\"token_type\":\"DPoP\"}";
	provider_run(provider, identity_login, NULL);
	assert_provider_failed(provider, PIMS_SERVER, "server.format");
	assert_false(session_exists(&provider->session));
}

static void a_sign_in_binds_tokens_to_a_key_that_is_saved_with_them(void **state)
{
	struct provider *provider = *state;
	struct query query = {0};

	provider_sign_in(provider);
	assert_int_equal(provider->saves, 1);
	assert_proved_by(provider, &provider->stored);
	assert_true(provider->stored.access_bound);
	assert_int_equal(query_parse(strchr(provider->agent_url, '?') + 1, strlen(strchr(provider->agent_url, '?') + 1), &query), 0);
	assert_string_equal(query_get(&query, "dpop_jkt"), provider->proved);
	assert_null(strstr(provider_last(provider, TOKEN)->body, "openpims_token_type"));
	query_free(&query);
}

static void each_sign_in_has_a_key_of_its_own(void **state)
{
	struct provider *provider = *state;
	char first[DPOP_THUMBPRINT_SIZE];

	provider_sign_in(provider);
	thumbprint(&provider->session, first);
	provider_sign_in(provider);
	assert_proved_by(provider, &provider->stored);
	assert_string_not_equal(provider->proved, first);
}

static void a_sign_in_that_fails_leaves_the_old_key_with_the_old_tokens(void **state)
{
	struct provider *provider = *state;
	char before[DPOP_THUMBPRINT_SIZE], after[DPOP_THUMBPRINT_SIZE];

	provider_sign_in(provider);
	thumbprint(&provider->session, before);
	provider->claims = "{\"nonce\":\"other\"}";
	provider_run(provider, identity_login, NULL);
	assert_provider_failed(provider, PIMS_SERVER, "id_token.nonce");
	thumbprint(&provider->session, after);
	assert_string_equal(before, after);
	assert_string_equal(secret_text(&provider->session.access_token), "access-1");
}

static void a_renewal_is_proved_by_the_key_of_the_session(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	renew(provider);
	assert_provider_succeeded(provider);
	assert_proved_by(provider, &provider->stored);
	assert_string_equal(secret_text(&provider->stored.access_token), "access-2");
	assert_true(provider->stored.access_bound);
	/* also when the provider, or the application, has changed its mind: the refresh token is bound all the same */
	provider->profile.endpoints.dpop = false;
	provider->profile.dpop = DPOP_NEVER;
	renew(provider);
	assert_provider_succeeded(provider);
	assert_proved_by(provider, &provider->stored);
}

static void a_session_without_a_key_stays_without_until_the_next_sign_in(void **state)
{
	struct provider *provider = *state;

	provider->profile.endpoints.dpop = false;
	provider_sign_in(provider);
	provider->profile.endpoints.dpop = true;
	renew(provider);
	assert_provider_succeeded(provider);
	assert_string_equal(provider->proved, "");
	assert_true(dpop_key_empty(&provider->stored.key));
}

/* RFC 9449 §5 leaves it to the client: the refresh token stays bound, and the access token is used as what it is. */
static void a_provider_that_answers_bearer_binds_the_refresh_token_alone(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider->answers_bearer = true;
	renew(provider);
	assert_provider_succeeded(provider);
	assert_false(provider->stored.access_bound);
	provider->answers_bearer = false;
	renew(provider);
	assert_proved_by(provider, &provider->stored);
	assert_true(provider->stored.access_bound);
}

static void an_application_that_hands_access_tokens_out_asks_for_unbound_ones(void **state)
{
	struct provider *provider = *state;

	provider->profile.dpop = DPOP_REFRESH;
	provider->answers_bearer = true;
	provider_sign_in(provider);
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "openpims_token_type=Bearer"));
	assert_proved_by(provider, &provider->stored);
	assert_false(provider->stored.access_bound);
	renew(provider);
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "openpims_token_type=Bearer"));
	assert_proved_by(provider, &provider->stored);
}

/* As every provider of other people does: the parameter is not theirs. */
static void a_provider_that_leaves_no_choice_binds_both(void **state)
{
	struct provider *provider = *state;

	provider->profile.dpop = DPOP_REFRESH;
	provider_sign_in(provider);
	assert_proved_by(provider, &provider->stored);
	assert_true(provider->stored.access_bound);
	renew(provider);
	assert_true(provider->stored.access_bound);
}

static void a_nonce_is_asked_for_once_and_then_remembered(void **state)
{
	struct provider *provider = *state;

	provider->wanted_nonce = "nonce-1";
	provider_sign_in(provider);
	assert_int_equal(provider->nonces_asked, 1);
	assert_int_equal(provider_count(provider, TOKEN), 2);
	assert_string_equal(provider->proof_nonce, "nonce-1");
	renew(provider);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->nonces_asked, 1);
	assert_int_equal(provider_count(provider, TOKEN), 1);
	provider->wanted_nonce = "nonce-2";
	renew(provider);
	assert_provider_succeeded(provider);
	assert_int_equal(provider->nonces_asked, 2);
}

static void a_provider_that_refuses_every_nonce_is_asked_twice_only(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider->fault = (struct provider_fault){.path = TOKEN, .status = 400, .type = "application/json", .body = "{\"error\":\"use_dpop_nonce\"}"};
	provider->faults = 9;
	renew(provider);
	assert_provider_failed(provider, PIMS_SERVER, "oauth.use_dpop_nonce");
	assert_true(provider_count(provider, TOKEN) <= 2);
	assert_string_equal(secret_text(&provider->stored.refresh_token), "refresh-1");
	provider->faults = 0;
}

static void a_proof_that_is_refused_ends_no_session(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider->fault = (struct provider_fault){.path = TOKEN, .status = 400, .type = "application/json",
						  .body = "{\"error\":\"invalid_dpop_proof\"}"};
	provider->faults = 1;
	renew(provider);
	assert_provider_failed(provider, PIMS_SERVER, "oauth.invalid_dpop_proof");
	assert_true(session_exists(&provider->stored));
	renew(provider);
	assert_provider_succeeded(provider);
}

static void proofs_go_by_the_clock_of_the_server(void **state)
{
	struct provider *provider = *state;

	provider->offset = -86400 * 400;
	provider->skew = provider->offset;
	provider_sign_in(provider); /* read_proof() looks at iat */
	renew(provider);
	assert_provider_succeeded(provider);
}

static void a_token_for_the_customer_api_is_bound_as_well(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider_run(provider, identity_customer_at, "{\"type\":\"customerAt\",\"action\":\"get\"}");
	assert_provider_succeeded(provider);
	assert_proved_by(provider, &provider->stored);
	assert_true(provider->stored.customer_bound);
	renew(provider);
	assert_true(provider->stored.customer_bound);
}

static void a_bound_token_tells_its_type_and_comes_with_a_proof_when_asked(void **state)
{
	struct provider *provider = *state;
	struct dpop_proof proof = {0};
	char hash[DPOP_THUMBPRINT_SIZE];

	provider_sign_in(provider);
	provider_run(provider, identity_cvs, CVS);
	assert_string_equal(result_text(provider, "token"), "access-1");
	assert_string_equal(result_text(provider, "tokenType"), ""); /* the result is the documented one */
	assert_string_equal(result_text(provider, "dpop"), "");
	provider_run(provider, identity_cvs,
		     "{\"type\":\"cvs\",\"action\":\"get\",\"htm\":\"POST\",\"htu\":\"https://api.example/x?y=1\",\"nonce\":\"n-7\"}");
	assert_string_equal(result_text(provider, "tokenType"), "DPoP");
	assert_int_equal(dpop_read(result_text(provider, "dpop"), &proof), 0);
	assert_string_equal(proof.method, "POST");
	assert_string_equal(proof.url, "https://api.example/x");
	assert_string_equal(proof.nonce, "n-7");
	assert_int_equal(dpop_token_hash("access-1", hash), 0);
	assert_string_equal(proof.hash, hash);
	dpop_proof_free(&proof);
	provider_run(provider, identity_cvs, "{\"type\":\"cvs\",\"action\":\"get\",\"htu\":\"mymap://x\"}");
	assert_provider_failed(provider, PIMS_INVALID_PARAMETER, "");
	assert_string_equal(provider->flow.outcome.name, "htu");
}

static void an_unbound_token_is_told_as_the_documents_say(void **state)
{
	struct provider *provider = *state;

	provider->answers_bearer = true;
	provider_sign_in(provider);
	provider_run(provider, identity_cvs, "{\"type\":\"cvs\",\"action\":\"get\",\"htu\":\"https://api.example/\"}");
	assert_provider_succeeded(provider);
	assert_string_equal(result_text(provider, "scope"), "openid profile email"); /* htu is of ours, and so is this */
	assert_int_equal(json_object_size(provider->flow.outcome.result), 3);
	provider_run(provider, identity_cvs, "{\"type\":\"cvs\",\"action\":\"get\"}");
	assert_provider_succeeded(provider);
	assert_int_equal(json_object_size(provider->flow.outcome.result), 2);
}

static void signing_out_wipes_the_key(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider_run(provider, identity_logout, NULL);
	assert_provider_succeeded(provider);
	assert_true(dpop_key_empty(&provider->session.key));
	assert_true(dpop_key_empty(&provider->stored.key));
}

static void a_session_that_ends_takes_its_key_along(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider->fault = (struct provider_fault){.path = TOKEN, .status = 400, .type = "application/json", .body = "{\"error\":\"invalid_grant\"}"};
	provider->faults = 1;
	renew(provider);
	assert_provider_failed(provider, PIMS_NEED_BASIC_AUTHENTICATION, "oauth.invalid_grant");
	assert_true(dpop_key_empty(&provider->stored.key));
}

static void a_stored_session_that_says_bound_and_has_no_key_is_damage(void **state)
{
	struct provider *provider = *state;
	struct session read = {0};
	json_t *object = NULL;

	provider_sign_in(provider);
	assert_int_equal(session_encode(&provider->session, &object), 0);
	assert_int_equal(session_decode(object, &read), 0);
	session_free(&read);
	json_object_set_new(object, "key", json_string("AAAA"));
	assert_int_equal(session_decode(object, &read), PIMS_E_FORMAT);
	json_object_del(object, "key");
	assert_int_equal(session_decode(object, &read), PIMS_E_FORMAT);
	json_object_del(object, "access_bound");
	assert_int_equal(session_decode(object, &read), 0);
	session_free(&read);
	json_wipe(object);
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
		TEST(a_provider_without_it_gets_no_proof),
		TEST(an_application_may_want_none_of_it),
		TEST(a_bound_token_without_a_proof_of_ours_is_no_answer),
		TEST(a_sign_in_binds_tokens_to_a_key_that_is_saved_with_them),
		TEST(each_sign_in_has_a_key_of_its_own),
		TEST(a_sign_in_that_fails_leaves_the_old_key_with_the_old_tokens),
		TEST(a_renewal_is_proved_by_the_key_of_the_session),
		TEST(a_session_without_a_key_stays_without_until_the_next_sign_in),
		TEST(a_provider_that_answers_bearer_binds_the_refresh_token_alone),
		TEST(an_application_that_hands_access_tokens_out_asks_for_unbound_ones),
		TEST(a_provider_that_leaves_no_choice_binds_both),
		TEST(a_nonce_is_asked_for_once_and_then_remembered),
		TEST(a_provider_that_refuses_every_nonce_is_asked_twice_only),
		TEST(a_proof_that_is_refused_ends_no_session),
		TEST(proofs_go_by_the_clock_of_the_server),
		TEST(a_token_for_the_customer_api_is_bound_as_well),
		TEST(a_bound_token_tells_its_type_and_comes_with_a_proof_when_asked),
		TEST(an_unbound_token_is_told_as_the_documents_say),
		TEST(signing_out_wipes_the_key),
		TEST(a_session_that_ends_takes_its_key_along),
		TEST(a_stored_session_that_says_bound_and_has_no_key_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, free_keys);
}
