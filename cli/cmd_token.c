/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { TOKEN_REFRESH, TOKEN_HEADERS, TOKEN_JSON };

const struct option_row token_options[] = {
	{"refresh", NULL, "renew it first, however long it is still good"},
	{"headers", NULL, "print the header lines of a request with it: METHOD and URL follow"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

enum { OPERANDS_WITH_HEADERS = 3, HEADERS_MAX = 32768 };

/* As `curl -H @-` reads them: the token never stands in arguments. One that is bound to a key has its proof with it (RFC 9449 §7.1). */
static int print_headers(struct cli *cli, const struct reply *reply)
{
	const char *type = reply_string(reply, "tokenType"), *proof = reply_string(reply, "dpop");
	struct buf lines = BUF_INIT(HEADERS_MAX);
	int r = buf_printf(&lines, "Authorization: %s %s", type ? type : "Bearer", reply_string(reply, "token"));

	if (r == 0 && proof)
		r = buf_printf(&lines, "\nDPoP: %s", proof);
	r = r < 0 ? cli_error(cli, "headers", r) : word_answer(cli, reply, buf_text(&lines));
	buf_free(&lines);
	return r;
}

static const char *type_of(const char *word)
{
	static const char *const types[][2] = {{"id", "idtoken"}, {"cvs", "cvs"}, {"customer", "customerAt"}};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (text_equal(word, types[i][0]))
			return types[i][1];
	return NULL;
}

int command_token(struct cli *cli, const struct arguments *arguments)
{
	const char *type = type_of(arguments->count ? arguments->operands[0] : "id");
	const char *action = arguments->option[TOKEN_REFRESH] ? "refresh" : "get";
	bool headers = arguments->option[TOKEN_HEADERS];
	const char *method = headers && arguments->count == OPERANDS_WITH_HEADERS ? arguments->operands[1] : NULL;
	const char *url = method ? arguments->operands[2] : NULL;
	struct reply reply cleanup_reply = {.message = NULL};
	int r;

	cli->json = arguments->option[TOKEN_JSON];
	if (!type)
		return cli_usage(cli, "say id, cvs or customer");
	if (headers ? !url || text_equal(type, "idtoken") : arguments->count > 1)
		return cli_usage(cli, "say --headers cvs METHOD URL, or customer");
	r = word_call(cli, CALL_GET, API_TOKEN, call_parameters("type", type, "action", action, "htm", method, "htu", url, NULL), &reply);
	if (r)
		return r;
	return headers ? print_headers(cli, &reply) : word_answer(cli, &reply, reply_string(&reply, "token"));
}
