/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/url.h"
#include "server/oidc/keys.h"

#include <cjose/cjose.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "/am/oauth2/access_token"
#define USERINFO "/am/oauth2/userinfo"
#define CALLS "pims.account pims.phone pims.device pims.otp"

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

static void post(const char *form, const char *authorization, struct reply *reply)
{
	call(&server, &(struct call){.path = TOKEN, .form = form, .authorization = authorization}, reply);
}

static void assert_error(const struct reply *reply, long status, const char *error)
{
	assert_int_equal(reply->status, status);
	assert_string_equal(reply_text(reply, "error"), error);
	assert_string_equal(reply_header(reply, "Cache-Control"), "no-store");
	assert_string_equal(reply_header(reply, "Content-Type"), "application/json");
	if (status == 401)
		assert_memory_equal(reply_header(reply, "WWW-Authenticate"), "Basic realm=", 12);
}

/* The form of a code exchange at "demo", with one parameter replaced, or taken away (NULL value). */
static void put_exchange(struct buf *form, const char *code, const char *name, const char *value)
{
	const char *const rows[][2] = {
		{"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", DEMO_REDIRECT}, {"code_verifier", VERIFIER}};
	bool replaced = false;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool same = name && strcmp(rows[i][0], name) == 0;

		replaced = replaced || same;
		if (!same || value)
			url_put(form, rows[i][0], same ? value : rows[i][1]);
	}
	if (name && value && !replaced)
		url_put(form, name, value);
	assert_int_equal(buf_error(form), 0);
}

static void exchange(const char *code, const char *name, const char *value, const char *authorization, struct reply *reply)
{
	struct buf form = BUF_INIT(65536);

	put_exchange(&form, code, name, value);
	post(buf_text(&form), authorization, reply);
	buf_free(&form);
}

static long userinfo_status(const char *token)
{
	struct reply reply = {0};
	long status;

	call(&server, &(struct call){.path = USERINFO, .bearer = token}, &reply);
	status = reply.status;
	reply_free(&reply);
	return status;
}

static void copy_text(const struct reply *reply, const char *name, char *ret_text, size_t size)
{
	assert_true(*reply_text(reply, name));
	(void)snprintf(ret_text, size, "%s", reply_text(reply, name));
}

static void refresh(const char *token, struct reply *reply)
{
	char form[256];

	(void)snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", token);
	post(form, DEMO_BASIC, reply);
}

/* --- clients ----------------------------------------------------------------------------------------------------------------------- */

static void a_client_that_does_not_prove_itself_is_refused(void **state)
{
	static const struct {
		const char *form;
		const char *authorization;
	} rows[] = {
		{"grant_type=refresh_token&refresh_token=x", NULL},
		{"grant_type=refresh_token&refresh_token=x&client_id=demo", NULL},
		{"grant_type=refresh_token&refresh_token=x&client_id=demo&client_secret=wrong", NULL},
		{"grant_type=refresh_token&refresh_token=x&client_id=demo&client_secret=", NULL},
		{"grant_type=refresh_token&refresh_token=x&client_id=nobody&client_secret=demo", NULL},
		{"grant_type=refresh_token&refresh_token=x&client_id=pims&client_secret=guess", NULL},
		{"grant_type=refresh_token&refresh_token=x", "Basic ZGVtbzp3cm9uZw=="},     /* demo:wrong */
		{"grant_type=refresh_token&refresh_token=x", "Basic ZGVtbw=="},             /* demo */
		{"grant_type=refresh_token&refresh_token=x", "Basic !!!!"},
		{"grant_type=refresh_token&refresh_token=x", "Basic "},
		{"grant_type=refresh_token&refresh_token=x", "Basic ZGVtbwA6ZGVtbw=="},     /* a NUL */
		{"grant_type=refresh_token&refresh_token=x", "Bearer demo"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		post(rows[i].form, rows[i].authorization, &reply);
		assert_error(&reply, 401, "invalid_client");
	}
	reply_free(&reply);
}

static void a_client_that_authenticates_twice_is_refused(void **state)
{
	struct reply reply = {0};

	(void)state;
	post("grant_type=refresh_token&refresh_token=x&client_id=demo&client_secret=demo", DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_request");
	post("grant_type=refresh_token&refresh_token=x&client_id=pims", DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_request");
	post("grant_type=refresh_token&refresh_token=x&client_id=demo", DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	reply_free(&reply);
}

static void credentials_that_are_too_long_are_refused(void **state)
{
	struct buf form = BUF_INIT(65536);
	struct reply reply = {0};
	char long_text[3000];

	(void)state;
	memset(long_text, 'a', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	buf_printf(&form, "grant_type=refresh_token&refresh_token=x&client_id=%s", long_text);
	post(buf_text(&form), NULL, &reply);
	assert_error(&reply, 401, "invalid_client");
	buf_reset(&form);
	buf_printf(&form, "grant_type=refresh_token&refresh_token=x&client_id=demo&client_secret=%s", long_text);
	post(buf_text(&form), NULL, &reply);
	assert_error(&reply, 401, "invalid_client");
	buf_reset(&form);
	buf_printf(&form, "grant_type=refresh_token&refresh_token=%s", long_text);
	post(buf_text(&form), DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	buf_reset(&form);
	buf_printf(&form, "grant_type=authorization_code&code=%s", long_text);
	post(buf_text(&form), DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	buf_free(&form);
	reply_free(&reply);
}

/* --- grants ------------------------------------------------------------------------------------------------------------------------ */

static void requests_without_a_known_grant_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{"", "invalid_request"},
		{"grant_type=", "invalid_request"},
		{"grant_type=password&username=demo%40example.com&password=demo-password", "unsupported_grant_type"},
		{"grant_type=client_credentials", "unsupported_grant_type"},
		{"grant_type=authorization_code", "invalid_request"},
		{"grant_type=authorization_code&code=", "invalid_request"},
		{"grant_type=authorization_code&code=00000000-0000-4000-8000-000000000000", "invalid_grant"},
		{"grant_type=refresh_token", "invalid_request"},
		{"grant_type=refresh_token&refresh_token=", "invalid_request"},
		{"grant_type=refresh_token&refresh_token=unknown", "invalid_grant"},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		call(&server, &(struct call){.path = TOKEN, .form = rows[i][0], .post = true, .authorization = DEMO_BASIC}, &reply);
		assert_error(&reply, 400, rows[i][1]);
	}
	call(&server, &(struct call){.path = TOKEN "?grant_type=refresh_token&refresh_token=x", .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 405);
	reply_free(&reply);
}

static void a_request_that_cannot_be_read_gets_an_error_of_oauth(void **state)
{
	static const struct call calls[] = {
		{.path = TOKEN, .form = "grant_type=refresh_token&grant_type=refresh_token", .authorization = DEMO_BASIC},
		{.path = TOKEN, .form = "grant_type=%zz", .authorization = DEMO_BASIC},
		{.path = TOKEN "?grant_type=a&grant_type=a", .post = true, .authorization = DEMO_BASIC},
		{.path = TOKEN "?grant_type=%", .post = true, .authorization = DEMO_BASIC},
		{.path = "/am/oauth2/token/revoke?token=a&token=b", .post = true, .authorization = DEMO_BASIC},
	};
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		call(&server, &calls[i], &reply);
		assert_error(&reply, 400, "invalid_request");
	}
	reply_free(&reply);
}

static void a_code_exchanged_the_wrong_way_is_used_up(void **state)
{
	static const char *const rows[][2] = {
		{"redirect_uri", NULL},
		{"redirect_uri", "mymap://oauth2redirect/de"},
		{"redirect_uri", DEMO_REDIRECT "/"},
		{"code_verifier", NULL},
		{"code_verifier", ""},
		{"code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl"},
		{"code_verifier", "short"},
		{"code_verifier", CHALLENGE},
	};
	struct reply reply = {0};
	char code[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		sign_in_code(&server, "demo", code, sizeof code);
		exchange(code, rows[i][0], rows[i][1], DEMO_BASIC, &reply);
		assert_error(&reply, 400, "invalid_grant");
		exchange(code, NULL, NULL, DEMO_BASIC, &reply);
		assert_error(&reply, 400, "invalid_grant");
	}
	reply_free(&reply);
}

static void a_code_of_another_client_is_refused(void **state)
{
	struct reply reply = {0};
	char code[64];

	(void)state;
	sign_in_code(&server, "demo", code, sizeof code);
	exchange(code, NULL, NULL, OTHER_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	sign_in_code(&server, "demo", code, sizeof code);
	exchange(code, "client_id", "pims", NULL, &reply);
	assert_error(&reply, 400, "invalid_grant");
	reply_free(&reply);
}

static void a_verifier_without_a_challenge_is_refused(void **state)
{
	static const char path[] = "/am/oauth2/authorize?client_id=demo&response_type=code&scope=openid&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr";
	struct reply reply = {0};
	char code[64];

	(void)state;
	call(&server, &(struct call){.path = path, .form = "username=demo%40example.com&password=demo-password"}, &reply);
	(void)snprintf(code, sizeof code, "%s", reply_parameter(&reply, "code"));
	exchange(code, NULL, NULL, DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	call(&server, &(struct call){.path = path, .form = "username=demo%40example.com&password=demo-password"}, &reply);
	(void)snprintf(code, sizeof code, "%s", reply_parameter(&reply, "code"));
	exchange(code, "code_verifier", NULL, DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "openid " CALLS);
	reply_free(&reply);
}

static void a_code_dies_after_its_seconds(void **state)
{
	struct reply reply = {0};
	char code[64];

	(void)state;
	sign_in_code(&server, "demo", code, sizeof code);
	endpoints_advance(&server, 61);
	exchange(code, NULL, NULL, DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	reply_free(&reply);
}

static void a_code_used_twice_ends_the_session_it_opened(void **state)
{
	struct reply reply = {0};
	char code[64], access[64], refresh_token[64];

	(void)state;
	sign_in_code(&server, "demo", code, sizeof code);
	exchange(code, NULL, NULL, DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	copy_text(&reply, "access_token", access, sizeof access);
	copy_text(&reply, "refresh_token", refresh_token, sizeof refresh_token);
	assert_int_equal(userinfo_status(access), 200);
	exchange(code, NULL, NULL, DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	assert_int_equal(userinfo_status(access), 401);
	refresh(refresh_token, &reply);
	assert_error(&reply, 400, "invalid_grant");
	reply_free(&reply);
}

static void an_account_blocked_meanwhile_gets_no_tokens(void **state)
{
	struct reply reply = {0};
	char code[64], refresh_token[64];

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "refresh_token", refresh_token, sizeof refresh_token);
	sign_in_code(&server, "demo", code, sizeof code);
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, true), 0);
	exchange(code, NULL, NULL, DEMO_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	refresh(refresh_token, &reply);
	assert_error(&reply, 400, "invalid_grant");
	assert_int_equal(store_account_set_blocked(server.server.store, DEMO_EMAIL, false), 0);
	reply_free(&reply);
}

/* --- refresh ----------------------------------------------------------------------------------------------------------------------- */

static void a_refresh_token_reused_after_its_successor_ends_the_session(void **state)
{
	struct reply reply = {0};
	char first[64], access[64];

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "refresh_token", first, sizeof first);
	refresh(first, &reply);
	assert_int_equal(reply.status, 200);
	copy_text(&reply, "access_token", access, sizeof access);
	assert_int_equal(userinfo_status(access), 200);
	refresh(first, &reply);
	assert_error(&reply, 400, "invalid_grant");
	assert_int_equal(userinfo_status(access), 401);
	reply_free(&reply);
}

static void a_refresh_survives_an_answer_that_got_lost(void **state)
{
	struct reply reply = {0};
	char first[64], second[64];

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "refresh_token", first, sizeof first);
	refresh(first, &reply);
	assert_int_equal(reply.status, 200);
	refresh(first, &reply);
	assert_int_equal(reply.status, 200);
	copy_text(&reply, "refresh_token", second, sizeof second);
	assert_string_not_equal(first, second);
	refresh(second, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_refresh_token_of_another_client_is_refused_and_stays_good(void **state)
{
	struct reply reply = {0};
	char token[64], form[256];

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "refresh_token", token, sizeof token);
	(void)snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", token);
	post(form, OTHER_BASIC, &reply);
	assert_error(&reply, 400, "invalid_grant");
	post(form, DEMO_BASIC, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void tokens_die_at_their_time(void **state)
{
	struct reply reply = {0};
	char access[64], token[64];

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "access_token", access, sizeof access);
	copy_text(&reply, "refresh_token", token, sizeof token);
	endpoints_advance(&server, 3598);
	assert_int_equal(userinfo_status(access), 200);
	endpoints_advance(&server, 2);
	assert_int_equal(userinfo_status(access), 401);
	endpoints_advance(&server, 30 * 86400);
	refresh(token, &reply);
	assert_error(&reply, 400, "invalid_grant");
	reply_free(&reply);
}

/* --- the answer -------------------------------------------------------------------------------------------------------------------- */

/* Checked by the published keys and by code that is not the provider's. */
static json_t *open_id_token(const char *token)
{
	struct reply reply = {0};
	json_t *claims = NULL, *jwk;
	cjose_jwk_t *key;
	cjose_jws_t *jws;
	uint8_t *payload = NULL;
	size_t length = 0;
	char *text;

	call(&server, &(struct call){.path = "/am/oauth2/connect/jwk_uri"}, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "public, max-age=3600");
	jwk = json_array_get(json_object_get(reply.json, "keys"), 0);
	assert_string_equal(json_text(jwk, "kty"), "RSA");
	assert_string_equal(json_text(jwk, "use"), "sig");
	assert_string_equal(json_text(jwk, "alg"), "RS256");
	assert_null(json_object_get(jwk, "d"));
	assert_null(json_object_get(jwk, "p"));
	text = json_dumps(jwk, 0);
	key = cjose_jwk_import(text, strlen(text), NULL);
	assert_non_null(key);
	jws = cjose_jws_import(token, strlen(token), NULL);
	assert_non_null(jws);
	assert_string_equal(cjose_header_get(cjose_jws_get_protected(jws), "alg", NULL), "RS256");
	assert_string_equal(cjose_header_get(cjose_jws_get_protected(jws), "kid", NULL), json_text(jwk, "kid"));
	assert_true(cjose_jws_verify(jws, key, NULL));
	assert_true(cjose_jws_get_plaintext(jws, &payload, &length, NULL));
	assert_int_equal(json_parse_object((const char *)payload, length, 65536, &claims), 0);
	cjose_jws_release(jws);
	cjose_jwk_release(key);
	free(text);
	reply_free(&reply);
	return claims;
}

static void assert_at_hash(const json_t *claims, const char *access_token)
{
	unsigned char digest[SHA256_SIZE];
	struct buf expected = BUF_INIT(64);

	assert_int_equal(sha256(access_token, strlen(access_token), digest), 0);
	assert_int_equal(base64url_encode(digest, 16, &expected), 0);
	assert_string_equal(json_text(claims, "at_hash"), buf_text(&expected));
	buf_free(&expected);
}

static void a_code_is_exchanged_for_three_tokens(void **state)
{
	struct account account = {0};
	struct reply reply = {0};
	json_t *claims;

	(void)state;
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	sign_in_tokens(&server, "pims", &reply);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	assert_string_equal(reply_text(&reply, "token_type"), "Bearer");
	assert_int_equal(json_int(reply.json, "expires_in", 0), 3599);
	assert_string_equal(reply_text(&reply, "scope"), "openid profile email " CALLS);
	assert_int_equal(strlen(reply_text(&reply, "access_token")), 43);
	assert_int_equal(strlen(reply_text(&reply, "refresh_token")), 43);
	claims = open_id_token(reply_text(&reply, "id_token"));
	assert_string_equal(json_text(claims, "iss"), server.url);
	assert_string_equal(json_text(claims, "aud"), "pims");
	assert_string_equal(json_text(claims, "sub"), account.subject);
	assert_string_equal(json_text(claims, "nonce"), "n-1");
	assert_string_equal(json_text(claims, "email"), DEMO_EMAIL);
	assert_string_equal(json_text(claims, "preferred_username"), DEMO_EMAIL);
	assert_int_equal(json_int(claims, "iat", 0), server.now / 1000);
	assert_int_equal(json_int(claims, "auth_time", 0), server.now / 1000);
	assert_int_equal(json_int(claims, "exp", 0), server.now / 1000 + 3599);
	assert_at_hash(claims, reply_text(&reply, "access_token"));
	json_wipe(claims);
	account_free(&account);
	reply_free(&reply);
}

static void a_renewed_id_token_keeps_the_time_of_sign_in_and_has_no_nonce(void **state)
{
	struct reply reply = {0};
	int64_t signed_in = server.now / 1000;
	char token[64];
	json_t *claims;

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "refresh_token", token, sizeof token);
	endpoints_advance(&server, 4000);
	refresh(token, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "scope"), "openid profile email " CALLS);
	assert_string_not_equal(reply_text(&reply, "refresh_token"), "");
	claims = open_id_token(reply_text(&reply, "id_token"));
	assert_int_equal(json_int(claims, "auth_time", 0), signed_in);
	assert_int_equal(json_int(claims, "iat", 0), signed_in + 4000);
	assert_null(json_object_get(claims, "nonce"));
	assert_at_hash(claims, reply_text(&reply, "access_token"));
	json_wipe(claims);
	reply_free(&reply);
}

static void parameters_may_come_in_the_query_string_of_an_empty_post(void **state)
{
	struct buf path = BUF_INIT(4096);
	struct reply reply = {0};
	char code[64], token[64];

	(void)state;
	sign_in_code(&server, "demo", code, sizeof code);
	buf_puts(&path, TOKEN "?");
	put_exchange(&path, code, NULL, NULL);
	call(&server, &(struct call){.path = buf_text(&path), .post = true, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 200);
	copy_text(&reply, "refresh_token", token, sizeof token);
	buf_reset(&path);
	buf_printf(&path, TOKEN "?grant_type=refresh_token&client_id=demo&client_secret=demo&realm=clientsB2CPeugeot&refresh_token=%s", token);
	call(&server, &(struct call){.path = buf_text(&path), .post = true}, &reply);
	assert_int_equal(reply.status, 200);
	buf_free(&path);
	reply_free(&reply);
}

static void basic_credentials_may_be_form_encoded_or_not(void **state)
{
	struct client client = {0};
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE], id[] = "enc", name[] = "enc", uris[] = "mymap://oauth2redirect/*";
	struct reply reply = {0};

	(void)state;
	assert_int_equal(sha256("a+b%2f c", 8, digest), 0);
	hex_encode(digest, sizeof digest, hex);
	client = (struct client){.id = id, .name = name, .redirect_uris = uris, .secret_hash = hex};
	assert_int_equal(store_client_add(server.server.store, &client), 0);
	post("grant_type=x", "Basic ZW5jOmErYiUyZiBj", &reply); /* enc:a+b%2f c */
	assert_error(&reply, 400, "unsupported_grant_type");
	post("grant_type=x", "basic ZW5jOmElMkJiJTI1MmYrYw==", &reply); /* enc:a%2Bb%252f+c */
	assert_error(&reply, 400, "unsupported_grant_type");
	post("grant_type=x", "Basic ZW5jOmErYiUyZiBk", &reply); /* enc:a+b%2f d */
	assert_error(&reply, 401, "invalid_client");
	reply_free(&reply);
}

/* --- revocation, userinfo ------------------------------------------------------------------------------------------------------------ */

static void revoking_ends_the_session_of_the_clients_own_token_only(void **state)
{
	struct reply reply = {0};
	char access[64], token[64], form[256];

	(void)state;
	sign_in_tokens(&server, "demo", &reply);
	copy_text(&reply, "access_token", access, sizeof access);
	copy_text(&reply, "refresh_token", token, sizeof token);
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .form = "token=x"}, &reply);
	assert_error(&reply, 401, "invalid_client");
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .post = true, .authorization = DEMO_BASIC}, &reply);
	assert_error(&reply, 400, "invalid_request");
	(void)snprintf(form, sizeof form, "token=%s&token_type_hint=refresh_token", token);
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .form = form, .authorization = OTHER_BASIC}, &reply);
	assert_error(&reply, 400, "invalid_grant");
	assert_int_equal(userinfo_status(access), 200);
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .form = form, .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(userinfo_status(access), 401);
	call(&server, &(struct call){.path = "/am/oauth2/token/revoke", .form = "token=unknown", .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 200);
	refresh(token, &reply);
	assert_error(&reply, 400, "invalid_grant");
	reply_free(&reply);
}

static void userinfo_wants_a_token_in_the_header(void **state)
{
	static const char *const bad[] = {"x", "", "x y", "eyJhbGciOiJub25lIn0.e30."};
	struct reply reply = {0};

	(void)state;
	call(&server, &(struct call){.path = USERINFO}, &reply);
	assert_int_equal(reply.status, 401);
	assert_string_equal(reply_text(&reply, "httpCode"), "401");
	assert_string_equal(reply_text(&reply, "moreInformation"), "Token is invalid");
	assert_null(strstr(reply_header(&reply, "WWW-Authenticate"), "error"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		call(&server, &(struct call){.path = USERINFO, .bearer = bad[i]}, &reply);
		assert_int_equal(reply.status, 401);
		assert_memory_equal(reply_header(&reply, "WWW-Authenticate"), "Bearer", 6);
	}
	call(&server, &(struct call){.path = USERINFO, .bearer = "x"}, &reply);
	assert_non_null(strstr(reply_header(&reply, "WWW-Authenticate"), "error=\"invalid_token\""));
	reply_free(&reply);
}

static void userinfo_tells_what_the_scope_grants(void **state)
{
	static const char path[] = "/am/oauth2/authorize?client_id=demo&response_type=code&scope=%s&redirect_uri=mymap%%3A%%2F%%2Foauth2redirect%%2Ffr";
	struct reply reply = {0};
	char code[64], access[64], url[512];

	(void)state;
	(void)snprintf(url, sizeof url, path, "email");
	call(&server, &(struct call){.path = url, .form = "username=demo%40example.com&password=demo-password"}, &reply);
	(void)snprintf(code, sizeof code, "%s", reply_parameter(&reply, "code"));
	exchange(code, "code_verifier", NULL, DEMO_BASIC, &reply);
	assert_string_equal(reply_text(&reply, "scope"), "email " CALLS);
	assert_null(json_object_get(reply.json, "id_token"));
	copy_text(&reply, "access_token", access, sizeof access);
	call(&server, &(struct call){.path = USERINFO, .bearer = access}, &reply);
	assert_int_equal(reply.status, 403);
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, access, sizeof access);
	call(&server, &(struct call){.path = USERINFO, .bearer = access, .post = true}, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "email"), EVE_EMAIL);
	assert_int_equal(strlen(reply_text(&reply, "sub")), 36);
	reply_free(&reply);
}

/* --- logout, metadata ---------------------------------------------------------------------------------------------------------------- */

static void end_session(const char *hint, const char *uri, const char *more, struct reply *reply)
{
	struct buf path = BUF_INIT(8192);

	buf_puts(&path, "/am/oauth2/connect/endSession?");
	if (hint)
		url_put(&path, "id_token_hint", hint);
	if (uri)
		url_put(&path, "post_logout_redirect_uri", uri);
	assert_int_equal(buf_puts(&path, more), 0);
	call(&server, &(struct call){.path = buf_text(&path)}, reply);
	buf_free(&path);
}

static void logout_redirects_nowhere_without_our_own_token_and_a_registered_address(void **state)
{
	struct reply reply = {0}, tokens = {0};
	char forged[4096];
	const char *hint;

	(void)state;
	sign_in_tokens(&server, "demo", &tokens);
	hint = reply_text(&tokens, "id_token");
	(void)snprintf(forged, sizeof forged, "%s", hint);
	forged[strlen(forged) / 2] = forged[strlen(forged) / 2] == 'A' ? 'B' : 'A';
	end_session(NULL, DEMO_REDIRECT, "", &reply);
	assert_int_equal(reply.status, 200);
	end_session(forged, DEMO_REDIRECT, "", &reply);
	assert_int_equal(reply.status, 200);
	end_session("eyJhbGciOiJub25lIn0.eyJhdWQiOiJkZW1vIn0.", DEMO_REDIRECT, "", &reply);
	assert_int_equal(reply.status, 200);
	end_session(hint, DEMO_REDIRECT, "&client_id=pims", &reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(userinfo_status(reply_text(&tokens, "access_token")), 200);
	end_session(hint, "http://evil.example/", "", &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Location"), "");
	assert_non_null(strstr(buf_text(&reply.body), "You are signed out"));
	reply_free(&reply);
	reply_free(&tokens);
}

static void logout_ends_the_session_and_goes_back_with_the_state(void **state)
{
	struct reply reply = {0}, tokens = {0};

	(void)state;
	sign_in_tokens(&server, "demo", &tokens);
	endpoints_advance(&server, 5000);
	end_session(reply_text(&tokens, "id_token"), DEMO_REDIRECT, "&state=a%0d%0aX%3A+y", &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_header(&reply, "Location"), DEMO_REDIRECT "?state=a%0D%0AX%3A+y");
	refresh(reply_text(&tokens, "refresh_token"), &reply);
	assert_error(&reply, 400, "invalid_grant");
	end_session(reply_text(&tokens, "id_token"), DEMO_REDIRECT, "&client_id=demo", &reply);
	assert_string_equal(reply_header(&reply, "Location"), DEMO_REDIRECT);
	reply_free(&reply);
	reply_free(&tokens);
}

static void the_metadata_names_every_endpoint(void **state)
{
	static const char *const names[] = {"authorization_endpoint", "token_endpoint", "revocation_endpoint", "jwks_uri", "userinfo_endpoint",
					    "end_session_endpoint"};
	struct reply reply = {0};
	json_t *methods;

	(void)state;
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Content-Type"), "application/json");
	assert_string_equal(reply_text(&reply, "issuer"), server.url);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_memory_equal(reply_text(&reply, names[i]), server.url, strlen(server.url));
	assert_string_equal(reply_text(&reply, "token_endpoint") + strlen(server.url), TOKEN);
	assert_true(json_is_true(json_object_get(reply.json, "authorization_response_iss_parameter_supported")));
	methods = json_object_get(reply.json, "code_challenge_methods_supported");
	assert_int_equal(json_array_size(methods), 1);
	assert_string_equal(json_string_value(json_array_get(methods, 0)), "S256");
	assert_string_equal(json_string_value(json_array_get(json_object_get(reply.json, "dpop_signing_alg_values_supported"), 0)), "ES256");
	assert_int_equal(json_array_size(json_object_get(reply.json, "dpop_signing_alg_values_supported")), 9);
	assert_null(json_object_get(reply.json, "introspection_endpoint"));
	reply_free(&reply);
}

/* RFC 8414 §3 */
static void the_metadata_stands_at_both_well_known_places(void **state)
{
	struct reply openid = {0}, oauth = {0};

	(void)state;
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &openid);
	call(&server, &(struct call){.path = "/.well-known/oauth-authorization-server"}, &oauth);
	assert_int_equal(oauth.status, 200);
	assert_string_equal(reply_header(&oauth, "Content-Type"), "application/json");
	assert_true(json_equal(openid.json, oauth.json));
	reply_free(&openid);
	reply_free(&oauth);
}

static size_t listed(const json_t *metadata, const char *name, const char *value)
{
	const json_t *item;
	size_t i, found = 0;

	json_array_foreach(json_object_get(metadata, name), i, item)
		found += strcmp(json_string_value(item), value) == 0;
	return found;
}

/* Every claim of an id_token and of userinfo is among the announced ones, and acr is the announced one (RFC 9470 §6.2). */
static void the_metadata_tells_the_claims_and_the_level_that_tokens_have(void **state)
{
	struct reply metadata = {0}, tokens = {0};
	json_t *claims = NULL, *value;
	const char *name;

	(void)state;
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &metadata);
	sign_in_tokens(&server, "demo", &tokens);
	assert_int_equal(oidc_verify(server.server.oidc_keys, reply_text(&tokens, "id_token"), &claims), 0);
	json_object_foreach(claims, name, value)
		assert_int_equal(listed(metadata.json, "claims_supported", name), 1);
	assert_int_equal(listed(metadata.json, "acr_values_supported", json_string_value(json_object_get(claims, "acr"))), 1);
	json_decref(claims);
	reply_free(&metadata);
	reply_free(&tokens);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_that_does_not_prove_itself_is_refused),
		cmocka_unit_test(a_client_that_authenticates_twice_is_refused),
		cmocka_unit_test(credentials_that_are_too_long_are_refused),
		cmocka_unit_test(requests_without_a_known_grant_are_refused),
		cmocka_unit_test(a_request_that_cannot_be_read_gets_an_error_of_oauth),
		cmocka_unit_test(a_code_exchanged_the_wrong_way_is_used_up),
		cmocka_unit_test(a_code_of_another_client_is_refused),
		cmocka_unit_test(a_verifier_without_a_challenge_is_refused),
		cmocka_unit_test(a_code_dies_after_its_seconds),
		cmocka_unit_test(a_code_used_twice_ends_the_session_it_opened),
		cmocka_unit_test(an_account_blocked_meanwhile_gets_no_tokens),
		cmocka_unit_test(a_refresh_token_reused_after_its_successor_ends_the_session),
		cmocka_unit_test(a_refresh_survives_an_answer_that_got_lost),
		cmocka_unit_test(a_refresh_token_of_another_client_is_refused_and_stays_good),
		cmocka_unit_test(tokens_die_at_their_time),
		cmocka_unit_test(a_code_is_exchanged_for_three_tokens),
		cmocka_unit_test(a_renewed_id_token_keeps_the_time_of_sign_in_and_has_no_nonce),
		cmocka_unit_test(parameters_may_come_in_the_query_string_of_an_empty_post),
		cmocka_unit_test(basic_credentials_may_be_form_encoded_or_not),
		cmocka_unit_test(revoking_ends_the_session_of_the_clients_own_token_only),
		cmocka_unit_test(userinfo_wants_a_token_in_the_header),
		cmocka_unit_test(userinfo_tells_what_the_scope_grants),
		cmocka_unit_test(logout_redirects_nowhere_without_our_own_token_and_a_registered_address),
		cmocka_unit_test(logout_ends_the_session_and_goes_back_with_the_state),
		cmocka_unit_test(the_metadata_names_every_endpoint),
		cmocka_unit_test(the_metadata_stands_at_both_well_known_places),
		cmocka_unit_test(the_metadata_tells_the_claims_and_the_level_that_tokens_have),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
