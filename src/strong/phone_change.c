/* SPDX-License-Identifier: Apache-2.0 */
#include "base/phone.h"
#include "base/text.h"
#include "inwebo/proof.h"
#include "strong/enrollment.h"
#include "strong/mac.h"
#include "strong/number.h"
#include "strong/rest.h"
#include "strong/strong.h"

#include <pims/error.h>

/*
 * set smscode addPhoneNumber, modifyPhoneNumber and set enrollment enrollWithPhoneNumber: our REST, no public wire format (spec/wire.md §3). A change proves
 * an enrolled device for a challenge of mode status; with enrollWithPhoneNumber the code that certified the number becomes the activation code.
 */

/* Causes of the server that are documented codes of their own, beside those of inWebo. */
static const struct {
	const char *cause;
	int code;
	const char *name;
} causes[] = {
	{"phone.invalid", PIMS_INVALID_PARAMETER, "phoneNumber"}, {"phone.exists", PIMS_PHONE_REGISTERED, "phoneNumber"},
	{"phone.none", PIMS_NO_PHONE_NUMBER, "phoneNumber"},      {"sms.code", PIMS_SMS_CODE_INVALID, "smsCode"},
	{"sms.expired", PIMS_SMS_CODE_EXPIRED, "smsCode"},        {"device.proof", PIMS_INWEBO_NO_DEVICE, ""},
};

static enum flow_want fail_change(struct flow *flow)
{
	char cause[sizeof flow->outcome.cause];

	(void)strong_fail_response(flow);
	(void)text_copy(cause, sizeof cause, flow->outcome.cause);
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (flow->response.status < 500 && text_equal(cause, causes[i].cause))
			return flow_fail_name(flow, causes[i].code, causes[i].name, cause);
	return FLOW_DONE;
}

static bool changed(const struct flow *flow)
{
	return flow->response.status == 204 || flow->response.status == 200;
}

static enum flow_want read_change(struct flow *flow)
{
	return changed(flow) ? flow_succeed(flow, NULL) : fail_change(flow);
}

static int add_proofs(const struct flow *flow, const struct iw_proofs *proofs, json_t *body)
{
	json_t *device = json_pack("{s:s, s:s, s:s, s:s}", "id", flow->device->id, "R0", proofs->r0, "R1", proofs->r1, "R2", proofs->r2);

	return json_object_set_new(body, "device", device) == 0 ? 0 : PIMS_E_MEMORY;
}

/* What the server is asked for; `proofs` only with CHANGE_MODIFY. */
enum change { CHANGE_ADD, CHANGE_MODIFY, CHANGE_ENROLL };

static int build(struct flow *flow, enum change change, const struct iw_proofs *proofs)
{
	const char *action = change == CHANGE_MODIFY ? "modify" : "add";
	char number[STRONG_NUMBER_SIZE];
	json_t *body = NULL;
	int r = strong_number(flow, number);

	if (r == 0)
		r = http_request_start(&flow->request, "POST", flow->profile->endpoints.phone);
	if (r == 0)
		r = http_request_header(&flow->request, "Content-Type", "application/json");
	if (r < 0)
		return r;
	body = json_pack("{s:s, s:s, s:s}", "action", action, "phoneNumber", number, "smsCode", flow_text(flow, "smsCode"));
	if (!body || (change == CHANGE_ENROLL && json_object_set_new(body, "enroll", json_true()) < 0))
		r = PIMS_E_MEMORY;
	if (r == 0 && proofs)
		r = add_proofs(flow, proofs, body);
	if (r == 0)
		r = json_write(body, &flow->request.body);
	json_wipe(body);
	return r;
}

/* --- addPhoneNumber ----------------------------------------------------------------------------------------------------------------------- */

static enum flow_want add(struct flow *flow)
{
	return strong_send(flow, build(flow, CHANGE_ADD, NULL), read_change);
}

static enum flow_want add_token(struct flow *flow)
{
	if (!flow->profile->endpoints.phone)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, add);
}

enum flow_want strong_add_phone(struct flow *flow)
{
	if (!strong_number_valid(flow) || !strong_configured(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, add_token);
}

/* --- modifyPhoneNumber -------------------------------------------------------------------------------------------------------------------- */

/* What can be told without the network; false with the flow ended. */
static bool provable(struct flow *flow)
{
	const struct iw_device *device = flow->device;
	bool ours = text_equal_nocase(device->macid, flow->profile->macid);

	if (device->phase == IW_REMOVED || (ours && device->phase == IW_MS)) {
		mac_fail(flow, device->phase == IW_MS ? IW_SYNCHROFAILED : IW_NODEVICE);
		return false;
	}
	if (ours && iw_client_usable(device))
		return true;
	flow_fail(flow, PIMS_INWEBO_FORBIDDEN, "device.not_enrolled");
	(void)text_copy(flow->outcome.recovery, sizeof flow->outcome.recovery, "get pims.authentication.smscode type=enrollment");
	return false;
}

static enum flow_want modify(struct flow *flow)
{
	struct iw_proofs proofs;
	int r = iw_client_prove(flow->device, &proofs);

	return r == 0 ? strong_send(flow, build(flow, CHANGE_MODIFY, &proofs), read_change) : mac_fail(flow, r);
}

static enum flow_want read_challenge(struct flow *flow)
{
	struct mac *mac = mac_of(flow);
	int r;

	if (!mac_receive(flow))
		return FLOW_DONE;
	r = iw_client_setup_status_answer(flow->device, &mac->reply);
	if (r == 0)
		return modify(flow);
	if (r != IW_NODEVICE)
		return mac_fail(flow, r);
	iw_device_set_removed(flow->device);
	mac->refused = r;
	return flow_wait(flow, FLOW_SAVE, mac_fail_saved);
}

static enum flow_want ask_challenge(struct flow *flow)
{
	struct mac *mac = mac_of(flow);

	if (!provable(flow)) /* another process may have changed it */
		return FLOW_DONE;
	return mac_send(flow, iw_client_setup_status(flow->device, &mac->target), read_challenge);
}

static enum flow_want modify_lock(struct flow *flow)
{
	return flow_wait(flow, FLOW_LOCK, ask_challenge);
}

static enum flow_want modify_token(struct flow *flow)
{
	if (!flow->profile->endpoints.phone)
		return strong_no_endpoint(flow);
	return flow_wait(flow, FLOW_TOKEN, modify_lock);
}

enum flow_want strong_modify_phone(struct flow *flow)
{
	if (!strong_number_valid(flow) || !mac_begin(flow) || !strong_own_server(flow) || !provable(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, modify_token);
}

/* --- enrollWithPhoneNumber ---------------------------------------------------------------------------------------------------------------- */

static enum flow_want read_added(struct flow *flow)
{
	if (changed(flow))
		return enrollment_lock(flow);
	(void)fail_change(flow);
	mac_of(flow)->unsynchronised = flow->outcome.code == PIMS_INWEBO_SYNCHRO;
	return mac_of(flow)->unsynchronised ? enrollment_lock(flow) : FLOW_DONE; /* the number was added all the same */
}

static enum flow_want add_and_enroll(struct flow *flow)
{
	return strong_send(flow, build(flow, CHANGE_ENROLL, NULL), read_added);
}

/* An earlier call got further than the number: it goes on from there. */
static bool is_under_way(const struct flow *flow)
{
	const struct iw_device *device = flow->device;

	if (device->phase == IW_MS)
		return true;
	return (device->phase == IW_SETUP || device->phase == IW_FINALIZE || device->phase == IW_ACTIVE) &&
	       secret_equals_text(flow_text(flow, "smsCode"), secret_text(&device->code));
}

static enum flow_want enroll_token(struct flow *flow)
{
	if (!flow->profile->endpoints.phone)
		return strong_no_endpoint(flow);
	return is_under_way(flow) ? enrollment_lock(flow) : flow_wait(flow, FLOW_TOKEN, add_and_enroll);
}

enum flow_want strong_enroll_with_phone(struct flow *flow)
{
	if (!strong_number_valid(flow) || !mac_begin(flow))
		return FLOW_DONE;
	return flow_wait(flow, FLOW_ENDPOINTS, enroll_token);
}
