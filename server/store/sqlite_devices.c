/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

#include <string.h>

#define COLUMNS \
	"id, account, coalesce(serial, ''), coalesce(device_id, ''), coalesce(name, ''), phase, code_hash, keys, challenge," \
	" challenge_expires, version, created, last_used"

struct device_change {
	int64_t id, account;
	const char *challenge;
	int64_t expires;
};

static int device_texts(sqlite3_stmt *statement, struct device *device)
{
	const char *challenge = (const char *)sqlite3_column_text(statement, 8);

	if (sql_text(statement, 2, &device->serial) < 0 || sql_text(statement, 3, &device->device_id) < 0 ||
	    sql_text(statement, 4, &device->name) < 0 || sql_bytes(statement, 7, &device->keys, &device->keys_length) < 0)
		return PIMS_E_MEMORY;
	if (!challenge)
		return PIMS_E_MEMORY;
	if (sqlite3_column_type(statement, 6) != SQLITE_NULL && sql_hash(statement, 6, device->code_hash) < 0)
		return PIMS_E_SYSTEM;
	return text_copy(device->challenge, sizeof device->challenge, challenge);
}

static int device_row(sqlite3_stmt *statement, void *ret_result)
{
	struct device device = {
		.id = sqlite3_column_int64(statement, 0),
		.account = sqlite3_column_int64(statement, 1),
		.phase = (enum device_phase)sqlite3_column_int(statement, 5),
		.challenge_expires = sqlite3_column_int64(statement, 9),
		.version = sqlite3_column_int64(statement, 10),
		.created = sqlite3_column_int64(statement, 11),
		.last_used = sqlite3_column_int64(statement, 12),
	};
	int r;

	r = device_texts(statement, &device);
	if (r < 0) {
		device_free(&device);
		return r;
	}
	*(struct device *)ret_result = device;
	return 0;
}

int sqlite_device_get(struct store *store, int64_t id, struct device *ret_device)
{
	return sqlite_find(store, "SELECT " COLUMNS " FROM devices WHERE id = ?", VALUES(INT(id)), device_row, ret_device);
}

int sqlite_enroll_find(struct store *store, const unsigned char code_hash[32], const char *serial, struct device *ret_device)
{
	return sqlite_find(store, "SELECT " COLUMNS " FROM devices WHERE code_hash = ? AND serial = ? AND phase = 1",
			   VALUES(HASH(code_hash), TEXT(serial)), device_row, ret_device);
}

struct listing {
	int (*each)(void *data, const struct device *device);
	void *data;
};

static int listed(sqlite3_stmt *statement, void *arg)
{
	const struct listing *listing = arg;
	struct device device;
	int r = device_row(statement, &device);

	if (r < 0)
		return r;
	r = listing->each(listing->data, &device);
	device_free(&device);
	return r;
}

int sqlite_device_list(struct store *store, int64_t account, int (*each)(void *data, const struct device *device), void *data)
{
	struct listing listing = {.each = each, .data = data};

	return sqlite_each(store, "SELECT " COLUMNS " FROM devices WHERE account = ? AND phase <> 3 ORDER BY created, id", VALUES(INT(account)),
			   listed, &listing);
}

int sql_device_bury(struct sql *sql, int64_t account, int64_t id)
{
	int r;

	r = sql_run(sql, "DELETE FROM otps WHERE account = ? AND device = ?", VALUES(INT(account), INT(id)));
	if (r < 0)
		return r;
	return sql_change(sql,
			  "UPDATE devices SET phase = 3, serial = NULL, device_id = NULL, name = NULL, code_hash = NULL, keys = NULL,"
			  " challenge = '', version = version + 1 WHERE id = ? AND account = ? AND phase <> 3",
			  VALUES(INT(id), INT(account)), PIMS_E_NOT_FOUND);
}

int sql_vouch_no_more(struct sql *sql, int64_t account, enum account_factor factor)
{
	static const char *const texts[][3] = {
		[FACTOR_OTP] = {"UPDATE browsers SET otp_time = 0 WHERE account = ?", "UPDATE codes SET otp_time = 0 WHERE account = ?",
				"UPDATE sessions SET otp_time = 0 WHERE account = ?"},
		[FACTOR_PASSKEY] = {"UPDATE browsers SET passkey_time = 0 WHERE account = ?", "UPDATE codes SET passkey_time = 0 WHERE account = ?",
				    "UPDATE sessions SET passkey_time = 0 WHERE account = ?"},
	};
	int r = 0;

	for (size_t i = 0; i < sizeof texts[factor] / sizeof *texts[factor] && r >= 0; i++)
		r = sql_run(sql, texts[factor][i], VALUES(INT(account)));
	if (r >= 0)
		r = sql_run(sql, "DELETE FROM sms_codes WHERE account = ? AND purpose = ? AND phone = ''", VALUES(INT(account), INT(SMS_ENROLLMENT)));
	return r < 0 ? r : 0;
}

static int device_remove(struct sql *sql, void *arg)
{
	const struct device_change *change = arg;
	int r;

	r = sql_device_bury(sql, change->account, change->id);
	if (r < 0)
		return r;
	return sql_vouch_no_more(sql, change->account, FACTOR_OTP);
}

int sqlite_device_remove(struct store *store, int64_t account, int64_t id)
{
	struct device_change change = {.account = account, .id = id};

	return sqlite_write(store, device_remove, &change);
}

static int device_challenge(struct sql *sql, void *arg)
{
	const struct device_change *change = arg;

	return sql_change(sql, "UPDATE devices SET challenge = ?, challenge_expires = ?, version = version + 1 WHERE id = ? AND phase <> 3",
			  VALUES(TEXT(change->challenge), INT(change->expires), INT(change->id)), PIMS_E_NOT_FOUND);
}

int sqlite_device_challenge(struct store *store, int64_t id, const char *challenge, int64_t expires)
{
	struct device_change change = {.id = id, .challenge = challenge, .expires = expires};

	if (strlen(challenge) >= sizeof((struct device *)0)->challenge)
		return PIMS_E_LIMIT;
	return sqlite_write(store, device_challenge, &change);
}
