/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_TOKEN_H
#define PIMSD_OIDC_TOKEN_H

#include "server/http/http.h"
#include "server/oidc/dpop.h"
#include "server/store/store.h"

/** A request to the token endpoint. */
struct token_request {
	struct request *request;
	struct response *response;
	struct client client;         /**< authenticated */
	struct possession possession; /**< the key that it proved, "" = none */
};

/** True when the access token that it gets is to be bound to the key. */
bool token_is_bound(const struct token_request *token);

#endif
