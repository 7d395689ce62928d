/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <limits.h>

struct attempt {
	const char *key;
	int64_t now, window_ms;
	int64_t count, expires;
};

static int attempt_row(sqlite3_stmt *statement, void *ret_result)
{
	struct attempt *attempt = ret_result;

	attempt->count = sqlite3_column_int64(statement, 0);
	attempt->expires = sqlite3_column_int64(statement, 1);
	return 0;
}

static int attempt_count(struct sql *sql, void *arg)
{
	struct attempt *attempt = arg;

	return sql_find(sql,
			"INSERT INTO attempts (key, count, expires) VALUES (?1, 1, ?2 + ?3) ON CONFLICT (key) DO UPDATE SET"
			" count = CASE WHEN expires <= ?2 THEN 1 ELSE count + 1 END,"
			" expires = CASE WHEN expires <= ?2 THEN ?2 + ?3 ELSE expires END RETURNING count, expires",
			VALUES(TEXT(attempt->key), INT(attempt->now), INT(attempt->window_ms)), attempt_row, attempt);
}

static int refused(const struct attempt *attempt, int *ret_retry_after)
{
	int64_t seconds = (attempt->expires - attempt->now + 999) / 1000;

	*ret_retry_after = seconds > INT_MAX ? INT_MAX : (int)seconds;
	return PIMS_E_LIMIT;
}

int sqlite_attempt(struct store *store, const char *key, int max, int window_s, int64_t now, int *ret_retry_after)
{
	struct attempt attempt = {.key = key, .now = now, .window_ms = (int64_t)window_s * 1000};
	int r;

	r = sqlite_write(store, attempt_count, &attempt);
	if (r < 0)
		return r;
	return attempt.count > max ? refused(&attempt, ret_retry_after) : 0;
}

int sqlite_attempt_check(struct store *store, const char *key, int max, int64_t now, int *ret_retry_after)
{
	struct attempt attempt = {.key = key, .now = now};
	int r;

	r = sqlite_find(store, "SELECT count, expires FROM attempts WHERE key = ? AND expires > ?", VALUES(TEXT(key), INT(now)), attempt_row,
			&attempt);
	if (r == PIMS_E_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	return attempt.count >= max ? refused(&attempt, ret_retry_after) : 0;
}

static int attempt_forget(struct sql *sql, void *arg)
{
	const struct attempt *attempt = arg;

	return sql_run(sql, "DELETE FROM attempts WHERE key = ?", VALUES(TEXT(attempt->key)));
}

int sqlite_attempt_forget(struct store *store, const char *key)
{
	struct attempt attempt = {.key = key};

	return sqlite_write(store, attempt_forget, &attempt);
}

struct mail_once {
	struct attempt attempt;
	const struct mail *mail;
};

static int mail_once(struct sql *sql, void *arg)
{
	struct mail_once *once = arg;
	int r;

	r = attempt_count(sql, &once->attempt);
	if (r < 0)
		return r;
	return once->attempt.count > 1 ? PIMS_E_LIMIT : sql_mail(sql, once->mail->email, once->mail);
}

int sqlite_mail_once(struct store *store, const char *key, int window_s, const struct mail *mail)
{
	struct mail_once once = {.attempt = {.key = key, .now = mail->time, .window_ms = (int64_t)window_s * 1000}, .mail = mail};
	int r;

	r = sqlite_write(store, mail_once, &once);
	return r < 0 ? r : 0;
}
