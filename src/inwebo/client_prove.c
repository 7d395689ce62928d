/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client_step.h"
#include "inwebo/sync.h"

#include <pims/error.h>

int iw_client_prove(const struct iw_device *device, struct iw_proofs *ret_proofs)
{
	if (!iw_client_usable(device) || !*device->challenge)
		return PIMS_E_STATE;
	if (iw_sync_needed(device))
		return IW_SYNCHROFAILED;
	return iw_step_prove(device, NULL, ret_proofs);
}
