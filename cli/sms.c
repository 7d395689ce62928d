/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sms.h"

bool sms_code_is_wrong(const struct reply *reply)
{
	int code = reply_code(reply);

	return code == PIMS_SMS_CODE_INVALID || code == PIMS_SMS_CODE_EXPIRED || code == PIMS_INVALID_PARAMETER;
}
