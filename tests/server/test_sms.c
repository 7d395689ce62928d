/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/encode.h"
#include "base/json.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SMS_CODE "/applications/cvs/v4/mobile/smsCode?client_id=demo"

static struct endpoints server;
static char demo_token[64], eve_token[64];

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eve_token, sizeof eve_token);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void ask(const char *path, const char *json, const char *token, struct reply *reply)
{
	call(&server, &(struct call){.path = path, .json = json, .post = true, .bearer = token}, reply);
}

static json_t *outbox(struct reply *reply)
{
	call(&server, &(struct call){.path = "/sandbox/sms"}, reply);
	assert_int_equal(reply->status, 200);
	return json_object_get(reply->json, "messages");
}

static void newest(char *ret_code, size_t size, char *ret_purpose, size_t purpose_size)
{
	struct reply reply = {0};
	json_t *messages = outbox(&reply);
	const json_t *message = json_array_get(messages, json_array_size(messages) - 1);

	(void)snprintf(ret_code, size, "%s", json_text(message, "code"));
	(void)snprintf(ret_purpose, purpose_size, "%s", json_text(message, "purpose"));
	reply_free(&reply);
}

static size_t sent(void)
{
	struct reply reply = {0};
	size_t count = json_array_size(outbox(&reply));

	reply_free(&reply);
	return count;
}

static int find(const char *code, enum sms_purpose purpose)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	int64_t account = 0;

	assert_int_equal(seal_digest(server.server.seal, code, hash), 0);
	return store_sms_find(server.server.store, hash, purpose, server.now, &account);
}

static void assert_problem(const struct reply *reply, long status, const char *cause)
{
	assert_int_equal(reply->status, status);
	assert_string_equal(reply_header(reply, "Content-Type"), "application/problem+json");
	assert_string_equal(reply_text(reply, "cause"), cause);
}

/* A fresh hour and no live code. */
static void begin(void)
{
	endpoints_advance(&server, 3601);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eve_token, sizeof eve_token);
}

static void without_a_trusted_phone_nothing_is_sent(void **state)
{
	struct reply reply = {0};
	size_t before = sent();

	(void)state;
	ask(SMS_CODE, NULL, eve_token, &reply);
	assert_problem(&reply, 409, "phone.none");
	ask("/v1/sms", "{\"purpose\":\"resetPIN\"}", eve_token, &reply);
	assert_problem(&reply, 409, "phone.none");
	assert_int_equal(sent(), before);
	reply_free(&reply);
}

static void an_unknown_purpose_is_refused_and_costs_no_sms(void **state)
{
	static const char *const bad[] = {"", "{}", "[]", "purpose=enrollment", "{\"purpose\":\"other\"}", "{\"purpose\":1}", "{\"purpose\":null}",
					  "{\"purpose\":\"enrollment\"", "{\"purpose\":\"Enrollment\"}"};
	struct reply reply = {0};
	size_t before = sent();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ask("/v1/sms", bad[i], demo_token, &reply);
		assert_problem(&reply, 400, "request.invalid");
	}
	assert_int_equal(sent(), before);
	reply_free(&reply);
}

static void the_sixth_message_of_an_hour_has_to_wait(void **state)
{
	struct reply reply = {0};
	char remaining[16];

	(void)state;
	begin();
	for (int i = 0; i < 5; i++) {
		ask(i % 2 ? "/v1/sms" : SMS_CODE, "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
		assert_int_equal(reply.status, 202);
		assert_int_equal(reply.body.len == 0, i % 2 == 0); /* the live service's call has no body */
		(void)snprintf(remaining, sizeof remaining, "%d", 4 - i);
		assert_string_equal(reply_header(&reply, "X-SMS-Remaining"), remaining);
	}
	assert_string_equal(reply_header(&reply, "Retry-After"), "3600"); /* that was the last one of this hour */
	endpoints_advance(&server, 600);
	ask(SMS_CODE, NULL, demo_token, &reply);
	assert_problem(&reply, 429, "sms.budget");
	assert_string_equal(reply_header(&reply, "Retry-After"), "3000");
	assert_string_equal(reply_header(&reply, "X-SMS-Remaining"), "0");
	assert_int_equal(json_int(reply.json, "retryAfter", 0), 3000);
	endpoints_advance(&server, 2990);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	endpoints_advance(&server, 10);
	ask(SMS_CODE, NULL, demo_token, &reply);
	assert_int_equal(reply.status, 202);
	reply_free(&reply);
}

static void asked_again_within_its_life_the_same_code_is_sent(void **state)
{
	struct reply reply = {0};
	char first[16], second[16], third[16], purpose[16];
	size_t before = sent();

	(void)state;
	begin();
	ask(SMS_CODE, NULL, demo_token, &reply);
	newest(first, sizeof first, purpose, sizeof purpose);
	endpoints_advance(&server, 590);
	ask(SMS_CODE, "{}", demo_token, &reply);
	newest(second, sizeof second, purpose, sizeof purpose);
	assert_string_equal(first, second);
	assert_int_equal(sent(), before + 2);
	assert_int_equal(find(first, SMS_ENROLLMENT), 0);
	endpoints_advance(&server, 10);
	assert_int_equal(find(first, SMS_ENROLLMENT), PIMS_E_STATE);
	ask(SMS_CODE, NULL, demo_token, &reply);
	newest(third, sizeof third, purpose, sizeof purpose);
	assert_string_not_equal(first, third);
	assert_int_equal(find(first, SMS_ENROLLMENT), PIMS_E_NOT_FOUND);
	assert_int_equal(find(third, SMS_ENROLLMENT), 0);
	reply_free(&reply);
}

static void each_purpose_has_a_code_of_its_own(void **state)
{
	struct reply reply = {0};
	char enrollment[16], reset[16], purpose[16];

	(void)state;
	begin();
	ask("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_int_equal(reply.status, 202);
	newest(enrollment, sizeof enrollment, purpose, sizeof purpose);
	assert_string_equal(purpose, "enrollment");
	ask("/v1/sms", "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
	newest(reset, sizeof reset, purpose, sizeof purpose);
	assert_string_equal(purpose, "resetPIN");
	assert_string_not_equal(enrollment, reset);
	assert_int_equal(find(enrollment, SMS_RESET_PIN), PIMS_E_NOT_FOUND);
	assert_int_equal(find(reset, SMS_ENROLLMENT), PIMS_E_NOT_FOUND);
	assert_int_equal(find(enrollment, SMS_ENROLLMENT), 0);
	assert_int_equal(find(reset, SMS_RESET_PIN), 0);
	reply_free(&reply);
}

enum { RACERS = 4 };

static void *race(void *data)
{
	struct reply reply = {0};

	ask(SMS_CODE, NULL, demo_token, &reply);
	*(long *)data = reply.status;
	reply_free(&reply);
	return NULL;
}

static void requests_at_once_send_one_code(void **state)
{
	pthread_t threads[RACERS];
	long status[RACERS] = {0};
	struct reply reply = {0};
	size_t before = sent();
	json_t *messages;

	(void)state;
	begin();
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race, &status[i]), 0);
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(status[i], 202);
	}
	messages = outbox(&reply);
	assert_int_equal(json_array_size(messages), before + RACERS);
	for (size_t i = 1; i < RACERS; i++)
		assert_string_equal(json_text(json_array_get(messages, before), "code"), json_text(json_array_get(messages, before + i), "code"));
	reply_free(&reply);
}

/* What a request does that read the live code just before the code was used up. */
static void a_resend_does_not_bring_back_a_code_that_was_used_up(void **state)
{
	struct store *store = server.server.store;
	unsigned char text[] = "sealed";
	char phone[] = DEMO_PHONE;
	struct sms_message message = {.phone = phone, .text = text, .text_length = sizeof text};
	struct account account = {0};
	struct sms_code code = {0};
	struct reply reply = {0};
	size_t before;

	(void)state;
	begin();
	ask(SMS_CODE, NULL, demo_token, &reply);
	assert_int_equal(store_account_by_email(store, DEMO_EMAIL, &account), 0);
	endpoints_advance(&server, 1);
	assert_int_equal(store_sms_live(store, account.id, SMS_ENROLLMENT, server.now, &code), 0);
	issue_otp(&server, DEMO_EMAIL, "used0001"); /* enrols, with another code in its place */
	before = sent();
	code.sent = server.now;
	assert_int_equal(store_sms_add(store, &code, &message), PIMS_E_NOT_FOUND);
	assert_int_equal(sent(), before);
	assert_int_equal(store_sms_live(store, account.id, SMS_ENROLLMENT, server.now, &code), PIMS_E_NOT_FOUND);
	sms_code_free(&code);
	account_free(&account);
	reply_free(&reply);
}

static void the_message_is_short_and_bound_to_the_host(void **state)
{
	struct reply reply = {0};
	char end[64];
	const json_t *message;
	const char *text, *code;
	json_t *messages;

	(void)state;
	begin();
	ask(SMS_CODE "&locale=fr-FR", NULL, demo_token, &reply);
	messages = outbox(&reply);
	message = json_array_get(messages, json_array_size(messages) - 1);
	text = json_text(message, "text");
	code = json_text(message, "code");
	assert_string_equal(json_text(message, "to"), DEMO_PHONE);
	assert_true(decimal_valid(code, 8));
	assert_int_equal(strlen(code), 8);
	(void)snprintf(end, sizeof end, "\n\n@127.0.0.1 #%s", code);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_non_null(strstr(text, "votre code"));
	assert_true(strlen(text) < 160);
	assert_int_equal(strlen(json_text(message, "time")), 20);
	reply_free(&reply);
}

static void the_outbox_is_read_from_a_message_on(void **state)
{
	static const char *const bad[] = {"/sandbox/sms?after=x", "/sandbox/sms?after=-1", "/sandbox/sms?after=", "/sandbox/sms?after=99999999999999999999"};
	struct reply reply = {0};
	char path[64];
	json_t *messages;
	int64_t last;

	(void)state;
	begin();
	ask(SMS_CODE, NULL, demo_token, &reply);
	messages = outbox(&reply);
	last = json_int(json_array_get(messages, json_array_size(messages) - 1), "id", 0);
	(void)snprintf(path, sizeof path, "/sandbox/sms?after=%lld", (long long)last - 1);
	call(&server, &(struct call){.path = path}, &reply);
	assert_int_equal(json_array_size(json_object_get(reply.json, "messages")), 1);
	(void)snprintf(path, sizeof path, "/sandbox/sms?after=%lld", (long long)last);
	call(&server, &(struct call){.path = path}, &reply);
	assert_int_equal(json_array_size(json_object_get(reply.json, "messages")), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		call(&server, &(struct call){.path = bad[i]}, &reply);
		assert_problem(&reply, 400, "request.invalid");
	}
	reply_free(&reply);
}

static void outside_of_a_sandbox_nobody_reads_the_outbox(void **state)
{
	struct reply reply = {0};

	(void)state;
	server.server.settings.sandbox = false;
	call(&server, &(struct call){.path = "/sandbox/sms"}, &reply);
	assert_problem(&reply, 404, "sandbox.none");
	call(&server, &(struct call){.path = "/sandbox/phone"}, &reply);
	server.server.settings.sandbox = true;
	assert_problem(&reply, 404, "sandbox.none");
	reply_free(&reply);
}

static void the_virtual_phone_shows_the_newest_message_first_and_no_markup_of_others(void **state)
{
	struct store *store = server.server.store;
	struct reply reply = {0};
	char code[16], purpose[16];
	const char *found;

	(void)state;
	begin();
	assert_int_equal(store_account_set_phone(store, DEMO_EMAIL, "<b>1"), 0);
	ask(SMS_CODE, NULL, demo_token, &reply);
	assert_int_equal(store_account_set_phone(store, DEMO_EMAIL, DEMO_PHONE), 0);
	newest(code, sizeof code, purpose, sizeof purpose);
	call(&server, &(struct call){.path = "/sandbox/phone"}, &reply);
	assert_int_equal(reply.status, 200);
	assert_string_equal(reply_header(&reply, "Content-Type"), "text/html; charset=utf-8");
	assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "default-src 'none'"));
	assert_null(strstr(buf_text(&reply.body), "<b>"));
	found = strstr(buf_text(&reply.body), "<article>");
	assert_non_null(found);
	assert_memory_equal(found, "<article>\n<h2>&lt;b&gt;1</h2>", 28);
	assert_non_null(strstr(found, code));
	reply_free(&reply);
}

static int fill_high_first(void *data, void *bytes, size_t length)
{
	int *calls = data;

	memset(bytes, (*calls)++ == 0 ? 0xff : 0x01, length);
	return 0;
}

static int fill_fails(void *data, void *bytes, size_t length)
{
	(void)data;
	(void)bytes;
	(void)length;
	return -1;
}

static void a_code_favours_no_digits(void **state)
{
	int calls = 0;
	struct pims_random random = {.size = sizeof random, .fill = fill_high_first, .data = &calls};
	struct env env;
	char code[SMS_CODE_SIZE] = "";

	(void)state;
	env_init(&env, NULL, &random, NULL);
	assert_int_equal(sms_code_make(&env, code), 0);
	assert_int_equal(calls, 2); /* 0xffffffff lies above the last whole hundred million */
	assert_string_equal(code, "16843009");
	random.fill = fill_fails;
	env_init(&env, NULL, &random, NULL);
	assert_true(sms_code_make(&env, code) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_trusted_phone_nothing_is_sent),
		cmocka_unit_test(an_unknown_purpose_is_refused_and_costs_no_sms),
		cmocka_unit_test(the_sixth_message_of_an_hour_has_to_wait),
		cmocka_unit_test(asked_again_within_its_life_the_same_code_is_sent),
		cmocka_unit_test(each_purpose_has_a_code_of_its_own),
		cmocka_unit_test(requests_at_once_send_one_code),
		cmocka_unit_test(a_resend_does_not_bring_back_a_code_that_was_used_up),
		cmocka_unit_test(the_message_is_short_and_bound_to_the_host),
		cmocka_unit_test(the_outbox_is_read_from_a_message_on),
		cmocka_unit_test(outside_of_a_sandbox_nobody_reads_the_outbox),
		cmocka_unit_test(the_virtual_phone_shows_the_newest_message_first_and_no_markup_of_others),
		cmocka_unit_test(a_code_favours_no_digits),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
