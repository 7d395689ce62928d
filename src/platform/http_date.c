/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/http_date.h"

#include <pims/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Not strptime(): it reads names in the process's locale. A form is a pattern in which each letter stands for a piece of the date:
 * W day name, L long day name, d day of two digits, e day padded with a blank, m month name, Y and y year of four and of two digits, H M S time.
 */
static const char *const FORMS[] = {
	"W, d m Y H:M:S GMT", /* IMF-fixdate */
	"L, d-m-y H:M:S GMT", /* RFC 850 */
	"W m e H:M:S Y",      /* asctime() */
};

static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char *const DAYS[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

struct date {
	int year, month, day, hour, minute, second;
};

static int read_digits(const char **at, size_t count, int *ret_value)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		char c = (*at)[i];

		if (c < '0' || c > '9')
			return PIMS_E_FORMAT;
		value = value * 10 + (c - '0');
	}
	*at += count;
	*ret_value = value;
	return 0;
}

static int read_padded_day(const char **at, int *ret_value)
{
	if (**at != ' ')
		return read_digits(at, 2, ret_value);
	(*at)++;
	return read_digits(at, 1, ret_value);
}

/* RFC 9110 wants a year over 50 years ahead to be taken as past; without a clock the line is drawn at 1970. */
static int read_short_year(const char **at, int *ret_value)
{
	int r = read_digits(at, 2, ret_value);

	if (r == 0)
		*ret_value += *ret_value < 70 ? 2000 : 1900;
	return r;
}

static int read_month(const char **at, int *ret_value)
{
	for (int i = 0; i < 12; i++) {
		if (strncmp(*at, MONTHS + (ptrdiff_t)3 * i, 3) == 0) {
			*at += 3;
			*ret_value = i + 1;
			return 0;
		}
	}
	return PIMS_E_FORMAT;
}

static int read_day_name(const char **at, bool whole)
{
	for (size_t i = 0; i < sizeof DAYS / sizeof DAYS[0]; i++) {
		size_t length = whole ? strlen(DAYS[i]) : 3;

		if (strncmp(*at, DAYS[i], length) == 0) {
			*at += length;
			return 0;
		}
	}
	return PIMS_E_FORMAT;
}

static int read_date_piece(char piece, const char **at, struct date *date)
{
	switch (piece) {
	case 'd':
		return read_digits(at, 2, &date->day);
	case 'e':
		return read_padded_day(at, &date->day);
	case 'm':
		return read_month(at, &date->month);
	case 'Y':
		return read_digits(at, 4, &date->year);
	case 'y':
		return read_short_year(at, &date->year);
	default:
		return read_day_name(at, piece == 'L');
	}
}

static int read_time(const char **at, struct date *date)
{
	int r = read_digits(at, 2, &date->hour);

	if (r == 0)
		r = *(*at)++ == ':' ? read_digits(at, 2, &date->minute) : PIMS_E_FORMAT;
	if (r == 0)
		r = *(*at)++ == ':' ? read_digits(at, 2, &date->second) : PIMS_E_FORMAT;
	return r;
}

static int read_form(const char *form, const char *text, struct date *date)
{
	for (; *form; form++) {
		int r;

		if (strncmp(form, "H:M:S", 5) == 0) {
			r = read_time(&text, date);
			form += 4;
		} else if (strncmp(form, "GMT", 3) == 0) {
			r = strncmp(text, "GMT", 3) == 0 ? 0 : PIMS_E_FORMAT;
			text += r == 0 ? 3 : 0;
			form += 2;
		} else if (strchr("WLdemYy", *form)) {
			r = read_date_piece(*form, &text, date);
		} else {
			r = *text == *form ? 0 : PIMS_E_FORMAT;
			text++;
		}
		if (r < 0)
			return r;
	}
	return *text ? PIMS_E_FORMAT : 0;
}

static bool leap_year(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool date_valid(const struct date *date)
{
	static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int length = LENGTHS[date->month - 1] + (date->month == 2 && leap_year(date->year) ? 1 : 0);

	return date->year >= 1970 && date->day >= 1 && date->day <= length && date->hour <= 23 && date->minute <= 59 && date->second <= 60;
}

/* Days since 1970 in the Gregorian calendar, counting years from March so that the leap day is the last. */
static int64_t date_days(const struct date *date)
{
	int64_t year = date->month <= 2 ? date->year - 1 : date->year;
	int64_t month = date->month <= 2 ? date->month + 9 : date->month - 3;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date->day - 1;

	return days - 719468;
}

int http_date_parse(const char *text, int64_t *ret_seconds)
{
	for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
		struct date date = {0};

		if (read_form(FORMS[i], text, &date) < 0)
			continue;
		if (!date_valid(&date))
			return PIMS_E_FORMAT;
		*ret_seconds = date_days(&date) * 86400 + date.hour * 3600 + date.minute * 60 + date.second;
		return 0;
	}
	return PIMS_E_FORMAT;
}
