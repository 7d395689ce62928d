/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/mail.h"
#include "server/account/password.h"
#include "server/account/recovery.h"
#include "server/oidc/sign_in.h"
#include "server/sms/number.h"
#include "server/web/own.h"
#include "server/web/visit.h"

#include <pims/error.h>

/* The phone number is lost: password and the operator's one-time code set a new one (docs/PROTOCOL.md, "Recovery"). */

static void show(struct request *request, struct response *response, int status, const char *error)
{
	const struct texts *texts = texts_of_request(request);
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", query_get(&request->form, "username"), NULL},
		{"password", texts->password, "password", "current-password", NULL, NULL},
		{"code", texts->recovery_code, "text", "off", NULL, NULL},
		{"phone", texts->new_phone, "tel", "tel", query_get(&request->form, "phone"), NULL},
	};
	const struct form_page page = {.texts = texts, .heading = texts->recover_heading, .intro = texts->recover_intro, .error = error,
				       .fields = fields, .field_count = 4, .submit = texts->go_on};

	own_show(request, response, status, ACCOUNT_RECOVER_PATH, &page);
}

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

static int use_code(const struct server *server, const struct texts *texts, const struct account *account, const char *hash, const char *phone)
{
	struct buf sealed = BUF_INIT(4096);
	struct mail notice = {.email = account->email, .time = env_now(&server->env)};
	int r = mail_text(server, texts->notice_subject, texts->phone_changed_mail, &sealed);

	if (r == 0) {
		notice.text = (const unsigned char *)sealed.data;
		notice.text_length = sealed.len;
		r = store_recovery_use(server->store, account->id, hash, phone, &notice);
	}
	if (r == 0)
		mail_deliver(server, account->email, texts->phone_changed_mail);
	buf_free(&sealed);
	return r;
}

/* The number first: a slip of the keyboard must not cost a try. */
static const char *recover(struct request *request, const struct account *account)
{
	const struct server *server = request_server(request);
	const struct texts *texts = texts_of_request(request);
	char phone[PHONE_SIZE];
	char *hash = NULL;
	int r;

	if (account_number(server, account, own_field(request, "phone"), phone) < 0)
		return texts->bad_phone;
	r = check_code(server, account, own_field(request, "code"), &hash);
	if (r == 0)
		r = use_code(server, texts, account, hash, phone);
	secret_free_text(hash);
	if (r == PIMS_E_NOT_FOUND)
		return texts->wrong_code;
	if (r == PIMS_E_AGAIN)
		return texts->busy;
	return r < 0 ? texts->failed : NULL;
}

static void post(struct request *request, struct response *response)
{
	const struct texts *texts = texts_of_request(request);
	struct account account = {0};
	struct buf text = BUF_INIT(1024);
	const char *error;
	int status = 403, retry_after = 0;
	int r = sign_in(request, own_field(request, "username"), own_field(request, "password"), &account, &retry_after);

	error = r < 0 ? own_error(texts, r, retry_after, &text, &status) : recover(request, &account);
	if (error)
		show(request, response, status, error);
	else
		page_message(response, 200, texts, texts->done, texts->phone_changed);
	account_free(&account);
	buf_free(&text);
}

void page_recover(struct request *request, struct response *response)
{
	int r = *request->method == 'P' ? own_check(request, response, ACCOUNT_RECOVER_PATH) : 1;

	if (r > 0)
		show(request, response, 200, NULL);
	else if (r == PIMS_E_STATE)
		show(request, response, 403, texts_of_request(request)->expired);
	else if (r == 0)
		post(request, response);
}
