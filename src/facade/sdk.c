/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/sdk.h"

#include "facade/context.h"
#include "platform/host.h"

#include <pims/error.h>
#include <pims/version.h>

enum { LOG_PATH_MAX = 8192 };

static struct log_file *log_of(struct flow *flow)
{
	return &LINK_ENTRY(flow, struct call, flow)->pims->log;
}

static enum flow_want answer(struct flow *flow, json_t *result)
{
	return result ? flow_succeed(flow, result) : flow_fail_return(flow, PIMS_E_MEMORY);
}

static enum flow_want fail(struct flow *flow, int value)
{
	return value == PIMS_E_STATE ? flow_fail(flow, PIMS_NOT_CONFIGURED, "log.directory") : flow_fail_return(flow, value);
}

enum flow_want sdk_version(struct flow *flow)
{
	return answer(flow, json_pack("{s:s, s:s}", "versionCore", pims_version(), "versionFacade", pims_version()));
}

enum flow_want sdk_device(struct flow *flow)
{
	struct host host;

	host_read("", &host);
	return answer(flow, json_pack("{s:s, s:s, s:s, s:s}", "OS", host.os, "OSVersion", host.os_version, "PhoneModel", host.model, "PhoneBrand",
				      host.brand));
}

enum flow_want sdk_log(struct flow *flow)
{
	struct buf path = BUF_INIT(LOG_PATH_MAX);
	int r = log_file_path(log_of(flow), &path);
	enum flow_want want = r < 0 ? fail(flow, r) : answer(flow, json_pack("{s:s}", "logPath", buf_text(&path)));

	buf_free(&path);
	return want;
}

enum flow_want sdk_logs(struct flow *flow)
{
	json_t *paths = NULL;
	int r = log_file_paths(log_of(flow), &paths);

	return r < 0 ? fail(flow, r) : answer(flow, json_pack("{s:o}", "logPaths", paths));
}
