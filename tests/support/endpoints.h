/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ENDPOINTS_H
#define TESTS_ENDPOINTS_H

#include "base/buf.h"
#include "server/server.h"

#include <jansson.h>
#include <stdatomic.h>

/*
 * The REST and OpenID endpoints in this process: a real store in a temporary directory, real HTTP on a free port of 127.0.0.1, a clock that the test
 * moves. Accounts demo@example.com and eve@example.com, clients "pims" (public), "demo" and "other" (confidential).
 */

#define DEMO_EMAIL "demo@example.com"
#define DEMO_PASSWORD "demo-password"
#define DEMO_PHONE "0612345678"
#define EVE_EMAIL "eve@example.com"
#define EVE_PASSWORD "eve-password"
#define PIMS_REDIRECT "http://127.0.0.1:4711/callback"
#define DEMO_REDIRECT "mymap://oauth2redirect/fr"
#define DEMO_BASIC "Basic ZGVtbzpkZW1v"   /* demo:demo */
#define OTHER_BASIC "Basic b3RoZXI6b3RoZXI=" /* other:other */
/* RFC 7636 appendix B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

struct endpoints {
	struct server server;
	struct http_server *http;
	_Atomic int64_t now; /**< milliseconds since 1970 */
	char directory[64];
	char url[64];
	char issuer[64];
};

/** Fails the test when it cannot. */
void endpoints_start(struct endpoints *endpoints, bool sandbox);
void endpoints_stop(struct endpoints *endpoints);
void endpoints_advance(struct endpoints *endpoints, int64_t seconds);

/** One call. Everything but the path may be NULL. */
struct call {
	const char *method; /**< NULL: POST with a body or `post`, else GET */
	const char *path;   /**< with its query string */
	const char *form;   /**< an encoded body */
	const char *json;
	bool post;          /**< POST with an empty body */
	const char *authorization;
	const char *bearer;
	const char *header; /**< one more: "Name: value" */
	const char *header2;
};

struct reply {
	long status;
	struct buf body;
	struct buf headers; /**< as they came */
	json_t *json;       /**< the body as an object or array, or NULL */
};

/** Sends it without following redirects; frees what `reply` held (start with {0}). Fails the test when there is no answer. */
void call(const struct endpoints *endpoints, const struct call *call, struct reply *reply);
void reply_free(struct reply *reply);
/** A header's value, "" when there is none; valid until the next use. */
const char *reply_header(const struct reply *reply, const char *name);
/** A string of the JSON answer, "" when there is none. */
const char *reply_text(const struct reply *reply, const char *name);
/** A parameter of the Location, "" when there is none; valid until the next use. */
const char *reply_parameter(const struct reply *reply, const char *name);

/** The query string of an authorization request of `client` with PKCE, state "s t&1" and nonce "n-1"; valid until the next use. */
const char *authorization_query(const char *client);
/** Signs the demo account in at a client and returns the code. */
void sign_in_code(const struct endpoints *endpoints, const char *client, char *ret_code, size_t size);
/** The same and exchanges it: `reply` is the token answer. */
void sign_in_tokens(const struct endpoints *endpoints, const char *client, struct reply *reply);
/** An access token of an account at "demo". */
void sign_in_access(const struct endpoints *endpoints, const char *email, const char *password, char *ret_token, size_t size);
/** Makes `otp` good for the account for 120 s. */
void issue_otp(struct endpoints *endpoints, const char *email, const char *otp);
/** The same by a device that proved the PIN. */
void issue_otp_with_pin(struct endpoints *endpoints, const char *email, const char *otp);

#endif
