/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_PASSKEY_H
#define PIMSD_OIDC_PASSKEY_H

#include "server/server.h"
#include "server/web/page.h"

/*
 * Passkeys and security keys: what a sign-in needs beside the password once its account has one. The browser signs the host's name with it, so that a copy of
 * our pages elsewhere gets nothing that is good here.
 */

/** False: browsers would refuse, since the issuer is an address, or not https. */
bool passkey_possible(const struct server *server);
/** Whether the account has one that was used. PIMS_E_NOT_FOUND: none. */
int passkey_has(const struct server *server, int64_t account);

/** A page that asks for one. */
struct passkey_prompt {
	struct page_passkey page;
	struct url issuer;
	struct buf credentials, user;
	struct account account;
};
/** For one of those that the account has, or, with `unused`, that was just registered and is to be used for the first time. */
int passkey_prompt_use(const struct server *server, int64_t account, bool unused, struct passkey_prompt *ret_prompt);
/** For a new one. */
int passkey_prompt_create(const struct server *server, int64_t account, struct passkey_prompt *ret_prompt);
/** Also after a failure; {0} allowed. */
void passkey_prompt_free(struct passkey_prompt *prompt);

/**
 * Takes what the page's form has brought, whose token was checked, is bound to `browser`, and was the challenge: marks the browser (browser_prove()). The owner
 * is told of the first use, which makes a passkey count. PIMS_E_INVALID: it is not the account's, or not for this page; PIMS_E_NOT_FOUND: signed out meanwhile.
 */
int passkey_prove(const struct request *request, struct response *response, struct browser *browser);
/**
 * The same of a new one: it is stored, and is to be used once. The beginning of `name` is its name. PIMS_E_INVALID as above; PIMS_E_STATE: it is registered
 * already; PIMS_E_LIMIT: the account has PASSKEYS_MAX.
 */
int passkey_register(const struct request *request, const struct browser *browser, const char *name);

#endif
