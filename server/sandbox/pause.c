/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sandbox/internal.h"

#include <errno.h>
#include <time.h>

void pause_init(struct pause *pause, unsigned max_held)
{
	pthread_condattr_t clock;

	*pause = (struct pause){.max_held = max_held};
	pthread_mutex_init(&pause->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&pause->over, &clock);
	pthread_condattr_destroy(&clock);
}

void pause_destroy(struct pause *pause)
{
	pthread_cond_destroy(&pause->over);
	pthread_mutex_destroy(&pause->lock);
}

/* With the lock held. */
static void wait_until_over(struct pause *pause, int64_t milliseconds)
{
	struct timespec end;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += milliseconds / 1000;
	end.tv_nsec += milliseconds % 1000 * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	while (!pause->ended && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&pause->over, &pause->lock, &end);
}

bool pause_wait(struct pause *pause, int64_t milliseconds)
{
	bool ended;

	pthread_mutex_lock(&pause->lock);
	wait_until_over(pause, milliseconds);
	ended = pause->ended;
	pthread_mutex_unlock(&pause->lock);
	return !ended;
}

void pause_hold(struct pause *pause, int64_t milliseconds)
{
	pthread_mutex_lock(&pause->lock);
	if (pause->held < pause->max_held) {
		pause->held++;
		wait_until_over(pause, milliseconds);
		pause->held--;
	}
	pthread_mutex_unlock(&pause->lock);
}

void pause_end(struct pause *pause)
{
	pthread_mutex_lock(&pause->lock);
	pause->ended = true;
	pthread_cond_broadcast(&pause->over);
	pthread_mutex_unlock(&pause->lock);
}
