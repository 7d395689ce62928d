/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/http.h"

#include "base/encode.h"
#include "base/text.h"
#include "platform/http_date.h"

#include <pims/error.h>

#include <limits.h>
#include <string.h>
#include <strings.h>

void http_response_init(struct http_response *response)
{
	*response = (struct http_response){.body = BUF_INIT(HTTP_MAX_BODY), .retry_after = -1};
}

void http_response_reset(struct http_response *response)
{
	buf_free(&response->body);
	secret_wipe(response, sizeof *response);
	http_response_init(response);
}

/* The value of "Name: value" when the line has that name, else NULL. */
static const char *header_value(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncasecmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	return line + strspn(line, " \t");
}

/* The first header of that name, or NULL. */
static const char *find_header(const char *const *headers, const char *name)
{
	for (; headers && *headers; headers++) {
		const char *value = header_value(*headers, name);

		if (value)
			return value;
	}
	return NULL;
}

static size_t trimmed_length(const char *value)
{
	size_t length = strlen(value);

	while (length > 0 && strchr(" \t\r\n", value[length - 1]))
		length--;
	return length;
}

/* Copies a value without trailing blanks, or nothing when it is too long. */
static void copy_value(char *ret_array, size_t size, const char *value, size_t length)
{
	while (length > 0 && strchr(" \t\r\n", value[length - 1]))
		length--;
	if (length >= size)
		return;
	memcpy(ret_array, value, length);
	ret_array[length] = '\0';
}

static void read_content_type(struct http_response *response, const char *value)
{
	copy_value(response->content_type, sizeof response->content_type, value, strcspn(value, ";"));
	for (char *c = response->content_type; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

/* A number that does not fit still means "long". */
static bool read_seconds(const char *text, int *ret_seconds)
{
	uint64_t value;

	if (decimal_parse(text, INT_MAX, &value) == 0) {
		*ret_seconds = (int)value;
		return true;
	}
	if (!decimal_valid(text, 64))
		return false;
	*ret_seconds = INT_MAX;
	return true;
}

/* RFC 9110 §10.2.3. A date is taken relative to the server's own clock, so it needs the Date header. */
static void read_retry_after(struct http_response *response, const char *value)
{
	char text[64] = "";
	int64_t then;

	copy_value(text, sizeof text, value, strlen(value));
	if (read_seconds(text, &response->retry_after))
		return;
	if (response->date == 0 || http_date_parse(text, &then) < 0)
		return;
	if (then <= response->date)
		response->retry_after = 0;
	else
		response->retry_after = then - response->date > INT_MAX ? INT_MAX : (int)(then - response->date);
}

static void read_date(struct http_response *response, const char *value)
{
	char text[64] = "";
	int64_t seconds;

	copy_value(text, sizeof text, value, strlen(value));
	if (http_date_parse(text, &seconds) == 0)
		response->date = seconds;
}

/* RFC 9110 §5.3: lines of one name are one list. What does not fit is left out, whole. */
static void read_challenges(struct http_response *response, const char *const *headers)
{
	char *const list = response->www_authenticate;
	size_t used = 0;

	for (; headers && *headers; headers++) {
		const char *value = header_value(*headers, "WWW-Authenticate");
		size_t length = value ? trimmed_length(value) : 0;

		if (!length || used + length + 3 > sizeof response->www_authenticate)
			continue;
		if (used) {
			memcpy(list + used, ", ", 2);
			used += 2;
		}
		memcpy(list + used, value, length);
		used += length;
		list[used] = '\0';
	}
}

static void read_headers(struct http_response *response, const char *const *headers)
{
	const char *value = find_header(headers, "Date");

	if (value)
		read_date(response, value);
	value = find_header(headers, "Retry-After");
	if (value)
		read_retry_after(response, value);
	value = find_header(headers, "Content-Type");
	if (value)
		read_content_type(response, value);
	value = find_header(headers, "DPoP-Nonce");
	if (value)
		copy_value(response->dpop_nonce, sizeof response->dpop_nonce, value, strlen(value));
	read_challenges(response, headers);
}

static bool headers_too_long(const char *const *headers)
{
	size_t total = 0;

	for (; headers && *headers; headers++) {
		total += strlen(*headers) + 1;
		if (total > HTTP_MAX_HEADERS)
			return true;
	}
	return false;
}

static enum pims_http_failure check_answer(const struct pims_http_response *from, size_t body_limit)
{
	if (from->failure != PIMS_HTTP_OK)
		return from->failure;
	if (from->body_length > body_limit || headers_too_long(from->headers))
		return PIMS_HTTP_TOO_BIG;
	if (from->status < 100 || from->status > 599)
		return PIMS_HTTP_CUT;
	return PIMS_HTTP_OK;
}

int http_response_read(struct http_response *response, const struct pims_http_response *from, size_t body_limit)
{
	int r;

	http_response_reset(response);
	if (body_limit == 0)
		body_limit = HTTP_MAX_BODY;
	response->body.max = body_limit;
	response->failure = check_answer(from, body_limit);
	if (response->failure != PIMS_HTTP_OK)
		return 0;
	response->status = from->status;
	read_headers(response, from->headers);
	if (from->body_length == 0)
		return 0;
	r = buf_put(&response->body, from->body, from->body_length);
	if (r < 0) {
		http_response_reset(response);
		response->failure = PIMS_HTTP_FAILED;
	}
	return r;
}

bool http_response_is_json(const struct http_response *response)
{
	const char *type = response->content_type;
	size_t length = strlen(type);

	if (strcmp(type, "application/json") == 0)
		return true;
	/* Structured syntax suffix, RFC 6839 §3.1. */
	return text_starts(type, "application/") && length > strlen("application/+json") && strcmp(type + length - 5, "+json") == 0;
}
