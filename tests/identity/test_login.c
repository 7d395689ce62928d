/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/url.h"
#include "identity/identity.h"
#include "identity/pkce.h"
#include "support/provider.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sign-in, from the user agent to the saved session. */

#define TOKEN "/access_token"
#define KEYS "/jwk_uri"
#define JSON "application/json"

static int setup(void **state)
{
	static struct provider provider;

	provider_init(&provider);
	*state = &provider;
	return 0;
}

static int teardown(void **state)
{
	provider_free(*state);
	return 0;
}

/* A sign-in that fails so must leave nothing behind. */
static void fails(struct provider *provider, int code, const char *cause)
{
	provider_run(provider, identity_login, NULL);
	assert_provider_failed(provider, code, cause);
	assert_false(session_exists(&provider->session));
	assert_int_equal(provider->saves, 0);
}

static void fails_with_claims(struct provider *provider, const char *claims, const char *cause)
{
	provider->claims = claims;
	fails(provider, PIMS_SERVER, cause);
	provider->claims = NULL;
}

static void fails_with_answer(struct provider *provider, const char *answer, const char *cause)
{
	provider->answer = answer;
	fails(provider, PIMS_SERVER, cause);
	provider->answer = NULL;
}

static void fails_with_id_token(struct provider *provider, const char *id_token, const char *cause)
{
	provider->id_token = id_token;
	fails(provider, PIMS_SERVER, cause);
	provider->id_token = NULL;
}

static void fails_by(struct provider *provider, const char *path, int status, const char *type, const char *body, int code,
		     const char *cause)
{
	provider->fault = (struct provider_fault){.path = path, .status = status, .type = type, .body = body};
	provider->faults = 1;
	fails(provider, code, cause);
	assert_int_equal(provider->faults, 0);
}

static void an_id_token_without_a_signature_signs_nobody_in(void **state)
{
	char *none = provider_assemble("{\"alg\":\"none\"}", "{\"sub\":\"subject-1\"}", 0);
	char *zeros = provider_assemble("{\"alg\":\"HS256\",\"kid\":\"rsa\"}", "{\"sub\":\"subject-1\"}", 32);

	fails_with_id_token(*state, none, "id_token.algorithm");
	fails_with_id_token(*state, zeros, "id_token.algorithm");
	free(none);
	free(zeros);
}

static void an_id_token_of_another_kind_signs_nobody_in(void **state)
{
	struct provider *provider = *state;

	fails_with_id_token(provider, "garbage", "id_token.format");
	provider->header = "{\"typ\":\"at+jwt\"}";
	fails(provider, PIMS_SERVER, "id_token.algorithm");
	provider->header = "{\"crit\":[\"exp\"]}";
	fails(provider, PIMS_SERVER, "id_token.algorithm");
}

static void a_signature_by_a_stranger_signs_nobody_in(void **state)
{
	struct provider *provider = *state;

	provider->key = KEY_RSA_OTHER;
	provider->header = "{\"kid\":\"rsa\"}";
	fails(provider, PIMS_SERVER, "id_token.signature");
	assert_int_equal(provider->fetched, 1);
}

static void claims_that_break_a_rule_sign_nobody_in(void **state)
{
	fails_with_claims(*state, "{\"iss\":\"http://127.0.0.1:8081\"}", "id_token.issuer");
	fails_with_claims(*state, "{\"sub\":null}", "id_token.subject");
	fails_with_claims(*state, "{\"aud\":\"other\"}", "id_token.audience");
	fails_with_claims(*state, "{\"azp\":\"other\"}", "id_token.azp");
	fails_with_claims(*state, "{\"exp\":1731417000}", "id_token.expired");
	fails_with_claims(*state, "{\"iat\":1731427255}", "id_token.issued_at");
	fails_with_claims(*state, "{\"nonce\":\"other\"}", "id_token.nonce");
	fails_with_claims(*state, "{\"nonce\":null}", "id_token.nonce");
	fails_with_claims(*state, "{\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"}", "id_token.at_hash");
}

/* What would leak if claims came after keys: wrong ones cost no request. */
static void wrong_claims_cost_no_request_for_keys(void **state)
{
	struct provider *provider = *state;

	fails_with_claims(provider, "{\"aud\":\"other\"}", "id_token.audience");
	assert_int_equal(provider->request_count, 1);
}

static void a_forced_sign_in_by_an_old_session_is_refused(void **state)
{
	struct provider *provider = *state;

	provider->claims = "{\"auth_time\":1731410000}";
	provider_run(provider, identity_forced_login, NULL);
	assert_provider_failed(provider, PIMS_SERVER, "id_token.auth_time");
	provider->claims = "{\"auth_time\":null}";
	provider_run(provider, identity_forced_login, NULL);
	assert_provider_failed(provider, PIMS_SERVER, "id_token.auth_time");
	provider->claims = NULL;
	provider_run(provider, identity_forced_login, NULL);
	assert_provider_succeeded(provider);
	assert_non_null(strstr(provider->agent_url, "&prompt=login&max_age=0"));
}

static void a_malformed_token_answer_signs_nobody_in(void **state)
{
	fails_with_answer(*state, "{\"token_type\":\"mac\"}", "server.format");
	fails_with_answer(*state, "{\"token_type\":null}", "server.format");
	fails_with_answer(*state, "{\"access_token\":null}", "server.format");
	fails_with_answer(*state, "{\"access_token\":\"\"}", "server.format");
	fails_with_answer(*state, "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", "server.format");
	fails_with_answer(*state, "{\"access_token\":\"with blank\"}", "server.format");
	fails_with_answer(*state, "{\"refresh_token\":\"\\u00e9\"}", "server.format");
	fails_with_answer(*state, "{\"access_token\":5}", "server.format");
	fails_with_answer(*state, "{\"expires_in\":-1}", "server.format");
	fails_with_answer(*state, "{\"expires_in\":\"soon\"}", "server.format");
	fails_with_answer(*state, "{\"expires_in\":\"-1\"}", "server.format");
	fails_with_answer(*state, "{\"expires_in\":true}", "server.format");
	fails_with_answer(*state, "{\"scope\":[]}", "server.format");
	fails_with_answer(*state, "{\"id_token\":null}", "id_token.missing");
	fails_with_answer(*state, "{\"id_token\":5}", "server.format");
}

static void an_answer_that_is_no_json_signs_nobody_in(void **state)
{
	fails_by(*state, TOKEN, 200, "text/html", "<html>", PIMS_SERVER, "server.format");
	fails_by(*state, TOKEN, 200, JSON, "", PIMS_SERVER, "server.format");
	fails_by(*state, TOKEN, 200, JSON, "[]", PIMS_SERVER, "server.format");
	fails_by(*state, TOKEN, 200, JSON, "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\"}", PIMS_SERVER,
		 "server.format");
	fails_by(*state, TOKEN, 200, NULL, "{}", PIMS_SERVER, "server.format");
	fails_by(*state, TOKEN, 204, NULL, NULL, PIMS_SERVER, "server.unexpected");
}

static void errors_of_the_token_endpoint_have_their_cause(void **state)
{
	fails_by(*state, TOKEN, 400, JSON, "{\"error\":\"invalid_grant\"}", PIMS_SERVER, "oauth.invalid_grant");
	fails_by(*state, TOKEN, 401, JSON, "{\"error\":\"invalid_client\"}", PIMS_NOT_CONFIGURED, "oauth.invalid_client");
	fails_by(*state, TOKEN, 400, JSON, "{\"error\":\"unauthorized_client\"}", PIMS_NOT_CONFIGURED, "oauth.unauthorized_client");
	fails_by(*state, TOKEN, 400, JSON, "{\"error\":\"Not a <word>\"}", PIMS_SERVER, "oauth.error");
	fails_by(*state, TOKEN, 400, JSON, "{\"error\":\"\"}", PIMS_SERVER, "oauth.error");
	fails_by(*state, TOKEN, 400, JSON, "{\"error\":{}}", PIMS_SERVER, "server.unexpected");
	fails_by(*state, TOKEN, 400, "text/plain", "invalid_grant", PIMS_SERVER, "server.unexpected");
	fails_by(*state, TOKEN, 500, JSON, "{\"error\":\"invalid_client\"}", PIMS_SERVER, "server.error");
	fails_by(*state, TOKEN, 302, NULL, NULL, PIMS_SERVER, "server.unexpected");
}

static void a_server_that_is_busy_tells_how_long(void **state)
{
	struct provider *provider = *state;

	provider->fault = (struct provider_fault){
		.path = TOKEN, .status = 429, .type = JSON, .body = "{\"error\":\"slow_down\"}", .retry_after = 30};
	provider->faults = 1;
	fails(provider, PIMS_SERVER, "server.throttled");
	assert_int_equal(provider->flow.outcome.retry_after, 30);
}

static void a_network_failure_is_told_as_it_is(void **state)
{
	static const struct {
		enum pims_http_failure failure;
		int code;
		const char *cause;
	} cases[] = {{PIMS_HTTP_NETWORK, PIMS_NETWORK, "network.unreachable"},
		     {PIMS_HTTP_TIMEOUT, PIMS_TIMEOUT, "network.timeout"},
		     {PIMS_HTTP_CUT, PIMS_SERVER, "server.cut"},
		     {PIMS_HTTP_TOO_BIG, PIMS_SERVER, "server.too_big"},
		     {PIMS_HTTP_PIN, PIMS_PINNING, "network.pin"}};
	static const char *const paths[] = {TOKEN, KEYS};
	struct provider *provider = *state;

	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		provider->fault = (struct provider_fault){.path = paths[i % 2], .failure = cases[i / 2].failure};
		provider->faults = 1;
		fails(provider, cases[i / 2].code, cases[i / 2].cause);
	}
}

static void keys_that_cannot_be_read_sign_nobody_in(void **state)
{
	fails_by(*state, KEYS, 500, NULL, NULL, PIMS_SERVER, "server.error");
	fails_by(*state, KEYS, 404, JSON, "{}", PIMS_SERVER, "server.unexpected");
	fails_by(*state, KEYS, 200, JSON, "{}", PIMS_SERVER, "server.format");
	fails_by(*state, KEYS, 200, "text/html", "<html></html>", PIMS_SERVER, "server.format");
	fails_by(*state, KEYS, 200, JSON, "{\"keys\":[],\"keys\":[]}", PIMS_SERVER, "server.format");
}

static void an_unknown_key_is_asked_for_once_more(void **state)
{
	struct provider *provider = *state;

	provider->published = "{\"keys\":[]}";
	fails(provider, PIMS_SERVER, "id_token.key");
	assert_int_equal(provider->fetched, 2);
	fails(provider, PIMS_SERVER, "id_token.key");
	assert_int_equal(provider->fetched, 1); /* keys are known by now: only the second look */
}

static void a_new_key_is_found_by_the_second_look(void **state)
{
	static const enum provider_key before[] = {KEY_RSA}, after[] = {KEY_RSA_OTHER, KEY_RSA};
	struct provider *provider = *state;

	provider->published = provider_keys(before, 1);
	provider_sign_in(provider);
	provider->published = provider_keys(after, 2);
	provider->key = KEY_RSA_OTHER;
	provider_sign_in(provider);
	assert_int_equal(provider->fetched, 1);
	provider_sign_in(provider);
	assert_int_equal(provider->fetched, 0);
}

static void a_new_key_without_a_name_is_found_by_the_second_look(void **state)
{
	static const enum provider_key before[] = {KEY_RSA}, after[] = {KEY_RSA_OTHER};
	struct provider *provider = *state;

	provider->header = "{\"kid\":null}";
	provider->published = provider_keys(before, 1);
	provider_sign_in(provider);
	provider->published = provider_keys(after, 1);
	provider->key = KEY_RSA_OTHER;
	provider_sign_in(provider);
	assert_int_equal(provider->fetched, 1);
}

static void broken_keys_do_not_replace_good_ones(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider->key = KEY_RSA_OTHER;
	provider->fault = (struct provider_fault){.path = KEYS, .status = 200, .type = JSON, .body = "{}"};
	provider->faults = 1;
	provider_run(provider, identity_login, NULL);
	assert_provider_failed(provider, PIMS_SERVER, "server.format");
	provider->key = KEY_RSA;
	provider_sign_in(provider);
	assert_int_equal(provider->fetched, 0);
}

static void a_user_who_declines_has_canceled(void **state)
{
	struct provider *provider = *state;

	provider->redirects[0] = PROVIDER_REDIRECT "?error=access_denied&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	fails(provider, PIMS_WEBVIEW_CANCELED, "agent.canceled");
	assert_int_equal(provider->request_count, 0);
}

static void other_errors_in_the_redirect_have_their_cause(void **state)
{
	struct provider *provider = *state;

	provider->redirects[0] = PROVIDER_REDIRECT "?error=invalid_scope&error_description=no&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	fails(provider, PIMS_SERVER, "oauth.invalid_scope");
	provider->redirects[0] = PROVIDER_REDIRECT "?error=%3Cscript%3E&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	fails(provider, PIMS_SERVER, "oauth.error");
	provider->redirects[0] = PROVIDER_REDIRECT "?error=server_error&code=c&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	fails(provider, PIMS_SERVER, "oauth.server_error");
}

static void a_redirect_without_a_code_fails(void **state)
{
	struct provider *provider = *state;
	struct buf url = BUF_INIT(16384);

	provider->redirects[0] = PROVIDER_REDIRECT "?state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	fails(provider, PIMS_SERVER, "oauth.no_code");
	provider->redirects[0] = PROVIDER_REDIRECT "?code=&state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080";
	fails(provider, PIMS_SERVER, "oauth.no_code");
	buf_puts(&url, PROVIDER_REDIRECT "?state=%s&iss=http%3A%2F%2F127.0.0.1%3A8080&code=");
	assert_int_equal(buf_printf(&url, "%06145d", 0), 0);
	provider->redirects[0] = buf_text(&url);
	fails(provider, PIMS_SERVER, "oauth.no_code");
	buf_free(&url);
}

static void a_redirect_by_another_issuer_is_a_mix_up(void **state)
{
	struct provider *provider = *state;

	provider->redirects[0] = PROVIDER_REDIRECT "?code=c&state=%s&iss=http%3A%2F%2Fevil.example";
	fails(provider, PIMS_SERVER, "oauth.issuer");
	provider->redirects[0] = PROVIDER_REDIRECT "?code=c&state=%s"; /* announced, so it must be there */
	fails(provider, PIMS_SERVER, "oauth.issuer");
	provider->redirects[0] = PROVIDER_REDIRECT "?error=access_denied&state=%s&iss=http%3A%2F%2Fevil.example";
	fails(provider, PIMS_SERVER, "oauth.issuer");
	assert_int_equal(provider->request_count, 0);
	provider->profile.endpoints.iss_parameter = false;
	provider->redirects[0] = PROVIDER_REDIRECT "?code=c&state=%s&iss=http%3A%2F%2Fevil.example"; /* checked when present */
	fails(provider, PIMS_SERVER, "oauth.issuer");
	provider->redirects[0] = PROVIDER_REDIRECT "?code=c&state=%s";
	provider_sign_in(provider);
}

static void a_redirect_of_somebody_else_is_waited_over(void **state)
{
	struct provider *provider = *state;

	provider->redirects[0] = PROVIDER_REDIRECT "?code=evil&state=evil";
	provider->redirects[1] = "http://127.0.0.1:43210/other?code=evil&state=%s";
	provider->redirects[2] = "garbage";
	provider_sign_in(provider);
	assert_int_equal(provider->agent_asked, 4);
	assert_int_equal(provider->agent_opened, 1);
	assert_null(strstr(provider_last(provider, TOKEN)->body, "evil"));
}

static void a_language_that_is_none_is_refused(void **state)
{
	static const char *const parameters[] = {"{\"local\":\"fr&prompt=none\"}", "{\"local\":\"fr FR\"}", "{\"local\":\"\\u00e9\"}",
						 "{\"local\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
		provider_run(provider, identity_login, parameters[i]);
		assert_provider_failed(provider, PIMS_INVALID_PARAMETER, "");
		assert_string_equal(provider->flow.outcome.name, "local");
		assert_int_equal(provider->agent_asked, 0);
	}
}

static void without_randomness_nobody_is_asked(void **state)
{
	struct provider *provider = *state;

	provider->fake.random_fails = true;
	fails(provider, PIMS_UNKNOWN, "internal.crypto");
	assert_int_equal(provider->agent_asked, 0);
}

static void a_full_disk_signs_nobody_in(void **state)
{
	struct provider *provider = *state;

	provider->fail_save = 1;
	provider_run(provider, identity_login, NULL);
	assert_provider_failed(provider, PIMS_UNKNOWN, "state.write");
	assert_false(session_exists(&provider->session));
}

static void the_old_session_stays_until_the_new_one_is_complete(void **state)
{
	struct provider *provider = *state;

	provider_sign_in(provider);
	provider->claims = "{\"aud\":\"other\"}";
	provider_run(provider, identity_login, NULL);
	assert_provider_failed(provider, PIMS_SERVER, "id_token.audience");
	assert_string_equal(secret_text(&provider->session.access_token), "access-1");
	assert_string_equal(secret_text(&provider->session.refresh_token), "refresh-1");
	provider->claims = "{\"sub\":\"subject-2\",\"email\":\"two@example.com\"}";
	provider_sign_in(provider);
	assert_string_equal(secret_text(&provider->session.access_token), "access-3");
	assert_string_equal(provider->session.username, "two@example.com");
}

static void the_code_is_redeemed_with_its_verifier(void **state)
{
	struct provider *provider = *state;
	const struct provider_request *request;
	struct buf challenge = BUF_INIT(64);
	struct query query = {0};

	provider_sign_in(provider);
	request = provider_last(provider, TOKEN);
	assert_string_equal(request->method, "POST");
	assert_non_null(strstr(request->headers, "Content-Type: application/x-www-form-urlencoded\n"));
	assert_int_equal(query_parse(request->body, strlen(request->body), &query), 0);
	assert_string_equal(query_get(&query, "grant_type"), "authorization_code");
	assert_string_equal(query_get(&query, "code"), "the-code");
	assert_string_equal(query_get(&query, "redirect_uri"), PROVIDER_REDIRECT);
	assert_string_equal(query_get(&query, "client_id"), "pims");
	assert_int_equal(pkce_challenge(query_get(&query, "code_verifier"), &challenge), 0);
	assert_non_null(strstr(provider->agent_url, buf_text(&challenge)));
	assert_int_equal(query.count, 5);
	assert_null(strchr(request->url, '?'));
	assert_null(strstr(request->headers, "Authorization"));
	query_free(&query);
	buf_free(&challenge);
}

static void tokens_are_asked_for_the_api_that_the_backend_names(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(text_set(&provider->profile.endpoints.resource, "urn:example:pimsd"), 0);
	provider_sign_in(provider);
	assert_non_null(strstr(provider->agent_url, "&resource=urn%3Aexample%3Apimsd"));
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "&resource=urn%3Aexample%3Apimsd"));
}

static void a_life_may_be_written_in_other_ways(void **state)
{
	static const struct {
		const char *answer;
		int64_t life;
	} rows[] = {{"{\"expires_in\":\"600\"}", 600}, {"{\"expires_in\":600.0}", 600}, {"{\"expires_in\":null}", 300},
		    {"{\"expires_in\":99999999999}", 315360000}, {"{\"expires_in\":1e300}", 315360000}};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		provider->answer = rows[i].answer;
		provider->redirect_count = 0;
		provider_sign_in(provider);
		assert_int_equal(provider->stored.access_expires, provider_now(provider) + rows[i].life);
	}
}

static void keys_may_come_without_a_type_of_their_own(void **state)
{
	struct provider *provider = *state;

	provider->keys_type = "text/plain";
	provider_sign_in(provider);
}

/* --- the name, where the id_token has none (OpenID Connect Core §5.4) ------------------------------------------------------------------ */

#define USERINFO "/userinfo"

static void lack_a_name(struct provider *provider)
{
	provider->claims = "{\"preferred_username\":null,\"email\":null}";
	provider->claims_of_user = "{\"sub\":\"subject-1\",\"preferred_username\":\"ann\"}";
	provider->redirect_count = 0;
	assert_int_equal(text_set(&provider->profile.endpoints.userinfo, PROVIDER_ISSUER USERINFO), 0);
}

static void a_name_that_the_id_token_lacks_is_asked_for(void **state)
{
	struct provider *provider = *state;

	lack_a_name(provider);
	provider_run(provider, identity_login, NULL);
	assert_provider_succeeded(provider);
	assert_non_null(strstr(provider_last(provider, USERINFO)->headers, "Authorization: Bearer access-1\n"));
	assert_string_equal(provider->stored.username, "ann");
	assert_int_equal(provider->saves, 2); /* the session was on disk before */
}

static void it_is_not_asked_for_in_vain(void **state)
{
	struct provider *provider = *state;

	lack_a_name(provider);
	provider->claims = NULL;
	provider_sign_in(provider);
	assert_null(provider_last(provider, USERINFO));
	lack_a_name(provider);
	assert_int_equal(text_set(&provider->profile.endpoints.resource, "urn:example:api"), 0);
	provider_sign_in(provider);
	assert_null(provider_last(provider, USERINFO));
	assert_string_equal(provider->stored.username, "subject-1");
}

static void whatever_goes_wrong_there_one_is_signed_in(void **state)
{
	static const struct provider_fault faults[] = {
		{.status = 500, .type = "text/plain", .body = "no"},
		{.status = 401, .type = "application/json", .body = "{}"},
		{.status = 200, .type = "text/html", .body = "<html>"},
		{.status = 200, .type = "application/json", .body = "[]"},
		{.status = 200, .type = "application/jwt", .body = "a.b.c"},
		{.status = 200, .type = "application/json", .body = "{\"sub\":\"subject-1\"}"},
		{.status = 200, .type = "application/json", .body = "{\"preferred_username\":\"eve\"}"},
		{.status = 200, .type = "application/json", .body = "{\"sub\":\"subject-2\",\"preferred_username\":\"eve\"}"},
		{.failure = PIMS_HTTP_TIMEOUT},
	};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		lack_a_name(provider);
		provider->fault = faults[i];
		provider->fault.path = USERINFO;
		provider->faults = 1;
		provider_sign_in(provider);
		assert_string_equal(provider->stored.username, "subject-1");
	}
}

/* --- RFC 9126 ------------------------------------------------------------------------------------------------------------------------- */

#define PAR "/par"

static void want_pushed(struct provider *provider)
{
	assert_int_equal(text_set(&provider->profile.endpoints.par, PROVIDER_ISSUER PAR), 0);
}

static void a_provider_that_wants_it_is_pushed_the_request(void **state)
{
	struct provider *provider = *state;
	const struct provider_request *request;
	struct query query = {0};

	want_pushed(provider);
	provider_sign_in(provider);
	request = provider_last(provider, PAR);
	assert_string_equal(request->method, "POST");
	assert_int_equal(query_parse(request->body, strlen(request->body), &query), 0);
	assert_string_equal(query_get(&query, "client_id"), "pims");
	assert_string_equal(query_get(&query, "redirect_uri"), PROVIDER_REDIRECT);
	assert_string_equal(query_get(&query, "code_challenge_method"), "S256");
	assert_non_null(query_get(&query, "state"));
	assert_non_null(query_get(&query, "nonce"));
	assert_null(strstr(strstr(request->body, "client_id=") + 1, "client_id=")); /* once */
	assert_string_equal(provider->agent_url, PROVIDER_ISSUER "/am/oauth2/authorize?client_id=pims&request_uri=urn%3Aietf%3Aparams%3Aoauth%3A"
						 "request_uri%3Ar-1");
	query_free(&query);
}

static void a_confidential_client_proves_itself_there_too(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(secret_set(&provider->profile.client_secret, "demo"), 0);
	want_pushed(provider);
	provider_sign_in(provider);
	assert_non_null(strstr(provider_last(provider, PAR)->headers, "Authorization: Basic cGltczpkZW1v\n"));
	provider->profile.endpoints.post_secret = true;
	provider->redirect_count = 0;
	provider_sign_in(provider);
	assert_null(strstr(provider_last(provider, PAR)->headers, "Authorization"));
	assert_non_null(strstr(provider_last(provider, PAR)->body, "&client_secret=demo"));
}

static void a_pushed_request_that_is_refused_opens_no_browser(void **state)
{
	static const struct {
		struct provider_fault fault;
		int code;
		const char *cause;
	} rows[] = {
		{{.status = 400, .type = "application/json", .body = "{\"error\":\"invalid_request\"}"}, PIMS_SERVER, "oauth.invalid_request"},
		{{.status = 401, .type = "application/json", .body = "{\"error\":\"invalid_client\"}"}, PIMS_NOT_CONFIGURED, "oauth.invalid_client"},
		{{.status = 201, .type = "application/json", .body = "{\"expires_in\":60}"}, PIMS_SERVER, "server.format"},
		{{.status = 201, .type = "application/json", .body = "{\"request_uri\":7}"}, PIMS_SERVER, "server.format"},
		{{.status = 201, .type = "application/json", .body = "[]"}, PIMS_SERVER, "server.format"},
		{{.status = 500, .type = "text/plain", .body = "no"}, PIMS_SERVER, NULL},
	};
	struct provider *provider = *state;

	want_pushed(provider);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		provider->fault = rows[i].fault;
		provider->fault.path = PAR;
		provider->faults = 9;
		provider_run(provider, identity_login, NULL);
		assert_int_equal(provider->flow.outcome.code, rows[i].code);
		if (rows[i].cause)
			assert_string_equal(provider->flow.outcome.cause, rows[i].cause);
		assert_int_equal(provider->agent_opened, 0);
	}
}

static void a_confidential_client_proves_itself_by_basic(void **state)
{
	struct provider *provider = *state;
	const struct provider_request *request;

	assert_int_equal(secret_set(&provider->profile.client_secret, "demo"), 0);
	provider_sign_in(provider);
	request = provider_last(provider, TOKEN);
	assert_non_null(strstr(request->headers, "Authorization: Basic cGltczpkZW1v\n"));
	assert_null(strstr(request->body, "client_id"));
	assert_null(strstr(request->body, "demo"));
}

static void a_secret_goes_into_the_form_where_basic_is_not_taken(void **state)
{
	struct provider *provider = *state;
	const struct provider_request *request;

	assert_int_equal(secret_set(&provider->profile.client_secret, "de&mo"), 0);
	provider_endpoints(provider);
	provider->profile.endpoints.post_secret = true;
	provider_sign_in(provider);
	request = provider_last(provider, TOKEN);
	assert_null(strstr(request->headers, "Authorization"));
	assert_non_null(strstr(request->body, "client_id=pims&client_secret=de%26mo&"));
}

/* What the client was registered for is nowhere but in the configuration. */
static void the_configuration_says_how_a_secret_is_sent(void **state)
{
	struct provider *provider = *state;

	assert_int_equal(secret_set(&provider->profile.client_secret, "demo"), 0);
	provider->profile.auth_method = AUTH_POST;
	provider_sign_in(provider);
	assert_null(strstr(provider_last(provider, TOKEN)->headers, "Authorization"));
	assert_non_null(strstr(provider_last(provider, TOKEN)->body, "client_secret=demo"));
	provider->profile.auth_method = AUTH_BASIC;
	provider->profile.endpoints.post_secret = true;
	provider->redirect_count = 0;
	provider_sign_in(provider);
	assert_non_null(strstr(provider_last(provider, TOKEN)->headers, "Authorization: Basic cGltczpkZW1v\n"));
}

static void a_sign_in_stores_what_was_granted(void **state)
{
	struct provider *provider = *state;
	const struct session *session = &provider->stored;

	provider_sign_in(provider);
	assert_null(provider->flow.outcome.result);
	assert_string_equal(secret_text(&session->access_token), "access-1");
	assert_string_equal(secret_text(&session->refresh_token), "refresh-1");
	assert_int_equal(session->access_expires, provider_now(provider) + 3599);
	assert_int_equal(session->id_expires, provider_now(provider) + 3600);
	assert_string_equal(session->subject, "subject-1");
	assert_string_equal(session->username, "demo@example.com");
	assert_string_equal(session->scope, "openid profile email");
	assert_string_equal(session->issuer, PROVIDER_ISSUER);
	assert_string_equal(session->client_id, "pims");
	assert_false(secret_empty(&session->id_token));
}

static void a_signature_on_an_elliptic_curve_is_as_good(void **state)
{
	struct provider *provider = *state;

	provider->key = KEY_EC;
	provider_sign_in(provider);
}

static void an_answer_may_leave_out_what_is_optional(void **state)
{
	struct provider *provider = *state;

	provider->answer = "{\"refresh_token\":null,\"expires_in\":null,\"scope\":null,\"token_type\":\"bearer\",\"more\":[]}";
	provider->claims = "{\"azp\":null,\"auth_time\":null,\"at_hash\":null,\"email\":null}";
	provider_sign_in(provider);
	assert_true(secret_empty(&provider->session.refresh_token));
	assert_int_equal(provider->session.access_expires, provider_now(provider) + 300);
	assert_string_equal(provider->session.username, "subject-1");
	assert_string_equal(provider->session.scope, "openid profile email"); /* what was asked for */
}

static void a_device_clock_that_is_years_off_is_no_matter(void **state)
{
	static const int64_t offsets[] = {-100000000, -3600, 3600, 100000000};
	struct provider *provider = *state;

	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		provider->offset = offsets[i];
		provider->skew = 0;
		provider_run(provider, identity_forced_login, NULL);
		assert_provider_succeeded(provider);
		assert_true(session_access_valid(&provider->session, provider_now(provider), 3599));
	}
}

static void a_language_reaches_the_provider(void **state)
{
	struct provider *provider = *state;

	provider_run(provider, identity_login, "{\"local\":\"fr_FR\"}");
	assert_provider_succeeded(provider);
	assert_non_null(strstr(provider->agent_url, "&ui_locales=fr-FR"));
	provider_run(provider, identity_login, "{\"local\":\"\"}");
	assert_provider_succeeded(provider);
	assert_null(strstr(provider->agent_url, "ui_locales"));
}

/* No source tells keys and issuer of the live service: TLS to the token endpoint stands in for the signature (OpenID Connect Core §3.1.3.7). */
static void without_keys_only_tls_is_trusted(void **state)
{
	struct provider *provider = *state;
	struct endpoints *endpoints = &provider->profile.endpoints;

	assert_int_equal(text_set(&endpoints->jwks, NULL), 0);
	fails(provider, PIMS_SERVER, "id_token.key");
	assert_int_equal(text_set(&endpoints->issuer, NULL), 0);
	assert_int_equal(text_set(&endpoints->token, "https://login.example/am/oauth2/access_token"), 0);
	endpoints->iss_parameter = false;
	provider->redirects[0] = PROVIDER_REDIRECT "?code=c&state=%s";
	fails(provider, PIMS_SERVER, "id_token.issuer");
	provider->claims = "{\"iss\":\"https://login.example:443/am/oauth2\"}";
	provider_sign_in(provider);
	assert_string_equal(provider->session.issuer, "https://login.example:443/am/oauth2");
	assert_int_equal(provider->fetched, 0);
}

static void nothing_secret_is_logged(void **state)
{
	static const char *const secrets[] = {"access-1", "refresh-1", "the-code"};
	struct provider *provider = *state;

	provider_sign_in(provider);
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		assert_false(fake_env_logged(&provider->fake, secrets[i]));
	assert_false(fake_env_logged(&provider->fake, provider->state));
	assert_false(fake_env_logged(&provider->fake, provider->nonce));
}

/* What the driver asks before it hands a redirect over. */
static void only_the_flow_that_waits_expects_its_redirect(void **state)
{
	struct provider *provider = *state;
	struct flow flow;
	struct buf url = BUF_INIT(1024);

	flow_init(&flow);
	assert_false(identity_redirect_expected(&flow, PROVIDER_REDIRECT "?state=&code=c"));
	provider_sign_in(provider); /* its flow is not cleared yet */
	assert_int_equal(buf_printf(&url, "%s?state=%s&code=c", PROVIDER_REDIRECT, provider->state), 0);
	assert_true(identity_redirect_expected(&provider->flow, buf_text(&url)));
	assert_false(identity_redirect_expected(&flow, buf_text(&url)));
	assert_false(identity_redirect_expected(&provider->flow, PROVIDER_REDIRECT "?state=x&code=c"));
	flow_clear(&flow);
	buf_free(&url);
}

static int free_keys(void **state)
{
	(void)state;
	provider_free_keys();
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_id_token_without_a_signature_signs_nobody_in),
		TEST(an_id_token_of_another_kind_signs_nobody_in),
		TEST(a_signature_by_a_stranger_signs_nobody_in),
		TEST(claims_that_break_a_rule_sign_nobody_in),
		TEST(wrong_claims_cost_no_request_for_keys),
		TEST(a_forced_sign_in_by_an_old_session_is_refused),
		TEST(a_malformed_token_answer_signs_nobody_in),
		TEST(an_answer_that_is_no_json_signs_nobody_in),
		TEST(errors_of_the_token_endpoint_have_their_cause),
		TEST(a_server_that_is_busy_tells_how_long),
		TEST(a_network_failure_is_told_as_it_is),
		TEST(keys_that_cannot_be_read_sign_nobody_in),
		TEST(an_unknown_key_is_asked_for_once_more),
		TEST(a_new_key_is_found_by_the_second_look),
		TEST(a_new_key_without_a_name_is_found_by_the_second_look),
		TEST(broken_keys_do_not_replace_good_ones),
		TEST(a_user_who_declines_has_canceled),
		TEST(other_errors_in_the_redirect_have_their_cause),
		TEST(a_redirect_without_a_code_fails),
		TEST(a_redirect_by_another_issuer_is_a_mix_up),
		TEST(a_redirect_of_somebody_else_is_waited_over),
		TEST(a_language_that_is_none_is_refused),
		TEST(without_randomness_nobody_is_asked),
		TEST(a_full_disk_signs_nobody_in),
		TEST(the_old_session_stays_until_the_new_one_is_complete),
		TEST(the_code_is_redeemed_with_its_verifier),
		TEST(a_life_may_be_written_in_other_ways),
		TEST(keys_may_come_without_a_type_of_their_own),
		TEST(the_configuration_says_how_a_secret_is_sent),
		TEST(a_name_that_the_id_token_lacks_is_asked_for),
		TEST(it_is_not_asked_for_in_vain),
		TEST(whatever_goes_wrong_there_one_is_signed_in),
		TEST(a_provider_that_wants_it_is_pushed_the_request),
		TEST(a_confidential_client_proves_itself_there_too),
		TEST(a_pushed_request_that_is_refused_opens_no_browser),
		TEST(tokens_are_asked_for_the_api_that_the_backend_names),
		TEST(a_confidential_client_proves_itself_by_basic),
		TEST(a_secret_goes_into_the_form_where_basic_is_not_taken),
		TEST(a_sign_in_stores_what_was_granted),
		TEST(a_signature_on_an_elliptic_curve_is_as_good),
		TEST(an_answer_may_leave_out_what_is_optional),
		TEST(a_device_clock_that_is_years_off_is_no_matter),
		TEST(a_language_reaches_the_provider),
		TEST(without_keys_only_tls_is_trusted),
		TEST(nothing_secret_is_logged),
		TEST(only_the_flow_that_waits_expects_its_redirect),
	};

	return cmocka_run_group_tests(tests, NULL, free_keys);
}
