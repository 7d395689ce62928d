/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_REDIRECT_H
#define PIMSD_OIDC_REDIRECT_H

#include "base/buf.h"

#include <stdbool.h>

enum { REDIRECT_URI_MAX = 2048 };

/**
 * True when `uri` is one of the registered URIs (separated by '\n'): letter by letter; or a loopback one with any port (RFC 8252
 * §7.3); or matched by a pattern that ends in a slash and an asterisk, which stands for one path segment of two letters (a country,
 * spec/wire.md §2), or, on loopback alone, for any path.
 */
bool redirect_registered(const char *registered, const char *uri);
/** Starts an answer: the URI and "?" or "&", so that url_put() goes on. */
int redirect_start(const char *uri, struct buf *ret_url);

#endif
