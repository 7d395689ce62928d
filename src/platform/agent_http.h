/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_AGENT_HTTP_H
#define PIMS_PLATFORM_AGENT_HTTP_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The HTTP of the redirect receiver: one GET in, one page out. */

enum { AGENT_MAX_RESPONSE = 4096 };

/** What the page tells: the statuses of the receiver. */
enum agent_page {
	AGENT_PAGE_DONE,       /**< 200 */
	AGENT_PAGE_REFUSED,    /**< 400: nobody waits for this redirect, or it is not HTTP */
	AGENT_PAGE_NOT_FOUND,  /**< 404 */
	AGENT_PAGE_NOT_GET,    /**< 405 */
	AGENT_PAGE_TOO_LARGE   /**< 431 */
};

/** True when the head of a request has come whole. */
bool agent_request_complete(const struct buf *request);
/**
 * Reads the request line. Appends the target ("/path?query") to `ret_target`. PIMS_E_FORMAT: not HTTP/1.x in origin form;
 * PIMS_E_STATE: another method than GET; PIMS_E_MEMORY, PIMS_E_LIMIT.
 */
int agent_request_target(const struct buf *request, struct buf *ret_target);
/** Appends the whole answer. */
int agent_response(enum agent_page page, struct buf *ret_response);

#endif
