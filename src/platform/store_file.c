/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/store_file.h"

#include "base/secret.h"
#include "platform/file.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only the holder of the lock writes, so one name is enough; what a crash left under it is replaced. */
#define NEW_NAME "state.new"

enum { DESCRIPTORS_KEPT = 128 };

int store_file_init(struct store_file *store, const char *dir)
{
	*store = (struct store_file){.lock_fd = -1};
	if (!dir || !*dir)
		return PIMS_E_INVALID;
	store->dir = strdup(dir);
	return store->dir ? 0 : PIMS_E_MEMORY;
}

static int explain(struct store_file *store, const char *verb, const char *name, int r)
{
	const char *reason = NULL;

	if (r == PIMS_E_FORMAT)
		reason = "empty, or not an ordinary file";
	else if (r == PIMS_E_LIMIT)
		reason = "larger than 1 MiB";
	else if (r == PIMS_E_MEMORY)
		reason = "out of memory";
	file_explain(store->error, verb, store->dir, name, reason);
	return r;
}

static struct file_stamp stamp_of(const struct stat *stat)
{
	return (struct file_stamp){
		.exists = true,
		.device = stat->st_dev,
		.inode = stat->st_ino,
		.size = stat->st_size,
		.modified = stat->st_mtim,
		.changed = stat->st_ctim,
	};
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
	if (!a->exists || !b->exists)
		return a->exists == b->exists;
	return a->device == b->device && a->inode == b->inode && a->size == b->size && same_time(&a->modified, &b->modified) &&
	       same_time(&a->changed, &b->changed);
}

static void remember(struct store_file *store, const struct file_stamp *stamp)
{
	store->known = true;
	store->stamp = *stamp;
}

/* Opens the state. A descriptor, PIMS_E_NOT_FOUND when there is no file or no directory, or another error. */
static int open_state(struct store_file *store, struct stat *ret_stat)
{
	int dir_fd = file_open_directory(store->dir);
	int fd;

	if (dir_fd == PIMS_E_NOT_FOUND)
		return dir_fd;
	if (dir_fd < 0)
		return explain(store, "open", "", dir_fd);
	fd = file_open(dir_fd, STORE_STATE_NAME, ret_stat);
	if (fd < 0 && fd != PIMS_E_NOT_FOUND)
		explain(store, "read", STORE_STATE_NAME, fd);
	close(dir_fd);
	return fd;
}

/* malloc() may give NULL for 0 bytes. */
static int read_state(int fd, size_t size, unsigned char **ret_blob, size_t *ret_length)
{
	unsigned char *blob;
	ssize_t length;

	if (size == 0 || size > STORE_MAX) /* nothing is ever saved as an empty file: it was truncated */
		return size ? PIMS_E_LIMIT : PIMS_E_FORMAT;
	blob = malloc(size + 1);
	if (!blob)
		return PIMS_E_MEMORY;
	length = file_read(fd, blob, size);
	if (length < 0) {
		free(blob);
		return (int)length;
	}
	*ret_blob = blob;
	*ret_length = (size_t)length;
	return 0;
}

static int store_load(void *data, unsigned char **ret_blob, size_t *ret_length)
{
	static const struct file_stamp NOTHING = {0};
	struct store_file *store = data;
	struct file_stamp stamp;
	struct stat stat;
	int fd, r;

	store->error[0] = '\0';
	fd = open_state(store, &stat);
	if (fd == PIMS_E_NOT_FOUND) {
		remember(store, &NOTHING);
		*ret_blob = NULL;
		*ret_length = 0;
		return 0;
	}
	if (fd < 0)
		return fd;
	stamp = stamp_of(&stat);
	r = read_state(fd, (size_t)stat.st_size, ret_blob, ret_length);
	if (r < 0)
		explain(store, "read", STORE_STATE_NAME, r);
	else
		remember(store, &stamp);
	close(fd);
	return r;
}

static int open_directory_made(struct store_file *store)
{
	int dir_fd = file_open_directory(store->dir);
	int r;

	if (dir_fd == PIMS_E_NOT_FOUND) {
		r = file_make_directory(store->dir);
		if (r < 0)
			return explain(store, "make", "", r);
		dir_fd = file_open_directory(store->dir);
	}
	return dir_fd < 0 ? explain(store, "open", "", PIMS_E_SYSTEM) : dir_fd;
}

/*
 * A lock holds a descriptor while a server is asked, and its holder needs more to save what the server changed. The last ones are for
 * those: with thousands of contexts in a process the others wait their turn.
 */
static bool descriptors_short(int fd)
{
	struct rlimit limit;
	rlim_t kept;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return false;
	kept = limit.rlim_cur / 4 < DESCRIPTORS_KEPT ? limit.rlim_cur / 4 : DESCRIPTORS_KEPT;
	return (rlim_t)fd >= limit.rlim_cur - kept;
}

static int take_lock(struct store_file *store, int dir_fd)
{
	int fd = openat(dir_fd, STORE_LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return explain(store, "open", STORE_LOCK_NAME, errno == ELOOP ? PIMS_E_FORMAT : PIMS_E_SYSTEM);
	if (descriptors_short(fd)) {
		close(fd);
		errno = EMFILE;
		return explain(store, "lock", STORE_LOCK_NAME, PIMS_E_AGAIN);
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK ? PIMS_E_AGAIN : PIMS_E_SYSTEM;

		explain(store, "lock", STORE_LOCK_NAME, r);
		close(fd);
		return r;
	}
	store->lock_fd = fd;
	return 0;
}

static int store_lock(void *data)
{
	struct store_file *store = data;
	int dir_fd, r;

	store->error[0] = '\0';
	if (store->lock_fd >= 0)
		return 0;
	dir_fd = open_directory_made(store);
	if (dir_fd < 0)
		return dir_fd;
	r = take_lock(store, dir_fd);
	close(dir_fd);
	return r;
}

static void store_unlock(void *data)
{
	struct store_file *store = data;

	if (store->lock_fd >= 0)
		close(store->lock_fd);
	store->lock_fd = -1;
}

/* After the rename and before fsync() of the directory a power failure may bring back the old state, so both must have happened. */
static int replace(int dir_fd, const unsigned char *blob, size_t length, struct stat *ret_stat)
{
	int r;

	if (unlinkat(dir_fd, NEW_NAME, 0) < 0 && errno != ENOENT)
		return PIMS_E_SYSTEM;
	r = file_create(dir_fd, NEW_NAME, blob, length);
	if (r < 0)
		return r;
	if (renameat(dir_fd, NEW_NAME, dir_fd, STORE_STATE_NAME) < 0) {
		int saved = errno;

		(void)unlinkat(dir_fd, NEW_NAME, 0);
		errno = saved;
		return PIMS_E_SYSTEM;
	}
	if (fsync(dir_fd) < 0 || fstatat(dir_fd, STORE_STATE_NAME, ret_stat, AT_SYMLINK_NOFOLLOW) < 0)
		return PIMS_E_SYSTEM;
	return 0;
}

static int save_locked(struct store_file *store, const unsigned char *blob, size_t length)
{
	struct file_stamp stamp;
	struct stat stat;
	int dir_fd, r;

	dir_fd = open_directory_made(store);
	if (dir_fd < 0)
		return dir_fd;
	r = replace(dir_fd, blob, length, &stat);
	if (r < 0) {
		explain(store, "save", STORE_STATE_NAME, r);
	} else {
		stamp = stamp_of(&stat);
		remember(store, &stamp);
	}
	close(dir_fd);
	return r;
}

static int store_save(void *data, const unsigned char *blob, size_t length)
{
	struct store_file *store = data;
	bool locked = store->lock_fd >= 0;
	int r = store_lock(store);

	if (r < 0)
		return r;
	r = length > STORE_MAX ? explain(store, "save", STORE_STATE_NAME, PIMS_E_LIMIT) : save_locked(store, blob, length);
	if (!locked)
		store_unlock(store);
	return r;
}

static int store_changed(void *data)
{
	struct store_file *store = data;
	struct file_stamp stamp = {0};
	struct stat stat;
	int dir_fd;

	if (!store->known)
		return 1;
	dir_fd = file_open_directory(store->dir);
	if (dir_fd >= 0) {
		if (fstatat(dir_fd, STORE_STATE_NAME, &stat, AT_SYMLINK_NOFOLLOW) == 0)
			stamp = stamp_of(&stat);
		close(dir_fd);
	}
	return !same_stamp(&stamp, &store->stamp);
}

void store_file_hooks(struct store_file *store, struct pims_store *ret_hooks)
{
	*ret_hooks = (struct pims_store){
		.size = sizeof *ret_hooks,
		.load = store_load,
		.save = store_save,
		.lock = store_lock,
		.unlock = store_unlock,
		.changed = store_changed,
		.data = store,
	};
}

void store_file_free(struct store_file *store)
{
	if (!store)
		return;
	store_unlock(store);
	free(store->dir);
	*store = (struct store_file){.lock_fd = -1};
}
