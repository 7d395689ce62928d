/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_MIGRATIONS_H
#define PIMSD_MIGRATIONS_H

#include "server/store/sqlite_sql.h"

/** The schema this program works with. */
int migrations_version(void);
/**
 * Brings the database to it, in one transaction. PIMS_E_VERSION: it was written by a newer program; PIMS_E_FORMAT: a database of another program. Both
 * are logged with `path`.
 */
int migrations_run(struct sql *sql, const char *path);

#endif
