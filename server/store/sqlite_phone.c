/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>

/* A trusted number set by its owner: code, device, number and notice change together. */

struct changing {
	const struct phone_change *change;
	enum phone_result result;
	char *old;
	int remaining;
};

/* The account's certification code, beside the one that came. */
struct certificate {
	int64_t right, expires, spent;
};

static int certificate_row(sqlite3_stmt *statement, void *ret_result)
{
	*(struct certificate *)ret_result = (struct certificate){
		sqlite3_column_int64(statement, 0),
		sqlite3_column_int64(statement, 1),
		sqlite3_column_int64(statement, 2),
	};
	return 0;
}

static int phone_row(sqlite3_stmt *statement, void *ret_result)
{
	return sql_text(statement, 0, ret_result);
}

static int find_certificate(struct sql *sql, const struct phone_change *change, struct certificate *ret_certificate)
{
	return sql_find(sql,
			"SELECT hash = ?3 AND phone = ?4, expires, tries >= tries_max FROM sms_codes WHERE account = ?1 AND purpose = ?2",
			VALUES(INT(change->account), INT(SMS_CERTIFICATION), HASH(change->code_hash), TEXT(change->phone)), certificate_row,
			ret_certificate);
}

/* The code became an enrollment code when it set the number. */
static int find_converted(struct sql *sql, const struct phone_change *change)
{
	int64_t count;
	int r;

	r = sql_integer(sql, "SELECT count(*) FROM sms_codes WHERE account = ? AND purpose = ? AND hash = ? AND phone = ? AND expires > ?",
			VALUES(INT(change->account), INT(SMS_ENROLLMENT), HASH(change->code_hash), TEXT(change->phone), INT(change->now)), &count);
	return r < 0 ? r : count > 0;
}

static int count_wrong(struct sql *sql, struct changing *changing)
{
	const struct phone_change *change = changing->change;
	int64_t tries;
	int r;

	r = sql_integer(sql,
			"UPDATE sms_codes SET tries = tries + 1, tries_max = ?1 WHERE account = ?2 AND purpose = ?3 AND tries < ?1"
			" RETURNING tries",
			VALUES(INT(change->max_tries), INT(change->account), INT(SMS_CERTIFICATION)), &tries);
	if (r < 0)
		return r == PIMS_E_NOT_FOUND ? 0 : r;
	changing->remaining = change->max_tries - (int)tries;
	return 0;
}

/* No certification code: perhaps it set the number and became an enrollment code. */
static int check_converted(struct sql *sql, struct changing *changing)
{
	int r = text_equal(changing->old, changing->change->phone) ? find_converted(sql, changing->change) : 0;

	changing->result = r > 0 ? PHONE_SAME : PHONE_CODE;
	return r < 0 ? r : 0;
}

/* 1: the code is good. 0: `result` says why not. */
static int check_code(struct sql *sql, struct changing *changing)
{
	const struct phone_change *change = changing->change;
	struct certificate certificate;
	bool expired;
	int r;

	r = find_certificate(sql, change, &certificate);
	if (r < 0)
		return r == PIMS_E_NOT_FOUND ? check_converted(sql, changing) : r;
	expired = certificate.expires <= change->now;
	changing->result = PHONE_CODE;
	if (!certificate.right)
		return certificate.spent || expired ? 0 : count_wrong(sql, changing);
	if (expired)
		changing->result = PHONE_EXPIRED;
	else if (certificate.spent && text_equal(changing->old, change->phone))
		changing->result = PHONE_SAME;
	return !expired && !certificate.spent;
}

/* The challenge that was proved is good for one change. */
static int consume_challenge(struct sql *sql, const struct phone_change *change)
{
	return sql_change(sql,
			  "UPDATE devices SET challenge = '', version = version + 1, last_used = ?4 WHERE id = ?1 AND account = ?2 AND challenge = ?3"
			  " AND challenge_expires > ?4 AND phase = 2",
			  VALUES(INT(change->device), INT(change->account), TEXT(change->challenge), INT(change->now)), PIMS_E_STATE);
}

int sql_sms_forget_others(struct sql *sql, int64_t account, const char *phone)
{
	int r;

	r = sql_run(sql, "DELETE FROM sms_codes WHERE account = ? AND purpose <> ? AND phone IS NOT ?",
		    VALUES(INT(account), INT(SMS_CERTIFICATION), TEXT(phone)));
	return r < 0 ? r : 0;
}

/* Used up, but remembered until it expires: a repeat of the request is told apart from a wrong code. */
static int use_code(struct sql *sql, const struct phone_change *change)
{
	int r = 0;

	if (!change->enroll)
		return sql_change(sql, "UPDATE sms_codes SET tries = tries_max WHERE hash = ?", VALUES(HASH(change->code_hash)), PIMS_E_STATE);
	r = sql_run(sql, "DELETE FROM sms_codes WHERE account = ? AND purpose = ?", VALUES(INT(change->account), INT(SMS_ENROLLMENT)));
	if (r < 0)
		return r;
	return sql_change(sql, "UPDATE sms_codes SET purpose = ?, tries = 0 WHERE hash = ?",
			  VALUES(INT(SMS_ENROLLMENT), HASH(change->code_hash)), PIMS_E_STATE);
}

static int tell_old_number(struct sql *sql, const struct changing *changing)
{
	const struct phone_change *change = changing->change;
	const struct sms_message message = {
		.account = change->account,
		.purpose = SMS_NOTICE,
		.phone = changing->old,
		.text = change->notice,
		.text_length = change->notice_length,
		.time = change->now,
	};
	int r = 0;

	if (change->notice && !text_equal(changing->old, change->phone))
		r = sql_sms_message(sql, &message);
	return r < 0 ? r : 0;
}

static int set_phone(struct sql *sql, struct changing *changing)
{
	const struct phone_change *change = changing->change;
	int r;

	r = sql_change(sql, "UPDATE accounts SET phone = ? WHERE id = ?", VALUES(TEXT(change->phone), INT(change->account)), PIMS_E_NOT_FOUND);
	if (r == 0)
		r = sql_sms_forget_others(sql, change->account, change->phone);
	if (r == 0)
		r = use_code(sql, change);
	if (r == 0)
		r = tell_old_number(sql, changing);
	if (r == 0 && change->ticket)
		r = sql_recovery_done(sql, change);
	changing->result = PHONE_SET;
	return r;
}

/* What stands against the change, before the code is looked at: 1 = nothing. */
static int check_state(struct changing *changing)
{
	bool there = changing->old != NULL;

	if (changing->change->ticket || changing->change->modify == there)
		return 1;
	changing->result = there ? PHONE_EXISTS : PHONE_NONE;
	return 0;
}

/* What stands beside the code: a device, or the operator's code. It is good for one change. PIMS_E_STATE: it is used up. */
static int use_right(struct sql *sql, const struct phone_change *change)
{
	if (change->ticket)
		return sql_recovery_use(sql, change);
	return change->modify ? consume_challenge(sql, change) : 0;
}

static int phone_change(struct sql *sql, void *arg)
{
	struct changing *changing = arg;
	const struct phone_change *change = changing->change;
	int good, r;

	changing->remaining = -1;
	r = sql_find(sql, "SELECT phone FROM accounts WHERE id = ?", VALUES(INT(change->account)), phone_row, &changing->old);
	if (r < 0)
		return r;
	if (!check_state(changing) && !text_equal(changing->old, change->phone))
		return 0;
	good = check_code(sql, changing);
	if (good < 0 || changing->result == PHONE_SAME)
		return good < 0 ? good : 0;
	if (!check_state(changing) || !good)
		return 0;
	r = use_right(sql, change);
	if (r == PIMS_E_STATE) {
		changing->result = change->ticket ? PHONE_CODE : PHONE_DEVICE;
		return 0;
	}
	return r < 0 ? r : set_phone(sql, changing);
}

int sqlite_phone_change(struct store *store, const struct phone_change *change, enum phone_result *ret_result, char **ret_old,
			int *ret_remaining)
{
	struct changing changing = {.change = change};
	int r;

	r = sqlite_write(store, phone_change, &changing);
	if (r < 0) {
		free(changing.old);
		return r;
	}
	*ret_result = changing.result;
	*ret_old = changing.old;
	*ret_remaining = changing.remaining;
	return 0;
}
