/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

#define COLUMNS "id, account, credential, algorithm, public_key, sign_count, name, created, last_used"

struct passkey_new {
	const struct passkey *passkey;
	int64_t id;
};

static int check_room(struct sql *sql, const struct passkey *passkey)
{
	int64_t count;
	int r = sql_integer(sql, "SELECT count(*) FROM passkeys WHERE account = ?", VALUES(INT(passkey->account)), &count);

	if (r < 0)
		return r;
	if (count >= PASSKEYS_MAX)
		return PIMS_E_LIMIT;
	r = sql_integer(sql, "SELECT count(*) FROM passkeys WHERE credential = ?", VALUES(BYTES(passkey->credential, passkey->credential_length)), &count);
	if (r < 0)
		return r;
	return count ? PIMS_E_STATE : 0;
}

static int passkey_add(struct sql *sql, void *arg)
{
	struct passkey_new *new = arg;
	const struct passkey *passkey = new->passkey;
	int r = sql_run(sql, "DELETE FROM passkeys WHERE account = ? AND last_used = 0", VALUES(INT(passkey->account)));

	if (r >= 0)
		r = check_room(sql, passkey);
	if (r < 0)
		return r;
	return sql_integer(sql,
			   "INSERT INTO passkeys (account, credential, algorithm, public_key, sign_count, name, created)"
			   " SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM accounts WHERE id = ?1 RETURNING id",
			   VALUES(INT(passkey->account), BYTES(passkey->credential, passkey->credential_length), INT(passkey->algorithm),
				  BYTES(passkey->public_key, passkey->public_key_length), INT(passkey->sign_count), TEXT(passkey->name),
				  INT(passkey->created)),
			   &new->id);
}

int sqlite_passkey_add(struct store *store, const struct passkey *passkey, int64_t *ret_id)
{
	struct passkey_new new = {.passkey = passkey};
	int r = sqlite_write(store, passkey_add, &new);

	if (r == 0)
		*ret_id = new.id;
	return r;
}

static int passkey_row(sqlite3_stmt *statement, void *ret_result)
{
	const char *name = (const char *)sqlite3_column_text(statement, 6);
	struct passkey passkey = {
		.id = sqlite3_column_int64(statement, 0),
		.account = sqlite3_column_int64(statement, 1),
		.algorithm = sqlite3_column_int(statement, 3),
		.sign_count = sqlite3_column_int64(statement, 5),
		.created = sqlite3_column_int64(statement, 7),
		.last_used = sqlite3_column_int64(statement, 8),
	};
	int r = name ? text_copy(passkey.name, sizeof passkey.name, name) : PIMS_E_MEMORY;

	if (r == 0)
		r = sql_bytes(statement, 2, &passkey.credential, &passkey.credential_length);
	if (r == 0)
		r = sql_bytes(statement, 4, &passkey.public_key, &passkey.public_key_length);
	if (r < 0) {
		passkey_free(&passkey);
		return r;
	}
	*(struct passkey *)ret_result = passkey;
	return 0;
}

struct listing {
	int (*each)(void *data, const struct passkey *passkey);
	void *data;
};

static int listed(sqlite3_stmt *statement, void *arg)
{
	const struct listing *listing = arg;
	struct passkey passkey;
	int r = passkey_row(statement, &passkey);

	if (r < 0)
		return r;
	r = listing->each(listing->data, &passkey);
	passkey_free(&passkey);
	return r;
}

int sqlite_passkey_list(struct store *store, int64_t account, int (*each)(void *data, const struct passkey *passkey), void *data)
{
	struct listing listing = {.each = each, .data = data};

	return sqlite_each(store, "SELECT " COLUMNS " FROM passkeys WHERE account = ? ORDER BY id", VALUES(INT(account)), listed, &listing);
}

int sqlite_passkey_find(struct store *store, int64_t account, const unsigned char *credential, size_t length, struct passkey *ret_passkey)
{
	return sqlite_find(store, "SELECT " COLUMNS " FROM passkeys WHERE account = ? AND credential = ?", VALUES(INT(account), BYTES(credential, length)),
			   passkey_row, ret_passkey);
}

/* One that counts always counts on; one that does not says 0 each time. */
static int count_signature(struct sql *sql, const struct passkey_use *use)
{
	int64_t count;
	int r = sql_integer(sql, "SELECT sign_count FROM passkeys WHERE id = ? AND account = ?",
			    VALUES(INT(use->passkey->id), INT(use->passkey->account)), &count);

	if (r < 0)
		return r;
	if ((count || use->sign_count) && use->sign_count <= count)
		return PIMS_E_STATE;
	return sql_change(sql, "UPDATE passkeys SET sign_count = ?, last_used = ? WHERE id = ?",
			  VALUES(INT(use->sign_count), INT(use->now), INT(use->passkey->id)), PIMS_E_NOT_FOUND);
}

static int passkey_use(struct sql *sql, void *arg)
{
	const struct passkey_use *use = arg;
	int r = count_signature(sql, use);

	if (r < 0)
		return r;
	return sql_change(sql, "UPDATE browsers SET hash = ?, passkey_time = ? WHERE hash = ? AND account = ?",
			  VALUES(HASH(use->new_browser), INT(use->now), HASH(use->browser), INT(use->passkey->account)), PIMS_E_NOT_FOUND);
}

int sqlite_passkey_use(struct store *store, const struct passkey_use *use)
{
	struct passkey_use copy = *use;

	return sqlite_write(store, passkey_use, &copy);
}

struct passkey_removal {
	int64_t account, id;
};

static int passkey_remove(struct sql *sql, void *arg)
{
	const struct passkey_removal *removal = arg;
	int r = sql_change(sql, "DELETE FROM passkeys WHERE id = ? AND account = ?", VALUES(INT(removal->id), INT(removal->account)), PIMS_E_NOT_FOUND);

	if (r == 0)
		r = sql_run(sql, "UPDATE browsers SET passkey_time = 0 WHERE account = ?", VALUES(INT(removal->account)));
	return r < 0 ? r : sql_shown_codes_end(sql, removal->account);
}

int sqlite_passkey_remove(struct store *store, int64_t account, int64_t id)
{
	struct passkey_removal removal = {.account = account, .id = id};

	return sqlite_write(store, passkey_remove, &removal);
}
