/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct remote {
	int64_t account;
	const unsigned char *otp_hash;
	const struct token_pair *tokens;
	int64_t now;
};

static int remote_add(struct sql *sql, void *arg)
{
	const struct remote *remote = arg;
	const struct token_pair *tokens = remote->tokens;
	int r;

	r = sql_otp_consume(sql, remote->account, remote->otp_hash, remote->now);
	if (r < 0)
		return r;
	return sql_run(sql, "INSERT INTO remotes (refresh, account, access, access_expires, refresh_expires) VALUES (?, ?, ?, ?, ?)",
		       VALUES(HASH(tokens->refresh), INT(remote->account), HASH(tokens->access), INT(tokens->access_expires),
			      INT(tokens->refresh_expires)));
}

int sqlite_remote_add(struct store *store, int64_t account, const unsigned char otp_hash[32], const struct token_pair *tokens,
		      int64_t now)
{
	struct remote remote = {.account = account, .otp_hash = otp_hash, .tokens = tokens, .now = now};

	return sqlite_write(store, remote_add, &remote);
}

struct renewal {
	int64_t account;
	const unsigned char *refresh, *access;
	int64_t access_expires, now;
};

static int remote_refresh(struct sql *sql, void *arg)
{
	const struct renewal *renewal = arg;

	return sql_change(sql, "UPDATE remotes SET access = ?, access_expires = ? WHERE refresh = ? AND account = ? AND refresh_expires > ?",
			  VALUES(HASH(renewal->access), INT(renewal->access_expires), HASH(renewal->refresh), INT(renewal->account),
				 INT(renewal->now)),
			  PIMS_E_NOT_FOUND);
}

int sqlite_remote_refresh(struct store *store, int64_t account, const unsigned char refresh[32], const unsigned char access[32],
			  int64_t access_expires, int64_t now)
{
	struct renewal renewal = {.account = account, .refresh = refresh, .access = access, .access_expires = access_expires, .now = now};

	return sqlite_write(store, remote_refresh, &renewal);
}

static int account_row(sqlite3_stmt *statement, void *ret_result)
{
	*(int64_t *)ret_result = sqlite3_column_int64(statement, 0);
	return 0;
}

int sqlite_remote_find(struct store *store, const unsigned char access[32], int64_t now, int64_t *ret_account)
{
	return sqlite_find(store, "SELECT account FROM remotes WHERE access = ? AND access_expires > ?", VALUES(HASH(access), INT(now)),
			   account_row, ret_account);
}
