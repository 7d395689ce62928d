/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <string.h>

/* states of an authorization code: 0 fresh, 1 consumed, 2 made a session, 3 presented again */

struct consume {
	const unsigned char *hash;
	int64_t now;
	struct auth_code code;
	int64_t state, session;
	bool replayed;
};

/* What ends an account's sessions ends its codes: one that comes a moment later must not begin a new session. */
static int check_browser(struct sql *sql, const struct auth_code *code)
{
	int64_t expires;

	/* nor does it say that an OTP was given, or a passkey used, when that counts no more */
	return sql_integer(sql, "SELECT expires FROM browsers WHERE hash = ? AND account = ? AND otp_time >= ? AND passkey_time >= ?",
			   VALUES(HASH(code->browser), INT(code->account), INT(code->otp_time), INT(code->passkey_time)), &expires);
}

static int code_add(struct sql *sql, void *arg)
{
	const struct auth_code *code = arg;
	int r = code->browser ? check_browser(sql, code) : 0;

	if (r == 0)
		r = sql_pushed_use(sql, code->pushed);
	if (r < 0)
		return r;
	return sql_run(sql,
		       "INSERT INTO codes (hash, account, client, redirect_uri, code_challenge, nonce, scope, auth_time, expires, key, otp_time,"
		       " passkey_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       VALUES(HASH(code->hash), INT(code->account), TEXT(code->client), TEXT(code->redirect_uri), TEXT(code->code_challenge),
			      TEXT(code->nonce), TEXT(code->scope ? code->scope : ""), INT(code->auth_time), INT(code->expires), KEY(code->key),
			      INT(code->otp_time), INT(code->passkey_time)));
}

int sqlite_code_add(struct store *store, const struct auth_code *code)
{
	struct auth_code copy = *code;

	return sqlite_write(store, code_add, &copy);
}

static int code_row(sqlite3_stmt *statement, void *ret_result)
{
	struct consume *consume = ret_result;
	struct auth_code *code = &consume->code;

	code->account = sqlite3_column_int64(statement, 0);
	code->auth_time = sqlite3_column_int64(statement, 6);
	code->expires = sqlite3_column_int64(statement, 7);
	consume->state = sqlite3_column_int64(statement, 8);
	consume->session = sqlite3_column_int64(statement, 9);
	code->otp_time = sqlite3_column_int64(statement, 11);
	code->passkey_time = sqlite3_column_int64(statement, 12);
	if (sql_text(statement, 1, &code->client) < 0 || sql_text(statement, 2, &code->redirect_uri) < 0 ||
	    sql_text(statement, 3, &code->code_challenge) < 0 || sql_text(statement, 4, &code->nonce) < 0 ||
	    sql_text(statement, 5, &code->scope) < 0)
		return PIMS_E_MEMORY;
	memcpy(code->hash, consume->hash, sizeof code->hash);
	return sql_key(statement, 10, code->key);
}

static int code_replayed(struct sql *sql, struct consume *consume)
{
	int r;

	consume->replayed = true;
	r = sql_run(sql, "UPDATE codes SET state = 3 WHERE hash = ?", VALUES(HASH(consume->hash)));
	if (r < 0)
		return r;
	return sql_run(sql, "DELETE FROM sessions WHERE id = ?", VALUES(INT(consume->session)));
}

static int code_consume(struct sql *sql, void *arg)
{
	struct consume *consume = arg;
	int r;

	r = sql_find(sql,
		     "SELECT account, client, redirect_uri, code_challenge, nonce, scope, auth_time, expires, state, session, key, otp_time,"
		     " passkey_time FROM codes WHERE hash = ?",
		     VALUES(HASH(consume->hash)), code_row, consume);
	if (r < 0)
		return r;
	if (consume->state)
		return code_replayed(sql, consume);
	return sql_change(sql, "UPDATE codes SET state = 1 WHERE hash = ? AND state = 0 AND expires > ?",
			  VALUES(HASH(consume->hash), INT(consume->now)), PIMS_E_NOT_FOUND);
}

int sqlite_code_consume(struct store *store, const unsigned char hash[32], int64_t now, struct auth_code *ret_code)
{
	struct consume consume = {.hash = hash, .now = now};
	int r;

	r = sqlite_write(store, code_consume, &consume);
	if (r == 0 && consume.replayed)
		r = PIMS_E_STATE;
	if (r < 0) {
		auth_code_free(&consume.code);
		return r;
	}
	*ret_code = consume.code;
	return 0;
}
