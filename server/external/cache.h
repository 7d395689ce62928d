/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_CACHE_H
#define PIMSD_EXTERNAL_CACHE_H

#include "server/external/access_token.h"

/**
 * What introspection said of a token, for a few seconds, by the token's digest. Bounded: a new entry takes the place of the one of its set that ends first.
 * Thread-safe.
 */
struct cache;

enum { CACHE_SETS = 1024, CACHE_WAYS = 4 };

/** PIMS_E_MEMORY. */
int cache_new(struct cache **ret_cache);
/** NULL allowed. */
void cache_free(struct cache *cache);
/** 0 and a copy; PIMS_E_NOT_FOUND: nothing is known; PIMS_E_STATE: the token is refused, *ret_problem is why; PIMS_E_MEMORY. */
int cache_get(struct cache *cache, const unsigned char digest[32], int64_t now, struct external_identity *ret_identity, const char **ret_problem);
/**
 * Keeps a copy until `ends`, on the clock of `now` (any, in milliseconds). `problem` (a literal) instead of an identity: it is refused. No memory: it is
 * not kept.
 */
void cache_put(struct cache *cache, const unsigned char digest[32], int64_t ends, const struct external_identity *identity, const char *problem);

#endif
