/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/devices.h"
#include "cli/names.h"
#include "cli/pin.h"
#include "cli/prompt.h"
#include "cli/session.h"
#include "cli/sms.h"

enum { ENROLL_SMS_CODE_STDIN, ENROLL_PIN_STDIN, ENROLL_PIN_FILE, ENROLL_REPLACE, ENROLL_AGAIN, ENROLL_JSON };
enum { ENROLL_TRIES = 3 };

const struct option_row enroll_options[] = {
	{"sms-code-stdin", NULL, "read the SMS code from a line of standard input (before the PIN)"},
	PIN_STDIN_ROW,
	PIN_FILE_ROW,
	{"replace-oldest", NULL, "at the limit of devices, remove the one unused longest (short: --replace)"},
	{"again", NULL, "enrol anew though this device is enrolled already"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

/** One run of the command. */
struct enroll {
	struct cli *cli;
	struct pin_source pin_source;
	bool code_piped;
	bool replace;
	bool again;
	struct secret code; /**< empty: it was accepted by an earlier run, or by a raw call */
	struct secret pin;  /**< known already; empty = to be asked */
	struct reply reply;
};

/* Neither option, no terminal: the last line is the PIN, one before it is the code. */
static int take_lines(struct enroll *enroll)
{
	int r = prompt_line(enroll->cli, "the SMS code and the PIN, a line each", &enroll->code);

	if (!r && prompt_more(enroll->cli))
		return prompt_line(enroll->cli, "the PIN", &enroll->pin);
	if (!r)
		secret_move(&enroll->pin, &enroll->code);
	return r;
}

static int take_code(struct enroll *enroll)
{
	const struct pin_source *source = &enroll->pin_source;

	if (prompt_possible())
		return prompt_secret(enroll->cli, "SMS code (leave it empty if it was accepted before)", &enroll->code);
	if (enroll->code_piped)
		return prompt_line(enroll->cli, "the SMS code", &enroll->code);
	if (!source->piped && !source->file)
		return take_lines(enroll);
	return CLI_OK;
}

/* Makes a call of the activation. With --replace-oldest a full account loses its oldest device, and the call is made again. */
static int attempt(struct enroll *enroll, const char *api, const char *action, const char *name, const struct secret *value)
{
	struct cli *cli = enroll->cli;
	int r;

	for (bool replaced = !enroll->replace;; replaced = true) {
		r = word_try(cli, CALL_SET, api, call_parameters("action", action, name, secret_text(value), NULL), &enroll->reply);
		if (r || enroll->reply.succeeded)
			return r;
		if (replaced || !text_equal(reply_error(&enroll->reply, "cause"), "inwebo.max_devices"))
			return word_fail(cli, &enroll->reply);
		r = devices_remove_oldest(cli);
		if (r)
			return r;
	}
}

static int confirm(struct enroll *enroll)
{
	int r = attempt(enroll, API_SMS, "enrollment", "smsCode", &enroll->code);

	if (!r)
		enroll->pin_source.choose = !text_equal(reply_string(&enroll->reply, "status"), "AlreadyEnrolled");
	return r;
}

static int confirm_code(struct enroll *enroll)
{
	int r = CLI_FAILED;

	for (int i = 0; i < ENROLL_TRIES; i++) {
		r = take_code(enroll);
		if (r || secret_empty(&enroll->code))
			return r;
		r = confirm(enroll);
		if (r != CLI_FAILED || !prompt_possible() || !sms_code_is_wrong(&enroll->reply))
			return r;
	}
	return r;
}

static int enroll_once(struct enroll *enroll)
{
	int r = CLI_OK;

	if (secret_empty(&enroll->pin))
		r = pin_read(enroll->cli, &enroll->pin_source, &enroll->pin);
	if (r)
		return r;
	r = attempt(enroll, API_ENROLLMENT, "enroll", "pinCode", &enroll->pin);
	secret_free(&enroll->pin);
	return r;
}

/* A wrong PIN costs no new SMS: the activation goes on where it was. */
static int enroll_pin(struct enroll *enroll)
{
	int r = CLI_FAILED;

	for (int i = 0; i < ENROLL_TRIES; i++) {
		r = enroll_once(enroll);
		if (r == CLI_FAILED && reply_code(&enroll->reply) == PIMS_MISSING_PARAMETER && secret_empty(&enroll->code))
			cli_say(enroll->cli, "no SMS code was accepted before: enter it (or use --sms-code-stdin)");
		if (r != CLI_FAILED || !pin_again(&enroll->pin_source) || !pin_is_wrong(&enroll->reply))
			return r;
	}
	return r;
}

static int run(struct enroll *enroll)
{
	static const char done[] = "this device is enrolled already (pims enroll --again enrols it anew)";
	struct cli *cli = enroll->cli;
	int r = word_call(cli, CALL_GET, API_ACCOUNT, call_parameters("actionType", "strong", "type", "isDeviceActivated", NULL),
			  &enroll->reply);

	if (r)
		return r;
	if (!enroll->again && json_is_true(json_object_get(json_object_get(enroll->reply.message, "result"), "isDeviceActivated")))
		return word_answer(cli, &enroll->reply, done);
	r = confirm_code(enroll);
	if (!r)
		r = enroll_pin(enroll);
	return r ? r : word_answer(cli, &enroll->reply, "this device is enrolled");
}

int command_enroll(struct cli *cli, const struct arguments *arguments)
{
	struct enroll enroll = {
		.cli = cli,
		.pin_source = {.file = arguments->option[ENROLL_PIN_FILE], .piped = arguments->option[ENROLL_PIN_STDIN], .choose = true},
		.code_piped = arguments->option[ENROLL_SMS_CODE_STDIN],
		.replace = arguments->option[ENROLL_REPLACE],
		.again = arguments->option[ENROLL_AGAIN],
	};
	int r;

	cli->json = arguments->option[ENROLL_JSON];
	r = run(&enroll);
	secret_free(&enroll.code);
	secret_free(&enroll.pin);
	reply_clear(&enroll.reply);
	return r;
}
