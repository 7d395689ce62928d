/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_HTTP_H
#define PIMSD_HTTP_H

#include "base/buf.h"
#include "base/url.h"
#include "platform/env.h"
#include "server/http/proxies.h"
#include "server/http/tls.h"

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The server's HTTP: an epoll loop a core (libmicrohttpd, hidden behind this header) reads requests whole and hands each to a pool of workers,
 * while its connection is suspended; a handler is plain sequential code on a worker and never blocks a loop. Bodies and answers
 * are bounded; the one answer that goes on is struct stream, for the sandbox's events.
 */

enum { REQUEST_MAX_BODY = 65536, REQUEST_MAX_URL = 16384 };

/**
 * How the requests of a path are read. With none of them, parameters are in the query string of a GET and in the form of a POST, bodies
 * may be of any type, and browsers keep pages of other origins out.
 */
enum request_rule {
	REQUEST_QUERY = 1 << 0,      /**< parameters of a POST may be in its query string, too */
	REQUEST_UNTYPED = 1 << 1,    /**< a body that tells no type is a form */
	REQUEST_FORM = 1 << 2,       /**< a body that is no form is 415 */
	REQUEST_JSON = 1 << 3,       /**< a body that is no JSON is 415 */
	REQUEST_GATEWAY = 1 << 5,    /**< problems are told in the form of the live service's gateway, too */
	REQUEST_ANY_ORIGIN = 1 << 4  /**< scripts of any page may call it, without cookies (CORS) */
};

struct request {
	const char *method;
	const char *path;
	unsigned rules;        /**< enum request_rule */
	struct query query;    /**< of the URL; a broken one was answered before any handler (http_server_options.malformed) */
	struct query form;     /**< of the application/x-www-form-urlencoded body of a POST, else empty */
	const char *body;      /**< NUL-terminated */
	size_t body_length;
	const char *address;   /**< of the peer, without port */
	void *connection;      /**< private to server/http */
	const struct proxies *proxies; /**< private to server/http; NULL: no proxy is trusted */
	void *server;          /**< struct server: what route_add() was given */
};

/** A header's value, or NULL. Names without regard to case. */
const char *request_header(const struct request *request, const char *name);
/** How often a header came. */
unsigned request_header_count(const struct request *request, const char *name);
/** A cookie's value copied to `ret_value`, or PIMS_E_NOT_FOUND. */
int request_cookie(const struct request *request, const char *name, char *ret_value, size_t size);
/**
 * A parameter, or NULL: of a POST from the form, of others from the query string. With REQUEST_QUERY a POST may have it in either: two
 * values were refused before any handler, and an empty one gives way to the other (RFC 6749 §3.1).
 */
const char *request_parameter(const struct request *request, const char *name);
enum { REQUEST_CLIENT_SIZE = ADDRESS_TEXT_SIZE };
/**
 * The client's numeric address: the peer's, or, when the peer is a trusted proxy (http_server_options.proxies), what that proxy and the trusted ones before it
 * saw: X-Forwarded-For is read from its end up to the first address that is no trusted proxy. What is malformed there ends the reading.
 */
void request_client(const struct request *request, char ret_address[REQUEST_CLIENT_SIZE]);
/** The same as what limits count by: an IPv6 user owns a /64, whose first address this is. */
void request_network(const struct request *request, char ret_network[REQUEST_CLIENT_SIZE]);
/** The body as a JSON object; NULL when it is none. The caller owns it (json_wipe). */
json_t *request_json(const struct request *request);

/** How an answer leaves. All but the first are the sandbox's faults. */
enum response_fate {
	RESPONSE_WHOLE,
	RESPONSE_CUT, /**< the connection ends inside the body */
	RESPONSE_NONE /**< the connection ends without an answer */
};

/**
 * An answer that goes on, embedded in its owner's structure. `read` and `done` are called on a loop's thread and must not wait.
 */
struct stream {
	/** Appends what there is to the empty `ret_bytes` and returns 0; with nothing appended, stream_wake() will come. Negative: the end. */
	int (*read)(struct stream *stream, struct buf *ret_bytes);
	/** The last call, exactly once: the owner sees to it that nobody wakes the stream any more, and calls stream_destroy(). */
	void (*done)(struct stream *stream);
	/* private to server/http, from here on */
	void *connection;
	pthread_mutex_t lock;
	bool waiting, woken;
	struct buf pending;
	size_t sent;
};

struct response {
	int status; /**< 0 = the handler failed: 500 */
	const char *content_type; /**< a literal; NULL = none */
	struct buf body;
	struct buf headers; /**< "Name: value" lines, each with its NUL */
	enum response_fate fate;
	bool gateway; /**< REQUEST_GATEWAY of its request */
	struct stream *stream; /**< the body instead of `body`, or NULL */
};

int response_header(struct response *response, const char *name, const char *value);
/** Sets status and a JSON body; takes `value` over and wipes it. NULL value → 500. */
void response_json(struct response *response, int status, json_t *value);
void response_text(struct response *response, int status, const char *content_type, const char *text);
/** 302 or 303 to a URL. */
void response_redirect(struct response *response, int status, const char *url);
/** RFC 9457 problem document: type "about:blank#<cause>", title, status, `cause`; retry_after < 0 and remaining < 0 are left out.
 * With `gateway` also httpCode, httpMessage and moreInformation (spec/wire.md §2), by which clients of the live service know an error. */
void response_problem(struct response *response, int status, const char *cause, const char *title, int retry_after, int remaining);

/** Makes `stream`, whose `read` and `done` are set, the body of the answer: 200 with this type (a literal). From here on `done` will come. */
void response_stream(struct response *response, const char *content_type, struct stream *stream);
/** There may be something to read. Any thread, until stream_destroy(). */
void stream_wake(struct stream *stream);
void stream_destroy(struct stream *stream);

typedef void (*handler_fn)(struct request *request, struct response *response);
/** Calls the handler, or answers itself. On a worker. */
typedef void (*filter_fn)(handler_fn handler, struct request *request, struct response *response);
/** An answer that is about to leave, refusals of server/http included: path and method may be NULL. Must not wait. */
typedef void (*note_fn)(const struct request *request, const struct response *response, int64_t milliseconds);

struct route {
	const char *method;
	const char *path; /**< exact */
	handler_fn handler;
};

struct http_server;
struct http_server_options {
	const char *address; /**< "127.0.0.1" */
	unsigned port;       /**< 0 = any free one */
	unsigned loops;      /**< 0 = one a core */
	unsigned workers;    /**< 0 = 48 */
	unsigned max_connections; /**< 0 = 4096 */
	unsigned timeout_s;  /**< idle or slow connections; 0 = 30 */
	void *server;
	const struct env *env; /**< its clock gives the Date of answers; copied. NULL = the built-ins */
	filter_fn filter;      /**< NULL = handlers are just called */
	unsigned (*rules)(const char *path); /**< enum request_rule of a path. NULL = none of them */
	handler_fn malformed;  /**< may change the 400 to a query string or form that can't be read. On a loop: must not wait. NULL = nothing */
	bool (*slow)(const struct request *request); /**< these get four workers of their own and wait for each other. NULL = none */
	note_fn note;          /**< NULL = nobody wants to know */
	const struct proxies *proxies; /**< lives as long as the server; NULL = no proxy is trusted */
	struct tls *tls;       /**< the same; NULL = plain HTTP */
	bool https_only;       /**< what a trusted proxy got by plain HTTP (X-Forwarded-Proto) is refused */
	bool hsts;             /**< answers that leave by HTTPS tell browsers to come by nothing else (RFC 6797) */
	int socket;            /**< from http_listen(), taken over (address and port are then unused); 0 = make one */
};

/** A listening socket, for who must know the port before the first request. PIMS_E_FORMAT: no numeric address; PIMS_E_SYSTEM with errno. */
int http_listen(const char *address, unsigned port, int *ret_socket, unsigned *ret_port);
/** `route_tables` ends with NULL, each table with a NULL method; they live as long as the server. PIMS_E_SYSTEM with errno (address in use, …). */
int http_server_start(struct http_server **ret_server, const struct http_server_options *options, const struct route *const *route_tables);
unsigned http_server_port(const struct http_server *server);
/** Lets running handlers finish, then closes. */
void http_server_stop(struct http_server *server);

#endif
