/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/identifier.h"
#include "server/account/mail.h"
#include "server/account/password.h"
#include "server/oidc/places.h"
#include "server/oidc/second_factor.h"
#include "server/oidc/sign_in.h"
#include "server/web/confirm.h"

#include "base/text.h"

#include <pims/error.h>

#include <string.h>

/* Changing an account's e-mail address or password: its password is asked for, whoever is signed in, and what else a sign-in wants. */

/* The password was right, which is enough to be asked for a passkey in this browser. 1: the page is shown. */
static int ask_passkey(struct visit *visit, const struct account *account)
{
	int r = browser_start(visit->request, visit->response, account, &visit->browser);

	if (r < 0)
		return r;
	visit_ask_passkey(visit, 200, NULL);
	return 1;
}

/* The account of name and password; the application's user, when it told who that is. 1: a passkey is asked for first. */
static int check_person(struct visit *visit, struct account *ret_account, int *ret_retry_after)
{
	struct account account = {0};
	int r = sign_in(visit->request, visit_field(visit, "username"), visit_field(visit, "password"), &account, ret_retry_after);

	if (r == 0 && visit->hinted.id && visit->hinted.id != account.id)
		r = PIMS_E_NOT_FOUND;
	if (r == 0)
		r = second_factor_check(visit->request, visit_field(visit, "otp"), account.id, ret_retry_after);
	if (r == PIMS_E_STATE)
		r = ask_passkey(visit, &account);
	if (r == 0)
		*ret_account = account;
	else
		account_free(&account);
	return r;
}

static const char *known_email(const struct visit *visit)
{
	const char *typed = query_get(&visit->request->form, "username");

	return typed ? typed : visit->hinted.email;
}

/* The last field, where the server wants one-time passwords. */
static size_t count_fields(const struct visit *visit, size_t all)
{
	const struct settings *settings = &request_server(visit->request)->settings;

	return settings->sign_in_otp || settings->sign_in_passkey ? all : all - 1;
}

static void show_email(struct visit *visit, int status, const char *error)
{
	const struct texts *texts = visit->texts;
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", known_email(visit), NULL},
		{"password", texts->password, "password", "current-password", NULL, NULL},
		{"email", texts->new_email, "email", "email", query_get(&visit->request->form, "email"), NULL},
		page_otp_field(texts, texts->otp_if),
	};
	const struct form_page page = {.heading = texts->email_heading, .error = error, .fields = fields,
				       .field_count = count_fields(visit, sizeof fields / sizeof *fields), .optional = "otp",
				       .submit = texts->go_on};

	visit_show(visit, status, &page);
}

static void change_email(struct visit *visit)
{
	struct account account = {0};
	char email[EMAIL_SIZE];
	struct mail_code code = {.purpose = MAIL_CHANGE, .email = email};
	struct buf text = BUF_INIT(1024);
	const char *error = NULL;
	int status = 400, retry_after = 0, r;

	if (email_normalise(visit_field(visit, "email"), email) < 0) {
		show_email(visit, status, visit->texts->bad_email);
		return;
	}
	r = check_person(visit, &account, &retry_after);
	if (r == 0)
		r = mail_allow(visit->request, email, &retry_after);
	if (r < 0)
		error = visit_error(visit, r, retry_after, &text, &status);
	code.account = account.id;
	code.password_hash = account.password_hash;
	if (error)
		show_email(visit, status, error);
	else if (r == 0)
		confirm_ask(visit, &code);
	account_free(&account);
	buf_free(&text);
}

/* What was typed into the form before is typed again: a page does not carry passwords. */
static void take_passkey(struct visit *visit, void (*show)(struct visit *visit, int status, const char *error))
{
	if (visit_take_passkey(visit))
		show(visit, 200, NULL);
}

void page_email(struct request *request, struct response *response)
{
	struct visit visit;

	switch (visit_open(&visit, request, response, ACCOUNT_EMAIL_PATH)) {
	case VISIT_SHOW:
		show_email(&visit, 200, NULL);
		break;
	case VISIT_EXPIRED:
		show_email(&visit, 403, visit.texts->expired);
		break;
	case VISIT_PASSKEY:
		take_passkey(&visit, show_email);
		break;
	case VISIT_POSTED:
		if (!confirm_posted(&visit, MAIL_CHANGE))
			change_email(&visit);
		break;
	case VISIT_ANSWERED:
		break;
	}
	visit_close(&visit);
}

static void show_password(struct visit *visit, int status, const char *error)
{
	const struct texts *texts = visit->texts;
	struct buf hint = BUF_INIT(256);
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", known_email(visit), NULL},
		{"password", texts->current_password, "password", "current-password", NULL, NULL},
		{"new_password", texts->new_password, "password", "new-password", NULL, visit_password_hint(visit, &hint)},
		{"new_password2", texts->repeat_password, "password", "new-password", NULL, NULL},
		page_otp_field(texts, texts->otp_if),
	};
	const struct form_page page = {.heading = texts->password_heading, .intro = texts->password_intro, .error = error, .fields = fields,
				       .field_count = count_fields(visit, sizeof fields / sizeof *fields), .optional = "otp",
				       .submit = texts->go_on};

	visit_show(visit, status, &page);
	buf_free(&hint);
}

static const char *new_password_fault(const struct visit *visit)
{
	const char *password = visit_field(visit, "new_password");

	if (!text_equal(password, visit_field(visit, "new_password2")))
		return visit->texts->different;
	return visit_password_fault(visit, password, query_get(&visit->request->form, "username"));
}

/* Guesses at the old password are nothing to the new one, and whoever knows the new one is here. */
static int start_anew(struct visit *visit, int64_t account)
{
	int r = sign_in_forgive(request_server(visit->request)->store, account);

	if (r == 0)
		r = place_add_network(visit->request, account);
	return r < 0 ? r : place_add_browser(visit->request, visit->response, account);
}

static int set_password(struct visit *visit, const struct account *account)
{
	const struct server *server = request_server(visit->request);
	char hash[PASSWORD_HASH_SIZE];
	struct notice notice = {0};
	const struct password_change change = {.account = account->id, .old_hash = account->password_hash, .hash = hash, .notice = &notice.mail,
					       .keep = visit->hinted.id == account->id ? visit->session : 0};
	int r = password_hash(visit_field(visit, "new_password"), hash);

	if (r == 0)
		r = notice_make(server, visit->texts, account->email, visit->texts->password_changed_mail, &notice);
	if (r == 0)
		r = store_account_change_password(server->store, &change);
	if (r == 0)
		notice_deliver(server, &notice);
	notice_free(&notice);
	/* the password is changed, whatever becomes of this; the store has logged what failed */
	if (r == 0)
		(void)start_anew(visit, account->id);
	return r;
}

static void change_password(struct visit *visit)
{
	struct account account = {0};
	struct buf text = BUF_INIT(1024);
	const char *error = new_password_fault(visit);
	int status = 400, retry_after = 0, r = 0;

	if (!error) {
		r = check_person(visit, &account, &retry_after);
		if (r == 0)
			r = set_password(visit, &account);
		if (r < 0)
			error = visit_error(visit, r, retry_after, &text, &status);
	}
	if (error)
		show_password(visit, status, error);
	else if (r == 0)
		visit_leave(visit, "result", "done");
	account_free(&account);
	buf_free(&text);
}

void page_password(struct request *request, struct response *response)
{
	struct visit visit;

	switch (visit_open(&visit, request, response, ACCOUNT_PASSWORD_PATH)) {
	case VISIT_SHOW:
		show_password(&visit, 200, NULL);
		break;
	case VISIT_EXPIRED:
		show_password(&visit, 403, visit.texts->expired);
		break;
	case VISIT_PASSKEY:
		take_passkey(&visit, show_password);
		break;
	case VISIT_POSTED:
		change_password(&visit);
		break;
	case VISIT_ANSWERED:
		break;
	}
	visit_close(&visit);
}
