/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_SMS_H
#define PIMS_CLI_SMS_H

#include "cli/call.h"

/** True for a failure that another SMS code can mend. */
bool sms_code_is_wrong(const struct reply *reply);

#endif
