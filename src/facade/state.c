/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/state.h"

#include "base/text.h"

#include <pims/error.h>

#include <stddef.h>

enum { ENDPOINT_MAX = 8192, ORIGIN_MAX = 16384 };

static const struct {
	const char *name;
	size_t offset;
} endpoint_members[] = {
	{"issuer", offsetof(struct endpoints, issuer)},
	{"authorization", offsetof(struct endpoints, authorization)},
	{"par", offsetof(struct endpoints, par)},
	{"token", offsetof(struct endpoints, token)},
	{"revocation", offsetof(struct endpoints, revocation)},
	{"jwks", offsetof(struct endpoints, jwks)},
	{"userinfo", offsetof(struct endpoints, userinfo)},
	{"end_session", offsetof(struct endpoints, end_session)},
	{"inwebo", offsetof(struct endpoints, inwebo)},
	{"sms", offsetof(struct endpoints, sms)},
	{"sms_purpose", offsetof(struct endpoints, sms_purpose)},
	{"phone", offsetof(struct endpoints, phone)},
	{"account", offsetof(struct endpoints, account)},
	{"devices", offsetof(struct endpoints, devices)},
	{"devices_remove", offsetof(struct endpoints, devices_remove)},
	{"account_create", offsetof(struct endpoints, account_create)},
	{"account_email", offsetof(struct endpoints, account_email)},
	{"account_password", offsetof(struct endpoints, account_password)},
	{"customer_audience", offsetof(struct endpoints, customer_audience)},
	{"realm", offsetof(struct endpoints, realm)},
	{"scope", offsetof(struct endpoints, scope)},
	{"resource", offsetof(struct endpoints, resource)},
};
enum { ENDPOINT_MEMBERS = sizeof endpoint_members / sizeof endpoint_members[0] };

static char **endpoint_member(struct endpoints *endpoints, size_t index)
{
	return (char **)(void *)((char *)endpoints + endpoint_members[index].offset);
}

static const char *endpoint_text(const struct endpoints *endpoints, size_t index)
{
	return *(const char *const *)(const void *)((const char *)endpoints + endpoint_members[index].offset);
}

void state_free(struct state *state)
{
	session_free(&state->session);
	iw_device_free(&state->device);
	*state = (struct state){0};
}

/* Which server a session belongs to: its tokens must never reach another one. */
static int write_origin(const struct profile *profile, struct buf *origin)
{
	const struct live *live = &profile->live;
	int r;

	if (profile->issuer)
		return buf_printf(origin, "%s|%s|%s", profile->issuer, profile->environment, profile->mode);
	r = buf_printf(origin, "%s|%s|%s|%s", profile->backend ? profile->backend : "", profile->brand ? profile->brand : "",
		       profile->environment ? profile->environment : "", profile->mode ? profile->mode : "");
	/* only where there is something: an origin without it is that of earlier versions */
	if (r == 0 && (live->oauth_url || live->api_url || live->realm))
		r = buf_printf(origin, "|%s|%s|%s", live->oauth_url ? live->oauth_url : "", live->api_url ? live->api_url : "",
			       live->realm ? live->realm : "");
	return r;
}

static int put_origin(json_t *document, const struct profile *profile)
{
	struct buf origin = BUF_INIT(ORIGIN_MAX);
	int r = write_origin(profile, &origin);

	if (r == 0)
		r = json_put_text(document, "origin", buf_text(&origin));
	buf_free(&origin);
	return r;
}

static int check_origin(const json_t *document, const struct profile *profile, bool *ret_same)
{
	struct buf origin = BUF_INIT(ORIGIN_MAX);
	int r = write_origin(profile, &origin);

	if (r == 0)
		*ret_same = text_equal(json_text(document, "origin"), buf_text(&origin));
	buf_free(&origin);
	return r;
}

static int encode_endpoints(const struct profile *profile, int64_t time, json_t **ret_object)
{
	json_t *object = json_object();
	int r = object ? json_put_int(object, "time", time) : PIMS_E_MEMORY;

	for (size_t i = 0; r == 0 && i < ENDPOINT_MEMBERS; i++)
		r = json_put_text(object, endpoint_members[i].name, endpoint_text(&profile->endpoints, i));
	if (r == 0 && (json_object_set_new(object, "iss_parameter", json_boolean(profile->endpoints.iss_parameter)) < 0 ||
		       json_object_set_new(object, "post_secret", json_boolean(profile->endpoints.post_secret)) < 0))
		r = PIMS_E_MEMORY;
	if (r == 0 && json_object_set_new(object, "dpop", json_boolean(profile->endpoints.dpop)) < 0)
		r = PIMS_E_MEMORY;
	if (r == 0)
		*ret_object = object;
	else
		json_decref(object);
	return r;
}

/* Takes `part` over; NULL adds nothing. */
static int put_part(json_t *document, const char *name, json_t *part)
{
	return !part || json_object_set_new(document, name, part) == 0 ? 0 : PIMS_E_MEMORY;
}

static int encode_parts(const struct state *state, const struct profile *profile, json_t *document)
{
	json_t *session = NULL, *device = NULL, *endpoints = NULL;
	int r = put_origin(document, profile);

	if (r == 0 && profile->endpoints.known)
		r = encode_endpoints(profile, state->endpoints_time, &endpoints);
	if (r == 0)
		r = put_part(document, "endpoints", endpoints);
	if (r == 0 && session_exists(&state->session))
		r = session_encode(&state->session, &session);
	if (r == 0)
		r = put_part(document, "session", session);
	if (r == 0)
		r = iw_device_encode(&state->device, &device);
	if (r == 0)
		r = put_part(document, "device", device);
	return r;
}

int state_encode(const struct state *state, const struct profile *profile, json_t **ret_document)
{
	json_t *document = json_object();
	int r = document ? json_put_int(document, "version", STATE_DOCUMENT_VERSION) : PIMS_E_MEMORY;

	if (r == 0)
		r = json_put_int(document, "clock_skew", state->clock_skew);
	if (r == 0)
		r = encode_parts(state, profile, document);
	if (r == 0)
		*ret_document = document;
	else
		json_wipe(document);
	return r;
}

static int check_version(const json_t *document)
{
	int64_t version = json_int(document, "version", 0);

	if (version > STATE_DOCUMENT_VERSION)
		return PIMS_E_VERSION;
	return version >= 1 ? 0 : PIMS_E_FORMAT;
}

static int decode_parts(const json_t *document, const struct profile *profile, struct state *state)
{
	const json_t *session = json_object_get(document, "session"), *device = json_object_get(document, "device");
	bool ours = false;
	int r = check_origin(document, profile, &ours);

	if (r == 0 && session && ours)
		r = session_decode(session, &state->session);
	if (r == 0 && device)
		r = iw_device_decode(device, &state->device);
	return r;
}

int state_decode(const json_t *document, const struct profile *profile, struct state *ret_state)
{
	struct state state = {.clock_skew = json_int(document, "clock_skew", 0)};
	int r = check_version(document);

	if (r == 0)
		r = decode_parts(document, profile, &state);
	if (r == 0)
		*ret_state = state;
	else
		state_free(&state);
	return r;
}

bool state_endpoints_fresh(const struct state *state, int64_t now)
{
	return state->endpoints_time > 0 && now >= state->endpoints_time && now - state->endpoints_time < STATE_ENDPOINTS_SECONDS;
}

static int decode_endpoints(const json_t *object, struct endpoints *endpoints)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ENDPOINT_MEMBERS; i++)
		r = json_copy_text(object, endpoint_members[i].name, ENDPOINT_MAX, endpoint_member(endpoints, i));
	endpoints->iss_parameter = json_is_true(json_object_get(object, "iss_parameter"));
	endpoints->post_secret = json_is_true(json_object_get(object, "post_secret"));
	endpoints->dpop = json_is_true(json_object_get(object, "dpop"));
	endpoints->known = true;
	return r;
}

void state_endpoints(const json_t *document, int64_t now, struct profile *profile, struct state *state)
{
	const json_t *object = json_object_get(document, "endpoints");
	struct state learnt = {.endpoints_time = json_int(object, "time", 0)};
	struct endpoints endpoints = {0};
	bool ours = false;

	if (!state_endpoints_fresh(&learnt, now) || check_origin(document, profile, &ours) < 0 || !ours)
		return;
	if (decode_endpoints(object, &endpoints) < 0) {
		endpoints_free(&endpoints);
		return;
	}
	endpoints_free(&profile->endpoints);
	profile->endpoints = endpoints;
	state->endpoints_time = learnt.endpoints_time;
}
