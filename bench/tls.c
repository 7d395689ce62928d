/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS costs pimsd: requests per second on connections that stay, the same without TLS, and new TLS connections with one request each. ECDSA P-256, TLS
 * 1.3, no resumption. Server and load share the machine.
 */
#include "bench/measure.h"
#include "sandbox.h"
#include "support/certificates.h"
#include "support/tls_client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 8, SECONDS = 5, ANSWER_MAX = 16384 };

static const char request[] = "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

enum kind { PLAIN, KEEP_ALIVE, NEW };

struct load {
	pthread_t thread;
	enum kind kind;
	unsigned port;
	const char *ca_file;
	double end;
	unsigned done, failed;
};

static bool ask_plain(int fd, char *answer)
{
	size_t length = 0;
	ssize_t n;

	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
		return false;
	answer[0] = 0;
	while (!tls_client_whole(answer, length)) {
		n = length + 1 < ANSWER_MAX ? recv(fd, answer + length, ANSWER_MAX - 1 - length, 0) : 0;
		if (n <= 0)
			return false;
		length += (size_t)n;
		answer[length] = 0;
	}
	return strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

static void plain(struct load *load)
{
	char answer[ANSWER_MAX];
	int fd = tcp_open(load->port);

	for (; measure_now() < load->end; load->done++)
		load->failed += !ask_plain(fd, answer);
	close(fd);
}

static void encrypted(struct load *load)
{
	struct tls_client client = {.fd = -1};
	char answer[ANSWER_MAX];

	for (; measure_now() < load->end; load->done++) {
		if (!client.ssl && !tls_client_open(&client, load->port, load->ca_file, 0)) {
			load->failed++;
			continue;
		}
		load->failed += tls_client_ask(&client, request, answer, sizeof answer) != 200;
		if (load->kind == NEW)
			tls_client_close(&client);
	}
	tls_client_close(&client);
}

static void *run(void *data)
{
	struct load *load = data;

	if (load->kind == PLAIN)
		plain(load);
	else
		encrypted(load);
	return NULL;
}

static void measure(enum kind kind, const struct sandbox *sandbox, const char *ca_file, const char *what)
{
	unsigned port = (unsigned)strtoul(strrchr(sandbox->url, ':') + 1, NULL, 10);
	struct load loads[THREADS] = {0};
	double start = measure_now();
	unsigned done = 0;

	for (int i = 0; i < THREADS; i++) {
		loads[i] = (struct load){.kind = kind, .port = port, .ca_file = ca_file, .end = start + SECONDS * 1e6};
		measure_need(pthread_create(&loads[i].thread, NULL, run, &loads[i]) == 0, "pthread_create");
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(loads[i].thread, NULL);
		measure_need(loads[i].failed == 0, "a request got no answer");
		done += loads[i].done;
	}
	measure_print(done / ((measure_now() - start) / 1e6), "1/s", what);
}

int main(void)
{
	char directory[] = "/tmp/pims-bench-tls-XXXXXX", ca[64], certificate[64], key[64];
	struct authority authority;
	struct sandbox sandbox;

	signal(SIGPIPE, SIG_IGN);
	measure_need(mkdtemp(directory) != NULL, "mkdtemp");
	(void)snprintf(ca, sizeof ca, "%s/ca.pem", directory);
	(void)snprintf(certificate, sizeof certificate, "%s/cert.pem", directory);
	(void)snprintf(key, sizeof key, "%s/key.pem", directory);
	authority_make(&authority, "bench");
	authority_write(&authority, ca);
	certificate_make(&authority, &(struct wanted){.serial = 1}, certificate, key);
	sandbox_start(&sandbox, NULL);
	measure(PLAIN, &sandbox, NULL, "requests without TLS, 8 connections that stay");
	sandbox_stop(&sandbox);
	sandbox_remove(&sandbox);
	sandbox_start(&sandbox, (const char *const[]){"--tls-cert", certificate, "--tls-key", key, NULL});
	measure(KEEP_ALIVE, &sandbox, ca, "requests over TLS, 8 connections that stay");
	measure(NEW, &sandbox, ca, "new TLS connections with a request each, 8 at a time");
	sandbox_stop(&sandbox);
	sandbox_remove(&sandbox);
	authority_free(&authority);
	(void)unlink(ca);
	(void)unlink(certificate);
	(void)unlink(key);
	(void)rmdir(directory);
	return 0;
}
