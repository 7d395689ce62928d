/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/http.h"
#include "platform/http_date.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- requests --- */

static int set_up_request(void **state)
{
	struct http_request *request = malloc(sizeof *request);

	assert_non_null(request);
	http_request_init(request);
	*state = request;
	return 0;
}

static int tear_down_request(void **state)
{
	http_request_reset(*state);
	free(*state);
	return 0;
}

static void a_header_cannot_smuggle_another(void **state)
{
	struct http_request *request = *state;

	assert_int_equal(http_request_header(request, "X-A", "1\r\nX-B: 2"), PIMS_E_FORMAT);
	assert_int_equal(http_request_header(request, "X-A", "1\n"), PIMS_E_FORMAT);
	assert_int_equal(http_request_header(request, "X-A", "\x7f"), PIMS_E_FORMAT);
	assert_int_equal(http_request_header(request, "X A", "1"), PIMS_E_FORMAT);
	assert_int_equal(http_request_header(request, "X:A", "1"), PIMS_E_FORMAT);
	assert_int_equal(http_request_header(request, "", "1"), PIMS_E_FORMAT);
	assert_int_equal(http_request_bearer(request, "token\r\nX: 1"), PIMS_E_FORMAT);
	assert_int_equal(request->headers.len, 0);
}

static void a_url_with_a_blank_or_a_control_character_is_refused(void **state)
{
	assert_int_equal(http_request_start(*state, "GET", "http://a/ b"), PIMS_E_FORMAT);
	assert_int_equal(http_request_start(*state, "GET", "http://a/\r\n"), PIMS_E_FORMAT);
}

static void a_header_over_the_limit_leaves_the_others_whole(void **state)
{
	struct http_request *request = *state;
	char *large = malloc(HTTP_MAX_HEADERS);

	assert_non_null(large);
	memset(large, 'x', HTTP_MAX_HEADERS - 1);
	large[HTTP_MAX_HEADERS - 1] = '\0';
	assert_int_equal(http_request_header(request, "A", "1"), 0);
	assert_int_equal(http_request_header(request, "B", large), PIMS_E_LIMIT);
	large[HTTP_MAX_HEADERS - 8] = '\0';
	assert_int_equal(http_request_header(request, "B", large), PIMS_E_LIMIT);
	assert_int_equal(request->headers.len, 5);
	free(large);
}

static void header_lines_follow_each_other_with_their_nul(void **state)
{
	struct http_request *request = *state;

	assert_int_equal(http_request_start(request, "POST", "http://a/"), 0);
	assert_int_equal(http_request_header(request, "A", ""), 0);
	assert_int_equal(http_request_header(request, "B", "2"), 0);
	assert_int_equal(request->headers.len, 9);
	assert_memory_equal(request->headers.data, "A: \0B: 2", 9);
	/* start empties */
	assert_int_equal(http_request_start(request, "GET", "http://b/"), 0);
	assert_int_equal(request->headers.len, 0);
	assert_string_equal(buf_text(&request->url), "http://b/");
	assert_string_equal(request->method, "GET");
}

static void bearer_and_basic_are_written_by_their_rfcs(void **state)
{
	struct http_request *request = *state;

	assert_int_equal(http_request_bearer(request, "abc.def"), 0);
	assert_string_equal(buf_text(&request->headers), "Authorization: Bearer abc.def");
	http_request_reset(request);
	/* both parts form-encoded first: "a b" and "p:ä" are "a+b:p%3A%C3%A4" */
	assert_int_equal(http_request_basic(request, "a b", "p:\xc3\xa4"), 0);
	assert_string_equal(buf_text(&request->headers), "Authorization: Basic YStiOnAlM0ElQzMlQTQ=");
	http_request_reset(request);
	assert_int_equal(http_request_basic(request, "id", ""), 0);
	assert_string_equal(buf_text(&request->headers), "Authorization: Basic aWQ6");
}

/* --- answers --- */

static struct http_response answer(const char *const *headers)
{
	struct pims_http_response from = {.size = sizeof from, .status = 200, .headers = headers, .body = "x", .body_length = 1};
	struct http_response response;

	http_response_init(&response);
	assert_int_equal(http_response_read(&response, &from, 0), 0);
	assert_int_equal(response.failure, PIMS_HTTP_OK);
	return response;
}

static struct http_response answer_one(const char *header)
{
	const char *const headers[] = {header, NULL};
	struct http_response response = answer(headers);

	buf_free(&response.body);
	return response;
}

static void a_body_over_the_limit_is_no_answer(void **state)
{
	struct pims_http_response from = {.size = sizeof from, .status = 200, .body = "12345", .body_length = 5};
	struct http_response response;

	(void)state;
	http_response_init(&response);
	assert_int_equal(http_response_read(&response, &from, 4), 0);
	assert_int_equal(response.failure, PIMS_HTTP_TOO_BIG);
	assert_int_equal(response.status, 0);
	assert_int_equal(response.body.len, 0);
	assert_int_equal(http_response_read(&response, &from, 5), 0);
	assert_int_equal(response.failure, PIMS_HTTP_OK);
	assert_string_equal(buf_text(&response.body), "12345");
	http_response_reset(&response);
}

static void headers_over_the_limit_are_no_answer(void **state)
{
	char *large = malloc(HTTP_MAX_HEADERS + 1);
	const char *headers[] = {large, NULL};
	struct pims_http_response from = {.size = sizeof from, .status = 200, .headers = headers};
	struct http_response response;

	(void)state;
	assert_non_null(large);
	memset(large, 'x', HTTP_MAX_HEADERS);
	large[HTTP_MAX_HEADERS] = '\0';
	http_response_init(&response);
	assert_int_equal(http_response_read(&response, &from, 0), 0);
	assert_int_equal(response.failure, PIMS_HTTP_TOO_BIG);
	free(large);
}

static void an_impossible_status_is_a_cut_answer(void **state)
{
	static const int STATUSES[] = {0, 99, 600, -200};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct pims_http_response from = {.size = sizeof from, .status = STATUSES[i]};
		struct http_response response;

		http_response_init(&response);
		assert_int_equal(http_response_read(&response, &from, 0), 0);
		assert_int_equal(response.failure, PIMS_HTTP_CUT);
	}
}

static void a_failure_replaces_what_was_there(void **state)
{
	static const char *const HEADERS[] = {"Content-Type: text/xml", "Retry-After: 3", NULL};
	struct pims_http_response from = {.size = sizeof from, .failure = PIMS_HTTP_TIMEOUT, .status = 200};
	struct http_response response = answer(HEADERS);

	(void)state;
	assert_int_equal(http_response_read(&response, &from, 0), 0);
	assert_int_equal(response.failure, PIMS_HTTP_TIMEOUT);
	assert_int_equal(response.status, 0);
	assert_string_equal(response.content_type, "");
	assert_int_equal(response.retry_after, -1);
	assert_int_equal(response.body.len, 0);
}

static void the_media_type_is_read_without_its_parameters(void **state)
{
	static const struct {
		const char *header, *type;
		bool json;
	} CASES[] = {
		{"Content-Type: application/json", "application/json", true},
		{"content-type:Application/JSON ; charset=utf-8", "application/json", true},
		{"Content-Type: application/problem+json", "application/problem+json", true},
		{"Content-Type: application/jose+jsonx", "application/jose+jsonx", false},
		{"Content-Type: text/html", "text/html", false},
		{"Content-Type: application/+json", "application/+json", false},
		{"Content-Type: text/x+json", "text/x+json", false},
		{"Content-Type:", "", false},
		{"Content-Types: application/json", "", false},
		{"X: 1", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct http_response response = answer_one(CASES[i].header);

		assert_string_equal(response.content_type, CASES[i].type);
		assert_int_equal(http_response_is_json(&response), CASES[i].json);
	}
}

static void a_media_type_that_is_too_long_is_none(void **state)
{
	char header[256] = "Content-Type: ";
	struct http_response response;

	(void)state;
	memset(header + 14, 'a', 200);
	header[214] = '\0';
	response = answer_one(header);
	assert_string_equal(response.content_type, "");
}

static void retry_after_is_seconds_or_a_date_by_the_servers_clock(void **state)
{
	static const char *const LATER[] = {"Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:51:37 GMT", NULL};
	static const char *const PAST[] = {"Retry-After: Sun, 06 Nov 1994 08:00:00 GMT", "Date: Sun, 06 Nov 1994 08:49:37 GMT", NULL};
	static const char *const NO_DATE[] = {"Retry-After: Sun, 06 Nov 1994 08:00:00 GMT", NULL};
	struct http_response response;

	(void)state;
	assert_int_equal(answer_one("Retry-After: 120").retry_after, 120);
	assert_int_equal(answer_one("Retry-After: 0 ").retry_after, 0);
	assert_int_equal(answer_one("Retry-After: 99999999999999999999").retry_after, INT_MAX);
	assert_int_equal(answer_one("Retry-After: -1").retry_after, -1);
	assert_int_equal(answer_one("Retry-After: 1.5").retry_after, -1);
	assert_int_equal(answer_one("Retry-After: soon").retry_after, -1);
	response = answer(LATER);
	assert_int_equal(response.retry_after, 120);
	assert_int_equal(response.date, 784111777);
	http_response_reset(&response);
	response = answer(PAST);
	assert_int_equal(response.retry_after, 0);
	http_response_reset(&response);
	response = answer(NO_DATE);
	assert_int_equal(response.retry_after, -1);
	http_response_reset(&response);
}

static void the_challenge_of_a_401_is_kept(void **state)
{
	struct http_response response = answer_one("WWW-Authenticate:  Bearer error=\"invalid_token\" ");

	(void)state;
	assert_string_equal(response.www_authenticate, "Bearer error=\"invalid_token\"");
}

/* --- dates --- */

static void the_three_forms_of_a_date_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} CASES[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Sat Nov 26 08:49:37 1994", 785839777},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
		{"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
		{"Tue, 31 Dec 2999 23:59:59 GMT", 32503679999},
		{"Friday, 01-Jan-38 00:00:00 GMT", 2145916800},
		{"Fri, 30 Jun 2017 23:59:60 GMT", 1498867200},
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		int64_t seconds = -1;

		assert_int_equal(http_date_parse(CASES[i].text, &seconds), 0);
		assert_int_equal(seconds, CASES[i].seconds);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	static const char *const TEXTS[] = {
		"",
		"Sun",
		"Sun, ",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 GMT+1",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Son, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nof 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 29 Feb 2023 08:49:37 GMT",
		"Sun, 29 Feb 2100 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1969 08:49:37 GMT",
		"Sun, 06 Nov 19942 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"784111777",
	};
	int64_t seconds = 5;

	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
		assert_int_equal(http_date_parse(TEXTS[i], &seconds), PIMS_E_FORMAT);
	assert_int_equal(seconds, 5);
}

/* Every truncation of a date is read within its end (the sanitizer watches). */
static void no_truncation_of_a_date_reads_beyond_it(void **state)
{
	static const char *const TEXTS[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (size_t length = 0; length < strlen(TEXTS[i]); length++) {
			char *text = strndup(TEXTS[i], length);
			int64_t seconds;

			assert_non_null(text);
			assert_int_equal(http_date_parse(text, &seconds), PIMS_E_FORMAT);
			free(text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_header_cannot_smuggle_another, set_up_request, tear_down_request),
		cmocka_unit_test_setup_teardown(a_url_with_a_blank_or_a_control_character_is_refused, set_up_request, tear_down_request),
		cmocka_unit_test_setup_teardown(a_header_over_the_limit_leaves_the_others_whole, set_up_request, tear_down_request),
		cmocka_unit_test_setup_teardown(header_lines_follow_each_other_with_their_nul, set_up_request, tear_down_request),
		cmocka_unit_test_setup_teardown(bearer_and_basic_are_written_by_their_rfcs, set_up_request, tear_down_request),
		cmocka_unit_test(a_body_over_the_limit_is_no_answer),
		cmocka_unit_test(headers_over_the_limit_are_no_answer),
		cmocka_unit_test(an_impossible_status_is_a_cut_answer),
		cmocka_unit_test(a_failure_replaces_what_was_there),
		cmocka_unit_test(the_media_type_is_read_without_its_parameters),
		cmocka_unit_test(a_media_type_that_is_too_long_is_none),
		cmocka_unit_test(retry_after_is_seconds_or_a_date_by_the_servers_clock),
		cmocka_unit_test(the_challenge_of_a_401_is_kept),
		cmocka_unit_test(the_three_forms_of_a_date_are_read),
		cmocka_unit_test(what_is_no_date_is_refused),
		cmocka_unit_test(no_truncation_of_a_date_reads_beyond_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
