/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/http.h"
#include "platform/loop.h"
#include "support/raw_server.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* One request and what came of it. */
struct probe {
	struct fixture *fixture;
	int done;
	bool inside_send;
	enum pims_http_failure failure;
	int status;
	size_t body_length;
	char body[256];
	char headers[2048];
	void (*then)(struct probe *probe);
	struct probe *other;
};

struct fixture {
	struct pims_loop *loop;
	struct loop_transport *transport;
	struct pims_transport hooks;
	struct raw_server *server;
	bool sending;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct pims_loop_options options = {.size = sizeof options, .max_connections = 8};

	assert_non_null(fixture);
	assert_int_equal(pims_loop_new(&fixture->loop, &options), 0);
	assert_int_equal(loop_transport_new(&fixture->transport, fixture->loop, NULL), 0);
	loop_transport_hooks(fixture->transport, &fixture->hooks);
	fixture->server = raw_server_start();
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	loop_transport_free(fixture->transport);
	pims_loop_free(fixture->loop);
	raw_server_stop(fixture->server);
	free(fixture);
	return 0;
}

static void take_headers(struct probe *probe, const char *const *headers)
{
	size_t used = 0;

	for (; *headers; headers++)
		used += (size_t)snprintf(probe->headers + used, sizeof probe->headers - used, "%s\n", *headers);
}

static void probe_done(void *token, const struct pims_http_response *response)
{
	struct probe *probe = token;

	probe->done++;
	probe->inside_send = probe->fixture->sending;
	probe->failure = response->failure;
	probe->status = response->status;
	probe->body_length = response->body_length;
	if (response->failure == PIMS_HTTP_OK) {
		take_headers(probe, response->headers);
		if (response->body_length < sizeof probe->body)
			memcpy(probe->body, response->body_length ? response->body : "", response->body_length);
	} else {
		assert_null(response->headers);
		assert_null(response->body);
		assert_int_equal(response->status, 0);
	}
	if (probe->then)
		probe->then(probe);
}

static int send_full(struct fixture *fixture, struct probe *probe, const struct pims_http_request *request)
{
	int r;

	probe->fixture = fixture;
	fixture->sending = true;
	r = fixture->hooks.send(fixture->hooks.data, request, probe_done, probe);
	fixture->sending = false;
	return r;
}

static int send_get(struct fixture *fixture, struct probe *probe, const char *url)
{
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .url = url, .timeout_ms = 5000};

	return send_full(fixture, probe, &request);
}

/* Runs the loop until `*count` reaches `wanted`. */
static void run_until(struct fixture *fixture, const int *count, int wanted)
{
	time_t start = time(NULL);

	loop_count_pending(fixture->loop, 1);
	while (*count < wanted) {
		assert_true(pims_run(fixture->loop, 20) >= 0);
		assert_true(time(NULL) - start < 60);
	}
	loop_count_pending(fixture->loop, -1);
}

static void get(struct fixture *fixture, struct probe *probe, const char *url)
{
	memset(probe, 0, sizeof *probe);
	assert_int_equal(send_get(fixture, probe, url), 0);
	assert_int_equal(probe->done, 0);
	run_until(fixture, &probe->done, 1);
	assert_int_equal(probe->done, 1);
	assert_false(probe->inside_send);
}

/* --- failures --- */

static void a_refused_connection_is_a_network_failure(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;
	char url[64];

	snprintf(url, sizeof url, "http://127.0.0.1:%d/", raw_server_refused_port());
	get(fixture, &probe, url);
	assert_int_equal(probe.failure, PIMS_HTTP_NETWORK);
}

static void an_unknown_host_is_a_network_failure(void **state)
{
	struct probe probe;

	get(*state, &probe, "http://no-such-host.invalid/");
	assert_int_equal(probe.failure, PIMS_HTTP_NETWORK);
}

static void a_silent_server_is_a_timeout_at_the_deadline(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe = {0};
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 100};
	int64_t start = loop_monotonic(fixture->loop), took;

	raw_server_reply_silence(fixture->server);
	request.url = raw_server_url(fixture->server, "/");
	assert_int_equal(send_full(fixture, &probe, &request), 0);
	run_until(fixture, &probe.done, 1);
	took = loop_monotonic(fixture->loop) - start;
	assert_int_equal(probe.failure, PIMS_HTTP_TIMEOUT);
	assert_true(took >= 100 && took < 5000);
}

static void half_an_answer_and_silence_is_a_timeout(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe = {0};
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 100};

	raw_server_reply_text(fixture->server, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", RAW_HOLD);
	request.url = raw_server_url(fixture->server, "/");
	assert_int_equal(send_full(fixture, &probe, &request), 0);
	run_until(fixture, &probe.done, 1);
	assert_int_equal(probe.failure, PIMS_HTTP_TIMEOUT);
}

/* A listener whose backlog is full drops the handshake: the connection is never made. */
static void a_host_that_never_connects_is_a_network_failure_at_the_deadline(void **state)
{
	struct fixture *fixture = *state;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 300};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fillers[4];
	socklen_t length = sizeof address;
	struct probe probe = {0};
	char url[64];

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	for (int i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&address, sizeof address);
	}
	snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
	request.url = url;
	assert_int_equal(send_full(fixture, &probe, &request), 0);
	run_until(fixture, &probe.done, 1);
	assert_int_equal(probe.failure, PIMS_HTTP_NETWORK);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(listener);
}

static void what_is_not_whole_http_is_cut(void **state)
{
	static const struct {
		const char *bytes;
		enum raw_then then;
	} ANSWERS[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", RAW_CLOSE},
		{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", RAW_RESET},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", RAW_CLOSE},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnothex\r\n", RAW_CLOSE},
		{"", RAW_CLOSE},
		{"", RAW_RESET},
		{"HTTP/1.1 200 OK\r\nContent-Le", RAW_CLOSE},
		{"hello, this is not HTTP at all\r\n", RAW_CLOSE},
		{"HTTP/1.1 banana\r\n\r\n", RAW_CLOSE},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
		struct probe probe;

		raw_server_reply_text(fixture->server, ANSWERS[i].bytes, ANSWERS[i].then);
		get(fixture, &probe, raw_server_url(fixture->server, "/"));
		if (probe.failure != PIMS_HTTP_CUT)
			fail_msg("answer %zu: failure %d", i, (int)probe.failure);
	}
}

static void a_body_over_the_limit_is_given_up(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;

	raw_server_reply_big(fixture->server, "HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n", 10485760, RAW_CLOSE);
	get(fixture, &probe, raw_server_url(fixture->server, "/known-length"));
	assert_int_equal(probe.failure, PIMS_HTTP_TOO_BIG);
	raw_server_reply_big(fixture->server, "HTTP/1.1 200 OK\r\n\r\n", 10485760, RAW_CLOSE);
	get(fixture, &probe, raw_server_url(fixture->server, "/unknown-length"));
	assert_int_equal(probe.failure, PIMS_HTTP_TOO_BIG);
}

static void the_limit_of_a_request_is_exact(void **state)
{
	struct fixture *fixture = *state;
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 5000, .body_limit = 100};

	for (size_t length = 99; length <= 101; length++) {
		struct probe probe = {0};
		char head[64];

		snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		raw_server_reply_big(fixture->server, head, length, RAW_CLOSE);
		request.url = raw_server_url(fixture->server, "/");
		assert_int_equal(send_full(fixture, &probe, &request), 0);
		run_until(fixture, &probe.done, 1);
		assert_int_equal(probe.failure, length > 100 ? PIMS_HTTP_TOO_BIG : PIMS_HTTP_OK);
		assert_int_equal(probe.body_length, length > 100 ? 0 : length);
	}
}

static void headers_over_the_limit_are_given_up(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;
	char *text = malloc(40000);

	assert_non_null(text);
	strcpy(text, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 300; i++)
		snprintf(text + strlen(text), 120, "X-Filler-%d: %080d\r\n", i, i);
	snprintf(text + strlen(text), 120, "Content-Length: 0\r\n\r\n");
	raw_server_reply_text(fixture->server, text, RAW_KEEP);
	get(fixture, &probe, raw_server_url(fixture->server, "/"));
	assert_int_equal(probe.failure, PIMS_HTTP_TOO_BIG);
	free(text);
}

static void a_tls_handshake_that_nobody_answers_is_a_timeout(void **state)
{
	struct fixture *fixture = *state;
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 200};
	struct probe probe = {0};
	char url[64];

	snprintf(url, sizeof url, "https://127.0.0.1:%d/", raw_server_port(fixture->server));
	request.url = url;
	assert_int_equal(send_full(fixture, &probe, &request), 0);
	run_until(fixture, &probe.done, 1);
	assert_int_equal(probe.failure, PIMS_HTTP_TIMEOUT);
}

static void urls_of_other_schemes_are_refused_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe = {0};

	assert_int_equal(send_get(fixture, &probe, "file:///etc/passwd"), PIMS_E_INVALID);
	assert_int_equal(send_get(fixture, &probe, "ftp://127.0.0.1/"), PIMS_E_INVALID);
	assert_int_equal(send_get(fixture, &probe, "127.0.0.1"), PIMS_E_INVALID);
	loop_count_pending(fixture->loop, 1);
	assert_int_equal(pims_run(fixture->loop, 20), 1);
	loop_count_pending(fixture->loop, -1);
	assert_int_equal(probe.done, 0);
}

static void a_malformed_url_is_answered_by_a_failure(void **state)
{
	struct probe probe;

	get(*state, &probe, "http://[broken/");
	assert_int_equal(probe.failure, PIMS_HTTP_FAILED);
}

/* --- answers --- */

static void redirects_are_answers_and_never_followed(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;

	raw_server_reply_http(fixture->server, 302, "Location: /elsewhere\r\n", "");
	get(fixture, &probe, raw_server_url(fixture->server, "/"));
	assert_int_equal(probe.failure, PIMS_HTTP_OK);
	assert_int_equal(probe.status, 302);
	assert_non_null(strstr(probe.headers, "Location: /elsewhere\n"));
	assert_int_equal(raw_server_requests(fixture->server), 1);
}

static void the_answer_comes_with_status_headers_and_body(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;

	raw_server_reply_http(fixture->server, 404, "Content-Type: text/plain\r\nRetry-After: 7\r\n", "not here");
	get(fixture, &probe, raw_server_url(fixture->server, "/"));
	assert_int_equal(probe.status, 404);
	assert_string_equal(probe.body, "not here");
	assert_non_null(strstr(probe.headers, "Retry-After: 7\n"));
	assert_null(strstr(probe.headers, "HTTP/"));
}

static void an_interim_answer_and_trailers_leave_no_headers(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;

	raw_server_reply_text(fixture->server,
			      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
			      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Real: 1\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n",
			      RAW_KEEP);
	get(fixture, &probe, raw_server_url(fixture->server, "/"));
	assert_string_equal(probe.body, "ok");
	assert_non_null(strstr(probe.headers, "X-Real: 1\n"));
	assert_null(strstr(probe.headers, "X-Early"));
	assert_null(strstr(probe.headers, "X-Trailer"));
}

static void a_compressed_body_is_handed_over_as_it_came(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe;

	raw_server_reply_http(fixture->server, 200, "Content-Encoding: gzip\r\n", "no gzip");
	get(fixture, &probe, raw_server_url(fixture->server, "/"));
	assert_int_equal(probe.failure, PIMS_HTTP_OK);
	assert_string_equal(probe.body, "no gzip");
	assert_null(strstr(raw_server_request(fixture->server, 0), "Accept-Encoding"));
}

static void the_request_is_sent_as_it_was_built(void **state)
{
	static const char *const HEADERS[] = {"Authorization: Bearer abc", "Content-Type: application/json", NULL};
	struct fixture *fixture = *state;
	struct pims_http_request request = {.size = sizeof request, .method = "POST", .timeout_ms = 5000, .headers = HEADERS};
	struct probe probe = {0};
	const char *sent;

	raw_server_reply_http(fixture->server, 202, NULL, "");
	request.url = raw_server_url(fixture->server, "/path?a=%20b&c=+");
	request.body = "{\"x\":\0 1}";
	request.body_length = 9;
	assert_int_equal(send_full(fixture, &probe, &request), 0);
	run_until(fixture, &probe.done, 1);
	assert_int_equal(probe.status, 202);
	sent = raw_server_request(fixture->server, 0);
	assert_ptr_equal(strstr(sent, "POST /path?a=%20b&c=+ HTTP/1.1\r\n"), sent);
	assert_non_null(strstr(sent, "\r\nAuthorization: Bearer abc\r\n"));
	assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(sent, "\r\nUser-Agent: libpims/0.1\r\n"));
	assert_non_null(strstr(sent, "\r\nContent-Length: 9\r\n"));
}

static void a_post_without_a_body_invents_no_content_type(void **state)
{
	struct fixture *fixture = *state;
	struct pims_http_request request = {.size = sizeof request, .method = "POST", .timeout_ms = 5000};
	struct probe probe = {0};

	raw_server_reply_http(fixture->server, 202, NULL, "");
	request.url = raw_server_url(fixture->server, "/");
	assert_int_equal(send_full(fixture, &probe, &request), 0);
	run_until(fixture, &probe.done, 1);
	assert_non_null(strstr(raw_server_request(fixture->server, 0), "\r\nContent-Length: 0\r\n"));
	assert_null(strstr(raw_server_request(fixture->server, 0), "Content-Type"));
}

static void every_method_is_sent_by_its_name(void **state)
{
	static const char *const METHODS[] = {"HEAD", "PUT", "DELETE", "GET"};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < 4; i++) {
		struct pims_http_request request = {.size = sizeof request, .method = METHODS[i], .timeout_ms = 5000};
		struct probe probe = {0};
		char line[32];

		if (i == 1)
			request.body = "put", request.body_length = 3;
		raw_server_reply_http(fixture->server, 200, NULL, "");
		request.url = raw_server_url(fixture->server, "/");
		assert_int_equal(send_full(fixture, &probe, &request), 0);
		run_until(fixture, &probe.done, 1);
		assert_int_equal(probe.status, 200);
		snprintf(line, sizeof line, "%s / HTTP/1.1\r\n", METHODS[i]);
		assert_ptr_equal(strstr(raw_server_request(fixture->server, i), line), raw_server_request(fixture->server, i));
	}
	assert_non_null(strstr(raw_server_request(fixture->server, 1), "\r\n\r\nput"));
}

/* --- connections --- */

static void a_connection_is_reused_by_every_transport_of_the_loop(void **state)
{
	struct fixture *fixture = *state;
	struct loop_transport *second;
	struct fixture other = *fixture;
	struct probe probe;

	raw_server_reply_http(fixture->server, 200, NULL, "one");
	get(fixture, &probe, raw_server_url(fixture->server, "/1"));
	assert_int_equal(loop_transport_new(&second, fixture->loop, NULL), 0);
	loop_transport_hooks(second, &other.hooks);
	get(&other, &probe, raw_server_url(fixture->server, "/2"));
	loop_transport_free(second);
	get(fixture, &probe, raw_server_url(fixture->server, "/3"));
	assert_string_equal(probe.body, "one");
	assert_int_equal(raw_server_requests(fixture->server), 3);
	assert_int_equal(raw_server_connections(fixture->server), 1);
}

enum { CROWD = 300 };

static int crowd_done;

static void count_done(struct probe *probe)
{
	(void)probe;
	crowd_done++;
}

static void more_requests_than_connections_all_get_their_answer(void **state)
{
	struct fixture *fixture = *state;
	struct probe *probes = calloc(CROWD, sizeof *probes);

	assert_non_null(probes);
	crowd_done = 0;
	raw_server_reply_http(fixture->server, 200, NULL, "crowd");
	for (int i = 0; i < CROWD; i++) {
		probes[i].then = count_done;
		assert_int_equal(send_get(fixture, &probes[i], raw_server_url(fixture->server, "/")), 0);
	}
	run_until(fixture, &crowd_done, CROWD);
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(probes[i].done, 1);
		assert_int_equal(probes[i].status, 200);
	}
	assert_true(raw_server_connections(fixture->server) <= 8);
	free(probes);
}

static void requests_that_wait_behind_a_silent_server_time_out(void **state)
{
	struct fixture *fixture = *state;
	struct probe probes[20];

	memset(probes, 0, sizeof probes);
	crowd_done = 0;
	raw_server_reply_silence(fixture->server);
	for (int i = 0; i < 20; i++) {
		struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 200};

		probes[i].then = count_done;
		request.url = raw_server_url(fixture->server, "/");
		assert_int_equal(send_full(fixture, &probes[i], &request), 0);
	}
	run_until(fixture, &crowd_done, 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(probes[i].failure, PIMS_HTTP_TIMEOUT);
	/* and the transport still works */
	raw_server_reply_http(fixture->server, 200, NULL, "alive");
	get(fixture, &probes[0], raw_server_url(fixture->server, "/"));
	assert_string_equal(probes[0].body, "alive");
}

/* --- cancel and free --- */

static void after_cancel_done_is_never_called(void **state)
{
	struct fixture *fixture = *state;
	struct probe held = {0}, probe = {0}, never = {0};

	raw_server_reply_silence(fixture->server);
	raw_server_reply_http(fixture->server, 200, NULL, "next");
	assert_int_equal(send_get(fixture, &held, raw_server_url(fixture->server, "/held")), 0);
	while (raw_server_requests(fixture->server) == 0)
		assert_true(pims_loop_process(fixture->loop) >= 0);
	fixture->hooks.cancel(fixture->hooks.data, &held);
	fixture->hooks.cancel(fixture->hooks.data, &held);
	assert_int_equal(send_get(fixture, &never, raw_server_url(fixture->server, "/never")), 0);
	fixture->hooks.cancel(fixture->hooks.data, &never);
	get(fixture, &probe, raw_server_url(fixture->server, "/next"));
	assert_int_equal(held.done + never.done, 0);
	assert_int_equal(raw_server_requests(fixture->server), 2);
}

static void cancel_other(struct probe *probe)
{
	probe->fixture->hooks.cancel(probe->fixture->hooks.data, probe->other);
}

static void a_request_canceled_by_another_that_is_done_stays_silent(void **state)
{
	struct fixture *fixture = *state;
	struct probe a = {.then = cancel_other}, b = {.then = cancel_other};
	struct probe last;

	a.other = &b;
	b.other = &a;
	raw_server_reply_http(fixture->server, 200, NULL, "x");
	assert_int_equal(send_get(fixture, &a, raw_server_url(fixture->server, "/a")), 0);
	assert_int_equal(send_get(fixture, &b, raw_server_url(fixture->server, "/b")), 0);
	while (a.done + b.done == 0)
		assert_true(pims_run(fixture->loop, 20) >= 0);
	get(fixture, &last, raw_server_url(fixture->server, "/last"));
	assert_int_equal(a.done + b.done, 1);
}

static void send_again(struct probe *probe)
{
	if (probe->done < 5)
		assert_int_equal(send_get(probe->fixture, probe, raw_server_url(probe->fixture->server, "/again")), 0);
}

static void done_may_send_the_next_request(void **state)
{
	struct fixture *fixture = *state;
	struct probe probe = {.then = send_again};

	raw_server_reply_http(fixture->server, 200, NULL, "x");
	assert_int_equal(send_get(fixture, &probe, raw_server_url(fixture->server, "/")), 0);
	run_until(fixture, &probe.done, 5);
	assert_int_equal(raw_server_connections(fixture->server), 1);
}

static void free_transport(struct probe *probe)
{
	loop_transport_free(probe->fixture->transport);
	probe->fixture->transport = NULL;
}

static void done_may_free_the_transport_and_what_pends_on_it_stays_silent(void **state)
{
	struct fixture *fixture = *state;
	struct probe first = {.then = free_transport}, held = {0};

	raw_server_reply_silence(fixture->server);
	raw_server_reply_http(fixture->server, 200, NULL, "x");
	assert_int_equal(send_get(fixture, &held, raw_server_url(fixture->server, "/held")), 0);
	while (raw_server_requests(fixture->server) == 0)
		assert_true(pims_loop_process(fixture->loop) >= 0);
	assert_int_equal(send_get(fixture, &first, raw_server_url(fixture->server, "/")), 0);
	run_until(fixture, &first.done, 1);
	assert_int_equal(held.done, 0);
	assert_null(fixture->transport);
}

static void a_loop_freed_before_its_transport_ends_requests_in_silence(void **state)
{
	struct fixture *fixture = *state;
	struct probe held = {0}, late = {0};

	raw_server_reply_silence(fixture->server);
	assert_int_equal(send_get(fixture, &held, raw_server_url(fixture->server, "/held")), 0);
	while (raw_server_requests(fixture->server) == 0)
		assert_true(pims_loop_process(fixture->loop) >= 0);
	pims_loop_free(fixture->loop);
	fixture->loop = NULL;
	assert_int_equal(send_get(fixture, &late, raw_server_url(fixture->server, "/late")), PIMS_E_STATE);
	assert_int_equal(held.done + late.done, 0);
}

/* --- proxies --- */

static void loopback_never_goes_through_a_proxy(void **state)
{
	struct fixture *fixture = *state;
	struct fixture proxied = *fixture;
	struct probe probe;
	char proxy[64], url[64];

	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", raw_server_refused_port());
	assert_int_equal(setenv("http_proxy", proxy, 1), 0);
	assert_int_equal(setenv("no_proxy", "example.org", 1), 0);
	raw_server_reply_http(fixture->server, 200, NULL, "direct");
	assert_int_equal(pims_loop_new(&proxied.loop, NULL), 0);
	assert_int_equal(loop_transport_new(&proxied.transport, proxied.loop, NULL), 0);
	loop_transport_hooks(proxied.transport, &proxied.hooks);
	get(&proxied, &probe, raw_server_url(fixture->server, "/"));
	assert_string_equal(probe.body, "direct");
	snprintf(url, sizeof url, "http://localhost:%d/", raw_server_port(fixture->server));
	get(&proxied, &probe, url);
	assert_string_equal(probe.body, "direct");
	/* others do: the proxy refuses */
	get(&proxied, &probe, "http://10.255.255.1/");
	assert_int_equal(probe.failure, PIMS_HTTP_NETWORK);
	loop_transport_free(proxied.transport);
	pims_loop_free(proxied.loop);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refused_connection_is_a_network_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_unknown_host_is_a_network_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_silent_server_is_a_timeout_at_the_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(half_an_answer_and_silence_is_a_timeout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_host_that_never_connects_is_a_network_failure_at_the_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_whole_http_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_body_over_the_limit_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_limit_of_a_request_is_exact, set_up, tear_down),
		cmocka_unit_test_setup_teardown(headers_over_the_limit_are_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_tls_handshake_that_nobody_answers_is_a_timeout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(urls_of_other_schemes_are_refused_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_malformed_url_is_answered_by_a_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(redirects_are_answers_and_never_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_answer_comes_with_status_headers_and_body, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_interim_answer_and_trailers_leave_no_headers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_compressed_body_is_handed_over_as_it_came, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_request_is_sent_as_it_was_built, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_post_without_a_body_invents_no_content_type, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_method_is_sent_by_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_connection_is_reused_by_every_transport_of_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_requests_than_connections_all_get_their_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(requests_that_wait_behind_a_silent_server_time_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_cancel_done_is_never_called, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_request_canceled_by_another_that_is_done_stays_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(done_may_send_the_next_request, set_up, tear_down),
		cmocka_unit_test_setup_teardown(done_may_free_the_transport_and_what_pends_on_it_stays_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_loop_freed_before_its_transport_ends_requests_in_silence, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loopback_never_goes_through_a_proxy, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
