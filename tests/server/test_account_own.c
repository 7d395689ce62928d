/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "inwebo/request.h"
#include "server/account/password.h"
#include "server/account/recovery.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"

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
	server.server.settings.sms.cooldown_seconds = 30;
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

static void enrol_as(const char *email, int64_t id, char *name, char *device_id)
{
	static char serial[] = "device/_/0011";
	struct sms_code code = {.account = account_id(email), .purpose = SMS_ENROLLMENT, .created = server.now, .sent = server.now,
				.expires = server.now + 60000, .code = (unsigned char *)serial, .code_length = 4};
	struct sms_message message = {.phone = device_id, .text = (unsigned char *)serial, .text_length = 4};
	struct device device = {.id = id, .account = code.account, .serial = serial, .device_id = device_id, .name = name,
				.phase = DEVICE_MS, .keys = (unsigned char *)serial, .keys_length = 4, .created = server.now,
				.last_used = server.now, .version = 1};

	memcpy(code.hash, &id, sizeof id);
	memcpy(device.code_hash, &id, sizeof id);
	assert_int_equal(store_sms_add(server.server.store, &code, &message), 0);
	assert_int_equal(store_enroll_finalize(server.server.store, &device, NULL, 0, 1000, server.now), 0);
}

static void enrol(const char *email, int64_t id, char *name)
{
	static char device_id[] = "device";

	enrol_as(email, id, name, device_id);
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

/* OWASP ASVS 7.5.2 */
static void sessions_are_shown_and_ended_one_by_one(void **state)
{
	struct reply reply = {0};
	char token[128], form[256], access[64];
	const char *end;

	(void)state;
	sign_in_here(SIGN_IN);
	visit(DEVICES, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "No application is signed in."));
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, access, sizeof access);
	visit(DEVICES, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "<h3>demo</h3>"));
	assert_non_null(strstr(buf_text(&reply.body), "Signed in on 2024-11-12"));
	assert_non_null(strstr(buf_text(&reply.body), "Last used on 2024-11-12"));
	end = strstr(buf_text(&reply.body), "name=\"end\" value=\"");
	assert_non_null(end);
	end += strlen("name=\"end\" value=\"");
	read_token(&reply, token);
	(void)snprintf(form, sizeof form, "end=%.*s&form_token=%s", (int)strcspn(end, "\""), end, token);
	/* nobody else's */
	sign_in_here("username=eve%40example.com&password=eve-password");
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 403);
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = access}, &reply);
	assert_int_equal(reply.status, 200);
	sign_in_here(SIGN_IN);
	visit(DEVICES, NULL, &reply);
	read_token(&reply, token);
	end = strstr(buf_text(&reply.body), "name=\"end\" value=\"") + strlen("name=\"end\" value=\"");
	(void)snprintf(form, sizeof form, "end=%.*s&form_token=%s", (int)strcspn(end, "\""), end, token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 303);
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = access}, &reply);
	assert_int_equal(reply.status, 401);
	visit(DEVICES, form, &reply); /* and once more */
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

static void who_signs_out_everywhere_is_signed_out_of_browsers_and_applications(void **state)
{
	struct reply reply = {0};
	char token[128], form[256], access[64], eves[64];

	(void)state;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, access, sizeof access);
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eves, sizeof eves);
	sign_in_here(SIGN_IN);
	visit(DEVICES, "everywhere=1", &reply);
	assert_int_equal(reply.status, 403);
	visit(DEVICES, NULL, &reply);
	read_token(&reply, token);
	(void)snprintf(form, sizeof form, "everywhere=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(buf_text(&reply.body), "You are signed out"));
	assert_non_null(strstr(reply_header(&reply, "Set-Cookie"), "Max-Age=0"));
	visit(DEVICES, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = access}, &reply);
	assert_int_equal(reply.status, 401);
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = eves}, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void who_signs_out_here_leaves_applications_signed_in(void **state)
{
	struct reply reply = {0};
	char token[128], form[256], access[64];

	(void)state;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, access, sizeof access);
	sign_in_here(SIGN_IN);
	visit(DEVICES, NULL, &reply);
	read_token(&reply, token);
	(void)snprintf(form, sizeof form, "sign_out=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "You are signed out"));
	visit(DEVICES, NULL, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	call(&server, &(struct call){.path = "/am/oauth2/userinfo", .bearer = access}, &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void after_an_hour_the_page_asks_for_the_password_again(void **state)
{
	struct reply reply = {0};
	char token[128], form[256];
	static char name[] = "My phone";

	(void)state;
	enrol(DEMO_EMAIL, 7, name);
	sign_in_here(SIGN_IN);
	endpoints_advance(&server, 3590);
	visit(DEVICES, NULL, &reply);
	read_token(&reply, token);
	endpoints_advance(&server, 11);
	(void)snprintf(form, sizeof form, "remove=7&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "name=\"password\""));
	assert_int_equal(devices_of(DEMO_EMAIL), 1);
	visit(DEVICES, NULL, &reply);
	assert_null(strstr(buf_text(&reply.body), name));
	/* who only leaves need not */
	(void)snprintf(form, sizeof form, "sign_out=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_non_null(strstr(buf_text(&reply.body), "You are signed out"));
	reply_free(&reply);
}

static void many_devices_with_long_names_are_all_shown(void **state)
{
	struct reply reply = {0};
	char name[IW_MAX_NAME + 1], device_id[16];
	int count = 0;

	(void)state;
	memset(name, '"', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (int i = 0; i < 200; i++) {
		(void)snprintf(device_id, sizeof device_id, "device-%d", i);
		enrol_as(DEMO_EMAIL, 1000 + i, name, device_id);
	}
	sign_in_here(SIGN_IN);
	visit(DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 200);
	for (const char *at = buf_text(&reply.body); (at = strstr(at, "name=\"remove\"")); at++)
		count++;
	assert_int_equal(count, 200);
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

/* The first step; the ticket of the second. */
static void claim(const char *phone, char ret_ticket[80])
{
	struct reply reply = {0};
	const char *at;
	char form[256];

	(void)snprintf(form, sizeof form, "%s&code=%s&phone=%s", SIGN_IN, CODE, phone);
	visit(RECOVER, form, &reply);
	assert_int_equal(reply.status, 200);
	at = strstr(buf_text(&reply.body), "name=\"ticket\" value=\"");
	assert_non_null(at);
	(void)snprintf(ret_ticket, 80, "ticket=%.64s", strchr(at, '=') + 1 + strlen("\"ticket\" value=\""));
	assert_null(strstr(buf_text(&reply.body), CODE));
	assert_null(strstr(buf_text(&reply.body), DEMO_PASSWORD));
	reply_free(&reply);
}

/* The second one; `more` is what the form has beside the ticket. */
static void second(const char *ticket, const char *more, long status, const char *text)
{
	struct reply reply = {0};
	char form[256];

	(void)snprintf(form, sizeof form, "%s&%s", ticket, more);
	visit(RECOVER, form, &reply);
	assert_int_equal(reply.status, status);
	assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
	if (status == 429)
		assert_true(*reply_header(&reply, "Retry-After"));
	if (!strstr(buf_text(&reply.body), text))
		fail_msg("no \"%s\" in %s", text, buf_text(&reply.body));
	reply_free(&reply);
}

struct outbox {
	char phone[32], text[SMS_TEXT_MAX + 1], code[16];
	int count;
};

static int take_message(void *data, const struct sms_message *message)
{
	struct outbox *outbox = data;
	struct buf text = BUF_INIT(SMS_TEXT_MAX);

	outbox->count++;
	assert_int_equal(open_value(server.server.seal, message->text, message->text_length, &text), 0);
	(void)snprintf(outbox->phone, sizeof outbox->phone, "%s", message->phone);
	(void)snprintf(outbox->text, sizeof outbox->text, "%s", buf_text(&text));
	(void)snprintf(outbox->code, sizeof outbox->code, "sms=%s", sms_text_code(outbox->text) ? sms_text_code(outbox->text) : "");
	buf_free(&text);
	return 0;
}

static struct outbox newest(void)
{
	struct outbox outbox = {0};

	assert_int_equal(store_sms_outbox(server.server.store, 0, take_message, &outbox), 0);
	return outbox;
}

static void a_typing_slip_locks_nobody_out(void **state)
{
	char ticket[80], again[80];

	(void)state;
	make_code();
	claim("0698765400", ticket);
	assert_string_equal(newest().phone, "+33698765400"); /* somebody else's phone */
	assert_phone(DEMO_PHONE);
	second(ticket, "sms=12345678", 403, "Tries left: 4");
	second(ticket, "cancel=1", 200, "Recovery code");
	assert_phone(DEMO_PHONE);
	claim("0698765432", again);
	second(ticket, newest().code, 403, "open for too long");
	second(again, newest().code, 200, "Your phone number was changed");
	assert_phone("+33698765432");
}

static void a_number_that_is_not_certified_is_not_set(void **state)
{
	char ticket[80];

	(void)state;
	make_code();
	second("ticket=00", "sms=12345678", 403, "open for too long");
	claim("0698765432", ticket);
	second(ticket, "sms=", 403, "wrong or expired");
	second(ticket, "sms=1234567a", 403, "wrong or expired"); /* costs no try */
	for (int left = 4; left > 0; left--) {
		char text[32];

		(void)snprintf(text, sizeof text, "Tries left: %d.", left);
		second(ticket, "sms=12345678", 403, text);
	}
	second(ticket, "sms=12345678", 403, "wrong or expired");
	second(ticket, newest().code, 403, "wrong or expired");
	assert_phone(DEMO_PHONE);
	second(ticket, "again=1", 200, "We sent a message");
	second(ticket, newest().code, 200, "Your phone number was changed");
}

static void twenty_wrong_sms_codes_in_a_day_end_a_recovery_for_that_day(void **state)
{
	char ticket[80];

	(void)state;
	make_code();
	claim("0698765432", ticket);
	for (int i = 0; i < 20; i++) {
		if (i && i % 5 == 0) {
			endpoints_advance(&server, 600);
			second(ticket, "again=1", 200, "We sent a message");
		}
		second(ticket, "sms=12345678", 403, "The code is wrong");
	}
	server.server.settings.sandbox = false;
	endpoints_advance(&server, 600);
	second(ticket, "sms=12345678", 429, "Too many attempts. Try again in 1401 min.");
	server.server.settings.sandbox = true;
	second(ticket, "again=1", 200, "We sent a message");
	server.server.settings.sandbox = false;
	second(ticket, newest().code, 429, "Too many attempts");
	assert_phone(DEMO_PHONE);
	endpoints_advance(&server, 86400);
	server.server.settings.sandbox = true;
	make_code();
	claim("0698765432", ticket);
	server.server.settings.sandbox = false;
	second(ticket, newest().code, 200, "Your phone number was changed");
	server.server.settings.sandbox = true;
}

static void a_late_sms_code_is_asked_for_again(void **state)
{
	struct outbox first;
	char ticket[80];

	(void)state;
	make_code();
	claim("0698765432", ticket);
	first = newest();
	second(ticket, "again=1", 429, "It can be sent again in 30 s");
	endpoints_advance(&server, 30);
	second(ticket, "again=1", 200, "We sent a message to 0698765432");
	assert_string_equal(newest().code, first.code);
	endpoints_advance(&server, 600);
	second(ticket, first.code, 403, "wrong or expired");
	second(ticket, "again=1", 200, "We sent a message");
	second(ticket, newest().code, 200, "Your phone number was changed");
	second(ticket, "again=1", 403, "wrong or expired");
}

static void messages_of_a_recovery_count_like_all_others(void **state)
{
	char ticket[80];

	(void)state;
	make_code();
	server.server.settings.sms = (struct sms_settings){.per_number = 1};
	claim("0698765432", ticket);
	second(ticket, "again=1", 429, "Too many attempts");
	claim("0698765432", ticket); /* the code that was sent is good still */
	second(ticket, newest().code, 200, "Your phone number was changed");
	make_code();
	recover(CODE, "0698765432", 429, "Too many attempts");
	(void)snprintf(server.server.settings.sms.countries, SMS_COUNTRIES_SIZE, "FR");
	recover(CODE, "%2B34612345678", 403, "to numbers of that country");
	assert_int_equal(newest().count, 2); /* with the notice */
}

static void who_is_cut_off_goes_on_with_the_same_code(void **state)
{
	char ticket[80];

	(void)state;
	make_code();
	for (int i = 0; i < 7; i++)
		claim("0698765432", ticket);
	assert_int_equal(newest().count, 1);
	second(ticket, newest().code, 200, "Your phone number was changed");
	second(ticket, newest().code, 403, "wrong or expired"); /* the newest is the notice */
}

static void the_last_answer_may_get_lost(void **state)
{
	struct outbox certification;
	char ticket[80];

	(void)state;
	make_code();
	claim("0698765432", ticket);
	certification = newest();
	second(ticket, certification.code, 200, "Your phone number was changed");
	second(ticket, certification.code, 200, "Your phone number was changed");
	assert_int_equal(newest().count, 2);
}

static void a_code_sets_the_number_once_and_the_old_one_is_told(void **state)
{
	char ticket[80];

	(void)state;
	make_code();
	recover("abcd-efgh-jklm-npqr", "06+98+76+54+32", 200, "We sent a message to 0698765432");
	claim("06+98+76+54+32", ticket);
	second(ticket, newest().code, 200, "Your phone number was changed");
	assert_phone("+33698765432");
	assert_string_equal(newest().phone, DEMO_PHONE);
	assert_non_null(strstr(newest().text, "new phone number"));
	assert_string_equal(newest().code, "sms=");
	recover(CODE, "%2B33611111111", 403, "wrong or expired");
	assert_phone("+33698765432");
}

static void recovery_speaks_the_users_language(void **state)
{
	static const char *const languages[][3] = {{"fr", "Renvoyer le code", "Essais restants"}, {"de", "Code noch einmal senden", "Verbleibende Versuche"},
						   {"es", "Enviar el código de nuevo", "Intentos restantes"},
						   {"it", "Inviare di nuovo il codice", "Tentativi rimasti"}};
	struct reply reply = {0};
	char ticket[80], form[256], header[64];

	(void)state;
	make_code();
	claim("0698765432", ticket);
	(void)snprintf(form, sizeof form, "%s&sms=12345678", ticket);
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
		(void)snprintf(header, sizeof header, "Accept-Language: %s", languages[i][0]);
		call(&server, &(struct call){.path = RECOVER, .form = form, .header = header}, &reply);
		assert_non_null(strstr(buf_text(&reply.body), languages[i][1]));
		assert_non_null(strstr(buf_text(&reply.body), languages[i][2]));
	}
	reply_free(&reply);
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
		TEST(sessions_are_shown_and_ended_one_by_one),
		TEST(who_signs_out_everywhere_is_signed_out_of_browsers_and_applications),
		TEST(who_signs_out_here_leaves_applications_signed_in),
		TEST(after_an_hour_the_page_asks_for_the_password_again),
		TEST(many_devices_with_long_names_are_all_shown),
		TEST(without_a_code_or_the_password_nothing_is_recovered),
		TEST(five_wrong_codes_spend_it),
		TEST(a_code_lives_for_a_day),
		TEST(a_typing_slip_locks_nobody_out),
		TEST(a_number_that_is_not_certified_is_not_set),
		TEST(a_late_sms_code_is_asked_for_again),
		TEST(twenty_wrong_sms_codes_in_a_day_end_a_recovery_for_that_day),
		TEST(messages_of_a_recovery_count_like_all_others),
		TEST(who_is_cut_off_goes_on_with_the_same_code),
		TEST(the_last_answer_may_get_lost),
		TEST(a_code_sets_the_number_once_and_the_old_one_is_told),
		TEST(recovery_speaks_the_users_language),
		TEST(codes_are_read_as_people_type_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
