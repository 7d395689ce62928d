/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include "base/buf.h"
#include "cli/advice.h"
#include "cli/agent.h"
#include "cli/call.h"
#include "cli/initial.h"
#include "cli/terminal.h"
#include "cli/trust.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_LENGTH_MAX = 4000 };

/* XDG Base Directory Specification: a relative path in the variable is to be ignored. */
static void put_base(struct buf *path)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && *state == '/')
		(void)buf_puts(path, state);
	else if (home && *home == '/')
		(void)buf_printf(path, "%s/.local/state", home);
}

int session_directory(struct cli *cli)
{
	struct buf path = BUF_INIT(PATH_LENGTH_MAX);
	int r = CLI_OK;

	if (cli->directory)
		return CLI_OK;
	if (cli->state) {
		(void)buf_puts(&path, cli->state);
	} else {
		put_base(&path);
		if (!path.len)
			r = cli_cannot(cli, "neither HOME nor XDG_STATE_HOME is set: say --state DIR");
		(void)buf_printf(&path, "/pims/%s", cli->profile ? cli->profile : "default");
	}
	if (!r && buf_error(&path))
		r = cli_error(cli, "path of the profile", buf_error(&path));
	if (!r)
		cli->directory = strdup(buf_text(&path));
	buf_free(&path);
	return !r && !cli->directory ? cli_error(cli, "path of the profile", PIMS_E_MEMORY) : r;
}

static void log_line(void *data, enum pims_log_level level, const char *text)
{
	static const char *const names[] = {"", "error", "warning", "info", "debug"};

	(void)data;
	fprintf(stderr, "pims: %s: ", level >= PIMS_LOG_ERROR && level <= PIMS_LOG_DEBUG ? names[level] : "log");
	terminal_print(stderr, text);
	fputc('\n', stderr);
}

int session_context(struct cli *cli)
{
	struct pims_agent agent = agent_hook(cli);
	/* Errors always: they name the file that is in the way. */
	struct pims_log log = {.size = sizeof log, .level = cli->verbose ? PIMS_LOG_DEBUG : PIMS_LOG_ERROR, .line = log_line};
	struct pims_options options = {.size = sizeof options,
				       .request_timeout_ms = cli->timeout_ms,
				       .agent_timeout_ms = cli->sign_in.wait_ms,
				       .agent = &agent,
				       .log = &log};
	int r = session_directory(cli);

	if (r || cli->pims)
		return r;
	options.state_dir = cli->directory;
	r = trust_options(cli, &options);
	if (r)
		return r;
	r = cli->loop ? 0 : pims_loop_new(&cli->loop, NULL);
	if (r == 0)
		r = pims_new(&cli->pims, cli->loop, &options);
	return r < 0 ? cli_error(cli, "cannot start", r) : CLI_OK;
}

int session_initialize(struct cli *cli, json_t *parameters, bool show)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = call_run(cli, CALL_INITIALIZE, "", parameters, &reply);

	if (r || reply.succeeded)
		return r;
	if (show)
		(void)call_print(cli, &reply);
	advice_print(cli, &reply);
	cli_say(cli, "the profile is in %s", cli->directory);
	return CLI_CANNOT;
}

int session_open(struct cli *cli)
{
	json_t *config = NULL;
	int r;

	if (cli->pims)
		return CLI_OK;
	r = session_directory(cli);
	if (!r)
		r = config_load(cli, &config);
	if (r)
		return r;
	if (!config) {
		r = cli_cannot(cli, "there is no configuration in %s", cli->directory);
		cli_next(cli, "pims init");
		return r;
	}
	r = initial_fill(cli, config);
	if (!r)
		r = trust_load(cli, config);
	if (!r)
		r = session_context(cli);
	if (!r)
		return session_initialize(cli, config, cli->json);
	json_wipe(config);
	return r;
}

void session_close(struct cli *cli)
{
	pims_loop_free(cli->loop);
	cli->loop = NULL;
	cli->pims = NULL;
	free(cli->directory);
	cli->directory = NULL;
	if (cli->ca_file == cli->stored_ca_file)
		cli->ca_file = NULL;
	free(cli->stored_ca_file);
	cli->stored_ca_file = NULL;
}
