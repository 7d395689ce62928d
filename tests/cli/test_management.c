/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

/* The words about devices, PIN, phone number and account. */

static struct result result;

#define API_ACCOUNT "pims.authentication.account"
#define API_USER "pims.authentication.user"
#define API_PHONE "pims.authentication.trustedphonenumber"
#define API_SMS "pims.authentication.smscode"
#define API_ENROLLMENT "pims.authentication.enrollment"
#define API_PIN "pims.authentication.pincode"
#define API_DEVICE "pims.authentication.device"
#define END \
	{ \
		NULL, NULL, NULL, NULL, NULL \
	}
#define NOT_ACTIVATED \
	{ \
		"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"isDeviceActivated\":false}"), NULL \
	}
#define ACTIVATED \
	{ \
		"get", API_ACCOUNT, NULL, FAKE_SUCCEEDED("{\"isDeviceActivated\":true}"), NULL \
	}
#define DEVICES \
	FAKE_SUCCEEDED( \
		"{\"devices\":[{\"id\":\"7\",\"name\":\"Küche\",\"platform\":\"linux\",\"created\":\"2026-01-02T03:04:05Z\"," \
		"\"lastUsed\":\"2026-03-01T00:00:00Z\",\"thisDevice\":false},{\"id\":\"12\",\"name\":\"old phone\",\"created\":" \
		"\"2026-01-01T00:00:00Z\",\"lastUsed\":\"2026-02-01T00:00:00Z\",\"thisDevice\":false},{\"id\":\"3\",\"name\":\"me\"," \
		"\"created\":\"2025-01-01T00:00:00Z\",\"thisDevice\":true}],\"limit\":5}")
#define FULL FAKE_FAILED("\"code\":2317,\"label\":\"inwebo: forbidden operation\",\"cause\":\"inwebo.max_devices\"")
#define NO_PHONE FAKE_FAILED("\"code\":2307,\"label\":\"User dont have a phone number\",\"cause\":\"phone.none\"")
#define CERTIFIED \
	{ \
		"get", API_SMS, "{\"type\":\"phoneNumberCertification\",\"phoneNumber\":\"0698765432\"}", FAKE_SUCCEEDED("null"), NULL \
	}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in: %s", part, text);
}

/* Wrong usage, and nothing is called. */
static void assert_refused(const char *first, const char *second, const char *third)
{
	static const struct fake_row rows[] = {INITIALIZED, END};

	run(&result, rows, "1\n2\n", first, second, third, NULL);
	assert_int_equal(result.status, 2);
	assert_has(result.err, "--help");
	assert_lacks(result.calls, "pims.authentication");
}

static void words_that_are_not_known_are_wrong_usage(void **state)
{
	(void)state;
	assert_refused("devices", "lose", NULL);
	assert_refused("devices", "remove", NULL);
	assert_refused("devices", "--all", NULL);
	assert_refused("pin", NULL, NULL);
	assert_refused("pin", "1234", NULL);
	assert_refused("pin", "update", "1234");
	assert_refused("phone", "set", NULL);
	assert_refused("phone", "0612345678", NULL);
	assert_refused("account", "delete", NULL);
	assert_refused("sms", "certify", NULL);
	assert_refused("sms", "enrollment", "0612345678");
}

static void one_device_or_all_but_not_both(void **state)
{
	(void)state;
	run(&result, NULL, NULL, "devices", "remove", "7", "--all", NULL);
	assert_int_equal(result.status, 2);
	assert_string_equal(result.calls, "");
}

static void devices_are_a_table_with_the_limit(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", API_DEVICE, NULL, DEVICES, NULL}, END};

	(void)state;
	run(&result, rows, NULL, "devices", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "ID  NAME       PLATFORM  CREATED           LAST USED");
	assert_has(result.out, "7   Küche      linux     2026-01-02 03:04  2026-03-01 00:00  \n");
	assert_has(result.out, "3   me         -         2025-01-01 00:00  -                 this device\n");
	assert_has(result.out, "3 of 5 devices\n");
	run(&result, rows, NULL, "devices", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, DEVICES "\n");
}

static void a_name_of_a_device_commands_no_terminal(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_DEVICE, NULL, FAKE_SUCCEEDED("{\"devices\":[{\"id\":\"7\",\"name\":\"\\u001b[31mred\"}],\"limit\":0}"), NULL},
		END};

	(void)state;
	run_terminal(&result, rows, NULL, "devices", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.out, "?[31mred");
	assert_lacks(result.out, "\033");
}

static void one_device_is_removed_by_its_id(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", API_DEVICE, NULL, DEVICES, NULL},
					       {"set", API_DEVICE, "{\"action\":\"remove\",\"id\":\"7\"}", FAKE_SUCCEEDED("null"), NULL},
					       END};
	static const struct step no[] = {{"[y/N]", "\n", 0}, {NULL, NULL, 0}};
	static const struct step yes[] = {{"[y/N]", "y\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, no, "devices", "remove", "7", NULL);
	assert_int_equal(result.status, 1);
	assert_lacks(result.calls, "remove");
	run_terminal(&result, rows, yes, "devices", "remove", "7", NULL);
	assert_int_equal(result.status, 0);
	run_terminal(&result, rows, NULL, "devices", "remove", "7", "--yes", NULL);
	assert_int_equal(result.status, 0);
	run(&result, rows, NULL, "devices", "remove", "7", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "the device was removed\n");
}

static void an_id_that_is_not_there_is_no_removed_device(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, {"get", API_DEVICE, NULL, DEVICES, NULL}, END};

	(void)state;
	run(&result, rows, NULL, "devices", "remove", "8", "--yes", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "no device of this ID");
	assert_lacks(result.calls, "remove");
}

static void the_rest_of_a_budget_is_told_by_its_name(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_SMS, NULL,
		 FAKE_FAILED("\"code\":2204,\"label\":\"l\",\"cause\":\"sms.cooldown\",\"retryAfter\":30,\"remaining\":4"), NULL},
		END};

	(void)state;
	run(&result, rows, NULL, "sms", "enrollment", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "4 SMS left");
	assert_has(result.err, "try again in 30 s");
}

static void all_devices_are_removed_at_once(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, {"set", API_ENROLLMENT, "{\"action\":\"remove\"}", FAKE_SUCCEEDED("null"), NULL}, END};

	(void)state;
	run(&result, rows, NULL, "devices", "remove", "--all", "--yes", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, FAKE_SUCCEEDED("null") "\n");
}

static void a_full_account_names_the_way_out(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, NOT_ACTIVATED, {"set", API_ENROLLMENT, NULL, FULL, NULL}, END};

	(void)state;
	run(&result, rows, "0042\n", "enroll", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "pims enroll --replace-oldest");
	assert_lacks(result.calls, API_DEVICE);
}

static void replacing_removes_the_device_unused_longest_and_goes_on(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_SMS, NULL, FAKE_SUCCEEDED("{\"status\":\"AlreadyEnrolled\"}"), NULL},
		{"set", API_ENROLLMENT, NULL, FULL, NULL},
		{"get", API_DEVICE, NULL, DEVICES, NULL},
		{"set", API_DEVICE, "{\"action\":\"remove\",\"id\":\"12\"}", FAKE_SUCCEEDED("null"), NULL},
		{"set", API_ENROLLMENT, "{\"action\":\"enroll\",\"pinCode\":\"0042\"}", FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n0042\n", "enroll", "--replace-oldest", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.err, "removed device 12, old phone");
	run(&result, rows, "01234567\n0042\n", "enroll", "--replace", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, FAKE_SUCCEEDED("null") "\n");
}

static void replacing_happens_once(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       NOT_ACTIVATED,
					       {"set", API_ENROLLMENT, NULL, FULL, NULL},
					       {"get", API_DEVICE, NULL, DEVICES, NULL},
					       {"set", API_DEVICE, NULL, FAKE_SUCCEEDED("null"), NULL},
					       {"set", API_ENROLLMENT, NULL, FULL, NULL},
					       END};

	(void)state;
	run(&result, rows, "0042\n", "enroll", "--replace", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "inwebo.max_devices");
}

static void replacing_without_need_removes_nothing(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED, NOT_ACTIVATED, {"set", API_ENROLLMENT, NULL, FAKE_SUCCEEDED("null"), NULL}, END};

	(void)state;
	run(&result, rows, "0042\n", "enroll", "--replace-oldest", NULL);
	assert_int_equal(result.status, 0);
	assert_lacks(result.calls, API_DEVICE);
}

static void this_device_is_never_the_one_replaced(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		NOT_ACTIVATED,
		{"set", API_ENROLLMENT, NULL, FULL, NULL},
		{"get", API_DEVICE, NULL, FAKE_SUCCEEDED("{\"devices\":[{\"id\":\"3\",\"thisDevice\":true}],\"limit\":1}"), NULL},
		END};

	(void)state;
	run(&result, rows, "0042\n", "enroll", "--replace", NULL);
	assert_int_equal(result.status, 1);
	assert_lacks(result.calls, "remove");
}

static void the_pin_is_updated_from_two_lines_or_files(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"set", API_PIN, "{\"action\":\"update\",\"oldPIN\":\"0042\",\"newPIN\":\"1748\"}", FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "0042\n1748\n", "pin", "update", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "the PIN was changed\n");
	run(&result, rows, "0042\n", "pin", "update", NULL);
	assert_int_equal(result.status, 2);
	run(&result, rows, "1748\n0042\n", "pin", "update", "--old-pin-file", "/nonexistent", NULL);
	assert_int_equal(result.status, 3);
	run(&result, rows, "0042\n1748\n", "pin", "update", "--pin-file", "-", NULL);
	assert_int_equal(result.status, 0);
}

static void the_pin_is_reset_with_a_code(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"set", API_PIN, "{\"action\":\"reset\",\"pinCode\":\"1748\",\"smsCode\":\"01234567\"}", FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n1748\n", "pin", "reset", NULL);
	assert_int_equal(result.status, 0);
	run(&result, rows, "\n1748\n", "pin", "reset", NULL);
	assert_int_equal(result.status, 2);
	run(&result, rows, "01234567\n1748\n", "pin", "reset", "--old-pin-file", "x", NULL);
	assert_int_equal(result.status, 2);
}

static void a_mistyped_old_pin_is_asked_again(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"set", API_PIN, NULL, FAKE_FAILED("\"code\":2308,\"label\":\"l\",\"cause\":\"inwebo.access\",\"remaining\":3"), NULL},
		{"set", API_PIN, "{\"action\":\"update\",\"oldPIN\":\"0042\",\"newPIN\":\"1748\"}", FAKE_SUCCEEDED("null"), NULL},
		END};
	static const struct step steps[] = {
		{"Old PIN: ", "0043\n", 0}, {"New PIN: ", "1748\n", 0}, {"again: ", "1748\n", 0}, {"3 tries left", "", 0},
		{"Old PIN: ", "0042\n", 0}, {"New PIN: ", "1748\n", 0}, {"again: ", "1748\n", 0}, {NULL, NULL, 0}};

	(void)state;
	run_terminal(&result, rows, steps, "pin", "update", NULL);
	assert_int_equal(result.status, 0);
	assert_lacks(result.out, "1748");
	assert_lacks(result.out, "0042");
}

static void a_first_number_is_certified_and_added(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", API_PHONE, NULL, NO_PHONE, NULL},
					       CERTIFIED,
					       {"set", API_SMS,
						"{\"action\":\"addPhoneNumber\",\"smsCode\":\"01234567\",\"phoneNumber\":\"0698765432\"}",
						FAKE_SUCCEEDED("null"), NULL},
					       END};

	(void)state;
	run(&result, rows, "01234567\n", "phone", "set", "0698765432", NULL);
	assert_int_equal(result.status, 0);
	assert_lacks(result.err, "2307");
	run(&result, rows, "01234567\n", "phone", "set", "0698765432", "--sms-code-stdin", NULL);
	assert_int_equal(result.status, 0);
	assert_lacks(result.calls, "Certification");
}

static void another_number_is_changed_by_an_enrolled_device(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", API_PHONE, NULL, FAKE_SUCCEEDED("{\"phoneNumber\":\"0612345678\"}"), NULL},
					       ACTIVATED,
					       CERTIFIED,
					       {"set", API_SMS,
						"{\"type\":\"modifyPhoneNumber\",\"smsCode\":\"01234567\",\"phoneNumber\":\"0698765432\"}",
						FAKE_SUCCEEDED("null"), NULL},
					       END};

	(void)state;
	run(&result, rows, "01234567\n", "phone", "set", "0698765432", NULL);
	assert_int_equal(result.status, 0);
}

static void a_device_that_may_not_change_the_number_costs_no_sms(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", API_PHONE, NULL, FAKE_SUCCEEDED("{\"phoneNumber\":\"0612345678\"}"), NULL},
					       NOT_ACTIVATED,
					       CERTIFIED,
					       END};

	(void)state;
	run(&result, rows, "01234567\n", "phone", "set", "0698765432", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "pims enroll");
	assert_lacks(result.calls, "Certification");
}

static void an_sms_within_the_cool_down_is_no_obstacle(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_PHONE, NULL, NO_PHONE, NULL},
		{"get", API_SMS, NULL, FAKE_FAILED("\"code\":2204,\"label\":\"l\",\"cause\":\"sms.cooldown\",\"retryAfter\":30"), NULL},
		{"set", API_SMS, NULL, FAKE_SUCCEEDED("null"), NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n", "phone", "set", "0698765432", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.err, "still good");
}

static void a_number_that_is_none_asks_for_no_code(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"get", API_PHONE, NULL, NO_PHONE, NULL},
		{"get", API_SMS, NULL, FAKE_FAILED("\"code\":2102,\"label\":\"Invalid phoneNumber parameter\",\"cause\":\"phone.invalid\""),
		 NULL},
		END};

	(void)state;
	run(&result, rows, "01234567\n", "phone", "set", "12", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "no phone number");
	assert_lacks(result.calls, "smsCode");
}

static void certifying_sends_to_the_number_given(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED, CERTIFIED, END};

	(void)state;
	run(&result, rows, NULL, "sms", "certify", "0698765432", NULL);
	assert_int_equal(result.status, 0);
}

static void account_pages_open_the_user_agent(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"set", API_USER, "{\"action\":\"createAccount\",\"local\":\"fr\"}", FAKE_SUCCEEDED("null"), "https://idp.example/new"},
		{"set", API_USER, "{\"action\":\"updateLogin\"}", FAKE_SUCCEEDED("null"), "https://idp.example/mail"},
		{"set", API_USER, "{\"action\":\"updatePassword\"}", FAKE_SUCCEEDED("null"), "https://idp.example/word"},
		END};

	(void)state;
	run(&result, rows, FAKE_REDIRECT "\n", "account", "create", "--local", "fr", "--no-browser", "--wait", "5", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "https://idp.example/new\n");
	assert_has(result.err, "pims login");
	assert_has(result.calls, " 5000\n");
	run(&result, rows, FAKE_REDIRECT "\n", "account", "email", NULL);
	assert_int_equal(result.status, 0);
	assert_has(result.err, "Change the e-mail address on this page:");
	assert_string_equal(result.out, "");
	run(&result, rows, FAKE_REDIRECT "\n", "account", "password", "--no-browser", "--json", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "https://idp.example/word\n" FAKE_SUCCEEDED("null") "\n");
}

static void leaving_an_account_page_fails(void **state)
{
	static const struct fake_row rows[] = {
		INITIALIZED,
		{"set", API_USER, NULL, FAKE_FAILED("\"code\":2368,\"label\":\"WebView canceled\""), "https://idp.example/new"},
		END};

	(void)state;
	run(&result, rows, FAKE_REDIRECT "\n", "account", "create", NULL);
	assert_int_equal(result.status, 1);
	assert_has(result.err, "canceled on the page");
}

static void the_customer_token_is_printed_alone(void **state)
{
	static const struct fake_row rows[] = {INITIALIZED,
					       {"get", "pims.authentication.token", "{\"type\":\"customerAt\",\"action\":\"get\"}",
						FAKE_SUCCEEDED("{\"type\":\"customerAt\",\"token\":\"a.b.c\"}"), NULL},
					       END};

	(void)state;
	run(&result, rows, NULL, "token", "customer", NULL);
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "a.b.c\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_are_not_known_are_wrong_usage),
		cmocka_unit_test(one_device_or_all_but_not_both),
		cmocka_unit_test(devices_are_a_table_with_the_limit),
		cmocka_unit_test(a_name_of_a_device_commands_no_terminal),
		cmocka_unit_test(one_device_is_removed_by_its_id),
		cmocka_unit_test(an_id_that_is_not_there_is_no_removed_device),
		cmocka_unit_test(the_rest_of_a_budget_is_told_by_its_name),
		cmocka_unit_test(all_devices_are_removed_at_once),
		cmocka_unit_test(a_full_account_names_the_way_out),
		cmocka_unit_test(replacing_removes_the_device_unused_longest_and_goes_on),
		cmocka_unit_test(replacing_happens_once),
		cmocka_unit_test(replacing_without_need_removes_nothing),
		cmocka_unit_test(this_device_is_never_the_one_replaced),
		cmocka_unit_test(the_pin_is_updated_from_two_lines_or_files),
		cmocka_unit_test(the_pin_is_reset_with_a_code),
		cmocka_unit_test(a_mistyped_old_pin_is_asked_again),
		cmocka_unit_test(a_first_number_is_certified_and_added),
		cmocka_unit_test(another_number_is_changed_by_an_enrolled_device),
		cmocka_unit_test(a_device_that_may_not_change_the_number_costs_no_sms),
		cmocka_unit_test(an_sms_within_the_cool_down_is_no_obstacle),
		cmocka_unit_test(a_number_that_is_none_asks_for_no_code),
		cmocka_unit_test(certifying_sends_to_the_number_given),
		cmocka_unit_test(account_pages_open_the_user_agent),
		cmocka_unit_test(leaving_an_account_page_fails),
		cmocka_unit_test(the_customer_token_is_printed_alone),
	};

	return cmocka_run_group_tests(tests, setup_home, teardown_home);
}
