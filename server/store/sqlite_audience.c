/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

/* Tokens for one audience: in a table of their own, so that no other look-up can find one. */

struct audience_add {
	const unsigned char *subject;
	const char *client;
	const struct audience_token *token;
	int64_t now;
};

static int audience_add(struct sql *sql, void *arg)
{
	const struct audience_add *add = arg;
	int64_t session;
	int r;

	r = sql_integer(sql,
			"SELECT s.id FROM access_tokens a JOIN sessions s ON s.id = a.session"
			" WHERE a.hash = ?1 AND a.expires > ?2 AND s.client = ?3"
			" AND (?4 IS NULL OR instr(' ' || coalesce(a.scope, s.scope) || ' ', ' ' || ?4 || ' '))",
			VALUES(HASH(add->subject), INT(add->now), TEXT(add->client), TEXT(add->token->scope)), &session);
	if (r == 0)
		r = sql_proof_use(sql, add->token->proof);
	if (r < 0)
		return r;
	r = sql_run(sql, "INSERT INTO audience_tokens (hash, session, audience, expires, key) VALUES (?, ?, ?, ?, ?)",
		    VALUES(HASH(add->token->hash), INT(session), TEXT(add->token->audience), INT(add->token->expires),
			   TEXT(add->token->bound ? add->token->proved : NULL)));
	if (r < 0)
		return r;
	return sql_run(sql, "UPDATE sessions SET expires = max(expires, ?) WHERE id = ?", VALUES(INT(add->token->expires), INT(session)));
}

int sqlite_audience_add(struct store *store, const unsigned char subject[32], const char *client, const struct audience_token *token,
			int64_t now)
{
	struct audience_add add = {.subject = subject, .client = client, .token = token, .now = now};
	struct session_row session = {0};
	int r;

	/* the use of the access token makes its refresh token the live one */
	r = store_access_find(store, subject, token->proved, now, &session);
	if (r == PIMS_E_NOT_FOUND && token->proved && !token->only_bound)
		r = store_access_find(store, subject, NULL, now, &session);
	session_row_free(&session);
	return r < 0 ? r : sqlite_write(store, audience_add, &add);
}

static int account_id_row(sqlite3_stmt *statement, void *ret_result)
{
	*(int64_t *)ret_result = sqlite3_column_int64(statement, 0);
	return 0;
}

int sqlite_audience_find(struct store *store, const unsigned char hash[32], const char *audience, int64_t now, int64_t *ret_account)
{
	return sqlite_find(store,
			   "SELECT s.account FROM audience_tokens t JOIN sessions s ON s.id = t.session"
			   " WHERE t.hash = ? AND t.audience = ? AND t.expires > ?",
			   VALUES(HASH(hash), TEXT(audience), INT(now)), account_id_row, ret_account);
}
