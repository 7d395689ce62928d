/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_CLIENT_H
#define PIMSD_OIDC_CLIENT_H

#include "server/http/http.h"
#include "server/store/store.h"

enum { CLIENT_ID_MAX = 255, CLIENT_SECRET_MAX = 1024 };

/**
 * Who the client of a request is, authenticated as below. PIMS_E_NOT_FOUND: nobody we know, or not proved; PIMS_E_STATE: two ways of
 * authentication at once; others: the server failed. The caller owns *ret_client.
 */
int client_identify(const struct request *request, struct client *ret_client);
/**
 * The client of a request, authenticated: Basic, or client_id and client_secret as parameters, or client_assertion (assertion.h), or client_id alone for a
 * public one (RFC 6749 §2.3). On failure the answer is filled (400 invalid_request, 401 invalid_client) and a negative value returned. The
 * caller owns *ret_client.
 */
int client_authenticate(const struct request *request, struct response *response, struct client *ret_client);
/** True when the request carries HTTP Basic credentials. */
bool client_has_basic(const struct request *request);

#endif
