/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { TOKEN_REFRESH, TOKEN_JSON };

const struct option_row token_options[] = {
	{"refresh", NULL, "renew it first, however long it is still good"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

int command_token(struct cli *cli, const struct arguments *arguments)
{
	const char *word = arguments->count ? arguments->operands[0] : "id";
	const char *action = arguments->option[TOKEN_REFRESH] ? "refresh" : "get";
	struct reply reply cleanup_reply = {.message = NULL};
	const char *type;
	int r;

	cli->json = arguments->option[TOKEN_JSON];
	if (text_equal(word, "id"))
		type = "idtoken";
	else if (text_equal(word, "cvs"))
		type = "cvs";
	else if (text_equal(word, "customer"))
		type = "customerAt";
	else
		return cli_usage(cli, "say id, cvs or customer");
	r = word_call(cli, CALL_GET, API_TOKEN, call_parameters("type", type, "action", action, NULL), &reply);
	return r ? r : word_answer(cli, &reply, reply_string(&reply, "token"));
}
