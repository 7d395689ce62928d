/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/mail.h"

#include "base/digest.h"
#include "base/text.h"
#include "server/console.h"
#include "server/oidc/sign_in.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/* Codes and notices by e-mail, through the outbox. */

enum { HOUR_S = 3600, PER_ADDRESS = 10, PER_NETWORK = 100, TEXT_MAX = 2048 };

int mail_allow(const struct request *request, const char *email, int *ret_retry_after)
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env);
	char key[SIGN_IN_KEY_SIZE], network[REQUEST_CLIENT_SIZE];
	int r = sign_in_key(server->seal, "mail", email, key);

	if (r == 0)
		r = store_attempt(server->store, key, PER_ADDRESS, HOUR_S, now, ret_retry_after);
	if (r < 0)
		return r;
	request_network(request, network);
	r = sign_in_key(server->seal, "mail-from", network, key);
	return r < 0 ? r : store_attempt(server->store, key, PER_NETWORK, HOUR_S, now, ret_retry_after);
}

int mail_text(const struct server *server, const char *subject, const char *sentence, struct buf *ret_sealed)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	int r = buf_printf(&text, "%s\n\n%s", subject, sentence);

	if (r == 0)
		r = seal_value(server->seal, &server->env, text.data, text.len, ret_sealed);
	buf_free(&text);
	return r;
}

void mail_deliver(const struct server *server, const char *email, const char *sentence)
{
	if (server->settings.sandbox)
		console_line(stdout, "mail to %s: %s", email, sentence);
}

int notice_make(const struct server *server, const struct texts *texts, const char *email, const char *sentence, struct notice *ret_notice)
{
	int r;

	*ret_notice = (struct notice){.sentence = BUF_INIT(TEXT_MAX), .sealed = BUF_INIT(2 * TEXT_MAX)};
	r = buf_puts(&ret_notice->sentence, sentence);
	if (r == 0)
		r = mail_text(server, texts->notice_subject, sentence, &ret_notice->sealed);
	if (r < 0)
		return r;
	ret_notice->mail = (struct mail){.email = email,
					 .text = (const unsigned char *)ret_notice->sealed.data,
					 .text_length = ret_notice->sealed.len,
					 .time = env_now(&server->env)};
	return 0;
}

const struct mail *notice_mail(const struct notice *notice)
{
	return notice->mail.email ? &notice->mail : NULL;
}

void notice_deliver(const struct server *server, const struct notice *notice)
{
	if (notice->mail.email)
		mail_deliver(server, notice->mail.email, buf_text(&notice->sentence));
}

void notice_free(struct notice *notice)
{
	buf_free(&notice->sentence);
	buf_free(&notice->sealed);
	*notice = (struct notice){0};
}

static int write_sentence(const struct texts *texts, const struct mail_code *code, bool taken, const char *digits, struct buf *ret_sentence)
{
	if (taken)
		return buf_puts(ret_sentence, texts->exists_mail);
	return texts_fill(code->purpose == MAIL_CREATE ? texts->create_mail : texts->email_mail, digits, ret_sentence);
}

static int send(const struct server *server, const struct mail_code *code, const char *subject, const char *sentence)
{
	struct buf sealed = BUF_INIT(2 * TEXT_MAX);
	struct mail mail = {.email = code->email, .time = env_now(&server->env)};
	int r = mail_text(server, subject, sentence, &sealed);

	if (r == 0) {
		mail.text = (const unsigned char *)sealed.data;
		mail.text_length = sealed.len;
		r = store_mail_ask(server->store, code, &mail);
	}
	if (r == 0)
		mail_deliver(server, code->email, sentence);
	buf_free(&sealed);
	return r;
}

int mail_ask(const struct server *server, const struct texts *texts, struct mail_code *code, bool taken, char ret_ticket[TICKET_SIZE])
{
	struct buf sentence = BUF_INIT(TEXT_MAX);
	char digits[SMS_CODE_SIZE];
	int r = env_random_hex(&server->env, ret_ticket, (TICKET_SIZE - 1) / 2);

	if (r == 0)
		r = sha256(ret_ticket, strlen(ret_ticket), code->ticket);
	if (r == 0)
		r = sms_code_make(&server->env, digits);
	if (r == 0)
		r = seal_digest(server->seal, digits, code->code);
	code->expires = env_now(&server->env) + (int64_t)MAIL_CODE_SECONDS * 1000;
	if (r == 0)
		r = write_sentence(texts, code, taken, digits, &sentence);
	if (r == 0)
		r = send(server, code, taken ? texts->notice_subject : texts->code_subject, buf_text(&sentence));
	secret_wipe(digits, sizeof digits);
	buf_free(&sentence);
	return r;
}

int mail_confirm(const struct server *server, const struct texts *texts, enum mail_purpose purpose, const char *ticket, const char *text)
{
	struct mail_code code = {.purpose = purpose};
	struct buf sealed = BUF_INIT(2 * TEXT_MAX);
	struct mail notice = {.time = env_now(&server->env)};
	char digits[SMS_CODE_SIZE];
	int r;

	/* people copy a code with the blanks around it */
	text += strspn(text, " ");
	if (strlen(ticket) != TICKET_SIZE - 1 || strspn(text, "0123456789") != SMS_CODE_DIGITS)
		return PIMS_E_NOT_FOUND;
	(void)snprintf(digits, sizeof digits, "%.*s", SMS_CODE_DIGITS, text);
	r = sha256(ticket, strlen(ticket), code.ticket);
	if (r == 0)
		r = seal_digest(server->seal, digits, code.code);
	if (r == 0)
		r = mail_text(server, texts->notice_subject, texts->email_changed_mail, &sealed);
	if (r == 0) {
		notice.text = (const unsigned char *)sealed.data;
		notice.text_length = sealed.len;
		r = store_mail_confirm(server->store, &code, MAIL_CODE_TRIES, &notice);
	}
	secret_wipe(digits, sizeof digits);
	buf_free(&sealed);
	return r == PIMS_E_STATE ? PIMS_E_NOT_FOUND : r;
}
