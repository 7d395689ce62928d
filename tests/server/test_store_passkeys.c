/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Passkeys of an account, and the browsers that they prove. */

static unsigned char public_key[] = "a public key";

static struct passkey passkey_of(int64_t account, const char *credential)
{
	struct passkey passkey = {.account = account, .credential = (unsigned char *)strdup(credential), .credential_length = strlen(credential),
				  .algorithm = -7, .public_key = malloc(sizeof public_key), .public_key_length = sizeof public_key, .sign_count = 5,
				  .name = "Blue key", .created = NOW};

	assert_non_null(passkey.credential);
	assert_non_null(passkey.public_key);
	memcpy(passkey.public_key, public_key, sizeof public_key);
	return passkey;
}

static int add(struct store *store, int64_t account, const char *credential)
{
	struct passkey passkey = passkey_of(account, credential);
	int64_t id = 0;
	int r = store_passkey_add(store, &passkey, &id);

	assert_true(r < 0 || id > 0);
	passkey_free(&passkey);
	return r;
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

/* By the passkey as it is stored, in the browser of the cookie, which then has `new_cookie`. */
static int use(struct store *store, int64_t account, const char *credential, int64_t sign_count, const char *cookie, const char *new_cookie)
{
	unsigned char browser[32], new_browser[32];
	struct passkey passkey = {0};
	struct passkey_use use = {.passkey = &passkey, .sign_count = sign_count, .browser = hash_of(cookie, browser),
				  .new_browser = hash_of(new_cookie, new_browser), .now = NOW};
	int r = find(store, account, credential, &passkey);

	if (r == 0)
		r = store_passkey_use(store, &use);
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

/* Used ones, so that they stay when the next one is added. */
static void add_used(struct store *store, int64_t account, int number)
{
	char credential[32], cookie[32], new_cookie[32];

	snprintf(credential, sizeof credential, "credential %d", number);
	snprintf(cookie, sizeof cookie, "cookie %d", number);
	snprintf(new_cookie, sizeof new_cookie, "new cookie %d", number);
	must(add(store, account, credential));
	add_browser(store, account, cookie);
	must(use(store, account, credential, 6, cookie, new_cookie));
}

static void one_comes_back_as_it_was_stored(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct passkey passkey = {0};

	must(add(fixture->store, fixture->account, "one"));
	fixture_reopen(fixture);
	must(find(fixture->store, fixture->account, "one", &passkey));
	assert_int_equal(passkey.account, fixture->account);
	assert_int_equal(passkey.algorithm, -7);
	assert_int_equal(passkey.sign_count, 5);
	assert_int_equal(passkey.created, NOW);
	assert_int_equal(passkey.last_used, 0);
	assert_string_equal(passkey.name, "Blue key");
	assert_int_equal(passkey.credential_length, 3);
	assert_memory_equal(passkey.credential, "one", 3);
	assert_int_equal(passkey.public_key_length, sizeof public_key);
	assert_memory_equal(passkey.public_key, public_key, sizeof public_key);
	passkey_free(&passkey);
	assert_int_equal(find(fixture->store, other, "one", &passkey), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, fixture->account, "on", &passkey), PIMS_E_NOT_FOUND);
	assert_int_equal(add(fixture->store, 4711, "two"), PIMS_E_NOT_FOUND);
}

static void one_that_was_never_used_makes_room_for_the_next(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "one"));
	must(add(fixture->store, fixture->account, "two"));
	assert_int_equal(count(fixture->store, fixture->account), 1);
	must(add(fixture->store, fixture->account, "two")); /* the same again, since its first use was not seen */
	add_browser(fixture->store, fixture->account, "cookie");
	must(use(fixture->store, fixture->account, "two", 6, "cookie", "proved"));
	must(add(fixture->store, fixture->account, "three"));
	assert_int_equal(count(fixture->store, fixture->account), 2);
}

static void a_credential_is_of_one_account(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	must(add(fixture->store, fixture->account, "one"));
	assert_int_equal(add(fixture->store, other, "one"), PIMS_E_STATE);
	assert_int_equal(count(fixture->store, other), 0);
}

static void an_account_has_ten_at_most(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	for (int i = 0; i < PASSKEYS_MAX; i++)
		add_used(fixture->store, fixture->account, i);
	assert_int_equal(add(fixture->store, fixture->account, "one more"), PIMS_E_LIMIT);
	assert_int_equal(count(fixture->store, fixture->account), PASSKEYS_MAX);
	must(add(fixture->store, other, "one more"));
}

static void a_use_marks_passkey_and_browser_and_changes_the_cookie(void **state)
{
	struct fixture *fixture = *state;
	struct passkey passkey = {0};
	struct browser browser;

	must(add(fixture->store, fixture->account, "one"));
	add_browser(fixture->store, fixture->account, "cookie");
	assert_int_equal(passkey_time(fixture->store, "cookie"), 0);
	must(use(fixture->store, fixture->account, "one", 6, "cookie", "proved"));
	assert_int_equal(store_browser_find(fixture->store, H("cookie"), NOW, &browser), PIMS_E_NOT_FOUND);
	assert_int_equal(passkey_time(fixture->store, "proved"), NOW);
	must(find(fixture->store, fixture->account, "one", &passkey));
	assert_int_equal(passkey.sign_count, 6);
	assert_int_equal(passkey.last_used, NOW);
	passkey_free(&passkey);
}

static void a_count_that_does_not_grow_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	static const int64_t counts[] = {5, 4, 0};

	must(add(fixture->store, fixture->account, "one"));
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

	must(add(fixture->store, fixture->account, "one"));
	add_browser(fixture->store, other, "cookie");
	assert_int_equal(use(fixture->store, fixture->account, "one", 6, "cookie", "proved"), PIMS_E_NOT_FOUND);
	assert_int_equal(use(fixture->store, fixture->account, "one", 6, "nobody", "proved"), PIMS_E_NOT_FOUND);
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

	must(add(fixture->store, fixture->account, "one"));
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

static void a_removed_one_vouches_no_more(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	unsigned char sealed[] = "sealed code";
	char nowhere[] = "";
	struct sms_code shown = {.hash = "shown", .account = fixture->account, .purpose = SMS_ENROLLMENT, .code = sealed, .code_length = 11, .created = NOW,
				 .sent = NOW, .expires = NOW + 10 * MINUTE, .phone = nowhere};
	struct passkey passkey = {0};
	int64_t account = 0;

	add_used(fixture->store, fixture->account, 1);
	add_used(fixture->store, other, 2);
	must(store_sms_add(fixture->store, &shown, NULL));
	must(find(fixture->store, fixture->account, "credential 1", &passkey));
	assert_int_equal(store_passkey_remove(fixture->store, other, passkey.id), PIMS_E_NOT_FOUND);
	must(store_passkey_remove(fixture->store, fixture->account, passkey.id));
	assert_int_equal(store_passkey_remove(fixture->store, fixture->account, passkey.id), PIMS_E_NOT_FOUND);
	assert_int_equal(passkey_time(fixture->store, "new cookie 1"), 0);
	assert_int_equal(passkey_time(fixture->store, "new cookie 2"), NOW);
	assert_int_equal(store_sms_find(fixture->store, shown.hash, SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	passkey_free(&passkey);
	must(store_account_remove(fixture->store, OTHER_EMAIL));
	must(add(fixture->store, fixture->account, "credential 2")); /* it went with its account */
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

	must(add(race.fixture->store, race.account, "one"));
	in_threads(32, use_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(one_comes_back_as_it_was_stored),
		STORE_TEST(one_that_was_never_used_makes_room_for_the_next),
		STORE_TEST(a_credential_is_of_one_account),
		STORE_TEST(an_account_has_ten_at_most),
		STORE_TEST(a_use_marks_passkey_and_browser_and_changes_the_cookie),
		STORE_TEST(a_count_that_does_not_grow_changes_nothing),
		STORE_TEST(a_browser_of_somebody_else_is_not_marked),
		STORE_TEST(a_code_tells_no_passkey_that_the_browser_has_not_used),
		STORE_TEST(a_removed_one_vouches_no_more),
		STORE_TEST(of_many_who_bring_the_same_count_one_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
