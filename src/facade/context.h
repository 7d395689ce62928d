/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_CONTEXT_H
#define PIMS_FACADE_CONTEXT_H

#include "facade/api.h"
#include "facade/list.h"
#include "facade/state.h"
#include "facade/vault.h"
#include "platform/flow.h"
#include "platform/log_file.h"
#include "platform/loop.h"

#include <pims/pims.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * The inside of struct pims and of its calls. Who does what:
 *   pims.c     the public functions: a call is made and posted
 *   call.c     its life: begin, deliver, cancel, free
 *   driver.c   runs the flow's steps and dispatches its wants
 *   exchange.c FLOW_HTTP      lock.c FLOW_LOCK, FLOW_SAVE
 *   merge.c    FLOW_ENDPOINTS, FLOW_TOKEN      signin.c FLOW_REDIRECT, FLOW_AGENT
 * Nothing but tasks of the loop runs steps or callbacks; everything else (answers, timers, the public functions) only notes what
 * happened and posts the call's task. So no callback comes from inside a call.
 */

struct call;
struct change;
struct exchange;
struct agent_receiver;
struct agent_browser;

enum { CALLS_MAX = 65536 };

enum call_kind {
	CALL_INITIALIZE,
	CALL_RELEASE,
	CALL_GET,
	CALL_SET,
	CALL_SUBSCRIBE, /**< unsubscribe too */
	CALL_DISCOVER,
	CALL_INTERNAL /**< runs for those who wait in its merge; no callback */
};

enum call_stage {
	CALL_NEW,
	CALL_WAITING, /**< for call->want */
	CALL_DONE,    /**< flow.outcome is final; the callback comes with the task */
	CALL_DELIVERING
};

/** One internal flow, and the calls that wait for it. */
struct merge {
	struct call *runner; /**< NULL = none under way */
	struct link waiting;
};

/** FLOW_LOCK within the context; the store's lock is taken by the owner. */
struct lock {
	struct call *owner;
	struct link waiting;
	bool stored;   /**< the store's lock is held, and `saved` is there */
	json_t *saved; /**< session and device as they are on disk: what a failure goes back to */
	int64_t deadline;
	unsigned pause; /**< milliseconds until the store's lock is tried again */
};

struct pims {
	struct pims_loop *loop;
	struct loop_member member;
	struct env env;
	struct log_file log; /**< env.log feeds it, and the application's hook */

	char *state_dir;
	char *device_name;
	char *ca_file;
	char *pinned_keys;
	unsigned request_timeout_ms;
	unsigned agent_timeout_ms;
	unsigned lock_timeout_ms;
	struct pims_store store; /**< the application's hooks; all zero = built in */
	struct pims_key key;
	struct pims_transport transport; /**< in use: the application's, or built_transport's once made */
	struct pims_agent agent;
	struct loop_transport *built_transport;
	struct agent_browser *browser;

	bool initialized;
	bool freed; /**< goes away with its last call */
	struct profile profile;
	struct state state;
	struct dpop_nonces nonces; /**< of the servers; in memory only */
	bool stale; /**< the state could not be put back to what is saved: it is read again before it is used */
	struct vault vault;

	struct link calls; /**< in the order of submission */
	size_t count;
	uint64_t serial; /**< transaction ids when there is no randomness */
	struct merge discovery;
	struct merge renewal;
	struct lock lock;
};

struct call {
	struct pims *pims;
	enum call_kind kind;
	enum call_stage stage;
	struct link link;    /**< in pims->calls; not for CALL_INTERNAL */
	struct link waiting; /**< in a merge or the lock */
	struct loop_task task;
	struct loop_timer timer;

	char transaction[PIMS_TRANSACTION_SIZE];
	pims_callback_fn callback;
	void *data;
	char *api;
	struct secret text; /**< parameters as they came; empty = none, see has_text */
	bool has_text;
	struct merge *merge; /**< CALL_INTERNAL */

	const struct api_row *row;
	json_t *parameters; /**< owned, wiped */
	struct flow flow;
	enum flow_want want;
	bool timed_out;

	struct exchange *exchange; /**< FLOW_HTTP under way */
	size_t bare_headers;       /**< length of the request's headers without the token */
	bool repeated;             /**< 401 was answered once */
	bool proved_again;         /**< a refused proof was made anew once */
	bool renewing;             /**< waits for the renewal before it repeats */

	struct agent_receiver *receiver;
	bool agent_open;

	struct change *change; /**< set pims.sdk.configuration under way */
};

/** What a want came to. */
enum wait {
	WAIT_READY,   /**< go on with the next step */
	WAIT_PENDING, /**< the call's task will be posted */
	WAIT_ENDED    /**< flow.outcome is filled */
};

/** The transport of the context, made on first use. NULL: out of memory. */
const struct pims_transport *context_transport(struct pims *pims);
/** The user agent likewise. */
const struct pims_agent *context_agent(struct pims *pims);
/** Reads the state when another process has changed it, or it is stale. The lock must be free or the caller's. */
int context_refresh(struct pims *pims);
/** pims_initialize(), from the loop: fills the outcome of the call's flow. */
void context_initialize(struct pims *pims, struct call *call);
/** Log lines as the profile's monitoring says, from the next one on. */
void context_monitor(struct pims *pims);
/** Forgets configuration, session, device and connections; no call may be under way. What was saved stays saved. */
void context_release(struct pims *pims);
/** Frees a context whose last call is gone. */
void context_destroy(struct pims *pims);

#endif
