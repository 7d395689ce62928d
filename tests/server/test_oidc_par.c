/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"
#include "support/proof.h"

#include "base/json.h"
#include "base/url.h"
#include "server/oidc/par.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Pushed authorization requests: RFC 9126. "pims" is a public client, "demo" and "other" are confidential ones. */

#define PAR "/am/oauth2/par"
#define AUTHORIZE "/am/oauth2/authorize"
#define TOKEN "/am/oauth2/access_token"
#define LOGIN "username=demo%40example.com&password=demo-password"

static struct endpoints server;
static struct dpop_key key, other_key;
static char cookie[160];

static int start(void **state)
{
	(void)state;
	cookie[0] = '\0';
	endpoints_start(&server, true);
	proof_key(&key);
	proof_key(&other_key);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	dpop_key_free(&key);
	dpop_key_free(&other_key);
	return 0;
}

/* --- requests --------------------------------------------------------------------------------------------------------------------- */

static void post(const char *client, const char *form, const char *header, struct reply *reply)
{
	call(&server,
	     &(struct call){.path = PAR, .form = form, .authorization = strcmp(client, "demo") == 0 ? DEMO_BASIC : NULL, .header = header}, reply);
}

/* A right request of the client with `more` of it. */
static void push(const char *client, const char *more, const char *header, struct reply *reply)
{
	char form[16384];

	(void)snprintf(form, sizeof form, "%s%s", authorization_query(client), more);
	post(client, form, header, reply);
}

/* What the browser carries of one that was pushed. */
static const char *reference(const char *client, const char *more)
{
	static char text[512];
	struct buf query = BUF_INIT(sizeof text - 1);
	struct reply reply = {0};

	push(client, more, NULL, &reply);
	assert_int_equal(reply.status, 201);
	assert_int_equal(url_put(&query, "client_id", client), 0);
	assert_int_equal(url_put(&query, "request_uri", reply_text(&reply, "request_uri")), 0);
	(void)snprintf(text, sizeof text, "%s", buf_text(&query));
	buf_free(&query);
	reply_free(&reply);
	return text;
}

static void authorize(const char *query, const char *form, struct reply *reply)
{
	char path[1024], header[200];

	(void)snprintf(path, sizeof path, AUTHORIZE "?%s", query);
	(void)snprintf(header, sizeof header, "Cookie: %s", cookie);
	call(&server, &(struct call){.path = path, .form = form, .header = *cookie ? header : NULL}, reply);
}

static void assert_shown(const char *query)
{
	struct reply reply = {0};

	authorize(query, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	reply_free(&reply);
}

/* A page, and nobody is sent anywhere. */
static void assert_refused(const char *query)
{
	static const char *const forms[] = {NULL, LOGIN, "ticket=go+on&cancel=1"};
	struct reply reply = {0};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		authorize(query, forms[i], &reply);
		assert_int_equal(reply.status, 400);
		assert_string_equal(reply_header(&reply, "Location"), "");
		assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	}
	reply_free(&reply);
}

static void assert_error(const char *query, const char *error)
{
	struct reply reply = {0};

	authorize(query, NULL, &reply);
	assert_int_equal(reply.status, 302);
	assert_string_equal(reply_parameter(&reply, "error"), error);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	reply_free(&reply);
}

/* Signs in and returns the code. */
static const char *code_of(const char *query)
{
	static char code[64];
	const char *set;
	struct reply reply = {0};

	authorize(query, LOGIN, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	(void)snprintf(code, sizeof code, "%s", reply_parameter(&reply, "code"));
	assert_int_equal(strlen(code), 36);
	set = reply_header(&reply, "Set-Cookie");
	(void)snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(set, ";"), set);
	reply_free(&reply);
	return code;
}

static void exchange(const char *client, const char *code, struct dpop_key *by, struct reply *reply)
{
	bool is_demo = strcmp(client, "demo") == 0;
	struct buf form = BUF_INIT(1024);
	char url[128], *line = NULL;

	(void)snprintf(url, sizeof url, "%s" TOKEN, server.issuer);
	if (by)
		line = proof_header(&(struct proof){.key = by, .method = "POST", .url = url, .now = server.now / 1000});
	buf_puts(&form, "grant_type=authorization_code&code_verifier=" VERIFIER);
	url_put(&form, "client_id", client);
	url_put(&form, "code", code);
	assert_int_equal(url_put(&form, "redirect_uri", is_demo ? DEMO_REDIRECT : PIMS_REDIRECT), 0);
	call(&server, &(struct call){.path = TOKEN, .form = buf_text(&form), .authorization = is_demo ? DEMO_BASIC : NULL, .header = line}, reply);
	buf_free(&form);
	free(line);
}

/* --- at the endpoint ---------------------------------------------------------------------------------------------------------------- */

static void a_client_that_does_not_prove_itself_pushes_nothing(void **state)
{
	static const char *const rows[][2] = {
		{"client_id=demo&client_secret=wrong", NULL}, {"client_id=demo", NULL}, {"client_id=nobody", NULL}, {"", NULL},
		{"client_id=demo", OTHER_BASIC "x"},
	};
	struct reply reply = {0};
	char form[1024];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(form, sizeof form, "%s&redirect_uri=mymap%%3A%%2F%%2Foauth2redirect%%2Ffr&response_type=code&scope=openid", rows[i][0]);
		call(&server, &(struct call){.path = PAR, .form = form, .authorization = rows[i][1]}, &reply);
		assert_int_equal(reply.status, 401);
		assert_string_equal(reply_text(&reply, "error"), "invalid_client");
	}
	reply_free(&reply);
}

static void a_request_that_would_be_refused_is_refused_when_it_is_pushed(void **state)
{
#define DEMO "client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr&response_type=code&scope=openid"
	static const char *const rows[][2] = {
		{"redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr&response_type=code&scope=openid", "invalid_request"},
		{"client_id=demo&response_type=code&scope=openid", "invalid_request"},
		{"client_id=demo&redirect_uri=https%3A%2F%2Fevil.example%2F&response_type=code&scope=openid", "invalid_request"},
		{"client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr&scope=openid", "invalid_request"},
		{"client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr&response_type=token&scope=openid", "unsupported_response_type"},
		{"client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr&response_type=code&scope=nothing", "invalid_scope"},
		{DEMO "&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax", "invalid_request"},
		{DEMO "&request_uri=https%3A%2F%2Fclient.example%2Fr", "invalid_request"},
		{DEMO "&request=e30.e30.", "request_not_supported"},
		{DEMO "&code_challenge=x&code_challenge_method=S256", "invalid_request"},
		{DEMO "&code_challenge=" CHALLENGE, "invalid_request"},
		{DEMO "&prompt=none+login", "invalid_request"},
		{DEMO "&dpop_jkt=x", "invalid_request"},
		{DEMO "&acr_values=urn%3Aother", "unmet_authentication_requirements"},
		{DEMO "&id_token_hint=e30.e30.x", "invalid_request"},
	};
	struct reply reply = {0};
	char form[4400];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		post("demo", rows[i][0], NULL, &reply);
		assert_int_equal(reply.status, 400);
		assert_string_equal(reply_text(&reply, "error"), rows[i][1]);
		assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	}
	post("pims", "client_id=pims&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback&response_type=code&scope=openid", NULL, &reply);
	assert_int_equal(reply.status, 400);
	(void)snprintf(form, sizeof form, "%s&state=%04200d", DEMO, 1);
	post("demo", form, NULL, &reply);
	assert_int_equal(reply.status, 400);
	reply_free(&reply);
}

static void a_push_is_a_form_of_bounded_size(void **state)
{
	struct reply reply = {0};
	char hint[8192];

	(void)state;
	call(&server, &(struct call){.path = PAR, .json = "{\"client_id\":\"demo\"}", .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 415);
	call(&server, &(struct call){.path = PAR "?" DEMO, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 405);
	call(&server, &(struct call){.path = PAR "?" DEMO, .post = true, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 400);
	push("demo", "&state=twice", NULL, &reply);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), "invalid_request");
	(void)snprintf(hint, sizeof hint, "&login_hint=%08000d", 1);
	push("demo", hint, NULL, &reply);
	assert_int_equal(reply.status, 413);
	assert_string_equal(reply_text(&reply, "error"), "invalid_request");
	reply_free(&reply);
}

static void a_push_is_answered_by_a_reference_that_nobody_guesses(void **state)
{
	static const char *const clients[] = {"demo", "pims"};
	char last[128] = "";
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		push(clients[i % 2], "", NULL, &reply);
		assert_int_equal(reply.status, 201);
		assert_int_equal(json_int(reply.json, "expires_in", 0), 300);
		assert_int_equal(strncmp(reply_text(&reply, "request_uri"), PAR_REQUEST_URI, strlen(PAR_REQUEST_URI)), 0);
		assert_int_equal(strlen(reply_text(&reply, "request_uri")), strlen(PAR_REQUEST_URI) + 43);
		assert_string_not_equal(reply_text(&reply, "request_uri"), last);
		assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
		(void)snprintf(last, sizeof last, "%s", reply_text(&reply, "request_uri"));
	}
	reply_free(&reply);
}

static void strangers_who_push_for_a_public_client_are_slowed_down(void **state)
{
	struct reply reply = {0};

	(void)state;
	for (int i = 0; i < PAR_PUBLIC_PER_MINUTE; i++) {
		push("pims", "", NULL, &reply);
		assert_int_equal(reply.status, 201);
	}
	push("pims", "", NULL, &reply);
	assert_int_equal(reply.status, 429);
	assert_string_equal(reply_header(&reply, "Retry-After"), "60");
	push("demo", "", NULL, &reply);
	assert_int_equal(reply.status, 201);
	endpoints_advance(&server, 60);
	push("pims", "", NULL, &reply);
	assert_int_equal(reply.status, 201);
	reply_free(&reply);
}

/* --- what the browser brings ----------------------------------------------------------------------------------------------------------- */

static void a_reference_of_another_client_or_of_nobody_redirects_nowhere(void **state)
{
	char theirs[512], *at;
	const char *query = reference("demo", "");

	(void)state;
	(void)snprintf(theirs, sizeof theirs, "client_id=pims%s", strchr(query, '&'));
	assert_refused(theirs);
	(void)snprintf(theirs, sizeof theirs, "client_id=nobody%s", strchr(query, '&'));
	assert_refused(theirs);
	assert_refused(strchr(query, '&') + 1);
	(void)snprintf(theirs, sizeof theirs, "%s", query);
	at = theirs + strlen(theirs) - 1;
	*at = *at == 'A' ? 'B' : 'A';
	assert_refused(theirs);
	*at = '\0';
	assert_refused(theirs);
	assert_refused("client_id=demo&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr");
	assert_shown(query);
}

static void a_request_object_elsewhere_is_refused_as_before(void **state)
{
	char query[1024];

	(void)state;
	(void)snprintf(query, sizeof query, "%s&request_uri=https%%3A%%2F%%2Fclient.example%%2Fr", authorization_query("demo"));
	assert_error(query, "request_uri_not_supported");
}

static void the_pages_carry_the_reference_alone_and_sign_in(void **state)
{
	const char *query = reference("demo", "&ui_locales=fr&login_hint=demo%40example.com");
	struct reply reply = {0};
	const char *body;

	(void)state;
	authorize(query, NULL, &reply);
	assert_int_equal(reply.status, 200);
	body = buf_text(&reply.body);
	assert_non_null(strstr(body, "request_uri"));
	assert_non_null(strstr(body, "lang=\"fr\""));
	assert_non_null(strstr(body, "demo@example.com"));
	assert_null(strstr(body, "redirect_uri"));
	assert_null(strstr(body, "code_challenge"));
	assert_null(strstr(body, "n-1"));
	authorize(query, "username=demo%40example.com&password=wrong-password", &reply);
	assert_int_equal(reply.status, 403);
	exchange("demo", code_of(query), NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "openid profile email pims.account pims.phone pims.device pims.otp");
	reply_free(&reply);
}

static void what_stands_beside_the_reference_does_not_count(void **state)
{
	char query[1024];
	struct reply reply = {0};

	(void)state;
	(void)snprintf(query, sizeof query, "%s&state=theirs&redirect_uri=https%%3A%%2F%%2Fevil.example%%2F&scope=nothing&prompt=none&code_challenge=x"
		       "&dpop_jkt=x&response_type=token&login_hint=a%%40b.example", reference("demo", ""));
	assert_shown(query);
	authorize(query, LOGIN, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(strncmp(reply_header(&reply, "Location"), DEMO_REDIRECT "?", strlen(DEMO_REDIRECT) + 1), 0);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	exchange("demo", reply_parameter(&reply, "code"), NULL, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_reference_is_used_up_by_a_code(void **state)
{
	char query[512];

	(void)state;
	(void)snprintf(query, sizeof query, "%s", reference("demo", ""));
	(void)code_of(query);
	assert_refused(query);
}

static void a_reference_is_used_up_by_an_error(void **state)
{
	char query[512];
	struct reply reply = {0};

	(void)state;
	(void)snprintf(query, sizeof query, "%s", reference("demo", "&prompt=none"));
	assert_error(query, "login_required");
	assert_refused(query);
	(void)snprintf(query, sizeof query, "%s", reference("demo", ""));
	authorize(query, "ticket=go+on&cancel=1", &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "access_denied");
	assert_refused(query);
	reply_free(&reply);
}

static void a_reference_lives_for_minutes_and_once_visited_for_as_long_as_a_form(void **state)
{
	char query[512];

	(void)state;
	(void)snprintf(query, sizeof query, "%s", reference("demo", ""));
	endpoints_advance(&server, 300);
	assert_refused(query);
	(void)snprintf(query, sizeof query, "%s", reference("demo", ""));
	endpoints_advance(&server, 299);
	assert_shown(query);
	endpoints_advance(&server, 1799);
	assert_shown(query);
	endpoints_advance(&server, 1);
	assert_refused(query);
	(void)snprintf(query, sizeof query, "%s", reference("demo", ""));
	assert_shown(query);
	endpoints_advance(&server, 1799);
	(void)code_of(query);
}

/* The page with one button of a browser that is signed in, at a client that cannot prove itself. */
static void a_public_client_pushes_what_it_could_send(void **state)
{
	char query[512], form[1024];
	struct reply reply = {0};
	const char *token;

	(void)state;
	(void)code_of(reference("pims", ""));
	assert_shown(reference("pims", "&prompt=login"));
	assert_shown(reference("pims", "&max_age=0"));
	assert_error(reference("pims", "&prompt=none"), "interaction_required");
	(void)snprintf(query, sizeof query, "%s", reference("pims", "&max_age=600"));
	authorize(query, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_null(strstr(buf_text(&reply.body), "name=\"password\""));
	assert_null(strstr(buf_text(&reply.body), "redirect_uri"));
	token = strstr(buf_text(&reply.body), "name=\"form_token\" value=\"");
	assert_non_null(token);
	token += strlen("name=\"form_token\" value=\"");
	(void)snprintf(form, sizeof form, "ticket=go+on&form_token=%.*s", (int)strcspn(token, "\""), token);
	authorize(query, form, &reply);
	assert_int_equal(reply.status, 303);
	exchange("pims", reply_parameter(&reply, "code"), NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_refused(query);
	reply_free(&reply);
}

static void a_hint_at_another_user_is_checked_when_the_browser_comes(void **state)
{
	struct reply reply = {0};
	char query[4096];

	(void)state;
	sign_in_tokens(&server, "pims", &reply);
	(void)snprintf(query, sizeof query, "&id_token_hint=%s", reply_text(&reply, "id_token"));
	(void)snprintf(query, sizeof query, "%s", reference("pims", query));
	authorize(query, "username=eve%40example.com&password=eve-password", &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "login_required");
	assert_refused(query);
	reply_free(&reply);
}

/* --- keys (RFC 9449 §10.1) ----------------------------------------------------------------------------------------------------------------- */

static char *par_proof(struct dpop_key *by, const char *claims)
{
	char url[128];

	(void)snprintf(url, sizeof url, "%s" PAR, server.issuer);
	return proof_header(&(struct proof){.key = by, .method = "POST", .url = url, .now = server.now / 1000, .claims = claims});
}

static const char *pushed_code(const char *more, const char *proof)
{
	struct reply reply = {0};
	struct buf query = BUF_INIT(512);
	const char *code;

	push("demo", more, proof, &reply);
	assert_int_equal(reply.status, 201);
	buf_puts(&query, "client_id=demo");
	assert_int_equal(url_put(&query, "request_uri", reply_text(&reply, "request_uri")), 0);
	code = code_of(buf_text(&query));
	buf_free(&query);
	reply_free(&reply);
	return code;
}

static void a_proof_at_the_push_binds_the_code(void **state)
{
	char jkt[DPOP_THUMBPRINT_SIZE], more[128], *line;
	struct reply reply = {0};

	(void)state;
	assert_int_equal(dpop_key_thumbprint(&key, jkt), 0);
	(void)snprintf(more, sizeof more, "&dpop_jkt=%s", jkt);
	for (int i = 0; i < 4; i++) {
		line = par_proof(&key, NULL);
		exchange("demo", pushed_code(i % 2 ? more : "", line), i < 2 ? &other_key : &key, &reply);
		assert_int_equal(reply.status, i < 2 ? 400 : 200);
		free(line);
	}
	line = par_proof(&key, NULL);
	exchange("demo", pushed_code("", line), NULL, &reply);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), "invalid_grant");
	free(line);
	reply_free(&reply);
}

static void a_proof_that_is_not_good_or_of_another_key_pushes_nothing(void **state)
{
	static const char *const claims[] = {"{\"htu\":\"https://other.example/par\"}", "{\"htm\":\"GET\"}", "{\"jti\":null}"};
	char jkt[DPOP_THUMBPRINT_SIZE], more[128], *line;
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		line = par_proof(&key, claims[i]);
		push("demo", "", line, &reply);
		assert_int_equal(reply.status, 400);
		assert_string_equal(reply_text(&reply, "error"), "invalid_dpop_proof");
		free(line);
	}
	assert_int_equal(dpop_key_thumbprint(&other_key, jkt), 0);
	(void)snprintf(more, sizeof more, "&dpop_jkt=%s", jkt);
	line = par_proof(&key, NULL);
	push("demo", more, line, &reply);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), "invalid_dpop_proof");
	push("demo", "", line, &reply);
	assert_int_equal(reply.status, 201);
	push("demo", "", line, &reply);
	assert_int_equal(reply.status, 400);
	assert_string_equal(reply_text(&reply, "error"), "invalid_dpop_proof");
	free(line);
	reply_free(&reply);
}

/* --- who must push (§5, §6) ------------------------------------------------------------------------------------------------------------------ */

static bool metadata_requires(void)
{
	struct reply reply = {0};
	char url[128];
	bool requires;

	(void)snprintf(url, sizeof url, "%s" PAR, server.issuer);
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &reply);
	assert_string_equal(reply_text(&reply, "pushed_authorization_request_endpoint"), url);
	assert_true(json_is_boolean(json_object_get(reply.json, "require_pushed_authorization_requests")));
	requires = json_is_true(json_object_get(reply.json, "require_pushed_authorization_requests"));
	reply_free(&reply);
	return requires;
}

static void a_client_that_must_push_gets_nothing_otherwise(void **state)
{
	char uris[] = DEMO_REDIRECT, id[] = "careful", query[1024];
	const struct client client = {.id = id, .name = id, .redirect_uris = uris, .par = true};
	struct reply reply = {0};

	(void)state;
	assert_int_equal(store_client_add(server.server.store, &client), 0);
	(void)snprintf(query, sizeof query, "%s", authorization_query("careful"));
	assert_error(query, "invalid_request");
	authorize(query, LOGIN, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	assert_false(metadata_requires());
	(void)code_of(reference("careful", ""));
	reply_free(&reply);
}

static void a_server_may_want_all_requests_pushed(void **state)
{
	char query[1024];

	(void)state;
	server.server.settings.par_required = true;
	(void)snprintf(query, sizeof query, "%s", authorization_query("demo"));
	assert_error(query, "invalid_request");
	assert_true(metadata_requires());
	(void)code_of(reference("demo", ""));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_client_that_does_not_prove_itself_pushes_nothing),
		T(a_request_that_would_be_refused_is_refused_when_it_is_pushed),
		T(a_push_is_a_form_of_bounded_size),
		T(a_push_is_answered_by_a_reference_that_nobody_guesses),
		T(strangers_who_push_for_a_public_client_are_slowed_down),
		T(a_reference_of_another_client_or_of_nobody_redirects_nowhere),
		T(a_request_object_elsewhere_is_refused_as_before),
		T(the_pages_carry_the_reference_alone_and_sign_in),
		T(what_stands_beside_the_reference_does_not_count),
		T(a_reference_is_used_up_by_a_code),
		T(a_reference_is_used_up_by_an_error),
		T(a_reference_lives_for_minutes_and_once_visited_for_as_long_as_a_form),
		T(a_public_client_pushes_what_it_could_send),
		T(a_hint_at_another_user_is_checked_when_the_browser_comes),
		T(a_proof_at_the_push_binds_the_code),
		T(a_proof_that_is_not_good_or_of_another_key_pushes_nothing),
		T(a_client_that_must_push_gets_nothing_otherwise),
		T(a_server_may_want_all_requests_pushed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
