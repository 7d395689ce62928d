/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "identity/brands.h"
#include "identity/identity.h"
#include "identity/issuer.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Where a backend answers: its well-known document and its provider's metadata, or the table of brands. */

#define BASE "http://127.0.0.1:8080"
#define JSON "application/json"

static const char backend_document[] =
	"{\"issuer\":\"" BASE "\",\"openid_configuration\":\"" BASE "/.well-known/openid-configuration\",\"client_id\":\"pims\","
	"\"redirect_uri\":\"http://127.0.0.1/callback\",\"scope\":\"openid profile email\",\"environment\":\"development\",\"mode\":\"B2C\","
	"\"brand\":\"Peugeot\",\"country\":\"FR\",\"realm\":\"clientsB2CPeugeot\",\"macid\":\"0123456789abcdef0123456789ABCDEF\","
	"\"inwebo_url\":\"" BASE "\",\"sms_code_endpoint\":\"" BASE "/smsCode\",\"sms_endpoint\":\"" BASE "/v1/sms\","
	"\"phone_endpoint\":\"" BASE "/v1/phone\",\"account_endpoint\":\"" BASE "/v1/account\",\"openapi\":null,\"more\":{}}";
static const char provider_document[] = "{\"issuer\":\"" BASE "\",\"authorization_endpoint\":\"" BASE
					"/am/oauth2/authorize\",\"token_endpoint\":\"" BASE "/am/oauth2/access_token\","
					"\"jwks_uri\":\"" BASE "/am/oauth2/connect/jwk_uri\",\"revocation_endpoint\":\"" BASE
					"/am/oauth2/token/revoke\","
					"\"userinfo_endpoint\":\"" BASE "/am/oauth2/userinfo\",\"end_session_endpoint\":\"" BASE
					"/am/oauth2/connect/endSession\","
					"\"authorization_response_iss_parameter_supported\":true,\"scopes_supported\":[\"openid\"]}";

/* What the two documents are changed by, as {"name":value}; null removes. */
struct fixture {
	struct fake_env fake;
	struct profile profile;
	struct flow flow;
	json_t *parameters;
	const char *backend, *provider;
	int status[2];
	const char *type[2];
	const char *body[2];
	enum pims_http_failure failure[2];
	char *urls[2];
	size_t requests;
};

static int setup(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof fixture);
	fake_env_init(&fixture.fake);
	flow_init(&fixture.flow);
	fixture.status[0] = fixture.status[1] = 200;
	fixture.type[0] = fixture.type[1] = JSON;
	assert_int_equal(text_set(&fixture.profile.backend, BASE), 0);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	flow_clear(&fixture->flow);
	profile_free(&fixture->profile);
	json_decref(fixture->parameters);
	free(fixture->urls[0]);
	free(fixture->urls[1]);
	fake_env_free(&fixture->fake);
	return 0;
}

static json_t *parse(const char *text)
{
	json_t *object = NULL;

	assert_int_equal(json_parse_object(text, strlen(text), 65536, &object), 0);
	return object;
}

static void put_document(struct buf *body, const char *document, const char *change)
{
	json_t *object = parse(document), *changes = change ? parse(change) : NULL, *value;
	const char *name;

	json_object_foreach(changes, name, value) {
		json_object_set(object, name, value);
		if (json_is_null(value))
			json_object_del(object, name);
	}
	assert_int_equal(json_write(object, body), 0);
	json_decref(changes);
	json_decref(object);
}

static bool respond(struct fixture *fixture)
{
	struct flow *flow = &fixture->flow;
	size_t i = fixture->requests++;
	bool is_provider = i == 1 || fixture->profile.issuer;

	assert_true(i < 2);
	assert_string_equal(flow->request.method, "GET");
	free(fixture->urls[i]);
	fixture->urls[i] = strdup(buf_text(&flow->request.url));
	http_response_reset(&flow->response);
	flow->response.failure = fixture->failure[i];
	flow->response.status = fixture->status[i];
	flow->response.retry_after = -1;
	assert_int_equal(text_copy(flow->response.content_type, sizeof flow->response.content_type, fixture->type[i]), 0);
	if (fixture->body[i])
		assert_int_equal(buf_puts(&flow->response.body, fixture->body[i]), 0);
	else
		put_document(&flow->response.body, is_provider ? provider_document : backend_document, is_provider ? fixture->provider : fixture->backend);
	if (fixture->failure[i])
		flow_fail_response(flow);
	return !fixture->failure[i];
}

static void run(struct fixture *fixture, flow_step_fn first)
{
	struct flow *flow = &fixture->flow;
	enum flow_want want;

	flow_clear(flow);
	flow_init(flow);
	flow->env = &fixture->fake.env;
	flow->profile = &fixture->profile;
	flow->parameters = fixture->parameters;
	fixture->requests = 0;
	for (want = first(flow); want != FLOW_DONE; want = flow->next(flow)) {
		assert_int_equal(want, FLOW_HTTP);
		if (!respond(fixture))
			return;
	}
}

static void assert_outcome(const struct fixture *fixture, int code, const char *cause)
{
	assert_string_equal(fixture->flow.outcome.cause, cause);
	assert_int_equal(fixture->flow.outcome.code, code);
}

/* Discovery that fails leaves the profile's endpoints as they were. */
static void fails(struct fixture *fixture, int code, const char *cause)
{
	struct endpoints before = fixture->profile.endpoints;

	run(fixture, identity_discover);
	assert_outcome(fixture, code, cause);
	assert_memory_equal(&before, &fixture->profile.endpoints, sizeof before);
}

static void fails_with_backend(struct fixture *fixture, const char *change, int code, const char *cause)
{
	fixture->backend = change;
	fails(fixture, code, cause);
	assert_int_equal(fixture->requests, 1);
	fixture->backend = NULL;
}

static void fails_with_provider(struct fixture *fixture, const char *change, int code, const char *cause)
{
	fixture->provider = change;
	fails(fixture, code, cause);
	assert_int_equal(fixture->requests, 2);
	fixture->provider = NULL;
}

static void a_backend_that_is_no_url_is_not_asked(void **state)
{
	static const char *const urls[] = {"",
					   "example.com",
					   "ftp://example.com",
					   "https://",
					   "https://user@example.com",
					   "https://example.com/#x",
					   "https://example.com/?x=1",
					   "https://example.com:99999",
					   "localhost:8080",
					   "https://exa mple.com"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		assert_int_equal(text_set(&fixture->profile.backend, urls[i]), 0);
		fails(fixture, PIMS_NOT_CONFIGURED, "configuration.backend");
		assert_int_equal(fixture->requests, 0);
	}
}

static void plain_http_is_for_loopback_only(void **state)
{
	static const char *const refused[] = {"http://example.com", "http://192.168.1.5:8080", "http://127.example.com",
					      "http://localhost.example.com"};
	static const char *const taken[] = {"http://localhost:8080", "http://[::1]:8080", "http://127.0.0.2", "https://example.com"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_int_equal(text_set(&fixture->profile.backend, refused[i]), 0);
		fails(fixture, PIMS_NOT_CONFIGURED, "backend.insecure");
		assert_int_equal(fixture->requests, 0);
	}
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		assert_null(endpoint_problem(taken[i]));
}

static void an_insecure_endpoint_in_a_document_is_refused(void **state)
{
	fails_with_backend(*state, "{\"inwebo_url\":\"http://example.com\"}", PIMS_NOT_CONFIGURED, "backend.insecure");
	fails_with_backend(*state, "{\"openid_configuration\":\"http://example.com/x\"}", PIMS_NOT_CONFIGURED, "backend.insecure");
	fails_with_provider(*state, "{\"token_endpoint\":\"http://example.com/token\"}", PIMS_NOT_CONFIGURED, "backend.insecure");
	fails_with_provider(*state, "{\"jwks_uri\":\"http://example.com/keys\"}", PIMS_NOT_CONFIGURED, "backend.insecure");
}

static void an_endpoint_that_is_no_url_is_refused(void **state)
{
	fails_with_backend(*state, "{\"issuer\":\"pimsd\"}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"phone_endpoint\":5}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"phone_endpoint\":\"/v1/phone\"}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"sms_endpoint\":\"file:///etc/passwd\"}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"resource\":5}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"realm\":5}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"scope\":[\"openid\"]}", PIMS_SERVER, "server.format");
	fails_with_provider(*state, "{\"token_endpoint\":\"javascript:alert(1)\"}", PIMS_SERVER, "server.format");
	fails_with_provider(*state, "{\"authorization_endpoint\":\"\"}", PIMS_SERVER, "server.format");
	fails_with_provider(*state, "{\"jwks_uri\":[]}", PIMS_SERVER, "server.format");
}

static void a_document_without_what_is_needed_is_refused(void **state)
{
	fails_with_backend(*state, "{\"issuer\":null}", PIMS_SERVER, "server.format");
	fails_with_backend(*state, "{\"openid_configuration\":null}", PIMS_SERVER, "server.format");
	fails_with_provider(*state, "{\"authorization_endpoint\":null}", PIMS_SERVER, "server.format");
	fails_with_provider(*state, "{\"token_endpoint\":null}", PIMS_SERVER, "server.format");
	fails_with_provider(*state, "{\"jwks_uri\":null}", PIMS_SERVER, "server.format");
}

static void another_issuer_than_promised_is_refused(void **state)
{
	fails_with_provider(*state, "{\"issuer\":\"" BASE "/\"}", PIMS_SERVER, "server.issuer");
	fails_with_provider(*state, "{\"issuer\":\"https://evil.example\"}", PIMS_SERVER, "server.issuer");
	fails_with_provider(*state, "{\"issuer\":null}", PIMS_SERVER, "server.issuer");
	fails_with_provider(*state, "{\"issuer\":5}", PIMS_SERVER, "server.issuer");
}

static void what_is_no_document_is_refused(void **state)
{
	static const char *const bodies[] = {"", "[]", "null", "{", "<html>", "{}x", "{\"issuer\":1,\"issuer\":2}"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 2 * sizeof bodies / sizeof *bodies; i++) {
		fixture->body[i % 2] = bodies[i / 2];
		fails(fixture, PIMS_SERVER, "server.format");
		fixture->body[i % 2] = NULL;
	}
	fixture->type[0] = "text/html";
	fails(fixture, PIMS_SERVER, "server.format");
}

static void a_document_over_the_limit_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct buf body = BUF_INIT(100000);

	assert_int_equal(buf_printf(&body, "{\"x\":\"%070000d\"}", 0), 0);
	fixture->body[1] = buf_text(&body);
	fails(fixture, PIMS_SERVER, "server.format");
	buf_free(&body);
}

static void a_url_over_the_limit_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char change[3000];

	(void)snprintf(change, sizeof change, "{\"inwebo_url\":\"https://example.com/%02100d\"}", 0);
	fails_with_backend(fixture, change, PIMS_SERVER, "server.format");
}

static void failures_on_the_way_are_told(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 2; i++) {
		fixture->status[i] = 404;
		fails(fixture, PIMS_SERVER, "server.unexpected");
		fixture->status[i] = 503;
		fails(fixture, PIMS_SERVER, "server.error");
		fixture->status[i] = 200;
		fixture->failure[i] = PIMS_HTTP_NETWORK;
		fails(fixture, PIMS_NETWORK, "network.unreachable");
		fixture->failure[i] = PIMS_HTTP_TLS;
		fails(fixture, PIMS_NETWORK, "network.tls");
		fixture->failure[i] = PIMS_HTTP_OK;
	}
}

static void a_failure_keeps_what_was_known(void **state)
{
	struct fixture *fixture = *state;

	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_true(fixture->profile.endpoints.known);
	fails_with_provider(fixture, "{\"token_endpoint\":null}", PIMS_SERVER, "server.format");
	assert_string_equal(fixture->profile.endpoints.token, BASE "/am/oauth2/access_token");
}

static void both_documents_fill_the_endpoints(void **state)
{
	struct fixture *fixture = *state;
	const struct endpoints *endpoints = &fixture->profile.endpoints;

	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_null(fixture->flow.outcome.result);
	assert_string_equal(fixture->urls[0], BASE "/.well-known/openpims");
	assert_string_equal(fixture->urls[1], BASE "/.well-known/openid-configuration");
	assert_string_equal(endpoints->issuer, BASE);
	assert_string_equal(endpoints->authorization, BASE "/am/oauth2/authorize");
	assert_string_equal(endpoints->token, BASE "/am/oauth2/access_token");
	assert_string_equal(endpoints->revocation, BASE "/am/oauth2/token/revoke");
	assert_string_equal(endpoints->jwks, BASE "/am/oauth2/connect/jwk_uri");
	assert_string_equal(endpoints->userinfo, BASE "/am/oauth2/userinfo");
	assert_string_equal(endpoints->end_session, BASE "/am/oauth2/connect/endSession");
	assert_string_equal(endpoints->inwebo, BASE);
	assert_string_equal(endpoints->sms, BASE "/smsCode");
	assert_string_equal(endpoints->sms_purpose, BASE "/v1/sms");
	assert_string_equal(endpoints->phone, BASE "/v1/phone");
	assert_string_equal(endpoints->account, BASE "/v1/account");
	assert_string_equal(endpoints->realm, "clientsB2CPeugeot");
	assert_string_equal(endpoints->scope, "openid profile email");
	assert_true(endpoints->iss_parameter);
	assert_true(endpoints->known);
}

static void a_backend_may_leave_sign_in_to_another_provider(void **state)
{
	struct fixture *fixture = *state;
	const struct endpoints *endpoints = &fixture->profile.endpoints;

	fixture->backend = "{\"issuer\":\"https://id.example/realm/\",\"openid_configuration\":\"https://id.example/realm/.well-known/openid-configuration\","
			   "\"resource\":\"urn:example:pimsd\",\"customer_audience\":null,\"account_create_endpoint\":null}";
	fixture->provider = "{\"issuer\":\"https://id.example/realm/\",\"authorization_endpoint\":\"https://id.example/auth\"}";
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_string_equal(endpoints->issuer, "https://id.example/realm/");
	assert_string_equal(endpoints->authorization, "https://id.example/auth");
	assert_string_equal(endpoints->resource, "urn:example:pimsd");
	assert_string_equal(endpoints->phone, BASE "/v1/phone");
	assert_null(endpoints->customer_audience);
	assert_null(endpoints->account_create);
	/* a provider that calls itself by another name is none */
	fails_with_provider(fixture, "{\"issuer\":\"https://id.example/realm\"}", PIMS_SERVER, "server.issuer");
}

static void what_is_not_needed_may_be_of_no_use(void **state)
{
	struct fixture *fixture = *state;

	fixture->provider = "{\"end_session_endpoint\":\"/logout\",\"userinfo_endpoint\":\"http://id.example/userinfo\",\"revocation_endpoint\":\"\"}";
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_null(fixture->profile.endpoints.end_session);
	assert_null(fixture->profile.endpoints.userinfo);
	assert_null(fixture->profile.endpoints.revocation);
}

/* RFC 9126 §5 */
static void requests_are_pushed_where_nothing_else_is_taken(void **state)
{
	struct fixture *fixture = *state;

	fixture->provider = "{\"pushed_authorization_request_endpoint\":\"" BASE "/par\",\"require_pushed_authorization_requests\":true}";
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_string_equal(fixture->profile.endpoints.par, BASE "/par");
	fails_with_provider(fixture, "{\"require_pushed_authorization_requests\":true}", PIMS_SERVER, "server.format");
	fails_with_provider(fixture, "{\"pushed_authorization_request_endpoint\":\"http://id.example/par\",\"require_pushed_authorization_requests\":true}",
			    PIMS_NOT_CONFIGURED, "backend.insecure");
}

static void where_they_need_not_be_pushed_they_are_not(void **state)
{
	struct fixture *fixture = *state;

	fixture->provider = "{\"pushed_authorization_request_endpoint\":\"" BASE "/par\",\"require_pushed_authorization_requests\":false}";
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_null(fixture->profile.endpoints.par);
}

static void endpoints_that_are_not_there_stay_empty(void **state)
{
	struct fixture *fixture = *state;
	const struct endpoints *endpoints = &fixture->profile.endpoints;

	fixture->backend =
		"{\"inwebo_url\":null,\"sms_code_endpoint\":null,\"sms_endpoint\":null,\"phone_endpoint\":null,\"account_endpoint\":null,"
		"\"realm\":null,\"scope\":null}";
	fixture->provider = "{\"revocation_endpoint\":null,\"userinfo_endpoint\":null,\"end_session_endpoint\":null,"
			    "\"authorization_response_iss_parameter_supported\":\"true\"}";
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_null(endpoints->inwebo);
	assert_null(endpoints->sms);
	assert_null(endpoints->sms_purpose);
	assert_null(endpoints->phone);
	assert_null(endpoints->account);
	assert_null(endpoints->realm);
	assert_null(endpoints->scope);
	assert_null(endpoints->revocation);
	assert_null(endpoints->userinfo);
	assert_null(endpoints->end_session);
	assert_false(endpoints->iss_parameter);
}

static void a_backend_may_stand_in_a_folder(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.backend, "https://example.com/pims//"), 0);
	run(fixture, identity_discover);
	assert_string_equal(fixture->urls[0], "https://example.com/pims/.well-known/openpims");
}

/* A provider that is no backend of ours. */

static void use_issuer(struct fixture *fixture, const char *issuer)
{
	assert_int_equal(text_set(&fixture->profile.backend, NULL), 0);
	assert_int_equal(text_set(&fixture->profile.issuer, issuer), 0);
}

static void a_provider_that_calls_itself_otherwise_is_refused(void **state)
{
	static const char *const issuers[] = {BASE "/", "https://example.com", BASE "/realms/a"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++) {
		use_issuer(fixture, issuers[i]);
		fails(fixture, PIMS_SERVER, "server.issuer");
		assert_int_equal(fixture->requests, 1);
	}
	use_issuer(fixture, BASE);
	fixture->provider = "{\"jwks_uri\":null}";
	fails(fixture, PIMS_SERVER, "server.format");
	fixture->provider = "{\"token_endpoint\":\"http://example.com/token\"}";
	fails(fixture, PIMS_NOT_CONFIGURED, "backend.insecure");
}

static void a_provider_needs_its_own_document_alone(void **state)
{
	struct fixture *fixture = *state;
	const struct endpoints *endpoints = &fixture->profile.endpoints;

	use_issuer(fixture, BASE);
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_int_equal(fixture->requests, 1);
	assert_string_equal(fixture->urls[0], BASE "/.well-known/openid-configuration");
	assert_string_equal(endpoints->issuer, BASE);
	assert_string_equal(endpoints->token, BASE "/am/oauth2/access_token");
	assert_string_equal(endpoints->scope, "openid profile email");
	assert_true(endpoints->known);
	assert_false(endpoints->post_secret);
	assert_null(endpoints->sms);
	assert_null(endpoints->inwebo);
	assert_null(endpoints->devices);
}

static void an_issuer_may_end_in_a_slash(void **state)
{
	struct fixture *fixture = *state;

	use_issuer(fixture, BASE "/a/");
	fixture->provider = "{\"issuer\":\"" BASE "/a/\"}";
	run(fixture, identity_discover);
	assert_outcome(fixture, 0, "");
	assert_string_equal(fixture->urls[0], BASE "/a/.well-known/openid-configuration");
	assert_string_equal(fixture->profile.endpoints.issuer, BASE "/a/");
}

static void offline_access_is_asked_for_where_it_is_known(void **state)
{
	struct fixture *fixture = *state;

	use_issuer(fixture, BASE);
	fixture->provider = "{\"scopes_supported\":[\"openid\",5,\"offline_access\"]}";
	run(fixture, identity_discover);
	assert_string_equal(fixture->profile.endpoints.scope, "openid profile email offline_access");
	fixture->provider = "{\"scopes_supported\":\"offline_access\"}";
	run(fixture, identity_discover);
	assert_string_equal(fixture->profile.endpoints.scope, "openid profile email");
}

/* OpenID Connect Discovery 1.0 §3: without a list it is Basic */
static void a_secret_goes_into_the_form_where_nothing_else_is_taken(void **state)
{
	static const struct {
		const char *methods;
		bool post;
	} cases[] = {
		{"null", false},
		{"[]", false},
		{"[\"client_secret_post\",\"client_secret_basic\"]", false},
		{"[\"private_key_jwt\"]", false},
		{"\"client_secret_post\"", false},
		{"[\"none\",\"client_secret_post\"]", true},
	};
	struct fixture *fixture = *state;
	char change[128];

	use_issuer(fixture, BASE);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)snprintf(change, sizeof change, "{\"token_endpoint_auth_methods_supported\":%s}", cases[i].methods);
		fixture->provider = change;
		run(fixture, identity_discover);
		assert_outcome(fixture, 0, "");
		assert_int_equal(fixture->profile.endpoints.post_secret, cases[i].post);
	}
}

/* The live service. */

static void an_unknown_brand_is_a_wrong_configuration(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(text_set(&fixture->profile.backend, NULL), 0);
	fails(fixture, PIMS_NOT_CONFIGURED, "configuration.profile.brand");
	assert_int_equal(text_set(&fixture->profile.brand, "Trabant"), 0);
	fails(fixture, PIMS_NOT_CONFIGURED, "configuration.profile.brand");
}

static void brands_are_known_in_any_letter_case(void **state)
{
	static const struct {
		const char *name, *token, *realm;
	} brands[] = {
		{"Peugeot", "https://idpcvs.peugeot.com/am/oauth2/access_token", "clientsB2CPeugeot"},
		{"CITROEN", "https://idpcvs.citroen.com/am/oauth2/access_token", "clientsB2CCitroen"},
		{"ds", "https://idpcvs.driveds.com/am/oauth2/access_token", "clientsB2CDS"},
		{"oPEL", "https://idpcvs.opel.com/am/oauth2/access_token", "clientsB2COpel"},
		{"vauxhall", "https://idpcvs.vauxhall.co.uk/am/oauth2/access_token", "clientsB2CVauxhall"},
	};
	struct fixture *fixture = *state;
	const struct endpoints *endpoints = &fixture->profile.endpoints;

	assert_int_equal(text_set(&fixture->profile.backend, NULL), 0);
	for (size_t i = 0; i < sizeof brands / sizeof *brands; i++) {
		assert_int_equal(text_set(&fixture->profile.brand, brands[i].name), 0);
		run(fixture, identity_discover);
		assert_outcome(fixture, 0, "");
		assert_int_equal(fixture->requests, 0);
		assert_string_equal(endpoints->token, brands[i].token);
		assert_string_equal(endpoints->realm, brands[i].realm);
		assert_non_null(strstr(endpoints->authorization, "/am/oauth2/authorize"));
		assert_non_null(strstr(endpoints->revocation, "/am/oauth2/token/revoke"));
		assert_true(endpoints->known);
	}
}

static void what_no_source_tells_of_a_brand_stays_empty(void **state)
{
	static char brand[] = "Peugeot", environment[] = "Production", mode[] = "B2C";
	const struct profile profile = {.brand = brand, .environment = environment, .mode = mode};
	struct endpoints endpoints = {0};

	(void)state;
	assert_int_equal(brand_endpoints(&profile, &endpoints), 0);
	assert_null(endpoints.sms);
	assert_null(endpoints.inwebo);
	assert_null(endpoints.scope);
	assert_null(endpoints.issuer);
	assert_null(endpoints.jwks);
	assert_null(endpoints.phone);
	assert_null(endpoints.account);
	assert_null(endpoints.sms_purpose);
	assert_false(endpoints.iss_parameter);
	endpoints_free(&endpoints);
}

/* pims_discover(). */

static void configure(struct fixture *fixture, const char *parameters)
{
	json_decref(fixture->parameters);
	fixture->parameters = parse(parameters);
	run(fixture, identity_configure);
	assert_false(fixture->profile.endpoints.known);
}

static void a_backend_parameter_that_is_no_url_is_refused(void **state)
{
	static const char *const parameters[] = {"{\"backend\":\"\"}", "{\"backend\":\"example.com\"}",
						 "{\"backend\":\"https://example.com/?a\"}", "{\"backend\":\"https://example.com/#a\"}",
						 "{\"backend\":\"mailto:a@example.com\"}"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
		configure(fixture, parameters[i]);
		assert_outcome(fixture, PIMS_INVALID_PARAMETER, "");
		assert_string_equal(fixture->flow.outcome.name, "backend");
		assert_int_equal(fixture->requests, 0);
	}
	configure(fixture, "{\"backend\":\"http://example.com\"}");
	assert_outcome(fixture, PIMS_INVALID_PARAMETER, "backend.insecure");
	configure(fixture, "{}");
	assert_outcome(fixture, PIMS_MISSING_PARAMETER, "");
}

static void a_document_that_could_not_configure_is_refused(void **state)
{
	static const char *const changes[] = {"{\"client_id\":null}",
					      "{\"redirect_uri\":null}",
					      "{\"brand\":null}",
					      "{\"mode\":5}",
					      "{\"environment\":null}",
					      "{\"macid\":\"0123\"}",
					      "{\"issuer\":null}",
					      "{\"country\":[]}",
					      "{\"macid\":\"0123456789abcdef0123456789abcdeg\"}",
					      "{\"macid\":\"0123456789abcdef0123456789abcdef0\"}"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		fixture->backend = changes[i];
		configure(fixture, "{\"backend\":\"" BASE "\"}");
		assert_outcome(fixture, PIMS_SERVER, "server.format");
		assert_null(fixture->flow.outcome.result);
	}
	fixture->backend = "{\"inwebo_url\":\"http://example.com\"}";
	configure(fixture, "{\"backend\":\"" BASE "\"}");
	assert_outcome(fixture, PIMS_NOT_CONFIGURED, "backend.insecure");
}

static void the_document_becomes_parameters_for_initialize(void **state)
{
	struct fixture *fixture = *state;
	json_t *expected = parse(
		"{\"environnement\":\"development\",\"mode\":\"B2C\",\"credential\":{\"clientID\":\"pims\",\"clientSecret\":\"\","
		"\"loginRedirectURI\":\"http://127.0.0.1/callback\",\"webviewsRedirectURI\":\"http://127.0.0.1/callback\","
		"\"macID\":\"0123456789abcdef0123456789ABCDEF\",\"inWeboURL\":\"" BASE "\"},\"profile\":{\"brand\":\"Peugeot\"},"
		"\"country\":\"FR\",\"backend\":\"" BASE "\"}");

	configure(fixture, "{\"backend\":\"" BASE "\"}");
	assert_outcome(fixture, 0, "");
	assert_int_equal(fixture->requests, 1);
	assert_true(json_equal(fixture->flow.outcome.result, expected));
	json_decref(expected);
}

static void strong_authentication_is_not_needed_to_configure(void **state)
{
	struct fixture *fixture = *state;
	const json_t *credential;

	fixture->backend = "{\"macid\":null,\"inwebo_url\":null,\"country\":null}";
	configure(fixture, "{\"backend\":\"" BASE "/\"}");
	assert_outcome(fixture, 0, "");
	credential = json_object_get(fixture->flow.outcome.result, "credential");
	assert_null(json_object_get(credential, "macID"));
	assert_null(json_object_get(credential, "inWeboURL"));
	assert_null(json_object_get(fixture->flow.outcome.result, "country"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backend_that_is_no_url_is_not_asked),
		TEST(plain_http_is_for_loopback_only),
		TEST(an_insecure_endpoint_in_a_document_is_refused),
		TEST(an_endpoint_that_is_no_url_is_refused),
		TEST(a_document_without_what_is_needed_is_refused),
		TEST(another_issuer_than_promised_is_refused),
		TEST(what_is_no_document_is_refused),
		TEST(a_document_over_the_limit_is_refused),
		TEST(a_url_over_the_limit_is_refused),
		TEST(failures_on_the_way_are_told),
		TEST(a_failure_keeps_what_was_known),
		TEST(both_documents_fill_the_endpoints),
		TEST(what_is_not_needed_may_be_of_no_use),
		TEST(requests_are_pushed_where_nothing_else_is_taken),
		TEST(where_they_need_not_be_pushed_they_are_not),
		TEST(a_backend_may_leave_sign_in_to_another_provider),
		TEST(endpoints_that_are_not_there_stay_empty),
		TEST(a_backend_may_stand_in_a_folder),
		TEST(a_provider_that_calls_itself_otherwise_is_refused),
		TEST(a_provider_needs_its_own_document_alone),
		TEST(an_issuer_may_end_in_a_slash),
		TEST(offline_access_is_asked_for_where_it_is_known),
		TEST(a_secret_goes_into_the_form_where_nothing_else_is_taken),
		TEST(an_unknown_brand_is_a_wrong_configuration),
		TEST(brands_are_known_in_any_letter_case),
		TEST(what_no_source_tells_of_a_brand_stays_empty),
		TEST(a_backend_parameter_that_is_no_url_is_refused),
		TEST(a_document_that_could_not_configure_is_refused),
		TEST(the_document_becomes_parameters_for_initialize),
		TEST(strong_authentication_is_not_needed_to_configure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
