/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/advice.h"
#include "cli/call.h"
#include "cli/render.h"
#include "cli/session.h"
#include "cli/terminal.h"

int call_print(struct cli *cli, const struct reply *reply)
{
	struct buf text = BUF_INIT(4 << 20);
	int r = 0;

	if (terminal_is(stdout))
		r = render_json(secret_text(&reply->text), terminal_colours(stdout), &text);
	if (r == 0)
		puts(terminal_is(stdout) ? buf_text(&text) : secret_text(&reply->text));
	buf_free(&text);
	return r < 0 ? cli_error(cli, "message", r) : CLI_OK;
}

int word_try(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters, struct reply *ret_reply)
{
	int r = session_open(cli);

	if (!r)
		return call_run(cli, kind, api, parameters, ret_reply);
	json_wipe(parameters);
	return r;
}

int word_fail(struct cli *cli, const struct reply *reply)
{
	if (cli->json)
		(void)call_print(cli, reply);
	advice_print(cli, reply);
	return CLI_FAILED;
}

int word_call(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters, struct reply *ret_reply)
{
	int r = word_try(cli, kind, api, parameters, ret_reply);

	return r || ret_reply->succeeded ? r : word_fail(cli, ret_reply);
}

int word_answer(struct cli *cli, const struct reply *reply, const char *text)
{
	if (cli->json)
		return call_print(cli, reply);
	if (text) {
		terminal_print(stdout, text);
		fputc('\n', stdout);
	}
	return CLI_OK;
}
