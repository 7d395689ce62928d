/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_IWWS_FIXTURE_H
#define TESTS_SERVER_IWWS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inwebo/answer.h"
#include "inwebo/client.h"
#include "inwebo/server.h"
#include "server/server.h"
#include "server/store/seal.h"
#include "server/store/sqlite.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The real client against the real endpoint, store and seals, in a directory of its own; only sockets and clock are left out. */

#define MACID "0123456789abcdef0123456789abcdef"
#define EMAIL "demo@example.com"
#define PIN "48219374"
#define CODE "73519204"

struct iwws {
	struct fake_env fake;
	struct server server;
	char directory[64];
	struct buf xml; /**< the last answer */
	int status;
	const char *address;
	int64_t account;
	struct iw_app app;
	struct iw_refusal refusal; /**< of the last client step */
};

static inline void iwws_keys_from_vectors(struct iwws *iwws)
{
	static const char *const names[] = {"kfact", "kiw", "kms"};
	json_t *file = json_load_file(TEST_DATA_DIR "/vectors/rsa-test-keys.json", 0, NULL), *all = json_object();
	struct buf text = BUF_INIT(IW_KEYS_MAX);

	json_object_set_new(all, "version", json_integer(1));
	for (int i = 0; i < 3; i++)
		json_object_set(all, i == 2 ? "ms" : names[i], json_object_get(json_object_get(file, "keys"), names[i]));
	assert_int_equal(json_write(all, &text), 0);
	assert_int_equal(iw_keys_decode(buf_text(&text), text.len, &iwws->fake.env, &iwws->server.iw_keys), 0);
	buf_free(&text);
	json_decref(all);
	json_decref(file);
}

static inline void iwws_read_account(const struct iwws *iwws, struct account *ret_account)
{
	assert_int_equal(store_account_by_email(iwws->server.store, EMAIL, ret_account), 0);
}

static inline int iwws_begin(void **state)
{
	static struct iwws iwws;
	struct account account = {0};
	char path[128];

	memset(&iwws, 0, sizeof iwws);
	fake_env_init(&iwws.fake);
	snprintf(iwws.directory, sizeof iwws.directory, "/tmp/pims_iwws_XXXXXX");
	assert_non_null(mkdtemp(iwws.directory));
	snprintf(path, sizeof path, "%s/db", iwws.directory);
	iwws.server.env = iwws.fake.env;
	iwws.server.settings = (struct settings){.macid = MACID,
						 .sms_seconds = 600,
						 .otp_seconds = 120,
						 .challenge_seconds = 120,
						 .pin_tries = 5,
						 .max_devices = 2,
						 .otp_without_pin = true};
	assert_int_equal(seal_open_master(&iwws.server.seal, iwws.directory, &iwws.fake.env), 0);
	assert_int_equal(sqlite_open(&iwws.server.store, path, &iwws.fake.env), 0);
	iwws_keys_from_vectors(&iwws);
	buf_init(&iwws.xml, IW_MAX_ANSWER);
	iwws.address = "127.0.0.1";
	iwws.app = (struct iw_app){.macid = MACID, .name = "test device"};
	assert_int_equal(store_account_add(iwws.server.store, EMAIL, "hash", "0612345678", iwws.fake.now), 0);
	iwws_read_account(&iwws, &account);
	iwws.account = account.id;
	account_free(&account);
	*state = &iwws;
	return 0;
}

static inline int iwws_end(void **state)
{
	struct iwws *iwws = *state;
	static const char *const files[] = {"db", "db-wal", "db-shm", "master.key"};
	char path[128];

	store_close(iwws->server.store);
	seal_free(iwws->server.seal);
	iw_keys_free(iwws->server.iw_keys);
	buf_free(&iwws->xml);
	fake_env_free(&iwws->fake);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s/%s", iwws->directory, files[i]);
		(void)unlink(path);
	}
	return rmdir(iwws->directory);
}

/* A text message has arrived. */
static inline void iwws_send(struct iwws *iwws, enum sms_purpose purpose, const char *digits)
{
	char phone[] = "0612345678";
	struct buf sealed = BUF_INIT(1024);
	struct sms_code code = {.account = iwws->account, .purpose = purpose, .created = iwws->fake.now, .sent = iwws->fake.now};
	struct sms_message message = {.phone = phone};

	code.expires = iwws->fake.now + iwws->server.settings.sms_seconds * 1000;
	assert_int_equal(seal_digest(iwws->server.seal, digits, code.hash), 0);
	assert_int_equal(seal_value(iwws->server.seal, &iwws->fake.env, digits, strlen(digits), &sealed), 0);
	code.code = message.text = (unsigned char *)sealed.data;
	code.code_length = message.text_length = sealed.len;
	assert_int_equal(store_sms_add(iwws->server.store, &code, &message), 0);
	buf_free(&sealed);
}

static inline void iwws_send_code(struct iwws *iwws, const char *digits)
{
	iwws_send(iwws, SMS_ENROLLMENT, digits);
}

/* Runs the endpoint; the answer goes to `ret_xml`. From any thread. Returns the status. */
static inline int iwws_serve(struct iwws *iwws, const char *target, struct buf *ret_xml)
{
	struct request request = {.method = "GET", .path = "/iwws/MAC", .body = "", .address = iwws->address, .server = &iwws->server};
	struct response response = {.body = BUF_INIT(65536), .headers = BUF_INIT(4096)};
	const char *query = strchr(target, '?') + 1;

	if (query_parse(query, strlen(query), &request.query) < 0)
		abort();
	iwws_routes[0].handler(&request, &response);
	buf_reset(ret_xml);
	buf_puts(ret_xml, buf_text(&response.body));
	query_free(&request.query);
	buf_free(&response.body);
	buf_free(&response.headers);
	return response.status;
}

enum { IWWS_RACERS = 4 };
struct iwws_racer {
	struct iwws *iwws;
	const char *target;
	struct buf xml; /**< its answer, freed by the test */
};

static inline void *iwws_run_racer(void *data)
{
	struct iwws_racer *racer = data;

	(void)iwws_serve(racer->iwws, racer->target, &racer->xml);
	return NULL;
}

/* The same request on several workers at once. */
static inline void iwws_race(struct iwws *iwws, const char *target, struct iwws_racer ret_racers[IWWS_RACERS])
{
	pthread_t threads[IWWS_RACERS];

	for (int i = 0; i < IWWS_RACERS; i++) {
		ret_racers[i] = (struct iwws_racer){.iwws = iwws, .target = target, .xml = BUF_INIT(IW_MAX_ANSWER)};
		assert_int_equal(pthread_create(&threads[i], NULL, iwws_run_racer, &ret_racers[i]), 0);
	}
	for (int i = 0; i < IWWS_RACERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static inline struct iw_reply iwws_ask(struct iwws *iwws, const char *target)
{
	iwws->status = iwws_serve(iwws, target, &iwws->xml);
	return (struct iw_reply){.xml = buf_text(&iwws->xml), .length = iwws->xml.len};
}

/* Asks with a target that is freed, keeps the refusal. */
#define IWWS_STEP(iwws, build, read) \
	do { \
		struct buf target = BUF_INIT(IW_MAX_TARGET); \
		struct iw_reply reply; \
		int built = (build); \
		if (built == 0) { \
			reply = iwws_ask(iwws, buf_text(&target)); \
			assert_int_equal((iwws)->status, 200); \
			built = (read); \
			(iwws)->refusal = reply.refusal; \
		} \
		buf_free(&target); \
		return built; \
	} while (0)

static inline int iwws_setup(struct iwws *iwws, struct iw_device *device, const char *code)
{
	IWWS_STEP(iwws, iw_client_setup_activate(&iwws->app, code, &target),
		  iw_client_setup_activate_answer(device, &iwws->app, code, &reply));
}

static inline int iwws_finalize(struct iwws *iwws, struct iw_device *device, const char *pin)
{
	const struct env *env = &iwws->fake.env;

	IWWS_STEP(iwws, iw_client_finalize_activate(device, env, &iwws->app, pin, &target),
		  iw_client_finalize_activate_answer(device, env, pin, &reply));
}

static inline int iwws_ms(struct iwws *iwws, struct iw_device *device, const char *pin)
{
	IWWS_STEP(iwws, iw_client_ms(device, &iwws->fake.env, pin, &target), iw_client_ms_answer(device, pin, &reply));
}

static inline int iwws_setup_otp(struct iwws *iwws, struct iw_device *device)
{
	IWWS_STEP(iwws, iw_client_setup_otp(device, &target), iw_client_setup_otp_answer(device, &reply));
}

static inline int iwws_finalize_otp(struct iwws *iwws, struct iw_device *device, const char *pin, struct secret *ret_otp)
{
	bool again = false;

	IWWS_STEP(iwws, iw_client_finalize_otp(device, &iwws->app, pin, &target),
		  iw_client_finalize_otp_answer(device, pin, &reply, ret_otp, &again));
}

static inline int iwws_otp(struct iwws *iwws, struct iw_device *device, const char *pin, struct secret *ret_otp)
{
	int r = iwws_setup_otp(iwws, device);

	return r == 0 ? iwws_finalize_otp(iwws, device, pin, ret_otp) : r;
}

static inline int iwws_setup_pin(struct iwws *iwws, struct iw_device *device, const struct iw_new_pin *pin)
{
	IWWS_STEP(iwws, iw_client_setup_pin(device, pin, &target), iw_client_setup_pin_answer(device, pin, &reply));
}

static inline int iwws_finalize_pin(struct iwws *iwws, struct iw_device *device, const struct iw_new_pin *pin)
{
	IWWS_STEP(iwws, iw_client_finalize_pin(device, &iwws->fake.env, &iwws->app, pin, &target),
		  iw_client_finalize_pin_answer(device, pin, &reply));
}

static inline int iwws_new_pin(struct iwws *iwws, struct iw_device *device, struct iw_new_pin pin)
{
	int r = iwws_setup_pin(iwws, device, &pin);

	return r == 0 ? iwws_finalize_pin(iwws, device, &pin) : r;
}

static inline void iwws_enrol(struct iwws *iwws, struct iw_device *device, const char *code)
{
	iwws_send_code(iwws, code);
	assert_int_equal(iwws_setup(iwws, device, code), 0);
	assert_int_equal(iwws_finalize(iwws, device, PIN), 0);
	assert_int_equal(iwws_ms(iwws, device, PIN), 0);
	assert_int_equal(device->phase, IW_ACTIVE);
}

/* What a service does with an OTP: 0 once. */
static inline int iwws_consume(struct iwws *iwws, const struct secret *otp)
{
	unsigned char hash[SEAL_DIGEST_SIZE];

	assert_false(secret_empty(otp));
	assert_int_equal(seal_digest(iwws->server.seal, secret_text(otp), hash), 0);
	return store_otp_consume(iwws->server.store, iwws->account, hash, iwws->fake.now);
}

static inline bool iwws_pin_blocked(const struct iwws *iwws)
{
	struct account account = {0};
	bool blocked;

	iwws_read_account(iwws, &account);
	blocked = account.pin_blocked;
	account_free(&account);
	return blocked;
}

#define IWWS_TEST(name) cmocka_unit_test_setup_teardown(name, iwws_begin, iwws_end)

#endif
