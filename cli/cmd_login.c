/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"
#include "cli/terminal.h"

enum { LOGIN_NO_BROWSER, LOGIN_QR, LOGIN_FORCED, LOGIN_LOCAL, LOGIN_WAIT, LOGIN_JSON, LOGIN_NO_HANDLER };

const struct option_row login_options[] = {
	NO_BROWSER_ROW,     QR_ROW,   {"forced", NULL, "ask for the password even when the browser is signed in"},
	LOCAL_ROW,          WAIT_ROW, JSON_ROW,
	NO_HANDLER_ROW,
	{NULL, NULL, NULL},
};

/* Standard output belongs to the address: what is said to a person goes to standard error. */
static int greet(struct cli *cli, const struct reply *login)
{
	struct reply reply cleanup_reply = {.message = NULL};
	const char *name;
	int r;

	if (cli->json)
		return word_answer(cli, login, NULL);
	r = call_run(cli, CALL_GET, API_ACCOUNT, call_parameters("actionType", "basic", "type", "username", NULL), &reply);
	if (r)
		return r;
	name = reply_string(&reply, "username");
	fputs(name ? "signed in as " : "signed in", stderr);
	terminal_print(stderr, name ? name : "");
	fputc('\n', stderr);
	return CLI_OK;
}

int command_login(struct cli *cli, const struct arguments *arguments)
{
	const char *action = arguments->option[LOGIN_FORCED] ? "forcedLogin" : "login";
	struct reply reply cleanup_reply = {.message = NULL};
	int r = agent_wait(cli, arguments->option[LOGIN_WAIT]);

	cli->json = arguments->option[LOGIN_JSON];
	cli->sign_in.no_browser = arguments->option[LOGIN_NO_BROWSER];
	cli->sign_in.qr = arguments->option[LOGIN_QR];
	cli->handler.wanted = !arguments->option[LOGIN_NO_HANDLER];
	if (!r)
		r = word_call(cli, CALL_SET, API_USER, call_parameters("action", action, "local", arguments->option[LOGIN_LOCAL], NULL),
			      &reply);
	return r ? r : greet(cli, &reply);
}
