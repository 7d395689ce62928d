/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

static const int64_t DAY_MS = INT64_C(86400) * 1000;

struct pin_failure {
	const struct device *device;
	int64_t now;
	int max;
	int64_t failures;
};

/* One of the day's, in the transaction that gives it: what fails spends nothing. A device keeps its budget when it is activated again. */
static int spend(struct sql *sql, const struct otp_grant *grant, int64_t *ret_spent)
{
	const struct device *device = grant->device;
	int64_t day = grant->now / DAY_MS;
	char key[192];
	int r;

	sqlite3_snprintf(sizeof key, key, "otp:%lld:%lld:%s", (long long)device->account, (long long)day, device->device_id);
	r = sql_integer(sql,
			"INSERT INTO attempts (key, count, expires) VALUES (?1, 1, ?2) ON CONFLICT (key) DO UPDATE SET count = count + 1"
			" WHERE count < ?3 RETURNING count",
			VALUES(TEXT(key), INT((day + 1) * DAY_MS), INT(grant->per_day)), ret_spent);
	return r == PIMS_E_NOT_FOUND ? PIMS_E_LIMIT : r;
}

static int count_guesses(struct sql *sql, int64_t account, int64_t *ret_count)
{
	return sql_integer(sql, "SELECT count(*) FROM otp_guesses WHERE account = ?", VALUES(INT(account)), ret_count);
}

static int end_row(struct sql *sql, int64_t account)
{
	int r;

	r = sql_run(sql, "DELETE FROM otp_guesses WHERE account = ?", VALUES(INT(account)));
	return r < 0 ? r : 0;
}

/* Its owner ends a full row by device and PIN, which who guesses has not. */
static int check_row(struct sql *sql, const struct otp_grant *grant)
{
	int64_t account = grant->device->account, count;
	int r;

	if (grant->pin_proved)
		return end_row(sql, account);
	r = count_guesses(sql, account, &count);
	if (r < 0)
		return r;
	return count >= OTP_ROW ? PIMS_E_INVALID : 0;
}

struct granting {
	const struct otp_grant *grant;
	int64_t spent;
};

static int otp_grant(struct sql *sql, void *arg)
{
	struct granting *granting = arg;
	const struct otp_grant *grant = granting->grant;
	const struct device *device = grant->device;
	int r;

	r = sql_device_use(sql, device, DEVICE_ACTIVE, grant->now);
	if (r < 0)
		return r;
	r = sql_change(sql,
		       "UPDATE accounts SET pin_failures = CASE WHEN ? THEN 0 ELSE pin_failures END"
		       " WHERE id = ? AND blocked = 0 AND pin_blocked = 0",
		       VALUES(INT(grant->pin_proved), INT(device->account)), PIMS_E_STATE);
	if (r == 0)
		r = check_row(sql, grant);
	if (r == 0 && grant->per_day > 0)
		r = spend(sql, grant, &granting->spent);
	if (r < 0)
		return r;
	return sql_run(sql, "INSERT INTO otps (account, hash, device, expires) VALUES (?, ?, ?, ?)",
		       VALUES(INT(device->account), HASH(grant->hash), INT(device->id), INT(grant->expires)));
}

int sqlite_otp_grant(struct store *store, const struct otp_grant *grant, int *ret_remaining)
{
	struct granting granting = {.grant = grant};
	int r;

	r = sqlite_write(store, otp_grant, &granting);
	if (r == 0)
		*ret_remaining = grant->per_day > 0 ? grant->per_day - (int)granting.spent : -1;
	return r;
}

static int pin_failed(struct sql *sql, void *arg)
{
	struct pin_failure *failure = arg;
	int r;

	r = sql_device_use(sql, failure->device, DEVICE_MS, failure->now);
	if (r < 0)
		return r;
	r = sql_integer(sql,
			"UPDATE accounts SET pin_failures = pin_failures + 1, pin_blocked = pin_failures + 1 >= ?"
			" WHERE id = ? AND blocked = 0 AND pin_blocked = 0 RETURNING pin_failures",
			VALUES(INT(failure->max), INT(failure->device->account)), &failure->failures);
	return r == PIMS_E_NOT_FOUND ? PIMS_E_STATE : r;
}

int sqlite_pin_failed(struct store *store, const struct device *device, int max, int *ret_remaining)
{
	struct pin_failure failure = {.device = device, .max = max};
	int r;

	r = sqlite_write(store, pin_failed, &failure);
	if (r == 0)
		*ret_remaining = failure.failures < max ? max - (int)failure.failures : 0;
	return r;
}

/* Where none lives, no value can be right. */
static int add_guess(struct sql *sql, const struct otp_use *use)
{
	return sql_run(sql,
		       "INSERT OR IGNORE INTO otp_guesses (account, hash) SELECT ?1, ?2"
		       " WHERE EXISTS (SELECT 1 FROM otps WHERE account = ?1 AND expires > ?3)",
		       VALUES(INT(use->account), HASH(use->hash), INT(use->now)));
}

static int refuse(struct sql *sql, struct otp_use *use)
{
	int64_t count = 0;
	int r;

	r = add_guess(sql, use);
	if (r >= 0)
		r = count_guesses(sql, use->account, &count);
	use->refusal = count < OTP_ROW ? PIMS_E_NOT_FOUND : PIMS_E_LIMIT;
	if (r < 0 || count < OTP_ROW)
		return r;
	r = sql_run(sql, "DELETE FROM otps WHERE account = ?", VALUES(INT(use->account)));
	return r < 0 ? r : 0;
}

int sql_otp_use(struct sql *sql, struct otp_use *use)
{
	int r;

	r = sql_change(sql, "DELETE FROM otps WHERE account = ? AND hash = ? AND expires > ?",
		       VALUES(INT(use->account), HASH(use->hash), INT(use->now)), PIMS_E_NOT_FOUND);
	if (r == PIMS_E_NOT_FOUND)
		return refuse(sql, use);
	return r < 0 ? r : end_row(sql, use->account);
}

static int otp_consume(struct sql *sql, void *arg)
{
	return sql_otp_use(sql, arg);
}

int sqlite_otp_consume(struct store *store, int64_t account, const unsigned char otp_hash[32], int64_t now)
{
	struct otp_use use = {.account = account, .hash = otp_hash, .now = now};
	int r;

	r = sqlite_write(store, otp_consume, &use);
	return r < 0 ? r : use.refusal;
}
