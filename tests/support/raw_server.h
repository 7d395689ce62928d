/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_TESTS_RAW_SERVER_H
#define PIMS_TESTS_RAW_SERVER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A TCP server on 127.0.0.1 in a thread of its own that answers HTTP requests with the bytes it was told, right or wrong: cut bodies, silence,
 * megabytes. Requests are answered in the order of the queued replies, over all connections; when the queue is empty, the last reply
 * repeats. Queue replies before the requests come; every function is for the test's thread.
 */

enum raw_then {
	RAW_KEEP,  /**< the connection stays for the next request */
	RAW_CLOSE, /**< it is closed */
	RAW_RESET, /**< it is reset (RST) */
	RAW_HOLD   /**< nothing more is sent or read; open until the server stops */
};

struct raw_server;

/** The test fails when there is no port to be had. */
struct raw_server *raw_server_start(void);
/** Ends the thread and closes everything; NULL allowed. */
void raw_server_stop(struct raw_server *server);
int raw_server_port(const struct raw_server *server);
/** "http://127.0.0.1:PORT" and `path`; valid as long as the server, a few at a time (8). */
const char *raw_server_url(struct raw_server *server, const char *path);

/** A reply of exactly these bytes (copied). */
void raw_server_reply(struct raw_server *server, const void *bytes, size_t length, enum raw_then then);
/** The same from a text. */
void raw_server_reply_text(struct raw_server *server, const char *text, enum raw_then then);
/** A right HTTP/1.1 answer: status, content type, Content-Length, body; the connection stays. `headers`: more lines, each with "\r\n", or NULL. */
void raw_server_reply_http(struct raw_server *server, int status, const char *headers, const char *body);
/** `head`, then `filler` times the byte 'x': large bodies without large memory. */
void raw_server_reply_big(struct raw_server *server, const char *head, size_t filler, enum raw_then then);
/** Nothing at all: the request is read, and silence. */
void raw_server_reply_silence(struct raw_server *server);

/** Requests read whole so far. */
size_t raw_server_requests(struct raw_server *server);
/** Connections accepted so far. */
size_t raw_server_connections(struct raw_server *server);
/** Waits until `count` requests were read; false after `timeout_ms`. */
bool raw_server_wait(struct raw_server *server, size_t count, int timeout_ms);
/** The text of request `index` (head and body), or NULL; valid as long as the server. The first 64 are kept. */
const char *raw_server_request(struct raw_server *server, size_t index);

/** A port of 127.0.0.1 on which nobody listens: connections are refused. */
int raw_server_refused_port(void);

#endif
