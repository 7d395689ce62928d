/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/grant.h"

#include "base/text.h"
#include "identity/authorize.h"
#include "identity/issuer.h"
#include "identity/limits.h"
#include "jose/jwks.h"

#include <pims/error.h>

#include <stdlib.h>

static enum flow_want verify(struct flow *flow);

void grant_free(struct grant *grant)
{
	token_answer_free(&grant->answer);
	jws_free(&grant->id_token);
	dpop_key_free(&grant->key);
}

/* True when there is one that has to go to disk first (state before answer). */
static bool has_rotated(const struct grant *grant)
{
	return grant->renewal && !grant->kept && !secret_empty(&grant->answer.refresh_token);
}

static int keep_rotated(struct flow *flow)
{
	struct grant *grant = flow->data;

	grant->kept = true;
	return secret_copy(&flow->session->refresh_token, &grant->answer.refresh_token);
}

static enum flow_want fail_saved(struct flow *flow)
{
	return flow_fail(flow, PIMS_SERVER, ((const struct grant *)flow->data)->problem);
}

/* The id_token is the session's, but keeps not all rules; `problem` is a literal. */
static enum flow_want refuse(struct flow *flow, const char *problem)
{
	struct grant *grant = flow->data;
	int r;

	grant->problem = problem;
	if (!has_rotated(grant) || id_token_is_anothers(problem))
		return fail_saved(flow);
	r = keep_rotated(flow);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_SAVE, fail_saved);
}

static enum flow_want read_keys(struct flow *flow)
{
	const struct buf *body = &flow->response.body;
	int r;

	if (flow->response.status != 200)
		return flow_fail_response(flow);
	r = jwks_check(buf_text(body), body->len); /* whatever its type says: no standard demands one of it */
	if (r == 0)
		r = text_set(&flow->profile->endpoints.jwks_document, buf_text(body));
	if (r == PIMS_E_FORMAT)
		return flow_fail(flow, PIMS_SERVER, "server.format");
	return r < 0 ? flow_fail_return(flow, r) : verify(flow);
}

/*
 * The server has replaced the refresh token already. Before a request that can fail or be killed, the new one goes to disk: claims
 * were checked, only the signature was not (state before answer).
 */
static enum flow_want fetch_keys(struct flow *flow)
{
	int r;

	if (has_rotated(flow->data)) {
		r = keep_rotated(flow);
		return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_SAVE, fetch_keys);
	}
	r = http_request_start(&flow->request, "GET", flow->profile->endpoints.jwks);
	if (r == 0)
		r = http_request_header(&flow->request, "Accept", "application/json, application/jwk-set+json");
	flow->request.body_limit = DOCUMENT_MAX;
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_keys);
}

static enum flow_want verify(struct flow *flow)
{
	struct grant *grant = flow->data;
	const struct endpoints *endpoints = &flow->profile->endpoints;
	bool unnamed;
	int r;

	/* No source tells the keys of the live service; TLS to the token endpoint stands in (OpenID Connect Core §3.1.3.7 rule 6). */
	if (!endpoints->jwks)
		return issuer_is_tls(endpoints) ? grant->checked(flow) : refuse(flow, "id_token.key");
	if (!endpoints->jwks_document)
		return fetch_keys(flow);
	r = jwks_verify(endpoints->jwks_document, &grant->id_token);
	if (r == 0)
		return grant->checked(flow);
	/* a provider with one key need not name it: then a new one shows only by the signature (OpenID Connect Core §10.1) */
	unnamed = r == PIMS_E_CRYPTO && !grant->id_token.key_id;
	if ((r == PIMS_E_NOT_FOUND || unnamed) && !grant->refetched) {
		grant->refetched = true;
		return fetch_keys(flow);
	}
	if (r == PIMS_E_NOT_FOUND)
		return refuse(flow, "id_token.key");
	return r == PIMS_E_CRYPTO ? refuse(flow, "id_token.signature") : flow_fail_return(flow, r);
}

static enum flow_want check_id_token(struct flow *flow, struct id_token_rules *rules)
{
	struct grant *grant = flow->data;
	const struct secret *text = &grant->answer.id_token;
	const char *problem;
	int r = jws_parse(secret_text(text), text->len, &grant->id_token);

	if (r == PIMS_E_FORMAT)
		return flow_fail(flow, PIMS_SERVER, "id_token.format");
	if (r == PIMS_E_INVALID)
		return flow_fail(flow, PIMS_SERVER, "id_token.algorithm");
	if (r < 0)
		return flow_fail_return(flow, r);
	rules->endpoints = &flow->profile->endpoints;
	rules->client_id = flow->profile->client_id;
	rules->access_token = secret_text(&grant->answer.access_token);
	rules->algorithm = grant->id_token.algorithm;
	rules->now = flow_server_time(flow);
	problem = id_token_check(grant->id_token.claims, rules);
	return problem ? refuse(flow, problem) : verify(flow);
}

enum flow_want grant_receive(struct flow *flow, struct id_token_rules *rules, flow_step_fn checked)
{
	struct grant *grant = flow->data;
	const struct dpop_key *key = rules->session ? &flow->session->key : &grant->key;
	int r = token_answer_read(&flow->response, key, &grant->answer);

	if (r == PIMS_E_FORMAT)
		return flow_fail(flow, PIMS_SERVER, "server.format");
	if (r < 0)
		return flow_fail_return(flow, r);
	grant->checked = checked;
	grant->renewal = rules->session != NULL;
	grant->expires = flow_server_time(flow) + grant->answer.expires_in;
	if (!secret_empty(&grant->answer.id_token))
		return check_id_token(flow, rules);
	return grant->renewal ? checked(flow) : flow_fail(flow, PIMS_SERVER, "id_token.missing");
}

/* A renewed id_token may carry fewer claims than the first: then the name stays. */
static const char *choose_username(const struct grant *grant, const struct session *old)
{
	const json_t *claims = grant->id_token.claims;
	const char *username = claims ? id_token_username(claims) : NULL;

	if (grant->renewal && (!username || text_equal(username, json_text(claims, "sub"))))
		return old->username;
	return username;
}

static int fill_texts(const struct grant *grant, const struct flow *flow, struct session *next)
{
	const struct session *old = flow->session;
	const json_t *claims = grant->id_token.claims;
	const char *scope = grant->renewal ? old->scope : authorization_scope(flow->profile);
	int r = text_set(&next->subject, grant->renewal ? old->subject : json_text(claims, "sub"));

	if (r == 0)
		r = text_set(&next->issuer, grant->renewal ? old->issuer : json_text(claims, "iss"));
	if (r == 0)
		r = text_set(&next->username, choose_username(grant, old));
	if (r == 0)
		r = text_set(&next->scope, grant->answer.scope ? grant->answer.scope : scope);
	return r < 0 ? r : text_set(&next->client_id, flow->profile->client_id);
}

static void move_tokens(struct grant *grant, struct session *old, struct session *next)
{
	bool keeps_refresh = grant->renewal && secret_empty(&grant->answer.refresh_token);
	bool keeps_id = grant->renewal && !grant->id_token.claims;

	secret_move(&next->access_token, &grant->answer.access_token);
	secret_move(&next->refresh_token, keeps_refresh ? &old->refresh_token : &grant->answer.refresh_token);
	secret_move(&next->id_token, keeps_id ? &old->id_token : &grant->answer.id_token);
	if (grant->renewal) { /* it belongs to the session, not to the access token */
		secret_move(&next->customer_token, &old->customer_token);
		next->customer_expires = old->customer_expires;
		next->customer_bound = old->customer_bound;
		next->customer_audience = old->customer_audience;
		old->customer_audience = NULL;
	}
	dpop_key_move(&next->key, grant->renewal ? &old->key : &grant->key);
	next->access_bound = grant->answer.bound;
	next->access_expires = grant->expires;
	next->id_expires = keeps_id ? old->id_expires : id_token_expires(grant->id_token.claims);
}

int grant_adopt(struct flow *flow)
{
	struct grant *grant = flow->data;
	struct session next = {0};
	int r = fill_texts(grant, flow, &next);

	if (r < 0) {
		session_free(&next);
		return r;
	}
	move_tokens(grant, flow->session, &next);
	session_free(flow->session);
	*flow->session = next;
	return 0;
}
