/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/agent.h"

#include "base/secret.h"
#include "base/url.h"
#include "platform/agent_address.h"
#include "platform/agent_http.h"

#include <pims/error.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_URI = 8192 + 64 };

struct connection {
	struct loop_watch watch; /* first */
	struct loop_timer timer;
	struct agent_receiver *receiver;
	struct buf request;
	bool used;
	bool answered; /* the browser closes first: a page in flight would be lost to a reset */
};

struct agent_receiver {
	struct loop_watch listener; /* first */
	struct loop_member member;
	struct pims_loop *loop;
	agent_redirect_fn redirect;
	void *data;
	struct url uri;
	struct buf text;
	bool freed; /* by its owner; gone when the last connection is */
	struct connection connections[AGENT_MAX_CONNECTIONS];
};

bool agent_can_receive(const char *redirect_uri)
{
	struct url uri = {0};
	bool can = url_parse(redirect_uri, &uri) == 0 && agent_address_receivable(&uri);

	url_free(&uri);
	return can;
}

/* --- ends --- */

static void destroy(struct agent_receiver *receiver)
{
	if (receiver->loop)
		loop_leave(receiver->loop, &receiver->member);
	url_free(&receiver->uri);
	buf_free(&receiver->text);
	free(receiver);
}

static bool idle(const struct agent_receiver *receiver)
{
	for (size_t i = 0; i < AGENT_MAX_CONNECTIONS; i++)
		if (receiver->connections[i].used)
			return false;
	return true;
}

static void disconnect(struct connection *connection)
{
	if (!connection->used)
		return;
	loop_unwatch(connection->receiver->loop, &connection->watch);
	loop_timer_clear(connection->receiver->loop, &connection->timer);
	close(connection->watch.fd);
	buf_free(&connection->request);
	connection->used = false;
}

/* A place is free again. The last connection of a freed receiver takes it along. */
static void end(struct connection *connection)
{
	struct agent_receiver *receiver = connection->receiver;

	disconnect(connection);
	if (!receiver->freed)
		(void)loop_watch(receiver->loop, &receiver->listener);
	else if (idle(receiver))
		destroy(receiver);
}

static void close_listener(struct agent_receiver *receiver)
{
	loop_unwatch(receiver->loop, &receiver->listener);
	if (receiver->listener.fd >= 0)
		close(receiver->listener.fd);
	receiver->listener.fd = -1;
}

void agent_receiver_free(struct agent_receiver *receiver)
{
	if (!receiver || receiver->freed)
		return;
	receiver->freed = true;
	close_listener(receiver);
	for (size_t i = 0; i < AGENT_MAX_CONNECTIONS; i++)
		if (!receiver->connections[i].answered)
			disconnect(&receiver->connections[i]);
	if (idle(receiver))
		destroy(receiver);
}

/* The loop goes, youngest member first: the owner is older, and still frees what it holds. */
static void close_member(struct loop_member *member)
{
	struct agent_receiver *receiver = (struct agent_receiver *)(void *)((char *)member - offsetof(struct agent_receiver, member));

	close_listener(receiver);
	for (size_t i = 0; i < AGENT_MAX_CONNECTIONS; i++)
		disconnect(&receiver->connections[i]);
	if (receiver->freed) {
		destroy(receiver);
		return;
	}
	loop_leave(receiver->loop, member);
	receiver->loop = NULL;
}

static void time_out(struct loop_timer *timer)
{
	end((struct connection *)(void *)((char *)timer - offsetof(struct connection, timer)));
}

/* --- requests --- */

/* The page is smaller than any socket's buffer: what does not go out at once has nobody to read it. */
static void answer(struct connection *connection, enum agent_page page)
{
	struct buf response = BUF_INIT(AGENT_MAX_RESPONSE);

	if (agent_response(page, &response) == 0)
		(void)send(connection->watch.fd, response.data, response.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)shutdown(connection->watch.fd, SHUT_WR);
	buf_free(&response);
}

/* "http://HOST:PORT": the receiver's URI up to its path. */
static size_t origin_length(const struct agent_receiver *receiver)
{
	const char *text = buf_text(&receiver->text);

	return 7 + strcspn(text + 7, "/?");
}

static enum agent_page hand_over(struct agent_receiver *receiver, const struct buf *target)
{
	const char *path = *receiver->uri.path ? receiver->uri.path : "/";
	size_t length = strcspn(buf_text(target), "?");
	struct buf url = BUF_INIT(MAX_URI + AGENT_MAX_REQUEST);
	enum agent_page page = AGENT_PAGE_REFUSED;

	if (length != strlen(path) || strncmp(buf_text(target), path, length) != 0)
		return AGENT_PAGE_NOT_FOUND;
	buf_put(&url, receiver->text.data, origin_length(receiver));
	buf_puts(&url, buf_text(target));
	if (buf_error(&url) == 0 && receiver->redirect(receiver->data, buf_text(&url)))
		page = AGENT_PAGE_DONE;
	buf_free(&url);
	return page;
}

/* The callback may free the receiver; this connection is marked as answered before, so that it stays. */
static enum agent_page serve(struct connection *connection)
{
	struct buf target = BUF_INIT(AGENT_MAX_REQUEST);
	enum agent_page page = AGENT_PAGE_REFUSED;
	int r = agent_request_target(&connection->request, &target);

	if (r == 0)
		page = hand_over(connection->receiver, &target);
	else if (r == PIMS_E_STATE)
		page = AGENT_PAGE_NOT_GET;
	buf_free(&target);
	return page;
}

static void take(struct connection *connection, const char *bytes, size_t length)
{
	enum agent_page page = AGENT_PAGE_TOO_LARGE;

	if (connection->answered)
		return;
	if (buf_put(&connection->request, bytes, length) == 0) {
		if (!agent_request_complete(&connection->request))
			return;
		connection->answered = true;
		page = serve(connection);
	}
	connection->answered = true;
	answer(connection, page);
}

static void connection_ready(struct loop_watch *watch, unsigned events)
{
	struct connection *connection = (struct connection *)(void *)watch;
	char bytes[4096];
	ssize_t n = recv(watch->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		take(connection, bytes, (size_t)n);
	else
		end(connection);
	secret_wipe(bytes, sizeof bytes);
}

/* --- connections --- */

static struct connection *free_place(struct agent_receiver *receiver)
{
	for (size_t i = 0; i < AGENT_MAX_CONNECTIONS; i++)
		if (!receiver->connections[i].used)
			return &receiver->connections[i];
	return NULL;
}

static void begin(struct agent_receiver *receiver, struct connection *connection, int fd)
{
	*connection = (struct connection){
		.watch = {.fd = fd, .events = LOOP_READ, .ready = connection_ready},
		.timer = {.fire = time_out},
		.receiver = receiver,
		.request = BUF_INIT(AGENT_MAX_REQUEST),
		.used = true,
	};
	if (loop_watch(receiver->loop, &connection->watch) < 0 ||
	    loop_timer_set(receiver->loop, &connection->timer, loop_monotonic(receiver->loop) + AGENT_REQUEST_TIMEOUT_MS) < 0)
		disconnect(connection);
}

/* When all places are taken the rest waits in the backlog: no connection lives longer than its time-out. */
static void listener_ready(struct loop_watch *watch, unsigned events)
{
	struct agent_receiver *receiver = (struct agent_receiver *)(void *)watch;
	struct connection *connection;

	(void)events;
	while ((connection = free_place(receiver))) {
		int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		begin(receiver, connection, fd);
	}
	loop_unwatch(receiver->loop, &receiver->listener);
}

/* --- opening --- */

static int write_uri(struct agent_receiver *receiver, unsigned short port)
{
	const struct url *uri = &receiver->uri;
	bool v6 = strchr(uri->host, ':') != NULL;

	return buf_printf(&receiver->text, "http://%s%s%s:%u%s%s%s", v6 ? "[" : "", uri->host, v6 ? "]" : "", (unsigned)port, uri->path,
			  uri->query ? "?" : "", uri->query ? uri->query : "");
}

static int open_receiver(struct agent_receiver *receiver)
{
	unsigned short port;
	int r;

	receiver->listener.fd = agent_address_listen(&receiver->uri, AGENT_MAX_CONNECTIONS, &port);
	if (receiver->listener.fd < 0)
		return receiver->listener.fd;
	r = write_uri(receiver, port);
	if (r == 0)
		r = loop_watch(receiver->loop, &receiver->listener);
	return r;
}

int agent_receiver_open(struct agent_receiver **ret_receiver, struct pims_loop *loop, const char *redirect_uri, agent_redirect_fn redirect,
			void *data)
{
	struct agent_receiver *receiver = calloc(1, sizeof *receiver);
	int r;

	if (!receiver)
		return PIMS_E_MEMORY;
	receiver->listener = (struct loop_watch){.fd = -1, .events = LOOP_READ, .ready = listener_ready};
	receiver->member.close = close_member;
	receiver->loop = loop;
	receiver->redirect = redirect;
	receiver->data = data;
	buf_init(&receiver->text, MAX_URI);
	loop_join(loop, &receiver->member);
	r = url_parse(redirect_uri, &receiver->uri);
	if (r == PIMS_E_FORMAT || r == PIMS_E_LIMIT)
		r = PIMS_E_INVALID;
	if (r == 0)
		r = open_receiver(receiver);
	if (r < 0) {
		agent_receiver_free(receiver);
		return r;
	}
	*ret_receiver = receiver;
	return 0;
}

const char *agent_receiver_uri(const struct agent_receiver *receiver)
{
	return buf_text(&receiver->text);
}
