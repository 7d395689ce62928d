/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_FETCH_H
#define PIMSD_EXTERNAL_FETCH_H

#include "platform/env.h"
#include "platform/http.h"

#include <stdbool.h>

/**
 * Requests to the provider, from workers that wait for them. A provider that is slow must not take all workers with it: only so many requests run at
 * once, as many more wait for a second, and the rest is refused at once. Every request ends within FETCH_TIMEOUT_MS. Thread-safe.
 */
struct fetcher;

enum { FETCH_CONNECT_MS = 3000, FETCH_TIMEOUT_MS = 5000, FETCH_QUEUE_MS = 1000, FETCH_BODY_MAX = 65536 };

/** `ca_file` NULL: the system's authorities. PIMS_E_MEMORY, PIMS_E_SYSTEM. */
int fetcher_new(struct fetcher **ret_fetcher, const char *ca_file, unsigned max, const struct env *env);
/** Requests that run end soon, without an answer; new ones fail. */
void fetcher_stop(struct fetcher *fetcher);
/** Nobody may use it any more. NULL allowed. */
void fetcher_free(struct fetcher *fetcher);
/**
 * Sends the request and waits. 0: there is an answer, of whatever status; PIMS_E_AGAIN: too many others wait; PIMS_E_SYSTEM: there is no whole answer
 * (logged); PIMS_E_MEMORY.
 */
int fetch(struct fetcher *fetcher, const struct http_request *request, struct http_response *ret_response);
/** Warns in the log, not more often than every ten seconds: callers come in crowds. */
void fetcher_warn(struct fetcher *fetcher, const char *about, const char *problem);
/** An http(s) URL to which tokens and secrets may go: https, or on loopback. */
bool fetch_url_allowed(const char *url);

#endif
