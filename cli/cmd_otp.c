/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/call.h"
#include "cli/command.h"
#include "cli/names.h"
#include "cli/pin.h"
#include "cli/session.h"

enum { OTP_PIN, OTP_PIN_STDIN, OTP_PIN_FILE, OTP_SIGNED_OUT, OTP_JSON };

const struct option_row otp_options[] = {
	{"pin", NULL, "with the PIN: asked on a terminal, else a line of standard input"},
	PIN_STDIN_ROW,
	PIN_FILE_ROW,
	{"signed-out", NULL, "also where nobody is signed in: for a sign-in page that asks for a one-time password"},
	JSON_ROW,
	{NULL, NULL, NULL},
};

int command_otp(struct cli *cli, const struct arguments *arguments)
{
	struct pin_source source = {.file = arguments->option[OTP_PIN_FILE], .piped = arguments->option[OTP_PIN_STDIN]};
	bool wanted = source.file || source.piped || arguments->option[OTP_PIN];
	struct reply reply cleanup_reply = {.message = NULL};
	struct secret pin cleanup_secret = {NULL, 0};
	int r;

	cli->json = arguments->option[OTP_JSON];
	r = session_open(cli);
	if (!r && wanted)
		r = pin_read(cli, &source, &pin);
	if (r)
		return r;
	r = word_call(cli, CALL_GET, API_OTP,
		      call_parameters("action", wanted ? "withPIN" : "withoutPIN", "pinCode", wanted ? secret_text(&pin) : NULL,
				      "signedOut", arguments->option[OTP_SIGNED_OUT] ? "allowed" : NULL, NULL),
		      &reply);
	return r ? r : word_answer(cli, &reply, reply_string(&reply, "otp"));
}
