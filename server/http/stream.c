/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/http_internal.h"

#include <string.h>

enum { STREAM_CHUNK = 4096, STREAM_PENDING = 256 * 1024 };

void response_stream(struct response *response, const char *content_type, struct stream *stream)
{
	stream->connection = NULL;
	stream->waiting = stream->woken = false;
	stream->sent = 0;
	buf_init(&stream->pending, STREAM_PENDING);
	pthread_mutex_init(&stream->lock, NULL);
	response->status = 200;
	response->content_type = content_type;
	response->stream = stream;
}

void stream_wake(struct stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->woken = true;
	if (stream->waiting) {
		stream->waiting = false;
		MHD_resume_connection(stream->connection);
	}
	pthread_mutex_unlock(&stream->lock);
}

/* True when the connection now waits: nothing was told since `woken` was cleared. */
static bool park(struct stream *stream)
{
	bool waiting;

	pthread_mutex_lock(&stream->lock);
	waiting = !stream->woken;
	stream->waiting = waiting;
	if (waiting)
		MHD_suspend_connection(stream->connection);
	pthread_mutex_unlock(&stream->lock);
	return waiting;
}

static int refill(struct stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->woken = false;
	pthread_mutex_unlock(&stream->lock);
	buf_reset(&stream->pending);
	stream->sent = 0;
	return stream->read(stream, &stream->pending);
}

static ssize_t pull(void *data, uint64_t position, char *bytes, size_t max)
{
	struct stream *stream = data;
	size_t length;

	(void)position;
	while (stream->sent == stream->pending.len) {
		if (refill(stream) < 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (!stream->pending.len && park(stream))
			return 0;
	}
	length = stream->pending.len - stream->sent;
	length = length < max ? length : max;
	memcpy(bytes, stream->pending.data + stream->sent, length);
	stream->sent += length;
	return (ssize_t)length;
}

struct MHD_Response *stream_answer(struct stream *stream, struct MHD_Connection *connection)
{
	stream->connection = connection;
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_CHUNK, pull, stream, NULL);
}

void stream_destroy(struct stream *stream)
{
	buf_free(&stream->pending);
	pthread_mutex_destroy(&stream->lock);
}

void stream_end(struct stream *stream)
{
	if (stream)
		stream->done(stream);
}
