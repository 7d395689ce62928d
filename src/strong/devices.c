/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "inwebo/client.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/*
 * The account's devices: remove all of them (set enrollment remove), list them, remove one. The server comes first; when it has removed this
 * device, its keys are forgotten here. A process killed in between learns it from the next OTP (2312).
 */

static enum flow_want removed(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

static bool is_this_device(const struct flow *flow, const char *id)
{
	return *flow->device->id && text_equal(flow->device->id, id);
}

static enum flow_want forget(struct flow *flow)
{
	iw_device_forget(flow->device);
	return flow_wait(flow, FLOW_SAVE, removed);
}

/* With the outcome that was found before. */
static enum flow_want tell(struct flow *flow)
{
	return flow_wait(flow, FLOW_DONE, NULL);
}

static enum flow_want note_failure(struct flow *flow)
{
	if (flow->outcome.code == PIMS_INWEBO_NO_DEVICE)
		iw_device_set_removed(flow->device);
	else
		flow->device->sync_due = true; /* spec/facade.md rule 8: the next call asks whether the device is still there */
	return flow_wait(flow, FLOW_SAVE, tell);
}

static enum flow_want fail_removal(struct flow *flow, bool concerned)
{
	enum flow_want want = strong_fail_response(flow);
	int code = flow->outcome.code;

	if (concerned && (code == PIMS_INWEBO_NO_DEVICE || code == PIMS_INWEBO_SYNCHRO))
		return flow_wait(flow, FLOW_LOCK, note_failure);
	return want;
}

/* Without `id` it was all of them. */
static enum flow_want read_removal(struct flow *flow)
{
	const char *id = flow_text(flow, "id");
	bool concerned = flow->device->phase != IW_NONE && (!id || is_this_device(flow, id));

	if (flow->response.status != 200)
		return fail_removal(flow, concerned);
	return concerned ? flow_wait(flow, FLOW_LOCK, forget) : removed(flow);
}

static int build_removal(struct flow *flow)
{
	const char *id = flow_text(flow, "id");
	json_t *body = id ? json_pack("{s:s}", "id", id) : json_pack("{s:b}", "all", 1);
	int r = body ? http_request_start(&flow->request, "POST", flow->profile->endpoints.devices_remove) : PIMS_E_MEMORY;

	if (r == 0)
		r = http_request_header(&flow->request, "Content-Type", "application/json");
	if (r == 0)
		r = json_write(body, &flow->request.body);
	json_decref(body);
	return r;
}

static enum flow_want ask_removal(struct flow *flow)
{
	return strong_send(flow, build_removal(flow), read_removal);
}

static enum flow_want removal_token(struct flow *flow)
{
	if (!flow->profile->endpoints.devices_remove)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_removal);
}

enum flow_want strong_remove(struct flow *flow)
{
	if (!strong_configured(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, removal_token);
}

enum flow_want strong_device_remove(struct flow *flow)
{
	return strong_remove(flow);
}

/* --- the list -------------------------------------------------------------------------------------------------------------------------- */

static int add_device(const struct flow *flow, const json_t *device, json_t *list)
{
	static const char *const members[] = {"name", "platform", "created", "lastUsed"};
	const char *id = json_text(device, "id");
	json_t *entry = json_object();
	int r;

	if (json_array_append_new(list, entry) < 0)
		return PIMS_E_MEMORY;
	if (!id)
		return PIMS_E_FORMAT;
	r = json_put_text(entry, "id", id);
	for (size_t i = 0; r == 0 && i < sizeof members / sizeof *members; i++)
		r = json_put_text(entry, members[i], json_text(device, members[i]));
	if (r == 0 && json_object_set_new(entry, "thisDevice", json_boolean(is_this_device(flow, id))) < 0)
		r = PIMS_E_MEMORY;
	return r;
}

/* The result, from the server's answer; NULL when that is none. */
static json_t *make_list(const struct flow *flow, const json_t *answer)
{
	const json_t *devices = json_object_get(answer, "devices");
	json_t *result = json_pack("{s:[], s:I}", "devices", "limit", (json_int_t)json_int(answer, "limit", 0));
	int r = json_is_array(devices) && result ? 0 : PIMS_E_FORMAT;

	for (size_t i = 0; r == 0 && i < json_array_size(devices); i++)
		r = add_device(flow, json_array_get(devices, i), json_object_get(result, "devices"));
	if (r == 0)
		return result;
	json_decref(result);
	return NULL;
}

static enum flow_want read_devices(struct flow *flow)
{
	json_t *answer, *list;

	if (flow->response.status != 200)
		return strong_fail_response(flow);
	answer = strong_answer_object(flow);
	list = answer ? make_list(flow, answer) : NULL;
	json_wipe(answer);
	return list ? flow_succeed(flow, list) : flow_fail(flow, PIMS_SERVER, "server.format");
}

static enum flow_want ask_devices(struct flow *flow)
{
	return strong_send(flow, http_request_start(&flow->request, "GET", flow->profile->endpoints.devices), read_devices);
}

static enum flow_want devices_token(struct flow *flow)
{
	if (!flow->profile->endpoints.devices)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, ask_devices);
}

enum flow_want strong_devices(struct flow *flow)
{
	if (!strong_configured(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, devices_token);
}
