/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sweeper.h"

#include <pims/error.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { PERIOD_S = 60, SWEEPER_STACK = 256 * 1024 };

struct sweeper {
	struct store *store;
	struct env env;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stopped;
	bool stop;
};

static bool wait_period(struct sweeper *sweeper)
{
	struct timespec end;
	int error = 0;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PERIOD_S;
	pthread_mutex_lock(&sweeper->lock);
	while (!sweeper->stop && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&sweeper->stopped, &sweeper->lock, &end);
	stop = sweeper->stop;
	pthread_mutex_unlock(&sweeper->lock);
	return !stop;
}

static void *sweeper_main(void *data)
{
	struct sweeper *sweeper = data;

	while (wait_period(sweeper))
		store_sweep(sweeper->store, env_now(&sweeper->env));
	return NULL;
}

static int start(struct sweeper *sweeper)
{
	pthread_condattr_t clock;
	pthread_attr_t attributes;
	int error;

	pthread_mutex_init(&sweeper->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&sweeper->stopped, &clock);
	pthread_condattr_destroy(&clock);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, SWEEPER_STACK);
	error = pthread_create(&sweeper->thread, &attributes, sweeper_main, sweeper);
	pthread_attr_destroy(&attributes);
	if (!error)
		return 0;
	pthread_cond_destroy(&sweeper->stopped);
	pthread_mutex_destroy(&sweeper->lock);
	errno = error;
	return PIMS_E_SYSTEM;
}

int sweeper_start(struct sweeper **ret_sweeper, struct store *store, const struct env *env)
{
	struct sweeper *sweeper = calloc(1, sizeof *sweeper);
	int r;

	if (!sweeper)
		return PIMS_E_MEMORY;
	sweeper->store = store;
	sweeper->env = *env;
	r = start(sweeper);
	if (r < 0) {
		free(sweeper);
		return r;
	}
	*ret_sweeper = sweeper;
	return 0;
}

void sweeper_stop(struct sweeper *sweeper)
{
	if (!sweeper)
		return;
	pthread_mutex_lock(&sweeper->lock);
	sweeper->stop = true;
	pthread_cond_signal(&sweeper->stopped);
	pthread_mutex_unlock(&sweeper->lock);
	pthread_join(sweeper->thread, NULL);
	pthread_cond_destroy(&sweeper->stopped);
	pthread_mutex_destroy(&sweeper->lock);
	free(sweeper);
}
