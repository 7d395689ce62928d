/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/loop_internal.h"

#include <pims/error.h>

#include <stdlib.h>

enum { TIMERS_FIRST = 16 };

static void place(struct pims_loop *loop, size_t at, struct loop_timer *timer)
{
	loop->timers[at] = timer;
	timer->slot = at + 1;
}

static void sift_up(struct pims_loop *loop, size_t at)
{
	struct loop_timer *timer = loop->timers[at];

	while (at > 0) {
		size_t parent = (at - 1) / 2;

		if (loop->timers[parent]->deadline <= timer->deadline)
			break;
		place(loop, at, loop->timers[parent]);
		at = parent;
	}
	place(loop, at, timer);
}

static void sift_down(struct pims_loop *loop, size_t at)
{
	struct loop_timer *timer = loop->timers[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= loop->timer_count)
			break;
		if (child + 1 < loop->timer_count && loop->timers[child + 1]->deadline < loop->timers[child]->deadline)
			child++;
		if (loop->timers[child]->deadline >= timer->deadline)
			break;
		place(loop, at, loop->timers[child]);
		at = child;
	}
	place(loop, at, timer);
}

static int reserve(struct pims_loop *loop)
{
	size_t capacity = loop->timer_capacity ? 2 * loop->timer_capacity : TIMERS_FIRST;
	struct loop_timer **timers;

	if (loop->timer_count < loop->timer_capacity)
		return 0;
	timers = realloc(loop->timers, capacity * sizeof *timers);
	if (!timers)
		return PIMS_E_MEMORY;
	loop->timers = timers;
	loop->timer_capacity = capacity;
	return 0;
}

int loop_timer_set(struct pims_loop *loop, struct loop_timer *timer, int64_t deadline)
{
	if (timer->slot == 0) {
		int r = reserve(loop);

		if (r < 0)
			return r;
		timer->deadline = deadline;
		place(loop, loop->timer_count++, timer);
		sift_up(loop, loop->timer_count - 1);
	} else {
		timer->deadline = deadline;
		sift_up(loop, timer->slot - 1);
		sift_down(loop, timer->slot - 1);
	}
	/* A running loop arms once, at the end of its turn. */
	if (!loop->running)
		loop_timers_arm(loop);
	return 0;
}

void loop_timer_clear(struct pims_loop *loop, struct loop_timer *timer)
{
	size_t at = timer->slot - 1;
	struct loop_timer *last;

	if (timer->slot == 0)
		return;
	timer->slot = 0;
	last = loop->timers[--loop->timer_count];
	if (last == timer)
		return;
	place(loop, at, last);
	sift_up(loop, at);
	sift_down(loop, last->slot - 1);
}

void loop_timers_run(struct pims_loop *loop)
{
	int64_t now = loop_monotonic(loop);

	/* A timer that sets itself to the past must not keep the loop here. */
	for (size_t left = loop->timer_count; left > 0 && loop->timer_count > 0; left--) {
		struct loop_timer *timer = loop->timers[0];

		if (timer->deadline > now)
			break;
		loop_timer_clear(loop, timer);
		timer->fire(timer);
	}
}

int64_t loop_timers_delay(const struct pims_loop *loop)
{
	int64_t delay;

	if (loop->timer_count == 0)
		return -1;
	delay = loop->timers[0]->deadline - loop_monotonic(loop);
	return delay > 0 ? delay : 0;
}

/*
 * A deadline that moves away leaves the system's timer where it is: most requests are answered long before theirs, and one turn for nothing is
 * cheaper than two system calls a request.
 */
void loop_timers_arm(struct pims_loop *loop)
{
	int64_t deadline;

	if (loop->timer_count == 0)
		return;
	deadline = loop->timers[0]->deadline;
	if (loop->armed && loop->armed_at <= deadline)
		return;
	loop->armed = poller_arm(&loop->poller, loop_timers_delay(loop)) == 0;
	loop->armed_at = deadline;
}

void loop_timers_free(struct pims_loop *loop)
{
	for (size_t i = 0; i < loop->timer_count; i++)
		loop->timers[i]->slot = 0;
	loop->timer_count = 0;
	free(loop->timers);
	loop->timers = NULL;
}
