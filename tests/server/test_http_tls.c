/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include "support/certificates.h"
#include "support/tls_client.h"

#include <fcntl.h>
#include <ftw.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

/* pimsd's own TLS over real handshakes: which files are taken, which handshakes, and how certificate and key are exchanged under load. */

#define QUICK "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"

struct tls_fixture {
	struct fixture http;
	struct authority authority;
	struct tls *tls;
	char directory[64], ca[96], certificate[96], key[96];
};

static struct proxies proxies;

static void quick(struct request *request, struct response *response)
{
	(void)request;
	response_text(response, 200, "text/plain", "quick");
}

static void slow(struct request *request, struct response *response)
{
	struct tls_fixture *fixture = request->server;

	wait_at(&fixture->http.gate);
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

static int begin(void **state)
{
	struct tls_fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	pthread_mutex_init(&fixture->http.gate.lock, NULL);
	pthread_cond_init(&fixture->http.gate.changed, NULL);
	fake_env_init(&fixture->http.fake);
	fixture->http.fake.now = (int64_t)time(NULL) * 1000;
	(void)snprintf(fixture->directory, sizeof fixture->directory, "/tmp/pims-test-tls-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	(void)snprintf(fixture->ca, sizeof fixture->ca, "%s/ca.pem", fixture->directory);
	(void)snprintf(fixture->certificate, sizeof fixture->certificate, "%s/cert.pem", fixture->directory);
	(void)snprintf(fixture->key, sizeof fixture->key, "%s/key.pem", fixture->directory);
	authority_make(&fixture->authority, "test authority");
	authority_write(&fixture->authority, fixture->ca);
	certificate_make(&fixture->authority, &(struct wanted){.serial = 7}, fixture->certificate, fixture->key);
	*state = fixture;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int end(void **state)
{
	struct tls_fixture *fixture = *state;

	open_gate(&fixture->http.gate);
	http_server_stop(fixture->http.server);
	tls_free(fixture->tls);
	authority_free(&fixture->authority);
	fake_env_free(&fixture->http.fake);
	nftw(fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	pthread_cond_destroy(&fixture->http.gate.changed);
	pthread_mutex_destroy(&fixture->http.gate.lock);
	free(fixture);
	return 0;
}

static void start(struct tls_fixture *fixture, struct http_server_options options)
{
	assert_int_equal(tls_open(&fixture->tls, fixture->certificate, fixture->key, &fixture->http.fake.env), 0);
	options.address = "127.0.0.1";
	options.server = fixture;
	options.tls = fixture->tls;
	assert_int_equal(http_server_start(&fixture->http.server, &options, tables), 0);
	fixture->http.port = http_server_port(fixture->http.server);
}

static int ask_once(const struct tls_fixture *fixture, const char *request, char *ret_answer, size_t size)
{
	struct tls_client client;
	int status;

	if (!tls_client_open(&client, fixture->http.port, fixture->ca, 0))
		return -1;
	status = tls_client_ask(&client, request, ret_answer, size);
	tls_client_close(&client);
	return status;
}

static void assert_serves(const struct tls_fixture *fixture)
{
	char answer[2048];

	assert_int_equal(ask_once(fixture, QUICK, answer, sizeof answer), 200);
}

/* --- files ------------------------------------------------------------------------------------------------------------------------ */

static void write_text(const char *file, const char *text)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
}

/* The log names the file and says why. */
static void assert_refused(struct tls_fixture *fixture, int r, const char *file, const char *why)
{
	struct fake_env *fake = &fixture->http.fake;

	buf_reset(&fake->logged);
	assert_int_equal(tls_open(&fixture->tls, fixture->certificate, fixture->key, &fake->env), r);
	assert_null(fixture->tls);
	if (!fake_env_logged(fake, file) || !fake_env_logged(fake, why))
		fail_msg("%s", buf_text(&fake->logged));
}

static void files_that_are_not_there_are_named(void **state)
{
	struct tls_fixture *fixture = *state;

	assert_int_equal(unlink(fixture->key), 0);
	assert_refused(fixture, PIMS_E_SYSTEM, "/key.pem", "No such file");
	assert_int_equal(unlink(fixture->certificate), 0);
	assert_refused(fixture, PIMS_E_SYSTEM, "/cert.pem", "No such file");
	assert_int_equal(mkdir(fixture->certificate, 0700), 0);
	assert_refused(fixture, PIMS_E_FORMAT, "/cert.pem", "is no file");
}

static void files_of_another_kind_are_named(void **state)
{
	struct tls_fixture *fixture = *state;

	write_text(fixture->key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	assert_refused(fixture, PIMS_E_FORMAT, "/key.pem", "is no private key");
	write_text(fixture->certificate, "nonsense");
	assert_refused(fixture, PIMS_E_FORMAT, "/cert.pem", "is no certificate");
	write_text(fixture->certificate, "");
	assert_refused(fixture, PIMS_E_FORMAT, "/cert.pem", "is no certificate");
	assert_int_equal(truncate(fixture->certificate, 1000000), 0);
	assert_refused(fixture, PIMS_E_LIMIT, "/cert.pem", "is too long");
}

static void a_key_of_another_certificate_is_refused(void **state)
{
	struct tls_fixture *fixture = *state;
	char other[128];

	(void)snprintf(other, sizeof other, "%s.other", fixture->certificate);
	certificate_make(&fixture->authority, &(struct wanted){.serial = 8}, other, fixture->key);
	assert_refused(fixture, PIMS_E_KEY, "/key.pem", "is not the key of the certificate in");
}

static void a_certificate_out_of_its_time_is_refused(void **state)
{
	struct tls_fixture *fixture = *state;

	certificate_make(&fixture->authority, &(struct wanted){.from = -7200, .until = -3600}, fixture->certificate, fixture->key);
	assert_refused(fixture, PIMS_E_KEY, "/cert.pem", "has expired at 20");
	certificate_make(&fixture->authority, &(struct wanted){.from = 3600, .until = 7200}, fixture->certificate, fixture->key);
	assert_refused(fixture, PIMS_E_KEY, "/cert.pem", "is not valid before 20");
}

static void a_key_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0604, 0644, 0602, 0620, 0660, 0601};
	struct tls_fixture *fixture = *state;

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		assert_int_equal(chmod(fixture->key, modes[i]), 0);
		assert_refused(fixture, PIMS_E_KEY, "/key.pem", "is open to others");
	}
	assert_int_equal(chmod(fixture->key, 0640), 0);
	assert_int_equal(chmod(fixture->certificate, 0644), 0);
	buf_reset(&fixture->http.fake.logged);
	assert_int_equal(tls_open(&fixture->tls, fixture->certificate, fixture->key, &fixture->http.fake.env), 0);
	assert_true(fake_env_logged(&fixture->http.fake, "can be read by its group"));
}

/* --- handshakes ------------------------------------------------------------------------------------------------------------------- */

static void tls_1_0_and_1_1_are_refused(void **state)
{
	struct tls_fixture *fixture = *state;
	struct tls_client client;

	start(fixture, (struct http_server_options){.loops = 1});
	assert_false(tls_client_open(&client, fixture->http.port, fixture->ca, TLS1_VERSION));
	assert_false(tls_client_open(&client, fixture->http.port, fixture->ca, TLS1_1_VERSION));
	assert_serves(fixture);
}

static void tls_1_2_and_1_3_carry_http_1_1(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	struct tls_fixture *fixture = *state;
	struct tls_client client;
	char answer[2048];

	start(fixture, (struct http_server_options){.loops = 2});
	for (size_t i = 0; i < 2; i++) {
		assert_true(tls_client_open(&client, fixture->http.port, fixture->ca, versions[i]));
		assert_string_equal(client.alpn, "http/1.1");
		assert_int_equal(client.serial, 7);
		for (int n = 0; n < 20; n++)
			assert_int_equal(tls_client_ask(&client, QUICK, answer, sizeof answer), 200);
		tls_client_close(&client);
	}
}

static void a_client_of_another_authority_goes_away(void **state)
{
	struct tls_fixture *fixture = *state;
	struct authority other;
	struct tls_client client;
	char file[96];

	start(fixture, (struct http_server_options){.loops = 1});
	(void)snprintf(file, sizeof file, "%s/other.pem", fixture->directory);
	authority_make(&other, "other authority");
	authority_write(&other, file);
	assert_false(tls_client_open(&client, fixture->http.port, file, 0));
	authority_free(&other);
	assert_serves(fixture);
}

static void plain_http_gets_no_answer(void **state)
{
	struct tls_fixture *fixture = *state;
	static struct answer answer;
	int fd;

	start(fixture, (struct http_server_options){.loops = 1});
	fd = connect_port(fixture->http.port);
	send_text(fd, QUICK);
	read_answer(fd, &answer, false);
	assert_int_equal(answer.status, -1);
	assert_null(strstr(answer.bytes, "HTTP/"));
	close(fd);
	assert_serves(fixture);
}

static void large_answers_and_handlers_that_wait_come_through(void **state)
{
	static char answer[512 * 1024];
	struct tls_fixture *fixture = *state;
	struct tls_client client;

	start(fixture, (struct http_server_options){.loops = 1, .workers = 2});
	assert_int_equal(ask_once(fixture, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer), 200);
	assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), 300000);
	assert_true(tls_client_open(&client, fixture->http.port, fixture->ca, 0));
	assert_true(SSL_write(client.ssl, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", 31) == 31);
	wait_for_waiting(&fixture->http.gate, 1);
	assert_serves(fixture); /* while the other one is suspended */
	open_gate(&fixture->http.gate);
	assert_true(SSL_read(client.ssl, answer, sizeof answer) > 0);
	assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
	tls_client_close(&client);
}

/* Two requests in one record: what TLS has decrypted already is not forgotten while the connection is suspended. */
static void requests_that_came_in_one_record_are_all_answered(void **state)
{
	struct tls_fixture *fixture = *state;
	struct tls_client client;
	char bytes[8192];
	size_t length = 0, answers = 0;

	start(fixture, (struct http_server_options){.loops = 1});
	assert_true(tls_client_open(&client, fixture->http.port, fixture->ca, 0));
	assert_true(SSL_write(client.ssl, QUICK QUICK QUICK, (int)strlen(QUICK QUICK QUICK)) > 0);
	while (answers < 3) {
		int n = SSL_read(client.ssl, bytes + length, (int)(sizeof bytes - 1 - length));

		assert_true(n > 0);
		length += (size_t)n;
		bytes[length] = 0;
		answers = 0;
		for (const char *at = bytes; (at = strstr(at, "\r\n\r\nquick")); at++)
			answers++;
	}
	tls_client_close(&client);
}

static void a_slow_handshake_holds_nobody_and_ends(void **state)
{
	static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
	struct tls_fixture *fixture = *state;
	char byte;
	int fd, n = 0;

	start(fixture, (struct http_server_options){.loops = 1, .timeout_s = 2});
	fd = connect_port(fixture->http.port);
	for (size_t i = 0; i < sizeof hello - 1; i++) {
		send_bytes(fd, hello + i, 1);
		assert_serves(fixture);
	}
	/* a byte now and then does not keep it alive */
	while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};

		send_bytes(fd, "\x00", 1);
		(void)poll(&wait, 1, 100);
		assert_true(n++ < TIMEOUT_MS / 100);
	}
	close(fd);
	assert_serves(fixture);
}

static int64_t cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Of a second in which nothing is to come from the server. */
static void assert_costs_nothing(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int64_t before = cpu_ms();

	assert_int_equal(poll(&wait, 1, 1000), 0);
	assert_true(cpu_ms() - before < 20);
}

/* libmicrohttpd's epoll loop asked again and again, a whole core long. */
static void who_stops_in_the_middle_of_something_costs_nothing(void **state)
{
	struct tls_fixture *fixture = *state;
	struct tls_client client;
	char answer[2048];
	int fd;

	start(fixture, (struct http_server_options){.loops = 2});
	fd = connect_port(fixture->http.port);
	send_bytes(fd, "\x16\x03\x01\x02", 4); /* of a record's header */
	assert_serves(fixture);
	assert_costs_nothing(fd);
	send_bytes(fd, "\x00\x01\x00\x01\xfc\x03\x03", 7); /* of a ClientHello */
	assert_serves(fixture);
	assert_costs_nothing(fd);
	close(fd);
	assert_true(tls_client_open(&client, fixture->http.port, fixture->ca, TLS1_2_VERSION));
	assert_int_equal(tls_client_ask(&client, QUICK, answer, sizeof answer), 200);
	assert_costs_nothing(client.fd);
	assert_true(SSL_write(client.ssl, "GET /quick HT", 13) == 13);
	assert_costs_nothing(client.fd);
	send_bytes(client.fd, "\x17\x03\x03", 3);
	assert_costs_nothing(client.fd);
	tls_client_close(&client);
}

static void handshakes_that_never_come_are_bounded_and_end(void **state)
{
	enum { MANY = 4096, LOOPS = 2 };
	struct rlimit files = {0};
	struct tls_fixture *fixture = *state;
	int fds[MANY + 64], closed = 0;
	unsigned count = MANY;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	while (count > 64 && 2 * count + 256 > files.rlim_cur)
		count /= 2;
	start(fixture, (struct http_server_options){.loops = LOOPS, .max_connections = count, .timeout_s = 3});
	for (unsigned i = 0; i < count + 64; i++)
		fds[i] = connect_port(fixture->http.port); /* those over the limit wait in the listening queue, or are closed */
	for (unsigned i = 0; i < count + 64; i++) {
		struct pollfd wait = {.fd = fds[i], .events = POLLIN};

		assert_int_equal(poll(&wait, 1, TIMEOUT_MS), 1);
		closed++;
		close(fds[i]);
	}
	assert_int_equal(closed, count + 64);
	assert_serves(fixture);
}

/* --- the exchange of certificate and key ------------------------------------------------------------------------------------------- */

static void a_connection_outlives_the_certificate_it_came_with(void **state)
{
	struct tls_fixture *fixture = *state;
	struct tls_client old, new;
	char answer[2048];

	start(fixture, (struct http_server_options){.loops = 1});
	assert_true(tls_client_open(&old, fixture->http.port, fixture->ca, 0));
	for (int i = 0; i < 3; i++) {
		certificate_make(&fixture->authority, &(struct wanted){.serial = 100 + i}, fixture->certificate, fixture->key);
		assert_int_equal(tls_reload(fixture->tls), 0);
		assert_int_equal(tls_client_ask(&old, QUICK, answer, sizeof answer), 200);
		assert_true(tls_client_open(&new, fixture->http.port, fixture->ca, 0));
		assert_int_equal(new.serial, 100 + i);
		assert_int_equal(tls_client_ask(&new, QUICK, answer, sizeof answer), 200);
		tls_client_close(&new);
	}
	assert_int_equal(tls_client_ask(&old, QUICK, answer, sizeof answer), 200);
	tls_client_close(&old);
}

static void a_broken_new_file_changes_nothing(void **state)
{
	struct tls_fixture *fixture = *state;
	struct tls_client client;

	start(fixture, (struct http_server_options){.loops = 1});
	certificate_make(&fixture->authority, &(struct wanted){.from = -7200, .until = -3600}, fixture->certificate, fixture->key);
	assert_int_equal(tls_reload(fixture->tls), PIMS_E_KEY);
	write_text(fixture->certificate, "half a file");
	assert_int_equal(tls_reload(fixture->tls), PIMS_E_FORMAT);
	assert_true(fake_env_logged(&fixture->http.fake, "/cert.pem: is no certificate"));
	assert_true(tls_client_open(&client, fixture->http.port, fixture->ca, 0));
	assert_int_equal(client.serial, 7);
	tls_client_close(&client);
}

struct load {
	const struct tls_fixture *fixture;
	pthread_t thread;
	bool keep_alive;
	atomic_bool *stop;
	atomic_int asked, lost, serials[2];
};

/* Keeps asking, on one connection or on a new one each time. */
static void *ask_on(void *data)
{
	struct load *load = data;
	struct tls_client client = {.fd = -1};
	char answer[2048];

	while (!atomic_load(load->stop)) {
		if (!client.ssl && !tls_client_open(&client, load->fixture->http.port, load->fixture->ca, 0)) {
			atomic_fetch_add(&load->lost, 1);
			continue;
		}
		atomic_fetch_add(&load->serials[client.serial & 1], 1);
		if (tls_client_ask(&client, QUICK, answer, sizeof answer) != 200)
			atomic_fetch_add(&load->lost, 1);
		atomic_fetch_add(&load->asked, 1);
		if (!load->keep_alive)
			tls_client_close(&client);
	}
	tls_client_close(&client);
	return NULL;
}

static void wait_for_more(struct load *loads, size_t count)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	for (size_t i = 0; i < count; i++) {
		int before = atomic_load(&loads[i].asked);

		for (int tries = 0; atomic_load(&loads[i].asked) < before + 2 && tries < TIMEOUT_MS; tries++)
			nanosleep(&moment, NULL);
		assert_true(atomic_load(&loads[i].asked) >= before + 2);
	}
}

static void no_request_is_lost_while_certificates_are_exchanged_under_load(void **state)
{
	enum { LOADS = 6, RELOADS = 30 };
	struct tls_fixture *fixture = *state;
	struct load loads[LOADS] = {0};
	atomic_bool stop = false;
	int both[2] = {0};

	start(fixture, (struct http_server_options){.loops = 2, .workers = 4});
	for (size_t i = 0; i < LOADS; i++) {
		loads[i].fixture = fixture;
		loads[i].keep_alive = i % 2;
		loads[i].stop = &stop;
		assert_int_equal(pthread_create(&loads[i].thread, NULL, ask_on, &loads[i]), 0);
	}
	for (int i = 0; i < RELOADS; i++) {
		certificate_make(&fixture->authority, &(struct wanted){.serial = 200 + i}, fixture->certificate, fixture->key);
		assert_int_equal(tls_reload(fixture->tls), 0);
		wait_for_more(loads, LOADS);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < LOADS; i++) {
		pthread_join(loads[i].thread, NULL);
		assert_int_equal(atomic_load(&loads[i].lost), 0);
		both[0] += atomic_load(&loads[i].serials[0]);
		both[1] += atomic_load(&loads[i].serials[1]);
	}
	assert_true(both[0] > 0 && both[1] > 0);
}

/* --- what answers say ------------------------------------------------------------------------------------------------------------- */

static void browsers_are_told_to_stay_with_https_where_the_server_has_a_name(void **state)
{
	static const char header[] = "\r\nStrict-Transport-Security: max-age=31536000\r\n";
	struct tls_fixture *fixture = *state;
	char answer[2048];

	start(fixture, (struct http_server_options){.loops = 1, .hsts = true});
	assert_int_equal(ask_once(fixture, QUICK, answer, sizeof answer), 200);
	assert_non_null(strstr(answer, header));
	http_server_stop(fixture->http.server);
	tls_free(fixture->tls);
	start(fixture, (struct http_server_options){.loops = 1});
	assert_int_equal(ask_once(fixture, QUICK, answer, sizeof answer), 200);
	assert_null(strstr(answer, "Strict-Transport"));
}

/* Plain HTTP from a proxy in front of an https issuer */
static void what_a_proxy_got_by_plain_http_is_refused(void **state)
{
	struct tls_fixture *fixture = *state;
	struct http_server_options options = {.address = "127.0.0.1", .loops = 1, .proxies = &proxies, .https_only = true, .hsts = true};
	const struct answer *answer;

	proxies = (struct proxies){.count = 0};
	assert_int_equal(http_server_start(&fixture->http.server, &options, tables), 0);
	fixture->http.port = http_server_port(fixture->http.server);
	answer = ask(&fixture->http, "GET /quick HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: http\r\n\r\n");
	assert_int_equal(answer->status, 200); /* a stranger's word */
	answer = ask(&fixture->http, "GET /quick HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n");
	assert_null(strstr(answer->bytes, "Strict-Transport"));
	http_server_stop(fixture->http.server);
	assert_int_equal(proxies_add(&proxies, "127.0.0.1"), 0);
	assert_int_equal(http_server_start(&fixture->http.server, &options, tables), 0);
	fixture->http.port = http_server_port(fixture->http.server);
	answer = ask(&fixture->http, "POST /quick HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: HTTP\r\nContent-Length: 3\r\n\r\na=b");
	assert_problem(answer, 403, "request.insecure");
	answer = ask(&fixture->http, "GET /quick HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n");
	assert_int_equal(answer->status, 200);
	assert_non_null(strstr(answer->bytes, "\r\nStrict-Transport-Security: max-age=31536000\r\n"));
	answer = ask(&fixture->http, "GET /quick HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: http, nonsense\r\n\r\n");
	assert_int_equal(answer->status, 200); /* as if it were not there */
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_that_are_not_there_are_named),
		TEST(files_of_another_kind_are_named),
		TEST(a_key_of_another_certificate_is_refused),
		TEST(a_certificate_out_of_its_time_is_refused),
		TEST(a_key_that_others_can_read_is_refused),
		TEST(tls_1_0_and_1_1_are_refused),
		TEST(tls_1_2_and_1_3_carry_http_1_1),
		TEST(a_client_of_another_authority_goes_away),
		TEST(plain_http_gets_no_answer),
		TEST(large_answers_and_handlers_that_wait_come_through),
		TEST(requests_that_came_in_one_record_are_all_answered),
		TEST(a_slow_handshake_holds_nobody_and_ends),
		TEST(who_stops_in_the_middle_of_something_costs_nothing),
		TEST(handshakes_that_never_come_are_bounded_and_end),
		TEST(a_connection_outlives_the_certificate_it_came_with),
		TEST(a_broken_new_file_changes_nothing),
		TEST(no_request_is_lost_while_certificates_are_exchanged_under_load),
		TEST(browsers_are_told_to_stay_with_https_where_the_server_has_a_name),
		TEST(what_a_proxy_got_by_plain_http_is_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
