/* SPDX-License-Identifier: Apache-2.0 */
#include "external_fixture.h"

#include <time.h>

/* Access tokens that the provider is asked about (RFC 7662). */

#define TOKEN "opaque-token-1"
#define KEY "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define OTHER_KEY "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

static void start(struct other *other, int cache_seconds)
{
	other_introspects(other);
	other->settings.cache_seconds = cache_seconds;
	answers_metadata(other);
	other_start(other, 6);
}

static void the_request_proves_who_asks_and_hides_nothing_in_its_url(void **state)
{
	struct other *other = *state;
	const char *request;

	start(other, -1);
	answers_token(other, NULL);
	good(other, TOKEN);
	assert_string_equal(other->identity.subject, "jo");
	request = raw_server_request(other->raw, 1);
	assert_non_null(strstr(request, "POST /introspection HTTP/1.1\r\n"));
	/* both halves form-encoded, as RFC 6749 §2.3.1 wants: "pimsd%3A1" and "a+secret%2Fwith%2Bsigns" or "%20" */
	assert_true(strstr(request, "Authorization: Basic cGltc2QlM0ExOmElMjBzZWNyZXQlMkZ3aXRoJTJCc2lnbnM=\r\n") ||
		    strstr(request, "Authorization: Basic cGltc2QlM0ExOmErc2VjcmV0JTJGd2l0aCUyQnNpZ25z\r\n"));
	assert_non_null(strstr(request, "\r\n\r\ntoken=" TOKEN "&token_type_hint=access_token"));
	assert_false(other_logged(other, TOKEN));
	assert_false(other_logged(other, "secret"));
}

static void a_token_that_has_ended_is_refused(void **state)
{
	struct other *other = *state;

	start(other, 0);
	answers(other, 200, "{\"active\":false}");
	refused(other, TOKEN, "does not know");
	answers_token(other, "{\"aud\":\"urn:example:else\"}");
	refused(other, TOKEN, "audience");
	answers_token(other, "{\"iss\":\"https://else.example\"}");
	refused(other, TOKEN, "issuer");
	answers_token(other, "{\"exp\":1}");
	refused(other, TOKEN, "expired");
	answers_token(other, "{\"sub\":null}");
	refused(other, TOKEN, "no subject");
	answers_token(other, "{\"sub\":\"car-app\"}");
	refused(other, TOKEN, "a client's");
	answers_token(other, "{\"token_type\":\"DPoP\"}");
	refused(other, TOKEN, "no bearer");
	answers_token(other, "{\"cnf\":{}}");
	refused(other, TOKEN, "bound");
	answers_token(other, NULL);
	good(other, TOKEN);
}

static void an_answer_that_is_none_is_not_the_tokens_fault(void **state)
{
	static const struct {
		int status;
		const char *body;
	} replies[] = {{401, "{\"error\":\"invalid_client\"}"}, {500, "{\"active\":false}"}, {302, "{\"active\":true}"}, {200, "{}"}, {200, "<html>"}, {200, ""}};
	struct other *other = *state;

	start(other, 10);
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		answers(other, replies[i].status, replies[i].body);
		(void)unknown_yet(other, TOKEN);
	}
	raw_server_reply_http(other->raw, 200, "Content-Type: text/html\r\n", "{\"active\":false}");
	(void)unknown_yet(other, TOKEN);
	raw_server_reply_text(other->raw, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{\"active\":", RAW_CLOSE);
	(void)unknown_yet(other, TOKEN);
	raw_server_reply_big(other->raw, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", FETCH_BODY_MAX + 1, RAW_CLOSE);
	(void)unknown_yet(other, TOKEN);
	assert_true(other_logged(other, "introspection answers not as it should (status 401)"));
	/* and nothing of it was remembered */
	answers_token(other, NULL);
	good(other, TOKEN);
}

static void an_answer_is_used_again_for_some_seconds(void **state)
{
	struct other *other = *state;

	start(other, -1);
	answers_token(other, NULL);
	good(other, TOKEN);
	other_advance(other, 9);
	good(other, TOKEN);
	assert_string_equal(other->identity.name, "Jo");
	assert_int_equal(raw_server_requests(other->raw), 2);
	/* it was revoked meanwhile: noticed when the entry ends */
	answers(other, 200, "{\"active\":false}");
	other_advance(other, 1);
	refused(other, TOKEN, "does not know");
	refused(other, TOKEN, "does not know");
	assert_int_equal(raw_server_requests(other->raw), 3);
	answers_token(other, NULL);
	good(other, "another-token");
	assert_int_equal(raw_server_requests(other->raw), 4);
}

/* What is remembered is the token's key, not that somebody has shown it. */
static void a_remembered_answer_frees_nobody_from_the_proof(void **state)
{
	struct other *other = *state;

	start(other, -1);
	answers_token(other, "{\"token_type\":\"DPoP\",\"cnf\":{\"jkt\":\"" KEY "\"}}");
	for (int i = 0; i < 2; i++) {
		other->key = NULL;
		refused(other, TOKEN, "needs the scheme DPoP");
		other->key = OTHER_KEY;
		refused(other, TOKEN, "another key");
		other->key = KEY;
		good(other, TOKEN);
	}
	assert_int_equal(raw_server_requests(other->raw), 2);
	answers_token(other, NULL);
	refused(other, "unbound-token", "no key");
	other->key = NULL;
	good(other, "unbound-token");
	assert_int_equal(raw_server_requests(other->raw), 3);
}

static void an_answer_is_never_used_beyond_the_tokens_end(void **state)
{
	struct other *other = *state;
	char changes[64];

	start(other, 300);
	(void)snprintf(changes, sizeof changes, "{\"exp\":%lld}", (long long)NOW_S + 5);
	answers_token(other, changes);
	good(other, TOKEN);
	other_advance(other, 4);
	good(other, TOKEN);
	assert_int_equal(raw_server_requests(other->raw), 2);
	answers(other, 200, "{\"active\":false}");
	other_advance(other, 1);
	refused(other, TOKEN, "does not know");
}

static void without_a_cache_every_call_is_asked_about(void **state)
{
	struct other *other = *state;

	start(other, 0);
	answers_token(other, NULL);
	good(other, TOKEN);
	good(other, TOKEN);
	assert_int_equal(raw_server_requests(other->raw), 3);
	assert_int_equal(raw_server_connections(other->raw), 2); /* the keeper's, and one that is kept */
}

/* --- a provider that hangs ---------------------------------------------------------------------------------------------------------------- */

static int64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* What became of it is what the thread gives back: only the test's own may assert. */
static void *wait_for_it(void *data)
{
	struct external_identity identity = {0};
	struct external_refusal refusal = {0};
	struct other *other = data;
	int64_t began = seconds_now();
	int r = external_identify(other->external, TOKEN, NULL, &identity, &refusal);

	return r == PIMS_E_STATE && refusal.kind == EXTERNAL_UNAVAILABLE && seconds_now() - began <= 7 ? other : NULL;
}

static void was_sent_away(struct other *other, pthread_t thread)
{
	void *result = NULL;

	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, other);
}

static void a_provider_that_hangs_holds_only_a_few_and_not_for_long(void **state)
{
	struct other *other = *state;
	pthread_t first;
	int64_t began;

	start(other, -1);
	raw_server_reply_silence(other->raw);
	assert_int_equal(pthread_create(&first, NULL, wait_for_it, other), 0);
	assert_true(raw_server_wait(other->raw, 2, 10000));
	began = seconds_now(); /* the one place is taken: who comes now waits for a second and no longer */
	(void)unknown_yet(other, "another-token");
	assert_true(seconds_now() - began <= 3);
	assert_int_equal(raw_server_requests(other->raw), 2);
	was_sent_away(other, first);
	assert_true(other_logged(other, "/introspection: "));
}

static void a_server_that_stops_waits_for_nobody(void **state)
{
	struct other *other = *state;
	pthread_t first;
	int64_t began;

	start(other, -1);
	raw_server_reply_silence(other->raw);
	assert_int_equal(pthread_create(&first, NULL, wait_for_it, other), 0);
	assert_true(raw_server_wait(other->raw, 2, 10000));
	began = seconds_now();
	external_stop(other->external);
	was_sent_away(other, first);
	assert_true(seconds_now() - began <= 3);
	external_free(other->external);
	other->external = NULL;
}

static void a_secret_that_cannot_be_read_is_told(void **state)
{
	static char missing[] = "/nonexistent/secret", directory[] = "/tmp", pem[] = "/nonexistent/ca.pem";
	struct other *other = *state;

	other_introspects(other);
	other->settings.secret_file = missing;
	assert_int_equal(external_start(&other->external, &other->settings, 6, &other->env), PIMS_E_SYSTEM);
	assert_true(other_logged(other, "/nonexistent/secret: "));
	other->settings.secret_file = directory;
	assert_true(external_start(&other->external, &other->settings, 6, &other->env) < 0);
	assert_int_equal(truncate(other->secret_file, 0), 0);
	other->settings.secret_file = other->secret_file;
	assert_int_equal(external_start(&other->external, &other->settings, 6, &other->env), PIMS_E_FORMAT);
	other->settings.client_id = NULL;
	other->settings.ca_file = pem;
	assert_int_equal(external_start(&other->external, &other->settings, 6, &other->env), PIMS_E_SYSTEM);
	assert_true(other_logged(other, "/nonexistent/ca.pem: "));
	assert_null(other->external);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OTHER_TEST(the_request_proves_who_asks_and_hides_nothing_in_its_url),
		OTHER_TEST(a_token_that_has_ended_is_refused),
		OTHER_TEST(an_answer_that_is_none_is_not_the_tokens_fault),
		OTHER_TEST(an_answer_is_used_again_for_some_seconds),
		OTHER_TEST(a_remembered_answer_frees_nobody_from_the_proof),
		OTHER_TEST(an_answer_is_never_used_beyond_the_tokens_end),
		OTHER_TEST(without_a_cache_every_call_is_asked_about),
		OTHER_TEST(a_provider_that_hangs_holds_only_a_few_and_not_for_long),
		OTHER_TEST(a_server_that_stops_waits_for_nobody),
		OTHER_TEST(a_secret_that_cannot_be_read_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, other_free_keys);
}
