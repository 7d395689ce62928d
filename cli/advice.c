/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/advice.h"

#include "base/text.h"
#include "cli/terminal.h"

#include <string.h>

/* What the library says to call next, where a word of ours does it. */
static const struct {
	const char *recovery;
	const char *word;
} words[] = {
	{"set pims.authentication.user action=login", "pims login"},
	{"set pims.authentication.user action=logout", "pims logout"},
	{"get pims.authentication.smscode type=enrollment", "pims sms enrollment"},
	{"get pims.authentication.smscode type=resetPIN", "pims sms reset-pin, then pims pin reset"},
	{"set pims.authentication.enrollment action=enroll", "pims enroll"},
	{"set pims.authentication.enrollment action=remove", "pims devices remove --all"},
	{"get pims.authentication.smscode type=phoneNumberCertification", "pims phone set NUMBER"},
	{"set pims.authentication.pincode action=reset", "pims pin reset"},
	{"get pims.authentication.device", "pims devices"},
	{"get pims.authentication.otp action=withPIN", "pims otp --pin"},
	{"get pims.authentication.otp action=withoutPIN", "pims otp"},
	{"initialize", "pims init --force"},
};

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

/* Some of the reference's labels end in a blank. */
static void print_trimmed(const char *label)
{
	char text[256];
	size_t length;

	(void)snprintf(text, sizeof text, "%s", label);
	length = strlen(text);
	while (length && text[length - 1] == ' ')
		text[--length] = '\0';
	terminal_print(stderr, text);
}

static void print_label(const struct cli *cli, const struct reply *reply)
{
	const char *label = reply_error(reply, "label");
	const char *cause = reply_error(reply, "cause");

	fprintf(stderr, "pims%s%s: ", *cli->command ? " " : "", cli->command);
	print_trimmed(label ? label : "failed");
	fprintf(stderr, " (%d%s", reply_code(reply), cause ? ", " : "");
	terminal_print(stderr, cause ? cause : "");
	fputs(")\n", stderr);
}

/* What there are some of: tries, unless the limit is one of messages or passwords. */
static const char *noun(const char *cause, int count)
{
	if (text_equal(cause, "sms.cooldown") || text_equal(cause, "sms.budget") || text_equal(cause, "sms.country"))
		return "SMS";
	if (text_equal(cause, "otp.budget"))
		return count == 1 ? "one-time password" : "one-time passwords";
	return count == 1 ? "try" : "tries";
}

static void print_numbers(const char *text, const struct reply *reply)
{
	int remaining = reply_number(reply, "remaining");
	int seconds = reply_number(reply, "retryAfter");

	if (*text || remaining >= 0)
		fprintf(stderr, "  %s", text);
	if (remaining >= 0)
		fprintf(stderr, "%s%d %s left", *text ? ", " : "", remaining, noun(reply_error(reply, "cause"), remaining));
	if (*text || remaining >= 0)
		fputc('\n', stderr);
	if (seconds >= 0)
		fprintf(stderr, "  try again in %d s\n", seconds);
}

/* Where this program knows a better way than the library's calls. */
static const struct {
	const char *cause; /**< NULL = any */
	int code;          /**< where there is no cause */
	const char *word;
} better[] = {
	{"inwebo.max_devices", 0, "pims enroll --replace-oldest, or pims devices and pims devices remove ID"},
	{"device.not_enrolled", 0, "pims sms enrollment, then pims enroll"},
	{"inwebo.state", 0, "pims sms enrollment, then pims enroll --again"},
	{"agent.unavailable", 0, "pims login --no-browser"},
	{"phone.exists", 0, "pims phone set NUMBER"},
	{"network.timeout", 0, "the same with --timeout SECONDS"},
	{"network.tls", 0, "the same with --ca-file FILE, for an authority of your own"},
	{NULL, PIMS_NOT_INITIALIZED, "pims init"},
	{NULL, PIMS_NOT_SUPPORTED, "pims apis"},
};

const char *advice_next(int code, const char *cause, const char *recovery, bool *ret_own)
{
	*ret_own = true;
	for (size_t i = 0; i < sizeof better / sizeof *better; i++)
		if (better[i].cause ? text_equal(better[i].cause, cause) : better[i].code == code)
			return better[i].word;
	return advice_word(recovery ? recovery : pims_cause_recovery(cause, code), ret_own);
}

/* What a value must look like, by the name in the label of a 2102 without a cause. */
static const struct {
	const char *name;
	const char *text;
} forms[] = {
	{" smsCode ", "the SMS code is made of digits only"},
	{" pinCode ", "a PIN is made of digits only"},
	{" oldPIN ", "a PIN is made of digits only"},
	{" newPIN ", "a PIN is made of digits only"},
	{" phoneNumber ", "that is no phone number: write it as +33612345678, or as in the account's country"},
	{" backend ", "that is no address of a server: write it as https://pims.example.com"},
};

const char *advice_parameter(int code, const char *label)
{
	for (size_t i = 0; label && code == PIMS_INVALID_PARAMETER && i < sizeof forms / sizeof *forms; i++)
		if (strstr(label, forms[i].name))
			return forms[i].text;
	return pims_cause_text(NULL, code);
}

/* A call of the reference is made by pims itself. */
static void print_next(const struct cli *cli, const char *next, bool own)
{
	char text[256];

	(void)snprintf(text, sizeof text, "pims %s", next);
	cli_next(cli, own ? next : text);
}

void advice_print(const struct cli *cli, const struct reply *reply)
{
	const char *cause = reply_error(reply, "cause");
	int code = reply_code(reply);
	bool own = true;
	const char *next = advice_next(code, cause, reply_error(reply, "recovery"), &own);

	print_label(cli, reply);
	print_numbers(cause ? pims_cause_text(cause, code) : advice_parameter(code, reply_error(reply, "label")), reply);
	if (*next)
		print_next(cli, next, own);
}
