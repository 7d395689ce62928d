/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_TRANSPORT_INTERNAL_H
#define PIMS_PLATFORM_TRANSPORT_INTERNAL_H

#include "base/buf.h"
#include "platform/loop_internal.h"

#include <curl/curl.h>
#include <stdbool.h>

/*
 * The hub is what the transports of a loop share: one multi handle, so that connections, TLS sessions and names are shared too. A transport is one
 * context's use of it; an exchange is one request with its answer.
 */

enum { HUB_IDLE_HANDLES = 64 };

struct hub {
	struct loop_shared shared; /* first */
	struct pims_loop *loop;
	CURLM *multi;
	struct loop_timer timer; /**< libcurl's */
	struct loop_task kick;   /**< the same with a delay of 0 */
	char *no_proxy;
	CURL *idle[HUB_IDLE_HANDLES];
	size_t idle_count;
	size_t in_flight;
	struct loop_transport *transports;
};

struct loop_transport {
	struct hub *hub; /**< NULL when the loop is gone */
	char *ca_file, *pinned_keys;
	struct exchange *exchanges;
	struct loop_transport *next, *previous;
};

struct exchange {
	struct loop_transport *transport;
	CURL *easy;
	struct curl_slist *headers;
	pims_http_done_fn done;
	void *token;
	struct loop_timer deadline;
	int fd; /**< the socket libcurl waits on for it, -1 = none */
	struct buf head; /**< header lines of the answer, each with its NUL */
	struct buf body;
	bool connected; /**< the request could be sent */
	bool queued;    /**< all connections were taken when it came */
	bool too_big;
	bool head_ended; /**< the empty line behind the header lines has come */
	struct exchange *next, *previous;
};

/** transport_hub.c: the loop's hub, made when there is none. PIMS_E_SYSTEM, PIMS_E_MEMORY. */
int hub_get(struct hub **ret_hub, struct pims_loop *loop);
/** An easy handle without options, or NULL; and back to the pool. */
CURL *hub_take_easy(struct hub *hub);
void hub_release_easy(struct hub *hub, CURL *easy);

/** transport_curl.c: ends an exchange with its answer; `done` may cancel, send, or free the transport. The hub outlives it. */
void exchange_finish(struct exchange *exchange, enum pims_http_failure failure);
/** Ends it without. */
void exchange_drop(struct exchange *exchange);

/** transport_exchange.c: prepares `exchange->easy`, which libcurl has just made or reset. PIMS_E_INVALID, PIMS_E_MEMORY. */
int exchange_prepare(struct exchange *exchange, const struct pims_http_request *request);
/** What the end of the transfer means. */
enum pims_http_failure exchange_failure(const struct exchange *exchange, CURLcode code);
/** What it means that the deadline passed. */
enum pims_http_failure exchange_timeout(const struct exchange *exchange);
/** Calls `done`. */
void exchange_answer(const struct exchange *exchange, enum pims_http_failure failure, int status);
/** Wipes and frees what it owns but the handle. */
void exchange_clear(struct exchange *exchange);

#endif
