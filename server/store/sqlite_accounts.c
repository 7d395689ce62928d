/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <stdio.h>

struct account_change {
	const char *email;
	const char *value;
	const char *phone;
	int64_t now;
	bool flag;
};

int sqlite_account_row(sqlite3_stmt *statement, void *ret_account)
{
	struct account account = {
		.id = sqlite3_column_int64(statement, 0),
		.pin_failures = sqlite3_column_int(statement, 7),
		.pin_blocked = sqlite3_column_int(statement, 8),
		.blocked = sqlite3_column_int(statement, 9),
		.created = sqlite3_column_int64(statement, 10),
	};

	if (sql_text(statement, 1, &account.subject) < 0 || sql_text(statement, 2, &account.email) < 0 ||
	    sql_text(statement, 3, &account.password_hash) < 0 || sql_text(statement, 4, &account.phone) < 0 ||
	    sql_text(statement, 5, &account.customer) < 0 || sql_bytes(statement, 6, &account.pin, &account.pin_length) < 0 ||
	    sql_text(statement, 11, &account.country) < 0 || sql_text(statement, 12, &account.issuer) < 0 ||
	    sql_text(statement, 13, &account.external_subject) < 0 || sql_text(statement, 14, &account.display) < 0) {
		account_free(&account);
		return PIMS_E_MEMORY;
	}
	*(struct account *)ret_account = account;
	return 0;
}

int sqlite_account_by_email(struct store *store, const char *email, struct account *ret_account)
{
	return sqlite_find(store, ACCOUNT_SELECT " WHERE email = ?", VALUES(TEXT(email)), sqlite_account_row, ret_account);
}

int sqlite_account_by_id(struct store *store, int64_t id, struct account *ret_account)
{
	return sqlite_find(store, ACCOUNT_SELECT " WHERE a.id = ?", VALUES(INT(id)), sqlite_account_row, ret_account);
}

int sqlite_account_by_subject(struct store *store, const char *subject, struct account *ret_account)
{
	return sqlite_find(store, ACCOUNT_SELECT " WHERE subject = ?", VALUES(TEXT(subject)), sqlite_account_row, ret_account);
}

struct listing {
	int (*each)(void *data, const struct account *account);
	void *data;
};

static int listed(sqlite3_stmt *statement, void *arg)
{
	const struct listing *listing = arg;
	struct account account;
	int r = sqlite_account_row(statement, &account);

	if (r < 0)
		return r;
	r = listing->each(listing->data, &account);
	account_free(&account);
	return r;
}

int sqlite_account_list(struct store *store, int (*each)(void *data, const struct account *account), void *data)
{
	struct listing listing = {.each = each, .data = data};

	return sqlite_each(store, ACCOUNT_SELECT " ORDER BY email", NO_VALUES, listed, &listing);
}

/* RFC 9562 §5.4 */
static int make_subject(const struct env *env, char ret_subject[37])
{
	unsigned char b[16];

	if (env_random(env, b, sizeof b) < 0)
		return PIMS_E_CRYPTO;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(ret_subject, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
		 b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

static int make_customer(const struct env *env, char ret_customer[32])
{
	uint64_t number;

	if (env_random(env, &number, sizeof number) < 0)
		return PIMS_E_CRYPTO;
	snprintf(ret_customer, 32, "AP-ACNT%015llu", (unsigned long long)(number % 1000000000000000ull));
	return 0;
}

int sql_account_add(struct sql *sql, const char *email, const char *password_hash, const char *phone, int64_t now)
{
	char subject[37], customer[32];

	if (make_subject(sql->env, subject) < 0 || make_customer(sql->env, customer) < 0)
		return PIMS_E_CRYPTO;
	return sql_run(sql, "INSERT INTO accounts (subject, email, password_hash, phone, customer, created) VALUES (?, ?, ?, ?, ?, ?)",
		       VALUES(TEXT(subject), TEXT(email ? email : subject), TEXT(password_hash), TEXT(phone), TEXT(customer), INT(now)));
}

static int account_add(struct sql *sql, void *arg)
{
	const struct account_change *change = arg;

	return sql_account_add(sql, change->email, change->value, change->phone, change->now);
}

int sqlite_account_add(struct store *store, const char *email, const char *password_hash, const char *phone, int64_t now)
{
	struct account_change change = {.email = email, .value = password_hash, .phone = phone, .now = now};

	return sqlite_write(store, account_add, &change);
}

/* A change of address and a recovery that wait for their code go, too: they were asked for with the password that is no longer good. */
int sql_end_sessions(struct sql *sql, int64_t account, int64_t keep)
{
	static const char *const texts[] = {"DELETE FROM codes WHERE account = ?", "DELETE FROM remotes WHERE account = ?",
					    "DELETE FROM browsers WHERE account = ?", "DELETE FROM places WHERE account = ?",
					    "DELETE FROM mail_codes WHERE account = ?",
					    "UPDATE recoveries SET ticket = NULL WHERE account = ?"};
	int r = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts && r >= 0; i++)
		r = sql_run(sql, texts[i], VALUES(INT(account)));
	if (r < 0)
		return r;
	return sql_run(sql, "DELETE FROM sessions WHERE account = ? AND id <> ?", VALUES(INT(account), INT(keep)));
}

static int end_sessions(struct sql *sql, int64_t account)
{
	return sql_end_sessions(sql, account, 0);
}

static int account_set_password(struct sql *sql, void *arg)
{
	const struct account_change *change = arg;
	int64_t id;
	int r;

	r = sql_integer(sql, "UPDATE accounts SET password_hash = ? WHERE email = ? RETURNING id",
			VALUES(TEXT(change->value), TEXT(change->email)), &id);
	return r < 0 ? r : end_sessions(sql, id);
}

int sqlite_account_set_password(struct store *store, const char *email, const char *password_hash)
{
	struct account_change change = {.email = email, .value = password_hash};

	return sqlite_write(store, account_set_password, &change);
}

static int account_set_phone(struct sql *sql, void *arg)
{
	const struct account_change *change = arg;

	int64_t id;
	int r;

	r = sql_integer(sql, "UPDATE accounts SET phone = ? WHERE email = ? RETURNING id", VALUES(TEXT(change->phone), TEXT(change->email)), &id);
	return r < 0 ? r : sql_sms_forget_others(sql, id, change->phone);
}

int sqlite_account_set_phone(struct store *store, const char *email, const char *phone)
{
	struct account_change change = {.email = email, .phone = phone};

	return sqlite_write(store, account_set_phone, &change);
}

static int account_set_country(struct sql *sql, void *arg)
{
	const struct account_change *change = arg;

	return sql_change(sql, "UPDATE accounts SET country = ? WHERE email = ?", VALUES(TEXT(change->value), TEXT(change->email)),
			  PIMS_E_NOT_FOUND);
}

int sqlite_account_set_country(struct store *store, const char *email, const char *country)
{
	struct account_change change = {.email = email, .value = country};

	return sqlite_write(store, account_set_country, &change);
}

static int account_set_blocked(struct sql *sql, void *arg)
{
	const struct account_change *change = arg;
	int64_t id;
	int r;

	if (!change->flag)
		return sql_change(sql, "UPDATE accounts SET blocked = 0, pin_blocked = 0, pin_failures = 0 WHERE email = ?",
				  VALUES(TEXT(change->email)), PIMS_E_NOT_FOUND);
	r = sql_integer(sql, "UPDATE accounts SET blocked = 1 WHERE email = ? RETURNING id", VALUES(TEXT(change->email)), &id);
	return r < 0 ? r : end_sessions(sql, id);
}

int sqlite_account_set_blocked(struct store *store, const char *email, bool blocked)
{
	struct account_change change = {.email = email, .flag = blocked};

	return sqlite_write(store, account_set_blocked, &change);
}

static int account_remove(struct sql *sql, void *arg)
{
	const struct account_change *change = arg;

	return sql_change(sql, "DELETE FROM accounts WHERE email = ?", VALUES(TEXT(change->email)), PIMS_E_NOT_FOUND);
}

int sqlite_account_remove(struct store *store, const char *email)
{
	struct account_change change = {.email = email};

	return sqlite_write(store, account_remove, &change);
}
