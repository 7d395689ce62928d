/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/token.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "identity/limits.h"
#include "identity/session.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIFE_UNTOLD = 300,    /* "expires_in" is only recommended: then renew soon */
	LIFE_MAX = 315360000, /* ten years */
	ERROR_MAX = 40
};

/*
 * Public clients name themselves in the form, others by Basic (RFC 6749 §2.3.1; spec/wire.md §2), or in the form where the provider takes nothing
 * else. `named`: the form has the client_id already. The body is wiped with the request.
 */
static int authenticate(struct flow *flow, bool named)
{
	const struct profile *profile = flow->profile;
	struct buf *body = &flow->request.body;
	bool post = profile->auth_method == AUTH_POST || (profile->auth_method == AUTH_AUTO && profile->endpoints.post_secret);
	bool basic = !secret_empty(&profile->client_secret) && !post;

	if (basic)
		return http_request_basic(&flow->request, profile->client_id, secret_text(&profile->client_secret));
	if (!named)
		url_put(body, "client_id", profile->client_id);
	if (!secret_empty(&profile->client_secret))
		url_put(body, "client_secret", secret_text(&profile->client_secret));
	return buf_error(body);
}

/* `form`: what stands in the form first. */
static int begin_with(struct flow *flow, const char *url, const char *form)
{
	int r = http_request_start(&flow->request, "POST", url);

	if (r == 0)
		r = http_request_header(&flow->request, "Content-Type", "application/x-www-form-urlencoded");
	if (r == 0)
		r = http_request_header(&flow->request, "Accept", "application/json");
	if (r == 0)
		r = buf_puts(&flow->request.body, form);
	if (r == 0)
		r = authenticate(flow, *form);
	flow->request.body_limit = DOCUMENT_MAX;
	return r;
}

static int begin(struct flow *flow, const char *url)
{
	return begin_with(flow, url, "");
}

int token_request_par(struct flow *flow, const char *query)
{
	return begin_with(flow, flow->profile->endpoints.par, query);
}

/*
 * `for_others`: the token is for programs that have no key, so the server is asked to leave it unbound (RFC 9449 §5 allows it). openpims_token_type is ours;
 * servers that do not know it are to ignore it (RFC 6749 §3.2), and bind.
 */
static int put_binding(struct flow *flow, struct dpop_key *key, bool for_others)
{
	if (dpop_key_empty(key))
		return 0;
	flow->proof = key;
	return for_others ? url_put(&flow->request.body, "openpims_token_type", "Bearer") : 0;
}

/* RFC 8707 §2.2: a provider gives tokens for the API that is named at each request. */
static int put_resource(struct flow *flow)
{
	const char *resource = flow->profile->endpoints.resource;

	return resource ? url_put(&flow->request.body, "resource", resource) : 0;
}

int token_request_code(struct flow *flow, const char *code, const char *verifier, struct dpop_key *key)
{
	struct buf *body = &flow->request.body;
	int r = begin(flow, flow->profile->endpoints.token);

	if (r < 0)
		return r;
	url_put(body, "grant_type", "authorization_code");
	url_put(body, "code", code);
	url_put(body, "redirect_uri", flow->redirect_uri);
	put_resource(flow);
	r = url_put(body, "code_verifier", verifier);
	return r < 0 ? r : put_binding(flow, key, flow->profile->dpop == DPOP_REFRESH);
}

int token_request_refresh(struct flow *flow, const char *refresh_token)
{
	int r = begin(flow, flow->profile->endpoints.token);

	if (r < 0)
		return r;
	url_put(&flow->request.body, "grant_type", "refresh_token");
	put_resource(flow);
	r = url_put(&flow->request.body, "refresh_token", refresh_token);
	return r < 0 ? r : put_binding(flow, &flow->session->key, flow->profile->dpop == DPOP_REFRESH);
}

int token_request_exchange(struct flow *flow, const char *access_token, const char *audience)
{
	struct buf *body = &flow->request.body;
	int r = begin(flow, flow->profile->endpoints.token);

	if (r < 0)
		return r;
	url_put(body, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
	url_put(body, "audience", audience);
	url_put(body, "subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
	r = url_put(body, "subject_token", access_token);
	return r < 0 ? r : put_binding(flow, &flow->session->key, flow->profile->dpop != DPOP_ALL);
}

int token_request_revocation(struct flow *flow, const char *token, const char *hint)
{
	int r = begin(flow, flow->profile->endpoints.revocation);

	if (r < 0)
		return r;
	url_put(&flow->request.body, "token", token);
	return url_put(&flow->request.body, "token_type_hint", hint);
}

void token_answer_free(struct token_answer *answer)
{
	secret_free(&answer->access_token);
	secret_free(&answer->refresh_token);
	secret_free(&answer->id_token);
	free(answer->scope);
	*answer = (struct token_answer){0};
}

/* RFC 6749 §A.12, §A.17: visible ASCII. Anything else could end a header line. */
static bool is_visible(const struct secret *secret)
{
	for (size_t i = 0; i < secret->len; i++)
		if (secret->text[i] <= ' ' || secret->text[i] > '~')
			return false;
	return true;
}

static int take_tokens(const json_t *object, struct token_answer *answer)
{
	int r = json_copy_secret(object, "access_token", TOKEN_MAX, &answer->access_token);

	if (r == 0)
		r = json_copy_secret(object, "refresh_token", TOKEN_MAX, &answer->refresh_token);
	if (r == 0)
		r = json_copy_secret(object, "id_token", ID_TOKEN_MAX, &answer->id_token);
	if (r < 0)
		return r;
	if (secret_empty(&answer->access_token) || !is_visible(&answer->access_token) || !is_visible(&answer->refresh_token))
		return PIMS_E_FORMAT;
	return 0;
}

/*
 * RFC 9449 §5: a provider may answer Bearer to a proof, which binds the refresh token alone; that is its choice, and we go on. One that answers DPoP
 * without a proof gives a token that nobody could use.
 */
static int take_type(const json_t *object, const struct dpop_key *key, struct token_answer *answer)
{
	const char *type = json_text(object, "token_type");

	if (!type)
		return PIMS_E_FORMAT;
	answer->bound = text_equal_nocase(type, "DPoP");
	if (answer->bound)
		return dpop_key_empty(key) ? PIMS_E_FORMAT : 0;
	return text_equal_nocase(type, "Bearer") ? 0 : PIMS_E_FORMAT;
}

/* A number in RFC 6749 §5.1; some providers write it as a text, some with a fraction. */
static int take_life(const json_t *object, struct token_answer *answer)
{
	const json_t *life = json_object_get(object, "expires_in");
	uint64_t seconds = LIFE_UNTOLD;

	if (json_is_number(life) && json_number_value(life) >= 0)
		seconds = json_number_value(life) < LIFE_MAX ? (uint64_t)json_number_value(life) : LIFE_MAX;
	else if (json_is_string(life) && decimal_parse(json_string_value(life), LIFE_MAX, &seconds) < 0)
		return PIMS_E_FORMAT;
	else if (life && !json_is_string(life) && !json_is_null(life))
		return PIMS_E_FORMAT;
	answer->expires_in = (int64_t)seconds;
	return 0;
}

static int take_rest(const json_t *object, struct token_answer *answer)
{
	int r = take_life(object, answer);

	return r < 0 ? r : json_copy_text(object, "scope", SCOPE_MAX, &answer->scope);
}

int token_answer_read(const struct http_response *response, const struct dpop_key *key, struct token_answer *ret_answer)
{
	struct token_answer answer = {0};
	json_t *object = NULL;
	int r;

	if (!http_response_is_json(response))
		return PIMS_E_FORMAT;
	r = json_parse_object(buf_text(&response->body), response->body.len, DOCUMENT_MAX, &object);
	if (r == 0)
		r = take_tokens(object, &answer);
	if (r == 0)
		r = take_type(object, key, &answer);
	if (r == 0)
		r = take_rest(object, &answer);
	json_wipe(object);
	if (r < 0)
		token_answer_free(&answer);
	else
		*ret_answer = answer;
	return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
}

void token_cause(const char *error, char *ret_cause, size_t size)
{
	size_t length = strspn(error, "abcdefghijklmnopqrstuvwxyz_");
	bool plain = length > 0 && length <= ERROR_MAX && !error[length];

	(void)snprintf(ret_cause, size, "oauth.%s", plain ? error : "error");
}

bool token_error(const struct http_response *response, char *ret_cause, size_t size)
{
	json_t *object = NULL;
	const char *error;

	if (!http_response_is_json(response))
		return false;
	if (json_parse_object(buf_text(&response->body), response->body.len, DOCUMENT_MAX, &object) < 0)
		return false;
	error = json_text(object, "error");
	if (error)
		token_cause(error, ret_cause, size);
	json_wipe(object);
	return error != NULL;
}

enum flow_want token_fail(struct flow *flow)
{
	const int status = flow->response.status;
	char cause[64];

	if (status < 400 || status >= 500 || status == 429 || !token_error(&flow->response, cause, sizeof cause))
		return flow_fail_response(flow);
	if (text_equal(cause, "oauth.invalid_client") || text_equal(cause, "oauth.unauthorized_client"))
		return flow_fail(flow, PIMS_NOT_CONFIGURED, cause);
	return flow_fail(flow, PIMS_SERVER, cause);
}
