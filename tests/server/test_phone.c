/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"
#include "server/sms/sms.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Numbers and the policy of messages over REST, with a clock that stands. */

#define DAY 86400
#define NUMBER "+33699887766"
#define COMPAT "/applications/cvs/v4/mobile/smsCode"

static struct endpoints server;
static char demo_token[64], eve_token[64];

static int start(void **state)
{
	(void)state;
	endpoints_start(&server, true);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

/* Days later: no limit is touched, no code lives. */
static int begin(void **state)
{
	struct store *store = server.server.store;

	(void)state;
	endpoints_advance(&server, 2 * DAY);
	server.server.settings.sms = (struct sms_settings){.cooldown_seconds = 30};
	server.server.settings.proxies = (struct proxies){.count = 0};
	assert_int_equal(proxies_add(&server.server.settings.proxies, "127.0.0.1"), 0);
	server.server.settings.sandbox = true;
	assert_int_equal(store_account_set_phone(store, DEMO_EMAIL, "+33612345678"), 0);
	assert_int_equal(store_account_set_phone(store, EVE_EMAIL, NULL), 0);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eve_token, sizeof eve_token);
	return 0;
}

static void post(const char *path, const char *json, const char *token, struct reply *reply)
{
	call(&server, &(struct call){.path = path, .json = json, .post = true, .bearer = token}, reply);
}

static void assert_problem(const struct reply *reply, long status, const char *cause)
{
	assert_int_equal(reply->status, status);
	assert_string_equal(reply_header(reply, "Content-Type"), "application/problem+json");
	assert_string_equal(reply_text(reply, "cause"), cause);
}

static void certify(const char *number, const char *token, struct reply *reply)
{
	char json[128];

	(void)snprintf(json, sizeof json, "{\"purpose\":\"phoneNumberCertification\",\"phoneNumber\":\"%s\"}", number);
	post("/v1/sms", json, token, reply);
}

static void assert_sent(const struct reply *reply, int retry_after, int remaining)
{
	char text[16];

	assert_int_equal(reply->status, 202);
	assert_int_equal(json_int(reply->json, "retryAfter", -1), retry_after);
	assert_int_equal(json_int(reply->json, "remaining", -1), remaining);
	(void)snprintf(text, sizeof text, "%d", retry_after);
	assert_string_equal(reply_header(reply, "Retry-After"), text);
	(void)snprintf(text, sizeof text, "%d", remaining);
	assert_string_equal(reply_header(reply, "X-SMS-Remaining"), text);
}

static void assert_refused(const struct reply *reply, const char *cause, int retry_after, int remaining)
{
	char text[16];

	assert_problem(reply, 429, cause);
	assert_int_equal(json_int(reply->json, "retryAfter", -1), retry_after);
	assert_int_equal(json_int(reply->json, "remaining", -1), remaining);
	(void)snprintf(text, sizeof text, "%d", retry_after);
	assert_string_equal(reply_header(reply, "Retry-After"), text);
}

static size_t outbox(char *ret_code, char *ret_to)
{
	struct reply reply = {0};
	const json_t *messages, *last;
	size_t count;

	call(&server, &(struct call){.path = "/sandbox/sms"}, &reply);
	messages = json_object_get(reply.json, "messages");
	count = json_array_size(messages);
	last = json_array_get(messages, count - 1);
	if (ret_code)
		(void)snprintf(ret_code, 16, "%s", json_text(last, "code") ? json_text(last, "code") : "");
	if (ret_to)
		(void)snprintf(ret_to, 32, "%s", json_text(last, "to"));
	reply_free(&reply);
	return count;
}

static void change(const char *action, const char *number, const char *code, const char *token, struct reply *reply)
{
	char json[256];

	(void)snprintf(json, sizeof json, "{\"action\":\"%s\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\"}", action, number, code);
	post("/v1/phone", json, token, reply);
}

static void a_number_that_cannot_be_costs_nothing(void **state)
{
	static const char *const bad[] = {"12", "+999123456789", "06 12", "hello", "", "+33"};
	struct reply reply = {0};
	size_t before = outbox(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		certify(bad[i], eve_token, &reply);
		assert_problem(&reply, 400, "phone.invalid");
		change("add", bad[i], "12345678", eve_token, &reply);
		assert_problem(&reply, 400, "phone.invalid");
	}
	post("/v1/sms", "{\"purpose\":\"phoneNumberCertification\"}", eve_token, &reply);
	assert_problem(&reply, 400, "request.invalid");
	post("/v1/sms", "{\"purpose\":\"notice\"}", demo_token, &reply);
	assert_problem(&reply, 400, "request.invalid");
	change("replace", NUMBER, "12345678", eve_token, &reply);
	assert_problem(&reply, 400, "request.invalid");
	post("/v1/phone", "{\"action\":\"add\",\"phoneNumber\":\"0612345678\"}", eve_token, &reply);
	assert_problem(&reply, 400, "request.invalid");
	post("/v1/phone", "{\"action\":\"add\",\"phoneNumber\":612345678,\"smsCode\":12345678}", eve_token, &reply);
	assert_problem(&reply, 400, "request.invalid");
	assert_int_equal(outbox(NULL, NULL), before);
	reply_free(&reply);
}

static void the_same_code_comes_again_after_30_then_60_then_120_seconds(void **state)
{
	static const int waits[] = {30, 60, 120, 120};
	struct reply reply = {0};
	char first[16], again[16];

	(void)state;
	post("/v1/sms", "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
	assert_sent(&reply, 30, 99);
	(void)outbox(first, NULL);
	for (int i = 0; i < 3; i++) {
		post("/v1/sms", "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
		assert_refused(&reply, "sms.cooldown", waits[i], 99 - i);
		endpoints_advance(&server, waits[i] - 1);
		post("/v1/sms", "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
		assert_refused(&reply, "sms.cooldown", 1, 99 - i);
		endpoints_advance(&server, 1);
		post("/v1/sms", "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
		assert_sent(&reply, waits[i + 1], 98 - i);
		(void)outbox(again, NULL);
		assert_string_equal(first, again);
	}
	post(COMPAT, "{}", demo_token, &reply); /* another purpose has its own code */
	assert_int_equal(reply.status, 202);
	assert_int_equal(reply.body.len, 0);
	assert_string_equal(reply_header(&reply, "Retry-After"), "30");
	assert_string_equal(reply_header(&reply, "X-SMS-Remaining"), "95");
	post(COMPAT, NULL, demo_token, &reply);
	assert_refused(&reply, "sms.cooldown", 30, 95);
	reply_free(&reply);
}

static void a_refused_request_spends_nothing(void **state)
{
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms.per_hour = 3;
	post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_sent(&reply, 30, 2);
	for (int i = 0; i < 10; i++) {
		post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
		assert_refused(&reply, "sms.cooldown", 30, 2);
	}
	endpoints_advance(&server, 30);
	post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_sent(&reply, 60, 1);
	endpoints_advance(&server, 60);
	post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_sent(&reply, 3600 - 90, 0); /* the hour's end comes after the cool-down */
	post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_refused(&reply, "sms.budget", 3600 - 90, 0);
	reply_free(&reply);
}

static void the_day_has_a_limit_of_its_own(void **state)
{
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms = (struct sms_settings){.per_hour = 2, .per_day = 3};
	for (int i = 0; i < 3; i++) {
		post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
		assert_int_equal(reply.status, 202);
		endpoints_advance(&server, 2000);
		sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, demo_token, sizeof demo_token);
	}
	post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_refused(&reply, "sms.budget", DAY - 6000, 0);
	reply_free(&reply);
}

static void nobody_spends_what_another_account_has(void **state)
{
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms = (struct sms_settings){.per_hour = 4, .per_number = 2};
	for (int i = 0; i < 2; i++) {
		certify("+33612345678", eve_token, &reply); /* the number that demo trusts */
		assert_int_equal(reply.status, 202);
	}
	certify("+33612345678", eve_token, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	certify("+33612345678", demo_token, &reply); /* whoever asks: its owner is not to be bothered */
	assert_refused(&reply, "sms.budget", DAY, 0);
	for (int i = 3; i >= 0; i--) {
		post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
		assert_int_equal(reply.status, 202);
		assert_int_equal(json_int(reply.json, "remaining", -1), i);
	}
	reply_free(&reply);
}

static void a_stranger_does_not_choose_the_address_it_is_counted_by(void **state)
{
	struct call sms = {.path = "/v1/sms", .json = "{\"purpose\":\"enrollment\"}", .post = true, .bearer = demo_token};
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms = (struct sms_settings){.per_address = 1};
	server.server.settings.proxies = (struct proxies){.count = 0};
	assert_int_equal(proxies_add(&server.server.settings.proxies, "192.0.2.0/24,::1"), 0); /* 127.0.0.1 is none of them */
	sms.header = "X-Forwarded-For: 203.0.113.1";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	sms.header = "X-Forwarded-For: 203.0.113.2";
	call(&server, &sms, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	reply_free(&reply);
}

static void an_address_has_a_limit_by_what_the_proxy_saw(void **state)
{
	struct call sms = {.path = "/v1/sms", .json = "{\"purpose\":\"enrollment\"}", .post = true, .bearer = demo_token};
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms = (struct sms_settings){.per_address = 1};
	sms.header = "X-Forwarded-For: 203.0.113.1, 203.0.113.7";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	sms.header = "X-Forwarded-For: 203.0.113.2, 203.0.113.7";
	call(&server, &sms, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	sms.header = "X-Forwarded-For: 203.0.113.7, 2001:db8::1";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	sms.header = "X-Forwarded-For: 203.0.113.7, 2001:db8::8:0:0:2"; /* of the same /64 */
	call(&server, &sms, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	sms.header = "X-Forwarded-For: 203.0.113.7, nonsense";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202); /* the peer's own */
	sms.header = NULL;
	call(&server, &sms, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	reply_free(&reply);
}

static void a_line_that_the_client_wrote_itself_is_not_the_proxys(void **state)
{
	struct call sms = {.path = "/v1/sms", .json = "{\"purpose\":\"enrollment\"}", .post = true, .bearer = demo_token};
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms = (struct sms_settings){.per_address = 1};
	sms.header = "X-Forwarded-For: 203.0.113.1";
	sms.header2 = "X-Forwarded-For: 203.0.113.7";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	sms.header = "X-Forwarded-For: 203.0.113.2";
	call(&server, &sms, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	reply_free(&reply);
}

static void all_addresses_of_a_v6_network_are_one(void **state)
{
	static const char *const others[] = {"X-Forwarded-For: 2001:db8::9:8:7:6", "X-Forwarded-For: 2001:DB8:0:0::5",
					     "X-Forwarded-For: 2001:db8::"};
	struct call sms = {.path = "/v1/sms", .json = "{\"purpose\":\"enrollment\"}", .post = true, .bearer = demo_token};
	struct reply reply = {0};

	(void)state;
	server.server.settings.sms = (struct sms_settings){.per_address = 1};
	sms.header = "X-Forwarded-For: 2001:db8::1:2:3:4";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		sms.header = others[i];
		call(&server, &sms, &reply);
		assert_refused(&reply, "sms.budget", DAY, 0);
	}
	sms.header = "X-Forwarded-For: 2001:db8:0:1::1";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	sms.header = "X-Forwarded-For: ::ffff:203.0.113.7";
	call(&server, &sms, &reply);
	assert_int_equal(reply.status, 202);
	sms.header = "X-Forwarded-For: 203.0.113.7";
	call(&server, &sms, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	reply_free(&reply);
}

static void a_country_has_a_budget_and_half_of_it_is_for_trusted_numbers(void **state)
{
	struct reply reply = {0};

	(void)state;
	(void)snprintf(server.server.settings.sms.countries, SMS_COUNTRIES_SIZE, "ES,FR=4");
	certify("+447911123456", eve_token, &reply);
	assert_problem(&reply, 403, "sms.country");
	assert_int_equal(json_int(reply.json, "remaining", -1), 0);
	certify(NUMBER, eve_token, &reply);
	assert_sent(&reply, 30, 1);
	certify("+33699887767", eve_token, &reply);
	assert_int_equal(reply.status, 202);
	certify("+33699887768", eve_token, &reply);
	assert_refused(&reply, "sms.budget", DAY, 0);
	post("/v1/sms", "{\"purpose\":\"enrollment\"}", demo_token, &reply);
	assert_sent(&reply, 30, 1);
	post("/v1/sms", "{\"purpose\":\"resetPIN\"}", demo_token, &reply);
	assert_sent(&reply, DAY, 0);
	certify("+34612345678", eve_token, &reply);
	assert_int_equal(reply.status, 202);
	reply_free(&reply);
}

static void in_production_only_the_servers_country_is_allowed_unless_others_are(void **state)
{
	(void)state;
	assert_int_equal(sms_country_budget("FR", "FR"), 1000);
	assert_int_equal(sms_country_budget("fr=7,*=2", "FR"), 7);
	assert_int_equal(sms_country_budget("FR,*=2", "US"), 2);
	assert_int_equal(sms_country_budget("FR=0,*", "FR"), 0);
	assert_int_equal(sms_country_budget("FR", NULL), 0);
	assert_int_equal(sms_country_budget("*", NULL), 1000);
	assert_true(sms_countries_valid("FR=1000,ES,*=5"));
	assert_false(sms_countries_valid("") || sms_countries_valid("FRA") || sms_countries_valid("XX") || sms_countries_valid("FR=") ||
		     sms_countries_valid("FR=x") || sms_countries_valid("FR=-1") || sms_countries_valid("FR,,ES") || sms_countries_valid("FR=10000000"));
}

static void production_refuses_other_countries_by_default(void **state)
{
	struct reply reply = {0};

	(void)state;
	server.server.settings.sandbox = false;
	certify("+34612345678", eve_token, &reply);
	server.server.settings.sandbox = true;
	assert_problem(&reply, 403, "sms.country");
	reply_free(&reply);
}

static void a_code_is_good_for_the_number_it_went_to_and_for_its_account(void **state)
{
	struct reply reply = {0};
	char code[16], to[32];

	(void)state;
	change("add", NUMBER, "12345678", eve_token, &reply);
	assert_problem(&reply, 403, "sms.code"); /* none was sent */
	certify("06 99 88 77 66", eve_token, &reply);
	(void)outbox(code, to);
	assert_string_equal(to, "0699887766");
	change("modify", NUMBER, code, demo_token, &reply);
	assert_problem(&reply, 403, "device.proof");
	change("add", "+33699887767", code, eve_token, &reply);
	assert_problem(&reply, 403, "sms.code");
	assert_int_equal(json_int(reply.json, "remaining", -1), 4);
	change("add", NUMBER, code, demo_token, &reply);
	assert_problem(&reply, 409, "phone.exists");
	change("add", "0699887766", code, eve_token, &reply);
	assert_int_equal(reply.status, 204);
	call(&server, &(struct call){.path = "/v1/phone", .bearer = eve_token}, &reply);
	assert_string_equal(reply_text(&reply, "phoneNumber"), "0699887766");
	assert_string_equal(reply_text(&reply, "e164"), NUMBER);
	reply_free(&reply);
}

static void a_code_dies_after_five_wrong_ones_and_after_its_time(void **state)
{
	struct reply reply = {0};
	char code[16], next[16];

	(void)state;
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	for (int left = 4; left >= 0; left--) {
		change("add", NUMBER, "00000000", eve_token, &reply);
		assert_problem(&reply, 403, "sms.code");
		assert_int_equal(json_int(reply.json, "remaining", -1), left);
	}
	change("add", NUMBER, code, eve_token, &reply);
	assert_problem(&reply, 403, "sms.code");
	certify(NUMBER, eve_token, &reply);
	assert_int_equal(reply.status, 202);
	(void)outbox(next, NULL);
	assert_string_not_equal(code, next);
	endpoints_advance(&server, 600);
	change("add", NUMBER, next, eve_token, &reply);
	assert_problem(&reply, 403, "sms.expired");
	reply_free(&reply);
}

/* Five wrong codes for a number that a code was sent to just now. */
static void five_wrong(struct reply *reply)
{
	certify(NUMBER, eve_token, reply);
	assert_int_equal(reply->status, 202);
	for (int left = 4; left >= 0; left--) {
		change("add", NUMBER, "00000000", eve_token, reply);
		assert_problem(reply, 403, "sms.code");
		assert_int_equal(json_int(reply->json, "remaining", -1), left);
	}
}

static void assert_no_more_codes(struct reply *reply, const char *code, int retry_after)
{
	change("add", NUMBER, code, eve_token, reply);
	assert_problem(reply, 429, "sms.too_many_attempts");
	assert_int_equal(json_int(reply->json, "retryAfter", -1), retry_after);
	assert_true(json_int(reply->json, "remaining", -1) == -1);
}

static void twenty_wrong_codes_in_a_day_are_all_whatever_code_comes_next(void **state)
{
	struct reply reply = {0};
	char code[16];

	(void)state;
	for (int i = 0; i < 4; i++) {
		five_wrong(&reply);
		endpoints_advance(&server, 600);
	}
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	server.server.settings.sandbox = false;
	assert_no_more_codes(&reply, code, DAY - 2400); /* a right one is not looked at */
	assert_no_more_codes(&reply, "00000000", DAY - 2400);
	change("add", NUMBER, "00000000", demo_token, &reply); /* nobody else's account is held up */
	assert_problem(&reply, 409, "phone.exists");
	server.server.settings.sandbox = true;
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eve_token, sizeof eve_token);
	server.server.settings.sandbox = false;
	assert_no_more_codes(&reply, code, DAY - 2400); /* it is the account's, not the session's */
	endpoints_advance(&server, DAY - 2400);
	server.server.settings.sandbox = true;
	sign_in_access(&server, EVE_EMAIL, EVE_PASSWORD, eve_token, sizeof eve_token);
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	server.server.settings.sandbox = false;
	change("add", NUMBER, code, eve_token, &reply);
	server.server.settings.sandbox = true;
	assert_int_equal(reply.status, 204);
	reply_free(&reply);
}

static void guessing_what_set_the_number_counts_too(void **state)
{
	struct reply reply = {0};
	char code[16], json[256];

	(void)state;
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	server.server.settings.sandbox = false;
	(void)snprintf(json, sizeof json, "{\"action\":\"add\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\",\"enroll\":true}", NUMBER, code);
	post("/v1/phone", json, eve_token, &reply);
	assert_int_equal(reply.status, 204);
	for (int i = 0; i < 20; i++) {
		change("add", NUMBER, "00000000", eve_token, &reply);
		assert_problem(&reply, 409, "phone.exists");
	}
	assert_no_more_codes(&reply, code, DAY);
	server.server.settings.sandbox = true;
	reply_free(&reply);
}

static void right_codes_count_nothing(void **state)
{
	struct reply reply = {0};
	char code[16];

	(void)state;
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	server.server.settings.sandbox = false;
	for (int i = 0; i < 25; i++) { /* its answer got lost each time */
		change("add", NUMBER, code, eve_token, &reply);
		assert_int_equal(reply.status, 204);
	}
	for (int i = 0; i < 25; i++) { /* no code is compared */
		change("add", "+33699887767", code, eve_token, &reply);
		assert_problem(&reply, 409, "phone.exists");
	}
	change("add", NUMBER, code, eve_token, &reply);
	assert_int_equal(reply.status, 204);
	server.server.settings.sandbox = true;
	reply_free(&reply);
}

static void an_answer_that_got_lost_is_given_again(void **state)
{
	struct reply reply = {0};
	char code[16];

	(void)state;
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	for (int i = 0; i < 3; i++) {
		change("add", NUMBER, code, eve_token, &reply);
		assert_int_equal(reply.status, 204);
	}
	change("add", NUMBER, "00000000", eve_token, &reply);
	assert_problem(&reply, 409, "phone.exists");
	change("add", "+33699887767", code, eve_token, &reply);
	assert_problem(&reply, 409, "phone.exists");
	reply_free(&reply);
}

static void with_enroll_the_code_activates_a_device(void **state)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	struct reply reply = {0};
	char code[16], json[256];
	int64_t account;

	(void)state;
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	assert_int_equal(seal_digest(server.server.seal, code, hash), 0);
	assert_int_equal(store_sms_find(server.server.store, hash, SMS_ENROLLMENT, server.now, &account), PIMS_E_NOT_FOUND);
	(void)snprintf(json, sizeof json, "{\"action\":\"add\",\"phoneNumber\":\"%s\",\"smsCode\":\"%s\",\"enroll\":true}", NUMBER, code);
	for (int i = 0; i < 2; i++) {
		post("/v1/phone", json, eve_token, &reply);
		assert_int_equal(reply.status, 204);
		assert_int_equal(store_sms_find(server.server.store, hash, SMS_ENROLLMENT, server.now, &account), 0);
	}
	assert_int_equal(store_sms_find(server.server.store, hash, SMS_CERTIFICATION, server.now, &account), PIMS_E_NOT_FOUND);
	reply_free(&reply);
}

static void a_new_number_ends_the_codes_that_went_to_the_old_one(void **state)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	struct reply reply = {0};
	char code[16];
	int64_t account;

	(void)state;
	post(COMPAT, NULL, demo_token, &reply);
	(void)outbox(code, NULL);
	assert_int_equal(seal_digest(server.server.seal, code, hash), 0);
	assert_int_equal(store_sms_find(server.server.store, hash, SMS_ENROLLMENT, server.now, &account), 0);
	assert_int_equal(store_account_set_phone(server.server.store, DEMO_EMAIL, NUMBER), 0);
	assert_int_equal(store_sms_find(server.server.store, hash, SMS_ENROLLMENT, server.now, &account), PIMS_E_NOT_FOUND);
	reply_free(&reply);
}

static void national_numbers_are_read_with_the_accounts_country(void **state)
{
	struct reply reply = {0};
	char to[32];

	(void)state;
	assert_int_equal(store_account_set_country(server.server.store, EVE_EMAIL, "ES"), 0);
	certify("612345678", eve_token, &reply);
	assert_int_equal(reply.status, 202);
	(void)outbox(NULL, to);
	assert_string_equal(to, "+34612345678");
	assert_int_equal(store_account_set_phone(server.server.store, EVE_EMAIL, "+34612345678"), 0);
	call(&server, &(struct call){.path = "/v1/phone", .bearer = eve_token}, &reply);
	assert_string_equal(reply_text(&reply, "phoneNumber"), "612345678");
	assert_int_equal(store_account_set_phone(server.server.store, EVE_EMAIL, NUMBER), 0);
	call(&server, &(struct call){.path = "/v1/phone", .bearer = eve_token}, &reply);
	assert_string_equal(reply_text(&reply, "phoneNumber"), NUMBER);
	assert_int_equal(store_account_set_country(server.server.store, EVE_EMAIL, NULL), 0);
	reply_free(&reply);
}

static void the_apps_hash_stands_before_the_last_line(void **state)
{
	struct reply reply = {0};
	char end[64], code[16];
	const json_t *messages;
	const char *text;

	(void)state;
	(void)snprintf(server.server.settings.sms.android_hash, SMS_ANDROID_HASH_SIZE, "FA+9qCX9VSu");
	certify(NUMBER, eve_token, &reply);
	(void)outbox(code, NULL);
	call(&server, &(struct call){.path = "/sandbox/sms"}, &reply);
	messages = json_object_get(reply.json, "messages");
	text = json_text(json_array_get(messages, json_array_size(messages) - 1), "text");
	(void)snprintf(end, sizeof end, "\n\nFA+9qCX9VSu\n\n@127.0.0.1 #%s", code);
	assert_string_equal(text + strlen(text) - strlen(end), end);
	assert_true(strlen(text) <= 140); /* what the SMS Retriever takes */
	reply_free(&reply);
}

enum { RACERS = 8 };

static void *race(void *data)
{
	struct reply reply = {0};

	post(COMPAT, NULL, demo_token, &reply);
	*(long *)data = reply.status;
	reply_free(&reply);
	return NULL;
}

static void of_requests_at_once_one_sends_a_message(void **state)
{
	pthread_t threads[RACERS];
	long status[RACERS] = {0};
	size_t before = outbox(NULL, NULL);
	int sent = 0;

	(void)state;
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race, &status[i]), 0);
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(status[i] == 202 || status[i] == 429);
		sent += status[i] == 202;
	}
	assert_int_equal(sent, 1);
	assert_int_equal(outbox(NULL, NULL), before + 1);
}

#define TEST(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_number_that_cannot_be_costs_nothing),
		TEST(the_same_code_comes_again_after_30_then_60_then_120_seconds),
		TEST(a_refused_request_spends_nothing),
		TEST(the_day_has_a_limit_of_its_own),
		TEST(nobody_spends_what_another_account_has),
		TEST(a_stranger_does_not_choose_the_address_it_is_counted_by),
		TEST(an_address_has_a_limit_by_what_the_proxy_saw),
		TEST(a_line_that_the_client_wrote_itself_is_not_the_proxys),
		TEST(all_addresses_of_a_v6_network_are_one),
		TEST(a_country_has_a_budget_and_half_of_it_is_for_trusted_numbers),
		TEST(in_production_only_the_servers_country_is_allowed_unless_others_are),
		TEST(production_refuses_other_countries_by_default),
		TEST(a_code_is_good_for_the_number_it_went_to_and_for_its_account),
		TEST(a_code_dies_after_five_wrong_ones_and_after_its_time),
		TEST(twenty_wrong_codes_in_a_day_are_all_whatever_code_comes_next),
		TEST(guessing_what_set_the_number_counts_too),
		TEST(right_codes_count_nothing),
		TEST(an_answer_that_got_lost_is_given_again),
		TEST(with_enroll_the_code_activates_a_device),
		TEST(a_new_number_ends_the_codes_that_went_to_the_old_one),
		TEST(national_numbers_are_read_with_the_accounts_country),
		TEST(the_apps_hash_stands_before_the_last_line),
		TEST(of_requests_at_once_one_sends_a_message),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
