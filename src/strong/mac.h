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
	bool unsynchronised; /**< an activation's answer said so: step ms is left to the next call */
	struct iw_proofs proofs; /**< of mac_prove_device() */
	flow_step_fn proved;
	const char *sync_pin; /**< of mac_synchronise() */
	flow_step_fn synchronised;
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
/** Ends the flow for a step that returned 0: succeeds with `result`, taken over, or tells 2316 when the synchronisation failed (spec/facade.md rule 8). */
enum flow_want mac_end(struct flow *flow, json_t *result);
/**
 * "The next call synchronises first": sends step ms, which an activation left missing (phase IW_MS), saves, and goes on with `next`. Without a PIN (NULL)
 * or when it fails the flow ends. Needs FLOW_LOCK.
 */
enum flow_want mac_synchronise(struct flow *flow, const char *pin, flow_step_fn next);
/** The step after FLOW_SAVE that fails with mac->refused. */
enum flow_want mac_fail_saved(struct flow *flow);
/** The server no longer knows the device: remembers that, so that isDeviceActivated tells the truth, and fails with `refused`. Needs FLOW_LOCK. */
enum flow_want mac_fail_gone(struct flow *flow, int refused);
/** False, with the flow ended, when the device is enrolled under another key than the pinned one: nothing of it may go there. */
bool mac_key_fits(struct flow *flow);
/** Told without the network: false, with the flow ended, unless the device is enrolled for this application; `unfinished`: step ms may be missing. */
bool mac_enrolled(struct flow *flow, bool unfinished);

/**
 * Proves the device to an endpoint beside iwws/MAC: asks for a challenge (mode status) and goes on with `next`, where mac_device_json() gives what the
 * request carries. The proofs are good for one request. Needs mac_begin(), FLOW_ENDPOINTS and FLOW_LOCK (and FLOW_TOKEN before that lock, when `next`
 * sends a bearer request). Ends the flow when the device is not enrolled or the server refuses.
 */
enum flow_want mac_prove_device(struct flow *flow, flow_step_fn next);
/** {"id", "R0", "R1", "R2"}, the caller's; NULL = out of memory. */
json_t *mac_device_json(const struct flow *flow);

#endif
