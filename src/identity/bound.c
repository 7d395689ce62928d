/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/bound.h"

#include "base/text.h"
#include "dpop/dpop.h"
#include "identity/session.h"
#include "identity/token.h"
#include "platform/challenge.h"

#include <pims/error.h>

enum { BAD_REQUEST = 400, UNAUTHORIZED = 401 };

static int make_proof(struct flow *flow, struct dpop_key *key, const struct dpop_request *wanted, struct buf *proof)
{
	struct dpop_request request = *wanted;

	request.now = flow_server_time(flow);
	return dpop_make(key, flow->env, &request, proof);
}

static int add_proof(struct flow *flow, struct dpop_key *key, const char *access_token)
{
	struct http_request *http = &flow->request;
	const struct dpop_request request = {
		.method = http->method ? http->method : "GET",
		.url = buf_text(&http->url),
		.access_token = access_token,
		.nonce = flow->nonces ? dpop_nonce(flow->nonces, buf_text(&http->url)) : NULL,
	};
	struct buf proof = BUF_INIT(DPOP_PROOF_MAX);
	int r = make_proof(flow, key, &request, &proof);

	if (r == 0)
		r = http_request_header(http, "DPoP", buf_text(&proof));
	buf_free(&proof);
	return r;
}

/* RFC 9449 §7.1 */
static int add_bound_token(struct flow *flow)
{
	struct session *session = flow->session;
	struct buf value = BUF_INIT(HTTP_MAX_HEADERS);
	int r = buf_printf(&value, "DPoP %s", secret_text(&session->access_token));

	if (r == 0)
		r = http_request_header(&flow->request, "Authorization", buf_text(&value));
	buf_free(&value);
	return r < 0 ? r : add_proof(flow, &session->key, secret_text(&session->access_token));
}

int bound_request(struct flow *flow)
{
	if (flow->bearer && flow->session->access_bound)
		return add_bound_token(flow);
	if (flow->bearer)
		return http_request_bearer(&flow->request, secret_text(&flow->session->access_token));
	return flow->proof && !dpop_key_empty(flow->proof) ? add_proof(flow, flow->proof, NULL) : 0;
}

static bool had_proof(const struct flow *flow)
{
	return flow->bearer ? flow->session->access_bound : flow->proof && !dpop_key_empty(flow->proof);
}

/* At the token endpoint the error is in the body (RFC 9449 §8), at a resource in the challenge (§9). */
static bool has_error(const struct flow *flow, const char *error)
{
	const struct http_response *response = &flow->response;
	char cause[64], expected[64];

	if (response->failure != PIMS_HTTP_OK)
		return false;
	if (response->status == UNAUTHORIZED && challenge_has_error(response->www_authenticate, error))
		return true;
	token_cause(error, expected, sizeof expected);
	return !flow->bearer && (response->status == BAD_REQUEST || response->status == UNAUTHORIZED) &&
	       token_error(response, cause, sizeof cause) && text_equal(cause, expected);
}

bool bound_proof_refused(const struct flow *flow)
{
	return has_error(flow, "use_dpop_nonce") || has_error(flow, "invalid_dpop_proof");
}

bool bound_again(struct flow *flow, bool clock_changed)
{
	const char *nonce = flow->response.dpop_nonce;

	if (*nonce && flow->nonces)
		(void)dpop_nonce_learn(flow->nonces, buf_text(&flow->request.url), nonce);
	if (!had_proof(flow))
		return false;
	return (*nonce && has_error(flow, "use_dpop_nonce")) || (clock_changed && has_error(flow, "invalid_dpop_proof"));
}

/* The application's own request, by the server's clock; its nonce is the application's business, too. */
static int put_proof(struct flow *flow, const char *token, json_t *result)
{
	const struct dpop_request request = {
		.method = flow_text(flow, "htm") ? flow_text(flow, "htm") : "GET",
		.url = flow_text(flow, "htu"),
		.access_token = token,
		.nonce = flow_text(flow, "nonce"),
	};
	struct buf proof = BUF_INIT(DPOP_PROOF_MAX);
	int r = make_proof(flow, &flow->session->key, &request, &proof);

	if (r == 0)
		r = json_put_text(result, "dpop", buf_text(&proof));
	buf_free(&proof);
	return r;
}

enum flow_want bound_give(struct flow *flow, const char *type, const struct secret *token, bool bound)
{
	json_t *result = json_pack("{s:s,s:s}", "type", type, "token", secret_text(token));
	bool proof = bound && flow_text(flow, "htu");
	int r = result ? 0 : PIMS_E_MEMORY;

	if (r == 0 && flow_text(flow, "htu") && text_equal(type, "cvs"))
		r = json_put_text(result, "scope", flow->session->scope);
	if (r == 0 && proof)
		r = json_put_text(result, "tokenType", "DPoP");
	if (r == 0 && proof)
		r = put_proof(flow, secret_text(token), result);
	if (r == 0)
		return flow_succeed(flow, result);
	json_wipe(result);
	/* from here only an URL can be wrong: the table has looked at the rest */
	return r == PIMS_E_FORMAT ? flow_fail_name(flow, PIMS_INVALID_PARAMETER, "htu", NULL) : flow_fail_return(flow, r);
}
