/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct setting {
	const char *name;
	const unsigned char *bytes;
	size_t length;
	unsigned char *found;
};

static int setting_row(sqlite3_stmt *statement, void *ret_result)
{
	struct setting *setting = ret_result;

	return sql_bytes(statement, 0, &setting->found, &setting->length);
}

int sqlite_setting_get(struct store *store, const char *name, unsigned char **ret_value, size_t *ret_length)
{
	struct setting setting = {0};
	int r;

	r = sqlite_find(store, "SELECT value FROM settings WHERE name = ?", VALUES(TEXT(name)), setting_row, &setting);
	if (r < 0)
		return r;
	*ret_value = setting.found;
	*ret_length = setting.length;
	return 0;
}

static int setting_add(struct sql *sql, void *arg)
{
	const struct setting *setting = arg;

	return sql_run(sql, "INSERT INTO settings (name, value) VALUES (?, ?)",
		       VALUES(TEXT(setting->name), BYTES(setting->bytes, setting->length)));
}

int sqlite_setting_add(struct store *store, const char *name, const unsigned char *value, size_t length)
{
	struct setting setting = {.name = name, .bytes = value, .length = length};

	return sqlite_write(store, setting_add, &setting);
}
