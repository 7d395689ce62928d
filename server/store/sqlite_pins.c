/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

int sql_device_use(struct sql *sql, const struct device *device, enum device_phase least, int64_t now)
{
	return sql_change(sql,
			  "UPDATE devices SET challenge = '', keys = ?1, version = version + 1, last_used = max(last_used, ?2)"
			  " WHERE id = ?3 AND account = ?4 AND version = ?5 AND phase BETWEEN ?6 AND 2 AND challenge <> ''",
			  VALUES(BYTES(device->keys, device->keys_length), INT(now), INT(device->id), INT(device->account),
				 INT(device->version), INT(least)),
			  PIMS_E_STATE);
}

static int use_code(struct sql *sql, const struct pin_change *change)
{
	return sql_change(sql,
			  "DELETE FROM sms_codes WHERE hash = ? AND account = ? AND purpose = ? AND expires > ? AND tries < tries_max",
			  VALUES(HASH(change->code_hash), INT(change->device->account), INT(SMS_RESET_PIN), INT(change->now)),
			  PIMS_E_NOT_FOUND);
}

static int update_pin(struct sql *sql, const struct pin_change *change)
{
	return sql_change(sql,
			  "UPDATE accounts SET pin = ?, pin_failures = 0 WHERE id = ? AND pin IS ? AND blocked = 0 AND pin_blocked = 0",
			  VALUES(BYTES(change->pin, change->pin_length), INT(change->device->account),
				 BYTES(change->old_pin, change->old_pin_length)),
			  PIMS_E_STATE);
}

static int reset_pin(struct sql *sql, const struct pin_change *change)
{
	return sql_change(sql, "UPDATE accounts SET pin = ?, pin_failures = 0, pin_blocked = 0 WHERE id = ? AND blocked = 0",
			  VALUES(BYTES(change->pin, change->pin_length), INT(change->device->account)), PIMS_E_STATE);
}

/* A repeat sets nothing, but must not be told that all is well once the account is blocked. */
static int check_blocked(struct sql *sql, const struct pin_change *change)
{
	int64_t blocked;
	int r;

	r = sql_integer(sql, "SELECT blocked OR (pin_blocked AND NOT ?) FROM accounts WHERE id = ?",
			VALUES(INT(change->code_hash != NULL), INT(change->device->account)), &blocked);
	if (r < 0)
		return r == PIMS_E_NOT_FOUND ? PIMS_E_STATE : r;
	return blocked ? PIMS_E_STATE : 0;
}

static int pin_change(struct sql *sql, void *arg)
{
	const struct pin_change *change = arg;
	int r;

	r = sql_device_use(sql, change->device, DEVICE_ACTIVE, change->now);
	if (r < 0)
		return r;
	if (!change->pin)
		return check_blocked(sql, change);
	if (change->code_hash)
		r = use_code(sql, change);
	if (r == 0)
		r = change->code_hash ? reset_pin(sql, change) : update_pin(sql, change);
	if (r == 0 && change->notice)
		r = sql_mail(sql, change->notice->email, change->notice);
	return r;
}

int sqlite_pin_change(struct store *store, const struct pin_change *change)
{
	struct pin_change copy = *change;

	return sqlite_write(store, pin_change, &copy);
}
