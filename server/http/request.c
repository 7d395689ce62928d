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
	const char *in_form = query_get(&request->form, name);
	const char *in_query = query_get(&request->query, name);

	if (strcmp(request->method, "POST") != 0)
		return in_query;
	if ((in_form && *in_form) || !in_query || !(request->rules & REQUEST_QUERY))
		return in_form;
	return in_query;
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

static enum MHD_Result take_forwarded(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	if (text_equal_nocase(name, "X-Forwarded-For"))
		*(const char **)data = value;
	return MHD_YES;
}

/* Some proxies add a line of their own behind those that came: what the client wrote stands in front. */
static const char *last_forwarded(const struct request *request)
{
	const char *last = NULL;

	(void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, take_forwarded, &last);
	return last;
}

void request_client(const struct request *request, char ret_address[REQUEST_CLIENT_SIZE])
{
	const char *peer = request->address ? request->address : "";
	const char *list = is_loopback(peer) ? last_forwarded(request) : NULL;
	const char *comma = list ? strrchr(list, ',') : NULL;
	const char *last = comma ? comma + 1 : list;

	if (last)
		last += strspn(last, " \t");
	if (last && is_address(last) && text_copy(ret_address, REQUEST_CLIENT_SIZE, last) == 0)
		return;
	if (text_copy(ret_address, REQUEST_CLIENT_SIZE, peer) < 0)
		*ret_address = '\0';
}

/* The interface half is whatever the client likes; an address has many spellings, a network here has one. */
void request_network(const struct request *request, char ret_network[REQUEST_CLIENT_SIZE])
{
	struct in6_addr address;

	request_client(request, ret_network);
	if (inet_pton(AF_INET6, ret_network, &address) != 1)
		return;
	if (IN6_IS_ADDR_V4MAPPED(&address)) {
		(void)inet_ntop(AF_INET, &address.s6_addr[12], ret_network, REQUEST_CLIENT_SIZE);
		return;
	}
	memset(&address.s6_addr[8], 0, 8);
	(void)inet_ntop(AF_INET6, &address, ret_network, REQUEST_CLIENT_SIZE);
}

json_t *request_json(const struct request *request)
{
	json_t *object;

	if (json_parse_object(request->body, request->body_length, REQUEST_MAX_BODY, &object) < 0)
		return NULL;
	return object;
}
