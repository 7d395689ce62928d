/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/claims.h"

#include "jose/limits.h"

#include <string.h>

static const int64_t time_max = INT64_C(253402300799);

int claim_time(const json_t *claims, const char *name, int64_t *ret_time)
{
	const json_t *value = json_object_get(claims, name);
	double real;

	if (!value)
		return 0;
	if (json_is_integer(value)) {
		if (json_integer_value(value) < 0 || json_integer_value(value) > time_max)
			return -1;
		*ret_time = json_integer_value(value);
		return 1;
	}
	real = json_real_value(value);
	if (!json_is_real(value) || !(real >= 0 && real <= (double)time_max))
		return -1;
	*ret_time = (int64_t)real;
	return 1;
}

bool claim_is_text(const json_t *value, const char *text)
{
	return json_is_string(value) && json_string_length(value) == strlen(text) && strcmp(json_string_value(value), text) == 0;
}

size_t claim_audiences(const json_t *audience)
{
	const json_t *item;
	size_t i;

	if (json_is_string(audience))
		return 1;
	if (json_array_size(audience) > AUDIENCES_MAX)
		return 0;
	json_array_foreach(audience, i, item)
		if (!json_is_string(item))
			return 0;
	return json_array_size(audience);
}

bool claim_has_audience(const json_t *audience, const char *name)
{
	const json_t *item;
	size_t i;

	if (claim_is_text(audience, name))
		return true;
	json_array_foreach(audience, i, item)
		if (claim_is_text(item, name))
			return true;
	return false;
}
