/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_STRONG_MAC_H
#define PIMS_STRONG_MAC_H

#include "inwebo/client.h"
#include "platform/flow.h"

#include <stdbool.h>

/* A conversation with iwws/MAC in a flow (spec/wire.md §1): sending a target, reading an answer, turning a refusal into an outcome. */

/** What a conversation keeps between its steps; flow->data. */
struct mac {
	struct iw_app app;     /**< texts are the flow's profile's */
	struct buf target;     /**< of the request being built */
	struct iw_reply reply; /**< of the answer being read */
	int refused;           /**< what the answer came to, for a step after FLOW_SAVE */
	struct secret otp;
	int rounds;
};

/** Makes flow->data; false, with the flow ended, when the application has no macID or memory is out. */
bool mac_begin(struct flow *flow);
struct mac *mac_of(struct flow *flow);
/** Sends mac->target; `built` is what building it returned. */
enum flow_want mac_send(struct flow *flow, int built, flow_step_fn next);
/** Points mac->reply at the answer; false, with the flow ended, when it cannot be one (status, media type). */
bool mac_receive(struct flow *flow);
/** Ends the flow for a step of inwebo/client.h that returned `value` != 0. */
enum flow_want mac_fail(struct flow *flow, int value);
/** The step after FLOW_SAVE that fails with mac->refused. */
enum flow_want mac_fail_saved(struct flow *flow);

#endif
