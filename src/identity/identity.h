/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_IDENTITY_H
#define PIMS_IDENTITY_IDENTITY_H

#include "platform/flow.h"

#include <stdbool.h>

/* First steps of the flows of this layer (platform/flow.h). */

/** FLOW_ENDPOINTS: the backend's well-known document, then the provider's metadata; the latter alone; or the brand's table. Result null. */
enum flow_want identity_discover(struct flow *flow);
/** pims_discover(): parameter `backend`; the result is the parameters for initialize. */
enum flow_want identity_configure(struct flow *flow);
/**
 * FLOW_TOKEN, FLOW_RENEW: renews the session under the lock, unless another process has done so since the flow began. Fails with
 * 2301 (the session is wiped when the refresh token is dead), 2006 or 22xx.
 */
enum flow_want identity_renew(struct flow *flow);
/** set pims.authentication.user action=login, forcedLogin, logout */
enum flow_want identity_login(struct flow *flow);
enum flow_want identity_forced_login(struct flow *flow);
enum flow_want identity_logout(struct flow *flow);
/** get pims.authentication.token type=idtoken, cvs */
enum flow_want identity_idtoken(struct flow *flow);
enum flow_want identity_cvs(struct flow *flow);
/** get pims.authentication.token type=customerAt: by token exchange; 2006 `backend.no_audience` where the backend names none */
enum flow_want identity_customer_at(struct flow *flow);
/**
 * set pims.authentication.user action=createAccount, updateLogin, updatePassword: the backend's own pages in the user agent. 2344
 * `backend.no_endpoint` where it has none.
 */
enum flow_want identity_create_account(struct flow *flow);
enum flow_want identity_update_login(struct flow *flow);
enum flow_want identity_update_password(struct flow *flow);
/** get pims.authentication.account actionType=basic type=username */
enum flow_want identity_username(struct flow *flow);

/**
 * True when the session was issued to this configuration (client, and issuer as far as it is known) and is good or can be renewed.
 * Rows of security `authentication` answer 2301 otherwise.
 */
bool identity_signed_in(const struct flow *flow);
/**
 * True when `url` is the redirect that this flow, waiting for FLOW_AGENT, asked for: its redirect URI and its state. Any other URL
 * must not be given to it.
 */
bool identity_redirect_expected(const struct flow *flow, const char *url);

#endif
