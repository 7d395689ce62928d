/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <stdlib.h>

/* Sessions as the account's owner sees and ends them. */

static int info_row(sqlite3_stmt *statement, struct session_info *ret_info)
{
	*ret_info = (struct session_info){
		.id = sqlite3_column_int64(statement, 0),
		.auth_time = sqlite3_column_int64(statement, 2),
		.used = sqlite3_column_int64(statement, 3),
	};
	return sql_text(statement, 1, &ret_info->application);
}

struct listing {
	int (*each)(void *data, const struct session_info *session);
	void *data;
};

static int listed(sqlite3_stmt *statement, void *arg)
{
	const struct listing *listing = arg;
	struct session_info info;
	int r = info_row(statement, &info);

	if (r < 0)
		return r;
	r = listing->each(listing->data, &info);
	free(info.application);
	return r;
}

int sqlite_session_list(struct store *store, int64_t account, int64_t now, int (*each)(void *data, const struct session_info *session), void *data)
{
	struct listing listing = {.each = each, .data = data};

	return sqlite_each(store,
			   "SELECT s.id, c.name, s.auth_time, s.used FROM sessions s JOIN clients c ON c.id = s.client"
			   " WHERE s.account = ? AND s.expires > ? ORDER BY s.used DESC, s.id DESC LIMIT ?",
			   VALUES(INT(account), INT(now), INT(SESSION_LIST_MAX)), listed, &listing);
}

struct end {
	int64_t account, session;
};

static int session_end(struct sql *sql, void *arg)
{
	const struct end *end = arg;

	return sql_change(sql, "DELETE FROM sessions WHERE id = ? AND account = ?", VALUES(INT(end->session), INT(end->account)),
			  PIMS_E_NOT_FOUND);
}

int sqlite_session_end(struct store *store, int64_t account, int64_t session)
{
	struct end end = {.account = account, .session = session};

	return sqlite_write(store, session_end, &end);
}

static int sign_out(struct sql *sql, void *arg)
{
	return sql_end_sessions(sql, *(const int64_t *)arg, 0);
}

int sqlite_sign_out(struct store *store, int64_t account)
{
	return sqlite_write(store, sign_out, &account);
}
