/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <microhttpd.h>
#include <string.h>
#include <time.h>

enum { MAX_NAME = 64 };

static bool printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

int response_header(struct response *response, const char *name, const char *value)
{
	size_t before = response->headers.len;

	if (!printable(name) || !printable(value) || strlen(name) >= MAX_NAME)
		return PIMS_E_FORMAT;
	if (buf_printf(&response->headers, "%s: %s", name, value) < 0)
		return PIMS_E_LIMIT;
	if (buf_putc(&response->headers, 0) < 0) {
		response->headers.len = before;
		return PIMS_E_LIMIT;
	}
	return 0;
}

/* A handler that failed half-way leaves nothing of its answer. */
static void fail(struct response *response)
{
	response->status = 0;
	response->content_type = NULL;
	buf_reset(&response->body);
	buf_reset(&response->headers);
}

void response_json(struct response *response, int status, json_t *value)
{
	buf_reset(&response->body);
	if (!value || json_write(value, &response->body) < 0) {
		fail(response);
	} else {
		response->status = status;
		response->content_type = "application/json";
	}
	json_wipe(value);
}

void response_text(struct response *response, int status, const char *content_type, const char *text)
{
	buf_reset(&response->body);
	if (buf_puts(&response->body, text) < 0) {
		fail(response);
		return;
	}
	response->status = status;
	response->content_type = content_type;
}

void response_redirect(struct response *response, int status, const char *url)
{
	buf_reset(&response->body);
	response->content_type = NULL;
	response->status = status;
	if (response_header(response, "Location", url) < 0)
		fail(response);
}

static int put_problem(json_t *object, const struct response *response, const char *cause, const char *title)
{
	char type[128];

	if ((size_t)snprintf(type, sizeof type, "about:blank#%s", cause) >= sizeof type)
		return PIMS_E_LIMIT;
	if (json_put_text(object, "type", type) < 0 || json_put_text(object, "title", title) < 0 ||
	    json_put_int(object, "status", response->status) < 0 || json_put_text(object, "cause", cause) < 0)
		return PIMS_E_MEMORY;
	return 0;
}

/* They take what has none of these for success: an SMS that was refused, for one. */
static int put_gateway(json_t *object, int status, const char *title)
{
	char code[16];
	int r;

	(void)snprintf(code, sizeof code, "%d", status);
	r = json_put_text(object, "httpCode", code);
	if (r == 0)
		r = json_put_text(object, "httpMessage", MHD_get_reason_phrase_for((unsigned)status));
	return r < 0 ? r : json_put_text(object, "moreInformation", title);
}

void response_problem(struct response *response, int status, const char *cause, const char *title, int retry_after, int remaining)
{
	json_t *object = json_object();
	char seconds[16];
	int r = 0;

	response->status = status;
	if (!object || put_problem(object, response, cause, title) < 0)
		r = PIMS_E_MEMORY;
	if (r == 0 && response->gateway)
		r = put_gateway(object, status, title);
	if (r == 0 && retry_after >= 0) {
		snprintf(seconds, sizeof seconds, "%d", retry_after);
		r = response_header(response, "Retry-After", seconds);
		if (r == 0)
			r = json_put_int(object, "retryAfter", retry_after);
	}
	if (r == 0 && remaining >= 0)
		r = json_put_int(object, "remaining", remaining);
	buf_reset(&response->body);
	if (r == 0)
		r = json_write(object, &response->body);
	json_wipe(object);
	if (r < 0)
		fail(response);
	else
		response->content_type = "application/problem+json";
}

/* Fetch standard, "HTTP CORS protocol". Nothing of it lets cookies through, so a page gets no more than any program on the network. */
void response_preflight(struct response *response, const char *allow)
{
	response->status = 204;
	(void)response_header(response, "Allow", allow);
	(void)response_header(response, "Access-Control-Allow-Methods", allow);
	(void)response_header(response, "Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP");
	(void)response_header(response, "Access-Control-Max-Age", "3600");
}

static bool has_header(const struct response *response, const char *name)
{
	size_t length = strlen(name);
	const char *line = buf_text(&response->headers);
	const char *end = line + response->headers.len;

	for (; line < end; line += strlen(line) + 1)
		if (strncasecmp(line, name, length) == 0 && line[length] == ':')
			return true;
	return false;
}

static void put_own_headers(struct MHD_Response *mhd, const struct response *response)
{
	const char *line = buf_text(&response->headers);
	const char *end = line + response->headers.len;

	for (; line < end; line += strlen(line) + 1) {
		const char *colon = strchr(line, ':');
		char name[MAX_NAME];

		if (!colon || (size_t)(colon - line) >= sizeof name)
			continue;
		memcpy(name, line, (size_t)(colon - line));
		name[colon - line] = 0;
		MHD_add_response_header(mhd, name, colon + 2);
	}
}

/* RFC 9110 §5.6.7; from our clock, since clients learn the time from it */
static void put_date(struct MHD_Response *mhd, const struct env *env)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t now = (time_t)(env_now(env) / 1000);
	struct tm tm;
	char text[64];

	if (!gmtime_r(&now, &tm))
		return;
	snprintf(text, sizeof text, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	MHD_add_response_header(mhd, "Date", text);
}

static void put_headers(struct MHD_Response *mhd, const struct exchange *exchange)
{
	static const char *const defaults[][2] = {
		{"X-Content-Type-Options", "nosniff"},
		{"Cache-Control", "no-store"},
		{"Referrer-Policy", "no-referrer"},
		{"X-Frame-Options", "DENY"},
	};
	const struct response *response = &exchange->response;

	put_date(mhd, &exchange->server->env);
	if (exchange->request.rules & REQUEST_ANY_ORIGIN) {
		MHD_add_response_header(mhd, "Access-Control-Allow-Origin", "*");
		MHD_add_response_header(mhd, "Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, DPoP-Nonce");
	}
	if (response->content_type)
		MHD_add_response_header(mhd, "Content-Type", response->content_type);
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (!has_header(response, defaults[i][0]))
			MHD_add_response_header(mhd, defaults[i][0], defaults[i][1]);
	if (exchange->secure && exchange->server->options.hsts)
		MHD_add_response_header(mhd, "Strict-Transport-Security", "max-age=31536000");
	put_own_headers(mhd, response);
}

/* Half of the body, and then the connection is closed. */
static ssize_t read_half(void *data, uint64_t position, char *bytes, size_t max)
{
	const struct exchange *exchange = data;
	const struct buf *body = &exchange->response.body;
	size_t left = position < body->len / 2 ? body->len / 2 - (size_t)position : 0;

	if (!left)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	left = left < max ? left : max;
	memcpy(bytes, body->data + position, left);
	return (ssize_t)left;
}

static struct MHD_Response *make_answer(struct exchange *exchange)
{
	struct response *response = &exchange->response;

	if (response->stream)
		return stream_answer(response->stream, exchange->connection);
	if (response->fate == RESPONSE_CUT)
		return MHD_create_response_from_callback(response->body.len, 4096, read_half, exchange, NULL);
	/* the exchange outlives the sending; its buffer is wiped at the end */
	return MHD_create_response_from_buffer(response->body.len, response->body.data, MHD_RESPMEM_PERSISTENT);
}

static void note(const struct exchange *exchange)
{
	const struct http_server *server = exchange->server;

	if (server->options.note)
		server->options.note(&exchange->request, &exchange->response, env_monotonic(&server->env) - exchange->started);
}

enum MHD_Result response_send(struct exchange *exchange)
{
	struct response *response = &exchange->response;
	struct MHD_Response *mhd;
	enum MHD_Result result;

	if (!response->status || buf_error(&response->body) || buf_error(&response->headers)) {
		fail(response);
		response_problem(response, 500, "server.failed", "Internal server error", -1, -1);
	}
	note(exchange);
	if (response->fate == RESPONSE_NONE || (response->fate == RESPONSE_CUT && response->body.len < 2))
		return MHD_NO;
	mhd = make_answer(exchange);
	if (!mhd)
		return MHD_NO;
	put_headers(mhd, exchange);
	result = MHD_queue_response(exchange->connection, (unsigned)response->status, mhd);
	MHD_destroy_response(mhd);
	return result;
}
