/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_INTROSPECT_H
#define PIMSD_EXTERNAL_INTROSPECT_H

#include "platform/http.h"
#include "server/external/access_token.h"

enum { INTROSPECTION_MAX = 65536 };

/** Builds the request (RFC 7662 §2.1). Returns as http_request_start(). */
int introspect_request(struct http_request *request, const char *endpoint, const struct external_settings *settings, const struct secret *secret,
		       const char *token);
/**
 * Reads an answer's body (RFC 7662 §2.2): 0 and an identity; PIMS_E_NOT_FOUND: the token is not active, or not for us, as *ret_problem says (a literal);
 * PIMS_E_FORMAT: that is no answer; PIMS_E_MEMORY.
 */
int introspect_read(const char *text, size_t length, const struct access_token_rules *rules, struct external_identity *ret_identity,
		    const char **ret_problem);

#endif
