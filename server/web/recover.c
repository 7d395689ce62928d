/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/text.h"
#include "server/account/certify.h"
#include "server/account/mail.h"
#include "server/account/password.h"
#include "server/account/recovery.h"
#include "server/oidc/sign_in.h"
#include "server/sms/number.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"
#include "server/web/own.h"
#include "server/web/visit.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The phone number is lost (docs/PROTOCOL.md, "Recovery"). First password, the operator's code and the new number; then the code from an SMS to that
 * number, since a slip of the keyboard would lock its owner out again. Only then the number becomes the trusted one and the operator's code is used up:
 * whoever is cut off in between begins anew with the same.
 */

struct recovery {
	struct request *request;
	struct response *response;
	struct server *server;
	const struct texts *texts;
	struct account account;
	struct recovery_claim claim;
	char ticket[TICKET_SIZE];
	unsigned char ticket_hash[SHA256_SIZE];
};

static void show_first(const struct recovery *recovery, int status, const char *error)
{
	const struct texts *texts = recovery->texts;
	const struct query *form = &recovery->request->form;
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", query_get(form, "username"), NULL},
		{"password", texts->password, "password", "current-password", NULL, NULL},
		{"code", texts->recovery_code, "text", "off", NULL, NULL},
		{"phone", texts->new_phone, "tel", "tel", query_get(form, "phone"), NULL},
	};
	const struct form_page page = {.texts = texts, .heading = texts->recover_heading, .intro = texts->recover_intro, .error = error,
				       .fields = fields, .field_count = 4, .submit = texts->go_on};

	own_show(recovery->request, recovery->response, status, ACCOUNT_RECOVER_PATH, &page);
}

/* "cancel" leads back to the first step: the number may be wrong. */
static void show_second(const struct recovery *recovery, int status, const char *error)
{
	const struct texts *texts = recovery->texts;
	const struct page_field fields[] = {{"sms", texts->code_label, "text", "one-time-code", NULL, NULL}};
	struct form_page page = {.texts = texts, .heading = texts->recover_heading, .error = error, .ticket = recovery->ticket,
				 .fields = fields, .field_count = 1, .submit = texts->go_on, .again = texts->send_again, .cancels = true};
	struct buf intro = BUF_INIT(4096);
	char number[PHONE_SIZE];

	if (texts_fill(texts->code_intro, account_show_number(recovery->server, &recovery->account, recovery->claim.phone, number), &intro) == 0)
		page.intro = buf_text(&intro);
	own_show(recovery->request, recovery->response, status, ACCOUNT_RECOVER_PATH, &page);
	buf_free(&intro);
}

/* --- the message ------------------------------------------------------------------------------------------------------------------- */

/* One that was sent before and is still good. */
static bool has_code(const struct recovery *recovery)
{
	const struct server *server = recovery->server;
	struct sms_code code = {0};
	bool has = store_sms_live(server->store, recovery->account.id, SMS_CERTIFICATION, env_now(&server->env), &code) == 0 &&
		   text_equal(code.phone, recovery->claim.phone);

	sms_code_free(&code);
	return has;
}

/* `minutes`: the text tells the time in minutes, else in seconds. */
static void show_limit(const struct recovery *recovery, int retry_after, bool minutes, bool second)
{
	const struct texts *texts = recovery->texts;
	struct buf text = BUF_INIT(1024);
	char number[16];

	(void)snprintf(number, sizeof number, "%d", minutes ? retry_after / 60 + 1 : retry_after);
	own_retry(recovery->response, PIMS_E_LIMIT, retry_after);
	(void)texts_fill(minutes ? texts->too_many : texts->sms_wait, number, &text);
	(second ? show_second : show_first)(recovery, 429, buf_text(&text));
	buf_free(&text);
}

/* Sends the code and asks for it. `again`: it was asked for before. */
static void ask(const struct recovery *recovery, bool again)
{
	char network[REQUEST_CLIENT_SIZE];
	const struct sms_order order = {.account = &recovery->account, .purpose = SMS_CERTIFICATION, .number = recovery->claim.phone, .network = network};
	struct sms_verdict verdict = {0};
	int r;

	request_network(recovery->request, network);
	r = sms_send(recovery->server, &order, recovery->texts, &verdict);
	if (r == PIMS_E_LIMIT && !again && has_code(recovery))
		r = 0; /* who comes back has it already */
	if (r == 0)
		show_second(recovery, 200, NULL);
	else if (r == PIMS_E_LIMIT)
		show_limit(recovery, verdict.retry_after, verdict.spent, again);
	else
		show_first(recovery, r == PIMS_E_INVALID ? 403 : 500, r == PIMS_E_INVALID ? recovery->texts->no_country : recovery->texts->failed);
}

/* --- first step --------------------------------------------------------------------------------------------------------------------- */

/* The hash of the live code, when `text` is that code. A try is counted before it is compared. */
static int check_code(const struct server *server, const struct account *account, const char *text, char **ret_hash)
{
	char code[RECOVERY_LENGTH + 1];
	char *hash = NULL;
	int r = recovery_code_read(text, code);

	if (r < 0)
		return PIMS_E_NOT_FOUND;
	r = store_recovery_try(server->store, account->id, RECOVERY_TRIES, env_now(&server->env), &hash);
	if (r == 0)
		r = password_verify(hash, code);
	secret_wipe(code, sizeof code);
	if (r == 0)
		*ret_hash = hash;
	else
		secret_free_text(hash);
	return r;
}

static int claim(struct recovery *recovery, const char *phone)
{
	char *hash = NULL;
	int r = check_code(recovery->server, &recovery->account, own_field(recovery->request, "code"), &hash);

	if (r == 0)
		r = text_set(&recovery->claim.phone, phone);
	if (r == 0)
		r = env_random_hex(&recovery->server->env, recovery->ticket, (TICKET_SIZE - 1) / 2);
	if (r == 0)
		r = sha256(recovery->ticket, strlen(recovery->ticket), recovery->ticket_hash);
	if (r == 0)
		r = store_recovery_claim(recovery->server->store, recovery->account.id, hash, phone, recovery->ticket_hash);
	secret_free_text(hash);
	return r;
}

/* The number before the code: a slip of the keyboard must not cost a try. */
static void begin(struct recovery *recovery)
{
	const struct texts *texts = recovery->texts;
	char phone[PHONE_SIZE];
	int r;

	if (account_number(recovery->server, &recovery->account, own_field(recovery->request, "phone"), phone) < 0) {
		show_first(recovery, 403, texts->bad_phone);
		return;
	}
	r = claim(recovery, phone);
	own_retry(recovery->response, r, 0);
	if (r == 0)
		ask(recovery, false);
	else if (r == PIMS_E_NOT_FOUND)
		show_first(recovery, 403, texts->wrong_code);
	else
		show_first(recovery, r == PIMS_E_AGAIN ? 503 : 500, r == PIMS_E_AGAIN ? texts->busy : texts->failed);
}

static void post_first(struct recovery *recovery)
{
	struct buf text = BUF_INIT(1024);
	const char *error;
	int status = 403, retry_after = 0;
	int r = sign_in(recovery->request, own_field(recovery->request, "username"), own_field(recovery->request, "password"), &recovery->account,
			&retry_after);

	if (r == 0) {
		begin(recovery);
	} else {
		own_retry(recovery->response, r, retry_after);
		error = own_error(recovery->texts, r, retry_after, &text, &status);
		show_first(recovery, status, error);
	}
	buf_free(&text);
}

/* --- second step -------------------------------------------------------------------------------------------------------------------- */

/* Besides the mail: who lost the number may have it back, and who asked the operator may not be who lost it. */
static void tell_old(const struct recovery *recovery, const char *old)
{
	if (old && !text_equal(old, recovery->claim.phone))
		sms_deliver(recovery->server, old, recovery->texts->phone_changed_sms);
}

/* Wrong codes are counted there. */
static int change_number(const struct recovery *recovery, const char *digits, struct certified *ret_certified)
{
	const struct server *server = recovery->server;
	struct notice mail = {0};
	struct phone_change change = {.account = recovery->account.id, .phone = recovery->claim.phone, .ticket = recovery->ticket_hash,
				      .mail = &mail.mail, .max_tries = SMS_CODE_TRIES, .now = env_now(&server->env)};
	int r = seal_digest(server->seal, digits, change.code_hash);

	if (r == 0)
		r = sms_seal_text(server, recovery->texts->phone_changed_sms, &change.notice, &change.notice_length);
	if (r == 0)
		r = notice_make(server, recovery->texts, recovery->account.email, recovery->texts->phone_changed_mail, &mail);
	if (r == 0)
		r = certify_number(server, &change, ret_certified);
	if (r == 0 && ret_certified->result == PHONE_SET) {
		notice_deliver(server, &mail);
		tell_old(recovery, ret_certified->old);
	}
	free(change.notice);
	notice_free(&mail);
	return r;
}

static void show_wrong(const struct recovery *recovery, int remaining)
{
	struct buf text = BUF_INIT(1024);
	char number[16];

	(void)snprintf(number, sizeof number, "%d", remaining);
	if (remaining > 0 && texts_fill(recovery->texts->code_tries, number, &text) == 0)
		show_second(recovery, 403, buf_text(&text));
	else
		show_second(recovery, 403, recovery->texts->wrong_code);
	buf_free(&text);
}

static void confirm(const struct recovery *recovery)
{
	const struct texts *texts = recovery->texts;
	const char *text = own_field(recovery->request, "sms");
	struct certified certified = {.result = PHONE_CODE, .remaining = -1};
	char digits[SMS_CODE_SIZE];
	int r = 0;

	/* people copy a code with the blanks around it; what cannot be one costs no try */
	text += strspn(text, " ");
	if (strspn(text, "0123456789") == SMS_CODE_DIGITS) {
		(void)snprintf(digits, sizeof digits, "%.*s", SMS_CODE_DIGITS, text);
		r = change_number(recovery, digits, &certified);
		secret_wipe(digits, sizeof digits);
	}
	if (r == PIMS_E_LIMIT)
		show_limit(recovery, certified.retry_after, true, true);
	else if (r < 0)
		show_second(recovery, 500, texts->failed);
	else if (certified.result == PHONE_SET || certified.result == PHONE_SAME)
		page_message(recovery->response, 200, texts, texts->done, texts->phone_changed);
	else
		show_wrong(recovery, certified.remaining);
	certified_free(&certified);
}

/* What the ticket stands for. */
static int find_claim(struct recovery *recovery, const char *ticket)
{
	struct store *store = recovery->server->store;
	int r = strlen(ticket) == TICKET_SIZE - 1 ? text_copy(recovery->ticket, sizeof recovery->ticket, ticket) : PIMS_E_NOT_FOUND;

	if (r == 0)
		r = sha256(ticket, strlen(ticket), recovery->ticket_hash);
	if (r == 0)
		r = store_recovery_claimed(store, recovery->ticket_hash, env_now(&recovery->server->env), &recovery->claim);
	return r == 0 ? store_account_by_id(store, recovery->claim.account, &recovery->account) : r;
}

static void post_second(struct recovery *recovery, const char *ticket)
{
	int r = find_claim(recovery, ticket);

	if (query_get(&recovery->request->form, "cancel"))
		show_first(recovery, 200, NULL);
	else if (r < 0)
		show_first(recovery, r == PIMS_E_NOT_FOUND ? 403 : 500, r == PIMS_E_NOT_FOUND ? recovery->texts->expired : recovery->texts->failed);
	else if (query_get(&recovery->request->form, "again") && !recovery->claim.used)
		ask(recovery, true);
	else
		confirm(recovery);
}

void page_recover(struct request *request, struct response *response)
{
	struct recovery recovery = {.request = request, .response = response, .server = request_server(request), .texts = texts_of_request(request)};
	const char *ticket = query_get(&request->form, "ticket");
	int r = *request->method == 'P' ? own_check(request, response, ACCOUNT_RECOVER_PATH) : 1;

	if (r > 0)
		show_first(&recovery, 200, NULL);
	else if (r == PIMS_E_STATE)
		show_first(&recovery, 403, recovery.texts->expired);
	else if (r == 0 && ticket)
		post_second(&recovery, ticket);
	else if (r == 0)
		post_first(&recovery);
	account_free(&recovery.account);
	free(recovery.claim.phone);
	secret_wipe(recovery.ticket, sizeof recovery.ticket);
}
