/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_EXCHANGE_H
#define PIMSD_OIDC_EXCHANGE_H

#include "server/oidc/token.h"

#define GRANT_TOKEN_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"

/** RFC 8693: a client's own access token for one to the customer API. */
void grant_exchange(const struct token_request *token);

#endif
