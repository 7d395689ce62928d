/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_LOOP_INTERNAL_H
#define PIMS_PLATFORM_LOOP_INTERNAL_H

#include "platform/loop_poll.h"

#include <stdatomic.h>

/** What the transports of one loop share; made by the first of them and closed after the last member. */
struct loop_shared {
	void (*close)(struct loop_shared *shared);
};

struct pims_loop {
	struct env env; /**< of which the clock counts */
	unsigned max_connections;
	_Atomic uintptr_t owner;   /**< the thread that processed first; 0 = none yet */
	_Atomic int wakeup_wanted; /**< pims_loop_wakeup() was called and pims_run() has not seen it */
	_Atomic int running;       /**< inside process, run or free */
	bool closing;              /**< inside free */
	bool free_wanted;          /**< free when the running call returns */

	struct poller poller;
	struct poll_batch batch;
	size_t batch_next; /**< events before it have been given out */
	bool woken;        /**< the poller was woken by us */

	struct loop_timer **timers; /**< binary heap, the earliest first */
	size_t timer_count, timer_capacity;
	bool armed;       /**< the poller's timer is set, for */
	int64_t armed_at; /**< this deadline, or an earlier one than is wanted */

	struct loop_task tasks; /**< head of the ring of posted tasks */

	struct loop_member *youngest;
	struct loop_shared *shared;
	int pending;
	int callbacks;
};

/** loop_task.c: runs what is posted, at most 1000 rounds. */
void loop_tasks_run(struct pims_loop *loop);
bool loop_tasks_waiting(const struct pims_loop *loop);
void loop_tasks_drop(struct pims_loop *loop);
/** Makes the own descriptor readable, once until the next turn. Should that fail, the next post tries again. */
void loop_wake_self(struct pims_loop *loop);

/** loop_timer.c: fires what is due, each at most once. */
void loop_timers_run(struct pims_loop *loop);
/** Sees to it that the descriptor becomes readable at the earliest deadline. */
void loop_timers_arm(struct pims_loop *loop);
/** Milliseconds to the earliest deadline, 0 when it has passed, -1 without timers. */
int64_t loop_timers_delay(const struct pims_loop *loop);
/** Forgets every timer and frees the heap. */
void loop_timers_free(struct pims_loop *loop);

#endif
