/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pins.h"
#include "platform/loop.h"
#include "support/certificates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <ctype.h>
#include <ftw.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Pinned keys, and that a connection which was good enough for one context is not used by another that asks for more. */

enum { MAX_CONNECTIONS = 64 };

/* Keeps connections alive, a thread each. */
struct tls_server {
	SSL_CTX *context;
	pthread_t thread, connections[MAX_CONNECTIONS];
	int listener, fds[MAX_CONNECTIONS];
	atomic_int accepted, requests;
	int port;
};

struct fixture {
	struct tls_server server;
	struct authority authority, other;
	struct pims_loop *loop;
	char directory[64], ca[96], other_ca[96], certificate[96], key[96], pin[PIN_SIZE], other_pin[PIN_SIZE];
};

struct served {
	struct tls_server *server;
	int fd;
};

static void *serve_connection(void *data)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
	struct served served = *(struct served *)data;
	SSL *ssl = SSL_new(served.server->context);
	char bytes[4096];

	free(data);
	SSL_set_fd(ssl, served.fd);
	if (SSL_accept(ssl) == 1)
		while (SSL_read(ssl, bytes, sizeof bytes) > 0) {
			atomic_fetch_add(&served.server->requests, 1);
			SSL_write(ssl, answer, (int)sizeof answer - 1);
		}
	SSL_free(ssl);
	shutdown(served.fd, SHUT_RDWR);
	return NULL;
}

static void *serve(void *data)
{
	struct tls_server *server = data;
	int fd;

	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		struct served *served = malloc(sizeof *served);
		int count = atomic_load(&server->accepted);

		if (!served || count == MAX_CONNECTIONS)
			abort();
		*served = (struct served){server, fd};
		server->fds[count] = fd;
		if (pthread_create(&server->connections[count], NULL, serve_connection, served))
			abort();
		atomic_store(&server->accepted, count + 1);
	}
	return NULL;
}

static void start_server(struct fixture *fixture)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct tls_server *server = &fixture->server;
	socklen_t length = sizeof address;

	server->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_num_tickets(server->context, 0); /* a resumed session would show the certificate it began with */
	assert_int_equal(SSL_CTX_use_certificate_chain_file(server->context, fixture->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(server->context, fixture->key, SSL_FILETYPE_PEM), 1);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server->listener, 16), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	server->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	char unused[128];

	assert_non_null(fixture);
	signal(SIGPIPE, SIG_IGN);
	(void)snprintf(fixture->directory, sizeof fixture->directory, "/tmp/pims-test-pins-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	(void)snprintf(fixture->ca, sizeof fixture->ca, "%s/authority.pem", fixture->directory);
	(void)snprintf(fixture->other_ca, sizeof fixture->other_ca, "%s/AUTHORITY.pem", fixture->directory);
	(void)snprintf(fixture->certificate, sizeof fixture->certificate, "%s/cert.pem", fixture->directory);
	(void)snprintf(fixture->key, sizeof fixture->key, "%s/key.pem", fixture->directory);
	authority_make(&fixture->authority, "right");
	authority_make(&fixture->other, "other");
	authority_write(&fixture->authority, fixture->ca);
	authority_write(&fixture->other, fixture->other_ca);
	(void)snprintf(unused, sizeof unused, "%s/unused.pem", fixture->directory);
	certificate_make(&fixture->authority, &(struct wanted){.serial = 2}, unused, fixture->key);
	certificate_pin(unused, fixture->other_pin);
	certificate_make(&fixture->authority, &(struct wanted){.serial = 1}, fixture->certificate, fixture->key);
	certificate_pin(fixture->certificate, fixture->pin);
	assert_int_equal(pims_loop_new(&fixture->loop, NULL), 0);
	start_server(fixture);
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

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct tls_server *server = &fixture->server;

	pims_loop_free(fixture->loop);
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	for (int i = 0; i < server->accepted; i++) {
		shutdown(server->fds[i], SHUT_RDWR);
		pthread_join(server->connections[i], NULL);
		close(server->fds[i]);
	}
	close(server->listener);
	SSL_CTX_free(server->context);
	authority_free(&fixture->authority);
	authority_free(&fixture->other);
	nftw(fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

struct answer {
	bool done;
	enum pims_http_failure failure;
};

static void note(void *token, const struct pims_http_response *response)
{
	*(struct answer *)token = (struct answer){true, response->failure};
}

/* A context of its own on the shared loop, which goes away again; its connections stay in the loop's pool. */
static enum pims_http_failure ask(struct fixture *fixture, const char *scheme, const char *ca_file, const char *pins)
{
	const struct transport_trust trust = {ca_file, pins};
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 10000};
	struct loop_transport *transport;
	struct pims_transport hooks;
	struct answer answer = {0};
	char url[64];

	(void)snprintf(url, sizeof url, "%s://127.0.0.1:%d/", scheme, fixture->server.port);
	request.url = url;
	assert_int_equal(loop_transport_new(&transport, fixture->loop, &trust), 0);
	loop_transport_hooks(transport, &hooks);
	assert_int_equal(hooks.send(hooks.data, &request, note, &answer), 0);
	loop_count_pending(fixture->loop, 1);
	while (!answer.done)
		assert_true(pims_run(fixture->loop, 20) >= 0);
	loop_count_pending(fixture->loop, -1);
	loop_transport_free(transport);
	return answer.failure;
}

static void serve_with(struct fixture *fixture, const struct wanted *wanted)
{
	certificate_make(&fixture->authority, wanted, fixture->certificate, fixture->key);
	assert_int_equal(SSL_CTX_use_certificate_chain_file(fixture->server.context, fixture->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(fixture->server.context, fixture->key, SSL_FILETYPE_PEM), 1);
}

static void a_certificate_out_of_its_time_or_for_another_name_is_refused(void **state)
{
	struct fixture *fixture = *state;

	serve_with(fixture, &(struct wanted){.from = -7200, .until = -3600});
	assert_int_equal(ask(fixture, "https", fixture->ca, NULL), PIMS_HTTP_TLS);
	serve_with(fixture, &(struct wanted){.from = 3600, .until = 7200});
	assert_int_equal(ask(fixture, "https", fixture->ca, NULL), PIMS_HTTP_TLS);
	serve_with(fixture, &(struct wanted){.names = "IP:127.0.0.2,DNS:127.0.0.1,DNS:*"});
	assert_int_equal(ask(fixture, "https", fixture->ca, NULL), PIMS_HTTP_TLS);
	certificate_pin(fixture->certificate, fixture->pin);
	assert_int_equal(ask(fixture, "https", fixture->ca, fixture->pin), PIMS_HTTP_TLS); /* a right key does not make up for it */
	assert_int_equal(fixture->server.requests, 0);
	serve_with(fixture, &(struct wanted){.names = "DNS:localhost,IP:127.0.0.1"});
	assert_int_equal(ask(fixture, "https", fixture->ca, NULL), PIMS_HTTP_OK);
}

static void malformed_pins_are_none(void **state)
{
	static const char good[] = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
	static const char *const bad[] = {
		"", ";", "sha256//", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;", ";sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"SHA256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256//47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", "/etc/ssl/key.pem",
		"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==",
		"sha1//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSu\nFU",
	};
	char many[PINS_MAX + 1][64], text[(PINS_MAX + 1) * 64] = "";

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (pins_valid(bad[i]))
			fail_msg("%s", bad[i]);
	assert_true(pins_valid(good));
	for (size_t i = 0; i <= PINS_MAX; i++) {
		(void)snprintf(many[i], sizeof many[i], "%s%s", i ? ";" : "", good);
		strcat(text, many[i]);
		assert_int_equal(pins_valid(text), i < PINS_MAX);
	}
}

static void a_key_that_is_not_pinned_is_refused_and_hears_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture, "https", fixture->ca, fixture->other_pin), PIMS_HTTP_PIN);
	assert_int_equal(fixture->server.requests, 0);
}

static void a_pin_does_not_replace_the_authority(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture, "https", NULL, fixture->pin), PIMS_HTTP_TLS);
	assert_int_equal(ask(fixture, "https", fixture->other_ca, fixture->pin), PIMS_HTTP_TLS);
	assert_int_equal(fixture->server.requests, 0);
}

static void plain_http_has_no_key_that_could_be_right(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture, "http", fixture->ca, fixture->pin), PIMS_HTTP_PIN);
	assert_int_equal(fixture->server.accepted, 0);
}

static void any_of_the_pins_will_do(void **state)
{
	struct fixture *fixture = *state;
	char both[2 * PIN_SIZE + 1];

	assert_int_equal(ask(fixture, "https", fixture->ca, fixture->pin), PIMS_HTTP_OK);
	(void)snprintf(both, sizeof both, "%s;%s", fixture->other_pin, fixture->pin);
	assert_int_equal(ask(fixture, "https", fixture->ca, both), PIMS_HTTP_OK);
	(void)snprintf(both, sizeof both, "%s;%s", fixture->pin, fixture->other_pin);
	assert_int_equal(ask(fixture, "https", fixture->ca, both), PIMS_HTTP_OK);
}

static void change_case(char *text)
{
	for (; *text; text++)
		if (isalpha((unsigned char)*text)) {
			*text ^= 0x20;
			return;
		}
}

static void nobody_rides_a_connection_that_was_accepted_under_laxer_rules(void **state)
{
	struct fixture *fixture = *state;
	atomic_int *accepted = &fixture->server.accepted;
	char nearly[PIN_SIZE];

	assert_int_equal(ask(fixture, "https", fixture->ca, NULL), PIMS_HTTP_OK);
	assert_int_equal(ask(fixture, "https", fixture->ca, NULL), PIMS_HTTP_OK);
	assert_int_equal(*accepted, 1); /* the pool is at work */
	assert_int_equal(ask(fixture, "https", fixture->ca, fixture->other_pin), PIMS_HTTP_PIN);
	assert_int_equal(ask(fixture, "https", NULL, NULL), PIMS_HTTP_TLS);
	assert_int_equal(ask(fixture, "https", fixture->other_ca, NULL), PIMS_HTTP_TLS); /* its name differs in case only */
	assert_int_equal(fixture->server.requests, 2);
	assert_int_equal(ask(fixture, "https", fixture->ca, fixture->pin), PIMS_HTTP_OK);
	assert_int_equal(*accepted, 5);
	assert_int_equal(ask(fixture, "https", fixture->ca, fixture->pin), PIMS_HTTP_OK);
	assert_int_equal(*accepted, 5);
	(void)snprintf(nearly, sizeof nearly, "%s", fixture->pin);
	change_case(nearly + strlen("sha256//"));
	assert_int_equal(ask(fixture, "https", fixture->ca, nearly), PIMS_HTTP_PIN);
	assert_int_equal(ask(fixture, "https", fixture->other_ca, fixture->pin), PIMS_HTTP_TLS);
	assert_int_equal(ask(fixture, "https", NULL, fixture->pin), PIMS_HTTP_TLS);
	assert_int_equal(fixture->server.requests, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_pins_are_none),
		cmocka_unit_test_setup_teardown(a_key_that_is_not_pinned_is_refused_and_hears_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_certificate_out_of_its_time_or_for_another_name_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pin_does_not_replace_the_authority, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plain_http_has_no_key_that_could_be_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_of_the_pins_will_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_rides_a_connection_that_was_accepted_under_laxer_rules, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
