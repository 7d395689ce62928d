/* SPDX-License-Identifier: Apache-2.0 */
#include "support/raw_server.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 256, MAX_REPLIES = 256, KEPT_REQUESTS = 64, MAX_REQUEST = 1048576, URLS = 8 };

struct reply {
	char *bytes;
	size_t length;
	size_t filler;
	enum raw_then then;
};

struct connection {
	int fd; /* -1 = free */
	bool held;
	struct buf request;
};

struct raw_server {
	pthread_t thread;
	int listener;
	int stop_fd;
	int port;
	char urls[URLS][2048];
	size_t url_next;
	struct connection connections[MAX_CONNECTIONS]; /* the thread's own */

	pthread_mutex_t mutex; /* for everything below */
	pthread_cond_t changed;
	struct reply replies[MAX_REPLIES];
	size_t reply_count, reply_next;
	bool exhausted; /* the last reply was given, and stands until another is queued */
	char *requests[KEPT_REQUESTS];
	size_t request_count, connection_count;
};

static size_t content_length(const char *head)
{
	for (const char *line = head; line; line = strstr(line, "\r\n")) {
		line += line == head ? 0 : 2;
		if (strncasecmp(line, "Content-Length:", 15) == 0)
			return (size_t)strtoul(line + 15, NULL, 10);
	}
	return 0;
}

/* Length of the first whole request in the buffer, or 0. */
static size_t whole_request(const struct buf *buf)
{
	const char *end = buf->len > 0 ? strstr(buf->data, "\r\n\r\n") : NULL;
	size_t need;

	if (!end)
		return 0;
	need = (size_t)(end - buf->data) + 4 + content_length(buf->data);
	return buf->len >= need ? need : 0;
}

static void close_connection(struct connection *connection, bool reset)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (reset)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	close(connection->fd);
	buf_free(&connection->request);
	connection->fd = -1;
	connection->held = false;
}

/* False when the peer is gone, or does not read for 5 s. */
static bool send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

static bool send_filler(int fd, size_t length)
{
	char piece[16384];

	memset(piece, 'x', sizeof piece);
	while (length > 0) {
		size_t n = length < sizeof piece ? length : sizeof piece;

		if (!send_all(fd, piece, n))
			return false;
		length -= n;
	}
	return true;
}

/* The reply for the next request; its bytes stay until the server stops. */
static struct reply take_reply(struct raw_server *server, const char *request, size_t length)
{
	struct reply reply = {.then = RAW_CLOSE};

	pthread_mutex_lock(&server->mutex);
	if (server->request_count < KEPT_REQUESTS)
		server->requests[server->request_count] = strndup(request, length);
	server->request_count++;
	if (server->reply_count > 0)
		reply = server->replies[server->reply_next];
	server->exhausted = server->reply_next + 1 >= server->reply_count;
	if (!server->exhausted)
		server->reply_next++;
	pthread_cond_broadcast(&server->changed);
	pthread_mutex_unlock(&server->mutex);
	return reply;
}

static void drop_front(struct buf *buf, size_t length)
{
	struct buf rest = BUF_INIT(MAX_REQUEST);

	buf_put(&rest, buf->data + length, buf->len - length);
	buf_free(buf);
	*buf = rest;
}

static void answer(struct raw_server *server, struct connection *connection, size_t length)
{
	struct reply reply = take_reply(server, connection->request.data, length);
	bool sent;

	drop_front(&connection->request, length);
	sent = send_all(connection->fd, reply.bytes, reply.length) && send_filler(connection->fd, reply.filler);
	if (!sent || reply.then == RAW_CLOSE || reply.then == RAW_RESET)
		close_connection(connection, reply.then == RAW_RESET);
	else
		connection->held = reply.then == RAW_HOLD;
}

static void read_connection(struct raw_server *server, struct connection *connection)
{
	char bytes[16384];
	ssize_t n = recv(connection->fd, bytes, sizeof bytes, 0);
	size_t length;

	if (n <= 0 || buf_put(&connection->request, bytes, (size_t)n) < 0) {
		close_connection(connection, false);
		return;
	}
	while (connection->fd >= 0 && !connection->held && (length = whole_request(&connection->request)) > 0)
		answer(server, connection, length);
}

static void accept_connection(struct raw_server *server)
{
	struct timeval patience = {.tv_sec = 5};
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		if (server->connections[i].fd >= 0)
			continue;
		server->connections[i] = (struct connection){.fd = fd, .request = BUF_INIT(MAX_REQUEST)};
		pthread_mutex_lock(&server->mutex);
		server->connection_count++;
		pthread_cond_broadcast(&server->changed);
		pthread_mutex_unlock(&server->mutex);
		return;
	}
	close(fd);
}

static void *serve(void *data)
{
	struct raw_server *server = data;
	struct pollfd polled[MAX_CONNECTIONS + 2];

	for (;;) {
		polled[0] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
		polled[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
		for (size_t i = 0; i < MAX_CONNECTIONS; i++)
			polled[i + 2] = (struct pollfd){.fd = server->connections[i].held ? -1 : server->connections[i].fd, .events = POLLIN};
		if (poll(polled, MAX_CONNECTIONS + 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (polled[0].revents)
			return NULL;
		for (size_t i = 0; i < MAX_CONNECTIONS; i++)
			if (polled[i + 2].revents)
				read_connection(server, &server->connections[i]);
		if (polled[1].revents)
			accept_connection(server);
	}
}

static int listen_anywhere(int *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

struct raw_server *raw_server_start(void)
{
	struct raw_server *server = calloc(1, sizeof *server);

	assert_non_null(server);
	server->listener = listen_anywhere(&server->port);
	assert_int_equal(listen(server->listener, 128), 0);
	server->stop_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(server->stop_fd >= 0);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		server->connections[i].fd = -1;
	assert_int_equal(pthread_mutex_init(&server->mutex, NULL), 0);
	assert_int_equal(pthread_cond_init(&server->changed, NULL), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	return server;
}

void raw_server_stop(struct raw_server *server)
{
	uint64_t one = 1;

	if (!server)
		return;
	assert_int_equal(write(server->stop_fd, &one, sizeof one), sizeof one);
	pthread_join(server->thread, NULL);
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		if (server->connections[i].fd >= 0)
			close_connection(&server->connections[i], false);
	close(server->listener);
	close(server->stop_fd);
	for (size_t i = 0; i < server->reply_count; i++)
		free(server->replies[i].bytes);
	for (size_t i = 0; i < KEPT_REQUESTS; i++)
		free(server->requests[i]);
	pthread_cond_destroy(&server->changed);
	pthread_mutex_destroy(&server->mutex);
	free(server);
}

int raw_server_port(const struct raw_server *server)
{
	return server->port;
}

const char *raw_server_url(struct raw_server *server, const char *path)
{
	char *url = server->urls[server->url_next++ % URLS];

	snprintf(url, sizeof server->urls[0], "http://127.0.0.1:%d%s", server->port, path);
	return url;
}

static void add_reply(struct raw_server *server, const void *bytes, size_t length, size_t filler, enum raw_then then)
{
	struct reply reply = {.bytes = malloc(length + 1), .length = length, .filler = filler, .then = then};

	assert_non_null(reply.bytes);
	if (length > 0)
		memcpy(reply.bytes, bytes, length);
	pthread_mutex_lock(&server->mutex);
	assert_true(server->reply_count < MAX_REPLIES);
	server->replies[server->reply_count++] = reply;
	if (server->exhausted)
		server->reply_next = server->reply_count - 1;
	server->exhausted = false;
	pthread_mutex_unlock(&server->mutex);
}

void raw_server_reply(struct raw_server *server, const void *bytes, size_t length, enum raw_then then)
{
	add_reply(server, bytes, length, 0, then);
}

void raw_server_reply_text(struct raw_server *server, const char *text, enum raw_then then)
{
	add_reply(server, text, strlen(text), 0, then);
}

void raw_server_reply_http(struct raw_server *server, int status, const char *headers, const char *body)
{
	struct buf text = BUF_INIT(MAX_REQUEST);

	buf_printf(&text, "HTTP/1.1 %d Scripted\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers ? headers : "", strlen(body), body);
	assert_int_equal(buf_error(&text), 0);
	add_reply(server, text.data, text.len, 0, RAW_KEEP);
	buf_free(&text);
}

void raw_server_reply_big(struct raw_server *server, const char *head, size_t filler, enum raw_then then)
{
	add_reply(server, head, strlen(head), filler, then);
}

void raw_server_reply_silence(struct raw_server *server)
{
	add_reply(server, "", 0, 0, RAW_HOLD);
}

static size_t read_count(struct raw_server *server, const size_t *count)
{
	size_t value;

	pthread_mutex_lock(&server->mutex);
	value = *count;
	pthread_mutex_unlock(&server->mutex);
	return value;
}

size_t raw_server_requests(struct raw_server *server)
{
	return read_count(server, &server->request_count);
}

size_t raw_server_connections(struct raw_server *server)
{
	return read_count(server, &server->connection_count);
}

bool raw_server_wait(struct raw_server *server, size_t count, int timeout_ms)
{
	struct timespec until;
	bool reached;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&server->mutex);
	while (server->request_count < count && r == 0)
		r = pthread_cond_timedwait(&server->changed, &server->mutex, &until);
	reached = server->request_count >= count;
	pthread_mutex_unlock(&server->mutex);
	return reached;
}

const char *raw_server_request(struct raw_server *server, size_t index)
{
	const char *request;

	pthread_mutex_lock(&server->mutex);
	request = index < KEPT_REQUESTS ? server->requests[index] : NULL;
	pthread_mutex_unlock(&server->mutex);
	return request;
}

int raw_server_refused_port(void)
{
	int port, fd = listen_anywhere(&port);

	close(fd);
	return port;
}
