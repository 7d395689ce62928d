/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SQLITE_SQL_H
#define PIMSD_SQLITE_SQL_H

#include "platform/env.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * One database connection with its prepared statements, for one thread at a time. SQL texts are string literals: a statement is
 * prepared once and found by the literal's address.
 */
struct sql {
	sqlite3 *db;
	const struct env *env;
	struct sql_cached {
		const char *text;
		sqlite3_stmt *statement;
	} *cached;
	size_t count;
	struct sql *next; /**< in a pool */
};

/** One value of a statement; a list of them ends with SQL_END. */
struct sql_value {
	enum { SQL_END, SQL_INT, SQL_TEXT, SQL_BYTES } type;
	int64_t integer;
	const void *bytes;
	size_t length;
};

#define INT(value) {SQL_INT, (value), NULL, 0}
#define TEXT(value) {SQL_TEXT, 0, (value), 0} /* NULL = SQL's NULL */
#define BYTES(value, size) {SQL_BYTES, 0, (value), (size)} /* NULL = SQL's NULL */
#define HASH(value) {SQL_BYTES, 0, (value), 32}
#define VALUES(...) ((const struct sql_value[]){__VA_ARGS__, {SQL_END, 0, NULL, 0}})
#define NO_VALUES ((const struct sql_value[]){{SQL_END, 0, NULL, 0}})

/** Opens `path` and sets it up (WAL, FULL, foreign keys, busy time-out). PIMS_E_FORMAT: no database; PIMS_E_SYSTEM. Both are logged. */
int sql_open(struct sql *ret_sql, const char *path, const struct env *env, int cache_kib);
void sql_close(struct sql *sql);

/** Prepares and binds. On success sql_done() must follow. */
int sql_start(struct sql *sql, const char *text, const struct sql_value *values, sqlite3_stmt **ret_statement);
/** 1 = a row is there, 0 = no more, or negative: a constraint that failed is PIMS_E_STATE (a foreign key: PIMS_E_NOT_FOUND), the rest PIMS_E_SYSTEM. */
int sql_step(struct sql *sql, sqlite3_stmt *statement);
void sql_done(sqlite3_stmt *statement);

/** Runs a statement without result; the number of rows it changed, or negative. */
int sql_run(struct sql *sql, const char *text, const struct sql_value *values);
/** The same, for one that must change a row: 0, or `otherwise` when it changed none. */
int sql_change(struct sql *sql, const char *text, const struct sql_value *values, int otherwise);
/** The integer that a statement (a RETURNING one, too) gives. PIMS_E_NOT_FOUND: no row. */
int sql_integer(struct sql *sql, const char *text, const struct sql_value *values, int64_t *ret_integer);
/** Runs several statements without values, for opening and transactions. */
int sql_script(struct sql *sql, const char *text);
/** Logs the connection's last error; returns PIMS_E_SYSTEM. */
int sql_failed(struct sql *sql);

/** Columns of the current row, as copies; NULL stays NULL. */
int sql_text(sqlite3_stmt *statement, int column, char **ret_text);
int sql_bytes(sqlite3_stmt *statement, int column, unsigned char **ret_bytes, size_t *ret_length);
/** PIMS_E_SYSTEM: it isn't 32 bytes. */
int sql_hash(sqlite3_stmt *statement, int column, unsigned char ret_hash[32]);

#endif
