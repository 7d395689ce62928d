/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"
#include "cli/prompt.h"
#include "cli/sms.h"

enum { PHONE_SMS_CODE_STDIN, PHONE_JSON };
enum { PHONE_TRIES = 3 };

const struct option_row phone_options[] = {
	{"sms-code-stdin", NULL, "set: the code came before (pims sms certify); read it from a line of standard input, send no SMS"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

/** One change of the number. */
struct change {
	struct cli *cli;
	const char *number;
	bool code_piped;
	bool modify; /**< the account has a number */
	struct secret code;
	struct reply reply;
};

static int show(struct cli *cli)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = word_call(cli, CALL_GET, API_PHONE, NULL, &reply);

	return r ? r : word_answer(cli, &reply, reply_string(&reply, "phoneNumber"));
}

/* Only an enrolled device may change a number: said before an SMS is spent. */
static int check_device(struct change *change)
{
	struct cli *cli = change->cli;
	int r = word_call(cli, CALL_GET, API_ACCOUNT, call_parameters("actionType", "strong", "type", "isDeviceActivated", NULL),
			  &change->reply);

	if (r || json_is_true(json_object_get(json_object_get(change->reply.message, "result"), "isDeviceActivated")))
		return r;
	cli_say(cli, "the account has a number, and this device is not enrolled: only an enrolled device may change it");
	cli_next(cli, "pims sms enrollment, then pims enroll");
	return CLI_FAILED;
}

static int look(struct change *change)
{
	int r = word_try(change->cli, CALL_GET, API_PHONE, NULL, &change->reply);

	if (r)
		return r;
	change->modify = change->reply.succeeded;
	if (change->modify)
		return check_device(change);
	return reply_code(&change->reply) == PIMS_NO_PHONE_NUMBER ? CLI_OK : word_fail(change->cli, &change->reply);
}

/* Within the cool-down the code sent before is still good. */
static int certify(struct change *change)
{
	struct cli *cli = change->cli;
	int r = word_try(cli, CALL_GET, API_SMS, call_parameters("type", "phoneNumberCertification", "phoneNumber", change->number, NULL),
			 &change->reply);

	if (r)
		return r;
	if (change->reply.succeeded)
		cli_say(cli, "an SMS with a code is on its way to that number");
	else if (text_equal(reply_error(&change->reply, "cause"), "sms.cooldown"))
		cli_say(cli, "an SMS was sent just now; the code in it is still good");
	else
		return word_fail(cli, &change->reply);
	return CLI_OK;
}

static int confirm(struct change *change)
{
	struct cli *cli = change->cli;
	json_t *parameters;
	int r = prompt_secret(cli, "SMS code", &change->code);

	if (!r && secret_empty(&change->code))
		return cli_usage(cli, "the SMS code is empty");
	if (r)
		return r;
	/* spec/facade.md: the reference of modifyPhoneNumber passes `type` */
	parameters = call_parameters(change->modify ? "type" : "action", change->modify ? "modifyPhoneNumber" : "addPhoneNumber", "smsCode",
				     secret_text(&change->code), "phoneNumber", change->number, NULL);
	return word_call(cli, CALL_SET, API_SMS, parameters, &change->reply);
}

/* A wrong code costs no new SMS. */
static int set_number(struct change *change)
{
	int r = look(change);

	if (!r && !change->code_piped)
		r = certify(change);
	for (int i = 0; !r && i < PHONE_TRIES; i++) {
		r = confirm(change);
		if (r != CLI_FAILED || i + 1 == PHONE_TRIES || !prompt_possible() || !sms_code_is_wrong(&change->reply))
			break;
		r = CLI_OK;
	}
	return r ? r : word_answer(change->cli, &change->reply, "this is the account's trusted phone number now");
}

int command_phone(struct cli *cli, const struct arguments *arguments)
{
	struct change change = {.cli = cli, .code_piped = arguments->option[PHONE_SMS_CODE_STDIN]};
	int r;

	cli->json = arguments->option[PHONE_JSON];
	if (!arguments->count)
		return show(cli);
	if (arguments->count != 2 || !text_equal(arguments->operands[0], "set"))
		return cli_usage(cli, "say set NUMBER, or nothing");
	change.number = arguments->operands[1];
	r = set_number(&change);
	secret_free(&change.code);
	reply_clear(&change.reply);
	return r;
}
