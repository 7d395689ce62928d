/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/agent.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { ACCOUNT_NO_BROWSER, ACCOUNT_QR, ACCOUNT_LOCAL, ACCOUNT_WAIT, ACCOUNT_JSON, ACCOUNT_NO_HANDLER };

const struct option_row account_options[] = {NO_BROWSER_ROW, QR_ROW, LOCAL_ROW, WAIT_ROW, JSON_ROW, NO_HANDLER_ROW, {NULL, NULL, NULL}};

static const struct page {
	const char *word;
	const char *action;
	const char *title;
	const char *done;
} pages[] = {
	{"create", "createAccount", "Create the account", "the account was created; next: pims login"},
	{"email", "updateLogin", "Change the e-mail address", "the e-mail address was changed"},
	{"password", "updatePassword", "Change the password", "the password was changed"},
};

static const struct page *find(const char *word)
{
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		if (text_equal(pages[i].word, word))
			return &pages[i];
	}
	return NULL;
}

/* As at the sign-in, standard output belongs to the address. */
int command_account(struct cli *cli, const struct arguments *arguments)
{
	const struct page *page = find(arguments->operands[0]);
	struct reply reply cleanup_reply = {.message = NULL};
	int r;

	cli->json = arguments->option[ACCOUNT_JSON];
	cli->sign_in.no_browser = arguments->option[ACCOUNT_NO_BROWSER];
	cli->sign_in.qr = arguments->option[ACCOUNT_QR];
	cli->handler.wanted = !arguments->option[ACCOUNT_NO_HANDLER];
	if (!page)
		return cli_usage(cli, "say create, email or password");
	cli->sign_in.page = page->title;
	r = agent_wait(cli, arguments->option[ACCOUNT_WAIT]);
	if (!r)
		r = word_call(cli, CALL_SET, API_USER,
			      call_parameters("action", page->action, "local", arguments->option[ACCOUNT_LOCAL], NULL), &reply);
	if (r || cli->json)
		return r ? r : word_answer(cli, &reply, NULL);
	fprintf(stderr, "%s\n", page->done);
	return CLI_OK;
}
