/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/loop_poll.h"

#include <pims/error.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int add_own(struct poller *poller, int *fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

	if (*fd < 0 || epoll_ctl(poller->fd, EPOLL_CTL_ADD, *fd, &event) < 0)
		return PIMS_E_SYSTEM;
	return 0;
}

int poller_open(struct poller *ret_poller)
{
	*ret_poller = (struct poller){
		.fd = epoll_create1(EPOLL_CLOEXEC),
		.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	if (ret_poller->fd < 0 || add_own(ret_poller, &ret_poller->timer_fd) < 0 || add_own(ret_poller, &ret_poller->wake_fd) < 0) {
		poller_close(ret_poller);
		return PIMS_E_SYSTEM;
	}
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void poller_close(struct poller *poller)
{
	close_fd(&poller->wake_fd);
	close_fd(&poller->timer_fd);
	close_fd(&poller->fd);
}

int poller_watch(struct poller *poller, struct loop_watch *watch)
{
	struct epoll_event event = {.data.ptr = watch};

	if (watch->events & LOOP_READ)
		event.events |= EPOLLIN;
	if (watch->events & LOOP_WRITE)
		event.events |= EPOLLOUT;
	/* A descriptor that was closed while watched is forgotten by the kernel, and its number may be another's now: take both answers. */
	if (epoll_ctl(poller->fd, watch->active ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &event) == 0)
		return 0;
	if (errno == ENOENT && epoll_ctl(poller->fd, EPOLL_CTL_ADD, watch->fd, &event) == 0)
		return 0;
	if (errno == EEXIST && epoll_ctl(poller->fd, EPOLL_CTL_MOD, watch->fd, &event) == 0)
		return 0;
	return PIMS_E_SYSTEM;
}

void poller_unwatch(struct poller *poller, struct loop_watch *watch)
{
	struct epoll_event event = {0};

	/* Fails only for what is gone already. */
	(void)epoll_ctl(poller->fd, EPOLL_CTL_DEL, watch->fd, &event);
}

int poller_arm(struct poller *poller, int64_t delay_ms)
{
	/* A delay of 0 would disarm it. */
	struct itimerspec at = {.it_value = {.tv_sec = (time_t)(delay_ms / 1000), .tv_nsec = delay_ms <= 0 ? 1 : (delay_ms % 1000) * 1000000}};

	return timerfd_settime(poller->timer_fd, 0, &at, NULL) < 0 ? PIMS_E_SYSTEM : 0;
}

int poller_wake(const struct poller *poller)
{
	uint64_t one = 1;

	/* EAGAIN: the counter is full, so it is readable. */
	if (write(poller->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		return PIMS_E_SYSTEM;
	return 0;
}

static void acknowledge(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof count) < 0)
		return; /* EAGAIN: it was set anew meanwhile */
}

static unsigned loop_events(const struct epoll_event *event, const struct loop_watch *watch)
{
	unsigned events = 0;

	if (event->events & EPOLLIN)
		events |= LOOP_READ;
	if (event->events & EPOLLOUT)
		events |= LOOP_WRITE;
	if (event->events & (EPOLLERR | EPOLLHUP))
		events |= watch->events;
	return events;
}

static void take_event(struct poller *poller, const struct epoll_event *event, struct poll_batch *batch)
{
	struct loop_watch *watch = event->data.ptr;

	if (event->data.ptr == &poller->timer_fd) {
		batch->timer = true;
		acknowledge(poller->timer_fd);
	} else if (event->data.ptr == &poller->wake_fd) {
		batch->woken = true;
		acknowledge(poller->wake_fd);
	} else {
		batch->events[batch->count++] = (struct poll_event){watch, loop_events(event, watch)};
	}
}

int poller_wait(struct poller *poller, int timeout_ms, struct poll_batch *batch)
{
	struct epoll_event events[POLL_BATCH];
	int n = epoll_wait(poller->fd, events, POLL_BATCH, timeout_ms);

	batch->count = 0;
	batch->timer = false;
	batch->woken = false;
	if (n < 0)
		return errno == EINTR ? 0 : PIMS_E_SYSTEM;
	for (int i = 0; i < n; i++)
		take_event(poller, &events[i], batch);
	return 0;
}

int64_t poller_clock(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time) < 0)
		return 0;
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
