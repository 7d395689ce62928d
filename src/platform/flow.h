/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_FLOW_H
#define PIMS_PLATFORM_FLOW_H

#include "base/json.h"
#include "base/secret.h"
#include "platform/env.h"
#include "platform/http.h"
#include "platform/profile.h"

#include <stdbool.h>

/*
 * A flow is one call as a state machine without I/O. Each step does what can be done at once, names the step to go on with in `next`, and
 * returns what it waits for; the driver (facade/driver.c) does the waiting. Tests drive flows by hand.
 */

struct flow;
struct session;   /* identity/session.h */
struct dpop_key;  /* dpop/dpop.h */
struct dpop_nonces;
struct iw_device; /* inwebo/device.h */

enum flow_want {
	FLOW_DONE,      /**< flow->outcome is filled */
	FLOW_ENDPOINTS, /**< profile->endpoints.known */
	FLOW_TOKEN,     /**< session->access_token is good for 60 s more; renewals are merged. Ask for it before FLOW_LOCK */
	FLOW_LOCK,      /**< session and device are read afresh and ours alone, across processes, until the flow is done */
	FLOW_HTTP,      /**< send flow->request; then flow->response */
	FLOW_UNLOCK,    /**< the lock is let go of: what was saved stays, and others need not wait for what a person does next */
	FLOW_SAVE,      /**< session and device are on disk; needs FLOW_LOCK. A failure ends the flow with 2000 and the old state */
	FLOW_REDIRECT,  /**< flow->redirect_uri is ready to receive (a loopback port is open) */
	FLOW_AGENT,     /**< the user agent shows flow->agent_url; then flow->agent_answer is the redirect's URL */
	FLOW_RENEW      /**< the session was renewed after the flow asked, however long its token had to live; merged like FLOW_TOKEN */
};

typedef enum flow_want (*flow_step_fn)(struct flow *flow);

/** What a call came to. code 0 = SUCCEEDED. The facade maps a code that its row does not list to the nearest listed one. */
struct outcome {
	int code;         /**< enum pims_error */
	char name[64];    /**< fills "[PARAMETER]" or "[Component]" of the label */
	char cause[64];   /**< "" = none */
	char recovery[96]; /**< "" = none */
	int retry_after;  /**< -1 = none */
	int remaining;    /**< -1 = none */
	json_t *devices;  /**< owned; the account's devices where there are too many, NULL = not told */
	json_t *result;   /**< owned; NULL = null */
};

struct flow {
	const struct env *env;
	const json_t *parameters; /**< valid by the table: required ones present, secrets as strings of digits */
	struct profile *profile;
	struct session *session;  /**< never NULL; empty = nobody is signed in */
	struct iw_device *device; /**< never NULL; empty = not enrolled */
	int64_t *clock_skew;      /**< seconds: the server's clock minus ours, learnt from answers */
	const char *device_name;

	flow_step_fn next;
	/**
	 * By default a request without an answer (flow->response.failure) ends the flow with 2201, 2202, 2204 or 2208, and a 401 on
	 * a `bearer` request is repeated once with a renewed token. A flow that must see failures sets this.
	 */
	bool sees_failures;
	/**
	 * For the next FLOW_HTTP only: the driver adds "Authorization" with the session's access token (and its proof, when it is bound to a key)
	 * when it sends the request, and puts the new token in its place when it repeats it. Needs FLOW_TOKEN before.
	 */
	bool bearer;
	/**
	 * For the next FLOW_HTTP only, without `bearer`: the driver adds a DPoP proof by this key when it sends the request, and another one when it
	 * repeats it because the server wants a nonce (RFC 9449 §8). NULL, or a key that is empty by then: no proof.
	 */
	struct dpop_key *proof;
	struct dpop_nonces *nonces; /**< of the servers, for proofs; NULL = none are remembered */
	struct http_request request;
	struct http_response response;
	char *redirect_uri;  /**< owned */
	char *agent_url;     /**< owned */
	char *agent_answer;  /**< owned, wiped */
	struct outcome outcome;

	void *data; /**< the flow's own; freed by data_free */
	void (*data_free)(void *data);
};

/** Frees what the flow owns (request, response, outcome, data), wiping. */
void flow_clear(struct flow *flow);
void flow_init(struct flow *flow);

/** A parameter as text, or NULL when it was not given. */
const char *flow_text(const struct flow *flow, const char *name);
/** The server's clock in seconds since 1970, by what was learnt. */
int64_t flow_server_time(const struct flow *flow);

/** End the flow: each returns FLOW_DONE. `result` is taken over and may be NULL. `cause` may be NULL. */
enum flow_want flow_succeed(struct flow *flow, json_t *result);
enum flow_want flow_fail(struct flow *flow, int code, const char *cause);
/** The same with the name for the label's placeholder. */
enum flow_want flow_fail_name(struct flow *flow, int code, const char *name, const char *cause);
/** 2000 for a negative enum pims_return of our own (memory, crypto). */
enum flow_want flow_fail_return(struct flow *flow, int value);
/** For flow->response: no answer, or a status that the flow did not expect → 2201, 2202, 2204, 2208, 2302, 2344 with its cause and retryAfter. */
enum flow_want flow_fail_response(struct flow *flow);
/** True when the answer asks for a stronger sign-in (RFC 9470): flow_fail_response() makes 2302 of it, and renewing the token is no help. */
bool flow_needs_strong(const struct flow *flow);
/** Goes on with `next` when `want` has come. */
enum flow_want flow_wait(struct flow *flow, enum flow_want want, flow_step_fn next);

#endif
