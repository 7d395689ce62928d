/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/url.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_query_refuses_broken_escapes_nul_and_repeated_names(void **state)
{
	static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "a=%00", "%0=1", "a=1&b=2&a=3", "a=1&%61=2"};
	struct query query = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(query_parse(bad[i], strlen(bad[i]), &query), PIMS_E_FORMAT);
	assert_null(query.items);
	assert_int_equal(query_parse("a=\0b", 4, &query), PIMS_E_FORMAT);
}

static void a_query_is_limited_in_items_and_length(void **state)
{
	struct buf text = BUF_INIT(100000);
	struct query query = {0};

	(void)state;
	for (int i = 0; i <= QUERY_MAX_ITEMS; i++)
		assert_int_equal(buf_printf(&text, "n%d=&", i), 0);
	assert_int_equal(query_parse(buf_text(&text), text.len, &query), PIMS_E_LIMIT);
	while (text.len <= QUERY_MAX_LENGTH)
		assert_int_equal(buf_puts(&text, "0123456789"), 0);
	assert_int_equal(query_parse(buf_text(&text), text.len, &query), PIMS_E_LIMIT);
	buf_free(&text);
}

static void a_query_gives_decoded_values_in_order(void **state)
{
	static const char text[] = "&name=Android+SDK+%2F+UNKNOWN&&empty=&bare&id=a%3Db=c&";
	struct query query = {0};

	(void)state;
	assert_int_equal(query_parse(text, strlen(text), &query), 0);
	assert_int_equal(query.count, 4);
	assert_string_equal(query_get(&query, "name"), "Android SDK / UNKNOWN");
	assert_string_equal(query_get(&query, "empty"), "");
	assert_string_equal(query_get(&query, "bare"), "");
	assert_string_equal(query_get(&query, "id"), "a=b=c");
	assert_null(query_get(&query, "Name"));
	query_free(&query);
	assert_null(query_get(&query, "name"));
	assert_int_equal(query_parse("", 0, &query), 0);
	assert_int_equal(query.count, 0);
	query_free(&query);
	query_free(NULL);
}

static void put_and_parse_are_each_others_inverse_for_every_byte(void **state)
{
	struct buf buf = BUF_INIT(4096);
	struct query query = {0};
	char value[256];

	(void)state;
	for (unsigned c = 1; c < 256; c++)
		value[c - 1] = (char)c;
	value[255] = '\0';
	assert_int_equal(buf_puts(&buf, "http://h/?"), 0);
	assert_int_equal(url_put(&buf, "a b", value), 0);
	assert_int_equal(url_put(&buf, "z", ""), 0);
	assert_int_equal(query_parse(buf.data + 10, buf.len - 10, &query), 0);
	assert_string_equal(query_get(&query, "a b"), value);
	assert_string_equal(query_get(&query, "z"), "");
	query_free(&query);
	buf_reset(&buf);
	assert_int_equal(url_encode("a b/~", &buf), 0);
	assert_string_equal(buf_text(&buf), "a%20b%2F~");
	buf_free(&buf);
}

static void urls_that_are_no_absolute_urls_are_refused(void **state)
{
	static const char *const bad[] = {"", "/path", "host/path", "http//x", ":x", "1http://h", "http://u:p@h/", "http://h/ x", "http://h/\r\nX: 1",
					  "http://h:99999/", "http://h:8a/", "http://[::1", "http://[::1]x/", "http://h/\x80"};
	struct url url = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(url_parse(bad[i], &url), PIMS_E_FORMAT);
	assert_null(url.scheme);
	assert_false(url_is_http("ftp://h/"));
	assert_false(url_is_http("http:///x"));
	assert_false(url_is_http("https://h/#f"));
	assert_true(url_is_http("HTTPS://H/x?y"));
}

static void a_long_url_is_refused(void **state)
{
	struct buf text = BUF_INIT(20000);
	struct url url = {0};

	(void)state;
	assert_int_equal(buf_puts(&text, "http://h/"), 0);
	while (text.len <= 8192)
		assert_int_equal(buf_putc(&text, 'x'), 0);
	assert_int_equal(url_parse(buf_text(&text), &url), PIMS_E_LIMIT);
	buf_free(&text);
}

static void an_url_is_taken_apart(void **state)
{
	struct url url = {0};

	(void)state;
	assert_int_equal(url_parse("HTTP://[::1]:8080/a/b?c=d#e", &url), 0);
	assert_string_equal(url.scheme, "http");
	assert_string_equal(url.host, "::1");
	assert_string_equal(url.port, "8080");
	assert_string_equal(url.path, "/a/b");
	assert_string_equal(url.query, "c=d");
	assert_string_equal(url.fragment, "e");
	assert_true(url_is_loopback(&url));
	url_free(&url);
	assert_int_equal(url_parse("mymap://oauth2redirect/fr?code=1", &url), 0);
	assert_string_equal(url.host, "oauth2redirect");
	assert_string_equal(url.path, "/fr");
	assert_null(url.fragment);
	assert_false(url_is_loopback(&url));
	url_free(&url);
}

static void only_loopback_hosts_count_as_loopback(void **state)
{
	static const char *const yes[] = {"http://127.0.0.1/", "http://127.8.8.8:1/", "http://LOCALHOST/", "http://[::1]/"};
	static const char *const no[] = {"http://127.0.0.1.example.com/", "http://localhost.example/", "http://1127.0.0.1/", "http://0.0.0.0/"};
	struct url url = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(url_parse(yes[i], &url), 0);
		assert_true(url_is_loopback(&url));
		url_free(&url);
		assert_int_equal(url_parse(no[i], &url), 0);
		assert_false(url_is_loopback(&url));
		url_free(&url);
	}
}

static void hostile_json_is_refused(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "1", "{} x", "{\"a\":1,\"a\":2}", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}", "{'a':1}", "{\"a\":01}", "{\"a\":1e999}", "{\"a\":99999999999999999999}"};
	json_t *object = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(json_parse_object(bad[i], strlen(bad[i]), 1000, &object), PIMS_E_FORMAT);
	assert_int_equal(json_parse_object("{}", 2, 1, &object), PIMS_E_LIMIT);
	assert_null(object);
}

static int parse_nested(int levels)
{
	struct buf text = BUF_INIT(10000);
	json_t *object = NULL;
	int r;

	buf_puts(&text, "{\"a\":");
	for (int i = 1; i < levels; i++)
		buf_putc(&text, '[');
	for (int i = 1; i < levels; i++)
		buf_putc(&text, ']');
	buf_putc(&text, '}');
	if (levels == 1) {
		buf_reset(&text);
		buf_puts(&text, "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}");
	}
	assert_int_equal(buf_error(&text), 0);
	r = json_parse_object(buf_text(&text), text.len, 10000, &object);
	json_wipe(object);
	buf_free(&text);
	return r;
}

static void json_deeper_than_32_levels_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(33), PIMS_E_FORMAT);
	assert_int_equal(parse_nested(4000), PIMS_E_FORMAT);
	assert_int_equal(parse_nested(32), 0);
	assert_int_equal(parse_nested(1), 0);
}

static void members_of_another_type_or_too_long_are_told_apart_from_absent_ones(void **state)
{
	static const char text[] = "{\"number\":5,\"text\":\"abc\",\"none\":null}";
	json_t *object = NULL;
	struct secret secret = {0};
	char *copy = NULL;

	(void)state;
	assert_int_equal(json_parse_object(text, strlen(text), 1000, &object), 0);
	assert_int_equal(json_copy_text(object, "number", 9, &copy), PIMS_E_FORMAT);
	assert_int_equal(json_copy_text(object, "text", 2, &copy), PIMS_E_FORMAT);
	assert_null(copy);
	assert_int_equal(json_copy_text(object, "text", 3, &copy), 0);
	assert_string_equal(copy, "abc");
	assert_int_equal(json_copy_text(object, "none", 3, &copy), 0);
	assert_null(copy);
	assert_int_equal(json_copy_secret(object, "text", 3, &secret), 0);
	assert_string_equal(secret_text(&secret), "abc");
	assert_int_equal(json_copy_secret(object, "absent", 3, &secret), 0);
	assert_true(secret_empty(&secret));
	assert_true(json_int(object, "number", -1) == 5);
	assert_true(json_int(object, "text", -1) == -1);
	assert_null(json_text(object, "number"));
	json_wipe(object);
	json_wipe(NULL);
}

static void json_is_written_compact_and_in_order(void **state)
{
	json_t *object = json_object();
	struct buf buf = BUF_INIT(100);

	(void)state;
	assert_int_equal(json_put_text(object, "z", "\"\n"), 0);
	assert_int_equal(json_put_int(object, "a", -1), 0);
	assert_int_equal(json_put_text(object, "absent", NULL), 0);
	assert_int_equal(json_put_text(object, "bad", "\xff"), PIMS_E_MEMORY);
	assert_int_equal(json_write(object, &buf), 0);
	assert_string_equal(buf_text(&buf), "{\"z\":\"\\\"\\n\",\"a\":-1}");
	buf_free(&buf);
	buf = BUF_INIT(5);
	assert_int_equal(json_write(object, &buf), PIMS_E_LIMIT);
	buf_free(&buf);
	json_wipe(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_refuses_broken_escapes_nul_and_repeated_names),
		cmocka_unit_test(a_query_is_limited_in_items_and_length),
		cmocka_unit_test(a_query_gives_decoded_values_in_order),
		cmocka_unit_test(put_and_parse_are_each_others_inverse_for_every_byte),
		cmocka_unit_test(urls_that_are_no_absolute_urls_are_refused),
		cmocka_unit_test(a_long_url_is_refused),
		cmocka_unit_test(an_url_is_taken_apart),
		cmocka_unit_test(only_loopback_hosts_count_as_loopback),
		cmocka_unit_test(hostile_json_is_refused),
		cmocka_unit_test(json_deeper_than_32_levels_is_refused),
		cmocka_unit_test(members_of_another_type_or_too_long_are_told_apart_from_absent_ones),
		cmocka_unit_test(json_is_written_compact_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
