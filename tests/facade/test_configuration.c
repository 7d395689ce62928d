/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of initialize: every field missing, every field wrong, everything that is allowed. */
#include "support/harness.h"

#include "facade/configuration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct flow flow;
static struct profile profile;

static int begin(void **state)
{
	(void)state;
	flow_init(&flow);
	profile = (struct profile){0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	flow_clear(&flow);
	profile_free(&profile);
	return 0;
}

static bool read_with(const char *changes)
{
	char *text = harness_configuration_with(changes);
	bool ok;

	flow_clear(&flow);
	flow_init(&flow);
	profile_free(&profile);
	ok = configuration_read(&flow, text, &profile);
	free(text);
	return ok;
}

static void assert_wrong(const char *changes, const char *cause)
{
	if (read_with(changes))
		fail_msg("taken: %s", changes);
	assert_int_equal(flow.outcome.code, 2006);
	assert_string_equal(flow.outcome.cause, cause);
	assert_null(profile.client_id);
}

static void what_cannot_be_read_is_2004(void **state)
{
	static const char *const texts[] = {"", "{", "[]", "1", "null", "nonsense", "{\"mode\":\"B2C\",\"mode\":\"B2C\"}", "{} x"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_false(configuration_read(&flow, texts[i], &profile));
		assert_int_equal(flow.outcome.code, 2004);
		assert_string_equal(flow.outcome.cause, "");
	}
}

static void nothing_at_all_is_2006(void **state)
{
	(void)state;
	assert_false(configuration_read(&flow, NULL, &profile));
	assert_int_equal(flow.outcome.code, 2006);
	assert_string_equal(flow.outcome.cause, "configuration.environnement");
	assert_false(configuration_read(&flow, "{}", &profile));
	assert_string_equal(flow.outcome.cause, "configuration.environnement");
}

static void each_required_field_that_is_missing_is_named(void **state)
{
	static const char *const cases[][2] = {
		{"{\"environnement\":null}", "configuration.environnement"},
		{"{\"mode\":null}", "configuration.mode"},
		{"{\"credential\":null}", "configuration.credential"},
		{"{\"credential\":{\"clientID\":null}}", "configuration.credential.clientID"},
		{"{\"credential\":{\"clientSecret\":null}}", "configuration.credential.clientSecret"},
		{"{\"credential\":{\"webviewsRedirectURI\":null}}", "configuration.credential.webviewsRedirectURI"},
		{"{\"credential\":{\"loginRedirectURI\":null}}", "configuration.credential.loginRedirectURI"},
		{"{\"profile\":null}", "configuration.profile.brand"},
		{"{\"profile\":{\"brand\":null}}", "configuration.profile.brand"},
		{"{\"monitoring\":{\"newLogFile\":\"duration\"}}", "configuration.monitoring.newLogTimeDuration"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_wrong(cases[i][0], cases[i][1]);
}

static void each_field_that_is_wrong_is_named(void **state)
{
	static const char *const cases[][2] = {
		{"{\"environnement\":\"production\"}", "configuration.environnement"},
		{"{\"environnement\":1}", "configuration.environnement"},
		{"{\"mode\":\"b2c\"}", "configuration.mode"},
		{"{\"mode\":[\"B2C\"]}", "configuration.mode"},
		{"{\"monitoring\":\"low\"}", "configuration.monitoring"},
		{"{\"monitoring\":{\"logLevel\":\"Low\"}}", "configuration.monitoring.logLevel"},
		{"{\"monitoring\":{\"logLevel\":3}}", "configuration.monitoring.logLevel"},
		{"{\"monitoring\":{\"newLogFile\":\"week\"}}", "configuration.monitoring.newLogFile"},
		{"{\"monitoring\":{\"newLogTimeDuration\":4}}", "configuration.monitoring.newLogTimeDuration"},
		{"{\"monitoring\":{\"newLogTimeDuration\":1441}}", "configuration.monitoring.newLogTimeDuration"},
		{"{\"monitoring\":{\"newLogTimeDuration\":\"60\"}}", "configuration.monitoring.newLogTimeDuration"},
		{"{\"monitoring\":{\"newLogTimeDuration\":60.5}}", "configuration.monitoring.newLogTimeDuration"},
		{"{\"credential\":[]}", "configuration.credential"},
		{"{\"credential\":{\"clientID\":\"\"}}", "configuration.credential.clientID"},
		{"{\"credential\":{\"clientID\":7}}", "configuration.credential.clientID"},
		{"{\"credential\":{\"clientID\":\"a\\nb\"}}", "configuration.credential.clientID"},
		{"{\"credential\":{\"clientSecret\":false}}", "configuration.credential.clientSecret"},
		{"{\"credential\":{\"webviewsRedirectURI\":\"\"}}", "configuration.credential.webviewsRedirectURI"},
		{"{\"credential\":{\"webviewsRedirectURI\":\"/relative\"}}", "configuration.credential.webviewsRedirectURI"},
		{"{\"credential\":{\"loginRedirectURI\":\"mymap://a#fragment\"}}", "configuration.credential.loginRedirectURI"},
		{"{\"credential\":{\"loginRedirectURI\":\"mymap://a b\"}}", "configuration.credential.loginRedirectURI"},
		{"{\"credential\":{\"macID\":\"0123\"}}", "configuration.credential.macID"},
		{"{\"credential\":{\"macID\":\"\"}}", "configuration.credential.macID"},
		{"{\"credential\":{\"macID\":\"0123456789abcdef0123456789abcdeg\"}}", "configuration.credential.macID"},
		{"{\"credential\":{\"inWeboURL\":\"ftp://127.0.0.1\"}}", "configuration.credential.inWeboURL"},
		{"{\"credential\":{\"inWeboKey\":\"\"}}", "configuration.credential.inWeboKey"},
		{"{\"credential\":{\"inWeboKey\":1}}", "configuration.credential.inWeboKey"},
		{"{\"credential\":{\"tokenEndpointAuthMethod\":\"private_key_jwt\"}}", "configuration.credential.tokenEndpointAuthMethod"},
		{"{\"credential\":{\"tokenEndpointAuthMethod\":5}}", "configuration.credential.tokenEndpointAuthMethod"},
		{"{\"credential\":{\"inWeboKey\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\"}}", "configuration.credential.inWeboKey"},
		{"{\"credential\":{\"inWeboKey\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg\"}}", "configuration.credential.inWeboKey"},
		{"{\"credential\":{\"inWeboURL\":\"\"}}", "configuration.credential.inWeboURL"},
		{"{\"credential\":{\"inWeboURL\":\"http://inwebo.example.org\"}}", "configuration.credential.inWeboURL"},
		{"{\"profile\":\"Peugeot\"}", "configuration.profile.brand"},
		{"{\"profile\":{\"brand\":\"Lada\"}}", "configuration.profile.brand"},
		{"{\"backend\":\"127.0.0.1:8080\"}", "configuration.backend"},
		{"{\"backend\":5}", "configuration.backend"},
		{"{\"issuer\":\"https://id.example.com\"}", "configuration.issuer"}, /* beside a backend */
		{"{\"backend\":null,\"issuer\":\"http://id.example.com\"}", "configuration.issuer"},
		{"{\"backend\":null,\"issuer\":\"id.example.com\"}", "configuration.issuer"},
		{"{\"backend\":null,\"issuer\":\"https://id.example.com?a=b\"}", "configuration.issuer"},
		{"{\"backend\":null,\"issuer\":\"https://id.example.com#a\"}", "configuration.issuer"},
		{"{\"backend\":null,\"issuer\":\"https://me@id.example.com\"}", "configuration.issuer"},
		{"{\"backend\":null,\"issuer\":7}", "configuration.issuer"},
		{"{\"backend\":null,\"issuer\":\"https://id.example.com\",\"profile\":{\"brand\":\"Lada\"}}", "configuration.profile.brand"},
		{"{\"scope\":\"\"}", "configuration.scope"},
		{"{\"scope\":\"profile\"}", "configuration.scope"},
		{"{\"scope\":\"openid\\nemail\"}", "configuration.scope"},
		{"{\"scope\":\"openid  email\"}", "configuration.scope"},
		{"{\"scope\":\" openid\"}", "configuration.scope"},
		{"{\"scope\":\"openid \"}", "configuration.scope"},
		{"{\"scope\":\"openid a\\\"b\"}", "configuration.scope"},
		{"{\"scope\":[\"openid\"]}", "configuration.scope"},
		{"{\"country\":\"FRA\"}", "configuration.country"},
		{"{\"country\":\"F1\"}", "configuration.country"},
		{"{\"country\":33}", "configuration.country"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_wrong(cases[i][0], cases[i][1]);
}

static void what_is_allowed_is_taken(void **state)
{
	static const char *const cases[] = {
		"{}",
		"{\"environnement\":\"Production\"}",
		"{\"environnement\":\"Preproduction\"}",
		"{\"mode\":\"B2B\"}",
		"{\"monitoring\":null}",
		"{\"monitoring\":{\"logLevel\":\"none\",\"newLogFile\":\"duration\",\"newLogTimeDuration\":5}}",
		"{\"monitoring\":{\"newLogFile\":\"day\",\"newLogTimeDuration\":1440}}",
		"{\"credential\":{\"tokenEndpointAuthMethod\":\"client_secret_post\"}}",
		"{\"credential\":{\"inWeboKey\":\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"}}",
		"{\"credential\":{\"macID\":null,\"inWeboURL\":null}}",
		"{\"credential\":{\"macID\":\"0123456789ABCDEF0123456789ABCDEF\"}}",
		"{\"credential\":{\"loginRedirectURI\":\"com.example.app:/callback\"}}",
		"{\"credential\":{\"loginRedirectURI\":\"http://[::1]/callback\"}}",
		"{\"backend\":null,\"country\":null}",
		"{\"backend\":null,\"issuer\":\"https://id.example.com/realms/a\",\"profile\":null}",
		"{\"backend\":null,\"issuer\":\"http://127.0.0.1:8080/\",\"scope\":\"email openid offline_access\"}",
		"{\"scope\":\"openid\"}",
		"{\"unknown\":{\"a\":[1,2]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (!read_with(cases[i]))
			fail_msg("%s: %s", cases[i], flow.outcome.cause);
}

static void the_profile_has_what_was_given(void **state)
{
	(void)state;
	assert_true(read_with("{\"credential\":{\"clientSecret\":\"s3cret\"},\"country\":\"gb\",\"profile\":{\"brand\":\"VAUXHALL\"}}"));
	assert_string_equal(profile.environment, "development");
	assert_string_equal(profile.mode, "B2C");
	assert_string_equal(profile.brand, "Vauxhall");
	assert_string_equal(profile.client_id, "pims");
	assert_string_equal(secret_text(&profile.client_secret), "s3cret");
	assert_string_equal(profile.login_redirect_uri, "mymap://oauth2redirect/fr");
	assert_string_equal(profile.webviews_redirect_uri, "mymap://oauth2redirect/fr");
	assert_string_equal(profile.macid, HARNESS_MACID);
	assert_string_equal(profile.backend, HARNESS_BACKEND);
	assert_string_equal(profile.inwebo_url, HARNESS_BACKEND);
	assert_string_equal(profile.country, "GB");
	assert_false(profile.endpoints.known);
}

static void an_issuer_comes_back_as_it_was_written(void **state)
{
	json_t *written;

	(void)state;
	assert_true(read_with("{\"backend\":null,\"issuer\":\"https://id.example.com\",\"scope\":\"openid cars\",\"profile\":null}"));
	assert_string_equal(profile.issuer, "https://id.example.com");
	assert_string_equal(profile.scope, "openid cars");
	assert_null(profile.brand);
	written = configuration_write(&profile);
	profile_free(&profile);
	assert_true(configuration_take(&flow, written, &profile));
	assert_string_equal(profile.issuer, "https://id.example.com");
	assert_string_equal(profile.scope, "openid cars");
	json_wipe(written);
}

static void clientId_of_older_releases_is_taken(void **state)
{
	(void)state;
	assert_true(read_with("{\"credential\":{\"clientID\":null,\"clientId\":\"old\"}}"));
	assert_string_equal(profile.client_id, "old");
	assert_true(read_with("{\"credential\":{\"clientId\":\"old\"}}"));
	assert_string_equal(profile.client_id, "pims");
}

static void brands_are_taken_in_any_case(void **state)
{
	static const char *const brands[][2] = {{"peugeot", "Peugeot"}, {"CITROEN", "Citroen"}, {"DS", "Ds"}, {"oPeL", "Opel"}};
	char changes[64];

	(void)state;
	for (size_t i = 0; i < sizeof brands / sizeof brands[0]; i++) {
		snprintf(changes, sizeof changes, "{\"profile\":{\"brand\":\"%s\"}}", brands[i][0]);
		assert_true(read_with(changes));
		assert_string_equal(profile.brand, brands[i][1]);
	}
}

static void initialize_tells_what_was_wrong_and_can_be_tried_again(void **state)
{
	struct harness h;
	char *text = harness_configuration_with("{\"credential\":{\"clientID\":null}}");

	(void)state;
	harness_init(&h);
	assert_int_equal(pims_initialize(h.pims, text, harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2006, "Core not well configured", "configuration.credential.clientID");
	heard_free(&h.heard);
	assert_int_equal(pims_initialize(h.pims, "no JSON", harness_hear, &h.heard, NULL), 0);
	harness_settle(&h);
	harness_assert_failed(&h.heard, 2004, "Configuration file invalid", "");
	harness_call(&h, "get", "pims.sdk.version", NULL);
	harness_assert_failed(&h.heard, 2001, NULL, NULL);
	assert_int_equal(h.store.loads, 0);
	harness_start(&h);
	free(text);
	harness_free(&h);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_cannot_be_read_is_2004),
		T(nothing_at_all_is_2006),
		T(each_required_field_that_is_missing_is_named),
		T(each_field_that_is_wrong_is_named),
		T(what_is_allowed_is_taken),
		T(the_profile_has_what_was_given),
		T(an_issuer_comes_back_as_it_was_written),
		T(clientId_of_older_releases_is_taken),
		T(brands_are_taken_in_any_case),
		T(initialize_tells_what_was_wrong_and_can_be_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
