/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/env.h"

#include "base/encode.h"
#include "base/secret.h"

#include <pims/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { LOG_LINE_MAX = 512, RANDOM_PIECE = 32 };

/* True when the caller's structure, by its size, reaches to the end of the field. */
#define HAS_FIELD(hook, field) ((hook)->size >= offsetof(__typeof__(*(hook)), field) + sizeof (hook)->field)

static int64_t clock_read(clockid_t id)
{
	struct timespec time;

	if (clock_gettime(id, &time) < 0)
		return 0;
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t builtin_now(void *data)
{
	(void)data;
	return clock_read(CLOCK_REALTIME);
}


static int64_t builtin_monotonic(void *data)
{
	(void)data;
	return clock_read(CLOCK_MONOTONIC);
}

static int builtin_fill(void *data, void *bytes, size_t length)
{
	unsigned char *at = bytes;

	(void)data;
	while (length > 0) {
		ssize_t n = getrandom(at, length, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PIMS_E_CRYPTO;
		at += n;
		length -= (size_t)n;
	}
	return 0;
}

static void builtin_line(void *data, enum pims_log_level level, const char *text)
{
	(void)data;
	(void)level;
	(void)text;
}

static void take_clock(struct pims_clock *ret_clock, const struct pims_clock *clock)
{
	*ret_clock = (struct pims_clock){.size = sizeof *ret_clock, .now = builtin_now, .monotonic = builtin_monotonic};
	if (!clock)
		return;
	if (HAS_FIELD(clock, now) && clock->now)
		ret_clock->now = clock->now;
	if (HAS_FIELD(clock, monotonic) && clock->monotonic)
		ret_clock->monotonic = clock->monotonic;
	if (HAS_FIELD(clock, data))
		ret_clock->data = clock->data;
}

static void take_random(struct pims_random *ret_random, const struct pims_random *random)
{
	*ret_random = (struct pims_random){.size = sizeof *ret_random, .fill = builtin_fill};
	if (!random)
		return;
	if (HAS_FIELD(random, fill) && random->fill)
		ret_random->fill = random->fill;
	if (HAS_FIELD(random, data))
		ret_random->data = random->data;
}

static void take_log(struct pims_log *ret_log, const struct pims_log *log)
{
	*ret_log = (struct pims_log){.size = sizeof *ret_log, .line = builtin_line};
	if (!log || !HAS_FIELD(log, line) || !log->line)
		return;
	ret_log->level = log->level;
	ret_log->line = log->line;
	if (HAS_FIELD(log, data))
		ret_log->data = log->data;
}

void env_init(struct env *ret_env, const struct pims_clock *clock, const struct pims_random *random, const struct pims_log *log)
{
	take_clock(&ret_env->clock, clock);
	take_random(&ret_env->random, random);
	take_log(&ret_env->log, log);
}

int64_t env_now(const struct env *env)
{
	return env->clock.now(env->clock.data);
}

int64_t env_monotonic(const struct env *env)
{
	return env->clock.monotonic(env->clock.data);
}

int env_random(const struct env *env, void *bytes, size_t length)
{
	if (length == 0)
		return 0;
	return env->random.fill(env->random.data, bytes, length) < 0 ? PIMS_E_CRYPTO : 0;
}

int env_random_hex(const struct env *env, char *ret_hex, size_t length)
{
	unsigned char bytes[RANDOM_PIECE];
	int r = 0;

	for (size_t done = 0; done < length; done += sizeof bytes) {
		size_t piece = length - done < sizeof bytes ? length - done : sizeof bytes;

		r = env_random(env, bytes, piece);
		if (r < 0)
			goto out;
		hex_encode(bytes, piece, ret_hex + 2 * done);
	}
	if (length == 0)
		ret_hex[0] = '\0';
out:
	secret_wipe(bytes, sizeof bytes);
	return r;
}

void env_log(const struct env *env, enum pims_log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list arguments;
	int n;

	if (level > env->log.level)
		return;
	va_start(arguments, format);
	n = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (n < 0)
		return;
	/* What came from outside must not make lines of its own. */
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	env->log.line(env->log.data, level, line);
}
