/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_ACCOUNT_SCOPES_H
#define PIMSD_ACCOUNT_SCOPES_H

#include "server/http/http.h"

/** The scope that an access token must have for this call; NULL: there is no such call for a person. */
const char *call_scope(const struct request *request);

#endif
