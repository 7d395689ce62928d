/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_STRONG_REST_H
#define PIMS_STRONG_REST_H

#include "platform/flow.h"

#include <stdbool.h>

/** False, with the flow ended (2344 StrongAuthentication), when the application has no macID. */
bool strong_configured(struct flow *flow);
/**
 * False, with the flow ended, at a brand's live service, for what no public source tells the wire format of: our server understands fields of our own, which
 * nobody else must be sent.
 */
bool strong_own_server(struct flow *flow);
/** Ends the flow: this backend offers no such call. */
enum flow_want strong_no_endpoint(struct flow *flow);
/**
 * Sends flow->request, built so far by http_request_start() and http_request_header(), with the session's token and the realm of the backend
 * (spec/wire.md §2). `built` is what building it returned.
 */
enum flow_want strong_send(struct flow *flow, int built, flow_step_fn next);
/** flow_fail_response(), and where the problem document's `cause` is a refusal of inWebo's (inwebo/error.h), the code of that. */
enum flow_want strong_fail_response(struct flow *flow);
/** Succeeds with a result that json_pack() built; 2000 when it could not (NULL). */
enum flow_want strong_succeed(struct flow *flow, json_t *result);
/** The answer's JSON object, which the caller owns (json_wipe), or NULL when it is none. */
json_t *strong_answer_object(const struct flow *flow);

#endif
