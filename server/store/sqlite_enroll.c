/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

struct enroll {
	const struct device *device;
	const unsigned char *pin;
	size_t pin_length;
	int max_devices;
	const struct mail *notice;
	int64_t now;
};

static int check_account(struct sql *sql, int64_t account)
{
	int64_t blocked;
	int r;

	r = sql_integer(sql, "SELECT blocked FROM accounts WHERE id = ?", VALUES(INT(account)), &blocked);
	if (r < 0)
		return r;
	return blocked ? PIMS_E_STATE : 0;
}

/* A repeat whose first answer got lost: the device is there already. */
static int check_repeat(struct sql *sql, const struct device *device)
{
	int64_t id;
	int r;

	r = sql_integer(sql, "SELECT id FROM devices WHERE account = ? AND device_id = ? AND serial = ? AND code_hash = ? AND phase = 1",
			VALUES(INT(device->account), TEXT(device->device_id), TEXT(device->serial), HASH(device->code_hash)), &id);
	if (r == 0)
		return PIMS_E_STATE;
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

/* The code belongs to the first serial that comes with it. */
static int bind_code(struct sql *sql, const struct enroll *enroll)
{
	const struct device *device = enroll->device;

	return sql_change(sql,
			  "UPDATE sms_codes SET serial = ?1 WHERE hash = ?2 AND account = ?3 AND purpose = ?4 AND expires > ?5"
			  " AND (serial IS NULL OR serial = ?1)",
			  VALUES(TEXT(device->serial), HASH(device->code_hash), INT(device->account), INT(SMS_ENROLLMENT), INT(enroll->now)),
			  PIMS_E_NOT_FOUND);
}

static int check_limit(struct sql *sql, const struct enroll *enroll)
{
	int64_t others;
	int r;

	r = sql_integer(sql, "SELECT count(*) FROM devices WHERE account = ? AND phase <> 3 AND device_id <> ?",
			VALUES(INT(enroll->device->account), TEXT(enroll->device->device_id)), &others);
	if (r < 0)
		return r;
	return others >= enroll->max_devices ? PIMS_E_LIMIT : 0;
}

static int set_pin(struct sql *sql, const struct enroll *enroll)
{
	if (!enroll->pin)
		return 0;
	return sql_change(sql, "UPDATE accounts SET pin = ?, pin_failures = 0 WHERE id = ? AND pin IS NULL",
			  VALUES(BYTES(enroll->pin, enroll->pin_length), INT(enroll->device->account)), PIMS_E_STATE);
}

static int insert_device(struct sql *sql, const struct enroll *enroll)
{
	const struct device *device = enroll->device;

	return sql_run(sql,
		       "INSERT INTO devices (id, account, serial, device_id, name, phase, code_hash, keys, challenge, challenge_expires,"
		       " created, last_used) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?10)",
		       VALUES(INT(device->id), INT(device->account), TEXT(device->serial), TEXT(device->device_id), TEXT(device->name),
			      HASH(device->code_hash), BYTES(device->keys, device->keys_length), TEXT(device->challenge),
			      INT(device->challenge_expires), INT(enroll->now)));
}

static int renew_device(struct sql *sql, const struct enroll *enroll)
{
	const struct device *device = enroll->device;

	return sql_run(sql,
		       "UPDATE devices SET serial = ?2, name = ?3, phase = 1, code_hash = ?4, keys = ?5, challenge = ?6,"
		       " challenge_expires = ?7, version = version + 1, created = ?8, last_used = ?8 WHERE id = ?1",
		       VALUES(INT(device->id), TEXT(device->serial), TEXT(device->name), HASH(device->code_hash),
			      BYTES(device->keys, device->keys_length), TEXT(device->challenge), INT(device->challenge_expires),
			      INT(enroll->now)));
}

static int put_device(struct sql *sql, const struct enroll *enroll)
{
	const struct device *device = enroll->device;
	int64_t old;
	int r;

	r = sql_integer(sql, "SELECT id FROM devices WHERE account = ? AND device_id = ?",
			VALUES(INT(device->account), TEXT(device->device_id)), &old);
	if (r < 0 && r != PIMS_E_NOT_FOUND)
		return r;
	if (r == 0 && old == device->id)
		return renew_device(sql, enroll);
	if (r == 0)
		r = sql_device_bury(sql, device->account, old);
	else
		r = 0;
	return r < 0 ? r : insert_device(sql, enroll);
}

static int enroll_finalize(struct sql *sql, void *arg)
{
	const struct enroll *enroll = arg;
	int r;

	r = check_account(sql, enroll->device->account);
	if (r == 0)
		r = check_repeat(sql, enroll->device);
	if (r == 0)
		r = bind_code(sql, enroll);
	if (r == 0)
		r = check_limit(sql, enroll);
	if (r == 0)
		r = set_pin(sql, enroll);
	return r < 0 ? r : put_device(sql, enroll);
}

int sqlite_enroll_finalize(struct store *store, const struct device *device, const unsigned char *pin, size_t pin_length,
			   int max_devices, int64_t now)
{
	struct enroll enroll = {.device = device, .pin = pin, .pin_length = pin_length, .max_devices = max_devices, .now = now};

	return sqlite_write(store, enroll_finalize, &enroll);
}

static int enroll_ms(struct sql *sql, void *arg)
{
	const struct enroll *enroll = arg;
	const struct device *device = enroll->device;
	int r;

	r = sql_change(sql,
		       "UPDATE devices SET phase = 2, keys = ?1, challenge = ?2, challenge_expires = ?3, version = version + 1,"
		       " last_used = ?4 WHERE id = ?5 AND version = ?6 AND phase <> 3",
		       VALUES(BYTES(device->keys, device->keys_length), TEXT(device->challenge), INT(device->challenge_expires),
			      INT(enroll->now), INT(device->id), INT(device->version)),
		       PIMS_E_STATE);
	if (r == 0 && enroll->notice)
		r = sql_mail(sql, enroll->notice->email, enroll->notice);
	if (r < 0)
		return r;
	return sql_run(sql, "DELETE FROM sms_codes WHERE hash = ? AND account = ? AND serial = ?",
		       VALUES(HASH(device->code_hash), INT(device->account), TEXT(device->serial)));
}

int sqlite_enroll_ms(struct store *store, const struct device *device, const struct mail *notice, int64_t now)
{
	struct enroll enroll = {.device = device, .notice = notice, .now = now};

	return sqlite_write(store, enroll_ms, &enroll);
}
