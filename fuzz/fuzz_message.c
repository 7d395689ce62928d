/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call from its text to its message: verb, api, parameters, the rule of documented codes, the JSON that the callback sees. The input is
 * "verb api parameters"; what is accepted is echoed as a result, what is refused as an error.
 */
#include "facade/codes.h"
#include "facade/message.h"
#include "facade/validate.h"
#include "fuzz/fuzz.h"

#include <pims/error.h>

#include <string.h>

static void check_error(const struct outcome *outcome, const json_t *document)
{
	const json_t *error = json_object_get(document, "error");
	const char *label = json_text(error, "label");

	FUZZ_CHECK(json_object_size(document) == 3 && !json_object_get(document, "result"));
	FUZZ_CHECK(json_integer_value(json_object_get(error, "code")) == outcome->code);
	FUZZ_CHECK(label && pims_error_label(outcome->code));
	FUZZ_CHECK(outcome->code == PIMS_UNKNOWN || outcome->code == PIMS_NOT_SUPPORTED || outcome->code == PIMS_MISSING_PARAMETER ||
		   outcome->code == PIMS_INVALID_PARAMETER || outcome->code == PIMS_CONFIGURATION_INVALID);
}

static void check_message(const struct outcome *outcome)
{
	struct message_text text;
	struct pims_message message;
	const char *rendered;
	json_t *document;

	message_init(&message, &text, outcome, "953cfefb-bc72");
	rendered = pims_message_json(&message);
	FUZZ_CHECK(rendered && !strchr(rendered, '\n'));
	/* jansson itself: the echo stands one level deeper than our parser takes */
	document = json_loads(rendered, JSON_REJECT_DUPLICATES, NULL);
	FUZZ_CHECK(json_is_object(document));
	if (outcome->code)
		check_error(outcome, document);
	else
		FUZZ_CHECK(json_equal(json_object_get(document, "result"), outcome->result) && !json_object_get(document, "error"));
	json_wipe(document);
	message_clear(&message);
}

/* Digits are digits, and what the row does not name is not there. */
static void check_parameters(const struct api_row *row, const json_t *parameters)
{
	size_t known = 0;

	for (size_t i = 0; i < API_MAX_BY && row->by[i].name; i++)
		known += json_object_get(parameters, row->by[i].name) != NULL;
	for (const struct api_parameter *parameter = row->parameters; parameter && parameter->name; parameter++) {
		const char *text = json_text(parameters, parameter->name);

		FUZZ_CHECK(!parameter->required || json_object_get(parameters, parameter->name));
		if (text && parameter->kind == API_DIGITS)
			FUZZ_CHECK(*text && strspn(text, "0123456789") == strlen(text) && strlen(text) <= API_MAX_DIGITS);
		known += json_object_get(parameters, parameter->name) != NULL;
	}
	FUZZ_CHECK(known == json_object_size(parameters));
}

static void run(enum api_verb verb, const char *api, const char *parameters)
{
	const struct api_row *row = NULL;
	json_t *valid = NULL;
	struct flow flow;

	flow_init(&flow);
	if (validate_call(&flow, verb, api, parameters, &row, &valid)) {
		FUZZ_CHECK(row && json_is_object(valid));
		check_parameters(row, valid);
		flow_succeed(&flow, valid);
	} else {
		FUZZ_CHECK(!valid && flow.outcome.code);
	}
	codes_map(NULL, &flow.outcome);
	check_message(&flow.outcome);
	flow_clear(&flow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char *api, *parameters = NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	api = strchr(text, ' ');
	if (api) {
		*api++ = '\0';
		parameters = strchr(api, ' ');
	}
	if (parameters)
		*parameters++ = '\0';
	run(strcmp(text, "get") == 0 ? API_GET : API_SET, api ? api : text, parameters);
	free(text);
	return 0;
}
