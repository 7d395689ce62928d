/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { PHONE_JSON };

const struct option_row phone_options[] = {JSON_ROW, {NULL, NULL, NULL}};

int command_phone(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r;

	cli->json = arguments->option[PHONE_JSON];
	r = word_call(cli, CALL_GET, API_PHONE, NULL, &reply);
	return r ? r : word_answer(cli, &reply, reply_string(&reply, "phoneNumber"));
}
