/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/authorize.h"
#include "identity/grant.h"
#include "identity/identity.h"
#include "identity/limits.h"
#include "identity/userinfo.h"

#include "base/json.h"
#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* Sign-in by authorization code with PKCE (RFC 6749 §4.1, RFC 7636, RFC 8252). The old session stays until the new one is complete. */

struct login {
	struct grant grant; /* first: see grant.h */
	struct authorization authorization;
	struct secret code;
};

static void login_free(void *data)
{
	struct login *login = data;

	grant_free(&login->grant);
	authorization_free(&login->authorization);
	secret_free(&login->code);
	free(login);
}

static enum flow_want adopt(struct flow *flow)
{
	int r = grant_adopt(flow);

	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_SAVE, userinfo_ask);
}

/* By the server's clock, which may have become known only with the token answer. */
static int64_t asked_at(const struct flow *flow, const struct authorization *authorization)
{
	return flow_server_time(flow) - (env_monotonic(flow->env) - authorization->asked) / 1000;
}

static enum flow_want read_tokens(struct flow *flow)
{
	struct login *login = flow->data;
	struct id_token_rules rules = {.nonce = secret_text(&login->authorization.nonce)};

	if (flow->response.status != 200)
		return token_fail(flow);
	if (login->authorization.forced)
		rules.auth_after = asked_at(flow, &login->authorization);
	return grant_receive(flow, &rules, adopt);
}

static enum flow_want ask_tokens(struct flow *flow)
{
	struct login *login = flow->data;
	int r = token_request_code(flow, secret_text(&login->code), secret_text(&login->authorization.verifier), &login->grant.key);

	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_tokens);
}

static enum flow_want read_redirect(struct flow *flow, const struct query *query)
{
	struct login *login = flow->data;
	const char *error = query_get(query, "error");
	const char *code = query_get(query, "code");
	int r;

	if (!authorization_issuer_matches(&flow->profile->endpoints, query))
		return flow_fail(flow, PIMS_SERVER, "oauth.issuer");
	if (error)
		return authorization_refused(flow, error);
	if (!code || !*code || strlen(code) > CODE_MAX)
		return flow_fail(flow, PIMS_SERVER, "oauth.no_code");
	r = secret_set(&login->code, code);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_LOCK, ask_tokens);
}

static enum flow_want returned(struct flow *flow)
{
	struct login *login = flow->data;
	struct query query = {0};
	enum flow_want want;
	int r = PIMS_E_NOT_FOUND;

	if (flow->agent_answer)
		r = authorization_redirect(&login->authorization, flow->redirect_uri, flow->agent_answer, &query);
	secret_free_text(flow->agent_answer);
	flow->agent_answer = NULL;
	if (r == PIMS_E_NOT_FOUND) /* somebody else's: ours may still come */
		return flow_wait(flow, FLOW_AGENT, returned);
	if (r < 0)
		return flow_fail_return(flow, r);
	want = read_redirect(flow, &query);
	query_free(&query);
	return want;
}

/*
 * A key of its own for each sign-in: it comes to disk with the tokens that are bound to it, and goes with them. Till then it is in memory, as the PKCE
 * verifier is.
 */
static int make_key(struct flow *flow, struct login *login)
{
	int r;

	if (!flow->profile->endpoints.dpop || flow->profile->dpop == DPOP_NEVER)
		return 0;
	r = dpop_key_make(&login->grant.key, flow->env);
	return r < 0 ? r : dpop_key_thumbprint(&login->grant.key, login->authorization.key);
}

static enum flow_want open_agent(struct flow *flow, const char *query)
{
	struct buf url = BUF_INIT(HTTP_MAX_URL);
	int r = authorization_url(flow->profile, query, &url);

	if (r == 0)
		r = text_set(&flow->agent_url, buf_text(&url));
	buf_free(&url);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_AGENT, returned);
}

/* RFC 9126 §4: the user agent carries the name of the request only. */
static enum flow_want read_pushed(struct flow *flow)
{
	struct buf query = BUF_INIT(HTTP_MAX_URL);
	json_t *answer = NULL;
	enum flow_want want;
	int r;

	if (flow->response.status != 201 && flow->response.status != 200)
		return token_fail(flow);
	r = json_parse_object(buf_text(&flow->response.body), flow->response.body.len, DOCUMENT_MAX, &answer);
	if (r == 0 && !json_text(answer, "request_uri"))
		r = PIMS_E_FORMAT;
	if (r == 0) {
		url_put(&query, "client_id", flow->profile->client_id);
		r = url_put(&query, "request_uri", json_text(answer, "request_uri"));
	}
	if (r == PIMS_E_MEMORY)
		want = flow_fail_return(flow, r);
	else
		want = r < 0 ? flow_fail(flow, PIMS_SERVER, "server.format") : open_agent(flow, buf_text(&query));
	json_wipe(answer);
	buf_free(&query);
	return want;
}

static enum flow_want ask_user(struct flow *flow)
{
	struct login *login = flow->data;
	char language[LANGUAGE_SIZE];
	struct buf query = BUF_INIT(HTTP_MAX_URL);
	enum flow_want want;
	int r = authorization_begin(&login->authorization, flow->env, login->authorization.forced);

	if (r == 0)
		r = make_key(flow, login);
	if (r == 0)
		r = authorization_parameters(&login->authorization, flow, authorization_language(flow, language), &query);
	if (r == 0 && flow->profile->endpoints.par)
		r = token_request_par(flow, buf_text(&query));
	if (r < 0)
		want = flow_fail_return(flow, r);
	else
		want = flow->profile->endpoints.par ? flow_wait(flow, FLOW_HTTP, read_pushed) : open_agent(flow, buf_text(&query));
	buf_free(&query);
	return want;
}

static enum flow_want open_redirect(struct flow *flow)
{
	return flow_wait(flow, FLOW_REDIRECT, ask_user);
}

static enum flow_want begin(struct flow *flow, bool forced)
{
	char language[LANGUAGE_SIZE];
	const char *valid = authorization_language(flow, language);
	struct login *login;

	if (valid && !*valid)
		return flow_fail_name(flow, PIMS_INVALID_PARAMETER, "local", NULL);
	login = calloc(1, sizeof *login);
	if (!login)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	login->authorization.forced = forced;
	flow->data = login;
	flow->data_free = login_free;
	return flow_wait(flow, FLOW_ENDPOINTS, open_redirect);
}

enum flow_want identity_login(struct flow *flow)
{
	return begin(flow, false);
}

enum flow_want identity_forced_login(struct flow *flow)
{
	return begin(flow, true);
}

const struct authorization *login_authorization(const struct flow *flow)
{
	return flow->data_free == login_free ? &((const struct login *)flow->data)->authorization : NULL;
}
