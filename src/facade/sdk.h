/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_SDK_H
#define PIMS_FACADE_SDK_H

#include "platform/flow.h"

/** get pims.sdk.version */
enum flow_want sdk_version(struct flow *flow);
/** get pims.sdk.device */
enum flow_want sdk_device(struct flow *flow);
/** get pims.sdk.log, get pims.sdk.logs: 2006, `log.directory`, when an application that keeps the state itself has named no directory. */
enum flow_want sdk_log(struct flow *flow);
enum flow_want sdk_logs(struct flow *flow);

#endif
