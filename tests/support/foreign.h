/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FOREIGN_H
#define TESTS_FOREIGN_H

#include "app.h"

#include <jansson.h>
#include <sys/types.h>

/** An OpenID provider that others wrote, started by a script of tests/interop, over HTTPS with an authority of its own. */
struct foreign {
	pid_t pid;
	int output; /**< read end of its standard output */
	char directory[64];
	char issuer[64];
	char redirect[64]; /**< a redirect URI with a port that it knows letter by letter */
	char control[64];
	char ca_file[96];
};

/** Ends the program with 77 or 1 where the script says "skipped". `more`: JSON, see oidc_provider.mjs. */
void foreign_start(struct foreign *foreign, const char *more);
void foreign_stop(struct foreign *foreign);
/** The client's secret, as text. */
void foreign_secret(const struct foreign *foreign, char *ret_secret, size_t size);
/** POST to its control server, e.g. "/rotate". */
void foreign_control(const struct foreign *foreign, const char *target);
/** The log of its control server; the caller owns it. */
json_t *foreign_log(const struct foreign *foreign);
/** How many requests whose path begins so are in the log. */
size_t foreign_count(const struct foreign *foreign, const char *path);

/** An application for a client of the provider, on an empty directory, initialized. `secret` NULL: a public client. `scope` NULL: the default. */
void foreign_app(struct app *app, const struct foreign *foreign, const char *client, const char *secret, const char *scope);
/** Walks through the provider's pages at app->agent_url, in the browser that it has, and hands the redirect back; the message is app->message. */
void foreign_browse(struct app *app, const struct foreign *foreign);
/** set user login, wholly. */
void foreign_login(struct app *app, const struct foreign *foreign);
/** A failure by code and cause, whatever its label. */
void foreign_assert_failed(const struct app *app, int code, const char *cause);

#endif
