/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include "base/text.h"

enum { MANY = 64 };

const struct command commands[] = {
	{"init", "", 0, 0, "Write the configuration of a profile",
	 "With --backend alone, the server's well-known document tells everything else. With --issuer the provider's does, but for --client-id and,\n"
	 "for a client that has one, --client-secret-file. Otherwise what is missing is asked for, on a terminal.",
	 "pims init --backend http://127.0.0.1:8080", init_options, command_init},
	{"login", "", 0, 0, "Sign in",
	 "Shows the sign-in page's address and waits until the browser comes back, or until the address it ended on is pasted.",
	 "pims login --no-browser", login_options, command_login},
	{"account", "create|email|password", 1, 1, "Create an account, or change its e-mail address or password, on a page of the server",
	 "Shows the page's address as login does, and waits until the browser comes back.", "pims account create --local fr",
	 account_options, command_account},
	{"logout", "", 0, 0, "Sign out, on the server and here", "", "pims logout", logout_options, command_logout},
	{"whoami", "", 0, 0, "Print the account's user name", "", "pims whoami", whoami_options, command_whoami},
	{"status", "", 0, 0, "Tell session, device, phone and PIN", "", "pims status --json", status_options, command_status},
	{"token", "[id|cvs|customer] [METHOD URL]", 0, 3, "Print a token alone: the id token, or the access token for CVS or the customer API",
	 "It is renewed when it has less than a minute to live. With --headers, METHOD and URL, what is printed are the header lines of that request,\n"
	 "as curl -H @- reads them: the token, and the proof that goes with it when the server has bound it to a key.",
	 "pims token cvs --headers GET https://example.com/ | curl -H @- https://example.com/", token_options, command_token},
	{"phone", "[set NUMBER]", 0, 2, "Print or set the account's trusted phone number",
	 "Setting sends a code to the new number, asks for it (without a terminal: a line of standard input), and adds the number, or changes\n"
	 "it when the account has one; changing needs an enrolled device.",
	 "pims phone set 0612345678", phone_options, command_phone},
	{"sms", "enrollment|reset-pin|certify NUMBER", 1, 2, "Have a code sent by SMS to the trusted phone number, or to a new one", "",
	 "pims sms enrollment", sms_options, command_sms},
	{"enroll", "", 0, 0, "Enrol this device with the SMS code and the PIN",
	 "On a terminal, both are asked for. Otherwise standard input brings them, a line each: the SMS code, then the PIN; the PIN alone\n"
	 "when the code was accepted before. A wrong PIN costs no new SMS. When the account has as many devices as it may have, --replace-oldest\n"
	 "removes the one unused longest and goes on with the same code and PIN. --again enrols a device anew that is enrolled already.",
	 "printf '%s\\n' \"$code\" \"$pin\" | pims enroll --sms-code-stdin --pin-stdin", enroll_options, command_enroll},
	{"pin", "update|reset", 1, 1, "Change the account's PIN: update with the old one, reset with an SMS code (pims sms reset-pin)",
	 "On a terminal, all is asked for. Otherwise standard input brings a line each: the old PIN or the SMS code, then the new PIN.\n"
	 "This device must be enrolled.",
	 "printf '%s\\n' \"$old\" \"$new\" | pims pin update", pin_options, command_pin},
	{"devices", "[remove [ID]]", 0, 2, "List the account's devices, or remove one or all of them",
	 "On a terminal, removing asks first.", "pims devices remove 12", devices_options, command_devices},
	{"otp", "", 0, 0, "Print a one-time password alone", "It is good for one use, within two minutes.", "pims otp --pin < pin-file",
	 otp_options, command_otp},
	{"get", "API [NAME=VALUE]...", 1, MANY, "Make a get call of the reference and print its message",
	 "NAME=VALUE is a string, NAME:=JSON any value, NAME=- a line of standard input, asked without echo on a terminal.\n"
	 "PINs and codes are taken by NAME=- only.",
	 "pims get pims.authentication.token type=idtoken action=get", get_options, command_get},
	{"set", "API [NAME=VALUE]...", 1, MANY, "Make a set call of the reference and print its message",
	 "NAME=VALUE is a string, NAME:=JSON any value, NAME=- a line of standard input, asked without echo on a terminal.\n"
	 "PINs and codes are taken by NAME=- only.",
	 "pims set pims.authentication.smscode action=enrollment smsCode=-", set_options, command_set},
	{"apis", "", 0, 0, "Print the table of calls", "", "pims apis --json", apis_options, command_apis},
	{"completion", "bash", 1, 1, "Print a completion script for the shell", "", "eval \"$(pims completion bash)\"", completion_options,
	 command_completion},
	{"help", "[COMMAND]", 0, 1, "Tell about pims, or about a command", "", "pims help otp", help_options, command_help},
	{NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};

/* Started by the desktop, not by people: it is in no list. */
static const struct command hidden = {"redirect", "URL", 1, 1, "Hand the address that a browser ended on to the sign-in that waits for it", "",
				      "pims redirect 'mymap://oauth2redirect/fr?code=...'", redirect_options, command_redirect};

const struct command *command_find(const char *name)
{
	for (const struct command *command = commands; command->name; command++) {
		if (text_equal(command->name, name))
			return command;
	}
	return text_equal(hidden.name, name) ? &hidden : NULL;
}
