/* SPDX-License-Identifier: Apache-2.0 */
#include "strong/mac.h"

#include "base/text.h"
#include "strong/rest.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

static void mac_free(void *data)
{
	struct mac *mac = data;

	buf_free(&mac->target);
	secret_free(&mac->otp);
	free(mac);
}

bool mac_begin(struct flow *flow)
{
	struct mac *mac;

	if (!strong_configured(flow))
		return false;
	mac = calloc(1, sizeof *mac);
	if (!mac) {
		flow_fail_return(flow, PIMS_E_MEMORY);
		return false;
	}
	buf_init(&mac->target, HTTP_MAX_URL);
	mac->app.macid = flow->profile->macid;
	mac->app.lang = "fr";
	mac->app.name = flow->device_name;
	mac->app.kfact_pin = flow->profile->inwebo_key;
	flow->data = mac;
	flow->data_free = mac_free;
	return true;
}

struct mac *mac_of(struct flow *flow)
{
	return flow->data;
}

static const char *base_url(const struct flow *flow)
{
	const struct profile *profile = flow->profile;

	return profile->inwebo_url ? profile->inwebo_url : profile->endpoints.inwebo;
}

static int build_request(struct flow *flow, const char *base)
{
	size_t length = strlen(base);
	int r = http_request_start(&flow->request, "GET", base);

	if (r == 0 && length && base[length - 1] == '/')
		flow->request.url.data[--flow->request.url.len] = '\0';
	if (r == 0)
		r = buf_puts(&flow->request.url, buf_text(&mac_of(flow)->target));
	return r < 0 ? r : http_request_header(&flow->request, "Accept", "text/xml, application/xml");
}

enum flow_want mac_send(struct flow *flow, int built, flow_step_fn next)
{
	const char *base = base_url(flow);

	if (!base)
		return flow_fail_name(flow, PIMS_COMPONENT_NOT_CONFIGURED, "StrongAuthentication", "configuration.credential.inWeboURL");
	if (built != 0)
		return mac_fail(flow, built);
	built = build_request(flow, base);
	buf_reset(&mac_of(flow)->target);
	if (built < 0)
		return flow_fail_return(flow, built);
	return flow_wait(flow, FLOW_HTTP, next);
}

/* The service's own type is not known, so only what is surely something else is refused. */
static bool may_be_xml(const char *type)
{
	size_t length = strlen(type);

	if (!*type || text_equal(type, "text/xml") || text_equal(type, "application/xml") || text_equal(type, "text/plain"))
		return true;
	return length > 4 && text_equal(type + length - 4, "+xml");
}

bool mac_receive(struct flow *flow)
{
	const struct http_response *response = &flow->response;
	struct iw_reply *reply = &mac_of(flow)->reply;

	if (response->failure || response->status != 200) {
		flow_fail_response(flow);
		return false;
	}
	if (!may_be_xml(response->content_type)) {
		flow_fail(flow, PIMS_SERVER, "server.content_type");
		return false;
	}
	*reply = (struct iw_reply){0};
	reply->xml = buf_text(&response->body);
	reply->length = response->body.len;
	return true;
}

/* What to call next (spec/facade.md, Errors an app is told to handle). */
static const char *recovery(int error)
{
	switch (error) {
	case IW_CODE:
	case IW_NODEVICE:
		return "get pims.authentication.smscode type=enrollment";
	case IW_MAXNBTOOLS:
		return "set pims.authentication.device action=remove";
	case IW_FORBIDDEN:
		return "set pims.authentication.enrollment action=remove";
	case IW_BLOCKED:
		return "get pims.authentication.smscode type=resetPIN";
	case IW_SYNCHROFAILED:
		return "get pims.authentication.otp action=withPIN";
	default:
		return "";
	}
}

static const char *argument(const struct flow *flow, int error)
{
	if (flow_text(flow, "newPIN"))
		return "newPIN";
	return error == IW_PINREFUSED ? "pinCode" : "smsCode";
}

static void take_devices(struct flow *flow, const char *text)
{
	json_t *devices = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_array(devices))
		flow->outcome.devices = devices;
	else
		json_decref(devices);
}

static enum flow_want fail_refused(struct flow *flow, int error)
{
	const struct iw_refusal *refusal = &mac_of(flow)->reply.refusal;
	const char *cause = refusal->error && *refusal->cause ? refusal->cause : iw_error_cause((enum iw_error)error);
	enum flow_want want = flow_fail_name(flow, iw_error_code((enum iw_error)error), argument(flow, error), cause);

	if (refusal->error) {
		flow->outcome.retry_after = refusal->retry_after;
		flow->outcome.remaining = refusal->remaining;
	}
	if (!text_equal(cause, "otp.budget")) /* that takes nothing but time */
		(void)text_copy(flow->outcome.recovery, sizeof flow->outcome.recovery, recovery(error));
	if (refusal->error && *refusal->devices)
		take_devices(flow, refusal->devices);
	return want;
}

enum flow_want mac_fail(struct flow *flow, int value)
{
	if (value > 0)
		return fail_refused(flow, value);
	if (value == PIMS_E_FORMAT || value == PIMS_E_LIMIT)
		return flow_fail(flow, PIMS_SERVER, "server.format");
	return flow_fail_return(flow, value);
}

enum flow_want mac_end(struct flow *flow, json_t *result)
{
	if (!mac_of(flow)->reply.unsynchronised)
		return flow_succeed(flow, result);
	json_wipe(result);
	return mac_fail(flow, IW_SYNCHROFAILED);
}

enum flow_want mac_fail_saved(struct flow *flow)
{
	return mac_fail(flow, mac_of(flow)->refused);
}

enum flow_want mac_fail_gone(struct flow *flow, int refused)
{
	mac_of(flow)->refused = refused;
	iw_device_set_removed(flow->device);
	return flow_wait(flow, FLOW_SAVE, mac_fail_saved);
}

bool mac_key_fits(struct flow *flow)
{
	const struct iw_device *device = flow->device;
	int r = device->kfact ? iw_client_check_kfact(device, &mac_of(flow)->app, device->kfact) : 0;

	if (r != 0)
		mac_fail(flow, r);
	return r == 0;
}

bool mac_enrolled(struct flow *flow, bool unfinished)
{
	const struct iw_device *device = flow->device;
	bool ours = text_equal_nocase(device->macid, flow->profile->macid);

	if (device->phase == IW_REMOVED) {
		mac_fail(flow, IW_NODEVICE);
		return false;
	}
	if (ours && (iw_client_usable(device) || (unfinished && device->phase == IW_MS)))
		return mac_key_fits(flow);
	flow_fail(flow, PIMS_INWEBO_FORBIDDEN, "device.not_enrolled");
	(void)text_copy(flow->outcome.recovery, sizeof flow->outcome.recovery, "get pims.authentication.smscode type=enrollment");
	return false;
}

/* --- step ms, by a later call ------------------------------------------------------------------------------------------------------- */

static enum flow_want read_ms(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_ms_answer(flow->device, mac->sync_pin, &mac->reply);
	if (r == IW_NODEVICE)
		return mac_fail_gone(flow, r);
	return r == 0 ? flow_wait(flow, FLOW_SAVE, mac->synchronised) : mac_fail(flow, r);
}

enum flow_want mac_synchronise(struct flow *flow, const char *pin, flow_step_fn next)
{
	struct mac *mac = mac_of(flow);

	if (!pin)
		return mac_fail(flow, IW_SYNCHROFAILED);
	mac->sync_pin = pin;
	mac->synchronised = next;
	return mac_send(flow, iw_client_ms(flow->device, flow->env, pin, &mac->target), read_ms);
}

/* --- proofs for others ------------------------------------------------------------------------------------------------------------ */

static enum flow_want read_status(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_setup_status_answer(flow->device, &mac->reply);
	if (r == IW_NODEVICE)
		return mac_fail_gone(flow, r);
	if (r == 0)
		r = iw_client_prove(flow->device, &mac->proofs);
	return r == 0 ? mac->proved(flow) : mac_fail(flow, r);
}

enum flow_want mac_prove_device(struct flow *flow, flow_step_fn next)
{
	struct mac *mac = mac_of(flow);

	if (!mac_enrolled(flow, false))
		return FLOW_DONE;
	mac->proved = next;
	return mac_send(flow, iw_client_setup_status(flow->device, &mac->target), read_status);
}

json_t *mac_device_json(const struct flow *flow)
{
	const struct iw_proofs *proofs = &((const struct mac *)flow->data)->proofs;

	return json_pack("{s:s, s:s, s:s, s:s}", "id", flow->device->id, "R0", proofs->r0, "R1", proofs->r1, "R2", proofs->r2);
}
