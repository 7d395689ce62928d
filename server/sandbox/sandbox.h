/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SANDBOX_H
#define PIMSD_SANDBOX_H

#include "server/http/http.h"
#include "server/server.h"

/*
 * What makes a server a tool for app teams: faults on demand, a clock that can be moved, the last calls, and a page that shows it all (docs/SANDBOX.md).
 * It stands before the handlers as one filter; a production server has none of it, neither filter nor routes.
 */

struct sandbox;

/** From here on the server's clock can be moved: before anybody copies its env. `workers` of the HTTP server, 0 = its default. PIMS_E_MEMORY, PIMS_E_SYSTEM. */
int sandbox_new(struct sandbox **ret_sandbox, struct server *server, unsigned workers);
/** Releases requests that are held and ends streams, so that the HTTP server can stop. NULL allowed. */
void sandbox_close(struct sandbox *sandbox);
/** NULL allowed. */
void sandbox_free(struct sandbox *sandbox);

/** Of struct http_server_options. */
void sandbox_filter(handler_fn handler, struct request *request, struct response *response);
void sandbox_note(const struct request *request, const struct response *response, int64_t milliseconds);

/** Puts a fault on the list, as POST /sandbox/faults does. PIMS_E_FORMAT: it says no fault, see *ret_why (a literal); PIMS_E_LIMIT: too many. */
int sandbox_fault(struct sandbox *sandbox, const json_t *fault, const char **ret_why);
/** Removes all faults that wait. */
void sandbox_forget_faults(struct sandbox *sandbox);
/** Moves the clock by so many seconds. PIMS_E_LIMIT: it would be more than ten years from the real one. */
int sandbox_advance(struct sandbox *sandbox, int64_t seconds);

#endif
