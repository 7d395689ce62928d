/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_PAR_H
#define PIMSD_OIDC_PAR_H

#include "server/http/http.h"

/* RFC 9126: authorization requests that a client pushes before it sends a browser. */

/** What each request_uri begins with (§2.2). */
#define PAR_REQUEST_URI "urn:ietf:params:oauth:request_uri:"

/** A person may carry the reference to a browser elsewhere. Once a browser has come with it, it lives for as long as a form. */
enum {
	PAR_SECONDS = 300,
	PAR_TEXT_MAX = 8192,        /**< bytes of its parameters, encoded */
	PAR_WAITING_MAX = 50000,    /**< of a client */
	PAR_PUBLIC_PER_MINUTE = 100 /**< of a network, for clients that cannot prove themselves: anybody may push in their name */
};

/**
 * What a client pushed: its parameters, and the hash by which it is used up (store_pushed_use()). PIMS_E_NOT_FOUND: unknown, expired, used, or another
 * client's. The caller owns *ret_query.
 */
int par_visit(const struct request *request, const char *request_uri, const char *client, unsigned char ret_hash[32],
	      struct query *ret_query);

#endif
