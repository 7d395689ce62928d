/* SPDX-License-Identifier: Apache-2.0 */
#include "strong/number.h"

#include "base/phone.h"
#include "base/text.h"

#include <pims/error.h>

#include <string.h>

int strong_number(const struct flow *flow, char ret_number[STRONG_NUMBER_SIZE])
{
	const char *text = flow_text(flow, "phoneNumber");
	const char *country = flow->profile->country;
	char number[PHONE_SIZE];

	if (phone_normalise(text, country, number) == 0)
		return text_copy(ret_number, STRONG_NUMBER_SIZE, number);
	if (phone_country_known(country) || strchr(text, '+') || text_starts(text, "00"))
		return PIMS_E_FORMAT;
	return text_copy(ret_number, STRONG_NUMBER_SIZE, text) < 0 ? PIMS_E_FORMAT : 0;
}

bool strong_number_valid(struct flow *flow)
{
	char number[STRONG_NUMBER_SIZE];

	if (strong_number(flow, number) == 0)
		return true;
	flow_fail_name(flow, PIMS_INVALID_PARAMETER, "phoneNumber", "phone.invalid");
	return false;
}
