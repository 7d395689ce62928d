/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_DATA_DIR_H
#define PIMSD_DATA_DIR_H

#include "platform/env.h"
#include "server/store/seal.h"
#include "server/store/store.h"

#include <stdbool.h>

/*
 * What a data directory holds: pims.db (with SQLite's -wal and -shm) and master.key. Errors are logged with the name of the directory or file.
 */

/** False, with errno, when it has no database. */
bool data_dir_has_store(const char *dir);
/** Makes it (0700) or checks that it is ours alone, and opens its database. */
int data_dir_open_store(struct store **ret_store, const char *dir, const struct env *env);
/** Opens or makes the master key. PIMS_E_KEY: it is missing though the database was sealed with one, or it is another database's. */
int data_dir_open_seal(struct seal **ret_seal, const char *dir, struct store *store, const struct env *env);
/** A directory of its own under $TMPDIR or /tmp; malloc()ed name. */
int data_dir_temporary(char **ret_dir, const struct env *env);
/** Removes it with all that is in it. */
void data_dir_remove(const char *dir);

#endif
