/* SPDX-License-Identifier: Apache-2.0 */
#include "external_world.h"

#include "server/account/rest.h"
#include "server/store/sqlite.h"

/* The REST of a server that leaves sign-in to another provider: whose account a token opens, and what callers see when it opens none. */

#define GONE "Bearer realm=\"openpims\", error=\"invalid_token\", error_description=\""

enum { CROWD = 8 };

static long get_with_claims(const char *path, const char *changes)
{
	char *token = other_token(world.other, KEY_EC, NULL, changes);
	long status = get_with(path, token);

	free(token);
	return status;
}

static void find(const char *subject, struct account *ret_account)
{
	assert_int_equal(store_account_by_external(world.server.server.store, world.other->issuer, subject, ret_account), 0);
}

/* --- what callers see --------------------------------------------------------------------------------------------------------------------- */

static void a_bad_token_is_401_in_the_gateways_form_and_says_why(void **state)
{
	(void)state;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, "{\"exp\":1731410000,\"iat\":1}"), 401);
	assert_string_equal(reply_text(&world.reply, "httpCode"), "401");
	assert_string_equal(reply_text(&world.reply, "httpMessage"), "Unauthorized");
	assert_string_equal(reply_header(&world.reply, "WWW-Authenticate"), GONE "the token has expired\"");
	assert_string_equal(reply_header(&world.reply, "Cache-Control"), "no-store");
	assert_int_equal(get_with_claims(ACCOUNT, "{\"aud\":\"urn:example:else\"}"), 401);
	assert_string_equal(reply_header(&world.reply, "WWW-Authenticate"), GONE "the token is for another audience\"");
	assert_int_equal(get_with(ACCOUNT, "x"), 401);
	assert_int_equal(get_with(ACCOUNT, NULL), 401);
	assert_string_equal(reply_header(&world.reply, "WWW-Authenticate"), "Bearer realm=\"openpims\"");
	assert_int_equal(count_accounts(), 0);
}

static void a_missing_scope_is_403(void **state)
{
	static char scope[] = "car:pin";

	(void)state;
	world.other->settings.scope = scope;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 403);
	assert_string_equal(reply_text(&world.reply, "cause"), "oauth.insufficient_scope");
	assert_string_equal(reply_header(&world.reply, "WWW-Authenticate"), "Bearer realm=\"openpims\", error=\"insufficient_scope\", scope=\"car:pin\"");
	assert_int_equal(count_accounts(), 0);
}

/* Whose provider knows our scopes, may limit by them; the others' tokens open what they always did. */
static void a_token_that_names_scopes_of_ours_opens_these_alone(void **state)
{
	(void)state;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, "{\"scope\":\"openid pims.otp\"}"), 403);
	assert_string_equal(reply_text(&world.reply, "cause"), "oauth.insufficient_scope");
	assert_string_equal(reply_header(&world.reply, "WWW-Authenticate"), "Bearer realm=\"openpims\", error=\"insufficient_scope\", scope=\"pims.account\"");
	assert_int_equal(count_accounts(), 0);
	assert_int_equal(get_with_claims("/v1/devices", "{\"scope\":\"pims.device\"}"), 200);
	assert_int_equal(get_with_claims(ACCOUNT, "{\"scope\":\"openid pims.account\"}"), 200);
	assert_int_equal(get_with_claims(ACCOUNT, "{\"scope\":\"openid other.pims.otp\"}"), 200);
	assert_int_equal(get_with_claims(ACCOUNT, "{\"scope\":\"openid pims.api\"}"), 200); /* the provider's own name */
	assert_int_equal(get_with_claims(ACCOUNT, "{\"scope\":null}"), 200);
}

static void a_provider_that_is_down_is_503_and_no_401(void **state)
{
	(void)state;
	answers(world.other, 500, "{}");
	other_start(world.other, 4);
	world.server.server.external = world.other->external;
	world.server.server.settings.external = world.other->settings;
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 503);
	assert_string_equal(reply_text(&world.reply, "cause"), "identity.unavailable");
	assert_true(strtol(reply_header(&world.reply, "Retry-After"), NULL, 10) >= 1);
	assert_string_equal(reply_header(&world.reply, "WWW-Authenticate"), "");
	/* what is wrong anyway is wrong now */
	assert_int_equal(get_with_claims(ACCOUNT, "{\"exp\":5,\"iat\":1}"), 401);
}

static void a_token_of_our_own_opens_nothing_any_more(void **state)
{
	char token[64];

	(void)state;
	sign_in_access(&world.server, DEMO_EMAIL, DEMO_PASSWORD, token, sizeof token);
	assert_int_equal(get_with(ACCOUNT, token), 200);
	begin();
	assert_int_equal(get_with(ACCOUNT, token), 401);
}

/* --- whose account ------------------------------------------------------------------------------------------------------------------------ */

static void an_address_in_a_token_opens_nobodys_account(void **state)
{
	struct account account = {0};

	(void)state;
	begin();
	assert_int_equal(get_with_claims("/v1/phone", "{\"sub\":\"" DEMO_EMAIL "\",\"email\":\"" DEMO_EMAIL "\",\"preferred_username\":\"" DEMO_EMAIL "\"}"), 404);
	assert_string_equal(reply_text(&world.reply, "cause"), "phone.none"); /* the demo account has one */
	find(DEMO_EMAIL, &account);
	assert_string_equal(account.email, account.subject);
	assert_string_equal(account.display, DEMO_EMAIL);
	assert_null(account.phone);
	assert_string_equal(account.password_hash, "");
	account_free(&account);
	/* nor is anybody else's "sub" there this account's id here */
	assert_int_equal(store_account_by_email(world.server.server.store, DEMO_EMAIL, &account), 0);
	assert_null(account.issuer);
	account_free(&account);
}

static void a_subject_has_one_account_whatever_its_name(void **state)
{
	(void)state;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	assert_string_equal(reply_text(&world.reply, "username"), "Jo");
	assert_int_equal(get_with_claims(ACCOUNT, "{\"preferred_username\":\"Jo Smith\"}"), 200);
	assert_string_equal(reply_text(&world.reply, "username"), "Jo Smith");
	assert_int_equal(get_with_claims(ACCOUNT, "{\"preferred_username\":null}"), 200);
	assert_string_equal(reply_text(&world.reply, "username"), "Jo Smith");
	assert_int_equal(count_accounts(), 1);
	assert_int_equal(get_with_claims(ACCOUNT, "{\"sub\":\"JO\",\"preferred_username\":null}"), 200);
	assert_string_equal(reply_text(&world.reply, "username"), "JO");
	assert_int_equal(count_accounts(), 2);
}

static void another_issuer_has_other_people(void **state)
{
	struct store *store = world.server.server.store;
	struct account here = {0}, there = {0};

	(void)state;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	assert_int_equal(store_account_external(store, "https://else.example", "jo", NULL, 5, &there), 0);
	find("jo", &here);
	assert_true(here.id != there.id);
	assert_null(there.display);
	account_free(&here);
	account_free(&there);
	assert_int_equal(store_account_by_external(store, "https://else.example", "kim", &here), PIMS_E_NOT_FOUND);
}

/* Its status is what the thread gives back: only the test's own may assert. */
static void *first_call(void *data)
{
	struct reply reply = {0};
	long status;

	call(&world.server, &(struct call){.path = ACCOUNT, .bearer = data}, &reply);
	status = reply.status;
	reply_free(&reply);
	return (void *)status;
}

static void all_answer(pthread_t threads[CROWD], long status)
{
	void *answered = NULL;

	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_join(threads[i], &answered), 0);
		assert_int_equal((long)answered, status);
	}
}

static void first_calls_at_once_make_one_account(void **state)
{
	char *token;
	pthread_t threads[CROWD];

	(void)state;
	begin();
	token = other_token(world.other, KEY_EC, NULL, NULL);
	good(world.other, token); /* the keys are there; no account is */
	assert_int_equal(count_accounts(), 0);
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, first_call, token), 0);
	all_answer(threads, 200);
	assert_int_equal(count_accounts(), 1);
	free(token);
}

static void a_block_wins_over_a_good_token(void **state)
{
	struct store *store = world.server.server.store;
	struct account account = {0};

	(void)state;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	find("jo", &account);
	assert_int_equal(store_account_set_blocked(store, account.email, true), 0);
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 403);
	assert_string_equal(reply_text(&world.reply, "cause"), "account.blocked");
	assert_int_equal(get_with_claims(ACCOUNT, "{\"sub\":\"kim\"}"), 200);
	assert_int_equal(store_account_set_blocked(store, account.email, false), 0);
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	/* removed with all that is its own: the next sign-in begins anew */
	assert_int_equal(store_account_remove(store, account.email), 0);
	assert_int_equal(store_account_by_external(store, world.other->issuer, "jo", &account), PIMS_E_NOT_FOUND);
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	account_free(&account);
}

static void accounts_outlive_the_server(void **state)
{
	struct server *server = &world.server.server;
	struct account before = {0}, after = {0};
	char path[96];

	(void)state;
	begin();
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	find("jo", &before);
	(void)snprintf(path, sizeof path, "%s/pimsd.db", world.server.directory);
	store_close(server->store);
	assert_int_equal(sqlite_open(&server->store, path, &server->env), 0);
	assert_int_equal(get_with_claims(ACCOUNT, NULL), 200);
	find("jo", &after);
	assert_int_equal(before.id, after.id);
	assert_int_equal(count_accounts(), 1);
	account_free(&before);
	account_free(&after);
}

/* --- what it is good for ------------------------------------------------------------------------------------------------------------------ */

static long post_with(const char *path, const char *token, const char *json)
{
	call(&world.server, &(struct call){.path = path, .bearer = token, .json = json}, &world.reply);
	return world.reply.status;
}

static void every_call_of_an_owner_takes_the_token(void **state)
{
	struct account account = {0};
	char *token, *other_token_text;

	(void)state;
	begin();
	token = other_token(world.other, KEY_RSA, NULL, NULL);
	other_token_text = other_token(world.other, KEY_RSA, NULL, "{\"sub\":\"kim\"}");
	assert_int_equal(get_with("/v1/devices", token), 200);
	assert_int_equal(get_with("/applications/cvs/v4/mauv/car-associations", token), 200);
	assert_int_equal(post_with("/applications/cvs/v4/mobile/smsCode", token, "{}"), 409); /* no phone yet */
	assert_int_equal(post_with("/v1/sms", token, "{\"purpose\":\"phoneNumberCertification\",\"phoneNumber\":\"+33612345678\"}"), 202);
	assert_int_equal(post_with("/v1/sms", token, "{\"purpose\":\"phoneNumberCertification\",\"phoneNumber\":\"+33612345678\"}"), 202);
	find("jo", &account);
	issue_otp(&world.server, account.email, "otp-1");
	issue_otp(&world.server, account.email, "otp-2");
	issue_otp(&world.server, account.email, "otp-3");
	assert_int_equal(post_with("/v1/otp/verify", other_token_text, "{\"otp\":\"otp-1\"}"), 403);
	assert_int_equal(post_with("/v1/otp/verify", token, "{\"otp\":\"otp-1\"}"), 200);
	assert_int_equal(post_with("/connectedcar/v4/virtualkey/remoteaccess/token", other_token_text, "{\"grant_type\":\"password\",\"password\":\"otp-2\"}"), 400);
	assert_int_equal(post_with("/connectedcar/v4/virtualkey/remoteaccess/token", token, "{\"grant_type\":\"password\",\"password\":\"otp-2\"}"), 200);
	/* a service names the person as the provider does, and in no other way */
	call(&world.server, &(struct call){.path = "/v1/otp/verify", .authorization = DEMO_BASIC, .json = "{\"account\":\"kim\",\"otp\":\"otp-3\"}"}, &world.reply);
	assert_int_equal(world.reply.status, 403);
	call(&world.server, &(struct call){.path = "/v1/otp/verify", .authorization = DEMO_BASIC, .json = "{\"account\":\"jo\",\"otp\":\"otp-3\"}"}, &world.reply);
	assert_int_equal(world.reply.status, 200);
	assert_int_equal(post_with("/v1/devices/remove", token, "{\"all\":true}"), 200);
	account_free(&account);
	free(token);
	free(other_token_text);
}

static void the_well_known_document_names_the_provider(void **state)
{
	static char resource[] = "urn:example:pimsd", app[] = "car-app", scope[] = "car:otp";
	char configuration[96];

	(void)state;
	world.other->settings.resource = resource;
	world.other->settings.app_client_id = app;
	world.other->settings.scope = scope;
	begin();
	assert_int_equal(get_with("/.well-known/openpims", NULL), 200);
	(void)snprintf(configuration, sizeof configuration, "%s/.well-known/openid-configuration", world.other->issuer);
	assert_string_equal(reply_text(&world.reply, "issuer"), world.other->issuer);
	assert_string_equal(reply_text(&world.reply, "openid_configuration"), configuration);
	assert_string_equal(reply_text(&world.reply, "client_id"), app);
	assert_string_equal(reply_text(&world.reply, "resource"), resource);
	assert_string_equal(reply_text(&world.reply, "scope"), "openid profile email car:otp");
	assert_null(json_object_get(world.reply.json, "customer_audience"));
	assert_null(json_object_get(world.reply.json, "account_create_endpoint"));
	assert_null(json_object_get(world.reply.json, "account_password_endpoint"));
	assert_non_null(json_object_get(world.reply.json, "phone_endpoint"));
}

static void our_own_document_names_ourselves(void **state)
{
	(void)state;
	assert_int_equal(get_with("/.well-known/openpims", NULL), 200);
	assert_string_equal(reply_text(&world.reply, "issuer"), world.server.issuer);
	assert_string_equal(reply_text(&world.reply, "client_id"), "pims");
	assert_string_equal(reply_text(&world.reply, "scope"), "openid profile email");
	assert_null(json_object_get(world.reply.json, "resource"));
	assert_non_null(json_object_get(world.reply.json, "account_create_endpoint"));
}

/* --- a provider that hangs ---------------------------------------------------------------------------------------------------------------- */

static void what_needs_no_provider_goes_on_while_it_hangs(void **state)
{
	static char tokens[CROWD][16];
	struct timespec began, ended;
	pthread_t threads[CROWD];

	(void)state;
	other_introspects(world.other);
	answers_metadata(world.other);
	other_start(world.other, 4); /* as many workers as the server has */
	raw_server_reply_silence(world.other->raw);
	world.server.server.external = world.other->external;
	world.server.server.settings.external = world.other->settings;
	for (int i = 0; i < CROWD; i++) {
		(void)snprintf(tokens[i], sizeof tokens[i], "token-%d", i);
		assert_int_equal(pthread_create(&threads[i], NULL, first_call, tokens[i]), 0);
	}
	assert_true(raw_server_wait(world.other->raw, 2, 10000));
	clock_gettime(CLOCK_MONOTONIC, &began);
	assert_int_equal(get_with("/.well-known/openpims", NULL), 200);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	assert_true(ended.tv_sec - began.tv_sec <= 1);
	all_answer(threads, 503);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bad_token_is_401_in_the_gateways_form_and_says_why),
		TEST(a_missing_scope_is_403),
		TEST(a_token_that_names_scopes_of_ours_opens_these_alone),
		TEST(a_provider_that_is_down_is_503_and_no_401),
		TEST(a_token_of_our_own_opens_nothing_any_more),
		TEST(an_address_in_a_token_opens_nobodys_account),
		TEST(a_subject_has_one_account_whatever_its_name),
		TEST(another_issuer_has_other_people),
		TEST(first_calls_at_once_make_one_account),
		TEST(a_block_wins_over_a_good_token),
		TEST(accounts_outlive_the_server),
		TEST(every_call_of_an_owner_takes_the_token),
		TEST(the_well_known_document_names_the_provider),
		TEST(our_own_document_names_ourselves),
		TEST(what_needs_no_provider_goes_on_while_it_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, other_free_keys);
}
