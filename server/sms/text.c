/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/sms.h"

#include "base/encode.h"
#include "base/text.h"
#include "base/url.h"
#include "server/console.h"
#include "server/sms/number.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

int sms_code_make(const struct env *env, char ret_code[SMS_CODE_SIZE])
{
	const uint32_t range = 100000000;
	uint32_t value;
	int r;

	/* the rest above the last whole range would make low codes likelier */
	do {
		r = env_random(env, &value, sizeof value);
	} while (r == 0 && value >= UINT32_MAX / range * range);
	if (r == 0)
		(void)snprintf(ret_code, SMS_CODE_SIZE, "%08u", (unsigned)(value % range));
	secret_wipe(&value, sizeof value);
	return r;
}

static const char *sentence(const struct texts *texts, enum sms_purpose purpose)
{
	if (purpose == SMS_CERTIFICATION)
		return texts->certification_sms;
	return purpose == SMS_RESET_PIN ? texts->reset_sms : texts->enrollment_sms;
}

int sms_text(const struct texts *texts, enum sms_purpose purpose, const struct settings *settings, const char *code, struct buf *ret_text)
{
	struct url url = {0};
	int r = url_parse(settings->issuer, &url);

	if (r == 0)
		r = texts_fill(sentence(texts, purpose), code, ret_text);
	if (r == 0 && *settings->sms.android_hash)
		r = buf_printf(ret_text, "\n\n%s", settings->sms.android_hash);
	if (r == 0)
		r = buf_printf(ret_text, "\n\n@%s #%s", url.host, code);
	url_free(&url);
	return r;
}

const char *sms_text_code(const char *text)
{
	const char *mark = strrchr(text, '#');

	return mark && strlen(mark + 1) == SMS_CODE_DIGITS && decimal_valid(mark + 1, SMS_CODE_DIGITS) ? mark + 1 : NULL;
}

static const char *const purposes[] = {
	[SMS_ENROLLMENT] = "enrollment",
	[SMS_RESET_PIN] = "resetPIN",
	[SMS_CERTIFICATION] = "phoneNumberCertification",
	[SMS_NOTICE] = "notice",
};

const char *sms_purpose_name(enum sms_purpose purpose)
{
	return purposes[purpose >= SMS_ENROLLMENT && purpose <= SMS_NOTICE ? purpose : SMS_NOTICE];
}

int sms_purpose_parse(const char *name, enum sms_purpose *ret_purpose)
{
	for (enum sms_purpose purpose = SMS_ENROLLMENT; purpose < SMS_NOTICE; purpose++)
		if (text_equal(name, purposes[purpose])) {
			*ret_purpose = purpose;
			return 0;
		}
	return PIMS_E_NOT_FOUND;
}

/* The operator's console stands for a phone: this is no log, and the only place but the outbox where a code appears. */
void sms_deliver(const struct server *server, const char *phone, const char *text)
{
	char line[SMS_TEXT_MAX + 1], number[PHONE_SIZE];
	size_t at = 0;

	if (!server->settings.sandbox || server->settings.quiet)
		return;
	for (; *text && at < sizeof line - 1; text++)
		if (*text != '\n')
			line[at++] = *text;
		else if (at && line[at - 1] != ' ')
			line[at++] = ' ';
	line[at] = '\0';
	console_line(stdout, "sms to %s: %s", account_show_number(server, NULL, phone, number), line);
	secret_wipe(line, sizeof line);
}
