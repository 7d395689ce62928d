/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_DRIVER_H
#define PIMS_FACADE_DRIVER_H

#include "facade/context.h"

/** Runs a call's flow from its first step. Only from the call's task. */
void driver_start(struct call *call, flow_step_fn first);
/** Goes on after the call's task was posted. Only from the call's task. */
void driver_resume(struct call *call);
/** Lets go of everything the call waits for or holds. `failed`: session and device go back to what is on disk. */
void driver_let_go(struct call *call, bool failed);

/*
 * The wants. start: the flow has just returned it; resume: the call's task came. let_go: nothing of it may reach the call again.
 */

enum wait exchange_start(struct call *call);
enum wait exchange_resume(struct call *call);
void exchange_let_go(struct call *call);

enum wait lock_start(struct call *call);
enum wait lock_resume(struct call *call);
void lock_let_go(struct call *call, bool failed);
enum wait lock_release(struct call *call);
enum wait lock_save(struct call *call);

enum wait merge_endpoints(struct call *call);
enum wait merge_token(struct call *call);
enum wait merge_resume(struct call *call);
/** Waits for a renewal whatever the token's age. */
enum wait merge_renew(struct call *call);
/** The internal call is done: its outcome goes to all who wait. */
void merge_finish(struct call *call);

enum wait signin_redirect(struct call *call);
enum wait signin_start(struct call *call);
enum wait signin_resume(struct call *call);
void signin_let_go(struct call *call);
/** True when the call waits for this redirect; it goes on with the loop's next turn. */
bool signin_accept(struct call *call, const char *url);

/** The call's timer in `milliseconds`: sets timed_out and posts its task. False: flow.outcome is filled. */
bool driver_timer(struct call *call, unsigned milliseconds);

#endif
