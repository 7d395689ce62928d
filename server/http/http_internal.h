/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_HTTP_INTERNAL_H
#define PIMSD_HTTP_INTERNAL_H

#include "server/http/http.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <pthread.h>

/* Private to server/http. */

/**
 * One request and its answer. It belongs to its connection's loop thread, except in stage RUNNING, when the connection is suspended and it belongs
 * to a worker. Hand-over is by the workers' lock, and back by MHD_resume_connection().
 */
struct exchange {
	struct http_server *server;
	struct MHD_Connection *connection;
	enum { READING, RUNNING, ANSWERED } stage;
	bool begun;
	bool refused; /**< `response` is ready, but the body must be read first, */
	bool at_once; /**< or not */
	bool secure;  /**< it came by HTTPS, to us or to a trusted proxy */
	bool counted; /**< among the server's active ones */
	char *uri;    /**< target as it came; cut into path and query */
	size_t body_seen;
	struct buf body;
	struct request request;
	handler_fn handler;
	struct response response;
	char address[INET6_ADDRSTRLEN];
	int64_t started;
	struct exchange *next;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct exchange *first, **last;
	unsigned queued, max_queued;
	bool stop;
	pthread_t *threads;
	unsigned count;
};

/** PIMS_E_SYSTEM with errno. */
int workers_start(struct workers *workers, unsigned count, unsigned max_queued);
/** PIMS_E_AGAIN: the queue is full. */
int workers_push(struct workers *workers, struct exchange *exchange);
/** Runs what is queued, then ends the threads. */
void workers_stop(struct workers *workers);

struct http_server {
	struct MHD_Daemon *daemon;
	struct http_server_options options;
	struct env env;
	const struct route *const *route_tables;
	struct workers workers, slow;
	int socket;
	unsigned port;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	unsigned active; /**< exchanges whose request is here whole */
	bool stopping;
};

/** libmicrohttpd's callbacks. */
void *exchange_new(void *server, const char *uri, struct MHD_Connection *connection);
enum MHD_Result exchange_step(void *server, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
			      const char *upload, size_t *upload_size, void **exchange);
void exchange_end(void *server, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code);
/** On a worker: runs the handler, then gives the connection back to its loop. */
void exchange_run(struct exchange *exchange);

/** Answers instead of a handler. */
void exchange_refuse(struct exchange *exchange, int status, const char *cause, const char *title);
/** 400; a protocol may have a form of its own for it. */
void exchange_refuse_malformed(struct exchange *exchange, const char *cause, const char *title);
/** The body is here whole: refuses it, or fills in the request's body and form. */
void body_end(struct exchange *exchange);

/**
 * Finds the handler. PIMS_E_NOT_FOUND: no such path; PIMS_E_STATE: the path has other methods: "GET, HEAD" in `ret_allow`.
 */
int routes_find(const struct route *const *tables, const char *method, const char *path, handler_fn *ret_handler, struct buf *ret_allow);

/** The answer to a browser that asks whether another origin's page may call this path, which has the methods `allow`. */
void response_preflight(struct response *response, const char *allow);
/** True when the peer is a trusted proxy. */
bool request_from_proxy(const struct request *request);

enum forwarded { FORWARDED_UNKNOWN, FORWARDED_HTTP, FORWARDED_HTTPS };
/** How a trusted proxy was spoken to: X-Forwarded-Proto when it is one word that is known. */
enum forwarded request_forwarded(const struct request *request);

/** A connection came or went; `context` is its own. */
void tls_connection(struct tls *tls, void **context, enum MHD_ConnectionNotificationCode code);
/** GnuTLS's gnutls_certificate_retrieve_function2. */
int tls_choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count, const gnutls_pk_algorithm_t *algorithms,
	       int algorithm_count, gnutls_pcert_st **ret_chain, unsigned *ret_count, gnutls_privkey_t *ret_key);

/** Queues the answer at its connection. MHD_NO ends the connection. */
enum MHD_Result response_send(struct exchange *exchange);

/** The answer whose body is a stream. NULL: no memory. */
struct MHD_Response *stream_answer(struct stream *stream, struct MHD_Connection *connection);
/** Tells the owner that it is over. NULL allowed. */
void stream_end(struct stream *stream);

#endif
