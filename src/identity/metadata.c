/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/metadata.h"

#include "base/text.h"
#include "dpop/dpop.h"
#include "identity/issuer.h"
#include "identity/limits.h"

#include <pims/error.h>

#include <string.h>

struct member {
	const char *name;
	size_t offset; /**< of a char * in struct endpoints */
	bool required;
};

/* clang-format off */
static const struct member backend_members[] = {
	{"issuer", offsetof(struct endpoints, issuer), true},
	{"inwebo_url", offsetof(struct endpoints, inwebo), false},
	{"sms_code_endpoint", offsetof(struct endpoints, sms), false},
	{"sms_endpoint", offsetof(struct endpoints, sms_purpose), false},
	{"phone_endpoint", offsetof(struct endpoints, phone), false},
	{"account_endpoint", offsetof(struct endpoints, account), false},
	{"devices_endpoint", offsetof(struct endpoints, devices), false},
	{"devices_remove_endpoint", offsetof(struct endpoints, devices_remove), false},
	{"account_create_endpoint", offsetof(struct endpoints, account_create), false},
	{"account_email_endpoint", offsetof(struct endpoints, account_email), false},
	{"account_password_endpoint", offsetof(struct endpoints, account_password), false},
};

/* Without keys no id_token can be checked: a provider that names none is of no use. */
static const struct member provider_members[] = {
	{"authorization_endpoint", offsetof(struct endpoints, authorization), true},
	{"token_endpoint", offsetof(struct endpoints, token), true},
	{"jwks_uri", offsetof(struct endpoints, jwks), true},
	{"revocation_endpoint", offsetof(struct endpoints, revocation), false},
	{"userinfo_endpoint", offsetof(struct endpoints, userinfo), false},
	{"end_session_endpoint", offsetof(struct endpoints, end_session), false},
};

/* RFC 9126 §5: read where the provider takes nothing else. */
static const struct member par_member = {"pushed_authorization_request_endpoint", offsetof(struct endpoints, par), true};
/* clang-format on */

int metadata_request(struct flow *flow, const char *base, const char *document)
{
	struct buf url = BUF_INIT(ENDPOINT_MAX);
	size_t length = strlen(base);
	int r;

	while (length && base[length - 1] == '/') /* OpenID Connect Discovery 1.0 §4.1 */
		length--;
	r = buf_put(&url, base, length);
	if (r == 0)
		r = buf_puts(&url, document);
	if (r == 0)
		r = http_request_start(&flow->request, "GET", buf_text(&url));
	if (r == 0)
		r = http_request_header(&flow->request, "Accept", "application/json");
	flow->request.body_limit = DOCUMENT_MAX;
	buf_free(&url);
	return r;
}

json_t *metadata_object(struct flow *flow)
{
	const struct buf *body = &flow->response.body;
	json_t *object = NULL;
	int r;

	if (flow->response.status != 200) {
		flow_fail_response(flow);
		return NULL;
	}
	r = http_response_is_json(&flow->response) ? json_parse_object(buf_text(body), body->len, DOCUMENT_MAX, &object) : PIMS_E_FORMAT;
	if (r == PIMS_E_MEMORY)
		flow_fail_return(flow, r);
	else if (r < 0)
		flow_fail(flow, PIMS_SERVER, "server.format");
	return object;
}

/* What nobody needs may be of no use in another provider's document (`lenient`); ours is right or damaged. */
static const char *read_member(const json_t *document, const struct member *member, bool lenient, struct endpoints *endpoints)
{
	char **slot = (char **)(void *)((char *)endpoints + member->offset);
	const json_t *value = json_object_get(document, member->name);
	const char *url = json_text(document, member->name);
	const char *problem;

	if (!value || json_is_null(value))
		return member->required ? "server.format" : NULL;
	problem = url ? endpoint_problem(url) : "server.format";
	if (problem)
		return member->required || !lenient ? problem : NULL;
	return text_set(slot, url) < 0 ? "memory" : NULL;
}

static const char *read_members(const json_t *document, const struct member *members, size_t count, bool lenient, struct endpoints *endpoints)
{
	const char *problem = NULL;

	for (size_t i = 0; i < count && !problem; i++)
		problem = read_member(document, &members[i], lenient, endpoints);
	return problem;
}

/* Goes into a header: http_request_header() refuses the rest. */
static const char *read_text(const json_t *document, const char *name, char **text)
{
	int r = json_copy_text(document, name, SCOPE_MAX, text);

	if (r == PIMS_E_MEMORY)
		return "memory";
	return r < 0 ? "server.format" : NULL;
}

const char *metadata_read_backend(const json_t *document, struct endpoints *endpoints, char **ret_configuration)
{
	const char *configuration = json_text(document, "openid_configuration");
	const char *problem = read_members(document, backend_members, sizeof backend_members / sizeof *backend_members, false, endpoints);

	if (!problem)
		problem = configuration ? endpoint_problem(configuration) : "server.format";
	if (!problem)
		problem = read_text(document, "realm", &endpoints->realm);
	if (!problem)
		problem = read_text(document, "scope", &endpoints->scope);
	if (!problem)
		problem = read_text(document, "customer_audience", &endpoints->customer_audience);
	if (!problem)
		problem = read_text(document, "resource", &endpoints->resource);
	if (!problem && text_set(ret_configuration, configuration) < 0)
		problem = "memory";
	return problem;
}

static bool lists(const json_t *document, const char *name, const char *value)
{
	const json_t *list = json_object_get(document, name);
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (text_equal(json_string_value(item), value))
			return true;
	return false;
}

/* Without a list it is Basic (OpenID Connect Discovery 1.0 §3). */
static bool takes_no_basic(const json_t *document)
{
	static const char name[] = "token_endpoint_auth_methods_supported";

	return !lists(document, name, "client_secret_basic") && lists(document, name, "client_secret_post");
}

const char *metadata_choose_scope(const json_t *document, struct endpoints *endpoints)
{
	bool offline = lists(document, "scopes_supported", "offline_access");

	return text_set(&endpoints->scope, offline ? "openid profile email offline_access" : "openid profile email") < 0 ? "memory" : NULL;
}

const char *metadata_read_provider(const json_t *document, struct endpoints *endpoints)
{
	const json_t *announced = json_object_get(document, "authorization_response_iss_parameter_supported");
	const char *issuer = json_text(document, "issuer"), *problem;

	if (!issuer || strcmp(issuer, endpoints->issuer) != 0)
		return "server.issuer";
	endpoints->iss_parameter = json_is_true(announced);
	endpoints->post_secret = takes_no_basic(document);
	endpoints->dpop = lists(document, "dpop_signing_alg_values_supported", DPOP_ALGORITHM); /* RFC 9449 §5.1 */
	problem = read_members(document, provider_members, sizeof provider_members / sizeof *provider_members, true, endpoints);
	if (!problem && json_is_true(json_object_get(document, "require_pushed_authorization_requests")))
		problem = read_member(document, &par_member, true, endpoints);
	return problem;
}

enum flow_want metadata_fail(struct flow *flow, const char *cause)
{
	if (strcmp(cause, "memory") == 0)
		return flow_fail_return(flow, PIMS_E_MEMORY);
	return flow_fail(flow, strcmp(cause, "backend.insecure") == 0 ? PIMS_NOT_CONFIGURED : PIMS_SERVER, cause);
}
