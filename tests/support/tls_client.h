/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TLS_CLIENT_H
#define TESTS_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct ssl_st;
struct ssl_ctx_st;

/** A client's TLS connection to 127.0.0.1, OpenSSL's. Nothing here fails a test by itself, so it can be used on any thread. */
struct tls_client {
	struct ssl_ctx_st *context;
	struct ssl_st *ssl;
	int fd;
	long serial;   /**< of the server's certificate */
	char alpn[16]; /**< what the server chose */
};

/** `version`: of <openssl/ssl.h>, the only one allowed; 0: any. False: there is no connection, or the authority of `ca_file` did not sign for it. */
bool tls_client_open(struct tls_client *client, unsigned port, const char *ca_file, int version);
/** One request; the answer's status, -1: none came. Reads one answer with a Content-Length. */
int tls_client_ask(struct tls_client *client, const char *request, char *ret_answer, size_t size);
/** True when `answer` is a whole one. */
bool tls_client_whole(const char *answer, size_t length);
void tls_client_close(struct tls_client *client);
/** A TCP connection on which nothing was said. -1: none. */
int tcp_open(unsigned port);

#endif
