/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_LOOP_POLL_H
#define PIMS_PLATFORM_LOOP_POLL_H

#include "platform/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the loop wants of the operating system: one descriptor that becomes readable for descriptors, a timer and wake-ups alike. loop_linux.c
 * is the only file that knows epoll, timerfd and eventfd; another system brings a twin.
 */

struct poller {
	int fd;       /**< the pollable one */
	int timer_fd; /**< -1 where the system needs none; so for wake_fd */
	int wake_fd;
};

enum { POLL_BATCH = 256 };

struct poll_event {
	struct loop_watch *watch; /**< NULL = no longer watched */
	unsigned events;
};

/** What was ready. Timer and wake-up are already acknowledged. */
struct poll_batch {
	struct poll_event events[POLL_BATCH];
	size_t count;
	bool timer;
	bool woken;
};

/** PIMS_E_SYSTEM. */
int poller_open(struct poller *ret_poller);
void poller_close(struct poller *poller);
/** Starts watching, or changes the events. PIMS_E_SYSTEM. */
int poller_watch(struct poller *poller, struct loop_watch *watch);
void poller_unwatch(struct poller *poller, struct loop_watch *watch);
/** The timer becomes ready once, `delay_ms` from now (0 = at once); replaces what was set. PIMS_E_SYSTEM. */
int poller_arm(struct poller *poller, int64_t delay_ms);
/** Any thread. PIMS_E_SYSTEM. */
int poller_wake(const struct poller *poller);
/** Waits at most `timeout_ms` (negative: no limit) and fills the batch, which may stay empty. PIMS_E_SYSTEM. */
int poller_wait(struct poller *poller, int timeout_ms, struct poll_batch *batch);
/** The system's own monotonic milliseconds: for waiting, where the injected clock may stand still. */
int64_t poller_clock(void);

#endif
