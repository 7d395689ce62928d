/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_FILE_H
#define PIMS_CLI_FILE_H

#include "base/buf.h"

#include <sys/types.h>

/* Small files as a whole. What fails leaves its reason in errno. */

/** Appends the whole file to `text`. PIMS_E_NOT_FOUND, PIMS_E_SYSTEM, PIMS_E_LIMIT, PIMS_E_MEMORY. */
int file_load(const char *path, struct buf *text);
/** mkdir -p, ours alone (0700). Returns 0 or -1. */
int file_make_path(const char *directory);
/** Replaces a file by rename, durably. Returns 0 or -1: then the old one is as it was. */
int file_replace(const char *path, const struct buf *text, mode_t mode);

#endif
