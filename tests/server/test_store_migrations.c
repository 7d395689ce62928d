/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

#include <sqlite3.h>

/* What is SQLite's own again: a database that version 2 of the schema left, and the record that the operator reads with its tools. */

/* The tables of version 2 that a sign-in needs, as that version made them. */
static const char version_2[] =
	"CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,"
	" password_hash TEXT NOT NULL, phone TEXT, customer TEXT NOT NULL UNIQUE, pin BLOB, pin_failures INTEGER NOT NULL DEFAULT 0,"
	" pin_blocked INTEGER NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, country TEXT) STRICT;"
	"CREATE TABLE clients (id TEXT PRIMARY KEY, secret_hash TEXT, name TEXT NOT NULL, redirect_uris TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE codes (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE, redirect_uri TEXT NOT NULL, code_challenge TEXT, nonce TEXT,"
	" scope TEXT NOT NULL, auth_time INTEGER NOT NULL, expires INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, session INTEGER)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE, scope TEXT NOT NULL, nonce TEXT, auth_time INTEGER NOT NULL,"
	" expires INTEGER NOT NULL) STRICT;"
	"CREATE TABLE refresh_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,"
	" state INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE access_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,"
	" refresh BLOB NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE sms_codes (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" purpose INTEGER NOT NULL, code BLOB NOT NULL, created INTEGER NOT NULL, sent INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" serial TEXT, tries INTEGER NOT NULL DEFAULT 0, tries_max INTEGER NOT NULL DEFAULT 1000000, phone TEXT,"
	" sends INTEGER NOT NULL DEFAULT 1, UNIQUE (account, purpose)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE devices (id INTEGER PRIMARY KEY, account INTEGER NOT NULL) STRICT;"
	"CREATE TABLE otps (account INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (account, hash)) STRICT, WITHOUT ROWID;"
	"INSERT INTO accounts (id, subject, email, password_hash, phone, customer, created, country) VALUES"
	" (7, 's', 'kept@example.com', 'hash', '+33612345678', 'c', 1, 'BE'), (8, 't', 'local@example.com', 'hash', '0612345678', 'd', 1, NULL);"
	"INSERT INTO clients (id, name, redirect_uris) VALUES ('app', 'An application', 'http://127.0.0.1/callback');"
	"INSERT INTO sessions (id, account, client, scope, auth_time, expires) VALUES (3, 7, 'app', 'openid', 1, 9000000000000);"
	"INSERT INTO refresh_tokens (hash, session, expires) VALUES (CAST('refresh0000000000000000000000000' AS BLOB), 3, 9000000000000);"
	"INSERT INTO access_tokens (hash, session, refresh, expires) VALUES"
	" (CAST('access00000000000000000000000000' AS BLOB), 3, CAST('refresh0000000000000000000000000' AS BLOB), 9000000000000);"
	"PRAGMA application_id = 1346981203; PRAGMA user_version = 2;";

/* The hash of its access token. */
static const unsigned char access_hash[] = "access00000000000000000000000000";

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t number(const char *path, const char *sql)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t result;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	result = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return result;
}

/** The fixture's file becomes one of an older version; its store is closed. */
static void make_version(struct fixture *fixture, const char *sql)
{
	store_close(fixture->store);
	fixture->store = NULL;
	remove_files(fixture);
	snprintf(fixture->directory, sizeof fixture->directory, "/tmp/pims_store_XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof fixture->path, "%s/pims.db", fixture->directory);
	run_sql(fixture->path, sql);
}

static void make_version_2(struct fixture *fixture)
{
	make_version(fixture, version_2);
}

static void a_migration_that_fails_leaves_the_old_version_whole(void **state)
{
	struct fixture *fixture = *state;

	make_version_2(fixture);
	run_sql(fixture->path, "CREATE TABLE recoveries (id INTEGER PRIMARY KEY) STRICT");
	assert_true(sqlite_open(&fixture->store, fixture->path, &fixture->env) < 0);
	assert_null(fixture->store);
	assert_int_equal(number(fixture->path, "PRAGMA user_version"), 2);
	assert_int_equal(number(fixture->path, "SELECT count(*) FROM sqlite_schema WHERE name IN ('audience_tokens', 'browsers', 'mails')"), 0);
	assert_int_equal(number(fixture->path, "SELECT count(*) FROM accounts"), 2);
	run_sql(fixture->path, "DROP TABLE recoveries");
	fixture_open(fixture);
	assert_true(number(fixture->path, "PRAGMA user_version") >= 3);
}

static void accounts_of_version_2_stay_as_they_were(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	make_version_2(fixture);
	fixture_open(fixture);
	account = read_account(fixture->store, 7);
	assert_string_equal(account.phone, "+33612345678");
	assert_string_equal(account.country, "BE");
	assert_string_equal(account.subject, "s");
	account_free(&account);
	account = read_account(fixture->store, 8);
	assert_string_equal(account.phone, "0612345678");
	assert_null(account.country);
	account_free(&account);
	assert_true(add_account(fixture->store, "later@example.com") > 8);
}

static void a_session_of_version_2_gets_tokens_for_an_audience(void **state)
{
	struct fixture *fixture = *state;
	const struct audience_token token = {.hash = "token", .audience = "api", .expires = NOW + MINUTE};
	int64_t account = 0;

	make_version_2(fixture);
	fixture_open(fixture);
	must(store_audience_add(fixture->store, access_hash, "app", &token, NOW));
	must(store_audience_find(fixture->store, token.hash, "api", NOW, &account));
	assert_int_equal(account, 7);
	must(store_account_remove(fixture->store, "kept@example.com"));
	assert_int_equal(store_audience_find(fixture->store, token.hash, "api", NOW, &account), PIMS_E_NOT_FOUND);
}

static void a_browser_signs_in_after_the_migration_and_is_kept_by_the_next_start(void **state)
{
	struct fixture *fixture = *state;
	const struct browser browser = {.hash = "cookie", .account = 7, .auth_time = NOW, .expires = NOW + MINUTE};
	struct browser found;

	make_version_2(fixture);
	fixture_open(fixture);
	must(store_browser_add(fixture->store, &browser, NULL));
	fixture_reopen(fixture);
	must(store_browser_find(fixture->store, browser.hash, NOW, &found));
	assert_int_equal(found.account, 7);
}

/* The tables of version 8 that a sign-in needs, as that version made them. */
static const char version_8[] =
	"CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,"
	" password_hash TEXT NOT NULL, phone TEXT, customer TEXT NOT NULL UNIQUE, pin BLOB, pin_failures INTEGER NOT NULL DEFAULT 0,"
	" pin_blocked INTEGER NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, country TEXT) STRICT;"
	"CREATE TABLE clients (id TEXT PRIMARY KEY, secret_hash TEXT, name TEXT NOT NULL, redirect_uris TEXT NOT NULL, dpop INTEGER NOT NULL DEFAULT 0,"
	" scope TEXT, exchange INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;"
	"CREATE TABLE codes (hash BLOB PRIMARY KEY, account INTEGER NOT NULL, client TEXT NOT NULL, redirect_uri TEXT NOT NULL, code_challenge TEXT,"
	" nonce TEXT, scope TEXT NOT NULL, auth_time INTEGER NOT NULL, expires INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, session INTEGER,"
	" key TEXT) STRICT, WITHOUT ROWID;"
	"CREATE TABLE sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, client TEXT NOT NULL, scope TEXT NOT NULL, nonce TEXT,"
	" auth_time INTEGER NOT NULL, expires INTEGER NOT NULL, key TEXT, used INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE TABLE refresh_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE browsers (hash BLOB PRIMARY KEY, account INTEGER NOT NULL, auth_time INTEGER NOT NULL, expires INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE access_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL, refresh BLOB NOT NULL, expires INTEGER NOT NULL, key TEXT)"
	" STRICT, WITHOUT ROWID;"
	"INSERT INTO clients (id, name, redirect_uris, scope) VALUES ('app', 'App', 'x:/', 'openid email'), ('free', 'Free', 'x:/', NULL);"
	"INSERT INTO codes (hash, account, client, redirect_uri, scope, auth_time, expires) VALUES"
	" (CAST('code0000000000000000000000000000' AS BLOB), 7, 'app', 'x:/', 'openid', 1, 9000000000000);"
	"INSERT INTO sessions (id, account, client, scope, auth_time, expires) VALUES (3, 7, 'app', 'openid email', 1, 9000000000000);"
	"INSERT INTO refresh_tokens (hash, session, expires) VALUES (CAST('refresh0000000000000000000000000' AS BLOB), 3, 9000000000000);"
	"INSERT INTO access_tokens (hash, session, refresh, expires) VALUES"
	" (CAST('access00000000000000000000000000' AS BLOB), 3, CAST('refresh0000000000000000000000000' AS BLOB), 9000000000000);"
	"PRAGMA application_id = 1346981203; PRAGMA user_version = 8;";

#define CALLS " pims.account pims.phone pims.device pims.otp"

/* Nobody is locked out by the scopes of calls. */
static void what_was_granted_before_there_were_scopes_of_calls_opens_all_of_them(void **state)
{
	static const unsigned char code_hash[] = "code0000000000000000000000000000";
	struct fixture *fixture = *state;
	struct session_row session;
	struct client client;
	struct auth_code code;

	make_version(fixture, version_8);
	fixture_open(fixture);
	must(store_access_find(fixture->store, access_hash, NULL, NOW, &session));
	assert_string_equal(session.scope, "openid email" CALLS);
	session_row_free(&session);
	must(store_code_consume(fixture->store, code_hash, NOW, &code));
	assert_string_equal(code.scope, "openid" CALLS);
	auth_code_free(&code);
	must(store_client_get(fixture->store, "app", &client));
	assert_string_equal(client.scope, "openid email" CALLS);
	client_free(&client);
	must(store_client_get(fixture->store, "free", &client));
	assert_null(client.scope);
	client_free(&client);
}

static void *open_same(void *argument)
{
	struct race *race = argument;
	struct store *store = NULL;
	int r = sqlite_open(&store, race->fixture->path, &race->fixture->env);

	if (r == 0)
		store_close(store);
	race_count(race, r);
	return NULL;
}

static void many_who_start_together_migrate_once(void **state)
{
	struct race race = race_of(*state);

	make_version_2(race.fixture);
	in_threads(16, open_same, &race);
	assert_int_equal(race.won, 16);
	assert_true(number(race.fixture->path, "PRAGMA user_version") >= 3);
	fixture_open(race.fixture);
}

/* --- the record ------------------------------------------------------------------------------------------------------------------------ */

static int64_t noted(const struct fixture *fixture, const char *event, int64_t account, int64_t time)
{
	char sql[200];

	snprintf(sql, sizeof sql, "SELECT count(*) FROM audit WHERE event LIKE '%%%s%%' AND account = %lld AND time = %lld", event,
		 (long long)account, (long long)time);
	return number(fixture->path, sql);
}

static int confirm(struct fixture *fixture, struct mail_code code, const char *given)
{
	const struct mail notice = {.email = EMAIL, .text = (const unsigned char *)"text", .text_length = 4, .time = NOW + 2};

	hash_of(given, code.code);
	return store_mail_confirm(fixture->store, &code, 3, &notice);
}

static void what_is_refused_is_not_noted(void **state)
{
	struct fixture *fixture = *state;
	const struct mail notice = {.email = EMAIL, .text = (const unsigned char *)"text", .text_length = 4, .time = NOW};
	const struct mail_code code = {.ticket = "t", .purpose = MAIL_CHANGE, .account = fixture->account, .email = OTHER_EMAIL, .code = "1",
				       .expires = NOW + MINUTE};

	must(store_mail_ask(fixture->store, &code, &notice));
	assert_int_equal(confirm(fixture, code, "2"), PIMS_E_NOT_FOUND);
	assert_int_equal(finish_recovery(fixture->store, fixture->account, H("ticket"), "sms", NOW), PHONE_CODE);
	assert_int_equal(store_recovery_add(fixture->store, "nobody@example.com", "hash", NOW + MINUTE, NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_change_password(fixture->store,
						       &(struct password_change){.account = 4711, .hash = "hash", .notice = &notice}),
			 PIMS_E_NOT_FOUND);
	assert_int_equal(number(fixture->path, "SELECT count(*) FROM audit"), 0);
}

static void what_an_account_did_is_noted_once_with_its_time(void **state)
{
	struct fixture *fixture = *state;
	const struct mail notice = {.email = EMAIL, .text = (const unsigned char *)"text", .text_length = 4, .time = NOW + 1};
	const struct mail_code change = {.ticket = "a", .purpose = MAIL_CHANGE, .account = fixture->account, .email = "new@example.com", .code = "1",
					 .expires = NOW + MINUTE};
	const struct mail_code create = {.ticket = "b", .purpose = MAIL_CREATE, .email = OTHER_EMAIL, .password_hash = "hash", .code = "1",
					 .expires = NOW + MINUTE};
	struct account made;

	must(store_recovery_add(fixture->store, EMAIL, "hash", NOW + MINUTE, NOW));
	must(store_recovery_claim(fixture->store, fixture->account, "hash", NEW_PHONE, H("ticket")));
	certify_number(fixture->store, fixture->account, "sms");
	assert_int_equal(finish_recovery(fixture->store, fixture->account, H("ticket"), "sms", NOW + 1), PHONE_SET);
	must(store_account_change_password(fixture->store,
					   &(struct password_change){.account = fixture->account, .hash = "hash", .notice = &notice}));
	must(store_mail_ask(fixture->store, &change, &notice));
	must(confirm(fixture, change, "1"));
	must(store_mail_ask(fixture->store, &create, &notice));
	must(confirm(fixture, create, "1"));
	must(store_account_by_email(fixture->store, OTHER_EMAIL, &made));
	assert_int_equal(noted(fixture, "recovery code", fixture->account, NOW), 1);
	assert_int_equal(noted(fixture, "phone number", fixture->account, NOW + 1), 1);
	assert_int_equal(noted(fixture, "password", fixture->account, NOW + 1), 1);
	assert_int_equal(noted(fixture, "e-mail address", fixture->account, NOW + 2), 1);
	assert_int_equal(noted(fixture, "account created", made.id, NOW + 2), 1);
	assert_int_equal(number(fixture->path, "SELECT count(*) FROM audit"), 5);
	account_free(&made);
}

static void the_record_outlives_account_and_sweep(void **state)
{
	struct fixture *fixture = *state;

	must(store_recovery_add(fixture->store, EMAIL, "hash", NOW + MINUTE, NOW));
	must(store_account_remove(fixture->store, EMAIL));
	must(store_sweep(fixture->store, NOW + 400 * 1440 * MINUTE));
	assert_int_equal(noted(fixture, "recovery code", fixture->account, NOW), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_migration_that_fails_leaves_the_old_version_whole),
		STORE_TEST(accounts_of_version_2_stay_as_they_were),
		STORE_TEST(a_session_of_version_2_gets_tokens_for_an_audience),
		STORE_TEST(a_browser_signs_in_after_the_migration_and_is_kept_by_the_next_start),
		STORE_TEST(what_was_granted_before_there_were_scopes_of_calls_opens_all_of_them),
		STORE_TEST(many_who_start_together_migrate_once),
		STORE_TEST(what_is_refused_is_not_noted),
		STORE_TEST(what_an_account_did_is_noted_once_with_its_time),
		STORE_TEST(the_record_outlives_account_and_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
