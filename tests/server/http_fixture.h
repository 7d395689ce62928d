/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_HTTP_FIXTURE_H
#define TESTS_SERVER_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "server/http/http.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server with routes of the test's own, and a client that sends bytes as they are. */

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int waiting; /**< handlers inside */
	bool open;
};

struct fixture {
	struct fake_env fake;
	struct http_server *server;
	struct gate gate;
	unsigned port;
};

enum { ANSWER_MAX = 512 * 1024, TIMEOUT_MS = 20000 };

struct answer {
	char bytes[ANSWER_MAX];
	size_t length;
	int status;        /**< -1: the connection ended without one */
	const char *body;
};

static inline void wait_at(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->waiting++;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		pthread_cond_wait(&gate->changed, &gate->lock);
	gate->waiting--;
	pthread_mutex_unlock(&gate->lock);
}

static inline void wait_for_waiting(struct gate *gate, int count)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->waiting < count)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static inline void open_gate(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static inline int connect_port(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/** Sends all; a server that closed early is no failure of the test. */
static inline void send_bytes(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes += n;
		length -= (size_t)n;
	}
}

static inline void send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/** True when a whole answer is there; HEAD answers have no body. */
static inline bool parse_answer(struct answer *answer, bool head)
{
	const char *end = strstr(answer->bytes, "\r\n\r\n");
	const char *length = strcasestr(answer->bytes, "\r\nContent-Length:");

	if (!end)
		return false;
	if (strncmp(answer->bytes, "HTTP/1.1 100", 12) == 0) {
		size_t skip = (size_t)(end + 4 - answer->bytes);

		memmove(answer->bytes, answer->bytes + skip, answer->length - skip + 1);
		answer->length -= skip;
		return parse_answer(answer, head);
	}
	answer->status = (int)strtol(answer->bytes + 9, NULL, 10);
	answer->body = end + 4;
	return head || !length || length > end || answer->length >= (size_t)(end + 4 - answer->bytes) + strtoul(length + 17, NULL, 10);
}

static inline void read_answer(int fd, struct answer *answer, bool head)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	answer->length = 0;
	answer->bytes[0] = 0;
	answer->status = -1;
	answer->body = "";
	while (!parse_answer(answer, head)) {
		ssize_t n;

		assert_true(answer->length + 1 < ANSWER_MAX);
		assert_int_equal(poll(&wait, 1, TIMEOUT_MS), 1);
		n = recv(fd, answer->bytes + answer->length, ANSWER_MAX - 1 - answer->length, 0);
		if (n <= 0)
			return;
		answer->length += (size_t)n;
		answer->bytes[answer->length] = 0;
	}
}

/** One request on a connection of its own. */
static inline struct answer *ask(const struct fixture *fixture, const char *request)
{
	static struct answer answer;
	int fd = connect_port(fixture->port);

	send_text(fd, request);
	read_answer(fd, &answer, strncmp(request, "HEAD", 4) == 0);
	close(fd);
	return &answer;
}

/** "GET target" with a Host and nothing else. */
static inline struct answer *get(const struct fixture *fixture, const char *target)
{
	static char request[REQUEST_MAX_URL * 8];

	assert_true(snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target) < (int)sizeof request);
	return ask(fixture, request);
}

static inline void assert_problem(const struct answer *answer, int status, const char *cause)
{
	json_t *object = NULL;

	assert_int_equal(answer->status, status);
	assert_non_null(strstr(answer->bytes, "\r\nContent-Type: application/problem+json\r\n"));
	assert_int_equal(json_parse_object(answer->body, strlen(answer->body), 4096, &object), 0);
	assert_string_equal(json_text(object, "cause"), cause);
	assert_int_equal(json_int(object, "status", 0), status);
	assert_non_null(json_text(object, "title"));
	assert_int_equal(strncmp(json_text(object, "type"), "about:blank#", 12), 0);
	json_decref(object);
}

#endif
