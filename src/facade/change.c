/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/change.h"

#include "base/text.h"
#include "facade/call.h"
#include "facade/configuration.h"
#include "identity/identity.h"
#include "identity/session.h"
#include "inwebo/device.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

struct change {
	struct profile profile; /**< the new one, until it is in place */
	flow_step_fn logout;    /**< its next step */
	bool other_device;      /**< the enrollment is of another server or application */
};

void change_free(struct change *change)
{
	if (!change)
		return;
	profile_free(&change->profile);
	free(change);
}

static struct call *call_of(struct flow *flow)
{
	return LINK_ENTRY(flow, struct call, flow);
}

static bool same_live(const struct live *a, const struct live *b)
{
	return text_equal(a->oauth_url, b->oauth_url) && text_equal(a->api_url, b->api_url) && text_equal(a->realm, b->realm);
}

static bool same_server(const struct profile *a, const struct profile *b)
{
	return text_equal(a->backend, b->backend) && text_equal(a->issuer, b->issuer) && text_equal(a->brand, b->brand) &&
	       text_equal(a->environment, b->environment) && text_equal(a->mode, b->mode) && text_equal(a->macid, b->macid) &&
	       text_equal(a->inwebo_url, b->inwebo_url) && same_live(&a->live, &b->live);
}

static bool same_client(const struct profile *a, const struct profile *b)
{
	return text_equal(a->client_id, b->client_id) && text_equal(a->scope, b->scope) &&
	       secret_equals_text(secret_text(&a->client_secret), secret_text(&b->client_secret)) &&
	       text_equal(a->login_redirect_uri, b->login_redirect_uri) && text_equal(a->webviews_redirect_uri, b->webviews_redirect_uri);
}

/* Older releases say clientId: given like that, it takes the place of what was given as clientID. */
static int take_old_name(json_t *given)
{
	json_t *credential = json_object_get(given, "credential");
	json_t *id = json_object_get(credential, "clientId");

	if (!id || json_object_get(credential, "clientID"))
		return 0;
	return json_object_set(credential, "clientID", id) < 0 ? PIMS_E_MEMORY : 0;
}

static bool read_change(struct flow *flow, struct profile *ret_profile)
{
	json_t *tree = configuration_write(flow->profile);
	json_t *given = json_deep_copy(flow->parameters);
	bool ok = tree && given && take_old_name(given) == 0 && json_object_update_recursive(tree, given) == 0;

	if (!ok)
		flow_fail_return(flow, PIMS_E_MEMORY);
	else
		ok = configuration_take(flow, tree, ret_profile);
	/* the update shares values between the two */
	json_decref(given);
	json_wipe(tree);
	return ok;
}

static bool another_under_way(const struct call *call)
{
	struct link *calls = &call->pims->calls;

	for (struct link *link = calls->next; link != calls; link = link->next) {
		const struct call *other = LINK_ENTRY(link, const struct call, link);

		if (other != call && other->change && other->stage == CALL_WAITING)
			return true;
	}
	return false;
}

/* Nothing that a call under way could be looking at. */
static enum flow_want change_little(struct flow *flow)
{
	struct pims *pims = call_of(flow)->pims;
	const struct profile *changed = &call_of(flow)->change->profile;

	memcpy(pims->profile.country, changed->country, sizeof pims->profile.country);
	pims->profile.log = changed->log;
	pims->profile.dpop = changed->dpop;
	context_monitor(pims);
	return flow_succeed(flow, NULL);
}

static enum flow_want put_in_place(struct flow *flow)
{
	struct call *call = call_of(flow);
	struct pims *pims = call->pims;

	call_cancel_others(pims, call, "configuration.changed");
	profile_free(&pims->profile);
	pims->profile = call->change->profile;
	call->change->profile = (struct profile){0};
	pims->state.endpoints_time = 0;
	pims->state.clock_skew = 0;
	context_monitor(pims);
	return flow_succeed(flow, NULL);
}

/* All but the name of the installation: keys, and the server's key that was remembered, mean nothing elsewhere. */
static void drop_enrollment(struct iw_device *device)
{
	char id[sizeof device->device_id];

	memcpy(id, device->device_id, sizeof id);
	iw_device_free(device);
	memcpy(device->device_id, id, sizeof id);
}

static enum flow_want forget(struct flow *flow)
{
	if (call_of(flow)->change->other_device)
		drop_enrollment(flow->device);
	return flow_wait(flow, FLOW_SAVE, put_in_place);
}

/* The logout flow within ours: its last step is followed by the rest. That the server could not revoke is no reason to stay; that the session could not
 * be wiped is. */
static enum flow_want sign_out(struct flow *flow)
{
	struct change *change = call_of(flow)->change;
	enum flow_want want = change->logout(flow);

	/* The session is wiped by now. A server that is gone is a reason to change: its old endpoints will do for the revocation. */
	if (want == FLOW_ENDPOINTS)
		want = flow->profile->endpoints.known ? flow->next(flow) : FLOW_DONE;
	if (want == FLOW_DONE)
		return session_exists(flow->session) ? FLOW_DONE : flow_wait(flow, FLOW_LOCK, forget);
	change->logout = flow->next;
	return flow_wait(flow, want, sign_out);
}

static enum flow_want change_all(struct flow *flow)
{
	struct change *change = call_of(flow)->change;

	change->other_device = !same_server(flow->profile, &change->profile);
	if (!session_exists(flow->session))
		return flow_wait(flow, FLOW_LOCK, forget);
	change->logout = identity_logout;
	flow->sees_failures = true;
	return sign_out(flow);
}

enum flow_want sdk_configure(struct flow *flow)
{
	struct call *call = call_of(flow);

	if (another_under_way(call))
		return flow_fail(flow, PIMS_DUPLICATE_COMMAND, "configuration.busy");
	call->change = calloc(1, sizeof *call->change);
	if (!call->change)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	if (!read_change(flow, &call->change->profile))
		return FLOW_DONE;
	if (same_server(flow->profile, &call->change->profile) && same_client(flow->profile, &call->change->profile))
		return change_little(flow);
	return change_all(flow);
}
