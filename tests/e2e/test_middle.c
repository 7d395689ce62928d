/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/encode.h"
#include "base/url.h"
#include "inwebo/keys.h"
#include "inwebo/rsa.h"
#include "server/iwws/keys.h"
#include "support/tls_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A machine in the middle between libpims and a real pimsd, past TLS (a broken authority, say): it passes iwws/MAC on, and puts keys of its own into the
 * answer to ActionSetup. What it gets of the PIN is in what it has seen.
 */

#define PIN "4739"
#define SMSCODE "pims.authentication.smscode"
#define ENROLLMENT "pims.authentication.enrollment"
#define PINNING "Certificat pinning failed"

enum { MESSAGE_MAX = 32768, SEEN_MAX = 256 * 1024 };

struct middle {
	pthread_t thread;
	pthread_mutex_t lock;
	int listener;
	unsigned port, server_port;
	struct iw_keys *keys; /**< its own */
	bool swaps;
	char seen[SEEN_MAX]; /**< request lines */
	size_t requests;
};

struct world {
	struct sandbox sandbox;
	struct app app;
	struct middle middle;
	char fingerprint[SHA256_HEX_SIZE]; /**< of the server's real key */
};

/* --- the machine in the middle -------------------------------------------------------------------------------------------------------- */

static size_t read_until_end(int fd, char *text, size_t size, const char *end)
{
	size_t length = 0;
	ssize_t n;

	text[0] = 0;
	while (length + 1 < size && !(end && strstr(text, end)) && (n = recv(fd, text + length, size - 1 - length, 0)) > 0) {
		length += (size_t)n;
		text[length] = 0;
	}
	return length;
}

/* <name>…</name> gets another content. */
static void replace_element(char *xml, const char *name, const char *content)
{
	char open[32], close[32], rest[MESSAGE_MAX];
	char *start, *end;

	(void)snprintf(open, sizeof open, "<%s>", name);
	(void)snprintf(close, sizeof close, "</%s>", name);
	start = strstr(xml, open);
	end = start ? strstr(start, close) : NULL;
	if (!end)
		abort();
	(void)snprintf(rest, sizeof rest, "%s", end);
	(void)snprintf(start + strlen(open), MESSAGE_MAX - (size_t)(start + strlen(open) - xml), "%s%s", content, rest);
}

static void pass_on(struct middle *middle, int client)
{
	char request[MESSAGE_MAX], sent[MESSAGE_MAX + 64], answer[MESSAGE_MAX], head[256];
	int server = tcp_open(middle->server_port);
	bool setup;
	char *body;

	if (server < 0 || !read_until_end(client, request, sizeof request, "\r\n\r\n"))
		abort();
	setup = strstr(request, "action=ActionSetup") && strstr(request, "mode=activate");
	pthread_mutex_lock(&middle->lock);
	(void)snprintf(middle->seen + strlen(middle->seen), SEEN_MAX - strlen(middle->seen), "%.*s\n", (int)strcspn(request, "\r"), request);
	middle->requests++;
	pthread_mutex_unlock(&middle->lock);
	request[strlen(request) - 2] = 0;
	(void)snprintf(sent, sizeof sent, "%sConnection: close\r\n\r\n", request);
	(void)send(server, sent, strlen(sent), MSG_NOSIGNAL);
	read_until_end(server, answer, sizeof answer, NULL);
	close(server);
	body = strstr(answer, "\r\n\r\n");
	if (!body)
		abort();
	body += 4;
	if (setup && middle->swaps && strstr(body, "<Kfact>")) {
		replace_element(body, "Kfact", iw_keys_kfact(middle->keys));
		replace_element(body, "Kiw", iw_keys_kiw(middle->keys));
	}
	(void)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", strlen(body));
	(void)send(client, head, strlen(head), MSG_NOSIGNAL);
	(void)send(client, body, strlen(body), MSG_NOSIGNAL);
}

static void *stand_between(void *data)
{
	struct middle *middle = data;
	int fd;

	while ((fd = accept(middle->listener, NULL, NULL)) >= 0) {
		pass_on(middle, fd);
		close(fd);
	}
	return NULL;
}

static void middle_start(struct middle *middle, unsigned server_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	struct env env;

	env_init(&env, NULL, NULL, NULL);
	assert_int_equal(iw_keys_generate(&env, &middle->keys), 0);
	pthread_mutex_init(&middle->lock, NULL);
	middle->server_port = server_port;
	middle->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(middle->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(middle->listener, 16), 0);
	assert_int_equal(getsockname(middle->listener, (struct sockaddr *)&address, &length), 0);
	middle->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&middle->thread, NULL, stand_between, middle), 0);
}

static void middle_stop(struct middle *middle)
{
	shutdown(middle->listener, SHUT_RDWR);
	pthread_join(middle->thread, NULL);
	close(middle->listener);
	iw_keys_free(middle->keys);
	pthread_mutex_destroy(&middle->lock);
}

static bool has_seen(struct middle *middle, const char *text)
{
	bool seen;

	pthread_mutex_lock(&middle->lock);
	seen = strstr(middle->seen, text);
	pthread_mutex_unlock(&middle->lock);
	return seen;
}

/* Opens the PIN of the last Finalize it has seen. False: it is not closed under its key. */
static bool has_pin(struct middle *middle, const char *pin)
{
	unsigned char message[IW_RSA_MAX_BYTES];
	struct query query = {0};
	const char *closed, *line;
	size_t length = 0;
	bool has = false;

	pthread_mutex_lock(&middle->lock);
	line = NULL;
	for (const char *at = middle->seen; (at = strstr(at, "action=ActionFinalize&mode=activate")); at++)
		line = at;
	assert_non_null(line);
	assert_int_equal(query_parse(line, strcspn(line, " "), &query), 0);
	pthread_mutex_unlock(&middle->lock);
	closed = query_get(&query, "pin");
	if (closed && iw_keys_open_kiw(middle->keys, closed, message, &length) == 0)
		has = length == strlen(pin) && memcmp(message, pin, length) == 0;
	query_free(&query);
	return has;
}

/* --- the world ---------------------------------------------------------------------------------------------------------------------- */

static void read_fingerprint(struct world *world)
{
	char command[256];
	int pipes[2];
	pid_t pid;
	ssize_t n;

	(void)snprintf(command, sizeof command, "%s", world->sandbox.directory);
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], STDOUT_FILENO);
		execl(PIMSD_BIN, PIMSD_BIN, "key", "fingerprint", "--data", command, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	n = read(pipes[0], world->fingerprint, sizeof world->fingerprint);
	close(pipes[0]);
	assert_int_equal(n, SHA256_HEX_SIZE);
	world->fingerprint[SHA256_HEX_SIZE - 1] = 0; /* was the line's end */
	assert_true(hex_valid(world->fingerprint, SHA256_HEX_SIZE - 1));
}

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	sandbox_start(&world.sandbox, (const char *const[]){"--sms-cooldown", "0", NULL});
	middle_start(&world.middle, (unsigned)strtoul(strrchr(world.sandbox.url, ':') + 1, NULL, 10));
	read_fingerprint(&world);
	app_start(&world.app, &world.sandbox, NULL);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	app_remove(&world->app);
	middle_stop(&world->middle);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	return 0;
}

static void go_through_the_middle(struct world *world)
{
	char url[64];

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", world->middle.port);
	app_configure(&world->app, "credential", "inWeboURL", url);
}

static void pin_key(struct world *world, const char *fingerprint)
{
	app_configure(&world->app, "credential", "inWeboKey", fingerprint);
}

static void try_to_enrol(struct world *world)
{
	char code[16], parameters[128];

	app_call(&world->app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	app_assert_succeeded(&world->app);
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	(void)snprintf(parameters, sizeof parameters, "{\"action\":\"enroll\",\"pinCode\":\"" PIN "\",\"smsCode\":\"%s\"}", code);
	app_call(&world->app, "set", ENROLLMENT, parameters);
}

static void begin_signed_in(struct world *world)
{
	app_initialize(&world->app);
	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_assert_succeeded(&world->app);
}

/* Neither closed nor in clear, nor anything that was made with it: not one Finalize. */
static void assert_no_pin_left(struct world *world)
{
	assert_true(has_seen(&world->middle, "action=ActionSetup"));
	assert_false(has_seen(&world->middle, "ActionFinalize"));
	assert_false(has_seen(&world->middle, "pin="));
	assert_false(has_seen(&world->middle, "Kma="));
}

static void without_a_pin_and_a_memory_it_gets_the_pin(void **state)
{
	struct world *world = *state;

	/* what the pin is for, and that this machine would notice */
	go_through_the_middle(world);
	world->middle.swaps = true;
	begin_signed_in(world);
	try_to_enrol(world);
	assert_true(has_seen(&world->middle, "ActionFinalize"));
	assert_true(has_pin(&world->middle, PIN));
}

static void with_a_pinned_key_it_gets_nothing_at_the_first_activation(void **state)
{
	struct world *world = *state;

	go_through_the_middle(world);
	pin_key(world, world->fingerprint);
	world->middle.swaps = true;
	begin_signed_in(world);
	try_to_enrol(world);
	app_assert_failed(&world->app, 2208, PINNING, "inwebo.kfact_pinned");
	assert_no_pin_left(world);
	world->middle.swaps = false; /* and when it has gone away, all is well */
	try_to_enrol(world);
	app_assert_succeeded(&world->app);
	assert_false(has_pin(&world->middle, PIN));
}

static void with_a_remembered_key_it_gets_nothing_at_the_next_activation(void **state)
{
	struct world *world = *state;

	begin_signed_in(world);
	try_to_enrol(world);
	app_assert_succeeded(&world->app);
	go_through_the_middle(world);
	world->middle.swaps = true;
	app_reopen(&world->app);
	try_to_enrol(world);
	app_assert_failed(&world->app, 2208, PINNING, "inwebo.kfact_changed");
	assert_no_pin_left(world);
}

static void with_both_the_pinned_key_decides(void **state)
{
	struct world *world = *state;
	char own[SHA256_HEX_SIZE];

	begin_signed_in(world);
	try_to_enrol(world);
	app_assert_succeeded(&world->app);
	go_through_the_middle(world);
	pin_key(world, world->fingerprint);
	world->middle.swaps = true;
	app_reopen(&world->app);
	try_to_enrol(world);
	app_assert_failed(&world->app, 2208, PINNING, "inwebo.kfact_pinned");
	assert_no_pin_left(world);
	/* who pins the other key has said so */
	assert_int_equal(iw_rsa_fingerprint(iw_keys_kfact(world->middle.keys), own), 0);
	pin_key(world, own);
	app_reopen(&world->app);
	try_to_enrol(world);
	assert_true(has_pin(&world->middle, PIN));
}

static void an_enrolled_device_gives_nothing_to_another_server_than_the_pinned_one(void **state)
{
	static const char wrong[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct world *world = *state;
	size_t requests;

	go_through_the_middle(world);
	begin_signed_in(world);
	try_to_enrol(world);
	app_assert_succeeded(&world->app);
	pin_key(world, wrong);
	app_reopen(&world->app);
	requests = world->middle.requests;
	app_call(&world->app, "get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"" PIN "\"}");
	app_assert_failed(&world->app, 2208, PINNING, "inwebo.kfact_pinned");
	app_call(&world->app, "set", "pims.authentication.pincode", "{\"action\":\"update\",\"oldPIN\":\"" PIN "\",\"newPIN\":\"5820\"}");
	app_assert_failed(&world->app, 2208, PINNING, "inwebo.kfact_pinned");
	assert_int_equal(world->middle.requests, requests);
	pin_key(world, world->fingerprint);
	app_reopen(&world->app);
	app_call(&world->app, "get", "pims.authentication.otp", "{\"action\":\"withPIN\",\"pinCode\":\"" PIN "\"}");
	app_assert_succeeded(&world->app);
}

static void a_pin_that_comes_between_confirming_and_enrolling_is_heeded(void **state)
{
	struct world *world = *state;
	char code[16], parameters[128];

	go_through_the_middle(world);
	world->middle.swaps = true;
	begin_signed_in(world);
	app_call(&world->app, "get", SMSCODE, "{\"type\":\"enrollment\"}");
	sandbox_sms_code(&world->sandbox, "enrollment", code, sizeof code);
	(void)snprintf(parameters, sizeof parameters, "{\"action\":\"enrollment\",\"smsCode\":\"%s\"}", code);
	app_call(&world->app, "set", SMSCODE, parameters);
	app_assert_succeeded(&world->app);
	pin_key(world, world->fingerprint);
	app_reopen(&world->app);
	app_call(&world->app, "set", ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"" PIN "\"}");
	app_assert_failed(&world->app, 2208, PINNING, "inwebo.kfact_pinned");
	assert_no_pin_left(world);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_pin_and_a_memory_it_gets_the_pin),
		TEST(with_a_pinned_key_it_gets_nothing_at_the_first_activation),
		TEST(with_a_remembered_key_it_gets_nothing_at_the_next_activation),
		TEST(with_both_the_pinned_key_decides),
		TEST(an_enrolled_device_gives_nothing_to_another_server_than_the_pinned_one),
		TEST(a_pin_that_comes_between_confirming_and_enrolling_is_heeded),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
