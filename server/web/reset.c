/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/account/identifier.h"
#include "server/account/reset.h"
#include "server/oidc/sign_in.h"
#include "server/web/own.h"
#include "server/web/visit.h"

#include <pims/error.h>

/* A new password with the code from the mail that the operator sent for. It signs nobody in: that takes what signing in always takes. */

enum { WINDOW_S = 900, FAILURES = 20 };

static void show(const struct visit *visit, int status, const char *error)
{
	const struct texts *texts = visit->texts;
	struct buf hint = BUF_INIT(256);
	const struct page_field fields[] = {
		{"username", texts->username, "email", "username", query_get(&visit->request->form, "username"), NULL},
		{"code", texts->code_label, "text", "one-time-code", NULL, NULL},
		{"new_password", texts->new_password, "password", "new-password", NULL, visit_password_hint(visit, &hint)},
		{"new_password2", texts->repeat_password, "password", "new-password", NULL, NULL},
	};
	const struct form_page page = {.texts = texts, .heading = texts->reset_heading, .intro = texts->reset_intro, .error = error, .fields = fields,
				       .field_count = 4, .submit = texts->go_on};

	own_show(visit->request, visit->response, status, ACCOUNT_RESET_PATH, &page);
	buf_free(&hint);
}

/* Wrong codes of a network, whatever the account: of each code a few are looked at only. */
static int try_reset(const struct visit *visit, const char *email, int *ret_retry_after)
{
	const struct server *server = request_server(visit->request);
	char network[REQUEST_CLIENT_SIZE], key[SIGN_IN_KEY_SIZE];
	int64_t now = env_now(&server->env);
	int counted, ignored = 0, r;

	request_network(visit->request, network);
	r = sign_in_key(server->seal, "reset-from", network, key);
	if (r == 0)
		r = store_attempt_check(server->store, key, FAILURES, now, ret_retry_after);
	if (r == 0)
		r = reset_password(server, visit->texts, email, visit_field(visit, "code"), visit_field(visit, "new_password"));
	if (r == 0)
		(void)sign_in_forgive_here(visit->request, email);
	if (r != PIMS_E_NOT_FOUND)
		return r;
	counted = store_attempt(server->store, key, FAILURES, WINDOW_S, now, &ignored);
	return counted < 0 && counted != PIMS_E_LIMIT ? counted : PIMS_E_NOT_FOUND;
}

/* The password before the code: a slip of the keyboard must not cost a try. */
static const char *find_fault(const struct visit *visit, char ret_email[EMAIL_SIZE])
{
	const char *password = visit_field(visit, "new_password");

	if (email_normalise(visit_field(visit, "username"), ret_email) < 0)
		return visit->texts->bad_email;
	if (!text_equal(password, visit_field(visit, "new_password2")))
		return visit->texts->different;
	return visit_password_fault(visit, password, ret_email);
}

static void post(const struct visit *visit)
{
	struct buf text = BUF_INIT(1024);
	char email[EMAIL_SIZE];
	const char *error = find_fault(visit, email);
	int status = 400, retry_after = 0, r = 0;

	if (!error) {
		r = try_reset(visit, email, &retry_after);
		if (r < 0)
			error = visit_error(visit, r, retry_after, &text, &status);
		if (r == PIMS_E_NOT_FOUND)
			error = visit->texts->wrong_code;
	}
	if (error)
		show(visit, status, error);
	else
		page_message(visit->response, 200, visit->texts, visit->texts->done, visit->texts->reset_done);
	buf_free(&text);
}

void page_reset(struct request *request, struct response *response)
{
	const struct visit visit = {.request = request, .response = response, .texts = texts_of_request(request)};
	int r = *request->method == 'P' ? own_check(request, response, ACCOUNT_RESET_PATH) : 1;

	if (r > 0)
		show(&visit, 200, NULL);
	else if (r == PIMS_E_STATE)
		show(&visit, 403, visit.texts->expired);
	else if (r == 0)
		post(&visit);
}
