/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_OWN_H
#define PIMSD_WEB_OWN_H

#include "server/server.h"
#include "server/web/page.h"

/* Account pages that no application opens: people come by themselves, and stay here. */

/** Shows a form that posts to `path`; fills in what every form has. */
void own_show(struct request *request, struct response *response, int status, const char *path, const struct form_page *page);
/** The same, with a form token that is bound to `text` and not to the path alone. */
void own_show_bound(struct request *request, struct response *response, int status, const char *path, const char *text, const struct form_page *page);
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
