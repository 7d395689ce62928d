/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_BOUND_H
#define PIMS_IDENTITY_BOUND_H

#include "platform/flow.h"

#include <stdbool.h>

/* Tokens that are bound to the session's key (RFC 9449): what goes into requests, what comes of answers, what applications get. */

/**
 * Adds to flow->request what flow->bearer and flow->proof ask for: "Authorization" with the access token, and a proof. Each time the request is sent, since
 * a proof is good once. Returns as http_request_header(), or PIMS_E_CRYPTO.
 */
int bound_request(struct flow *flow);
/**
 * Learns the nonce of flow->response. True when the request had a proof that was refused for a reason which the next one does not have: it lacked the
 * nonce, or its clock was wrong and is known better now (`clock_changed`).
 */
bool bound_again(struct flow *flow, bool clock_changed);
/** True when the answer refuses the proof and not the token: another token would not help. */
bool bound_proof_refused(const struct flow *flow);
/**
 * Ends the flow with a token for the application. Where the parameter `htu` names a request, one that is bound comes with "tokenType" and with a proof for
 * that request (`htm`, `nonce`); without it the result is the documented one.
 */
enum flow_want bound_give(struct flow *flow, const char *type, const struct secret *token, bool bound);

#endif
