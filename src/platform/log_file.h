/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_LOG_FILE_H
#define PIMS_PLATFORM_LOG_FILE_H

#include "base/buf.h"
#include "base/json.h"

#include <pims/options.h>

/*
 * Log lines in files of a directory: "2026-11-23T05:19:29.123Z warning TEXT", times in UTC by the clock hook. What stands in them is what the
 * log hook gets, so no secret does. A directory that can't be written, or a disk that is full, costs lines and nothing else.
 *
 * Files are named pims-20261123T051929Z.000.log after the time they were begun, mode 0600, in a directory of mode 0700. A file ends at
 * LOG_FILE_MAX bytes, whatever its rotation, and the oldest go when there are more than LOG_FILES_MAX.
 */

enum { LOG_FILE_MAX = 1024 * 1024, LOG_FILES_MAX = 16, LOG_NAME_SIZE = 32 };

enum log_rotation {
	LOG_EACH_LAUNCH,  /**< a new file for each log_file_open() */
	LOG_EACH_DAY,     /**< of UTC; launches of one day share a file */
	LOG_EACH_DURATION /**< `minutes` after the file was begun; launches share it too */
};

struct log_settings {
	enum pims_log_level level; /**< the most talkative level that is written; 0 = none */
	enum log_rotation rotation;
	unsigned minutes; /**< LOG_EACH_DURATION */
};

/** All zero = closed. It must not move while its hook is in use. */
struct log_file {
	struct pims_log next; /**< gets every line of its own level as well */
	struct pims_clock clock;
	struct log_settings settings;
	char *dir;                /**< NULL = closed */
	char name[LOG_NAME_SIZE]; /**< the file in use, "" = none yet */
};

/** Closed, with both hooks set (struct env has such). */
void log_file_init(struct log_file *log, const struct pims_log *next, const struct pims_clock *clock);
/** A launch: lines go to `dir`, which is made with the first one. PIMS_E_MEMORY. */
int log_file_open(struct log_file *log, const char *dir, const struct log_settings *settings);
/** Counts from the next line on. */
void log_file_set(struct log_file *log, const struct log_settings *settings);
/** Lines go to `next` alone. */
void log_file_close(struct log_file *log);
/** The hook that feeds both; to be taken again after each of the above, as its level changes. */
void log_file_hook(struct log_file *log, struct pims_log *ret_hook);
/** Path of the file in use, which is made when it is not there yet and anything is to be written. PIMS_E_STATE (closed), PIMS_E_MEMORY, PIMS_E_LIMIT. */
int log_file_path(struct log_file *log, struct buf *path);
/** Array of the paths of all files, the oldest first. The same errors. */
int log_file_paths(struct log_file *log, json_t **ret_paths);

#endif
