/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Passkeys of an account, and the browsers that they prove. */

static unsigned char public_key[] = "a public key";

static struct passkey passkey_of(int64_t account, const char *credential)
{
	struct passkey passkey = {.account = account, .party = strdup("localhost"), .credential = (unsigned char *)strdup(credential),
				  .credential_length = strlen(credential), .algorithm = -7, .public_key = malloc(sizeof public_key),
				  .public_key_length = sizeof public_key, .name = "Blue key"};

	assert_non_null(passkey.party);
	assert_non_null(passkey.credential);
	assert_non_null(passkey.public_key);
	memcpy(passkey.public_key, public_key, sizeof public_key);
	return passkey;
}

static int find(struct store *store, int64_t account, const char *credential, struct passkey *ret_passkey)
{
	return store_passkey_find(store, account, (const unsigned char *)credential, strlen(credential), ret_passkey);
}

static void add_browser(struct store *store, int64_t account, const char *cookie)
{
	struct browser browser = {.account = account, .auth_time = NOW, .expires = NOW + 60 * MINUTE};

	hash_of(cookie, browser.hash);
	must(store_browser_add(store, &browser, NULL));
}

typedef int (*use_fn)(struct store *store, const struct passkey_use *use);

static int use_by(use_fn run, struct store *store, const struct passkey *passkey, int64_t sign_count, const char *cookie, const char *new_cookie)
{
	unsigned char browser[32], new_browser[32];
	const struct passkey_use use = {.passkey = passkey, .sign_count = sign_count, .browser = hash_of(cookie, browser),
					.new_browser = hash_of(new_cookie, new_browser), .now = NOW};

	return run(store, &use);
}

/* A new one, used for the first time in the browser of the cookie, which then has `new_cookie`; its count is 5. */
static int add(struct store *store, int64_t account, const char *credential, const char *cookie, const char *new_cookie)
{
	struct passkey passkey = passkey_of(account, credential);
	int r = use_by(store_passkey_add, store, &passkey, 5, cookie, new_cookie);

	passkey_free(&passkey);
	return r;
}

/* As the only factor, from a browser of its own. */
static void add_first(struct store *store, int64_t account, const char *credential)
{
	add_browser(store, account, "adder");
	must(add(store, account, credential, "adder", "added"));
}

static int use(struct store *store, int64_t account, const char *credential, int64_t sign_count, const char *cookie, const char *new_cookie)
{
	struct passkey passkey = {0};
	int r = find(store, account, credential, &passkey);

	if (r == 0)
		r = use_by(store_passkey_use, store, &passkey, sign_count, cookie, new_cookie);
	passkey_free(&passkey);
	return r;
}

static int64_t passkey_time(struct store *store, const char *cookie)
{
	struct browser browser;

	must(store_browser_find(store, H(cookie), NOW, &browser));
	return browser.passkey_time;
}

static int count_one(void *data, const struct passkey *passkey)
{
	(void)passkey;
	++*(int *)data;
	return 0;
}

static int count(struct store *store, int64_t account)
{
	int passkeys = 0;

	must(store_passkey_list(store, account, count_one, &passkeys));
	return passkeys;
}

static void one_comes_back_as_it_was_stored(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct passkey passkey = {0};
	int64_t strangers = 0;

	add_first(fixture->store, fixture->account, "one");
	fixture_reopen(fixture);
	must(find(fixture->store, fixture->account, "one", &passkey));
	assert_int_equal(passkey.account, fixture->account);
	assert_string_equal(passkey.party, "localhost");
	assert_int_equal(passkey.algorithm, -7);
	assert_int_equal(passkey.sign_count, 5);
	assert_int_equal(passkey.created, NOW);
	assert_int_equal(passkey.last_used, NOW);
	assert_string_equal(passkey.name, "Blue key");
	assert_int_equal(passkey.credential_length, 3);
	assert_memory_equal(passkey.credential, "one", 3);
	assert_int_equal(passkey.public_key_length, sizeof public_key);
	assert_memory_equal(passkey.public_key, public_key, sizeof public_key);
	passkey_free(&passkey);
	assert_int_equal(find(fixture->store, other, "one", &passkey), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, fixture->account, "on", &passkey), PIMS_E_NOT_FOUND);
	must(store_passkey_strangers(fixture->store, "localhost", &strangers));
	assert_int_equal(strangers, 0);
	must(store_passkey_strangers(fixture->store, "login.example.com", &strangers));
	assert_int_equal(strangers, 1);
}

static void a_credential_is_of_one_account(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	add_first(fixture->store, fixture->account, "one");
	add_browser(fixture->store, other, "cookie");
	assert_int_equal(add(fixture->store, other, "one", "cookie", "proved"), PIMS_E_STATE);
	assert_int_equal(count(fixture->store, other), 0);
	assert_int_equal(passkey_time(fixture->store, "cookie"), 0);
	assert_int_equal(add(fixture->store, fixture->account, "one", "added", "proved"), PIMS_E_STATE);
}

static void an_account_has_ten_at_most(void **state)
{
	struct fixture *fixture = *state;
	char credential[32], cookie[32], new_cookie[32];

	add_browser(fixture->store, fixture->account, "cookie 0");
	for (int i = 0; i <= PASSKEYS_MAX; i++) {
		snprintf(credential, sizeof credential, "credential %d", i);
		snprintf(cookie, sizeof cookie, "cookie %d", i);
		snprintf(new_cookie, sizeof new_cookie, "cookie %d", i + 1);
		assert_int_equal(add(fixture->store, fixture->account, credential, cookie, new_cookie), i < PASSKEYS_MAX ? 0 : PIMS_E_LIMIT);
	}
	assert_int_equal(count(fixture->store, fixture->account), PASSKEYS_MAX);
}

static void put_device(struct fixture *fixture, enum device_phase phase)
{
	unsigned char sealed[] = "sealed code";
	char serial[] = "a/_/b", device_id[] = "a", name[] = "Phone", nowhere[] = "";
	struct sms_code code = {.hash = "code", .account = fixture->account, .purpose = SMS_ENROLLMENT, .code = sealed, .code_length = 11, .created = NOW,
				.sent = NOW, .expires = NOW + 10 * MINUTE, .phone = nowhere};
	struct device device = {.id = 77, .account = fixture->account, .serial = serial, .device_id = device_id, .name = name, .phase = DEVICE_MS,
				.code_hash = "code", .keys = sealed, .keys_length = 11, .version = 1, .created = NOW, .last_used = NOW};

	must(store_sms_add(fixture->store, &code, NULL));
	must(store_enroll_finalize(fixture->store, &device, NULL, 0, 5, NOW));
	if (phase == DEVICE_ACTIVE)
		must(store_enroll_ms(fixture->store, &device, NULL, NOW));
}

/* Whatever a page has seen a moment ago. */
static void one_is_added_with_the_best_that_the_account_has_by_then(void **state)
{
	struct fixture *fixture = *state;

	put_device(fixture, DEVICE_ACTIVE);
	add_browser(fixture->store, fixture->account, "password");
	assert_int_equal(add(fixture->store, fixture->account, "one", "password", "proved"), PIMS_E_INVALID);
	assert_int_equal(count(fixture->store, fixture->account), 0);
	add_browser(fixture->store, fixture->account, "late");
	must(store_browser_prove(fixture->store, H("late"), H("otp"), NOW));
	must(store_browser_prove(fixture->store, H("password"), H("other otp"), NOW));
	must(add(fixture->store, fixture->account, "one", "otp", "proved"));
	/* now that is not enough any more */
	assert_int_equal(add(fixture->store, fixture->account, "two", "other otp", "more"), PIMS_E_INVALID);
	must(add(fixture->store, fixture->account, "two", "proved", "more"));
}

static void a_device_that_is_not_finished_counts_for_nothing(void **state)
{
	struct fixture *fixture = *state;

	put_device(fixture, DEVICE_MS);
	add_first(fixture->store, fixture->account, "one");
}

static void the_first_one_ends_a_change_of_address_that_waits(void **state)
{
	struct fixture *fixture = *state;
	const struct mail mail = {.email = "new@example.com", .text = (const unsigned char *)"text", .text_length = 4, .time = NOW};
	char address[] = "new@example.com";
	struct mail_code code = {.purpose = MAIL_CHANGE, .account = fixture->account, .email = address, .expires = NOW + MINUTE};

	hash_of("ticket", code.ticket);
	hash_of("code", code.code);
	must(store_mail_ask(fixture->store, &code, &mail));
	add_first(fixture->store, fixture->account, "one");
	assert_int_equal(store_mail_confirm(fixture->store, &code, 5, &mail), PIMS_E_NOT_FOUND);
	/* one that was begun with it goes on */
	must(store_mail_ask(fixture->store, &code, &mail));
	must(add(fixture->store, fixture->account, "two", "added", "more"));
	must(store_mail_confirm(fixture->store, &code, 5, &mail));
}

static void a_use_marks_passkey_and_browser_and_changes_the_cookie(void **state)
{
	struct fixture *fixture = *state;
	struct passkey passkey = {0};
	struct browser browser;

	add_first(fixture->store, fixture->account, "one");
	add_browser(fixture->store, fixture->account, "cookie");
	assert_int_equal(passkey_time(fixture->store, "cookie"), 0);
	must(use(fixture->store, fixture->account, "one", 6, "cookie", "proved"));
	assert_int_equal(store_browser_find(fixture->store, H("cookie"), NOW, &browser), PIMS_E_NOT_FOUND);
	assert_int_equal(passkey_time(fixture->store, "proved"), NOW);
	must(find(fixture->store, fixture->account, "one", &passkey));
	assert_int_equal(passkey.sign_count, 6);
	passkey_free(&passkey);
}

static void a_count_that_does_not_grow_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	static const int64_t counts[] = {5, 4, 0};

	add_first(fixture->store, fixture->account, "one");
	add_browser(fixture->store, fixture->account, "cookie");
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		assert_int_equal(use(fixture->store, fixture->account, "one", counts[i], "cookie", "proved"), PIMS_E_STATE);
		assert_int_equal(passkey_time(fixture->store, "cookie"), 0);
	}
	must(use(fixture->store, fixture->account, "one", INT64_C(4294967295), "cookie", "proved"));
}

static void a_browser_of_somebody_else_is_not_marked(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct passkey passkey = {0};

	add_first(fixture->store, fixture->account, "one");
	add_browser(fixture->store, other, "cookie");
	assert_int_equal(use(fixture->store, fixture->account, "one", 6, "cookie", "proved"), PIMS_E_NOT_FOUND);
	assert_int_equal(use(fixture->store, fixture->account, "one", 6, "nobody", "proved"), PIMS_E_NOT_FOUND);
	assert_int_equal(add(fixture->store, fixture->account, "two", "cookie", "proved"), PIMS_E_NOT_FOUND);
	assert_int_equal(passkey_time(fixture->store, "cookie"), 0);
	must(find(fixture->store, fixture->account, "one", &passkey)); /* nor does the count move */
	assert_int_equal(passkey.sign_count, 5);
	passkey_free(&passkey);
}

static void a_code_tells_no_passkey_that_the_browser_has_not_used(void **state)
{
	struct fixture *fixture = *state;
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback";
	struct auth_code code = {.hash = "code", .account = fixture->account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE,
				 .passkey_time = NOW, .browser = H("cookie")};
	struct auth_code consumed = {0};

	add_first(fixture->store, fixture->account, "one");
	add_browser(fixture->store, fixture->account, "cookie");
	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	must(use(fixture->store, fixture->account, "one", 6, "cookie", "proved"));
	code.browser = H("proved");
	must(store_code_add(fixture->store, &code));
	must(store_code_consume(fixture->store, code.hash, NOW, &consumed));
	assert_int_equal(consumed.passkey_time, NOW);
	assert_int_equal(consumed.otp_time, 0);
	auth_code_free(&consumed);
}

/* A session that was signed in with the passkey, and one of its access tokens. */
static void sign_in_proved(struct store *store, int64_t account, const char *access)
{
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback";
	struct auth_code code = {.hash = "session", .account = account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE, .passkey_time = NOW};
	const struct session_row session = {.account = account, .client = client, .auth_time = NOW, .passkey_time = NOW};
	const struct token_pair tokens = pair_of(access, "refresh");
	struct auth_code consumed = {0};
	int64_t id;

	must(store_code_add(store, &code));
	must(store_code_consume(store, code.hash, NOW, &consumed));
	must(store_session_add(store, &session, code.hash, &tokens, &id));
	auth_code_free(&consumed);
}

static int64_t session_passkey_time(struct store *store, const char *access)
{
	struct session_row session = {0};
	int64_t time;

	must(store_access_find(store, H(access), NULL, NOW, &session));
	time = session.passkey_time;
	session_row_free(&session);
	return time;
}

static void remove_one(struct store *store, int64_t account, const char *credential)
{
	struct passkey passkey = {0};

	must(find(store, account, credential, &passkey));
	must(store_passkey_remove(store, account, passkey.id));
	assert_int_equal(store_passkey_remove(store, account, passkey.id), PIMS_E_NOT_FOUND);
	passkey_free(&passkey);
}

static void a_removed_one_vouches_no_more(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	unsigned char sealed[] = "sealed code";
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback", nowhere[] = "";
	struct auth_code code = {.hash = "waiting", .account = fixture->account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE,
				 .passkey_time = NOW};
	struct sms_code shown = {.hash = "shown", .account = fixture->account, .purpose = SMS_ENROLLMENT, .code = sealed, .code_length = 11, .created = NOW,
				 .sent = NOW, .expires = NOW + 10 * MINUTE, .phone = nowhere};
	struct auth_code consumed = {0};
	int64_t account = 0;

	add_browser(fixture->store, other, "their cookie");
	must(add(fixture->store, other, "theirs", "their cookie", "their proof"));
	add_first(fixture->store, fixture->account, "one");
	sign_in_proved(fixture->store, fixture->account, "access");
	assert_int_equal(session_passkey_time(fixture->store, "access"), NOW);
	must(store_code_add(fixture->store, &code));
	must(store_sms_add(fixture->store, &shown, NULL));
	remove_one(fixture->store, fixture->account, "one");
	assert_int_equal(passkey_time(fixture->store, "added"), 0);
	assert_int_equal(passkey_time(fixture->store, "their proof"), NOW);
	assert_int_equal(session_passkey_time(fixture->store, "access"), 0);
	must(store_code_consume(fixture->store, code.hash, NOW, &consumed));
	assert_int_equal(consumed.passkey_time, 0);
	auth_code_free(&consumed);
	assert_int_equal(store_sms_find(fixture->store, shown.hash, SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	must(store_account_remove(fixture->store, OTHER_EMAIL));
	must(add(fixture->store, fixture->account, "theirs", "added", "proved")); /* it went with its account */
}

/* The code was taken a moment before the removal, and its session is made a moment after it. */
static void a_code_that_is_being_exchanged_vouches_no_more_either(void **state)
{
	struct fixture *fixture = *state;
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback";
	struct auth_code code = {.hash = "code", .account = fixture->account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE,
				 .passkey_time = NOW};
	const struct session_row session = {.account = fixture->account, .client = client, .auth_time = NOW, .passkey_time = NOW};
	const struct token_pair tokens = pair_of("access", "refresh");
	struct auth_code consumed = {0};
	int64_t id;

	add_first(fixture->store, fixture->account, "one");
	must(store_code_add(fixture->store, &code));
	must(store_code_consume(fixture->store, code.hash, NOW, &consumed));
	auth_code_free(&consumed);
	remove_one(fixture->store, fixture->account, "one");
	must(store_session_add(fixture->store, &session, code.hash, &tokens, &id));
	assert_int_equal(session_passkey_time(fixture->store, "access"), 0);
}

static void *use_same(void *argument)
{
	struct race *race = argument;
	int number = race_number(race);
	char cookie[32], proved[32];

	snprintf(cookie, sizeof cookie, "cookie %d", number);
	snprintf(proved, sizeof proved, "proved %d", number);
	add_browser(race->fixture->store, race->account, cookie);
	race_count(race, use(race->fixture->store, race->account, "one", 6, cookie, proved));
	return NULL;
}

static void of_many_who_bring_the_same_count_one_wins(void **state)
{
	struct race race = race_of(*state);

	add_first(race.fixture->store, race.account, "one");
	in_threads(32, use_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(one_comes_back_as_it_was_stored),
		STORE_TEST(a_credential_is_of_one_account),
		STORE_TEST(an_account_has_ten_at_most),
		STORE_TEST(one_is_added_with_the_best_that_the_account_has_by_then),
		STORE_TEST(a_device_that_is_not_finished_counts_for_nothing),
		STORE_TEST(the_first_one_ends_a_change_of_address_that_waits),
		STORE_TEST(a_use_marks_passkey_and_browser_and_changes_the_cookie),
		STORE_TEST(a_count_that_does_not_grow_changes_nothing),
		STORE_TEST(a_browser_of_somebody_else_is_not_marked),
		STORE_TEST(a_code_tells_no_passkey_that_the_browser_has_not_used),
		STORE_TEST(a_removed_one_vouches_no_more),
		STORE_TEST(a_code_that_is_being_exchanged_vouches_no_more_either),
		STORE_TEST(of_many_who_bring_the_same_count_one_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
