/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_PLACES_H
#define PIMSD_OIDC_PLACES_H

#include "server/http/http.h"

/*
 * Places where an account was signed in before: a browser, by a cookie of its own that signs nobody in, or a network. Who guesses passwords from everywhere
 * is stopped for everywhere but these, so that its owner is not shut out with him (NIST SP 800-63B-4 §3.2.2). A place is known for half a year from the last
 * sign-in there; a new password makes the account forget them all.
 */

enum { PLACE_SIZE = 65 };
extern const int64_t place_known_ms;

/** The place of the account that a request comes from, browser before network; "" = none. Negative when the store failed. */
int place_find(const struct request *request, int64_t account, char ret_place[PLACE_SIZE]);
/** Makes the request's network one, or renews it. */
int place_add_network(const struct request *request, int64_t account);
/** Makes the browser one, or renews it: sets its cookie. */
int place_add_browser(const struct request *request, struct response *response, int64_t account);

#endif
