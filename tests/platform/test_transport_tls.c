/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A server with a certificate of its own for 127.0.0.1, one connection after the other, in a thread. */
struct tls_server {
	SSL_CTX *context;
	pthread_t thread;
	int listener;
	int port;
	bool plain; /* answers the handshake with HTTP */
	char ca_file[64];
};

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_EXTENSION *extension;
	X509_NAME *name;

	assert_non_null(certificate);
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	name = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(certificate, name);
	extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	assert_non_null(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	return certificate;
}

static void make_identity(struct tls_server *server)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = make_certificate(key);
	FILE *file;
	int fd;

	strcpy(server->ca_file, "/tmp/pims-test-ca-XXXXXX");
	fd = mkstemp(server->ca_file);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	fclose(file);
	server->context = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(server->context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server->context, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static void answer_tls(struct tls_server *server, int fd)
{
	static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret";
	SSL *ssl = SSL_new(server->context);
	char bytes[4096];

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, bytes, sizeof bytes) > 0) {
		SSL_write(ssl, ANSWER, (int)sizeof ANSWER - 1);
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
}

static void *serve(void *data)
{
	struct tls_server *server = data;
	int fd;

	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		if (server->plain)
			(void)send(fd, "HTTP/1.1 400 Bad\r\n\r\n", 20, MSG_NOSIGNAL);
		else
			answer_tls(server, fd);
		close(fd);
	}
	return NULL;
}

static int set_up(void **state)
{
	struct tls_server *server = calloc(1, sizeof *server);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;

	assert_non_null(server);
	signal(SIGPIPE, SIG_IGN);
	make_identity(server);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server->listener, 16), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
	server->port = ntohs(address.sin_port);
	*state = server;
	return 0;
}

static int tear_down(void **state)
{
	struct tls_server *server = *state;

	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	SSL_CTX_free(server->context);
	unlink(server->ca_file);
	free(server);
	return 0;
}

struct answer {
	bool done;
	enum pims_http_failure failure;
	int status;
	size_t length;
};

static void note(void *token, const struct pims_http_response *response)
{
	*(struct answer *)token = (struct answer){true, response->failure, response->status, response->body_length};
}

static struct answer ask(struct tls_server *server, const char *host, const char *ca_file)
{
	struct pims_http_request request = {.size = sizeof request, .method = "GET", .timeout_ms = 10000};
	struct loop_transport *transport;
	struct pims_transport hooks;
	struct pims_loop *loop;
	struct answer answer = {0};
	char url[64];

	if (!server->thread)
		assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	snprintf(url, sizeof url, "https://%s:%d/", host, server->port);
	request.url = url;
	assert_int_equal(pims_loop_new(&loop, NULL), 0);
	assert_int_equal(loop_transport_new(&transport, loop, &(struct transport_trust){.ca_file = ca_file}), 0);
	loop_transport_hooks(transport, &hooks);
	assert_int_equal(hooks.send(hooks.data, &request, note, &answer), 0);
	loop_count_pending(loop, 1);
	while (!answer.done)
		assert_true(pims_run(loop, 20) >= 0);
	loop_transport_free(transport);
	pims_loop_free(loop);
	return answer;
}

static void a_certificate_of_an_unknown_authority_is_refused(void **state)
{
	struct answer answer = ask(*state, "127.0.0.1", NULL);

	assert_int_equal(answer.failure, PIMS_HTTP_TLS);
	assert_int_equal(answer.length, 0);
}

static void a_certificate_for_another_host_is_refused(void **state)
{
	struct tls_server *server = *state;

	assert_int_equal(ask(server, "localhost", server->ca_file).failure, PIMS_HTTP_TLS);
}

static void an_authority_file_that_is_not_there_is_a_tls_failure(void **state)
{
	assert_int_equal(ask(*state, "127.0.0.1", "/nonexistent/ca.pem").failure, PIMS_HTTP_TLS);
}

static void plain_http_where_tls_was_wanted_is_a_tls_failure(void **state)
{
	struct tls_server *server = *state;

	server->plain = true;
	assert_int_equal(ask(server, "127.0.0.1", server->ca_file).failure, PIMS_HTTP_TLS);
}

static void a_certificate_of_the_given_authority_is_good(void **state)
{
	struct tls_server *server = *state;
	struct answer answer = ask(server, "127.0.0.1", server->ca_file);

	assert_int_equal(answer.failure, PIMS_HTTP_OK);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.length, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_certificate_of_an_unknown_authority_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_certificate_for_another_host_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_authority_file_that_is_not_there_is_a_tls_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plain_http_where_tls_was_wanted_is_a_tls_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_certificate_of_the_given_authority_is_good, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
