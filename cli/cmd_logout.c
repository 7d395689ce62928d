/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/handler.h"
#include "cli/names.h"

enum { LOGOUT_BROWSER, LOGOUT_NO_BROWSER, LOGOUT_QR, LOGOUT_LOCAL, LOGOUT_WAIT, LOGOUT_JSON };

const struct option_row logout_options[] = {
	{"browser", NULL, "end the browser's session at the server too, on a page of the server"},
	NO_BROWSER_ROW,
	QR_ROW,
	LOCAL_ROW,
	WAIT_ROW,
	JSON_ROW,
	{NULL, NULL, NULL},
};

/* The library signs out here whatever becomes of the server (spec/facade.md, Flows). */
static int fail(struct cli *cli, const struct reply *reply)
{
	int code = reply_code(reply), r = word_fail(cli, reply);

	if (code == PIMS_TIMEOUT || code == PIMS_NETWORK || code == PIMS_SERVER)
		cli_say(cli, "signed out here all the same; the server could not be told");
	return r;
}

int command_logout(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	bool browser = arguments->option[LOGOUT_BROWSER] || arguments->option[LOGOUT_NO_BROWSER] || arguments->option[LOGOUT_QR];
	int r = agent_wait(cli, arguments->option[LOGOUT_WAIT]);

	cli->json = arguments->option[LOGOUT_JSON];
	handler_clean();
	cli->sign_in.page = "End the browser's session";
	cli->sign_in.no_browser = arguments->option[LOGOUT_NO_BROWSER];
	cli->sign_in.qr = arguments->option[LOGOUT_QR];
	if (!r)
		r = word_try(cli, CALL_SET, API_USER,
			      call_parameters("action", "logout", "local", arguments->option[LOGOUT_LOCAL], "endSession",
					      browser ? "browser" : NULL, NULL),
			      &reply);
	if (!r && !reply.succeeded)
		return fail(cli, &reply);
	return r ? r : word_answer(cli, &reply, "signed out");
}
