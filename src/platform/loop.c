/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/loop_internal.h"

#include <pims/error.h>

#include <limits.h>
#include <stdlib.h>

enum { MAX_CONNECTIONS = 64 };

/* The address of a thread-local names the thread: comparable, atomic, and without a library call. */
static uintptr_t this_thread(void)
{
	static _Thread_local char here;

	return (uintptr_t)&here;
}

static bool option_given(const struct pims_loop_options *options, size_t end)
{
	return options && options->size >= end;
}

int pims_loop_new(struct pims_loop **ret_loop, const struct pims_loop_options *options)
{
	const struct pims_clock *clock = NULL;
	struct pims_loop *loop;
	int r;

	if (!ret_loop || (options && options->size < sizeof options->size))
		return PIMS_E_INVALID;
	loop = calloc(1, sizeof *loop);
	if (!loop)
		return PIMS_E_MEMORY;
	if (option_given(options, offsetof(struct pims_loop_options, clock) + sizeof options->clock))
		clock = options->clock;
	if (option_given(options, offsetof(struct pims_loop_options, max_connections) + sizeof options->max_connections))
		loop->max_connections = options->max_connections;
	if (loop->max_connections == 0)
		loop->max_connections = MAX_CONNECTIONS;
	env_init(&loop->env, clock, NULL, NULL);
	loop->tasks.next = loop->tasks.previous = &loop->tasks;
	r = poller_open(&loop->poller);
	if (r < 0) {
		free(loop);
		return r;
	}
	*ret_loop = loop;
	return 0;
}

int pims_loop_fd(const struct pims_loop *loop)
{
	return loop ? loop->poller.fd : PIMS_E_INVALID;
}

int pims_loop_wakeup(struct pims_loop *loop)
{
	if (!loop)
		return PIMS_E_INVALID;
	atomic_store(&loop->wakeup_wanted, 1);
	return poller_wake(&loop->poller);
}

/* --- descriptors --- */

int loop_watch(struct pims_loop *loop, struct loop_watch *watch)
{
	int r = poller_watch(&loop->poller, watch);

	if (r == 0)
		watch->active = true;
	return r;
}

void loop_unwatch(struct pims_loop *loop, struct loop_watch *watch)
{
	if (!watch->active)
		return;
	watch->active = false;
	poller_unwatch(&loop->poller, watch);
	for (size_t i = loop->batch_next; i < loop->batch.count; i++)
		if (loop->batch.events[i].watch == watch)
			loop->batch.events[i].watch = NULL;
}

static void dispatch(struct pims_loop *loop)
{
	for (loop->batch_next = 0; loop->batch_next < loop->batch.count;) {
		struct poll_event event = loop->batch.events[loop->batch_next++];

		if (event.watch)
			event.watch->ready(event.watch, event.events);
	}
	loop->batch.count = 0;
}

/* --- members --- */

void loop_join(struct pims_loop *loop, struct loop_member *member)
{
	member->next = NULL;
	member->previous = loop->youngest;
	if (loop->youngest)
		loop->youngest->next = member;
	loop->youngest = member;
}

void loop_leave(struct pims_loop *loop, struct loop_member *member)
{
	if (member->next)
		member->next->previous = member->previous;
	else if (loop->youngest == member)
		loop->youngest = member->previous;
	if (member->previous)
		member->previous->next = member->next;
	member->previous = member->next = NULL;
}

bool loop_is_closing(const struct pims_loop *loop)
{
	return loop->closing;
}

static void destroy(struct pims_loop *loop)
{
	loop->closing = true;
	loop->running = 1;
	atomic_store(&loop->owner, this_thread());
	while (loop->youngest) {
		struct loop_member *member = loop->youngest;

		member->close(member);
		loop_tasks_run(loop);
	}
	if (loop->shared)
		loop->shared->close(loop->shared);
	loop_tasks_drop(loop);
	loop_timers_free(loop);
	poller_close(&loop->poller);
	free(loop);
}

void pims_loop_free(struct pims_loop *loop)
{
	if (!loop)
		return;
	if (!loop->running) {
		destroy(loop);
		return;
	}
	/* Inside a callback it has to wait. From another thread, while the loop runs, it would pull the ground from under it: nothing is done. */
	if (loop_check_thread(loop) == 0)
		loop->free_wanted = true;
}

/* --- running --- */

int64_t loop_monotonic(const struct pims_loop *loop)
{
	return env_monotonic(&loop->env);
}

const struct pims_clock *loop_clock(const struct pims_loop *loop)
{
	return &loop->env.clock;
}

int loop_check_thread(const struct pims_loop *loop)
{
	uintptr_t owner = atomic_load(&loop->owner);

	return owner == 0 || owner == this_thread() ? 0 : PIMS_E_THREAD;
}

void loop_count_pending(struct pims_loop *loop, int change)
{
	loop->pending += change;
}

void loop_count_callback(struct pims_loop *loop)
{
	loop->callbacks++;
}

static int enter(struct pims_loop *loop)
{
	uintptr_t nobody = 0;

	if (!loop)
		return PIMS_E_INVALID;
	if (!atomic_compare_exchange_strong(&loop->owner, &nobody, this_thread()) && nobody != this_thread())
		return PIMS_E_THREAD;
	if (loop->running)
		return PIMS_E_STATE;
	loop->running = 1;
	loop->callbacks = 0;
	return 0;
}

static void leave(struct pims_loop *loop)
{
	loop->running = 0;
	if (loop->free_wanted)
		destroy(loop);
}

/* Descriptors before timers: an answer that is there beats the deadline that has passed. */
static int turn(struct pims_loop *loop, int timeout_ms)
{
	int r = poller_wait(&loop->poller, timeout_ms, &loop->batch);

	if (r < 0)
		return r;
	if (loop->batch.woken)
		loop->woken = false;
	if (loop->batch.timer)
		loop->armed = false;
	dispatch(loop);
	loop_timers_run(loop);
	loop_tasks_run(loop);
	loop_timers_arm(loop);
	if (loop_tasks_waiting(loop))
		loop_wake_self(loop);
	return 0;
}

int pims_loop_process(struct pims_loop *loop)
{
	int r = enter(loop);

	if (r < 0)
		return r;
	atomic_store(&loop->wakeup_wanted, 0);
	r = turn(loop, 0);
	if (r == 0)
		r = loop->callbacks;
	leave(loop);
	return r;
}

/* How long the next turn of pims_run() may wait. The injected clock tells what is due, the system's how long to wait. */
static int turn_timeout(const struct pims_loop *loop, int64_t until)
{
	int64_t left;

	if (loop_tasks_waiting(loop) || loop_timers_delay(loop) == 0 || loop->pending <= 0)
		return 0;
	if (until < 0)
		return -1;
	left = until - poller_clock();
	if (left <= 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

static bool run_is_over(struct pims_loop *loop, int64_t until)
{
	bool woken = atomic_exchange(&loop->wakeup_wanted, 0);

	if (woken || loop->free_wanted || loop->pending <= 0)
		return true;
	return until >= 0 && poller_clock() >= until;
}

int pims_run(struct pims_loop *loop, int timeout_ms)
{
	int64_t until = -1;
	int r = enter(loop);

	if (r < 0)
		return r;
	if (timeout_ms >= 0)
		until = poller_clock() + timeout_ms;
	do {
		r = turn(loop, turn_timeout(loop, until));
	} while (r == 0 && !run_is_over(loop, until));
	if (r == 0 && !loop->free_wanted)
		r = loop->pending;
	leave(loop);
	return r;
}
