/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "server/account/rest.h"
#include "server/oidc/second_factor.h"
#include "server/oidc/tokens.h"
#include "server/oidc/sign_in_notice.h"
#include "server/server.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* The devices of an account, so that a lost or forgotten one never locks anybody out. Our REST (docs/openapi.yaml). */

static int put_time(json_t *object, const char *name, int64_t milliseconds)
{
	time_t seconds = (time_t)(milliseconds / 1000);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return PIMS_E_SYSTEM;
	return json_put_text(object, name, text);
}

/* "Phone / Android 14" as clients send it: the name, and behind the last " / " the platform. */
static int put_name(json_t *object, const char *name)
{
	const char *platform = NULL;

	for (const char *at = strstr(name, " / "); at; at = strstr(at + 1, " / "))
		platform = at;
	if (json_object_set_new(object, "name", json_stringn(name, platform ? (size_t)(platform - name) : strlen(name))) < 0)
		return PIMS_E_MEMORY;
	return json_put_text(object, "platform", platform ? platform + 3 : "");
}

static int put_device(void *data, const struct device *device)
{
	json_t *object = json_object();
	char id[24];

	if (json_array_append_new(data, object) < 0)
		return PIMS_E_MEMORY;
	(void)snprintf(id, sizeof id, "%" PRId64, device->id);
	if (json_put_text(object, "id", id) < 0 || json_put_text(object, "deviceId", device->device_id) < 0 ||
	    put_name(object, device->name) < 0 || put_time(object, "created", device->created) < 0 ||
	    put_time(object, "lastUsed", device->last_used) < 0)
		return PIMS_E_MEMORY;
	return 0;
}

int account_device_list(const struct server *server, int64_t account, json_t **ret_devices)
{
	json_t *devices = json_array();
	int r = devices ? store_device_list(server->store, account, put_device, devices) : PIMS_E_MEMORY;

	if (r == 0)
		*ret_devices = devices;
	else
		json_decref(devices);
	return r;
}

static void answer_devices(const struct server *server, const struct account *account, struct response *response)
{
	json_t *devices;

	if (account_device_list(server, account->id, &devices) < 0) {
		rest_failed(response);
		return;
	}
	response_json(response, 200, json_pack("{s:o, s:i}", "devices", devices, "limit", server->settings.max_devices));
	(void)response_header(response, "Cache-Control", "no-store");
}

void account_devices(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};

	if (authenticate(request, response, &session, &account) < 0)
		return;
	answer_devices(request_server(request), &account, response);
	session_row_free(&session);
	account_free(&account);
}

/* What POST /v1/devices/remove asks for; id 0 = every device, or the one that was not used for longest. */
struct removal {
	int64_t id;
	bool all;
	int64_t oldest, oldest_used;
	int removed;
};

static bool read_removal(const json_t *body, struct removal *ret_removal)
{
	const char *id = json_text(body, "id");
	bool all = json_is_true(json_object_get(body, "all")), oldest = json_is_true(json_object_get(body, "oldest"));
	uint64_t value = 0;

	if ((id != NULL) + all + oldest != 1)
		return false;
	if (id && (decimal_parse(id, INT64_MAX, &value) < 0 || value == 0))
		return false;
	*ret_removal = (struct removal){.id = (int64_t)value, .all = all};
	return true;
}

static int note_oldest(void *data, const struct device *device)
{
	struct removal *removal = data;

	if (removal->oldest && device->last_used >= removal->oldest_used)
		return 0;
	removal->oldest = device->id;
	removal->oldest_used = device->last_used;
	return 0;
}

/* 0 also when there was nothing to remove: the caller wants it gone. */
static int remove_one(struct store *store, int64_t account, int64_t id, struct removal *removal)
{
	int r = store_device_remove(store, account, id);

	if (r == 0)
		removal->removed++;
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

/* One after the other, each for good: one that is enrolled meanwhile goes as well. */
static int remove_devices(struct store *store, int64_t account, struct removal *removal)
{
	int r;

	if (removal->id)
		return remove_one(store, account, removal->id, removal);
	do {
		removal->oldest = 0;
		r = store_device_list(store, account, note_oldest, removal);
		if (r == 0 && removal->oldest)
			r = remove_one(store, account, removal->oldest, removal);
	} while (r == 0 && removal->all && removal->oldest);
	return r;
}

/* A session of the password alone must not make the password enough again. */
static int missing_factor(const struct server *server, const struct session_row *session)
{
	return second_factor_missing(server, session->account, second_factor_given(session->otp_time, session->passkey_time), false);
}

static void remove_for(const struct request *request, const struct account *account, const json_t *body, struct response *response)
{
	const struct server *server = request_server(request);
	struct removal removal;

	if (!body || !read_removal(body, &removal)) {
		rest_bad_request(response, "The body is a JSON object with one of: id (a string of digits), all (true), oldest (true)");
		return;
	}
	if (remove_devices(server->store, account->id, &removal) < 0) {
		rest_failed(response);
		return;
	}
	if (removal.removed)
		sign_in_notice(request, account, SIGN_IN_DEVICE_REMOVED);
	env_log(&server->env, PIMS_LOG_INFO, "account %s: %d devices removed", account->subject, removal.removed);
	response_json(response, 200, json_pack("{s:i}", "removed", removal.removed));
	(void)response_header(response, "Cache-Control", "no-store");
}

void account_devices_remove(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	json_t *body;
	int missing;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	body = request_json(request);
	missing = missing_factor(request_server(request), &session);
	if (missing < 0)
		rest_failed(response);
	else if (missing)
		authenticate_step_up(request, response, missing == FACTOR_OTP ? ACR_OTP : ACR_PASSKEY);
	else
		remove_for(request, &account, body, response);
	json_wipe(body);
	session_row_free(&session);
	account_free(&account);
}
