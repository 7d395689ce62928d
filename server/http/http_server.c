/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	DEFAULT_WORKERS = 48,
	DEFAULT_CONNECTIONS = 4096,
	DEFAULT_TIMEOUT_S = 30,
	MAX_LOOPS = 16,
	TLS_LOOPS = 8,
	MAX_QUEUED = 1024,
	SLOW_WORKERS = 4,
	MAX_QUEUED_SLOW = 256, /**< some seconds of work */
	LOOP_STACK = 512 * 1024,
	CONNECTION_MEMORY = 48 * 1024, /**< the longest URL and 16 kB of headers; over 32 kB libmicrohttpd maps it, so only what is used is resident */
	STOP_SECONDS = 10
};

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

/* With TLS a loop looks at each of its connections in each turn (start_daemon()), so there are more of them with fewer connections each. */
static unsigned count_loops(unsigned wanted, bool tls)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!wanted)
		wanted = cores > 0 ? (unsigned)cores : 1;
	if (tls && wanted < TLS_LOOPS)
		wanted = TLS_LOOPS;
	return wanted < MAX_LOOPS ? wanted : MAX_LOOPS;
}

/* TLS 1.2 and 1.3, forward secret and authenticated encryption only (RFC 9325 §4.2). */
static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"
				 "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:%SERVER_PRECEDENCE";

static void notify_connection(void *data, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode code)
{
	const struct http_server *server = data;

	(void)connection;
	tls_connection(server->options.tls, context, code);
}

static void add_tls(struct http_server *server, struct MHD_OptionItem *items)
{
	items[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities};
	items[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)tls_choose};
	items[2] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)notify_connection, server};
	items[3] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
}

static int start_daemon(struct http_server *server)
{
	const struct http_server_options *options = &server->options;
	unsigned loops = count_loops(options->loops, options->tls);
	unsigned flags = MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
	struct MHD_OptionItem tls_items[4] = {{MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem items[] = {
		{MHD_OPTION_LISTEN_SOCKET, server->socket, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)or_default(options->max_connections, DEFAULT_CONNECTIONS), NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)or_default(options->timeout_s, DEFAULT_TIMEOUT_S), NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
		{MHD_OPTION_THREAD_STACK_SIZE, LOOP_STACK, NULL},
		{loops > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)loops, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	/*
	 * Over epoll libmicrohttpd 0.9.75 keeps asking a handshake that waits for its client,
	 * so that four bytes of one would hold a core for the whole time-out.
	 */
	flags |= options->tls ? MHD_USE_TLS | MHD_USE_POLL_INTERNAL_THREAD : MHD_USE_EPOLL_INTERNAL_THREAD;
	if (options->tls)
		add_tls(server, tls_items);
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, exchange_step, server, MHD_OPTION_URI_LOG_CALLBACK, exchange_new, server,
					  MHD_OPTION_NOTIFY_COMPLETED, exchange_end, server, MHD_OPTION_ARRAY, items, MHD_OPTION_ARRAY, tls_items,
					  MHD_OPTION_END);
	return server->daemon ? 0 : PIMS_E_SYSTEM;
}

static void stop_workers(struct http_server *server)
{
	workers_stop(&server->workers);
	if (server->options.slow)
		workers_stop(&server->slow);
}

static int start_workers(struct http_server *server)
{
	const struct http_server_options *options = &server->options;
	int r = workers_start(&server->workers, or_default(options->workers, DEFAULT_WORKERS), MAX_QUEUED);

	if (r < 0 || !options->slow)
		return r;
	r = workers_start(&server->slow, SLOW_WORKERS, MAX_QUEUED_SLOW);
	if (r < 0)
		workers_stop(&server->workers);
	return r;
}

static int start(struct http_server *server)
{
	const struct http_server_options *options = &server->options;
	int r;

	if (server->socket <= 0) {
		r = http_listen(options->address, options->port, &server->socket, &server->port);
		if (r < 0)
			return r;
	}
	r = start_workers(server);
	if (r == 0) {
		r = start_daemon(server);
		if (r < 0)
			stop_workers(server);
	}
	return r;
}

static void free_server(struct http_server *server)
{
	pthread_cond_destroy(&server->idle);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

static void learn_port(struct http_server *server)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t length = sizeof address;

	if (server->port || getsockname(server->socket, &address.any, &length) < 0)
		return;
	server->port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

int http_server_start(struct http_server **ret_server, const struct http_server_options *options, const struct route *const *route_tables)
{
	struct http_server *server = calloc(1, sizeof *server);
	pthread_condattr_t attributes;
	int r;

	if (!server)
		return PIMS_E_MEMORY;
	server->options = *options;
	server->route_tables = route_tables;
	server->socket = options->socket;
	if (options->env)
		server->env = *options->env;
	else
		env_init(&server->env, NULL, NULL, NULL);
	pthread_mutex_init(&server->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&server->idle, &attributes);
	pthread_condattr_destroy(&attributes);
	r = start(server);
	if (r < 0) {
		int error = errno;

		if (server->socket > 0)
			close(server->socket);
		free_server(server);
		errno = error;
		return r;
	}
	learn_port(server);
	*ret_server = server;
	return 0;
}

unsigned http_server_port(const struct http_server *server)
{
	return server->port;
}

/* Answers on their way go out; a client that does not read its answer can't hold the server for longer than the limit. */
static void wait_idle(struct http_server *server)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += STOP_SECONDS;
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	while (server->active)
		if (pthread_cond_timedwait(&server->idle, &server->lock, &end))
			break;
	pthread_mutex_unlock(&server->lock);
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	MHD_quiesce_daemon(server->daemon);
	wait_idle(server);
	stop_workers(server); /* after it no connection is suspended */
	MHD_stop_daemon(server->daemon);
	close(server->socket);
	free_server(server);
}
