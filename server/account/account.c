/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/account/rest.h"
#include "server/server.h"

#include <pims/error.h>

/* Reading the account of a bearer token: our REST (docs/openapi.yaml), car associations as at the live service (spec/wire.md §3). */

const struct route account_routes[] = {
	{"GET", "/v1/phone", account_phone},
	{"POST", "/v1/phone", account_change_phone},
	{"GET", "/v1/account", account_state},
	{"GET", "/v1/devices", account_devices},
	{"POST", "/v1/devices/remove", account_devices_remove},
	{"GET", "/applications/cvs/v4/mauv/car-associations", account_car_associations},
	{"GET", "/.well-known/openpims", account_well_known},
	{"POST", "/v1/otp/verify", account_otp_verify},
	{"POST", "/connectedcar/v4/virtualkey/remoteaccess/token", account_remote_token},
	{NULL, NULL, NULL},
};

/* `object` is taken over; personal data is nobody else's to keep. */
static void answer(struct response *response, json_t *object)
{
	response_json(response, 200, object);
	(void)response_header(response, "Cache-Control", "no-store");
}

static int count_device(void *data, const struct device *device)
{
	(void)device;
	++*(int *)data;
	return 0;
}

static const char *pin_state(const struct account *account)
{
	if (account->pin_blocked)
		return "blocked";
	return account->pin ? "set" : "none";
}

void account_state(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};
	int devices = 0;

	if (authenticate(request, response, &session, &account) < 0)
		return;
	if (store_device_list(request_server(request)->store, account.id, count_device, &devices) < 0)
		rest_failed(response);
	else
		answer(response, json_pack("{s:s, s:s, s:i}", "username", rest_account_name(&account), "pin", pin_state(&account), "devices", devices));
	session_row_free(&session);
	account_free(&account);
}

void account_car_associations(struct request *request, struct response *response)
{
	struct session_row session = {0};
	struct account account = {0};

	if (authenticate(request, response, &session, &account) < 0)
		return;
	answer(response, json_pack("[{s:s}]", "customer", account.customer ? account.customer : ""));
	session_row_free(&session);
	account_free(&account);
}
