/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "base/secret.h"
#include "server/sandbox/internal.h"

#include <pims/error.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Server-sent events (HTML Standard §9.2). Events stand in a ring, and every stream has its place in it, so that a browser that comes back
 * (Last-Event-ID) misses nothing. Streams are few and end after a while; a comment now and then finds out which clients have gone.
 */

enum { EVENT_MAX = 65536, BATCH_MAX = 65536, THREAD_STACK = 256 * 1024 };

struct event_stream {
	struct stream stream; /* first: see below */
	struct sandbox *sandbox;
	struct event_stream *next;
	int64_t at; /**< the next event to send */
	int64_t beats;
	int64_t end; /**< monotonic */
	bool greeted;
};

/* --- telling ------------------------------------------------------------------------------------------------------------------------------------- */

static void wake_all(struct events *events)
{
	for (struct event_stream *stream = events->streams; stream; stream = stream->next)
		stream_wake(&stream->stream);
}

void events_tell(struct sandbox *sandbox, const char *name, json_t *data)
{
	struct events *events = &sandbox->events;
	struct buf text = BUF_INIT(EVENT_MAX);
	struct buf json = BUF_INIT(EVENT_MAX);

	if (!data || json_write(data, &json) < 0)
		goto out;
	pthread_mutex_lock(&events->lock);
	if (buf_printf(&text, "id: %" PRId64 "\nevent: %s\ndata: %s\n\n", events->next, name, buf_text(&json)) == 0) {
		secret_free_text(events->ring[events->next % EVENTS_MAX]);
		events->ring[events->next++ % EVENTS_MAX] = strdup(buf_text(&text));
		wake_all(events);
	}
	pthread_mutex_unlock(&events->lock);
out:
	buf_free(&text);
	buf_free(&json);
	json_wipe(data);
}

/* With `looking` held. */
static void tell_messages(struct sandbox *sandbox, bool tell)
{
	json_t *messages = sandbox_messages(sandbox->server, sandbox->events.last_sms);
	const json_t *message;
	size_t i;

	json_array_foreach(messages, i, message) {
		sandbox->events.last_sms = json_int(message, "id", sandbox->events.last_sms);
		if (tell)
			events_tell(sandbox, "sms", json_deep_copy(message));
	}
	json_wipe(messages);
}

static bool listened(struct events *events)
{
	bool any;

	pthread_mutex_lock(&events->lock);
	any = events->count > 0;
	pthread_mutex_unlock(&events->lock);
	return any;
}

void events_look_for_sms(struct sandbox *sandbox)
{
	struct events *events = &sandbox->events;

	if (!listened(events))
		return;
	pthread_mutex_lock(&events->looking);
	tell_messages(sandbox, true);
	pthread_mutex_unlock(&events->looking);
}

/* --- one stream ---------------------------------------------------------------------------------------------------------------------------------- */

static void put_events(struct events *events, struct event_stream *stream, struct buf *ret_text)
{
	if (stream->at > events->next || events->next - stream->at > EVENTS_MAX) {
		buf_puts(ret_text, "event: reset\ndata: {}\n\n");
		stream->at = events->next;
	}
	for (; stream->at < events->next && ret_text->len < BATCH_MAX; stream->at++)
		buf_puts(ret_text, events->ring[stream->at % EVENTS_MAX] ? events->ring[stream->at % EVENTS_MAX] : "");
}

static int read_stream(struct stream *base, struct buf *ret_text)
{
	struct event_stream *stream = (struct event_stream *)(void *)base;
	struct events *events = &stream->sandbox->events;
	bool over;

	pthread_mutex_lock(&events->lock);
	over = events->closed || env_monotonic(&stream->sandbox->server->env) >= stream->end;
	if (!stream->greeted)
		buf_puts(ret_text, "retry: 1000\n\n");
	stream->greeted = true;
	put_events(events, stream, ret_text);
	if (!ret_text->len && stream->beats != events->beats)
		buf_puts(ret_text, ":\n\n");
	stream->beats = events->beats;
	pthread_mutex_unlock(&events->lock);
	return over ? PIMS_E_STATE : buf_error(ret_text);
}

static void end_stream(struct stream *base)
{
	struct event_stream *stream = (struct event_stream *)(void *)base;
	struct events *events = &stream->sandbox->events;
	struct event_stream **at = &events->streams;

	pthread_mutex_lock(&events->lock);
	while (*at != stream)
		at = &(*at)->next;
	*at = stream->next;
	events->count--;
	pthread_mutex_unlock(&events->lock);
	stream_destroy(base);
	free(stream);
}

static int add_stream(struct events *events, struct event_stream *stream, const char *last_id)
{
	uint64_t last = 0;
	int r = PIMS_E_LIMIT;

	pthread_mutex_lock(&events->lock);
	stream->at = events->next;
	if (last_id && decimal_parse(last_id, INT64_MAX - 1, &last) == 0)
		stream->at = (int64_t)last + 1;
	stream->beats = events->beats;
	if (events->count < STREAMS_MAX && !events->closed) {
		stream->next = events->streams;
		events->streams = stream;
		events->count++;
		r = 0;
	}
	pthread_mutex_unlock(&events->lock);
	return r;
}

/* The first one is told what comes from now on. */
static void forget_messages(struct sandbox *sandbox)
{
	pthread_mutex_lock(&sandbox->events.looking);
	if (!listened(&sandbox->events))
		tell_messages(sandbox, false);
	pthread_mutex_unlock(&sandbox->events.looking);
}

void sandbox_events(struct request *request, struct response *response)
{
	struct sandbox *sandbox = request_sandbox(request);
	struct event_stream *stream = calloc(1, sizeof *stream);

	if (!stream)
		return;
	forget_messages(sandbox);
	stream->sandbox = sandbox;
	stream->stream.read = read_stream;
	stream->stream.done = end_stream;
	stream->end = env_monotonic(&sandbox->server->env) + STREAM_LIFE_MS;
	response_stream(response, "text/event-stream; charset=utf-8", &stream->stream);
	if (add_stream(&sandbox->events, stream, request_header(request, "Last-Event-ID")) == 0)
		return;
	response->stream = NULL;
	stream_destroy(&stream->stream);
	free(stream);
	response_problem(response, 503, "sandbox.streams", "Too many pages are listening", 5, -1);
}

/* --- heartbeat ----------------------------------------------------------------------------------------------------------------------------------- */

static void *beat(void *data)
{
	struct sandbox *sandbox = data;

	while (pause_wait(&sandbox->pause, HEARTBEAT_MS)) {
		pthread_mutex_lock(&sandbox->events.lock);
		sandbox->events.beats++;
		wake_all(&sandbox->events);
		pthread_mutex_unlock(&sandbox->events.lock);
		events_look_for_sms(sandbox);
	}
	return NULL;
}

int events_start(struct sandbox *sandbox)
{
	struct events *events = &sandbox->events;
	pthread_attr_t attributes;
	int error;

	events->next = 1;
	pthread_mutex_init(&events->lock, NULL);
	pthread_mutex_init(&events->looking, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	error = pthread_create(&events->thread, &attributes, beat, sandbox);
	pthread_attr_destroy(&attributes);
	events->running = error == 0;
	errno = error;
	return error ? PIMS_E_SYSTEM : 0;
}

void events_close(struct sandbox *sandbox)
{
	struct events *events = &sandbox->events;

	if (events->running)
		pthread_join(events->thread, NULL);
	events->running = false;
	pthread_mutex_lock(&events->lock);
	events->closed = true;
	wake_all(events);
	pthread_mutex_unlock(&events->lock);
}

void events_free(struct sandbox *sandbox)
{
	for (size_t i = 0; i < EVENTS_MAX; i++)
		secret_free_text(sandbox->events.ring[i]);
	pthread_mutex_destroy(&sandbox->events.looking);
	pthread_mutex_destroy(&sandbox->events.lock);
}
