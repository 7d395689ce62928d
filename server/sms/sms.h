/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SMS_H
#define PIMSD_SMS_H

#include "server/server.h"
#include "server/web/texts.h"

enum { SMS_CODE_DIGITS = 8, SMS_CODE_SIZE = SMS_CODE_DIGITS + 1, SMS_TEXT_MAX = 480 };

/**
 * Sends the account a code for `purpose`: the live one again while there is one, since the first message may still be on its way, else a
 * new one. PIMS_E_NOT_FOUND: no trusted phone; PIMS_E_LIMIT: too many messages, see *ret_retry_after (seconds); others: the server failed.
 */
int sms_send(const struct server *server, const struct account *account, enum sms_purpose purpose, const struct texts *texts,
	     int *ret_retry_after);
/** SMS_CODE_DIGITS random digits, each code as likely as every other. */
int sms_code_make(const struct env *env, char ret_code[SMS_CODE_SIZE]);
/** Appends the message: a sentence, and last the line that binds the code to the server's host for auto-fill ("@host #code"). */
int sms_text(const struct texts *texts, enum sms_purpose purpose, const char *issuer, const char *code, struct buf *ret_text);
/** The code of a message made by sms_text(), or NULL. */
const char *sms_text_code(const char *text);
/** "enrollment", "resetPIN" */
const char *sms_purpose_name(enum sms_purpose purpose);
/** Hands a stored message to what delivers it. In the sandbox that is the console. */
void sms_deliver(const struct server *server, const char *phone, const char *text);

#endif
