/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/codes.h"

#include "base/text.h"

#include <pims/cause.h>
#include <pims/error.h>

/* What every row may answer, whatever its list says. */
static bool always_allowed(int code)
{
	return (code >= 2000 && code <= 2007) || code == PIMS_PINNING || code == PIMS_NEED_BASIC_AUTHENTICATION ||
	       code == PIMS_NEED_STRONG_AUTHENTICATION;
}

/* "A row that lists none of the three (enroll, pincode, user, account) uses them as they are." */
static bool lists_network(const struct api_row *row)
{
	return api_lists(row, PIMS_TIMEOUT) || api_lists(row, PIMS_NETWORK) || api_lists(row, PIMS_SERVER);
}

/* A backend without such a call is told as what it is on every row (spec/wire.md §3, the live service). */
static bool no_endpoint(const struct outcome *outcome)
{
	return outcome->code == PIMS_COMPONENT_NOT_CONFIGURED && text_equal(outcome->cause, "backend.no_endpoint");
}

static bool allowed(const struct api_row *row, const struct outcome *outcome)
{
	int code = outcome->code;
	bool network = code == PIMS_TIMEOUT || code == PIMS_NETWORK || code == PIMS_SERVER;

	return always_allowed(code) || api_lists(row, code) || (network && !lists_network(row)) || no_endpoint(outcome);
}

/* The nearest code, one step at a time; PIMS_UNKNOWN is allowed everywhere and ends the way. */
static const struct {
	int from;
	int to;
	const char *parameter; /**< only for a row with this parameter, which the label then names */
} nearest[] = {
	{PIMS_TIMEOUT, PIMS_NETWORK, NULL},
	{PIMS_INVALID_RETURN, PIMS_SERVER, NULL},
	{PIMS_LOGOUT_FAILED, PIMS_SERVER, NULL},
	{PIMS_SMS_CODE_EXPIRED, PIMS_SMS_CODE_INVALID, NULL},
	{PIMS_SMS_CODE_INVALID, PIMS_INVALID_PARAMETER, "smsCode"},
	{PIMS_NO_PHONE_NUMBER, PIMS_SERVER, NULL},
	{PIMS_INWEBO_PIN_REUSED, PIMS_INVALID_PARAMETER, "pinCode"},
	{PIMS_IDTOKEN_INVALID, PIMS_SERVER, NULL},
	{PIMS_IDTOKEN_FORMAT, PIMS_SERVER, NULL},
	{PIMS_COMPONENT_NOT_CONFIGURED, PIMS_NOT_CONFIGURED, NULL},
	{PIMS_PHONE_REGISTERED, PIMS_INVALID_PARAMETER, "phoneNumber"},
	{PIMS_INVALID_PARAMETER, PIMS_SERVER, NULL},
	{PIMS_INWEBO_ACCESS, PIMS_SERVER, NULL},
	{PIMS_INWEBO_VERSION, PIMS_SERVER, NULL},
	{PIMS_INWEBO_BLOCKED, PIMS_SERVER, NULL},
	{PIMS_INWEBO_STATE, PIMS_SERVER, NULL},
	{PIMS_INWEBO_NO_DEVICE, PIMS_SERVER, NULL},
	{PIMS_INWEBO_NOT_ACTIVATED, PIMS_SERVER, NULL},
	{PIMS_INWEBO_NO_SERVICE, PIMS_SERVER, NULL},
	{PIMS_INWEBO_SYNCHRO, PIMS_SERVER, NULL},
	{PIMS_INWEBO_FORBIDDEN, PIMS_SERVER, NULL},
};

static void step(const struct api_row *row, struct outcome *outcome)
{
	for (size_t i = 0; i < sizeof nearest / sizeof nearest[0]; i++) {
		if (nearest[i].from != outcome->code || (nearest[i].parameter && !api_parameter(row, nearest[i].parameter)))
			continue;
		outcome->code = nearest[i].to;
		if (nearest[i].parameter)
			text_copy(outcome->name, sizeof outcome->name, nearest[i].parameter);
		return;
	}
	outcome->code = PIMS_UNKNOWN;
}

/* Where the code alone does not say what was wrong. */
static const struct {
	int code;
	const char *cause;
} causes[] = {
	{PIMS_NO_PHONE_NUMBER, "phone.none"},
	{PIMS_SMS_CODE_EXPIRED, "sms.expired"},
};

static void keep_cause(struct outcome *outcome)
{
	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
		if (causes[i].code == outcome->code && !*outcome->cause)
			text_copy(outcome->cause, sizeof outcome->cause, causes[i].cause);
}

/* By the code as it was raised: the nearest one says less. */
static void add_recovery(struct outcome *outcome)
{
	if (!*outcome->recovery)
		text_copy(outcome->recovery, sizeof outcome->recovery, pims_cause_recovery(outcome->cause, outcome->code));
}

void codes_map(const struct api_row *row, struct outcome *outcome)
{
	if (outcome->code == 0)
		return;
	keep_cause(outcome);
	add_recovery(outcome);
	if (!row)
		return;
	while (!allowed(row, outcome))
		step(row, outcome);
}
