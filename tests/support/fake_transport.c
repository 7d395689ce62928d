/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* An answer that waits for its request; all copies. */
struct fake_queued {
	struct fake_answer answer;
	struct fake_queued *next;
};

struct fake_pending {
	struct loop_task task;
	struct fake_transport *fake;
	struct fake_queued *answer;
	pims_http_done_fn done;
	void *token;
	struct fake_pending *next;
};

static char *copy_bytes(const void *bytes, size_t length)
{
	char *copy = malloc(length + 1);

	assert_non_null(copy);
	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

static struct fake_queued *copy_answer(const struct fake_answer *answer)
{
	struct fake_queued *queued = calloc(1, sizeof *queued);

	assert_non_null(queued);
	queued->answer = *answer;
	for (size_t i = 0; i < FAKE_MAX_HEADERS && answer->headers[i]; i++)
		queued->answer.headers[i] = copy_bytes(answer->headers[i], strlen(answer->headers[i]));
	queued->answer.body = copy_bytes(answer->body, answer->body_length);
	return queued;
}

static void free_const(const void *memory)
{
	free((void *)(uintptr_t)memory);
}

static void free_answer(struct fake_queued *queued)
{
	if (!queued)
		return;
	for (size_t i = 0; i < FAKE_MAX_HEADERS && queued->answer.headers[i]; i++)
		free_const(queued->answer.headers[i]);
	free_const(queued->answer.body);
	free(queued);
}

static char *join_headers(const char *const *headers)
{
	struct buf text = BUF_INIT(1048576);
	char *copy;

	for (; headers && *headers; headers++) {
		buf_puts(&text, *headers);
		buf_putc(&text, '\n');
	}
	assert_int_equal(buf_error(&text), 0);
	copy = copy_bytes(buf_text(&text), text.len);
	buf_free(&text);
	return copy;
}

static void keep_request(struct fake_request *kept, const struct pims_http_request *request)
{
	kept->method = copy_bytes(request->method, strlen(request->method));
	kept->url = copy_bytes(request->url, strlen(request->url));
	kept->headers = join_headers(request->headers);
	kept->body = copy_bytes(request->body, request->body_length);
	kept->body_length = request->body_length;
	kept->timeout_ms = request->timeout_ms;
}

static void free_request(struct fake_request *request)
{
	free(request->method);
	free(request->url);
	free(request->headers);
	free(request->body);
}

static void remove_pending(struct fake_pending *pending)
{
	struct fake_pending **at = &pending->fake->pending;

	while (*at != pending)
		at = &(*at)->next;
	*at = pending->next;
	if (pending->fake->loop)
		loop_unpost(pending->fake->loop, &pending->task);
}

static void deliver(struct fake_pending *pending)
{
	const struct fake_answer *answer = &pending->answer->answer;
	struct pims_http_response response = {
		.size = sizeof response,
		.failure = answer->failure,
		.status = answer->status,
		.headers = answer->headers,
		.body = answer->body,
		.body_length = answer->body_length,
	};

	remove_pending(pending);
	pending->fake->delivered++;
	pending->done(pending->token, &response);
	free_answer(pending->answer);
	free(pending);
}

static void run_pending(struct loop_task *task)
{
	deliver((struct fake_pending *)((char *)task - offsetof(struct fake_pending, task)));
}

static struct fake_queued *next_answer(struct fake_transport *fake, const struct fake_request *request)
{
	struct fake_answer answer = {.failure = PIMS_HTTP_NETWORK};
	struct fake_queued *queued = fake->queue;

	if (queued) {
		fake->queue = queued->next;
		if (!fake->queue)
			fake->queue_end = &fake->queue;
		return queued;
	}
	if (fake->handler) {
		memset(&answer, 0, sizeof answer);
		fake->handler(fake->handler_data, request, &answer);
	}
	return copy_answer(&answer);
}

static int fake_send(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token)
{
	struct fake_transport *fake = data;
	struct fake_pending *pending, **end = &fake->pending;
	struct fake_request kept;

	if (fake->send_returns != 0)
		return fake->send_returns;
	pending = calloc(1, sizeof *pending);
	assert_non_null(pending);
	keep_request(&kept, request);
	*pending = (struct fake_pending){.task = {.run = run_pending}, .fake = fake, .done = done, .token = token};
	pending->answer = next_answer(fake, &kept);
	while (*end)
		end = &(*end)->next;
	*end = pending;
	if (fake->count < FAKE_MAX_REQUESTS)
		fake->requests[fake->count] = kept;
	else
		free_request(&kept);
	fake->count++;
	if (fake->loop && !pending->answer->answer.hold)
		loop_post(fake->loop, &pending->task);
	return 0;
}

static void fake_cancel(void *data, void *token)
{
	struct fake_transport *fake = data;
	struct fake_pending *pending = fake->pending;

	while (pending && pending->token != token)
		pending = pending->next;
	if (!pending)
		return;
	remove_pending(pending);
	fake->canceled++;
	free_answer(pending->answer);
	free(pending);
}

void fake_transport_init(struct fake_transport *fake, struct pims_loop *loop)
{
	memset(fake, 0, sizeof *fake);
	fake->hooks = (struct pims_transport){sizeof fake->hooks, fake_send, fake_cancel, fake};
	fake->loop = loop;
	fake->queue_end = &fake->queue;
}

void fake_transport_free(struct fake_transport *fake)
{
	while (fake->pending) {
		struct fake_pending *pending = fake->pending;

		remove_pending(pending);
		free_answer(pending->answer);
		free(pending);
	}
	while (fake->queue) {
		struct fake_queued *queued = fake->queue;

		fake->queue = queued->next;
		free_answer(queued);
	}
	for (size_t i = 0; i < fake->count && i < FAKE_MAX_REQUESTS; i++)
		free_request(&fake->requests[i]);
	fake->queue_end = &fake->queue;
	fake->count = 0;
}

void fake_transport_answer_full(struct fake_transport *fake, const struct fake_answer *answer)
{
	struct fake_queued *queued = copy_answer(answer);

	*fake->queue_end = queued;
	fake->queue_end = &queued->next;
}

void fake_transport_answer(struct fake_transport *fake, int status, const char *content_type, const char *body)
{
	struct fake_answer answer = {.status = status, .body = body, .body_length = body ? strlen(body) : 0};
	char line[256];

	if (content_type) {
		snprintf(line, sizeof line, "Content-Type: %s", content_type);
		answer.headers[0] = line;
	}
	fake_transport_answer_full(fake, &answer);
}

void fake_transport_fail(struct fake_transport *fake, enum pims_http_failure failure)
{
	struct fake_answer answer = {.failure = failure};

	fake_transport_answer_full(fake, &answer);
}

void fake_transport_hold(struct fake_transport *fake)
{
	struct fake_answer answer = {.hold = true};

	fake_transport_answer_full(fake, &answer);
}

bool fake_transport_deliver(struct fake_transport *fake)
{
	struct fake_pending *pending = fake->pending;

	while (pending && pending->answer->answer.hold)
		pending = pending->next;
	if (pending)
		deliver(pending);
	return pending != NULL;
}

size_t fake_transport_pending(const struct fake_transport *fake)
{
	size_t count = 0;

	for (const struct fake_pending *pending = fake->pending; pending; pending = pending->next)
		count++;
	return count;
}

const struct fake_request *fake_transport_last(const struct fake_transport *fake)
{
	assert_in_range(fake->count, 1, FAKE_MAX_REQUESTS);
	return &fake->requests[fake->count - 1];
}

const char *fake_request_header(const struct fake_request *request, const char *name)
{
	static char value[HTTP_MAX_HEADERS];
	size_t length = strlen(name);

	for (const char *line = request->headers; line && *line; line = strchr(line, '\n') + 1) {
		const char *end = strchr(line, '\n');

		if (strncasecmp(line, name, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		line += strspn(line, " ");
		snprintf(value, sizeof value, "%.*s", (int)(end - line), line);
		return value;
	}
	return NULL;
}

void fake_response_full(struct http_response *response, const struct fake_answer *answer)
{
	struct pims_http_response from = {
		.size = sizeof from,
		.failure = answer->failure,
		.status = answer->status,
		.headers = answer->headers,
		.body = answer->body,
		.body_length = answer->body_length,
	};

	assert_int_equal(http_response_read(response, &from, 0), 0);
}

void fake_response(struct http_response *response, int status, const char *content_type, const char *body)
{
	struct fake_answer answer = {.status = status, .body = body, .body_length = body ? strlen(body) : 0};
	char line[256];

	if (content_type) {
		snprintf(line, sizeof line, "Content-Type: %s", content_type);
		answer.headers[0] = line;
	}
	fake_response_full(response, &answer);
}
