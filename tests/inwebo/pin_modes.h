/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_TESTS_INWEBO_PIN_MODES_H
#define PIMS_TESTS_INWEBO_PIN_MODES_H

#include "vectors.h"

#include "inwebo/answer.h"
#include "inwebo/client.h"
#include "inwebo/crypto.h"
#include "inwebo/server.h"
#include "support/fake_env.h"

#include <pims/error.h>
#include <stdlib.h>

/* An enrolled device and the record that the server keeps of it, for tests of the modes status, password and reset (docs/PROTOCOL.md §1). */

#define MACID "0123456789abcdef0123456789abcdef"
#define SERIAL "0011223344556677/_/00112233445566778899aabbccddeeff"
#define K0 "000102030405060708090a0b0c0d0e0f"
#define K1 "101112131415161718191a1b1c1d1e1f"
#define CHALLENGE "fedcba98765432100123456789abcdef"
#define OLD "1234"
#define NEW "9071"
#define CODE "12345678"
#define XML(root, inside) "<?xml version=\"1.0\"?><" root ">" inside "</" root ">"
#define SETUP_XML(inside) XML("ActionSetup", "<err>OK</err>" inside)
#define FINALIZE_XML(inside) XML("ActionFinalize", "<err>OK</err>" inside)
#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct iw_new_pin password = {.old_pin = OLD, .new_pin = NEW}, reset = {.new_pin = NEW, .code = CODE};
static const struct iw_new_pin *const modes[] = {&password, &reset};

enum { MODES = sizeof modes / sizeof *modes };

struct both {
	struct fake_env fake;
	struct iw_keys *keys;
	struct iw_app app;
	struct iw_device device;
	struct iw_record record;
	struct buf target, xml;
	struct query query;
	struct iw_request request; /**< the last one, as the server read it */
};

static inline json_t *rsa_keys(void)
{
	static const char *const names[][2] = {{"kfact", "kfact"}, {"kiw", "kiw"}, {"kms", "ms"}};
	json_t *file = vector_file("rsa-test-keys"), *all = json_object();

	json_object_set_new(all, "version", json_integer(1));
	for (size_t i = 0; i < 3; i++)
		json_object_set(all, names[i][1], json_object_get(json_object_get(file, "keys"), names[i][0]));
	json_decref(file);
	return all;
}

/* A device as its enrollment left it, and what the server keeps of it. */
static inline void enrol(struct both *both)
{
	struct iw_device *device = &both->device;

	device->phase = IW_ACTIVE;
	snprintf(device->device_id, sizeof device->device_id, "0011223344556677");
	snprintf(device->alea, sizeof device->alea, "00112233445566778899aabbccddeeff");
	snprintf(device->id, sizeof device->id, "42");
	snprintf(device->macid, sizeof device->macid, MACID);
	assert_int_equal(secret_set(&device->k0, K0), 0);
	assert_int_equal(secret_set(&device->k1, K1), 0);
	assert_int_equal(secret_set(&device->secval, "202122232425262728292a2b2c2d2e2f"), 0);
	device->kfact = strdup(iw_keys_kfact(both->keys));
	assert_non_null(device->kfact);
	assert_int_equal(secret_set(&both->record.k0, K0), 0);
	assert_int_equal(secret_set(&both->record.k1, K1), 0);
	assert_int_equal(iw_kma(OLD, SERIAL, &both->record.kma), 0);
}

static inline int begin(void **state)
{
	static struct both both;
	json_t *keys = rsa_keys();
	char *text = json_dumps(keys, JSON_COMPACT);

	memset(&both, 0, sizeof both);
	fake_env_init(&both.fake);
	assert_non_null(text);
	assert_int_equal(iw_keys_decode(text, strlen(text), &both.fake.env, &both.keys), 0);
	free(text);
	json_decref(keys);
	both.app = (struct iw_app){.macid = MACID, .lang = "fr", .name = "test"};
	buf_init(&both.target, IW_MAX_TARGET);
	buf_init(&both.xml, IW_MAX_ANSWER);
	enrol(&both);
	*state = &both;
	return 0;
}

static inline int end(void **state)
{
	struct both *both = *state;

	iw_keys_free(both->keys);
	iw_device_free(&both->device);
	iw_record_free(&both->record);
	buf_free(&both->target);
	buf_free(&both->xml);
	query_free(&both->query);
	fake_env_free(&both->fake);
	return 0;
}

/* --- steps --------------------------------------------------------------------------------------------------------------------------- */

static inline enum iw_step setup_step(const struct iw_new_pin *pin)
{
	return pin->code ? IW_STEP_SETUP_RESET : IW_STEP_SETUP_PASSWORD;
}

static inline enum iw_step finalize_step(const struct iw_new_pin *pin)
{
	return pin->code ? IW_STEP_FINALIZE_RESET : IW_STEP_FINALIZE_PASSWORD;
}

/* An answer to the Setup, or with `finalizes` to the Finalize. */
static inline int read_bytes(struct iw_device *device, const struct iw_new_pin *pin, bool finalizes, const char *xml, size_t length)
{
	struct iw_reply reply = {.xml = xml, .length = length, .time = 1700000000};

	return finalizes ? iw_client_finalize_pin_answer(device, pin, &reply) : iw_client_setup_pin_answer(device, pin, &reply);
}

static inline int read_text(struct both *both, const struct iw_new_pin *pin, bool finalizes, const char *xml)
{
	return read_bytes(&both->device, pin, finalizes, xml, strlen(xml));
}

static inline void challenge(struct both *both, const struct iw_new_pin *pin)
{
	buf_reset(&both->xml);
	assert_int_equal(iw_server_answer_setup_pin(both->keys, setup_step(pin), CHALLENGE, &both->xml), 0);
	assert_int_equal(read_text(both, pin, false, buf_text(&both->xml)), 0);
}

static inline int finalize(struct both *both, const struct iw_new_pin *pin)
{
	buf_reset(&both->target);
	return iw_client_finalize_pin(&both->device, &both->fake.env, &both->app, pin, &both->target);
}

/* The request arrives. */
static inline void arrive(struct both *both)
{
	const char *text = strchr(buf_text(&both->target), '?');

	assert_non_null(text);
	query_free(&both->query);
	assert_int_equal(query_parse(text + 1, strlen(text + 1), &both->query), 0);
	assert_int_equal(iw_request_read(&both->query, &both->request), 0);
}

static inline void ask(struct both *both, const struct iw_new_pin *pin)
{
	challenge(both, pin);
	assert_int_equal(finalize(both, pin), 0);
	arrive(both);
}

static inline struct iw_verdict check(const struct both *both, const char *pin)
{
	struct iw_expected expected = {.challenge = CHALLENGE, .serial = SERIAL, .pin = pin};
	struct iw_verdict verdict = {0};

	assert_int_equal(iw_server_check(&both->record, &expected, &both->request, &verdict), 0);
	return verdict;
}

static inline json_t *picture(const struct iw_device *device)
{
	json_t *object = NULL;

	assert_int_equal(iw_device_encode(device, &object), 0);
	return object;
}

static inline void assert_refused(struct both *both, const struct iw_new_pin *pin, bool finalizes, const char *xml, int expected)
{
	json_t *before = picture(&both->device), *after;
	int r = read_text(both, pin, finalizes, xml);

	if (r != expected)
		fail_msg("%s %s: %d instead of %d for %.300s", pin->code ? "reset" : "password", finalizes ? "Finalize" : "Setup", r,
			 expected, xml);
	after = picture(&both->device);
	assert_true(json_equal(before, after));
	json_wipe(before);
	json_wipe(after);
}

static inline void assert_key(const struct secret *key, const char *expected)
{
	assert_string_equal(secret_text(key), expected);
}

/* A key as the server closes it under Kma of a PIN. */
static inline void seal(const char *pin, const char *key, struct secret *ret_sealed)
{
	cleanup_secret struct secret kma = {0};

	assert_int_equal(iw_kma(pin, SERIAL, &kma), 0);
	assert_int_equal(iw_key_close(secret_text(&kma), key, ret_sealed), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
