/* SPDX-License-Identifier: Apache-2.0 */
#include "server/store/sqlite.h"

#include "server/store/migrations.h"
#include "server/store/sqlite_store.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READERS = 4, READER_CACHE_KIB = 256, WRITER_CACHE_KIB = 1024 };

struct sql *sqlite_reader(struct store *store)
{
	struct sqlite_store *sqlite = (struct sqlite_store *)store;
	struct sql *sql;

	pthread_mutex_lock(&sqlite->readers_lock);
	while (!sqlite->readers)
		pthread_cond_wait(&sqlite->reader_free, &sqlite->readers_lock);
	sql = sqlite->readers;
	sqlite->readers = sql->next;
	pthread_mutex_unlock(&sqlite->readers_lock);
	return sql;
}

void sqlite_reader_done(struct store *store, struct sql *sql)
{
	struct sqlite_store *sqlite = (struct sqlite_store *)store;

	pthread_mutex_lock(&sqlite->readers_lock);
	sql->next = sqlite->readers;
	sqlite->readers = sql;
	pthread_cond_signal(&sqlite->reader_free);
	pthread_mutex_unlock(&sqlite->readers_lock);
}

int sql_find(struct sql *sql, const char *text, const struct sql_value *values, row_fn row, void *ret_result)
{
	sqlite3_stmt *statement;
	int r;

	r = sql_start(sql, text, values, &statement);
	if (r < 0)
		return r;
	r = sql_step(sql, statement);
	if (r > 0)
		r = row(statement, ret_result);
	else if (r == 0)
		r = PIMS_E_NOT_FOUND;
	sql_done(statement);
	return r;
}

int sqlite_find(struct store *store, const char *text, const struct sql_value *values, row_fn row, void *ret_result)
{
	struct sql *sql = sqlite_reader(store);
	int r;

	r = sql_find(sql, text, values, row, ret_result);
	sqlite_reader_done(store, sql);
	return r;
}

int sqlite_each(struct store *store, const char *text, const struct sql_value *values, row_fn row, void *arg)
{
	struct sql *sql = sqlite_reader(store);
	sqlite3_stmt *statement;
	int r = sql_start(sql, text, values, &statement);

	if (r == 0) {
		while ((r = sql_step(sql, statement)) > 0) {
			r = row(statement, arg);
			if (r)
				break;
		}
		sql_done(statement);
	}
	sqlite_reader_done(store, sql);
	return r;
}

static void free_readers(struct sqlite_store *sqlite)
{
	while (sqlite->readers) {
		struct sql *sql = sqlite->readers;

		sqlite->readers = sql->next;
		sql_close(sql);
		free(sql);
	}
}

static int open_readers(struct sqlite_store *sqlite, const char *path)
{
	for (int i = 0; i < READERS; i++) {
		struct sql *sql = calloc(1, sizeof *sql);
		int r = sql ? sql_open(sql, path, &sqlite->env, READER_CACHE_KIB) : PIMS_E_MEMORY;

		if (r < 0) {
			free(sql);
			return r;
		}
		sql->next = sqlite->readers;
		sqlite->readers = sql;
	}
	return 0;
}

static void sqlite_close(struct store *store)
{
	struct sqlite_store *sqlite = (struct sqlite_store *)store;

	writer_stop(&sqlite->writer);
	free_readers(sqlite);
	sql_close(&sqlite->writer.sql); /* the last one: it checkpoints and removes the log */
	pthread_cond_destroy(&sqlite->reader_free);
	pthread_mutex_destroy(&sqlite->readers_lock);
	free(sqlite);
}

static const struct store_ops sqlite_ops = {
	.close = sqlite_close,
	.setting_get = sqlite_setting_get,
	.setting_add = sqlite_setting_add,
	.account_add = sqlite_account_add,
	.account_by_email = sqlite_account_by_email,
	.account_by_id = sqlite_account_by_id,
	.account_by_subject = sqlite_account_by_subject,
	.account_external = sqlite_account_external,
	.account_by_external = sqlite_account_by_external,
	.account_list = sqlite_account_list,
	.account_set_password = sqlite_account_set_password,
	.account_set_phone = sqlite_account_set_phone,
	.account_set_country = sqlite_account_set_country,
	.account_set_blocked = sqlite_account_set_blocked,
	.account_remove = sqlite_account_remove,
	.client_add = sqlite_client_add,
	.client_get = sqlite_client_get,
	.client_list = sqlite_client_list,
	.client_remove = sqlite_client_remove,
	.proof_use = sqlite_proof_use,
	.pushed_add = sqlite_pushed_add,
	.pushed_visit = sqlite_pushed_visit,
	.pushed_use = sqlite_pushed_use,
	.code_add = sqlite_code_add,
	.code_consume = sqlite_code_consume,
	.session_add = sqlite_session_add,
	.refresh_rotate = sqlite_refresh_rotate,
	.refresh_find = sqlite_refresh_find,
	.access_find = sqlite_access_find,
	.token_revoke = sqlite_token_revoke,
	.session_revoke = sqlite_session_revoke,
	.session_list = sqlite_session_list,
	.session_end = sqlite_session_end,
	.sign_out = sqlite_sign_out,
	.audience_add = sqlite_audience_add,
	.audience_find = sqlite_audience_find,
	.browser_add = sqlite_browser_add,
	.browser_find = sqlite_browser_find,
	.browser_prove = sqlite_browser_prove,
	.browser_end = sqlite_browser_end,
	.place_add = sqlite_place_add,
	.place_find = sqlite_place_find,
	.mail_ask = sqlite_mail_ask,
	.mail_confirm = sqlite_mail_confirm,
	.mail_once = sqlite_mail_once,
	.mail_outbox = sqlite_mail_outbox,
	.account_change_password = sqlite_account_change_password,
	.password_reset = sqlite_password_reset,
	.recovery_add = sqlite_recovery_add,
	.recovery_try = sqlite_recovery_try,
	.recovery_claim = sqlite_recovery_claim,
	.recovery_claimed = sqlite_recovery_claimed,
	.sms_add = sqlite_sms_add,
	.sms_send = sqlite_sms_send,
	.phone_change = sqlite_phone_change,
	.sms_live = sqlite_sms_live,
	.sms_find = sqlite_sms_find,
	.sms_try = sqlite_sms_try,
	.sms_tried_right = sqlite_sms_tried_right,
	.sms_outbox = sqlite_sms_outbox,
	.enroll_finalize = sqlite_enroll_finalize,
	.enroll_find = sqlite_enroll_find,
	.enroll_ms = sqlite_enroll_ms,
	.device_get = sqlite_device_get,
	.device_list = sqlite_device_list,
	.device_remove = sqlite_device_remove,
	.passkey_add = sqlite_passkey_add,
	.account_factor = sqlite_account_factor,
	.passkey_list = sqlite_passkey_list,
	.passkey_find = sqlite_passkey_find,
	.passkey_use = sqlite_passkey_use,
	.passkey_remove = sqlite_passkey_remove,
	.passkey_strangers = sqlite_passkey_strangers,
	.device_challenge = sqlite_device_challenge,
	.otp_grant = sqlite_otp_grant,
	.pin_failed = sqlite_pin_failed,
	.pin_change = sqlite_pin_change,
	.otp_consume = sqlite_otp_consume,
	.remote_add = sqlite_remote_add,
	.remote_refresh = sqlite_remote_refresh,
	.remote_find = sqlite_remote_find,
	.attempt = sqlite_attempt,
	.attempt_check = sqlite_attempt_check,
	.attempt_forget = sqlite_attempt_forget,
	.sweep = sqlite_sweep,
};

/* SQLite gives its log and shared memory the mode of the database file. */
static int make_private(const char *path, const struct env *env)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		env_log(env, PIMS_LOG_ERROR, "%s: %s", path, strerror(errno));
		return PIMS_E_SYSTEM;
	}
	close(fd);
	return 0;
}

static int open_all(struct sqlite_store *sqlite, const char *path)
{
	int r;

	r = make_private(path, &sqlite->env);
	if (r < 0)
		return r;
	r = sql_open(&sqlite->writer.sql, path, &sqlite->env, WRITER_CACHE_KIB);
	if (r < 0)
		return r;
	r = migrations_run(&sqlite->writer.sql, path);
	if (r == 0)
		r = open_readers(sqlite, path);
	if (r == 0)
		r = writer_start(&sqlite->writer);
	if (r < 0) {
		free_readers(sqlite);
		sql_close(&sqlite->writer.sql);
	}
	return r;
}

int sqlite_open(struct store **ret_store, const char *path, const struct env *env)
{
	struct sqlite_store *sqlite = calloc(1, sizeof *sqlite);
	int r;

	if (!sqlite)
		return PIMS_E_MEMORY;
	sqlite->base.ops = &sqlite_ops;
	sqlite->env = *env;
	pthread_mutex_init(&sqlite->readers_lock, NULL);
	pthread_cond_init(&sqlite->reader_free, NULL);
	r = open_all(sqlite, path);
	if (r < 0) {
		pthread_cond_destroy(&sqlite->reader_free);
		pthread_mutex_destroy(&sqlite->readers_lock);
		free(sqlite);
		return r;
	}
	*ret_store = &sqlite->base;
	return 0;
}
