/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/sdk.h"

#include <pims/version.h>

enum flow_want sdk_version(struct flow *flow)
{
	return flow_succeed(flow, json_pack("{s:s, s:s}", "versionCore", pims_version(), "versionFacade", pims_version()));
}
