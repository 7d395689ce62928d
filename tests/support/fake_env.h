/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_TESTS_FAKE_ENV_H
#define PIMS_TESTS_FAKE_ENV_H

#include "base/buf.h"
#include "platform/env.h"

#include <stdbool.h>

/*
 * A clock that stands until it is moved, random bytes that are the same in every run, and a log that is kept. Use `env` where code
 * wants a struct env, and clock, random, log where it wants a hook. It must not move after fake_env_init(): the hooks point to it.
 */
struct fake_env {
	struct env env;
	struct pims_clock clock;
	struct pims_random random;
	struct pims_log log;

	int64_t now;       /**< milliseconds since 1970 */
	int64_t monotonic; /**< milliseconds */
	bool random_fails; /**< the source returns an error */
	uint64_t seed;
	struct buf queued; /**< given out first, see fake_env_queue_random() */
	size_t queued_used;
	struct buf logged; /**< every line and a '\n' */
};

/** 2024-11-12 13:14:15 UTC. */
#define FAKE_NOW INT64_C(1731417255000)

void fake_env_init(struct fake_env *fake);
void fake_env_free(struct fake_env *fake);
/** Moves both clocks. */
void fake_env_advance(struct fake_env *fake, int64_t milliseconds);
/** These bytes come out of the random source next (vectors with injected values); after them the generator goes on. */
void fake_env_queue_random(struct fake_env *fake, const void *bytes, size_t length);
/** The same, from hex digits. */
void fake_env_queue_random_hex(struct fake_env *fake, const char *hex);
/** True when a line of the log contains `text`: for tests that no secret was logged. */
bool fake_env_logged(const struct fake_env *fake, const char *text);

#endif
