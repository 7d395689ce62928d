/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/secrets.h"

#include "base/text.h"

/* In any letter case: a slip of the keyboard is no reason to show a PIN to everybody. */
bool secret_name(const char *name)
{
	static const char *const names[] = {"pinCode", "smsCode", "oldPIN", "newPIN", "clientSecret"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (text_equal_nocase(name, names[i]))
			return true;
	}
	return false;
}

/* json_parse_value() bounds the depth. */
const char *secret_name_in(const json_t *value)
{
	const char *name, *found;
	const json_t *item;
	size_t i;

	if (json_is_object(value)) {
		json_object_foreach((json_t *)(uintptr_t)value, name, item) {
			found = secret_name(name) ? name : secret_name_in(item);
			if (found)
				return found;
		}
	}
	json_array_foreach((json_t *)(uintptr_t)value, i, item) {
		found = secret_name_in(item);
		if (found)
			return found;
	}
	return NULL;
}
