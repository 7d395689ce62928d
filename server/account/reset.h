/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_RESET_H
#define PIMSD_RESET_H

#include "server/server.h"
#include "server/web/texts.h"

/* A forgotten password: the operator starts it and learns nothing, the owner ends it with a code from his mail (OWASP ASVS 6.4.6). */

enum { RESET_SECONDS = 86400, RESET_TRIES = 100 /* of 80 bits: fewer would help nobody but who wants to spend them */ };

/**
 * Mails a code to the account's address, with that of the page (its path alone where the issuer is NULL); it replaces an older one. PIMS_E_NOT_FOUND: the
 * account is blocked. Wants the server's store, seal, env and issuer only.
 */
int reset_ask(const struct server *server, const struct texts *texts, const struct account *account);
/**
 * Sets the password of the account with this address, once, by its code; `code` is as people type it. It takes the same time whether there is such an
 * account and code. PIMS_E_NOT_FOUND: there is none, it is wrong, used or expired, or the account is blocked; PIMS_E_AGAIN: too busy to hash.
 */
int reset_password(const struct server *server, const struct texts *texts, const char *email, const char *code, const char *password);

#endif
