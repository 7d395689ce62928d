/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/advice.h"

#include "base/text.h"
#include "cli/terminal.h"

#include <string.h>

#define NEXT_SMS "pims sms enrollment"
#define NEXT_REMOVE "pims devices remove --all"
#define NEXT_RESET "pims sms reset-pin, then pims pin reset"
#define NEXT_DEVICES "pims enroll --replace-oldest, or pims devices and pims devices remove ID"

const struct advice advices[] = {
	{0, "canceled", "canceled", ""},
	{0, "agent.canceled", "it was canceled on the page", ""},
	{0, "agent.timeout", "nobody finished the page within the time allowed", ""},
	{0, "agent.port", "the port that the redirect goes to is taken by another program", ""},
	{0, "agent.unavailable", "no browser can be opened here", "pims login --no-browser"},
	{0, "session.none", "nobody is signed in", "pims login"},
	{0, "session.expired", "the session has ended", "pims login"},
	{0, "oauth.access_denied", "it was refused or canceled on the page", ""},
	{0, "oauth.invalid_grant", "the session has ended on the server", "pims login"},
	{0, "oauth.invalid_client", "the server does not know this client id, or its secret is wrong", "pims init --force"},
	{0, "oauth.issuer", "the redirect does not come from the server it was asked of", "pims login"},
	{0, "id_token.", "the server's id token fails a check: another key, audience or clock than expected", "pims login"},
	{0, "network.unreachable", "the server cannot be reached", ""},
	{0, "network.timeout", "the server did not answer in time; --timeout gives it longer", ""},
	{0, "network.tls", "the server's certificate cannot be trusted; --ca-file names an authority of your own", ""},
	{0, "network.pin", "the server's key is not the one that is pinned", ""},
	{0, "server.throttled", "too many requests", ""},
	{0, "server.issuer", "the server calls itself by another address than the one it was asked at", ""},
	{0, "server.content_type", "that is no answer of such a server: a proxy, a portal, another address?", ""},
	{0, "server.format", "that is no answer of such a server: a proxy, a portal, another address?", ""},
	{0, "inwebo.access", "wrong PIN, or the SMS code is no longer good", ""},
	{0, "inwebo.pin", "wrong PIN", ""},
	{0, "inwebo.argument", "a value has the wrong form: most often something else was entered as the SMS code", ""},
	{0, "inwebo.blocked", "too many wrong PINs: the PIN is blocked", NEXT_RESET},
	{0, "inwebo.code", "the SMS code is wrong, used or expired", NEXT_SMS},
	{0, "sms.expired", "the SMS code has expired", NEXT_SMS},
	{0, "sms.cooldown", "an SMS was sent just now; the code in it is still good", ""},
	{0, "sms.budget", "no more SMS for this account, number or country for now", ""},
	{0, "sms.country", "this server sends no SMS to that country", ""},
	{0, "sms.code", "the SMS code is wrong, used or expired", ""},
	{0, "phone.none", "the account has no trusted phone number", "pims phone set NUMBER"},
	{0, "phone.exists", "the account has a phone number already", "pims phone set NUMBER"},
	{0, "phone.invalid", "that is no phone number: write it as +33612345678, or as in the account's country", ""},
	{0, "inwebo.no_device", "the server has removed this device", NEXT_SMS},
	{0, "inwebo.max_devices", "the account has as many devices as it may have", NEXT_DEVICES},
	{0, "inwebo.forbidden", "the server does not allow this device", NEXT_REMOVE},
	{0, "inwebo.pin_refused", "the server does not accept this PIN: its length or form", ""},
	{0, "pin.policy", "the server does not accept this PIN: 4 to 8 digits, not easy to guess", ""},
	{0, "inwebo.pin_reused", "the new PIN is the old one", ""},
	{0, "inwebo.kfact_changed", "the server's key is not the one this device was enrolled with: somebody may be in between", ""},
	{0, "device.proof", "the server does not recognize this device's keys", "pims sms enrollment"},
	{0, "device.not_enrolled", "this device is not enrolled", "pims sms enrollment, then pims enroll"},
	{0, "state.corrupt", "the state file is truncated or damaged; nothing was overwritten", ""},
	{0, "state.version", "the state file was written by a newer version; nothing was overwritten", ""},
	{0, "state.key", "the state file was sealed with another key; nothing was overwritten", ""},
	{0, "state.key_unsafe", "others can read the key file: it must have mode 0600", ""},
	{0, "state.directory", "the directory of the state cannot be used", ""},
	{0, "state.locked", "another process works on this profile and does not end", ""},
	{0, "state.io", "the state cannot be read or written: the disk is full, or permissions are missing; the old state stays", ""},
	{0, "state.limit", "the state file is too long to be one; nothing was overwritten", ""},
	{0, "otp.budget", "no more one-time passwords for now", ""},
	{0, "otp.pin_required", "the server wants the PIN for this", "pims otp --pin"},
	{0, "backend.no_endpoint", "this server does not offer that", ""},
	{0, "backend.insecure", "that address is not https", ""},
	{PIMS_NOT_INITIALIZED, NULL, "there is no configuration", "pims init"},
	{PIMS_NOT_SUPPORTED, NULL, "there is no such call", "pims apis"},
	{PIMS_CONFIGURATION_INVALID, NULL, "the configuration cannot be read", "pims init --force"},
	{PIMS_NOT_CONFIGURED, NULL, "a value of the configuration is missing or wrong", "pims init --force"},
	{PIMS_TIMEOUT, NULL, "the server did not answer in time", ""},
	{PIMS_NETWORK, NULL, "the server cannot be reached", ""},
	{PIMS_SERVER, NULL, "the server answered with an error, or with something else than expected", ""},
	{PIMS_PINNING, NULL, "the server's key is not the one that is pinned", ""},
	{PIMS_NEED_BASIC_AUTHENTICATION, NULL, "nobody is signed in, or the session has ended", "pims login"},
	{PIMS_NEED_STRONG_AUTHENTICATION, NULL, "this needs a one-time password", "pims otp"},
	{PIMS_SMS_CODE_INVALID, NULL, "the SMS code is wrong, used or expired", NEXT_SMS},
	{PIMS_SMS_CODE_EXPIRED, NULL, "the SMS code has expired", NEXT_SMS},
	{PIMS_NO_PHONE_NUMBER, NULL, "the account has no trusted phone number", "pims phone set NUMBER"},
	{PIMS_INWEBO_ACCESS, NULL, "wrong PIN, or the SMS code is no longer good", ""},
	{PIMS_INWEBO_BLOCKED, NULL, "too many wrong PINs: the PIN is blocked", NEXT_RESET},
	{PIMS_INWEBO_STATE, NULL, "device and server do not agree on what comes next", NEXT_SMS},
	{PIMS_INWEBO_NO_DEVICE, NULL, "the server has removed this device", NEXT_SMS},
	{PIMS_INWEBO_SYNCHRO, NULL, "it succeeded, and the next call finishes it", ""},
	{PIMS_INWEBO_FORBIDDEN, NULL, "the server does not allow this device", NEXT_REMOVE},
	{PIMS_COMPONENT_NOT_CONFIGURED, NULL, "the configuration has no macID or no address for it", "pims init --force"},
	{PIMS_INWEBO_PIN_REUSED, NULL, "the new PIN is the old one", ""},
	{PIMS_PHONE_REGISTERED, NULL, "the account has a phone number already", "pims phone set NUMBER"},
	{PIMS_WEBVIEW_CANCELED, NULL, "it was canceled on the page", ""},
	{0, NULL, NULL, NULL},
};

/* Recoveries of the library that are a word of ours. */
static const struct {
	const char *recovery;
	const char *word;
} words[] = {
	{"set pims.authentication.user action=login", "pims login"},
	{"set pims.authentication.user action=logout", "pims logout"},
	{"get pims.authentication.smscode type=enrollment", NEXT_SMS},
	{"get pims.authentication.smscode type=resetPIN", NEXT_RESET},
	{"set pims.authentication.enrollment action=enroll", "pims enroll"},
	{"set pims.authentication.enrollment action=remove", NEXT_REMOVE},
	{"get pims.authentication.smscode type=phoneNumberCertification", "pims phone set NUMBER"},
	{"set pims.authentication.pincode action=reset", "pims pin reset"},
	{"get pims.authentication.device", "pims devices"},
	{"get pims.authentication.otp action=withPIN", "pims otp --pin"},
	{"get pims.authentication.otp action=withoutPIN", "pims otp"},
	{"initialize", "pims init"},
};

/* A row's cause that ends in a dot stands for all that begin with it. */
static bool cause_fits(const char *row, const char *cause)
{
	size_t length = row ? strlen(row) : 0;

	if (!row || text_equal(row, cause))
		return true;
	return cause && length && row[length - 1] == '.' && text_starts(cause, row);
}

const struct advice *advice_find(int code, const char *cause)
{
	static const struct advice none = {0, NULL, "", ""};

	for (const struct advice *row = advices; row->text; row++) {
		if ((!row->code || row->code == code) && cause_fits(row->cause, cause))
			return row;
	}
	return &none;
}

const char *advice_word(const char *recovery, bool *ret_own)
{
	*ret_own = true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (text_equal(words[i].recovery, recovery))
			return words[i].word;
	}
	*ret_own = false;
	return recovery;
}

static void print_label(const struct cli *cli, const struct reply *reply)
{
	const char *label = reply_error(reply, "label");
	const char *cause = reply_error(reply, "cause");

	fprintf(stderr, "pims%s%s: ", *cli->command ? " " : "", cli->command);
	terminal_print(stderr, label ? label : "failed");
	fprintf(stderr, " (%d%s", reply_code(reply), cause ? ", " : "");
	terminal_print(stderr, cause ? cause : "");
	fputs(")\n", stderr);
}

static void print_numbers(const char *text, const struct reply *reply)
{
	int remaining = reply_number(reply, "remaining");
	int seconds = reply_number(reply, "retryAfter");

	if (*text || remaining >= 0)
		fprintf(stderr, "  %s", text);
	if (remaining >= 0)
		fprintf(stderr, "%s%d %s left", *text ? ", " : "", remaining, remaining == 1 ? "try" : "tries");
	if (*text || remaining >= 0)
		fputc('\n', stderr);
	if (seconds >= 0)
		fprintf(stderr, "  try again in %d s\n", seconds);
}

void advice_print(const struct cli *cli, const struct reply *reply)
{
	const struct advice *advice = advice_find(reply_code(reply), reply_error(reply, "cause"));
	const char *recovery = reply_error(reply, "recovery");
	bool own = true;
	bool ours = !recovery || text_equal(reply_error(reply, "cause"), "inwebo.max_devices");
	const char *next = ours ? advice->next : advice_word(recovery, &own);

	print_label(cli, reply);
	print_numbers(advice->text, reply);
	if (*next) {
		fputs(own ? "  next: " : "  next: pims ", stderr);
		terminal_print(stderr, next);
		fputc('\n', stderr);
	}
}
