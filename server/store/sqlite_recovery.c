/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct recovery {
	int64_t account;
	const char *email, *phone;
	const char *hash;
	const unsigned char *ticket;
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

	return sql_find(sql, "UPDATE recoveries SET tries = tries + 1 WHERE account = ? AND expires > ? AND tries < ? AND hash <> '' RETURNING hash",
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

static int recovery_claim(struct sql *sql, void *arg)
{
	const struct recovery *recovery = arg;

	return sql_change(sql,
			  "UPDATE recoveries SET tries = 0, phone = ?1, ticket = ?2 WHERE account = ?3 AND hash = ?4 AND hash <> ''"
			  " AND EXISTS (SELECT 1 FROM accounts WHERE id = ?3 AND blocked = 0)",
			  VALUES(TEXT(recovery->phone), HASH(recovery->ticket), INT(recovery->account), TEXT(recovery->hash)), PIMS_E_NOT_FOUND);
}

int sqlite_recovery_claim(struct store *store, int64_t account, const char *hash, const char *phone, const unsigned char ticket[32])
{
	struct recovery recovery = {.account = account, .hash = hash, .phone = phone, .ticket = ticket};

	return sqlite_write(store, recovery_claim, &recovery);
}

static int claim_row(sqlite3_stmt *statement, void *ret_result)
{
	struct recovery_claim *claim = ret_result;

	*claim = (struct recovery_claim){.account = sqlite3_column_int64(statement, 0), .used = sqlite3_column_int(statement, 2)};
	return sql_text(statement, 1, &claim->phone);
}

int sqlite_recovery_claimed(struct store *store, const unsigned char ticket[32], int64_t now, struct recovery_claim *ret_claim)
{
	return sqlite_find(store, "SELECT account, phone, hash = '' FROM recoveries WHERE ticket = ? AND expires > ?",
			   VALUES(HASH(ticket), INT(now)), claim_row, ret_claim);
}

int sql_recovery_use(struct sql *sql, const struct phone_change *change)
{
	return sql_change(sql,
			  "UPDATE recoveries SET hash = '' WHERE account = ?1 AND ticket = ?2 AND phone = ?3 AND expires > ?4 AND hash <> ''"
			  " AND EXISTS (SELECT 1 FROM accounts WHERE id = ?1 AND blocked = 0)",
			  VALUES(INT(change->account), HASH(change->ticket), TEXT(change->phone), INT(change->now)), PIMS_E_STATE);
}

int sql_recovery_done(struct sql *sql, const struct phone_change *change)
{
	int r;

	r = sql_run(sql, "DELETE FROM sms_codes WHERE account = ? AND hash <> ?", VALUES(INT(change->account), HASH(change->code_hash)));
	if (r >= 0)
		r = sql_mail(sql, change->mail->email, change->mail);
	return r < 0 ? r : sql_audit(sql, change->account, "phone number recovered", change->now);
}
