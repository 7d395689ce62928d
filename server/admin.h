/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_ADMIN_H
#define PIMSD_ADMIN_H

#include "base/secret.h"
#include "platform/env.h"
#include "server/store/store.h"
#include "server/web/texts.h"

#include <stdbool.h>

/* `pimsd account …`, `pimsd client …` and `pimsd key …`: looks at and changes of the database, also while a server runs on it. */

/** True for "account", "client" and "key". */
bool admin_command(const char *name);
/** Runs `argv` = {"account", command, …}; the exit status: 0, 1 failed, 2 wrong usage. */
int admin_main(int argc, char **argv);

enum { ADMIN_MAX_REDIRECTS = 16, ADMIN_JWKS_MAX = 16384, ADMIN_JWKS_KEYS = 10 };

/** What a command was given. */
struct admin {
	const struct admin_row *row;
	struct env env;
	struct store *store;
	const char *name;  /**< e-mail (normalised) or client id; NULL for list */
	const char *value; /**< the second word, e.g. a phone number */
	const char *data_dir;
	const char *phone;   /**< as it was typed */
	const char *country; /**< ISO 3166 alpha-2, NULL = not given */
	const char *title;
	const char *redirects[ADMIN_MAX_REDIRECTS];
	size_t redirect_count;
	int password_min;
	const char *scope; /**< NULL = not given */
	char *issuer; /**< the same */
	const struct texts *texts; /**< in which a mail is written; NULL = not given */
	char jwks[ADMIN_JWKS_MAX + 1]; /**< "" = not given */
	bool password_stdin, public, exchange, dpop, par, none, help;
};

/** One command: how many words it takes, and its functions, which return the exit status. */
struct admin_row {
	const char *group; /**< "account" */
	const char *name;  /**< "add" */
	int min_words, max_words;
	bool makes; /**< the database when there is none */
	int (*run)(struct admin *admin);
	int (*check)(const struct admin *admin); /**< of the command line, before anything is opened; NULL = none */
};

int admin_enrollment_code(struct admin *admin);
int admin_remove_devices(struct admin *admin);
int admin_remove_passkeys(struct admin *admin);
extern const struct admin_row admin_account_rows[], admin_client_rows[], admin_key_rows[]; /* end with a NULL name */
extern const char admin_account_help[], admin_client_help[], admin_key_help[];

/** Mails a code for a new password. */
int admin_reset_password(struct admin *admin);
/** A failure for people: what it was about and why; returns exit status 1. */
int admin_failed(const char *about, int r);
/** Wrong usage; returns 2. */
int admin_wrong(const char *about, const char *what);
/** Reads and checks a client's public keys; the exit status. */
int admin_take_jwks(struct admin *admin, const char *path);
/** Asks for a new password twice on the terminal, without echo, or reads a line of standard input. */
int admin_read_password(bool from_stdin, struct secret *ret_password);

#endif
