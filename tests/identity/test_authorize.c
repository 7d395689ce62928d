/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "identity/authorize.h"
#include "identity/pkce.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The authorization request, and which redirect answers it (RFC 6749 §4.1, RFC 7636). */

#define REDIRECT "http://127.0.0.1:43210/callback"

struct fixture {
	struct fake_env fake;
	struct profile profile;
	struct flow flow;
	struct authorization authorization;
	struct buf url;
};

static int setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof fixture);
	fake_env_init(&fixture.fake);
	flow_init(&fixture.flow);
	fixture.flow.env = &fixture.fake.env;
	fixture.flow.profile = &fixture.profile;
	fixture.flow.redirect_uri = strdup(REDIRECT);
	buf_init(&fixture.url, HTTP_MAX_URL);
	assert_int_equal(text_set(&fixture.profile.client_id, "pims & co"), 0);
	assert_int_equal(text_set(&fixture.profile.endpoints.authorization, "https://example.com/authorize"), 0);
	assert_int_equal(authorization_begin(&fixture.authorization, &fixture.fake.env, false), 0);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	authorization_free(&fixture->authorization);
	flow_clear(&fixture->flow);
	profile_free(&fixture->profile);
	buf_free(&fixture->url);
	fake_env_free(&fixture->fake);
	return 0;
}

static const char *make_url(struct fixture *fixture, const char *language)
{
	struct buf query = BUF_INIT(8192);

	buf_reset(&fixture->url);
	assert_int_equal(authorization_parameters(&fixture->authorization, &fixture->flow, language, &query), 0);
	assert_int_equal(authorization_url(&fixture->profile, buf_text(&query), &fixture->url), 0);
	buf_free(&query);
	return buf_text(&fixture->url);
}

/* "%s" in `pattern` stands for the state. */
static int redirect_to(const struct fixture *fixture, const char *redirect_uri, const char *pattern)
{
	struct query query = {0};
	struct buf url = BUF_INIT(8192);
	const char *place = strstr(pattern, "%s");
	int r;

	buf_put(&url, pattern, place ? (size_t)(place - pattern) : strlen(pattern));
	if (place) {
		buf_puts(&url, secret_text(&fixture->authorization.state));
		buf_puts(&url, place + 2);
	}
	r = authorization_redirect(&fixture->authorization, redirect_uri, buf_text(&url), &query);
	assert_true(r == 0 || query.count == 0);
	if (r == 0)
		assert_non_null(query_get(&query, "state"));
	query_free(&query);
	buf_free(&url);
	return r;
}

static void refuse(const struct fixture *fixture, const char *redirect_uri, const char *pattern)
{
	if (redirect_to(fixture, redirect_uri, pattern) != PIMS_E_NOT_FOUND)
		fail_msg("%s was taken for %s", pattern, redirect_uri);
}

static void take(const struct fixture *fixture, const char *redirect_uri, const char *pattern)
{
	if (redirect_to(fixture, redirect_uri, pattern) != 0)
		fail_msg("%s was refused for %s", pattern, redirect_uri);
}

static void a_redirect_to_another_place_is_not_ours(void **state)
{
	refuse(*state, REDIRECT, "http://127.0.0.1:43210/callback2?state=%s&code=c");
	refuse(*state, REDIRECT, "http://127.0.0.1:43210/callback/?state=%s&code=c");
	refuse(*state, REDIRECT, "http://127.0.0.1:43210/Callback?state=%s&code=c");
	refuse(*state, REDIRECT, "http://127.0.0.1:43211/callback?state=%s&code=c");
	refuse(*state, REDIRECT, "http://127.0.0.1/callback?state=%s&code=c");
	refuse(*state, REDIRECT, "http://localhost:43210/callback?state=%s&code=c");
	refuse(*state, REDIRECT, "https://127.0.0.1:43210/callback?state=%s&code=c");
	refuse(*state, REDIRECT, "http://user@127.0.0.1:43210/callback?state=%s&code=c");
	refuse(*state, REDIRECT, "/callback?state=%s&code=c");
	refuse(*state, REDIRECT, "?state=%s&code=c");
	refuse(*state, REDIRECT, "");
	refuse(*state, REDIRECT, "http://127.0.0.1:43210/favicon.ico");
}

static void a_redirect_with_another_state_is_not_ours(void **state)
{
	refuse(*state, REDIRECT, REDIRECT "?state=other&code=c");
	refuse(*state, REDIRECT, REDIRECT "?state=&code=c");
	refuse(*state, REDIRECT, REDIRECT "?code=c");
	refuse(*state, REDIRECT, REDIRECT "?state=%sx&code=c");
	refuse(*state, REDIRECT, REDIRECT "?State=%s&code=c");
	refuse(*state, REDIRECT, REDIRECT "#state=%s&code=c");
	refuse(*state, REDIRECT, REDIRECT);
}

static void a_malformed_redirect_is_not_ours(void **state)
{
	struct fixture *fixture = *state;
	struct buf url = BUF_INIT(32768);

	refuse(fixture, REDIRECT, REDIRECT "?state=%s&code=a&code=b");
	refuse(fixture, REDIRECT, REDIRECT "?state=%s&state=x&code=c");
	refuse(fixture, REDIRECT, REDIRECT "?state=%s&code=%zz");
	refuse(fixture, REDIRECT, REDIRECT "?state=%s&code=%00");
	refuse(fixture, REDIRECT, REDIRECT "?state=%s&code=a b");
	buf_printf(&url, "%s?state=%s&code=%08500d", REDIRECT, secret_text(&fixture->authorization.state), 0);
	refuse(fixture, REDIRECT, buf_text(&url));
	buf_reset(&url);
	buf_printf(&url, "%s?state=%s", REDIRECT, secret_text(&fixture->authorization.state));
	for (int i = 0; i < QUERY_MAX_ITEMS; i++)
		buf_printf(&url, "&p%d=", i);
	refuse(fixture, REDIRECT, buf_text(&url));
	buf_free(&url);
}

static void without_a_request_nothing_is_ours(void **state)
{
	struct fixture *fixture = *state;

	authorization_free(&fixture->authorization);
	refuse(fixture, REDIRECT, REDIRECT "?state=&code=c");
	refuse(fixture, REDIRECT, REDIRECT "?state=%s&code=c");
}

static void the_query_of_a_redirect_uri_must_come_back(void **state)
{
	static const char own[] = "https://app.example/back?tenant=7&x=a%20b";

	refuse(*state, own, "https://app.example/back?state=%s&code=c");
	refuse(*state, own, "https://app.example/back?tenant=8&x=a+b&state=%s&code=c");
	refuse(*state, own, "https://app.example/back?tenant=7&state=%s&code=c");
	take(*state, own, "https://app.example/back?tenant=7&x=a+b&state=%s&code=c");
	refuse(*state, "https://app.example/back?broken=%zz", "https://app.example/back?broken=1&state=%s");
}

static void no_randomness_no_request(void **state)
{
	struct fixture *fixture = *state;
	struct authorization authorization = {0};

	fixture->fake.random_fails = true;
	assert_int_equal(authorization_begin(&authorization, &fixture->fake.env, false), PIMS_E_CRYPTO);
	authorization_free(&authorization);
}

static void a_url_over_the_limit_is_an_error(void **state)
{
	struct fixture *fixture = *state;
	struct buf small = BUF_INIT(100);

	assert_int_equal(authorization_parameters(&fixture->authorization, &fixture->flow, NULL, &small), PIMS_E_LIMIT);
	buf_reset(&small);
	assert_int_equal(authorization_url(&fixture->profile, make_url(fixture, NULL), &small), PIMS_E_LIMIT);
	buf_free(&small);
}

static void right_redirects_are_ours(void **state)
{
	take(*state, REDIRECT, REDIRECT "?state=%s&code=c");
	take(*state, REDIRECT, REDIRECT "?code=c&scope=openid+profile&state=%s&iss=https%3A%2F%2Fexample.com#_=_");
	take(*state, REDIRECT, REDIRECT "?error=access_denied&state=%s");
	take(*state, REDIRECT, "HTTP://127.0.0.1:43210/callback?state=%s&code=c");
	take(*state, "http://127.0.0.1:43210", "http://127.0.0.1:43210/?state=%s&code=c");
	take(*state, "http://[::1]:43210/callback", "http://[::1]:43210/callback?state=%s&code=c");
	take(*state, "mymap://oauth2redirect/fr", "mymap://oauth2redirect/fr?code=c&state=%s");
	take(*state, "com.example.app:/back", "com.example.app:/back?code=c&state=%s");
	refuse(*state, "mymap://oauth2redirect/fr", "mymap://oauth2redirect/es?code=c&state=%s");
	refuse(*state, "mymap://oauth2redirect/fr", "mymacsdk://oauth2redirect/fr?code=c&state=%s");
}

static json_t *load_vectors(void)
{
	json_error_t error;
	json_t *document = json_load_file(TEST_DATA_DIR "/vectors/pkce.json", JSON_REJECT_DUPLICATES, &error);

	assert_non_null(document);
	return document;
}

static void challenges_are_those_of_the_vectors(void **state)
{
	json_t *document = load_vectors(), *item;
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(document, "cases")) >= 3);
	json_array_foreach(json_object_get(document, "cases"), i, item) {
		struct buf challenge = BUF_INIT(64);

		assert_int_equal(pkce_challenge(json_text(item, "verifier"), &challenge), 0);
		assert_string_equal(buf_text(&challenge), json_text(item, "challenge"));
		buf_free(&challenge);
	}
	json_decref(document);
}

static void secrets_are_long_and_all_different(void **state)
{
	struct fixture *fixture = *state;
	struct authorization other = {0};

	assert_int_equal(authorization_begin(&other, &fixture->fake.env, false), 0);
	assert_int_equal(fixture->authorization.verifier.len, 43); /* RFC 7636 §4.1: at least 43 */
	assert_int_equal(fixture->authorization.state.len, 43);
	assert_int_equal(fixture->authorization.nonce.len, 43);
	assert_false(secret_equals(&fixture->authorization.state, &fixture->authorization.nonce));
	assert_false(secret_equals(&fixture->authorization.state, &fixture->authorization.verifier));
	assert_false(secret_equals(&fixture->authorization.verifier, &other.verifier));
	assert_false(secret_equals(&fixture->authorization.state, &other.state));
	assert_false(secret_equals(&fixture->authorization.nonce, &other.nonce));
	authorization_free(&other);
}

static void the_request_has_every_parameter_once(void **state)
{
	struct fixture *fixture = *state;
	const char *url = make_url(fixture, "fr-FR");
	struct query query = {0};
	struct buf challenge = BUF_INIT(64);

	assert_true(text_starts(url, "https://example.com/authorize?response_type=code&"));
	assert_int_equal(query_parse(strchr(url, '?') + 1, strlen(strchr(url, '?') + 1), &query), 0);
	assert_string_equal(query_get(&query, "client_id"), "pims & co");
	assert_string_equal(query_get(&query, "redirect_uri"), REDIRECT);
	assert_string_equal(query_get(&query, "scope"), "openid profile");
	assert_string_equal(query_get(&query, "state"), secret_text(&fixture->authorization.state));
	assert_string_equal(query_get(&query, "nonce"), secret_text(&fixture->authorization.nonce));
	assert_string_equal(query_get(&query, "code_challenge_method"), "S256");
	assert_int_equal(pkce_challenge(secret_text(&fixture->authorization.verifier), &challenge), 0);
	assert_string_equal(query_get(&query, "code_challenge"), buf_text(&challenge));
	assert_string_equal(query_get(&query, "ui_locales"), "fr-FR");
	assert_null(query_get(&query, "prompt"));
	assert_null(query_get(&query, "max_age"));
	assert_int_equal(query.count, 9);
	assert_null(strstr(url, secret_text(&fixture->authorization.verifier)));
	buf_free(&challenge);
	query_free(&query);
}

static void a_forced_request_asks_for_the_password(void **state)
{
	struct fixture *fixture = *state;

	fixture->authorization.forced = true;
	assert_non_null(strstr(make_url(fixture, NULL), "&prompt=login&max_age=0"));
	assert_null(strstr(make_url(fixture, NULL), "ui_locales"));
}

static void an_endpoint_may_have_a_query_and_a_backend_its_scope(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.endpoints.authorization, "https://example.com/authorize?realm=a"), 0);
	assert_int_equal(text_set(&fixture->profile.endpoints.scope, "openid email"), 0);
	assert_true(text_starts(make_url(fixture, NULL), "https://example.com/authorize?realm=a&response_type=code&"));
	assert_non_null(strstr(make_url(fixture, NULL), "&scope=openid+email&"));
}

static void what_is_configured_is_asked_for(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.endpoints.scope, "openid email"), 0);
	assert_int_equal(text_set(&fixture->profile.scope, "openid cars"), 0);
	assert_non_null(strstr(make_url(fixture, NULL), "&scope=openid+cars&"));
}

/* OpenID Connect Core §11. Our own backend gives refresh tokens without being asked. */
static void offline_access_wants_consent_but_at_our_own_backend(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.endpoints.scope, "openid offline_access email"), 0);
	assert_null(strstr(make_url(fixture, NULL), "prompt="));
	assert_int_equal(text_set(&fixture->profile.issuer, "https://example.com"), 0);
	assert_non_null(strstr(make_url(fixture, NULL), "&prompt=consent"));
	fixture->authorization.forced = true;
	assert_non_null(strstr(make_url(fixture, NULL), "&prompt=login+consent&max_age=0"));
	assert_int_equal(text_set(&fixture->profile.scope, "openid offline_accessible"), 0);
	assert_non_null(strstr(make_url(fixture, NULL), "&prompt=login&max_age=0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_redirect_to_another_place_is_not_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(a_redirect_with_another_state_is_not_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(a_malformed_redirect_is_not_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_request_nothing_is_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(the_query_of_a_redirect_uri_must_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(no_randomness_no_request, setup, teardown),
		cmocka_unit_test_setup_teardown(a_url_over_the_limit_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(right_redirects_are_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(challenges_are_those_of_the_vectors, setup, teardown),
		cmocka_unit_test_setup_teardown(secrets_are_long_and_all_different, setup, teardown),
		cmocka_unit_test_setup_teardown(the_request_has_every_parameter_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_forced_request_asks_for_the_password, setup, teardown),
		cmocka_unit_test_setup_teardown(an_endpoint_may_have_a_query_and_a_backend_its_scope, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_configured_is_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(offline_access_wants_consent_but_at_our_own_backend, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
