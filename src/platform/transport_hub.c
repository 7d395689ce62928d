/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/transport_internal.h"

#include <pims/error.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Never through a proxy: a sandbox, and the answers with codes and tokens of one. */
#define NEVER_PROXIED "localhost,127.0.0.1,127.0.0.0/8,::1"

struct hub_socket {
	struct loop_watch watch; /* first */
	struct hub *hub;
};

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- easy handles --- */

void hub_release_easy(struct hub *hub, CURL *easy)
{
	if (hub->idle_count < HUB_IDLE_HANDLES) {
		curl_easy_reset(easy);
		hub->idle[hub->idle_count++] = easy;
	} else {
		curl_easy_cleanup(easy);
	}
}

CURL *hub_take_easy(struct hub *hub)
{
	return hub->idle_count > 0 ? hub->idle[--hub->idle_count] : curl_easy_init();
}

/* --- the multi handle on the loop --- */

static void finish_done(struct hub *hub)
{
	struct exchange *exchange;
	CURLMsg *message;
	CURLcode code;
	int left;

	while ((message = curl_multi_info_read(hub->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		code = message->data.result;
		if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange) == CURLE_OK)
			exchange_finish(exchange, exchange_failure(exchange, code));
	}
}

static void act(struct hub *hub, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(hub->multi, fd, events, &running);
	finish_done(hub);
}

static void socket_ready(struct loop_watch *watch, unsigned events)
{
	struct hub *hub = ((struct hub_socket *)(void *)watch)->hub;
	int mask = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);

	act(hub, watch->fd, mask);
}

static void timer_fired(struct loop_timer *timer)
{
	act((struct hub *)(void *)((char *)timer - offsetof(struct hub, timer)), CURL_SOCKET_TIMEOUT, 0);
}

static void kicked(struct loop_task *task)
{
	act((struct hub *)(void *)((char *)task - offsetof(struct hub, kick)), CURL_SOCKET_TIMEOUT, 0);
}

static int timer_wanted(CURLM *multi, long timeout_ms, void *data)
{
	struct hub *hub = data;

	(void)multi;
	loop_timer_clear(hub->loop, &hub->timer);
	loop_unpost(hub->loop, &hub->kick);
	if (timeout_ms < 0)
		return 0;
	/* Without memory for the timer it comes too early, which is harmless. */
	if (timeout_ms == 0 || loop_timer_set(hub->loop, &hub->timer, loop_monotonic(hub->loop) + timeout_ms) < 0)
		loop_post(hub->loop, &hub->kick);
	return 0;
}

static void forget_socket(struct hub *hub, struct hub_socket *entry)
{
	if (!entry)
		return;
	loop_unwatch(hub->loop, &entry->watch);
	free(entry);
}

/* For exchange_timeout(), which has to know whether there was a connection. */
static void note_socket(CURL *easy, int fd)
{
	struct exchange *exchange = NULL;

	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&exchange) == CURLE_OK && exchange)
		exchange->fd = fd;
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *data, void *assigned)
{
	struct hub_socket *entry = assigned;
	struct hub *hub = data;

	note_socket(easy, what == CURL_POLL_REMOVE ? -1 : fd);
	if (what == CURL_POLL_REMOVE) {
		forget_socket(hub, entry);
		return 0;
	}
	if (!entry) {
		entry = calloc(1, sizeof *entry);
		if (!entry)
			return -1;
		*entry = (struct hub_socket){.watch = {.fd = fd, .ready = socket_ready}, .hub = hub};
		if (curl_multi_assign(hub->multi, fd, entry) != CURLM_OK) {
			free(entry);
			return -1;
		}
	}
	entry->watch.events = (what & CURL_POLL_IN ? LOOP_READ : 0U) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0U);
	return loop_watch(hub->loop, &entry->watch) < 0 ? -1 : 0;
}

/* --- the hub --- */

static void hub_free(struct hub *hub)
{
	if (!hub)
		return;
	for (struct loop_transport *transport = hub->transports; transport; transport = transport->next) {
		while (transport->exchanges)
			exchange_drop(transport->exchanges);
		transport->hub = NULL;
	}
	for (size_t i = 0; i < hub->idle_count; i++)
		curl_easy_cleanup(hub->idle[i]);
	if (hub->multi)
		(void)curl_multi_cleanup(hub->multi);
	loop_timer_clear(hub->loop, &hub->timer);
	loop_unpost(hub->loop, &hub->kick);
	free(hub->no_proxy);
	free(hub);
}

static void hub_close(struct loop_shared *shared)
{
	hub_free((struct hub *)(void *)shared);
}

/* The option replaces the environment's list, so this one has both. */
static char *merged_no_proxy(void)
{
	const char *list = getenv("no_proxy");
	struct buf merged = BUF_INIT(65536);
	char *copy = NULL;

	if (!list)
		list = getenv("NO_PROXY");
	if (list && strcmp(list, "*") == 0)
		return strdup(list);
	buf_puts(&merged, NEVER_PROXIED);
	if (list && *list)
		buf_printf(&merged, ",%s", list);
	if (buf_error(&merged) != PIMS_E_MEMORY)
		copy = strdup(buf_text(&merged));
	buf_free(&merged);
	return copy;
}

static bool hub_configure(struct hub *hub)
{
	long connections = (long)hub->loop->max_connections;

	return curl_multi_setopt(hub->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted) == CURLM_OK &&
	       curl_multi_setopt(hub->multi, CURLMOPT_SOCKETDATA, hub) == CURLM_OK &&
	       curl_multi_setopt(hub->multi, CURLMOPT_TIMERFUNCTION, timer_wanted) == CURLM_OK &&
	       curl_multi_setopt(hub->multi, CURLMOPT_TIMERDATA, hub) == CURLM_OK &&
	       curl_multi_setopt(hub->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections) == CURLM_OK &&
	       curl_multi_setopt(hub->multi, CURLMOPT_MAXCONNECTS, connections) == CURLM_OK;
}

static int hub_make(struct hub **ret_hub, struct pims_loop *loop)
{
	struct hub *hub;

	if (pthread_once(&global_once, global_init) != 0 || global_result != CURLE_OK)
		return PIMS_E_SYSTEM;
	hub = calloc(1, sizeof *hub);
	if (!hub)
		return PIMS_E_MEMORY;
	hub->shared.close = hub_close;
	hub->loop = loop;
	hub->timer.fire = timer_fired;
	hub->kick.run = kicked;
	hub->no_proxy = merged_no_proxy();
	hub->multi = curl_multi_init();
	if (!hub->no_proxy || !hub->multi || !hub_configure(hub)) {
		hub_free(hub);
		return PIMS_E_MEMORY;
	}
	*ret_hub = hub;
	return 0;
}

int hub_get(struct hub **ret_hub, struct pims_loop *loop)
{
	struct hub *hub;
	int r;

	if (!loop->shared) {
		r = hub_make(&hub, loop);
		if (r < 0)
			return r;
		loop->shared = &hub->shared;
	}
	*ret_hub = (struct hub *)(void *)loop->shared;
	return 0;
}
