/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_AUTHORIZE_H
#define PIMS_IDENTITY_AUTHORIZE_H

#include "base/url.h"
#include "dpop/dpop.h"
#include "platform/flow.h"

/** What one authorization request must be remembered by until its redirect has come. */
struct authorization {
	struct secret verifier; /**< PKCE */
	struct secret state;
	struct secret nonce;
	char key[DPOP_THUMBPRINT_SIZE]; /**< that will prove the token request: dpop_jkt (RFC 9449 §10); "" = none */
	int64_t asked; /**< when, on the monotonic clock in milliseconds */
	bool forced;   /**< prompt=login, max_age=0 */
};

int authorization_begin(struct authorization *authorization, const struct env *env, bool forced);
void authorization_free(struct authorization *authorization);
/** Appends the parameters of the request, encoded. `language` is a valid ui_locales or NULL. */
int authorization_parameters(const struct authorization *authorization, const struct flow *flow, const char *language, struct buf *query);
/** Appends the URL for the user agent: the provider's endpoint with these parameters. */
int authorization_url(const struct profile *profile, const char *query, struct buf *url);
/**
 * The parameters of a redirect that answers this request: our redirect URI and our state (RFC 6749 §4.1.2, §10.12).
 * PIMS_E_NOT_FOUND: it is not ours; PIMS_E_MEMORY.
 */
int authorization_redirect(const struct authorization *authorization, const char *redirect_uri, const char *url, struct query *ret_query);
enum { LANGUAGE_SIZE = 36 };
/** The parameter `local` as a BCP 47 tag, as ui_locales wants it; apps also write "fr_FR". NULL: none was given; "": it is none. */
const char *authorization_language(const struct flow *flow, char language[LANGUAGE_SIZE]);
/** True when the answer's `iss` is right, or absent where the provider sends none: against mix-up (RFC 9207 §2.4). */
bool authorization_issuer_matches(const struct endpoints *endpoints, const struct query *query);
/** Ends the flow by the `error` of a redirect: 2368 `agent.canceled`, or 2204. */
enum flow_want authorization_refused(struct flow *flow, const char *error);
/** The request that a flow waits for, or NULL when the flow is of another kind. */
const struct authorization *login_authorization(const struct flow *flow);
const struct authorization *account_authorization(const struct flow *flow);
const struct authorization *logout_authorization(const struct flow *flow);
/** The scope asked for. */
const char *authorization_scope(const struct profile *profile);

#endif
