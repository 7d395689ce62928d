/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_OAUTH_H
#define PIMSD_OIDC_OAUTH_H

#include "server/http/http.h"

/** RFC 6749 §5.2: {"error", "error_description"}, never cached. The texts are literals of ours: nothing of a request is echoed. */
void oauth_error(struct response *response, int status, const char *error, const char *description);
/** A failure of our own, for a negative enum pims_return. */
void oauth_server_error(struct response *response);
/** "Cache-Control: no-store" (RFC 6749 §5.1). */
void no_store(struct response *response);

#endif
