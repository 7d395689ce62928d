/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/sms.h"

#include "base/text.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_HOUR = 5, PER_HOUR_SANDBOX = 100, COLLISIONS = 8, LOCKS = 16, SEALED_MAX = 1024 };

/* Two requests of one account at once must send one code, not two of which the first is dead on arrival. */
static pthread_mutex_t locks[LOCKS] = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
};

/* One message being made. */
struct sending {
	const struct server *server;
	const struct account *account;
	const struct texts *texts;
	struct sms_code code;
	char digits[SMS_CODE_SIZE];
	struct buf text;
};

static int spend_budget(const struct server *server, const struct account *account, int *ret_retry_after)
{
	const struct settings *settings = &server->settings;
	int max = settings->sms_per_hour;
	char key[40];

	if (max <= 0)
		max = settings->sandbox ? PER_HOUR_SANDBOX : PER_HOUR;
	(void)snprintf(key, sizeof key, "sms:%" PRId64, account->id);
	return store_attempt(server->store, key, max, 3600, env_now(&server->env), ret_retry_after);
}

static int seal_text(const struct server *server, const char *text, unsigned char **ret_sealed, size_t *ret_length)
{
	struct buf sealed = BUF_INIT(SEALED_MAX);
	unsigned char *copy = NULL;
	int r = seal_value(server->seal, &server->env, text, strlen(text), &sealed);

	if (r == 0) {
		copy = malloc(sealed.len);
		r = copy ? 0 : PIMS_E_MEMORY;
	}
	if (r == 0) {
		memcpy(copy, sealed.data, sealed.len);
		*ret_sealed = copy;
		*ret_length = sealed.len;
	}
	buf_free(&sealed);
	return r;
}

/* The live code, to be sent again as it is: its life is not prolonged, so that ten minutes are ten minutes. */
static int reuse_code(struct sending *sending, int64_t now)
{
	const struct server *server = sending->server;
	struct buf digits = BUF_INIT(64);
	int r = store_sms_live(server->store, sending->account->id, sending->code.purpose, now, &sending->code);

	if (r < 0)
		return r;
	sending->code.sent = now;
	r = open_value(server->seal, sending->code.code, sending->code.code_length, &digits);
	if (r == 0)
		r = text_copy(sending->digits, sizeof sending->digits, buf_text(&digits));
	buf_free(&digits);
	return r;
}

static int make_code(struct sending *sending, int64_t now)
{
	const struct server *server = sending->server;
	enum sms_purpose purpose = sending->code.purpose;
	int r;

	sms_code_free(&sending->code);
	sending->code = (struct sms_code){
		.account = sending->account->id,
		.purpose = purpose,
		.created = now,
		.sent = now,
		.expires = now + (int64_t)server->settings.sms_seconds * 1000,
	};
	r = sms_code_make(&server->env, sending->digits);
	if (r == 0)
		r = seal_digest(server->seal, sending->digits, sending->code.hash);
	return r < 0 ? r : seal_text(server, sending->digits, &sending->code.code, &sending->code.code_length);
}

static int store_message(struct sending *sending)
{
	const struct server *server = sending->server;
	struct sms_message message = {.phone = sending->account->phone};
	int r;

	buf_reset(&sending->text);
	r = sms_text(sending->texts, sending->code.purpose, server->settings.issuer, sending->digits, &sending->text);
	if (r == 0)
		r = seal_text(server, buf_text(&sending->text), &message.text, &message.text_length);
	if (r == 0)
		r = store_sms_add(server->store, &sending->code, &message);
	free(message.text);
	return r;
}

/* Another account may hold the same digits: then others are taken. */
static int send_new(struct sending *sending, int64_t now)
{
	int r = PIMS_E_STATE;

	for (int i = 0; i < COLLISIONS && r == PIMS_E_STATE; i++) {
		r = make_code(sending, now);
		if (r == 0)
			r = store_message(sending);
	}
	return r;
}

static int send_locked(struct sending *sending)
{
	pthread_mutex_t *lock = &locks[(uint64_t)sending->account->id % LOCKS];
	int64_t now = env_now(&sending->server->env);
	int r;

	(void)pthread_mutex_lock(lock);
	r = reuse_code(sending, now);
	if (r == 0)
		r = store_message(sending);
	if (r == PIMS_E_NOT_FOUND)
		r = send_new(sending, now);
	(void)pthread_mutex_unlock(lock);
	return r;
}

int sms_send(const struct server *server, const struct account *account, enum sms_purpose purpose, const struct texts *texts,
	     int *ret_retry_after)
{
	struct sending sending = {
		.server = server, .account = account, .texts = texts, .code = {.purpose = purpose}, .text = BUF_INIT(SMS_TEXT_MAX)};
	int r = account->phone ? spend_budget(server, account, ret_retry_after) : PIMS_E_NOT_FOUND;

	if (r < 0)
		return r;
	r = send_locked(&sending);
	if (r == 0)
		sms_deliver(server, account->phone, buf_text(&sending.text));
	sms_code_free(&sending.code);
	secret_wipe(sending.digits, sizeof sending.digits);
	buf_free(&sending.text);
	return r == PIMS_E_NOT_FOUND || r == PIMS_E_LIMIT ? PIMS_E_SYSTEM : r;
}
