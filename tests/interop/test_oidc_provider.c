/* SPDX-License-Identifier: Apache-2.0 */
/* libpims at npm's oidc-provider: over TLS, by the provider's own discovery and pages, with id_tokens right and wrong. */
#include "support/foreign.h"

#include "base/encode.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_API "pims.authentication.token"
#define ACCOUNT_API "pims.authentication.account"
#define USERNAME "{\"actionType\":\"basic\",\"type\":\"username\"}"
#define REFRESH "{\"type\":\"cvs\",\"action\":\"refresh\"}"

static struct foreign provider;

/* Not in the group's setup: a skipped test must end the program with its own status. */
static void start_provider(void)
{
	foreign_start(&provider, "{}");
}

static int stop_tampering(void **state)
{
	(void)state;
	foreign_control(&provider, "/tamper");
	return 0;
}

static void tamper(const char *what)
{
	char target[64];

	snprintf(target, sizeof target, "/tamper?%s", what);
	foreign_control(&provider, target);
}

/* The last token request in the provider's log. */
static void last_grant(const char *member, char *ret_text, size_t size)
{
	json_t *log = foreign_log(&provider);
	const json_t *entry;
	size_t i;

	*ret_text = '\0';
	json_array_foreach(log, i, entry)
		if (json_object_get(entry, "grant"))
			snprintf(ret_text, size, "%s", json_object_get(entry, member) ? json_string_value(json_object_get(entry, member)) : "");
	json_decref(log);
}

/* --- refused --- */

struct bad {
	const char *what; /**< see tamper.mjs */
	const char *cause;
};

static const struct bad bad_claims[] = {
	{"issuer", "id_token.issuer"},    {"audience", "id_token.audience"}, {"audiences", "id_token.audience"}, {"party", "id_token.azp"},
	{"expired", "id_token.expired"},  {"future", "id_token.issued_at"},  {"nonce", "id_token.nonce"},        {"no_nonce", "id_token.nonce"},
	{"at_hash", "id_token.at_hash"},
};

static const struct bad bad_signatures[] = {
	{"none", "id_token.algorithm"},
	{"none_signed", "id_token.algorithm"},
	{"hs256_pem", "id_token.algorithm"},
	{"hs256_jwk", "id_token.algorithm"},
	{"hs256_secret", "id_token.algorithm"},
	{"critical", "id_token.algorithm"},
	{"hmac_as_signature", "id_token.signature"},
	{"signature", "id_token.signature"},
	{"own_key", "id_token.signature"},
	{"changed", "id_token.signature"},
	{"cut", "id_token.signature"},
	{"unknown_key", "id_token.key"},
};

static void each_is_refused(const char *client, const struct bad *cases, size_t count)
{
	struct app app;

	foreign_app(&app, &provider, client, NULL, "openid");
	for (size_t i = 0; i < count; i++) {
		tamper(cases[i].what);
		foreign_login(&app, &provider);
		foreign_assert_failed(&app, 2204, cases[i].cause);
		app_call(&app, "get", ACCOUNT_API, USERNAME);
		foreign_assert_failed(&app, 2301, "session.none");
	}
	app_stop(&app); /* nor is there one on disk */
	app_reopen(&app);
	app_call(&app, "get", TOKEN_API, "{\"type\":\"idtoken\",\"action\":\"get\"}");
	foreign_assert_failed(&app, 2301, "session.none");
	foreign_control(&provider, "/tamper");
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	app_remove(&app);
}

static void a_sign_in_with_a_wrong_claim_leaves_no_session(void **state)
{
	(void)state;
	each_is_refused("native", bad_claims, sizeof bad_claims / sizeof *bad_claims);
}

static void a_sign_in_with_a_wrong_rs256_signature_leaves_no_session(void **state)
{
	(void)state;
	each_is_refused("native", bad_signatures, sizeof bad_signatures / sizeof *bad_signatures);
}

static void a_sign_in_with_a_wrong_es256_signature_leaves_no_session(void **state)
{
	(void)state;
	each_is_refused("native-es256", bad_signatures, sizeof bad_signatures / sizeof *bad_signatures);
}

static void a_forced_sign_in_that_nobody_made_is_refused(void **state)
{
	struct app app;

	(void)state;
	foreign_app(&app, &provider, "native", NULL, NULL);
	tamper("stale");
	app_visit(&app, "{\"action\":\"forcedLogin\"}");
	assert_non_null(strstr(app.agent_url, "prompt=login+consent&max_age=0"));
	foreign_browse(&app, &provider);
	foreign_assert_failed(&app, 2204, "id_token.auth_time");
	foreign_control(&provider, "/tamper");
	app_visit(&app, "{\"action\":\"forcedLogin\"}");
	foreign_browse(&app, &provider);
	app_assert_succeeded(&app);
	app_remove(&app);
}

/* The old session stays until the new one is complete. */
static void a_wrong_second_sign_in_leaves_the_first_session(void **state)
{
	struct app app;

	(void)state;
	foreign_app(&app, &provider, "native", NULL, NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	tamper("audience");
	foreign_login(&app, &provider);
	foreign_assert_failed(&app, 2204, "id_token.audience");
	foreign_control(&provider, "/tamper");
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	app_remove(&app);
}

/*
 * No token of such an answer is given out: what was there before still is. The provider has replaced the refresh token by then; the new one is kept
 * (`goes_on`), unless the id_token may be somebody else's.
 */
static void a_wrong_renewal_leaves_the_session(void **state)
{
	static const struct {
		const char *what, *cause;
		bool goes_on;
	} cases[] = {
		{"subject", "id_token.subject", false},
		{"audience", "id_token.audience", false},
		{"none", "id_token.algorithm", false},
		{"hs256_pem", "id_token.algorithm", false},
		{"expired", "id_token.expired", true},
		{"nonce", "id_token.nonce", true},
		{"at_hash", "id_token.at_hash", true},
		{"signature", "id_token.signature", true},
		{"unknown_key", "id_token.key", true},
	};
	char token[256];
	struct app app;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		foreign_app(&app, &provider, "native", NULL, NULL);
		foreign_login(&app, &provider);
		app_call(&app, "get", TOKEN_API, "{\"type\":\"cvs\",\"action\":\"get\"}");
		snprintf(token, sizeof token, "%s", app_result(&app, "token"));
		tamper(cases[i].what);
		app_call(&app, "get", TOKEN_API, REFRESH);
		foreign_assert_failed(&app, 2204, cases[i].cause);
		foreign_control(&provider, "/tamper");
		app_reopen(&app);
		app_call(&app, "get", TOKEN_API, "{\"type\":\"cvs\",\"action\":\"get\"}");
		assert_string_equal(app_result(&app, "token"), token);
		app_call(&app, "get", TOKEN_API, REFRESH);
		if (cases[i].goes_on)
			app_assert_succeeded(&app);
		else
			foreign_assert_failed(&app, 2301, "oauth.invalid_grant");
		app_remove(&app);
	}
}

static void a_provider_whose_authority_is_unknown_is_not_spoken_to(void **state)
{
	struct foreign stranger = provider;
	struct app app;
	size_t before = foreign_count(&provider, "/.well-known/openid-configuration");

	(void)state;
	snprintf(stranger.ca_file, sizeof stranger.ca_file, "%s", "/etc/ssl/certs/ca-certificates.crt");
	foreign_app(&app, &stranger, "native", NULL, NULL);
	app_call(&app, "set", "pims.authentication.user", "{\"action\":\"login\"}");
	foreign_assert_failed(&app, 2202, "network.tls");
	assert_int_equal(foreign_count(&provider, "/.well-known/openid-configuration"), before);
	app_remove(&app);
}

/* The certificate is right, the name is not the issuer's: OpenID Connect Discovery 1.0 §4.3. */
static void an_issuer_by_another_name_is_refused(void **state)
{
	struct foreign other = provider;
	struct app app;

	(void)state;
	snprintf(other.issuer, sizeof other.issuer, "%.60s/", provider.issuer);
	foreign_app(&app, &other, "native", NULL, NULL);
	app_call(&app, "set", "pims.authentication.user", "{\"action\":\"login\"}");
	foreign_assert_failed(&app, 2204, "server.issuer");
	app_remove(&app);
}

static void what_a_provider_does_not_have_is_2344(void **state)
{
	static const char *const calls[][3] = {
		{"get", "pims.authentication.trustedphonenumber", NULL},
		{"get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}"},
		{"set", "pims.authentication.enrollment", "{\"action\":\"enroll\",\"pinCode\":\"1234\"}"},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}"},
		{"get", "pims.authentication.device", NULL},
		{"set", "pims.authentication.user", "{\"action\":\"createAccount\"}"},
	};
	struct app app;

	(void)state;
	foreign_app(&app, &provider, "native", NULL, NULL);
	foreign_login(&app, &provider);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		app_call(&app, calls[i][0], calls[i][1], calls[i][2]);
		foreign_assert_failed(&app, 2344, "backend.no_endpoint");
	}
	app_remove(&app);
}

static void a_wrong_client_secret_is_2006(void **state)
{
	struct app app;

	(void)state;
	foreign_app(&app, &provider, "with:basic +%", "wrong", NULL);
	foreign_login(&app, &provider);
	foreign_assert_failed(&app, 2006, "oauth.invalid_client");
	app_remove(&app);
}

/* --- taken --- */

static void decode_header(const char *token, char *ret_text, size_t size)
{
	const char *dot = strchr(token, '.');
	size_t length = 0;

	assert_non_null(dot);
	assert_int_equal(base64url_decode(token, (size_t)(dot - token), (unsigned char *)ret_text, size - 1, &length), 0);
	ret_text[length] = '\0';
}

static void sign_in_and_refresh(const char *client, const char *algorithm)
{
	char issued[256], given[256], header[256];
	struct app app;

	foreign_app(&app, &provider, client, NULL, NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	assert_non_null(strstr(app.agent_url, "scope=openid+profile+email+offline_access"));
	assert_non_null(strstr(app.agent_url, "&prompt=consent"));
	app_call(&app, "get", ACCOUNT_API, USERNAME);
	assert_string_equal(app_result(&app, "username"), "alice");
	app_call(&app, "get", TOKEN_API, "{\"type\":\"idtoken\",\"action\":\"get\"}");
	decode_header(app_result(&app, "token"), header, sizeof header);
	assert_non_null(strstr(header, algorithm));
	last_grant("issued", issued, sizeof issued);
	app_reopen(&app); /* what is on disk is what counts */
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	last_grant("given", given, sizeof given);
	assert_string_equal(given, issued);
	last_grant("issued", issued, sizeof issued);
	assert_string_not_equal(issued, given);
	app_reopen(&app);
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	last_grant("given", given, sizeof given);
	assert_string_equal(given, issued);
	app_remove(&app);
}

static void refresh_tokens_rotate_with_rs256(void **state)
{
	(void)state;
	sign_in_and_refresh("native", "RS256");
}

static void refresh_tokens_rotate_with_es256(void **state)
{
	(void)state;
	sign_in_and_refresh("native-es256", "ES256");
}

static void refresh_tokens_rotate_with_other_algorithms(void **state)
{
	(void)state;
	sign_in_and_refresh("native-ps256", "PS256");
	sign_in_and_refresh("native-es384", "ES384");
}

/* As a thief would: the provider ends the whole grant, and the session is over here too. */
static void a_stolen_refresh_token_ends_the_session(void **state)
{
	char issued[256], given[256], target[320];
	struct app app;

	(void)state;
	foreign_app(&app, &provider, "native", NULL, NULL);
	foreign_login(&app, &provider);
	last_grant("issued", issued, sizeof issued);
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	snprintf(target, sizeof target, "/steal?%s", issued);
	foreign_control(&provider, target);
	last_grant("given", given, sizeof given);
	assert_string_equal(given, issued);
	last_grant("issued", given, sizeof given);
	assert_string_equal(given, ""); /* the old one is refused */
	app_call(&app, "get", TOKEN_API, REFRESH);
	foreign_assert_failed(&app, 2301, "oauth.invalid_grant");
	app_call(&app, "get", ACCOUNT_API, USERNAME);
	foreign_assert_failed(&app, 2301, "session.none");
	app_remove(&app);
}

static void new_keys_between_sign_in_and_refresh_are_fetched_once(void **state)
{
	struct app app;
	size_t before = foreign_count(&provider, "/jwks");

	(void)state;
	foreign_app(&app, &provider, "native", NULL, NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	assert_int_equal(foreign_count(&provider, "/jwks"), before + 1);
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	assert_int_equal(foreign_count(&provider, "/jwks"), before + 1);
	foreign_control(&provider, "/rotate");
	for (int i = 0; i < 2; i++) {
		app_call(&app, "get", TOKEN_API, REFRESH);
		app_assert_succeeded(&app);
		assert_int_equal(foreign_count(&provider, "/jwks"), before + 2);
	}
	app_remove(&app);
}

static void a_secret_goes_by_basic_encoded(void **state)
{
	char secret[128], credentials[16];
	struct app app;

	(void)state;
	foreign_secret(&provider, secret, sizeof secret);
	foreign_app(&app, &provider, "with:basic +%", secret, NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	last_grant("credentials", credentials, sizeof credentials);
	assert_string_equal(credentials, "basic");
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	app_remove(&app);
}

static void a_secret_goes_into_the_form_where_basic_is_not_taken(void **state)
{
	char secret[128], credentials[16];
	struct foreign first = provider;
	struct app app;

	(void)state;
	foreign_start(&provider, "{\"postOnly\":true}");
	foreign_secret(&provider, secret, sizeof secret);
	foreign_app(&app, &provider, "with post", secret, NULL);
	foreign_login(&app, &provider);
	app_assert_succeeded(&app);
	last_grant("credentials", credentials, sizeof credentials);
	assert_string_equal(credentials, "post");
	app_reopen(&app); /* learnt from the state file */
	app_call(&app, "get", TOKEN_API, REFRESH);
	app_assert_succeeded(&app);
	last_grant("credentials", credentials, sizeof credentials);
	assert_string_equal(credentials, "post");
	app_call(&app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	app_assert_succeeded(&app);
	app_remove(&app);
	foreign_stop(&provider);
	provider = first;
}

static void a_name_comes_from_userinfo_where_the_id_token_has_none(void **state)
{
	static const char *const settings[] = {"{\"conform\":true}", "{\"conform\":true,\"dpop\":true}"};
	struct foreign first = provider;
	struct app app;

	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		foreign_start(&provider, settings[i]);
		foreign_app(&app, &provider, "native", NULL, NULL);
		foreign_login(&app, &provider);
		app_assert_succeeded(&app);
		app_call(&app, "get", "pims.authentication.account", USERNAME);
		app_assert_succeeded(&app);
		assert_string_equal(app_result(&app, "username"), "alice");
		app_call(&app, "get", TOKEN_API, REFRESH);
		app_assert_succeeded(&app);
		app_call(&app, "get", "pims.authentication.account", USERNAME);
		assert_string_equal(app_result(&app, "username"), "alice");
		app_remove(&app);
		foreign_stop(&provider);
	}
	provider = first;
}

/* RFC 9126: the browser carries no more than the name of the request. */
static void a_provider_that_wants_requests_pushed_gets_them(void **state)
{
	static const char *const clients[] = {"native", "with:basic +%"};
	char secret[128];
	struct foreign first = provider;
	struct app app;

	(void)state;
	foreign_start(&provider, "{\"pushed\":true}");
	foreign_secret(&provider, secret, sizeof secret);
	for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
		foreign_app(&app, &provider, clients[i], i ? secret : NULL, NULL);
		foreign_login(&app, &provider);
		app_assert_succeeded(&app);
		app_reopen(&app); /* learnt from the state file */
		foreign_login(&app, &provider);
		app_assert_succeeded(&app);
		app_call(&app, "get", TOKEN_API, REFRESH);
		app_assert_succeeded(&app);
		app_remove(&app);
	}
	foreign_stop(&provider);
	provider = first;
}

static void logout_revokes_the_refresh_token(void **state)
{
	char issued[256];
	struct app app;
	json_t *log;
	const json_t *last;

	(void)state;
	foreign_app(&app, &provider, "native", NULL, NULL);
	foreign_login(&app, &provider);
	last_grant("issued", issued, sizeof issued);
	app_call(&app, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	app_assert_succeeded(&app);
	log = foreign_log(&provider);
	last = json_array_get(log, json_array_size(log) - 1);
	assert_string_equal(json_string_value(json_object_get(last, "path")), "/token/revocation");
	assert_string_equal(json_string_value(json_object_get(last, "token")), issued);
	assert_int_equal(json_integer_value(json_object_get(last, "status")), 200);
	json_decref(log);
	app_call(&app, "get", ACCOUNT_API, USERNAME);
	foreign_assert_failed(&app, 2301, "session.none");
	app_remove(&app);
}

/* How many of the provider's own pages a sign-in takes: it always asks a native client's user to agree. */
static size_t pages_of_login(struct app *app)
{
	size_t before = foreign_count(&provider, "/interaction/");

	foreign_login(app, &provider);
	app_assert_succeeded(app);
	return foreign_count(&provider, "/interaction/") - before;
}

/* RP-initiated logout: the provider asks at the next sign-in who one is, which it did not with the cookie. */
static void logout_ends_the_browsers_session_too(void **state)
{
	size_t ended, pages;
	struct app app;

	(void)state;
	foreign_app(&app, &provider, "native", NULL, "openid");
	foreign_login(&app, &provider);
	pages = pages_of_login(&app);
	ended = foreign_count(&provider, "/session/end/confirm");
	app_visit(&app, "{\"action\":\"logout\",\"endSession\":\"browser\"}");
	assert_non_null(strstr(app.agent_url, "id_token_hint="));
	foreign_browse(&app, &provider);
	app_assert_succeeded(&app);
	assert_int_equal(foreign_count(&provider, "/session/end/confirm"), ended + 1);
	app_call(&app, "get", ACCOUNT_API, USERNAME);
	foreign_assert_failed(&app, 2301, "session.none");
	assert_true(pages_of_login(&app) > pages);
	app_remove(&app);
}

#define T(test) cmocka_unit_test_teardown(test, stop_tampering)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_sign_in_with_a_wrong_claim_leaves_no_session),
		T(a_sign_in_with_a_wrong_rs256_signature_leaves_no_session),
		T(a_sign_in_with_a_wrong_es256_signature_leaves_no_session),
		T(a_forced_sign_in_that_nobody_made_is_refused),
		T(a_wrong_second_sign_in_leaves_the_first_session),
		T(a_wrong_renewal_leaves_the_session),
		T(a_provider_whose_authority_is_unknown_is_not_spoken_to),
		T(an_issuer_by_another_name_is_refused),
		T(what_a_provider_does_not_have_is_2344),
		T(a_wrong_client_secret_is_2006),
		T(refresh_tokens_rotate_with_rs256),
		T(refresh_tokens_rotate_with_es256),
		T(refresh_tokens_rotate_with_other_algorithms),
		T(a_stolen_refresh_token_ends_the_session),
		T(new_keys_between_sign_in_and_refresh_are_fetched_once),
		T(a_secret_goes_by_basic_encoded),
		T(a_secret_goes_into_the_form_where_basic_is_not_taken),
		T(a_name_comes_from_userinfo_where_the_id_token_has_none),
		T(a_provider_that_wants_requests_pushed_gets_them),
		T(logout_revokes_the_refresh_token),
		T(logout_ends_the_browsers_session_too),
	};
	int failed;

	start_provider();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	foreign_stop(&provider);
	return failed;
}
