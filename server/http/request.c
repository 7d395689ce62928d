/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <arpa/inet.h>
#include <string.h>

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

int request_cookie(const struct request *request, const char *name, char *ret_value, size_t size)
{
	const char *value = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);

	if (!value)
		return PIMS_E_NOT_FOUND;
	return text_copy(ret_value, size, value);
}

const char *request_parameter(const struct request *request, const char *name)
{
	const char *value = query_get(&request->form, name);

	return value ? value : query_get(&request->query, name);
}

static bool is_loopback(const char *address)
{
	return text_starts(address, "127.") || text_equal(address, "::1") || text_starts(address, "::ffff:127.");
}

static bool is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

void request_client(const struct request *request, char ret_address[REQUEST_CLIENT_SIZE])
{
	const char *peer = request->address ? request->address : "";
	const char *list = is_loopback(peer) ? request_header(request, "X-Forwarded-For") : NULL;
	const char *comma = list ? strrchr(list, ',') : NULL;
	const char *last = comma ? comma + 1 : list;

	if (last)
		last += strspn(last, " \t");
	if (last && is_address(last) && text_copy(ret_address, REQUEST_CLIENT_SIZE, last) == 0)
		return;
	if (text_copy(ret_address, REQUEST_CLIENT_SIZE, peer) < 0)
		*ret_address = '\0';
}

json_t *request_json(const struct request *request)
{
	json_t *object;

	if (json_parse_object(request->body, request->body_length, REQUEST_MAX_BODY, &object) < 0)
		return NULL;
	return object;
}
