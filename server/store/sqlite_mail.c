/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <sodium.h>
#include <stdlib.h>

/* Codes by e-mail, the outbox, and what a code does when it comes back. */

int sql_audit(struct sql *sql, int64_t account, const char *event, int64_t now)
{
	return sql_run(sql, "INSERT INTO audit (time, account, event) VALUES (?, ?, ?)", VALUES(INT(now), INT(account), TEXT(event)));
}

int sql_mail(struct sql *sql, const char *email, const struct mail *mail)
{
	return sql_run(sql, "INSERT INTO mails (email, text, time) VALUES (?, ?, ?)",
		       VALUES(TEXT(email), BYTES(mail->text, mail->text_length), INT(mail->time)));
}

struct mail_ask {
	const struct mail_code *code;
	const struct mail *mail;
};

/* An account that is being made has no row yet: NULL refers to none. */
static int add_creation(struct sql *sql, const struct mail_code *code)
{
	return sql_run(sql, "INSERT INTO mail_codes (ticket, purpose, email, password_hash, code, expires) VALUES (?, ?, ?, ?, ?, ?)",
		       VALUES(HASH(code->ticket), INT(code->purpose), TEXT(code->email), TEXT(code->password_hash), HASH(code->code),
			      INT(code->expires)));
}

/* The password was checked a moment ago: it may have been changed since, to keep just this from happening. */
static int add_change(struct sql *sql, const struct mail_code *code)
{
	return sql_change(sql,
			  "INSERT INTO mail_codes (ticket, purpose, account, email, code, expires) SELECT ?1, ?2, id, ?4, ?5, ?6 FROM accounts"
			  " WHERE id = ?3 AND blocked = 0 AND (?7 IS NULL OR password_hash = ?7)",
			  VALUES(HASH(code->ticket), INT(code->purpose), INT(code->account), TEXT(code->email), HASH(code->code),
				 INT(code->expires), TEXT(code->password_hash)),
			  PIMS_E_NOT_FOUND);
}

/* By the operator. */
static int begin_reset(struct sql *sql, const struct mail_ask *ask)
{
	int r;

	r = sql_run(sql, "DELETE FROM mail_codes WHERE account = ? AND purpose = ?", VALUES(INT(ask->code->account), INT(MAIL_RESET)));
	return r < 0 ? r : sql_audit(sql, ask->code->account, "password reset begun by the operator", ask->mail->time);
}

static int mail_ask(struct sql *sql, void *arg)
{
	const struct mail_ask *ask = arg;
	int r = 0;

	if (ask->code->purpose == MAIL_RESET)
		r = begin_reset(sql, ask);
	if (r >= 0)
		r = ask->code->account ? add_change(sql, ask->code) : add_creation(sql, ask->code);
	return r < 0 ? r : sql_mail(sql, ask->mail->email, ask->mail);
}

int sqlite_mail_ask(struct store *store, const struct mail_code *code, const struct mail *mail)
{
	struct mail_ask ask = {.code = code, .mail = mail};

	return sqlite_write(store, mail_ask, &ask);
}

struct mail_confirm {
	const struct mail_code *code;
	const struct mail *notice;
	int max_tries;
	int64_t account;
	char *email, *password_hash, *old_email;
	unsigned char expected[32];
	bool refused;
};

static int pending_row(sqlite3_stmt *statement, void *ret_result)
{
	struct mail_confirm *confirm = ret_result;

	confirm->account = sqlite3_column_int64(statement, 0);
	if (sql_text(statement, 1, &confirm->email) < 0 || sql_text(statement, 2, &confirm->password_hash) < 0 ||
	    sql_text(statement, 4, &confirm->old_email) < 0)
		return PIMS_E_MEMORY;
	return sql_hash(statement, 3, confirm->expected);
}

static int fulfil(struct sql *sql, const struct mail_confirm *confirm)
{
	int64_t now = confirm->notice->time, account = confirm->account;
	int r;

	if (confirm->code->purpose == MAIL_CREATE) {
		r = sql_account_add(sql, confirm->email, confirm->password_hash, NULL, now);
		return r < 0 ? r : sql_audit(sql, sqlite3_last_insert_rowid(sql->db), "account created", now);
	}
	r = sql_change(sql, "UPDATE accounts SET email = ? WHERE id = ?", VALUES(TEXT(confirm->email), INT(account)), PIMS_E_NOT_FOUND);
	if (r == 0)
		r = sql_mail(sql, confirm->old_email, confirm->notice);
	return r < 0 ? r : sql_audit(sql, account, "e-mail address changed", now);
}

/* A wrong try is no failure of the transaction: its count must stay. */
static int mail_confirm(struct sql *sql, void *arg)
{
	struct mail_confirm *confirm = arg;
	const struct mail_code *code = confirm->code;
	int64_t taken;
	int r;

	r = sql_find(sql,
		     "UPDATE mail_codes SET tries = tries + 1 WHERE ticket = ? AND purpose = ? AND expires > ? AND tries < ?"
		     " RETURNING coalesce(account, 0), email, password_hash, code, (SELECT a.email FROM accounts a WHERE a.id = account)",
		     VALUES(HASH(code->ticket), INT(code->purpose), INT(confirm->notice->time), INT(confirm->max_tries)), pending_row, confirm);
	if (r < 0)
		return r;
	r = sql_integer(sql, "SELECT count(*) FROM accounts WHERE email = ?", VALUES(TEXT(confirm->email)), &taken);
	if (r < 0)
		return r;
	confirm->refused = taken || sodium_memcmp(confirm->expected, code->code, sizeof confirm->expected) != 0;
	if (confirm->refused)
		return 0;
	r = sql_run(sql, "DELETE FROM mail_codes WHERE ticket = ?", VALUES(HASH(code->ticket)));
	return r < 0 ? r : fulfil(sql, confirm);
}

int sqlite_mail_confirm(struct store *store, const struct mail_code *code, int max_tries, const struct mail *notice)
{
	struct mail_confirm confirm = {.code = code, .notice = notice, .max_tries = max_tries};
	int r;

	r = sqlite_write(store, mail_confirm, &confirm);
	if (r == 0 && confirm.refused)
		r = PIMS_E_NOT_FOUND;
	free(confirm.email);
	free(confirm.old_email);
	secret_free_text(confirm.password_hash);
	return r;
}

static int list_mails(struct sql *sql, int64_t after_id, int (*each)(void *data, const struct mail *mail), void *data)
{
	sqlite3_stmt *statement;
	int r;

	r = sql_start(sql, "SELECT id, email, text, time FROM mails WHERE id > ? ORDER BY id", VALUES(INT(after_id)), &statement);
	if (r < 0)
		return r;
	while ((r = sql_step(sql, statement)) > 0) {
		const struct mail mail = {
			.id = sqlite3_column_int64(statement, 0),
			.email = (const char *)sqlite3_column_text(statement, 1),
			.text = sqlite3_column_blob(statement, 2),
			.text_length = (size_t)sqlite3_column_bytes(statement, 2),
			.time = sqlite3_column_int64(statement, 3),
		};

		r = each(data, &mail);
		if (r)
			break;
	}
	sql_done(statement);
	return r;
}

int sqlite_mail_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct mail *mail), void *data)
{
	struct sql *sql = sqlite_reader(store);
	int r;

	r = list_mails(sql, after_id, each, data);
	sqlite_reader_done(store, sql);
	return r;
}

/* Of two changes that checked the same password, the second is too late. */
static int change_password(struct sql *sql, void *arg)
{
	const struct password_change *change = arg;
	int r;

	r = sql_change(sql,
		       "UPDATE accounts SET password_hash = ?1 WHERE id = ?2 AND blocked = 0 AND (?3 IS NULL OR password_hash = ?3)",
		       VALUES(TEXT(change->hash), INT(change->account), TEXT(change->old_hash)), PIMS_E_NOT_FOUND);
	if (r == 0)
		r = sql_end_sessions(sql, change->account, change->keep);
	if (r >= 0)
		r = sql_mail(sql, change->notice->email, change->notice);
	return r < 0 ? r : sql_audit(sql, change->account, "password changed", change->notice->time);
}

int sqlite_account_change_password(struct store *store, const struct password_change *change)
{
	struct password_change copy = *change;

	return sqlite_write(store, change_password, &copy);
}

struct reset {
	const struct password_reset *reset;
	int64_t account;
	unsigned char expected[32];
	bool refused;
};

static int reset_row(sqlite3_stmt *statement, void *ret_result)
{
	struct reset *reset = ret_result;

	reset->account = sqlite3_column_int64(statement, 0);
	return sql_hash(statement, 1, reset->expected);
}

/* Where no code waits something is written as well, so that the answer takes as long; it has expired already. */
static int refuse_reset(struct sql *sql, int64_t now)
{
	return sql_run(sql, "INSERT OR REPLACE INTO attempts (key, count, expires) VALUES ('reset-none', 1, ?)", VALUES(INT(now)));
}

/* As mail_confirm(): a wrong try is no failure. */
static int password_reset(struct sql *sql, void *arg)
{
	struct reset *reset = arg;
	const struct password_reset *asked = reset->reset;
	struct password_change change = {.hash = asked->hash, .notice = asked->notice};
	int r;

	r = sql_find(sql,
		     "UPDATE mail_codes SET tries = tries + 1 WHERE account = (SELECT id FROM accounts WHERE email = ?1 AND blocked = 0) AND purpose = ?2"
		     " AND email = ?1 AND expires > ?3 AND tries < ?4 RETURNING account, code",
		     VALUES(TEXT(asked->email), INT(MAIL_RESET), INT(asked->notice->time), INT(asked->max_tries)), reset_row, reset);
	if (r < 0 && r != PIMS_E_NOT_FOUND)
		return r;
	reset->refused = r < 0 || sodium_memcmp(reset->expected, asked->code, sizeof reset->expected) != 0;
	if (reset->refused)
		return r < 0 ? refuse_reset(sql, asked->notice->time) : 0;
	change.account = reset->account;
	return change_password(sql, &change); /* with it goes the code */
}

int sqlite_password_reset(struct store *store, const struct password_reset *asked, int64_t *ret_account)
{
	struct reset reset = {.reset = asked};
	int r;

	r = sqlite_write(store, password_reset, &reset);
	if (r == 0 && reset.refused)
		r = PIMS_E_NOT_FOUND;
	if (r == 0)
		*ret_account = reset.account;
	return r;
}
