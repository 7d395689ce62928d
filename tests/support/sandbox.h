/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SANDBOX_H
#define TESTS_SANDBOX_H

#include <stddef.h>
#include <sys/types.h>

/** A pimsd --sandbox of its own, on a free port of 127.0.0.1, with its data in a temporary directory. */
struct sandbox {
	pid_t pid;
	int output;       /**< read end of its standard output */
	char url[64];     /**< "http://127.0.0.1:PORT" */
	char directory[64];
	char log[96];     /**< file of its standard error */
};

#define SANDBOX_EMAIL "demo@example.com"
#define SANDBOX_PASSWORD "demo-password"

/** `arguments`: more of them, ended by NULL, or NULL. Waits for the line "listening on". Fails the test when it does not come. */
void sandbox_start(struct sandbox *sandbox, const char *const *arguments);
/** Starts it again on the same data and, when it was stopped by sandbox_stop() or sandbox_kill(), the same port. */
void sandbox_restart(struct sandbox *sandbox);
/** SIGTERM; its exit status must be 0. Data stays until sandbox_remove(). */
void sandbox_stop(struct sandbox *sandbox);
/** SIGKILL. */
void sandbox_kill(struct sandbox *sandbox);
void sandbox_remove(struct sandbox *sandbox);
/** The newest code of a purpose ("enrollment", "resetPIN") at GET /sandbox/sms; fails the test when there is none. */
void sandbox_sms_code(const struct sandbox *sandbox, const char *purpose, char *ret_code, size_t size);
/** Messages in the outbox. */
size_t sandbox_sms_count(const struct sandbox *sandbox);
/** Runs a subcommand of pimsd ("account", "block", "--data", …), with `input` on its standard input; returns its exit status. */
int sandbox_admin(const struct sandbox *sandbox, const char *const *arguments, const char *input);

#endif
