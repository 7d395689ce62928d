/* SPDX-License-Identifier: Apache-2.0 */
#include "external_fixture.h"

#include "base/encode.h"

/* Access tokens that are JWTs (RFC 9068), and the provider's keys: what is fetched, how often, and what is answered meanwhile. */

enum { CROWD = 12 };

static void refuse_and_free(struct other *other, char *token, const char *description)
{
	refused(other, token, description);
	free(token);
}

/* --- tokens that are none ----------------------------------------------------------------------------------------------------------------- */

static void an_id_token_is_no_access_token(void **state)
{
	struct other *other = *state;

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	refuse_and_free(other, other_token(other, KEY_RSA, "{\"typ\":\"JWT\"}", NULL), "no access token");
	refuse_and_free(other, other_token(other, KEY_RSA, "{}", NULL), "no access token");
	refuse_and_free(other, other_token(other, KEY_RSA, "{\"typ\":null}", NULL), "no access token");
	refuse_and_free(other, other_token(other, KEY_RSA, "{\"typ\":5}", NULL), "no access token");
	refuse_and_free(other, other_token(other, KEY_RSA, "{\"typ\":\"dpop+jwt\"}", NULL), "no access token");
	refuse_and_free(other, other_token(other, KEY_RSA, "{\"typ\":\"text/at+jwt\"}", NULL), "no access token");
}

static void a_token_without_a_signature_of_the_provider_is_refused(void **state)
{
	static const char *const headers[] = {"{\"alg\":\"none\",\"typ\":\"at+jwt\"}", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"}",
					      "{\"alg\":\"PS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"}", "{\"typ\":\"at+jwt\",\"kid\":\"rsa\"}",
					      "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\",\"crit\":[\"x\"]}"};
	struct other *other = *state;
	char *claims = other_claims_text(other, NULL), *token;

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		token = provider_assemble(headers[i], claims, i == 0 ? 0 : 32);
		assert_int_equal(identify(other, token), PIMS_E_STATE);
		assert_int_equal(other->refusal.kind, EXTERNAL_INVALID);
		free(token);
	}
	refuse_and_free(other, provider_assemble("{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"}", claims, 256), "signature");
	refuse_and_free(other, other_token(other, KEY_RSA_OTHER, "{\"typ\":\"at+jwt\",\"kid\":\"rsa\"}", NULL), "signature");
	/* the key of one kind, the algorithm of another */
	token = provider_assemble("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"rsa\"}", claims, 64);
	(void)unknown_yet(other, token); /* such a key may have come since */
	free(token);
	free(claims);
}

static void what_is_no_token_costs_no_request(void **state)
{
	struct other *other = *state;
	char *long_token = malloc(EXTERNAL_TOKEN_MAX + 2);

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	assert_true(raw_server_wait(other->raw, 2, 10000));
	memset(long_token, 'a', EXTERNAL_TOKEN_MAX + 1);
	long_token[EXTERNAL_TOKEN_MAX + 1] = '\0';
	refused(other, long_token, "too long");
	long_token[EXTERNAL_TOKEN_MAX] = '\0';
	refused(other, long_token, "no signed JWT");
	refused(other, "", "malformed");
	refused(other, "a b", "malformed");
	refused(other, "a.b\x7f", "malformed");
	refused(other, "a.b.c", "no signed JWT");
	refuse_and_free(other, other_token(other, KEY_EC_OTHER, NULL, "{\"aud\":\"x\"}"), "audience");
	refuse_and_free(other, other_token(other, KEY_EC_OTHER, NULL, "{\"exp\":5}"), "expired");
	assert_int_equal(raw_server_requests(other->raw), 2);
	free(long_token);
}

static void a_missing_scope_is_told_apart(void **state)
{
	static char scope[] = "car:otp";
	struct other *other = *state;
	static const char *const without[] = {"{\"scope\":null}", "{\"scope\":\"openid car:otp2\"}", "{\"scope\":\"\"}"};
	char *token;

	other->settings.scope = scope;
	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	for (size_t i = 0; i < 3; i++) {
		token = other_token(other, KEY_EC, NULL, without[i]);
		assert_int_equal(identify(other, token), PIMS_E_STATE);
		assert_int_equal(other->refusal.kind, EXTERNAL_SCOPE);
		free(token);
	}
	token = other_token(other, KEY_EC, NULL, NULL);
	good(other, token);
	free(token);
}

static void tokens_of_both_algorithms_are_taken(void **state)
{
	static const char *const types[] = {"{\"typ\":\"at+jwt\"}", "{\"typ\":\"application/at+jwt\"}", "{\"typ\":\"AT+JWT\"}"};
	struct other *other = *state;

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	for (size_t i = 0; i < 6; i++) {
		char *token = other_token(other, i % 2 ? KEY_EC : KEY_RSA, types[i / 2], NULL);

		good(other, token);
		assert_string_equal(other->identity.subject, "jo");
		assert_string_equal(other->identity.name, "Jo");
		assert_string_equal(other->identity.client, "car-app");
		assert_string_equal(other->identity.scope, "openid car:otp");
		free(token);
	}
	assert_int_equal(raw_server_requests(other->raw), 2);
	assert_non_null(strstr(raw_server_request(other->raw, 0), "GET /.well-known/openid-configuration HTTP/1.1\r\n"));
	assert_non_null(strstr(raw_server_request(other->raw, 1), "GET /keys HTTP/1.1\r\n"));
}

/* --- keys that change --------------------------------------------------------------------------------------------------------------------- */

static void a_new_key_is_fetched_once(void **state)
{
	struct other *other = *state;
	char *old = other_token(other, KEY_RSA, NULL, NULL), *new = other_token(other, KEY_RSA_OTHER, NULL, NULL);

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	good(other, old);
	answers_keys(other, KEY_RSA_OTHER, KEY_EC);
	other_advance(other, 11);
	good(other, new);
	good(other, new);
	assert_int_equal(raw_server_requests(other->raw), 4);
	/* the old key was withdrawn; so soon after a round nobody knows whether it came back */
	assert_int_equal(unknown_yet(other, old), 10);
	assert_int_equal(raw_server_requests(other->raw), 4);
	other_advance(other, 11);
	answers_keys(other, KEY_RSA_OTHER, KEY_EC);
	refused(other, old, "does not publish");
	assert_int_equal(raw_server_requests(other->raw), 6);
	free(old);
	free(new);
}

static void a_new_key_without_a_name_shows_by_its_signature(void **state)
{
	struct other *other = *state;
	static const char nameless[] = "{\"typ\":\"at+jwt\",\"kid\":null}";
	char *old = other_token(other, KEY_RSA, nameless, NULL), *new = other_token(other, KEY_RSA_OTHER, nameless, NULL);

	answers_keys(other, KEY_RSA, KEY_RSA);
	other_start(other, 6);
	good(other, old);
	answers_keys(other, KEY_RSA_OTHER, KEY_RSA_OTHER);
	other_advance(other, 11);
	good(other, new);
	free(old);
	free(new);
}

struct caller {
	struct other *other;
	const char *token;
	int r;
	struct external_refusal refusal;
};

static void *call_once(void *data)
{
	struct caller *caller = data;
	struct external_identity identity = {0};

	caller->r = external_identify(caller->other->external, caller->token, NULL, &identity, &caller->refusal);
	external_identity_free(&identity);
	return NULL;
}

static void crowd(struct other *other, const char *token, struct caller callers[CROWD])
{
	pthread_t threads[CROWD];

	for (int i = 0; i < CROWD; i++) {
		callers[i] = (struct caller){.other = other, .token = token};
		assert_int_equal(pthread_create(&threads[i], NULL, call_once, &callers[i]), 0);
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void a_crowd_with_an_unknown_key_makes_one_round(void **state)
{
	struct other *other = *state;
	char *token = other_token(other, KEY_EC_OTHER, NULL, NULL), *known = other_token(other, KEY_EC, NULL, NULL);
	struct caller callers[CROWD];
	int told = 0;

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 48);
	good(other, known);
	other_advance(other, 11);
	answers_keys(other, KEY_RSA, KEY_EC);
	crowd(other, token, callers);
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(callers[i].r, PIMS_E_STATE);
		told += callers[i].refusal.kind == EXTERNAL_INVALID;
		assert_true(callers[i].refusal.kind != EXTERNAL_SCOPE);
	}
	assert_true(told > 0);
	crowd(other, token, callers);
	assert_int_equal(raw_server_requests(other->raw), 4);
	good(other, known);
	free(token);
	free(known);
}

/* --- a provider that is away -------------------------------------------------------------------------------------------------------------- */

static void a_provider_that_was_down_at_the_start_is_found_later(void **state)
{
	struct other *other = *state;
	char *token = other_token(other, KEY_EC, NULL, NULL);

	answers(other, 503, "{}");
	answers(other, 503, "{}");
	other_start(other, 6);
	assert_true(unknown_yet(other, token) <= 2);
	assert_true(other_logged(other, "trying again"));
	answers_keys(other, KEY_RSA, KEY_EC);
	other_advance(other, 2);
	good(other, token);
	free(token);
}

static void without_the_provider_keys_are_good_for_an_hour(void **state)
{
	struct other *other = *state;
	char *token = other_token(other, KEY_EC, NULL, "{\"exp\":1731500000}"), *unknown = other_token(other, KEY_EC_OTHER, NULL, "{\"exp\":1731500000}");

	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	good(other, token);
	answers(other, 500, "{}");
	other_advance(other, 3600);
	good(other, token);
	(void)unknown_yet(other, unknown);
	other_advance(other, 1);
	(void)unknown_yet(other, token);
	free(token);
	free(unknown);
}

static void a_provider_of_another_name_is_not_believed(void **state)
{
	struct other *other = *state;
	char *token = other_token(other, KEY_EC, NULL, NULL);

	answers(other, 200, "{\"issuer\":\"http://127.0.0.1:1\",\"jwks_uri\":\"http://127.0.0.1:1/keys\"}");
	other_start(other, 6);
	(void)unknown_yet(other, token);
	assert_int_equal(raw_server_requests(other->raw), 1);
	assert_true(other_logged(other, "another issuer"));
	free(token);
}

static void keys_are_not_fetched_from_an_insecure_address(void **state)
{
	struct other *other = *state;
	char *token = other_token(other, KEY_EC, NULL, NULL), text[256];

	(void)snprintf(text, sizeof text, "{\"issuer\":\"%s\",\"jwks_uri\":\"http://keys.example/keys\"}", other->issuer);
	answers(other, 200, text);
	other_start(other, 6);
	(void)unknown_yet(other, token);
	assert_true(other_logged(other, "no usable address"));
	free(token);
}

static void metadata_may_stand_where_rfc_8414_wants_it(void **state)
{
	struct other *other = *state;
	char *token;

	(void)snprintf(other->issuer, sizeof other->issuer, "http://127.0.0.1:%d/realm/", raw_server_port(other->raw));
	token = other_token(other, KEY_EC, NULL, NULL);
	answers(other, 404, "{}");
	answers_keys(other, KEY_RSA, KEY_EC);
	other_start(other, 6);
	good(other, token);
	assert_non_null(strstr(raw_server_request(other->raw, 0), "GET /realm/.well-known/openid-configuration HTTP/1.1\r\n"));
	assert_non_null(strstr(raw_server_request(other->raw, 1), "GET /.well-known/oauth-authorization-server/realm HTTP/1.1\r\n"));
	free(token);
}

static void garbage_in_place_of_keys_is_no_key(void **state)
{
	struct other *other = *state;
	char *token = other_token(other, KEY_EC, NULL, NULL);

	answers_metadata(other);
	answers(other, 200, "{\"keys\":5}");
	other_start(other, 6);
	(void)unknown_yet(other, token);
	assert_true(other_logged(other, "no set of keys"));
	free(token);
}

static void a_round_that_hangs_ends_with_the_server(void **state)
{
	struct other *other = *state;

	raw_server_reply_silence(other->raw);
	other_start(other, 6);
	assert_true(raw_server_wait(other->raw, 1, 10000));
	/* the teardown would hold the test for as long as a request may take, were it not cut short */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OTHER_TEST(an_id_token_is_no_access_token),
		OTHER_TEST(a_token_without_a_signature_of_the_provider_is_refused),
		OTHER_TEST(what_is_no_token_costs_no_request),
		OTHER_TEST(a_missing_scope_is_told_apart),
		OTHER_TEST(tokens_of_both_algorithms_are_taken),
		OTHER_TEST(a_new_key_is_fetched_once),
		OTHER_TEST(a_new_key_without_a_name_shows_by_its_signature),
		OTHER_TEST(a_crowd_with_an_unknown_key_makes_one_round),
		OTHER_TEST(a_provider_that_was_down_at_the_start_is_found_later),
		OTHER_TEST(without_the_provider_keys_are_good_for_an_hour),
		OTHER_TEST(a_provider_of_another_name_is_not_believed),
		OTHER_TEST(keys_are_not_fetched_from_an_insecure_address),
		OTHER_TEST(metadata_may_stand_where_rfc_8414_wants_it),
		OTHER_TEST(garbage_in_place_of_keys_is_no_key),
		OTHER_TEST(a_round_that_hangs_ends_with_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, other_free_keys);
}
