/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"
#include "support/proof.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a token opens is in its scope: RFC 6749 §3.3, §6; RFC 6750 §3.1; OWASP ASVS 10.3.2. */

#define TOKEN "/am/oauth2/access_token"
#define USERINFO "/am/oauth2/userinfo"
#define CALLS "pims.account pims.phone pims.device pims.otp"
#define SMALL_REDIRECT "https://small.example/cb"

static struct endpoints server;

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

/* --- signing in with a scope ------------------------------------------------------------------------------------------------------------ */

static const char *redirect_of(const char *client)
{
	return strcmp(client, "demo") == 0 ? DEMO_REDIRECT : SMALL_REDIRECT;
}

/* `reply` has the code, or an error. */
static void authorize(const char *client, const char *scope, struct reply *reply)
{
	struct buf path = BUF_INIT(4096);

	buf_puts(&path, "/am/oauth2/authorize?response_type=code&code_challenge_method=S256&code_challenge=" CHALLENGE);
	url_put(&path, "client_id", client);
	url_put(&path, "redirect_uri", redirect_of(client));
	if (scope)
		url_put(&path, "scope", scope);
	assert_int_equal(buf_error(&path), 0);
	call(&server, &(struct call){.path = buf_text(&path), .form = "username=" DEMO_EMAIL "&password=" DEMO_PASSWORD}, reply);
	buf_free(&path);
}

/* The client is "demo", or public. */
static void post(const char *client, struct buf *form, const char *proof, struct reply *reply)
{
	bool is_demo = strcmp(client, "demo") == 0;

	if (!is_demo)
		url_put(form, "client_id", client);
	assert_int_equal(buf_error(form), 0);
	call(&server, &(struct call){.path = TOKEN, .form = buf_text(form), .authorization = is_demo ? DEMO_BASIC : NULL, .header = proof}, reply);
	buf_free(form);
}

/* `reply` is the token answer. */
static void sign_in(const char *client, const char *scope, const char *proof, struct reply *reply)
{
	struct buf form = BUF_INIT(1024);

	authorize(client, scope, reply);
	assert_int_equal(reply->status, 303);
	url_put(&form, "grant_type", "authorization_code");
	url_put(&form, "code", reply_parameter(reply, "code"));
	url_put(&form, "redirect_uri", redirect_of(client));
	url_put(&form, "code_verifier", VERIFIER);
	post(client, &form, proof, reply);
	assert_int_equal(reply->status, 200);
}

static void renew(const char *refresh, const char *scope, struct reply *reply)
{
	struct buf form = BUF_INIT(1024);

	url_put(&form, "grant_type", "refresh_token");
	url_put(&form, "refresh_token", refresh);
	if (scope)
		url_put(&form, "scope", scope);
	post("demo", &form, NULL, reply);
}

static void keep(const struct reply *reply, const char *name, char ret_token[64])
{
	assert_true(*reply_text(reply, name));
	assert_int_equal(text_copy(ret_token, 64, reply_text(reply, name)), 0);
}

static void token_with(const char *scope, char ret_token[64])
{
	struct reply reply = {0};

	sign_in("demo", scope, NULL, &reply);
	assert_string_equal(reply_text(&reply, "scope"), scope);
	keep(&reply, "access_token", ret_token);
	reply_free(&reply);
}

static void add_small(const char *scope)
{
	static char id[] = "small", name[] = "Small", uris[] = SMALL_REDIRECT;
	struct client small = {.id = id, .name = name, .redirect_uris = uris};

	assert_int_equal(text_set(&small.scope, scope), 0);
	assert_int_equal(store_client_add(server.server.store, &small), 0);
	assert_int_equal(text_set(&small.scope, NULL), 0);
}

/* --- calls -------------------------------------------------------------------------------------------------------------------------------- */

static const char *const words[] = {"openid", "pims.account", "pims.phone", "pims.device", "pims.otp"};

/* Every call that a person's token may open. */
static const struct row {
	const char *method, *path, *body;
	const char *scope;
} rows[] = {
	{"GET", "/v1/account", NULL, "pims.account"},
	{"GET", "/applications/cvs/v4/mauv/car-associations", NULL, "pims.account"},
	{"GET", "/v1/phone", NULL, "pims.phone"},
	{"POST", "/v1/phone", "{}", "pims.phone"},
	{"POST", "/v1/sms", "{\"purpose\":\"phoneNumberCertification\"}", "pims.phone"},
	{"POST", "/v1/sms", "{\"purpose\":\"enrollment\"}", "pims.device"},
	{"POST", "/v1/sms", "{\"purpose\":\"resetPIN\"}", "pims.device"},
	{"POST", "/v1/sms", "{}", "pims.device"},
	{"POST", "/applications/cvs/v4/mobile/smsCode", "{}", "pims.device"},
	{"GET", "/v1/devices", NULL, "pims.device"},
	{"POST", "/v1/devices/remove", "{}", "pims.device"},
	{"POST", "/v1/otp/verify", "{\"otp\":\"x\"}", "pims.otp"},
	{"POST", "/connectedcar/v4/virtualkey/remoteaccess/token", "{}", "pims.otp"},
	{"GET", USERINFO, NULL, "openid"},
	{"POST", USERINFO, NULL, "openid"},
};

static void ask(const char *method, const char *path, const char *body, const char *token, struct reply *reply)
{
	call(&server, &(struct call){.method = method, .path = path, .json = body, .bearer = token, .post = strcmp(method, "POST") == 0}, reply);
}

static void assert_lacks(const struct reply *reply, const char *scope)
{
	char challenge[128];

	assert_int_equal(reply->status, 403);
	assert_string_equal(reply_text(reply, "cause"), "oauth.insufficient_scope");
	(void)snprintf(challenge, sizeof challenge, "Bearer realm=\"openpims\", error=\"insufficient_scope\", scope=\"%s\"", scope);
	assert_string_equal(reply_header(reply, "WWW-Authenticate"), challenge);
	assert_string_equal(reply_header(reply, "Cache-Control"), "no-store");
}

static void each_call_opens_to_its_scope_alone(void **state)
{
	struct reply reply = {0};
	char tokens[sizeof words / sizeof *words][64];

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], "openid") == 0)
			sign_in("demo", "openid pims.none", NULL, &reply);
		else
			sign_in("demo", words[i], NULL, &reply);
		assert_string_equal(reply_text(&reply, "scope"), words[i]);
		keep(&reply, "access_token", tokens[i]);
	}
	for (const struct row *row = rows; row < rows + sizeof rows / sizeof *rows; row++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			ask(row->method, row->path, row->body, tokens[i], &reply);
			if (strcmp(row->scope, words[i]) != 0)
				assert_lacks(&reply, row->scope);
			else
				assert_string_equal(reply_header(&reply, "WWW-Authenticate"), "");
		}
	/* as the gateway of the live service tells errors on its paths */
	ask("GET", "/applications/cvs/v4/mauv/car-associations", NULL, tokens[0], &reply);
	assert_string_equal(reply_text(&reply, "httpCode"), "403");
	reply_free(&reply);
}

static bool is_known(const struct route *route)
{
	for (const struct row *row = rows; row < rows + sizeof rows / sizeof *rows; row++)
		if (strcmp(row->method, route->method) == 0 && strcmp(row->path, route->path) == 0)
			return true;
	return false;
}

/* A route whose answer to nobody is the challenge for a person's token stands in the rows above. */
static void no_call_is_without_a_scope(void **state)
{
	static const struct route *const tables[] = {oidc_routes, account_routes, sms_routes, iwws_routes};
	struct reply reply = {0};
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct route *route = tables[i]; route->method; route++) {
			if (tables[i] == iwws_routes)
				assert_false(is_known(route)); /* its own proofs, no tokens */
			else
				ask(route->method, route->path, NULL, NULL, &reply);
			if (tables[i] == iwws_routes || strncmp(reply_header(&reply, "WWW-Authenticate"), "Bearer ", 7) != 0)
				continue;
			if (!is_known(route))
				fail_msg("%s %s is tested for no scope", route->method, route->path);
			found++;
		}
	assert_int_equal(found, 12);
	reply_free(&reply);
}

static void the_challenge_is_of_the_scheme_that_was_used(void **state)
{
	struct dpop_key key;
	struct proof proof = {.key = &key, .method = "POST", .now = server.now / 1000};
	struct reply reply = {0};
	char url[128], access[64], authorization[128], *line;

	(void)state;
	proof_key(&key);
	proof.url = url;
	(void)snprintf(url, sizeof url, "%s" TOKEN, server.issuer);
	line = proof_header(&proof);
	sign_in("demo", "openid pims.otp", line, &reply);
	free(line);
	keep(&reply, "access_token", access);
	(void)snprintf(url, sizeof url, "%s/v1/account", server.issuer);
	(void)snprintf(authorization, sizeof authorization, "DPoP %s", access);
	proof.method = "GET";
	proof.token = access;
	line = proof_header(&proof);
	call(&server, &(struct call){.path = "/v1/account", .authorization = authorization, .header = line}, &reply);
	free(line);
	assert_int_equal(reply.status, 403);
	assert_memory_equal(reply_header(&reply, "WWW-Authenticate"), "DPoP realm=\"openpims\", algs=\"", 29);
	assert_non_null(strstr(reply_header(&reply, "WWW-Authenticate"), ", error=\"insufficient_scope\", scope=\"pims.account\""));
	dpop_key_free(&key);
	reply_free(&reply);
}

/* --- what is granted ------------------------------------------------------------------------------------------------------------------- */

static void who_names_no_call_gets_all_of_them(void **state)
{
	static const char *const scopes[][2] = {
		{NULL, "openid profile email " CALLS}, {"", "openid profile email " CALLS}, {"openid", "openid " CALLS},
		{"openid profile offline_access", "openid profile " CALLS}, {"openid xpims.otp pims", "openid " CALLS},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
		sign_in("demo", scopes[i][0], NULL, &reply);
		assert_string_equal(reply_text(&reply, "scope"), scopes[i][1]);
	}
	reply_free(&reply);
}

static void who_names_calls_gets_these_alone(void **state)
{
	static const char *const scopes[][2] = {
		{"openid pims.otp", "openid pims.otp"}, {"pims.otp pims.account email", "email pims.account pims.otp"},
		{"openid pims.all", "openid"}, {"pims.phone", "pims.phone"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
		sign_in("demo", scopes[i][0], NULL, &reply);
		assert_string_equal(reply_text(&reply, "scope"), scopes[i][1]);
	}
	assert_null(json_object_get(reply.json, "id_token"));
	authorize("demo", "pims.all", &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_scope");
	authorize("demo", "something", &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_scope");
	reply_free(&reply);
}

static void a_client_gets_the_calls_that_it_is_registered_for(void **state)
{
	struct reply reply = {0};
	char access[64];

	(void)state;
	add_small("openid pims.otp");
	sign_in("small", "openid profile email", NULL, &reply);
	assert_string_equal(reply_text(&reply, "scope"), "openid pims.otp");
	keep(&reply, "access_token", access);
	ask("GET", "/v1/phone", NULL, access, &reply);
	assert_lacks(&reply, "pims.phone");
	ask("POST", "/v1/otp/verify", "{}", access, &reply);
	assert_int_equal(reply.status, 400);
	authorize("small", "pims.phone", &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_scope");
	authorize("small", "profile", &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_scope");
	reply_free(&reply);
}

/* --- renewals ---------------------------------------------------------------------------------------------------------------------------- */

static void a_renewal_narrows_the_access_token_and_not_the_session(void **state)
{
	struct reply reply = {0};
	char access[64], refresh[64];

	(void)state;
	sign_in("demo", "openid profile email", NULL, &reply);
	keep(&reply, "refresh_token", refresh);
	renew(refresh, "pims.otp offline_access", &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "pims.otp");
	assert_null(json_object_get(reply.json, "id_token"));
	keep(&reply, "access_token", access);
	keep(&reply, "refresh_token", refresh);
	ask("GET", "/v1/account", NULL, access, &reply);
	assert_lacks(&reply, "pims.account");
	ask("POST", "/v1/otp/verify", "{}", access, &reply);
	assert_int_equal(reply.status, 400);
	renew(refresh, NULL, &reply);
	assert_string_equal(reply_text(&reply, "scope"), "openid profile email " CALLS);
	keep(&reply, "refresh_token", refresh);
	renew(refresh, "openid profile", &reply); /* what such a client has always sent */
	assert_string_equal(reply_text(&reply, "scope"), "openid profile " CALLS);
	keep(&reply, "access_token", access);
	ask("GET", "/v1/account", NULL, access, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_renewal_gets_no_more_than_the_session_has(void **state)
{
	static const char *const wrong[] = {"openid pims.otp pims.phone", "email", "pims.account", "something"};
	struct reply reply = {0};
	char refresh[64];

	(void)state;
	sign_in("demo", "openid pims.otp", NULL, &reply);
	keep(&reply, "refresh_token", refresh);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		renew(refresh, wrong[i], &reply);
		assert_int_equal(reply.status, 400);
		assert_string_equal(reply_text(&reply, "error"), "invalid_scope");
	}
	renew("nobody's", "openid", &reply);
	assert_string_equal(reply_text(&reply, "error"), "invalid_grant");
	renew(refresh, "openid", &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "openid pims.otp");
	reply_free(&reply);
}

/* What a client may not have was passed over at the sign-in, and is here. */
static void a_limited_client_repeats_what_it_asked_for(void **state)
{
	struct reply reply = {0};
	struct buf form = BUF_INIT(1024);

	(void)state;
	add_small("openid pims.otp");
	sign_in("small", "openid profile email", NULL, &reply);
	url_put(&form, "grant_type", "refresh_token");
	url_put(&form, "refresh_token", reply_text(&reply, "refresh_token"));
	url_put(&form, "scope", "openid profile email");
	post("small", &form, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "openid pims.otp");
	reply_free(&reply);
}

static void a_client_without_the_scope_verifies_nobodys_otp(void **state)
{
	static char id[] = "closed", uris[] = SMALL_REDIRECT, scope[] = "openid pims.account";
	char hex[SHA256_HEX_SIZE];
	unsigned char digest[SHA256_SIZE];
	const struct client closed = {.id = id, .name = id, .redirect_uris = uris, .scope = scope, .secret_hash = hex};
	struct reply reply = {0};

	(void)state;
	assert_int_equal(sha256("closed", 6, digest), 0);
	hex_encode(digest, sizeof digest, hex);
	assert_int_equal(store_client_add(server.server.store, &closed), 0);
	issue_otp(&server, DEMO_EMAIL, "12345678");
	/* closed:closed */
	call(&server, &(struct call){.path = "/v1/otp/verify", .json = "{\"account\":\"" DEMO_EMAIL "\",\"otp\":\"12345678\"}", .authorization = "Basic Y2xvc2VkOmNsb3NlZA=="}, &reply);
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply_text(&reply, "cause"), "oauth.insufficient_scope");
	call(&server, &(struct call){.path = "/v1/otp/verify", .json = "{\"account\":\"" DEMO_EMAIL "\",\"otp\":\"12345678\"}", .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

/* The customer API tells who somebody is (RFC 8693 §2.2.2). */
static void a_token_that_may_not_read_the_account_is_not_exchanged(void **state)
{
	static const char *const scopes[] = {"openid pims.otp", "openid pims.account"};
	struct reply reply = {0};
	struct buf form = BUF_INIT(1024);
	char access[64];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		token_with(scopes[i], access);
		url_put(&form, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
		url_put(&form, "audience", "customer-api");
		url_put(&form, "subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
		url_put(&form, "subject_token", access);
		post("demo", &form, NULL, &reply);
		assert_int_equal(reply.status, i ? 200 : 400);
		assert_string_equal(reply_text(&reply, "error"), i ? "" : "invalid_request");
	}
	reply_free(&reply);
}

static void the_metadata_tells_the_scopes(void **state)
{
	struct reply reply = {0};
	char *text;

	(void)state;
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &reply);
	text = json_dumps(json_object_get(reply.json, "scopes_supported"), JSON_COMPACT);
	assert_string_equal(text, "[\"openid\",\"profile\",\"email\",\"pims.account\",\"pims.phone\",\"pims.device\",\"pims.otp\"]");
	free(text);
	reply_free(&reply);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_call_opens_to_its_scope_alone),
		TEST(no_call_is_without_a_scope),
		TEST(the_challenge_is_of_the_scheme_that_was_used),
		TEST(a_client_gets_the_calls_that_it_is_registered_for),
		TEST(who_names_calls_gets_these_alone),
		TEST(a_renewal_gets_no_more_than_the_session_has),
		TEST(a_limited_client_repeats_what_it_asked_for),
		TEST(a_client_without_the_scope_verifies_nobodys_otp),
		TEST(a_token_that_may_not_read_the_account_is_not_exchanged),
		TEST(who_names_no_call_gets_all_of_them),
		TEST(a_renewal_narrows_the_access_token_and_not_the_session),
		TEST(the_metadata_tells_the_scopes),
	};

	return cmocka_run_group_tests_name("Scopes of calls", tests, NULL, NULL);
}
