/* SPDX-License-Identifier: Apache-2.0 */
#include "server/web/confirm.h"

#include "server/account/mail.h"

#include <pims/error.h>

#include <string.h>

/* The second step of the pages that need an address proved: the code from the e-mail. */

static void show(struct visit *visit, int status, const char *email, const char *ticket, const char *error)
{
	const struct texts *texts = visit->texts;
	const struct page_field fields[] = {{"code", texts->code_label, "text", "one-time-code", NULL, NULL}};
	struct buf intro = BUF_INIT(4096);
	struct form_page page = {.heading = texts->code_heading, .error = error, .ticket = ticket, .fields = fields, .field_count = 1,
				 .submit = texts->go_on};

	if (email && texts_fill(texts->code_intro, email, &intro) == 0)
		page.intro = buf_text(&intro);
	visit_show(visit, status, &page);
	buf_free(&intro);
}

void confirm_ask(struct visit *visit, struct mail_code *code)
{
	const struct server *server = request_server(visit->request);
	struct account account = {0};
	char ticket[TICKET_SIZE];
	int r = store_account_by_email(server->store, code->email, &account);
	bool taken = r == 0;

	account_free(&account);
	if (r == 0 || r == PIMS_E_NOT_FOUND)
		r = mail_ask(server, visit->texts, code, taken, ticket);
	if (r == 0)
		show(visit, 200, code->email, ticket, NULL);
	else
		visit_fail(visit);
}

bool confirm_posted(struct visit *visit, enum mail_purpose purpose)
{
	const char *ticket = query_get(&visit->request->form, "ticket");
	int r;

	if (!ticket)
		return false;
	r = mail_confirm(request_server(visit->request), visit->texts, purpose, ticket, visit_field(visit, "code"));
	if (r == 0)
		visit_leave(visit, "result", "done");
	else if (r == PIMS_E_NOT_FOUND)
		show(visit, 403, NULL, ticket, visit->texts->wrong_code);
	else
		visit_fail(visit);
	return true;
}
