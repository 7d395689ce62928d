/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include "base/text.h"

#include <pims/error.h>

#define COLUMNS "id, account, party, credential, algorithm, public_key, sign_count, name, created, last_used"

static int passkey_row(sqlite3_stmt *statement, void *ret_result)
{
	const char *name = (const char *)sqlite3_column_text(statement, 7);
	struct passkey passkey = {
		.id = sqlite3_column_int64(statement, 0),
		.account = sqlite3_column_int64(statement, 1),
		.algorithm = sqlite3_column_int(statement, 4),
		.sign_count = sqlite3_column_int64(statement, 6),
		.created = sqlite3_column_int64(statement, 8),
		.last_used = sqlite3_column_int64(statement, 9),
	};
	int r = name ? text_copy(passkey.name, sizeof passkey.name, name) : PIMS_E_MEMORY;

	if (r == 0)
		r = sql_text(statement, 2, &passkey.party);
	if (r == 0)
		r = sql_bytes(statement, 3, &passkey.credential, &passkey.credential_length);
	if (r == 0)
		r = sql_bytes(statement, 5, &passkey.public_key, &passkey.public_key_length);
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

/* enum account_factor */
static const char best_factor[] = "SELECT CASE WHEN EXISTS (SELECT 1 FROM passkeys WHERE account = ?1) THEN 2"
				  " WHEN EXISTS (SELECT 1 FROM devices WHERE account = ?1 AND phase = 2) THEN 1 ELSE 0 END";

int sqlite_account_factor(struct store *store, int64_t account, enum account_factor *ret_best)
{
	struct sql *sql = sqlite_reader(store);
	int64_t best = 0;
	int r = sql_integer(sql, best_factor, VALUES(INT(account)), &best);

	sqlite_reader_done(store, sql);
	if (r == 0)
		*ret_best = (enum account_factor)best;
	return r;
}

static int mark_browser(struct sql *sql, const struct passkey_use *use)
{
	return sql_change(sql, "UPDATE browsers SET hash = ?, passkey_time = ? WHERE hash = ? AND account = ?",
			  VALUES(HASH(use->new_browser), INT(use->now), HASH(use->browser), INT(use->passkey->account)), PIMS_E_NOT_FOUND);
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

/* The browser first: the second of two posts of one answer is no copy of the passkey. */
static int passkey_use(struct sql *sql, void *arg)
{
	const struct passkey_use *use = arg;
	int r = mark_browser(sql, use);

	return r < 0 ? r : count_signature(sql, use);
}

int sqlite_passkey_use(struct store *store, const struct passkey_use *use)
{
	struct passkey_use copy = *use;

	return sqlite_write(store, passkey_use, &copy);
}

/* What the browser has given is the best that the account has. */
static int check_given(struct sql *sql, const struct passkey_use *use)
{
	int64_t given, best;
	int r = sql_integer(sql, "SELECT CASE WHEN passkey_time THEN 2 WHEN otp_time THEN 1 ELSE 0 END FROM browsers WHERE hash = ? AND account = ?",
			    VALUES(HASH(use->browser), INT(use->passkey->account)), &given);

	if (r == 0)
		r = sql_integer(sql, best_factor, VALUES(INT(use->passkey->account)), &best);
	if (r < 0)
		return r;
	return given >= best ? 0 : PIMS_E_INVALID;
}

static int check_room(struct sql *sql, const struct passkey *passkey, int64_t *ret_count)
{
	int64_t same;
	int r = sql_integer(sql, "SELECT count(*) FROM passkeys WHERE account = ?", VALUES(INT(passkey->account)), ret_count);

	if (r < 0)
		return r;
	if (*ret_count >= PASSKEYS_MAX)
		return PIMS_E_LIMIT;
	r = sql_integer(sql, "SELECT count(*) FROM passkeys WHERE credential = ?", VALUES(BYTES(passkey->credential, passkey->credential_length)), &same);
	if (r < 0)
		return r;
	return same ? PIMS_E_STATE : 0;
}

static int insert(struct sql *sql, const struct passkey_use *use)
{
	const struct passkey *passkey = use->passkey;
	int r = sql_run(sql,
			"INSERT INTO passkeys (account, party, credential, algorithm, public_key, sign_count, name, created, last_used)"
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			VALUES(INT(passkey->account), TEXT(passkey->party), BYTES(passkey->credential, passkey->credential_length), INT(passkey->algorithm),
			       BYTES(passkey->public_key, passkey->public_key_length), INT(use->sign_count), TEXT(passkey->name), INT(use->now),
			       INT(use->now)));

	return r < 0 ? r : 0;
}

static int passkey_add(struct sql *sql, void *arg)
{
	const struct passkey_use *use = arg;
	int64_t count = 0;
	int r = check_given(sql, use);

	if (r == 0)
		r = check_room(sql, use->passkey, &count);
	if (r == 0)
		r = insert(sql, use);
	/* who began that had given less than is wanted now */
	if (r == 0 && !count)
		r = sql_run(sql, "DELETE FROM mail_codes WHERE account = ? AND purpose = ?", VALUES(INT(use->passkey->account), INT(MAIL_CHANGE)));
	return r < 0 ? r : mark_browser(sql, use);
}

int sqlite_passkey_add(struct store *store, const struct passkey_use *use)
{
	struct passkey_use copy = *use;

	return sqlite_write(store, passkey_add, &copy);
}

struct passkey_removal {
	int64_t account, id;
};

static int passkey_remove(struct sql *sql, void *arg)
{
	const struct passkey_removal *removal = arg;
	int r = sql_change(sql, "DELETE FROM passkeys WHERE id = ? AND account = ?", VALUES(INT(removal->id), INT(removal->account)), PIMS_E_NOT_FOUND);

	return r < 0 ? r : sql_vouch_no_more(sql, removal->account, FACTOR_PASSKEY);
}

int sqlite_passkey_remove(struct store *store, int64_t account, int64_t id)
{
	struct passkey_removal removal = {.account = account, .id = id};

	return sqlite_write(store, passkey_remove, &removal);
}

int sqlite_passkey_strangers(struct store *store, const char *party, int64_t *ret_count)
{
	struct sql *sql = sqlite_reader(store);
	int r = sql_integer(sql, "SELECT count(*) FROM passkeys WHERE party <> ?", VALUES(TEXT(party)), ret_count);

	sqlite_reader_done(store, sql);
	return r;
}
