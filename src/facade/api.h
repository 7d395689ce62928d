/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_API_H
#define PIMS_FACADE_API_H

#include "base/buf.h"
#include "platform/flow.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The table of calls: one row each (spec/api.json). Validation, the rule of documented codes, pims_apis(), the command line's help and the tests
 * are driven by it. A new call is a row in api_table.c and its first step.
 */

enum api_verb { API_GET, API_SET };

/** Form of a parameter. All but the objects are strings. */
enum api_kind {
	API_STRING,
	API_DIGITS,   /**< PIN or SMS code: 1 to 32 digits; an integer is accepted as its digits */
	API_PHONE,    /**< phone number; an integer is accepted as its digits */
	API_LANGUAGE, /**< tag of a language */
	API_OBJECT,
	API_EXTENSION, /**< a string that is ours, not the reference's */
	API_EXTENSION_OBJECT
};

enum { API_MAX_DIGITS = 32, API_MAX_TEXT = 1024, API_MAX_BY = 2 };

struct api_parameter {
	const char *name;
	enum api_kind kind;
	bool required;
	const char *const *values; /**< ended by NULL; NULL = any */
	const char *alias;         /**< another name it is known by, or NULL */
	const char *meaning;       /**< or NULL */
};

static inline bool api_is_object(const struct api_parameter *parameter)
{
	return parameter->kind == API_OBJECT || parameter->kind == API_EXTENSION_OBJECT;
}

/** Part of what selects a row besides verb and api. */
struct api_discriminator {
	const char *name;
	const char *value;
	const char *other_name;  /**< accepted in place of name, or NULL */
	const char *other_value; /**< accepted in place of value, or NULL */
};

struct api_field {
	const char *name;
	const char *type;
};

struct api_row {
	enum api_verb verb;
	const char *api;
	struct api_discriminator by[API_MAX_BY]; /**< in the order they are checked; unused ones have no name */
	const struct api_parameter *parameters;  /**< ended by a NULL name; NULL = none */
	const struct api_field *result;          /**< ended by a NULL name; NULL = null */
	const short *errors;                     /**< ended by 0 */
	const char *component;
	const char *since;
	bool authenticated; /**< needs a signed-in account: 2301 without */
	flow_step_fn start; /**< NULL = 2002 */
};

#define API_STRONG "StrongAuthentication"
/** What a row of ours says for `since`: the reference does not have it. */
#define API_OURS "openpims 0.1"
#define API_CONFIGURATION "pims.sdk.configuration"

/** All rows, ended by a NULL api. */
extern const struct api_row api_rows[];

const char *api_verb_text(enum api_verb verb);
/** True for a row of ours. */
bool api_is_extension(const struct api_row *row);
/** True when the row lists the code. */
bool api_lists(const struct api_row *row, int code);
/** The row's parameter of that name, or NULL. */
const struct api_parameter *api_parameter(const struct api_row *row, const char *name);

#endif
