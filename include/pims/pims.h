/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PIMS_H
#define PIMS_PIMS_H

/*
 * libpims: the authentication calls of the connected-car Mobile SDK (facade.md).
 *
 * Threads: a loop belongs to the thread that first runs it; before that, to any one thread at a time. Every function below
 * is called on that thread, unless it says "any thread". Another thread gets PIMS_E_THREAD.
 *
 * Callbacks: a call that returns 0 gets exactly one callback; another return value, none. Callbacks come from pims_loop_process()
 * or pims_run(), never from inside the call. In a callback every function is allowed except running the loop; pims_free() and
 * pims_loop_free() then take effect when the callback has returned.
 */

#include <pims/cause.h>
#include <pims/error.h>
#include <pims/options.h>
#include <pims/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pims_loop;
struct pims;
struct pims_message;

/** Size of a transaction id with its NUL: 8 hex digits, '-', 4 hex digits. */
#define PIMS_TRANSACTION_SIZE 14

/**
 * Called once with the outcome of a call. The message belongs to the library and is gone when the callback returns.
 */
typedef void (*pims_callback_fn)(void *data, const struct pims_message *message);

/**
 * Makes a loop. `options` may be NULL. The caller owns *ret_loop: pims_loop_free(). On failure *ret_loop is unchanged.
 * Errors: PIMS_E_INVALID, PIMS_E_MEMORY, PIMS_E_SYSTEM. Since 0.1.
 */
PIMS_API int pims_loop_new(struct pims_loop **ret_loop, const struct pims_loop_options *options);

/**
 * Frees a loop and every context on it; NULL is allowed. Calls that are pending get their callback (2000, `canceled`) before it returns.
 * Inside a callback it takes effect when the running pims_loop_process() or pims_run() returns. Since 0.1.
 */
PIMS_API void pims_loop_free(struct pims_loop *loop);

/**
 * The one descriptor to watch for reading (poll, epoll, select, another loop). Readable: call pims_loop_process(). It stays the same for
 * the loop's life and belongs to the loop. Errors: PIMS_E_INVALID. Since 0.1.
 */
PIMS_API int pims_loop_fd(const struct pims_loop *loop);

/**
 * Does what is ready and delivers callbacks; never waits. Returns the number of callbacks delivered.
 * Errors: PIMS_E_INVALID, PIMS_E_THREAD, PIMS_E_STATE (inside a callback), PIMS_E_SYSTEM. Since 0.1.
 */
PIMS_API int pims_loop_process(struct pims_loop *loop);

/**
 * Makes the loop's descriptor readable, so that pims_run() or a poll on it returns. Any thread; several wake-ups may merge into one.
 * Errors: PIMS_E_INVALID, PIMS_E_SYSTEM. Since 0.1.
 */
PIMS_API int pims_loop_wakeup(struct pims_loop *loop);

/**
 * Runs the loop until no call is pending, pims_loop_wakeup() was called, or `timeout_ms` passed (negative: no limit). Returns the number
 * of calls still pending. Errors as pims_loop_process(). Since 0.1.
 */
PIMS_API int pims_run(struct pims_loop *loop, int timeout_ms);

/**
 * Makes a context: one account on one device. It does no I/O before pims_initialize(). `options` may be NULL. The caller owns *ret_pims:
 * pims_free(). On failure *ret_pims is unchanged. Errors: PIMS_E_INVALID (also while the loop is being freed, and for malformed pins),
 * PIMS_E_MEMORY, PIMS_E_THREAD. Since 0.1.
 */
PIMS_API int pims_new(struct pims **ret_pims, struct pims_loop *loop, const struct pims_options *options);

/**
 * Frees a context; NULL is allowed. Calls that are pending get their callback (2000, `canceled`) from the loop's next turn; the context must not be
 * used for new calls. What was saved stays saved. Since 0.1.
 */
PIMS_API void pims_free(struct pims *pims);

/**
 * The calls of the reference (facade.md §Calls). `parameters` is JSON text of an object, NULL for none; it is copied.
 * initialize takes `backend`, `issuer`, `scope` and `country` beyond the reference: docs/PROTOCOL.md, section 6.
 * `ret_transaction`, NULL allowed, gets the message's transactionId, for pims_cancel(). What is wrong with api or parameters is told in the message.
 * Errors: PIMS_E_INVALID (pims, api or callback NULL, or context freed), PIMS_E_MEMORY, PIMS_E_THREAD, PIMS_E_LIMIT (parameters over 64 KiB,
 * or over 65536 calls pending). Since 0.1.
 */
PIMS_API int pims_initialize(struct pims *pims, const char *parameters, pims_callback_fn callback, void *data,
			     char ret_transaction[PIMS_TRANSACTION_SIZE]);
PIMS_API int pims_release(struct pims *pims, pims_callback_fn callback, void *data, char ret_transaction[PIMS_TRANSACTION_SIZE]);
PIMS_API int pims_get(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
		      char ret_transaction[PIMS_TRANSACTION_SIZE]);
PIMS_API int pims_set(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
		      char ret_transaction[PIMS_TRANSACTION_SIZE]);
PIMS_API int pims_subscribe(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
			    char ret_transaction[PIMS_TRANSACTION_SIZE]);
PIMS_API int pims_unsubscribe(struct pims *pims, const char *api, pims_callback_fn callback, void *data,
			      char ret_transaction[PIMS_TRANSACTION_SIZE]);

/**
 * Reads the well-known document of a self-hosted backend (an http or https URL) and answers, as the result, the parameters for
 * pims_initialize(): a public client, redirect URI, macID. Allowed before initialize. Not of the reference: ours. Errors as pims_get(); in the
 * message 2102 (`Invalid backend parameter`), 2201, 2202, 2204, 2208. Since 0.1.
 */
PIMS_API int pims_discover(struct pims *pims, const char *backend, pims_callback_fn callback, void *data,
			   char ret_transaction[PIMS_TRANSACTION_SIZE]);

/**
 * Ends a pending call: its callback comes from the loop's next turn with 2000, `cause` `canceled` (a sign-in that waits for the user agent: 2368,
 * `agent.canceled`). What the server already did stays done. Errors: PIMS_E_INVALID, PIMS_E_THREAD, PIMS_E_NOT_FOUND. Since 0.1.
 */
PIMS_API int pims_cancel(struct pims *pims, const char *transaction);

/**
 * Hands the redirect of the user agent to the sign-in that waits for it (custom schemes, pasted URLs). A URL that no pending sign-in asked for
 * (other redirect URI, other state) is refused, and the sign-in goes on waiting. Errors: PIMS_E_INVALID, PIMS_E_THREAD, PIMS_E_NOT_FOUND. Since 0.1.
 */
PIMS_API int pims_redirect(struct pims *pims, const char *url);

/** The message as JSON text on one line, as the reference shows it; NULL when memory is out. Valid as long as the message. Since 0.1. */
PIMS_API const char *pims_message_json(const struct pims_message *message);
/** The transactionId. */
PIMS_API const char *pims_message_transaction(const struct pims_message *message);
/** 1 = SUCCEEDED, 0 = FAILED. */
PIMS_API int pims_message_succeeded(const struct pims_message *message);
/** error.code (enum pims_error), 0 when SUCCEEDED. */
PIMS_API int pims_message_code(const struct pims_message *message);
/** error.label, filled in; NULL when SUCCEEDED. */
PIMS_API const char *pims_message_label(const struct pims_message *message);
/** error.cause: one stable machine word; NULL when there is none. */
PIMS_API const char *pims_message_cause(const struct pims_message *message);
/** error.recovery: what to call next; NULL when there is none. */
PIMS_API const char *pims_message_recovery(const struct pims_message *message);
/** error.retryAfter in seconds; -1 when there is none. */
PIMS_API int pims_message_retry_after(const struct pims_message *message);
/** error.remaining: attempts left; -1 when there is none. */
PIMS_API int pims_message_remaining(const struct pims_message *message);
/** A string of the result by its name, e.g. "token"; NULL when there is none of that name and type. */
PIMS_API const char *pims_message_string(const struct pims_message *message, const char *name);
/** A boolean of the result by its name: 1, 0, or -1 when there is none of that name and type. */
PIMS_API int pims_message_boolean(const struct pims_message *message, const char *name);

/**
 * The table of calls as JSON text, one row each as in the reference (verb, api, discriminator, parameters, result, errors, component,
 * security, since) and `supported`. A static string, from any thread. Since 0.1.
 */
PIMS_API const char *pims_apis(void);

#ifdef __cplusplus
}
#endif

#endif
