/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_OWN_H
#define PIMSD_WEB_OWN_H

#include "server/oidc/browser.h"
#include "server/oidc/form_token.h"
#include "server/server.h"
#include "server/web/page.h"

/* Account pages that no application opens: people come by themselves, and stay here. */

/** Shows a form that posts to `path`; fills in what every form has. */
void own_show(struct request *request, struct response *response, int status, const char *path, const struct form_page *page);
/**
 * The same for who is signed in in `browser`: nobody else's form is good there, nor one for another `purpose` (a word of ours). own_check_bound() takes its
 * token alone; PIMS_E_INVALID: there is none, or it is another site's; PIMS_E_STATE: too old, or of another sign-in.
 */
void own_show_bound(struct request *request, struct response *response, int status, const char *path, const struct browser *browser, const char *purpose,
		    const struct form_page *page);
int own_token(const struct request *request, const struct browser *browser, const char *purpose, char ret_token[FORM_TOKEN_SIZE]);
int own_check_bound(const struct request *request, const struct browser *browser, const char *purpose);
/** PIMS_E_INVALID: another site's form, answered; PIMS_E_STATE: too old. */
int own_check(struct request *request, struct response *response, const char *path);
/** Appends the issuer's path and `path`. */
int own_path(const struct request *request, const char *path, struct buf *ret_text);
/** The same as where a form is posted or a redirect leads, with the language that the address asked for. */
int own_action(const struct request *request, const char *path, struct buf *ret_text);
/** Appends that language to an address without a query; nothing when it asked for none. */
int own_language(const struct request *request, struct buf *ret_url);
/** A field of the posted form, "" when it is missing. */
const char *own_field(const struct request *request, const char *name);
/** Tells programs when to come again after a failed sign_in(), mail_allow() or sms_send(). */
void own_retry(struct response *response, int r, int retry_after);
/** The text for a failed sign_in() or second_factor_check(), and its status. */
const char *own_error(const struct texts *texts, int r, int retry_after, struct buf *text, int *ret_status);

#endif
