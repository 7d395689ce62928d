/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_TOKEN_H
#define PIMS_IDENTITY_TOKEN_H

#include "dpop/dpop.h"
#include "platform/flow.h"

/** A token answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3), checked for form only. */
struct token_answer {
	struct secret access_token;
	struct secret refresh_token; /**< empty: the old one stays (RFC 6749 §6) */
	struct secret id_token;      /**< empty: none came */
	int64_t expires_in;          /**< seconds */
	bool bound;                  /**< token_type DPoP, else Bearer */
	char *scope;                 /**< NULL = as asked for */
};

/**
 * Each builds flow->request for the token endpoint, with the client's credentials, to be sent with a proof by `key` unless that is empty. Returns as
 * http_request_start().
 */
int token_request_code(struct flow *flow, const char *code, const char *verifier, struct dpop_key *key);
int token_request_refresh(struct flow *flow, const char *refresh_token);
/** RFC 9126 §2.1: the parameters of an authorization request, encoded, for the endpoint that takes them. */
int token_request_par(struct flow *flow, const char *query);
/** RFC 8693: an access token for one to the API of `audience`. */
int token_request_exchange(struct flow *flow, const char *access_token, const char *audience);
/** The same for the revocation endpoint (RFC 7009 §2.1). `hint` is "refresh_token" or "access_token". */
int token_request_revocation(struct flow *flow, const char *token, const char *hint);

/** Reads an answer of status 200 into an empty structure; `key` as in the request. PIMS_E_FORMAT, PIMS_E_MEMORY: nothing was written. */
int token_answer_read(const struct http_response *response, const struct dpop_key *key, struct token_answer *ret_answer);
void token_answer_free(struct token_answer *answer);

/** The `error` of an OAuth error answer (RFC 6749 §5.2) as a cause, e.g. "oauth.invalid_grant"; false when it is none. */
bool token_error(const struct http_response *response, char *ret_cause, size_t size);
/** Writes "oauth.ERROR" when the error code of a server is a plain word, else "oauth.error". */
void token_cause(const char *error, char *ret_cause, size_t size);
/** Ends the flow by flow->response: 2006 when the client is refused, else 2204, or as flow_fail_response(). */
enum flow_want token_fail(struct flow *flow);

#endif
