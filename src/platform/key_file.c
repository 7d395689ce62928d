/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/key_file.h"

#include "base/secret.h"
#include "platform/file.h"
#include "platform/seal.h"
#include "platform/store_file.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_RANDOM = 8 };

int key_file_init(struct key_file *file, const char *dir, const struct env *env)
{
	*file = (struct key_file){.env = *env};
	if (!dir || !*dir)
		return PIMS_E_INVALID;
	file->dir = strdup(dir);
	return file->dir ? 0 : PIMS_E_MEMORY;
}

void key_file_free(struct key_file *file)
{
	if (!file)
		return;
	free(file->dir);
	*file = (struct key_file){0};
}

static int explain(struct key_file *file, const char *verb, const char *reason, int r)
{
	file_explain(file->error, verb, file->dir, KEY_FILE_NAME, reason);
	return r;
}

/* A key that others can read protects nothing. */
static int check_owner(struct key_file *file, const struct stat *stat)
{
	if (stat->st_mode & 077)
		return explain(file, "use", "others than its owner may read it; set its mode to 600", PIMS_E_STATE);
	if (stat->st_uid != geteuid())
		return explain(file, "use", "it belongs to another user", PIMS_E_STATE);
	return 0;
}

static int read_key_bytes(struct key_file *file, int fd, unsigned char key[SEAL_KEY_SIZE])
{
	unsigned char bytes[SEAL_KEY_SIZE];
	ssize_t length = file_read(fd, bytes, sizeof bytes);
	int r = 0;

	if (length == PIMS_E_SYSTEM)
		r = explain(file, "read", NULL, PIMS_E_SYSTEM);
	else if (length != SEAL_KEY_SIZE)
		r = explain(file, "use", "it is not 32 bytes long", PIMS_E_FORMAT);
	else
		memcpy(key, bytes, sizeof bytes);
	secret_wipe(bytes, sizeof bytes);
	return r;
}

/* PIMS_E_NOT_FOUND without a word when there is none. */
static int read_key(struct key_file *file, int dir_fd, unsigned char key[SEAL_KEY_SIZE])
{
	struct stat stat;
	int fd = file_open(dir_fd, KEY_FILE_NAME, &stat);
	int r;

	if (fd == PIMS_E_NOT_FOUND)
		return fd;
	if (fd < 0)
		return explain(file, "read", fd == PIMS_E_FORMAT ? "not an ordinary file" : NULL, fd);
	r = check_owner(file, &stat);
	if (r == 0)
		r = read_key_bytes(file, fd, key);
	close(fd);
	return r;
}

/* Under a name of its own first: the key appears whole, and the first of two processes wins. */
static int publish(struct key_file *file, int dir_fd, const unsigned char *key, const char *temp)
{
	int r = file_create(dir_fd, temp, key, SEAL_KEY_SIZE);

	if (r < 0)
		return explain(file, "make", NULL, r);
	if (linkat(dir_fd, temp, dir_fd, KEY_FILE_NAME, 0) < 0 && errno != EEXIST)
		r = explain(file, "make", NULL, PIMS_E_SYSTEM);
	(void)unlinkat(dir_fd, temp, 0);
	if (r == 0 && fsync(dir_fd) < 0)
		r = explain(file, "make", NULL, PIMS_E_SYSTEM);
	return r;
}

static int make_key(struct key_file *file, int dir_fd)
{
	char temp[sizeof KEY_FILE_NAME + 2 * TEMP_RANDOM + 1] = KEY_FILE_NAME ".";
	unsigned char key[SEAL_KEY_SIZE];
	int r;

	r = env_random_hex(&file->env, temp + sizeof KEY_FILE_NAME, TEMP_RANDOM);
	if (r == 0)
		r = env_random(&file->env, key, sizeof key);
	if (r < 0)
		explain(file, "make", "no random numbers", r);
	else
		r = publish(file, dir_fd, key, temp);
	secret_wipe(key, sizeof key);
	return r;
}

static bool state_exists(int dir_fd)
{
	struct stat stat;

	return fstatat(dir_fd, STORE_STATE_NAME, &stat, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * A state without its key is not to be sealed over with a new one: its owner may still find the key. The state is looked for before the second look at the
 * key, since another process may be making both right now.
 */
static int get_key(struct key_file *file, int dir_fd, unsigned char key[SEAL_KEY_SIZE])
{
	bool orphaned;
	int r = read_key(file, dir_fd, key);

	if (r != PIMS_E_NOT_FOUND)
		return r;
	orphaned = state_exists(dir_fd);
	if (!orphaned) {
		r = make_key(file, dir_fd);
		if (r < 0)
			return r;
	}
	r = read_key(file, dir_fd, key);
	if (r == PIMS_E_NOT_FOUND)
		r = explain(file, "find", "the state beside it was sealed with it", PIMS_E_KEY);
	return r;
}

static int key_get(void *data, unsigned char key[SEAL_KEY_SIZE])
{
	struct key_file *file = data;
	int dir_fd, r;

	file->error[0] = '\0';
	r = file_make_directory(file->dir);
	if (r < 0)
		return explain(file, "make", NULL, r);
	dir_fd = file_open_directory(file->dir);
	if (dir_fd < 0)
		return explain(file, "open", NULL, PIMS_E_SYSTEM);
	r = get_key(file, dir_fd, key);
	close(dir_fd);
	return r;
}

void key_file_hooks(struct key_file *file, struct pims_key *ret_hooks)
{
	*ret_hooks = (struct pims_key){.size = sizeof *ret_hooks, .get = key_get, .data = file};
}
