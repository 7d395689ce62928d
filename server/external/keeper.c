/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/keeper.h"

#include "server/external/wait.h"

#include <pims/error.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 512 * 1024 };

struct keeper {
	const struct external_settings *settings;
	struct fetcher *fetcher; /**< of its own: a crowd at introspection is no reason to know nothing */
	struct env env;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted, ended; /**< a round */
	struct keeper_facts *facts; /**< the newest, or NULL */
	int64_t tried;                /**< when the last round began */
	unsigned rounds, failures;    /**< ended ones; failed ones in a row */
	unsigned waiting, max_waiting;
	bool busy, want, stop;
};

/* --- facts ---------------------------------------------------------------------------------------------------------------------------- */

static void free_facts(struct keeper_facts *facts)
{
	discovery_free(&facts->known);
	free(facts);
}

const struct keeper_facts *keeper_facts(struct keeper *keeper)
{
	struct keeper_facts *facts;

	pthread_mutex_lock(&keeper->lock);
	facts = keeper->facts;
	if (facts && env_monotonic(&keeper->env) - facts->learnt > KEEPER_STALE_MS)
		facts = NULL;
	if (facts)
		facts->references++;
	pthread_mutex_unlock(&keeper->lock);
	return facts;
}

/* The lock is held. */
static void unreference(struct keeper *keeper)
{
	if (keeper->facts && --keeper->facts->references == 0)
		free_facts(keeper->facts);
}

void keeper_release(struct keeper *keeper, const struct keeper_facts *facts)
{
	struct keeper_facts *own = (struct keeper_facts *)(uintptr_t)facts;
	bool last;

	if (!facts)
		return;
	pthread_mutex_lock(&keeper->lock);
	last = --own->references == 0;
	pthread_mutex_unlock(&keeper->lock);
	if (last)
		free_facts(own);
}

/* --- a round -------------------------------------------------------------------------------------------------------------------------- */

/* The lock is held. */
static void adopt(struct keeper *keeper, struct keeper_facts *facts)
{
	facts->references = 1;
	facts->round = (keeper->facts ? keeper->facts->round : 0) + 1;
	facts->learnt = keeper->tried;
	unreference(keeper);
	keeper->facts = facts;
}

static void log_round(const struct keeper *keeper, const char *problem, bool changed)
{
	const char *issuer = keeper->settings->issuer;

	if (problem)
		env_log(&keeper->env, PIMS_LOG_WARNING, "sign-in at %s: %s; trying again", issuer, problem);
	else if (changed)
		env_log(&keeper->env, PIMS_LOG_INFO, "sign-in at %s: the provider answers", issuer);
}

/* The lock is held, but while requests are under way. */
static void run_round(struct keeper *keeper)
{
	struct keeper_facts *facts;
	const char *problem = "out of memory";
	bool changed = keeper->failures > 0 || !keeper->facts;

	keeper->busy = true;
	keeper->want = false;
	keeper->tried = env_monotonic(&keeper->env);
	pthread_mutex_unlock(&keeper->lock);
	facts = calloc(1, sizeof *facts);
	if (facts)
		problem = discover(keeper->fetcher, keeper->settings, &facts->known);
	pthread_mutex_lock(&keeper->lock);
	if (problem && facts)
		free_facts(facts);
	else if (facts)
		adopt(keeper, facts);
	keeper->failures = problem ? keeper->failures + 1 : 0;
	keeper->busy = false;
	keeper->rounds++;
	pthread_cond_broadcast(&keeper->ended);
	if (!keeper->stop)
		log_round(keeper, problem, changed);
}

/* --- when ----------------------------------------------------------------------------------------------------------------------------- */

/* From the beginning of the last round to that of the next one. The lock is held. */
static int64_t pause_of(const struct keeper *keeper, bool asked)
{
	int64_t pause = KEEPER_BACKOFF_MS;

	if (!keeper->rounds)
		return 0;
	if (!keeper->failures)
		return asked ? KEEPER_EVERY_MS : KEEPER_REFRESH_MS;
	for (unsigned i = 1; i < keeper->failures && pause < KEEPER_BACKOFF_MAX_MS; i++)
		pause *= 2;
	return pause < KEEPER_BACKOFF_MAX_MS ? pause : KEEPER_BACKOFF_MAX_MS;
}

/* Milliseconds until a round may begin. The lock is held. */
static int64_t time_left(const struct keeper *keeper, bool asked)
{
	return keeper->tried + pause_of(keeper, asked) - env_monotonic(&keeper->env);
}

static void *keeper_main(void *data)
{
	struct keeper *keeper = data;
	struct timespec end;
	int64_t left;

	pthread_mutex_lock(&keeper->lock);
	while (!keeper->stop) {
		left = time_left(keeper, keeper->want);
		if (left <= 0) {
			run_round(keeper);
			continue;
		}
		end = wait_end(left);
		pthread_cond_timedwait(&keeper->wanted, &keeper->lock, &end);
	}
	pthread_mutex_unlock(&keeper->lock);
	return NULL;
}

/* The lock is held. */
static bool has_later(const struct keeper *keeper, unsigned round)
{
	return keeper->facts && keeper->facts->round > round && env_monotonic(&keeper->env) - keeper->facts->learnt <= KEEPER_STALE_MS;
}

/* Until the round that is under way, or the one asked for, has ended. The lock is held. */
static void wait_round(struct keeper *keeper, unsigned round)
{
	struct timespec end = wait_end(KEEPER_WAIT_MS);
	unsigned ended = keeper->rounds;
	int error = 0;

	if (!keeper->busy) {
		keeper->want = true;
		pthread_cond_signal(&keeper->wanted);
	}
	keeper->waiting++;
	while (!has_later(keeper, round) && keeper->rounds == ended && !keeper->stop && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&keeper->ended, &keeper->lock, &end);
	keeper->waiting--;
}

int keeper_refresh(struct keeper *keeper, unsigned round, int *ret_retry_after)
{
	int64_t left;
	int r;

	pthread_mutex_lock(&keeper->lock);
	if (!has_later(keeper, round) && !keeper->stop && keeper->waiting < keeper->max_waiting &&
	    (keeper->busy || time_left(keeper, true) <= 0))
		wait_round(keeper, round);
	r = has_later(keeper, round) ? 0 : PIMS_E_AGAIN;
	left = time_left(keeper, true);
	pthread_mutex_unlock(&keeper->lock);
	if (r < 0)
		*ret_retry_after = left > 0 ? (int)((left + 999) / 1000) : 1;
	return r;
}

/* --- the thread ----------------------------------------------------------------------------------------------------------------------- */

static void destroy(struct keeper *keeper)
{
	unreference(keeper);
	fetcher_free(keeper->fetcher);
	pthread_cond_destroy(&keeper->wanted);
	pthread_cond_destroy(&keeper->ended);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

static int start_thread(struct keeper *keeper)
{
	pthread_attr_t attributes;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	error = pthread_create(&keeper->thread, &attributes, keeper_main, keeper);
	pthread_attr_destroy(&attributes);
	errno = error;
	return error ? PIMS_E_SYSTEM : 0;
}

int keeper_start(struct keeper **ret_keeper, const struct external_settings *settings, unsigned max_waiting, const struct env *env)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);
	int r;

	if (!keeper)
		return PIMS_E_MEMORY;
	keeper->settings = settings;
	keeper->max_waiting = max_waiting;
	keeper->env = *env;
	pthread_mutex_init(&keeper->lock, NULL);
	wait_init(&keeper->wanted);
	wait_init(&keeper->ended);
	r = fetcher_new(&keeper->fetcher, settings->ca_file, 1, env);
	if (r == 0)
		r = start_thread(keeper);
	if (r < 0)
		destroy(keeper);
	else
		*ret_keeper = keeper;
	return r;
}

void keeper_stop(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->stop = true;
	pthread_cond_broadcast(&keeper->wanted);
	pthread_cond_broadcast(&keeper->ended);
	pthread_mutex_unlock(&keeper->lock);
	fetcher_stop(keeper->fetcher);
	pthread_join(keeper->thread, NULL);
}

void keeper_free(struct keeper *keeper)
{
	if (keeper)
		destroy(keeper);
}
