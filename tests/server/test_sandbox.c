/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include <pims/sandbox.h>

/* The sandbox's own interface: who may use it, what it refuses, and its events. The faults themselves: tests/e2e/test_sandbox.c. */

struct world {
	struct pims_sandbox *sandbox;
	struct fixture http;
};

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	assert_int_equal(pims_sandbox_start(&world.sandbox, NULL), 0);
	world.http.port = (unsigned)strtoul(strrchr(pims_sandbox_url(world.sandbox), ':') + 1, NULL, 10);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	pims_sandbox_stop(world->sandbox);
	return 0;
}

/* A request with these header lines after Host; NULL host: the right one. */
static struct answer *ask_as(const struct world *world, const char *line, const char *host, const char *headers, const char *body)
{
	char request[4096], own[64];

	snprintf(own, sizeof own, "127.0.0.1:%u", world->http.port);
	assert_true(snprintf(request, sizeof request, "%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %zu\r\n\r\n%s", line, host ? host : own, headers,
			     strlen(body), body) < (int)sizeof request);
	return ask(&world->http, request);
}

#define JSON_TYPE "Content-Type: application/json\r\n"

static struct answer *post(const struct world *world, const char *path, const char *body)
{
	char line[64];

	snprintf(line, sizeof line, "POST %s", path);
	return ask_as(world, line, NULL, JSON_TYPE, body);
}

/* --- who may use it --------------------------------------------------------------------------------------------------------------------------- */

static void a_foreign_host_name_is_refused(void **state)
{
	static const char *const hosts[] = {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "127.0.0.1@evil.example",
					    "evil.example/127.0.0.1", "0.0.0.0"};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		assert_problem(ask_as(world, "GET /sandbox/sms", hosts[i], "", ""), 403, "sandbox.host");
		assert_problem(ask_as(world, "GET /sandbox/", hosts[i], "Sec-Fetch-Mode: navigate\r\n", ""), 403, "sandbox.host");
		assert_problem(ask_as(world, "POST /sandbox/clock", hosts[i], JSON_TYPE, "{\"advance\":5}"), 403, "sandbox.host");
	}
	assert_problem(ask(&world->http, "GET /sandbox/sms HTTP/1.0\r\n\r\n"), 403, "sandbox.host");
}

static void loopback_by_any_name_is_served(void **state)
{
	static const char *const hosts[] = {"localhost", "LocalHost:1234", "127.0.0.1", "127.9.9.9:80", "[::1]:8480"};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		assert_int_equal(ask_as(world, "GET /sandbox/sms", hosts[i], "", "")->status, 200);
}

static void another_sites_page_is_refused(void **state)
{
	static const char *const headers[] = {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
					      "Sec-Fetch-Site: same-site\r\n", "Origin: http://127.0.0.1:1\r\n"};
	static const char *const lines[] = {"POST /sandbox/faults", "POST /sandbox/clock", "DELETE /sandbox/faults", "GET /sandbox/events", "GET /sandbox/sms",
					    "POST /sandbox/faults/clear"};
	const struct world *world = *state;
	char with_type[256];

	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		snprintf(with_type, sizeof with_type, "%s" JSON_TYPE "Sec-Fetch-Mode: navigate\r\n", headers[i]);
		for (size_t j = 0; j < sizeof lines / sizeof *lines; j++) {
			const char *sent = strncmp(lines[j], "GET", 3) == 0 ? headers[i] : with_type;

			assert_problem(ask_as(world, lines[j], NULL, sent, "{\"code\":2204,\"advance\":5}"), 403, "sandbox.origin");
		}
	}
	assert_non_null(strstr(ask_as(world, "GET /sandbox/faults", NULL, "", "")->body, "\"faults\":[]"));
	assert_non_null(strstr(ask_as(world, "GET /sandbox/clock", NULL, "", "")->body, "\"offset\":0"));
}

static void our_own_page_is_served(void **state)
{
	const struct world *world = *state;
	char headers[256];

	snprintf(headers, sizeof headers, "Origin: http://127.0.0.1:%u\r\nSec-Fetch-Site: same-origin\r\n" JSON_TYPE, world->http.port);
	assert_int_equal(ask_as(world, "POST /sandbox/faults", NULL, headers, "{\"code\":2204}")->status, 201);
	assert_int_equal(ask_as(world, "GET /sandbox/", NULL, "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", "")->status, 200);
}

static void a_body_of_another_type_is_refused(void **state)
{
	static const char *const types[] = {"", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
					    "Content-Type: application/jsonp\r\n", "Content-Type: multipart/form-data; boundary=application/json\r\n"};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		assert_problem(ask_as(world, "POST /sandbox/clock", NULL, types[i], "{\"advance\":5}"), 415, "sandbox.content_type");
	assert_int_equal(ask_as(world, "POST /sandbox/clock", NULL, "Content-Type: application/json; charset=utf-8\r\n", "{\"advance\":5}")->status, 200);
}

static void the_page_has_a_strict_policy(void **state)
{
	static const char *const paths[] = {"GET /sandbox/", "GET /sandbox/page.css", "GET /sandbox/page.js"};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct answer *answer = ask_as(world, paths[i], NULL, "", "");

		assert_int_equal(answer->status, 200);
		assert_non_null(strstr(answer->bytes, "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "));
		assert_non_null(strstr(answer->bytes, "frame-ancestors 'none'"));
		assert_null(strstr(answer->body, " style="));
		assert_null(strstr(answer->body, " onclick="));
	}
	assert_int_equal(ask_as(world, "GET /sandbox", NULL, "", "")->status, 303);
}

/* --- what it refuses -------------------------------------------------------------------------------------------------------------------------- */

static void what_is_no_fault_is_refused(void **state)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{}",
		"{\"code\":2000}",
		"{\"code\":\"2308\"}",
		"{\"code\":2308.5}",
		"{\"code\":4294969604}",
		"{\"code\":2308,\"kind\":\"slow\"}",
		"{\"code\":2316,\"done\":1}",
		"{\"code\":2308,\"done\":true}",
		"{\"kind\":\"slow\",\"done\":true}",
		"{\"kind\":\"error\"}",
		"{\"kind\":\"odd\"}",
		"{\"kind\":5}",
		"{\"code\":2308,\"call\":\"phone\"}",
		"{\"code\":2307,\"call\":\"otp\"}",
		"{\"code\":2308,\"call\":\"\"}",
		"{\"code\":2308,\"call\":7}",
		"{\"code\":2308,\"count\":0}",
		"{\"code\":2308,\"count\":1001}",
		"{\"code\":2308,\"count\":\"1\"}",
		"{\"kind\":\"slow\",\"milliseconds\":60001}",
		"{\"kind\":\"slow\",\"milliseconds\":-1}",
		"{\"code\":2308,\"code\":2309}",
	};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		assert_problem(post(world, "/sandbox/faults", bodies[i]), 400, "request.invalid");
	assert_non_null(strstr(ask_as(world, "GET /sandbox/faults", NULL, "", "")->body, "\"faults\":[]"));
}

static void faults_are_bounded_and_removed_one_by_one(void **state)
{
	const struct world *world = *state;

	for (int i = 0; i < 64; i++)
		assert_int_equal(post(world, "/sandbox/faults", "{\"code\":2308}")->status, 201);
	assert_problem(post(world, "/sandbox/faults", "{\"code\":2308}"), 409, "sandbox.faults");
	assert_problem(ask_as(world, "DELETE /sandbox/faults?id=x", NULL, "", ""), 400, "request.invalid");
	assert_int_equal(ask_as(world, "DELETE /sandbox/faults?id=64", NULL, "", "")->status, 204);
	assert_non_null(strstr(ask_as(world, "GET /sandbox/faults", NULL, "", "")->body, "\"id\":63,"));
	assert_null(strstr(ask_as(world, "GET /sandbox/faults", NULL, "", "")->body, "\"id\":64,"));
	assert_int_equal(ask_as(world, "DELETE /sandbox/faults", NULL, "", "")->status, 204);
	assert_non_null(strstr(ask_as(world, "GET /sandbox/faults", NULL, "", "")->body, "\"faults\":[]"));
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const bodies[] = {"", "{}", "{\"advance\":\"5\"}", "{\"advance\":5,\"offset\":5}", "{\"offset\":9223372036854775807}",
					     "{\"advance\":-9223372036854775808}", "{\"advance\":1.5}"};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		assert_problem(post(world, "/sandbox/clock", bodies[i]), 400, "request.invalid");
	assert_non_null(strstr(ask_as(world, "GET /sandbox/clock", NULL, "", "")->body, "\"offset\":0"));
}

static void the_date_of_answers_is_the_moved_clocks(void **state)
{
	const struct world *world = *state;

	post(world, "/sandbox/clock", "{\"offset\":-315360000}");
	assert_non_null(strstr(ask_as(world, "GET /.well-known/openpims", NULL, "", "")->bytes, "\r\nDate: "));
	assert_null(strstr(ask_as(world, "GET /.well-known/openpims", NULL, "", "")->bytes, " 2026 "));
}

/* --- events ------------------------------------------------------------------------------------------------------------------------------------- */

struct listener {
	int fd;
	char text[65536];
	size_t length;
};

static void listen_from(const struct world *world, struct listener *listener, const char *headers)
{
	char request[256];

	listener->length = 0;
	listener->fd = connect_port(world->http.port);
	snprintf(request, sizeof request, "GET /sandbox/events HTTP/1.1\r\nHost: localhost\r\n%s\r\n", headers);
	send_text(listener->fd, request);
}

/* True when it came, false at the end of the connection. */
static bool hear(struct listener *listener, const char *wanted)
{
	struct pollfd wait = {.fd = listener->fd, .events = POLLIN};
	ssize_t n;

	listener->text[listener->length] = 0;
	while (!strstr(listener->text, wanted)) {
		assert_true(listener->length + 1 < sizeof listener->text);
		assert_int_equal(poll(&wait, 1, TIMEOUT_MS), 1);
		n = recv(listener->fd, listener->text + listener->length, sizeof listener->text - 1 - listener->length, 0);
		if (n <= 0)
			return false;
		listener->length += (size_t)n;
		listener->text[listener->length] = 0;
	}
	return true;
}

static void a_listener_hears_calls_faults_and_the_clock(void **state)
{
	static struct listener listener;
	const struct world *world = *state;

	listen_from(world, &listener, "");
	assert_true(hear(&listener, "retry: "));
	assert_non_null(strstr(listener.text, "Content-Type: text/event-stream"));
	post(world, "/sandbox/faults", "{\"code\":2307}");
	assert_true(hear(&listener, "event: faults\ndata: {\"faults\":[{\"id\":1,"));
	ask_as(world, "GET /v1/phone?code=12345678", NULL, "", "");
	assert_true(hear(&listener, "event: call\ndata: {"));
	assert_true(hear(&listener, "\"outcome\":\"phone.none\""));
	post(world, "/sandbox/clock", "{\"advance\":60}");
	assert_true(hear(&listener, "event: clock\ndata: {\"offset\":60,"));
	assert_null(strstr(listener.text, "12345678"));
	close(listener.fd);
}

static void a_listener_that_comes_back_misses_nothing(void **state)
{
	static struct listener listener;
	const struct world *world = *state;

	post(world, "/sandbox/clock", "{\"advance\":1}");
	post(world, "/sandbox/clock", "{\"advance\":1}");
	listen_from(world, &listener, "Last-Event-ID: 1\r\n");
	assert_true(hear(&listener, "id: 2\nevent: clock\ndata: {\"offset\":2,"));
	assert_null(strstr(listener.text, "id: 1\n"));
	close(listener.fd);
	for (int i = 0; i < 300; i++)
		assert_int_equal(pims_sandbox_advance_clock(world->sandbox, 1), 0);
	listen_from(world, &listener, "Last-Event-ID: 1\r\n");
	assert_true(hear(&listener, "event: reset\n"));
	close(listener.fd);
	listen_from(world, &listener, "Last-Event-ID: 99999\r\n");
	assert_true(hear(&listener, "event: reset\n"));
	close(listener.fd);
}

static void listeners_are_few_and_the_end_of_the_server_ends_them(void **state)
{
	enum { MAX = 16 };
	static struct listener listeners[MAX + 1];
	struct world *world = *state;

	for (int i = 0; i < MAX; i++) {
		listen_from(world, &listeners[i], "");
		assert_true(hear(&listeners[i], "retry: "));
	}
	listen_from(world, &listeners[MAX], "");
	assert_true(hear(&listeners[MAX], "sandbox.streams"));
	post(world, "/sandbox/clock", "{\"advance\":1}");
	for (int i = 0; i < MAX; i++)
		assert_true(hear(&listeners[i], "event: clock\n"));
	pims_sandbox_stop(world->sandbox);
	world->sandbox = NULL;
	for (int i = 0; i <= MAX; i++) {
		assert_false(hear(&listeners[i], "never"));
		close(listeners[i].fd);
	}
}

static void requests_that_are_held_do_not_hold_the_end(void **state)
{
	struct world *world = *state;
	struct answer *answer = calloc(1, sizeof *answer);
	int fd = connect_port(world->http.port);
	char silent[] = "{\"kind\":\"silent\",\"call\":\"any\"}";

	assert_non_null(answer);
	assert_int_equal(pims_sandbox_fault(world->sandbox, silent), 0);
	send_text(fd, "GET /.well-known/openpims HTTP/1.1\r\nHost: x\r\n\r\n");
	while (strstr(ask_as(world, "GET /sandbox/faults", NULL, "", "")->body, "\"faults\":[{"))
		;
	pims_sandbox_stop(world->sandbox);
	world->sandbox = NULL;
	read_answer(fd, answer, false);
	assert_int_equal(answer->status, -1);
	close(fd);
	free(answer);
}

/* --- the library -------------------------------------------------------------------------------------------------------------------------------- */

static void the_library_refuses_what_makes_no_sense(void **state)
{
	struct world *world = *state;
	struct pims_sandbox *other = NULL;
	struct pims_sandbox_options options = {.size = sizeof options, .port = 65536};
	char code[16];

	assert_int_equal(pims_sandbox_start(NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_sandbox_start(&other, &options), PIMS_E_INVALID);
	options.port = world->http.port;
	assert_int_equal(pims_sandbox_start(&other, &options), PIMS_E_SYSTEM);
	options.size = 0;
	assert_int_equal(pims_sandbox_start(&other, &options), PIMS_E_INVALID);
	assert_null(other);
	pims_sandbox_stop(NULL);
	assert_null(pims_sandbox_url(NULL));
	assert_int_equal(pims_sandbox_sms(NULL, NULL, code, sizeof code), PIMS_E_INVALID);
	assert_int_equal(pims_sandbox_sms(world->sandbox, NULL, NULL, 0), PIMS_E_INVALID);
	assert_int_equal(pims_sandbox_sms(world->sandbox, NULL, code, sizeof code), PIMS_E_NOT_FOUND);
	assert_int_equal(pims_sandbox_fault(NULL, "{\"code\":2308}"), PIMS_E_INVALID);
	assert_int_equal(pims_sandbox_fault(world->sandbox, "{\"code\":2308"), PIMS_E_FORMAT);
	assert_int_equal(pims_sandbox_fault(world->sandbox, "{\"code\":1}"), PIMS_E_FORMAT);
	assert_int_equal(pims_sandbox_advance_clock(NULL, 1), PIMS_E_INVALID);
	assert_int_equal(pims_sandbox_advance_clock(world->sandbox, INT64_MAX), PIMS_E_LIMIT);
	assert_int_equal(pims_sandbox_advance_clock(world->sandbox, INT64_MIN), PIMS_E_LIMIT);
}

static void two_sandboxes_in_one_process_know_nothing_of_each_other(void **state)
{
	struct world *world = *state;
	struct pims_sandbox *other = NULL;

	assert_int_equal(pims_sandbox_start(&other, NULL), 0);
	assert_string_not_equal(pims_sandbox_url(other), pims_sandbox_url(world->sandbox));
	assert_int_equal(pims_sandbox_advance_clock(other, 3600), 0);
	assert_int_equal(pims_sandbox_fault(other, "{\"code\":2204,\"call\":\"any\"}"), 0);
	assert_int_equal(ask_as(world, "GET /.well-known/openpims", NULL, "", "")->status, 200);
	assert_non_null(strstr(ask_as(world, "GET /sandbox/clock", NULL, "", "")->body, "\"offset\":0"));
	assert_int_equal(pims_sandbox_fault(other, NULL), 0);
	pims_sandbox_stop(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_foreign_host_name_is_refused),
		TEST(loopback_by_any_name_is_served),
		TEST(another_sites_page_is_refused),
		TEST(our_own_page_is_served),
		TEST(a_body_of_another_type_is_refused),
		TEST(the_page_has_a_strict_policy),
		TEST(what_is_no_fault_is_refused),
		TEST(faults_are_bounded_and_removed_one_by_one),
		TEST(what_is_no_time_is_refused),
		TEST(the_date_of_answers_is_the_moved_clocks),
		TEST(a_listener_hears_calls_faults_and_the_clock),
		TEST(a_listener_that_comes_back_misses_nothing),
		TEST(listeners_are_few_and_the_end_of_the_server_ends_them),
		TEST(requests_that_are_held_do_not_hold_the_end),
		TEST(the_library_refuses_what_makes_no_sense),
		TEST(two_sandboxes_in_one_process_know_nothing_of_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
