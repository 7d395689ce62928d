/* SPDX-License-Identifier: Apache-2.0 */
#include "base/brand.h"
#include "identity/brands.h"
#include "identity/identity.h"
#include "identity/issuer.h"
#include "identity/limits.h"
#include "identity/metadata.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

/* FLOW_ENDPOINTS. The profile changes once, at the end, when everything is known and right. */

struct discovery {
	struct endpoints endpoints;
	char *configuration; /**< URL of the provider's metadata */
};

static void discovery_free(void *data)
{
	struct discovery *discovery = data;

	endpoints_free(&discovery->endpoints);
	free(discovery->configuration);
	free(discovery);
}

static enum flow_want finish(struct flow *flow, struct endpoints *endpoints)
{
	endpoints_free(&flow->profile->endpoints);
	flow->profile->endpoints = *endpoints;
	flow->profile->endpoints.known = true;
	*endpoints = (struct endpoints){0};
	return flow_succeed(flow, NULL);
}

static enum flow_want read_provider(struct flow *flow)
{
	struct discovery *discovery = flow->data;
	json_t *document = metadata_object(flow);
	const char *problem;

	if (!document)
		return FLOW_DONE;
	problem = metadata_read_provider(document, &discovery->endpoints);
	if (!problem && flow->profile->issuer)
		problem = metadata_choose_scope(document, &discovery->endpoints);
	json_decref(document);
	return problem ? metadata_fail(flow, problem) : finish(flow, &discovery->endpoints);
}

static enum flow_want read_backend(struct flow *flow)
{
	struct discovery *discovery = flow->data;
	json_t *document = metadata_object(flow);
	const char *problem;
	int r;

	if (!document)
		return FLOW_DONE;
	problem = metadata_read_backend(document, &discovery->endpoints, &discovery->configuration);
	json_decref(document);
	if (problem)
		return metadata_fail(flow, problem);
	r = http_request_start(&flow->request, "GET", discovery->configuration);
	if (r == 0)
		r = http_request_header(&flow->request, "Accept", "application/json");
	flow->request.body_limit = DOCUMENT_MAX;
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_provider);
}

/* `issuer` NULL: the backend will tell it. */
static int begin(struct flow *flow, const char *issuer)
{
	struct discovery *discovery = calloc(1, sizeof *discovery);

	if (!discovery)
		return PIMS_E_MEMORY;
	flow->data = discovery;
	flow->data_free = discovery_free;
	return text_set(&discovery->endpoints.issuer, issuer);
}

static enum flow_want ask_backend(struct flow *flow)
{
	const char *backend = flow->profile->backend;
	const char *problem = endpoint_problem(backend);
	int r;

	if (problem || strchr(backend, '?'))
		return flow_fail(flow, PIMS_NOT_CONFIGURED,
				 problem && strcmp(problem, "backend.insecure") == 0 ? problem : "configuration.backend");
	r = begin(flow, NULL);
	if (r == 0)
		r = metadata_request(flow, backend, METADATA_BACKEND);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_backend);
}

/* Any OpenID provider: its own document tells all there is (OpenID Connect Discovery 1.0 §4), and its issuer must be the one that was configured. */
static enum flow_want ask_provider(struct flow *flow)
{
	int r = begin(flow, flow->profile->issuer);

	if (r == 0)
		r = metadata_request(flow, flow->profile->issuer, METADATA_PROVIDER);
	return r < 0 ? flow_fail_return(flow, r) : flow_wait(flow, FLOW_HTTP, read_provider);
}

enum flow_want identity_discover(struct flow *flow)
{
	const struct profile *profile = flow->profile;
	struct endpoints endpoints = {0};
	int r;

	if (profile->backend)
		return ask_backend(flow);
	if (profile->issuer)
		return ask_provider(flow);
	r = brand_endpoints(profile, &endpoints);
	if (r == PIMS_E_NOT_FOUND && !brand_find(profile->brand, NULL, NULL))
		return flow_fail(flow, PIMS_NOT_CONFIGURED, "configuration.profile.brand");
	if (r == PIMS_E_NOT_FOUND) /* a known brand in an environment or mode that no public source tells of */
		return flow_fail(flow, PIMS_NOT_CONFIGURED, "configuration.live.oauthURL");
	return r < 0 ? flow_fail_return(flow, r) : finish(flow, &endpoints);
}
