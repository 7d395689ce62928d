/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

/* Accounts of people who sign in at another provider. */

struct external_change {
	const char *issuer, *subject, *display;
	int64_t now;
};

int sqlite_account_by_external(struct store *store, const char *issuer, const char *subject, struct account *ret_account)
{
	return sqlite_find(store, ACCOUNT_SELECT " WHERE issuer = ? AND external_subject = ?", VALUES(TEXT(issuer), TEXT(subject)),
			   sqlite_account_row, ret_account);
}

/* Its address is its subject: unique, and no address, so that nobody is mistaken for anybody by his mail. No hash is like "". */
static int make(struct sql *sql, const struct external_change *change)
{
	int64_t id;
	int r;

	r = sql_account_add(sql, NULL, "", NULL, change->now);
	if (r < 0)
		return r;
	id = sqlite3_last_insert_rowid(sql->db);
	r = sql_run(sql, "INSERT INTO externals (issuer, external_subject, account, display) VALUES (?, ?, ?, ?)",
		    VALUES(TEXT(change->issuer), TEXT(change->subject), INT(id), TEXT(change->display)));
	return r < 0 ? r : sql_audit(sql, id, "external account created", change->now);
}

static int put_external(struct sql *sql, void *arg)
{
	const struct external_change *change = arg;
	int64_t id;
	int r;

	r = sql_integer(sql,
			"UPDATE externals SET display = coalesce(?, display) WHERE issuer = ? AND external_subject = ? RETURNING account",
			VALUES(TEXT(change->display), TEXT(change->issuer), TEXT(change->subject)), &id);
	return r == PIMS_E_NOT_FOUND ? make(sql, change) : r;
}

/* Nearly always it is there already, and there is nothing to write. */
int sqlite_account_external(struct store *store, const char *issuer, const char *subject, const char *display, int64_t now,
			    struct account *ret_account)
{
	struct external_change change = {.issuer = issuer, .subject = subject, .display = display, .now = now};
	struct account account = {0};
	int r;

	r = sqlite_account_by_external(store, issuer, subject, &account);
	if (r == 0 && (!display || text_equal(account.display, display))) {
		*ret_account = account;
		return 0;
	}
	account_free(&account);
	if (r < 0 && r != PIMS_E_NOT_FOUND)
		return r;
	r = sqlite_write(store, put_external, &change);
	return r < 0 ? r : sqlite_account_by_external(store, issuer, subject, ret_account);
}
