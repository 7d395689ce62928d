/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_IDENTITY_H
#define PIMS_IDENTITY_IDENTITY_H

#include "platform/flow.h"

/* First steps of the flows of this layer (platform/flow.h). */

/** FLOW_ENDPOINTS: the backend's well-known document, then the provider's metadata; or the brand's table. Result null. */
enum flow_want identity_discover(struct flow *flow);
/** pims_discover(): parameter `backend`; the result is the parameters for initialize. */
enum flow_want identity_configure(struct flow *flow);
/** FLOW_TOKEN: renews the session under the lock. Only failure: 2301 (the session is wiped when the refresh token is dead) or 22xx. */
enum flow_want identity_renew(struct flow *flow);
/** set pims.authentication.user action=login, forcedLogin, logout */
enum flow_want identity_login(struct flow *flow);
enum flow_want identity_forced_login(struct flow *flow);
enum flow_want identity_logout(struct flow *flow);
/** get pims.authentication.token type=idtoken, cvs */
enum flow_want identity_idtoken(struct flow *flow);
enum flow_want identity_cvs(struct flow *flow);
/** get pims.authentication.account actionType=basic type=username */
enum flow_want identity_username(struct flow *flow);

#endif
