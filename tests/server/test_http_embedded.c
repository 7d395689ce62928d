/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include "server/data_dir.h"
#include "server/server.h"

#include <fcntl.h>

/* The whole server inside a test process: a clock of the test's own, several at once, starts that fail. */

struct embedded {
	struct fixture http; /* for ask() */
	struct env env;      /* the fake clock, random of its own, the fake log under a lock */
	pthread_mutex_t log_lock;
	char *dir;
	struct server_options options;
};

static void locked_line(void *data, enum pims_log_level level, const char *text)
{
	struct embedded *embedded = data;

	pthread_mutex_lock(&embedded->log_lock);
	embedded->http.fake.log.line(embedded->http.fake.log.data, level, text);
	pthread_mutex_unlock(&embedded->log_lock);
}

static int begin(void **state)
{
	struct embedded *embedded = calloc(1, sizeof *embedded);
	const struct pims_log log = {.size = sizeof log, .level = PIMS_LOG_DEBUG, .line = locked_line, .data = embedded};

	assert_non_null(embedded);
	fake_env_init(&embedded->http.fake);
	pthread_mutex_init(&embedded->log_lock, NULL);
	env_init(&embedded->env, &embedded->http.fake.clock, NULL, &log);
	assert_int_equal(data_dir_temporary(&embedded->dir, &embedded->env), 0);
	settings_default(&embedded->options.settings, true);
	embedded->options.settings.data_dir = embedded->dir;
	embedded->options.address = "127.0.0.1";
	embedded->options.loops = 1;
	embedded->options.workers = 2;
	embedded->options.env = &embedded->env;
	*state = embedded;
	return 0;
}

static int end(void **state)
{
	struct embedded *embedded = *state;

	data_dir_remove(embedded->dir);
	free(embedded->dir);
	pthread_mutex_destroy(&embedded->log_lock);
	fake_env_free(&embedded->http.fake);
	free(embedded);
	return 0;
}

static struct server *start(struct embedded *embedded)
{
	struct server *server = NULL;

	assert_int_equal(server_start(&server, &embedded->options), 0);
	embedded->http.port = server_port(server);
	return server;
}

static void fails(struct embedded *embedded, int expected, const char *named)
{
	struct server *server = NULL;

	assert_int_equal(server_start(&server, &embedded->options), expected);
	assert_null(server);
	assert_true(fake_env_logged(&embedded->http.fake, named));
}

static void a_start_that_fails_names_what_it_was(void **state)
{
	struct embedded *embedded = *state;
	char path[300];
	int fd;

	embedded->options.address = "no address";
	fails(embedded, PIMS_E_FORMAT, "no address");
	embedded->options.address = "127.0.0.1";
	embedded->options.settings.data_dir = (char[]){"/proc/nowhere"};
	fails(embedded, PIMS_E_SYSTEM, "/proc/nowhere");
	embedded->options.settings.data_dir = embedded->dir;
	snprintf(path, sizeof path, "%s/master.key", embedded->dir);
	fd = creat(path, 0600);
	assert_true(fd >= 0);
	close(fd);
	fails(embedded, PIMS_E_KEY, path);
	unlink(path);
	server_stop(start(embedded));
	memcpy(embedded->options.settings.macid, "ffffffffffffffffffffffffffffffff", 33);
	fails(embedded, PIMS_E_STATE, "macid");
}

static void damaged_server_keys_are_refused(void **state)
{
	struct embedded *embedded = *state;
	struct store *store = NULL;
	struct server *server;

	assert_int_equal(data_dir_open_store(&store, embedded->dir, &embedded->env), 0);
	assert_int_equal(store_setting_add(store, "inwebo.keys", (const unsigned char *)"garbage", 7), 0);
	store_close(store);
	assert_true(server_start(&server, &embedded->options) < 0);
	assert_true(fake_env_logged(&embedded->http.fake, embedded->dir));
}

static void the_issuer_is_where_it_listens_unless_given(void **state)
{
	struct embedded *embedded = *state;
	struct server *server = start(embedded);
	char text[64];

	snprintf(text, sizeof text, "\"issuer\":\"http://127.0.0.1:%u\"", embedded->http.port);
	assert_non_null(strstr(get(&embedded->http, "/.well-known/openpims")->body, text));
	server_stop(server);
	embedded->options.settings.issuer = (char[]){"https://pims.example"};
	server = start(embedded);
	assert_non_null(strstr(get(&embedded->http, "/.well-known/openid-configuration")->body, "\"issuer\":\"https://pims.example\""));
	server_stop(server);
}

static void a_test_may_move_its_clock(void **state)
{
	struct embedded *embedded = *state;
	struct server *server = start(embedded);

	assert_non_null(strstr(get(&embedded->http, "/.well-known/openpims")->bytes, "Date: Tue, 12 Nov 2024 13:14:15 GMT"));
	server_stop(server);
	fake_env_advance(&embedded->http.fake, 3600 * 1000);
	server = start(embedded);
	assert_non_null(strstr(get(&embedded->http, "/.well-known/openpims")->bytes, "Date: Tue, 12 Nov 2024 14:14:15 GMT"));
	server_stop(server);
}

static void two_servers_share_one_directory(void **state)
{
	struct embedded *embedded = *state;
	struct server *first = start(embedded), *second;
	unsigned first_port = embedded->http.port;
	char keys[8192];

	snprintf(keys, sizeof keys, "%s", get(&embedded->http, "/am/oauth2/connect/jwk_uri")->body);
	assert_true(strlen(keys) > 300);
	second = start(embedded);
	assert_int_not_equal(embedded->http.port, first_port);
	assert_string_equal(get(&embedded->http, "/am/oauth2/connect/jwk_uri")->body, keys);
	assert_string_equal(first->settings.macid, second->settings.macid);
	server_stop(first);
	assert_int_equal(get(&embedded->http, "/.well-known/openpims")->status, 200);
	server_stop(second);
}

struct racer {
	struct embedded *embedded;
	pthread_mutex_t lock;
	char kid[8192];
	int same;
};

static void *start_and_read(void *argument)
{
	struct racer *racer = argument;
	struct server *server = NULL;
	struct answer *answer = malloc(sizeof *answer);
	int fd;

	assert_int_equal(server_start(&server, &racer->embedded->options), 0);
	fd = connect_port(server_port(server));
	send_text(fd, "GET /am/oauth2/connect/jwk_uri HTTP/1.1\r\nHost: x\r\n\r\n");
	read_answer(fd, answer, false);
	close(fd);
	pthread_mutex_lock(&racer->lock);
	if (!racer->kid[0])
		snprintf(racer->kid, sizeof racer->kid, "%s", answer->body);
	racer->same += answer->status == 200 && strcmp(racer->kid, answer->body) == 0;
	pthread_mutex_unlock(&racer->lock);
	server_stop(server);
	free(answer);
	return NULL;
}

static void first_starts_at_the_same_time_agree_on_the_keys(void **state)
{
	struct racer racer = {.embedded = *state, .lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, start_and_read, &racer), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(racer.same, 4);
}

static struct answer *ask_route(const struct embedded *embedded, const struct route *route)
{
	char request[256];

	snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		 route->method, route->path, embedded->http.port);
	return ask(&embedded->http, request);
}

static void the_sandbox_is_not_in_production(void **state)
{
	struct embedded *embedded = *state;
	struct server *server = start(embedded);
	struct account account;

	for (const struct route *route = sandbox_routes; route->method; route++)
		assert_int_not_equal(ask_route(embedded, route)->status, 404);
	server_stop(server);
	data_dir_remove(embedded->dir);
	settings_default(&embedded->options.settings, false);
	embedded->options.settings.data_dir = embedded->dir;
	server = start(embedded);
	assert_null(server->sandbox);
	for (const struct route *route = sandbox_routes; route->method; route++)
		assert_problem(ask_route(embedded, route), 404, "request.path");
	assert_int_equal(store_account_by_email(server->store, "demo@example.com", &account), PIMS_E_NOT_FOUND);
	assert_int_equal(strlen(server->settings.macid), 32);
	server_stop(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_start_that_fails_names_what_it_was),
		TEST(damaged_server_keys_are_refused),
		TEST(the_issuer_is_where_it_listens_unless_given),
		TEST(a_test_may_move_its_clock),
		TEST(two_servers_share_one_directory),
		TEST(first_starts_at_the_same_time_agree_on_the_keys),
		TEST(the_sandbox_is_not_in_production),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
