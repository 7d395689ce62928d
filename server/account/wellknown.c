/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/account/rest.h"
#include "server/oidc/handlers.h"
#include "server/server.h"
#include "server/web/visit.h"

#include <pims/error.h>

/* What libpims's `backend` reads: everything a client needs to know, so that the server's URL is all that a user must type. */

static int put_endpoints(json_t *object, const char *issuer)
{
	static const char *const rows[][2] = {
		{"openid_configuration", OIDC_METADATA_PATH},
		{"inwebo_url", ""},
		{"sms_code_endpoint", "/applications/cvs/v4/mobile/smsCode"},
		{"sms_endpoint", "/v1/sms"},
		{"phone_endpoint", "/v1/phone"},
		{"account_endpoint", "/v1/account"},
		{"devices_endpoint", "/v1/devices"},
		{"devices_remove_endpoint", "/v1/devices/remove"},
		{"car_associations_endpoint", "/applications/cvs/v4/mauv/car-associations"},
		{"remote_token_endpoint", "/connectedcar/v4/virtualkey/remoteaccess/token"},
		{"account_create_endpoint", ACCOUNT_CREATE_PATH},
		{"account_email_endpoint", ACCOUNT_EMAIL_PATH},
		{"account_password_endpoint", ACCOUNT_PASSWORD_PATH},
		{"otp_verify_endpoint", "/v1/otp/verify"},
	};
	struct buf url = BUF_INIT(8192);
	int r = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && r == 0; i++) {
		buf_reset(&url);
		r = buf_printf(&url, "%s%s", issuer, rows[i][1]);
		if (r == 0)
			r = json_put_text(object, rows[i][0], buf_text(&url));
	}
	buf_free(&url);
	return r;
}

static int put_parameters(json_t *object, const struct settings *settings)
{
	const char *const rows[][2] = {
		{"issuer", settings->issuer},
		{"client_id", "pims"},
		{"redirect_uri", "http://127.0.0.1/callback"},
		{"scope", "openid profile email"},
		{"environment", "development"},
		{"mode", "B2C"},
		{"brand", "Peugeot"},
		{"country", *settings->country ? settings->country : "FR"},
		{"realm", "clientsB2CPeugeot"},
		{"macid", settings->macid},
		{"customer_audience", settings->customer_audience},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && r == 0; i++)
		r = json_put_text(object, rows[i][0], rows[i][1]);
	return r;
}

void account_well_known(struct request *request, struct response *response)
{
	const struct settings *settings = &request_server(request)->settings;
	json_t *object = json_object();

	if (put_parameters(object, settings) < 0 || put_endpoints(object, settings->issuer) < 0) {
		json_decref(object);
		object = NULL;
	}
	response_json(response, 200, object);
	(void)response_header(response, "Cache-Control", "public, max-age=300");
}
