/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <string.h>

const char *request_header(const struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

struct header_count {
	const char *name;
	unsigned count;
};

static enum MHD_Result count_header(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct header_count *count = data;

	(void)kind;
	(void)value;
	count->count += text_equal_nocase(name, count->name);
	return MHD_YES;
}

unsigned request_header_count(const struct request *request, const char *name)
{
	struct header_count count = {.name = name};

	(void)MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_header, &count);
	return count.count;
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

json_t *request_json(const struct request *request)
{
	json_t *object;

	if (json_parse_object(request->body, request->body_length, REQUEST_MAX_BODY, &object) < 0)
		return NULL;
	return object;
}
