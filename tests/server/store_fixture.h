/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_STORE_FIXTURE_H
#define TESTS_SERVER_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"
#include "support/fake_env.h"

#include <pims/error.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * The contract of server/store/store.h, for whatever backend store_begin() opens: tests use the public operations only, on a store of their own with
 * an account, a client, and a clock that stands.
 */

#define NOW FAKE_NOW
#define MINUTE INT64_C(60000)
#define EMAIL "jo@example.com"

struct fixture {
	struct fake_env fake;
	struct env env; /**< the fake one, for many threads */
	pthread_mutex_t random_lock;
	char directory[64];
	char path[96];
	struct store *store;
	int64_t account;
};

static inline void must(int r)
{
	assert_int_equal(r, 0);
}

/** 32 bytes that stand for a name. */
static inline const unsigned char *hash_of(const char *name, unsigned char ret_hash[32])
{
	memset(ret_hash, 0, 32);
	memcpy(ret_hash, name, strlen(name) < 32 ? strlen(name) : 32);
	return ret_hash;
}
#define H(name) hash_of((name), (unsigned char[32]){0})

static inline void add_client(struct store *store, const char *id)
{
	char name[] = "An application", uris[] = "http://127.0.0.1/callback";
	char copy[64];
	const struct client client = {.id = copy, .name = name, .redirect_uris = uris};

	must(text_copy(copy, sizeof copy, id));
	must(store_client_add(store, &client));
}

static inline int64_t add_account(struct store *store, const char *email)
{
	struct account account;
	int64_t id;

	must(store_account_add(store, email, "$argon2id$hash", "0612345678", NOW));
	must(store_account_by_email(store, email, &account));
	id = account.id;
	account_free(&account);
	return id;
}

static inline struct account read_account(struct store *store, int64_t id)
{
	struct account account;

	must(store_account_by_id(store, id, &account));
	return account;
}

static inline int locked_fill(void *data, void *bytes, size_t length)
{
	struct fixture *fixture = data;
	int r;

	pthread_mutex_lock(&fixture->random_lock);
	r = env_random(&fixture->fake.env, bytes, length);
	pthread_mutex_unlock(&fixture->random_lock);
	return r;
}

static inline void fixture_open(struct fixture *fixture)
{
	must(sqlite_open(&fixture->store, fixture->path, &fixture->env));
}

static inline void fixture_reopen(struct fixture *fixture)
{
	store_close(fixture->store);
	fixture_open(fixture);
}

static inline int store_begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	assert_non_null(fixture);
	fake_env_init(&fixture->fake);
	pthread_mutex_init(&fixture->random_lock, NULL);
	fixture->env = fixture->fake.env;
	fixture->env.random = (struct pims_random){.size = sizeof(struct pims_random), .fill = locked_fill, .data = fixture};
	snprintf(fixture->directory, sizeof fixture->directory, "/tmp/pims_store_XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->path, sizeof fixture->path, "%s/pims.db", fixture->directory);
	fixture_open(fixture);
	add_client(fixture->store, "app");
	fixture->account = add_account(fixture->store, EMAIL);
	*state = fixture;
	return 0;
}

static inline void remove_files(const struct fixture *fixture)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", fixture->path, ends[i]);
		unlink(path);
	}
	rmdir(fixture->directory);
}

static inline int store_end(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	remove_files(fixture);
	pthread_mutex_destroy(&fixture->random_lock);
	fake_env_free(&fixture->fake);
	free(fixture);
	return 0;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_begin, store_end)

/** Runs `run(argument)` in `count` threads at once and waits. */
static inline void in_threads(int count, void *(*run)(void *argument), void *argument)
{
	pthread_t threads[64];

	assert_true(count <= 64);
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, argument), 0);
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/** An activation: a code for the account and the device of its Finalize. */
static inline void add_sms(struct store *store, int64_t account, enum sms_purpose purpose, const char *code)
{
	unsigned char sealed[] = "sealed code", text[] = "sealed text";
	char phone[] = "0612345678";
	struct sms_code sms = {.account = account, .purpose = purpose, .code = sealed, .code_length = 11, .created = NOW, .sent = NOW, .expires = NOW + 10 * MINUTE};
	const struct sms_message message = {.phone = phone, .text = text, .text_length = 11};

	hash_of(code, sms.hash);
	must(store_sms_add(store, &sms, &message));
}

struct device_texts {
	char serial[80], device_id[40], name[16];
	unsigned char keys[16];
};

/** A device of one of our texts; not to be freed. */
static inline struct device make_device(struct device_texts *texts, int64_t account, int64_t id, const char *installation)
{
	struct device device = {.id = id, .account = account, .serial = texts->serial, .device_id = texts->device_id, .name = texts->name,
				.keys = texts->keys, .keys_length = 10, .challenge_expires = NOW + MINUTE};

	snprintf(texts->device_id, sizeof texts->device_id, "%s", installation);
	snprintf(texts->serial, sizeof texts->serial, "%s/_/alea", installation);
	snprintf(texts->name, sizeof texts->name, "a phone");
	memcpy(texts->keys, "sealedkeys", 11);
	must(text_copy(device.challenge, sizeof device.challenge, "challenge-of-finalize"));
	hash_of("code", device.code_hash);
	return device;
}

/** An active device with a challenge. */
static inline struct device enroll(struct fixture *fixture, struct device_texts *texts, int64_t id, const char *installation)
{
	struct device device = make_device(texts, fixture->account, id, installation);
	struct device stored;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(store_enroll_finalize(fixture->store, &device, NULL, 0, 5, NOW));
	must(store_device_get(fixture->store, id, &stored));
	device.version = stored.version;
	device_free(&stored);
	must(store_enroll_ms(fixture->store, &device, NULL, NOW));
	must(store_device_challenge(fixture->store, id, "0123456789abcdef", NOW + MINUTE));
	must(store_device_get(fixture->store, id, &stored));
	device.version = stored.version;
	device_free(&stored);
	return device;
}

static inline int fixture_count_mail(void *data, const struct mail *mail)
{
	(void)mail;
	++*(int *)data;
	return 0;
}

/** How many messages the outbox has. */
static inline int fixture_mails(struct store *store)
{
	int count = 0;

	must(store_mail_outbox(store, 0, fixture_count_mail, &count));
	return count;
}

/** A notice, sealed. */
static inline struct mail fixture_notice(void)
{
	return (struct mail){.email = EMAIL, .text = (const unsigned char *)"sealed", .text_length = 6, .time = NOW};
}

#endif
