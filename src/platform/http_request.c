/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/http.h"

#include "base/encode.h"
#include "base/url.h"

#include <pims/error.h>

#include <string.h>

void http_request_init(struct http_request *request)
{
	*request = (struct http_request){
		.url = BUF_INIT(HTTP_MAX_URL),
		.headers = BUF_INIT(HTTP_MAX_HEADERS),
		.body = BUF_INIT(HTTP_MAX_REQUEST_BODY),
	};
}

void http_request_reset(struct http_request *request)
{
	buf_free(&request->url);
	buf_free(&request->headers);
	buf_free(&request->body);
	http_request_init(request);
}

static bool has_controls(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

int http_request_start(struct http_request *request, const char *method, const char *url)
{
	http_request_reset(request);
	request->method = method;
	if (has_controls(url) || strchr(url, ' '))
		return PIMS_E_FORMAT;
	return buf_puts(&request->url, url);
}

/* Field names are tokens (RFC 9110 §5.1). */
static bool is_token(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name <= 0x20 || (unsigned char)*name >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *name))
			return false;
	return true;
}

/* One whole line or nothing. */
int http_request_header(struct http_request *request, const char *name, const char *value)
{
	struct buf line = BUF_INIT(HTTP_MAX_HEADERS);
	int r;

	if (!is_token(name) || has_controls(value))
		return PIMS_E_FORMAT;
	buf_puts(&line, name);
	buf_puts(&line, ": ");
	buf_puts(&line, value);
	r = buf_putc(&line, '\0');
	if (r == 0)
		r = buf_error(&line);
	if (r == 0)
		r = buf_put(&request->headers, line.data, line.len);
	buf_free(&line);
	return r;
}

static int put_authorization(struct http_request *request, const char *scheme, const char *credentials)
{
	struct buf value = BUF_INIT(HTTP_MAX_HEADERS);
	int r;

	buf_puts(&value, scheme);
	buf_puts(&value, credentials);
	r = buf_error(&value);
	if (r == 0)
		r = http_request_header(request, "Authorization", buf_text(&value));
	buf_free(&value);
	return r;
}

int http_request_bearer(struct http_request *request, const char *token)
{
	return put_authorization(request, "Bearer ", token);
}

int http_request_basic(struct http_request *request, const char *id, const char *secret)
{
	struct buf plain = BUF_INIT(HTTP_MAX_HEADERS);
	struct buf encoded = BUF_INIT(HTTP_MAX_HEADERS);
	int r;

	url_encode_form(id, &plain);
	buf_putc(&plain, ':');
	url_encode_form(secret, &plain);
	r = buf_error(&plain);
	if (r == 0)
		r = base64_encode(plain.data, plain.len, &encoded);
	if (r == 0)
		r = put_authorization(request, "Basic ", buf_text(&encoded));
	buf_free(&encoded);
	buf_free(&plain);
	return r;
}
