/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/http.h"

#include <pims/error.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse_address(const char *text, unsigned port, union address *ret_address, socklen_t *ret_length)
{
	*ret_address = (union address){.any.sa_family = AF_UNSPEC};
	if (port > 65535)
		return PIMS_E_FORMAT;
	if (inet_pton(AF_INET, text, &ret_address->v4.sin_addr) == 1) {
		ret_address->v4.sin_family = AF_INET;
		ret_address->v4.sin_port = htons((uint16_t)port);
		*ret_length = sizeof ret_address->v4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, &ret_address->v6.sin6_addr) == 1) {
		ret_address->v6.sin6_family = AF_INET6;
		ret_address->v6.sin6_port = htons((uint16_t)port);
		*ret_length = sizeof ret_address->v6;
		return 0;
	}
	return PIMS_E_FORMAT;
}

static int bind_and_listen(int fd, const union address *address, socklen_t length, unsigned *ret_port)
{
	union address bound;
	int yes = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
		return PIMS_E_SYSTEM;
	if (bind(fd, &address->any, length) < 0 || listen(fd, BACKLOG) < 0 || getsockname(fd, &bound.any, &length) < 0)
		return PIMS_E_SYSTEM;
	*ret_port = ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
	return 0;
}

int http_listen(const char *address, unsigned port, int *ret_socket, unsigned *ret_port)
{
	union address parsed;
	socklen_t length;
	int fd, error, r;

	r = parse_address(address, port, &parsed, &length);
	if (r < 0)
		return r;
	fd = socket(parsed.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return PIMS_E_SYSTEM;
	r = bind_and_listen(fd, &parsed, length, ret_port);
	if (r < 0) {
		error = errno;
		close(fd);
		errno = error;
		return r;
	}
	*ret_socket = fd;
	return 0;
}
