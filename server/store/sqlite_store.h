/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SQLITE_STORE_H
#define PIMSD_SQLITE_STORE_H

#include "server/store/sqlite_sql.h"
#include "server/store/store_ops.h"

#include <pthread.h>

/* Private to server/store/sqlite_*.c. */

/**
 * A change, run on the writer thread inside the transaction that it shares with others. A negative return undoes it alone. What it must tell
 * beside (a refusal whose effect stays) goes into `arg`. It writes to the caller's results only through `arg`: the commit may still fail.
 */
typedef int (*write_fn)(struct sql *sql, void *arg);

/** One change that waits, on its caller's stack. */
struct write {
	write_fn run;
	void *arg;
	int result;
	bool done;
	pthread_cond_t finished;
	struct write *next;
};

struct writer {
	struct sql sql;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	struct write *first, **last; /**< queue */
	bool stop;
};

struct sqlite_store {
	struct store base;
	struct env env;
	struct writer writer;
	pthread_mutex_t readers_lock;
	pthread_cond_t reader_free;
	struct sql *readers; /**< idle ones */
};

/** PIMS_E_SYSTEM with errno: no thread. `writer->sql` is open. */
int writer_start(struct writer *writer);
/** Runs what is queued, then ends the thread. */
void writer_stop(struct writer *writer);

/** Runs a change and returns its result when it is durable. Any thread but the writer's. */
int sqlite_write(struct store *store, write_fn run, void *arg);
/** A connection for reading; waits for one. */
struct sql *sqlite_reader(struct store *store);
void sqlite_reader_done(struct store *store, struct sql *sql);

/** Fills a result from the current row. */
typedef int (*row_fn)(sqlite3_stmt *statement, void *ret_result);
/** The first row of a query by `text`. PIMS_E_NOT_FOUND. */
int sqlite_find(struct store *store, const char *text, const struct sql_value *values, row_fn row, void *ret_result);
/** Every row of a query; a `row` that returns other than 0 ends it, and that is returned. */
int sqlite_each(struct store *store, const char *text, const struct sql_value *values, row_fn row, void *arg);
int sql_find(struct sql *sql, const char *text, const struct sql_value *values, row_fn row, void *ret_result);
/** Inside a change: makes an account; `email` NULL: its subject stands there. PIMS_E_STATE: there is one with this address. */
int sql_account_add(struct sql *sql, const char *email, const char *password_hash, const char *phone, int64_t now);
/** The columns of an account, its tables, and what reads a row of them. */
#define ACCOUNT_SELECT \
	"SELECT a.id, subject, email, password_hash, phone, customer, pin, pin_failures, pin_blocked, blocked, created, country, issuer," \
	" external_subject, display FROM accounts a LEFT JOIN externals ON account = a.id"
int sqlite_account_row(sqlite3_stmt *statement, void *ret_account);
/** Inside a change: notes for the operator what an account did. */
int sql_audit(struct sql *sql, int64_t account, const char *event, int64_t now);
/** Inside a change: ends the codes, browsers, remote tokens and sessions of an account, all sessions but `keep`. */
int sql_end_sessions(struct sql *sql, int64_t account, int64_t keep);
/** Inside a change: writes a message to the outbox. */
int sql_mail(struct sql *sql, const char *email, const struct mail *mail);

/** A key's thumbprint as a value of a statement: NULL where there is none. */
#define KEY(key) TEXT(*(key) ? (key) : NULL)
/** The thumbprint in a column of the current row, "" for NULL. PIMS_E_SYSTEM: it is none. */
int sql_key(sqlite3_stmt *statement, int column, char ret_key[PROOF_KEY_SIZE]);
/** Inside a change: uses a proof up (NULL = none is needed). PIMS_E_INVALID: it was used before. */
int sql_proof_use(struct sql *sql, const struct proof_use *proof);
/** Inside a change: uses a pushed request up (NULL = none is needed). PIMS_E_STATE: it was. */
int sql_pushed_use(struct sql *sql, const unsigned char *hash);

/**
 * Inside a change: a second factor of the account counts no more, where it was given and for what was signed in there; and the codes for another device end
 * that a page has shown for it.
 */
int sql_vouch_no_more(struct sql *sql, int64_t account, enum account_factor factor);
/** Inside a change: leaves a tombstone of a device. PIMS_E_NOT_FOUND. */
int sql_device_bury(struct sql *sql, int64_t account, int64_t id);

/**
 * Inside a change: consumes the challenge of a device in phase `least` or DEVICE_ACTIVE and stores its keys. PIMS_E_STATE: its version is another. The
 * version stands for the challenge that was proved: whoever comes second with it finds another version.
 */
int sql_device_use(struct sql *sql, const struct device *device, enum device_phase least, int64_t now);
/** An OTP that somebody presents. */
struct otp_use {
	int64_t account;
	const unsigned char *hash;
	int64_t now;
	int refusal; /**< 0, or what store_otp_consume() tells: no failure of the change, whose count must stay */
};
/** Inside a change: takes an OTP, or counts a wrong one. */
int sql_otp_use(struct sql *sql, struct otp_use *use);

/** Inside a change: makes `code` the only one of its account and purpose; writes a message. */
int sql_sms_replace(struct sql *sql, const struct sms_code *code);
int sql_sms_message(struct sql *sql, const struct sms_message *message);
/** Inside a change: codes that went to another number than the account's new one (NULL = none) die; what certifies a number is not touched. */
int sql_sms_forget_others(struct sql *sql, int64_t account, const char *phone);
/** Inside a change of number by recovery: uses the operator's code up. PIMS_E_STATE: it is, or its ticket is no longer good. */
int sql_recovery_use(struct sql *sql, const struct phone_change *change);
/** The rest of it: other codes by SMS die, the notice and the note are written. */
int sql_recovery_done(struct sql *sql, const struct phone_change *change);

/* The operations, by topic. */
int sqlite_setting_get(struct store *store, const char *name, unsigned char **ret_value, size_t *ret_length);
int sqlite_setting_add(struct store *store, const char *name, const unsigned char *value, size_t length);
int sqlite_account_add(struct store *store, const char *email, const char *password_hash, const char *phone, int64_t now);
int sqlite_account_by_email(struct store *store, const char *email, struct account *ret_account);
int sqlite_account_by_id(struct store *store, int64_t id, struct account *ret_account);
int sqlite_account_by_subject(struct store *store, const char *subject, struct account *ret_account);
int sqlite_account_external(struct store *store, const char *issuer, const char *subject, const char *display, int64_t now,
			    struct account *ret_account);
int sqlite_account_by_external(struct store *store, const char *issuer, const char *subject, struct account *ret_account);
int sqlite_account_list(struct store *store, int (*each)(void *data, const struct account *account), void *data);
int sqlite_account_set_password(struct store *store, const char *email, const char *password_hash);
int sqlite_account_set_phone(struct store *store, const char *email, const char *phone);
int sqlite_account_set_country(struct store *store, const char *email, const char *country);
int sqlite_account_set_blocked(struct store *store, const char *email, bool blocked);
int sqlite_account_remove(struct store *store, const char *email);
int sqlite_client_add(struct store *store, const struct client *client);
int sqlite_client_get(struct store *store, const char *id, struct client *ret_client);
int sqlite_client_list(struct store *store, int (*each)(void *data, const struct client *client), void *data);
int sqlite_client_remove(struct store *store, const char *id);
int sqlite_proof_use(struct store *store, const struct proof_use *proof);
int sqlite_pushed_add(struct store *store, const struct pushed_request *pushed, int max, int64_t now);
int sqlite_pushed_visit(struct store *store, const unsigned char hash[32], const char *client, int64_t visited_until, int64_t now, char **ret_text);
int sqlite_pushed_use(struct store *store, const unsigned char hash[32]);
int sqlite_code_add(struct store *store, const struct auth_code *code);
int sqlite_code_consume(struct store *store, const unsigned char hash[32], int64_t now, struct auth_code *ret_code);
int sqlite_session_add(struct store *store, const struct session_row *session, const unsigned char code_hash[32],
		       const struct token_pair *tokens, int64_t *ret_id);
int sqlite_refresh_rotate(struct store *store, const unsigned char refresh[32], const char *client,
			  const struct token_pair *tokens, int64_t now, struct session_row *ret_session);
int sqlite_refresh_find(struct store *store, const unsigned char refresh[32], const char *client, struct session_row *ret_session);
int sqlite_access_find(struct store *store, const unsigned char access[32], const char *key, int64_t now, struct session_row *ret_session);
int sqlite_token_revoke(struct store *store, const unsigned char token[32], const char *client);
int sqlite_session_revoke(struct store *store, int64_t session);
int sqlite_session_list(struct store *store, int64_t account, int64_t now, int (*each)(void *data, const struct session_info *session), void *data);
int sqlite_session_end(struct store *store, int64_t account, int64_t session);
int sqlite_sign_out(struct store *store, int64_t account);
int sqlite_audience_add(struct store *store, const unsigned char subject[32], const char *client, const struct audience_token *token, int64_t now);
int sqlite_audience_find(struct store *store, const unsigned char hash[32], const char *audience, int64_t now, int64_t *ret_account);
int sqlite_browser_add(struct store *store, const struct browser *browser, const unsigned char *replaced);
int sqlite_browser_find(struct store *store, const unsigned char hash[32], int64_t now, struct browser *ret_browser);
int sqlite_browser_prove(struct store *store, const unsigned char hash[32], const unsigned char new_hash[32], int64_t now);
int sqlite_browser_end(struct store *store, int64_t account);
int sqlite_place_add(struct store *store, int64_t account, const unsigned char place[32], int64_t expires);
int sqlite_place_find(struct store *store, int64_t account, const unsigned char place[32], int64_t now);
int sqlite_mail_ask(struct store *store, const struct mail_code *code, const struct mail *mail);
int sqlite_mail_confirm(struct store *store, const struct mail_code *code, int max_tries, const struct mail *notice);
int sqlite_mail_once(struct store *store, const char *key, int window_s, const struct mail *mail);
int sqlite_mail_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct mail *mail), void *data);
int sqlite_account_change_password(struct store *store, const struct password_change *change);
int sqlite_password_reset(struct store *store, const struct password_reset *reset, int64_t *ret_account);
int sqlite_recovery_add(struct store *store, const char *email, const char *hash, int64_t expires, int64_t now);
int sqlite_recovery_try(struct store *store, int64_t account, int max, int64_t now, char **ret_hash);
int sqlite_recovery_claim(struct store *store, int64_t account, const char *hash, const char *phone, const unsigned char ticket[32]);
int sqlite_recovery_claimed(struct store *store, const unsigned char ticket[32], int64_t now, struct recovery_claim *ret_claim);
int sqlite_sms_add(struct store *store, const struct sms_code *code, const struct sms_message *message);
int sqlite_sms_send(struct store *store, const struct sms_code *code, const struct sms_message *message, const struct sms_policy *policy,
		    struct sms_verdict *ret_verdict);
int sqlite_phone_change(struct store *store, const struct phone_change *change, enum phone_result *ret_result, char **ret_old,
			int *ret_remaining);
int sqlite_sms_live(struct store *store, int64_t account, enum sms_purpose purpose, int64_t now, struct sms_code *ret_code);
int sqlite_sms_find(struct store *store, const unsigned char hash[32], enum sms_purpose purpose, int64_t now, int64_t *ret_account);
int sqlite_sms_try(struct store *store, const unsigned char hash[32], int max, int64_t now, int *ret_remaining);
int sqlite_sms_tried_right(struct store *store, const unsigned char hash[32]);
int sqlite_sms_outbox(struct store *store, int64_t after_id, int (*each)(void *data, const struct sms_message *message),
		      void *data);
int sqlite_enroll_finalize(struct store *store, const struct device *device, const unsigned char *pin, size_t pin_length,
			   int max_devices, int64_t now);
int sqlite_enroll_find(struct store *store, const unsigned char code_hash[32], const char *serial, struct device *ret_device);
int sqlite_enroll_ms(struct store *store, const struct device *device, const struct mail *notice, int64_t now);
int sqlite_device_get(struct store *store, int64_t id, struct device *ret_device);
int sqlite_device_list(struct store *store, int64_t account, int (*each)(void *data, const struct device *device), void *data);
int sqlite_device_remove(struct store *store, int64_t account, int64_t id);
int sqlite_account_factor(struct store *store, int64_t account, enum account_factor *ret_best);
int sqlite_passkey_list(struct store *store, int64_t account, int (*each)(void *data, const struct passkey *passkey), void *data);
int sqlite_passkey_find(struct store *store, int64_t account, const unsigned char *credential, size_t length, struct passkey *ret_passkey);
int sqlite_passkey_use(struct store *store, const struct passkey_use *use);
int sqlite_passkey_add(struct store *store, const struct passkey_use *use);
int sqlite_passkey_remove(struct store *store, int64_t account, int64_t id);
int sqlite_passkey_strangers(struct store *store, const char *party, int64_t *ret_count);
int sqlite_device_challenge(struct store *store, int64_t id, const char *challenge, int64_t expires);
int sqlite_otp_grant(struct store *store, const struct otp_grant *grant, int *ret_remaining);
int sqlite_pin_failed(struct store *store, const struct device *device, int max, int *ret_remaining);
int sqlite_pin_change(struct store *store, const struct pin_change *change);
int sqlite_otp_consume(struct store *store, int64_t account, const unsigned char otp_hash[32], int64_t now);
int sqlite_remote_add(struct store *store, int64_t account, const unsigned char otp_hash[32], const struct token_pair *tokens,
		      int64_t now);
int sqlite_remote_refresh(struct store *store, int64_t account, const unsigned char refresh[32], const unsigned char access[32],
			  int64_t access_expires, int64_t now);
int sqlite_remote_find(struct store *store, const unsigned char access[32], int64_t now, int64_t *ret_account);
int sqlite_attempt(struct store *store, const char *key, int max, int window_s, int64_t now, int *ret_retry_after);
int sqlite_attempt_check(struct store *store, const char *key, int max, int64_t now, int *ret_retry_after);
int sqlite_attempt_forget(struct store *store, const char *key);
int sqlite_sweep(struct store *store, int64_t now);

#endif
