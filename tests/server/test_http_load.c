/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

/* Many requests at a time, slow ones, broken connections, and the end of the server. */

static void quick(struct request *request, struct response *response)
{
	(void)request;
	response_text(response, 200, "text/plain", "quick");
}

static void slow(struct request *request, struct response *response)
{
	struct fixture *fixture = request->server;

	wait_at(&fixture->gate);
	response_text(response, 200, "text/plain", "slow");
}

static void big(struct request *request, struct response *response)
{
	(void)request;
	response->status = 200;
	for (int i = 0; i < 30000; i++)
		buf_puts(&response->body, "0123456789");
}

static const struct route routes[] = {{"GET", "/quick", quick}, {"POST", "/quick", quick}, {"GET", "/slow", slow}, {"GET", "/big", big}, {0}};
static const struct route *const tables[] = {routes, NULL};

static void start(struct fixture *fixture, struct http_server_options options)
{
	options.address = "127.0.0.1";
	options.server = fixture;
	assert_int_equal(http_server_start(&fixture->server, &options, tables), 0);
	fixture->port = http_server_port(fixture->server);
}

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	pthread_mutex_init(&fixture->gate.lock, NULL);
	pthread_cond_init(&fixture->gate.changed, NULL);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	open_gate(&fixture->gate);
	http_server_stop(fixture->server);
	pthread_cond_destroy(&fixture->gate.changed);
	pthread_mutex_destroy(&fixture->gate.lock);
	free(fixture);
	return 0;
}

static void an_address_that_cannot_be_listened_on_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct http_server_options options = {.address = "127.0.0.1"};
	struct http_server *server = NULL;

	start(fixture, (struct http_server_options){.loops = 1});
	options.port = fixture->port;
	assert_int_equal(http_server_start(&server, &options, tables), PIMS_E_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	options.address = "localhost";
	assert_int_equal(http_server_start(&server, &options, tables), PIMS_E_FORMAT);
	options.address = "127.0.0.1";
	options.port = 65536;
	assert_int_equal(http_server_start(&server, &options, tables), PIMS_E_FORMAT);
	options.address = "192.0.2.1"; /* RFC 5737: nobody's */
	options.port = 0;
	assert_int_equal(http_server_start(&server, &options, tables), PIMS_E_SYSTEM);
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_null(server);
}

static void a_given_socket_is_used(void **state)
{
	struct fixture *fixture = *state;
	struct http_server_options options = {0};
	unsigned port = 0;

	assert_int_equal(http_listen("127.0.0.1", 0, &options.socket, &port), 0);
	start(fixture, options);
	assert_int_equal(fixture->port, port);
	assert_int_equal(get(fixture, "/quick")->status, 200);
}

static void one_connection_carries_many_requests(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fd;

	start(fixture, (struct http_server_options){.loops = 2});
	fd = connect_port(fixture->port);
	for (int i = 0; i < 50; i++) {
		send_text(fd, i % 2 ? "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n" : "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b");
		read_answer(fd, &answer, false);
		assert_int_equal(answer.status, 200);
		assert_string_equal(answer.body, "quick");
	}
	close(fd);
}

static void requests_in_pieces_are_put_together(void **state)
{
	static const char request[] = "POST /quick?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b";
	static struct answer answer;
	struct fixture *fixture = *state;
	int fd;

	start(fixture, (struct http_server_options){.loops = 1});
	fd = connect_port(fixture->port);
	for (size_t i = 0; i < sizeof request - 1; i++)
		send_bytes(fd, request + i, 1);
	read_answer(fd, &answer, false);
	assert_int_equal(answer.status, 200);
	close(fd);
}

static void a_large_answer_arrives_whole(void **state)
{
	struct fixture *fixture = *state;
	const struct answer *answer;

	start(fixture, (struct http_server_options){.loops = 1});
	answer = get(fixture, "/big");
	assert_int_equal(answer->status, 200);
	assert_int_equal(strlen(answer->body), 300000);
}

static void a_slow_handler_holds_no_loop(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fd;

	start(fixture, (struct http_server_options){.loops = 1, .workers = 2});
	fd = connect_port(fixture->port);
	send_text(fd, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
	wait_for_waiting(&fixture->gate, 1);
	for (int i = 0; i < 20; i++)
		assert_int_equal(get(fixture, "/quick")->status, 200);
	open_gate(&fixture->gate);
	read_answer(fd, &answer, false);
	assert_string_equal(answer.body, "slow");
	close(fd);
}

static bool is_slow(const struct request *request)
{
	return strcmp(request->path, "/slow") == 0;
}

static void slow_requests_wait_for_each_other_and_hold_nobody_else_up(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fds[64];

	start(fixture, (struct http_server_options){.loops = 1, .workers = 1, .slow = is_slow});
	for (int i = 0; i < 64; i++) {
		fds[i] = connect_port(fixture->port);
		send_text(fds[i], "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	wait_for_waiting(&fixture->gate, 4);
	assert_int_equal(get(fixture, "/quick")->status, 200);
	open_gate(&fixture->gate);
	for (int i = 0; i < 64; i++) {
		read_answer(fds[i], &answer, false);
		assert_int_equal(answer.status, 200);
		close(fds[i]);
	}
}

static void a_client_that_sends_half_a_request_holds_no_worker(void **state)
{
	struct fixture *fixture = *state;
	int fds[20];

	start(fixture, (struct http_server_options){.loops = 1, .workers = 1});
	for (int i = 0; i < 20; i++) {
		fds[i] = connect_port(fixture->port);
		send_text(fds[i], "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
	}
	assert_int_equal(get(fixture, "/quick")->status, 200);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
}

static void a_client_that_goes_away_meanwhile_harms_nobody(void **state)
{
	struct fixture *fixture = *state;
	struct linger reset = {.l_onoff = 1};

	start(fixture, (struct http_server_options){.loops = 1, .workers = 4});
	for (int i = 0; i < 4; i++) {
		int fd = connect_port(fixture->port);

		send_text(fd, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
		wait_for_waiting(&fixture->gate, i + 1);
		if (i % 2)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		close(fd);
	}
	open_gate(&fixture->gate);
	assert_int_equal(get(fixture, "/quick")->status, 200);
}

static void a_silent_connection_is_closed_in_time(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int silent, half;

	start(fixture, (struct http_server_options){.loops = 1, .timeout_s = 1});
	silent = connect_port(fixture->port);
	half = connect_port(fixture->port);
	send_text(half, "GET /quick HTT");
	read_answer(silent, &answer, false);
	assert_int_equal(answer.status, -1);
	read_answer(half, &answer, false);
	assert_int_not_equal(answer.status, 200);
	close(silent);
	close(half);
}

static void connections_are_bounded(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	int fds[16], answered = 0;

	start(fixture, (struct http_server_options){.loops = 1, .max_connections = 4, .timeout_s = 1});
	for (int i = 0; i < 16; i++)
		fds[i] = connect_port(fixture->port);
	for (int i = 0; i < 4; i++) {
		send_text(fds[i], "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
		read_answer(fds[i], &answer, false);
		answered += answer.status == 200;
	}
	assert_int_equal(answered, 4);
	for (int i = 0; i < 16; i++)
		close(fds[i]);
	do { /* the server notices in its own time */
		int fd = connect_port(fixture->port);

		send_text(fd, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
		read_answer(fd, &answer, false);
		close(fd);
	} while (answer.status != 200);
}

static void more_than_can_wait_are_sent_away_with_a_time(void **state)
{
	enum { MANY = 1024 + 1 + 8 };
	static struct answer answer;
	static int fds[MANY];
	struct fixture *fixture = *state;
	struct rlimit files;
	int busy = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < 2 * MANY + 64)
		skip();
	start(fixture, (struct http_server_options){.loops = 1, .workers = 1});
	fds[0] = connect_port(fixture->port);
	send_text(fds[0], "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
	wait_for_waiting(&fixture->gate, 1); /* the worker is taken */
	for (int i = 1; i < MANY; i++) {
		fds[i] = connect_port(fixture->port);
		send_text(fds[i], "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	for (int i = 0; i < 7; i++) { /* whoever came last */
		struct pollfd polls[MANY];

		for (int j = 0; j < MANY; j++)
			polls[j] = (struct pollfd){.fd = fds[j], .events = POLLIN};
		assert_true(poll(polls, MANY, TIMEOUT_MS) > 0);
		for (int j = 0; j < MANY && busy < 8; j++)
			if (polls[j].revents & POLLIN) {
				read_answer(fds[j], &answer, false);
				assert_problem(&answer, 503, "server.busy");
				assert_non_null(strstr(answer.bytes, "\r\nRetry-After: 1\r\n"));
				close(fds[j]);
				fds[j] = -1;
				busy++;
			}
		if (busy == 8)
			break;
	}
	assert_int_equal(busy, 8);
	open_gate(&fixture->gate);
	for (int i = 0; i < MANY; i++) {
		if (fds[i] < 0)
			continue;
		read_answer(fds[i], &answer, false);
		assert_int_equal(answer.status, 200);
		close(fds[i]);
	}
}

struct clients {
	struct fixture *fixture;
	pthread_mutex_t lock;
	int good;
};

static void *client(void *argument)
{
	struct clients *clients = argument;
	struct answer *answer = malloc(sizeof *answer);
	int good = 0, fd = connect_port(clients->fixture->port);

	for (int i = 0; i < 100; i++) {
		if (i % 10 == 9) {
			close(fd);
			fd = connect_port(clients->fixture->port);
		}
		send_text(fd, i % 3 ? "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n" : "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b");
		read_answer(fd, answer, false);
		good += answer->status == 200;
	}
	close(fd);
	free(answer);
	pthread_mutex_lock(&clients->lock);
	clients->good += good;
	pthread_mutex_unlock(&clients->lock);
	return NULL;
}

static void many_clients_are_served_at_once(void **state)
{
	struct clients clients = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[24];

	start(clients.fixture, (struct http_server_options){.loops = 2, .workers = 8});
	for (int i = 0; i < 24; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, client, &clients), 0);
	for (int i = 0; i < 24; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(clients.good, 2400);
}

static void *stop(void *argument)
{
	struct fixture *fixture = argument;

	http_server_stop(fixture->server);
	return NULL;
}

/* True once the listening socket is closed to new connections. */
static bool refused(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool refused = connect(fd, (struct sockaddr *)&address, sizeof address) < 0;

	close(fd);
	return refused;
}

static void stopping_lets_running_requests_finish(void **state)
{
	static struct answer answer;
	struct fixture *fixture = *state;
	pthread_t thread;
	int fds[3];

	start(fixture, (struct http_server_options){.loops = 2, .workers = 2}); /* the third waits in the queue */
	for (int i = 0; i < 3; i++) {
		fds[i] = connect_port(fixture->port);
		send_text(fds[i], "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
		if (i < 2)
			wait_for_waiting(&fixture->gate, i + 1);
	}
	assert_int_equal(get(fixture, "/none")->status, 404); /* the third was accepted before this one; whether it was read, only its loop knows */
	assert_int_equal(pthread_create(&thread, NULL, stop, fixture), 0);
	open_gate(&fixture->gate);
	for (int i = 0; i < 3; i++) {
		read_answer(fds[i], &answer, false);
		assert_true(answer.status == 200 || (i == 2 && (answer.status == 503 || answer.status == -1)));
		close(fds[i]);
	}
	pthread_join(thread, NULL);
	assert_true(refused(fixture->port));
	fixture->server = NULL;
}

static void stopping_waits_neither_for_idle_connections_nor_for_half_requests(void **state)
{
	struct fixture *fixture = *state;
	struct timespec before, after;
	int fd, half;

	start(fixture, (struct http_server_options){.loops = 1});
	fd = connect_port(fixture->port);
	half = connect_port(fixture->port);
	send_text(half, "POST /quick HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
	assert_int_equal(get(fixture, "/quick")->status, 200);
	clock_gettime(CLOCK_MONOTONIC, &before);
	http_server_stop(fixture->server);
	clock_gettime(CLOCK_MONOTONIC, &after);
	fixture->server = NULL;
	assert_true(after.tv_sec - before.tv_sec <= 3);
	close(half);
	close(fd);
}

static void a_server_can_be_started_and_stopped_again_and_again(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 10; i++) {
		start(fixture, (struct http_server_options){.loops = 2});
		assert_int_equal(get(fixture, "/quick")->status, 200);
		http_server_stop(fixture->server);
		fixture->server = NULL;
	}
	http_server_stop(NULL);
}

static void version_6_works_too(void **state)
{
	struct fixture *fixture = *state;
	struct http_server_options options = {.address = "::1", .loops = 1, .server = fixture};
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	static struct answer answer;
	int fd;

	if (http_server_start(&fixture->server, &options, tables) < 0) {
		fixture->server = NULL;
		skip(); /* a machine without IPv6 */
	}
	address.sin6_port = htons((uint16_t)http_server_port(fixture->server));
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	send_text(fd, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
	read_answer(fd, &answer, false);
	assert_int_equal(answer.status, 200);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_that_cannot_be_listened_on_is_told),
		TEST(a_given_socket_is_used),
		TEST(one_connection_carries_many_requests),
		TEST(requests_in_pieces_are_put_together),
		TEST(a_large_answer_arrives_whole),
		TEST(a_slow_handler_holds_no_loop),
		TEST(slow_requests_wait_for_each_other_and_hold_nobody_else_up),
		TEST(a_client_that_sends_half_a_request_holds_no_worker),
		TEST(a_client_that_goes_away_meanwhile_harms_nobody),
		TEST(a_silent_connection_is_closed_in_time),
		TEST(connections_are_bounded),
		TEST(more_than_can_wait_are_sent_away_with_a_time),
		TEST(many_clients_are_served_at_once),
		TEST(stopping_lets_running_requests_finish),
		TEST(stopping_waits_neither_for_idle_connections_nor_for_half_requests),
		TEST(a_server_can_be_started_and_stopped_again_and_again),
		TEST(version_6_works_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
