/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_ISSUER_H
#define PIMS_IDENTITY_ISSUER_H

#include "platform/profile.h"

#include <stdbool.h>

/**
 * True when `issuer` is who answers at these endpoints: letter by letter where the backend told its issuer. For a brand of the
 * live service, whose issuer no public source tells, any https URL on the host of the token endpoint. NULL is nobody.
 */
bool issuer_accepted(const struct endpoints *endpoints, const char *issuer);
/** True when the token endpoint is reached by TLS. */
bool issuer_is_tls(const struct endpoints *endpoints);
/** NULL for an http(s) URL that may be used; else the cause: "server.format", or "backend.insecure" for plain http to another host. */
const char *endpoint_problem(const char *url);

#endif
