/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"

enum { SMS_JSON };

const struct option_row sms_options[] = {JSON_ROW, {NULL, NULL, NULL}};

static const struct {
	const char *word;
	const char *type;
	int operands;
} purposes[] = {{"enrollment", "enrollment", 1}, {"reset-pin", "resetPIN", 1}, {"certify", "phoneNumberCertification", 2}};

static const char *type_of(const struct arguments *arguments)
{
	for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
		if (text_equal(purposes[i].word, arguments->operands[0]) && purposes[i].operands == arguments->count)
			return purposes[i].type;
	}
	return NULL;
}

int command_sms(struct cli *cli, const struct arguments *arguments)
{
	struct reply reply cleanup_reply = {.message = NULL};
	const char *number = arguments->count > 1 ? arguments->operands[1] : NULL;
	const char *type = type_of(arguments);
	int r;

	cli->json = arguments->option[SMS_JSON];
	if (!type)
		return cli_usage(cli, "say enrollment, reset-pin, or certify NUMBER");
	r = word_call(cli, CALL_GET, API_SMS, call_parameters("type", type, "phoneNumber", number, NULL), &reply);
	if (r)
		return r;
	return word_answer(cli, &reply,
			   number ? "an SMS with a code is on its way to that number"
				  : "an SMS with a code is on its way to the account's phone");
}
