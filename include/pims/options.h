/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_OPTIONS_H
#define PIMS_OPTIONS_H

#include <pims/version.h>

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Hooks. Every structure starts with its size, set by the caller (`options.size = sizeof options`), so that fields can be
 * added at the end; fields beyond the given size, and hooks that are NULL, take the built-in. Structures are copied when
 * they are handed over; what their pointers point to, `data` included, must live as long as the object made with them.
 * All hooks run on the loop's thread, and must not call back into the library except where they say so.
 */

/** Time. `now` is the wall clock in milliseconds since 1970; `monotonic` never goes back, milliseconds from any origin. */
struct pims_clock {
	size_t size;
	int64_t (*now)(void *data);
	int64_t (*monotonic)(void *data);
	void *data;
};

/** Randomness: fills `length` bytes, returns 0 or a negative value (the call that needed it fails with 2000). */
struct pims_random {
	size_t size;
	int (*fill)(void *data, void *bytes, size_t length);
	void *data;
};

/** One HTTP request as the transport hook sees it. Strings are valid until its `done` was called. */
struct pims_http_request {
	size_t size;
	const char *method;
	const char *url;
	const char *const *headers; /**< "Name: value" lines, ended by NULL; they carry secrets: do not log them */
	const void *body;
	size_t body_length;
	unsigned timeout_ms;
	size_t body_limit; /**< a longer answer body is failure PIMS_HTTP_TOO_BIG */
};

/** Why there is no HTTP answer. */
enum pims_http_failure {
	PIMS_HTTP_OK = 0,
	PIMS_HTTP_NETWORK, /**< no route, name or connection */
	PIMS_HTTP_TIMEOUT, /**< connected, but no whole answer in time */
	PIMS_HTTP_TLS,     /**< certificate or handshake */
	PIMS_HTTP_PIN,     /**< pinned key does not match */
	PIMS_HTTP_TOO_BIG, /**< answer over a limit */
	PIMS_HTTP_CUT,     /**< connection ended inside the answer, or it is not HTTP */
	PIMS_HTTP_FAILED   /**< anything else, memory included */
};

/** One HTTP answer. `headers` as in the request. */
struct pims_http_response {
	size_t size;
	enum pims_http_failure failure;
	int status;
	const char *const *headers;
	const void *body;
	size_t body_length;
};

typedef void (*pims_http_done_fn)(void *token, const struct pims_http_response *response);

/**
 * HTTP. `send` starts a request and returns 0, or a negative value (then `done` is never called: a network failure). `done` is
 * called exactly once, on the loop's thread, and never from inside `send`. `cancel`, NULL allowed, says that the answer is no
 * longer wanted: after it `done` must not be called for that token.
 */
struct pims_transport {
	size_t size;
	int (*send)(void *data, const struct pims_http_request *request, pims_http_done_fn done, void *token);
	void (*cancel)(void *data, void *token);
	void *data;
};

/**
 * Where the state of an installation is kept: one blob of bytes, sealed by the library before it gets here. `load`: a
 * malloc()ed copy, or length 0 when nothing was ever saved. `save` replaces the blob durably, wholly or not at all, before
 * it returns. `lock` takes the state for this process alone and returns 0, or PIMS_E_AGAIN at once when another holds it (the
 * library asks again). `changed` returns 1 when the blob may have changed since the last load or save, else 0. Others return 0 or a
 * negative value of enum pims_return.
 */
struct pims_store {
	size_t size;
	int (*load)(void *data, unsigned char **ret_blob, size_t *ret_length);
	int (*save)(void *data, const unsigned char *blob, size_t length);
	int (*lock)(void *data);
	void (*unlock)(void *data);
	int (*changed)(void *data);
	void *data;
};

/** The key that seals the state: fills 32 bytes, the same at every start. Built in: a key file, mode 0600, in the state directory. */
struct pims_key {
	size_t size;
	int (*get)(void *data, unsigned char key[32]);
	void *data;
};

/**
 * The external user agent (RFC 8252). `open` shows `url` to the user and returns 0, or a negative value (the call fails with
 * 2368, `agent.unavailable`). `transaction` names the call for pims_cancel(); the redirect comes back by itself on a loopback redirect URI,
 * else through pims_redirect(). `language` is the parameter `local` or NULL; `context` is the parameter `context` as JSON, or NULL.
 * `close`, NULL allowed, says that the page is no longer needed.
 */
struct pims_agent {
	size_t size;
	int (*open)(void *data, const char *transaction, const char *url, const char *language, const char *context);
	void (*close)(void *data, const char *transaction);
	void *data;
};

enum pims_log_level {
	PIMS_LOG_ERROR = 1,
	PIMS_LOG_WARNING,
	PIMS_LOG_INFO,
	PIMS_LOG_DEBUG
};

/** Log lines, without line end and without secrets, whatever the level. Built in: nothing. */
struct pims_log {
	size_t size;
	enum pims_log_level level; /**< the most talkative level that is wanted */
	void (*line)(void *data, enum pims_log_level level, const char *text);
	void *data;
};

/** Options of a loop. */
struct pims_loop_options {
	size_t size;
	const struct pims_clock *clock;
	unsigned max_connections; /**< open at once; 0 = 64 */
};

/** Options of a context. */
struct pims_options {
	size_t size;
	const char *state_dir;       /**< NULL: $XDG_STATE_HOME/pims/default, else ~/.local/state/pims/default */
	const char *device_name;     /**< shown in the account's list of devices, "name / platform" or a name alone; NULL: the host's name and system */
	unsigned request_timeout_ms; /**< deadline of one HTTP request; 0 = 10000 */
	unsigned agent_timeout_ms;   /**< how long the user may take to sign in; 0 = 600000 */
	unsigned lock_timeout_ms;    /**< how long to wait for another process; 0 = 60000 */
	const struct pims_random *random;
	const struct pims_transport *transport;
	const struct pims_store *store;
	const struct pims_key *key;
	const struct pims_agent *agent;
	const struct pims_log *log;
	/** PEM file of certificate authorities, in place of the system's; NULL: the system's. Of the built-in transport. */
	const char *ca_file;
	/**
	 * Public keys as curl writes them, "sha256//BASE64;sha256//BASE64" (at most 16): a server's key must be one of them, besides its
	 * certificate being good. They hold for every request of the context, whichever host it goes to (backend, sign-in server, inWebo):
	 * name a key of each, and a spare one. Plain http is refused then. No match: 2208, `network.pin`. NULL: none. PIMS_E_INVALID of
	 * pims_new(): malformed, or beside a `transport`, which would not check them. Since 0.1.
	 */
	const char *pinned_keys;
};

#ifdef __cplusplus
}
#endif

#endif
