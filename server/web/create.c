/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/identifier.h"
#include "server/account/mail.h"
#include "server/account/password.h"
#include "server/web/confirm.h"

#include "base/text.h"

#include <pims/error.h>


/* A new account: address and password, then the code from the e-mail. Nothing here tells whether an address has an account. */

static void show(struct visit *visit, int status, const char *error)
{
	const struct texts *texts = visit->texts;
	const char *email = query_get(&visit->request->form, "username");
	struct buf intro = BUF_INIT(2048), hint = BUF_INIT(256);
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", email, NULL},
		{"password", texts->new_password, "password", "new-password", NULL, visit_password_hint(visit, &hint)},
		{"password2", texts->repeat_password, "password", "new-password", NULL, NULL},
	};
	struct form_page page = {.heading = texts->create_heading, .error = error, .fields = fields, .field_count = 3, .submit = texts->go_on};

	if (texts_fill(texts->create_intro, visit->client.name ? visit->client.name : visit->client.id, &intro) == 0)
		page.intro = buf_text(&intro);
	visit_show(visit, status, &page);
	buf_free(&hint);
	buf_free(&intro);
}

static const char *fault(const struct visit *visit, char ret_email[EMAIL_SIZE])
{
	const char *password = visit_field(visit, "password");

	if (email_normalise(visit_field(visit, "username"), ret_email) < 0)
		return visit->texts->bad_email;
	if (!text_equal(password, visit_field(visit, "password2")))
		return visit->texts->different;
	return visit_password_fault(visit, password, ret_email);
}

static void create(struct visit *visit)
{
	char email[EMAIL_SIZE], hash[PASSWORD_HASH_SIZE];
	struct mail_code code = {.purpose = MAIL_CREATE, .email = email, .password_hash = hash};
	const char *error = fault(visit, email);
	struct buf text = BUF_INIT(1024);
	int status = 400, retry_after = 0;
	int r = 0;

	if (!error) {
		r = mail_allow(visit->request, email, &retry_after);
		if (r == 0)
			r = password_hash(visit_field(visit, "password"), hash);
		if (r < 0)
			error = visit_error(visit, r, retry_after, &text, &status);
	}
	if (error)
		show(visit, status, error);
	else
		confirm_ask(visit, &code);
	buf_free(&text);
}

void page_create(struct request *request, struct response *response)
{
	struct visit visit;

	switch (visit_open(&visit, request, response, ACCOUNT_CREATE_PATH)) {
	case VISIT_SHOW:
		show(&visit, 200, NULL);
		break;
	case VISIT_EXPIRED:
	case VISIT_PASSKEY: /* nobody is asked for one here */
		show(&visit, 403, visit.texts->expired);
		break;
	case VISIT_POSTED:
		if (!confirm_posted(&visit, MAIL_CREATE))
			create(&visit);
		break;
	case VISIT_ANSWERED:
		break;
	}
	visit_close(&visit);
}
