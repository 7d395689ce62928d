/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "facade/state.h"
#include "support/fake_env.h"
#include "support/fake_transport.h"

#include <pims/pims.h>

#include <jansson.h>
#include <stdbool.h>

/*
 * A context with every hook a fake one: clock, randomness, transport, store, key, user agent, log. Nothing leaves the process, time stands
 * until a test moves it, and everything else is the library as applications have it.
 */

#define HARNESS_BACKEND "http://127.0.0.1:8080"
#define HARNESS_MACID "0123456789abcdef0123456789abcdef"
#define HARNESS_ACCESS "access-secret-1"
#define HARNESS_REFRESH "refresh-secret-1"

/** The store hook's data: one blob in memory, and what goes wrong with it. */
struct memory_store {
	unsigned char *blob;
	size_t length;
	bool changed;   /**< another process has saved */
	bool elsewhere; /**< another process holds the lock */
	bool locked;    /**< we hold it */
	unsigned lock_tries;
	unsigned loads, saves;
	int load_returns, save_returns, lock_returns;
};

/** What callbacks got. */
struct heard {
	unsigned count;
	json_t *message; /**< of the last one */
	char *text;      /**< its JSON */
};

struct harness {
	struct fake_env fake;
	struct pims_loop *loop;
	struct fake_transport transport;
	struct memory_store store;
	unsigned char key[32];
	struct pims_store store_hooks;
	struct pims_key key_hooks;
	struct pims_agent agent_hooks;
	struct pims_options options;
	struct pims *pims;

	char agent_url[16384];
	char agent_transaction[PIMS_TRANSACTION_SIZE];
	char agent_language[64];
	char agent_context[1024];
	unsigned agent_opened, agent_closed;
	int agent_returns;

	struct heard heard; /**< of harness_call() */
};

void harness_init(struct harness *harness);
void harness_free(struct harness *harness);
/** A further context with the same hooks. The caller frees it. */
struct pims *harness_context(struct harness *harness);
/** Turns of the loop until nothing happens any more. Returns the callbacks. */
int harness_settle(struct harness *harness);
/** Time passes in steps, so that every timer comes in its order. */
void harness_wait(struct harness *harness, int64_t milliseconds);

/** pims_callback_fn for a struct heard. */
void harness_hear(void *data, const struct pims_message *message);
void heard_free(struct heard *heard);

/** Parameters of initialize that are complete; the text lives as long as the program. */
const char *harness_configuration(void);
/** The same with changes merged in (JSON text; null removes). The caller frees. */
char *harness_configuration_with(const char *changes);
/** Initializes; the test fails when that fails. */
void harness_start(struct harness *harness);
/** Puts a state into the store, as if this account had signed in before; the access token has `seconds` to live. Before harness_start(). */
void harness_sign_in(struct harness *harness, int seconds);
/** Seals this state and its endpoints as the store's blob. */
void harness_store(struct harness *harness, const struct state *state);
/** Opens what is in the store. */
void harness_stored(struct harness *harness, struct state *ret_state);

/** Makes a call (verb "get" or "set") and settles; the message is harness->heard. */
void harness_call(struct harness *harness, const char *verb, const char *api, const char *parameters);
/** The test fails unless exactly one callback came with this code; `label` and `cause` NULL = not looked at, "" cause = none. */
void harness_assert_failed(const struct heard *heard, int code, const char *label, const char *cause);
void harness_assert_succeeded(const struct heard *heard);
/** The answer of the token endpoint to a renewal: access-secret-N and refresh-secret-N. */
void harness_answer_tokens(struct harness *harness, int n);

#endif
