/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/url.h"
#include "server/oidc/redirect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REGISTERED \
	"http://127.0.0.1/callback\nhttp://[::1]/callback\nhttps://app.example/cb?tenant=1\nmymap://oauth2redirect/*\nhttp://localhost/*"

static void addresses_that_only_look_registered_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"/callback",
		"http://127.0.0.1",
		"http://127.0.0.1/callback/",
		"http://127.0.0.1/callback?x=1",
		"http://127.0.0.1/callback#fragment",
		"http://127.0.0.1/callback%0d%0aX: y",
		"http://127.0.0.1/callback\r\nX: y",
		"http://127.0.0.1:99999/callback",
		"http://127.0.0.1:80@evil.example/callback",
		"http://user@127.0.0.1/callback",
		"http://127.0.0.1.evil.example/callback",
		"http://127.0.0.2/callback",
		"https://127.0.0.1/callback",
		"http://evil.example/callback",
		"//127.0.0.1/callback",
		"https://app.example/cb",
		"https://app.example/cb?tenant=2",
		"https://app.example/cb?tenant=1&more=1",
		"https://app.example:8443/cb?tenant=1",
		"https://app.example/cb?tenant=1#x",
		"HTTPS://app.example/cb?tenant=1",
		"mymap://oauth2redirect/",
		"mymap://oauth2redirect/f",
		"mymap://oauth2redirect/fra",
		"mymap://oauth2redirect/f1",
		"mymap://oauth2redirect/*",
		"mymap://oauth2redirect/fr/x",
		"mymap://oauth2redirect/fr?x=1",
		"mymap://oauth2redirect/..",
		"mymap://evil/fr",
		"mymapx://oauth2redirect/fr",
		"mymap:oauth2redirect/fr",
		"https://localhost/anything",
		"http://localhost/anything?x=1",
		"http://localhost.evil.example/anything",
		"javascript:alert(1)",
		"data:text/html,x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (redirect_registered(REGISTERED, bad[i]))
			fail_msg("taken: %s", bad[i]);
}

static void an_address_that_is_too_long_is_refused(void **state)
{
	char uri[REDIRECT_URI_MAX + 64];

	(void)state;
	memset(uri, 'x', sizeof uri - 1);
	uri[sizeof uri - 1] = '\0';
	memcpy(uri, "http://localhost/", 17);
	assert_false(redirect_registered(REGISTERED, uri));
	uri[REDIRECT_URI_MAX] = '\0';
	assert_true(redirect_registered(REGISTERED, uri));
}

static void a_pattern_for_another_host_than_loopback_stands_for_a_country_only(void **state)
{
	(void)state;
	assert_false(redirect_registered("https://app.example/*", "https://app.example/deep/path"));
	assert_false(redirect_registered("https://app.example/*", "https://app.example/*"));
	assert_true(redirect_registered("https://app.example/*", "https://app.example/fr"));
}

static void nothing_is_registered_by_an_empty_list(void **state)
{
	(void)state;
	assert_false(redirect_registered("", ""));
	assert_false(redirect_registered("", "http://127.0.0.1/callback"));
	assert_false(redirect_registered("\n\n", "http://127.0.0.1/callback"));
	assert_false(redirect_registered("*", "http://127.0.0.1/callback"));
	assert_false(redirect_registered("/*", "/fr"));
}

static void registered_addresses_match_with_any_loopback_port(void **state)
{
	static const char *const good[] = {
		"http://127.0.0.1/callback",
		"http://127.0.0.1:4711/callback",
		"http://127.0.0.1:1/callback",
		"http://[::1]:4711/callback",
		"https://app.example/cb?tenant=1",
		"mymap://oauth2redirect/fr",
		"mymap://oauth2redirect/GB",
		"http://localhost/",
		"http://localhost:4711/any/path",
	};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!redirect_registered(REGISTERED, good[i]))
			fail_msg("refused: %s", good[i]);
}

static void an_answer_is_appended_to_the_query_that_is_there(void **state)
{
	struct buf url = BUF_INIT(256);

	(void)state;
	assert_int_equal(redirect_start("https://app.example/cb?tenant=1", &url), 0);
	assert_int_equal(url_put(&url, "code", "c"), 0);
	assert_string_equal(buf_text(&url), "https://app.example/cb?tenant=1&code=c");
	buf_reset(&url);
	assert_int_equal(redirect_start("mymap://oauth2redirect/fr", &url), 0);
	assert_int_equal(url_put(&url, "code", "c"), 0);
	assert_string_equal(buf_text(&url), "mymap://oauth2redirect/fr?code=c");
	buf_free(&url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_only_look_registered_are_refused),
		cmocka_unit_test(an_address_that_is_too_long_is_refused),
		cmocka_unit_test(a_pattern_for_another_host_than_loopback_stands_for_a_country_only),
		cmocka_unit_test(nothing_is_registered_by_an_empty_list),
		cmocka_unit_test(registered_addresses_match_with_any_loopback_port),
		cmocka_unit_test(an_answer_is_appended_to_the_query_that_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
