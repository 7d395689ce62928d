/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_FULL_SERVER_H
#define TESTS_SERVER_FULL_SERVER_H

#include "http_fixture.h"

#include "base/url.h"
#include "server/data_dir.h"
#include "server/server.h"

#include <stdatomic.h>

/* A whole sandbox in this process, one for all tests of a program, that is asked by bytes as they are; its log is kept, debug lines too. */

struct full {
	struct fixture http; /* for ask() */
	struct env env;
	_Atomic int64_t now; /**< milliseconds since 1970 */
	pthread_mutex_t log_lock;
	char *dir;
	struct server *server;
	char issuer[64];
	char cookie[256]; /**< of a browser in which the demo account is signed in */
};

static struct full full;

static inline void full_line(void *data, enum pims_log_level level, const char *text)
{
	pthread_mutex_lock(&full.log_lock);
	full.http.fake.log.line(data, level, text);
	pthread_mutex_unlock(&full.log_lock);
}

static inline int64_t full_now(void *data)
{
	(void)data;
	return atomic_load(&full.now);
}

static inline int full_begin(void **state)
{
	struct server_options options = {.address = "127.0.0.1", .loops = 1, .workers = 2, .env = &full.env};
	struct pims_clock clock = {.size = sizeof clock, .now = full_now};
	struct pims_log log = {.size = sizeof log, .level = PIMS_LOG_DEBUG, .line = full_line, .data = &full.http.fake};

	(void)state;
	fake_env_init(&full.http.fake);
	pthread_mutex_init(&full.log_lock, NULL);
	atomic_store(&full.now, FAKE_NOW);
	env_init(&full.env, &clock, NULL, &log);
	assert_int_equal(data_dir_temporary(&full.dir, &full.env), 0);
	settings_default(&options.settings, true);
	options.settings.quiet = true;
	options.settings.data_dir = full.dir;
	assert_int_equal(server_start(&full.server, &options), 0);
	full.http.port = server_port(full.server);
	snprintf(full.issuer, sizeof full.issuer, "http://127.0.0.1:%u", full.http.port);
	return 0;
}

static inline int full_end(void **state)
{
	(void)state;
	server_stop(full.server);
	data_dir_remove(full.dir);
	free(full.dir);
	pthread_mutex_destroy(&full.log_lock);
	fake_env_free(&full.http.fake);
	return 0;
}

/** The value of a header of an answer, "" when there is none; valid until the next use. */
static inline const char *answer_header(const struct answer *answer, const char *name)
{
	static char value[4096];
	char start[64];
	const char *at;

	snprintf(start, sizeof start, "\r\n%s:", name);
	at = strcasestr(answer->bytes, start);
	value[0] = '\0';
	if (at && at < answer->body) {
		at += strlen(start);
		at += strspn(at, " ");
		snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
	}
	return value;
}

/** A string of a JSON answer, "" when there is none; valid until the next use. */
static inline const char *answer_text(const struct answer *answer, const char *name)
{
	static char text[8192];
	json_t *object = NULL;

	text[0] = '\0';
	if (json_parse_object(answer->body, strlen(answer->body), ANSWER_MAX, &object) == 0 && json_text(object, name))
		snprintf(text, sizeof text, "%s", json_text(object, name));
	json_decref(object);
	return text;
}

/** One request: `start` is its first line without version; `headers` end in "\r\n" or are ""; `body` may be NULL. */
static inline struct answer *full_ask(const struct fixture *http, const char *start, const char *headers, const char *body)
{
	static char request[65536];
	char length[64] = "";

	if (body)
		snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
	assert_true(snprintf(request, sizeof request, "%s HTTP/1.1\r\n%s%s%s\r\n%s", start, strstr(headers, "Host:") ? "" : "Host: x\r\n",
			     headers, length, body ? body : "") < (int)sizeof request);
	return ask(http, request);
}

#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define JSON "Content-Type: application/json\r\n"
#define BASIC "Authorization: Basic ZGVtbzpkZW1v\r\n" /* demo:demo */
#define AUTHORIZE "/am/oauth2/authorize"
#define PAR "/am/oauth2/par"
#define TOKEN "/am/oauth2/access_token"
#define REVOKE "/am/oauth2/token/revoke"
#define USERINFO "/am/oauth2/userinfo"
#define END_SESSION "/am/oauth2/connect/endSession"
#define METADATA "/.well-known/openid-configuration"
#define JWKS "/am/oauth2/connect/jwk_uri"
#define REDIRECT "mymap://oauth2redirect/fr"
#define REQUEST "client_id=demo&response_type=code&scope=openid+profile&state=s&redirect_uri=" REDIRECT
/* RFC 7636 appendix B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define LOGIN "username=demo%40example.com&password=demo-password"

static inline void full_sign_in(void)
{
	const struct answer *answer = full_ask(&full.http, "POST " AUTHORIZE "?" REQUEST, FORM, LOGIN);
	const char *cookie = answer_header(answer, "Set-Cookie");

	assert_int_equal(answer->status, 303);
	snprintf(full.cookie, sizeof full.cookie, "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
	assert_true(strlen(full.cookie) > 40);
}

/** A new authorization code of the demo account at the client "demo", with PKCE or without. */
static inline void full_code(bool pkce, char ret_code[64])
{
	const struct answer *answer;
	const char *location, *code;

	if (!*full.cookie)
		full_sign_in();
	answer = full_ask(&full.http,
			  pkce ? "GET " AUTHORIZE "?" REQUEST "&code_challenge_method=S256&code_challenge=" CHALLENGE
			       : "GET " AUTHORIZE "?" REQUEST,
			  full.cookie, NULL);
	assert_int_equal(answer->status, 302);
	location = answer_header(answer, "Location");
	code = strstr(location, "code=");
	assert_non_null(code);
	snprintf(ret_code, 64, "%.36s", code + 5);
	assert_int_equal(strlen(ret_code), 36);
}

struct full_tokens {
	char access[128], refresh[128], id[4096];
};

static inline void full_tokens(struct full_tokens *ret_tokens)
{
	char code[64], body[512];
	const struct answer *answer;

	full_code(false, code);
	snprintf(body, sizeof body, "grant_type=authorization_code&code=%s&redirect_uri=" REDIRECT, code);
	answer = full_ask(&full.http, "POST " TOKEN, FORM BASIC, body);
	assert_int_equal(answer->status, 200);
	snprintf(ret_tokens->access, sizeof ret_tokens->access, "%s", answer_text(answer, "access_token"));
	snprintf(ret_tokens->refresh, sizeof ret_tokens->refresh, "%s", answer_text(answer, "refresh_token"));
	snprintf(ret_tokens->id, sizeof ret_tokens->id, "%s", answer_text(answer, "id_token"));
	assert_true(*ret_tokens->access && *ret_tokens->refresh && *ret_tokens->id);
}

#endif
