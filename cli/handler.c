/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/handler.h"

#include "base/brand.h"
#include "base/url.h"
#include "cli/agent.h"
#include "cli/cli.h"
#include "cli/desktop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4 };

/* --- places ------------------------------------------------------------------------------------------------------------------------------- */

/* Ours, and closed to everybody else (XDG Base Directory Specification). */
static bool is_private(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 077);
}

/* Returns its length; 0 when it is none that can be used. */
static size_t directory_path(bool make, char path[HANDLER_PATH_MAX])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int length;

	if (!runtime || *runtime != '/' || !is_private(runtime))
		return 0;
	length = snprintf(path, HANDLER_PATH_MAX, "%s/pims", runtime);
	if (length <= 0 || length >= HANDLER_PATH_MAX)
		return 0;
	if (make)
		(void)mkdir(path, 0700); /* there already, or else not private below */
	return is_private(path) ? (size_t)length : 0;
}

bool handler_path(const char *scheme, const char *what, bool make, char path[HANDLER_PATH_MAX])
{
	size_t used = directory_path(make, path);
	int length;

	if (!used)
		return false;
	length = snprintf(path + used, HANDLER_PATH_MAX - used, "/%s.%s", scheme, what);
	return length > 0 && (size_t)length < HANDLER_PATH_MAX - used;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* -1 with errno EWOULDBLOCK: somebody else has it. It ends with the process, however that ends. */
static int take_lock(const char *scheme)
{
	char path[HANDLER_PATH_MAX];
	int fd, reason;

	errno = 0;
	if (!handler_path(scheme, "lock", true, path))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	reason = errno;
	(void)close(fd);
	errno = reason;
	return -1;
}

/* The directory is ours alone, and the lock ours: what is in the way is a dead one's. */
static int listen_at(const char *scheme)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int fd, r;

	if (!handler_path(scheme, "sock", true, address.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	(void)unlink(address.sun_path);
	mask = umask(0177);
	r = bind(fd, (const struct sockaddr *)&address, sizeof address);
	(void)umask(mask);
	if (r == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* --- the time of a sign-in ------------------------------------------------------------------------------------------------------------ */

/* The scheme of the page's parameter redirect_uri, when it is a brand's. */
static const char *scheme_of(const char *page)
{
	const struct brand *brand = NULL;
	struct url url = {0}, redirect = {0};
	struct query query = {0};

	if (url_parse(page, &url) == 0 && url.query && query_parse(url.query, strlen(url.query), &query) == 0 &&
	    query_get(&query, "redirect_uri") && url_parse(query_get(&query, "redirect_uri"), &redirect) == 0)
		brand = brand_of_scheme(redirect.scheme);
	query_free(&query);
	url_free(&redirect);
	url_free(&url);
	return brand ? brand->scheme : NULL;
}

void handler_start(struct handler *handler, const char *page)
{
	if (!handler->wanted || handler->state != HANDLER_NONE || !browser_screen())
		return;
	handler->scheme = scheme_of(page);
	if (!handler->scheme)
		return;
	handler->peer = handler->listener = -1;
	handler->lock = take_lock(handler->scheme);
	if (handler->lock < 0) {
		handler->state = errno == EWOULDBLOCK ? HANDLER_TAKEN : HANDLER_NONE;
		return;
	}
	desktop_unregister(handler->scheme); /* of one that was killed */
	handler->state = HANDLER_READY;
	handler->listener = listen_at(handler->scheme);
	if (handler->listener < 0 || !desktop_register(handler->scheme))
		handler_stop(handler);
}

void handler_stop(struct handler *handler)
{
	char path[HANDLER_PATH_MAX];

	if (handler->state == HANDLER_READY) {
		desktop_unregister(handler->scheme);
		if (handler->listener >= 0 && handler_path(handler->scheme, "sock", false, path))
			(void)unlink(path);
		close_one(&handler->peer);
		close_one(&handler->listener);
		close_one(&handler->lock); /* last: until then nobody else is the handler */
	}
	handler->state = HANDLER_NONE;
}

void handler_clean(void)
{
	for (const struct brand *brand = brands; brand->name; brand++) {
		int lock = desktop_registered(brand->scheme) ? take_lock(brand->scheme) : -1;

		if (lock < 0)
			continue; /* nothing is left, or it is in use, or there is nowhere to tell */
		desktop_unregister(brand->scheme);
		(void)close(lock);
	}
}

/* --- the redirect ------------------------------------------------------------------------------------------------------------------- */

void handler_poll(const struct handler *handler, struct pollfd fds[HANDLER_FDS])
{
	bool ready = handler->state == HANDLER_READY;

	fds[0] = (struct pollfd){.fd = ready ? handler->listener : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = ready ? handler->peer : -1, .events = POLLIN};
}

bool handler_same_user(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer && peer.uid == geteuid();
}

/* One at a time: a peer that says nothing makes room for the next one, so it needs no time-out. */
static void take_peer(struct handler *handler)
{
	int fd = accept4(handler->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (!handler_same_user(fd)) {
		(void)close(fd);
		return;
	}
	close_one(&handler->peer);
	handler->peer = fd;
}

/* One message, whole and a text without control characters; 0: it is none. */
static size_t receive(int fd, char *url, size_t size)
{
	struct iovec part = {.iov_base = url, .iov_len = size - 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);

	if (got <= 0 || (message.msg_flags & MSG_TRUNC))
		return 0;
	for (ssize_t i = 0; i < got; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f)
			return 0;
	url[got] = '\0';
	return (size_t)got;
}

/* The library knows its own by scheme, path and state: another sign-in's is refused, and ours goes on waiting. */
static void take_message(struct cli *cli)
{
	char url[HANDLER_URL_MAX];
	int peer = cli->handler.peer;
	bool taken;

	cli->handler.peer = -1;
	taken = receive(peer, url, sizeof url) && cli->sign_in.waiting && pims_redirect(cli->pims, url) == 0;
	secret_wipe(url, sizeof url);
	(void)send(peer, taken ? "1" : "0", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(peer);
}

void handler_take(struct cli *cli, const struct pollfd fds[HANDLER_FDS])
{
	if (fds[1].revents)
		take_message(cli);
	if (fds[0].revents)
		take_peer(&cli->handler);
}
