/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SQLITE_H
#define PIMSD_SQLITE_H

#include "platform/env.h"
#include "server/store/store.h"

/**
 * Opens the database file, makes or migrates its tables and starts the writer thread. Several processes may have it open. PIMS_E_VERSION: written by
 * a newer version; PIMS_E_FORMAT: no database; PIMS_E_SYSTEM. All are logged with the file's name. The caller owns *ret_store: store_close().
 */
int sqlite_open(struct store **ret_store, const char *path, const struct env *env);

#endif
