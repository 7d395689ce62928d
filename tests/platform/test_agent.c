/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/agent.h"
#include "platform/agent_browser.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct fixture {
	struct fake_env fake;
	struct pims_loop *loop;
	struct agent_receiver *receiver;
	int calls;
	bool wanted;
	bool free_inside;
	char url[16384];
	char answer[8192]; /* of the last exchange */
};

static bool redirected(void *data, const char *url)
{
	struct fixture *fixture = data;

	fixture->calls++;
	snprintf(fixture->url, sizeof fixture->url, "%s", url);
	if (fixture->free_inside) {
		agent_receiver_free(fixture->receiver);
		fixture->receiver = NULL;
	}
	return fixture->wanted;
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct pims_loop_options options = {.size = sizeof options};

	assert_non_null(fixture);
	fake_env_init(&fixture->fake);
	options.clock = &fixture->fake.clock;
	assert_int_equal(pims_loop_new(&fixture->loop, &options), 0);
	assert_int_equal(agent_receiver_open(&fixture->receiver, fixture->loop, "http://127.0.0.1/callback", redirected, fixture), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	agent_receiver_free(fixture->receiver);
	pims_loop_free(fixture->loop);
	fake_env_free(&fixture->fake);
	free(fixture);
	return 0;
}

static int port_of(const char *uri)
{
	return (int)strtol(strrchr(uri, ':') + 1, NULL, 10);
}

static int connect_to(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Runs the loop until the peer closes, and keeps what it sent. */
static void read_to_end(struct fixture *fixture, int fd)
{
	time_t start = time(NULL);
	size_t used = 0;
	ssize_t n = -1;

	while (n != 0 && time(NULL) - start < 20) {
		assert_true(pims_loop_process(fixture->loop) >= 0);
		n = recv(fd, fixture->answer + used, sizeof fixture->answer - 1 - used, MSG_DONTWAIT);
		if (n > 0)
			used += (size_t)n;
		if (n < 0 && errno == ECONNRESET)
			break;
	}
	fixture->answer[used] = '\0';
	assert_true(n <= 0 && time(NULL) - start < 20);
}

static void exchange_bytes(struct fixture *fixture, const char *bytes, size_t length)
{
	int fd = connect_to(port_of(agent_receiver_uri(fixture->receiver)));

	assert_true(fd >= 0);
	assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
	read_to_end(fixture, fd);
	close(fd);
	pims_loop_process(fixture->loop);
}

static void exchange_text(struct fixture *fixture, const char *text)
{
	exchange_bytes(fixture, text, strlen(text));
}

static void assert_status(const struct fixture *fixture, int status)
{
	char line[16];

	snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	if (strncmp(fixture->answer, line, strlen(line)) != 0)
		fail_msg("wanted %d, got %.60s", status, fixture->answer);
}

/* --- opening --- */

static void only_loopback_http_uris_can_be_received(void **state)
{
	static const char *const NOT[] = {
		"https://127.0.0.1/callback", "http://example.org/callback", "http://10.0.0.1/", "mymap://oauth2redirect/fr", "callback", "",
		"http://127.0.0.1.example.org/", "http://localhost.example.org/", "http://127.0.0.1/callback#x", "http://[::2]/",
	};
	struct agent_receiver *receiver = NULL;
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof NOT / sizeof NOT[0]; i++) {
		assert_false(agent_can_receive(NOT[i]));
		assert_int_equal(agent_receiver_open(&receiver, fixture->loop, NOT[i], redirected, fixture), PIMS_E_INVALID);
		assert_null(receiver);
	}
	assert_true(agent_can_receive("http://127.0.0.1/callback"));
	assert_true(agent_can_receive("http://127.0.0.1:8080"));
	assert_true(agent_can_receive("http://localhost/"));
	assert_true(agent_can_receive("http://[::1]/callback"));
}

static void a_port_that_is_taken_is_an_error(void **state)
{
	struct agent_receiver *receiver = NULL;
	struct fixture *fixture = *state;

	assert_int_equal(agent_receiver_open(&receiver, fixture->loop, agent_receiver_uri(fixture->receiver), redirected, fixture),
			 PIMS_E_SYSTEM);
	assert_null(receiver);
}

static void the_uri_names_the_port_that_was_opened(void **state)
{
	struct fixture *fixture = *state;
	const char *uri = agent_receiver_uri(fixture->receiver);
	struct agent_receiver *other;
	char again[64];

	assert_int_equal(strncmp(uri, "http://127.0.0.1:", 17), 0);
	assert_string_equal(strrchr(uri, '/'), "/callback");
	assert_true(port_of(uri) > 0);
	/* a port that is named is the one taken, also right after it was closed */
	snprintf(again, sizeof again, "http://localhost:%d/other?x=1", port_of(uri));
	agent_receiver_free(fixture->receiver);
	fixture->receiver = NULL;
	assert_int_equal(agent_receiver_open(&other, fixture->loop, again, redirected, fixture), 0);
	assert_string_equal(agent_receiver_uri(other), again);
	agent_receiver_free(other);
}

static void ipv6_loopback_is_written_in_brackets(void **state)
{
	struct fixture *fixture = *state;
	struct agent_receiver *other;
	int r = agent_receiver_open(&other, fixture->loop, "http://[::1]/callback", redirected, fixture);

	if (r == PIMS_E_SYSTEM)
		skip(); /* a machine without IPv6 */
	assert_int_equal(r, 0);
	assert_int_equal(strncmp(agent_receiver_uri(other), "http://[::1]:", 13), 0);
	agent_receiver_free(other);
}

/* --- requests --- */

static void what_is_no_redirect_is_refused_and_the_next_one_served(void **state)
{
	static const struct {
		const char *request;
		int status;
	} CASES[] = {
		{"GET /favicon.ico HTTP/1.1\r\n\r\n", 404},
		{"GET / HTTP/1.1\r\n\r\n", 404},
		{"GET /callback/ HTTP/1.1\r\n\r\n", 404},
		{"GET /callbac HTTP/1.1\r\n\r\n", 404},
		{"GET /CALLBACK?code=1 HTTP/1.1\r\n\r\n", 404},
		{"POST /callback?code=1 HTTP/1.1\r\n\r\n", 405},
		{"HEAD /callback?code=1 HTTP/1.1\r\n\r\n", 405},
		{"GET http://127.0.0.1/callback HTTP/1.1\r\n\r\n", 400},
		{"GET /callback?a b HTTP/1.1\r\n\r\n", 400},
		{"GET /callback?a\tb HTTP/1.1\r\n\r\n", 400},
		{"GET /callback?\xc3\xa4 HTTP/1.1\r\n\r\n", 400},
		{"GET /callback#x HTTP/1.1\r\n\r\n", 400},
		{"GET /callback HTTP/2.0\r\n\r\n", 400},
		{"GET /callback HTTP/1.12\r\n\r\n", 400},
		{"GET /callback\r\n\r\n", 400},
		{"get /callback HTTP/1.1\r\n\r\n", 400},
		{" /callback HTTP/1.1\r\n\r\n", 400},
		{"\x16\x03\x01\r\n\r\n", 400},
		{"\r\n\r\n", 400},
	};
	struct fixture *fixture = *state;

	fixture->wanted = true;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		exchange_text(fixture, CASES[i].request);
		assert_status(fixture, CASES[i].status);
		assert_int_equal(fixture->calls, 0);
	}
	exchange_text(fixture, "GET /callback?code=1 HTTP/1.1\r\n\r\n");
	assert_status(fixture, 200);
	assert_int_equal(fixture->calls, 1);
}

static void a_redirect_nobody_waits_for_is_told_so_and_listening_goes_on(void **state)
{
	struct fixture *fixture = *state;

	exchange_text(fixture, "GET /callback?state=forged HTTP/1.1\r\n\r\n");
	assert_status(fixture, 400);
	assert_int_equal(fixture->calls, 1);
	fixture->wanted = true;
	exchange_text(fixture, "GET /callback?state=right HTTP/1.1\r\n\r\n");
	assert_status(fixture, 200);
	assert_int_equal(fixture->calls, 2);
}

static void a_request_that_is_too_large_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char *large = malloc(20000);

	assert_non_null(large);
	memset(large, 'a', 20000);
	memcpy(large, "GET /callback?", 14);
	exchange_bytes(fixture, large, AGENT_MAX_REQUEST + 1);
	assert_status(fixture, 431);
	assert_int_equal(fixture->calls, 0);
	/* one that just fits is served */
	fixture->wanted = true;
	memcpy(large + AGENT_MAX_REQUEST - 13, " HTTP/1.1\r\n\r\n", 13);
	exchange_bytes(fixture, large, AGENT_MAX_REQUEST);
	assert_status(fixture, 200);
	free(large);
}

static void the_callback_gets_the_whole_url(void **state)
{
	struct fixture *fixture = *state;
	char expected[256];

	fixture->wanted = true;
	exchange_text(fixture, "GET /callback?code=a%20b&state=x+y&iss=http%3A%2F%2Fa HTTP/1.1\r\nHost: evil.example\r\n\r\n");
	snprintf(expected, sizeof expected, "%s?code=a%%20b&state=x+y&iss=http%%3A%%2F%%2Fa", agent_receiver_uri(fixture->receiver));
	assert_string_equal(fixture->url, expected);
}

static void the_page_is_plain_and_keeps_the_code_to_itself(void **state)
{
	struct fixture *fixture = *state;

	fixture->wanted = true;
	exchange_text(fixture, "GET /callback?code=secret-code&state=secret-state HTTP/1.1\r\n\r\n");
	assert_status(fixture, 200);
	assert_non_null(strstr(fixture->answer, "\r\nContent-Security-Policy: default-src 'none'"));
	assert_non_null(strstr(fixture->answer, "\r\nReferrer-Policy: no-referrer\r\n"));
	assert_non_null(strstr(fixture->answer, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(fixture->answer, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
	assert_non_null(strstr(fixture->answer, "<html lang=\"en\">"));
	assert_non_null(strstr(fixture->answer, "You can close this window"));
	assert_null(strstr(fixture->answer, "secret"));
	assert_null(strstr(fixture->answer, "<script"));
}

static void a_request_may_come_byte_by_byte(void **state)
{
	static const char REQUEST[] = "GET /callback?code=1 HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture *fixture = *state;
	int fd = connect_to(port_of(agent_receiver_uri(fixture->receiver)));

	fixture->wanted = true;
	for (size_t i = 0; i < sizeof REQUEST - 1; i++) {
		assert_int_equal(send(fd, REQUEST + i, 1, MSG_NOSIGNAL), 1);
		pims_loop_process(fixture->loop);
		assert_int_equal(fixture->calls, i < sizeof REQUEST - 2 ? 0 : fixture->calls);
	}
	read_to_end(fixture, fd);
	assert_status(fixture, 200);
	close(fd);
}

/* --- connections --- */

static void silent_connections_end_at_their_deadline_and_do_not_keep_others_out(void **state)
{
	struct fixture *fixture = *state;
	int port = port_of(agent_receiver_uri(fixture->receiver)), silent[AGENT_MAX_CONNECTIONS], waiting;
	char byte;

	fixture->wanted = true;
	for (int i = 0; i < AGENT_MAX_CONNECTIONS; i++) {
		silent[i] = connect_to(port);
		assert_true(silent[i] >= 0);
	}
	/* all places are taken: this one waits in the backlog */
	waiting = connect_to(port);
	assert_true(waiting >= 0);
	assert_int_equal(send(waiting, "GET /callback HTTP/1.1\r\n\r\n", 26, MSG_NOSIGNAL), 26);
	for (int i = 0; i < 100; i++)
		pims_loop_process(fixture->loop);
	assert_int_equal(fixture->calls, 0);
	fake_env_advance(&fixture->fake, AGENT_REQUEST_TIMEOUT_MS - 1);
	pims_loop_process(fixture->loop);
	assert_int_equal(recv(silent[0], &byte, 1, MSG_DONTWAIT), -1);
	fake_env_advance(&fixture->fake, 1);
	pims_loop_process(fixture->loop);
	for (int i = 0; i < AGENT_MAX_CONNECTIONS; i++) {
		assert_int_equal(recv(silent[i], &byte, 1, 0), 0);
		close(silent[i]);
	}
	read_to_end(fixture, waiting);
	assert_status(fixture, 200);
	close(waiting);
}

static void a_connection_that_ends_early_costs_nothing(void **state)
{
	struct fixture *fixture = *state;
	int port = port_of(agent_receiver_uri(fixture->receiver));

	fixture->wanted = true;
	for (int i = 0; i < 3 * AGENT_MAX_CONNECTIONS; i++) {
		int fd = connect_to(port);

		assert_int_equal(send(fd, "GET /ca", 7, MSG_NOSIGNAL), 7);
		close(fd);
		pims_loop_process(fixture->loop);
		pims_loop_process(fixture->loop);
	}
	exchange_text(fixture, "GET /callback HTTP/1.1\r\n\r\n");
	assert_status(fixture, 200);
}

static void the_page_arrives_though_the_callback_frees_the_receiver(void **state)
{
	struct fixture *fixture = *state;
	int port = port_of(agent_receiver_uri(fixture->receiver));

	fixture->wanted = fixture->free_inside = true;
	exchange_text(fixture, "GET /callback?code=1 HTTP/1.1\r\n\r\n");
	assert_status(fixture, 200);
	assert_non_null(strstr(fixture->answer, "</html>"));
	assert_null(fixture->receiver);
	assert_int_equal(connect_to(port), -1);
}

static void a_freed_receiver_waits_for_its_page_no_longer_than_the_deadline(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_to(port_of(agent_receiver_uri(fixture->receiver)));

	fixture->wanted = fixture->free_inside = true;
	assert_int_equal(send(fd, "GET /callback HTTP/1.1\r\n\r\n", 26, MSG_NOSIGNAL), 26);
	while (fixture->calls == 0)
		pims_loop_process(fixture->loop);
	fake_env_advance(&fixture->fake, AGENT_REQUEST_TIMEOUT_MS);
	pims_loop_process(fixture->loop);
	/* freed now: the sanitizer would tell of a leak, or of a second one at the end of the loop */
	read_to_end(fixture, fd);
	assert_status(fixture, 200);
	close(fd);
}

static void the_end_of_the_loop_closes_the_receiver(void **state)
{
	struct fixture *fixture = *state;
	int port = port_of(agent_receiver_uri(fixture->receiver)), fd = connect_to(port);

	pims_loop_process(fixture->loop);
	pims_loop_free(fixture->loop);
	fixture->loop = NULL;
	assert_int_equal(connect_to(port), -1);
	close(fd);
}

/* --- the browser --- */

struct desktop {
	char dir[64];
	char log[128];
	char path[4096];
	struct agent_browser browser;
	struct pims_agent agent;
};

static int set_up_desktop(void **state)
{
	struct desktop *desktop = calloc(1, sizeof *desktop);

	assert_non_null(desktop);
	strcpy(desktop->dir, "/tmp/pims-test-XXXXXX");
	assert_non_null(mkdtemp(desktop->dir));
	snprintf(desktop->log, sizeof desktop->log, "%s/log", desktop->dir);
	snprintf(desktop->path, sizeof desktop->path, "%s", getenv("PATH"));
	assert_int_equal(setenv("PATH", desktop->dir, 1), 0);
	unsetenv("WAYLAND_DISPLAY");
	assert_int_equal(setenv("DISPLAY", ":99", 1), 0);
	agent_browser_init(&desktop->browser);
	agent_browser_hooks(&desktop->browser, &desktop->agent);
	*state = desktop;
	return 0;
}

static int tear_down_desktop(void **state)
{
	struct desktop *desktop = *state;
	char opener[128];

	agent_browser_free(&desktop->browser);
	snprintf(opener, sizeof opener, "%s/xdg-open", desktop->dir);
	unlink(opener);
	unlink(desktop->log);
	assert_int_equal(rmdir(desktop->dir), 0);
	assert_int_equal(setenv("PATH", desktop->path, 1), 0);
	free(desktop);
	return 0;
}

/* An xdg-open that writes down what it was called with. */
static void install_opener(const struct desktop *desktop)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/xdg-open", desktop->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\nprintf '%%s|%%s\\n' \"$#\" \"$1\" > '%s.new'\n/bin/mv '%s.new' '%s'\n", desktop->log, desktop->log, desktop->log);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static int open_url(struct desktop *desktop, const char *url)
{
	return desktop->agent.open(desktop->agent.data, "01234567-89ab", url, NULL, NULL);
}

static void without_a_desktop_or_an_opener_there_is_no_browser(void **state)
{
	struct desktop *desktop = *state;
	const char *preload = getenv("LD_PRELOAD");

	/* valgrind turns the vfork() in posix_spawn() into a fork(), which loses the error of a missing program */
	if (!preload || !strstr(preload, "vgpreload"))
		assert_int_equal(open_url(desktop, "https://example.org/"), PIMS_E_NOT_FOUND);
	install_opener(desktop);
	unsetenv("DISPLAY");
	assert_int_equal(open_url(desktop, "https://example.org/"), PIMS_E_NOT_FOUND);
	assert_int_equal(setenv("DISPLAY", "", 1), 0);
	assert_int_equal(open_url(desktop, "https://example.org/"), PIMS_E_NOT_FOUND);
}

static void only_web_addresses_are_opened(void **state)
{
	struct desktop *desktop = *state;

	install_opener(desktop);
	assert_int_equal(open_url(desktop, "file:///etc/passwd"), PIMS_E_INVALID);
	assert_int_equal(open_url(desktop, "--help"), PIMS_E_INVALID);
	assert_int_equal(open_url(desktop, "javascript:alert(1)"), PIMS_E_INVALID);
}

static void the_url_is_one_argument_whatever_is_in_it(void **state)
{
	static const char URL[] = "https://example.org/a?x=1&y='$(touch%20/tmp/x)';z";
	struct desktop *desktop = *state;
	char line[256] = "";
	FILE *file = NULL;

	install_opener(desktop);
	assert_int_equal(setenv("WAYLAND_DISPLAY", "wayland-0", 1), 0);
	unsetenv("DISPLAY");
	assert_int_equal(open_url(desktop, URL), 0);
	for (time_t start = time(NULL); !file && time(NULL) - start < 20;)
		file = fopen(desktop->log, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	assert_int_equal(strncmp(line, "1|", 2), 0);
	assert_string_equal(line + 2, URL);
	/* what has ended is reaped by and by */
	while (desktop->browser.children[0] != 0)
		desktop->agent.close(desktop->agent.data, "01234567-89ab");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void openers_that_never_end_are_limited(void **state)
{
	struct desktop *desktop = *state;

	install_opener(desktop);
	for (int i = 0; i < BROWSER_MAX_CHILDREN; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			pause();
			_exit(0);
		}
		desktop->browser.children[i] = child;
	}
	assert_int_equal(open_url(desktop, "https://example.org/"), PIMS_E_LIMIT);
	for (int i = 0; i < BROWSER_MAX_CHILDREN; i++) {
		assert_int_equal(kill(desktop->browser.children[i], SIGKILL), 0);
		assert_int_equal(waitpid(desktop->browser.children[i], NULL, 0), desktop->browser.children[i]);
	}
	assert_int_equal(open_url(desktop, "https://example.org/"), 0);
	while (desktop->browser.children[0] != 0)
		desktop->agent.close(desktop->agent.data, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_loopback_http_uris_can_be_received, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_port_that_is_taken_is_an_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_uri_names_the_port_that_was_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ipv6_loopback_is_written_in_brackets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_redirect_is_refused_and_the_next_one_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_redirect_nobody_waits_for_is_told_so_and_listening_goes_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_request_that_is_too_large_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_callback_gets_the_whole_url, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_page_is_plain_and_keeps_the_code_to_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_request_may_come_byte_by_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silent_connections_end_at_their_deadline_and_do_not_keep_others_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_connection_that_ends_early_costs_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_page_arrives_though_the_callback_frees_the_receiver, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_freed_receiver_waits_for_its_page_no_longer_than_the_deadline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_the_loop_closes_the_receiver, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_desktop_or_an_opener_there_is_no_browser, set_up_desktop, tear_down_desktop),
		cmocka_unit_test_setup_teardown(only_web_addresses_are_opened, set_up_desktop, tear_down_desktop),
		cmocka_unit_test_setup_teardown(the_url_is_one_argument_whatever_is_in_it, set_up_desktop, tear_down_desktop),
		cmocka_unit_test_setup_teardown(openers_that_never_end_are_limited, set_up_desktop, tear_down_desktop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
