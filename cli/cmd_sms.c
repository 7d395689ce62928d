/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { SMS_JSON };

const struct option_row sms_options[] = {JSON_ROW, {NULL, NULL, NULL}};

int command_sms(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	const char *type = NULL;
	int r;

	cli->json = arguments->option[SMS_JSON];
	if (text_equal(arguments->operands[0], "enrollment"))
		type = "enrollment";
	else if (text_equal(arguments->operands[0], "reset-pin"))
		type = "resetPIN";
	else
		return cli_usage(cli, "say enrollment or reset-pin");
	r = word_call(cli, CALL_GET, API_SMS, call_parameters("type", type, NULL), &reply);
	return r ? r : word_answer(cli, &reply, "an SMS with a code is on its way to the account's phone");
}
