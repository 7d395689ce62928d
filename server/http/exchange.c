/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"
#include "base/text.h"
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum {
	MAX_RESPONSE = 4 * 1024 * 1024,
	MAX_HEADERS = 32 * 1024,
	MAX_DISCARDED = 1024 * 1024 /**< of a body that is too long: read to its end up to here, so that the client sees the answer */
};

void *exchange_new(void *data, const char *uri, struct MHD_Connection *connection)
{
	struct http_server *server = data;
	struct exchange *exchange = calloc(1, sizeof *exchange);

	if (!exchange)
		return NULL;
	exchange->uri = strdup(uri);
	if (!exchange->uri) {
		free(exchange);
		return NULL;
	}
	exchange->server = server;
	exchange->connection = connection;
	exchange->started = env_monotonic(&server->env);
	buf_init(&exchange->body, REQUEST_MAX_BODY);
	buf_init(&exchange->response.body, MAX_RESPONSE);
	buf_init(&exchange->response.headers, MAX_HEADERS);
	return exchange;
}

/* The request is here: from now on a server that stops waits for the answer, but for no client that sends half a request. */
static void count(struct exchange *exchange)
{
	exchange->counted = true;
	pthread_mutex_lock(&exchange->server->lock);
	exchange->server->active++;
	pthread_mutex_unlock(&exchange->server->lock);
}

static void uncount(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	if (--server->active == 0)
		pthread_cond_broadcast(&server->idle);
	pthread_mutex_unlock(&server->lock);
}

/* Up to where it stops to look like one of ours. */
static size_t path_length(const char *path)
{
	enum { MAX_LOGGED = 128 };
	size_t length = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-");

	return length < MAX_LOGGED ? length : MAX_LOGGED;
}

static void log_exchange(const struct exchange *exchange)
{
	const struct http_server *server = exchange->server;
	const struct request *request = &exchange->request;
	const char *path = request->path && *request->path == '/' ? request->path : "-";

	/* never the query string: it carries codes and proofs; nor what somebody put into the path in its place */
	env_log(&server->env, PIMS_LOG_DEBUG, "%s %s %.*s %d %lld ms", exchange->address, request->method ? request->method : "-",
		(int)path_length(path), path, exchange->response.status, (long long)(env_monotonic(&server->env) - exchange->started));
}

void exchange_end(void *data, struct MHD_Connection *connection, void **pointer, enum MHD_RequestTerminationCode code)
{
	struct http_server *server = data;
	struct exchange *exchange = *pointer;

	(void)connection;
	(void)code;
	if (!exchange)
		return;
	*pointer = NULL;
	log_exchange(exchange);
	stream_end(exchange->response.stream);
	secret_free_text(exchange->uri);
	buf_free(&exchange->body);
	query_free(&exchange->request.query);
	query_free(&exchange->request.form);
	buf_free(&exchange->response.body);
	buf_free(&exchange->response.headers);
	if (exchange->counted)
		uncount(server);
	free(exchange);
}

void exchange_refuse(struct exchange *exchange, int status, const char *cause, const char *title)
{
	exchange->refused = true;
	buf_reset(&exchange->response.headers);
	response_problem(&exchange->response, status, cause, title, status == 503 ? 1 : -1, -1);
}

/* A protocol may have a form of its own for it. */
void exchange_refuse_malformed(struct exchange *exchange, const char *cause, const char *title)
{
	handler_fn malformed = exchange->server->options.malformed;

	exchange_refuse(exchange, 400, cause, title);
	if (malformed)
		malformed(&exchange->request, &exchange->response);
}

static void take_address(struct exchange *exchange)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;
	const void *bytes = NULL;

	if (address && address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	else if (address && address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (bytes)
		inet_ntop(address->sa_family, bytes, exchange->address, sizeof exchange->address);
}

/* The absolute form of RFC 9112 §3.2.2 must be taken too. */
static char *origin_form(char *uri)
{
	char *authority;

	if (uri[0] == '/')
		return uri;
	authority = strstr(uri, "://");
	if (!authority)
		return uri;
	authority += 3;
	return authority + strcspn(authority, "/?");
}

static void split_target(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	char *path = origin_form(exchange->uri);
	char *query = strchr(path, '?');

	request->path = path;
	if (query)
		*query++ = 0;
	if (exchange->server->options.rules)
		request->rules = exchange->server->options.rules(path);
	exchange->response.gateway = (request->rules & REQUEST_GATEWAY) != 0;
	if (query && query_parse(query, strlen(query), &request->query) < 0)
		exchange_refuse_malformed(exchange, "request.query", "The query string is malformed");
}

static void find_route(struct exchange *exchange)
{
	const struct request *request = &exchange->request;
	struct buf allow = BUF_INIT(128);
	int r;

	r = routes_find(exchange->server->route_tables, request->method, request->path, &exchange->handler, &allow);
	if (r == PIMS_E_STATE && (request->rules & REQUEST_ANY_ORIGIN) && strcmp(request->method, "OPTIONS") == 0) {
		exchange->refused = true;
		response_preflight(&exchange->response, buf_text(&allow));
	} else if (r == PIMS_E_STATE) {
		exchange_refuse(exchange, 405, "request.method", "The method is not allowed here");
		response_header(&exchange->response, "Allow", buf_text(&allow));
	} else if (r < 0) {
		exchange_refuse(exchange, 404, "request.path", "There is nothing here");
	}
	buf_free(&allow);
}

/* A declared length that is hopeless is answered before the body comes. */
static void check_length(struct exchange *exchange)
{
	const char *length = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Length");

	if (!length || strtoull(length, NULL, 10) <= MAX_DISCARDED)
		return;
	exchange_refuse(exchange, 413, "request.body", "The body is too long");
	exchange->at_once = true;
}

/* RFC 9110 §15.5.16: what is compressed we do not read. */
static void check_coding(struct exchange *exchange)
{
	const char *coding = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Encoding");

	if (!coding || !*coding || text_equal_nocase(coding, "identity"))
		return;
	exchange_refuse(exchange, 415, "request.encoding", "The body is compressed");
	response_header(&exchange->response, "Accept-Encoding", "identity");
}

struct framing {
	int hosts, lengths, encodings, unknown;
};

static enum MHD_Result count_header(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *framing = data;

	(void)kind;
	framing->hosts += text_equal_nocase(name, "Host");
	framing->lengths += text_equal_nocase(name, "Content-Length");
	framing->encodings += text_equal_nocase(name, "Transfer-Encoding");
	framing->unknown += text_equal_nocase(name, "Transfer-Encoding") && !text_equal_nocase(value, "chunked");
	return MHD_YES;
}

/*
 * RFC 9112 §3.2, §6.1 and §6.3: what a proxy in front of us could read otherwise is refused, and its connection ends. libmicrohttpd is
 * lenient here.
 */
static void check_framing(struct exchange *exchange, const char *version)
{
	bool old = strcmp(version, "HTTP/1.0") == 0;
	struct framing framing = {0};
	bool clear;

	MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, count_header, &framing);
	clear = framing.lengths + framing.encodings <= 1 && !framing.unknown && !(old && framing.encodings);
	if (clear && (framing.hosts == 1 || (old && framing.hosts == 0)))
		return;
	exchange_refuse(exchange, 400, "request.headers", "Host or length are missing or ambiguous");
	response_header(&exchange->response, "Connection", "close");
	exchange->at_once = true;
}

/* Tokens do not travel in clear because a proxy was set up so. */
static void check_scheme(struct exchange *exchange)
{
	const struct http_server_options *options = &exchange->server->options;
	enum forwarded forwarded = request_forwarded(&exchange->request);

	exchange->secure = options->tls || forwarded == FORWARDED_HTTPS;
	if (options->https_only && forwarded == FORWARDED_HTTP)
		exchange_refuse(exchange, 403, "request.insecure", "This server is reached by https only");
}

static void begin(struct exchange *exchange, const char *method, const char *version)
{
	struct request *request = &exchange->request;

	exchange->begun = true;
	take_address(exchange);
	request->method = method;
	request->address = exchange->address;
	request->connection = exchange->connection;
	request->proxies = exchange->server->options.proxies;
	request->server = exchange->server->options.server;
	if (strlen(exchange->uri) > REQUEST_MAX_URL) {
		exchange->uri[strcspn(exchange->uri, "?")] = 0;
		exchange_refuse(exchange, 414, "request.url", "The URL is too long");
		return;
	}
	split_target(exchange);
	if (!exchange->refused)
		find_route(exchange);
	check_coding(exchange);
	check_scheme(exchange);
	check_length(exchange);
	check_framing(exchange, version);
}

static void take_body(struct exchange *exchange, const char *bytes, size_t length)
{
	exchange->body_seen += length;
	if (exchange->refused)
		return;
	if (exchange->body_seen > REQUEST_MAX_BODY || buf_put(&exchange->body, bytes, length) < 0) {
		buf_free(&exchange->body);
		exchange_refuse(exchange, 413, "request.body", "The body is too long");
	}
}

static bool stopping(struct http_server *server)
{
	bool stop;

	pthread_mutex_lock(&server->lock);
	stop = server->stopping;
	pthread_mutex_unlock(&server->lock);
	return stop;
}

static struct workers *workers_for(const struct exchange *exchange)
{
	struct http_server *server = exchange->server;

	return server->options.slow && server->options.slow(&exchange->request) ? &server->slow : &server->workers;
}

/* Suspended first: the worker may be done, and resume, before workers_push() returns. */
static enum MHD_Result hand_over(struct exchange *exchange)
{
	if (stopping(exchange->server)) {
		exchange_refuse(exchange, 503, "server.stopping", "The server is stopping");
		return response_send(exchange);
	}
	exchange->stage = RUNNING;
	MHD_suspend_connection(exchange->connection);
	if (workers_push(workers_for(exchange), exchange) == 0)
		return MHD_YES;
	exchange_refuse(exchange, 503, "server.busy", "The server is busy");
	exchange->stage = ANSWERED;
	MHD_resume_connection(exchange->connection);
	return MHD_YES;
}

void exchange_run(struct exchange *exchange)
{
	filter_fn filter = exchange->server->options.filter;

	if (filter)
		filter(exchange->handler, &exchange->request, &exchange->response);
	else
		exchange->handler(&exchange->request, &exchange->response);
	exchange->stage = ANSWERED;
	MHD_resume_connection(exchange->connection);
}

enum MHD_Result exchange_step(void *server, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
			      const char *upload, size_t *upload_size, void **pointer)
{
	struct exchange *exchange = *pointer;

	(void)server;
	(void)connection;
	(void)url;
	if (!exchange)
		return MHD_NO;
	if (!exchange->begun) {
		begin(exchange, method, version);
		if (!exchange->at_once)
			return MHD_YES;
		count(exchange);
		return response_send(exchange);
	}
	if (*upload_size) {
		take_body(exchange, upload, *upload_size);
		*upload_size = 0;
		return exchange->body_seen > MAX_DISCARDED ? MHD_NO : MHD_YES;
	}
	if (exchange->stage == ANSWERED)
		return response_send(exchange);
	count(exchange);
	body_end(exchange);
	return exchange->refused ? response_send(exchange) : hand_over(exchange);
}
