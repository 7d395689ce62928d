/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/transport_internal.h"

#include "base/secret.h"
#include "base/text.h"
#include "platform/http.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define USER_AGENT "libpims/0.1"
#define CA_CACHE_S 60L /* until a replaced file of authorities is read again */

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;

	if (buf_put(&exchange->body, bytes, size * count) < 0) {
		exchange->too_big = buf_error(&exchange->body) == PIMS_E_LIMIT;
		return 0;
	}
	return size * count;
}

/* Each answer starts anew (103 Early Hints comes before the real one); trailers are not headers. */
static void put_header(struct exchange *exchange, const char *line, size_t length)
{
	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		buf_reset(&exchange->head);
		exchange->head_ended = false;
	} else if (length == 0) {
		exchange->head_ended = true;
	} else if (!exchange->head_ended) {
		buf_put(&exchange->head, line, length);
		buf_putc(&exchange->head, '\0');
	}
}

static size_t take_header(char *bytes, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;
	size_t length = size * count;

	while (length > 0 && (bytes[length - 1] == '\r' || bytes[length - 1] == '\n'))
		length--;
	put_header(exchange, bytes, length);
	if (buf_error(&exchange->head) == 0)
		return size * count;
	exchange->too_big = buf_error(&exchange->head) == PIMS_E_LIMIT;
	return 0;
}

/* Called when there is a connection, new or not, before the request goes out on it. */
static int note_connected(void *data, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
	struct exchange *exchange = data;

	(void)primary_ip;
	(void)local_ip;
	(void)primary_port;
	(void)local_port;
	exchange->connected = true;
	return CURL_PREREQFUNC_OK;
}

static int add_header(struct exchange *exchange, const char *line)
{
	struct curl_slist *headers = curl_slist_append(exchange->headers, line);

	if (!headers)
		return PIMS_E_MEMORY;
	exchange->headers = headers;
	return 0;
}

static int add_headers(struct exchange *exchange, const struct pims_http_request *request)
{
	bool typed = false;
	int r = 0;

	for (const char *const *line = request->headers; line && *line && r == 0; line++) {
		r = add_header(exchange, *line);
		typed = typed || strncasecmp(*line, "Content-Type:", 13) == 0;
	}
	/* libcurl would call any body a form. */
	if (r == 0 && !typed)
		r = add_header(exchange, "Content-Type:");
	return r;
}

#define SET(option, value) (failed |= curl_easy_setopt(easy, option, value) != CURLE_OK)

/* libcurl keeps connections apart by these, in its pool as well. */
static bool set_trust(CURL *easy, const struct loop_transport *transport)
{
	bool failed = false;

	if (transport->ca_file) {
		SET(CURLOPT_CAINFO, transport->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* not the system's besides */
		SET(CURLOPT_CA_CACHE_TIMEOUT, CA_CACHE_S);
	}
	if (transport->pinned_keys)
		SET(CURLOPT_PINNEDPUBLICKEY, transport->pinned_keys);
	return !failed;
}

static bool set_rules(CURL *easy, const struct exchange *exchange)
{
	const struct loop_transport *transport = exchange->transport;
	bool failed = false;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, transport->pinned_keys ? "https" : "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_USERAGENT, USER_AGENT);
	SET(CURLOPT_NOPROXY, transport->hub->no_proxy);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)exchange->body.max);
	/* Else a name server that hangs would hold the loop when its request is given up. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	return !failed && set_trust(easy, transport);
}

static bool set_callbacks(CURL *easy, struct exchange *exchange)
{
	bool failed = false;

	SET(CURLOPT_PRIVATE, exchange);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, exchange);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, exchange);
	SET(CURLOPT_PREREQFUNCTION, note_connected);
	SET(CURLOPT_PREREQDATA, exchange);
	return !failed;
}

/* The body is not copied: it is the caller's until `done`. */
static bool set_body(CURL *easy, const struct pims_http_request *request)
{
	bool failed = false;

	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
	SET(CURLOPT_POSTFIELDS, request->body_length > 0 ? request->body : "");
	return !failed;
}

static bool set_method(CURL *easy, const struct pims_http_request *request)
{
	const char *method = request->method ? request->method : "GET";
	bool failed = false;

	if (strcmp(method, "HEAD") == 0) {
		SET(CURLOPT_NOBODY, 1L);
	} else if (strcmp(method, "POST") == 0) {
		SET(CURLOPT_POST, 1L);
		failed |= !set_body(easy, request);
	} else {
		if (request->body_length > 0)
			failed |= !set_body(easy, request);
		if (strcmp(method, "GET") != 0 || request->body_length > 0)
			SET(CURLOPT_CUSTOMREQUEST, method);
	}
	return !failed;
}

static bool set_target(CURL *easy, const struct exchange *exchange, const struct pims_http_request *request)
{
	bool failed = false;

	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_HTTPHEADER, exchange->headers);
	return !failed;
}

int exchange_prepare(struct exchange *exchange, const struct pims_http_request *request)
{
	CURL *easy = exchange->easy;
	int r;

	if (!text_starts(request->url, "http://") && !text_starts(request->url, "https://"))
		return PIMS_E_INVALID;
	r = add_headers(exchange, request);
	if (r < 0)
		return r;
	if (!set_rules(easy, exchange) || !set_callbacks(easy, exchange) || !set_target(easy, exchange, request) ||
	    !set_method(easy, request))
		return PIMS_E_MEMORY;
	return 0;
}

/* What libcurl's codes mean; the rest is FAILED. CUT needs a connection: without one it was our own mistake (a URL of another scheme). */
static const struct {
	CURLcode code;
	enum pims_http_failure failure;
} FAILURES[] = {
	{CURLE_COULDNT_RESOLVE_PROXY, PIMS_HTTP_NETWORK},
	{CURLE_COULDNT_RESOLVE_HOST, PIMS_HTTP_NETWORK},
	{CURLE_COULDNT_CONNECT, PIMS_HTTP_NETWORK},
	{CURLE_INTERFACE_FAILED, PIMS_HTTP_NETWORK},
	{CURLE_PROXY, PIMS_HTTP_NETWORK},
	{CURLE_FILESIZE_EXCEEDED, PIMS_HTTP_TOO_BIG},
	{CURLE_UNSUPPORTED_PROTOCOL, PIMS_HTTP_CUT}, /* an answer without a status line, as in HTTP/0.9 */
	{CURLE_PARTIAL_FILE, PIMS_HTTP_CUT},
	{CURLE_GOT_NOTHING, PIMS_HTTP_CUT},
	{CURLE_RECV_ERROR, PIMS_HTTP_CUT},
	{CURLE_SEND_ERROR, PIMS_HTTP_CUT},
	{CURLE_WEIRD_SERVER_REPLY, PIMS_HTTP_CUT},
	{CURLE_HTTP2, PIMS_HTTP_CUT},
	{CURLE_HTTP2_STREAM, PIMS_HTTP_CUT},
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, PIMS_HTTP_PIN},
	{CURLE_SSL_CONNECT_ERROR, PIMS_HTTP_TLS},
	{CURLE_PEER_FAILED_VERIFICATION, PIMS_HTTP_TLS},
	{CURLE_SSL_CACERT_BADFILE, PIMS_HTTP_TLS},
	{CURLE_SSL_CERTPROBLEM, PIMS_HTTP_TLS},
	{CURLE_SSL_CIPHER, PIMS_HTTP_TLS},
	{CURLE_SSL_ISSUER_ERROR, PIMS_HTTP_TLS},
	{CURLE_SSL_INVALIDCERTSTATUS, PIMS_HTTP_TLS},
	{CURLE_SSL_CRL_BADFILE, PIMS_HTTP_TLS},
	{CURLE_USE_SSL_FAILED, PIMS_HTTP_TLS},
};

static enum pims_http_failure code_failure(CURLcode code)
{
	for (size_t i = 0; i < sizeof FAILURES / sizeof FAILURES[0]; i++)
		if (FAILURES[i].code == code)
			return FAILURES[i].failure;
	return PIMS_HTTP_FAILED;
}

enum pims_http_failure exchange_failure(const struct exchange *exchange, CURLcode code)
{
	enum pims_http_failure failure;

	if (exchange->too_big)
		return PIMS_HTTP_TOO_BIG;
	if (code == CURLE_UNSUPPORTED_PROTOCOL && !exchange->connected && exchange->transport->pinned_keys)
		return PIMS_HTTP_PIN; /* plain http has no key */
	if (code == CURLE_OK) /* also for a connection that ended between two headers */
		return exchange->head_ended ? PIMS_HTTP_OK : PIMS_HTTP_CUT;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return exchange_timeout(exchange);
	failure = code_failure(code);
	return failure == PIMS_HTTP_CUT && !exchange->connected ? PIMS_HTTP_FAILED : failure;
}

/* TCP stands, though TLS may not. The socket may also be the resolver's, which is local (AF_UNIX). */
static bool has_peer(const struct exchange *exchange)
{
	struct sockaddr_storage peer = {0};
	socklen_t length = sizeof peer;

	if (exchange->fd < 0 || getpeername(exchange->fd, (struct sockaddr *)(void *)&peer, &length) < 0)
		return false;
	return peer.ss_family == AF_INET || peer.ss_family == AF_INET6;
}

/* A request that waited for one of our own connections waited for servers that are slow, not for the network. */
enum pims_http_failure exchange_timeout(const struct exchange *exchange)
{
	return exchange->connected || exchange->queued || has_peer(exchange) ? PIMS_HTTP_TIMEOUT : PIMS_HTTP_NETWORK;
}

/* The lines of `head` as an array ended by NULL. */
static const char **header_lines(const struct buf *head)
{
	size_t count = 0, at = 0;
	const char **lines;

	for (size_t i = 0; i < head->len; i++)
		count += head->data[i] == '\0';
	lines = calloc(count + 1, sizeof *lines);
	if (!lines)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		lines[i] = head->data + at;
		at += strlen(lines[i]) + 1;
	}
	return lines;
}

void exchange_answer(const struct exchange *exchange, enum pims_http_failure failure, int status)
{
	struct pims_http_response response = {.size = sizeof response, .failure = failure};
	const char **lines = NULL;

	if (failure == PIMS_HTTP_OK) {
		lines = header_lines(&exchange->head);
		response.failure = lines ? PIMS_HTTP_OK : PIMS_HTTP_FAILED;
	}
	if (response.failure == PIMS_HTTP_OK) {
		response.status = status;
		response.headers = lines;
		response.body = exchange->body.data;
		response.body_length = exchange->body.len;
	}
	exchange->done(exchange->token, &response);
	free(lines);
}

void exchange_clear(struct exchange *exchange)
{
	for (struct curl_slist *line = exchange->headers; line; line = line->next)
		secret_wipe(line->data, strlen(line->data));
	curl_slist_free_all(exchange->headers);
	exchange->headers = NULL;
	buf_free(&exchange->head);
	buf_free(&exchange->body);
}
