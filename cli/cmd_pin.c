/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"
#include "cli/pin.h"
#include "cli/prompt.h"
#include "cli/session.h"
#include "cli/sms.h"

enum { PIN_OLD_FILE, PIN_NEW_FILE, PIN_JSON };
enum { PIN_TRIES = 3 };

const struct option_row pin_options[] = {
	{"old-pin-file", "FILE", "update: read the old PIN from the first line of a file"},
	{"pin-file", "FILE", "read the new PIN from the first line of a file"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

/** One run of the command. */
struct change {
	struct cli *cli;
	const char *old_file;
	struct pin_source pin_source; /**< of the new one */
	bool reset;
	struct secret proof; /**< old PIN or SMS code */
	struct secret pin;
	struct reply reply;
};

static int ask(struct change *change)
{
	const char *question = change->reset ? "SMS code" : "Old PIN";
	int r;

	if (change->old_file)
		r = prompt_file(change->cli, change->old_file, "the old PIN", &change->proof);
	else
		r = prompt_secret(change->cli, question, &change->proof);
	if (!r && secret_empty(&change->proof))
		r = cli_usage(change->cli, change->reset ? "the SMS code is empty" : "the old PIN is empty");
	return r ? r : pin_read(change->cli, &change->pin_source, &change->pin);
}

static json_t *parameters(const struct change *change)
{
	if (change->reset)
		return call_parameters("action", "reset", "pinCode", secret_text(&change->pin), "smsCode", secret_text(&change->proof),
				       NULL);
	return call_parameters("action", "update", "oldPIN", secret_text(&change->proof), "newPIN", secret_text(&change->pin), NULL);
}

/* Somebody is there who may have mistyped: a PIN, or the code. */
static bool again(const struct change *change)
{
	int code = reply_code(&change->reply);

	if (change->old_file || !pin_again(&change->pin_source))
		return false;
	return code == PIMS_INWEBO_PIN_REUSED || pin_is_wrong(&change->reply) || sms_code_is_wrong(&change->reply);
}

static int run(struct change *change)
{
	int r = session_open(change->cli);

	for (int i = 0; !r && i < PIN_TRIES; i++) {
		r = ask(change);
		if (!r)
			r = word_call(change->cli, CALL_SET, API_PIN, parameters(change), &change->reply);
		if (r != CLI_FAILED || i + 1 == PIN_TRIES || !again(change))
			break;
		r = CLI_OK;
	}
	return r ? r : word_answer(change->cli, &change->reply, "the PIN was changed");
}

int command_pin(struct cli *cli, const struct arguments *arguments)
{
	struct change change = {
		.cli = cli,
		.old_file = arguments->option[PIN_OLD_FILE],
		.pin_source = {.file = arguments->option[PIN_NEW_FILE], .choose = true},
		.reset = text_equal(arguments->operands[0], "reset"),
	};
	int r;

	cli->json = arguments->option[PIN_JSON];
	if (!change.reset && !text_equal(arguments->operands[0], "update"))
		return cli_usage(cli, "say update or reset");
	if (change.reset && change.old_file)
		return cli_usage(cli, "--old-pin-file belongs to update");
	r = run(&change);
	secret_free(&change.proof);
	secret_free(&change.pin);
	reply_clear(&change.reply);
	return r;
}
