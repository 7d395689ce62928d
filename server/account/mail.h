/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_MAIL_H
#define PIMSD_MAIL_H

#include "server/server.h"
#include "server/web/texts.h"

enum { MAIL_CODE_TRIES = 5, MAIL_CODE_SECONDS = 1800, TICKET_SIZE = 65 };

/** How many messages an address gets, and a sender asks for, in an hour. PIMS_E_LIMIT: see *ret_retry_after. */
int mail_allow(const struct request *request, const char *email, int *ret_retry_after);
/** Appends a sealed message: subject, blank line, sentence. */
int mail_text(const struct server *server, const char *subject, const char *sentence, struct buf *ret_sealed);
/**
 * Stores `code` (ticket, code and time are filled in here) and mails it, or to somebody who has an account already a warning in its place: who asks can't
 * tell the difference. *ret_ticket goes into the form that the code is entered in.
 */
int mail_ask(const struct server *server, const struct texts *texts, struct mail_code *code, bool taken, char ret_ticket[TICKET_SIZE]);
/** Does what the code was asked for. PIMS_E_NOT_FOUND: it is wrong or expired. */
int mail_confirm(const struct server *server, const struct texts *texts, enum mail_purpose purpose, const char *ticket, const char *text);
/** What the owner of an account is told of a change, in the change's own transaction. */
struct notice {
	struct buf sentence, sealed;
	struct mail mail;
};
/** Makes one; to be freed also when that fails. */
int notice_make(const struct server *server, const struct texts *texts, const char *email, const char *sentence, struct notice *ret_notice);
/** For the store; NULL when none was made. */
const struct mail *notice_mail(const struct notice *notice);
/** The change is done. */
void notice_deliver(const struct server *server, const struct notice *notice);
void notice_free(struct notice *notice);
/** In the sandbox: writes a message to the console. */
void mail_deliver(const struct server *server, const char *email, const char *sentence);

#endif
