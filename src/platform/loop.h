/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_LOOP_H
#define PIMS_PLATFORM_LOOP_H

#include "platform/env.h"

#include <pims/pims.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * The inside of struct pims_loop: descriptors, timers, a queue of work for the next turn, HTTP by libcurl. Everything on the loop's thread
 * but pims_loop_wakeup().
 */

/** Watches a descriptor. Embedded in its owner; zeroed = not watched. `ready` gets EPOLLIN/EPOLLOUT-like bits: LOOP_READ, LOOP_WRITE. */
enum { LOOP_READ = 1, LOOP_WRITE = 2 };
struct loop_watch {
	int fd;
	unsigned events;
	void (*ready)(struct loop_watch *watch, unsigned events);
	bool active;
};
int loop_watch(struct pims_loop *loop, struct loop_watch *watch); /* add, or change events */
void loop_unwatch(struct pims_loop *loop, struct loop_watch *watch);

/** Fires once at `deadline` (milliseconds of the loop's monotonic clock). Embedded; zeroed = not set. Setting again moves it. */
struct loop_timer {
	int64_t deadline;
	void (*fire)(struct loop_timer *timer);
	size_t slot; /**< place in the loop's heap + 1; 0 = not set */
};
int loop_timer_set(struct pims_loop *loop, struct loop_timer *timer, int64_t deadline);
void loop_timer_clear(struct pims_loop *loop, struct loop_timer *timer);
int64_t loop_monotonic(const struct pims_loop *loop);
const struct pims_clock *loop_clock(const struct pims_loop *loop);

/**
 * Work for the loop's next turn, in order; embedded, never allocates. A task posted while tasks run waits for the following round of the same
 * process() call, at most 1000 rounds, so that nothing starves.
 */
struct loop_task {
	void (*run)(struct loop_task *task);
	struct loop_task *next, *previous;
	bool posted;
};
void loop_post(struct pims_loop *loop, struct loop_task *task);
void loop_unpost(struct pims_loop *loop, struct loop_task *task);

/** 0, or PIMS_E_THREAD when the loop runs on another thread. */
int loop_check_thread(const struct pims_loop *loop);
/** True while pims_loop_free() closes the members: nothing new is to be started. */
bool loop_is_closing(const struct pims_loop *loop);
/** Calls pending on the loop, for pims_run(): the facade counts them up and down; and callbacks delivered in this turn. */
void loop_count_pending(struct pims_loop *loop, int change);
void loop_count_callback(struct pims_loop *loop);

/** A thing that lives on the loop and is closed by pims_loop_free(), the youngest first: `close` must unlink it. */
struct loop_member {
	void (*close)(struct loop_member *member);
	struct loop_member *previous, *next;
};
void loop_join(struct pims_loop *loop, struct loop_member *member);
void loop_leave(struct pims_loop *loop, struct loop_member *member);

/** Whom a transport trusts; NULL: no such rule. */
struct transport_trust {
	const char *ca_file;     /**< authorities in place of the system's */
	const char *pinned_keys; /**< as pins_valid(): the server's key must be one of these as well, and only https is spoken */
};

/**
 * The built-in transport: libcurl on this loop. `trust` may be NULL and is copied. A connection is used again only by requests under the same rules of trust.
 * Free with loop_transport_free(); pending requests end without `done`.
 */
struct loop_transport;
int loop_transport_new(struct loop_transport **ret_transport, struct pims_loop *loop, const struct transport_trust *trust);
void loop_transport_free(struct loop_transport *transport);
void loop_transport_hooks(struct loop_transport *transport, struct pims_transport *ret_hooks);

#endif
