/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct remote {
	struct otp_use otp;
	const struct token_pair *tokens;
};

static int remote_add(struct sql *sql, void *arg)
{
	struct remote *remote = arg;
	const struct token_pair *tokens = remote->tokens;
	int r;

	r = sql_otp_use(sql, &remote->otp);
	if (r < 0 || remote->otp.refusal)
		return r;
	return sql_run(sql, "INSERT INTO remotes (refresh, account, access, access_expires, refresh_expires) VALUES (?, ?, ?, ?, ?)",
		       VALUES(HASH(tokens->refresh), INT(remote->otp.account), HASH(tokens->access), INT(tokens->access_expires),
			      INT(tokens->refresh_expires)));
}

int sqlite_remote_add(struct store *store, int64_t account, const unsigned char otp_hash[32], const struct token_pair *tokens,
		      int64_t now)
{
	struct remote remote = {.otp = {.account = account, .hash = otp_hash, .now = now}, .tokens = tokens};
	int r;

	r = sqlite_write(store, remote_add, &remote);
	return r < 0 ? r : remote.otp.refusal;
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
