/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_CHANGE_H
#define PIMS_FACADE_CHANGE_H

#include "platform/flow.h"

struct change;

/**
 * set pims.sdk.configuration: the tree of initialize, every field optional, laid over what is configured. What belongs to another client, brand, environment,
 * mode or backend does not survive: the session is ended as by logout, the enrollment forgotten where its server or application changes, and other
 * calls under way end with 2000, `configuration.changed`. When signing out fails, its code is the answer and the configuration stays.
 * Monitoring and country change at once. 2005, `configuration.busy`, while another such call is under way.
 */
enum flow_want sdk_configure(struct flow *flow);

/** NULL allowed. */
void change_free(struct change *change);

#endif
