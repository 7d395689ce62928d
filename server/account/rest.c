/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/rest.h"

#include "server/server.h"

#include <pims/error.h>

#include <string.h>

void rest_bad_request(struct response *response, const char *title)
{
	response_problem(response, 400, "request.invalid", title, -1, -1);
}

void rest_failed(struct response *response)
{
	response_problem(response, 500, "server.failed", "The server failed", -1, -1);
}

int rest_find_account(const struct request *request, const char *name, struct account *ret_account)
{
	struct store *store = request_server(request)->store;
	char email[EMAIL_MAX + 1];
	size_t length = strnlen(name, sizeof email);

	if (!length || length >= sizeof email)
		return PIMS_E_NOT_FOUND;
	if (!strchr(name, '@'))
		return store_account_by_subject(store, name, ret_account);
	for (size_t i = 0; i <= length; i++)
		email[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
	return store_account_by_email(store, email, ret_account);
}
