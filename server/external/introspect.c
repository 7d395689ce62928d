/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/introspect.h"

#include "base/json.h"
#include "base/url.h"

#include <pims/error.h>

int introspect_request(struct http_request *request, const char *endpoint, const struct external_settings *settings, const struct secret *secret,
		       const char *token)
{
	int r = http_request_start(request, "POST", endpoint);

	if (r == 0)
		r = http_request_header(request, "Content-Type", "application/x-www-form-urlencoded");
	if (r == 0)
		r = http_request_header(request, "Accept", "application/json");
	if (r == 0)
		r = http_request_basic(request, settings->client_id, secret_text(secret));
	if (r < 0)
		return r;
	url_put(&request->body, "token", token);
	return url_put(&request->body, "token_type_hint", "access_token");
}

static int read_active(const json_t *answer, const struct access_token_rules *rules, struct external_identity *ret_identity,
		       const char **ret_problem)
{
	const json_t *active = json_object_get(answer, "active");
	const char *problem;

	if (!json_is_boolean(active))
		return PIMS_E_FORMAT;
	problem = json_is_true(active) ? access_token_check(answer, rules) : "the provider does not know the token, or it has ended";
	if (!problem)
		return access_token_identity(answer, ret_identity);
	*ret_problem = problem;
	return PIMS_E_NOT_FOUND;
}

int introspect_read(const char *text, size_t length, const struct access_token_rules *rules, struct external_identity *ret_identity,
		    const char **ret_problem)
{
	json_t *answer = NULL;
	int r = json_parse_object(text, length, INTROSPECTION_MAX, &answer);

	if (r == 0)
		r = read_active(answer, rules, ret_identity, ret_problem);
	json_wipe(answer);
	return r == PIMS_E_LIMIT ? PIMS_E_FORMAT : r;
}
