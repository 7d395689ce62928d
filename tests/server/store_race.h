/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_STORE_RACE_H
#define TESTS_SERVER_STORE_RACE_H

#include "store_fixture.h"

/* Many callers of one operation, what each was told, and sign-ins for them to work on. */

#define OTHER_EMAIL "other@example.com"

struct race {
	struct fixture *fixture;
	int64_t account;
	const struct device *device;
	pthread_mutex_t lock;
	int next, won, state, not_found, limit, other;
};

static inline struct race race_of(struct fixture *fixture)
{
	return (struct race){.fixture = fixture, .account = fixture->account, .lock = PTHREAD_MUTEX_INITIALIZER};
}

/** A number of its own for each caller, from 1. */
static inline int race_number(struct race *race)
{
	int number;

	pthread_mutex_lock(&race->lock);
	number = ++race->next;
	pthread_mutex_unlock(&race->lock);
	return number;
}

static inline void race_count(struct race *race, int r)
{
	pthread_mutex_lock(&race->lock);
	switch (r) {
	case 0:
		race->won++;
		break;
	case PIMS_E_STATE:
		race->state++;
		break;
	case PIMS_E_NOT_FOUND:
		race->not_found++;
		break;
	case PIMS_E_LIMIT:
		race->limit++;
		break;
	default:
		race->other++;
	}
	pthread_mutex_unlock(&race->lock);
}

static inline struct token_pair pair_of(const char *access, const char *refresh)
{
	struct token_pair tokens = {.access_expires = NOW + 60 * MINUTE, .refresh_expires = NOW + 600 * MINUTE};

	hash_of(access, tokens.access);
	hash_of(refresh, tokens.refresh);
	return tokens;
}

/** A session of the account at the client "app", and its id. */
static inline int64_t sign_in(struct store *store, int64_t account, const char *access, const char *refresh)
{
	char client[] = "app", scope[] = "openid", uri[] = "http://127.0.0.1:1/callback", name[40];
	struct auth_code code = {.account = account, .client = client, .redirect_uri = uri, .scope = scope, .auth_time = NOW, .expires = NOW + MINUTE};
	const struct session_row session = {.account = account, .client = client, .scope = scope, .auth_time = NOW};
	const struct token_pair tokens = pair_of(access, refresh);
	struct auth_code consumed;
	int64_t id = 0;

	snprintf(name, sizeof name, "code-%.20s", access);
	hash_of(name, code.hash);
	must(store_code_add(store, &code));
	must(store_code_consume(store, code.hash, NOW, &consumed));
	auth_code_free(&consumed);
	must(store_session_add(store, &session, code.hash, &tokens, &id));
	return id;
}

static inline int use_access(struct store *store, const char *access, int64_t now)
{
	struct session_row session = {0};
	int r = store_access_find(store, H(access), NULL, now, &session);

	session_row_free(&session);
	return r;
}

/* --- recovery: a new number that waits for the SMS that certifies it --------------------------------------------------------- */

#define NEW_PHONE "+33699999999"

/** The SMS that certifies the new number. */
static inline void certify_number(struct store *store, int64_t account, const char *code)
{
	unsigned char sealed[] = "sealed code", text[] = "sealed text";
	char phone[] = NEW_PHONE;
	struct sms_code sms = {.account = account, .purpose = SMS_CERTIFICATION, .code = sealed, .code_length = 11, .created = NOW, .sent = NOW,
			       .expires = NOW + 10 * MINUTE, .phone = phone};
	const struct sms_message message = {.phone = phone, .text = text, .text_length = 11};

	hash_of(code, sms.hash);
	must(store_sms_add(store, &sms, &message));
}

static inline enum phone_result finish_recovery(struct store *store, int64_t account, const unsigned char *ticket, const char *code, int64_t now)
{
	const struct mail mail = {.email = EMAIL, .text = (const unsigned char *)"text", .text_length = 4, .time = now};
	struct phone_change change = {.account = account, .phone = NEW_PHONE, .ticket = ticket, .mail = &mail, .max_tries = 3, .now = now};
	enum phone_result result = PHONE_NONE;
	int remaining = 0;
	char *old = NULL;

	hash_of(code, change.code_hash);
	must(store_phone_change(store, &change, &result, &old, &remaining));
	free(old);
	return result;
}

#endif
