/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_RENEWAL_H
#define PIMS_IDENTITY_RENEWAL_H

#include "platform/flow.h"

/**
 * Renews the session under FLOW_LOCK, unless another flow or process has renewed it since this one began: then there is nothing to
 * ask. `wants_id`: the id_token must be good as well. Goes on with `renewed`; otherwise ends the flow with 2301 or 22xx.
 */
enum flow_want renewal_begin(struct flow *flow, bool wants_id, flow_step_fn renewed);

#endif
