/* SPDX-License-Identifier: Apache-2.0 */
#include "facade/validate.h"

#include "base/encode.h"
#include "base/text.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

enum { LANGUAGE_MAX = 35 }; /* RFC 5646 §4.4.1 */

static bool fail(struct flow *flow, int code, const char *name)
{
	flow_fail_name(flow, code, name, NULL);
	return false;
}

/* What can't be read is told as initialize does where it is the configuration (spec/facade.md §Rules 1). */
static bool fail_unreadable(struct flow *flow, const char *api)
{
	if (!text_equal(api, API_CONFIGURATION))
		return fail(flow, PIMS_INVALID_PARAMETER, "parameters");
	flow_fail(flow, PIMS_CONFIGURATION_INVALID, NULL);
	return false;
}

static bool read_text(struct flow *flow, const char *api, const char *text, json_t **ret_given)
{
	int r = text ? json_parse_object(text, strlen(text), PARAMETERS_MAX, ret_given) : 0;

	if (!text)
		*ret_given = json_object();
	if (r == PIMS_E_MEMORY || (r == 0 && !*ret_given)) {
		flow_fail_return(flow, PIMS_E_MEMORY);
		return false;
	}
	return r == 0 ? true : fail_unreadable(flow, api);
}

/* The name under which a discriminator was given, or NULL. */
static const char *given_name(const struct api_discriminator *by, const json_t *given)
{
	if (json_object_get(given, by->name))
		return by->name;
	return by->other_name && json_object_get(given, by->other_name) ? by->other_name : NULL;
}

static bool selected(const struct api_discriminator *by, const json_t *given)
{
	const char *name = given_name(by, given);
	const char *value = name ? json_text(given, name) : NULL;

	return value && (text_equal(value, by->value) || text_equal(value, by->other_value));
}

/* The first row at or after `row` of that verb and api whose first `depth` discriminators are the given ones, or NULL. */
static const struct api_row *next_row(const struct api_row *row, enum api_verb verb, const char *api, const json_t *given, size_t depth)
{
	for (; row->api; row++) {
		size_t matching = 0;

		if (row->verb != verb || !text_equal(row->api, api))
			continue;
		while (matching < depth && selected(&row->by[matching], given))
			matching++;
		if (matching == depth)
			return row;
	}
	return NULL;
}

/* No row goes further than `depth`: the discriminator there is absent or has an unknown value. */
static bool fail_discriminator(struct flow *flow, const struct api_row *first, const json_t *given, size_t depth)
{
	for (const struct api_row *row = first; row; row = next_row(row + 1, first->verb, first->api, given, depth)) {
		const char *name = given_name(&row->by[depth], given);

		if (name)
			return fail(flow, PIMS_INVALID_PARAMETER, name);
	}
	return fail(flow, PIMS_MISSING_PARAMETER, first->by[depth].name);
}

static bool find_row(struct flow *flow, enum api_verb verb, const char *api, const json_t *given, const struct api_row **ret_row)
{
	const struct api_row *row = next_row(api_rows, verb, api, given, 0);

	for (size_t depth = 0; depth < API_MAX_BY && row->by[depth].name; depth++) {
		const struct api_row *further = next_row(row, verb, api, given, depth + 1);

		if (!further)
			return fail_discriminator(flow, row, given, depth);
		row = further;
	}
	*ret_row = row;
	return true;
}

/* Blanks, dots, dashes, slashes and parentheses are what people write between the digits. */
static bool phone_valid(const char *text)
{
	size_t digits = 0;

	if (strlen(text) > API_MAX_DIGITS)
		return false;
	if (*text == '+')
		text++;
	for (; *text; text++) {
		bool digit = *text >= '0' && *text <= '9';

		if (!digit && !strchr(" .-/()", *text))
			return false;
		digits += digit;
	}
	return digits >= 3;
}

static bool language_valid(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t length = strlen(text);

	return length >= 1 && length <= LANGUAGE_MAX && strspn(text, letters) == length;
}

static bool listed(const char *text, const char *const *values)
{
	for (; *values; values++)
		if (text_equal(text, *values))
			return true;
	return false;
}

static bool text_valid(const struct api_parameter *parameter, const char *text)
{
	switch (parameter->kind) {
	case API_DIGITS:
		return decimal_valid(text, API_MAX_DIGITS);
	case API_PHONE:
		return phone_valid(text);
	case API_LANGUAGE:
		return language_valid(text);
	default:
		return parameter->values ? listed(text, parameter->values) : *text && strlen(text) <= API_MAX_TEXT;
	}
}

/* An integer stands for its decimal digits: callers lose leading zeros, which is why strings are the documented type. */
static json_t *integer_text(const json_t *value)
{
	char digits[24];
	json_t *text;

	snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	text = json_string(digits);
	secret_wipe(digits, sizeof digits);
	return text;
}

/* The value in its canonical form, a new reference; NULL with *ret_valid tells memory from a wrong form. */
static json_t *canonical(const struct api_parameter *parameter, json_t *value, const char *text, bool *ret_valid)
{
	bool digits = parameter->kind == API_DIGITS || parameter->kind == API_PHONE;

	*ret_valid = true;
	if (api_is_object(parameter) && json_is_object(value))
		return json_deep_copy(value);
	if (!api_is_object(parameter) && text && text_valid(parameter, text))
		return json_string(text);
	if (digits && json_is_integer(value) && json_integer_value(value) >= 0)
		return integer_text(value);
	*ret_valid = false;
	return NULL;
}

static bool read_parameter(struct flow *flow, const struct api_parameter *parameter, const json_t *given, json_t *valid)
{
	const char *name = json_object_get(given, parameter->name) || !parameter->alias ? parameter->name : parameter->alias;
	json_t *value = json_object_get(given, name);
	bool form_valid = true;
	json_t *form;

	if (!value && parameter->required)
		return fail(flow, PIMS_MISSING_PARAMETER, parameter->name);
	if (!value)
		return true;
	form = canonical(parameter, value, json_text(given, name), &form_valid);
	if (!form_valid)
		return fail(flow, PIMS_INVALID_PARAMETER, parameter->name);
	if (json_object_set_new(valid, parameter->name, form) < 0) {
		flow_fail_return(flow, PIMS_E_MEMORY);
		return false;
	}
	return true;
}

static bool read_parameters(struct flow *flow, const struct api_row *row, const json_t *given, json_t *valid)
{
	int r = valid ? 0 : PIMS_E_MEMORY;

	for (size_t i = 0; r == 0 && i < API_MAX_BY && row->by[i].name; i++)
		r = json_put_text(valid, row->by[i].name, row->by[i].value);
	if (r < 0) {
		flow_fail_return(flow, r);
		return false;
	}
	for (const struct api_parameter *parameter = row->parameters; parameter && parameter->name; parameter++)
		if (!read_parameter(flow, parameter, given, valid))
			return false;
	return true;
}

bool validate_call(struct flow *flow, enum api_verb verb, const char *api, const char *text, const struct api_row **ret_row,
		   json_t **ret_parameters)
{
	json_t *given = NULL, *valid = NULL;
	bool ok;

	if (!next_row(api_rows, verb, api, NULL, 0)) {
		flow_fail(flow, PIMS_NOT_SUPPORTED, NULL);
		return false;
	}
	ok = read_text(flow, api, text, &given) && find_row(flow, verb, api, given, ret_row);
	if (ok) {
		valid = json_object();
		ok = read_parameters(flow, *ret_row, given, valid);
	}
	json_wipe(given);
	if (!ok) {
		json_wipe(valid);
		return false;
	}
	*ret_parameters = valid;
	return true;
}
