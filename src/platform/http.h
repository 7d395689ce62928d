/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_HTTP_H
#define PIMS_PLATFORM_HTTP_H

#include "base/buf.h"
#include "base/secret.h"

#include <pims/options.h>

#include <stdbool.h>
#include <stdint.h>

enum {
	HTTP_MAX_URL = 16384,
	HTTP_MAX_HEADERS = 16384,
	HTTP_MAX_REQUEST_BODY = 65536,
	HTTP_MAX_BODY = 262144 /**< of an answer, by default */
};

/** A request being built. It may carry secrets everywhere: http_request_reset() wipes, nobody logs it. */
struct http_request {
	const char *method; /**< a literal; NULL = "GET" */
	struct buf url;
	struct buf headers; /**< "Name: value" lines, each with its NUL */
	struct buf body;
	size_t body_limit; /**< of the answer; 0 = HTTP_MAX_BODY */
};

/** An answer, or why there is none. */
struct http_response {
	enum pims_http_failure failure;
	int status;
	struct buf body;
	char content_type[128]; /**< lower case, without parameters; "" when there is none */
	char www_authenticate[1024]; /**< several ones joined by commas; "" when there is none */
	char dpop_nonce[257];        /**< RFC 9449 §8; "" when there is none */
	int retry_after; /**< seconds, -1 when there is none */
	int64_t date;    /**< the server's clock, seconds since 1970; 0 when there is none */
};

void http_request_init(struct http_request *request);
void http_request_reset(struct http_request *request);
/** Empties the request and sets method (a literal) and URL. */
int http_request_start(struct http_request *request, const char *method, const char *url);
/** PIMS_E_FORMAT: control characters in name or value. */
int http_request_header(struct http_request *request, const char *name, const char *value);
/** "Authorization: Bearer …" (RFC 6750 §2.1). */
int http_request_bearer(struct http_request *request, const char *token);
/** "Authorization: Basic …", both parts form-encoded first (RFC 6749 §2.3.1). */
int http_request_basic(struct http_request *request, const char *id, const char *secret);

void http_response_init(struct http_response *response);
void http_response_reset(struct http_response *response);
/** Fills it from what a transport delivered: limits, the headers above, the date. Returns PIMS_E_MEMORY or 0. */
int http_response_read(struct http_response *response, const struct pims_http_response *from, size_t body_limit);
/** True for media type `type`, e.g. "application/json" (also matches "application/problem+json" for that one). */
bool http_response_is_json(const struct http_response *response);

#endif
