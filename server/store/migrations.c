/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/migrations.h"

#include <pims/error.h>

#include <stdlib.h>

/* SQLite's file header carries it: "PIMS" (https://www.sqlite.org/fileformat.html §1.3.17) */
#define APPLICATION_ID "1346981203"

/*
 * One text a version, never changed once released. What is found by a hash has no rowid: one tree instead of two.
 * Sessions and accounts never reuse an id, since tombstones and codes remember theirs.
 */
static const char version_1[] =
	"CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"

	"CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,"
	" password_hash TEXT NOT NULL, phone TEXT, customer TEXT NOT NULL UNIQUE, pin BLOB, pin_failures INTEGER NOT NULL DEFAULT 0,"
	" pin_blocked INTEGER NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL) STRICT;"

	"CREATE TABLE clients (id TEXT PRIMARY KEY, secret_hash TEXT, name TEXT NOT NULL, redirect_uris TEXT NOT NULL)"
	" STRICT, WITHOUT ROWID;"

	"CREATE TABLE codes (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE, redirect_uri TEXT NOT NULL, code_challenge TEXT, nonce TEXT,"
	" scope TEXT NOT NULL, auth_time INTEGER NOT NULL, expires INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0, session INTEGER)"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX codes_account ON codes (account); CREATE INDEX codes_client ON codes (client);"
	"CREATE INDEX codes_expires ON codes (expires);"

	"CREATE TABLE sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE, scope TEXT NOT NULL, nonce TEXT, auth_time INTEGER NOT NULL,"
	" expires INTEGER NOT NULL) STRICT;"
	"CREATE INDEX sessions_account ON sessions (account); CREATE INDEX sessions_client ON sessions (client);"
	"CREATE INDEX sessions_expires ON sessions (expires);"

	"CREATE TABLE refresh_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,"
	" state INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX refresh_tokens_session ON refresh_tokens (session); CREATE INDEX refresh_tokens_expires ON refresh_tokens (expires);"

	"CREATE TABLE access_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,"
	" refresh BLOB NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX access_tokens_session ON access_tokens (session); CREATE INDEX access_tokens_expires ON access_tokens (expires);"

	"CREATE TABLE sms_codes (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" purpose INTEGER NOT NULL, code BLOB NOT NULL, created INTEGER NOT NULL, sent INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" serial TEXT, tries INTEGER NOT NULL DEFAULT 0, tries_max INTEGER NOT NULL DEFAULT 1000000, UNIQUE (account, purpose))"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX sms_codes_expires ON sms_codes (expires);"

	"CREATE TABLE sms_messages (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" purpose INTEGER NOT NULL, phone TEXT NOT NULL, text BLOB NOT NULL, time INTEGER NOT NULL) STRICT;"
	"CREATE INDEX sms_messages_account ON sms_messages (account); CREATE INDEX sms_messages_time ON sms_messages (time);"

	"CREATE TABLE devices (id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE, serial TEXT,"
	" device_id TEXT, name TEXT, phase INTEGER NOT NULL, code_hash BLOB, keys BLOB, challenge TEXT NOT NULL DEFAULT '',"
	" challenge_expires INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 1, created INTEGER NOT NULL,"
	" last_used INTEGER NOT NULL, UNIQUE (account, device_id)) STRICT;"
	"CREATE INDEX devices_code ON devices (code_hash) WHERE phase = 1;"
	"CREATE INDEX devices_unfinished ON devices (last_used) WHERE phase <> 2;"

	"CREATE TABLE otps (account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE, hash BLOB NOT NULL, device INTEGER NOT NULL,"
	" expires INTEGER NOT NULL, PRIMARY KEY (account, hash)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX otps_expires ON otps (expires);"

	"CREATE TABLE remotes (refresh BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" access BLOB NOT NULL UNIQUE, access_expires INTEGER NOT NULL, refresh_expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX remotes_account ON remotes (account); CREATE INDEX remotes_expires ON remotes (refresh_expires);"

	"CREATE TABLE attempts (key TEXT PRIMARY KEY, count INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX attempts_expires ON attempts (expires);";

/*
 * Phone numbers become E.164; a country of NULL is the server's, which was France's until now. A code knows the number it went to, and how often.
 */
static const char version_2[] =
	"ALTER TABLE accounts ADD COLUMN country TEXT;"
	"UPDATE accounts SET phone = '+' || substr(phone, 3) WHERE phone GLOB '00[1-9]*';"
	"UPDATE accounts SET phone = '+33' || substr(phone, 2) WHERE phone GLOB '0[1-9]*' AND length(phone) = 10;"
	"ALTER TABLE sms_codes ADD COLUMN phone TEXT;"
	"ALTER TABLE sms_codes ADD COLUMN sends INTEGER NOT NULL DEFAULT 1;";

/* What accounts do for themselves: e-mail, browsers that are signed in, tokens for the customer API, recovery; and a record of it. */
static const char version_3[] =
	"CREATE TABLE audience_tokens (hash BLOB PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,"
	" audience TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX audience_tokens_session ON audience_tokens (session); CREATE INDEX audience_tokens_expires ON audience_tokens (expires);"

	"CREATE TABLE browsers (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" auth_time INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX browsers_account ON browsers (account); CREATE INDEX browsers_expires ON browsers (expires);"

	"CREATE TABLE mail_codes (ticket BLOB PRIMARY KEY, purpose INTEGER NOT NULL, account INTEGER REFERENCES accounts ON DELETE CASCADE,"
	" email TEXT NOT NULL, password_hash TEXT, code BLOB NOT NULL, tries INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX mail_codes_account ON mail_codes (account); CREATE INDEX mail_codes_expires ON mail_codes (expires);"

	"CREATE TABLE mails (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, text BLOB NOT NULL, time INTEGER NOT NULL) STRICT;"
	"CREATE INDEX mails_time ON mails (time);"

	"CREATE TABLE recoveries (account INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE, hash TEXT NOT NULL,"
	" tries INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL) STRICT;"
	"CREATE INDEX recoveries_expires ON recoveries (expires);"

	"CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, account INTEGER NOT NULL, event TEXT NOT NULL)"
	" STRICT;";

/* A recovered number waits for its certification; `ticket` is what the page that asks for that code holds. A used code has an empty hash. */
static const char version_4[] =
	"ALTER TABLE recoveries ADD COLUMN phone TEXT;"
	"ALTER TABLE recoveries ADD COLUMN ticket BLOB;"
	"CREATE UNIQUE INDEX recoveries_ticket ON recoveries (ticket) WHERE ticket IS NOT NULL;";

/* Tokens that are bound to a key, named by its thumbprint (NULL = none), and the proofs that were used. */
static const char version_5[] =
	"ALTER TABLE clients ADD COLUMN dpop INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE codes ADD COLUMN key TEXT;"
	"ALTER TABLE sessions ADD COLUMN key TEXT;"
	"ALTER TABLE access_tokens ADD COLUMN key TEXT;"
	"ALTER TABLE audience_tokens ADD COLUMN key TEXT;"
	"CREATE TABLE proofs (hash BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX proofs_expires ON proofs (expires);";

/* Accounts of people who sign in at another provider: known by its issuer and their subject there, whatever their name, which is only shown. */
static const char version_6[] =
	"CREATE TABLE externals (issuer TEXT NOT NULL, external_subject TEXT NOT NULL,"
	" account INTEGER NOT NULL UNIQUE REFERENCES accounts ON DELETE CASCADE, display TEXT,"
	" PRIMARY KEY (issuer, external_subject)) STRICT, WITHOUT ROWID;";

/* When a session got its last tokens, for its owner to see (0 = before this was kept); what a client may ask for. */
static const char version_7[] =
	"ALTER TABLE sessions ADD COLUMN used INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE clients ADD COLUMN scope TEXT;"
	"ALTER TABLE clients ADD COLUMN exchange INTEGER NOT NULL DEFAULT 1;";

/* Where accounts were signed in: who guesses at one from everywhere else does not shut its owner out. */
static const char version_8[] =
	"CREATE TABLE places (account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE, hash BLOB NOT NULL, expires INTEGER NOT NULL,"
	" PRIMARY KEY (account, hash)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX places_expires ON places (expires);";

#define CALLS " pims.account pims.phone pims.device pims.otp"
/*
 * When a one-time password was given beside the password (0 = none was): of a browser, and of what was signed in from there; and
 * wrong ones in a row, each value once, since clients repeat themselves. Authorization requests that were
 * pushed and wait to be used (RFC 9126); who must push, and who proves itself by keys (a JWK set). Which calls a token
 * opens is in its scope, what there was opens all of them as before; an access token may have less than its session.
 */
static const char version_9[] =
	"ALTER TABLE browsers ADD COLUMN otp_time INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE codes ADD COLUMN otp_time INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN otp_time INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE otp_guesses (account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE, hash BLOB NOT NULL,"
	" PRIMARY KEY (account, hash)) STRICT, WITHOUT ROWID;"
	"ALTER TABLE clients ADD COLUMN par INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE clients ADD COLUMN jwks TEXT;"
	"CREATE TABLE pushed (hash BLOB PRIMARY KEY, client TEXT NOT NULL REFERENCES clients ON DELETE CASCADE, text TEXT NOT NULL,"
	" visited INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX pushed_client ON pushed (client, expires); CREATE INDEX pushed_expires ON pushed (expires);"
	"UPDATE clients SET scope = scope || '" CALLS "' WHERE scope IS NOT NULL;"
	"UPDATE sessions SET scope = scope || '" CALLS "';"
	"UPDATE codes SET scope = scope || '" CALLS "';"
	"ALTER TABLE access_tokens ADD COLUMN scope TEXT;";

/* Passkeys, by which sign-ins are proved beside the password; and when one was used, of what was signed in by it (0 = none was). */
static const char version_10[] =
	"CREATE TABLE passkeys (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" party TEXT NOT NULL, credential BLOB NOT NULL UNIQUE, algorithm INTEGER NOT NULL, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL,"
	" name TEXT NOT NULL, created INTEGER NOT NULL, last_used INTEGER NOT NULL) STRICT;"
	"CREATE INDEX passkeys_account ON passkeys (account);"
	"ALTER TABLE browsers ADD COLUMN passkey_time INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE codes ADD COLUMN passkey_time INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN passkey_time INTEGER NOT NULL DEFAULT 0;";

static const char *const versions[] = {version_1, version_2, version_3, version_4, version_5,
				       version_6, version_7, version_8, version_9, version_10};

int migrations_version(void)
{
	return (int)(sizeof versions / sizeof *versions);
}

static int check_owner(struct sql *sql, const char *path, int64_t version)
{
	int64_t application, tables;

	if (version > migrations_version()) {
		env_log(sql->env, PIMS_LOG_ERROR, "%s: was written by a newer pimsd (schema %lld, this one knows %d)", path, (long long)version,
			migrations_version());
		return PIMS_E_VERSION;
	}
	if (sql_integer(sql, "PRAGMA application_id", NO_VALUES, &application) < 0 ||
	    sql_integer(sql, "SELECT count(*) FROM sqlite_schema", NO_VALUES, &tables) < 0)
		return PIMS_E_SYSTEM;
	if (tables && (application != strtoll(APPLICATION_ID, NULL, 10) || version < 1)) {
		env_log(sql->env, PIMS_LOG_ERROR, "%s: is not a database of pimsd", path);
		return PIMS_E_FORMAT;
	}
	return 0;
}

static int migrate(struct sql *sql, const char *path)
{
	int64_t version;
	char text[64];
	int r;

	r = sql_integer(sql, "PRAGMA user_version", NO_VALUES, &version);
	if (r < 0)
		return r;
	r = check_owner(sql, path, version);
	if (r < 0 || version == migrations_version())
		return r;
	for (; version < migrations_version() && r == 0; version++)
		r = sql_script(sql, versions[version]);
	if (r < 0)
		return r;
	sqlite3_snprintf(sizeof text, text, "PRAGMA user_version=%d; PRAGMA application_id=" APPLICATION_ID, migrations_version());
	return sql_script(sql, text);
}

/* Inside the write lock, so that two processes that start together do it once. */
int migrations_run(struct sql *sql, const char *path)
{
	int r;

	if (sql_run(sql, "BEGIN IMMEDIATE", NO_VALUES) < 0)
		return PIMS_E_SYSTEM;
	r = migrate(sql, path);
	if (r == 0 && sql_run(sql, "COMMIT", NO_VALUES) >= 0)
		return 0;
	sql_run(sql, "ROLLBACK", NO_VALUES);
	return r < 0 ? r : PIMS_E_SYSTEM;
}
