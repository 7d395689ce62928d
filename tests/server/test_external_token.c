/* SPDX-License-Identifier: Apache-2.0 */
#include "external_fixture.h"

#include "server/external/cache.h"
#include "server/external/introspect.h"

/* What the claims of another provider's access token must say (RFC 9068 §4, RFC 7662 §2.2); the cache of answers. No network. */

static const char *problem(const struct other *other, const char *changes, bool introspected)
{
	struct access_token_rules rules = {.settings = &other->settings, .now = other->now / 1000, .introspected = introspected};
	json_t *claims = other_claims(other, changes);
	const char *text = access_token_check(claims, &rules);

	json_decref(claims);
	return text;
}

static void wrong(const struct other *other, const char *changes, const char *text)
{
	const char *told = problem(other, changes, false);

	if (!told || !strstr(told, text))
		fail_msg("%s: %s", changes, told ? told : "accepted");
}

static void right(const struct other *other, const char *changes)
{
	const char *told = problem(other, changes, false);

	if (told)
		fail_msg("%s: %s", changes ? changes : "-", told);
}

static void a_token_of_another_issuer_is_refused(void **state)
{
	struct other *other = *state;
	char changes[128];

	wrong(other, "{\"iss\":null}", "issuer");
	wrong(other, "{\"iss\":5}", "issuer");
	wrong(other, "{\"iss\":\"https://127.0.0.1\"}", "issuer");
	(void)snprintf(changes, sizeof changes, "{\"iss\":\"%s/\"}", other->issuer);
	wrong(other, changes, "issuer");
}

static void a_token_for_another_audience_is_refused(void **state)
{
	wrong(*state, "{\"aud\":null}", "audience");
	wrong(*state, "{\"aud\":\"urn:example:pimsd2\"}", "audience");
	wrong(*state, "{\"aud\":\"URN:example:pimsd\"}", "audience");
	wrong(*state, "{\"aud\":[]}", "audience");
	wrong(*state, "{\"aud\":[\"a\",\"b\"]}", "audience");
	wrong(*state, "{\"aud\":[\"" AUDIENCE "\",5]}", "audience");
	wrong(*state, "{\"aud\":{\"" AUDIENCE "\":1}}", "audience");
	wrong(*state, "{\"aud\":\"car-app\"}", "audience"); /* as of an id_token */
}

static void one_of_two_audiences_may_be_ours(void **state)
{
	right(*state, "{\"aud\":[\"urn:example:other\",\"" AUDIENCE "\"]}");
	right(*state, "{\"aud\":[\"" AUDIENCE "\"]}");
}

static void times_are_kept_with_a_minute_of_leeway(void **state)
{
	struct other *other = *state;
	char changes[96];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(changes, sizeof changes, "{\"exp\":%lld,\"iat\":1}", (long long)NOW_S - 59 - i);
		if (i)
			wrong(other, changes, "expired");
		else
			right(other, changes);
		(void)snprintf(changes, sizeof changes, "{\"iat\":%lld}", (long long)NOW_S + 60 + i);
		if (i)
			wrong(other, changes, "future");
		else
			right(other, changes);
		(void)snprintf(changes, sizeof changes, "{\"nbf\":%lld}", (long long)NOW_S + 60 + i);
		if (i)
			wrong(other, changes, "not valid yet");
		else
			right(other, changes);
	}
}

static void times_of_the_wrong_form_are_refused(void **state)
{
	wrong(*state, "{\"exp\":null}", "expires");
	wrong(*state, "{\"exp\":\"1731420000\"}", "expires");
	wrong(*state, "{\"exp\":-1}", "expires");
	wrong(*state, "{\"exp\":1e300}", "expires");
	wrong(*state, "{\"exp\":9223372036854775807}", "expires");
	wrong(*state, "{\"iat\":null}", "expires");
	wrong(*state, "{\"iat\":true}", "expires");
	wrong(*state, "{\"nbf\":\"x\"}", "not valid yet");
	wrong(*state, "{\"iat\":1731417250,\"exp\":1731417240}", "future");
}

static void a_subject_is_a_short_printable_name(void **state)
{
	char changes[512];

	wrong(*state, "{\"sub\":null}", "subject");
	wrong(*state, "{\"sub\":\"\"}", "subject");
	wrong(*state, "{\"sub\":7}", "subject");
	wrong(*state, "{\"sub\":\"j\\u001b[2Jo\"}", "subject");
	wrong(*state, "{\"sub\":\"j\xc3\xb6\"}", "subject");
	(void)snprintf(changes, sizeof changes, "{\"sub\":\"%0256d\"}", 0);
	wrong(*state, changes, "subject");
	(void)snprintf(changes, sizeof changes, "{\"sub\":\"%0255d\"}", 0);
	right(*state, changes);
}

static void a_client_that_acts_for_itself_is_nobody_here(void **state)
{
	wrong(*state, "{\"sub\":\"car-app\"}", "a client's");
	wrong(*state, "{\"client_id\":null}", "no client");
	wrong(*state, "{\"client_id\":\"\"}", "wrong form");
	wrong(*state, "{\"client_id\":[\"car-app\"]}", "wrong form");
	wrong(*state, "{\"scope\":[\"openid\"]}", "wrong form");
	right(*state, "{\"scope\":null}");
}

#define KEY "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define OTHER_KEY "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define BOUND "\"cnf\":{\"jkt\":\"" KEY "\"}"

static void a_binding_that_cannot_be_proved_here_is_refused(void **state)
{
	static const char *const confirmations[] = {
		"{}",
		"false",
		"\"" KEY "\"",
		"[\"" KEY "\"]",
		"{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}",
		"{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\"}}",
		"{\"kid\":\"1\"}",
		"{\"JKT\":\"" KEY "\"}",
		"{\"jkt\":\"" KEY "\",\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}",
		"{\"jkt\":\"\"}",
		"{\"jkt\":\"short\"}",
		"{\"jkt\":\"" KEY "0\"}",
		"{\"jkt\":[\"" KEY "\"]}",
		"{\"jkt\":null}",
	};
	char changes[256];

	for (size_t i = 0; i < sizeof confirmations / sizeof *confirmations; i++) {
		(void)snprintf(changes, sizeof changes, "{\"cnf\":%s}", confirmations[i]);
		wrong(*state, changes, "cannot be proved");
		assert_non_null(problem(*state, changes, true));
	}
}

static void identity_of(const struct other *other, const char *changes, struct external_identity *ret_identity)
{
	json_t *claims = other_claims(other, changes);

	assert_int_equal(access_token_identity(claims, ret_identity), 0);
	json_decref(claims);
}

static void a_bound_token_needs_its_key_and_an_unbound_one_none(void **state)
{
	struct external_identity bound, copy, unbound;

	right(*state, "{" BOUND "}");
	identity_of(*state, "{" BOUND "}", &bound);
	identity_of(*state, NULL, &unbound);
	assert_non_null(access_token_check_key(&bound, NULL));
	assert_non_null(access_token_check_key(&bound, ""));
	assert_non_null(access_token_check_key(&bound, OTHER_KEY));
	assert_null(access_token_check_key(&bound, KEY));
	assert_non_null(access_token_check_key(&unbound, KEY));
	assert_non_null(access_token_check_key(&unbound, ""));
	assert_null(access_token_check_key(&unbound, NULL));
	assert_int_equal(external_identity_copy(&copy, &bound), 0);
	assert_string_equal(copy.key, KEY);
	external_identity_free(&bound);
	external_identity_free(&copy);
	external_identity_free(&unbound);
	assert_string_equal(bound.key, "");
}

static void a_right_token_is_taken(void **state)
{
	right(*state, NULL);
	right(*state, "{\"exp\":1731420000.5}");
}

static void introspection_may_leave_claims_out(void **state)
{
	struct other *other = *state;

	assert_null(problem(other, "{\"iss\":null,\"exp\":null,\"iat\":null,\"client_id\":null,\"scope\":null,\"token_type\":\"bearer\"}", true));
	assert_non_null(problem(other, "{\"aud\":null}", true));
	assert_non_null(problem(other, "{\"iss\":\"https://other.example\"}", true));
	assert_non_null(problem(other, "{\"exp\":\"soon\"}", true));
	assert_non_null(problem(other, "{\"sub\":null}", true));
	assert_non_null(problem(other, "{\"token_type\":\"DPoP\"}", true));
	assert_non_null(problem(other, "{\"token_type\":\"Bearer\"," BOUND "}", true));
	assert_null(problem(other, "{\"token_type\":\"dpop\"," BOUND "}", true));
	assert_null(problem(other, "{" BOUND "}", true));
	assert_non_null(problem(other, "{\"cnf\":{}}", true));
	other->settings.audience = NULL;
	assert_null(problem(other, "{\"aud\":null}", true));
}

static void assert_name(const struct other *other, const char *changes, const char *name)
{
	struct external_identity identity = {0};
	json_t *claims = other_claims(other, changes);

	assert_int_equal(access_token_identity(claims, &identity), 0);
	if (name)
		assert_string_equal(identity.name, name);
	else
		assert_null(identity.name);
	assert_string_equal(identity.subject, "jo");
	external_identity_free(&identity);
	json_decref(claims);
}

static void a_name_is_shown_only_if_it_can_be(void **state)
{
	struct other *other = *state;

	assert_name(other, NULL, "Jo");
	assert_name(other, "{\"preferred_username\":\"J\xc3\xb6rg\"}", "J\xc3\xb6rg");
	assert_name(other, "{\"preferred_username\":\"\\u001b[31mred\"}", NULL);
	assert_name(other, "{\"preferred_username\":\"a\\u009b31m\"}", NULL);
	assert_name(other, "{\"preferred_username\":\"two\\nlines\",\"email\":\"jo@example.com\"}", "jo@example.com");
	assert_name(other, "{\"preferred_username\":null,\"username\":\"jo.s\"}", "jo.s");
	assert_name(other, "{\"preferred_username\":5}", NULL);
}

/* --- introspection's answer --------------------------------------------------------------------------------------------------------------- */

static int answer(const struct other *other, const char *text, struct external_identity *ret_identity, const char **ret_problem)
{
	struct access_token_rules rules = {.settings = &other->settings, .now = other->now / 1000, .introspected = true};

	return introspect_read(text, strlen(text), &rules, ret_identity, ret_problem);
}

static void an_answer_that_is_none_says_nothing(void **state)
{
	static const char *const texts[] = {"", "null", "[]", "{}", "{\"active\":\"true\"}", "{\"active\":1}", "{\"active\":null}", "<html>",
					    "{\"active\":true", "{\"active\":false,\"active\":true,\"sub\":\"jo\"}", "{\"active\":true} {}"};
	struct external_identity identity = {0};
	const char *told = NULL;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(answer(*state, texts[i], &identity, &told), PIMS_E_FORMAT);
	assert_null(told);
	assert_null(identity.subject);
}

static void an_answer_names_the_person_or_refuses_the_token(void **state)
{
	struct external_identity identity = {0};
	const char *told = NULL;

	assert_int_equal(answer(*state, "{\"active\":false,\"sub\":\"jo\"}", &identity, &told), PIMS_E_NOT_FOUND);
	assert_non_null(strstr(told, "does not know"));
	assert_int_equal(answer(*state, "{\"active\":true,\"sub\":\"jo\"}", &identity, &told), PIMS_E_NOT_FOUND);
	assert_non_null(strstr(told, "audience"));
	assert_int_equal(answer(*state, "{\"active\":true,\"sub\":\"jo\",\"aud\":\"" AUDIENCE "\",\"exp\":1731420000}", &identity, &told), 0);
	assert_string_equal(identity.subject, "jo");
	assert_int_equal(identity.expires, 1731420000);
	external_identity_free(&identity);
}

/* --- the cache ---------------------------------------------------------------------------------------------------------------------------- */

static void the_cache_forgets_in_time_and_is_bounded(void **state)
{
	static char jo[] = "jo", kim[] = "kim";
	struct external_identity identity = {.subject = jo}, found = {0};
	unsigned char digest[32] = {1, 2, 3};
	const char *told = NULL;
	struct cache *cache;

	(void)state;
	assert_int_equal(cache_new(&cache), 0);
	assert_int_equal(cache_get(cache, digest, 10, &found, &told), PIMS_E_NOT_FOUND);
	cache_put(cache, digest, 20, &identity, NULL);
	assert_int_equal(cache_get(cache, digest, 19, &found, &told), 0);
	assert_string_equal(found.subject, "jo");
	external_identity_free(&found);
	assert_int_equal(cache_get(cache, digest, 20, &found, &told), PIMS_E_NOT_FOUND);
	cache_put(cache, digest, 40, NULL, "ended");
	assert_int_equal(cache_get(cache, digest, 39, &found, &told), PIMS_E_STATE);
	assert_string_equal(told, "ended");
	identity.subject = kim;
	for (int i = 0; i < CACHE_WAYS; i++) { /* of the same set: the one that ends first goes */
		digest[31] = (unsigned char)(i + 1);
		cache_put(cache, digest, 50 + i, &identity, NULL);
	}
	digest[31] = 0;
	assert_int_equal(cache_get(cache, digest, 30, &found, &told), PIMS_E_NOT_FOUND);
	digest[31] = CACHE_WAYS;
	assert_int_equal(cache_get(cache, digest, 30, &found, &told), 0);
	external_identity_free(&found);
	cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OTHER_TEST(a_token_of_another_issuer_is_refused),
		OTHER_TEST(a_token_for_another_audience_is_refused),
		OTHER_TEST(one_of_two_audiences_may_be_ours),
		OTHER_TEST(times_are_kept_with_a_minute_of_leeway),
		OTHER_TEST(times_of_the_wrong_form_are_refused),
		OTHER_TEST(a_subject_is_a_short_printable_name),
		OTHER_TEST(a_client_that_acts_for_itself_is_nobody_here),
		OTHER_TEST(a_binding_that_cannot_be_proved_here_is_refused),
		OTHER_TEST(a_bound_token_needs_its_key_and_an_unbound_one_none),
		OTHER_TEST(a_right_token_is_taken),
		OTHER_TEST(introspection_may_leave_claims_out),
		OTHER_TEST(a_name_is_shown_only_if_it_can_be),
		OTHER_TEST(an_answer_that_is_none_says_nothing),
		OTHER_TEST(an_answer_names_the_person_or_refuses_the_token),
		OTHER_TEST(the_cache_forgets_in_time_and_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, other_free_keys);
}
