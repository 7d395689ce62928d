/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_EXCHANGE_H
#define PIMSD_OIDC_EXCHANGE_H

#include "server/http/http.h"
#include "server/store/store.h"

#define GRANT_TOKEN_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"

/** RFC 8693: a client's own access token for one to the customer API. */
void grant_exchange(struct request *request, struct response *response, const struct client *client);

#endif
