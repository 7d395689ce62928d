/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/advice.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/parameters.h"
#include "cli/session.h"

/* get, set: the calls of the reference as they are. The message is the answer, also when it says FAILED. */

enum { RAW_JSON, RAW_NO_BROWSER };

#define RAW_ROW \
	{ \
		"json", "TEXT", "parameters as a JSON object; - reads standard input" \
	}

const struct option_row get_options[] = {RAW_ROW, {NULL, NULL, NULL}};
const struct option_row set_options[] = {
	RAW_ROW,
	{"no-browser", NULL, "a sign-in prints its address in front of the message"},
	{NULL, NULL, NULL},
};

/* Takes parameters over. */
static int call(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = call_run(cli, kind, api, parameters, &reply);

	if (!r)
		r = call_print(cli, &reply);
	return !r && !reply.succeeded ? CLI_FAILED : r;
}

/* Without a configuration a call has a documented answer too: 2001. */
static int call_uninitialized(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters)
{
	int r = session_context(cli);

	if (r) {
		json_wipe(parameters);
		return r;
	}
	r = call(cli, kind, api, parameters);
	return r == CLI_FAILED ? CLI_CANNOT : r;
}

static int raw(struct cli *cli, enum call_kind kind, const struct arguments *arguments)
{
	json_t *parameters = NULL;
	int r;

	cli->json = true;
	cli->sign_in.no_browser = arguments->option[RAW_NO_BROWSER];
	r = parameters_read(cli, arguments->option[RAW_JSON], arguments->count - 1, arguments->operands + 1, &parameters);
	if (r)
		return r;
	r = session_open(cli);
	if (!r)
		return call(cli, kind, arguments->operands[0], parameters);
	if (r == CLI_CANNOT && !cli->pims)
		return call_uninitialized(cli, kind, arguments->operands[0], parameters);
	json_wipe(parameters);
	return r;
}

int command_get(struct cli *cli, const struct arguments *arguments)
{
	return raw(cli, CALL_GET, arguments);
}

int command_set(struct cli *cli, const struct arguments *arguments)
{
	return raw(cli, CALL_SET, arguments);
}
