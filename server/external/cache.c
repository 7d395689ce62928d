/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/cache.h"

#include <pims/error.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	unsigned char digest[32];
	int64_t ends; /**< 0 = empty */
	struct external_identity identity;
	const char *problem;
};

struct cache {
	pthread_mutex_t lock;
	struct entry entries[CACHE_SETS][CACHE_WAYS];
};

int cache_new(struct cache **ret_cache)
{
	struct cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		return PIMS_E_MEMORY;
	pthread_mutex_init(&cache->lock, NULL);
	*ret_cache = cache;
	return 0;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < CACHE_SETS; i++)
		for (size_t j = 0; j < CACHE_WAYS; j++)
			external_identity_free(&cache->entries[i][j].identity);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* Who chooses tokens so that they meet in one set only makes us ask the provider again. */
static struct entry *set_of(struct cache *cache, const unsigned char digest[32])
{
	return cache->entries[(digest[0] << 8 | digest[1]) % CACHE_SETS];
}

static struct entry *find(struct cache *cache, const unsigned char digest[32])
{
	struct entry *set = set_of(cache, digest);

	for (size_t i = 0; i < CACHE_WAYS; i++)
		if (set[i].ends && memcmp(set[i].digest, digest, sizeof set[i].digest) == 0)
			return &set[i];
	return NULL;
}

int cache_get(struct cache *cache, const unsigned char digest[32], int64_t now, struct external_identity *ret_identity, const char **ret_problem)
{
	const struct entry *entry;
	int r = PIMS_E_NOT_FOUND;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, digest);
	if (entry && now < entry->ends) {
		r = entry->problem ? PIMS_E_STATE : external_identity_copy(ret_identity, &entry->identity);
		if (entry->problem)
			*ret_problem = entry->problem;
	}
	pthread_mutex_unlock(&cache->lock);
	return r;
}

static struct entry *choose(struct cache *cache, const unsigned char digest[32])
{
	struct entry *set = set_of(cache, digest), *chosen = find(cache, digest);

	for (size_t i = 0; i < CACHE_WAYS && !chosen; i++)
		if (!set[i].ends)
			chosen = &set[i];
	if (chosen)
		return chosen;
	chosen = set;
	for (size_t i = 1; i < CACHE_WAYS; i++)
		if (set[i].ends < chosen->ends)
			chosen = &set[i];
	return chosen;
}

void cache_put(struct cache *cache, const unsigned char digest[32], int64_t ends, const struct external_identity *identity, const char *problem)
{
	struct external_identity copy = {0};
	struct entry *entry;

	if (!problem && external_identity_copy(&copy, identity) < 0)
		return;
	pthread_mutex_lock(&cache->lock);
	entry = choose(cache, digest);
	external_identity_free(&entry->identity);
	*entry = (struct entry){.ends = ends, .identity = copy, .problem = problem};
	memcpy(entry->digest, digest, sizeof entry->digest);
	pthread_mutex_unlock(&cache->lock);
}
