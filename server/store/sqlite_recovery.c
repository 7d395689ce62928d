/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct recovery {
	int64_t account;
	const char *email, *phone;
	const char *hash;
	const struct mail *notice;
	int64_t expires, now;
	int max;
	char *found;
};

static int recovery_add(struct sql *sql, void *arg)
{
	const struct recovery *recovery = arg;
	int64_t account;
	int r;

	r = sql_integer(sql, "SELECT id FROM accounts WHERE email = ?", VALUES(TEXT(recovery->email)), &account);
	if (r < 0)
		return r;
	r = sql_run(sql, "INSERT OR REPLACE INTO recoveries (account, hash, expires) VALUES (?, ?, ?)",
		    VALUES(INT(account), TEXT(recovery->hash), INT(recovery->expires)));
	return r < 0 ? r : sql_audit(sql, account, "recovery code made by the operator", recovery->now);
}

int sqlite_recovery_add(struct store *store, const char *email, const char *hash, int64_t expires, int64_t now)
{
	struct recovery recovery = {.email = email, .hash = hash, .expires = expires, .now = now};

	return sqlite_write(store, recovery_add, &recovery);
}

static int hash_row(sqlite3_stmt *statement, void *ret_result)
{
	return sql_text(statement, 0, ret_result);
}

static int recovery_try(struct sql *sql, void *arg)
{
	struct recovery *recovery = arg;

	return sql_find(sql, "UPDATE recoveries SET tries = tries + 1 WHERE account = ? AND expires > ? AND tries < ? RETURNING hash",
			VALUES(INT(recovery->account), INT(recovery->now), INT(recovery->max)), hash_row, &recovery->found);
}

int sqlite_recovery_try(struct store *store, int64_t account, int max, int64_t now, char **ret_hash)
{
	struct recovery recovery = {.account = account, .now = now, .max = max};
	int r;

	r = sqlite_write(store, recovery_try, &recovery);
	if (r < 0) {
		secret_free_text(recovery.found);
		return r;
	}
	*ret_hash = recovery.found;
	return 0;
}

static int recovery_use(struct sql *sql, void *arg)
{
	const struct recovery *recovery = arg;
	int r;

	r = sql_change(sql, "DELETE FROM recoveries WHERE account = ? AND hash = ?", VALUES(INT(recovery->account), TEXT(recovery->hash)),
		       PIMS_E_NOT_FOUND);
	if (r == 0)
		r = sql_run(sql, "UPDATE accounts SET phone = ? WHERE id = ?", VALUES(TEXT(recovery->phone), INT(recovery->account)));
	if (r >= 0)
		r = sql_run(sql, "DELETE FROM sms_codes WHERE account = ?", VALUES(INT(recovery->account)));
	if (r >= 0)
		r = sql_mail(sql, recovery->notice->email, recovery->notice);
	return r < 0 ? r : sql_audit(sql, recovery->account, "phone number recovered", recovery->notice->time);
}

int sqlite_recovery_use(struct store *store, int64_t account, const char *hash, const char *phone, const struct mail *notice)
{
	struct recovery recovery = {.account = account, .hash = hash, .phone = phone, .notice = notice};

	return sqlite_write(store, recovery_use, &recovery);
}
