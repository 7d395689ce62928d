/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/file.h"

#include "base/secret.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void file_explain(char ret_error[FILE_ERROR_SIZE], const char *verb, const char *dir, const char *name, const char *reason)
{
	int saved = errno;
	char text[128];

	/* The GNU form of strerror_r(): safe with threads, and never NULL. */
	if (!reason)
		reason = strerror_r(saved, text, sizeof text);
	snprintf(ret_error, FILE_ERROR_SIZE, "cannot %s %s%s%s: %s", verb, dir, *name ? "/" : "", name, reason);
	errno = saved;
}

static int make_one(const char *dir)
{
	return mkdir(dir, 0700) < 0 && errno != EEXIST ? PIMS_E_SYSTEM : 0;
}

int file_make_directory(const char *dir)
{
	char *path = strdup(dir);
	int r = 0;

	if (!path)
		return PIMS_E_MEMORY;
	for (char *slash = strchr(path + 1, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = make_one(path);
		*slash = '/';
	}
	if (r == 0)
		r = make_one(path);
	free(path);
	return r;
}

int file_open_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == ENOENT ? PIMS_E_NOT_FOUND : PIMS_E_SYSTEM;
}

int file_open(int dir_fd, const char *name, struct stat *ret_stat)
{
	/* O_NONBLOCK: a FIFO must not hold us. */
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;

	if (fd < 0 && errno == ENOENT)
		return PIMS_E_NOT_FOUND;
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? PIMS_E_FORMAT : PIMS_E_SYSTEM;
	if (fstat(fd, &stat) < 0) {
		close(fd);
		return PIMS_E_SYSTEM;
	}
	if (!S_ISREG(stat.st_mode)) {
		close(fd);
		return PIMS_E_FORMAT;
	}
	*ret_stat = stat;
	return fd;
}

static ssize_t read_some(int fd, void *bytes, size_t length)
{
	ssize_t n;

	do {
		n = read(fd, bytes, length);
	} while (n < 0 && errno == EINTR);
	return n;
}

ssize_t file_read(int fd, void *ret_bytes, size_t max)
{
	size_t length = 0;
	ssize_t n = 1;
	char more;

	while (length < max && n > 0) {
		n = read_some(fd, (char *)ret_bytes + length, max - length);
		if (n > 0)
			length += (size_t)n;
	}
	if (n > 0)
		n = read_some(fd, &more, 1);
	if (n != 0) {
		secret_wipe(ret_bytes, length);
		return n < 0 ? PIMS_E_SYSTEM : PIMS_E_LIMIT;
	}
	return (ssize_t)length;
}

static int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return PIMS_E_SYSTEM;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

int file_create(int dir_fd, const char *name, const void *bytes, size_t length)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int saved, r;

	if (fd < 0)
		return PIMS_E_SYSTEM;
	r = write_all(fd, bytes, length);
	if (r == 0 && fsync(fd) < 0)
		r = PIMS_E_SYSTEM;
	saved = errno;
	/* A file system over the network may tell only now that it is full. */
	if (close(fd) < 0 && r == 0) {
		saved = errno;
		r = PIMS_E_SYSTEM;
	}
	if (r < 0)
		(void)unlinkat(dir_fd, name, 0);
	errno = saved;
	return r;
}
