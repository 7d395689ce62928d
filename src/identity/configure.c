/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/text.h"
#include "identity/identity.h"
#include "identity/issuer.h"
#include "identity/limits.h"
#include "identity/metadata.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* pims_discover(): the well-known document of a backend as parameters for initialize. Nothing of the context is touched. */

enum { MACID_LENGTH = 32 };

/* The parameters that come from the document: place in the result, name there, name in the document. */
static const struct parameter {
	const char *group; /**< NULL = at the top */
	const char *name;
	const char *source;
	bool required;
} parameters[] = {
	{NULL, "environnement", "environment", true},
	{NULL, "mode", "mode", true},
	{"credential", "clientID", "client_id", true},
	{"credential", "loginRedirectURI", "redirect_uri", true},
	{"credential", "webviewsRedirectURI", "redirect_uri", true},
	{"credential", "macID", "macid", false},
	{"credential", "inWeboURL", "inwebo_url", false},
	{"profile", "brand", "brand", true},
	{NULL, "country", "country", false},
};

static int copy_parameter(const json_t *document, const struct parameter *parameter, json_t *result)
{
	json_t *group = parameter->group ? json_object_get(result, parameter->group) : result;
	const json_t *value = json_object_get(document, parameter->source);
	const char *text = json_text(document, parameter->source);

	if (!value || json_is_null(value))
		return parameter->required ? PIMS_E_FORMAT : 0;
	if (!text || strlen(text) > ENDPOINT_MAX)
		return PIMS_E_FORMAT;
	if (text_equal(parameter->name, "macID") && !(strlen(text) == MACID_LENGTH && hex_valid(text, MACID_LENGTH)))
		return PIMS_E_FORMAT;
	return json_put_text(group, parameter->name, text);
}

static int fill(const json_t *document, const char *backend, json_t *result)
{
	int r;

	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
		r = copy_parameter(document, &parameters[i], result);
		if (r < 0)
			return r;
	}
	return json_put_text(result, "backend", backend);
}

/* The document must also be one that identity_discover() takes later. */
static const char *check_endpoints(const json_t *document)
{
	struct endpoints endpoints = {0};
	char *configuration = NULL;
	const char *problem = metadata_read_backend(document, &endpoints, &configuration);

	endpoints_free(&endpoints);
	free(configuration);
	return problem;
}

static enum flow_want read_document(struct flow *flow)
{
	json_t *document = metadata_object(flow);
	json_t *result;
	const char *problem;
	int r;

	if (!document)
		return FLOW_DONE;
	problem = check_endpoints(document);
	if (problem) {
		json_decref(document);
		return metadata_fail(flow, problem);
	}
	result = json_pack("{s:{s:s},s:{}}", "credential", "clientSecret", "", "profile");
	r = result ? fill(document, flow_text(flow, "backend"), result) : PIMS_E_MEMORY;
	json_decref(document);
	if (r == 0)
		return flow_succeed(flow, result);
	json_decref(result);
	return r == PIMS_E_FORMAT ? flow_fail(flow, PIMS_SERVER, "server.format") : flow_fail_return(flow, r);
}

enum flow_want identity_configure(struct flow *flow)
{
	const char *backend = flow_text(flow, "backend");
	const char *problem;
	int r;

	if (!backend)
		return flow_fail_name(flow, PIMS_MISSING_PARAMETER, "backend", NULL);
	problem = strchr(backend, '?') ? "server.format" : endpoint_problem(backend);
	if (problem)
		return flow_fail_name(flow, PIMS_INVALID_PARAMETER, "backend", text_equal(problem, "backend.insecure") ? problem : NULL);
	r = metadata_request(flow, backend, METADATA_BACKEND);
	if (r == PIMS_E_LIMIT)
		return flow_fail_name(flow, PIMS_INVALID_PARAMETER, "backend", NULL);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_document);
}
