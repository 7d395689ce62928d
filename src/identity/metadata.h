/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_METADATA_H
#define PIMS_IDENTITY_METADATA_H

#include "base/json.h"
#include "platform/flow.h"

/*
 * The two documents that tell a backend's endpoints: our well-known document, and the provider's metadata (OpenID Connect
 * Discovery 1.0 §3) that it names. Readers return NULL, or the cause of a failure: "server.format", "server.issuer",
 * "backend.insecure", "memory".
 */

#define METADATA_BACKEND "/.well-known/openpims"
#define METADATA_PROVIDER "/.well-known/openid-configuration"

/** Starts the request for a well-known document under `base`, the URL of a backend or an issuer. Returns as http_request_start(). */
int metadata_request(struct flow *flow, const char *base, const char *document);
/** The JSON object of flow->response, which the caller owns; or NULL, with the flow ended. */
json_t *metadata_object(struct flow *flow);

/** Well-known document → endpoints, and the URL of the metadata, which the caller owns. */
const char *metadata_read_backend(const json_t *document, struct endpoints *endpoints, char **ret_configuration);
/** Metadata → endpoints; its issuer must be endpoints->issuer (RFC 8414 §3.3). */
const char *metadata_read_provider(const json_t *document, struct endpoints *endpoints);
/**
 * What to ask a provider for that is no backend of ours: a name to greet with, and a refresh token where the provider ties that to
 * `offline_access` (OpenID Connect Core §11). NULL, or "memory".
 */
const char *metadata_choose_scope(const json_t *document, struct endpoints *endpoints);
/** Ends the flow with such a cause. */
enum flow_want metadata_fail(struct flow *flow, const char *cause);

#endif
