/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int tcp_open(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval limit = {.tv_sec = 60};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	/* as curl: else the request waits 40 ms for the acknowledgement of the handshake's end */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool prepare(struct tls_client *client, const char *ca_file, int version)
{
	static const unsigned char protocols[] = "\x02h2\x08http/1.1";

	client->context = SSL_CTX_new(TLS_client_method());
	if (!client->context || SSL_CTX_load_verify_locations(client->context, ca_file, NULL) != 1)
		return false;
	SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_security_level(client->context, 0); /* so that it is the server who refuses */
	if (version && (SSL_CTX_set_min_proto_version(client->context, version) != 1 || SSL_CTX_set_max_proto_version(client->context, version) != 1))
		return false;
	SSL_CTX_set_alpn_protos(client->context, protocols, sizeof protocols - 1);
	client->ssl = SSL_new(client->context);
	return client->ssl && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(client->ssl), "127.0.0.1") == 1;
}

static bool shake_hands(struct tls_client *client)
{
	const unsigned char *alpn;
	unsigned length;
	X509 *certificate;

	if (SSL_set_fd(client->ssl, client->fd) != 1 || SSL_connect(client->ssl) != 1)
		return false;
	certificate = SSL_get1_peer_certificate(client->ssl);
	client->serial = certificate ? ASN1_INTEGER_get(X509_get0_serialNumber(certificate)) : 0;
	X509_free(certificate);
	SSL_get0_alpn_selected(client->ssl, &alpn, &length);
	(void)snprintf(client->alpn, sizeof client->alpn, "%.*s", (int)length, alpn ? (const char *)alpn : "");
	return true;
}

bool tls_client_open(struct tls_client *client, unsigned port, const char *ca_file, int version)
{
	memset(client, 0, sizeof *client);
	client->fd = tcp_open(port);
	if (client->fd >= 0 && prepare(client, ca_file, version) && shake_hands(client))
		return true;
	tls_client_close(client);
	return false;
}

bool tls_client_whole(const char *answer, size_t length)
{
	const char *end = strstr(answer, "\r\n\r\n");
	const char *size = strcasestr(answer, "\r\nContent-Length:");

	return end && (!size || size > end || length >= (size_t)(end + 4 - answer) + strtoul(size + 17, NULL, 10));
}

int tls_client_ask(struct tls_client *client, const char *request, char *ret_answer, size_t size)
{
	size_t length = 0;
	int n;

	ret_answer[0] = 0;
	if (SSL_write(client->ssl, request, (int)strlen(request)) <= 0)
		return -1;
	while (!tls_client_whole(ret_answer, length)) {
		n = length + 1 < size ? SSL_read(client->ssl, ret_answer + length, (int)(size - 1 - length)) : 0;
		if (n <= 0)
			return -1;
		length += (size_t)n;
		ret_answer[length] = 0;
	}
	return strncmp(ret_answer, "HTTP/1.1 ", 9) == 0 ? (int)strtol(ret_answer + 9, NULL, 10) : -1;
}

void tls_client_close(struct tls_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	if (client->fd >= 0)
		close(client->fd);
	*client = (struct tls_client){.fd = -1};
}
