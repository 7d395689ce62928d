/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/scopes.h"

#include "base/json.h"
#include "base/text.h"
#include "server/oidc/handlers.h"

#include <string.h>

/* Which scope opens which call: docs/PROTOCOL.md §2 is this table in words. authenticate() asks here, and a path without a row opens to nobody. */

static const struct {
	const char *path;
	const char *purpose; /**< of the body; NULL = any */
	const char *scope;
} rows[] = {
	{"/v1/account", NULL, "pims.account"},
	{"/applications/cvs/v4/mauv/car-associations", NULL, "pims.account"},
	{"/v1/phone", NULL, "pims.phone"},
	{"/v1/sms", "phoneNumberCertification", "pims.phone"},
	{"/v1/sms", NULL, "pims.device"},
	{"/applications/cvs/v4/mobile/smsCode", NULL, "pims.device"},
	{"/v1/devices", NULL, "pims.device"},
	{"/v1/devices/remove", NULL, "pims.device"},
	{"/v1/otp/verify", NULL, "pims.otp"},
	{"/connectedcar/v4/virtualkey/remoteaccess/token", NULL, "pims.otp"},
	{OIDC_USERINFO_PATH, NULL, "openid"},
};

static bool has_purpose(const struct request *request, const char *purpose)
{
	json_t *body = request_json(request);
	bool has = text_equal(json_text(body, "purpose"), purpose);

	json_wipe(body);
	return has;
}

const char *call_scope(const struct request *request)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].path, request->path) == 0 && (!rows[i].purpose || has_purpose(request, rows[i].purpose)))
			return rows[i].scope;
	return NULL;
}
