/* SPDX-License-Identifier: Apache-2.0 */
#include "server/arguments.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/account/password.h"

#include <pims/error.h>

#include <stdio.h>

/* The options about passwords, PINs, devices, one-time passwords and sessions (pimsd(8)). */

enum { DEFAULT_PIN_MIN = 4, DEFAULT_PIN_MAX = 8 };

static const struct {
	const char *name;
	uint64_t min, max;
	size_t offset;
} limits[] = {
	{"pin-min", 4, 16, offsetof(struct policy, pin_min)},
	{"pin-max", 4, 16, offsetof(struct policy, pin_max)},
	{"max-devices", 1, 1000, offsetof(struct policy, max_devices)},
	{"otp-per-day", 0, 1000000, offsetof(struct policy, otp_per_day)},
	{"password-min", PASSWORD_MIN, PASSWORD_MIN_MAX, offsetof(struct policy, password_min)},
	{"session-days", 0, 3650, offsetof(struct policy, session_days)},
};

int arguments_take_policy(struct policy *policy, const char *name, const char *value)
{
	uint64_t number;

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (!text_equal(name, limits[i].name))
			continue;
		if (decimal_parse(value, limits[i].max, &number) < 0 || number < limits[i].min) {
			fprintf(stderr, "pimsd: --%s wants a number from %d to %d\n", name, (int)limits[i].min, (int)limits[i].max);
			return PIMS_E_INVALID;
		}
		*(int *)(void *)((char *)policy + limits[i].offset) = (int)number;
		return 0;
	}
	return PIMS_E_INVALID;
}

int arguments_check_policy(const struct policy *policy)
{
	int min = policy->pin_min ? policy->pin_min : DEFAULT_PIN_MIN, max = policy->pin_max ? policy->pin_max : DEFAULT_PIN_MAX;

	if (min <= max)
		return 0;
	fprintf(stderr, "pimsd: --pin-min is above --pin-max\n");
	return PIMS_E_INVALID;
}
