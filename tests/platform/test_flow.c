/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/flow.h"
#include "support/fake_env.h"
#include "support/fake_transport.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
	struct flow *flow = malloc(sizeof *flow);

	assert_non_null(flow);
	flow_init(flow);
	*state = flow;
	return 0;
}

static int tear_down(void **state)
{
	flow_clear(*state);
	free(*state);
	return 0;
}

static void every_failure_of_the_transport_has_its_code_and_cause(void **state)
{
	static const struct {
		enum pims_http_failure failure;
		int code;
		const char *cause;
	} CASES[] = {
		{PIMS_HTTP_NETWORK, 2202, "network.unreachable"},
		{PIMS_HTTP_TIMEOUT, 2201, "network.timeout"},
		{PIMS_HTTP_TLS, 2202, "network.tls"},
		{PIMS_HTTP_PIN, 2208, "network.pin"},
		{PIMS_HTTP_TOO_BIG, 2204, "server.too_big"},
		{PIMS_HTTP_CUT, 2204, "server.cut"},
		{PIMS_HTTP_FAILED, 2000, "internal.transport"},
		{(enum pims_http_failure)99, 2000, "internal.transport"},
	};
	struct flow *flow = *state;

	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct fake_answer answer = {.failure = CASES[i].failure};

		fake_response_full(&flow->response, &answer);
		assert_int_equal(flow_fail_response(flow), FLOW_DONE);
		assert_int_equal(flow->outcome.code, CASES[i].code);
		assert_string_equal(flow->outcome.cause, CASES[i].cause);
		assert_int_equal(flow->outcome.retry_after, -1);
	}
}

static void every_unexpected_status_is_a_server_error_with_its_cause(void **state)
{
	static const struct {
		int status;
		const char *cause;
	} CASES[] = {
		{429, "server.throttled"}, {500, "server.error"}, {503, "server.error"}, {599, "server.error"}, {400, "server.unexpected"},
		{404, "server.unexpected"}, {302, "server.unexpected"}, {200, "server.unexpected"},
	};
	struct flow *flow = *state;

	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		fake_response(&flow->response, CASES[i].status, "text/html", "<p>no</p>");
		assert_int_equal(flow_fail_response(flow), FLOW_DONE);
		assert_int_equal(flow->outcome.code, 2204);
		assert_string_equal(flow->outcome.cause, CASES[i].cause);
	}
}

static void a_throttled_answer_tells_how_long_to_wait(void **state)
{
	struct fake_answer answer = {.status = 429, .headers = {"Retry-After: 17"}};
	struct flow *flow = *state;

	fake_response_full(&flow->response, &answer);
	flow_fail_response(flow);
	assert_string_equal(flow->outcome.cause, "server.throttled");
	assert_int_equal(flow->outcome.retry_after, 17);
	assert_int_equal(flow->outcome.remaining, -1);
}

static void a_problem_document_overrides_cause_and_values(void **state)
{
	static const char BODY[] = "{\"type\":\"about:blank#sms.cooldown\",\"status\":429,\"cause\":\"sms.cooldown\",\"retryAfter\":30,\"remaining\":2}";
	struct fake_answer answer = {.status = 429, .headers = {"Retry-After: 17", "Content-Type: application/problem+json"}};
	struct flow *flow = *state;

	answer.body = BODY;
	answer.body_length = sizeof BODY - 1;
	fake_response_full(&flow->response, &answer);
	flow_fail_response(flow);
	assert_int_equal(flow->outcome.code, 2204);
	assert_string_equal(flow->outcome.cause, "sms.cooldown");
	assert_int_equal(flow->outcome.retry_after, 30);
	assert_int_equal(flow->outcome.remaining, 2);
}

static void a_demand_for_a_stronger_sign_in_is_2302(void **state)
{
	struct fake_answer answer = {.status = 401,
				     .headers = {"WWW-Authenticate: Bearer error=\"insufficient_user_authentication\""}};
	struct flow *flow = *state;

	fake_response(&flow->response, 401, "text/html", "no");
	assert_false(flow_needs_strong(flow));
	fake_response_full(&flow->response, &answer);
	assert_true(flow_needs_strong(flow));
	flow_fail_response(flow);
	assert_int_equal(flow->outcome.code, 2302);
	assert_string_equal(flow->outcome.cause, "oauth.insufficient_user_authentication");
	answer.status = 403;
	fake_response_full(&flow->response, &answer);
	assert_false(flow_needs_strong(flow));
}

static void a_captive_portal_is_no_network(void **state)
{
	struct flow *flow = *state;

	fake_response(&flow->response, 511, "application/problem+json", "{\"cause\":\"server.error\"}");
	flow_fail_response(flow);
	assert_int_equal(flow->outcome.code, 2202);
	assert_string_equal(flow->outcome.cause, "network.portal");
}

static void a_call_that_the_server_does_not_offer_is_not_configured(void **state)
{
	struct flow *flow = *state;

	fake_response(&flow->response, 501, "application/problem+json", "{\"cause\":\"backend.no_endpoint\"}");
	flow_fail_response(flow);
	assert_int_equal(flow->outcome.code, 2344);
	assert_string_equal(flow->outcome.name, "StrongAuthentication");
	assert_string_equal(flow->outcome.cause, "backend.no_endpoint");
}

static void a_broken_or_strange_problem_document_changes_nothing(void **state)
{
	static const char *const BODIES[] = {
		"{\"cause\":\"a.b\"",
		"{\"cause\":\"a.b\",\"cause\":\"c.d\"}",
		"{\"cause\":\"Token abc!\"}",
		"{\"cause\":\"\"}",
		"{\"cause\":5,\"retryAfter\":\"soon\",\"remaining\":-4}",
		"[\"cause\"]",
		"{\"cause\":\"a_cause_that_is_longer_than_the_sixty_three_characters_it_may_have_at_most\"}",
		"",
	};
	struct flow *flow = *state;

	for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
		fake_response(&flow->response, 500, "application/problem+json", BODIES[i]);
		flow_fail_response(flow);
		assert_string_equal(flow->outcome.cause, "server.error");
		assert_int_equal(flow->outcome.retry_after, -1);
		assert_int_equal(flow->outcome.remaining, -1);
	}
	/* and one of another type is no problem document at all */
	fake_response(&flow->response, 500, "text/plain", "{\"cause\":\"a.b\"}");
	flow_fail_response(flow);
	assert_string_equal(flow->outcome.cause, "server.error");
	fake_response(&flow->response, 500, "application/json", "{\"cause\":\"a.b\",\"retryAfter\":99999999999}");
	flow_fail_response(flow);
	assert_string_equal(flow->outcome.cause, "a.b");
	assert_int_equal(flow->outcome.retry_after, INT_MAX);
}

static void our_own_failures_are_unknown_errors_with_a_cause(void **state)
{
	struct flow *flow = *state;

	assert_int_equal(flow_fail_return(flow, PIMS_E_MEMORY), FLOW_DONE);
	assert_int_equal(flow->outcome.code, 2000);
	assert_string_equal(flow->outcome.cause, "internal.memory");
	flow_fail_return(flow, PIMS_E_CRYPTO);
	assert_string_equal(flow->outcome.cause, "internal.crypto");
	flow_fail_return(flow, PIMS_E_LIMIT);
	assert_string_equal(flow->outcome.cause, "internal.limit");
	flow_fail_return(flow, PIMS_E_SYSTEM);
	assert_string_equal(flow->outcome.cause, "internal.system");
	flow_fail_return(flow, -12345);
	assert_string_equal(flow->outcome.cause, "internal");
}

static void a_failure_has_no_result_and_a_success_no_cause(void **state)
{
	struct flow *flow = *state;

	assert_int_equal(flow_succeed(flow, json_string("x")), FLOW_DONE);
	assert_int_equal(flow_fail_name(flow, PIMS_INVALID_PARAMETER, "smsCode", "sms.expired"), FLOW_DONE);
	assert_null(flow->outcome.result);
	assert_int_equal(flow->outcome.code, 2102);
	assert_string_equal(flow->outcome.name, "smsCode");
	assert_string_equal(flow->outcome.cause, "sms.expired");
	flow_fail(flow, PIMS_SERVER, NULL);
	assert_string_equal(flow->outcome.name, "");
	assert_string_equal(flow->outcome.cause, "");
	flow->outcome.remaining = 2;
	assert_int_equal(flow_succeed(flow, NULL), FLOW_DONE);
	assert_int_equal(flow->outcome.code, 0);
	assert_string_equal(flow->outcome.cause, "");
	assert_int_equal(flow->outcome.remaining, -1);
}

static enum flow_want step(struct flow *flow)
{
	return flow_succeed(flow, NULL);
}

static void waiting_names_the_next_step_and_the_end_has_none(void **state)
{
	struct flow *flow = *state;

	assert_int_equal(flow_wait(flow, FLOW_HTTP, step), FLOW_HTTP);
	assert_ptr_equal(flow->next, step);
	assert_int_equal(flow->next(flow), FLOW_DONE);
	assert_null(flow->next);
}

static void parameters_are_read_as_text(void **state)
{
	struct flow *flow = *state;
	json_t *parameters = json_pack("{s:s, s:i}", "pinCode", "0123", "n", 5);

	assert_null(flow_text(flow, "pinCode"));
	flow->parameters = parameters;
	assert_string_equal(flow_text(flow, "pinCode"), "0123");
	assert_null(flow_text(flow, "n"));
	assert_null(flow_text(flow, "other"));
	json_decref(parameters);
}

static void server_time_is_ours_plus_what_was_learnt(void **state)
{
	struct flow *flow = *state;
	struct fake_env fake;
	int64_t skew = -3600;

	fake_env_init(&fake);
	flow->env = &fake.env;
	assert_int_equal(flow_server_time(flow), FAKE_NOW / 1000);
	flow->clock_skew = &skew;
	assert_int_equal(flow_server_time(flow), FAKE_NOW / 1000 - 3600);
	fake_env_free(&fake);
}

static int freed;

static void count_free(void *data)
{
	assert_string_equal(data, "mine");
	freed++;
}

static void clear_frees_what_the_flow_owns_and_can_be_repeated(void **state)
{
	struct flow *flow = *state;
	char mine[] = "mine";

	freed = 0;
	flow->data = mine;
	flow->data_free = count_free;
	flow->agent_url = strdup("https://a/");
	flow->agent_answer = strdup("http://127.0.0.1/?code=secret");
	flow->redirect_uri = strdup("http://127.0.0.1/");
	assert_int_equal(http_request_start(&flow->request, "GET", "http://a/"), 0);
	fake_response(&flow->response, 200, "text/plain", "body");
	flow_succeed(flow, json_string("token"));
	flow_clear(flow);
	flow_clear(flow);
	assert_int_equal(freed, 1);
	assert_null(flow->agent_url);
	assert_null(flow->agent_answer);
	assert_null(flow->redirect_uri);
	assert_null(flow->outcome.result);
	assert_int_equal(flow->request.url.len, 0);
	assert_int_equal(flow->response.body.len, 0);
	flow_clear(NULL);
}

static void a_profile_frees_all_it_owns(void **state)
{
	struct profile profile = {0};

	(void)state;
	profile.environment = strdup("development");
	profile.client_id = strdup("pims");
	profile.macid = strdup("00");
	assert_int_equal(secret_set(&profile.client_secret, "secret"), 0);
	profile.endpoints.issuer = strdup("http://127.0.0.1");
	profile.endpoints.realm = strdup("realm");
	profile.endpoints.known = true;
	profile_free(&profile);
	assert_null(profile.client_id);
	assert_null(profile.endpoints.issuer);
	assert_false(profile.endpoints.known);
	assert_true(secret_empty(&profile.client_secret));
	profile_free(&profile);
	profile_free(NULL);
	endpoints_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_failure_of_the_transport_has_its_code_and_cause, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_unexpected_status_is_a_server_error_with_its_cause, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_demand_for_a_stronger_sign_in_is_2302, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_captive_portal_is_no_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_the_server_does_not_offer_is_not_configured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_throttled_answer_tells_how_long_to_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_problem_document_overrides_cause_and_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_or_strange_problem_document_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(our_own_failures_are_unknown_errors_with_a_cause, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failure_has_no_result_and_a_success_no_cause, set_up, tear_down),
		cmocka_unit_test_setup_teardown(waiting_names_the_next_step_and_the_end_has_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parameters_are_read_as_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(server_time_is_ours_plus_what_was_learnt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(clear_frees_what_the_flow_owns_and_can_be_repeated, set_up, tear_down),
		cmocka_unit_test(a_profile_frees_all_it_owns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
