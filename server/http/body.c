/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/http/http_internal.h"

#include <string.h>
#include <strings.h>

/* What a whole body is, by the rules of its path: of the right type or not, a form or not. */

static const char form_type[] = "application/x-www-form-urlencoded", json_media_type[] = "application/json";

/* Parameters, the charset that some clients add, say nothing new. */
static bool is_type(const struct request *request, const char *wanted)
{
	const char *type = request_header(request, "Content-Type");
	size_t length = strlen(wanted);

	if (!type)
		return wanted == form_type && (request->rules & REQUEST_UNTYPED);
	return strncasecmp(type, wanted, length) == 0 && strchr("; \t", type[length]);
}

static void check_type(struct exchange *exchange)
{
	const struct request *request = &exchange->request;
	const char *wanted = request->rules & REQUEST_FORM ? form_type : json_media_type;

	if (!request->body_length || !(request->rules & (REQUEST_FORM | REQUEST_JSON)) || is_type(request, wanted))
		return;
	exchange_refuse(exchange, 415, "request.content_type", "The body is of another type than is read here");
	response_header(&exchange->response, "Accept", wanted);
}

/* What is in both places and says two things was sent by nobody whom we know, and is for no handler to choose from (RFC 6749 §3.1). */
static bool contradicts(const struct request *request)
{
	if (!(request->rules & REQUEST_QUERY))
		return false;
	for (size_t i = 0; i < request->form.count; i++) {
		const struct query_item *item = &request->form.items[i];
		const char *other = query_get(&request->query, item->name);

		if (other && *other && *item->value && !text_equal(other, item->value))
			return true;
	}
	return false;
}

static void read_form(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (query_parse(request->body, request->body_length, &request->form) < 0)
		exchange_refuse_malformed(exchange, "request.form", "The form is malformed");
	else if (contradicts(request))
		exchange_refuse_malformed(exchange, "request.form", "The form and the query string contradict each other");
}

void body_end(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (exchange->refused)
		return;
	request->body = buf_text(&exchange->body);
	request->body_length = exchange->body.len;
	if (strcmp(request->method, "POST") != 0)
		return;
	check_type(exchange);
	if (!exchange->refused && is_type(request, form_type))
		read_form(exchange);
}
