/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

static const int64_t DAY_MS = INT64_C(86400) * 1000;

struct otp {
	const struct device *device;
	int64_t account;
	const unsigned char *hash;
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
	struct otp *otp = arg;
	int r;

	r = sql_device_use(sql, otp->device, DEVICE_MS, otp->now);
	if (r < 0)
		return r;
	r = sql_integer(sql,
			"UPDATE accounts SET pin_failures = pin_failures + 1, pin_blocked = pin_failures + 1 >= ?"
			" WHERE id = ? AND blocked = 0 AND pin_blocked = 0 RETURNING pin_failures",
			VALUES(INT(otp->max), INT(otp->device->account)), &otp->failures);
	return r == PIMS_E_NOT_FOUND ? PIMS_E_STATE : r;
}

int sqlite_pin_failed(struct store *store, const struct device *device, int max, int *ret_remaining)
{
	struct otp otp = {.device = device, .max = max};
	int r;

	r = sqlite_write(store, pin_failed, &otp);
	if (r == 0)
		*ret_remaining = otp.failures < max ? max - (int)otp.failures : 0;
	return r;
}

int sql_otp_consume(struct sql *sql, int64_t account, const unsigned char hash[32], int64_t now)
{
	return sql_change(sql, "DELETE FROM otps WHERE account = ? AND hash = ? AND expires > ?",
			  VALUES(INT(account), HASH(hash), INT(now)), PIMS_E_NOT_FOUND);
}

static int otp_consume(struct sql *sql, void *arg)
{
	const struct otp *otp = arg;

	return sql_otp_consume(sql, otp->account, otp->hash, otp->now);
}

int sqlite_otp_consume(struct store *store, int64_t account, const unsigned char otp_hash[32], int64_t now)
{
	struct otp otp = {.account = account, .hash = otp_hash, .now = now};

	return sqlite_write(store, otp_consume, &otp);
}
