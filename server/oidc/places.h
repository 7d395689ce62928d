/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_PLACES_H
#define PIMSD_OIDC_PLACES_H

#include "server/http/http.h"

/*
 * Places where an account was signed in before: a browser, by a cookie of its own, or a network. Who guesses passwords from everywhere is stopped for
 * everywhere but these, so that its owner is not shut out with him (NIST SP 800-63B-4 §3.2.2).
 */

enum { PLACE_SIZE = 96 };

/** The place that a request comes from, when it is one of `email`'s; else "". Negative when the store failed. */
int place_find(const struct request *request, const char *email, char ret_place[PLACE_SIZE]);
/** Makes the request's network one for 90 days. */
int place_add_network(const struct request *request, const char *email);
/** Makes the browser one, until its cookie goes. Nothing secret is in the cookie, and it signs nobody in. */
int place_add_browser(const struct request *request, struct response *response, const char *email);

#endif
