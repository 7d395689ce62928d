/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_DISCOVERY_H
#define PIMSD_EXTERNAL_DISCOVERY_H

#include "server/external/fetch.h"
#include "server/server.h"

/** What the provider tells about itself: by its metadata (OpenID Connect Discovery 1.0 §4, RFC 8414 §3), and the keys that it names. */
struct discovery {
	char *keys;          /**< JWK set; NULL where tokens are introspected */
	char *introspection; /**< endpoint; NULL where tokens are JWTs */
};
void discovery_free(struct discovery *discovery);

/** Asks. Returns NULL, or why there is nothing, for the log: a literal. */
const char *discover(struct fetcher *fetcher, const struct external_settings *settings, struct discovery *ret_discovery);
/** Reads metadata: *ret_keys_url where keys are needed, `discovery->introspection` where not; both are NULL before. Returns as discover(). */
const char *discovery_read_metadata(const char *text, size_t length, const struct external_settings *settings, struct discovery *discovery,
				    char **ret_keys_url);

#endif
