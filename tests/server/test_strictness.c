/* SPDX-License-Identifier: Apache-2.0 */
#include "full_server.h"

/* What other people's clients may do at the live service's endpoints (test_leniency.c) nobody may do elsewhere; and what a page of another origin may call. */

static const char device_remove[] = "POST /v1/devices/remove";

static const char *bearer(const struct full_tokens *tokens, const char *more)
{
	static char headers[1024];

	snprintf(headers, sizeof headers, "%sAuthorization: Bearer %s\r\n", more, tokens->access);
	return headers;
}

/* --- access tokens: RFC 6750 §2.1 only --------------------------------------------------------------------------------------------- */

static void an_access_token_outside_the_header_is_refused_even_beside_a_good_one(void **state)
{
	static const char *const paths[] = {"GET /v1/account",
					    "GET /v1/devices",
					    "POST /v1/sms",
					    "POST /v1/otp/verify",
					    "GET " USERINFO,
					    "POST " USERINFO,
					    "GET /applications/cvs/v4/mauv/car-associations",
					    "POST /applications/cvs/v4/mobile/smsCode",
					    "POST /connectedcar/v4/virtualkey/remoteaccess/token"};
	struct full_tokens tokens;
	char start[512];

	(void)state;
	full_tokens(&tokens);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		const char *body = paths[i][0] == 'P' ? "" : NULL;
		const struct answer *answer;

		snprintf(start, sizeof start, "%s?access_token=%s", paths[i], tokens.access);
		assert_problem(full_ask(&full.http, start, "", body), 400, "request.token");
		answer = full_ask(&full.http, start, bearer(&tokens, ""), body);
		assert_problem(answer, 400, "request.token");
		assert_string_equal(answer_header(answer, "WWW-Authenticate"), "Bearer realm=\"openpims\", error=\"invalid_request\"");
	}
	snprintf(start, sizeof start, "access_token=%s", tokens.access);
	assert_problem(full_ask(&full.http, "POST " USERINFO, FORM, start), 400, "request.token");
	assert_int_equal(full_ask(&full.http, "POST " USERINFO, bearer(&tokens, ""), "")->status, 200);
	assert_int_equal(full_ask(&full.http, "GET /v1/account", bearer(&tokens, ""), NULL)->status, 200);
}

/* --- our REST ---------------------------------------------------------------------------------------------------------------------- */

static void a_body_of_ours_that_is_no_json_is_415(void **state)
{
	static const char *const types[] = {"", FORM, "Content-Type: text/plain\r\n", "Content-Type: application/jsonp\r\n",
					    "Content-Type: text/json\r\n"};
	static const char *const starts[] = {"POST /v1/sms", "POST /v1/phone", "POST /v1/devices/remove", "POST /v1/otp/verify"};
	struct full_tokens tokens;

	(void)state;
	full_tokens(&tokens);
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		for (size_t j = 0; j < sizeof types / sizeof *types; j++) {
			const struct answer *answer = full_ask(&full.http, starts[i], bearer(&tokens, types[j]), "{\"all\":true}");

			assert_problem(answer, 415, "request.content_type");
			assert_string_equal(answer_header(answer, "Accept"), "application/json");
		}
	assert_int_equal(
		full_ask(&full.http, device_remove, bearer(&tokens, "Content-Type: Application/JSON; charset=utf-8\r\n"), "{\"all\":true}")
			->status,
		200);
	assert_problem(full_ask(&full.http, device_remove, bearer(&tokens, ""), ""), 400, "request.invalid");
}

static void what_belongs_into_the_body_is_not_read_from_the_query_string(void **state)
{
	struct full_tokens tokens;

	(void)state;
	full_tokens(&tokens);
	assert_problem(full_ask(&full.http, "POST /v1/devices/remove?all=true", bearer(&tokens, JSON), "{}"), 400, "request.invalid");
	assert_problem(full_ask(&full.http, "POST /v1/sms?purpose=enrollment", bearer(&tokens, JSON), "{}"), 400, "request.invalid");
	assert_problem(full_ask(&full.http, "POST /v1/otp/verify?account=demo%40example.com&otp=x", BASIC, ""), 400, "request.invalid");
}

static void a_client_of_ours_authenticates_in_the_header_only(void **state)
{
	const char body[] = "{\"account\":\"demo@example.com\",\"otp\":\"wrong\"}";

	(void)state;
	assert_int_equal(full_ask(&full.http, "POST /v1/otp/verify?client_id=demo&client_secret=demo", JSON, body)->status, 401);
	assert_int_equal(full_ask(&full.http, "POST /v1/otp/verify", JSON,
				  "{\"account\":\"a@b.c\",\"otp\":\"x\",\"client_id\":\"demo\",\"client_secret\":\"demo\"}")
				 ->status,
			 401);
	assert_problem(full_ask(&full.http, "POST /v1/otp/verify", FORM, "client_id=demo&client_secret=demo&account=a&otp=x"), 415,
		       "request.content_type");
	assert_problem(full_ask(&full.http, "POST /v1/otp/verify", JSON BASIC, body), 403, "otp.refused");
}

/* --- pages and logout -------------------------------------------------------------------------------------------------------------- */

static void assert_page(const struct answer *answer)
{
	assert_int_equal(answer->status, 200);
	assert_memory_equal(answer_header(answer, "Content-Type"), "text/html", 9);
	assert_string_equal(answer_header(answer, "Location"), "");
	assert_string_equal(answer_header(answer, "Set-Cookie"), "");
}

static void a_password_in_an_address_signs_nobody_in(void **state)
{
	(void)state;
	assert_page(full_ask(&full.http, "GET " AUTHORIZE "?" REQUEST "&" LOGIN, "", NULL));
	assert_page(full_ask(&full.http, "POST " AUTHORIZE "?" REQUEST "&" LOGIN, "", ""));
	assert_page(full_ask(&full.http, "GET " AUTHORIZE "?" REQUEST, FORM, LOGIN));
}

static void a_page_takes_forms_alone_and_no_two_requests_at_once(void **state)
{
	static const char *const paths[] = {"POST " AUTHORIZE "?" REQUEST, "POST /account/password?" REQUEST, ("POST " END_SESSION)};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_problem(full_ask(&full.http, paths[i], JSON, "{}"), 415, "request.content_type");
		assert_problem(full_ask(&full.http, paths[i], "Content-Type: text/plain\r\n", LOGIN), 415, "request.content_type");
		assert_problem(full_ask(&full.http, paths[i], "", LOGIN), 415, "request.content_type");
	}
	assert_problem(full_ask(&full.http, "POST " AUTHORIZE "?" REQUEST, FORM, LOGIN "&state=another"), 400, "request.form");
	assert_problem(full_ask(&full.http, "POST " AUTHORIZE "?" REQUEST, FORM, LOGIN "&client_id=pims"), 400, "request.form");
}

static void a_posted_logout_is_read_from_its_form_alone(void **state)
{
	struct full_tokens tokens;
	char start[8192], body[8192];
	const struct answer *answer;

	(void)state;
	full_tokens(&tokens);
	snprintf(body, sizeof body, "id_token_hint=%s&state=s&post_logout_redirect_uri=" REDIRECT, tokens.id);
	snprintf(start, sizeof start, "POST " END_SESSION "?%s", body);
	answer = full_ask(&full.http, start, "", "");
	assert_int_equal(answer->status, 200);
	assert_int_equal(full_ask(&full.http, "GET " USERINFO, bearer(&tokens, ""), NULL)->status, 200);
	answer = full_ask(&full.http, "POST " END_SESSION, FORM, body);
	assert_int_equal(answer->status, 303);
	assert_string_equal(answer_header(answer, "Location"), REDIRECT "?state=s");
	assert_int_equal(full_ask(&full.http, "GET " USERINFO, bearer(&tokens, ""), NULL)->status, 401);
	*full.cookie = '\0';
}

/* --- Host -------------------------------------------------------------------------------------------------------------------------- */

static void no_answer_depends_on_the_host_that_was_asked_for(void **state)
{
	static const char *const starts[] = {
		"GET " METADATA, "GET /.well-known/oauth-authorization-server", "GET /.well-known/openpims",
		"GET " JWKS,     "GET " AUTHORIZE "?" REQUEST "&prompt=none",   "GET " AUTHORIZE "?" REQUEST "&client_id=",
		"GET /none"};
	static const char *const hosts[] = {
		"Host: evil.example\r\n",
		"Host: evil.example:8080\r\n",
		"Host:\r\n",
		"Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\n",
	};
	char expected[16384];

	(void)state;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		snprintf(expected, sizeof expected, "%s", full_ask(&full.http, starts[i], "Host: 127.0.0.1\r\n", NULL)->bytes);
		for (size_t j = 0; j < sizeof hosts / sizeof *hosts; j++)
			assert_string_equal(full_ask(&full.http, starts[i], hosts[j], NULL)->bytes, expected);
	}
	assert_string_equal(answer_text(full_ask(&full.http, starts[0], hosts[0], NULL), "issuer"), full.issuer);
	assert_problem(full_ask(&full.http, "GET /sandbox/sms", hosts[0], NULL), 403, "sandbox.host");
}

/* --- pages of other origins ---------------------------------------------------------------------------------------------------------- */

#define ORIGIN "Origin: https://app.example\r\n"
#define PREFLIGHT ORIGIN "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type,dpop\r\n"

static void a_page_of_another_origin_may_not_call_the_rest(void **state)
{
	static const char *const paths[] = {AUTHORIZE,
					    END_SESSION,
					    "/v1/account",
					    "/v1/sms",
					    "/v1/otp/verify",
					    "/account/password",
					    "/iwws/MAC",
					    "/sandbox/sms",
					    "/applications/cvs/v4/mobile/smsCode",
					    "/connectedcar/v4/virtualkey/remoteaccess/token",
					    "/none"};
	char start[256];

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		const struct answer *answer;

		snprintf(start, sizeof start, "OPTIONS %s", paths[i]);
		answer = full_ask(&full.http, start, PREFLIGHT, NULL);
		assert_true(answer->status == 405 || answer->status == 404);
		assert_null(strcasestr(answer->bytes, "Access-Control"));
		snprintf(start, sizeof start, "GET %s", paths[i]);
		assert_null(strcasestr(full_ask(&full.http, start, ORIGIN, NULL)->bytes, "Access-Control"));
	}
}

static void a_page_of_another_origin_may_use_what_needs_no_cookie(void **state)
{
	static const struct {
		const char *path, *methods;
	} rows[] = {{METADATA, "GET, HEAD"}, {"/.well-known/openpims", "GET, HEAD"}, {JWKS, "GET, HEAD"}, {TOKEN, "POST"},
		    {REVOKE, "POST"},        {PAR, "POST"}, {USERINFO, "GET, HEAD, POST"}};
	char start[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct answer *answer;

		snprintf(start, sizeof start, "OPTIONS %s", rows[i].path);
		answer = full_ask(&full.http, start, PREFLIGHT, NULL);
		assert_int_equal(answer->status, 204);
		assert_string_equal(answer_header(answer, "Access-Control-Allow-Origin"), "*");
		assert_string_equal(answer_header(answer, "Access-Control-Allow-Methods"), rows[i].methods);
		assert_string_equal(answer_header(answer, "Access-Control-Allow-Headers"), "Authorization, Content-Type, DPoP");
		assert_string_equal(answer_header(answer, "Access-Control-Allow-Credentials"), "");
		/* refusals are for its eyes, too */
		snprintf(start, sizeof start, "PUT %s", rows[i].path);
		answer = full_ask(&full.http, start, ORIGIN, NULL);
		assert_int_equal(answer->status, 405);
		assert_string_equal(answer_header(answer, "Access-Control-Allow-Origin"), "*");
	}
	assert_string_equal(answer_header(full_ask(&full.http, "GET " USERINFO, ORIGIN, NULL), "Access-Control-Allow-Origin"), "*");
	assert_string_equal(
		answer_header(full_ask(&full.http, "POST " TOKEN, ORIGIN FORM BASIC, "grant_type=x"), "Access-Control-Allow-Origin"), "*");
	assert_string_equal(answer_header(full_ask(&full.http, "POST " TOKEN "?a=1&a=2", ORIGIN, ""), "Access-Control-Allow-Origin"), "*");
}

/* --- what may be kept ---------------------------------------------------------------------------------------------------------------- */

static void only_what_is_public_may_be_kept(void **state)
{
	struct full_tokens tokens;

	(void)state;
	full_tokens(&tokens);
	assert_string_equal(answer_header(full_ask(&full.http, "GET " METADATA, "", NULL), "Cache-Control"), "public, max-age=300");
	assert_string_equal(answer_header(full_ask(&full.http, "HEAD " JWKS, "", NULL), "Cache-Control"), "public, max-age=3600");
	assert_string_equal(answer_header(full_ask(&full.http, "GET " USERINFO, bearer(&tokens, ""), NULL), "Cache-Control"), "no-store");
	assert_string_equal(answer_header(full_ask(&full.http, "POST " REVOKE, BASIC FORM, "token=x"), "Cache-Control"), "no-store");
	assert_string_equal(answer_header(full_ask(&full.http, "OPTIONS " TOKEN, PREFLIGHT, NULL), "Cache-Control"), "no-store");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_access_token_outside_the_header_is_refused_even_beside_a_good_one),
		cmocka_unit_test(a_body_of_ours_that_is_no_json_is_415),
		cmocka_unit_test(what_belongs_into_the_body_is_not_read_from_the_query_string),
		cmocka_unit_test(a_client_of_ours_authenticates_in_the_header_only),
		cmocka_unit_test(a_password_in_an_address_signs_nobody_in),
		cmocka_unit_test(a_page_takes_forms_alone_and_no_two_requests_at_once),
		cmocka_unit_test(a_posted_logout_is_read_from_its_form_alone),
		cmocka_unit_test(no_answer_depends_on_the_host_that_was_asked_for),
		cmocka_unit_test(a_page_of_another_origin_may_not_call_the_rest),
		cmocka_unit_test(a_page_of_another_origin_may_use_what_needs_no_cookie),
		cmocka_unit_test(only_what_is_public_may_be_kept),
	};

	return cmocka_run_group_tests(tests, full_begin, full_end);
}
