/* SPDX-License-Identifier: Apache-2.0 */
#include "full_server.h"

#include <ctype.h>

/*
 * What other people's clients of the live service send (spec/wire.md §2, §3), request by request, at the token and the revocation endpoint. That the leniency ends there is
 * test_strictness.c.
 */

/* A request of the token endpoint. "@" in a target or a body is a new code. */
struct way {
	const char *target;
	const char *headers;
	const char *body; /* NULL = no body, and no Content-Length */
};

#define GRANT "grant_type=authorization_code&code=@&redirect_uri=" REDIRECT
#define CREDENTIALS "&client_id=demo&client_secret=demo"

static void insert(const char *pattern, const char *code, char *ret_text, size_t size)
{
	const char *at = pattern ? strchr(pattern, '@') : NULL;

	if (at)
		snprintf(ret_text, size, "%.*s%s%s", (int)(at - pattern), pattern, code, at + 1);
	else
		snprintf(ret_text, size, "%s", pattern ? pattern : "");
}

static struct answer *go(const struct way *way, const char *code)
{
	char start[2048], target[1900], body[2048];

	insert(way->target, code, target, sizeof target);
	insert(way->body, code, body, sizeof body);
	snprintf(start, sizeof start, "POST %s", target);
	return full_ask(&full.http, start, way->headers, way->body ? body : NULL);
}

static bool is_uuid(const char *text)
{
	for (int i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
	return text[36] == '\0';
}

static void assert_tokens(const struct answer *answer, const struct way *way)
{
	json_t *object = NULL;

	if (answer->status != 200)
		fail_msg("POST %s (%s) %s: %d %s", way->target, way->headers, way->body ? way->body : "-", answer->status, answer->body);
	assert_int_equal(json_parse_object(answer->body, strlen(answer->body), ANSWER_MAX, &object), 0);
	assert_non_null(json_text(object, "access_token"));
	assert_non_null(json_text(object, "refresh_token"));
	assert_non_null(json_text(object, "id_token"));
	assert_string_equal(json_text(object, "token_type"), "Bearer");
	assert_int_equal(json_int(object, "expires_in", 0), 3599);
	assert_string_equal(json_text(object, "scope"), "openid profile pims.account pims.phone pims.device pims.otp");
	json_decref(object);
}

static void assert_error(const struct answer *answer, int status, const char *error)
{
	assert_int_equal(answer->status, status);
	assert_string_equal(answer_text(answer, "error"), error);
	assert_string_equal(answer_header(answer, "Cache-Control"), "no-store");
}

/* The code is still good: what was refused before was refused for its form alone. */
static void assert_unspent(const char *code)
{
	static const struct way plain = {TOKEN, FORM BASIC, GRANT};

	assert_tokens(go(&plain, code), &plain);
}

static void two_values_for_one_name_are_refused_wherever_they_stand(void **state)
{
	static const struct way ways[] = {
		{TOKEN "?code=00000000-0000-4000-8000-000000000000", FORM BASIC, GRANT},
		{TOKEN "?" GRANT "&code=x", BASIC, ""},
		{TOKEN, FORM BASIC, GRANT "&code=x"},
		{TOKEN, FORM BASIC, GRANT "&unknown=1&unknown=2"},
		{TOKEN "?client_id=pims", FORM, GRANT CREDENTIALS},
		{TOKEN "?client_secret=other", FORM, GRANT CREDENTIALS},
		{TOKEN "?" GRANT "&state=%zz", BASIC, ""},
		{TOKEN, FORM BASIC, GRANT "&state=%00"},
	};
	char code[64];

	(void)state;
	full_code(false, code);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		assert_error(go(&ways[i], code), 400, "invalid_request");
	assert_unspent(code);
}

static void two_ways_of_authentication_are_refused_also_across_query_and_header(void **state)
{
	static const struct way ways[] = {
		{TOKEN, FORM BASIC, GRANT CREDENTIALS},
		{TOKEN "?client_secret=demo", FORM BASIC, GRANT},
		{TOKEN "?" GRANT "&client_id=pims", BASIC, ""},
	};
	char code[64];

	(void)state;
	full_code(false, code);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		assert_error(go(&ways[i], code), 400, "invalid_request");
	assert_unspent(code);
}

static void a_wrong_secret_is_refused_wherever_it_stands(void **state)
{
	static const struct way ways[] = {
		{TOKEN "?" GRANT "&client_id=demo&client_secret=wrong", "", ""},
		{TOKEN "?" GRANT "&client_id=demo", "", ""},
		{TOKEN, FORM, GRANT "&client_id=demo&client_secret=wrong"},
		{TOKEN, FORM "Authorization: Basic ZGVtbzp3cm9uZw==\r\n", GRANT},
		{TOKEN "?" GRANT, "", ""},
		{TOKEN, "Content-Type: text/plain\r\n", GRANT CREDENTIALS}, /* a body of that type is not read */
	};
	char code[64];

	(void)state;
	full_code(false, code);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		const struct answer *answer = go(&ways[i], code);

		assert_error(answer, 401, "invalid_client");
		assert_memory_equal(answer_header(answer, "WWW-Authenticate"), "Basic realm=", 12);
	}
	assert_unspent(code);
}

static void tokens_are_asked_for_by_post_alone(void **state)
{
	static const char *const starts[] = {"GET " TOKEN "?", "HEAD " TOKEN "?", "PUT " TOKEN "?", "GET " REVOKE "?"};
	char code[64], start[512];

	(void)state;
	full_code(false, code);
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		const struct answer *answer;

		snprintf(start, sizeof start, "%sgrant_type=authorization_code&code=%s&token=x&redirect_uri=" REDIRECT CREDENTIALS,
			 starts[i], code);
		answer = full_ask(&full.http, start, "", NULL);
		assert_int_equal(answer->status, 405);
		assert_string_equal(answer_header(answer, "Allow"), "POST");
	}
	assert_unspent(code);
}

static void a_challenge_binds_also_who_asks_by_query_string(void **state)
{
	static const struct way wrong[] = {
		{TOKEN "?" GRANT, BASIC, ""},
		{TOKEN "?" GRANT "&code_verifier=", BASIC, ""},
		{TOKEN "?" GRANT "&code_verifier=" VERIFIER "x", BASIC, ""},
	};
	static const struct way right = {TOKEN "?" GRANT "&code_verifier=" VERIFIER, BASIC, ""};
	char code[64];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		full_code(true, code);
		assert_error(go(&wrong[i], code), 400, "invalid_grant");
	}
	full_code(true, code);
	assert_tokens(go(&right, code), &right);
}

static void every_way_of_asking_for_tokens_is_understood(void **state)
{
	static const struct way ways[] = {
		{TOKEN, FORM BASIC, GRANT},
		{TOKEN, FORM, GRANT CREDENTIALS},
		{TOKEN, FORM BASIC, GRANT "&client_id=demo"},
		/* the query string of a POST with an empty body */
		{TOKEN "?" GRANT, BASIC, ""},
		{TOKEN "?" GRANT CREDENTIALS, "", ""},
		{TOKEN "?" GRANT, FORM BASIC, ""},
		{TOKEN "?" GRANT, BASIC, NULL},
		{TOKEN "?" GRANT, JSON BASIC, "{}"},
		/* a part here and a part there */
		{TOKEN "?grant_type=authorization_code&code=@", FORM BASIC, "redirect_uri=" REDIRECT},
		{TOKEN "?client_id=demo&client_secret=demo", FORM, GRANT},
		{TOKEN "?grant_type=authorization_code&realm=a", FORM BASIC, GRANT "&realm=a"},
		{TOKEN "?code=", FORM BASIC, GRANT},
		{TOKEN "?" GRANT, FORM BASIC, "code=&redirect_uri="},
		/* types of bodies */
		{TOKEN, BASIC, GRANT},
		{TOKEN, "Content-Type: Application/X-WWW-Form-urlencoded; charset=UTF-8\r\n" BASIC, GRANT},
		{TOKEN, "Content-Type: application/x-www-form-urlencoded;charset=utf-8\r\n" BASIC, GRANT},
		/* encodings */
		{TOKEN, FORM BASIC, "grant%5ftype=authorization%5Fcode&code=@&redirect_uri=mymap%3a%2f%2foauth2redirect%2ffr"},
		{TOKEN "?grant_type=authorization_code&code=@&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr", BASIC, ""},
		{TOKEN, FORM BASIC, "&&" GRANT "&&"},
		/* more than is asked for */
		{TOKEN "?locale=fr-FR&realm=clientsB2CPeugeot", FORM BASIC, GRANT "&scope=openid+profile&nonce=a%20b+c&code_verifier="},
		/* headers */
		{TOKEN, FORM "authorization: basic  ZGVtbzpkZW1v\r\n", GRANT},
		{TOKEN, FORM BASIC "User-Agent: okhttp/4.8.0 \r\n", GRANT},
		{TOKEN, FORM BASIC "User-Agent:\r\n", GRANT},
		{TOKEN, FORM BASIC "Host: idp.live.example\r\n", GRANT},
		{TOKEN, FORM BASIC "Host: idp.live.example:443\r\n", GRANT},
		{TOKEN, FORM BASIC "Host:\r\n", GRANT},
		{TOKEN, FORM BASIC "Host: <\"/../ %00\r\n", GRANT},
		{TOKEN, FORM BASIC "Accept: image/png;q=1, */*;q=0\r\nAccept-Encoding: br\r\nAccept-Language: xx\r\n", GRANT},
		{TOKEN, FORM BASIC "x-introspect-realm: clientsB2CPeugeot\r\nCookie: a=b; c\r\nConnection: close\r\n", GRANT},
		{TOKEN, FORM BASIC "Content-Encoding: identity\r\n", GRANT},
		{"http://idp.live.example:80" TOKEN, FORM BASIC, GRANT},
	};
	char code[64];

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		full_code(false, code);
		assert_true(is_uuid(code));
		assert_tokens(go(&ways[i], code), &ways[i]);
	}
}

/* As clients of the live service write the request: without state, with the address unencoded, with scopes of theirs. */
static void a_code_is_asked_for_in_many_ways(void **state)
{
	static const struct {
		const char *query;
		bool has_state;
	} rows[] = {
		{"client_id=demo&response_type=code&redirect_uri=mymap://oauth2redirect/fr&scope=openid%20profile", false},
		{"client_id=demo&response_type=code&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr&scope=openid+profile&locale=fr-FR", false},
		{"response_type=code&client_id=demo&scope=openid%20profile%20public%20remote&state=s&redirect_uri=mymap://oauth2redirect/fr", true},
		{"client_id=demo&response_type=code&redirect_uri=mymap://oauth2redirect/fr&scope=openid%20profile&code_challenge=" CHALLENGE
		 "&code_challenge_method=S256&state=", false},
		{"realm=clientsB2CPeugeot&client_id=demo&response_type=code&redirect_uri=mymap://oauth2redirect/fr", false},
	};
	char code[64], start[1024];

	(void)state;
	full_code(false, code); /* the browser is signed in from here on */
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct answer *answer;

		(void)snprintf(start, sizeof start, "GET " AUTHORIZE "?%s", rows[i].query);
		answer = full_ask(&full.http, start, full.cookie, NULL);
		assert_int_equal(answer->status, 302);
		assert_memory_equal(answer_header(answer, "Location"), "mymap://oauth2redirect/fr?code=", 31);
		assert_true((strstr(answer_header(answer, "Location"), "&state=s&") != NULL) == rows[i].has_state);
		assert_true((strstr(answer_header(answer, "Location"), "state=") != NULL) == rows[i].has_state);
	}
}

static void an_old_client_needs_no_host(void **state)
{
	char code[64], body[512], request[1024];

	(void)state;
	full_code(false, code);
	insert(GRANT, code, body, sizeof body);
	snprintf(request, sizeof request, "POST " TOKEN " HTTP/1.0\r\n" FORM BASIC "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	assert_int_equal(ask(&full.http, request)->status, 200);
}

static void a_body_in_chunks_is_a_body(void **state)
{
	char code[64], body[512], request[2048];

	(void)state;
	full_code(false, code);
	insert(GRANT, code, body, sizeof body);
	snprintf(request, sizeof request,
		 "POST " TOKEN " HTTP/1.1\r\nHost: x\r\n" FORM BASIC
		 "Transfer-Encoding: chunked\r\n\r\n5\r\n%.5s\r\n%zx;a=b\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n",
		 body, strlen(body) - 5, body + 5);
	assert_int_equal(ask(&full.http, request)->status, 200);
}

static void renewing_and_revoking_work_by_query_string_too(void **state)
{
	struct full_tokens tokens;
	char start[512];
	const struct answer *answer;

	(void)state;
	full_tokens(&tokens);
	snprintf(start, sizeof start, "POST " TOKEN "?grant_type=refresh_token&refresh_token=%s", tokens.refresh);
	answer = full_ask(&full.http, start, BASIC, "");
	assert_int_equal(answer->status, 200);
	snprintf(tokens.refresh, sizeof tokens.refresh, "%s", answer_text(answer, "refresh_token"));
	assert_true(*tokens.refresh);
	snprintf(start, sizeof start, "POST " REVOKE "?token=%s&token_type_hint=refresh_token", tokens.refresh);
	assert_int_equal(full_ask(&full.http, start, BASIC, "")->status, 200);
	snprintf(start, sizeof start, "POST " TOKEN "?grant_type=refresh_token&refresh_token=%s", tokens.refresh);
	assert_error(full_ask(&full.http, start, BASIC, ""), 400, "invalid_grant");
	*full.cookie = '\0'; /* revoking signed the browser out */
}

static void asking_for_an_sms_takes_any_body_and_parameter(void **state)
{
	static const struct way ways[] = {
		{"?client_id=demo", "", ""},
		{"?client_id=demo&locale=fr-FR", JSON, "{}"},
		{"", "Content-Type: application/json; charset=UTF-8\r\n", "{}"},
		{"?client_id=another", FORM, "a=b"},
		{"?locale=xx", "Content-Type: text/plain\r\n", "anything"},
		{"?locale=", "", NULL},
	};
	struct full_tokens tokens;
	char start[256], headers[512];

	(void)state;
	full_tokens(&tokens);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		const struct answer *answer;

		snprintf(start, sizeof start, "POST /applications/cvs/v4/mobile/smsCode%s", ways[i].target);
		snprintf(
			headers, sizeof headers,
			"%sx-introspect-realm: clientsB2CPeugeot\r\nUser-Agent: okhttp/4.8.0 \r\nHost: api.groupe-psa.com\r\nAuthorization: Bearer %s\r\n",
			ways[i].headers, tokens.access);
		answer = full_ask(&full.http, start, headers, ways[i].body);
		assert_int_equal(answer->status, 202);
		assert_string_equal(answer->body, "");
		atomic_fetch_add(&full.now, 121000); /* beyond the cool-down */
	}
}

static void who_asks_for_an_sms_too_soon_is_told_when_to_come_again(void **state)
{
	struct full_tokens tokens;
	char headers[256];
	const struct answer *answer;

	(void)state;
	full_tokens(&tokens);
	atomic_fetch_add(&full.now, 3600000);
	full_tokens(&tokens);
	snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", tokens.access);
	assert_int_equal(full_ask(&full.http, "POST /applications/cvs/v4/mobile/smsCode", headers, "")->status, 202);
	answer = full_ask(&full.http, "POST /applications/cvs/v4/mobile/smsCode", headers, "");
	assert_problem(answer, 429, "sms.cooldown");
	assert_string_equal(answer_header(answer, "Retry-After"), "30");
}

static const char *body_text(const json_t *object, const char *name)
{
	const char *text = json_text(object, name);

	return text ? text : "";
}

/* What has none of these members, a client of the live service takes for success: the SMS would be waited for in vain. */
static void a_refusal_is_known_to_clients_that_read_the_gateways_form_alone(void **state)
{
	struct full_tokens tokens;
	char headers[256];
	json_t *object = NULL;
	const struct answer *answer;

	(void)state;
	atomic_fetch_add(&full.now, 3600000);
	full_tokens(&tokens);
	snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", tokens.access);
	assert_int_equal(full_ask(&full.http, "POST /applications/cvs/v4/mobile/smsCode", headers, "")->status, 202);
	answer = full_ask(&full.http, "POST /applications/cvs/v4/mobile/smsCode", headers, "");
	assert_problem(answer, 429, "sms.cooldown");
	assert_int_equal(json_parse_object(answer->body, strlen(answer->body), 4096, &object), 0);
	assert_string_equal(body_text(object, "httpCode"), "429");
	assert_string_equal(body_text(object, "httpMessage"), "Too Many Requests");
	assert_string_equal(body_text(object, "moreInformation"), body_text(object, "title"));
	json_decref(object);
	/* where the live service has nothing, ours looks like ours */
	answer = full_ask(&full.http, "POST /v1/sms", headers, "");
	assert_int_equal(answer->status, 400);
	assert_null(strstr(answer->body, "httpCode"));
	/* also what no handler saw */
	answer = full_ask(&full.http, "GET /applications/cvs/v4/mobile/smsCode", headers, NULL);
	assert_problem(answer, 405, "request.method");
	assert_non_null(strstr(answer->body, "\"httpCode\":\"405\""));
}

static void a_bad_token_gets_the_gateways_answer(void **state)
{
	static const char *const starts[] = {"POST /applications/cvs/v4/mobile/smsCode?client_id=demo",
					     "GET /applications/cvs/v4/mauv/car-associations?client_id=demo",
					     "POST /connectedcar/v4/virtualkey/remoteaccess/token?client_id=demo"};
	static const char *const tokens[] = {"", "Authorization: Bearer expired\r\n", "Authorization: Bearer\r\n", BASIC};

	(void)state;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		for (size_t j = 0; j < sizeof tokens / sizeof *tokens; j++) {
			const struct answer *answer = full_ask(&full.http, starts[i], tokens[j], *starts[i] == 'P' ? "{}" : NULL);

			assert_int_equal(answer->status, 401);
			assert_string_equal(answer_text(answer, "httpCode"), "401");
			assert_string_equal(answer_text(answer, "httpMessage"), "Unauthorized");
			assert_string_equal(answer_text(answer, "moreInformation"), "Token is invalid");
			assert_memory_equal(answer_header(answer, "WWW-Authenticate"), "Bearer", 6);
		}
}

static void a_remote_token_is_asked_for_in_json_of_any_type(void **state)
{
	static const char *const types[] = {"", JSON, "Content-Type: application/json; charset=UTF-8\r\n", "Content-Type: text/plain\r\n"};
	struct full_tokens tokens;
	char headers[512];

	(void)state;
	full_tokens(&tokens);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		snprintf(headers, sizeof headers, "%sAuthorization: Bearer %s\r\n", types[i], tokens.access);
		assert_error(full_ask(&full.http, "POST /connectedcar/v4/virtualkey/remoteaccess/token?client_id=demo&locale=fr-FR",
				      headers, "{\"grant_type\":\"password\",\"password\":\"wrong\"}"),
			     400, "invalid_grant");
		assert_error(full_ask(&full.http, "POST /connectedcar/v4/virtualkey/remoteaccess/token", headers,
				      "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"wrong\"}"),
			     400, "invalid_grant");
	}
	snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", tokens.access);
	assert_error(
		full_ask(&full.http, "POST /connectedcar/v4/virtualkey/remoteaccess/token?grant_type=password&password=x", headers, ""),
		400, "invalid_request");
}

/* ActionSetup activate with a wrong code: refused for the code, so everything else was read. */
static void assert_mac(const char *macid, const char *more, const char *headers)
{
	char start[512];
	const struct answer *answer;

	snprintf(start, sizeof start,
		 "GET /iwws/MAC?action=ActionSetup&mode=activate&id=&lastsync=0&version=Generator-1.0%%2F0.2.11&code=12345678&macid=%s%s",
		 macid, more);
	answer = full_ask(&full.http, start, headers, NULL);
	assert_int_equal(answer->status, 200);
	assert_string_equal(answer_header(answer, "Content-Type"), "text/xml; charset=utf-8");
	assert_memory_equal(answer->body, "<?xml", 5);
	if (!strstr(answer->body, "<err>NOK:CODE</err>"))
		fail_msg("%s %s: %s", start, headers, answer->body);
}

static void iwws_minds_neither_host_nor_user_agent_nor_what_it_does_not_know(void **state)
{
	static const char *const headers[] = {
		"",
		"Host: otp.mpsa.com\r\nUser-Agent: iwws \r\n",
		"Host: ms.inwebo.com:443\r\n",
		"Host: garbage garbage\r\nUser-Agent:\r\n",
		"Content-Type: application/json\r\nContent-Length: 0\r\n",
	};
	struct full_tokens tokens;
	const char *macid;
	char upper[64];
	size_t length;

	(void)state;
	full_tokens(&tokens);
	macid = full.server->settings.macid;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		assert_mac(macid, "", headers[i]);
	assert_mac(macid, "&unknown=1&empty&%20=+", "");
	for (length = 0; macid[length]; length++)
		upper[length] = (char)toupper((unsigned char)macid[length]);
	upper[length] = '\0';
	assert_string_not_equal(upper, macid);
	assert_mac(upper, "", "");
}

/* The last one: everything above was logged. */
static void no_code_token_or_secret_reached_the_log(void **state)
{
	static const char *const starts[] = {
		"GET " TOKEN ";code=LEAKED",    "GET " TOKEN "%3Fcode=LEAKED", "GET /callback/code=LEAKED",          "GET code=LEAKED",
		"GET http://user:LEAKED@host/", "GET /?a=LEAKED%zz",           "POST " TOKEN "?client_secret=LEAKED"};
	struct full_tokens tokens;
	char code[64];

	(void)state;
	full_tokens(&tokens);
	full_code(false, code);
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		(void)full_ask(&full.http, starts[i], "", "");
	server_stop(full.server); /* now the log stands still */
	full.server = NULL;
	assert_true(fake_env_logged(&full.http.fake, "POST " TOKEN " 200"));
	assert_true(fake_env_logged(&full.http.fake, "GET /callback/code 404"));
	assert_false(fake_env_logged(&full.http.fake, "LEAKED"));
	assert_false(fake_env_logged(&full.http.fake, "demo-password"));
	assert_false(fake_env_logged(&full.http.fake, "ZGVtbzpkZW1v"));
	assert_false(fake_env_logged(&full.http.fake, tokens.access));
	assert_false(fake_env_logged(&full.http.fake, tokens.refresh));
	assert_false(fake_env_logged(&full.http.fake, code));
	assert_false(fake_env_logged(&full.http.fake, "code=0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_values_for_one_name_are_refused_wherever_they_stand),
		cmocka_unit_test(two_ways_of_authentication_are_refused_also_across_query_and_header),
		cmocka_unit_test(a_wrong_secret_is_refused_wherever_it_stands),
		cmocka_unit_test(tokens_are_asked_for_by_post_alone),
		cmocka_unit_test(a_challenge_binds_also_who_asks_by_query_string),
		cmocka_unit_test(every_way_of_asking_for_tokens_is_understood),
		cmocka_unit_test(a_code_is_asked_for_in_many_ways),
		cmocka_unit_test(an_old_client_needs_no_host),
		cmocka_unit_test(a_body_in_chunks_is_a_body),
		cmocka_unit_test(renewing_and_revoking_work_by_query_string_too),
		cmocka_unit_test(asking_for_an_sms_takes_any_body_and_parameter),
		cmocka_unit_test(who_asks_for_an_sms_too_soon_is_told_when_to_come_again),
		cmocka_unit_test(a_refusal_is_known_to_clients_that_read_the_gateways_form_alone),
		cmocka_unit_test(a_bad_token_gets_the_gateways_answer),
		cmocka_unit_test(a_remote_token_is_asked_for_in_json_of_any_type),
		cmocka_unit_test(iwws_minds_neither_host_nor_user_agent_nor_what_it_does_not_know),
		cmocka_unit_test(no_code_token_or_secret_reached_the_log),
	};

	return cmocka_run_group_tests(tests, full_begin, full_end);
}
