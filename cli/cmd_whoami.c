/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { WHOAMI_JSON };

const struct option_row whoami_options[] = {JSON_ROW, {NULL, NULL, NULL}};

int command_whoami(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r;

	cli->json = arguments->option[WHOAMI_JSON];
	r = word_call(cli, CALL_GET, API_ACCOUNT, call_parameters("actionType", "basic", "type", "username", NULL), &reply);
	return r ? r : word_answer(cli, &reply, reply_string(&reply, "username"));
}
