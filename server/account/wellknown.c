/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/account/rest.h"
#include "server/oidc/handlers.h"
#include "server/server.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <string.h>

/* What libpims's `backend` reads: everything a client needs to know, so that the server's URL is all that a user must type. */

static int put_url(json_t *object, const char *name, const char *base, const char *path)
{
	struct buf url = BUF_INIT(8192);
	int r = buf_printf(&url, "%s%s", base, path);

	if (r == 0)
		r = json_put_text(object, name, buf_text(&url));
	buf_free(&url);
	return r;
}

struct url_row {
	const char *name, *path;
};

static int put_urls(json_t *object, const char *base, const struct url_row *rows, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = put_url(object, rows[i].name, base, rows[i].path);
	return r;
}

/* What our own sign-in adds: all that asks for the password. */
static int put_own_sign_in(json_t *object, const char *issuer)
{
	static const struct url_row rows[] = {
		{"openid_configuration", OIDC_METADATA_PATH},
		{"account_create_endpoint", ACCOUNT_CREATE_PATH},
		{"account_email_endpoint", ACCOUNT_EMAIL_PATH},
		{"account_password_endpoint", ACCOUNT_PASSWORD_PATH},
	};

	return put_urls(object, issuer, rows, sizeof rows / sizeof *rows);
}

/* Metadata stands under the issuer without its last "/" (OpenID Connect Discovery §4.1). */
static int put_external_sign_in(json_t *object, const char *issuer)
{
	size_t length = strlen(issuer);

	return put_url(object, "openid_configuration", issuer, &OIDC_METADATA_PATH[length && issuer[length - 1] == '/']);
}

static int put_endpoints(json_t *object, const struct settings *settings)
{
	static const struct url_row rows[] = {
		{"inwebo_url", ""},
		{"sms_code_endpoint", "/applications/cvs/v4/mobile/smsCode"},
		{"sms_endpoint", "/v1/sms"},
		{"phone_endpoint", "/v1/phone"},
		{"account_endpoint", "/v1/account"},
		{"devices_endpoint", "/v1/devices"},
		{"devices_remove_endpoint", "/v1/devices/remove"},
		{"car_associations_endpoint", "/applications/cvs/v4/mauv/car-associations"},
		{"remote_token_endpoint", "/connectedcar/v4/virtualkey/remoteaccess/token"},
		{"otp_verify_endpoint", "/v1/otp/verify"},
	};
	const char *external = settings->external.issuer;
	int r = put_urls(object, settings->issuer, rows, sizeof rows / sizeof *rows);

	if (r < 0)
		return r;
	return external ? put_external_sign_in(object, external) : put_own_sign_in(object, settings->issuer);
}

/* Without the scope that we ask for, a token would open nothing here. */
static int put_sign_in(json_t *object, const struct settings *settings)
{
	const struct external_settings *external = &settings->external;
	struct buf scope = BUF_INIT(1024);
	int r = external->app_scope ? buf_puts(&scope, external->app_scope) : buf_puts(&scope, "openid profile email");

	if (r == 0 && external->scope && !external->app_scope)
		r = buf_printf(&scope, " %s", external->scope);
	if (r == 0)
		r = json_put_text(object, "issuer", external->issuer ? external->issuer : settings->issuer);
	if (r == 0)
		r = json_put_text(object, "client_id", external->app_client_id ? external->app_client_id : "pims");
	if (r == 0)
		r = json_put_text(object, "scope", buf_text(&scope));
	buf_free(&scope);
	return r < 0 ? r : json_put_text(object, "resource", external->resource);
}

static int put_parameters(json_t *object, const struct settings *settings)
{
	const char *const rows[][2] = {
		{"redirect_uri", "http://127.0.0.1/callback"},
		{"environment", "development"},
		{"mode", "B2C"},
		{"brand", "Peugeot"},
		{"country", *settings->country ? settings->country : "FR"},
		{"realm", "clientsB2CPeugeot"},
		{"macid", settings->macid},
		/* by token exchange, which only our own provider knows */
		{"customer_audience", settings->external.issuer ? NULL : settings->customer_audience},
	};
	int r = put_sign_in(object, settings);

	for (size_t i = 0; i < sizeof rows / sizeof *rows && r == 0; i++)
		r = json_put_text(object, rows[i][0], rows[i][1]);
	return r;
}

void account_well_known(struct request *request, struct response *response)
{
	const struct settings *settings = &request_server(request)->settings;
	json_t *object = json_object();

	if (put_parameters(object, settings) < 0 || put_endpoints(object, settings) < 0) {
		json_decref(object);
		object = NULL;
	}
	response_json(response, 200, object);
	(void)response_header(response, "Cache-Control", "public, max-age=300");
}
