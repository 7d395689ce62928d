/* SPDX-License-Identifier: Apache-2.0 */
#include "iwws_fixture.h"

#include "server/iwws/keys.h"

/* What the endpoint makes of requests that no client of ours sends, and step ms. */

#define ACTIVATE "/iwws/MAC?action=ActionSetup&mode=activate&id=&lastsync=0&version=Generator-1.0%2F0.2.11&macid="
#define R "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void assert_err(struct iwws *iwws, const char *target, const char *root, const char *err)
{
	static const char declaration[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><";
	char expected[64];

	assert_int_equal(iwws_serve(iwws, target, &iwws->xml), 200);
	assert_memory_equal(buf_text(&iwws->xml), declaration, sizeof declaration - 1);
	snprintf(expected, sizeof expected, "<err>%s</err>", err);
	assert_non_null(strstr(buf_text(&iwws->xml), expected));
	snprintf(expected, sizeof expected, "</%s>", root);
	assert_string_equal(buf_text(&iwws->xml) + iwws->xml.len - strlen(expected), expected);
}

static void malformed_requests_are_refused_in_xml(void **state)
{
	static const char *const setups[] = {
		"/iwws/MAC?",
		"/iwws/MAC?action=ActionSetup",
		"/iwws/MAC?action=ActionSetup&mode=ms&macid=" MACID,
		"/iwws/MAC?action=Other&mode=otp&macid=" MACID "&id=1",
		"/iwws/MAC?action=ActionSetup&mode=synchro&macid=" MACID "&id=1",
		ACTIVATE MACID,
		ACTIVATE MACID "&code=",
		ACTIVATE MACID "&code=abcdefgh",
		ACTIVATE MACID "&code=1234%205678",
		ACTIVATE MACID "&code=123456789012345678901234567890123",
		ACTIVATE "&code=12345678",
		ACTIVATE "0123&code=12345678",
		ACTIVATE "x123456789abcdef0123456789abcdef&code=12345678",
		"/iwws/MAC?action=ActionSetup&mode=otp&id=abc&macid=" MACID,
		"/iwws/MAC?action=ActionSetup&mode=otp&id=-1&macid=" MACID,
	};
	struct iwws *iwws = *state;

	for (size_t i = 0; i < sizeof setups / sizeof *setups; i++)
		assert_err(iwws, setups[i], "ActionSetup", "NOK:SN");
	assert_err(iwws, "/iwws/MAC?action=ActionFinalize", "ActionFinalize", "NOK:SN");
	assert_err(iwws, "/iwws/MAC?action=ActionFinalize&mode=otp&id=1&macid=" MACID "&R0=" R "&R1=" R, "ActionFinalize", "NOK:SN");
	assert_err(iwws, "/iwws/MAC?action=ActionFinalize&mode=otp&id=1&macid=" MACID "&R0=" R "&R1=" R "&R2=12", "ActionFinalize",
		   "NOK:SN");
	assert_null(strstr(buf_text(&iwws->xml), "newversion"));
	assert_err(iwws, "/iwws/MAC?action=ActionFinalize&mode=activate&macid=" MACID, "ActionFinalize", "NOK:SN");
	assert_non_null(strstr(buf_text(&iwws->xml), "<newversion/><newversionurl/>"));
}

/* The query string is read before the endpoint, which only gives the answer. */
static void a_query_string_that_cannot_be_read_is_refused_in_xml(void **state)
{
	struct response response = {.body = BUF_INIT(65536), .headers = BUF_INIT(4096)};

	(void)state;
	response_problem(&response, 400, "request.query", "The query string is malformed", -1, -1);
	iwws_malformed(&response);
	assert_int_equal(response.status, 200);
	assert_string_equal(response.content_type, "text/xml; charset=utf-8");
	assert_string_equal(buf_text(&response.body), "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ActionSetup><err>NOK:SN</err></ActionSetup>");
	buf_free(&response.body);
	buf_free(&response.headers);
}

static void another_application_is_not_served(void **state)
{
	struct iwws *iwws = *state;

	assert_err(iwws, ACTIVATE "ffffffffffffffffffffffffffffffff&code=12345678", "ActionSetup", "NOK:NOSRV");
	assert_err(iwws, ACTIVATE "0123456789ABCDEF0123456789ABCDEF&code=12345678", "ActionSetup", "NOK:CODE");
}

static void unknown_and_missing_common_parameters_do_not_matter(void **state)
{
	struct iwws *iwws = *state;

	iwws_send_code(iwws, CODE);
	assert_err(iwws, "/iwws/MAC?code=" CODE "&extra=1&mode=activate&macid=" MACID "&action=ActionSetup", "ActionSetup", "OK");
	assert_non_null(strstr(buf_text(&iwws->xml), "<pinmode>2</pinmode>"));
}

static void what_does_not_open_under_kiw_is_refused(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	char *kma;

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iw_client_finalize_activate(&device, &iwws->fake.env, &iwws->app, PIN, &target), 0);
	kma = strstr(target.data, "&Kma=") + 5;
	kma[17] = kma[17] == '0' ? '1' : '0';
	assert_err(iwws, target.data, "ActionFinalize", "NOK:SN");
	memset(kma, 'f', 256); /* not below the modulus */
	assert_err(iwws, target.data, "ActionFinalize", "NOK:SN");
	memset(kma, '0', 256);
	assert_err(iwws, target.data, "ActionFinalize", "NOK:SN");
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);
	buf_free(&target);
	iw_device_free(&device);
}

static void a_serial_must_have_its_form(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	char *serial;

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iw_client_finalize_activate(&device, &iwws->fake.env, &iwws->app, PIN, &target), 0);
	serial = strstr(target.data, "%2F_%2F");
	memcpy(serial, "%2Fx%2F", 7);
	assert_err(iwws, target.data, "ActionFinalize", "NOK:SN");
	buf_free(&target);
	iw_device_free(&device);
}

static void a_name_that_is_no_utf8_is_dropped(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct device row = {0};

	iwws->app.name = "caf\xe9";
	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(store_device_get(iwws->server.store, strtoll(device.id, NULL, 10), &row), 0);
	assert_string_equal(row.name, "");
	assert_string_equal(row.device_id, device.device_id);
	device_free(&row);
	iw_device_free(&device);
}

static void begin_ms(struct iwws *iwws, struct iw_device *device)
{
	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, device, CODE), 0);
	assert_int_equal(iwws_finalize(iwws, device, PIN), 0);
	assert_int_equal(device->phase, IW_MS);
}

static void step_ms_wants_the_device_s_keys_and_the_pin(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, stranger = {0};

	begin_ms(iwws, &device);
	assert_int_equal(iw_device_copy(&device, &stranger), 0);
	assert_int_equal(secret_set(&stranger.k1, "00000000000000000000000000000000"), 0);
	assert_int_equal(iwws_ms(iwws, &stranger, PIN), IW_STATE);
	assert_int_equal(iwws_ms(iwws, &device, ""), IW_ACCESS);
	assert_string_equal(iwws->refusal.cause, "otp.pin_required");
	assert_int_equal(iwws_ms(iwws, &device, "0000"), IW_ACCESS);
	assert_int_equal(iwws->refusal.remaining, 4);
	assert_int_equal(device.phase, IW_MS);
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	iw_device_free(&device);
	iw_device_free(&stranger);
}

static void wrong_pins_in_step_ms_block_too(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	begin_ms(iwws, &device);
	for (int left = 4; left > 0; left--)
		assert_int_equal(iwws_ms(iwws, &device, "0000"), IW_ACCESS);
	assert_int_equal(iwws_ms(iwws, &device, "0000"), IW_BLOCKED);
	assert_true(iwws_pin_blocked(iwws));
	assert_int_equal(iwws_ms(iwws, &device, PIN), IW_BLOCKED);
	assert_int_equal(store_account_set_blocked(iwws->server.store, EMAIL, false), 0);
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0); /* the step was not lost */
	iw_device_free(&device);
}

static void a_repeated_ms_step_is_answered_again(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, again = {0};
	struct secret otp = {0};

	begin_ms(iwws, &device);
	assert_int_equal(iw_device_copy(&device, &again), 0);
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	device.phase = IW_MS;
	for (int i = 0; i < 2; i++) {
		struct iw_device copy = {0};

		assert_int_equal(iw_device_copy(&again, &copy), 0);
		assert_int_equal(iwws_ms(iwws, &copy, PIN), 0);
		assert_int_equal(iwws_ms(iwws, &copy, PIN), PIMS_E_STATE);
		iw_device_free(&copy);
	}
	assert_int_equal(secret_set(&again.ms_secret, "00000000000000000000000000000000"), 0);
	assert_int_equal(iwws_ms(iwws, &again, PIN), IW_STATE); /* not the same step */
	device.phase = IW_ACTIVE;
	assert_int_equal(iwws_otp(iwws, &device, PIN, &otp), 0);
	assert_int_equal(iwws_consume(iwws, &otp), 0);
	secret_free(&otp);
	iw_device_free(&device);
	iw_device_free(&again);
}

static void ms_values_of_another_form_are_refused(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);
	char *id;

	begin_ms(iwws, &device);
	assert_int_equal(iw_client_ms(&device, &iwws->fake.env, PIN, &target), 0);
	id = strstr(target.data, "ms_id0=" IW_MS_ID) + 7;
	*id = '9';
	assert_err(iwws, target.data, "ActionFinalize", "NOK:SN");
	*id = *IW_MS_ID;
	memset(strstr(target.data, "ms_val0=") + 8, '0', 256);
	assert_err(iwws, target.data, "ActionFinalize", "NOK:SN");
	assert_int_equal(iwws_ms(iwws, &device, PIN), 0);
	buf_free(&target);
	iw_device_free(&device);
}

static void a_store_that_fails_is_no_answer_of_the_protocol(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct seal *seal = iwws->server.seal;
	struct buf target = BUF_INIT(256);
	char directory[] = "/tmp/pims_iwws_seal_XXXXXX", path[64];

	iwws_enrol(iwws, &device, CODE);
	assert_non_null(mkdtemp(directory));
	assert_int_equal(seal_open_master(&iwws->server.seal, directory, &iwws->fake.env), 0);
	buf_printf(&target, "/iwws/MAC?action=ActionSetup&mode=otp&id=%s&macid=" MACID, device.id);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), &iwws->xml), 0); /* 500 */
	assert_string_equal(buf_text(&iwws->xml), "");
	buf_free(&target);
	seal_free(iwws->server.seal);
	iwws->server.seal = seal;
	snprintf(path, sizeof path, "%s/master.key", directory);
	(void)unlink(path);
	assert_int_equal(rmdir(directory), 0);
	iw_device_free(&device);
}

static void the_keys_are_made_once(void **state)
{
	struct iwws *iwws = *state;
	struct iw_keys *first = NULL, *second = NULL;

	assert_int_equal(iwws_keys_load(&first, iwws->server.store, iwws->server.seal, &iwws->fake.env), 0);
	assert_int_equal(iwws_keys_load(&second, iwws->server.store, iwws->server.seal, &iwws->fake.env), 0);
	assert_string_equal(iw_keys_kfact(first), iw_keys_kfact(second));
	assert_int_equal(strlen(iw_keys_kfact(first)), 256);
	assert_int_equal(strlen(iw_keys_kiw(first)), 768);
	iw_keys_free(first);
	iw_keys_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IWWS_TEST(malformed_requests_are_refused_in_xml),
		IWWS_TEST(a_query_string_that_cannot_be_read_is_refused_in_xml),
		IWWS_TEST(another_application_is_not_served),
		IWWS_TEST(unknown_and_missing_common_parameters_do_not_matter),
		IWWS_TEST(what_does_not_open_under_kiw_is_refused),
		IWWS_TEST(a_serial_must_have_its_form),
		IWWS_TEST(a_name_that_is_no_utf8_is_dropped),
		IWWS_TEST(step_ms_wants_the_device_s_keys_and_the_pin),
		IWWS_TEST(wrong_pins_in_step_ms_block_too),
		IWWS_TEST(a_repeated_ms_step_is_answered_again),
		IWWS_TEST(ms_values_of_another_form_are_refused),
		IWWS_TEST(a_store_that_fails_is_no_answer_of_the_protocol),
		IWWS_TEST(the_keys_are_made_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
