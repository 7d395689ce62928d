/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/agent_address.h"

#include <pims/error.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool loopback_address(const struct url *uri, struct sockaddr_in *ret_v4, struct sockaddr_in6 *ret_v6)
{
	const char *host = strcmp(uri->host, "localhost") == 0 ? "127.0.0.1" : uri->host;

	memset(ret_v4, 0, sizeof *ret_v4);
	memset(ret_v6, 0, sizeof *ret_v6);
	if (inet_pton(AF_INET, host, &ret_v4->sin_addr) == 1 && ntohl(ret_v4->sin_addr.s_addr) >> 24 == 127) {
		ret_v4->sin_family = AF_INET;
		return true;
	}
	if (inet_pton(AF_INET6, host, &ret_v6->sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&ret_v6->sin6_addr)) {
		ret_v6->sin6_family = AF_INET6;
		return true;
	}
	return false;
}

bool agent_address_receivable(const struct url *uri)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	return strcmp(uri->scheme, "http") == 0 && !uri->fragment && loopback_address(uri, &v4, &v6);
}

static int bound_port(int fd, unsigned short *ret_port)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof address;

	if (getsockname(fd, (struct sockaddr *)(void *)&address, &length) < 0)
		return PIMS_E_SYSTEM;
	/* The port stands at the same place in both families. */
	*ret_port = ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
	return 0;
}

static int listen_at(const struct sockaddr *address, socklen_t length, int backlog)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return PIMS_E_SYSTEM;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, address, length) < 0 || listen(fd, backlog) < 0) {
		close(fd);
		return PIMS_E_SYSTEM;
	}
	return fd;
}

int agent_address_listen(const struct url *uri, int backlog, unsigned short *ret_port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	int fd;

	if (!agent_address_receivable(uri) || !loopback_address(uri, &v4, &v6))
		return PIMS_E_INVALID;
	/* url_parse() has checked the digits; "" is 0, and 0 is any. */
	v4.sin_port = v6.sin6_port = htons((unsigned short)strtoul(uri->port, NULL, 10));
	if (v4.sin_family == AF_INET)
		fd = listen_at((struct sockaddr *)(void *)&v4, sizeof v4, backlog);
	else
		fd = listen_at((struct sockaddr *)(void *)&v6, sizeof v6, backlog);
	if (fd >= 0 && bound_port(fd, ret_port) < 0) {
		close(fd);
		return PIMS_E_SYSTEM;
	}
	return fd;
}
