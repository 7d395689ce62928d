/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_PASSKEY_H
#define PIMSD_OIDC_PASSKEY_H

#include "server/server.h"
#include "server/web/page.h"

/*
 * Passkeys and security keys: what a sign-in needs beside the password once its account has one. The browser signs the host's name with it, so that a copy
 * of our pages elsewhere gets nothing that is good here.
 *
 * A new one is made on one page and used on the next. Only then is it stored, and counts: until then it is in that page's form, sealed, for this browser only.
 */

/** False: browsers would refuse, since the issuer is an address, or not https. */
bool passkey_possible(const struct server *server);
/** Warns the operator of those that nobody can use, since the issuer's host was another one when they were made. */
int passkey_check_host(const struct server *server);

/** A page that asks for one. */
struct passkey_prompt {
	struct page_passkey page;
	struct url issuer;
	struct buf credentials, user;
	struct account account;
};
/** For one of those that the account has. */
int passkey_prompt_use(const struct server *server, int64_t account, struct passkey_prompt *ret_prompt);
/** For a new one. */
int passkey_prompt_create(const struct server *server, int64_t account, struct passkey_prompt *ret_prompt);
/** For the first use of the one in `offer`, which must live as long. PIMS_E_INVALID: it is not of this browser, or too old. */
int passkey_prompt_first(const struct server *server, const struct browser *browser, const char *offer, struct passkey_prompt *ret_prompt);
/** Also after a failure. */
void passkey_prompt_free(struct passkey_prompt *prompt);

/*
 * These take what a page's form has brought, whose token was checked, is bound to `browser`, and was the challenge. PIMS_E_INVALID: it is not the account's, or
 * not for this page; why is in the log.
 */
/** One that the account has: marks the browser (browser_prove()). PIMS_E_NOT_FOUND: signed out, or removed, meanwhile. */
int passkey_prove(const struct request *request, struct response *response, struct browser *browser);
/** A new one: appends what the page of its first use carries. The beginning of `name` is its name. */
int passkey_create(const struct request *request, const struct browser *browser, const char *name, struct buf *ret_offer);
/**
 * The first use of the one in the form's field PASSKEY_OFFER: it is stored, marks the browser, and its owner is told. PIMS_E_INVALID also: the browser has not
 * given the best that the account has by now. PIMS_E_NOT_FOUND as above; PIMS_E_LIMIT: the account has PASSKEYS_MAX; PIMS_E_STATE: it is registered already.
 */
int passkey_add(const struct request *request, struct response *response, struct browser *browser);
#define PASSKEY_OFFER "passkey"

#endif
