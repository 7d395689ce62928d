/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_BROWSER_H
#define PIMSD_OIDC_BROWSER_H

#include "server/http/http.h"
#include "server/store/store.h"

enum { BROWSER_SECONDS = 14 * 86400, BROWSER_FRESH_MS = 3600 * 1000 /**< what was given so long ago is good for changes */ };

/** The cookies of pimsd. */
enum browser_cookie {
	BROWSER_SESSION, /**< who is signed in */
	BROWSER_KNOWN    /**< who was signed in once (places.h) */
};
/** PIMS_E_NOT_FOUND: there is none, or it is too long. */
int browser_read(const struct request *request, enum browser_cookie cookie, char *ret_value, size_t size);
int browser_write(const struct request *request, struct response *response, enum browser_cookie cookie, const char *value);

/** Who is signed in in the browser that sent a request, by its cookie. PIMS_E_NOT_FOUND: nobody. */
int browser_find(const struct request *request, struct browser *ret_browser);
/**
 * The account gave its password in this browser: sets a new cookie, so that one that was planted before is worth nothing, and ends the old one.
 * PIMS_E_NOT_FOUND: that password is no longer the account's, or it is blocked.
 */
int browser_start(const struct request *request, struct response *response, const struct account *account, struct browser *ret_browser);
/**
 * A passkey was used in it as well, or, with NULL, a one-time password given: `browser` is marked, and gets another cookie, for the same reason.
 * `is_new`: it is added. PIMS_E_NOT_FOUND: signed out meanwhile; of a passkey also what store_passkey_use() and store_passkey_add() say, to which browsers and
 * time are filled in here.
 */
int browser_prove(const struct request *request, struct response *response, struct browser *browser, const struct passkey_use *passkey, bool is_new);
/** Appends what binds a form to a browser and a purpose, a word of ours, and to `text`: for form_token_make(). */
int browser_bind(const struct browser *browser, const char *purpose, const char *text, struct buf *ret_text);
/** Takes the cookie away. */
void browser_forget(const struct request *request, struct response *response);

#endif
