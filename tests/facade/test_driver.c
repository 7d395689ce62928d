/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver does for flows: requests, tokens, endpoints, the lock, saving. */
#include "support/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN_API "pims.authentication.token"
#define TOKEN_GET "{\"type\":\"cvs\",\"action\":\"get\"}"
#define TOKEN_REFRESH "{\"type\":\"cvs\",\"action\":\"refresh\"}"
#define PHONE_API "pims.authentication.trustedphonenumber"
#define PHONE_ANSWER "{\"phoneNumber\":\"0612345678\"}"
#define NETWORK_LABEL "Network problem : No internet"
#define TIMEOUT_LABEL "Timeout/Polling Timeout/Command Timeout"

static struct harness h;
/* not on the stack: a test that fails leaves calls that are delivered when the loop is freed */
static struct heard heard, heards[50];

static int begin_with_seconds(int seconds)
{
	harness_init(&h);
	harness_sign_in(&h, seconds);
	harness_start(&h);
	return 0;
}

static int begin_valid(void **state)
{
	(void)state;
	return begin_with_seconds(3600);
}

static int begin_expired(void **state)
{
	(void)state;
	return begin_with_seconds(-1);
}

static int begin_nobody(void **state)
{
	(void)state;
	harness_init(&h);
	harness_start(&h);
	return 0;
}

static int end(void **state)
{
	(void)state;
	harness_free(&h);
	heard_free(&heard);
	for (size_t i = 0; i < sizeof heards / sizeof heards[0]; i++)
		heard_free(&heards[i]);
	return 0;
}

static void answer_phone(void)
{
	fake_transport_answer(&h.transport, 200, "application/json", PHONE_ANSWER);
}

static size_t requests_to(const char *part)
{
	size_t count = 0;

	for (size_t i = 0; i < h.transport.count && i < FAKE_MAX_REQUESTS; i++)
		count += strstr(h.transport.requests[i].url, part) != NULL;
	return count;
}

/* --- requests --- */

static void failures_have_their_codes_and_causes(void **state)
{
	static const struct {
		enum pims_http_failure failure;
		int code;
		const char *label;
		const char *cause;
	} cases[] = {
		{PIMS_HTTP_NETWORK, 2202, NETWORK_LABEL, "network.unreachable"},
		{PIMS_HTTP_TIMEOUT, 2201, TIMEOUT_LABEL, "network.timeout"},
		{PIMS_HTTP_TLS, 2202, NETWORK_LABEL, "network.tls"},
		{PIMS_HTTP_PIN, 2208, "Certificat pinning failed", "network.pin"},
		{PIMS_HTTP_TOO_BIG, 2204, "Server Error", "server.too_big"},
		{PIMS_HTTP_CUT, 2204, "Server Error", "server.cut"},
		{PIMS_HTTP_FAILED, 2000, "Unknown error", "internal.transport"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fake_transport_fail(&h.transport, cases[i].failure);
		harness_call(&h, "get", PHONE_API, NULL);
		harness_assert_failed(&h.heard, cases[i].code, cases[i].label, cases[i].cause);
	}
}

static void a_transport_that_refuses_is_2202(void **state)
{
	(void)state;
	h.transport.send_returns = PIMS_E_SYSTEM;
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2202, NETWORK_LABEL, "network.unreachable");
}

static void a_silent_transport_is_2201_at_the_deadline(void **state)
{
	(void)state;
	fake_transport_hold(&h.transport);
	harness_call(&h, "get", PHONE_API, NULL);
	assert_int_equal(h.heard.count, 0);
	assert_int_equal(fake_transport_last(&h.transport)->timeout_ms, 10000);
	harness_wait(&h, 9999);
	assert_int_equal(h.heard.count, 0);
	harness_wait(&h, 1);
	harness_assert_failed(&h.heard, 2201, TIMEOUT_LABEL, "network.timeout");
	assert_int_equal(h.transport.canceled, 1);
}

static void the_deadline_can_be_set(void **state)
{
	struct pims *pims;

	(void)state;
	h.options.request_timeout_ms = 250;
	pims = harness_context(&h);
	assert_int_equal(pims_initialize(pims, harness_configuration(), harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	heard_free(&heard);
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_get(pims, PHONE_API, NULL, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	harness_wait(&h, 240);
	assert_int_equal(heard.count, 0);
	harness_wait(&h, 10);
	harness_assert_failed(&heard, 2201, NULL, NULL);
	heard_free(&heard);
	pims_free(pims);
}

/* Over the built-in transport, to a port that nobody answers at. */
static void the_greatest_deadline_is_no_short_one(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pims *pims;
	char url[64];

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
	h.options.transport = NULL;
	h.options.request_timeout_ms = UINT_MAX;
	pims = harness_context(&h);
	assert_int_equal(pims_discover(pims, url, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	harness_wait(&h, 60000);
	assert_int_equal(heard.count, 0);
	pims_free(pims);
	harness_settle(&h);
	harness_assert_failed(&heard, 2000, NULL, "canceled");
	heard_free(&heard);
	close(fd);
}

static void the_token_goes_with_the_request_and_retry_after_comes_back(void **state)
{
	struct fake_answer answer = {.status = 429, .headers = {"Retry-After: 30"}};

	(void)state;
	fake_transport_answer_full(&h.transport, &answer);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2204, "Server Error", NULL);
	assert_non_null(strstr(h.heard.text, "\"retryAfter\":30"));
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "Authorization"), "Bearer " HARNESS_ACCESS);
}

static void server_time_is_learnt_from_any_answer(void **state)
{
	struct fake_answer answer = {.status = 500, .headers = {"Date: Tue, 12 Nov 2024 15:14:15 GMT"}}; /* two hours ahead */

	(void)state;
	fake_transport_answer_full(&h.transport, &answer);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2204, NULL, NULL);
	/* by the server's clock the token is over: it is renewed first */
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(requests_to("access_token"), 1);
}

/* --- 401 --- */

static void a_401_is_repeated_once_with_a_renewed_token(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 401, "application/json", "{\"httpCode\":\"401\"}");
	harness_answer_tokens(&h, 2);
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 3);
	assert_string_equal(fake_request_header(fake_transport_last(&h.transport), "Authorization"), "Bearer access-secret-2");
	assert_null(strstr(fake_transport_last(&h.transport)->headers, HARNESS_ACCESS));
}

static void a_second_401_is_an_answer(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 401, NULL, NULL);
	harness_answer_tokens(&h, 2);
	fake_transport_answer(&h.transport, 401, NULL, NULL);
	harness_call(&h, "get", PHONE_API, NULL);
	assert_int_equal(h.heard.count, 1);
	assert_null(strstr(h.heard.text, "SUCCEEDED"));
	assert_int_equal(h.transport.count, 3);
}

static void a_401_whose_renewal_fails_ends_with_that_failure(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 401, NULL, NULL);
	fake_transport_fail(&h.transport, PIMS_HTTP_NETWORK);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2202, NULL, "network.unreachable");
	/* the server has refused the token: it is not tried again */
	fake_transport_answer(&h.transport, 400, "application/json", "{\"error\":\"invalid_grant\"}");
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2301, NULL, "oauth.invalid_grant");
}

static void many_401s_share_one_renewal(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		fake_transport_answer(&h.transport, 401, NULL, NULL);
	harness_answer_tokens(&h, 2);
	for (int i = 0; i < 20; i++)
		answer_phone();
	for (int i = 0; i < 20; i++)
		assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	assert_int_equal(heard.count, 20);
	assert_non_null(strstr(heard.text, "SUCCEEDED"));
	assert_int_equal(requests_to("access_token"), 1);
	assert_int_equal(h.transport.count, 41);
	heard_free(&heard);
}

/* --- tokens --- */

static void nobody_signed_in_is_2301_without_a_request(void **state)
{
	static const char *const calls[][3] = {
		{"get", TOKEN_API, TOKEN_GET},
		{"get", TOKEN_API, "{\"type\":\"idtoken\",\"action\":\"refresh\"}"},
		{"get", PHONE_API, NULL},
		{"get", "pims.authentication.smscode", "{\"type\":\"enrollment\"}"},
		{"set", "pims.authentication.smscode", "{\"action\":\"enrollment\",\"smsCode\":\"1\"}"},
		{"set", "pims.authentication.enrollment", "{\"action\":\"enroll\",\"pinCode\":\"1\"}"},
		{"get", "pims.authentication.otp", "{\"action\":\"withoutPIN\"}"},
		{"get", "pims.authentication.account", "{\"actionType\":\"basic\",\"type\":\"username\"}"},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}"},
		{"set", "pims.authentication.user", "{\"action\":\"logout\"}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		harness_call(&h, calls[i][0], calls[i][1], calls[i][2]);
		harness_assert_failed(&h.heard, 2301, "Need Basic Authentication (to get CVS token)", "session.none");
		assert_non_null(strstr(h.heard.text, "\"recovery\":\"set pims.authentication.user action=login\""));
	}
	assert_int_equal(h.transport.count, 0);
}

/* For the page of a sign-in that asks for an OTP: the device proves itself by its keys. */
static void an_otp_of_a_device_may_be_had_signed_out(void **state)
{
	(void)state;
	harness_call(&h, "get", "pims.authentication.otp", "{\"action\":\"withoutPIN\",\"signedOut\":\"allowed\"}");
	harness_assert_failed(&h.heard, 2317, NULL, "device.not_enrolled");
	harness_call(&h, "get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"1\",\"signedOut\":\"allowed\"}");
	harness_assert_failed(&h.heard, 2317, NULL, "device.not_enrolled");
	harness_call(&h, "get", "pims.authentication.otp", "{\"action\":\"withoutPIN\",\"signedOut\":\"yes\"}");
	harness_assert_failed(&h.heard, 2102, NULL, NULL);
	assert_int_equal(h.transport.count, 0);
}

static void the_session_of_another_client_or_backend_is_not_used(void **state)
{
	static const char *const changes[] = {"{\"credential\":{\"clientID\":\"other\"}}", "{\"backend\":\"http://127.0.0.1:9\"}",
					      "{\"profile\":{\"brand\":\"Opel\"}}", "{\"environnement\":\"Production\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		char *text = harness_configuration_with(changes[i]);
		struct pims *pims = harness_context(&h);

		assert_int_equal(pims_initialize(pims, text, harness_hear, &heard, NULL), 0);
		harness_settle(&h);
		harness_assert_succeeded(&heard);
		heard_free(&heard);
		assert_int_equal(pims_get(pims, TOKEN_API, TOKEN_GET, harness_hear, &heard, NULL), 0);
		harness_settle(&h);
		harness_assert_failed(&heard, 2301, NULL, "session.none");
		heard_free(&heard);
		pims_free(pims);
		free(text);
	}
	assert_int_equal(h.transport.count, 0);
}

static void a_token_with_60_seconds_to_live_is_given_without_a_request(void **state)
{
	(void)state;
	fake_env_advance(&h.fake, (3600 - 60) * 1000);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 0);
	fake_env_advance(&h.fake, 1000);
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
	assert_non_null(strstr(h.heard.text, "access-secret-2"));
	assert_int_equal(h.transport.count, 1);
}

static void ten_thousand_callers_make_one_request(void **state)
{
	(void)state;
	harness_answer_tokens(&h, 2);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	assert_int_equal(heard.count, 10000);
	assert_non_null(strstr(heard.text, "access-secret-2"));
	assert_int_equal(h.transport.count, 1);
	assert_int_equal(h.store.saves, 1);
	heard_free(&heard);
}

static void refreshing_ten_thousand_times_at_once_makes_one_request(void **state)
{
	(void)state;
	harness_answer_tokens(&h, 2);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_REFRESH, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	assert_int_equal(heard.count, 10000);
	assert_int_equal(h.transport.count, 1);
	heard_free(&heard);
}

static void a_failed_renewal_fails_all_who_wait_for_it(void **state)
{
	(void)state;
	fake_transport_answer(&h.transport, 503, "text/html", "later");
	for (int i = 0; i < 50; i++)
		assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heards[i], NULL), 0);
	harness_settle(&h);
	for (int i = 0; i < 50; i++) {
		harness_assert_failed(&heards[i], 2204, "Server Error", NULL);
		heard_free(&heards[i]);
	}
	assert_int_equal(h.transport.count, 1);
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

static void canceling_one_caller_leaves_the_renewal_to_the_others(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	h.transport.loop = NULL;
	harness_answer_tokens(&h, 2);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heards[0], transaction), 0);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &heards[1], NULL), 0);
	harness_settle(&h);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	harness_settle(&h);
	harness_assert_failed(&heards[0], 2000, NULL, "canceled");
	assert_int_equal(heards[1].count, 0);
	assert_true(fake_transport_deliver(&h.transport));
	harness_settle(&h);
	harness_assert_succeeded(&heards[1]);
	heard_free(&heards[0]);
	heard_free(&heards[1]);
}

/* Nobody waits for it any more, but the server has rotated the token: it must be kept. */
static void a_renewal_that_everybody_gave_up_is_kept_all_the_same(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];
	struct state stored;

	(void)state;
	h.transport.loop = NULL;
	harness_answer_tokens(&h, 2);
	assert_int_equal(pims_get(h.pims, TOKEN_API, TOKEN_GET, harness_hear, &h.heard, transaction), 0);
	harness_settle(&h);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	harness_settle(&h);
	assert_true(fake_transport_deliver(&h.transport));
	harness_settle(&h);
	harness_stored(&h, &stored);
	assert_string_equal(secret_text(&stored.session.refresh_token), "refresh-secret-2");
	state_free(&stored);
}

static void a_rotated_token_is_saved_before_the_answer(void **state)
{
	struct state stored;

	(void)state;
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_succeeded(&h.heard);
	harness_stored(&h, &stored);
	assert_string_equal(secret_text(&stored.session.access_token), "access-secret-2");
	assert_string_equal(secret_text(&stored.session.refresh_token), "refresh-secret-2");
	state_free(&stored);
	assert_false(h.store.locked);
}

static void a_dead_refresh_token_signs_out_here_too(void **state)
{
	struct state stored;

	(void)state;
	fake_transport_answer(&h.transport, 400, "application/json", "{\"error\":\"invalid_grant\"}");
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2301, NULL, "oauth.invalid_grant");
	harness_stored(&h, &stored);
	assert_false(session_exists(&stored.session));
	state_free(&stored);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2301, NULL, "session.none");
	assert_int_equal(h.transport.count, 1);
}

/* --- endpoints --- */

static const char well_known[] =
	"{\"issuer\":\"" HARNESS_BACKEND "\",\"openid_configuration\":\"" HARNESS_BACKEND "/.well-known/openid-configuration\","
	"\"client_id\":\"pims\",\"redirect_uri\":\"http://127.0.0.1/callback\",\"scope\":\"openid\",\"environment\":\"development\","
	"\"mode\":\"B2C\",\"brand\":\"Peugeot\",\"country\":\"FR\",\"macid\":\"" HARNESS_MACID "\",\"inwebo_url\":\"" HARNESS_BACKEND "\","
	"\"phone_endpoint\":\"" HARNESS_BACKEND "/v2/phone\"}";
static const char provider_metadata[] = "{\"issuer\":\"" HARNESS_BACKEND "\",\"authorization_endpoint\":\"" HARNESS_BACKEND
					"/am/oauth2/authorize\","
					"\"token_endpoint\":\"" HARNESS_BACKEND "/am/oauth2/access_token\",\"jwks_uri\":\"" HARNESS_BACKEND
					"/am/oauth2/connect/jwk_uri\","
					"\"revocation_endpoint\":\"" HARNESS_BACKEND
					"/am/oauth2/token/revoke\",\"response_types_supported\":[\"code\"],"
					"\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"RS256\"]}";

static void endpoints_older_than_a_day_are_asked_for_again_once_for_all(void **state)
{
	(void)state;
	fake_env_advance(&h.fake, INT64_C(24) * 3600 * 1000);
	fake_transport_answer(&h.transport, 200, "application/json", well_known);
	fake_transport_answer(&h.transport, 200, "application/json", provider_metadata);
	harness_answer_tokens(&h, 2);
	for (int i = 0; i < 3; i++)
		answer_phone();
	for (int i = 0; i < 3; i++)
		assert_int_equal(pims_get(h.pims, PHONE_API, NULL, harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	assert_int_equal(heard.count, 3);
	assert_non_null(strstr(heard.text, "0612345678"));
	assert_int_equal(requests_to(".well-known/openpims"), 1);
	assert_int_equal(requests_to("access_token"), 1);
	assert_int_equal(requests_to("/v2/phone"), 3);
	heard_free(&heard);
}

static void a_failed_discovery_fails_the_call_and_is_tried_again(void **state)
{
	(void)state;
	fake_env_advance(&h.fake, INT64_C(24) * 3600 * 1000);
	fake_transport_fail(&h.transport, PIMS_HTTP_NETWORK);
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2202, NULL, "network.unreachable");
	fake_transport_answer(&h.transport, 200, "application/json", "{}");
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_failed(&h.heard, 2204, NULL, NULL);
	assert_int_equal(requests_to(".well-known/openpims"), 2);
}

static void fresh_endpoints_come_from_the_state(void **state)
{
	(void)state;
	answer_phone();
	harness_call(&h, "get", PHONE_API, NULL);
	harness_assert_succeeded(&h.heard);
	assert_int_equal(h.transport.count, 1);
}

/* --- the component --- */

static void strong_calls_without_macID_are_2344_or_what_their_row_has_for_it(void **state)
{
	static const struct {
		const char *verb, *api, *parameters;
		int code;
	} cases[] = {
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isDeviceActivated\"}", 2344},
		{"get", "pims.authentication.account", "{\"actionType\":\"strong\",\"type\":\"isAccountBlocked\"}", 2344},
		{"set", "pims.authentication.smscode", "{\"action\":\"enrollment\",\"smsCode\":\"1\"}", 2344},
		{"set", "pims.authentication.enrollment", "{\"action\":\"enroll\",\"pinCode\":\"1\"}", 2344},
		{"get", PHONE_API, NULL, 2006},
		{"get", "pims.authentication.smscode", "{\"type\":\"resetPIN\"}", 2006},
		{"get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"1\"}", 2006},
	};
	static const char *const changes[][2] = {
		{"{\"credential\":{\"macID\":null}}", "configuration.credential.macID"},
		{"{\"credential\":{\"inWeboURL\":null},\"backend\":null}", "configuration.credential.inWeboURL"},
	};

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		char *text = harness_configuration_with(changes[c][0]);
		struct pims *pims = harness_context(&h);

		heard_free(&h.heard);
		assert_int_equal(pims_initialize(pims, text, harness_hear, &h.heard, NULL), 0);
		harness_settle(&h);
		harness_assert_succeeded(&h.heard);
		free(text);
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			heard_free(&h.heard);
			if (strcmp(cases[i].verb, "get") == 0)
				pims_get(pims, cases[i].api, cases[i].parameters, harness_hear, &h.heard, NULL);
			else
				pims_set(pims, cases[i].api, cases[i].parameters, harness_hear, &h.heard, NULL);
			harness_settle(&h);
			harness_assert_failed(&h.heard, cases[i].code,
					      cases[i].code == 2344 ? "StrongAuthentication not configured" : "Core not well configured",
					      changes[c][1]);
		}
		pims_free(pims);
	}
}

/* --- the lock --- */

static void another_process_is_waited_for(void **state)
{
	(void)state;
	h.store.elsewhere = true;
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	assert_int_equal(h.heard.count, 0);
	harness_wait(&h, 10000);
	assert_int_equal(h.heard.count, 0);
	assert_in_range(h.store.lock_tries, 40, 70);
	h.store.elsewhere = false;
	harness_wait(&h, 200);
	harness_assert_succeeded(&h.heard);
}

static void a_lock_that_stays_taken_is_2000_after_a_minute(void **state)
{
	(void)state;
	h.store.elsewhere = true;
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_wait(&h, 59000);
	assert_int_equal(h.heard.count, 0);
	harness_wait(&h, 2000);
	harness_assert_failed(&h.heard, 2000, "Unknown error", "state.locked");
	assert_int_equal(h.transport.count, 0);
	h.store.elsewhere = false;
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_succeeded(&h.heard);
}

static void canceling_while_waiting_for_the_lock_lets_the_next_one_have_it(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	h.store.elsewhere = true;
	assert_int_equal(pims_set(h.pims, "pims.authentication.user", "{\"action\":\"logout\"}", harness_hear, &h.heard, transaction), 0);
	assert_int_equal(pims_set(h.pims, "pims.authentication.user", "{\"action\":\"logout\"}", harness_hear, &heard, NULL), 0);
	harness_settle(&h);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	h.store.elsewhere = false;
	fake_transport_answer(&h.transport, 200, NULL, NULL);
	harness_wait(&h, 1000);
	harness_assert_failed(&h.heard, 2000, NULL, "canceled");
	harness_assert_succeeded(&heard);
	heard_free(&heard);
}

static void what_another_process_renewed_is_taken_without_a_request(void **state)
{
	(void)state;
	h.store.elsewhere = true;
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_wait(&h, 500);
	assert_int_equal(h.heard.count, 0);
	harness_sign_in(&h, 7200);
	{
		struct state renewed;

		harness_stored(&h, &renewed);
		assert_int_equal(secret_set(&renewed.session.access_token, "access-of-the-other"), 0);
		renewed.endpoints_time = FAKE_NOW / 1000;
		harness_store(&h, &renewed);
		state_free(&renewed);
	}
	h.store.elsewhere = false;
	harness_wait(&h, 500);
	harness_assert_succeeded(&h.heard);
	assert_non_null(strstr(h.heard.text, "access-of-the-other"));
	assert_int_equal(h.transport.count, 0);
}

static void a_sign_in_by_another_process_is_seen_at_the_next_call(void **state)
{
	(void)state;
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2301, NULL, NULL);
	harness_sign_in(&h, 3600);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

static void a_sign_out_by_another_process_is_seen_at_the_next_call(void **state)
{
	struct state nobody = {0};

	(void)state;
	harness_store(&h, &nobody);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2301, NULL, "session.none");
}

static void a_lock_hook_that_fails_is_2000(void **state)
{
	(void)state;
	h.store.lock_returns = PIMS_E_SYSTEM;
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_failed(&h.heard, 2000, "Unknown error", "state.io");
	assert_int_equal(h.transport.count, 0);
}

/* --- saving --- */

static void a_disk_that_is_full_fails_the_call_and_the_old_state_stays(void **state)
{
	struct state stored;

	(void)state;
	h.store.save_returns = PIMS_E_SYSTEM;
	harness_answer_tokens(&h, 2);
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_failed(&h.heard, 2000, "Unknown error", "state.io");
	assert_false(h.store.locked);
	harness_stored(&h, &stored);
	assert_string_equal(secret_text(&stored.session.refresh_token), HARNESS_REFRESH);
	state_free(&stored);
	/* in memory too: the server keeps the predecessor valid until the successor is used */
	h.store.save_returns = 0;
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
	assert_non_null(strstr(h.heard.text, HARNESS_ACCESS));
}

static void a_logout_that_cannot_be_saved_leaves_the_session(void **state)
{
	(void)state;
	h.store.save_returns = PIMS_E_SYSTEM;
	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	harness_assert_failed(&h.heard, 2000, NULL, "state.io");
	assert_int_equal(h.transport.count, 0);
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_succeeded(&h.heard);
}

static void canceling_under_the_lock_goes_back_to_what_is_saved(void **state)
{
	char transaction[PIMS_TRANSACTION_SIZE];

	(void)state;
	fake_transport_hold(&h.transport);
	assert_int_equal(pims_set(h.pims, "pims.authentication.user", "{\"action\":\"logout\"}", harness_hear, &h.heard, transaction), 0);
	harness_settle(&h);
	assert_true(h.store.locked);
	assert_int_equal(pims_cancel(h.pims, transaction), 0);
	assert_false(h.store.locked);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2000, NULL, "canceled");
	/* the logout was saved before the server was asked */
	harness_call(&h, "get", TOKEN_API, TOKEN_GET);
	harness_assert_failed(&h.heard, 2301, NULL, "session.none");
}

static void a_logout_out_of_reach_signs_out_here(void **state)
{
	struct state stored;

	(void)state;
	fake_transport_fail(&h.transport, PIMS_HTTP_NETWORK);
	harness_call(&h, "set", "pims.authentication.user", "{\"action\":\"logout\"}");
	harness_assert_failed(&h.heard, 2202, NETWORK_LABEL, "network.unreachable");
	harness_stored(&h, &stored);
	assert_false(session_exists(&stored.session));
	state_free(&stored);
}

static void what_becomes_broken_under_us_is_told_and_not_overwritten(void **state)
{
	unsigned char before;

	(void)state;
	h.store.blob[h.store.length - 1] ^= 1;
	h.store.changed = true;
	before = h.store.blob[h.store.length - 1];
	harness_call(&h, "get", TOKEN_API, TOKEN_REFRESH);
	harness_assert_failed(&h.heard, 2006, "Core not well configured", "state.corrupt");
	assert_int_equal(h.store.saves, 0);
	assert_int_equal(h.store.blob[h.store.length - 1], before);
}

#define VALID(test) cmocka_unit_test_setup_teardown(test, begin_valid, end)
#define EXPIRED(test) cmocka_unit_test_setup_teardown(test, begin_expired, end)
#define NOBODY(test) cmocka_unit_test_setup_teardown(test, begin_nobody, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VALID(failures_have_their_codes_and_causes),
		VALID(a_transport_that_refuses_is_2202),
		VALID(a_silent_transport_is_2201_at_the_deadline),
		VALID(the_deadline_can_be_set),
		VALID(the_greatest_deadline_is_no_short_one),
		VALID(the_token_goes_with_the_request_and_retry_after_comes_back),
		VALID(server_time_is_learnt_from_any_answer),
		VALID(a_401_is_repeated_once_with_a_renewed_token),
		VALID(a_second_401_is_an_answer),
		VALID(a_401_whose_renewal_fails_ends_with_that_failure),
		VALID(many_401s_share_one_renewal),
		NOBODY(nobody_signed_in_is_2301_without_a_request),
		NOBODY(an_otp_of_a_device_may_be_had_signed_out),
		VALID(the_session_of_another_client_or_backend_is_not_used),
		VALID(a_token_with_60_seconds_to_live_is_given_without_a_request),
		EXPIRED(ten_thousand_callers_make_one_request),
		VALID(refreshing_ten_thousand_times_at_once_makes_one_request),
		EXPIRED(a_failed_renewal_fails_all_who_wait_for_it),
		EXPIRED(canceling_one_caller_leaves_the_renewal_to_the_others),
		EXPIRED(a_renewal_that_everybody_gave_up_is_kept_all_the_same),
		VALID(a_rotated_token_is_saved_before_the_answer),
		EXPIRED(a_dead_refresh_token_signs_out_here_too),
		VALID(endpoints_older_than_a_day_are_asked_for_again_once_for_all),
		VALID(a_failed_discovery_fails_the_call_and_is_tried_again),
		VALID(fresh_endpoints_come_from_the_state),
		VALID(strong_calls_without_macID_are_2344_or_what_their_row_has_for_it),
		VALID(another_process_is_waited_for),
		VALID(a_lock_that_stays_taken_is_2000_after_a_minute),
		VALID(canceling_while_waiting_for_the_lock_lets_the_next_one_have_it),
		EXPIRED(what_another_process_renewed_is_taken_without_a_request),
		NOBODY(a_sign_in_by_another_process_is_seen_at_the_next_call),
		VALID(a_sign_out_by_another_process_is_seen_at_the_next_call),
		VALID(a_lock_hook_that_fails_is_2000),
		VALID(a_disk_that_is_full_fails_the_call_and_the_old_state_stays),
		VALID(a_logout_that_cannot_be_saved_leaves_the_session),
		VALID(canceling_under_the_lock_goes_back_to_what_is_saved),
		VALID(a_logout_out_of_reach_signs_out_here),
		VALID(what_becomes_broken_under_us_is_told_and_not_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
