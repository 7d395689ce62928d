/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/log_file.h"

#include "base/text.h"
#include "platform/file.h"

#include <pims/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LISTED_MAX = 64, LINE_MAX_BYTES = 640, TIME_SIZE = 24, PATH_MAX_BYTES = 4096, LAST_OF_SECOND = 999 };

#define LAST_MILLISECOND INT64_C(253402300799999) /* of the year 9999 */

/** Names of log files, sorted: that is by age. */
struct names {
	char name[LISTED_MAX][LOG_NAME_SIZE];
	size_t count;
};

static int64_t now_ms(const struct log_file *log)
{
	int64_t now = log->clock.now(log->clock.data);

	return now < 0 || now > LAST_MILLISECOND ? 0 : now;
}

/* "20261123T051929Z" */
static void write_stamp(char ret_text[TIME_SIZE], int64_t now)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) || !strftime(ret_text, TIME_SIZE, "%Y%m%dT%H%M%SZ", &parts))
		ret_text[0] = '\0';
}

/* RFC 3339 without the fraction and what follows it. */
static void write_time(char ret_text[TIME_SIZE], int64_t now)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) || !strftime(ret_text, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts))
		ret_text[0] = '\0';
}

/* --- names --- */

static bool name_valid(const char *name)
{
	static const char form[] = "pims-00000000T000000Z.000.log";

	if (strlen(name) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? name[i] < '0' || name[i] > '9' : name[i] != form[i])
			return false;
	return true;
}

static void insert(struct names *names, const char *name)
{
	size_t at = names->count;

	if (names->count == LISTED_MAX) {
		if (strcmp(name, names->name[0]) < 0)
			return; /* an older one than the oldest we keep in mind */
		memmove(names->name[0], names->name[1], (LISTED_MAX - 1) * sizeof names->name[0]);
		names->count--;
		at--;
	}
	for (; at > 0 && strcmp(names->name[at - 1], name) > 0; at--)
		memcpy(names->name[at], names->name[at - 1], LOG_NAME_SIZE);
	(void)text_copy(names->name[at], LOG_NAME_SIZE, name);
	names->count++;
}

static void list_names(int dir_fd, struct names *ret_names)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	ret_names->count = 0;
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (name_valid(entry->d_name))
			insert(ret_names, entry->d_name);
	closedir(dir);
}

static int64_t begun(const char *name)
{
	struct tm parts = {0};

	if (sscanf(name, "pims-%4d%2d%2dT%2d%2d%2dZ", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6)
		return 0;
	parts.tm_year -= 1900;
	parts.tm_mon--;
	return timegm(&parts);
}

/* False: the file's time is over, or lies in the future because a clock was set back. */
static bool period_goes_on(const struct log_settings *settings, const char *name, int64_t now)
{
	enum { DATE_LENGTH = sizeof "20261123" - 1, DATE_AT = sizeof "pims-" - 1 };
	char stamp[TIME_SIZE];
	int64_t age;

	if (settings->rotation == LOG_EACH_DAY) {
		write_stamp(stamp, now);
		return strncmp(name + DATE_AT, stamp, DATE_LENGTH) == 0;
	}
	age = now / 1000 - begun(name);
	return settings->rotation == LOG_EACH_LAUNCH || (age >= 0 && age < (int64_t)settings->minutes * 60);
}

/* --- files --- */

static int open_directory(const struct log_file *log)
{
	int fd = file_open_directory(log->dir);

	if (fd == PIMS_E_NOT_FOUND && file_make_directory(log->dir) == 0)
		fd = file_open_directory(log->dir);
	return fd;
}

/* An ordinary file with room for a line. */
static int open_file(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat;

	if (fd >= 0 && (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size > LOG_FILE_MAX - LINE_MAX_BYTES)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void remove_oldest(int dir_fd, const char *used)
{
	struct names names;

	list_names(dir_fd, &names);
	for (size_t i = 0; i + LOG_FILES_MAX < names.count; i++)
		if (!text_equal(names.name[i], used))
			(void)unlinkat(dir_fd, names.name[i], 0);
}

static int create_file(struct log_file *log, int dir_fd, int64_t now)
{
	char time[TIME_SIZE], name[LOG_NAME_SIZE];
	int fd = -1;

	write_stamp(time, now);
	for (int i = 0; i <= LAST_OF_SECOND && fd < 0; i++) {
		snprintf(name, sizeof name, "pims-%.16s.%03d.log", time, i);
		fd = openat(dir_fd, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return fd;
	}
	if (fd >= 0) {
		memcpy(log->name, name, sizeof log->name);
		remove_oldest(dir_fd, name);
	}
	return fd;
}

/* The newest file of another launch, when this one may go on with it. */
static void find_shared(struct log_file *log, int dir_fd, int64_t now)
{
	struct names names;

	if (log->settings.rotation == LOG_EACH_LAUNCH)
		return;
	list_names(dir_fd, &names);
	if (names.count && period_goes_on(&log->settings, names.name[names.count - 1], now))
		memcpy(log->name, names.name[names.count - 1], sizeof log->name);
}

static int open_current(struct log_file *log, int dir_fd, int64_t now)
{
	int fd = -1;

	if (!*log->name)
		find_shared(log, dir_fd, now);
	if (*log->name && period_goes_on(&log->settings, log->name, now))
		fd = open_file(dir_fd, log->name);
	return fd < 0 ? create_file(log, dir_fd, now) : fd;
}

/* A line is written whole or not at all, as far as nobody else writes at that moment. */
static void write_line(int fd, const char *line, size_t length)
{
	ssize_t n = write(fd, line, length);
	struct stat stat;

	if (n > 0 && (size_t)n < length && fstat(fd, &stat) == 0 && ftruncate(fd, stat.st_size - n) < 0)
		return; /* it stays cut */
}

static void append(struct log_file *log, const char *level, const char *text)
{
	int64_t now = now_ms(log);
	char time[TIME_SIZE], line[LINE_MAX_BYTES];
	int dir_fd = open_directory(log), fd;
	int length;

	if (dir_fd < 0)
		return;
	fd = open_current(log, dir_fd, now);
	close(dir_fd);
	if (fd < 0)
		return;
	write_time(time, now);
	length = snprintf(line, sizeof line - 1, "%s.%03dZ %s %s", time, (int)(now % 1000), level, text);
	if (length > (int)sizeof line - 2)
		length = (int)sizeof line - 2;
	line[length] = '\n';
	write_line(fd, line, (size_t)length + 1);
	close(fd);
}

static void take_line(void *data, enum pims_log_level level, const char *text)
{
	static const char *const levels[] = {
		[PIMS_LOG_ERROR] = "error", [PIMS_LOG_WARNING] = "warning", [PIMS_LOG_INFO] = "info", [PIMS_LOG_DEBUG] = "debug"};
	struct log_file *log = data;
	int saved = errno; /* who logs a failed call may look at it afterwards */

	if (level <= log->next.level)
		log->next.line(log->next.data, level, text);
	if (log->dir && level <= log->settings.level && level >= PIMS_LOG_ERROR && level <= PIMS_LOG_DEBUG)
		append(log, levels[level], text);
	errno = saved;
}

/* --- the object --- */

void log_file_init(struct log_file *log, const struct pims_log *next, const struct pims_clock *clock)
{
	*log = (struct log_file){.next = *next, .clock = *clock};
}

int log_file_open(struct log_file *log, const char *dir, const struct log_settings *settings)
{
	char *copy = strdup(dir);

	if (!copy)
		return PIMS_E_MEMORY;
	log_file_close(log);
	log->dir = copy;
	log->settings = *settings;
	return 0;
}

void log_file_set(struct log_file *log, const struct log_settings *settings)
{
	log->settings = *settings;
}

void log_file_close(struct log_file *log)
{
	free(log->dir);
	log->dir = NULL;
	log->name[0] = '\0';
	log->settings = (struct log_settings){0};
}

void log_file_hook(struct log_file *log, struct pims_log *ret_hook)
{
	enum pims_log_level level = log->dir ? log->settings.level : 0;

	*ret_hook = (struct pims_log){
		.size = sizeof *ret_hook, .level = level > log->next.level ? level : log->next.level, .line = take_line, .data = log};
}

/* Makes the file; where that fails, the name it would have. */
static void need_name(struct log_file *log)
{
	int64_t now = now_ms(log);
	int dir_fd = log->settings.level ? open_directory(log) : -1;
	int fd = dir_fd < 0 ? -1 : open_current(log, dir_fd, now);
	char time[TIME_SIZE];

	if (fd >= 0)
		close(fd);
	if (dir_fd >= 0)
		close(dir_fd);
	if (*log->name)
		return;
	write_stamp(time, now);
	snprintf(log->name, sizeof log->name, "pims-%.16s.000.log", time);
}

int log_file_path(struct log_file *log, struct buf *path)
{
	if (!log->dir)
		return PIMS_E_STATE;
	need_name(log);
	return buf_printf(path, "%s/%s", log->dir, log->name);
}

static int put_path(json_t *paths, const char *dir, const char *name)
{
	struct buf path = BUF_INIT(PATH_MAX_BYTES);
	int r = buf_printf(&path, "%s/%s", dir, name);

	if (r == 0 && json_array_append_new(paths, json_string(buf_text(&path))) < 0)
		r = PIMS_E_MEMORY;
	buf_free(&path);
	return r;
}

int log_file_paths(struct log_file *log, json_t **ret_paths)
{
	struct names names = {.count = 0};
	json_t *paths;
	int dir_fd, r = 0;

	if (!log->dir)
		return PIMS_E_STATE;
	dir_fd = file_open_directory(log->dir);
	if (dir_fd >= 0) {
		list_names(dir_fd, &names);
		close(dir_fd);
	}
	paths = json_array();
	for (size_t i = 0; paths && r == 0 && i < names.count; i++)
		r = put_path(paths, log->dir, names.name[i]);
	if (!paths || r < 0) {
		json_decref(paths);
		return PIMS_E_MEMORY;
	}
	*ret_paths = paths;
	return 0;
}
