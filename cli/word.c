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

int word_call(struct cli *cli, enum call_kind kind, const char *api, json_t *parameters, struct reply *ret_reply)
{
	int r = session_open(cli);

	if (r) {
		json_wipe(parameters);
		return r;
	}
	r = call_run(cli, kind, api, parameters, ret_reply);
	if (r || ret_reply->succeeded)
		return r;
	if (cli->json)
		(void)call_print(cli, ret_reply);
	advice_print(cli, ret_reply);
	return CLI_FAILED;
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
