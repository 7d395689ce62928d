/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "server/account/password.h"
#include "server/account/recovery.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The pages that people open by themselves: their devices, and recovery with the operator's code. */

#define DEVICES "/account/devices"
#define RECOVER "/account/recover"
#define SIGN_IN "username=demo%40example.com&password=demo-password"
#define CODE "ABCDEFGHJKLMNPQR"

static struct endpoints server;
static char cookie[160];

static int start(void **state)
{
	(void)state;
	cookie[0] = '\0';
	endpoints_start(&server, true);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void visit(const char *path, const char *form, struct reply *reply)
{
	call(&server, &(struct call){.path = path, .form = form, .header = *cookie ? cookie : NULL}, reply);
}

static void sign_in_here(const char *form)
{
	struct reply reply = {0};
	const char *set;

	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 303);
	set = reply_header(&reply, "Set-Cookie");
	(void)snprintf(cookie, sizeof cookie, "Cookie: %.*s", (int)strcspn(set, ";"), set);
	reply_free(&reply);
}

static int64_t account_id(const char *email)
{
	struct account account = {0};
	int64_t id;

	assert_int_equal(store_account_by_email(server.server.store, email, &account), 0);
	id = account.id;
	account_free(&account);
	return id;
}

static void enrol(const char *email, int64_t id, char *name)
{
	static char serial[] = "device/_/0011", device_id[] = "device";
	struct sms_code code = {.account = account_id(email), .purpose = SMS_ENROLLMENT, .created = server.now, .sent = server.now,
				.expires = server.now + 60000, .code = (unsigned char *)serial, .code_length = 4};
	struct sms_message message = {.phone = device_id, .text = (unsigned char *)serial, .text_length = 4};
	struct device device = {.id = id, .account = code.account, .serial = serial, .device_id = device_id, .name = name,
				.phase = DEVICE_MS, .keys = (unsigned char *)serial, .keys_length = 4, .created = server.now,
				.last_used = server.now, .version = 1};

	memset(code.hash, (int)id, sizeof code.hash);
	memset(device.code_hash, (int)id, sizeof device.code_hash);
	assert_int_equal(store_sms_add(server.server.store, &code, &message), 0);
	assert_int_equal(store_enroll_finalize(server.server.store, &device, NULL, 0, 5, server.now), 0);
}

static int count_device(void *data, const struct device *device)
{
	(void)device;
	++*(int *)data;
	return 0;
}

static int devices_of(const char *email)
{
	int count = 0;

	assert_int_equal(store_device_list(server.server.store, account_id(email), count_device, &count), 0);
	return count;
}

static void read_token(const struct reply *reply, char ret_token[128])
{
	const char *at = strstr(buf_text(&reply->body), "name=\"form_token\" value=\"");

	assert_non_null(at);
	at += strlen("name=\"form_token\" value=\"");
	(void)snprintf(ret_token, 128, "%.*s", (int)strcspn(at, "\""), at);
}

static void devices_are_shown_to_nobody_else(void **state)
{
	static char name[] = "My phone";
	struct reply reply = {0};

	(void)state;
	enrol(DEMO_EMAIL, 7, name);
	visit(DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	assert_null(strstr(buf_text(&reply.body), name));
	visit(DEVICES, "username=demo%40example.com&password=wrong-password", &reply);
	assert_int_equal(reply.status, 403);
	assert_string_equal(reply_header(&reply, "Set-Cookie"), "");
	sign_in_here("username=eve%40example.com&password=eve-password");
	visit(DEVICES, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "No device is enrolled."));
	reply_free(&reply);
}

static void a_device_goes_only_by_a_form_of_this_browser(void **state)
{
	static char name[] = "My phone";
	struct reply reply = {0};
	char token[128], form[256];

	(void)state;
	enrol(DEMO_EMAIL, 7, name);
	visit(DEVICES, "remove=7", &reply);
	sign_in_here(SIGN_IN);
	visit(DEVICES, "remove=7", &reply);
	assert_int_equal(reply.status, 403);
	visit(DEVICES, "remove=7&form_token=1.00", &reply);
	assert_int_equal(reply.status, 403);
	visit(DEVICES, NULL, &reply);
	read_token(&reply, token);
	sign_in_here("username=eve%40example.com&password=eve-password");
	(void)snprintf(form, sizeof form, "remove=7&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 403);
	assert_int_equal(devices_of(DEMO_EMAIL), 1);
	reply_free(&reply);
}

static void a_device_of_somebody_else_stays(void **state)
{
	static char mine[] = "Mine", others[] = "Other";
	struct reply reply = {0};
	char token[128], form[256];

	(void)state;
	enrol(DEMO_EMAIL, 7, mine);
	enrol(EVE_EMAIL, 8, others);
	sign_in_here(SIGN_IN);
	visit(DEVICES, NULL, &reply);
	read_token(&reply, token);
	(void)snprintf(form, sizeof form, "remove=8&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(devices_of(EVE_EMAIL), 1);
	reply_free(&reply);
}

static void a_device_is_removed_and_its_name_is_no_markup(void **state)
{
	static char name[] = "<b>\"Tom's\" & phone";
	struct reply reply = {0};
	char token[128], form[256];

	(void)state;
	enrol(DEMO_EMAIL, 7, name);
	sign_in_here(SIGN_IN);
	visit(DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "Remove &lt;b&gt;&quot;Tom&#39;s&quot; &amp; phone"));
	assert_non_null(strstr(buf_text(&reply.body), "Enrolled on 2024-11-12"));
	assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "form-action 'self'"));
	read_token(&reply, token);
	(void)snprintf(form, sizeof form, "remove=7&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(devices_of(DEMO_EMAIL), 0);
	reply_free(&reply);
}

/* --- recovery ---------------------------------------------------------------------------------------------------------------------- */

static void make_code(void)
{
	char hash[PASSWORD_HASH_SIZE];

	assert_int_equal(password_hash(CODE, hash), 0);
	assert_int_equal(store_recovery_add(server.server.store, DEMO_EMAIL, hash, server.now + 86400000, server.now), 0);
}

static void recover(const char *code, const char *phone, long status, const char *text)
{
	struct reply reply = {0};
	char form[256];

	(void)snprintf(form, sizeof form, "%s&code=%s&phone=%s", SIGN_IN, code, phone);
	visit(RECOVER, form, &reply);
	assert_int_equal(reply.status, status);
	if (!strstr(buf_text(&reply.body), text))
		fail_msg("no \"%s\" in %s", text, buf_text(&reply.body));
	reply_free(&reply);
}

static void assert_phone(const char *phone)
{
	struct account account = {0};

	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	assert_string_equal(account.phone, phone);
	account_free(&account);
}

static void without_a_code_or_the_password_nothing_is_recovered(void **state)
{
	struct reply reply = {0};

	(void)state;
	recover(CODE, "%2B33698765432", 403, "wrong or expired");
	make_code();
	visit(RECOVER, "username=demo%40example.com&password=x&code=" CODE "&phone=%2B33698765432", &reply);
	assert_int_equal(reply.status, 403);
	recover("short", "%2B33698765432", 403, "wrong or expired");
	recover(CODE, "12", 403, "no phone number");
	call(&server, &(struct call){.path = RECOVER, .form = "username=x", .header = "Origin: http://evil.example"}, &reply);
	assert_int_equal(reply.status, 403);
	reply_free(&reply);
}

static void five_wrong_codes_spend_it(void **state)
{
	(void)state;
	make_code();
	for (int i = 0; i < 5; i++)
		recover("ABCDEFGHJKLMNPQS", "%2B33698765432", 403, "wrong or expired");
	recover(CODE, "%2B33698765432", 403, "wrong or expired");
}

static void a_code_lives_for_a_day(void **state)
{
	(void)state;
	make_code();
	endpoints_advance(&server, 86400);
	recover(CODE, "%2B33698765432", 403, "wrong or expired");
}

static void a_code_sets_the_number_once(void **state)
{
	(void)state;
	make_code();
	recover("abcd-efgh-jklm-npqr", "06+98+76+54+32", 200, "Your phone number was changed");
	assert_phone("+33698765432");
	recover(CODE, "%2B33611111111", 403, "wrong or expired");
	assert_phone("+33698765432");
}

static void codes_are_read_as_people_type_them(void **state)
{
	char code[RECOVERY_LENGTH + 1], made[RECOVERY_CODE_SIZE];

	(void)state;
	assert_int_equal(recovery_code_read("", code), PIMS_E_FORMAT);
	assert_int_equal(recovery_code_read("ABCDEFGHJKLMNPQ", code), PIMS_E_FORMAT);
	assert_int_equal(recovery_code_read("ABCDEFGHJKLMNPQRS", code), PIMS_E_FORMAT);
	assert_int_equal(recovery_code_read("ABCDEFGHJKLMNPQ0", code), PIMS_E_FORMAT);
	assert_int_equal(recovery_code_read(" abcd efgh-jklm npqr ", code), 0);
	assert_string_equal(code, CODE);
	assert_int_equal(recovery_code_make(&server.server.env, made), 0);
	assert_int_equal(recovery_code_read(made, code), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(devices_are_shown_to_nobody_else),
		TEST(a_device_goes_only_by_a_form_of_this_browser),
		TEST(a_device_of_somebody_else_stays),
		TEST(a_device_is_removed_and_its_name_is_no_markup),
		TEST(without_a_code_or_the_password_nothing_is_recovered),
		TEST(five_wrong_codes_spend_it),
		TEST(a_code_lives_for_a_day),
		TEST(a_code_sets_the_number_once),
		TEST(codes_are_read_as_people_type_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
