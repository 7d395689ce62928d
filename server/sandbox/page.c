/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/account/rest.h"
#include "server/sandbox/assets.h"
#include "server/sandbox/internal.h"
#include "server/sms/number.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The page and what only it needs. */

enum { ACCOUNTS_SHOWN = 50 };

static void put_headers(struct response *response)
{
	static const char policy[] = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
				     "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

	if (response_header(response, "Content-Security-Policy", policy) < 0 ||
	    response_header(response, "Cross-Origin-Opener-Policy", "same-origin") < 0 ||
	    response_header(response, "Cross-Origin-Resource-Policy", "same-origin") < 0)
		response->status = 0; /* without its policy a page is not sent at all */
}

/* Its links are relative to the slash. */
void sandbox_page(struct request *request, struct response *response)
{
	if (strcmp(request->path, "/sandbox") == 0) {
		response_redirect(response, 303, "/sandbox/");
		return;
	}
	response_text(response, 200, "text/html; charset=utf-8", (const char *)sandbox_asset_html);
	put_headers(response);
}

void sandbox_page_css(struct request *request, struct response *response)
{
	(void)request;
	response_text(response, 200, "text/css; charset=utf-8", (const char *)sandbox_asset_css);
	put_headers(response);
}

void sandbox_page_js(struct request *request, struct response *response)
{
	(void)request;
	response_text(response, 200, "text/javascript; charset=utf-8", (const char *)sandbox_asset_js);
	put_headers(response);
}

/* --- accounts and their devices ------------------------------------------------------------------------------------------------------------------- */

static const char *pin_state(const struct account *account)
{
	if (!account->pin)
		return "none";
	return account->pin_blocked ? "blocked" : "set";
}

struct accounts {
	const struct server *server;
	json_t *list;
};

static int add_account(void *data, const struct account *account)
{
	const struct accounts *accounts = data;
	json_t *list = accounts->list;
	char number[PHONE_SIZE];
	json_t *object;

	if (json_array_size(list) >= ACCOUNTS_SHOWN)
		return 0;
	object = json_pack("{s:I, s:s, s:s, s:s*, s:b}", "id", (json_int_t)account->id, "username", rest_account_name(account), "pin", pin_state(account),
			   "phoneNumber", account->phone ? account_show_number(accounts->server, account, account->phone, number) : NULL, "blocked",
			   account->blocked);
	return object && json_array_append_new(list, object) == 0 ? 0 : PIMS_E_MEMORY;
}

static int add_device(void *data, const struct device *device)
{
	json_t *list = data;
	json_t *object = json_object();
	char id[24];
	int r;

	(void)snprintf(id, sizeof id, "%" PRId64, device->id); /* more than JavaScript's numbers hold */
	r = json_put_text(object, "id", id);
	if (r == 0)
		r = json_put_text(object, "name", device->name);
	if (r == 0)
		r = json_put_text(object, "state", device->phase == DEVICE_ACTIVE ? "active" : "enrolling");
	if (r == 0)
		r = sandbox_put_time(object, "created", device->created);
	if (r == 0 && device->last_used)
		r = sandbox_put_time(object, "lastUsed", device->last_used);
	if (r == 0 && json_array_append(list, object) != 0)
		r = PIMS_E_MEMORY;
	json_decref(object);
	return r;
}

void sandbox_accounts(struct request *request, struct response *response)
{
	const struct server *server = request_server(request);
	json_t *list = json_array();
	struct accounts accounts = {.server = server, .list = list};
	json_t *account;
	size_t i;
	int r = list ? store_account_list(server->store, add_account, &accounts) : PIMS_E_MEMORY;

	json_array_foreach(list, i, account) {
		json_t *devices = json_array();

		if (r == 0)
			r = store_device_list(server->store, json_int(account, "id", 0), add_device, devices);
		(void)json_object_del(account, "id");
		if (json_object_set_new(account, "devices", devices) != 0)
			r = PIMS_E_MEMORY;
	}
	if (r == 0) {
		response_json(response, 200, json_pack("{s:o, s:i}", "accounts", list, "limit", server->settings.max_devices));
	} else {
		json_decref(list);
		rest_failed(response);
	}
}
