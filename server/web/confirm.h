/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_CONFIRM_H
#define PIMSD_WEB_CONFIRM_H

#include "server/account/mail.h"
#include "server/web/visit.h"

/** Mails a code for `code` and shows the page that it is entered in. */
void confirm_ask(struct visit *visit, struct mail_code *code);
/** True when the posted form is that page's: it was answered. */
bool confirm_posted(struct visit *visit, enum mail_purpose purpose);

#endif
