/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_AUTHORIZE_H
#define PIMS_IDENTITY_AUTHORIZE_H

#include "base/url.h"
#include "platform/flow.h"

/** What one authorization request must be remembered by until its redirect has come. */
struct authorization {
	struct secret verifier; /**< PKCE */
	struct secret state;
	struct secret nonce;
	int64_t asked; /**< when, on the monotonic clock in milliseconds */
	bool forced;   /**< prompt=login, max_age=0 */
};

int authorization_begin(struct authorization *authorization, const struct env *env, bool forced);
void authorization_free(struct authorization *authorization);
/** Appends the URL for the user agent. `language` is a valid ui_locales or NULL. */
int authorization_url(const struct authorization *authorization, const struct flow *flow, const char *language, struct buf *buf);
/**
 * The parameters of a redirect that answers this request: our redirect URI and our state (RFC 6749 §4.1.2, §10.12).
 * PIMS_E_NOT_FOUND: it is not ours; PIMS_E_MEMORY.
 */
int authorization_redirect(const struct authorization *authorization, const char *redirect_uri, const char *url, struct query *ret_query);
/** The scope asked for. */
const char *authorization_scope(const struct endpoints *endpoints);

#endif
