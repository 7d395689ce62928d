/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "inwebo/device.h"
#include "inwebo/sync.h"
#include "support/fake_env.h"

#include <pims/error.h>

#define KEY "0123456789abcdef0123456789abcdef"

static json_t *active_document(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "phase", "active", "device_id", "0011223344556677", "alea", KEY, "id",
			 "42", "k0", KEY, "k1", KEY, "macid", KEY, "kfact", "abcd");
}

static int decode(const json_t *document)
{
	struct iw_device device = {0};
	static const struct iw_device empty;
	int r = iw_device_decode(document, &device);

	if (r < 0)
		assert_memory_equal(&device, &empty, sizeof device);
	iw_device_free(&device);
	return r;
}

static void assert_refused_with(const char *name, json_t *value)
{
	json_t *document = active_document();

	assert_int_equal(decode(document), 0);
	json_object_set_new(document, name, value);
	if (decode(document) != PIMS_E_FORMAT)
		fail_msg("accepted another %s", name);
	json_decref(document);
}

static void members_of_another_form_are_refused(void **state)
{
	char longer[300];

	(void)state;
	memset(longer, 'a', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_refused_with("phase", json_string("running"));
	assert_refused_with("phase", json_integer(4));
	assert_refused_with("pinmode", json_integer(3));
	assert_refused_with("pinmode", json_integer(-1));
	assert_refused_with("tref", json_integer(-1));
	assert_refused_with("device_id", json_string("012345678901234567890123456789012"));
	assert_refused_with("device_id", json_integer(1));
	assert_refused_with("id", json_string("a\nb"));
	assert_refused_with("id", json_string(longer));
	assert_refused_with("k0", json_string("0123"));
	assert_refused_with("k0", json_string(KEY "0"));
	assert_refused_with("k1", json_string("x123456789abcdef0123456789abcdef"));
	assert_refused_with("k1", json_null());
	assert_refused_with("macid", json_string("0"));
	assert_refused_with("j", json_string(longer));
	assert_refused_with("kfact", json_object());
	assert_refused_with("code", json_string("012345678901234567890123456789012"));
}

/* A document must hold what its phase goes on with. */
static void assert_needed(const char *phase, const char *const *names)
{
	json_t *document = active_document();

	json_object_set_new(document, "phase", json_string(phase));
	json_object_set_new(document, "code", json_string("12345678"));
	json_object_set_new(document, "kiw", json_string("abcd"));
	json_object_set_new(document, "ms_id", json_string("1"));
	json_object_set_new(document, "ms_key", json_string("abcd"));
	json_object_set_new(document, "ms_secret", json_string(KEY));
	assert_int_equal(decode(document), 0);
	for (; *names; names++) {
		json_t *member = json_incref(json_object_get(document, *names));

		json_object_del(document, *names);
		if (decode(document) != PIMS_E_FORMAT)
			fail_msg("phase %s without %s", phase, *names);
		json_object_set_new(document, *names, member);
	}
	json_decref(document);
}

static void a_phase_without_what_it_needs_is_refused(void **state)
{
	json_t *empty = json_object();

	(void)state;
	assert_int_equal(decode(empty), PIMS_E_FORMAT);
	json_decref(empty);
	assert_needed("none", (const char *const[]){NULL});
	assert_needed("removed", (const char *const[]){NULL});
	assert_needed("setup", (const char *const[]){"code", "kfact", "kiw", "macid", NULL});
	assert_needed("finalize", (const char *const[]){"code", "kfact", "kiw", "macid", "alea", "device_id", NULL});
	assert_needed("ms", (const char *const[]){"id", "k0", "k1", "ms_id", "ms_key", "ms_secret", "alea", "macid", NULL});
	assert_needed("active", (const char *const[]){"id", "k0", "k1", "alea", "macid", NULL});
}

static void fill(struct iw_device *device)
{
	json_t *document = active_document();
	static const char *const keys[] = {"secval", "ms_secret", "sealed_k0", "sealed_k1", "h"};
	static const char *const texts[] = {"secid", "tsync", "challenge", "code", "kiw", "ms_id", "ms_key", "dk1", "j", "k"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		json_object_set_new(document, keys[i], json_string(KEY));
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		json_object_set_new(document, texts[i], json_string(texts[i]));
	json_object_set_new(document, "pinmode", json_integer(2));
	json_object_set_new(document, "tref", json_integer(1700000123));
	assert_int_equal(iw_device_decode(document, device), 0);
	json_decref(document);
}

static void assert_same(const struct iw_device *a, const struct iw_device *b)
{
	json_t *first = NULL, *second = NULL;

	assert_int_equal(iw_device_encode(a, &first), 0);
	assert_int_equal(iw_device_encode(b, &second), 0);
	assert_int_equal(json_object_size(first), 25);
	assert_true(json_equal(first, second));
	json_wipe(first);
	json_wipe(second);
}

static void everything_survives_a_file_and_a_copy(void **state)
{
	struct iw_device device = {0}, copy = {0}, read = {0};
	json_t *document = NULL;

	(void)state;
	fill(&device);
	assert_int_equal(iw_device_copy(&device, &copy), 0);
	assert_same(&device, &copy);
	assert_int_equal(iw_device_encode(&device, &document), 0);
	assert_int_equal(iw_device_decode(document, &read), 0);
	assert_same(&device, &read);
	assert_int_equal(read.phase, IW_ACTIVE);
	assert_int_equal(read.pinmode, 2);
	json_wipe(document);
	iw_device_free(&device);
	iw_device_free(&copy);
	iw_device_free(&read);
}

static void forgetting_keeps_the_installation_and_the_server_s_key(void **state)
{
	struct iw_device device = {0};
	json_t *document = NULL;

	(void)state;
	fill(&device);
	iw_device_set_removed(&device);
	assert_int_equal(device.phase, IW_REMOVED);
	assert_int_equal(iw_device_encode(&device, &document), 0);
	assert_string_equal(json_string_value(json_object_get(document, "device_id")), "0011223344556677");
	assert_string_equal(json_string_value(json_object_get(document, "kfact")), "abcd");
	assert_int_equal(json_object_size(document), 5); /* with phase, pinmode, tref */
	json_wipe(document);
	iw_device_free(&device);
	fill(&device);
	iw_device_forget(&device);
	assert_int_equal(device.phase, IW_NONE);
	assert_string_equal(device.alea, "");
	iw_device_free(&device);
	assert_string_equal(device.device_id, "");
	iw_device_free(NULL);
}

static void a_device_id_is_made_once(void **state)
{
	struct iw_device device = {0};
	struct fake_env fake;
	struct buf serial = BUF_INIT(256);
	char first[IW_KEY_HEX + 1];

	(void)state;
	fake_env_init(&fake);
	fake.random_fails = true;
	assert_int_equal(iw_device_init(&device, &fake.env), PIMS_E_CRYPTO);
	assert_string_equal(device.device_id, "");
	fake.random_fails = false;
	assert_int_equal(iw_device_init(&device, &fake.env), 0);
	assert_int_equal(strlen(device.device_id), 16);
	snprintf(first, sizeof first, "%s", device.device_id);
	assert_int_equal(iw_device_init(&device, &fake.env), 0);
	assert_string_equal(device.device_id, first);
	snprintf(device.alea, sizeof device.alea, KEY);
	assert_int_equal(iw_device_serial(&device, &serial), 0);
	assert_int_equal(serial.len, 16 + 3 + 32);
	assert_non_null(strstr(buf_text(&serial), "/_/" KEY));
	buf_free(&serial);
	iw_device_free(&device);
	fake_env_free(&fake);
}

/* What an answer may not bring. */
static void sync_refuses_odd_values(void **state)
{
	static const char *const bad[] = {
		"<K0>0123</K0>",
		"<K1>0123456789abcdef0123456789abcdeg</K1>",
		"<K1>" KEY KEY "</K1>",
		"<H>0</H>",
		"<id>4 2</id>",
		"<id>caf\xc3\xa9</id>",
		"<id>01234567890123456789012345678901234567890123456789012345678901234</id>",
		"<s_n>1</s_n><Tsync>now</Tsync>",
		"<s_n>1</s_n><Tsync>123456789012345678901</Tsync>",
		"<s_n>1</s_n><s_id>a b</s_id>",
		"<J>a\nb</J>",
		"<K>a&#9;b</K>",
		"<dK1>a&#127;b</dK1>",
		"<J>" KEY KEY KEY KEY KEY KEY KEY KEY "0</J>",
		"<dK1>" KEY KEY KEY KEY KEY KEY KEY KEY "0</dK1>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct iw_device device = {0};
		struct iw_answer answer = {0};
		char xml[1024];
		int length = snprintf(xml, sizeof xml, "<?xml version=\"1.0\"?><ActionFinalize><err>OK</err>%s</ActionFinalize>", bad[i]);

		fill(&device);
		assert_int_equal(iw_answer_read(xml, (size_t)length, "ActionFinalize", &answer), 0);
		if (iw_sync(&device, &answer, KEY, 0) != PIMS_E_FORMAT)
			fail_msg("accepted: %s", bad[i]);
		iw_answer_free(&answer);
		iw_device_free(&device);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_of_another_form_are_refused),
		cmocka_unit_test(a_phase_without_what_it_needs_is_refused),
		cmocka_unit_test(sync_refuses_odd_values),
		cmocka_unit_test(everything_survives_a_file_and_a_copy),
		cmocka_unit_test(forgetting_keeps_the_installation_and_the_server_s_key),
		cmocka_unit_test(a_device_id_is_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
