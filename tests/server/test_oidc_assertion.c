/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"
#include "provider_keys.h"

#include "base/json.h"
#include "base/url.h"
#include "server/oidc/assertion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* private_key_jwt: OpenID Connect Core §9, RFC 7523 §3. "robot" has the keys "rsa" and "ec", "twin" the key "ec" of another; "demo" a secret, "pims" nothing. */

#define TOKEN "/am/oauth2/access_token"
#define REVOKE "/am/oauth2/token/revoke"
#define PAR "/am/oauth2/par"
#define VERIFY "/v1/otp/verify"
/* who is proved gets as far as invalid_grant */
#define REFRESH "grant_type=refresh_token&refresh_token=unknown"

static struct endpoints server;

static void add_client(const char *id, const enum provider_key *keys, size_t count)
{
	char name[16], uris[] = DEMO_REDIRECT, jwks[4096];
	const struct client client = {.id = name, .name = name, .redirect_uris = uris, .jwks = jwks};

	(void)snprintf(name, sizeof name, "%s", id);
	(void)snprintf(jwks, sizeof jwks, "%s", provider_keys(keys, count));
	assert_int_equal(store_client_add(server.server.store, &client), 0);
}

static int start(void **state)
{
	static const enum provider_key robot[] = {KEY_RSA, KEY_EC}, twin[] = {KEY_EC_OTHER};

	(void)state;
	endpoints_start(&server, true);
	add_client("robot", robot, 2);
	add_client("twin", twin, 1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

/* --- assertions ------------------------------------------------------------------------------------------------------------------- */

/* The claims of a right one for `path` ("" = the issuer), with changes: null takes a claim away. The caller frees. */
static char *claims(const char *changes)
{
	static unsigned serial;
	char id[32], *text;
	json_int_t now = (json_int_t)(server.now / 1000);
	json_t *object, *parsed = NULL, *value;
	const char *name;

	(void)snprintf(id, sizeof id, "id-%u", ++serial);
	object = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", "robot", "sub", "robot", "aud", server.issuer, "jti", id, "iat", now, "exp", now + 60);
	assert_int_equal(json_parse_object(changes, strlen(changes), 8192, &parsed), 0);
	json_object_foreach(parsed, name, value) {
		if (json_is_null(value))
			json_object_del(object, name);
		else
			json_object_set(object, name, value);
	}
	json_decref(parsed);
	text = json_dumps(object, 0);
	assert_non_null(text);
	json_decref(object);
	return text;
}

static char *sign(enum provider_key key, const char *algorithm, const char *header, const char *changes)
{
	char *text = claims(changes), *token = provider_sign(key, algorithm, header, text);

	free(text);
	return token;
}

/* Presents it with the rest of a form. */
static void present(const char *path, const char *assertion, const char *rest, const char *authorization, struct reply *reply)
{
	struct buf form = BUF_INIT(65536);

	buf_puts(&form, rest);
	url_put(&form, "client_assertion_type", ASSERTION_TYPE);
	assert_int_equal(url_put(&form, "client_assertion", assertion), 0);
	call(&server, &(struct call){.path = path, .form = buf_text(&form), .authorization = authorization}, reply);
	buf_free(&form);
}

static void assert_outcome(char *assertion, long status, const char *error)
{
	struct reply reply = {0};

	present(TOKEN, assertion, REFRESH, NULL, &reply);
	assert_string_equal(reply_text(&reply, "error"), error);
	assert_int_equal(reply.status, status);
	reply_free(&reply);
	free(assertion);
}

static void assert_refused(char *assertion)
{
	assert_outcome(assertion, 401, "invalid_client");
}

static void assert_proved(char *assertion)
{
	assert_outcome(assertion, 400, "invalid_grant");
}

/* --- refusals ------------------------------------------------------------------------------------------------------------------------ */

static void a_claim_that_is_wrong_proves_nothing(void **state)
{
	static const char *const rows[] = {
		"{\"iss\":null}", "{\"iss\":\"twin\"}", "{\"iss\":\"robot \"}", "{\"sub\":null}", "{\"sub\":\"twin\"}", "{\"sub\":1}",
		"{\"iss\":\"twin\",\"sub\":\"twin\"}", "{\"iss\":\"nobody\",\"sub\":\"nobody\"}", "{\"iss\":\"demo\",\"sub\":\"demo\"}",
		"{\"iss\":\"pims\",\"sub\":\"pims\"}", "{\"iss\":\"\",\"sub\":\"\"}",
		"{\"aud\":null}", "{\"aud\":\"https://other.example\"}", "{\"aud\":[]}", "{\"aud\":1}", "{\"aud\":\"robot\"}",
		"{\"jti\":null}", "{\"jti\":\"\"}", "{\"jti\":7}",
		"{\"exp\":null}", "{\"exp\":\"soon\"}", "{\"exp\":-1}", "{\"nbf\":\"x\"}", "{\"iat\":\"x\"}",
	};
	char row[600];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_refused(sign(KEY_RSA, NULL, NULL, rows[i]));
	(void)snprintf(row, sizeof row, "{\"jti\":\"%0257d\"}", 1);
	assert_refused(sign(KEY_RSA, NULL, NULL, row));
	(void)snprintf(row, sizeof row, "{\"aud\":[\"%s\",\"https://other.example\"]}", server.issuer);
	assert_refused(sign(KEY_RSA, NULL, NULL, row));
	(void)snprintf(row, sizeof row, "{\"aud\":\"%s/\"}", server.issuer);
	assert_refused(sign(KEY_RSA, NULL, NULL, row));
	(void)snprintf(row, sizeof row, "{\"aud\":\"%s" REVOKE "\"}", server.issuer);
	assert_refused(sign(KEY_RSA, NULL, NULL, row));
}

static void an_assertion_is_good_for_minutes_and_not_from_the_future(void **state)
{
	static const struct {
		const char *name;
		int from_now;
		bool good;
	} rows[] = {
		{"exp", -60, false}, {"exp", -59, true}, {"exp", 660, true}, {"exp", 661, false},
		{"nbf", 61, false}, {"nbf", 60, true}, {"iat", 61, false}, {"iat", 60, true}, {"iat", -3600, true},
	};
	char row[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		(void)snprintf(row, sizeof row, "{%s\"%s\":%d}", strcmp(rows[i].name, "iat") == 0 ? "" : "\"iat\":null,", rows[i].name,
			       (int)(server.now / 1000) + rows[i].from_now);
		if (rows[i].good)
			assert_proved(sign(KEY_RSA, NULL, NULL, row));
		else
			assert_refused(sign(KEY_RSA, NULL, NULL, row));
	}
	(void)snprintf(row, sizeof row, "{\"exp\":%d,\"iat\":%d}", (int)(server.now / 1000) + 5, (int)(server.now / 1000) + 6);
	assert_refused(sign(KEY_RSA, NULL, NULL, row));
}

static void an_assertion_is_good_once_on_all_endpoints_for_as_long_as_it_lives(void **state)
{
	struct reply reply = {0};
	char *token, *text, row[64];

	(void)state;
	(void)snprintf(row, sizeof row, "{\"exp\":%d,\"jti\":\"same\"}", (int)(server.now / 1000) + 600);
	token = sign(KEY_RSA, NULL, NULL, row);
	present(REVOKE, token, "token=unknown", NULL, &reply);
	assert_int_equal(reply.status, 200);
	present(TOKEN, token, REFRESH, NULL, &reply);
	assert_int_equal(reply.status, 401);
	/* the same id in another one of this client's */
	assert_refused(sign(KEY_EC, NULL, NULL, "{\"jti\":\"same\"}"));
	/* and of another client's */
	assert_proved(sign(KEY_EC_OTHER, NULL, NULL, "{\"jti\":\"same\",\"iss\":\"twin\",\"sub\":\"twin\"}"));
	endpoints_advance(&server, 659);
	assert_int_equal(store_sweep(server.server.store, server.now), 0);
	present(TOKEN, token, REFRESH, NULL, &reply);
	assert_int_equal(reply.status, 401);
	free(token);
	/* a forged one takes no id away */
	text = claims("{\"jti\":\"next\"}");
	assert_refused(provider_sign(KEY_RSA_OTHER, NULL, "{\"kid\":\"rsa\"}", text));
	assert_proved(provider_sign(KEY_RSA, NULL, NULL, text));
	free(text);
	reply_free(&reply);
}

static void a_signature_by_another_key_or_algorithm_proves_nothing(void **state)
{
	static const char *const algorithms[] = {"none", "HS256", "HS512", "RS384", "RS512", "PS384", "ES384", "ES512", "EdDSA", "rs256", ""};
	char header[64], *text, *token;

	(void)state;
	assert_refused(sign(KEY_RSA_OTHER, NULL, NULL, "{}"));
	assert_refused(sign(KEY_RSA_OTHER, NULL, "{\"kid\":\"rsa\"}", "{}"));
	assert_refused(sign(KEY_RSA, NULL, "{\"kid\":\"ec\"}", "{}"));
	assert_refused(sign(KEY_EC, NULL, "{\"kid\":\"rsa\"}", "{}"));
	assert_refused(sign(KEY_EC_OTHER, NULL, NULL, "{}"));
	assert_refused(sign(KEY_RSA, NULL, "{\"kid\":7}", "{}"));
	assert_refused(sign(KEY_RSA, NULL, "{\"typ\":\"dpop+jwt\"}", "{}"));
	assert_refused(sign(KEY_RSA, NULL, "{\"typ\":\"at+jwt\"}", "{}"));
	assert_refused(sign(KEY_RSA, NULL, "{\"crit\":[\"exp\"]}", "{}"));
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
		(void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"rsa\"}", algorithms[i]);
		text = claims("{}");
		assert_refused(provider_assemble(header, text, 256));
		free(text);
	}
	token = sign(KEY_RSA, NULL, NULL, "{}");
	token[strlen(token) - 20] ^= 1;
	assert_refused(token);
	assert_refused(strdup("x"));
	assert_refused(strdup("e30.e30.e30"));
}

static void a_client_proves_itself_in_one_way_only(void **state)
{
	static const char *const both[][2] = {{REFRESH, DEMO_BASIC}, {REFRESH "&client_secret=demo", NULL}, {REFRESH "&client_id=robot&client_secret=x", NULL}};
	struct reply reply = {0};
	char *token;

	(void)state;
	for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
		token = sign(KEY_RSA, NULL, NULL, "{}");
		present(TOKEN, token, both[i][0], both[i][1], &reply);
		assert_int_equal(reply.status, 400);
		assert_string_equal(reply_text(&reply, "error"), "invalid_request");
		free(token);
	}
	token = sign(KEY_RSA, NULL, NULL, "{}");
	present(TOKEN, token, REFRESH "&client_id=twin", NULL, &reply);
	assert_int_equal(reply.status, 401);
	present(TOKEN, token, REFRESH "&client_id=robot", NULL, &reply);
	assert_string_equal(reply_text(&reply, "error"), "invalid_grant");
	free(token);
	reply_free(&reply);
}

static void a_client_with_keys_has_no_other_way(void **state)
{
	static const char *const forms[] = {"client_id=robot", "client_id=robot&client_secret=", "client_id=robot&client_secret=x",
					    ("client_id=robot&client_assertion_type=" ASSERTION_TYPE), "client_id=robot&client_assertion=x",
					    "client_id=robot&client_assertion_type=password&client_assertion=x"};
	struct reply reply = {0};
	char form[256];

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		(void)snprintf(form, sizeof form, "%s&grant_type=refresh_token&refresh_token=x", forms[i]);
		call(&server, &(struct call){.path = TOKEN, .form = form}, &reply);
		assert_int_equal(reply.status, 401);
		assert_string_equal(reply_text(&reply, "error"), "invalid_client");
	}
	call(&server, &(struct call){.path = TOKEN, .form = "grant_type=refresh_token&refresh_token=x", .authorization = "Basic cm9ib3Q6"}, &reply);
	assert_int_equal(reply.status, 401);
	reply_free(&reply);
}

static void an_assertion_in_the_address_proves_nothing(void **state)
{
	struct buf path = BUF_INIT(8192);
	struct reply reply = {0};
	char *token = sign(KEY_EC, NULL, NULL, "{}");

	(void)state;
	buf_puts(&path, TOKEN "?" REFRESH "&client_id=robot");
	url_put(&path, "client_assertion_type", ASSERTION_TYPE);
	assert_int_equal(url_put(&path, "client_assertion", token), 0);
	call(&server, &(struct call){.path = buf_text(&path), .post = true}, &reply);
	assert_int_equal(reply.status, 401);
	assert_proved(token);
	buf_free(&path);
	reply_free(&reply);
}

/* --- what is good ------------------------------------------------------------------------------------------------------------------- */

static void each_key_and_algorithm_proves_its_client(void **state)
{
	char row[160];

	(void)state;
	assert_proved(sign(KEY_RSA, NULL, NULL, "{}"));
	assert_proved(sign(KEY_RSA, "PS256", NULL, "{}"));
	assert_proved(sign(KEY_EC, NULL, NULL, "{}"));
	/* without a key id there is one key of the kind */
	assert_proved(sign(KEY_RSA, NULL, "{\"kid\":null}", "{}"));
	assert_proved(sign(KEY_EC, NULL, "{\"kid\":null}", "{}"));
	assert_proved(sign(KEY_RSA, NULL, "{\"typ\":\"JWT\"}", "{}"));
	assert_proved(sign(KEY_RSA, NULL, "{\"typ\":\"client-authentication+jwt\"}", "{}"));
	(void)snprintf(row, sizeof row, "{\"aud\":\"%s" TOKEN "\"}", server.issuer);
	assert_proved(sign(KEY_RSA, NULL, NULL, row));
	(void)snprintf(row, sizeof row, "{\"aud\":[\"%s\"]}", server.issuer);
	assert_proved(sign(KEY_RSA, NULL, NULL, row));
}

static void pushed(struct reply *reply)
{
	char row[160], *token;

	(void)snprintf(row, sizeof row, "{\"aud\":\"%s" PAR "\"}", server.issuer);
	token = sign(KEY_EC, NULL, NULL, row);
	present(PAR, token, "client_id=robot&response_type=code&scope=openid&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr", NULL, reply);
	assert_int_equal(reply->status, 201);
	free(token);
}

static void a_client_with_keys_is_confidential(void **state)
{
	static const char yes[] = "username=demo%40example.com&password=demo-password";
	char path[512], header[160], form[256], *token;
	struct reply reply = {0};

	(void)state;
	pushed(&reply);
	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?client_id=robot&request_uri=%s", reply_text(&reply, "request_uri"));
	call(&server, &(struct call){.path = path, .form = yes}, &reply);
	assert_int_equal(reply.status, 303);
	(void)snprintf(header, sizeof header, "Cookie: %.100s", reply_header(&reply, "Set-Cookie"));
	*strchr(header, ';') = '\0';
	/* signed in, no button, and no code_challenge */
	pushed(&reply);
	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?client_id=robot&request_uri=%s", reply_text(&reply, "request_uri"));
	call(&server, &(struct call){.path = path, .header = header}, &reply);
	assert_int_equal(reply.status, 302);
	(void)snprintf(form, sizeof form, "grant_type=authorization_code&code=%s&redirect_uri=mymap%%3A%%2F%%2Foauth2redirect%%2Ffr",
		       reply_parameter(&reply, "code"));
	token = sign(KEY_EC, NULL, NULL, "{}");
	present(TOKEN, token, form, NULL, &reply);
	assert_int_equal(reply.status, 200);
	free(token);
	reply_free(&reply);
}

static void verify(const char *assertion, const char *authorization, struct reply *reply)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:s}", "account", DEMO_EMAIL, "otp", "123456", "client_assertion_type", ASSERTION_TYPE, "client_assertion",
				 assertion);
	char *text = json_dumps(body, 0);

	call(&server, &(struct call){.path = VERIFY, .json = text, .authorization = authorization}, reply);
	free(text);
	json_decref(body);
}

static void a_client_with_keys_may_verify_one_time_passwords(void **state)
{
	struct reply reply = {0};
	char *token = sign(KEY_RSA, NULL, NULL, "{}"), *wrong = sign(KEY_RSA_OTHER, NULL, "{\"kid\":\"rsa\"}", "{}");

	(void)state;
	issue_otp(&server, DEMO_EMAIL, "123456");
	verify(wrong, NULL, &reply);
	assert_int_equal(reply.status, 401);
	assert_string_equal(reply_text(&reply, "cause"), "client.invalid");
	verify(token, DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 401);
	verify(token, NULL, &reply);
	assert_int_equal(reply.status, 200);
	verify(token, NULL, &reply);
	assert_int_equal(reply.status, 401);
	free(token);
	free(wrong);
	reply_free(&reply);
}

static void the_metadata_say_so(void **state)
{
	static const char *const names[] = {"token_endpoint", "revocation_endpoint"};
	struct reply reply = {0};
	char name[64], *text;

	(void)state;
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &reply);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof name, "%s_auth_methods_supported", names[i]);
		text = json_dumps(json_object_get(reply.json, name), JSON_COMPACT);
		assert_string_equal(text, "[\"client_secret_basic\",\"client_secret_post\",\"private_key_jwt\",\"none\"]");
		free(text);
		(void)snprintf(name, sizeof name, "%s_auth_signing_alg_values_supported", names[i]);
		text = json_dumps(json_object_get(reply.json, name), JSON_COMPACT);
		assert_string_equal(text, "[\"ES256\",\"ES384\",\"ES512\",\"PS256\",\"PS384\",\"PS512\",\"RS256\",\"RS384\",\"RS512\"]");
		free(text);
	}
	reply_free(&reply);
}

static int free_keys(void **state)
{
	(void)state;
	provider_free_keys();
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_claim_that_is_wrong_proves_nothing),
		T(an_assertion_is_good_for_minutes_and_not_from_the_future),
		T(an_assertion_is_good_once_on_all_endpoints_for_as_long_as_it_lives),
		T(a_signature_by_another_key_or_algorithm_proves_nothing),
		T(a_client_proves_itself_in_one_way_only),
		T(a_client_with_keys_has_no_other_way),
		T(an_assertion_in_the_address_proves_nothing),
		T(each_key_and_algorithm_proves_its_client),
		T(a_client_with_keys_is_confidential),
		T(a_client_with_keys_may_verify_one_time_passwords),
		T(the_metadata_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, free_keys);
}
