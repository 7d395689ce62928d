/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

/*
 * States of a refresh token: 0 fresh (the answer that carried it may be lost), 1 live (it or its access token was used, so its holder has it), 2 retired.
 * Presenting a token makes it live, adds a fresh successor and leaves the token valid; a token becoming live retires all others of its session.
 * So at any time the holder of the last answer that arrived can go on, and a second holder is noticed.
 */

struct session_new {
	const struct session_row *session;
	const unsigned char *code_hash;
	const struct token_pair *tokens;
	int64_t id;
};

struct rotate {
	const unsigned char *refresh;
	const char *client;
	const struct token_pair *tokens;
	int64_t now;
	struct session_row session;
	int64_t state;
	bool reused;
};

static int add_tokens(struct sql *sql, int64_t session, int64_t auth_time, const struct token_pair *tokens)
{
	int64_t refresh_expires = tokens->refresh_expires;
	int r;

	if (tokens->session_ms && auth_time + tokens->session_ms < refresh_expires)
		refresh_expires = auth_time + tokens->session_ms;
	r = sql_run(sql, "INSERT INTO refresh_tokens (hash, session, expires) VALUES (?, ?, ?)",
		    VALUES(HASH(tokens->refresh), INT(session), INT(refresh_expires)));
	if (r < 0)
		return r;
	r = sql_run(sql, "INSERT INTO access_tokens (hash, session, refresh, expires, key, scope) VALUES (?, ?, ?, ?, ?, ?)",
		    VALUES(HASH(tokens->access), INT(session), HASH(tokens->refresh), INT(tokens->access_expires), KEY(tokens->access_key),
			   TEXT(tokens->scope)));
	if (r < 0)
		return r;
	return sql_run(sql, "UPDATE sessions SET expires = max(expires, ?, ?), used = ? WHERE id = ?",
		       VALUES(INT(refresh_expires), INT(tokens->access_expires), INT(tokens->issued), INT(session)));
}

static int claim_code(struct sql *sql, const unsigned char *hash, int64_t session)
{
	int64_t state;
	int r;

	r = sql_run(sql, "UPDATE codes SET state = 2, session = ? WHERE hash = ? AND state = 1", VALUES(INT(session), HASH(hash)));
	if (r)
		return r < 0 ? r : 0;
	r = sql_integer(sql, "SELECT state FROM codes WHERE hash = ?", VALUES(HASH(hash)), &state);
	return r < 0 ? r : PIMS_E_STATE;
}

static int session_add(struct sql *sql, void *arg)
{
	struct session_new *new = arg;
	const struct session_row *session = new->session;
	int64_t blocked;
	int r;

	r = sql_integer(sql, "SELECT blocked FROM accounts WHERE id = ?", VALUES(INT(session->account)), &blocked);
	if (r < 0)
		return r;
	if (blocked)
		return PIMS_E_STATE;
	r = sql_integer(sql,
			"INSERT INTO sessions (account, client, scope, nonce, auth_time, expires, key, otp_time, passkey_time)"
			" SELECT ?1, ?2, ?3, ?4, ?5, 0, ?6, min(?7, otp_time), min(?8, passkey_time) FROM codes WHERE hash = ?9 RETURNING id",
			VALUES(INT(session->account), TEXT(session->client), TEXT(session->scope ? session->scope : ""), TEXT(session->nonce),
			       INT(session->auth_time), KEY(new->tokens->session_key), INT(session->otp_time),
			       INT(session->passkey_time), HASH(new->code_hash)),
			&new->id);
	if (r == 0)
		r = sql_proof_use(sql, new->tokens->proof);
	if (r == 0)
		r = claim_code(sql, new->code_hash, new->id);
	return r < 0 ? r : add_tokens(sql, new->id, session->auth_time, new->tokens);
}

int sqlite_session_add(struct store *store, const struct session_row *session, const unsigned char code_hash[32],
		       const struct token_pair *tokens, int64_t *ret_id)
{
	struct session_new new = {.session = session, .code_hash = code_hash, .tokens = tokens};
	int r;

	r = sqlite_write(store, session_add, &new);
	if (r == 0)
		*ret_id = new.id;
	return r;
}

static int session_row(sqlite3_stmt *statement, void *ret_result)
{
	struct session_row session = {
		.id = sqlite3_column_int64(statement, 0),
		.account = sqlite3_column_int64(statement, 1),
		.auth_time = sqlite3_column_int64(statement, 5),
	};

	if (sql_text(statement, 2, &session.client) < 0 || sql_text(statement, 3, &session.scope) < 0 ||
	    sql_text(statement, 4, &session.nonce) < 0) {
		session_row_free(&session);
		return PIMS_E_MEMORY;
	}
	*(struct session_row *)ret_result = session;
	return 0;
}

static int rotate_row(sqlite3_stmt *statement, void *ret_result)
{
	struct rotate *rotate = ret_result;

	int r = session_row(statement, &rotate->session);

	rotate->state = sqlite3_column_int64(statement, 6);
	rotate->session.otp_time = sqlite3_column_int64(statement, 7);
	rotate->session.passkey_time = sqlite3_column_int64(statement, 8);
	return r;
}

static int make_live(struct sql *sql, const unsigned char *refresh, int64_t session)
{
	int r;

	r = sql_run(sql, "UPDATE refresh_tokens SET state = 1 WHERE hash = ? AND state = 0", VALUES(HASH(refresh)));
	if (r <= 0)
		return r;
	return sql_run(sql, "UPDATE refresh_tokens SET state = 2 WHERE session = ? AND hash <> ? AND state <> 2",
		       VALUES(INT(session), HASH(refresh)));
}

/* A session is bound by its first proof, and for good (RFC 9449 §5). */
static int bind_session(struct sql *sql, const struct rotate *rotate)
{
	const struct token_pair *tokens = rotate->tokens;
	int r = sql_proof_use(sql, tokens->proof);

	if (r == 0 && *tokens->session_key)
		r = sql_run(sql, "UPDATE sessions SET key = ? WHERE id = ? AND key IS NULL",
			    VALUES(KEY(tokens->session_key), INT(rotate->session.id)));
	return r < 0 ? r : 0;
}

static int refresh_rotate(struct sql *sql, void *arg)
{
	struct rotate *rotate = arg;
	int r;

	r = sql_find(sql,
		     "SELECT s.id, s.account, s.client, s.scope, s.nonce, s.auth_time, r.state, s.otp_time, s.passkey_time"
		     " FROM refresh_tokens r JOIN sessions s ON s.id = r.session WHERE r.hash = ?1 AND r.expires > ?2 AND s.client = ?3"
		     " AND (s.key IS NULL OR s.key = ?4) AND (?5 = 0 OR s.auth_time + ?5 > ?2)",
		     VALUES(HASH(rotate->refresh), INT(rotate->now), TEXT(rotate->client), KEY(rotate->tokens->session_key),
			    INT(rotate->tokens->session_ms)),
		     rotate_row, rotate);
	if (r < 0)
		return r;
	if (rotate->state == 2) {
		rotate->reused = true;
		return sql_run(sql, "DELETE FROM sessions WHERE id = ?", VALUES(INT(rotate->session.id)));
	}
	r = bind_session(sql, rotate);
	if (r == 0)
		r = make_live(sql, rotate->refresh, rotate->session.id);
	return r < 0 ? r : add_tokens(sql, rotate->session.id, rotate->session.auth_time, rotate->tokens);
}

int sqlite_refresh_rotate(struct store *store, const unsigned char refresh[32], const char *client,
			  const struct token_pair *tokens, int64_t now, struct session_row *ret_session)
{
	struct rotate rotate = {.refresh = refresh, .client = client, .tokens = tokens, .now = now};
	int r;

	r = sqlite_write(store, refresh_rotate, &rotate);
	if (r == 0 && rotate.reused)
		r = PIMS_E_STATE;
	if (r < 0) {
		session_row_free(&rotate.session);
		return r;
	}
	*ret_session = rotate.session;
	return 0;
}

int sqlite_refresh_find(struct store *store, const unsigned char refresh[32], const char *client, struct session_row *ret_session)
{
	return sqlite_find(store,
			   "SELECT s.id, s.account, s.client, s.scope, s.nonce, s.auth_time FROM refresh_tokens r"
			   " JOIN sessions s ON s.id = r.session WHERE r.hash = ? AND s.client = ?",
			   VALUES(HASH(refresh), TEXT(client)), session_row, ret_session);
}

struct access_use {
	struct session_row session;
	unsigned char refresh[32];
	bool fresh;
};

static int access_row(sqlite3_stmt *statement, void *ret_result)
{
	struct access_use *use = ret_result;

	int r = session_row(statement, &use->session);

	use->fresh = sqlite3_column_int(statement, 7) == 1;
	use->session.otp_time = sqlite3_column_int64(statement, 8);
	use->session.passkey_time = sqlite3_column_int64(statement, 9);
	if (r == 0 && sql_hash(statement, 6, use->refresh) < 0)
		r = PIMS_E_SYSTEM;
	return r;
}

static int access_used(struct sql *sql, void *arg)
{
	const struct access_use *use = arg;

	return make_live(sql, use->refresh, use->session.id);
}

int sqlite_access_find(struct store *store, const unsigned char access[32], const char *key, int64_t now, struct session_row *ret_session)
{
	struct access_use use = {0};
	int r;

	r = sqlite_find(store,
			"SELECT s.id, s.account, s.client, coalesce(a.scope, s.scope), s.nonce, s.auth_time, a.refresh,"
			" EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.hash = a.refresh AND r.state = 0), s.otp_time,"
			" s.passkey_time"
			" FROM access_tokens a JOIN sessions s ON s.id = a.session WHERE a.hash = ? AND a.expires > ? AND a.key IS ?",
			VALUES(HASH(access), INT(now), TEXT(key)), access_row, &use);
	if (r == 0 && use.fresh)
		r = sqlite_write(store, access_used, &use);
	if (r < 0) {
		session_row_free(&use.session);
		return r;
	}
	*ret_session = use.session;
	return 0;
}

struct revoke {
	const unsigned char *token;
	const char *client;
	int64_t session;
};

#define SESSIONS_OF_TOKEN "SELECT session FROM refresh_tokens WHERE hash = ?2 UNION SELECT session FROM access_tokens WHERE hash = ?2"

static int token_revoke(struct sql *sql, void *arg)
{
	const struct revoke *revoke = arg;
	const struct sql_value *values = VALUES(TEXT(revoke->client), HASH(revoke->token));
	int64_t others;
	int r;

	r = sql_integer(sql, "SELECT count(*) FROM sessions WHERE client <> ?1 AND id IN (" SESSIONS_OF_TOKEN ")", values, &others);
	if (r < 0)
		return r;
	if (others)
		return PIMS_E_STATE;

	/* who signs out of an application is asked for the password by the next sign-in */
	r = sql_run(sql,
		    "DELETE FROM browsers WHERE account IN (SELECT account FROM sessions WHERE client = ?1 AND id IN (" SESSIONS_OF_TOKEN "))",
		    values);
	if (r < 0)
		return r;
	return sql_run(sql, "DELETE FROM sessions WHERE client = ?1 AND id IN (" SESSIONS_OF_TOKEN ")", values);
}

int sqlite_token_revoke(struct store *store, const unsigned char token[32], const char *client)
{
	struct revoke revoke = {.token = token, .client = client};

	return sqlite_write(store, token_revoke, &revoke);
}

static int session_revoke(struct sql *sql, void *arg)
{
	const struct revoke *revoke = arg;

	return sql_change(sql, "DELETE FROM sessions WHERE id = ?", VALUES(INT(revoke->session)), PIMS_E_NOT_FOUND);
}

int sqlite_session_revoke(struct store *store, int64_t session)
{
	struct revoke revoke = {.session = session};

	return sqlite_write(store, session_revoke, &revoke);
}
