/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Browsers that are signed in. */

static const int64_t LIFE = 480 * MINUTE;

static int add(struct store *store, int64_t account, const char *cookie, const unsigned char *replaced)
{
	struct browser browser = {.account = account, .auth_time = NOW - 7, .expires = NOW + LIFE};

	hash_of(cookie, browser.hash);
	return store_browser_add(store, &browser, replaced);
}

/** A failed look-up writes nothing. */
static int find(struct store *store, const char *cookie, int64_t now)
{
	struct browser browser = {.account = -1, .auth_time = -1, .expires = -1};
	int r = store_browser_find(store, H(cookie), now, &browser);

	if (r < 0) {
		assert_int_equal(browser.account, -1);
		assert_int_equal(browser.expires, -1);
	}
	return r;
}

static void an_unknown_cookie_is_not_found(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(find(fixture->store, "cookie", NOW), PIMS_E_NOT_FOUND);
	must(add(fixture->store, fixture->account, "cookie", NULL));
	assert_int_equal(find(fixture->store, "cookie2", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "", NOW), PIMS_E_NOT_FOUND);
}

static void a_browser_needs_an_account(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(add(fixture->store, fixture->account + 4711, "cookie", NULL), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "cookie", NOW), PIMS_E_NOT_FOUND);
}

static void a_cookie_stands_for_one_browser(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct browser browser;

	must(add(fixture->store, fixture->account, "cookie", NULL));
	assert_int_equal(add(fixture->store, other, "cookie", NULL), PIMS_E_STATE);
	must(store_browser_find(fixture->store, H("cookie"), NOW, &browser));
	assert_int_equal(browser.account, fixture->account);
}

static void one_that_cannot_be_added_replaces_none(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "old", NULL));
	must(add(fixture->store, fixture->account, "taken", NULL));
	assert_int_equal(add(fixture->store, fixture->account, "taken", H("old")), PIMS_E_STATE);
	must(find(fixture->store, "old", NOW));
	assert_int_equal(add(fixture->store, fixture->account + 4711, "new", H("old")), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "old", NOW));
}

static void a_browser_dies_at_its_time(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "cookie", NULL));
	must(find(fixture->store, "cookie", NOW + LIFE - 1));
	assert_int_equal(find(fixture->store, "cookie", NOW + LIFE), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "cookie", NOW + LIFE + 1), PIMS_E_NOT_FOUND);
}

static void a_browser_comes_back_as_it_was_stored(void **state)
{
	struct fixture *fixture = *state;
	struct browser browser;

	must(add(fixture->store, fixture->account, "cookie", NULL));
	fixture_reopen(fixture);
	must(store_browser_find(fixture->store, H("cookie"), NOW, &browser));
	assert_int_equal(browser.account, fixture->account);
	assert_int_equal(browser.auth_time, NOW - 7);
	assert_int_equal(browser.expires, NOW + LIFE);
	assert_memory_equal(browser.hash, H("cookie"), 32);
}

static void a_new_cookie_ends_the_one_it_replaces_and_no_other(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "old", NULL));
	must(add(fixture->store, fixture->account, "laptop", NULL));
	must(add(fixture->store, fixture->account, "new", H("old")));
	assert_int_equal(find(fixture->store, "old", NOW), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "new", NOW));
	must(find(fixture->store, "laptop", NOW));
}

static void replacing_an_unknown_cookie_is_no_failure(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "new", H("never issued")));
	must(find(fixture->store, "new", NOW));
}

static void a_browser_of_another_account_may_be_replaced(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	struct browser browser;

	must(add(fixture->store, fixture->account, "jo", NULL));
	must(add(fixture->store, other, "other", H("jo")));
	assert_int_equal(find(fixture->store, "jo", NOW), PIMS_E_NOT_FOUND);
	must(store_browser_find(fixture->store, H("other"), NOW, &browser));
	assert_int_equal(browser.account, other);
}

static void signing_out_ends_all_of_the_account_and_none_of_another(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	must(store_browser_end(fixture->store, fixture->account));
	must(add(fixture->store, fixture->account, "a", NULL));
	must(add(fixture->store, fixture->account, "b", NULL));
	must(add(fixture->store, other, "other", NULL));
	must(store_browser_end(fixture->store, fixture->account));
	assert_int_equal(find(fixture->store, "a", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "b", NOW), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "other", NOW));
	must(store_browser_end(fixture->store, fixture->account));
}

static void a_blocked_account_is_signed_out_and_stays_so(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	must(add(fixture->store, fixture->account, "a", NULL));
	must(add(fixture->store, other, "other", NULL));
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(find(fixture->store, "a", NOW), PIMS_E_NOT_FOUND);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	assert_int_equal(find(fixture->store, "a", NOW), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "other", NOW));
}

static void what_is_added_while_blocked_is_not_there_when_unblocked(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "old", NULL));
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(add(fixture->store, fixture->account, "new", NULL), PIMS_E_NOT_FOUND);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	assert_int_equal(find(fixture->store, "new", NOW), PIMS_E_NOT_FOUND);
	must(add(fixture->store, fixture->account, "new", NULL));
	must(find(fixture->store, "new", NOW));
}

static void a_removed_account_and_a_new_password_end_its_browsers(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	must(add(fixture->store, fixture->account, "a", NULL));
	must(add(fixture->store, other, "other", NULL));
	must(store_account_set_password(fixture->store, EMAIL, "$argon2id$new"));
	assert_int_equal(find(fixture->store, "a", NOW), PIMS_E_NOT_FOUND);
	must(add(fixture->store, fixture->account, "b", NULL));
	must(store_account_remove(fixture->store, EMAIL));
	assert_int_equal(find(fixture->store, "b", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(add(fixture->store, fixture->account, "c", NULL), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "other", NOW));
}

static void revoking_a_token_signs_out_of_the_browsers_too(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, fixture->account, "a", NULL));
	must(add(fixture->store, other, "other", NULL));
	assert_int_equal(store_token_revoke(fixture->store, H("refresh"), "another app"), PIMS_E_STATE);
	must(store_token_revoke(fixture->store, H("unknown"), "app"));
	must(find(fixture->store, "a", NOW));
	must(store_token_revoke(fixture->store, H("refresh"), "app"));
	assert_int_equal(find(fixture->store, "a", NOW), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "other", NOW));
}

static void sweeping_keeps_the_browsers_that_are_alive(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, fixture->account, "a", NULL));
	must(store_sweep(fixture->store, NOW + LIFE - 1));
	must(find(fixture->store, "a", NOW));
	must(store_sweep(fixture->store, NOW + LIFE));
	assert_int_equal(find(fixture->store, "a", NOW), PIMS_E_NOT_FOUND);
}

static void *add_same(void *argument)
{
	struct race *race = argument;

	race_count(race, add(race->fixture->store, race->account, "cookie", NULL));
	return NULL;
}

static void of_many_who_add_the_same_cookie_one_wins(void **state)
{
	struct race race = race_of(*state);

	in_threads(32, add_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
	assert_int_equal(race.other, 0);
	must(find(race.fixture->store, "cookie", NOW));
}

static void *replace_shared(void *argument)
{
	struct race *race = argument;
	int number = race_number(race);
	char cookie[16];

	snprintf(cookie, sizeof cookie, "cookie-%d", number);
	race_count(race, add(race->fixture->store, race->account, cookie, H("shared")));
	race_count(race, find(race->fixture->store, cookie, NOW));
	return NULL;
}

static void many_who_replace_one_cookie_all_get_theirs(void **state)
{
	struct race race = race_of(*state);

	must(add(race.fixture->store, race.account, "shared", NULL));
	in_threads(16, replace_shared, &race);
	assert_int_equal(race.won, 32);
	assert_int_equal(find(race.fixture->store, "shared", NOW), PIMS_E_NOT_FOUND);
}

/* The password was right when it was checked, and was changed before the browser was added. */
static void an_old_password_signs_no_browser_in(void **state)
{
	struct fixture *fixture = *state;
	struct browser browser = {.hash = "cookie", .account = fixture->account, .expires = NOW + LIFE, .password_hash = "$argon2id$hash"};

	must(store_account_set_password(fixture->store, EMAIL, "$argon2id$new"));
	assert_int_equal(store_browser_add(fixture->store, &browser, NULL), PIMS_E_NOT_FOUND);
	browser.password_hash = "$argon2id$new";
	must(store_browser_add(fixture->store, &browser, NULL));
}

static void a_browser_that_was_signed_out_gets_no_code(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback";
	struct auth_code code = {.hash = "code", .account = fixture->account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE,
				 .browser = H("cookie")};

	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	must(add(fixture->store, other, "cookie", NULL));
	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	must(add(fixture->store, fixture->account, "cookie", H("cookie")));
	must(store_account_set_password(fixture->store, EMAIL, "$argon2id$new"));
	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	must(add(fixture->store, fixture->account, "cookie", NULL));
	must(store_code_add(fixture->store, &code));
}

static void a_code_tells_no_otp_that_the_browser_has_not_given(void **state)
{
	struct fixture *fixture = *state;
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback";
	struct auth_code code = {.hash = "code", .account = fixture->account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE,
				 .otp_time = NOW, .browser = H("cookie")};

	must(add(fixture->store, fixture->account, "cookie", NULL));
	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	assert_int_equal(store_browser_prove(fixture->store, H("nobody"), H("proved"), NOW), PIMS_E_NOT_FOUND);
	must(store_browser_prove(fixture->store, H("cookie"), H("proved"), NOW));
	assert_int_equal(find(fixture->store, "cookie", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	code.browser = H("proved");
	must(store_code_add(fixture->store, &code));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_cookie_is_not_found),
		STORE_TEST(a_browser_needs_an_account),
		STORE_TEST(a_cookie_stands_for_one_browser),
		STORE_TEST(one_that_cannot_be_added_replaces_none),
		STORE_TEST(a_browser_dies_at_its_time),
		STORE_TEST(a_browser_comes_back_as_it_was_stored),
		STORE_TEST(a_new_cookie_ends_the_one_it_replaces_and_no_other),
		STORE_TEST(replacing_an_unknown_cookie_is_no_failure),
		STORE_TEST(a_browser_of_another_account_may_be_replaced),
		STORE_TEST(signing_out_ends_all_of_the_account_and_none_of_another),
		STORE_TEST(a_blocked_account_is_signed_out_and_stays_so),
		STORE_TEST(what_is_added_while_blocked_is_not_there_when_unblocked),
		STORE_TEST(a_removed_account_and_a_new_password_end_its_browsers),
		STORE_TEST(an_old_password_signs_no_browser_in),
		STORE_TEST(a_browser_that_was_signed_out_gets_no_code),
		STORE_TEST(a_code_tells_no_otp_that_the_browser_has_not_given),
		STORE_TEST(revoking_a_token_signs_out_of_the_browsers_too),
		STORE_TEST(sweeping_keeps_the_browsers_that_are_alive),
		STORE_TEST(of_many_who_add_the_same_cookie_one_wins),
		STORE_TEST(many_who_replace_one_cookie_all_get_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
