/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

#include <limits.h>
#include <stdlib.h>

/* A message within the policy: in one change, so that requests at once cannot spend one place twice. */

struct sending {
	const struct sms_code *code;
	const struct sms_message *message;
	const struct sms_policy *policy;
	struct sms_verdict verdict;
};

struct live {
	int64_t sent, sends;
	char *phone;
};

struct counter {
	int64_t count, expires;
};

static int live_row(sqlite3_stmt *statement, void *ret_result)
{
	struct live *live = ret_result;

	live->sent = sqlite3_column_int64(statement, 0);
	live->sends = sqlite3_column_int64(statement, 1);
	return sql_text(statement, 2, &live->phone);
}

static int counter_row(sqlite3_stmt *statement, void *ret_result)
{
	*(struct counter *)ret_result = (struct counter){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1)};
	return 0;
}

static int seconds_until(int64_t time, int64_t now)
{
	int64_t seconds = (time - now + 999) / 1000;

	if (seconds < 0)
		return 0;
	return seconds > INT_MAX ? INT_MAX : (int)seconds;
}

static int cooldown(const struct sms_policy *policy, int64_t sends)
{
	int factor = 1;

	for (; sends > 1 && factor < SMS_COOLDOWN_MAX; sends--)
		factor *= 2;
	return policy->cooldown_s * factor;
}

static void wait_at_least(struct sms_verdict *verdict, int seconds)
{
	if (seconds > verdict->retry_after)
		verdict->retry_after = seconds;
}

/* A limit as it stands, before this message is counted. */
static int look_at_limit(struct sql *sql, struct sending *sending, const struct sms_limit *limit)
{
	struct sms_verdict *verdict = &sending->verdict;
	struct counter counter = {0};
	int r, left;

	r = sql_find(sql, "SELECT count, expires FROM attempts WHERE key = ? AND expires > ?",
		     VALUES(TEXT(limit->key), INT(sending->policy->now)), counter_row, &counter);
	if (r < 0 && r != PIMS_E_NOT_FOUND)
		return r;
	left = counter.count < limit->max ? limit->max - (int)counter.count : 0;
	if (left < verdict->remaining)
		verdict->remaining = left;
	if (left)
		return 0;
	verdict->spent = true;
	wait_at_least(verdict, seconds_until(counter.expires, sending->policy->now));
	return 0;
}

static int look_at_limits(struct sql *sql, struct sending *sending)
{
	int r = 0;

	sending->verdict.remaining = INT_MAX;
	for (size_t i = 0; i < sending->policy->count && r == 0; i++)
		r = look_at_limit(sql, sending, &sending->policy->limits[i]);
	return r;
}

/* The window's end counts when this was its last message. */
static int count_limit(struct sql *sql, struct sending *sending, const struct sms_limit *limit)
{
	int64_t now = sending->policy->now;
	struct counter counter;
	int r;

	r = sql_find(sql,
		     "INSERT INTO attempts (key, count, expires) VALUES (?1, 1, ?2 + ?3) ON CONFLICT (key) DO UPDATE SET"
		     " count = CASE WHEN expires <= ?2 THEN 1 ELSE count + 1 END,"
		     " expires = CASE WHEN expires <= ?2 THEN ?2 + ?3 ELSE expires END RETURNING count, expires",
		     VALUES(TEXT(limit->key), INT(now), INT((int64_t)limit->window_s * 1000)), counter_row, &counter);
	if (r == 0 && counter.count >= limit->max)
		wait_at_least(&sending->verdict, seconds_until(counter.expires, now));
	return r;
}

static int count_limits(struct sql *sql, struct sending *sending)
{
	int r = 0;

	for (size_t i = 0; i < sending->policy->count && r == 0; i++)
		r = count_limit(sql, sending, &sending->policy->limits[i]);
	if (r == 0)
		sending->verdict.remaining--;
	return r;
}

/* 1: the account has a live code for that number. */
static int find_live(struct sql *sql, const struct sending *sending, struct live *ret_live)
{
	const struct sms_code *code = sending->code;
	struct live live = {0};
	int r;

	r = sql_find(sql,
		     "SELECT sent, sends, phone FROM sms_codes"
		     " WHERE account = ? AND purpose = ? AND expires > ? AND tries < tries_max AND serial IS NULL",
		     VALUES(INT(code->account), INT(code->purpose), INT(sending->policy->now)), live_row, &live);
	if (r < 0)
		return r == PIMS_E_NOT_FOUND ? 0 : r;
	r = !live.phone || text_equal(live.phone, code->phone);
	free(live.phone);
	live.phone = NULL;
	*ret_live = live;
	return r;
}

/* Without a cool-down nobody waits for a request that was stamped later and came here first. */
static int seconds_to_cool(const struct sms_policy *policy, const struct live *live)
{
	int seconds = cooldown(policy, live->sends);

	return seconds ? seconds_until(live->sent + (int64_t)seconds * 1000, policy->now) : 0;
}

static int resend(struct sql *sql, struct sending *sending, const struct live *live)
{
	int seconds = seconds_to_cool(sending->policy, live);

	if (seconds > 0) {
		sending->verdict.cooling = true;
		wait_at_least(&sending->verdict, seconds);
	}
	if (sending->verdict.cooling || sending->verdict.spent)
		return PIMS_E_LIMIT;
	sending->verdict.retry_after = cooldown(sending->policy, live->sends + 1);
	return sql_change(sql, "UPDATE sms_codes SET sent = ?, sends = sends + 1 WHERE hash = ? AND account = ? AND purpose = ?",
			  VALUES(INT(sending->policy->now), HASH(sending->code->hash), INT(sending->code->account),
				 INT(sending->code->purpose)),
			  PIMS_E_NOT_FOUND);
}

/* A live code of somebody else with the same digits is not to be overwritten. */
static int check_free(struct sql *sql, const struct sending *sending)
{
	const struct sms_code *code = sending->code;
	int64_t others;
	int r;

	r = sql_integer(sql, "SELECT count(*) FROM sms_codes WHERE hash = ? AND expires > ? AND (account <> ? OR purpose <> ?)",
			VALUES(HASH(code->hash), INT(sending->policy->now), INT(code->account), INT(code->purpose)), &others);
	if (r < 0)
		return r;
	return others ? PIMS_E_STATE : 0;
}

static int send_new(struct sql *sql, struct sending *sending)
{
	int r;

	if (sending->verdict.spent)
		return PIMS_E_LIMIT;
	r = check_free(sql, sending);
	if (r < 0)
		return r;
	sending->verdict.retry_after = cooldown(sending->policy, 1);
	return sql_sms_replace(sql, sending->code);
}

static int put(struct sql *sql, struct sending *sending)
{
	struct live live = {0};
	int r;

	r = find_live(sql, sending, &live);
	if (r < 0)
		return r;
	if (sending->code->sends > 0)
		return r ? resend(sql, sending, &live) : PIMS_E_NOT_FOUND;
	return r ? PIMS_E_STATE : send_new(sql, sending);
}

static int sms_send(struct sql *sql, void *arg)
{
	struct sending *sending = arg;
	struct sms_message message = *sending->message;
	int r;

	sending->verdict = (struct sms_verdict){0};
	r = look_at_limits(sql, sending);
	if (r == 0)
		r = put(sql, sending);
	if (r < 0)
		return r;
	r = count_limits(sql, sending);
	if (r < 0)
		return r;
	message.account = sending->code->account;
	message.purpose = sending->code->purpose;
	message.time = sending->policy->now;
	return sql_sms_message(sql, &message);
}

int sqlite_sms_send(struct store *store, const struct sms_code *code, const struct sms_message *message, const struct sms_policy *policy,
		    struct sms_verdict *ret_verdict)
{
	struct sending sending = {.code = code, .message = message, .policy = policy};
	int r;

	r = sqlite_write(store, sms_send, &sending);
	if (r >= 0 || r == PIMS_E_LIMIT)
		*ret_verdict = sending.verdict;
	return r < 0 ? r : 0;
}
