/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_FILE_H
#define PIMS_PLATFORM_FILE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Small files in a directory, by its descriptor: symbolic links are never followed, nothing but ordinary files is touched. */

enum { FILE_ERROR_SIZE = 512 };

/** "cannot VERB DIR/NAME: REASON" for people; `reason` NULL = errno's text. Keeps errno. */
void file_explain(char ret_error[FILE_ERROR_SIZE], const char *verb, const char *dir, const char *name, const char *reason);

/** Makes a directory, mode 0700, and those above it. PIMS_E_SYSTEM, PIMS_E_MEMORY. */
int file_make_directory(const char *dir);
/** Opens a directory. Returns the descriptor, or PIMS_E_NOT_FOUND, PIMS_E_SYSTEM. */
int file_open_directory(const char *dir);

/**
 * Opens an ordinary file for reading. Returns the descriptor, or PIMS_E_NOT_FOUND, PIMS_E_FORMAT (a link, a directory, a device), PIMS_E_SYSTEM.
 */
int file_open(int dir_fd, const char *name, struct stat *ret_stat);
/** Reads up to `max` bytes to the end. Returns their number, PIMS_E_SYSTEM, or PIMS_E_LIMIT when there are more. */
ssize_t file_read(int fd, void *ret_bytes, size_t max);
/** Makes a new file, mode 0600, with this content, on disk when it returns; no file is left behind on failure. PIMS_E_SYSTEM. */
int file_create(int dir_fd, const char *name, const void *bytes, size_t length);

#endif
