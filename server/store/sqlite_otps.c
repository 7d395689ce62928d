/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct otp {
	const struct device *device;
	int64_t account;
	const unsigned char *hash;
	int64_t expires, now;
	bool pin_proved;
	int max;
	int64_t failures;
};

static int otp_issue(struct sql *sql, void *arg)
{
	const struct otp *otp = arg;
	int r;

	r = sql_device_use(sql, otp->device, DEVICE_ACTIVE, otp->now);
	if (r < 0)
		return r;
	r = sql_change(sql,
		       "UPDATE accounts SET pin_failures = CASE WHEN ? THEN 0 ELSE pin_failures END"
		       " WHERE id = ? AND blocked = 0 AND pin_blocked = 0",
		       VALUES(INT(otp->pin_proved), INT(otp->device->account)), PIMS_E_STATE);
	if (r < 0)
		return r;
	return sql_run(sql, "INSERT INTO otps (account, hash, device, expires) VALUES (?, ?, ?, ?)",
		       VALUES(INT(otp->device->account), HASH(otp->hash), INT(otp->device->id), INT(otp->expires)));
}

int sqlite_otp_issue(struct store *store, const struct device *device, bool pin_proved, const unsigned char otp_hash[32],
		     int64_t expires, int64_t now)
{
	struct otp otp = {.device = device, .pin_proved = pin_proved, .hash = otp_hash, .expires = expires, .now = now};

	return sqlite_write(store, otp_issue, &otp);
}

static int pin_failed(struct sql *sql, void *arg)
{
	struct otp *otp = arg;
	int r;

	r = sql_device_use(sql, otp->device, DEVICE_MS, otp->now);
	if (r < 0)
		return r;
	return sql_integer(sql,
			   "UPDATE accounts SET pin_failures = pin_failures + 1, pin_blocked = pin_blocked OR pin_failures + 1 >= ?"
			   " WHERE id = ? RETURNING pin_failures",
			   VALUES(INT(otp->max), INT(otp->device->account)), &otp->failures);
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
