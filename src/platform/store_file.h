/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_STORE_FILE_H
#define PIMS_PLATFORM_STORE_FILE_H

#include <pims/options.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STORE_STATE_NAME "state"
#define STORE_LOCK_NAME "lock"
enum { STORE_MAX = 1024 * 1024 };

/** Tells one version of a file from another. */
struct file_stamp {
	bool exists;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	struct timespec changed;
};

/**
 * The built-in struct pims_store: the file `state` in a directory, replaced by rename, and the file `lock`. Nothing is touched on disk before the
 * first hook is called; load and changed never create anything. The object must not move after store_file_hooks().
 */
struct store_file {
	char *dir;
	int lock_fd; /**< -1 = not ours */
	bool known;  /**< `stamp` is that of the last load or save */
	struct file_stamp stamp;
	char error[512]; /**< what went wrong last, for people: names the file, holds no secret; "" = nothing */
};

/** PIMS_E_INVALID (no directory given), PIMS_E_MEMORY. */
int store_file_init(struct store_file *store, const char *dir);
/** Unlocks and frees. */
void store_file_free(struct store_file *store);
/**
 * The hooks, with `store` as their data. save() takes the lock for itself when it is not ours already. Errors: PIMS_E_SYSTEM (disk full, no
 * permission), PIMS_E_LIMIT (over STORE_MAX), PIMS_E_FORMAT (not an ordinary file), PIMS_E_AGAIN, PIMS_E_MEMORY.
 */
void store_file_hooks(struct store_file *store, struct pims_store *ret_hooks);

#endif
