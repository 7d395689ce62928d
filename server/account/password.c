/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/password.h"

#include "base/secret.h"

#include <pims/error.h>

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

/* OWASP's Argon2id parameters: 19 MiB, 2 passes, 1 lane */
enum { MEMORY = 19 * 1024 * 1024, PASSES = 2, MAX_RUNNING = 2, MAX_WAITING = 16 };

/* A valid hash of no password: what an unknown account is compared with. Made once. */
static char no_hash[PASSWORD_HASH_SIZE];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static int running, waiting;

_Static_assert(PASSWORD_HASH_SIZE >= crypto_pwhash_STRBYTES, "the hash text fits");

static int enter(void)
{
	int r = 0;

	pthread_mutex_lock(&lock);
	if (running == MAX_RUNNING && waiting == MAX_WAITING) {
		r = PIMS_E_AGAIN;
	} else {
		waiting++;
		while (running == MAX_RUNNING)
			pthread_cond_wait(&ended, &lock);
		waiting--;
		running++;
	}
	pthread_mutex_unlock(&lock);
	return r;
}

static void leave(void)
{
	pthread_mutex_lock(&lock);
	running--;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
}

static bool is_ascii(const char *text)
{
	while (*text && (unsigned char)*text < 0x80)
		text++;
	return !*text;
}

char *password_normalise(const char *password)
{
	size_t length = 0;
	uint8_t *normal;

	if (is_ascii(password))
		return strdup(password);
	normal = u8_normalize(UNINORM_NFKC, (const uint8_t *)password, strlen(password) + 1, NULL, &length);
	if (!normal && errno == EILSEQ)
		return strdup(password);
	return (char *)normal;
}

static int hash(const char *password, char ret_hash[PASSWORD_HASH_SIZE])
{
	memset(ret_hash, 0, PASSWORD_HASH_SIZE);
	return crypto_pwhash_str_alg(ret_hash, password, strlen(password), PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13) ? PIMS_E_MEMORY : 0;
}

int password_hash(const char *password, char ret_hash[PASSWORD_HASH_SIZE])
{
	size_t length = strlen(password);
	char *normal;
	int r;

	if (length < PASSWORD_MIN || length > PASSWORD_MAX)
		return PIMS_E_LIMIT;
	if (sodium_init() < 0)
		return PIMS_E_CRYPTO;
	normal = password_normalise(password);
	r = normal ? enter() : PIMS_E_MEMORY;
	if (r == 0) {
		r = hash(normal, ret_hash);
		leave();
	}
	secret_free_text(normal);
	return r;
}

static void make_no_hash(void)
{
	unsigned char bytes[16];
	char text[2 * sizeof bytes + 1];

	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
	if (hash(text, no_hash) < 0)
		no_hash[0] = 0;
}

static bool matches(const char *hash, const char *password)
{
	return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

int password_verify(const char *stored, const char *password)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char *normal;
	bool right;
	int r;

	if (strlen(password) > PASSWORD_MAX)
		return PIMS_E_NOT_FOUND;
	if (sodium_init() < 0)
		return PIMS_E_CRYPTO;
	normal = password_normalise(password);
	r = normal ? enter() : PIMS_E_MEMORY;
	if (r == 0) {
		pthread_once(&once, make_no_hash);
		right = matches(stored ? stored : no_hash, normal);
		if (!right && strcmp(normal, password) != 0) /* hashed before passwords were normalised */
			right = matches(stored ? stored : no_hash, password);
		leave();
		r = right && stored ? 0 : PIMS_E_NOT_FOUND;
	}
	secret_free_text(normal);
	return r;
}
