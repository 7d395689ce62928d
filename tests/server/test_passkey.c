/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"
#include "support/authenticator.h"

#include "base/json.h"
#include "base/url.h"
#include "server/oidc/keys.h"
#include "server/oidc/webauthn.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Passkeys beside the password: registered on the page of the devices, asked for at the sign-in and on the pages of an account, by an authenticator of ours. */

#define PASSWORD "username=demo%40example.com&password=demo-password"
#define DEVICES "/account/devices"
#define CHANGE "/account/password?client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr"
#define NEW "&new_password=sparrow-violin-41&new_password2=sparrow-violin-41"
#define OTP "12345678"
#define LEVEL "&acr_values=phr"
#define PARTY "localhost"
#define ALL_METHODS "[\"pwd\",\"pop\",\"mfa\"]"

static struct endpoints server;
static struct authenticator key, spare;
static char origin[64], cookie[160];

static int start(void **state)
{
	(void)state;
	cookie[0] = '\0';
	endpoints_start(&server, true);
	(void)snprintf(origin, sizeof origin, "http://" PARTY "%s", strrchr(server.url, ':'));
	(void)snprintf(server.issuer, sizeof server.issuer, "%s", origin);
	authenticator_make(&key, WEBAUTHN_ES256, PARTY, origin);
	authenticator_make(&spare, WEBAUTHN_EDDSA, PARTY, origin);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	authenticator_free(&key);
	authenticator_free(&spare);
	endpoints_stop(&server);
	return 0;
}

static void visit(const char *path, const char *form, struct reply *reply)
{
	const char *set;

	call(&server, &(struct call){.path = path, .form = form, .header = *cookie ? cookie : NULL}, reply);
	set = reply_header(reply, "Set-Cookie");
	if (*set)
		(void)snprintf(cookie, sizeof cookie, "Cookie: %.*s", (int)strcspn(set, ";"), set);
}

static void authorize(const char *more, const char *form, struct reply *reply)
{
	struct buf path = BUF_INIT(8192);

	assert_int_equal(buf_printf(&path, "/am/oauth2/authorize?%s%s", authorization_query("demo"), more), 0);
	visit(buf_text(&path), form, reply);
	buf_free(&path);
}

static bool shows(const struct reply *reply, const char *text)
{
	return strstr(buf_text(&reply->body), text) != NULL;
}

static bool asks(const struct reply *reply)
{
	return shows(reply, "data-passkey=\"use\"") && !shows(reply, "name=\"password\"");
}

static bool has_code(const struct reply *reply)
{
	return strlen(reply_parameter(reply, "code")) == 36;
}

/* What stands behind `before` up to the next quote. */
static void cut(const struct reply *reply, const char *before, char ret_text[512])
{
	const char *at = strstr(buf_text(&reply->body), before);

	if (!at)
		fail_msg("no %s in %s", before, buf_text(&reply->body));
	at += strlen(before);
	(void)snprintf(ret_text, 512, "%.*s", (int)strcspn(at, "\""), at);
}

static void token_of(const struct reply *reply, char ret_token[512])
{
	cut(reply, "name=\"form_token\" value=\"", ret_token);
}

/* What passkey.js posts, for a page whose token is `token`. */
static void write_answer(struct authenticator *authenticator, const char *ticket, const char *token, struct buf *ret_form)
{
	struct authenticator_answer answer;

	(strcmp(ticket, "create") == 0 ? authenticator_create : authenticator_use)(authenticator, token, &answer);
	*ret_form = BUF_INIT(16384);
	url_put(ret_form, "ticket", ticket);
	url_put(ret_form, "form_token", token);
	url_put(ret_form, "credential", buf_text(&answer.credential));
	url_put(ret_form, "client_data", buf_text(&answer.client_data));
	url_put(ret_form, "authenticator_data", buf_text(&answer.authenticator_data));
	assert_int_equal(url_put(ret_form, "signature", buf_text(&answer.signature)), 0);
	authenticator_answer_free(&answer);
}

/* What the page of a first use has of the new passkey. */
static void put_offer(const struct reply *reply, struct buf *form)
{
	static const char before[] = "name=\"passkey\" value=\"";
	const char *at = strstr(buf_text(&reply->body), before);
	struct buf offer = BUF_INIT(16384);

	assert_non_null(at);
	at += strlen(before);
	assert_int_equal(buf_printf(&offer, "%.*s", (int)strcspn(at, "\""), at), 0);
	assert_int_equal(url_put(form, "passkey", buf_text(&offer)), 0);
	buf_free(&offer);
}

/* Answers the page in `reply`, which becomes the answer to that; `path` NULL: the authorization request with `more`. */
static void answer(struct authenticator *authenticator, const char *ticket, const char *path, const char *more, struct reply *reply)
{
	struct buf form;
	char token[512];

	token_of(reply, token);
	write_answer(authenticator, ticket, token, &form);
	if (strcmp(ticket, "first") == 0)
		put_offer(reply, &form);
	if (path)
		visit(path, buf_text(&form), reply);
	else
		authorize(more, buf_text(&form), reply);
	buf_free(&form);
}

static void open_devices(const char *person, struct reply *reply)
{
	visit(DEVICES, person, reply);
	assert_int_equal(reply->status, 303);
	visit(DEVICES, NULL, reply);
	assert_int_equal(reply->status, 200);
}

/* One of the page's buttons. */
static void press(const char *name, const char *value, struct reply *reply)
{
	char token[512], form[640], button[128];

	(void)snprintf(button, sizeof button, "name=\"%s\" value=\"%s\"", name, value);
	if (!shows(reply, button))
		fail_msg("no button %s in %s", button, buf_text(&reply->body));
	token_of(reply, token);
	(void)snprintf(form, sizeof form, "%s=%s&form_token=%s", name, value, token);
	visit(DEVICES, form, reply);
}

static void create(struct authenticator *authenticator, struct reply *reply)
{
	press("add_passkey", "1", reply);
	assert_int_equal(reply->status, 200);
	assert_true(shows(reply, "data-passkey=\"create\""));
	answer(authenticator, "create", DEVICES, NULL, reply);
}

/* From the page of the devices on. */
static void add(struct authenticator *authenticator, struct reply *reply)
{
	create(authenticator, reply);
	assert_int_equal(reply->status, 200);
	assert_true(asks(reply));
	answer(authenticator, "first", DEVICES, NULL, reply);
	assert_int_equal(reply->status, 303);
	visit(DEVICES, NULL, reply);
	assert_int_equal(reply->status, 200);
}

/* The demo account has `key`; nobody is signed in any more. */
static void have_key(void)
{
	struct reply reply = {0};

	open_devices(PASSWORD, &reply);
	add(&key, &reply);
	reply_free(&reply);
	cookie[0] = '\0';
}

static void assert_tokens(const char *code, const char *acr, const char *methods)
{
	struct buf form = BUF_INIT(4096);
	struct reply reply = {0};
	json_t *claims = NULL;
	char *amr;

	buf_puts(&form, "grant_type=authorization_code&code_verifier=" VERIFIER);
	url_put(&form, "code", code);
	assert_int_equal(url_put(&form, "redirect_uri", DEMO_REDIRECT), 0);
	for (int renewed = 0; renewed < 2; renewed++) {
		call(&server, &(struct call){.path = "/am/oauth2/access_token", .form = buf_text(&form), .authorization = DEMO_BASIC}, &reply);
		assert_int_equal(reply.status, 200);
		assert_int_equal(oidc_verify(server.server.oidc_keys, reply_text(&reply, "id_token"), &claims), 0);
		assert_string_equal(json_text(claims, "acr"), acr);
		amr = json_dumps(json_object_get(claims, "amr"), JSON_COMPACT);
		assert_string_equal(amr, methods);
		free(amr);
		json_decref(claims);
		buf_reset(&form);
		buf_puts(&form, "grant_type=refresh_token");
		assert_int_equal(url_put(&form, "refresh_token", reply_text(&reply, "refresh_token")), 0);
	}
	reply_free(&reply);
	buf_free(&form);
}

static int count_mails(const char *text)
{
	struct reply reply = {0};
	int count = 0;

	call(&server, &(struct call){.path = "/sandbox/mail"}, &reply);
	for (const char *at = buf_text(&reply.body); (at = strstr(at, text)); at++)
		count++;
	reply_free(&reply);
	return count;
}

/* --- registration ---------------------------------------------------------------------------------------------------------------------- */

static void a_new_one_counts_from_its_first_use_on(void **state)
{
	struct reply reply = {0}, other = {0};
	char text[512], here[160];

	(void)state;
	open_devices(PASSWORD, &reply);
	press("add_passkey", "1", &reply);
	cut(&reply, "data-party=\"", text);
	assert_string_equal(text, PARTY);
	cut(&reply, "data-account=\"", text);
	assert_string_equal(text, DEMO_EMAIL);
	cut(&reply, "data-user=\"", text);
	assert_true(strlen(text) > 20);
	assert_non_null(strstr(reply_header(&reply, "Content-Security-Policy"), "; script-src 'sha256-"));
	answer(&key, "create", DEVICES, NULL, &reply);
	assert_true(shows(&reply, "Now use it once"));
	cut(&reply, "data-credentials=\"", text);
	assert_int_equal(strlen(text), 43);
	/* it is not known to work: elsewhere the password is enough still, and nobody was told */
	(void)snprintf(here, sizeof here, "%s", cookie);
	cookie[0] = '\0';
	authorize("", PASSWORD, &other);
	assert_true(has_code(&other));
	assert_int_equal(count_mails("A passkey was added"), 0);
	(void)snprintf(cookie, sizeof cookie, "%s", here);
	answer(&key, "first", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	assert_string_not_equal(cookie, here);
	visit(DEVICES, NULL, &reply);
	assert_true(shows(&reply, "<h3>Passkey</h3>"));
	assert_null(strstr(reply_header(&reply, "Content-Security-Policy"), "script-src"));
	assert_int_equal(count_mails("A passkey was added"), 1);
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	assert_true(asks(&reply));
	reply_free(&reply);
	reply_free(&other);
}

static void a_second_one_wants_the_first(void **state)
{
	struct reply reply = {0};
	char ids[512];

	(void)state;
	have_key();
	open_devices(PASSWORD, &reply);
	assert_true(asks(&reply));
	answer(&key, "passkey", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	press("add_passkey", "1", &reply);
	cut(&reply, "data-credentials=\"", ids); /* not to be registered twice */
	assert_int_equal(strlen(ids), 43);
	answer(&spare, "create", DEVICES, NULL, &reply);
	answer(&spare, "first", DEVICES, NULL, &reply);
	assert_int_equal(count_mails("A passkey was added"), 2);
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	cut(&reply, "data-credentials=\"", ids);
	assert_int_equal(strlen(ids), 2 * 43 + 1);
	answer(&spare, "passkey", NULL, "", &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

static void who_has_a_device_gives_its_otp_first(void **state)
{
	struct reply reply = {0};
	struct buf form;
	char token[512], otp[640];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	open_devices(PASSWORD, &reply);
	token_of(&reply, token);
	/* also who posts at once what the next page would */
	write_answer(&key, "create", token, &form);
	visit(DEVICES, buf_text(&form), &reply);
	assert_int_equal(reply.status, 303);
	buf_free(&form);
	visit(DEVICES, NULL, &reply);
	press("add_passkey", "1", &reply);
	assert_true(shows(&reply, "name=\"otp\""));
	token_of(&reply, token);
	(void)snprintf(otp, sizeof otp, "ticket=add_passkey&otp=" OTP "&form_token=%s", token);
	visit(DEVICES, otp, &reply);
	assert_true(shows(&reply, "data-passkey=\"create\""));
	answer(&key, "create", DEVICES, NULL, &reply);
	answer(&key, "first", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

static void one_of_another_account_is_refused(void **state)
{
	struct reply reply = {0};

	(void)state;
	have_key();
	open_devices("username=eve%40example.com&password=eve-password", &reply);
	create(&key, &reply);
	answer(&key, "first", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(shows(&reply, "registered already"));
	visit(DEVICES, NULL, &reply);
	add(&spare, &reply);
	reply_free(&reply);
}

static void bent_ones_are_refused(void **state)
{
	struct reply reply = {0};
	static const char *const origins[] = {"https://localhost", "http://127.0.0.1", "http://evil.example"};

	(void)state;
	open_devices(PASSWORD, &reply);
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
		key.origin = origins[i];
		create(&key, &reply);
		assert_int_equal(reply.status, 403);
		assert_true(shows(&reply, "was not accepted"));
		visit(DEVICES, NULL, &reply);
	}
	key.origin = origin;
	key.challenge_text = "another";
	create(&key, &reply);
	assert_true(shows(&reply, "was not accepted"));
	visit(DEVICES, NULL, &reply);
	/* nor with a form that is not this browser's */
	visit(DEVICES, "ticket=create&form_token=1.00&credential=&client_data=&authenticator_data=&signature=", &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, "ticket=create&credential=&client_data=&authenticator_data=&signature=", &reply);
	assert_int_equal(reply.status, 403);
	reply_free(&reply);
}

/* Who has the password alone begins one, and comes back with it when the account wants more. */
static void one_that_was_begun_before_is_no_way_in(void **state)
{
	struct reply reply = {0}, page = {0};
	struct buf form, offer = BUF_INIT(16384);
	char token[512], thief[160];

	(void)state;
	open_devices(PASSWORD, &reply);
	create(&key, &reply);
	put_offer(&reply, &offer);
	(void)snprintf(thief, sizeof thief, "%s", cookie);
	issue_otp(&server, DEMO_EMAIL, OTP);
	server.server.settings.sign_in_otp = true;
	answer(&key, "first", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	authorize("", NULL, &reply);
	assert_true(shows(&reply, "name=\"otp\""));
	token_of(&reply, token);
	for (int i = 0; i < 2; i++) {
		write_answer(&key, i ? "passkey" : "first", token, &form);
		assert_int_equal(buf_printf(&form, "&%s", buf_text(&offer)), 0);
		authorize("", buf_text(&form), &page);
		assert_false(has_code(&page));
		buf_free(&form);
	}
	authorize("", NULL, &reply);
	assert_true(shows(&reply, "name=\"otp\"")); /* nobody is asked for a passkey that he does not have */
	assert_int_equal(count_mails("A passkey was added"), 0);
	buf_free(&offer);
	reply_free(&reply);
	reply_free(&page);
}

/* It is in the page of its first use, for that browser, for half an hour. */
static void a_new_one_is_of_its_browser_and_its_time(void **state)
{
	struct reply reply = {0};
	struct buf form, offer = BUF_INIT(16384);
	char token[512], first[160];

	(void)state;
	open_devices(PASSWORD, &reply);
	create(&key, &reply);
	put_offer(&reply, &offer);
	(void)snprintf(first, sizeof first, "%s", cookie);
	for (int i = 0; i < 2; i++) {
		if (i) { /* the same browser, later */
			(void)snprintf(cookie, sizeof cookie, "%s", first);
			endpoints_advance(&server, 1801);
		} else {
			cookie[0] = '\0';
			open_devices(PASSWORD, &reply);
		}
		visit(DEVICES, NULL, &reply);
		create(&spare, &reply);
		token_of(&reply, token);
		write_answer(&key, "first", token, &form);
		assert_int_equal(buf_printf(&form, "&%s", buf_text(&offer)), 0);
		visit(DEVICES, buf_text(&form), &reply);
		buf_free(&form);
		assert_int_equal(reply.status, 403);
		assert_true(shows(&reply, "data-passkey=\"create\""));
	}
	visit(DEVICES, NULL, &reply);
	assert_false(shows(&reply, "Added on"));
	/* what is no offer at all */
	create(&spare, &reply);
	token_of(&reply, token);
	write_answer(&spare, "first", token, &form);
	assert_int_equal(url_put(&form, "passkey", "AAAA"), 0);
	visit(DEVICES, buf_text(&form), &reply);
	assert_int_equal(reply.status, 403);
	buf_free(&form);
	buf_free(&offer);
	reply_free(&reply);
}

static void people_can_turn_round(void **state)
{
	struct reply reply = {0};

	(void)state;
	open_devices(PASSWORD, &reply);
	press("add_passkey", "1", &reply);
	press("cancel", "1", &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	create(&key, &reply);
	press("cancel", "1", &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	add(&key, &reply);
	cookie[0] = '\0';
	open_devices(PASSWORD, &reply);
	press("again", "1", &reply);
	assert_int_equal(reply.status, 200);
	assert_true(shows(&reply, "name=\"password\""));
	reply_free(&reply);
}

/* The first of two pages was answered, and the cookie is another one. */
static void a_page_from_before_starts_again(void **state)
{
	struct reply reply = {0};
	struct buf form;
	char token[512];

	(void)state;
	have_key();
	open_devices(PASSWORD, &reply);
	token_of(&reply, token);
	write_answer(&key, "passkey", token, &form);
	answer(&key, "passkey", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, buf_text(&form), &reply);
	assert_int_equal(reply.status, 303);
	buf_free(&form);
	/* nor is another page's token good here */
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	token_of(&reply, token);
	write_answer(&key, "passkey", token, &form);
	visit(DEVICES, buf_text(&form), &reply);
	visit(DEVICES, NULL, &reply);
	assert_true(asks(&reply));
	buf_free(&form);
	reply_free(&reply);
}

/* By the operator, while the pages that ask for it are open. */
static void a_page_for_one_that_is_gone_lets_go(void **state)
{
	struct reply reply = {0}, change = {0}, devices = {0};
	struct account account;
	struct passkey passkey = {0};

	(void)state;
	have_key();
	visit(CHANGE, PASSWORD NEW, &change);
	visit(DEVICES, NULL, &devices);
	authorize("", NULL, &reply);
	assert_true(asks(&change) && asks(&devices) && asks(&reply));
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &account), 0);
	assert_int_equal(store_passkey_find(server.server.store, account.id, key.id, sizeof key.id, &passkey), 0);
	assert_int_equal(store_passkey_remove(server.server.store, account.id, passkey.id), 0);
	answer(&key, "passkey", DEVICES, NULL, &devices);
	assert_int_equal(devices.status, 303);
	answer(&key, "passkey", CHANGE, NULL, &change);
	assert_int_equal(change.status, 200);
	assert_true(shows(&change, "name=\"new_password\""));
	answer(&key, "passkey", NULL, "", &reply);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:password", "[\"pwd\"]");
	passkey_free(&passkey);
	account_free(&account);
	reply_free(&reply);
	reply_free(&change);
	reply_free(&devices);
}

static void there_are_ten_at_most(void **state)
{
	struct reply reply = {0};
	struct authenticator more[PASSKEYS_MAX];
	char token[512], form[640];

	(void)state;
	open_devices(PASSWORD, &reply);
	for (size_t i = 0; i < PASSKEYS_MAX; i++) {
		authenticator_make(&more[i], WEBAUTHN_EDDSA, PARTY, origin);
		add(&more[i], &reply);
	}
	assert_false(shows(&reply, "name=\"add_passkey\""));
	token_of(&reply, token);
	(void)snprintf(form, sizeof form, "add_passkey=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	answer(&key, "create", DEVICES, NULL, &reply);
	answer(&key, "first", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(count_mails("A passkey was added"), PASSKEYS_MAX);
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	answer(&more[PASSKEYS_MAX - 1], "passkey", NULL, "", &reply);
	assert_true(has_code(&reply));
	for (size_t i = 0; i < PASSKEYS_MAX; i++)
		authenticator_free(&more[i]);
	reply_free(&reply);
}

/* On the page of the devices. */
static void add_named(struct authenticator *authenticator, const char *name, struct reply *reply)
{
	struct buf form;
	char token[512];

	press("add_passkey", "1", reply);
	token_of(reply, token);
	write_answer(authenticator, "create", token, &form);
	assert_int_equal(url_put(&form, "name", name), 0);
	visit(DEVICES, buf_text(&form), reply);
	buf_free(&form);
	answer(authenticator, "first", DEVICES, NULL, reply);
	visit(DEVICES, NULL, reply);
}

static void a_name_is_no_markup_and_ends_with_a_character(void **state)
{
	struct reply reply = {0};
	struct authenticator third;

	(void)state;
	open_devices(PASSWORD, &reply);
	/* 63 bytes, and the first of the two of "ä" would be the last that fits */
	add_named(&key, "<b>\"&'" "012345678901234567890123456789012345678901234567890123456" "\xc3\xa4zz", &reply);
	assert_true(shows(&reply, "<h3>&lt;b&gt;&quot;&amp;&#39;012345678901234567890123456789012345678901234567890123456</h3>"));
	add_named(&spare, "two\nlines", &reply);
	assert_true(shows(&reply, "<h3>two lines</h3>"));
	authenticator_make(&third, WEBAUTHN_ES256, PARTY, origin);
	add_named(&third, "no \xc3( text", &reply);
	assert_true(shows(&reply, "<h3>Passkey</h3>"));
	authenticator_free(&third);
	reply_free(&reply);
}

/* --- the sign-in ----------------------------------------------------------------------------------------------------------------------- */

static void who_has_one_gets_a_code_for_it_only(void **state)
{
	struct reply reply = {0};

	(void)state;
	have_key();
	authorize("", PASSWORD, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(asks(&reply));
	/* the password alone goes no further, by any of the forms */
	authorize("", "ticket=go+on", &reply);
	assert_false(has_code(&reply));
	authorize("", NULL, &reply);
	assert_true(asks(&reply));
	authorize("&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "interaction_required");
	authorize("", NULL, &reply);
	answer(&key, "passkey", NULL, "", &reply);
	assert_int_equal(reply.status, 303);
	assert_string_equal(reply_parameter(&reply, "state"), "s t&1");
	assert_tokens(reply_parameter(&reply, "code"), "phr", ALL_METHODS);
	/* once in a browser */
	authorize("&prompt=none", NULL, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "phr", ALL_METHODS);
	reply_free(&reply);
}

/* Whoever is talked out of password and one-time password has given nothing that is good without the passkey. */
static void an_otp_does_not_stand_in_for_it(void **state)
{
	struct reply reply = {0};
	char token[512], form[640];

	(void)state;
	have_key();
	server.server.settings.sign_in_otp = true;
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("&acr_values=urn%3Aopenpims%3Aacr%3Aotp", PASSWORD, &reply);
	assert_true(asks(&reply));
	token_of(&reply, token);
	(void)snprintf(form, sizeof form, "ticket=otp&otp=" OTP "&form_token=%s", token);
	authorize("&acr_values=urn%3Aopenpims%3Aacr%3Aotp", form, &reply);
	assert_false(has_code(&reply));
	assert_true(asks(&reply));
	visit(DEVICES, NULL, &reply);
	assert_true(asks(&reply));
	visit(CHANGE, PASSWORD NEW "&otp=" OTP, &reply);
	assert_true(asks(&reply));
	reply_free(&reply);
}

static void assert_refused(struct authenticator *authenticator, const char *token)
{
	struct reply reply = {0};
	struct buf form;

	write_answer(authenticator, "passkey", token, &form);
	authorize("", buf_text(&form), &reply);
	buf_free(&form);
	assert_int_equal(reply.status, 403);
	assert_false(has_code(&reply));
	assert_true(asks(&reply));
	reply_free(&reply);
}

static void bent_answers_give_no_code(void **state)
{
	struct reply reply = {0};
	char token[512];

	(void)state;
	have_key();
	authorize("", PASSWORD, &reply);
	token_of(&reply, token);
	key.origin = "http://localhost.evil.example";
	assert_refused(&key, token);
	key.origin = origin;
	key.challenge_text = "another";
	assert_refused(&key, token);
	key.challenge_text = NULL;
	key.other_party = "evil.example";
	assert_refused(&key, token);
	key.other_party = NULL;
	key.damaged = true;
	assert_refused(&key, token);
	key.damaged = false;
	key.flags_off = 1;
	assert_refused(&key, token);
	key.flags_off = 0;
	assert_refused(&spare, token); /* nobody's */
	answer(&key, "passkey", NULL, "", &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

/* The challenge is of one page in one browser, and its answer good once. */
static void an_answer_is_good_in_its_browser_and_once(void **state)
{
	struct reply reply = {0};
	struct buf form;
	char token[512], thief[160], owner[160], proved[160];

	(void)state;
	key.counts = false; /* which would tell a replay as well */
	have_key();
	authorize("", PASSWORD, &reply);
	(void)snprintf(thief, sizeof thief, "%s", cookie);
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	token_of(&reply, token);
	write_answer(&key, "passkey", token, &form);
	(void)snprintf(owner, sizeof owner, "%s", cookie);
	/* elsewhere, with the password, first */
	(void)snprintf(cookie, sizeof cookie, "%s", thief);
	authorize("", buf_text(&form), &reply);
	assert_false(has_code(&reply));
	(void)snprintf(cookie, sizeof cookie, "%s", owner);
	authorize("", buf_text(&form), &reply);
	assert_true(has_code(&reply));
	assert_string_not_equal(cookie, owner);
	/* once more in each of them: who was proved goes on as he is, with no new proof */
	(void)snprintf(proved, sizeof proved, "%s", cookie);
	(void)snprintf(cookie, sizeof cookie, "%s", owner);
	authorize("", buf_text(&form), &reply);
	assert_false(has_code(&reply));
	(void)snprintf(cookie, sizeof cookie, "%s", thief);
	authorize("", buf_text(&form), &reply);
	assert_false(has_code(&reply));
	(void)snprintf(cookie, sizeof cookie, "%s", proved);
	authorize("", buf_text(&form), &reply);
	assert_true(shows(&reply, "Continue as"));
	assert_false(has_code(&reply));
	buf_free(&form);
	reply_free(&reply);
}

static void a_copy_that_counts_behind_is_refused(void **state)
{
	struct reply reply = {0};
	char token[512];

	(void)state;
	have_key();
	authorize("", PASSWORD, &reply);
	token_of(&reply, token);
	key.count -= 1;
	assert_refused(&key, token);
	answer(&key, "passkey", NULL, "", &reply);
	assert_true(has_code(&reply));
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	token_of(&reply, token);
	key.counts = false;
	assert_refused(&key, token);
	reply_free(&reply);
}

static void one_that_does_not_count_is_taken(void **state)
{
	struct reply reply = {0};

	(void)state;
	key.counts = false;
	have_key();
	for (int i = 0; i < 2; i++) {
		cookie[0] = '\0';
		authorize("", PASSWORD, &reply);
		answer(&key, "passkey", NULL, "", &reply);
		assert_true(has_code(&reply));
	}
	reply_free(&reply);
}

/* RFC 9470 §5 */
static void a_client_may_ask_for_the_level(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize(LEVEL, PASSWORD, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
	assert_string_equal(reply_parameter(&reply, "error_description"), "no passkey is registered");
	authorize(LEVEL "+urn%3Aopenpims%3Aacr%3Apassword", NULL, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:password", "[\"pwd\"]");
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize(LEVEL "+urn%3Aopenpims%3Aacr%3Aotp", NULL, &reply);
	assert_true(shows(&reply, "name=\"otp\""));
	/* nobody is asked for what is not enough */
	server.server.settings.sign_in_otp = true;
	authorize(LEVEL, NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
	authorize(LEVEL "&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
	server.server.settings.sign_in_otp = false;
	cookie[0] = '\0';
	open_devices("username=eve%40example.com&password=eve-password", &reply);
	add(&spare, &reply);
	authorize(LEVEL "&prompt=none", NULL, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "phr", ALL_METHODS);
	call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &reply);
	assert_true(shows(&reply, "\"urn:openpims:acr:otp\",\"phr\"]") || shows(&reply, "\"urn:openpims:acr:otp\", \"phr\"]"));
	reply_free(&reply);
}

static void a_forced_sign_in_asks_for_both(void **state)
{
	struct reply reply = {0};

	(void)state;
	have_key();
	authorize("", PASSWORD, &reply);
	answer(&key, "passkey", NULL, "", &reply);
	assert_true(has_code(&reply));
	authorize("&prompt=login", NULL, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	authorize("&prompt=login", PASSWORD, &reply);
	assert_true(asks(&reply));
	answer(&key, "passkey", NULL, "&prompt=login", &reply);
	assert_true(has_code(&reply));
	reply_free(&reply);
}

/* --- pimsd --sign-in-passkey ----------------------------------------------------------------------------------------------------------- */

static int start_wanted(void **state)
{
	start(state);
	server.server.settings.sign_in_passkey = true;
	return 0;
}

static bool asks_for_new(const struct reply *reply)
{
	return shows(reply, "data-passkey=\"create\"") && !shows(reply, "name=\"password\"");
}

static void who_has_none_registers_one_on_the_way_in(void **state)
{
	struct reply reply = {0};

	(void)state;
	authorize("", PASSWORD, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(asks_for_new(&reply));
	authorize("&prompt=none", NULL, &reply);
	assert_string_equal(reply_parameter(&reply, "error"), "interaction_required");
	authorize("", "ticket=go+on", &reply);
	assert_false(has_code(&reply));
	authorize("", NULL, &reply);
	key.challenge_text = "another";
	answer(&key, "create", NULL, "", &reply);
	assert_int_equal(reply.status, 403);
	assert_true(asks_for_new(&reply));
	key.challenge_text = NULL;
	answer(&key, "create", NULL, "", &reply);
	assert_int_equal(reply.status, 200);
	assert_true(asks(&reply));
	assert_true(shows(&reply, "Now use it once"));
	assert_false(has_code(&reply));
	key.damaged = true;
	answer(&key, "first", NULL, "", &reply);
	assert_int_equal(reply.status, 403);
	assert_true(asks(&reply));
	key.damaged = false;
	answer(&key, "first", NULL, "", &reply);
	assert_int_equal(reply.status, 303);
	assert_tokens(reply_parameter(&reply, "code"), "phr", ALL_METHODS);
	assert_int_equal(count_mails("A passkey was added"), 1);
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	assert_true(asks(&reply));
	reply_free(&reply);
}

/* A thief of the password does not register one for who has a device. */
static void who_has_a_device_registers_one_with_its_otp(void **state)
{
	struct reply reply = {0};
	struct buf form;
	char token[512], otp[640];

	(void)state;
	issue_otp(&server, DEMO_EMAIL, OTP);
	authorize("", PASSWORD, &reply);
	assert_true(shows(&reply, "name=\"otp\""));
	token_of(&reply, token);
	write_answer(&key, "create", token, &form);
	authorize("", buf_text(&form), &reply);
	assert_true(shows(&reply, "name=\"otp\""));
	buf_free(&form);
	token_of(&reply, token);
	(void)snprintf(otp, sizeof otp, "ticket=otp&otp=" OTP "&form_token=%s", token);
	authorize("", otp, &reply);
	assert_true(asks_for_new(&reply));
	answer(&key, "create", NULL, "", &reply);
	answer(&key, "first", NULL, "", &reply);
	assert_tokens(reply_parameter(&reply, "code"), "phr", "[\"pwd\",\"otp\",\"pop\",\"mfa\"]");
	reply_free(&reply);
}

static void the_pages_want_one_as_well(void **state)
{
	struct reply reply = {0};
	char token[64];

	(void)state;
	open_devices(PASSWORD, &reply);
	assert_true(asks_for_new(&reply));
	assert_true(shows(&reply, "This service signs everybody in with a passkey"));
	press("again", "1", &reply);
	assert_true(shows(&reply, "name=\"password\""));
	server.server.settings.sign_in_passkey = false;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	server.server.settings.sign_in_passkey = true;
	call(&server, &(struct call){.path = "/v1/devices/remove", .json = "{\"all\":true}", .bearer = token}, &reply);
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(buf_text(&reply.headers), "acr_values=\"phr\""));
	visit(DEVICES, NULL, &reply);
	answer(&key, "create", DEVICES, NULL, &reply);
	answer(&key, "first", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	assert_true(shows(&reply, "Added on"));
	reply_free(&reply);
}

static void who_gave_the_password_long_ago_gives_it_again(void **state)
{
	struct reply reply = {0};
	struct buf form, path = BUF_INIT(8192);
	char token[512];

	(void)state;
	server.server.settings.sign_in_passkey = false;
	authorize("", PASSWORD, &reply);
	assert_true(has_code(&reply));
	server.server.settings.sign_in_passkey = true;
	authorize("", NULL, &reply);
	assert_true(asks_for_new(&reply));
	endpoints_advance(&server, 3601);
	authorize("", NULL, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	/* the page that was shown before is good for its half hour, */
	endpoints_advance(&server, -1000);
	authorize("", NULL, &reply);
	token_of(&reply, token);
	write_answer(&key, "create", token, &form);
	endpoints_advance(&server, 1700);
	authorize("", buf_text(&form), &reply);
	assert_true(shows(&reply, "Now use it once"));
	buf_free(&form);
	/* and another page, which may be shown later, is none */
	endpoints_advance(&server, 20000);
	server.server.settings.sign_in_passkey = false;
	assert_int_equal(buf_printf(&path, "/am/oauth2/authorize?%s", authorization_query("pims")), 0);
	visit(buf_text(&path), NULL, &reply);
	assert_true(shows(&reply, "Continue as"));
	server.server.settings.sign_in_passkey = true;
	token_of(&reply, token);
	write_answer(&key, "create", token, &form);
	visit(buf_text(&path), buf_text(&form), &reply);
	assert_true(shows(&reply, "name=\"password\""));
	buf_free(&form);
	buf_free(&path);
	reply_free(&reply);
}

static void a_server_where_nobody_could_use_one_does_not_start(void **state)
{
	struct server_options options = {.address = "127.0.0.1"};
	struct server *other = NULL;
	char directory[] = "/nonexistent";

	(void)state;
	settings_default(&options.settings, true);
	options.settings.data_dir = directory;
	options.settings.sign_in_passkey = true;
	assert_int_equal(server_start(&other, &options), PIMS_E_INVALID);
	assert_null(other);
}

/* --- where there is none --------------------------------------------------------------------------------------------------------------- */

/* Browsers refuse it there, so nobody is asked into a dead end. */
static void none_is_offered_where_browsers_have_none(void **state)
{
	static const char *const issuers[] = {"http://127.0.0.1:1", "https://127.0.0.1:1", "https://[::1]:1", "http://login.example.com",
					     "https://127.1", "https://2130706433:1", "https://0x7f.0.0.1.", "https://login.0x1"};
	struct reply reply = {0};
	char token[512], form[640];

	(void)state;
	/* nor may one be sent by a page from before */
	open_devices(PASSWORD, &reply);
	press("add_passkey", "1", &reply);
	(void)snprintf(server.issuer, sizeof server.issuer, "http://127.0.0.1:1");
	answer(&key, "create", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++) {
		(void)snprintf(server.issuer, sizeof server.issuer, "%s", issuers[i]);
		cookie[0] = '\0';
		visit(DEVICES, PASSWORD, &reply);
		assert_int_equal(reply.status, 303);
		authorize(LEVEL, NULL, &reply);
		assert_string_equal(reply_parameter(&reply, "error"), "unmet_authentication_requirements");
		call(&server, &(struct call){.path = "/.well-known/openid-configuration"}, &reply);
		assert_false(shows(&reply, "\"phr\""));
	}
	(void)snprintf(server.issuer, sizeof server.issuer, "http://127.0.0.1:1");
	open_devices(PASSWORD, &reply);
	assert_false(shows(&reply, "Passkeys"));
	token_of(&reply, token);
	(void)snprintf(form, sizeof form, "add_passkey=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 303);
	reply_free(&reply);
}

/* --- the pages of an account ----------------------------------------------------------------------------------------------------------- */

static void the_password_alone_shows_and_ends_nothing(void **state)
{
	struct reply reply = {0};
	char token[512], form[640];

	(void)state;
	have_key();
	open_devices(PASSWORD, &reply);
	assert_true(asks(&reply));
	assert_true(shows(&reply, "name=\"again\""));
	assert_false(shows(&reply, "Added on"));
	token_of(&reply, token);
	(void)snprintf(form, sizeof form, "remove_passkey=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_true(asks(&reply));
	(void)snprintf(form, sizeof form, "everywhere=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_true(asks(&reply));
	(void)snprintf(form, sizeof form, "sign_out=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_int_equal(reply.status, 403);
	(void)snprintf(form, sizeof form, "sign_out=1&remove_passkey=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_true(asks(&reply));
	(void)snprintf(form, sizeof form, "sign_out=1&add_passkey=1&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_true(asks(&reply));
	endpoints_advance(&server, 3601);
	(void)snprintf(form, sizeof form, "sign_out=1&ticket=create&form_token=%s", token);
	visit(DEVICES, form, &reply);
	assert_true(shows(&reply, "name=\"password\""));
	visit(DEVICES, PASSWORD, &reply);
	visit(DEVICES, NULL, &reply);
	key.damaged = true;
	answer(&key, "passkey", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(shows(&reply, "was not accepted"));
	key.damaged = false;
	answer(&key, "passkey", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	assert_true(shows(&reply, "Added on"));
	/* it vouches for a device as another device would */
	press("add", "1", &reply);
	assert_true(shows(&reply, "Type this code into the new device"));
	reply_free(&reply);
}

static void a_removed_one_vouches_no_more(void **state)
{
	struct reply reply = {0};
	char id[512];

	(void)state;
	have_key();
	authorize("", PASSWORD, &reply);
	answer(&key, "passkey", NULL, "", &reply);
	assert_true(has_code(&reply));
	visit(DEVICES, NULL, &reply);
	add(&spare, &reply);
	cut(&reply, "name=\"remove_passkey\" value=\"", id);
	press("remove_passkey", id, &reply);
	assert_int_equal(reply.status, 303);
	assert_int_equal(count_mails("A passkey was removed"), 1);
	/* this browser, too, uses the one that is left */
	visit(DEVICES, NULL, &reply);
	assert_true(asks(&reply));
	answer(&key, "passkey", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 403);
	answer(&spare, "passkey", DEVICES, NULL, &reply);
	assert_int_equal(reply.status, 303);
	visit(DEVICES, NULL, &reply);
	cut(&reply, "name=\"remove_passkey\" value=\"", id);
	press("remove_passkey", id, &reply);
	assert_int_equal(count_mails("A passkey was removed"), 2);
	authorize("&prompt=none", NULL, &reply);
	assert_tokens(reply_parameter(&reply, "code"), "urn:openpims:acr:password", "[\"pwd\"]");
	reply_free(&reply);
}

static void a_password_is_changed_with_it(void **state)
{
	struct reply reply = {0};

	(void)state;
	have_key();
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(asks(&reply));
	key.damaged = true;
	answer(&key, "passkey", CHANGE, NULL, &reply);
	assert_int_equal(reply.status, 403);
	assert_true(asks(&reply));
	key.damaged = false;
	answer(&key, "passkey", CHANGE, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_true(shows(&reply, "The passkey was accepted"));
	assert_true(shows(&reply, "name=\"new_password\""));
	visit(CHANGE, "username=demo%40example.com&password=wrong" NEW, &reply);
	assert_int_equal(reply.status, 403);
	visit("/account/email?client_id=demo&redirect_uri=mymap%3A%2F%2Foauth2redirect%2Ffr", PASSWORD "&email=new%40example.com", &reply);
	assert_true(shows(&reply, "name=\"code\""));
	/* for an hour */
	endpoints_advance(&server, 3601);
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_true(asks(&reply));
	answer(&key, "passkey", CHANGE, NULL, &reply);
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_string_equal(reply_parameter(&reply, "result"), "done");
	reply_free(&reply);
}

static void one_account_changes_nothing_of_another(void **state)
{
	struct reply reply = {0};
	char other[160];

	(void)state;
	have_key();
	open_devices("username=eve%40example.com&password=eve-password", &reply);
	add(&spare, &reply);
	(void)snprintf(other, sizeof other, "%s", cookie);
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_true(asks(&reply));
	answer(&spare, "passkey", CHANGE, NULL, &reply);
	assert_int_equal(reply.status, 403);
	(void)snprintf(cookie, sizeof cookie, "%s", other);
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_true(asks(&reply));
	reply_free(&reply);
}

/* Both gave the password. */
static void an_answer_to_a_change_is_good_in_its_browser(void **state)
{
	struct reply reply = {0};
	struct buf form;
	char token[512];

	(void)state;
	have_key();
	visit(CHANGE, PASSWORD NEW, &reply);
	token_of(&reply, token);
	write_answer(&key, "passkey", token, &form);
	cookie[0] = '\0';
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_true(asks(&reply));
	visit(CHANGE, buf_text(&form), &reply);
	assert_int_equal(reply.status, 403);
	visit(CHANGE, PASSWORD NEW, &reply);
	assert_true(asks(&reply));
	buf_free(&form);
	reply_free(&reply);
}

static void an_old_form_of_a_change_starts_again(void **state)
{
	struct reply reply = {0};
	struct buf form;
	char token[512];

	(void)state;
	have_key();
	visit(CHANGE, PASSWORD NEW, &reply);
	token_of(&reply, token);
	write_answer(&key, "passkey", token, &form);
	endpoints_advance(&server, 1801);
	visit(CHANGE, buf_text(&form), &reply);
	assert_int_equal(reply.status, 403);
	assert_true(shows(&reply, "name=\"new_password\""));
	/* the form that it shows is a good one */
	token_of(&reply, token);
	buf_reset(&form);
	buf_puts(&form, PASSWORD NEW);
	assert_int_equal(url_put(&form, "form_token", token), 0);
	visit(CHANGE, buf_text(&form), &reply);
	assert_true(asks(&reply));
	/* nor is one of another browser taken */
	token_of(&reply, token);
	buf_free(&form);
	write_answer(&key, "passkey", token, &form);
	cookie[0] = '\0';
	visit(CHANGE, buf_text(&form), &reply);
	assert_int_equal(reply.status, 403);
	buf_free(&form);
	reply_free(&reply);
}

/* Who can write to the database and has not the master key puts his passkey where another account's is. */
static void a_key_is_of_its_account(void **state)
{
	struct reply reply = {0};
	struct account eve, demo;
	struct passkey passkey = {0};
	struct browser browser = {.hash = "a cookie of the test's own", .expires = INT64_MAX};
	const struct passkey_use use = {.passkey = &passkey, .sign_count = 2, .browser = browser.hash, .new_browser = (const unsigned char *)"the next one of thirty-two bytes",
					.now = server.now};
	int64_t id;

	(void)state;
	open_devices("username=eve%40example.com&password=eve-password", &reply);
	add(&spare, &reply);
	assert_int_equal(store_account_by_email(server.server.store, EVE_EMAIL, &eve), 0);
	assert_int_equal(store_account_by_email(server.server.store, DEMO_EMAIL, &demo), 0);
	assert_int_equal(store_passkey_find(server.server.store, eve.id, spare.id, sizeof spare.id, &passkey), 0);
	assert_null(memmem(passkey.public_key, passkey.public_key_length, "passkey", 7));
	id = passkey.id;
	assert_int_equal(store_passkey_remove(server.server.store, eve.id, id), 0);
	passkey.account = browser.account = demo.id;
	assert_int_equal(store_browser_add(server.server.store, &browser, NULL), 0);
	assert_int_equal(store_passkey_add(server.server.store, &use), 0);
	cookie[0] = '\0';
	authorize("", PASSWORD, &reply);
	assert_true(asks(&reply));
	answer(&spare, "passkey", NULL, "", &reply);
	assert_int_equal(reply.status, 500);
	assert_false(has_code(&reply));
	passkey_free(&passkey);
	account_free(&eve);
	account_free(&demo);
	reply_free(&reply);
}

/* RFC 9470 §3 */
static void a_session_without_it_removes_no_device(void **state)
{
	struct reply reply = {0};
	struct buf form = BUF_INIT(4096);
	char token[64];

	(void)state;
	sign_in_access(&server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	have_key();
	call(&server, &(struct call){.path = "/v1/devices/remove", .json = "{\"all\":true}", .bearer = token}, &reply);
	assert_int_equal(reply.status, 401);
	assert_non_null(strstr(buf_text(&reply.headers), "error=\"insufficient_user_authentication\", acr_values=\"phr\""));
	authorize("", PASSWORD, &reply);
	answer(&key, "passkey", NULL, "", &reply);
	buf_puts(&form, "grant_type=authorization_code&code_verifier=" VERIFIER);
	url_put(&form, "code", reply_parameter(&reply, "code"));
	assert_int_equal(url_put(&form, "redirect_uri", DEMO_REDIRECT), 0);
	call(&server, &(struct call){.path = "/am/oauth2/access_token", .form = buf_text(&form), .authorization = DEMO_BASIC}, &reply);
	(void)snprintf(token, sizeof token, "%s", reply_text(&reply, "access_token"));
	call(&server, &(struct call){.path = "/v1/devices/remove", .json = "{\"all\":true}", .bearer = token}, &reply);
	assert_int_equal(reply.status, 200);
	buf_free(&form);
	reply_free(&reply);
}

int main(void)
{
#define PASSKEY(test) cmocka_unit_test_setup_teardown(test, start, stop)
#define WANTED(test) cmocka_unit_test_setup_teardown(test, start_wanted, stop)
	const struct CMUnitTest tests[] = {
		PASSKEY(a_new_one_counts_from_its_first_use_on),
		PASSKEY(a_second_one_wants_the_first),
		PASSKEY(who_has_a_device_gives_its_otp_first),
		PASSKEY(one_of_another_account_is_refused),
		PASSKEY(bent_ones_are_refused),
		PASSKEY(one_that_was_begun_before_is_no_way_in),
		PASSKEY(a_new_one_is_of_its_browser_and_its_time),
		PASSKEY(people_can_turn_round),
		PASSKEY(a_page_from_before_starts_again),
		PASSKEY(a_page_for_one_that_is_gone_lets_go),
		PASSKEY(there_are_ten_at_most),
		PASSKEY(a_name_is_no_markup_and_ends_with_a_character),
		PASSKEY(who_has_one_gets_a_code_for_it_only),
		PASSKEY(an_otp_does_not_stand_in_for_it),
		PASSKEY(bent_answers_give_no_code),
		PASSKEY(an_answer_is_good_in_its_browser_and_once),
		PASSKEY(a_copy_that_counts_behind_is_refused),
		PASSKEY(one_that_does_not_count_is_taken),
		PASSKEY(a_client_may_ask_for_the_level),
		PASSKEY(a_forced_sign_in_asks_for_both),
		WANTED(who_has_none_registers_one_on_the_way_in),
		WANTED(who_has_a_device_registers_one_with_its_otp),
		WANTED(the_pages_want_one_as_well),
		WANTED(who_gave_the_password_long_ago_gives_it_again),
		WANTED(a_server_where_nobody_could_use_one_does_not_start),
		PASSKEY(none_is_offered_where_browsers_have_none),
		PASSKEY(the_password_alone_shows_and_ends_nothing),
		PASSKEY(a_removed_one_vouches_no_more),
		PASSKEY(a_password_is_changed_with_it),
		PASSKEY(one_account_changes_nothing_of_another),
		PASSKEY(an_answer_to_a_change_is_good_in_its_browser),
		PASSKEY(an_old_form_of_a_change_starts_again),
		PASSKEY(a_key_is_of_its_account),
		PASSKEY(a_session_without_it_removes_no_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
