/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_KEEPER_H
#define PIMSD_EXTERNAL_KEEPER_H

#include "server/external/discovery.h"

/**
 * Keeps what the provider tells about itself, by a thread of its own, so that a provider that is down holds up neither the start nor, but for a bounded
 * few, a worker. Nothing that a caller sends makes more than one round of
 * requests in KEEPER_EVERY_MS. Thread-safe.
 */
struct keeper;

enum {
	KEEPER_REFRESH_MS = 600 * 1000, /**< a new round after this, unasked */
	KEEPER_EVERY_MS = 10 * 1000,    /**< and asked for, not before this */
	KEEPER_STALE_MS = 3600 * 1000,  /**< keys are used without the provider for so long: no token lives longer, and a withdrawn key must end */
	KEEPER_BACKOFF_MS = 1000,       /**< after a failed round; it doubles */
	KEEPER_BACKOFF_MAX_MS = 30 * 1000,
	KEEPER_WAIT_MS = 5000
};

/** One round's knowledge; constant. */
struct keeper_facts {
	struct discovery known;
	unsigned round; /**< from 1 */
	/* private */
	unsigned references;
	int64_t learnt;
};

/** `settings` outlive it; at most `max_waiting` callers wait at once. PIMS_E_MEMORY, PIMS_E_SYSTEM. */
int keeper_start(struct keeper **ret_keeper, const struct external_settings *settings, unsigned max_waiting, const struct env *env);
/** The thread ends, who waits is sent away. */
void keeper_stop(struct keeper *keeper);
/** NULL allowed. */
void keeper_free(struct keeper *keeper);

/** What is known, or NULL: nothing yet, or nothing recent enough. Given back with keeper_release(). */
const struct keeper_facts *keeper_facts(struct keeper *keeper);
void keeper_release(struct keeper *keeper, const struct keeper_facts *facts);
/**
 * Waits for facts of a later round than `round` (0: any). 0: keeper_facts() has them; PIMS_E_AGAIN: not now, but in *ret_retry_after seconds.
 */
int keeper_refresh(struct keeper *keeper, unsigned round, int *ret_retry_after);

#endif
