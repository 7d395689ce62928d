/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_TESTS_FAKE_TRANSPORT_H
#define PIMS_TESTS_FAKE_TRANSPORT_H

#include "platform/http.h"
#include "platform/loop.h"

#include <stdbool.h>

/*
 * A transport hook without a network: it keeps the requests and gives the answers that the test queued, from the loop's next turn (or,
 * made without a loop, from fake_transport_deliver()). A request that finds no queued answer and no handler is answered by failure NETWORK.
 */

enum { FAKE_MAX_REQUESTS = 256, FAKE_MAX_HEADERS = 16 };

/** A request as it was sent; copies. */
struct fake_request {
	char *method;
	char *url;
	char *headers; /**< "Name: value\n" lines */
	char *body;    /**< with a NUL behind; never NULL */
	size_t body_length;
	unsigned timeout_ms;
};

/** An answer. Strings are copied when it is queued; a handler's must live until it is called again. */
struct fake_answer {
	enum pims_http_failure failure;
	int status;
	const char *headers[FAKE_MAX_HEADERS]; /**< "Name: value", ended by NULL */
	const void *body;
	size_t body_length;
	bool hold; /**< never comes: for cancel and time-out tests */
};

/** Computes the answer to a request; used when no answer is queued. */
typedef void (*fake_handler_fn)(void *data, const struct fake_request *request, struct fake_answer *ret_answer);

struct fake_transport {
	struct pims_transport hooks; /**< give this to the library */
	struct pims_loop *loop;
	fake_handler_fn handler;
	void *handler_data;
	int send_returns; /**< not 0: `send` refuses with it */

	struct fake_request requests[FAKE_MAX_REQUESTS]; /**< the first ones; `count` goes on */
	size_t count;
	size_t canceled;
	size_t delivered;

	struct fake_queued *queue, **queue_end;
	struct fake_pending *pending; /**< oldest first */
};

/** `loop` may be NULL. It must not move afterwards. */
void fake_transport_init(struct fake_transport *fake, struct pims_loop *loop);
void fake_transport_free(struct fake_transport *fake);

/** Queues the answer to the next request that has none yet. `content_type` and `body` may be NULL. */
void fake_transport_answer(struct fake_transport *fake, int status, const char *content_type, const char *body);
void fake_transport_answer_full(struct fake_transport *fake, const struct fake_answer *answer);
void fake_transport_fail(struct fake_transport *fake, enum pims_http_failure failure);
/** The next request stays unanswered until it is canceled. */
void fake_transport_hold(struct fake_transport *fake);

/** Without a loop: calls `done` of the oldest request that has an answer. False when there is none. */
bool fake_transport_deliver(struct fake_transport *fake);
/** Requests sent and neither answered nor canceled. */
size_t fake_transport_pending(const struct fake_transport *fake);
/** The last request sent; the test fails when there is none. */
const struct fake_request *fake_transport_last(const struct fake_transport *fake);
/** The value of a header of a request (name without regard to case), or NULL. Valid until the next use. */
const char *fake_request_header(const struct fake_request *request, const char *name);

/** Fills a response as http_response_read() would have: for tests that drive flows by hand. `content_type`, `body` may be NULL. */
void fake_response(struct http_response *response, int status, const char *content_type, const char *body);
/** The same with more headers ("Name: value", ended by NULL) or a failure. */
void fake_response_full(struct http_response *response, const struct fake_answer *answer);

#endif
