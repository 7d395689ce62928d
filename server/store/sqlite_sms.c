/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <stdlib.h>

struct sms_new {
	const struct sms_code *code;
	const struct sms_message *message;
};

struct sms_owner {
	int64_t account, purpose, expires, spent;
};

static int owner_row(sqlite3_stmt *statement, void *ret_result)
{
	*(struct sms_owner *)ret_result = (struct sms_owner){
		.account = sqlite3_column_int64(statement, 0),
		.purpose = sqlite3_column_int64(statement, 1),
		.expires = sqlite3_column_int64(statement, 2),
		.spent = sqlite3_column_int64(statement, 3),
	};
	return 0;
}

static const char find_owner[] = "SELECT account, purpose, expires, tries >= tries_max FROM sms_codes WHERE hash = ?";

int sql_sms_replace(struct sql *sql, const struct sms_code *code)
{
	int r;

	r = sql_run(sql, "DELETE FROM sms_codes WHERE hash = ? OR (account = ? AND purpose = ?)",
		    VALUES(HASH(code->hash), INT(code->account), INT(code->purpose)));
	if (r < 0)
		return r;
	return sql_run(sql,
		       "INSERT INTO sms_codes (hash, account, purpose, code, created, sent, expires, phone) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		       VALUES(HASH(code->hash), INT(code->account), INT(code->purpose), BYTES(code->code, code->code_length),
			      INT(code->created), INT(code->sent), INT(code->expires), TEXT(code->phone)));
}

static int put_code(struct sql *sql, const struct sms_code *code)
{
	struct sms_owner owner;
	int r;

	r = sql_find(sql, find_owner, VALUES(HASH(code->hash)), owner_row, &owner);
	if (r < 0 && r != PIMS_E_NOT_FOUND)
		return r;
	if (r < 0 && code->sent > code->created)
		return PIMS_E_NOT_FOUND; /* used up since it was read: a resend must not bring it back */
	if (r < 0 || owner.expires <= code->sent)
		return sql_sms_replace(sql, code);
	if (owner.account != code->account || owner.purpose != (int64_t)code->purpose)
		return PIMS_E_STATE;
	return sql_run(sql, "UPDATE sms_codes SET sent = ?, expires = ? WHERE hash = ?",
		       VALUES(INT(code->sent), INT(code->expires), HASH(code->hash)));
}

int sql_sms_message(struct sql *sql, const struct sms_message *message)
{
	return sql_run(sql, "INSERT INTO sms_messages (account, purpose, phone, text, time) VALUES (?, ?, ?, ?, ?)",
		       VALUES(INT(message->account), INT(message->purpose), TEXT(message->phone), BYTES(message->text, message->text_length),
			      INT(message->time)));
}

static int sms_add(struct sql *sql, void *arg)
{
	const struct sms_new *new = arg;
	struct sms_message message;
	int r;

	r = put_code(sql, new->code);
	if (r >= 0 && !new->message)
		r = sql_audit(sql, new->code->account, "enrollment code shown", new->code->sent);
	if (r < 0 || !new->message)
		return r < 0 ? r : 0;
	message = *new->message;
	message.account = new->code->account;
	message.purpose = new->code->purpose;
	message.time = new->code->sent;
	return sql_sms_message(sql, &message);
}

int sqlite_sms_add(struct store *store, const struct sms_code *code, const struct sms_message *message)
{
	struct sms_new new = {.code = code, .message = message};

	return sqlite_write(store, sms_add, &new);
}

static int code_row(sqlite3_stmt *statement, void *ret_result)
{
	struct sms_code code = {
		.account = sqlite3_column_int64(statement, 0),
		.purpose = (enum sms_purpose)sqlite3_column_int(statement, 1),
		.created = sqlite3_column_int64(statement, 4),
		.sent = sqlite3_column_int64(statement, 5),
		.expires = sqlite3_column_int64(statement, 6),
		.sends = sqlite3_column_int(statement, 8),
	};
	int r;

	r = sql_hash(statement, 2, code.hash);
	if (r == 0)
		r = sql_bytes(statement, 3, &code.code, &code.code_length);
	if (r == 0)
		r = sql_text(statement, 7, &code.phone);
	if (r == 0)
		*(struct sms_code *)ret_result = code;
	else
		sms_code_free(&code);
	return r;
}

int sqlite_sms_live(struct store *store, int64_t account, enum sms_purpose purpose, int64_t now, struct sms_code *ret_code)
{
	return sqlite_find(store,
			   "SELECT account, purpose, hash, code, created, sent, expires, phone, sends FROM sms_codes"
			   " WHERE account = ? AND purpose = ? AND expires > ? AND tries < tries_max AND serial IS NULL",
			   VALUES(INT(account), INT(purpose), INT(now)), code_row, ret_code);
}

int sqlite_sms_find(struct store *store, const unsigned char hash[32], enum sms_purpose purpose, int64_t now, int64_t *ret_account)
{
	struct sms_owner owner;
	int r;

	r = sqlite_find(store, find_owner, VALUES(HASH(hash)), owner_row, &owner);
	if (r < 0)
		return r;
	if (owner.spent || owner.purpose != (int64_t)purpose)
		return PIMS_E_NOT_FOUND;
	if (owner.expires <= now)
		return PIMS_E_STATE;
	*ret_account = owner.account;
	return 0;
}

struct sms_try {
	const unsigned char *hash;
	int max;
	int64_t now, tries;
};

static int sms_try(struct sql *sql, void *arg)
{
	struct sms_try *try = arg;

	return sql_integer(sql,
			   "UPDATE sms_codes SET tries = tries + 1, tries_max = ?1 WHERE hash = ?2 AND expires > ?3 AND tries < ?1"
			   " RETURNING tries",
			   VALUES(INT(try->max), HASH(try->hash), INT(try->now)), &try->tries);
}

int sqlite_sms_try(struct store *store, const unsigned char hash[32], int max, int64_t now, int *ret_remaining)
{
	struct sms_try try = {.hash = hash, .max = max, .now = now};
	int r;

	r = sqlite_write(store, sms_try, &try);
	if (r == 0)
		*ret_remaining = max - (int)try.tries;
	return r;
}

static int sms_tried_right(struct sql *sql, void *arg)
{
	const struct sms_try *try = arg;

	return sql_change(sql, "UPDATE sms_codes SET tries = 0 WHERE hash = ?", VALUES(HASH(try->hash)), PIMS_E_NOT_FOUND);
}

int sqlite_sms_tried_right(struct store *store, const unsigned char hash[32])
{
	struct sms_try try = {.hash = hash};

	return sqlite_write(store, sms_tried_right, &try);
}

static int message_row(sqlite3_stmt *statement, struct sms_message *ret_message)
{
	*ret_message = (struct sms_message){
		.id = sqlite3_column_int64(statement, 0),
		.account = sqlite3_column_int64(statement, 1),
		.purpose = (enum sms_purpose)sqlite3_column_int(statement, 2),
		.time = sqlite3_column_int64(statement, 5),
	};
	if (sql_text(statement, 3, &ret_message->phone) < 0 || sql_bytes(statement, 4, &ret_message->text, &ret_message->text_length) < 0)
		return PIMS_E_MEMORY;
	return 0;
}

static void message_free(struct sms_message *message)
{
	free(message->phone);
	free(message->text);
}

static int list_messages(struct sql *sql, int64_t after_id, int (*each)(void *data, const struct sms_message *message), void *data)
{
	sqlite3_stmt *statement;
	int r;

	r = sql_start(sql, "SELECT id, account, purpose, phone, text, time FROM sms_messages WHERE id > ? ORDER BY id",
		      VALUES(INT(after_id)), &statement);
	if (r < 0)
		return r;
	while ((r = sql_step(sql, statement)) > 0) {
		struct sms_message message;

		r = message_row(statement, &message);
		if (r == 0)
			r = each(data, &message);
		message_free(&message);
		if (r)
			break;
	}
	sql_done(statement);
	return r;
}

int sqlite_sms_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct sms_message *message), void *data)
{
	struct sql *sql = sqlite_reader(store);
	int r;

	r = list_messages(sql, after_id, each, data);
	sqlite_reader_done(store, sql);
	return r;
}
