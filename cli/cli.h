/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_H
#define PIMS_CLI_H

#include "base/secret.h"
#include "cli/handler.h"
#include "cli/input.h"

#include <pims/pims.h>

#include <stdbool.h>

/* The command line over the public interface of libpims. Of src/ it uses base/ alone, linked statically. */

/** Exit statuses. Functions that say "returns an exit status" return one of these, or 128 + the signal that ended the program. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /**< a message said FAILED */
	CLI_USAGE = 2,
	CLI_CANNOT = 3, /**< no configuration, state unusable */
	CLI_SIGNALED = 128
};

enum { CLI_PINS_SIZE = 1024 };

/** How the user agent is shown, and the sign-in that waits for its redirect (agent.c). */
struct sign_in {
	bool no_browser; /**< the URL alone on standard output */
	bool qr;
	bool waiting;
	const char *page; /**< what is done on it, "Sign in" if NULL */
	unsigned wait_ms; /**< 0 = the library's */
};

/** One run of the program. */
struct cli {
	const char *command; /**< name of the subcommand, "" before it is known */
	const char *profile;
	const char *state;
	const char *ca_file; /**< "" = the system's, NULL = nothing was said (trust.c) */
	char *stored_ca_file;
	char pin_keys[CLI_PINS_SIZE];
	bool pin_keys_given;
	unsigned timeout_ms;
	bool verbose;
	bool json;       /**< everyday words print messages, not their content */
	char *directory; /**< of the profile */
	struct pims_loop *loop;
	struct pims *pims;
	struct sign_in sign_in;
	struct handler handler;
	struct input input;
	struct secret client_secret; /**< of the environment */
};

/** "pims: …" or "pims COMMAND: …" and a line end on standard error. Never with a value that may be secret. */
void cli_say(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same; returns CLI_USAGE, with a hint at --help. */
int cli_usage(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same; returns CLI_CANNOT. */
int cli_cannot(const struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** For a negative enum pims_return of our own: says what failed, returns CLI_CANNOT. */
int cli_error(const struct cli *cli, const char *what, int value);
/** "  next: …" and a line end on standard error; every "pims" in it gets the --profile or --state of this run. */
void cli_next(const struct cli *cli, const char *text);

#endif
