/* SPDX-License-Identifier: Apache-2.0 */
#include "server/arguments.h"

#include "base/encode.h"
#include "base/phone.h"
#include "base/text.h"
#include "server/sms/policy.h"

#include <pims/error.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset; /* of an int in struct sms_settings */
	uint64_t min, max;
} numbers[] = {
	{"sms-cooldown", offsetof(struct sms_settings, cooldown_seconds), 0, 3600},
	{"sms-per-hour", offsetof(struct sms_settings, per_hour), 1, 1000000},
	{"sms-per-day", offsetof(struct sms_settings, per_day), 1, 1000000},
	{"sms-per-number", offsetof(struct sms_settings, per_number), 1, 1000000},
	{"sms-per-address", offsetof(struct sms_settings, per_address), 1, 1000000},
};

static int wrong(const char *option, const char *what)
{
	fprintf(stderr, "pimsd: --%s %s\n", option, what);
	return PIMS_E_INVALID;
}

/* Eleven characters of base64 (Android's SMS Retriever). */
static bool hash_valid(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strlen(text) == SMS_ANDROID_HASH_SIZE - 1 && strspn(text, letters) == SMS_ANDROID_HASH_SIZE - 1;
}

int arguments_take_sms(struct sms_settings *settings, const char *name, const char *value)
{
	uint64_t number;

	if (text_equal(name, "sms-countries"))
		return sms_countries_valid(value) ? text_copy(settings->countries, sizeof settings->countries, value)
						  : wrong(name, "wants countries such as FR=1000,ES, or *");
	if (text_equal(name, "sms-android-hash"))
		return hash_valid(value) ? text_copy(settings->android_hash, sizeof settings->android_hash, value)
					 : wrong(name, "wants 11 characters of base64");
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!text_equal(name, numbers[i].name))
			continue;
		if (decimal_parse(value, numbers[i].max, &number) < 0 || number < numbers[i].min)
			return wrong(name, "wants a number, and not such a one");
		*(int *)(void *)((char *)settings + numbers[i].offset) = (int)number;
		return 0;
	}
	return wrong(name, "is not known");
}

int arguments_take_country(char country[3], const char *value)
{
	if (!phone_country_known(value))
		return wrong("country", "wants two letters of a country, such as FR");
	for (size_t i = 0; i < 2; i++)
		country[i] = (char)(value[i] & ~0x20);
	country[2] = '\0';
	return 0;
}
