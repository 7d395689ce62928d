/* SPDX-License-Identifier: Apache-2.0 */
#include "server/log.h"

#include "server/console.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {
	[PIMS_LOG_ERROR] = "error",
	[PIMS_LOG_WARNING] = "warning",
	[PIMS_LOG_INFO] = "info",
	[PIMS_LOG_DEBUG] = "debug",
};

static void write_line(void *data, enum pims_log_level level, const char *text)
{
	struct env env;
	struct tm tm;
	int64_t now;
	time_t seconds;

	(void)data;
	env_init(&env, NULL, NULL, NULL);
	now = env_now(&env);
	seconds = (time_t)(now / 1000);
	if (!gmtime_r(&seconds, &tm))
		return;
	console_line(stderr, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s %s", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		     tm.tm_sec, (int)(now % 1000), names[level], text);
}

void log_env(struct env *ret_env, enum pims_log_level level)
{
	const struct pims_log log = {.size = sizeof log, .level = level, .line = write_line};

	env_init(ret_env, NULL, NULL, &log);
}

int log_level_parse(const char *text, enum pims_log_level *ret_level)
{
	for (int i = PIMS_LOG_ERROR; i <= PIMS_LOG_DEBUG; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_level = (enum pims_log_level)i;
			return 0;
		}
	return PIMS_E_FORMAT;
}
