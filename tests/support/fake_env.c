/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fake_env.h"

#include "base/encode.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A server's threads share the fake, as they would share the real ones. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t fake_now(void *data)
{
	return __atomic_load_n(&((struct fake_env *)data)->now, __ATOMIC_SEQ_CST);
}

static int64_t fake_monotonic(void *data)
{
	return __atomic_load_n(&((struct fake_env *)data)->monotonic, __ATOMIC_SEQ_CST);
}

/* xorshift64* */
static unsigned char next_byte(struct fake_env *fake)
{
	fake->seed ^= fake->seed >> 12;
	fake->seed ^= fake->seed << 25;
	fake->seed ^= fake->seed >> 27;
	return (unsigned char)((fake->seed * UINT64_C(2685821657736338717)) >> 56);
}

static int fake_fill(void *data, void *bytes, size_t length)
{
	struct fake_env *fake = data;
	unsigned char *at = bytes;

	if (fake->random_fails)
		return -1;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < length; i++) {
		if (fake->queued_used < fake->queued.len)
			at[i] = (unsigned char)fake->queued.data[fake->queued_used++];
		else
			at[i] = next_byte(fake);
	}
	pthread_mutex_unlock(&lock);
	return 0;
}

static void fake_line(void *data, enum pims_log_level level, const char *text)
{
	struct fake_env *fake = data;

	(void)level;
	pthread_mutex_lock(&lock);
	buf_puts(&fake->logged, text);
	buf_putc(&fake->logged, '\n');
	pthread_mutex_unlock(&lock);
}

void fake_env_init(struct fake_env *fake)
{
	memset(fake, 0, sizeof *fake);
	fake->now = FAKE_NOW;
	fake->monotonic = 1000000;
	fake->seed = UINT64_C(88172645463325252);
	buf_init(&fake->queued, 65536);
	buf_init(&fake->logged, 16777216);
	fake->clock = (struct pims_clock){sizeof fake->clock, fake_now, fake_monotonic, fake};
	fake->random = (struct pims_random){sizeof fake->random, fake_fill, fake};
	fake->log = (struct pims_log){sizeof fake->log, PIMS_LOG_DEBUG, fake_line, fake};
	fake->env = (struct env){fake->clock, fake->random, fake->log};
}

void fake_env_free(struct fake_env *fake)
{
	buf_free(&fake->queued);
	buf_free(&fake->logged);
}

void fake_env_advance(struct fake_env *fake, int64_t milliseconds)
{
	__atomic_add_fetch(&fake->now, milliseconds, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&fake->monotonic, milliseconds, __ATOMIC_SEQ_CST);
}

void fake_env_queue_random(struct fake_env *fake, const void *bytes, size_t length)
{
	assert_int_equal(buf_put(&fake->queued, bytes, length), 0);
}

void fake_env_queue_random_hex(struct fake_env *fake, const char *hex)
{
	size_t length = strlen(hex) / 2;
	unsigned char *bytes = malloc(length + 1);

	assert_non_null(bytes);
	assert_int_equal(hex_decode(hex, bytes, length), 0);
	fake_env_queue_random(fake, bytes, length);
	free(bytes);
}

bool fake_env_logged(const struct fake_env *fake, const char *text)
{
	return strstr(buf_text(&fake->logged), text) != NULL;
}
