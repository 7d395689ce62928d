/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_CALL_H
#define PIMS_CLI_CALL_H

#include "base/json.h"
#include "cli/cli.h"

enum call_kind { CALL_GET, CALL_SET, CALL_INITIALIZE, CALL_DISCOVER };

/** A copy of a message, which may hold a token or an OTP. All zero is a valid, empty one. */
struct reply {
	struct secret text; /**< as pims_message_json() gave it */
	json_t *message;
	bool succeeded;
};

#define cleanup_reply __attribute__((cleanup(reply_clear)))

void reply_clear(struct reply *reply);
/** A string of the result, or NULL. */
const char *reply_string(const struct reply *reply, const char *name);
/** Members of the error; what is absent: 0, NULL, -1. */
int reply_code(const struct reply *reply);
const char *reply_error(const struct reply *reply, const char *name);
int reply_number(const struct reply *reply, const char *name);

/**
 * Makes one call and waits for its message, for the user agent's redirect on standard input too while a sign-in is pending, and for
 * Ctrl-C, which cancels it. `name` is the api, or the backend's URL; `parameters` (NULL = none) is taken over and wiped.
 * Returns an exit status: CLI_OK means that there is a message, whatever it says.
 */
int call_run(struct cli *cli, enum call_kind kind, const char *name, json_t *parameters, struct reply *ret_reply);

/** The message on standard output: one line, or indented and coloured on a terminal. Returns an exit status. */
int call_print(struct cli *cli, const struct reply *reply);

/** {first name: first value, …}: pairs of strings, ended by NULL. A NULL value is left out. NULL when memory is out. */
json_t *call_parameters(const char *name, ...) __attribute__((sentinel));

/**
 * For the everyday words: opens the session if it is not open, makes the call, and tells on standard error why it failed. Returns CLI_FAILED then;
 * with --json a failed message is printed as well.
 */
int word_call(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters, struct reply *ret_reply);
/** The same, but a failed message is CLI_OK and not told: the word decides what it means. */
int word_try(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters, struct reply *ret_reply);
/** Tells why a call failed, as word_call() does. Returns CLI_FAILED. */
int word_fail(struct cli *cli, const struct reply *reply);
/** Success: `text` and a line end on standard output, or the message with --json. NULL = nothing but the message. Returns an exit status. */
int word_answer(struct cli *cli, const struct reply *reply, const char *text);

#endif
