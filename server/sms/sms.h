/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SMS_H
#define PIMSD_SMS_H

#include "server/server.h"
#include "server/sms/policy.h"
#include "server/web/texts.h"

enum { SMS_CODE_DIGITS = 8, SMS_CODE_SIZE = SMS_CODE_DIGITS + 1, SMS_CODE_TRIES = 5, SMS_TEXT_MAX = 480 };

/**
 * Sends a code within the policy: the live one again while there is one for this number, since the first message may still be on its way, else a new one.
 * PIMS_E_LIMIT: not now, see *ret_verdict, which is filled on success, too; PIMS_E_INVALID: not to this country; others: the server failed.
 */
int sms_send(const struct server *server, const struct sms_order *order, const struct texts *texts, struct sms_verdict *ret_verdict);
/** SMS_CODE_DIGITS random digits, each code as likely as every other. */
int sms_code_make(const struct env *env, char ret_code[SMS_CODE_SIZE]);
/**
 * Appends the message: a sentence, the app's hash when one is set (Android SMS Retriever), and last the line that binds the code to the server's host for
 * auto-fill ("@host #code").
 */
int sms_text(const struct texts *texts, enum sms_purpose purpose, const struct settings *settings, const char *code, struct buf *ret_text);
/** A message's text sealed for the outbox; malloc()ed. */
int sms_seal_text(const struct server *server, const char *text, unsigned char **ret_sealed, size_t *ret_length);
/** The code of a message made by sms_text(), or NULL. */
const char *sms_text_code(const char *text);
/** "enrollment", "resetPIN", "phoneNumberCertification", "notice" */
const char *sms_purpose_name(enum sms_purpose purpose);
/** PIMS_E_NOT_FOUND: no code is sent for such a purpose. */
int sms_purpose_parse(const char *name, enum sms_purpose *ret_purpose);
/** Hands a stored message to what delivers it. In the sandbox that is the console. */
void sms_deliver(const struct server *server, const char *phone, const char *text);

#endif
