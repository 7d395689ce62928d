/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/seal.h"

#include "base/encode.h"
#include "base/secret.h"
#include "platform/seal.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE = 2 * SEAL_KEY_SIZE + 1, MAX_PATH = 4096 };

/* Two uses, two keys, so that a digest says nothing about what is sealed. In memory that is locked and fenced (libsodium). */
struct seal {
	unsigned char value_key[SEAL_KEY_SIZE];
	unsigned char digest_key[SEAL_KEY_SIZE];
};

static int system_error(const struct env *env, const char *path)
{
	int error = errno;

	env_log(env, PIMS_LOG_ERROR, "%s: %s", path, strerror(error));
	errno = error;
	return PIMS_E_SYSTEM;
}

static int key_error(const struct env *env, const char *path, const char *what)
{
	env_log(env, PIMS_LOG_ERROR, "%s: %s", path, what);
	return PIMS_E_KEY;
}

static int check_file(const struct env *env, const char *path, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return system_error(env, path);
	if (!S_ISREG(status.st_mode))
		return key_error(env, path, "is not an ordinary file");
	if (status.st_uid != geteuid())
		return key_error(env, path, "belongs to another user");
	if (status.st_mode & 077)
		return key_error(env, path, "is open to group or others: chmod 600 it, after making sure that nobody copied it");
	if (status.st_size != FILE_SIZE)
		return key_error(env, path, "is no master key (64 hex digits and a line end)");
	return 0;
}

static int read_key(const struct env *env, const char *path, int fd, unsigned char ret_key[SEAL_KEY_SIZE])
{
	char text[FILE_SIZE + 1] = "";
	int r;

	r = check_file(env, path, fd);
	if (r < 0)
		return r;
	if (pread(fd, text, FILE_SIZE, 0) != FILE_SIZE)
		return system_error(env, path);
	text[FILE_SIZE - 1] = 0;
	if (hex_decode(text, ret_key, SEAL_KEY_SIZE) < 0)
		r = key_error(env, path, "is no master key (64 hex digits and a line end)");
	secret_wipe(text, sizeof text);
	return r;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return PIMS_E_SYSTEM;
		text += n;
		length -= (size_t)n;
	}
	return fsync(fd) < 0 ? PIMS_E_SYSTEM : 0;
}

static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return PIMS_E_SYSTEM;
	r = fsync(fd);
	close(fd);
	return r < 0 ? PIMS_E_SYSTEM : 0;
}

/* A whole file appears under the name, or none; link() lets the first of two makers win. */
static int write_key(const struct env *env, const char *dir, const char *path, const char *text)
{
	char temporary[MAX_PATH];
	char suffix[17];
	int fd, r;

	if (env_random_hex(env, suffix, 8) < 0)
		return PIMS_E_CRYPTO;
	if (snprintf(temporary, sizeof temporary, "%s.%s", path, suffix) >= (int)sizeof temporary)
		return PIMS_E_LIMIT;
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return system_error(env, temporary);
	r = write_all(fd, text, FILE_SIZE);
	close(fd);
	if (r == 0 && link(temporary, path) < 0 && errno != EEXIST)
		r = PIMS_E_SYSTEM;
	if (r == 0)
		r = sync_dir(dir);
	if (r < 0)
		r = system_error(env, path);
	unlink(temporary);
	return r;
}

static int make_key(const struct env *env, const char *dir, const char *path)
{
	char text[FILE_SIZE + 1];
	int r;

	r = env_random_hex(env, text, SEAL_KEY_SIZE);
	if (r < 0)
		return r;
	text[FILE_SIZE - 1] = '\n';
	text[FILE_SIZE] = 0;
	r = write_key(env, dir, path, text);
	secret_wipe(text, sizeof text);
	return r;
}

static int open_key(const struct env *env, const char *dir, const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r;

	if (fd < 0 && errno == ENOENT) {
		r = make_key(env, dir, path);
		if (r < 0)
			return r;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	if (fd < 0)
		return system_error(env, path);
	*ret_fd = fd;
	return 0;
}

static int derive(unsigned char ret_key[SEAL_KEY_SIZE], const unsigned char master[SEAL_KEY_SIZE], const char *use)
{
	return crypto_generichash(ret_key, SEAL_KEY_SIZE, (const unsigned char *)use, strlen(use), master, SEAL_KEY_SIZE) ? PIMS_E_CRYPTO : 0;
}

static int make_seal(struct seal **ret_seal, const unsigned char master[SEAL_KEY_SIZE])
{
	struct seal *seal = sodium_malloc(sizeof *seal);

	if (!seal)
		return PIMS_E_MEMORY;
	if (derive(seal->value_key, master, "pimsd value 1") < 0 || derive(seal->digest_key, master, "pimsd digest 1") < 0) {
		sodium_free(seal);
		return PIMS_E_CRYPTO;
	}
	sodium_mprotect_readonly(seal);
	*ret_seal = seal;
	return 0;
}

int seal_open_master(struct seal **ret_seal, const char *data_dir, const struct env *env)
{
	unsigned char master[SEAL_KEY_SIZE];
	char path[MAX_PATH - 32];
	int fd, r;

	if (sodium_init() < 0)
		return PIMS_E_CRYPTO;
	if (snprintf(path, sizeof path, "%s/master.key", data_dir) >= (int)sizeof path)
		return PIMS_E_LIMIT;
	r = open_key(env, data_dir, path, &fd);
	if (r < 0)
		return r;
	r = read_key(env, path, fd, master);
	if (r == 0)
		r = make_seal(ret_seal, master);
	secret_wipe(master, sizeof master);
	close(fd);
	return r;
}

void seal_free(struct seal *seal)
{
	sodium_free(seal);
}

int seal_value(const struct seal *seal, const struct env *env, const void *bytes, size_t length, struct buf *ret_sealed)
{
	return seal_close(env, seal->value_key, bytes, length, ret_sealed);
}

int open_value(const struct seal *seal, const void *sealed, size_t length, struct buf *ret_bytes)
{
	return seal_open(seal->value_key, sealed, length, ret_bytes);
}

int seal_digest(const struct seal *seal, const char *text, unsigned char ret_digest[SEAL_DIGEST_SIZE])
{
	return crypto_generichash(ret_digest, SEAL_DIGEST_SIZE, (const unsigned char *)text, strlen(text), seal->digest_key,
				  sizeof seal->digest_key)
		       ? PIMS_E_CRYPTO
		       : 0;
}
