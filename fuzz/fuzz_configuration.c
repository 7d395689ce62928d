/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of initialize, and of every other call. */
#include "facade/configuration.h"
#include "facade/validate.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void as_configuration(const char *text)
{
	struct flow flow;
	struct profile profile = {0};

	flow_init(&flow);
	if (configuration_read(&flow, text, &profile))
		FUZZ_CHECK(profile.client_id && profile.login_redirect_uri);
	else
		FUZZ_CHECK(flow.outcome.code != 0);
	profile_free(&profile);
	flow_clear(&flow);
}

static void as_parameters(const char *text, const struct api_row *row)
{
	const struct api_row *found = NULL;
	json_t *parameters = NULL;
	struct flow flow;

	flow_init(&flow);
	if (validate_call(&flow, row->verb, row->api, text, &found, &parameters)) {
		FUZZ_CHECK(found && json_is_object(parameters));
		json_wipe(parameters);
	} else {
		FUZZ_CHECK(flow.outcome.code != 0);
	}
	flow_clear(&flow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	as_configuration(text);
	for (const struct api_row *row = api_rows; row->api; row++)
		as_parameters(text, row);
	free(text);
	return 0;
}
