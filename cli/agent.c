/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"

#include "base/encode.h"
#include "base/url.h"
#include "cli/terminal.h"

#include <string.h>

enum { WAIT_MAX_SECONDS = 86400 };

int agent_wait(struct cli *cli, const char *text)
{
	uint64_t seconds;

	if (!text)
		return CLI_OK;
	if (decimal_parse(text, WAIT_MAX_SECONDS, &seconds) < 0 || !seconds)
		return cli_usage(cli, "--wait wants seconds, 1 to %d", WAIT_MAX_SECONDS);
	cli->sign_in.wait_ms = (unsigned)seconds * 1000;
	return CLI_OK;
}

static const char *agent_hint(const struct cli *cli)
{
	switch (cli->handler.state) {
	case HANDLER_READY:
		return "The browser brings the answer back here. If it doesn't, paste the address that it ended on.\n";
	case HANDLER_TAKEN:
		return "Another pims waits for the browser to come back: when it ends on a page that it can't open, paste that page's\n"
		       "address here, or end the other one and begin anew.\n";
	default:
		return "If the browser ends on a page that it can't open, paste that page's address here.\n";
	}
}

static void agent_show(struct cli *cli, const char *url)
{
	if (cli->sign_in.qr && qr_print(stderr, url, terminal_colours(stderr)) < 0)
		cli_say(cli, "the address is too long for a QR code");
	if (cli->sign_in.no_browser) {
		printf("%s\n", url);
		(void)fflush(stdout);
		return;
	}
	fprintf(stderr, "%s on this page:\n\n  %s\n\n", cli->sign_in.page ? cli->sign_in.page : "Sign in", url);
	handler_start(&cli->handler, url); /* before the browser can end there */
	if (browser_open(url))
		fputs("It was opened in your browser. ", stderr);
	fputs(agent_hint(cli), stderr);
}

static int agent_open(void *data, const char *transaction, const char *url, const char *language, const char *context)
{
	struct cli *cli = data;

	(void)transaction;
	(void)language; /* it is in the URL already (ui_locales) */
	(void)context;
	agent_show(cli, url);
	cli->sign_in.waiting = true;
	return 0;
}

static void agent_close(void *data, const char *transaction)
{
	struct cli *cli = data;

	(void)transaction;
	cli->sign_in.waiting = false;
}

struct pims_agent agent_hook(struct cli *cli)
{
	return (struct pims_agent){.size = sizeof(struct pims_agent), .open = agent_open, .close = agent_close, .data = cli};
}

bool agent_wants_input(const struct cli *cli)
{
	return cli->sign_in.waiting && !cli->input.ended;
}

/* The line holds an authorization code: it is not repeated. */
static void agent_redirect(struct cli *cli, const char *line)
{
	line += strspn(line, " \t");
	if (!*line)
		return;
	if (pims_redirect(cli->pims, line) < 0)
		cli_say(cli, "that is not the address that is waited for: copy the whole one, from its beginning to its end");
}

void agent_take_input(struct cli *cli)
{
	struct secret line cleanup_secret = {NULL, 0};
	int r;

	if (input_fill(&cli->input) < 0)
		cli_say(cli, "that line is too long");
	while (cli->sign_in.waiting && (r = input_line(&cli->input, &line)) != 0) {
		if (r > 0)
			agent_redirect(cli, secret_text(&line));
	}
}
