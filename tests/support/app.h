/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_APP_H
#define TESTS_APP_H

#include "base/buf.h"
#include "sandbox.h"
#include "web.h"

#include <pims/pims.h>

#include <jansson.h>

/** An application over the public API, with its state in a temporary directory and the parameters of initialize from pims_discover(). */
struct app {
	struct pims_loop *loop;
	struct pims *pims;
	char directory[64];
	char *configuration; /**< parameters for initialize, JSON text */
	json_t *message;     /**< the last one */
	int callbacks;       /**< of the last call */
	char agent_url[8192];
	unsigned timeout_ms; /**< of a request; 0 = the built-in */
	void (*opening)(struct app *app, struct pims_options *options); /**< may put hooks in; the loop is there. NULL: none */
	void (*closed)(struct app *app); /**< the context is gone, the loop not yet. NULL: nothing to do */
	void *data;          /**< of these two */
	struct buf *log;     /**< gets every log line at debug level, or NULL */
};

/** Makes the application and discovers the sandbox; `log` may be NULL. Does not initialize. */
void app_start(struct app *app, const struct sandbox *sandbox, struct buf *log);
/** The same with app->opening and app->data set first. */
void app_start_with(struct app *app, const struct sandbox *sandbox, void (*opening)(struct app *app, struct pims_options *options), void *data);
/** Ends the context, keeps the directory. */
void app_stop(struct app *app);
/** A new context on the same directory, not yet initialized. */
void app_open(struct app *app);
/** Ends the context if there is one and makes and initializes another, as a new process would. */
void app_reopen(struct app *app);
void app_remove(struct app *app);
/** Makes the call and runs the loop until its callback; the message is app->message, and must have come exactly once. `verb`: "get" or "set". */
void app_call(struct app *app, const char *verb, const char *api, const char *parameters);
void app_initialize(struct app *app);
/** The same without the demand that it succeeds. */
void app_try_initialize(struct app *app);
/** Sets a member of the configuration, e.g. "credential", "inWeboURL" (group NULL: of the top level). */
void app_configure(struct app *app, const char *group, const char *name, const char *value);
/** Starts a call of set user and waits for its agent_url. */
void app_visit(struct app *app, const char *parameters);
/** Hands the redirect back, frees the answer and waits for the callback. */
void app_return(struct app *app, struct web_answer *answer);
/** set user login with the demo account, or another. */
void app_login(struct app *app, const char *email, const char *password);
/** SMS, its code from the sandbox, and enrollment with a PIN. */
void app_enrol(struct app *app, const struct sandbox *sandbox, const char *pin);

void app_assert_succeeded(const struct app *app);
/** `cause` NULL = must be absent. */
void app_assert_failed(const struct app *app, int code, const char *label, const char *cause);
/** The string of a member of the result. */
const char *app_result(const struct app *app, const char *name);
/** An integer of the error, e.g. "remaining"; -1 = absent. */
int app_error(const struct app *app, const char *name);

#endif
