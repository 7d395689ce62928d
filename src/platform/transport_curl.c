/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/transport_internal.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "platform/http.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TIMEOUT_MS = 10000, PINS_TEXT_MAX = 2048 };

/* --- exchanges --- */

/* Takes it off the multi handle and out of the transport; nothing will call it any more. */
static void detach(struct exchange *exchange)
{
	struct loop_transport *transport = exchange->transport;

	loop_timer_clear(transport->hub->loop, &exchange->deadline);
	(void)curl_multi_remove_handle(transport->hub->multi, exchange->easy);
	transport->hub->in_flight--;
	if (exchange->next)
		exchange->next->previous = exchange->previous;
	if (exchange->previous)
		exchange->previous->next = exchange->next;
	else
		transport->exchanges = exchange->next;
}

static void destroy_exchange(struct hub *hub, struct exchange *exchange)
{
	exchange_clear(exchange);
	hub_release_easy(hub, exchange->easy);
	free(exchange);
}

void exchange_drop(struct exchange *exchange)
{
	struct hub *hub = exchange->transport->hub;

	detach(exchange);
	destroy_exchange(hub, exchange);
}

void exchange_finish(struct exchange *exchange, enum pims_http_failure failure)
{
	struct hub *hub = exchange->transport->hub;
	long status = 0;

	(void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	detach(exchange);
	exchange_answer(exchange, failure, (int)status);
	destroy_exchange(hub, exchange);
}

static void deadline_passed(struct loop_timer *timer)
{
	struct exchange *exchange = (struct exchange *)(void *)((char *)timer - offsetof(struct exchange, deadline));

	exchange_finish(exchange, exchange_timeout(exchange));
}

/* --- the transport --- */

static void free_transport(struct loop_transport *transport)
{
	free(transport->ca_file);
	free(transport->pinned_keys);
	free(transport);
}

/*
 * Where libcurl looks for a connection to use again, it compares pins without regard to case (7.88), which base64 is not. So a digest of them stands behind
 * them, as one more that no key can have, since it is no base64 of 32 bytes.
 */
static int set_pins(struct loop_transport *transport, const char *pins)
{
	struct buf text = BUF_INIT(PINS_TEXT_MAX);
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	int r = sha256(pins, strlen(pins), digest);

	if (r == 0) {
		hex_encode(digest, sizeof digest, hex);
		r = buf_printf(&text, "%s;sha256//%s", pins, hex);
	}
	if (r == 0)
		r = text_set(&transport->pinned_keys, buf_text(&text));
	buf_free(&text);
	return r;
}

int loop_transport_new(struct loop_transport **ret_transport, struct pims_loop *loop, const struct transport_trust *trust)
{
	struct loop_transport *transport = calloc(1, sizeof *transport);
	struct hub *hub = NULL;
	int r = 0;

	if (!transport)
		return PIMS_E_MEMORY;
	if (trust)
		r = text_set(&transport->ca_file, trust->ca_file);
	if (trust && trust->pinned_keys && r == 0)
		r = set_pins(transport, trust->pinned_keys);
	if (r == 0)
		r = hub_get(&hub, loop);
	if (r < 0) {
		free_transport(transport);
		return r;
	}
	transport->hub = hub;
	transport->next = hub->transports;
	if (transport->next)
		transport->next->previous = transport;
	hub->transports = transport;
	*ret_transport = transport;
	return 0;
}

void loop_transport_free(struct loop_transport *transport)
{
	if (!transport)
		return;
	while (transport->exchanges)
		exchange_drop(transport->exchanges);
	if (transport->next)
		transport->next->previous = transport->previous;
	if (transport->previous)
		transport->previous->next = transport->next;
	else if (transport->hub)
		transport->hub->transports = transport->next;
	free_transport(transport);
}

static void add(struct loop_transport *transport, struct exchange *exchange)
{
	exchange->next = transport->exchanges;
	if (exchange->next)
		exchange->next->previous = exchange;
	transport->exchanges = exchange;
	exchange->queued = transport->hub->in_flight >= transport->hub->loop->max_connections;
	transport->hub->in_flight++;
}

static int start(struct exchange *exchange, const struct pims_http_request *request)
{
	unsigned timeout_ms = request->timeout_ms ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
	struct hub *hub = exchange->transport->hub;
	int r = exchange_prepare(exchange, request);

	if (r == 0)
		r = loop_timer_set(hub->loop, &exchange->deadline, loop_monotonic(hub->loop) + timeout_ms);
	if (r < 0)
		return r;
	/* libcurl starts from its timer, so nothing is called from here. */
	if (curl_multi_add_handle(hub->multi, exchange->easy) == CURLM_OK)
		return 0;
	loop_timer_clear(hub->loop, &exchange->deadline);
	return PIMS_E_MEMORY;
}

static int transport_send(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token)
{
	struct loop_transport *transport = data;
	struct exchange *exchange;
	int r;

	if (!transport->hub || loop_is_closing(transport->hub->loop))
		return PIMS_E_STATE;
	exchange = calloc(1, sizeof *exchange);
	if (!exchange)
		return PIMS_E_MEMORY;
	*exchange = (struct exchange){.transport = transport, .done = done, .token = token, .deadline = {.fire = deadline_passed}, .fd = -1};
	buf_init(&exchange->head, HTTP_MAX_HEADERS);
	buf_init(&exchange->body, request->body_limit ? request->body_limit : HTTP_MAX_BODY);
	exchange->easy = hub_take_easy(transport->hub);
	r = exchange->easy ? start(exchange, request) : PIMS_E_MEMORY;
	if (r == 0) {
		add(transport, exchange);
		return 0;
	}
	if (exchange->easy)
		destroy_exchange(transport->hub, exchange);
	else
		free(exchange);
	return r;
}

static void transport_cancel(void *data, void *token)
{
	struct loop_transport *transport = data;
	struct exchange *exchange = transport->exchanges;

	while (exchange && exchange->token != token)
		exchange = exchange->next;
	if (exchange)
		exchange_drop(exchange);
}

void loop_transport_hooks(struct loop_transport *transport, struct pims_transport *ret_hooks)
{
	*ret_hooks = (struct pims_transport){sizeof *ret_hooks, transport_send, transport_cancel, transport};
}
