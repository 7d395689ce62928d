/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/reset.h"

#include "server/account/mail.h"
#include "server/account/password.h"
#include "server/account/recovery.h"
#include "server/oidc/sign_in.h"
#include "server/store/seal.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/* 80 random bits need no slow hash. The kind keeps it apart from other codes. */
static int digest(const struct server *server, const char *text, unsigned char ret_digest[SEAL_DIGEST_SIZE])
{
	char plain[RECOVERY_LENGTH + 1], kind[sizeof "reset " + sizeof plain];
	int r = recovery_code_read(text, plain);

	if (r < 0)
		return r;
	(void)snprintf(kind, sizeof kind, "reset %s", plain);
	r = seal_digest(server->seal, kind, ret_digest);
	secret_wipe(plain, sizeof plain);
	secret_wipe(kind, sizeof kind);
	return r;
}

static int write_sentence(const struct server *server, const struct texts *texts, const char *code, struct buf *ret_sentence)
{
	const char *issuer = server->settings.issuer;
	int r = texts_fill(texts->reset_mail, code, ret_sentence);

	return r < 0 ? r : buf_printf(ret_sentence, " %s%s", issuer ? issuer : "", ACCOUNT_RESET_PATH);
}

static int send(const struct server *server, const struct texts *texts, const struct account *account, const char *text)
{
	struct mail_code code = {.purpose = MAIL_RESET, .account = account->id, .email = account->email};
	struct buf sentence = BUF_INIT(4096), sealed = BUF_INIT(8192);
	struct mail mail = {.email = account->email, .time = env_now(&server->env)};
	int r = digest(server, text, code.code);

	memcpy(code.ticket, code.code, sizeof code.ticket); /* no page holds one: found by its account */
	code.expires = mail.time + INT64_C(1000) * RESET_SECONDS;
	if (r == 0)
		r = write_sentence(server, texts, text, &sentence);
	if (r == 0)
		r = mail_text(server, texts->code_subject, buf_text(&sentence), &sealed);
	if (r == 0) {
		mail.text = (const unsigned char *)sealed.data;
		mail.text_length = sealed.len;
		r = store_mail_ask(server->store, &code, &mail);
	}
	buf_free(&sentence);
	buf_free(&sealed);
	return r;
}

int reset_ask(const struct server *server, const struct texts *texts, const struct account *account)
{
	char code[RECOVERY_CODE_SIZE];
	int r = recovery_code_make(&server->env, code);

	if (r == 0)
		r = send(server, texts, account, code);
	secret_wipe(code, sizeof code);
	return r;
}

int reset_password(const struct server *server, const struct texts *texts, const char *email, const char *code, const char *password)
{
	char hash[PASSWORD_HASH_SIZE];
	struct notice notice = {0};
	struct password_reset reset = {.email = email, .max_tries = RESET_TRIES, .hash = hash};
	int64_t account = 0;
	int r;

	if (digest(server, code, reset.code) < 0)
		return PIMS_E_NOT_FOUND; /* no code at all: it costs no try */
	r = password_hash(password, hash);
	if (r == 0)
		r = notice_make(server, texts, email, texts->password_changed_mail, &notice);
	reset.notice = &notice.mail;
	if (r == 0)
		r = store_password_reset(server->store, &reset, &account);
	if (r == 0) {
		notice_deliver(server, &notice);
		(void)sign_in_forgive(server->store, account); /* guesses at the old one; the password is changed, whatever becomes of this */
	}
	notice_free(&notice);
	return r;
}
