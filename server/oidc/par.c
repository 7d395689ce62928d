/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/par.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "server/oidc/auth_request.h"
#include "server/oidc/client.h"
#include "server/oidc/dpop.h"
#include "server/oidc/form_token.h"
#include "server/oidc/handlers.h"
#include "server/oidc/oauth.h"
#include "server/server.h"
#include "server/web/own.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFERENCE_BYTES = 32, REQUEST_URI_SIZE = 96 };

/* A request that is pushed. */
struct push {
	struct request *request;
	struct response *response;
	struct client client;
	struct auth_request auth;
	struct possession possession; /**< "" = none was proved */
};

int par_visit(const struct request *request, const char *request_uri, const char *client, unsigned char ret_hash[32],
	      struct query *ret_query)
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env);
	char *text = NULL;
	int r;

	if (strlen(request_uri) >= REQUEST_URI_SIZE)
		return PIMS_E_NOT_FOUND;
	r = sha256(request_uri, strlen(request_uri), ret_hash);
	if (r == 0)
		r = store_pushed_visit(server->store, ret_hash, client, now + FORM_TOKEN_SECONDS * INT64_C(1000), now, &text);
	if (r == 0)
		r = query_parse(text, strlen(text), ret_query);
	free(text);
	return r;
}

/* What is told by a page at the authorization endpoint. */
static const char *refusal_text(enum auth_refusal refusal)
{
	switch (refusal) {
	case AUTH_UNKNOWN_CLIENT:
		return "client_id is missing";
	case AUTH_LONG_STATE:
		return "state is too long";
	default:
		return "redirect_uri is missing, or not registered for this client";
	}
}

/* §2.1, §2.3. Negative: the answer is filled. */
static int check_request(struct push *push)
{
	const char *uri = request_parameter(push->request, "request_uri");
	int r = auth_request_check(push->request, &push->auth);

	if (r < 0)
		oauth_server_error(push->response);
	else if (uri && *uri)
		oauth_error(push->response, 400, "invalid_request", "a request that is pushed has no request_uri");
	else if (push->auth.refusal)
		oauth_error(push->response, 400, "invalid_request", refusal_text(push->auth.refusal));
	else if (push->auth.error)
		oauth_error(push->response, 400, push->auth.error, push->auth.description);
	else
		return 0;
	return PIMS_E_INVALID;
}

/* RFC 9449 §10.1: a proof binds the code as dpop_jkt does, which must name the same key if both are there. */
static int check_key(struct push *push)
{
	int r = dpop_check_client(push->request, push->response, OIDC_PAR_PATH, &push->possession);

	if (r == 0 && *push->possession.key && push->auth.key && !text_equal(push->possession.key, push->auth.key)) {
		oauth_error(push->response, 400, "invalid_dpop_proof", "dpop_jkt names another key than the proof");
		r = PIMS_E_INVALID;
	}
	return r;
}

static int write_text(const struct push *push, struct buf *ret_text)
{
	int r = auth_request_write(push->request, ret_text);

	return r == 0 && *push->possession.key && !push->auth.key ? url_put(ret_text, "dpop_jkt", push->possession.key) : r;
}

static int make_uri(const struct push *push, struct buf *ret_uri)
{
	unsigned char bytes[REFERENCE_BYTES];
	int r = env_random(&request_server(push->request)->env, bytes, sizeof bytes);

	if (r == 0)
		r = buf_puts(ret_uri, PAR_REQUEST_URI);
	return r < 0 ? r : base64url_encode(bytes, sizeof bytes, ret_uri);
}

static int add(const struct push *push, const char *text, const char *uri)
{
	const struct server *server = request_server(push->request);
	int64_t now = env_now(&server->env);
	struct pushed_request row = {
		.client = push->client.id,
		.text = text,
		.expires = now + PAR_SECONDS * INT64_C(1000),
		.proof = *push->possession.key ? &push->possession.use : NULL,
	};
	int r = sha256(uri, strlen(uri), row.hash);

	return r < 0 ? r : store_pushed_add(server->store, &row, PAR_WAITING_MAX, now);
}

/* Whoever knows a public client's id may push: one network shall not take all of its places. */
static int count_network(const struct push *push, int *ret_retry_after)
{
	const struct server *server = request_server(push->request);
	char network[REQUEST_CLIENT_SIZE], key[REQUEST_CLIENT_SIZE + 16];

	if (!client_is_public(&push->client))
		return 0;
	request_network(push->request, network);
	(void)snprintf(key, sizeof key, "push %s", network);
	return store_attempt(server->store, key, PAR_PUBLIC_PER_MINUTE, 60, env_now(&server->env), ret_retry_after);
}

static void answer(const struct push *push, int r, const char *uri, int retry_after)
{
	struct response *response = push->response;

	if (r == 0) {
		response_json(response, 201, json_pack("{s:s, s:i}", "request_uri", uri, "expires_in", PAR_SECONDS));
		no_store(response);
	} else if (r == PIMS_E_LIMIT) {
		oauth_error(response, 429, "temporarily_unavailable", "too many requests wait for their browsers");
		own_retry(response, r, retry_after);
	} else if (r == PIMS_E_INVALID) {
		dpop_refuse_token(response);
	} else {
		oauth_server_error(response);
	}
}

static void push_request(const struct push *push)
{
	struct buf text = BUF_INIT(PAR_TEXT_MAX), uri = BUF_INIT(REQUEST_URI_SIZE);
	int retry_after = PAR_SECONDS, r = write_text(push, &text);

	if (r == PIMS_E_LIMIT) {
		oauth_error(push->response, 413, "invalid_request", "the request is too long");
	} else {
		if (r == 0)
			r = make_uri(push, &uri);
		if (r == 0)
			r = count_network(push, &retry_after);
		if (r == 0)
			r = add(push, buf_text(&text), buf_text(&uri));
		answer(push, r, buf_text(&uri), retry_after);
	}
	buf_free(&uri);
	buf_free(&text);
}

void oidc_par(struct request *request, struct response *response)
{
	struct push push = {.request = request, .response = response};

	if (client_authenticate(request, response, &push.client) < 0)
		return;
	if (check_request(&push) == 0 && check_key(&push) == 0)
		push_request(&push);
	auth_request_free(&push.auth);
	client_free(&push.client);
}
