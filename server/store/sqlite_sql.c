/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_sql.h"

#include <pims/error.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STATEMENTS = 512, BUSY_MS = 10000, BUSY_STEP_MS = 10 };

int sql_failed(struct sql *sql)
{
	env_log(sql->env, PIMS_LOG_ERROR, "database: %s", sqlite3_errmsg(sql->db));
	return PIMS_E_SYSTEM;
}

int sql_script(struct sql *sql, const char *text)
{
	return sqlite3_exec(sql->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_failed(sql);
}

/* Turning to WAL takes two locks in turn, and SQLite gives up at once when two do it together: first starts at the same time. */
static int use_wal(struct sql *sql)
{
	int left = BUSY_MS;
	int r;

	/* extended codes say more in the upper bytes */
	while (((r = sqlite3_exec(sql->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL)) & 0xff) == SQLITE_BUSY && left > 0)
		left -= sqlite3_sleep(BUSY_STEP_MS);
	return r == SQLITE_OK ? 0 : PIMS_E_SYSTEM;
}

static int set_up(struct sql *sql, int cache_kib)
{
	char text[64];

	sqlite3_extended_result_codes(sql->db, 1);
	sqlite3_busy_timeout(sql->db, BUSY_MS);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_snprintf(sizeof text, text, "PRAGMA cache_size=-%d", cache_kib);
	if (sql_script(sql, text) < 0 || use_wal(sql) < 0)
		return PIMS_E_SYSTEM;
	/* NORMAL would lose the last commits at power loss: a lost counter is a replay window */
	return sql_script(sql, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
			       "PRAGMA journal_size_limit=8388608; PRAGMA secure_delete=FAST;");
}

int sql_open(struct sql *ret_sql, const char *path, const struct env *env, int cache_kib)
{
	struct sql sql = {.env = env};
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int r = 0;

	sql.cached = calloc(MAX_STATEMENTS, sizeof *sql.cached);
	if (!sql.cached)
		return PIMS_E_MEMORY;
	if (sqlite3_open_v2(path, &sql.db, flags, NULL) != SQLITE_OK || set_up(&sql, cache_kib) < 0) {
		r = sql.db && sqlite3_errcode(sql.db) == SQLITE_NOTADB ? PIMS_E_FORMAT : PIMS_E_SYSTEM;
		env_log(env, PIMS_LOG_ERROR, "%s: %s", path, sql.db ? sqlite3_errmsg(sql.db) : "out of memory");
		sql_close(&sql);
		return r;
	}
	*ret_sql = sql;
	return 0;
}

void sql_close(struct sql *sql)
{
	for (size_t i = 0; i < sql->count; i++)
		sqlite3_finalize(sql->cached[i].statement);
	free(sql->cached);
	sqlite3_close(sql->db);
	*sql = (struct sql){0};
}

static int find_statement(struct sql *sql, const char *text, sqlite3_stmt **ret_statement)
{
	sqlite3_stmt *statement;

	for (size_t i = 0; i < sql->count; i++)
		if (sql->cached[i].text == text) {
			*ret_statement = sql->cached[i].statement;
			return 0;
		}
	if (sql->count == MAX_STATEMENTS)
		return PIMS_E_LIMIT;
	if (sqlite3_prepare_v3(sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
		return sql_failed(sql);
	sql->cached[sql->count].text = text;
	sql->cached[sql->count++].statement = statement;
	*ret_statement = statement;
	return 0;
}

static int bind_value(sqlite3_stmt *statement, int index, const struct sql_value *value)
{
	switch (value->type) {
	case SQL_INT:
		return sqlite3_bind_int64(statement, index, value->integer);
	case SQL_TEXT:
		return sqlite3_bind_text(statement, index, value->bytes, -1, SQLITE_STATIC);
	case SQL_BYTES:
		if (value->length > INT_MAX)
			return SQLITE_TOOBIG;
		return sqlite3_bind_blob(statement, index, value->bytes, (int)value->length, SQLITE_STATIC);
	case SQL_END:
		break;
	}
	return SQLITE_MISUSE;
}

int sql_start(struct sql *sql, const char *text, const struct sql_value *values, sqlite3_stmt **ret_statement)
{
	sqlite3_stmt *statement;
	int r;

	r = find_statement(sql, text, &statement);
	if (r < 0)
		return r;
	for (int i = 0; values[i].type != SQL_END; i++)
		if (bind_value(statement, i + 1, &values[i]) != SQLITE_OK) {
			r = sql_failed(sql);
			sql_done(statement);
			return r;
		}
	*ret_statement = statement;
	return 0;
}

int sql_step(struct sql *sql, sqlite3_stmt *statement)
{
	int r = sqlite3_step(statement);

	if (r == SQLITE_ROW)
		return 1;
	if (r == SQLITE_DONE)
		return 0;
	if (r == SQLITE_CONSTRAINT_FOREIGNKEY)
		return PIMS_E_NOT_FOUND;
	if (r == SQLITE_CONSTRAINT_UNIQUE || r == SQLITE_CONSTRAINT_PRIMARYKEY || r == SQLITE_CONSTRAINT_ROWID)
		return PIMS_E_STATE;
	return sql_failed(sql);
}

void sql_done(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

int sql_run(struct sql *sql, const char *text, const struct sql_value *values)
{
	sqlite3_stmt *statement;
	int r;

	r = sql_start(sql, text, values, &statement);
	if (r < 0)
		return r;
	do
		r = sql_step(sql, statement);
	while (r > 0);
	if (r == 0)
		r = sqlite3_changes(sql->db);
	sql_done(statement);
	return r;
}

int sql_change(struct sql *sql, const char *text, const struct sql_value *values, int otherwise)
{
	int r = sql_run(sql, text, values);

	if (r < 0)
		return r;
	return r ? 0 : otherwise;
}

int sql_integer(struct sql *sql, const char *text, const struct sql_value *values, int64_t *ret_integer)
{
	sqlite3_stmt *statement;
	int r;

	r = sql_start(sql, text, values, &statement);
	if (r < 0)
		return r;
	r = sql_step(sql, statement);
	if (r > 0)
		*ret_integer = sqlite3_column_int64(statement, 0);
	sql_done(statement);
	if (r < 0)
		return r;
	return r ? 0 : PIMS_E_NOT_FOUND;
}

int sql_text(sqlite3_stmt *statement, int column, char **ret_text)
{
	const char *text;

	*ret_text = NULL;
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return 0;
	text = (const char *)sqlite3_column_text(statement, column);
	*ret_text = text ? strdup(text) : NULL;
	return *ret_text ? 0 : PIMS_E_MEMORY;
}

int sql_bytes(sqlite3_stmt *statement, int column, unsigned char **ret_bytes, size_t *ret_length)
{
	const void *bytes;
	unsigned char *copy;
	size_t length;

	*ret_bytes = NULL;
	*ret_length = 0;
	if (sqlite3_column_type(statement, column) == SQLITE_NULL)
		return 0;
	bytes = sqlite3_column_blob(statement, column);
	length = (size_t)sqlite3_column_bytes(statement, column);
	copy = malloc(length + 1);
	if (!copy || (length && !bytes)) {
		free(copy);
		return PIMS_E_MEMORY;
	}
	if (length)
		memcpy(copy, bytes, length);
	copy[length] = 0;
	*ret_bytes = copy;
	*ret_length = length;
	return 0;
}

int sql_hash(sqlite3_stmt *statement, int column, unsigned char ret_hash[32])
{
	const void *bytes = sqlite3_column_blob(statement, column);

	if (!bytes || sqlite3_column_bytes(statement, column) != 32)
		return PIMS_E_SYSTEM;
	memcpy(ret_hash, bytes, 32);
	return 0;
}
