/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/call.h"
#include "cli/command.h"
#include "cli/handler.h"
#include "cli/names.h"

enum { LOGOUT_JSON };

const struct option_row logout_options[] = {JSON_ROW, {NULL, NULL, NULL}};

int command_logout(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r;

	cli->json = arguments->option[LOGOUT_JSON];
	handler_clean();
	r = word_call(cli, CALL_SET, API_USER, call_parameters("action", "logout", NULL), &reply);
	return r ? r : word_answer(cli, &reply, "signed out");
}
