/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/id_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The claims of an id_token, rule by rule (OpenID Connect Core §3.1.3.7, §12.2). */

enum { NOW = 1731417255 };

static const char right[] = "{\"iss\":\"https://example.com\",\"sub\":\"subject-1\",\"aud\":\"pims\",\"iat\":1731417255,\"exp\":1731420855,"
			    "\"nonce\":\"nonce-1\",\"auth_time\":1731417200}";

struct fixture {
	struct endpoints endpoints;
	struct session session;
	struct id_token_rules rules;
	json_t *previous;
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){0};
	assert_int_equal(text_set(&fixture.endpoints.issuer, "https://example.com"), 0);
	assert_int_equal(text_set(&fixture.endpoints.token, "https://login.example.com:443/token"), 0);
	assert_int_equal(text_set(&fixture.session.issuer, "https://example.com"), 0);
	assert_int_equal(text_set(&fixture.session.subject, "subject-1"), 0);
	assert_int_equal(json_parse_object(right, strlen(right), 4096, &fixture.previous), 0);
	fixture.rules = (struct id_token_rules){.endpoints = &fixture.endpoints,
						.client_id = "pims",
						.algorithm = "RS256",
						.access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
						.now = NOW,
						.nonce = "nonce-1"};
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	endpoints_free(&fixture->endpoints);
	session_free(&fixture->session);
	json_decref(fixture->previous);
	return 0;
}

/* From now on the rules of a renewal hold. */
static void renew(struct fixture *fixture)
{
	fixture->rules.nonce = NULL;
	fixture->rules.session = &fixture->session;
	fixture->rules.previous = fixture->previous;
}

static json_t *parse(const char *text)
{
	json_t *object = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), 4096, &object), 0);
	return object;
}

/* `change` is one member, "name":value; null removes it. Returns the verdict, "" for none. */
static const char *check(const struct fixture *fixture, const char *change)
{
	char text[1024];
	json_t *claims = parse(right), *changes, *value;
	const char *name, *verdict;

	(void)snprintf(text, sizeof text, "{%s}", change);
	changes = parse(text);
	json_object_foreach(changes, name, value) {
		json_object_set(claims, name, value);
		if (json_is_null(value))
			json_object_del(claims, name);
	}
	json_decref(changes);
	verdict = id_token_check(claims, &fixture->rules);
	json_decref(claims);
	return verdict ? verdict : "";
}

static void assert_all(const struct fixture *fixture, const char *const *changes, size_t count, const char *verdict)
{
	for (size_t i = 0; i < count; i++) {
		const char *got = check(fixture, changes[i]);

		if (strcmp(got, verdict) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", changes[i], got, verdict);
	}
}

#define CHECK_ALL(fixture, verdict, ...) \
	do { \
		static const char *const changes[] = {__VA_ARGS__}; \
		assert_all(fixture, changes, sizeof changes / sizeof *changes, verdict); \
	} while (0)

static void another_issuer_is_refused(void **state)
{
	CHECK_ALL(*state, "id_token.issuer", "\"iss\":\"https://example.com/\"", "\"iss\":\"https://evil.example\"",
		  "\"iss\":\"HTTPS://example.com\"", "\"iss\":null", "\"iss\":1", "\"iss\":\"\"", "\"iss\":[\"https://example.com\"]");
}

static void an_unknown_issuer_must_be_the_token_endpoints_host(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->endpoints.issuer, NULL), 0);
	CHECK_ALL(fixture, "id_token.issuer", "\"iss\":\"https://evil.example\"", "\"iss\":\"http://login.example.com/am\"",
		  "\"iss\":\"https://login.example.com.evil.example\"", "\"iss\":\"https://login.example.com@evil.example\"",
		  "\"iss\":\"login.example.com\"");
	CHECK_ALL(fixture, "", "\"iss\":\"https://login.example.com\"", "\"iss\":\"https://login.example.com:443/am/oauth2\"");
	assert_int_equal(text_set(&fixture->endpoints.token, NULL), 0);
	assert_string_equal(check(fixture, "\"iss\":\"https://login.example.com\""), "id_token.issuer");
}

static void a_subject_is_a_short_text(void **state)
{
	char text[300];

	CHECK_ALL(*state, "id_token.subject", "\"sub\":null", "\"sub\":\"\"", "\"sub\":5");
	(void)snprintf(text, sizeof text, "\"sub\":\"%0256d\"", 0);
	assert_string_equal(check(*state, text), "id_token.subject");
}

static void a_token_for_others_is_refused(void **state)
{
	CHECK_ALL(
		*state, "id_token.audience", "\"aud\":\"other\"", "\"aud\":null", "\"aud\":[]", "\"aud\":[\"other\"]", "\"aud\":\"PIMS\"",
		"\"aud\":\"pim\"", "\"aud\":\"pims \"", "\"aud\":[\"pims\",5]", "\"aud\":{\"pims\":1}", "\"aud\":[[\"pims\"]]",
		"\"aud\":true",
		"\"aud\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"pims\"],\"azp\":\"pims\"");
	CHECK_ALL(*state, "", "\"aud\":[\"pims\"]");
}

static void further_audiences_need_an_authorized_party(void **state)
{
	CHECK_ALL(*state, "id_token.audience", "\"aud\":[\"pims\",\"other\"]");
	CHECK_ALL(*state, "id_token.azp", "\"aud\":[\"pims\",\"other\"],\"azp\":\"other\"", "\"azp\":\"other\"", "\"azp\":5",
		  "\"azp\":[\"pims\"]");
	CHECK_ALL(*state, "", "\"aud\":[\"other\",\"pims\"],\"azp\":\"pims\"", "\"azp\":\"pims\"");
}

static void an_expired_token_is_refused(void **state)
{
	CHECK_ALL(*state, "id_token.expired", "\"exp\":1731417195,\"iat\":1731417000", "\"exp\":0", "\"exp\":null",
		  "\"exp\":\"1731420855\"", "\"exp\":-1", "\"exp\":true", "\"exp\":9e99", "\"exp\":9223372036854775807",
		  "\"exp\":-9223372036854775808");
	CHECK_ALL(*state, "", "\"exp\":1731417196,\"iat\":1731417000", "\"exp\":1731420855.5");
}

static void a_token_from_the_future_is_refused(void **state)
{
	CHECK_ALL(*state, "id_token.issued_at", "\"iat\":1731417316", "\"iat\":null", "\"iat\":\"1731417255\"", "\"iat\":-5",
		  "\"iat\":1731420856", "\"iat\":9223372036854775807", "\"iat\":[1731417255]");
	CHECK_ALL(*state, "id_token.not_before", "\"nbf\":1731417316", "\"nbf\":\"1731417255\"");
	CHECK_ALL(*state, "", "\"iat\":1731417315", "\"nbf\":1731417315", "\"iat\":1");
}

static void a_nonce_that_was_not_asked_for_is_refused(void **state)
{
	CHECK_ALL(*state, "id_token.nonce", "\"nonce\":null", "\"nonce\":\"nonce-2\"", "\"nonce\":\"\"", "\"nonce\":1",
		  "\"nonce\":\"nonce-1 \"");
}

static void a_forced_sign_in_must_be_a_new_one(void **state)
{
	struct fixture *fixture = *state;

	fixture->rules.auth_after = NOW;
	CHECK_ALL(fixture, "id_token.auth_time", "\"auth_time\":null", "\"auth_time\":1731417194", "\"auth_time\":\"1731417255\"",
		  "\"auth_time\":0");
	CHECK_ALL(fixture, "", "\"auth_time\":1731417195", "\"auth_time\":1731417255");
	fixture->rules.auth_after = 0;
	CHECK_ALL(fixture, "id_token.auth_time", "\"auth_time\":1731417316", "\"auth_time\":-1", "\"auth_time\":\"now\"");
	CHECK_ALL(fixture, "", "\"auth_time\":null", "\"auth_time\":5");
}

static void the_hash_of_another_access_token_is_refused(void **state)
{
	CHECK_ALL(*state, "id_token.at_hash", "\"at_hash\":\"\"", "\"at_hash\":\"77QmUPtjPfzWtF2AnpK9Rg\"", "\"at_hash\":5",
		  "\"at_hash\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"");
	CHECK_ALL(*state, "", "\"at_hash\":null");
}

/* The pair is the example of OpenID Connect Core §A.3. */
static void the_hash_of_the_access_token_is_its_left_half(void **state)
{
	CHECK_ALL(*state, "", "\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"");
}

/* The digest is that of the algorithm. */
static void the_hash_is_as_long_as_the_algorithm_says(void **state)
{
	struct fixture *fixture = *state;

	fixture->rules.algorithm = "ES384";
	CHECK_ALL(fixture, "", "\"at_hash\":\"jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs\"");
	CHECK_ALL(fixture, "id_token.at_hash", "\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"");
	fixture->rules.algorithm = "PS512";
	CHECK_ALL(fixture, "", "\"at_hash\":\"q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM\"");
}

static void a_renewal_keeps_issuer_and_subject(void **state)
{
	struct fixture *fixture = *state;

	renew(fixture);
	CHECK_ALL(fixture, "id_token.subject", "\"sub\":\"subject-2\"");
	assert_int_equal(text_set(&fixture->endpoints.issuer, "https://example.org"), 0);
	CHECK_ALL(fixture, "id_token.issuer", "\"iss\":\"https://example.org\"");
}

static void a_renewal_keeps_audience_and_party(void **state)
{
	struct fixture *fixture = *state;

	renew(fixture);
	CHECK_ALL(fixture, "id_token.azp", "\"azp\":\"pims\"");
	CHECK_ALL(fixture, "", "\"aud\":[\"pims\"]");
	json_object_set_new(fixture->previous, "azp", json_string("pims"));
	CHECK_ALL(fixture, "id_token.azp", "\"azp\":null");
	CHECK_ALL(fixture, "id_token.audience", "\"azp\":\"pims\",\"aud\":[\"pims\",\"more\"]");
	json_object_set_new(fixture->previous, "aud", json_pack("[s,s]", "pims", "more"));
	CHECK_ALL(fixture, "id_token.audience", "\"azp\":\"pims\"", "\"azp\":\"pims\",\"aud\":[\"pims\",\"less\"]");
	CHECK_ALL(fixture, "", "\"azp\":\"pims\",\"aud\":[\"more\",\"pims\"]");
}

static void a_renewal_has_no_nonce_or_the_first(void **state)
{
	struct fixture *fixture = *state;

	renew(fixture);
	CHECK_ALL(fixture, "id_token.nonce", "\"nonce\":\"nonce-2\"", "\"nonce\":7");
	CHECK_ALL(fixture, "", "\"nonce\":null", "\"nonce\":\"nonce-1\"");
	fixture->rules.previous = NULL;
	CHECK_ALL(fixture, "id_token.nonce", "\"nonce\":\"nonce-1\"");
	CHECK_ALL(fixture, "", "\"nonce\":null");
}

static void a_renewal_is_no_new_authentication(void **state)
{
	struct fixture *fixture = *state;

	renew(fixture);
	CHECK_ALL(fixture, "id_token.auth_time", "\"auth_time\":1731417255");
	CHECK_ALL(fixture, "", "\"auth_time\":1731417200", "\"auth_time\":null");
}

static void the_user_name_is_the_best_one_there_is(void **state)
{
	static const struct {
		const char *claims, *name;
	} cases[] = {
		{"{\"sub\":\"s\",\"email\":\"e\",\"preferred_username\":\"p\"}", "p"},
		{"{\"sub\":\"s\",\"email\":\"e\",\"preferred_username\":\"\"}", "e"},
		{"{\"sub\":\"s\",\"email\":\"e\",\"preferred_username\":5}", "e"},
		{"{\"sub\":\"s\",\"email\":null}", "s"},
		{"{\"sub\":\"s\"}", "s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *claims = parse(cases[i].claims);

		assert_string_equal(id_token_username(claims), cases[i].name);
		json_decref(claims);
	}
}

static void a_right_token_is_taken(void **state)
{
	json_t *claims = parse(right);

	assert_string_equal(check(*state, ""), "");
	assert_int_equal(id_token_expires(claims), 1731420855);
	json_decref(claims);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(another_issuer_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_issuer_must_be_the_token_endpoints_host, setup, teardown),
		cmocka_unit_test_setup_teardown(a_subject_is_a_short_text, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_for_others_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(further_audiences_need_an_authorized_party, setup, teardown),
		cmocka_unit_test_setup_teardown(an_expired_token_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_from_the_future_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_nonce_that_was_not_asked_for_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_forced_sign_in_must_be_a_new_one, setup, teardown),
		cmocka_unit_test_setup_teardown(the_hash_of_another_access_token_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_hash_of_the_access_token_is_its_left_half, setup, teardown),
		cmocka_unit_test_setup_teardown(the_hash_is_as_long_as_the_algorithm_says, setup, teardown),
		cmocka_unit_test_setup_teardown(a_renewal_keeps_issuer_and_subject, setup, teardown),
		cmocka_unit_test_setup_teardown(a_renewal_keeps_audience_and_party, setup, teardown),
		cmocka_unit_test_setup_teardown(a_renewal_has_no_nonce_or_the_first, setup, teardown),
		cmocka_unit_test_setup_teardown(a_renewal_is_no_new_authentication, setup, teardown),
		cmocka_unit_test_setup_teardown(the_user_name_is_the_best_one_there_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_right_token_is_taken, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
