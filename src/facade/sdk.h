/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_SDK_H
#define PIMS_FACADE_SDK_H

#include "platform/flow.h"

/** get pims.sdk.version */
enum flow_want sdk_version(struct flow *flow);

#endif
