/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"
#include "support/proof.h"

#include "jose/jwk.h"

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

/* DPoP at the endpoints: RFC 9449 §5, §7, §8, §9, §10, §11. "pims" is a public client, "demo" a confidential one. */

#define TOKEN "/am/oauth2/access_token"
#define USERINFO "/am/oauth2/userinfo"

static struct endpoints server;
static struct dpop_key key, thief;

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	proof_key(&key);
	proof_key(&thief);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	dpop_key_free(&key);
	dpop_key_free(&thief);
	return 0;
}

/* --- requests --------------------------------------------------------------------------------------------------------------------- */

static const char *url_of(const char *path)
{
	static char url[256];

	(void)snprintf(url, sizeof url, "%s%s", server.issuer, path);
	return url;
}

static int64_t now(void)
{
	return server.now / 1000;
}

/* A right proof for the token endpoint, to be bent. */
static struct proof token_proof(struct dpop_key *by)
{
	static char url[256];

	(void)snprintf(url, sizeof url, "%s", url_of(TOKEN));
	return (struct proof){.key = by, .method = "POST", .url = url, .now = now()};
}

static struct proof resource_proof(struct dpop_key *by, const char *token)
{
	static char url[256];

	(void)snprintf(url, sizeof url, "%s", url_of(USERINFO));
	return (struct proof){.key = by, .method = "GET", .url = url, .token = token, .now = now()};
}

static void post(const char *client, const char *form, const struct proof *proof, struct reply *reply)
{
	char *line = proof ? proof_header(proof) : NULL;
	bool is_demo = strcmp(client, "demo") == 0;
	char body[2048];

	(void)snprintf(body, sizeof body, "%s%s%s", form, is_demo ? "" : "&client_id=", is_demo ? "" : client);
	call(&server, &(struct call){.path = TOKEN, .form = body, .authorization = is_demo ? DEMO_BASIC : NULL, .header = line}, reply);
	free(line);
}

static void code_form(const char *client, const char *code, char ret_form[1024])
{
	struct buf form = BUF_INIT(1023);

	url_put(&form, "grant_type", "authorization_code");
	url_put(&form, "code", code);
	url_put(&form, "redirect_uri", strcmp(client, "demo") == 0 ? DEMO_REDIRECT : PIMS_REDIRECT);
	assert_int_equal(url_put(&form, "code_verifier", VERIFIER), 0);
	(void)snprintf(ret_form, 1024, "%s", buf_text(&form));
	buf_free(&form);
}

/* Signs in with a proof; the tokens are in `reply`. */
static void sign_in(const char *client, struct dpop_key *by, const char *more, struct reply *reply)
{
	const struct proof proof = token_proof(by);
	char code[64], form[1024];

	sign_in_code(&server, client, code, sizeof code);
	code_form(client, code, form);
	(void)strncat(form, more, sizeof form - strlen(form) - 1);
	post(client, form, &proof, reply);
	assert_int_equal(reply->status, 200);
}

struct tokens {
	char access[64], refresh[64];
};

static struct tokens tokens_of(const struct reply *reply)
{
	struct tokens tokens;

	assert_int_equal(text_copy(tokens.access, sizeof tokens.access, reply_text(reply, "access_token")), 0);
	assert_int_equal(text_copy(tokens.refresh, sizeof tokens.refresh, reply_text(reply, "refresh_token")), 0);
	return tokens;
}

static struct tokens bound_tokens(const char *client)
{
	struct reply reply = {0};
	struct tokens tokens;

	sign_in(client, &key, "", &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	tokens = tokens_of(&reply);
	reply_free(&reply);
	return tokens;
}

static void refresh(const char *client, const char *token, const struct proof *proof, struct reply *reply)
{
	char form[256];

	(void)snprintf(form, sizeof form, "grant_type=refresh_token&refresh_token=%s", token);
	post(client, form, proof, reply);
}

static void get(const char *scheme, const char *token, const struct proof *proof, struct reply *reply)
{
	char *line = proof ? proof_header(proof) : NULL;
	char authorization[256];

	(void)snprintf(authorization, sizeof authorization, "%s %s", scheme, token);
	call(&server, &(struct call){.path = USERINFO, .authorization = authorization, .header = line}, reply);
	free(line);
}

static void assert_token_error(const struct reply *reply, const char *error)
{
	assert_string_equal(reply_text(reply, "error"), error);
	assert_int_equal(reply->status, 400);
	assert_string_equal(reply_header(reply, "Cache-Control"), "no-store");
}

/* A 401 whose challenge of that scheme tells the error, and the other one none. */
static void assert_refused(const struct reply *reply, const char *scheme, const char *error)
{
	char expected[128];

	assert_int_equal(reply->status, 401);
	if (strcmp(scheme, "DPoP") == 0)
		(void)snprintf(expected, sizeof expected, "WWW-Authenticate: DPoP realm=\"openpims\", algs=\"" JOSE_ALGORITHMS "\", error=\"%s\"", error);
	else
		(void)snprintf(expected, sizeof expected, "WWW-Authenticate: Bearer realm=\"openpims\", error=\"%s\"", error);
	if (!strstr(buf_text(&reply->headers), expected))
		fail_msg("no %s in:\n%s", expected, buf_text(&reply->headers));
	assert_string_equal(reply_text(reply, "httpCode"), "401");
}

/* --- the token endpoint ------------------------------------------------------------------------------------------------------------ */

static void a_bad_proof_at_the_token_endpoint_leaves_the_code_good(void **state)
{
	struct proof rows[] = {token_proof(&key), token_proof(&key), token_proof(&key), token_proof(&key), token_proof(&key),
			       token_proof(&key), token_proof(&key), token_proof(&key), token_proof(&key)};
	char code[64], form[1024];
	struct reply reply = {0};

	(void)state;
	rows[0].method = "GET";
	rows[1].method = "post";
	rows[2].url = "https://other.example/am/oauth2/access_token";
	rows[3].url = "http://127.0.0.1/am/oauth2/access_token";
	rows[4].claims = "{\"htu\":\"/am/oauth2/access_token\"}";
	rows[5].header = "{\"typ\":\"JWT\"}";
	rows[6].header = "{\"alg\":\"none\"}";
	rows[7].damaged = true;
	rows[8].claims = "{\"jti\":null}";
	sign_in_code(&server, "pims", code, sizeof code);
	code_form("pims", code, form);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		post("pims", form, &rows[i], &reply);
		assert_token_error(&reply, "invalid_dpop_proof");
	}
	rows[0].method = "POST";
	post("pims", form, rows, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	reply_free(&reply);
}

static void two_proofs_are_none(void **state)
{
	const struct proof proof = token_proof(&key);
	char *first = proof_header(&proof), *second = proof_header(&proof);
	char code[64], form[1024], body[2048];
	struct reply reply = {0};

	(void)state;
	sign_in_code(&server, "pims", code, sizeof code);
	code_form("pims", code, form);
	(void)snprintf(body, sizeof body, "%s&client_id=pims", form);
	call(&server, &(struct call){.path = TOKEN, .form = body, .header = first, .header2 = second}, &reply);
	assert_token_error(&reply, "invalid_dpop_proof");
	reply_free(&reply);
	free(first);
	free(second);
}

static void a_proof_that_was_used_buys_no_more_tokens(void **state)
{
	struct proof proof = token_proof(&key);
	struct tokens tokens;
	struct reply reply = {0};

	(void)state;
	tokens = bound_tokens("pims");
	proof.id = "used twice";
	refresh("pims", tokens.refresh, &proof, &reply);
	assert_int_equal(reply.status, 200);
	refresh("pims", tokens.refresh, &proof, &reply);
	assert_token_error(&reply, "invalid_dpop_proof");
	refresh("pims", tokens.refresh, &(struct proof){.key = &key, .method = "POST", .url = proof.url, .now = now()}, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void the_key_cannot_be_swapped_between_code_and_token(void **state)
{
	const struct proof wrong = token_proof(&thief);
	char code[64], form[1024], path[2048], thumbprint[DPOP_THUMBPRINT_SIZE];
	struct reply reply = {0};

	(void)state;
	assert_int_equal(dpop_key_thumbprint(&key, thumbprint), 0);
	for (int i = 0; i < 3; i++) {
		const struct proof right = token_proof(&key);
		const struct proof *const proofs[] = {NULL, &wrong, &right};

		(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s&dpop_jkt=%s", authorization_query("pims"), thumbprint);
		call(&server, &(struct call){.path = path, .form = "username=" DEMO_EMAIL "&password=" DEMO_PASSWORD}, &reply);
		assert_int_equal(reply.status, 303);
		(void)snprintf(code, sizeof code, "%s", reply_parameter(&reply, "code"));
		code_form("pims", code, form);
		post("pims", form, proofs[i], &reply);
		if (i < 2)
			assert_token_error(&reply, "invalid_grant");
		else
			assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	}
	reply_free(&reply);
}

static void a_thumbprint_of_the_wrong_form_is_refused(void **state)
{
	char path[2048];
	struct reply reply = {0};

	(void)state;
	(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s&dpop_jkt=short", authorization_query("pims"));
	call(&server, &(struct call){.path = path}, &reply);
	assert_int_equal(reply.status, 302);
	assert_string_equal(reply_parameter(&reply, "error"), "invalid_request");
	assert_string_equal(reply_parameter(&reply, "iss"), server.issuer);
	reply_free(&reply);
}

static void a_stolen_refresh_token_is_no_good_without_the_key(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	const struct proof wrong = token_proof(&thief), right = token_proof(&key);
	struct reply reply = {0};

	(void)state;
	refresh("pims", tokens.refresh, NULL, &reply);
	assert_token_error(&reply, "invalid_grant");
	refresh("pims", tokens.refresh, &wrong, &reply);
	assert_token_error(&reply, "invalid_grant");
	refresh("pims", tokens.refresh, &right, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	reply_free(&reply);
}

/* §5: its refresh tokens are bound to its secret already */
static void a_confidential_client_renews_with_another_key_or_none(void **state)
{
	const struct tokens tokens = bound_tokens("demo");
	const struct proof other = token_proof(&thief);
	struct tokens next;
	struct reply reply = {0};

	(void)state;
	refresh("demo", tokens.refresh, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "token_type"), "Bearer");
	next = tokens_of(&reply);
	get("Bearer", next.access, NULL, &reply);
	assert_int_equal(reply.status, 200);
	refresh("demo", next.refresh, &other, &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	reply_free(&reply);
}

static void a_client_without_proofs_gets_what_it_always_got(void **state)
{
	struct reply reply = {0};
	struct tokens tokens;

	(void)state;
	sign_in_tokens(&server, "pims", &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "Bearer");
	tokens = tokens_of(&reply);
	get("Bearer", tokens.access, NULL, &reply);
	assert_int_equal(reply.status, 200);
	refresh("pims", tokens.refresh, NULL, &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "Bearer");
	reply_free(&reply);
}

/* §5: "this has the effect of DPoP-binding the refresh token alone" */
static void a_client_whose_access_tokens_others_use_binds_its_refresh_tokens_alone(void **state)
{
	const struct proof right = token_proof(&key);
	struct reply reply = {0};
	struct tokens tokens;

	(void)state;
	sign_in("pims", &key, "&openpims_token_type=Bearer", &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "Bearer");
	tokens = tokens_of(&reply);
	get("Bearer", tokens.access, NULL, &reply);
	assert_int_equal(reply.status, 200);
	refresh("pims", tokens.refresh, NULL, &reply);
	assert_token_error(&reply, "invalid_grant");
	refresh("pims", tokens.refresh, &right, &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	reply_free(&reply);
}

static void add_strict_client(void)
{
	char id[] = "strict", name[] = "Strict", uris[] = PIMS_REDIRECT;
	const struct client client = {.id = id, .name = name, .redirect_uris = uris, .dpop = true};

	assert_int_equal(store_client_add(server.server.store, &client), 0);
}

static void a_client_that_wants_bound_tokens_gets_no_others(void **state)
{
	const struct proof proof = token_proof(&key);
	char code[64], form[1024];
	struct reply reply = {0};

	(void)state;
	add_strict_client();
	call(&server, &(struct call){.path = "/am/oauth2/authorize?client_id=strict&response_type=code&scope=openid&code_challenge=" CHALLENGE
					     "&code_challenge_method=S256&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback",
				     .form = "username=" DEMO_EMAIL "&password=" DEMO_PASSWORD}, &reply);
	(void)snprintf(code, sizeof code, "%s", reply_parameter(&reply, "code"));
	code_form("strict", code, form);
	post("strict", form, NULL, &reply);
	assert_token_error(&reply, "invalid_dpop_proof");
	(void)strncat(form, "&openpims_token_type=Bearer", sizeof form - strlen(form) - 1);
	post("strict", form, &proof, &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	reply_free(&reply);
}

static void a_bound_token_is_exchanged_for_a_bound_one(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	const struct proof wrong = token_proof(&thief), right = token_proof(&key);
	struct reply reply = {0};
	char form[512];

	(void)state;
	(void)snprintf(form, sizeof form,
		       "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Atoken-exchange&audience=customer-api&subject_token=%s"
		       "&subject_token_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Atoken-type%%3Aaccess_token", tokens.access);
	post("pims", form, NULL, &reply);
	assert_token_error(&reply, "invalid_request");
	post("pims", form, &wrong, &reply);
	assert_token_error(&reply, "invalid_request");
	post("pims", form, &right, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	reply_free(&reply);
}

/* --- a server that binds everything: --dpop-required (OWASP ASVS 10.3.5, 10.4.14) ------------------------------------------------- */

static void a_server_that_binds_everything_gives_no_unbound_tokens(void **state)
{
	const struct proof proof = token_proof(&key), another = token_proof(&key);
	char code[64], form[1024];
	struct reply reply = {0};
	struct tokens tokens;

	(void)state;
	server.server.settings.dpop_required = true;
	sign_in_code(&server, "demo", code, sizeof code);
	code_form("demo", code, form);
	post("demo", form, NULL, &reply);
	assert_token_error(&reply, "invalid_dpop_proof");
	(void)strncat(form, "&openpims_token_type=Bearer", sizeof form - strlen(form) - 1);
	post("demo", form, &proof, &reply); /* the code is as good as before */
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	tokens = tokens_of(&reply);
	refresh("demo", tokens.refresh, NULL, &reply);
	assert_token_error(&reply, "invalid_dpop_proof");
	refresh("demo", tokens.refresh, &another, &reply);
	assert_string_equal(reply_text(&reply, "token_type"), "DPoP");
	server.server.settings.dpop_required = false;
	reply_free(&reply);
}

static void a_server_that_binds_everything_takes_no_unbound_token_from_before(void **state)
{
	struct reply reply = {0};
	struct tokens tokens;
	struct proof proof;

	(void)state;
	sign_in_tokens(&server, "pims", &reply);
	tokens = tokens_of(&reply);
	get("Bearer", tokens.access, NULL, &reply);
	assert_int_equal(reply.status, 200);
	server.server.settings.dpop_required = true;
	get("Bearer", tokens.access, NULL, &reply);
	assert_refused(&reply, "DPoP", "invalid_token"); /* RFC 9449 §7.1: the one scheme that there is */
	assert_null(strstr(buf_text(&reply.headers), "WWW-Authenticate: Bearer"));
	proof = resource_proof(&key, tokens.access);
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "invalid_token");
	call(&server, &(struct call){.path = USERINFO}, &reply);
	assert_string_equal(reply_header(&reply, "WWW-Authenticate"), "DPoP realm=\"openpims\", algs=\"" JOSE_ALGORITHMS "\"");
	/* its session goes on with a key */
	proof = token_proof(&key);
	refresh("pims", tokens.refresh, &proof, &reply);
	tokens = tokens_of(&reply);
	proof = resource_proof(&key, tokens.access);
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	server.server.settings.dpop_required = false;
	reply_free(&reply);
}

static void a_server_that_binds_everything_exchanges_no_unbound_token(void **state)
{
	struct reply reply = {0};
	struct tokens tokens;
	struct proof proof = token_proof(&key);
	char form[512];

	(void)state;
	sign_in_tokens(&server, "pims", &reply);
	for (int bound = 0; bound < 2; bound++) {
		tokens = bound ? bound_tokens("pims") : tokens_of(&reply);
		server.server.settings.dpop_required = true;
		(void)snprintf(form, sizeof form,
			       "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Atoken-exchange&audience=customer-api&subject_token=%s"
			       "&subject_token_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Atoken-type%%3Aaccess_token&openpims_token_type=Bearer", tokens.access);
		post("pims", form, NULL, &reply);
		assert_token_error(&reply, "invalid_dpop_proof");
		post("pims", form, &proof, &reply);
		assert_int_equal(reply.status, bound ? 200 : 400);
		assert_string_equal(reply_text(&reply, "token_type"), bound ? "DPoP" : "");
	}
	server.server.settings.dpop_required = false;
	reply_free(&reply);
}

/* --- resources --------------------------------------------------------------------------------------------------------------------- */

static void a_bound_token_is_refused_as_bearer(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	const struct proof proof = resource_proof(&key, tokens.access);
	struct reply reply = {0};

	(void)state;
	get("Bearer", tokens.access, NULL, &reply);
	assert_refused(&reply, "Bearer", "invalid_token");
	get("Bearer", tokens.access, &proof, &reply);
	assert_refused(&reply, "Bearer", "invalid_token");
	reply_free(&reply);
}

static void an_unbound_token_is_refused_as_bound(void **state)
{
	struct reply reply = {0};
	struct tokens tokens;
	struct proof proof;

	(void)state;
	sign_in_tokens(&server, "pims", &reply);
	tokens = tokens_of(&reply);
	proof = resource_proof(&key, tokens.access);
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "invalid_token");
	reply_free(&reply);
}

static void a_bound_token_needs_a_proof_for_this_very_request(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	struct proof rows[9];
	struct reply reply = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		rows[i] = resource_proof(&key, tokens.access);
	rows[0].token = NULL;
	rows[1].token = "another";
	rows[2].method = "POST";
	rows[3].url = url_of("/v1/account");
	rows[4].damaged = true;
	rows[5].claims = "{\"ath\":\"\"}";
	rows[6].header = "{\"alg\":\"HS256\"}";
	rows[7].claims = "{\"iat\":null}";
	rows[8].claims = "{\"htm\":\"get\"}";
	get("DPoP", tokens.access, NULL, &reply);
	assert_refused(&reply, "DPoP", "invalid_dpop_proof");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		get("DPoP", tokens.access, &rows[i], &reply);
		assert_refused(&reply, "DPoP", "invalid_dpop_proof");
	}
	rows[0] = resource_proof(&thief, tokens.access);
	get("DPoP", tokens.access, rows, &reply);
	assert_refused(&reply, "DPoP", "invalid_token");
	rows[0] = resource_proof(&key, tokens.access);
	get("dpop", tokens.access, rows, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_proof_opens_a_resource_once(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	struct proof proof = resource_proof(&key, tokens.access);
	struct reply reply = {0};

	(void)state;
	proof.id = "once";
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "invalid_dpop_proof");
	endpoints_advance(&server, 30);
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "invalid_dpop_proof");
	reply_free(&reply);
}

static void the_issuer_counts_and_not_the_address_behind_the_proxy(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	struct proof proof = resource_proof(&key, tokens.access);
	char direct[sizeof server.issuer];
	struct reply reply = {0};

	(void)state;
	memcpy(direct, server.issuer, sizeof direct);
	(void)snprintf(server.issuer, sizeof server.issuer, "https://pims.example/base");
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "invalid_dpop_proof");
	proof.url = "https://PIMS.example:443/base" USERINFO "?x=1";
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	memcpy(server.issuer, direct, sizeof direct);
	reply_free(&reply);
}

static void who_brings_nothing_is_told_both_schemes(void **state)
{
	struct reply reply = {0};

	(void)state;
	call(&server, &(struct call){.path = USERINFO}, &reply);
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(buf_text(&reply.headers), "WWW-Authenticate: Bearer realm=\"openpims\"\r\n"));
	assert_non_null(strstr(buf_text(&reply.headers), "WWW-Authenticate: DPoP realm=\"openpims\", algs=\"" JOSE_ALGORITHMS "\"\r\n"));
	reply_free(&reply);
}

/* --- clocks and nonces ------------------------------------------------------------------------------------------------------------- */

static void a_wrong_clock_is_cured_by_a_nonce(void **state)
{
	static const int64_t offsets[] = {-61, 61, -86400 * 365, 86400};
	const struct tokens tokens = bound_tokens("pims");
	struct reply reply = {0};
	char nonce[256];

	(void)state;
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		struct proof proof = resource_proof(&key, tokens.access);

		proof.now += offsets[i];
		get("DPoP", tokens.access, &proof, &reply);
		assert_refused(&reply, "DPoP", "use_dpop_nonce");
		(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&reply, "DPoP-Nonce"));
		assert_true(dpop_nonce_valid(nonce));
		proof.nonce = nonce;
		get("DPoP", tokens.access, &proof, &reply);
		assert_int_equal(reply.status, 200);
	}
	reply_free(&reply);
}

static void a_clock_a_little_off_needs_no_nonce(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	struct reply reply = {0};
	struct proof proof = resource_proof(&key, tokens.access);

	(void)state;
	proof.now = now() - 60;
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	proof.now = now() + 60;
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_wrong_clock_costs_no_code_at_the_token_endpoint(void **state)
{
	struct proof proof = token_proof(&key);
	char code[64], form[1024], nonce[256];
	struct reply reply = {0};

	(void)state;
	proof.now -= 7200;
	sign_in_code(&server, "pims", code, sizeof code);
	code_form("pims", code, form);
	post("pims", form, &proof, &reply);
	assert_token_error(&reply, "use_dpop_nonce");
	(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&reply, "DPoP-Nonce"));
	proof.nonce = nonce;
	post("pims", form, &proof, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void a_nonce_that_is_old_or_not_ours_is_answered_by_another(void **state)
{
	static const char *const forged[] = {"x", "1731417255", "1731417255.", "1731417255.00000000000000000000000000000000",
					     "99999999999999999999.0", "-1.0"};
	const struct tokens tokens = bound_tokens("pims");
	struct proof proof = resource_proof(&key, tokens.access);
	struct reply reply = {0};
	char nonce[256];

	(void)state;
	for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
		proof.nonce = forged[i];
		get("DPoP", tokens.access, &proof, &reply);
		assert_refused(&reply, "DPoP", "use_dpop_nonce");
	}
	(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&reply, "DPoP-Nonce"));
	proof.nonce = nonce;
	endpoints_advance(&server, 299);
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	endpoints_advance(&server, 1);
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "use_dpop_nonce");
	assert_string_not_equal(reply_header(&reply, "DPoP-Nonce"), nonce);
	reply_free(&reply);
}

/* A proof with a nonce lives as long as the nonce, however old its clock says it is. */
static void a_proof_with_a_nonce_is_good_once_as_well(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	struct proof proof = resource_proof(&key, tokens.access);
	struct reply reply = {0};
	char nonce[256];

	(void)state;
	proof.now -= 1000000;
	get("DPoP", tokens.access, &proof, &reply);
	(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&reply, "DPoP-Nonce"));
	proof.nonce = nonce;
	proof.id = "old clock";
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	endpoints_advance(&server, 200);
	assert_int_equal(store_sweep(server.server.store, server.now), 0);
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "invalid_dpop_proof");
	reply_free(&reply);
}

static void a_server_that_always_wants_nonces_gets_them(void **state)
{
	const struct tokens tokens = bound_tokens("pims");
	struct proof proof = resource_proof(&key, tokens.access);
	struct reply reply = {0};
	char nonce[256];

	(void)state;
	server.server.settings.dpop_nonce = true;
	get("DPoP", tokens.access, &proof, &reply);
	assert_refused(&reply, "DPoP", "use_dpop_nonce");
	(void)snprintf(nonce, sizeof nonce, "%s", reply_header(&reply, "DPoP-Nonce"));
	proof.nonce = nonce;
	get("DPoP", tokens.access, &proof, &reply);
	assert_int_equal(reply.status, 200);
	server.server.settings.dpop_nonce = false;
	reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_proof_at_the_token_endpoint_leaves_the_code_good),
		cmocka_unit_test(two_proofs_are_none),
		cmocka_unit_test(a_proof_that_was_used_buys_no_more_tokens),
		cmocka_unit_test(the_key_cannot_be_swapped_between_code_and_token),
		cmocka_unit_test(a_thumbprint_of_the_wrong_form_is_refused),
		cmocka_unit_test(a_stolen_refresh_token_is_no_good_without_the_key),
		cmocka_unit_test(a_confidential_client_renews_with_another_key_or_none),
		cmocka_unit_test(a_client_without_proofs_gets_what_it_always_got),
		cmocka_unit_test(a_client_whose_access_tokens_others_use_binds_its_refresh_tokens_alone),
		cmocka_unit_test(a_client_that_wants_bound_tokens_gets_no_others),
		cmocka_unit_test(a_bound_token_is_exchanged_for_a_bound_one),
		cmocka_unit_test(a_server_that_binds_everything_gives_no_unbound_tokens),
		cmocka_unit_test(a_server_that_binds_everything_takes_no_unbound_token_from_before),
		cmocka_unit_test(a_server_that_binds_everything_exchanges_no_unbound_token),
		cmocka_unit_test(a_bound_token_is_refused_as_bearer),
		cmocka_unit_test(an_unbound_token_is_refused_as_bound),
		cmocka_unit_test(a_bound_token_needs_a_proof_for_this_very_request),
		cmocka_unit_test(a_proof_opens_a_resource_once),
		cmocka_unit_test(the_issuer_counts_and_not_the_address_behind_the_proxy),
		cmocka_unit_test(who_brings_nothing_is_told_both_schemes),
		cmocka_unit_test(a_wrong_clock_is_cured_by_a_nonce),
		cmocka_unit_test(a_clock_a_little_off_needs_no_nonce),
		cmocka_unit_test(a_wrong_clock_costs_no_code_at_the_token_endpoint),
		cmocka_unit_test(a_nonce_that_is_old_or_not_ours_is_answered_by_another),
		cmocka_unit_test(a_proof_with_a_nonce_is_good_once_as_well),
		cmocka_unit_test(a_server_that_always_wants_nonces_gets_them),
	};

	return cmocka_run_group_tests_name("DPoP", tests, start, stop);
}
