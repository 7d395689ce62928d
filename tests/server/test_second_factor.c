/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include "base/json.h"
#include "base/url.h"
#include "server/account/enroll_code.h"
#include "server/oidc/keys.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A one-time password beside the password: at the sign-in, on the pages of an account, and for a code that enrols another device. */

#define PASSWORD "username=demo%40example.com&password=demo-password"
#define DEVICES "/account/devices"
#define OTP "12345678"
#define LEVEL "&acr_values=urn%3Aopenpims%3Aacr%3Aotp"
#define EITHER LEVEL "+urn%3Aopenpims%3Aacr%3Apassword"

static struct endpoints server;
static char cookie[160];

/* Policy off; who wants the second factor turns it on. */
static int start(void **state)
{
	(void)state;
	cookie[0] = '\0';
	endpoints_start(&server, true);
	return 0;
}

static int start_wanted(void **state)
{
	start(state);
	server.server.settings.sign_in_otp = true;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	endpoints_stop(&server);
	return 0;
}

static void take_cookie(const struct reply *reply)
{
	const char *set = reply_header(reply, "Set-Cookie");

	if (*set)
		(void)snprintf(cookie, sizeof cookie, "Cookie: %.*s", (int)strcspn(set, ";"), set);
}

static void visit(const char *path, const char *form, struct reply *reply)
{
	call(&server, &(struct call){.path = path, .form = form, .header = *cookie ? cookie : NULL}, reply);
	take_cookie(reply);
}

static void authorize(const char *client, const char *more, const char *form, struct reply *reply)
{
	struct buf path = BUF_INIT(8192);

	assert_int_equal(buf_printf(&path, "/am/oauth2/authorize?%s%s", authorization_query(client), more), 0);
	visit(buf_text(&path), form, reply);
	buf_free(&path);
}

static bool shows(const struct reply *reply, const char *text)
{
	return strstr(buf_text(&reply->body), text) != NULL;
}

static bool asks_for_otp(const struct reply *reply)
{
	return shows(reply, "name=\"otp\"") && !shows(reply, "name=\"password\"");
}

static bool has_code(const struct reply *reply)
{
	return strlen(reply_parameter(reply, "code")) == 36;
}

/* What the page's form posts. */
static void otp_form(const struct reply *reply, const char *ticket, const char *otp, char ret_form[512])
{
	const char *at = strstr(buf_text(&reply->body), "name=\"form_token\" value=\"");

	assert_non_null(at);
	at += strlen("name=\"form_token\" value=\"");
	(void)snprintf(ret_form, 512, "ticket=%s&otp=%s&form_token=%.*s", ticket, otp, (int)strcspn(at, "\""), at);
}

/* Up to the page that asks for the one-time password. */
static void give_password(const char *more, char ret_form[512])
{
	struct reply reply = {0};

	authorize("demo", more, PASSWORD, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(asks_for_otp(&reply));
	assert_false(has_code(&reply));
	otp_form(&reply, "otp", OTP, ret_form);
	reply_free(&reply);
}

static void exchange(const char *fields, struct reply *reply)
{
	call(&server, &(struct call){.path = "/am/oauth2/access_token", .form = fields, .authorization = DEMO_BASIC}, reply);
	assert_int_equal(reply->status, 200);
}

static void assert_level(const struct reply *tokens, const char *acr, const char *methods)
{
	json_t *claims = NULL;
	char *amr;

	assert_int_equal(oidc_verify(server.server.oidc_keys, reply_text(tokens, "id_token"), &claims), 0);
	assert_string_equal(json_text(claims, "acr"), acr);
	amr = json_dumps(json_object_get(claims, "amr"), JSON_COMPACT);
	assert_string_equal(amr, methods);
	free(amr);
	json_decref(claims);
}

/* The levels of the tokens that a code buys, and of those that they are renewed by. */
static void assert_tokens(const char *code, const char *acr, const char *methods)
{
	struct buf form = BUF_INIT(4096);
	struct reply reply = {0};

	buf_puts(&form, "grant_type=authorization_code&code_verifier=" VERIFIER);
	url_put(&form, "code", code);
	assert_int_equal(url_put(&form, "redirect_uri", DEMO_REDIRECT), 0);
	exchange(buf_text(&form), &reply);
	assert_level(&reply, acr, methods);
	buf_reset(&form);
	buf_puts(&form, "grant_type=refresh_token");
	assert_int_equal(url_put(&form, "refresh_token", reply_text(&reply, "refresh_token")), 0);
	exchange(buf_text(&form), &reply);
	assert_level(&reply, acr, methods);
	reply_free(&reply);
	buf_free(&form);
}

/* --- at the sign-in -------------------------------------------------------------------------------------------------------------------- */

static void who_has_no_device_signs_in_with_the_password(void **state)
{
	struct reply reply = {0};

	(void)state;
	issue_otp(&server, EVE_EMAIL, OTP);
	authorize("demo", "", PASSWORD, &reply);
	assert_true(has_code(&reply));
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:password", "[\"pwd\"]");
	reply_free(&reply);
}

static void who_has_a_device_gets_a_code_for_its_otp_only(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", form);
	authorize("demo", "", form, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:otp", "[\"pwd\",\"otp\",\"mfa\"]");
	reply_free(&reply);
}

/* `form` posted once more gives no code; the page says why. */
static void assert_wrong(const char *form, long status, const char *why)
{
	struct reply reply = {0};

	authorize("demo", "", form, &reply);
	assert_int_equal(reply.status, status);
	assert_true(asks_for_otp(&reply));
	if (!shows(&reply, why))
		fail_msg("no \"%s\" in %s", why, buf_text(&reply.body));
	reply_free(&reply);
}

static void a_wrong_used_or_expired_otp_gives_no_code(void **state)
{
	static const char *const wrong[] = {"87654321", "", "1234567", OTP "9", "1234+5678", "12345678901234567890"};
	struct reply reply = {0};
	char form[512], right[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		(void)snprintf(form, sizeof form, "%s&otp=%s", strstr(right, "form_token"), wrong[i]);
		(void)snprintf(form + strlen(form), sizeof form - strlen(form), "&ticket=otp");
		assert_wrong(form, 403, "The one-time password is wrong, used or expired.");
	}
	authorize("demo", "", right, &reply);
	assert_true(has_code(&reply));
	/* another sign-in, the same OTP */
	give_password("&prompt=login", right);
	assert_wrong(right, 403, "The one-time password is wrong, used or expired.");
	issue_otp(&server, DEMO_EMAIL, OTP);
	endpoints_advance(&server, 121);
	assert_wrong(right, 403, "The one-time password is wrong, used or expired.");
	reply_free(&reply);
}

/* Who gives them has the password, and may not be the owner. */
static void the_owner_hears_of_several_wrong_otps(void **state)
{
	struct reply reply = {0};
	char right[512], form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	for (int i = 0; i < 4; i++) {
		call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
		assert_int_equal(json_array_size(json_object_get(reply.json, "messages")), i == 3);
		(void)snprintf(form, sizeof form, "ticket=otp&otp=9%07d&%s", i, strstr(right, "form_token"));
		assert_wrong(form, 403, "wrong, used or expired");
	}
	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	assert_int_equal(json_array_size(json_object_get(reply.json, "messages")), 1);
	assert_non_null(strstr(buf_text(&reply.body), "one-time password"));
	reply_free(&reply);
}

static void blanks_around_an_otp_are_nothing(void **state)
{
	struct reply reply = {0};
	char right[512], form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	(void)snprintf(form, sizeof form, "ticket=otp&otp=+" OTP "+&%s", strstr(right, "form_token"));
	authorize("demo", "", form, &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

static void twenty_wrong_otps_are_enough_for_a_while(void **state)
{
	struct reply reply = {0};
	char right[512], form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(form, sizeof form, "ticket=otp&otp=9%07d&%s", i, strstr(right, "form_token"));
		assert_wrong(form, 403, "wrong, used or expired");
	}
	assert_wrong(right, 429, "Too many attempts. Try again in");
	/* services are not the sign-in */
	call(&server, &(struct call){.path = "/v1/otp/verify", .json = "{\"account\":\"" DEMO_EMAIL "\",\"otp\":\"" OTP "\"}", .authorization = DEMO_BASIC},
	     &reply);
	assert_int_equal(reply.status, 200);
	reply_free(&reply);
}

static void the_form_is_of_this_browser_and_this_request(void **state)
{
	struct reply reply = {0};
	char right[512], bare[64] = "ticket=otp&otp=" OTP, mine[160];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	/* without the token, and from another site */
	authorize("demo", "", bare, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(shows(&reply, "did not come from a page of this server"));
	/* for another application than the page named */
	authorize("pims", "", right, &reply);
	assert_false(has_code(&reply));
	/* where nobody, or somebody else, is signed in */
	memcpy(mine, cookie, sizeof mine);
	cookie[0] = '\0';
	authorize("demo", "", right, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	authorize("demo", "&prompt=login", "username=eve%40example.com&password=eve-password", &reply);
	assert_true(has_code(&reply));
	authorize("demo", "", right, &reply);
	assert_false(has_code(&reply));
	/* nothing of this took the OTP */
	memcpy(cookie, mine, sizeof cookie);
	authorize("demo", "", right, &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

/* Session fixation: a cookie from before the OTP is worth no more for it. */
static void the_otp_brings_another_cookie(void **state)
{
	struct reply reply = {0};
	char right[512], before[160];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	memcpy(before, cookie, sizeof before);
	authorize("demo", "", right, &reply);
	assert_true(has_code(&reply));
	assert_string_not_equal(cookie, before);
	authorize("demo", "&prompt=none", NULL, &reply);
	assert_true(has_code(&reply));
	memcpy(cookie, before, sizeof cookie);
	authorize("demo", "&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "login_required");
	reply_free(&reply);
}

static void an_empty_field_is_no_wrong_otp(void **state)
{
	struct reply reply = {0};
	char right[512], form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	for (int i = 0; i < 21; i++) {
		(void)snprintf(form, sizeof form, "ticket=otp&otp=+&%s", strstr(right, "form_token"));
		assert_wrong(form, 403, "wrong, used or expired");
	}
	authorize("demo", "", right, &reply);
	assert_true(has_code(&reply));
	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	assert_int_equal(json_array_size(json_object_get(reply.json, "messages")), 0);
	reply_free(&reply);
}

/* Who has stolen the password guesses OTPs from his network, and is slowed down there. */
static void wrong_otps_elsewhere_do_not_keep_the_owner_out(void **state)
{
	struct reply reply = {0};
	char right[512], form[512];

	(void)state;
	assert_int_equal(proxies_add(&server.server.settings.proxies, "127.0.0.1"), 0);
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", right);
	for (int i = 0; i < 21; i++) {
		char path[2048];

		(void)snprintf(form, sizeof form, "ticket=otp&otp=9%07d&%s", i, strstr(right, "form_token"));
		(void)snprintf(path, sizeof path, "/am/oauth2/authorize?%s", authorization_query("demo"));
		call(&server, &(struct call){.path = path, .form = form, .header = cookie, .header2 = "X-Forwarded-For: 198.51.100.7"}, &reply);
		assert_int_equal(reply.status, i < 20 ? 403 : 429);
	}
	authorize("demo", "", right, &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

static void the_name_that_an_application_remembers_is_only_a_hint(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("&login_hint=old%40example.com", form);
	authorize("demo", "&login_hint=old%40example.com", form, &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

/* A form that is not the page's gets no page that would stand for the password. */
static void a_forged_form_does_not_pass_over_the_password(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize("demo", "", PASSWORD, &reply);
	assert_true(has_code(&reply));
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("demo", "&max_age=0", "ticket=otp&form_token=1.x&otp=", &reply);
	assert_true(shows(&reply, "name=\"password\""));
	/* nor is who has no device asked for an OTP */
	cookie[0] = '\0';
	authorize("demo", "", "username=eve%40example.com&password=eve-password", &reply);
	assert_true(has_code(&reply));
	authorize("demo", "", "ticket=otp&form_token=1.x&otp=", &reply);
	assert_true(shows(&reply, "Continue as eve@example.com"));
	reply_free(&reply);
}

static void an_old_page_asks_again(void **state)
{
	char right[512];

	(void)state;
	give_password(LEVEL, right);
	endpoints_advance(&server, 1801);
	assert_wrong(right, 403, "This page was open for too long.");
}

static int start_old(void **state)
{
	start_wanted(state);
	issue_otp(&server, DEMO_EMAIL, OTP);
	return 0;
}

/* pims login --forced: the password a moment ago is not too old for the page that comes after it, only for the next request. */
static void a_forced_sign_in_asks_once(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("demo", "&prompt=login&max_age=0", PASSWORD, &reply);
	assert_true(asks_for_otp(&reply));
	assert_true(shows(&reply, "name=\"max_age\" value=\"0\""));
	otp_form(&reply, "otp", OTP, form);
	endpoints_advance(&server, 60);
	authorize("demo", "&max_age=0", form, &reply);
	assert_true(has_code(&reply));
	authorize("demo", "&max_age=0", NULL, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	reply_free(&reply);
}

/* RFC 9126: the browser carries the reference alone, and what the pushed request asks for is done once. */
static void a_pushed_request_asks_once_as_well(void **state)
{
	struct reply reply = {0};
	struct buf form = BUF_INIT(8192), query = BUF_INIT(1024);
	char body[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	assert_int_equal(buf_printf(&form, "%s&prompt=login&max_age=0%s", authorization_query("demo"), LEVEL), 0);
	call(&server, &(struct call){.path = "/am/oauth2/par", .form = buf_text(&form), .authorization = DEMO_BASIC}, &reply);
	assert_int_equal(reply.status, 201);
	buf_puts(&query, "/am/oauth2/authorize?client_id=demo");
	assert_int_equal(url_put(&query, "request_uri", reply_text(&reply, "request_uri")), 0);
	visit(buf_text(&query), NULL, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	visit(buf_text(&query), PASSWORD, &reply);
	assert_true(asks_for_otp(&reply));
	otp_form(&reply, "otp", "87654321", body);
	visit(buf_text(&query), body, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(asks_for_otp(&reply));
	otp_form(&reply, "otp", OTP, body);
	visit(buf_text(&query), body, &reply);
	assert_int_equal(reply.status, 303);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:otp", "[\"pwd\",\"otp\",\"mfa\"]");
	visit(buf_text(&query), body, &reply);
	assert_int_equal(reply.status, 400);
	reply_free(&reply);
	buf_free(&query);
	buf_free(&form);
}

static void the_user_may_be_somebody_else_or_say_no(void **state)
{
	struct reply reply = {0};
	char form[512], body[600];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password("", form);
	(void)snprintf(body, sizeof body, "%s&again=1", form);
	authorize("demo", "", body, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	(void)snprintf(body, sizeof body, "%s&cancel=1", form);
	authorize("demo", "", body, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "access_denied");
	reply_free(&reply);
}

static void a_browser_that_gave_one_is_not_asked_again(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	/* signed in when there was no device: it is asked for the OTP alone, and silently it is not answered for */
	authorize("demo", "", PASSWORD, &reply);
	assert_true(has_code(&reply));
	authorize("demo", "&prompt=none", NULL, &reply);
	assert_true(has_code(&reply));
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("demo", "&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "interaction_required");
	authorize("demo", "", NULL, &reply);
	assert_true(asks_for_otp(&reply));
	otp_form(&reply, "otp", OTP, form);
	authorize("demo", "", form, &reply);
	assert_true(has_code(&reply));
	authorize("demo", "&prompt=none", NULL, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:otp", "[\"pwd\",\"otp\",\"mfa\"]");
	/* with the password it begins anew */
	give_password("&prompt=login", form);
	authorize("demo", "", NULL, &reply);
	assert_true(asks_for_otp(&reply));
	reply_free(&reply);
}

/* A client that cannot prove who it is: its question has no yes before the OTP. */
static void the_button_does_not_stand_for_the_otp(void **state)
{
	struct reply reply = {0};
	char form[512], otp[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("pims", "", PASSWORD, &reply);
	assert_true(asks_for_otp(&reply));
	otp_form(&reply, "otp", OTP, otp);
	otp_form(&reply, "go+on", "", form);
	authorize("pims", "", form, &reply);
	assert_false(has_code(&reply));
	assert_true(asks_for_otp(&reply));
	authorize("pims", "", otp, &reply);
	assert_true(has_code(&reply));
	/* from here on the button is asked for */
	authorize("pims", "", NULL, &reply);
	assert_true(shows(&reply, "Continue as demo@example.com"));
	reply_free(&reply);
}

/* --- acr_values (OpenID Connect Core 3.1.2.1, RFC 9470) ------------------------------------------------------------------------------- */

static void a_client_may_ask_for_the_level(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("demo", "", PASSWORD, &reply);
	assert_true(has_code(&reply));
	give_password(EITHER, form);
	authorize("demo", LEVEL, NULL, &reply);
	assert_true(shows(&reply, "name=\"acr_values\" value=\"urn:openpims:acr:otp\""));
	give_password(LEVEL, form);
	authorize("demo", LEVEL, form, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:otp", "[\"pwd\",\"otp\",\"mfa\"]");
	reply_free(&reply);
}

static void without_a_device_the_level_cannot_be_reached(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize("demo", LEVEL, PASSWORD, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
	authorize("demo", LEVEL "&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
	authorize("demo", EITHER, NULL, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:password", "[\"pwd\"]");
	reply_free(&reply);
}

/* --- the pages of an account ----------------------------------------------------------------------------------------------------------- */

static void the_password_alone_shows_and_ends_nothing(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	visit(DEVICES, PASSWORD, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	assert_true(asks_for_otp(&reply));
	assert_false(shows(&reply, "Enrolled on"));
	otp_form(&reply, "otp", OTP, form);
	visit(DEVICES, "remove=1001&form_token=1.00", &reply);
	assert_true(asks_for_otp(&reply));
	visit(DEVICES, "otp=87654321&ticket=otp", &reply);
	assert_int_equal(reply.status, 403);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	assert_true(shows(&reply, "Enrolled on"));
	reply_free(&reply);
}

static void address_and_password_are_changed_with_an_otp(void **state)
{
#define VISIT "?client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr"
#define NEW "&new_password=sparrow-violin-41&new_password2=sparrow-violin-41"
	struct reply reply = {0};

	(void)state;
	visit("/account/password" VISIT, NULL, &reply);
	assert_true(shows(&reply, "name=\"otp\" type=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"1024\" "));
	issue_otp(&server, DEMO_EMAIL, OTP);
	visit("/account/password" VISIT, PASSWORD NEW, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(shows(&reply, "The one-time password is wrong"));
	visit("/account/email" VISIT, PASSWORD "&email=new%40example.com&otp=00000000", &reply);
	assert_int_equal(reply.status, 403);
	assert_true(shows(&reply, "The one-time password is wrong"));
	/* a wrong password does not take it */
	visit("/account/password" VISIT, "username=demo%40example.com&password=wrong&otp=" OTP NEW, &reply);
	assert_true(shows(&reply, "The e-mail address or the password is wrong"));
	visit("/account/password" VISIT, PASSWORD NEW "&otp=" OTP, &reply);
	assert_string_equal(reply_parameter(&reply, "result"), "done");
	/* without a device none is wanted */
	visit("/account/password" VISIT, "username=eve%40example.com&password=eve-password" NEW, &reply);
	assert_string_equal(reply_parameter(&reply, "result"), "done");
	reply_free(&reply);
}

/* --- another device, without an SMS ---------------------------------------------------------------------------------------------------- */

/* A token of the password alone must not make the password enough again. */
static void a_session_without_an_otp_removes_no_device(void **state)
{
	struct reply reply = {0};
	char token[64], form[512];
	const char *code;
	struct buf body = BUF_INIT(1024);

	(void)state;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	issue_otp(&server, DEMO_EMAIL, OTP);
	call(&server, &(struct call){.path = "/v1/devices/remove", .json = "{\"all\":true}", .bearer = token}, &reply);
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(buf_text(&reply.headers), "Bearer realm=\"openpims\", error=\"insufficient_user_authentication\", acr_values=\"urn:openpims:acr:otp\""));
	give_password("", form);
	authorize("demo", "", form, &reply);
	code = reply_parameter(&reply, "code");
	buf_puts(&body, "grant_type=authorization_code&code_verifier=" VERIFIER);
	url_put(&body, "code", code);
	assert_int_equal(url_put(&body, "redirect_uri", DEMO_REDIRECT), 0);
	exchange(buf_text(&body), &reply);
	(void)snprintf(token, sizeof token, "%s", reply_text(&reply, "access_token"));
	call(&server, &(struct call){.path = "/v1/devices/remove", .json = "{\"all\":true}", .bearer = token}, &reply);
	assert_int_equal(reply.status, 200);
	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	assert_int_equal(json_array_size(json_object_get(reply.json, "messages")), 1);
	assert_non_null(strstr(buf_text(&reply.body), "A device was removed from your account"));
	buf_free(&body);
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

static int find_code(const char *digits, int64_t *ret_account)
{
	unsigned char hash[SEAL_DIGEST_SIZE];

	assert_int_equal(seal_digest(server.server.seal, digits, hash), 0);
	return store_sms_find(server.server.store, hash, SMS_ENROLLMENT, server.now, ret_account);
}

static void post_add(struct reply *reply)
{
	char form[512];

	visit(DEVICES, NULL, reply);
	otp_form(reply, "", "", form);
	(void)snprintf(form, sizeof form, "%s&add=1", strstr(strdupa(form), "form_token"));
	visit(DEVICES, form, reply);
}

static void an_enrolled_device_vouches_for_another_one(void **state)
{
	struct sms_code live = {0};
	struct reply reply = {0};
	char form[512], digits[16];
	const char *at;
	int64_t account = 0;

	(void)state;
	visit(DEVICES, PASSWORD, &reply);
	visit(DEVICES, NULL, &reply);
	assert_false(shows(&reply, "Add a device"));
	issue_otp(&server, DEMO_EMAIL, OTP);
	post_add(&reply);
	assert_true(asks_for_otp(&reply));
	otp_form(&reply, "add", OTP, form);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 200);
	at = strstr(buf_text(&reply.body), "<p class=\"code\">");
	assert_non_null(at);
	(void)snprintf(digits, sizeof digits, "%.8s", strchr(at, '>') + 1);
	assert_int_equal(strspn(digits, "0123456789"), 8);
	assert_int_equal(find_code(digits, &account), 0);
	assert_int_equal(account, account_id(DEMO_EMAIL));
	assert_int_equal(store_sms_live(server.server.store, account, SMS_ENROLLMENT, server.now, &live), 0);
	assert_string_equal(live.phone, ""); /* no message takes it along */
	sms_code_free(&live);
	/* who gave an OTP gets another code at once, and the old one is gone */
	post_add(&reply);
	assert_true(shows(&reply, "<p class=\"code\">"));
	assert_int_equal(find_code(digits, &account), PIMS_E_NOT_FOUND);
	reply_free(&reply);
}

static void a_code_for_another_device_wants_the_otp_always(void **state)
{
	struct reply reply = {0};
	char form[512];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	visit(DEVICES, PASSWORD, &reply);
	post_add(&reply);
	assert_true(asks_for_otp(&reply));
	otp_form(&reply, "add", "87654321", form);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(asks_for_otp(&reply));
	assert_false(shows(&reply, "class=\"code\""));
	/* without a device there is nothing that vouches */
	visit(DEVICES, "username=eve%40example.com&password=eve-password", &reply);
	cookie[0] = '\0';
	visit(DEVICES, "username=eve%40example.com&password=eve-password", &reply);
	post_add(&reply);
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

static int take_device(void *data, const struct device *device)
{
	*(int64_t *)data = device->id;
	return 1;
}

static void a_removed_device_vouches_no_more(void **state)
{
	struct reply reply = {0};
	char digits[SMS_CODE_SIZE], form[512];
	int64_t account = account_id(DEMO_EMAIL), device = 0;

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	give_password(LEVEL, form);
	authorize("demo", LEVEL, form, &reply);
	assert_true(has_code(&reply));
	assert_int_equal(enroll_code_make(server.server.store, server.server.seal, &server.server.env, account, 600, digits), 0);
	assert_int_equal(store_device_list(server.server.store, account, take_device, &device), 1);
	assert_int_equal(store_device_remove(server.server.store, account, device), 0);
	assert_int_equal(find_code(digits, &account), PIMS_E_NOT_FOUND);
	authorize("demo", LEVEL "&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
	post_add(&reply);
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

/* Leaving takes less than the rest, and brings nothing along. */
static void signing_out_is_no_way_around_the_password(void **state)
{
	struct reply reply = {0};
	char form[512], body[600];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	visit(DEVICES, PASSWORD, &reply);
	post_add(&reply);
	otp_form(&reply, "add", OTP, form);
	endpoints_advance(&server, 60);
	(void)snprintf(body, sizeof body, "%s&sign_out=1", form);
	endpoints_advance(&server, 3601);
	visit(DEVICES, body, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	assert_false(shows(&reply, "class=\"code\""));
	reply_free(&reply);
}

static void an_sms_does_not_send_a_shown_code(void **state)
{
	struct reply reply = {0};
	char digits[SMS_CODE_SIZE], token[64];
	struct sms_code live = {0};
	int64_t account = 0;

	(void)state;
	assert_int_equal(enroll_code_make(server.server.store, server.server.seal, &server.server.env, account_id(DEMO_EMAIL), 86400, digits), 0);
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	call(&server, &(struct call){.path = "/v1/sms", .json = "{\"purpose\":\"enrollment\"}", .bearer = token}, &reply);
	assert_int_equal(reply.status, 202);
	assert_int_equal(find_code(digits, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_live(server.server.store, account_id(DEMO_EMAIL), SMS_ENROLLMENT, server.now, &live), 0);
	assert_true(live.expires <= server.now + 600000);
	sms_code_free(&live);
	reply_free(&reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_has_no_device_signs_in_with_the_password, start_wanted, stop),
		cmocka_unit_test_setup_teardown(who_has_a_device_gets_a_code_for_its_otp_only, start_wanted, stop),
		cmocka_unit_test_setup_teardown(a_wrong_used_or_expired_otp_gives_no_code, start_wanted, stop),
		cmocka_unit_test_setup_teardown(the_owner_hears_of_several_wrong_otps, start_wanted, stop),
		cmocka_unit_test_setup_teardown(blanks_around_an_otp_are_nothing, start_wanted, stop),
		cmocka_unit_test_setup_teardown(twenty_wrong_otps_are_enough_for_a_while, start_wanted, stop),
		cmocka_unit_test_setup_teardown(the_form_is_of_this_browser_and_this_request, start_wanted, stop),
		cmocka_unit_test_setup_teardown(the_otp_brings_another_cookie, start_wanted, stop),
		cmocka_unit_test_setup_teardown(an_empty_field_is_no_wrong_otp, start_wanted, stop),
		cmocka_unit_test_setup_teardown(wrong_otps_elsewhere_do_not_keep_the_owner_out, start_wanted, stop),
		cmocka_unit_test_setup_teardown(the_name_that_an_application_remembers_is_only_a_hint, start_wanted, stop),
		cmocka_unit_test_setup_teardown(a_forged_form_does_not_pass_over_the_password, start_wanted, stop),
		cmocka_unit_test_setup_teardown(an_old_page_asks_again, start_old, stop),
		cmocka_unit_test_setup_teardown(a_forced_sign_in_asks_once, start_wanted, stop),
		cmocka_unit_test_setup_teardown(a_pushed_request_asks_once_as_well, start_wanted, stop),
		cmocka_unit_test_setup_teardown(the_user_may_be_somebody_else_or_say_no, start_wanted, stop),
		cmocka_unit_test_setup_teardown(a_browser_that_gave_one_is_not_asked_again, start_wanted, stop),
		cmocka_unit_test_setup_teardown(the_button_does_not_stand_for_the_otp, start_wanted, stop),
		cmocka_unit_test_setup_teardown(a_client_may_ask_for_the_level, start, stop),
		cmocka_unit_test_setup_teardown(without_a_device_the_level_cannot_be_reached, start, stop),
		cmocka_unit_test_setup_teardown(the_password_alone_shows_and_ends_nothing, start_wanted, stop),
		cmocka_unit_test_setup_teardown(address_and_password_are_changed_with_an_otp, start_wanted, stop),
		cmocka_unit_test_setup_teardown(an_enrolled_device_vouches_for_another_one, start, stop),
		cmocka_unit_test_setup_teardown(a_code_for_another_device_wants_the_otp_always, start, stop),
		cmocka_unit_test_setup_teardown(a_session_without_an_otp_removes_no_device, start_wanted, stop),
		cmocka_unit_test_setup_teardown(a_removed_device_vouches_no_more, start, stop),
		cmocka_unit_test_setup_teardown(signing_out_is_no_way_around_the_password, start, stop),
		cmocka_unit_test_setup_teardown(an_sms_does_not_send_a_shown_code, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
