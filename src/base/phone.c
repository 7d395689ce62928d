/* SPDX-License-Identifier: Apache-2.0 */
#include "base/phone.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct phone_country {
	char country[3];
	char code[4];
	char trunk[4];
	unsigned lengths; /* bit n: national numbers of n digits, without the trunk prefix */
};

#include "base/phone_table.h"

enum { COUNTRIES = sizeof countries / sizeof *countries, MAX_DIGITS = 18 };

static const char international[] = "00";

/* Digits with at most one "+" in front; false for anything that no one writes in a number. */
static bool read_digits(const char *text, char digits[MAX_DIGITS + 2])
{
	size_t length = 0;

	for (; *text; text++) {
		if (text_starts(text, "(0)") && length > 1 && digits[0] == '+') {
			text += 2;
			continue;
		}
		if (strchr(" .-/()", *text))
			continue;
		if ((*text != '+' || length > 0) && (*text < '0' || *text > '9'))
			return false;
		if (length > MAX_DIGITS)
			return false;
		digits[length++] = *text;
	}
	digits[length] = '\0';
	return true;
}

static bool has_room(const struct phone_country *country, const char *national)
{
	size_t length = strlen(national);

	if (text_equal(country->trunk, "0") && national[0] == '0') /* it stands before national numbers, never in them */
		return false;
	return length < 32 && (country->lengths >> length & 1);
}

static int compose(const char *code, const char *national, char ret_number[PHONE_SIZE])
{
	size_t code_length = strlen(code), national_length = strlen(national);

	if (1 + code_length + national_length >= PHONE_SIZE)
		return PIMS_E_FORMAT;
	ret_number[0] = '+';
	memcpy(ret_number + 1, code, code_length);
	memcpy(ret_number + 1 + code_length, national, national_length + 1);
	return 0;
}

/* No calling code is the beginning of another (ITU-T E.164 §6.2.1), so the first that fits is the one. */
static int from_international(const char *digits, char ret_number[PHONE_SIZE])
{
	for (size_t i = 0; i < COUNTRIES; i++) {
		const char *code = countries[i].code;

		if (text_starts(digits, code) && has_room(&countries[i], digits + strlen(code)))
			return compose(code, digits + strlen(code), ret_number);
	}
	return PIMS_E_FORMAT;
}

static int from_national(const struct phone_country *country, const char *digits, char ret_number[PHONE_SIZE])
{
	size_t trunk = strlen(country->trunk);

	if (trunk && text_starts(digits, country->trunk) && has_room(country, digits + trunk))
		return compose(country->code, digits + trunk, ret_number);
	if (!has_room(country, digits))
		return PIMS_E_FORMAT;
	return compose(country->code, digits, ret_number);
}

static const struct phone_country *find_country(const char *country)
{
	for (size_t i = 0; country && i < COUNTRIES; i++)
		if (text_equal_nocase(countries[i].country, country))
			return &countries[i];
	return NULL;
}

int phone_normalise(const char *text, const char *country, char ret_number[PHONE_SIZE])
{
	const struct phone_country *row;
	char digits[MAX_DIGITS + 2];

	if (!read_digits(text, digits))
		return PIMS_E_FORMAT;
	if (digits[0] == '+')
		return from_international(digits + 1, ret_number);
	if (text_starts(digits, international))
		return from_international(digits + strlen(international), ret_number);
	row = find_country(country);
	return row ? from_national(row, digits, ret_number) : PIMS_E_FORMAT;
}

bool phone_country_known(const char *country)
{
	return find_country(country) != NULL;
}

/* In North America the trunk prefix is dialled, but no part of a number as people write it. */
int phone_national(const char *number, const char *country, char ret_text[PHONE_SIZE])
{
	const struct phone_country *row = find_country(country);
	const char *trunk = row && !text_equal(row->trunk, "1") ? row->trunk : "";
	const char *national;

	if (!row || number[0] != '+' || !text_starts(number + 1, row->code))
		return PIMS_E_FORMAT;
	national = number + 1 + strlen(row->code);
	if (!has_room(row, national) || strlen(trunk) + strlen(national) >= PHONE_SIZE)
		return PIMS_E_FORMAT;
	memcpy(ret_text, trunk, strlen(trunk));
	memcpy(ret_text + strlen(trunk), national, strlen(national) + 1);
	return 0;
}

const char *phone_country(const char *number)
{
	for (size_t i = 0; number[0] == '+' && i < COUNTRIES; i++)
		if (text_starts(number + 1, countries[i].code))
			return countries[i].country;
	return NULL;
}
