/* SPDX-License-Identifier: Apache-2.0 */
#include "support/provider.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "identity/bound.h"
#include "identity/identity.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What stands behind the endpoints. */

struct answer {
	int status;
	const char *type;
	char *body; /**< owned */
};

int64_t provider_now(const struct provider *provider)
{
	return provider->fake.now / 1000 + provider->offset;
}

static json_t *parse(const char *text)
{
	json_t *value = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), 65536, &value), 0);
	return value;
}

static void merge(json_t *object, const char *changes)
{
	json_t *parsed, *value;
	const char *name;

	if (!changes)
		return;
	parsed = parse(changes);
	json_object_foreach(parsed, name, value) {
		if (json_is_null(value))
			json_object_del(object, name);
		else
			json_object_set(object, name, value);
	}
	json_decref(parsed);
}

static char *dump(json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT);

	assert_non_null(text);
	json_decref(value);
	return text;
}

static void put_hash(json_t *claims, const char *access_token)
{
	unsigned char digest[SHA256_SIZE];
	struct buf hash = BUF_INIT(64);

	assert_int_equal(sha256(access_token, strlen(access_token), digest), 0);
	assert_int_equal(base64url_encode(digest, 16, &hash), 0);
	json_object_set_new(claims, "at_hash", json_string(buf_text(&hash)));
	buf_free(&hash);
}

static char *make_id_token(struct provider *provider, const char *access_token, bool renewal)
{
	json_int_t now = provider_now(provider);
	json_t *claims = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s}", "iss", PROVIDER_ISSUER, "sub", "subject-1", "aud", "pims", "iat",
				   now, "exp", now + 3600, "auth_time", provider->signed_in_at ? (json_int_t)provider->signed_in_at : now,
				   "email", "demo@example.com", "azp", "pims");
	char *text, *token;

	put_hash(claims, access_token);
	if (!renewal && provider->nonce)
		json_object_set_new(claims, "nonce", json_string(provider->nonce));
	merge(claims, provider->claims);
	text = dump(claims);
	token = provider_sign(provider->key, provider->algorithm, provider->header, text);
	free(text);
	return token;
}

static const char *token_type(const struct provider *provider)
{
	return *provider->proved && !provider->answers_bearer ? "DPoP" : "Bearer";
}

static void answer_tokens(struct provider *provider, const char *body, struct answer *answer)
{
	bool renewal = strstr(body, "grant_type=refresh_token") != NULL;
	json_t *object = json_pack("{s:s,s:i,s:s}", "token_type", token_type(provider), "expires_in", 3599, "scope", "openid profile email");
	char access[32], refresh[32];
	char *id_token;

	provider->issued++;
	if (!renewal)
		provider->signed_in_at = provider_now(provider);
	(void)snprintf(access, sizeof access, "access-%u", provider->issued);
	(void)snprintf(refresh, sizeof refresh, "refresh-%u", provider->issued);
	json_object_set_new(object, "access_token", json_string(access));
	json_object_set_new(object, "refresh_token", json_string(refresh));
	id_token = provider->id_token ? strdup(provider->id_token) : make_id_token(provider, access, renewal);
	json_object_set_new(object, "id_token", json_string(id_token));
	free(id_token);
	merge(object, provider->answer);
	answer->body = dump(object);
}

/* RFC 8693 §2.2 */
static void answer_exchange(struct provider *provider, struct answer *answer)
{
	char token[32];
	json_t *object;

	provider->exchanged++;
	(void)snprintf(token, sizeof token, "customer-%u", provider->exchanged);
	object = json_pack("{s:s,s:s,s:s,s:i}", "access_token", token, "issued_token_type", "urn:ietf:params:oauth:token-type:access_token",
			   "token_type", token_type(provider), "expires_in", 3599);
	merge(object, provider->answer);
	answer->body = dump(object);
}

static void answer_keys(struct provider *provider, struct answer *answer)
{
	static const enum provider_key usual[] = {KEY_RSA, KEY_EC};
	const char *text = provider->published ? provider->published : provider_keys(usual, 2);

	provider->fetched++;
	if (provider->fetched > 1 && provider->republished)
		text = provider->republished;
	if (provider->keys_type)
		answer->type = provider->keys_type;
	answer->body = strdup(text);
}

static bool is_to(const char *url, const char *path)
{
	return strstr(url, path) != NULL;
}

/* RFC 9449 §4.3, as far as a client could get it wrong. */
static void read_proof(struct provider *provider)
{
	const struct http_request *request = &provider->flow.request;
	const char *line = strstr(provider->requests[provider->request_count - 1].headers, "DPoP: ");
	struct dpop_proof proof = {0};
	char text[DPOP_PROOF_MAX];

	*provider->proved = *provider->proof_nonce = '\0';
	if (!line)
		return;
	assert_null(strstr(line + 1, "DPoP: "));
	(void)snprintf(text, sizeof text, "%.*s", (int)strcspn(line + 6, "\n"), line + 6);
	assert_int_equal(dpop_read(text, &proof), 0);
	assert_string_equal(proof.method, request->method);
	assert_string_equal(proof.url, buf_text(&request->url));
	assert_true(proof.issued >= provider_now(provider) - 60 && proof.issued <= provider_now(provider) + 60);
	assert_null(proof.hash);
	assert_int_equal(text_copy(provider->proved, sizeof provider->proved, proof.thumbprint), 0);
	assert_int_equal(text_copy(provider->proof_nonce, sizeof provider->proof_nonce, proof.nonce ? proof.nonce : ""), 0);
	dpop_proof_free(&proof);
}

/* RFC 9449 §8 */
static bool lacks_nonce(struct provider *provider, struct answer *answer)
{
	struct http_response *response = &provider->flow.response;

	if (!*provider->proved || !provider->wanted_nonce || text_equal(provider->proof_nonce, provider->wanted_nonce))
		return false;
	provider->nonces_asked++;
	(void)snprintf(response->dpop_nonce, sizeof response->dpop_nonce, "%s", provider->wanted_nonce);
	answer->status = 400;
	answer->body = strdup("{\"error\":\"use_dpop_nonce\"}");
	return true;
}

/* RFC 9126 §2.2 */
static void answer_pushed(struct provider *provider, struct answer *answer)
{
	assert_int_equal(text_set(&provider->pushed, buf_text(&provider->flow.request.body)), 0);
	answer->status = 201;
	answer->body = strdup("{\"request_uri\":\"urn:ietf:params:oauth:request_uri:r-1\",\"expires_in\":60}");
}

static void compute(struct provider *provider, struct answer *answer)
{
	const char *url = buf_text(&provider->flow.request.url);

	*answer = (struct answer){.status = 200, .type = "application/json"};
	if (is_to(url, "/access_token"))
		read_proof(provider);
	if (is_to(url, "/access_token") && lacks_nonce(provider, answer))
		return;
	if (is_to(url, "/access_token") && strstr(buf_text(&provider->flow.request.body), "token-exchange"))
		answer_exchange(provider, answer);
	else if (is_to(url, "/access_token"))
		answer_tokens(provider, buf_text(&provider->flow.request.body), answer);
	else if (is_to(url, "/jwk_uri"))
		answer_keys(provider, answer);
	else if (is_to(url, "/userinfo"))
		answer->body = strdup(provider->claims_of_user);
	else if (is_to(url, "/par"))
		answer_pushed(provider, answer);
	else if (is_to(url, "/token/revoke"))
		answer->type = NULL;
	else
		fail_msg("unexpected request %s", url);
}

/* The driver. */

static void record(struct provider *provider)
{
	const struct http_request *request = &provider->flow.request;
	struct provider_request *copy = &provider->requests[provider->request_count];

	assert_true(provider->request_count < PROVIDER_REQUESTS);
	provider->request_count++;
	copy->method = strdup(request->method ? request->method : "GET");
	copy->url = strdup(buf_text(&request->url));
	copy->body = strdup(buf_text(&request->body));
	copy->headers = malloc(request->headers.len + 1);
	assert_non_null(copy->headers);
	for (size_t i = 0; i < request->headers.len; i++)
		copy->headers[i] = request->headers.data[i] ? request->headers.data[i] : '\n';
	copy->headers[request->headers.len] = '\0';
}

static bool is_fault(const struct provider *provider)
{
	return provider->fault.path && provider->faults && is_to(buf_text(&provider->flow.request.url), provider->fault.path);
}

static bool respond_once(struct provider *provider)
{
	struct flow *flow = &provider->flow;
	struct answer answer = {0};

	assert_true(!flow->bearer || is_to(buf_text(&flow->request.url), "/userinfo"));
	assert_int_equal(bound_request(flow), 0);
	record(provider);
	http_response_reset(&flow->response);
	flow->response.retry_after = -1;
	if (is_fault(provider)) {
		provider->faults--;
		flow->response.failure = provider->fault.failure;
		flow->response.retry_after = provider->fault.retry_after ? provider->fault.retry_after : -1;
		answer = (struct answer){provider->fault.status, provider->fault.type,
					 strdup(provider->fault.body ? provider->fault.body : "")};
	} else {
		compute(provider, &answer);
	}
	flow->response.status = answer.status;
	(void)snprintf(flow->response.content_type, sizeof flow->response.content_type, "%s", answer.type ? answer.type : "");
	if (answer.body)
		assert_int_equal(buf_puts(&flow->response.body, answer.body), 0);
	free(answer.body);
	if (flow->response.failure && !flow->sees_failures) {
		flow_fail_response(flow);
		return false;
	}
	provider->skew = provider->offset;
	return true;
}

/* As facade/exchange.c does. */
static bool respond(struct provider *provider)
{
	size_t bare = provider->flow.request.headers.len;
	bool answered = respond_once(provider);

	if (answered && bound_again(&provider->flow, false)) {
		provider->flow.request.headers.len = bare;
		answered = respond_once(provider);
	}
	provider->flow.proof = NULL;
	provider->flow.bearer = false;
	return answered;
}

static void copy_session(const struct session *from, struct session *to)
{
	json_t *object = NULL;

	assert_int_equal(session_encode(from, &object), 0);
	session_free(to);
	assert_int_equal(session_decode(object, to), 0);
	json_wipe(object);
}

static bool save(struct provider *provider)
{
	assert_true(provider->locked);
	provider->saves++;
	if (provider->saves == 1)
		assert_int_equal(text_set(&provider->saved_refresh, secret_text(&provider->session.refresh_token)), 0);
	if (provider->saves == provider->fail_save) {
		copy_session(&provider->stored, &provider->session);
		flow_fail(&provider->flow, PIMS_UNKNOWN, "state.write");
		return false;
	}
	copy_session(&provider->session, &provider->stored);
	return true;
}

static void lock(struct provider *provider)
{
	assert_false(provider->locked);
	provider->locked = true;
	if (provider->on_lock)
		provider->on_lock(provider);
}

static void take_parameters(struct provider *provider)
{
	struct query query = {0};
	const char *start = strchr(provider->agent_url, '?');
	const char *parameters = provider->pushed ? provider->pushed : start ? start + 1 : NULL;

	assert_non_null(parameters);
	assert_int_equal(query_parse(parameters, strlen(parameters), &query), 0);
	assert_int_equal(text_set(&provider->state, query_get(&query, "state")), 0);
	assert_int_equal(text_set(&provider->nonce, query_get(&query, "nonce")), 0);
	query_free(&query);
}

static void redirect(struct provider *provider)
{
	struct flow *flow = &provider->flow;
	struct buf url = BUF_INIT(16384);
	const char *pattern, *place;

	if (!provider->agent_url || strcmp(provider->agent_url, flow->agent_url) != 0)
		provider->agent_opened++;
	assert_int_equal(text_set(&provider->agent_url, flow->agent_url), 0);
	take_parameters(provider);
	assert_true(provider->redirect_count < PROVIDER_REDIRECTS);
	pattern = provider->redirects[provider->redirect_count];
	if (!pattern)
		pattern = PROVIDER_REDIRECT "?code=the-code&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	provider->redirect_count++;
	place = strstr(pattern, "%s");
	buf_put(&url, pattern, place ? (size_t)(place - pattern) : strlen(pattern));
	if (place) {
		buf_puts(&url, provider->state);
		buf_puts(&url, place + 2);
	}
	assert_int_equal(buf_error(&url), 0);
	flow->agent_answer = strdup(buf_text(&url));
	provider->agent_asked++;
	buf_free(&url);
}

static bool run_nested(struct provider *provider, flow_step_fn first);

static bool give(struct provider *provider, enum flow_want want)
{
	struct flow *flow = &provider->flow;

	switch (want) {
	case FLOW_HTTP:
		return respond(provider);
	case FLOW_SAVE:
		return save(provider);
	case FLOW_LOCK:
		lock(provider);
		return true;
	case FLOW_UNLOCK:
		assert_true(provider->locked);
		provider->locked = false;
		return true;
	case FLOW_ENDPOINTS:
		if (!provider->profile.endpoints.known)
			provider_endpoints(provider);
		return true;
	case FLOW_TOKEN:
		assert_false(provider->locked);
		return session_access_valid(&provider->session, flow_server_time(flow), 60) || run_nested(provider, identity_renew);
	case FLOW_RENEW:
		assert_false(provider->locked);
		return run_nested(provider, identity_renew);
	case FLOW_REDIRECT:
		flow->redirect_uri = strdup(provider->profile.login_redirect_uri);
		return true;
	case FLOW_AGENT:
		assert_false(provider->locked);
		redirect(provider);
		return true;
	default:
		fail_msg("the flow waits for %d", (int)want);
		return false;
	}
}

static void run(struct provider *provider, flow_step_fn first)
{
	enum flow_want want = first(&provider->flow);
	flow_step_fn next;

	while (want != FLOW_DONE) {
		next = provider->flow.next;
		assert_non_null(next);
		if (!give(provider, want))
			return;
		want = next(&provider->flow);
	}
}

static void begin(struct provider *provider)
{
	struct flow *flow = &provider->flow;

	flow_init(flow);
	flow->env = &provider->fake.env;
	flow->profile = &provider->profile;
	flow->session = &provider->session;
	flow->device = &provider->device;
	flow->clock_skew = &provider->skew;
	flow->nonces = &provider->nonces;
	flow->device_name = "test device";
	flow->parameters = provider->parameters;
}

static bool run_nested(struct provider *provider, flow_step_fn first)
{
	struct flow outer = provider->flow;
	struct outcome outcome;

	begin(provider);
	run(provider, first);
	outcome = provider->flow.outcome;
	flow_clear(&provider->flow);
	provider->locked = false;
	provider->flow = outer;
	if (outcome.code)
		provider->flow.outcome = outcome;
	return outcome.code == 0;
}

static void forget(struct provider *provider)
{
	flow_clear(&provider->flow);
	json_decref(provider->parameters);
	provider->parameters = NULL;
	for (size_t i = 0; i < provider->request_count; i++) {
		free(provider->requests[i].method);
		free(provider->requests[i].url);
		free(provider->requests[i].body);
		free(provider->requests[i].headers);
	}
	provider->request_count = 0;
	provider->saves = 0;
	provider->fetched = 0;
	provider->redirect_count = 0;
	provider->agent_opened = 0;
	provider->agent_asked = 0;
	provider->locked = false;
}

void provider_run(struct provider *provider, flow_step_fn first, const char *parameters)
{
	forget(provider);
	if (parameters)
		provider->parameters = parse(parameters);
	begin(provider);
	run(provider, first);
}

void provider_endpoints(struct provider *provider)
{
	struct endpoints *endpoints = &provider->profile.endpoints;

	assert_int_equal(text_set(&endpoints->issuer, PROVIDER_ISSUER), 0);
	assert_int_equal(text_set(&endpoints->authorization, PROVIDER_ISSUER "/am/oauth2/authorize"), 0);
	assert_int_equal(text_set(&endpoints->token, PROVIDER_ISSUER "/am/oauth2/access_token"), 0);
	assert_int_equal(text_set(&endpoints->revocation, PROVIDER_ISSUER "/am/oauth2/token/revoke"), 0);
	assert_int_equal(text_set(&endpoints->jwks, PROVIDER_ISSUER "/am/oauth2/connect/jwk_uri"), 0);
	assert_int_equal(text_set(&endpoints->scope, "openid profile email"), 0);
	endpoints->iss_parameter = true;
	endpoints->dpop = provider->dpop;
	endpoints->known = true;
}

void provider_init(struct provider *provider)
{
	memset(provider, 0, sizeof *provider);
	fake_env_init(&provider->fake);
	flow_init(&provider->flow);
	assert_int_equal(text_set(&provider->profile.client_id, "pims"), 0);
	assert_int_equal(text_set(&provider->profile.brand, "Peugeot"), 0);
	assert_int_equal(text_set(&provider->profile.login_redirect_uri, PROVIDER_REDIRECT), 0);
	provider_endpoints(provider);
}

void provider_free(struct provider *provider)
{
	forget(provider);
	session_free(&provider->session);
	session_free(&provider->stored);
	profile_free(&provider->profile);
	iw_device_free(&provider->device);
	dpop_nonces_free(&provider->nonces);
	free(provider->agent_url);
	free(provider->pushed);
	free(provider->state);
	free(provider->nonce);
	free(provider->saved_refresh);
	fake_env_free(&provider->fake);
}

void provider_sign_in(struct provider *provider)
{
	provider_run(provider, identity_login, NULL);
	assert_provider_succeeded(provider);
	assert_true(session_exists(&provider->session));
	assert_int_equal(provider->saves, 1);
}

const struct provider_request *provider_last(const struct provider *provider, const char *path)
{
	for (size_t i = provider->request_count; i > 0; i--)
		if (is_to(provider->requests[i - 1].url, path))
			return &provider->requests[i - 1];
	return NULL;
}

unsigned provider_count(const struct provider *provider, const char *path)
{
	unsigned count = 0;

	for (size_t i = 0; i < provider->request_count; i++)
		count += is_to(provider->requests[i].url, path);
	return count;
}

void assert_provider_failed(const struct provider *provider, int code, const char *cause)
{
	assert_string_equal(provider->flow.outcome.cause, cause);
	assert_int_equal(provider->flow.outcome.code, code);
	assert_null(provider->flow.outcome.result);
}

void assert_provider_succeeded(const struct provider *provider)
{
	assert_string_equal(provider->flow.outcome.cause, "");
	assert_int_equal(provider->flow.outcome.code, 0);
}
