/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_USERINFO_H
#define PIMS_IDENTITY_USERINFO_H

#include "platform/flow.h"

/** Ends a sign-in that is on disk: where the id_token told no name, it is asked for (OpenID Connect Core §5.3). */
enum flow_want userinfo_ask(struct flow *flow);

#endif
