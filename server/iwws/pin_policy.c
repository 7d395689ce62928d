/* SPDX-License-Identifier: Apache-2.0 */
#include "server/iwws/mac.h"

#include "base/encode.h"

/* Which new PINs are taken (pimsd(8)). A PIN that exists stays good, whatever the policy became. */

enum { DEFAULT_MIN = 4, DEFAULT_MAX = 8, DIGITS = 10 };

/* Every digit is `step` above the one before it, 0 following 9. */
static bool is_run(const char *pin, int step)
{
	for (size_t i = 1; pin[i]; i++)
		if ((pin[i] - pin[i - 1] - step) % DIGITS != 0)
			return false;
	return true;
}

/* 1212: two digits over and over. */
static bool is_pairs(const char *pin)
{
	for (size_t i = 2; pin[i]; i++)
		if (pin[i] != pin[i - 2])
			return false;
	return true;
}

static bool is_weak(const char *pin)
{
	return is_run(pin, 0) || is_run(pin, 1) || is_run(pin, -1) || is_pairs(pin);
}

int mac_check_new_pin(struct mac_call *call, const struct secret *pin)
{
	const struct settings *settings = &call->server->settings;
	size_t min = settings->pin_min > 0 ? (size_t)settings->pin_min : DEFAULT_MIN;
	size_t max = settings->pin_max > 0 ? (size_t)settings->pin_max : DEFAULT_MAX;

	if (pin->len >= min && decimal_valid(secret_text(pin), max) && (settings->weak_pins || !is_weak(secret_text(pin))))
		return 0;
	return mac_refuse(call, IW_PINREFUSED, "pin.policy");
}
