/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_EXTERNAL_WORLD_H
#define TESTS_SERVER_EXTERNAL_WORLD_H

#include "endpoints.h"
#include "external_fixture.h"

/* A server that leaves sign-in to a provider which is a list of answers: both ends of external_fixture.h and endpoints.h. */

#define ACCOUNT "/v1/account"

struct world {
	struct other *other;
	struct endpoints server;
	struct reply reply;
};

static struct world world;

/* The server's clock is the provider's. */
static inline void begin(void)
{
	answers_keys(world.other, KEY_RSA, KEY_EC);
	other_start(world.other, 4);
	world.server.server.external = world.other->external;
	world.server.server.settings.external = world.other->settings;
}

static inline int world_start(void **state)
{
	void *other;

	memset(&world, 0, sizeof world);
	assert_int_equal(other_setup(&other), 0);
	world.other = other;
	endpoints_start(&world.server, true);
	*state = &world;
	return 0;
}

static inline int world_stop(void **state)
{
	void *other = world.other;

	(void)state;
	reply_free(&world.reply);
	external_stop(world.other->external);
	endpoints_stop(&world.server);
	world.other->external = (external_free(world.other->external), NULL);
	return other_teardown(&other);
}

static inline long get_with(const char *path, const char *token)
{
	call(&world.server, &(struct call){.path = path, .bearer = token}, &world.reply);
	return world.reply.status;
}

static size_t accounts;

static inline int count_external(void *data, const struct account *account)
{
	(void)data;
	accounts += account->issuer != NULL;
	return 0;
}

static inline size_t count_accounts(void)
{
	accounts = 0;
	assert_int_equal(store_account_list(world.server.server.store, count_external, NULL), 0);
	return accounts;
}

#endif
