/* SPDX-License-Identifier: Apache-2.0 */
#include "server/arguments.h"
#include "server/oidc/browser.h"

#include <pims/error.h>

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What pimsd makes of its options about SMS, PINs, devices, one-time passwords, countries and the customer API. */

enum { MAX_WORDS = 24, MAX_TEXT = 1024 };

/** A command line; getopt_long() and take_issuer() write to it. */
struct line {
	char text[MAX_WORDS][MAX_TEXT];
	char *words[MAX_WORDS + 1];
	int count;
	char errors[2048]; /**< what standard error was told */
};

static int parse_quietly(struct line *line, struct arguments *ret_arguments)
{
	FILE *errors = tmpfile();
	int saved = dup(STDERR_FILENO), r;
	size_t length;

	assert_non_null(errors);
	assert_true(saved >= 0 && dup2(fileno(errors), STDERR_FILENO) >= 0);
	optind = 0;
	r = arguments_parse(line->count, line->words, ret_arguments);
	(void)fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	rewind(errors);
	length = fread(line->errors, 1, sizeof line->errors - 1, errors);
	line->errors[length] = '\0';
	(void)fclose(errors);
	return r;
}

/** `words`: what comes behind "pimsd --sandbox", ended by NULL. */
static int parse(struct line *line, const char *const *words, struct arguments *ret_arguments)
{
	line->count = 0;
	(void)snprintf(line->text[line->count++], MAX_TEXT, "pimsd");
	(void)snprintf(line->text[line->count++], MAX_TEXT, "--sandbox");
	for (; *words; words++) {
		assert_true(line->count < MAX_WORDS);
		assert_true(snprintf(line->text[line->count++], MAX_TEXT, "%s", *words) < MAX_TEXT);
	}
	for (int i = 0; i < line->count; i++)
		line->words[i] = line->text[i];
	line->words[line->count] = NULL;
	return parse_quietly(line, ret_arguments);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_refused(const char *option, const char *value)
{
	static struct line line;
	struct arguments arguments = {.port = 4711};

	if (parse(&line, WORDS(option, value), &arguments) != PIMS_E_INVALID)
		fail_msg("%s \"%s\" was taken", option, value);
	assert_int_equal(arguments.port, 4711);
	if (!strstr(line.errors, option))
		fail_msg("%s \"%s\": the error tells of something else: %s", option, value, line.errors);
}

static struct settings settings_of(const char *const *words)
{
	static struct line line; /* texts of settings are the command line's */
	static struct arguments arguments;
	struct server_options options;

	if (parse(&line, words, &arguments) != 0)
		fail_msg("%s: %s", words[0] ? words[0] : "nothing", line.errors);
	arguments_options(&arguments, NULL, &options);
	return options.settings;
}

/* --- what is refused ---------------------------------------------------------------------------------------------------------------- */

static void what_is_no_number_is_refused(void **state)
{
	static const char *const options[] = {"--sms-cooldown", "--sms-per-hour", "--sms-per-day", "--sms-per-number", "--sms-per-address",
					      "--pin-min", "--pin-max", "--max-devices", "--otp-per-day"};
	static const char *const values[] = {"", "x", "-1", "+5", " 5", "5 ", "5x", "0x5", "1e1", "5.0", "99999999", "4294967301", "18446744073709551621"};

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		for (size_t j = 0; j < sizeof values / sizeof *values; j++)
			assert_refused(options[i], values[j]);
}

static void what_is_out_of_range_is_refused(void **state)
{
	static const char *const pairs[][2] = {
		{"--sms-cooldown", "3601"}, {"--sms-per-hour", "0"}, {"--sms-per-hour", "1000001"}, {"--sms-per-day", "0"},
		{"--sms-per-day", "1000001"}, {"--sms-per-number", "0"}, {"--sms-per-number", "1000001"}, {"--sms-per-address", "0"},
		{"--sms-per-address", "1000001"}, {"--pin-min", "3"}, {"--pin-min", "17"}, {"--pin-max", "3"}, {"--pin-max", "17"},
		{"--session-days", "3651"}, {"--session-days", "x"}, {"--password-min", "7"}, {"--password-min", "65"},
		{"--max-devices", "0"}, {"--max-devices", "1001"}, {"--otp-per-day", "1000001"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		assert_refused(pairs[i][0], pairs[i][1]);
}

static void a_least_pin_above_the_longest_is_refused(void **state)
{
	static struct line line;
	struct arguments arguments;

	(void)state;
	assert_int_equal(parse(&line, WORDS("--pin-min", "7", "--pin-max", "6"), &arguments), PIMS_E_INVALID);
	assert_non_null(strstr(line.errors, "--pin-min"));
	assert_int_equal(parse(&line, WORDS("--pin-min", "9"), &arguments), PIMS_E_INVALID); /* the default longest is 8 */
	assert_int_equal(parse(&line, WORDS("--pin-min", "9", "--pin-max", "9"), &arguments), 0);
	assert_int_equal(parse(&line, WORDS("--pin-max", "4"), &arguments), 0);
}

static void a_list_of_countries_must_have_its_form(void **state)
{
	static const char *const values[] = {"", ",", "FR,,ES", ",FR", "F", "FRA", "XX", "FR=", "FR=x", "FR=-1", "FR=1000001", "FR=99999999", "FR 5",
					     "FR;ES", "**", "*F", "=5", "FR=5=6", "*=", "12"};
	char longest[SMS_COUNTRIES_SIZE + 8] = "FR";

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_refused("--sms-countries", values[i]);
	while (strlen(longest) < SMS_COUNTRIES_SIZE)
		strncat(longest, ",FR", sizeof longest - strlen(longest) - 1);
	assert_refused("--sms-countries", longest);
}

static void a_hash_of_android_has_eleven_characters_of_base64(void **state)
{
	static const char *const values[] = {"", "FA+9qCX9VS", "FA+9qCX9VSuu", "FA+9qCX9VS=", "FA-9qCX9VSu", "FA+9qCX9V u", "FA+9qCX9VS\n"};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_refused("--sms-android-hash", values[i]);
}

static void a_country_must_be_one(void **state)
{
	static const char *const values[] = {"", "F", "FRA", "XX", "33", "*", "FR,ES", "F "};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_refused("--country", values[i]);
}

static void a_name_and_the_values_of_options_must_be_there(void **state)
{
	static const char *const options[] = {"--customer-audience", "--country", "--sms-countries", "--sms-android-hash", "--sms-cooldown", "--pin-min",
					      "--max-devices", "--otp-per-day"};
	static struct line line;
	struct arguments arguments;

	(void)state;
	assert_refused("--customer-audience", "");
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		assert_int_equal(parse(&line, WORDS(options[i]), &arguments), PIMS_E_INVALID);
	assert_int_equal(parse(&line, WORDS("--weak-pins=yes"), &arguments), PIMS_E_INVALID);
	assert_int_equal(parse(&line, WORDS("--sms-per-week", "5"), &arguments), PIMS_E_INVALID);
	assert_int_equal(parse(&line, WORDS("--weak-pins", "yes"), &arguments), PIMS_E_INVALID);
}

/* --- what is set -------------------------------------------------------------------------------------------------------------------- */

static void without_options_the_defaults_of_the_manual_hold(void **state)
{
	const struct settings settings = settings_of((const char *const[]){NULL});
	struct settings production;

	(void)state;
	settings_default(&production, false);
	assert_int_equal(production.password_min, 15);
	assert_int_equal(settings.sms.cooldown_seconds, 30);
	assert_int_equal(settings.sms.per_hour, 0); /* by mode: server/sms/policy.c */
	assert_int_equal(settings.sms.per_day, 0);
	assert_int_equal(settings.sms.per_number, 0);
	assert_int_equal(settings.sms.per_address, 0);
	assert_string_equal(settings.sms.countries, "");
	assert_string_equal(settings.sms.android_hash, "");
	assert_int_equal(settings.pin_min, 4);
	assert_int_equal(settings.pin_max, 8);
	assert_int_equal(settings.max_devices, 5);
	assert_int_equal(settings.otp_per_day, 0);
	assert_int_equal(settings.session_seconds, 365 * 86400);
	assert_int_equal(settings.password_min, 8); /* of the sandbox */
	assert_false(settings.weak_pins);
	assert_string_equal(settings.country, "FR");
	assert_null(settings.customer_audience);
}

/* As pimsd(8), LIFETIMES, has them. */
static void production_has_the_lifetimes_of_the_manual(void **state)
{
	struct settings settings;

	(void)state;
	settings_default(&settings, false);
	assert_int_equal(settings.code_seconds, 5 * 60);
	assert_int_equal(settings.access_seconds, 3599);
	assert_int_equal(settings.refresh_seconds, 180 * 86400);
	assert_int_equal(settings.session_seconds, 365 * 86400);
	assert_int_equal(BROWSER_SECONDS, 14 * 86400);
	assert_int_equal(settings.sms_seconds, 10 * 60);
	assert_int_equal(settings.challenge_seconds, 120);
	assert_int_equal(settings.otp_seconds, 120);
}

static void who_wants_requests_pushed_says_so(void **state)
{
	(void)state;
	assert_false(settings_of((const char *const[]){NULL}).par_required);
	assert_true(settings_of(WORDS("--par-required")).par_required);
}

static void what_limits_sms_is_set(void **state)
{
	const struct settings settings =
		settings_of(WORDS("--sms-cooldown", "45", "--sms-per-hour", "7", "--sms-per-day", "20", "--sms-per-number", "3", "--sms-per-address", "50",
				  "--sms-countries", "FR=1000,ES,*=50", "--sms-android-hash", "FA+9qCX9VSu"));

	(void)state;
	assert_int_equal(settings.sms.cooldown_seconds, 45);
	assert_int_equal(settings.sms.per_hour, 7);
	assert_int_equal(settings.sms.per_day, 20);
	assert_int_equal(settings.sms.per_number, 3);
	assert_int_equal(settings.sms.per_address, 50);
	assert_string_equal(settings.sms.countries, "FR=1000,ES,*=50");
	assert_string_equal(settings.sms.android_hash, "FA+9qCX9VSu");
}

static void the_ends_of_the_ranges_are_taken(void **state)
{
	struct settings settings = settings_of(WORDS("--sms-cooldown", "0", "--sms-per-hour", "1", "--sms-per-day", "1000000", "--max-devices", "1000",
						     "--otp-per-day", "1000000", "--pin-min", "4", "--pin-max", "16"));

	(void)state;
	assert_int_equal(settings.sms.cooldown_seconds, 0);
	assert_int_equal(settings.sms.per_hour, 1);
	assert_int_equal(settings.sms.per_day, 1000000);
	assert_int_equal(settings.max_devices, 1000);
	assert_int_equal(settings.otp_per_day, 1000000);
	assert_int_equal(settings.pin_min, 4);
	assert_int_equal(settings.pin_max, 16);
	settings = settings_of(WORDS("--sms-cooldown", "3600", "--max-devices", "1", "--otp-per-day", "0", "--pin-min", "16", "--pin-max", "16"));
	assert_int_equal(settings.sms.cooldown_seconds, 3600);
	assert_int_equal(settings.max_devices, 1);
	assert_int_equal(settings_of(WORDS("--session-days", "0")).session_seconds, 0);
	assert_int_equal(settings_of(WORDS("--session-days", "3650")).session_seconds, 3650 * 86400);
	assert_int_equal(settings_of(WORDS("--password-min", "8")).password_min, 8);
	assert_int_equal(settings_of(WORDS("--password-min", "64")).password_min, 64);
	assert_int_equal(settings.otp_per_day, 0);
	assert_int_equal(settings.pin_min, 16);
}

static void what_limits_pins_devices_and_passwords_is_set(void **state)
{
	const struct settings settings =
		settings_of(WORDS("--pin-min", "6", "--pin-max", "10", "--max-devices", "3", "--otp-per-day", "6", "--weak-pins", "--otp-pin-required", "--sign-in-otp",
			  "--sign-in-passkey"));

	(void)state;
	assert_int_equal(settings.pin_min, 6);
	assert_int_equal(settings.pin_max, 10);
	assert_int_equal(settings.max_devices, 3);
	assert_int_equal(settings.otp_per_day, 6);
	assert_true(settings.weak_pins);
	assert_false(settings.otp_without_pin);
	assert_true(settings.sign_in_otp);
	assert_true(settings.sign_in_passkey);
}

static void what_proofs_of_keys_are_wanted_is_set(void **state)
{
	struct settings settings = settings_of(WORDS("--dpop-required"));

	(void)state;
	assert_true(settings.dpop_required);
	assert_false(settings.dpop_nonce);
	settings = settings_of(WORDS("--dpop-nonce"));
	assert_true(settings.dpop_nonce);
	assert_false(settings.dpop_required);
}

static void country_and_audience_are_set(void **state)
{
	struct settings settings = settings_of(WORDS("--country", "be", "--customer-audience", "https://api.example.com/customer"));

	(void)state;
	assert_string_equal(settings.country, "BE");
	assert_string_equal(settings.customer_audience, "https://api.example.com/customer");
	settings = settings_of(WORDS("--country=GB", "--sms-countries=*=0,fr"));
	assert_string_equal(settings.country, "GB");
	assert_string_equal(settings.sms.countries, "*=0,fr");
}

static void of_an_option_that_comes_twice_the_last_counts(void **state)
{
	const struct settings settings = settings_of(WORDS("--max-devices", "3", "--max-devices", "4", "--country", "ES", "--country", "IT"));

	(void)state;
	assert_int_equal(settings.max_devices, 4);
	assert_string_equal(settings.country, "IT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(what_is_out_of_range_is_refused),
		cmocka_unit_test(a_least_pin_above_the_longest_is_refused),
		cmocka_unit_test(a_list_of_countries_must_have_its_form),
		cmocka_unit_test(a_hash_of_android_has_eleven_characters_of_base64),
		cmocka_unit_test(a_country_must_be_one),
		cmocka_unit_test(a_name_and_the_values_of_options_must_be_there),
		cmocka_unit_test(without_options_the_defaults_of_the_manual_hold),
		cmocka_unit_test(production_has_the_lifetimes_of_the_manual),
		cmocka_unit_test(who_wants_requests_pushed_says_so),
		cmocka_unit_test(what_limits_sms_is_set),
		cmocka_unit_test(the_ends_of_the_ranges_are_taken),
		cmocka_unit_test(what_limits_pins_devices_and_passwords_is_set),
		cmocka_unit_test(what_proofs_of_keys_are_wanted_is_set),
		cmocka_unit_test(country_and_audience_are_set),
		cmocka_unit_test(of_an_option_that_comes_twice_the_last_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
