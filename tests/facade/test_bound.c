/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver does for tokens that are bound to a key (RFC 9449): proofs, nonces, clocks; and the word `dpop` of the configuration. */
#include "support/harness.h"

#include "base/text.h"
#include "dpop/dpop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_API "pims.authentication.token"
#define TOKEN_REFRESH "{\"type\":\"cvs\",\"action\":\"refresh\"}"
#define PHONE_API "pims.authentication.trustedphonenumber"
#define PHONE_URL HARNESS_BACKEND "/v1/phone"
#define JSON "application/json"

static struct harness h;

/* Somebody is signed in, and the tokens are bound. */
static int begin(void **state)
{
	struct state stored;
	struct env env;

	(void)state;
	env_init(&env, NULL, NULL, NULL);
	harness_init(&h);
	harness_sign_in(&h, 3600);
	harness_stored(&h, &stored);
	stored.endpoints_time = FAKE_NOW / 1000;
	assert_int_equal(dpop_key_make(&stored.session.key, &env), 0);
	stored.session.access_bound = true;
	harness_store(&h, &stored);
	state_free(&stored);
	harness_start(&h);
	return 0;
}

static int end(void **state)
{
	(void)state;
	harness_free(&h);
	return 0;
}

/* The proof of a request that was sent. */
static struct dpop_proof proof_of(size_t request)
{
	struct dpop_proof proof = {0};
	const char *text = fake_request_header(&h.transport.requests[request], "DPoP");

	assert_non_null(text);
	assert_int_equal(dpop_read(text, &proof), 0);
	return proof;
}

static void answer_phone(void)
{
	fake_transport_answer(&h.transport, 200, JSON, "{\"phoneNumber\":\"0612345678\"}");
}

static void answer_401(const char *challenge, const char *nonce)
{
	char line[256], second[256];
	struct fake_answer answer = {.status = 401, .headers = {line, nonce ? second : NULL}};

	(void)snprintf(line, sizeof line, "WWW-Authenticate: %s", challenge);
	(void)snprintf(second, sizeof second, "DPoP-Nonce: %s", nonce ? nonce : "");
	fake_transport_answer_full(&h.transport, &answer);
}

static void answer_tokens(int n, const char *type)
{
	char body[256];

	(void)snprintf(body, sizeof body,
		       "{\"access_token\":\"access-secret-%d\",\"refresh_token\":\"refresh-secret-%d\",\"token_type\":\"%s\",\"expires_in\":3599}", n, n,
		       type);
	fake_transport_answer(&h.transport, 200, JSON, body);
}

static void a_resource_gets_the_token_as_bound_with_a_proof_for_it(void **state)
{
	char hash[DPOP_THUMBPRINT_SIZE];
	struct dpop_proof proof;

	(void)state;
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_succeeded(&h.heard);
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "Authorization"), "DPoP " HARNESS_ACCESS);
	proof = proof_of(0);
	assert_string_equal(proof.method, "GET");
	assert_string_equal(proof.url, PHONE_URL);
	assert_int_equal(proof.issued, FAKE_NOW / 1000);
	assert_int_equal(dpop_token_hash(HARNESS_ACCESS, hash), 0);
	assert_string_equal(proof.hash, hash);
	assert_null(proof.nonce);
	dpop_proof_free(&proof);
}

static void a_resource_that_wants_a_nonce_is_asked_once_more_and_its_nonce_is_kept(void **state)
{
	struct dpop_proof proof;

	(void)state;
	answer_401("DPoP error=\"use_dpop_nonce\", error_description=\"needs a nonce\"", "nonce-1");
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 2);
	proof = proof_of(1);
	assert_string_equal(proof.nonce, "nonce-1");
	dpop_proof_free(&proof);
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	assert_int_equal(h.transport.count, 3);
	proof = proof_of(2);
	assert_string_equal(proof.nonce, "nonce-1");
	dpop_proof_free(&proof);
}

static void a_nonce_in_any_answer_is_for_the_next_request(void **state)
{
	struct fake_answer answer = {.status = 200, .headers = {"DPoP-Nonce: nonce-2", "Content-Type: application/json"},
				     .body = "{\"phoneNumber\":\"0612345678\"}", .body_length = 28};
	struct dpop_proof proof;

	(void)state;
	fake_transport_answer_full(&h.transport, &answer);
	harness_call(&h, "get", PHONE_API, NULL);
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	proof = proof_of(1);
	assert_string_equal(proof.nonce, "nonce-2");
	dpop_proof_free(&proof);
}

static void a_resource_that_is_never_content_is_asked_twice_and_no_token_is_spent(void **state)
{
	(void)state;
	answer_401("DPoP error=\"use_dpop_nonce\"", "nonce-1");
	answer_401("DPoP error=\"use_dpop_nonce\"", "nonce-2");
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2204, NULL, NULL);
	assert_int_equal(h.transport.count, 2);
}

static void a_demand_for_a_nonce_without_one_is_an_answer(void **state)
{
	(void)state;
	answer_401("DPoP error=\"use_dpop_nonce\"", NULL);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2204, NULL, NULL);
	assert_int_equal(h.transport.count, 1);
}

static void a_proof_refused_for_a_wrong_clock_is_made_again_by_the_clock_that_was_learnt(void **state)
{
	struct fake_answer answer = {.status = 401, .headers = {"WWW-Authenticate: DPoP error=\"invalid_dpop_proof\"",
								"Date: Tue, 12 Nov 2024 13:24:15 GMT"}};
	struct dpop_proof proof;

	(void)state;
	fake_transport_answer_full(&h.transport, &answer);
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 2);
	proof = proof_of(1);
	assert_int_equal(proof.issued, 1731417855);
	dpop_proof_free(&proof);
}

static void a_proof_refused_for_no_known_reason_is_not_made_again(void **state)
{
	(void)state;
	answer_401("DPoP error=\"invalid_dpop_proof\"", NULL);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2204, NULL, NULL);
	assert_int_equal(h.transport.count, 1);
}

static void a_token_that_is_refused_is_renewed_with_a_proof_and_used_with_another(void **state)
{
	struct dpop_proof first, renewal, second;

	(void)state;
	answer_401("DPoP error=\"invalid_token\"", NULL);
	answer_tokens(2, "DPoP");
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 3);
	first = proof_of(0);
	renewal = proof_of(1);
	second = proof_of(2);
	assert_null(renewal.hash);
	assert_string_equal(renewal.method, "POST");
	assert_string_equal(renewal.thumbprint, first.thumbprint);
	assert_string_equal(second.thumbprint, first.thumbprint);
	assert_string_not_equal(second.id, first.id);
	assert_string_not_equal(second.hash, first.hash);
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "Authorization"), "DPoP access-secret-2");
	assert_null(strstr(fake_transport_last(&h.transport)->headers, HARNESS_ACCESS));
	dpop_proof_free(&first);
	dpop_proof_free(&renewal);
	dpop_proof_free(&second);
}

static void a_renewal_that_answers_bearer_is_used_as_bearer(void **state)
{
	struct state stored;

	(void)state;
	answer_tokens(2, "Bearer");
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_succeeded(&h.heard);
	assert_null(strstr(h.heard.text, "tokenType"));
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "Authorization"), "Bearer access-secret-2");
	assert_null(fake_request_header(fake_transport_last(&h.transport), "DPoP"));
	harness_stored(&h, &stored);
	assert_false(stored.session.access_bound);
	assert_false(dpop_key_empty(&stored.session.key));
	state_free(&stored);
}

static void a_nonce_is_asked_for_at_the_token_endpoint_and_the_renewal_goes_on(void **state)
{
	static const char body[] = "{\"error\":\"use_dpop_nonce\"}";
	struct fake_answer answer = {.status = 400, .headers = {"DPoP-Nonce: nonce-3", "Content-Type: application/json"}, .body = body,
				     .body_length = sizeof body - 1};
	struct dpop_proof proof;

	(void)state;
	fake_transport_answer_full(&h.transport, &answer);
	answer_tokens(2, "DPoP");
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 2);
	assert_string_equal(h.transport.requests[0].body, h.transport.requests[1].body);
	proof = proof_of(1);
	assert_string_equal(proof.nonce, "nonce-3");
	dpop_proof_free(&proof);
}

static void a_demand_for_a_stronger_sign_in_is_told_in_this_scheme_too(void **state)
{
	(void)state;
	answer_401("DPoP algs=\"ES256\", error=\"insufficient_user_authentication\", acr_values=\"x\"", NULL);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2302, NULL, "oauth.insufficient_user_authentication");
	assert_int_equal(h.transport.count, 1);
}

static void the_key_is_nowhere_but_in_the_sealed_state(void **state)
{
	struct state stored;

	(void)state;
	harness_stored(&h, &stored);
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	assert_null(strstr(fake_transport_last(&h.transport)->headers, secret_text(&stored.session.key.text)));
	assert_null(memmem(h.store.blob, h.store.length, secret_text(&stored.session.key.text), 40));
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	harness_assert_succeeded(&h.heard);
	state_free(&stored);
	harness_stored(&h, &stored);
	assert_true(dpop_key_empty(&stored.session.key));
	state_free(&stored);
}

static void the_word_dpop_of_the_configuration_has_four_values(void **state)
{
	static const char *const good[] = {"{\"dpop\":\"auto\"}", "{\"dpop\":\"all\"}", "{\"dpop\":\"refresh\"}", "{\"dpop\":\"never\"}"};
	static const char *const bad[] = {"{\"dpop\":\"always\"}", "{\"dpop\":\"\"}", "{\"dpop\":true}", "{\"dpop\":null}"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		harness_call(&h, "set", "pims.sdk.configuration", good[i]);
		harness_assert_succeeded(&h.heard);
		/* nobody is signed out by it */
		harness_call(&h, "get", "pims.authentication.account", "{\"actionType\":\"basic\",\"type\":\"username\"}");
		harness_assert_succeeded(&h.heard);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		harness_call(&h, "set", "pims.sdk.configuration", bad[i]);
		assert_int_equal(h.heard.count, 1);
		assert_null(strstr(h.heard.text, "SUCCEEDED"));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_resource_gets_the_token_as_bound_with_a_proof_for_it),
		TEST(a_resource_that_wants_a_nonce_is_asked_once_more_and_its_nonce_is_kept),
		TEST(a_nonce_in_any_answer_is_for_the_next_request),
		TEST(a_resource_that_is_never_content_is_asked_twice_and_no_token_is_spent),
		TEST(a_demand_for_a_nonce_without_one_is_an_answer),
		TEST(a_proof_refused_for_a_wrong_clock_is_made_again_by_the_clock_that_was_learnt),
		TEST(a_proof_refused_for_no_known_reason_is_not_made_again),
		TEST(a_token_that_is_refused_is_renewed_with_a_proof_and_used_with_another),
		TEST(a_renewal_that_answers_bearer_is_used_as_bearer),
		TEST(a_nonce_is_asked_for_at_the_token_endpoint_and_the_renewal_goes_on),
		TEST(a_demand_for_a_stronger_sign_in_is_told_in_this_scheme_too),
		TEST(the_key_is_nowhere_but_in_the_sealed_state),
		TEST(the_word_dpop_of_the_configuration_has_four_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
