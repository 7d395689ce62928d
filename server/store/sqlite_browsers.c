/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <string.h>

struct browser_add {
	const struct browser *browser;
	const unsigned char *replaced;
};

static int browser_add(struct sql *sql, void *arg)
{
	const struct browser_add *add = arg;
	const struct browser *browser = add->browser;
	int r = 0;

	if (add->replaced)
		r = sql_run(sql, "DELETE FROM browsers WHERE hash = ?", VALUES(HASH(add->replaced)));
	if (r < 0)
		return r;
	/* blocked since its password was checked: unblocking must not bring a browser back; nor may a password that was changed since */
	return sql_change(sql,
			  "INSERT INTO browsers (hash, account, auth_time, expires) SELECT ?1, id, ?3, ?4 FROM accounts"
			  " WHERE id = ?2 AND blocked = 0 AND (?5 IS NULL OR password_hash = ?5)",
			  VALUES(HASH(browser->hash), INT(browser->account), INT(browser->auth_time), INT(browser->expires),
				 TEXT(browser->password_hash)),
			  PIMS_E_NOT_FOUND);
}

int sqlite_browser_add(struct store *store, const struct browser *browser, const unsigned char *replaced)
{
	struct browser_add add = {.browser = browser, .replaced = replaced};

	return sqlite_write(store, browser_add, &add);
}

static int browser_row(sqlite3_stmt *statement, void *ret_result)
{
	struct browser *browser = ret_result;

	browser->account = sqlite3_column_int64(statement, 0);
	browser->auth_time = sqlite3_column_int64(statement, 1);
	browser->expires = sqlite3_column_int64(statement, 2);
	browser->otp_time = sqlite3_column_int64(statement, 3);
	browser->passkey_time = sqlite3_column_int64(statement, 4);
	return 0;
}

int sqlite_browser_find(struct store *store, const unsigned char hash[32], int64_t now, struct browser *ret_browser)
{
	struct browser browser = {0};
	int r;

	r = sqlite_find(store,
			"SELECT b.account, b.auth_time, b.expires, b.otp_time, b.passkey_time FROM browsers b JOIN accounts a ON a.id = b.account"
			" WHERE b.hash = ? AND b.expires > ? AND a.blocked = 0",
			VALUES(HASH(hash), INT(now)), browser_row, &browser);
	if (r < 0)
		return r;
	memcpy(browser.hash, hash, sizeof browser.hash);
	*ret_browser = browser;
	return 0;
}

struct browser_prove {
	const unsigned char *hash, *new_hash;
	int64_t now;
};

static int browser_prove(struct sql *sql, void *arg)
{
	const struct browser_prove *prove = arg;

	return sql_change(sql, "UPDATE browsers SET hash = ?, otp_time = ? WHERE hash = ?",
			  VALUES(HASH(prove->new_hash), INT(prove->now), HASH(prove->hash)), PIMS_E_NOT_FOUND);
}

int sqlite_browser_prove(struct store *store, const unsigned char hash[32], const unsigned char new_hash[32], int64_t now)
{
	struct browser_prove prove = {.hash = hash, .new_hash = new_hash, .now = now};

	return sqlite_write(store, browser_prove, &prove);
}

static int browser_end(struct sql *sql, void *arg)
{
	return sql_run(sql, "DELETE FROM browsers WHERE account = ?", VALUES(INT(*(const int64_t *)arg)));
}

int sqlite_browser_end(struct store *store, int64_t account)
{
	return sqlite_write(store, browser_end, &account);
}
