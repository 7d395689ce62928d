/* SPDX-License-Identifier: Apache-2.0 */
#include "server/data_dir.h"

#include "server/store/sqlite.h"

#include <pims/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_PATH = 4096 };

#define CHECK_NAME "seal.check"
#define CHECK_TEXT "pimsd"

static int system_error(const struct env *env, const char *path)
{
	env_log(env, PIMS_LOG_ERROR, "%s: %s", path, strerror(errno));
	return PIMS_E_SYSTEM;
}

static bool is_empty(const char *dir)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;
	int others = 0;

	if (!stream)
		return false;
	while ((entry = readdir(stream)))
		others += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(stream);
	return others == 0;
}

/* An empty directory is closed to others; one in use is somebody's choice, and perhaps not meant for us at all. */
static int check_dir(const char *dir, const struct env *env)
{
	struct stat status;

	if (stat(dir, &status) < 0)
		return system_error(env, dir);
	if (!S_ISDIR(status.st_mode)) {
		env_log(env, PIMS_LOG_ERROR, "%s: is not a directory", dir);
		return PIMS_E_SYSTEM;
	}
	if (status.st_uid != geteuid()) {
		env_log(env, PIMS_LOG_ERROR, "%s: belongs to another user", dir);
		return PIMS_E_KEY;
	}
	if (!(status.st_mode & 077))
		return 0;
	if (is_empty(dir))
		return chmod(dir, 0700) < 0 ? system_error(env, dir) : 0;
	env_log(env, PIMS_LOG_ERROR, "%s: is open to group or others: chmod 700 it", dir);
	return PIMS_E_KEY;
}

static int store_path(const char *dir, char ret_path[MAX_PATH])
{
	return snprintf(ret_path, MAX_PATH, "%s/pims.db", dir) >= MAX_PATH ? PIMS_E_LIMIT : 0;
}

bool data_dir_has_store(const char *dir)
{
	char path[MAX_PATH];

	if (store_path(dir, path) == 0)
		return access(path, F_OK) == 0;
	errno = ENAMETOOLONG;
	return false;
}

int data_dir_open_store(struct store **ret_store, const char *dir, const struct env *env)
{
	char path[MAX_PATH];
	int r;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return system_error(env, dir);
	r = check_dir(dir, env);
	if (r == 0)
		r = store_path(dir, path);
	if (r < 0)
		return r;
	return sqlite_open(ret_store, path, env);
}

static int check_key_exists(const char *dir, const struct env *env)
{
	char path[MAX_PATH];

	if (snprintf(path, sizeof path, "%s/master.key", dir) >= (int)sizeof path)
		return PIMS_E_LIMIT;
	if (access(path, F_OK) == 0)
		return 0;
	env_log(env, PIMS_LOG_ERROR, "%s: is missing; the database beside it was sealed with it", path);
	return PIMS_E_KEY;
}

static int check_seal(const struct seal *seal, const char *dir, const unsigned char *sealed, size_t length, const struct env *env)
{
	struct buf text = BUF_INIT(64);
	int r;

	r = open_value(seal, sealed, length, &text);
	if (r == 0 && strcmp(buf_text(&text), CHECK_TEXT) != 0)
		r = PIMS_E_KEY;
	if (r < 0)
		env_log(env, PIMS_LOG_ERROR, "%s/master.key: is not the key that the database beside it was sealed with", dir);
	buf_free(&text);
	return r < 0 ? PIMS_E_KEY : 0;
}

static int add_check(const struct seal *seal, struct store *store, const struct env *env)
{
	struct buf sealed = BUF_INIT(256);
	int r;

	r = seal_value(seal, env, CHECK_TEXT, strlen(CHECK_TEXT), &sealed);
	if (r == 0)
		r = store_setting_add(store, CHECK_NAME, (const unsigned char *)buf_text(&sealed), sealed.len);
	buf_free(&sealed);
	return r == PIMS_E_STATE ? 0 : r; /* another process was first, with the same key file */
}

int data_dir_open_seal(struct seal **ret_seal, const char *dir, struct store *store, const struct env *env)
{
	unsigned char *sealed = NULL;
	struct seal *seal = NULL;
	size_t length = 0;
	bool first;
	int r;

	r = store_setting_get(store, CHECK_NAME, &sealed, &length);
	first = r == PIMS_E_NOT_FOUND;
	if (r < 0 && !first)
		return r;
	r = first ? 0 : check_key_exists(dir, env);
	if (r == 0)
		r = seal_open_master(&seal, dir, env);
	if (r == 0)
		r = first ? add_check(seal, store, env) : check_seal(seal, dir, sealed, length, env);
	free(sealed);
	if (r < 0) {
		seal_free(seal);
		return r;
	}
	*ret_seal = seal;
	return 0;
}

int data_dir_temporary(char **ret_dir, const struct env *env)
{
	const char *base = getenv("TMPDIR");
	char *dir = malloc(MAX_PATH);

	if (!dir)
		return PIMS_E_MEMORY;
	if (snprintf(dir, MAX_PATH, "%s/pimsd-XXXXXX", base && *base ? base : "/tmp") < MAX_PATH && mkdtemp(dir)) {
		*ret_dir = dir;
		return 0;
	}
	system_error(env, dir);
	free(dir);
	return PIMS_E_SYSTEM;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void data_dir_remove(const char *dir)
{
	nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
