/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Tokens for one audience, got for an access token (RFC 8693). */

#define AUDIENCE "https://api.example.com"

static const int64_t LIFE = 5 * MINUTE;

static int add_at(struct store *store, const char *subject, const char *client, const char *token, int64_t now)
{
	struct audience_token audience = {.audience = AUDIENCE, .expires = now + LIFE};

	hash_of(token, audience.hash);
	return store_audience_add(store, H(subject), client, &audience, now);
}

static int add(struct store *store, const char *subject, const char *token)
{
	return add_at(store, subject, "app", token, NOW);
}

static int find_for(struct store *store, const char *token, const char *audience, int64_t now, int64_t *ret_account)
{
	int64_t account = -1;
	int r = store_audience_find(store, H(token), audience, now, &account);

	if (r < 0)
		assert_int_equal(account, -1);
	else if (ret_account)
		*ret_account = account;
	return r;
}

static int find(struct store *store, const char *token)
{
	return find_for(store, token, AUDIENCE, NOW, NULL);
}

static void an_unknown_token_is_not_found(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
	assert_int_equal(add(fixture->store, "no access token", "token"), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
}

static void another_clients_access_token_buys_nothing(void **state)
{
	struct fixture *fixture = *state;

	add_client(fixture->store, "rival");
	sign_in(fixture->store, fixture->account, "access", "refresh");
	assert_int_equal(add_at(fixture->store, "access", "rival", "token", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(add_at(fixture->store, "access", "APP", "token", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
}

static void a_refresh_token_buys_nothing(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	assert_int_equal(add(fixture->store, "refresh", "token"), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
}

static void an_access_token_buys_until_its_time(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	assert_int_equal(add_at(fixture->store, "access", "app", "late", NOW + 60 * MINUTE), PIMS_E_NOT_FOUND);
	must(add_at(fixture->store, "access", "app", "just", NOW + 60 * MINUTE - 1));
	must(find_for(fixture->store, "just", AUDIENCE, NOW + 60 * MINUTE, NULL));
	assert_int_equal(find(fixture->store, "late"), PIMS_E_NOT_FOUND);
}

static void a_token_for_one_audience_buys_no_other(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, "access", "token"));
	assert_int_equal(add(fixture->store, "token", "second"), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "second"), PIMS_E_NOT_FOUND);
}

static void a_token_is_good_for_its_audience_only(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, "access", "token"));
	assert_int_equal(find_for(fixture->store, "token", "https://api.example.org", NOW, NULL), PIMS_E_NOT_FOUND);
	assert_int_equal(find_for(fixture->store, "token", AUDIENCE "/", NOW, NULL), PIMS_E_NOT_FOUND);
	assert_int_equal(find_for(fixture->store, "token", "", NOW, NULL), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "token"));
}

static void no_other_look_up_finds_a_token_for_an_audience(void **state)
{
	struct fixture *fixture = *state;
	const struct token_pair tokens = pair_of("a2", "r2");
	struct session_row session = {0};
	int64_t account;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, "access", "token"));
	assert_int_equal(use_access(fixture->store, "token", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_refresh_rotate(fixture->store, H("token"), "app", &tokens, NOW, &session), PIMS_E_NOT_FOUND);
	assert_int_equal(store_remote_find(fixture->store, H("token"), NOW, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "access"), PIMS_E_NOT_FOUND);
	must(use_access(fixture->store, "access", NOW));
}

static void a_token_dies_at_its_time(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, "access", "token"));
	must(find_for(fixture->store, "token", AUDIENCE, NOW + LIFE - 1, NULL));
	assert_int_equal(find_for(fixture->store, "token", AUDIENCE, NOW + LIFE, NULL), PIMS_E_NOT_FOUND);
}

static void a_token_tells_its_account(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	int64_t account;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	sign_in(fixture->store, other, "other", "other-refresh");
	must(add(fixture->store, "access", "token"));
	must(add(fixture->store, "other", "other-token"));
	fixture_reopen(fixture);
	must(find_for(fixture->store, "token", AUDIENCE, NOW, &account));
	assert_int_equal(account, fixture->account);
	must(find_for(fixture->store, "other-token", AUDIENCE, NOW, &account));
	assert_int_equal(account, other);
}

static void a_hash_belongs_to_one_token(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	int64_t account;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	sign_in(fixture->store, other, "other", "other-refresh");
	must(add(fixture->store, "access", "token"));
	assert_int_equal(add(fixture->store, "other", "token"), PIMS_E_STATE);
	must(find_for(fixture->store, "token", AUDIENCE, NOW, &account));
	assert_int_equal(account, fixture->account);
}

static void a_token_ends_with_its_session_and_with_no_other(void **state)
{
	struct fixture *fixture = *state;
	const int64_t session = sign_in(fixture->store, fixture->account, "access", "refresh");

	sign_in(fixture->store, fixture->account, "second", "second-refresh");
	must(add(fixture->store, "access", "token"));
	must(add(fixture->store, "second", "second-token"));
	must(store_session_revoke(fixture->store, session));
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "second-token"));
	assert_int_equal(add(fixture->store, "access", "again"), PIMS_E_NOT_FOUND);
}

static void block_password_and_removal_end_the_tokens_of_the_account_alone(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	sign_in(fixture->store, other, "other", "other-refresh");
	must(add(fixture->store, "other", "other-token"));
	sign_in(fixture->store, fixture->account, "a", "ra");
	must(add(fixture->store, "a", "token-a"));
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	assert_int_equal(find(fixture->store, "token-a"), PIMS_E_NOT_FOUND);
	sign_in(fixture->store, fixture->account, "b", "rb");
	must(add(fixture->store, "b", "token-b"));
	must(store_account_set_password(fixture->store, EMAIL, "$argon2id$new"));
	assert_int_equal(find(fixture->store, "token-b"), PIMS_E_NOT_FOUND);
	sign_in(fixture->store, fixture->account, "c", "rc");
	must(add(fixture->store, "c", "token-c"));
	must(store_account_remove(fixture->store, EMAIL));
	assert_int_equal(find(fixture->store, "token-c"), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "other-token"));
}

static void removing_the_client_ends_its_tokens(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, "access", "token"));
	must(store_client_remove(fixture->store, "app"));
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
}

static int rotate(struct store *store, const char *refresh, const char *access, const char *successor)
{
	const struct token_pair tokens = pair_of(access, successor);
	struct session_row session = {0};
	int r = store_refresh_rotate(store, H(refresh), "app", &tokens, NOW, &session);

	session_row_free(&session);
	return r;
}

static void buying_a_token_counts_as_use_of_the_access_token(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "a1", "r1");
	must(rotate(fixture->store, "r1", "a2", "r2"));
	must(add(fixture->store, "a2", "token"));
	assert_int_equal(rotate(fixture->store, "r1", "a3", "r3"), PIMS_E_STATE);
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
}

static void sweeping_keeps_a_token_until_its_time(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "access", "refresh");
	must(add(fixture->store, "access", "token"));
	must(store_sweep(fixture->store, NOW + LIFE - 1));
	must(find(fixture->store, "token"));
	must(store_sweep(fixture->store, NOW + LIFE));
	assert_int_equal(find(fixture->store, "token"), PIMS_E_NOT_FOUND);
	must(use_access(fixture->store, "access", NOW));
}

static void *buy_same(void *argument)
{
	struct race *race = argument;

	race_count(race, add(race->fixture->store, "access", "token"));
	return NULL;
}

static void *buy_own(void *argument)
{
	struct race *race = argument;
	int number = race_number(race);
	char token[16];

	snprintf(token, sizeof token, "token-%d", number);
	if (number == 8)
		race_count(race, store_token_revoke(race->fixture->store, H("refresh"), "app"));
	else
		race_count(race, add(race->fixture->store, "access", token));
	return NULL;
}

static void of_many_tokens_of_one_hash_one_is_stored(void **state)
{
	struct race race = race_of(*state);

	sign_in(race.fixture->store, race.account, "access", "refresh");
	in_threads(32, buy_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
	assert_int_equal(race.other, 0);
}

static void no_token_outlives_a_revocation_it_ran_against(void **state)
{
	struct race race = race_of(*state);

	sign_in(race.fixture->store, race.account, "access", "refresh");
	in_threads(24, buy_own, &race);
	assert_int_equal(race.won + race.not_found, 24);
	assert_true(race.won >= 1);
	for (int i = 1; i <= 24; i++) {
		char token[16];

		snprintf(token, sizeof token, "token-%d", i);
		assert_int_equal(find(race.fixture->store, token), PIMS_E_NOT_FOUND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_token_is_not_found),
		STORE_TEST(another_clients_access_token_buys_nothing),
		STORE_TEST(a_refresh_token_buys_nothing),
		STORE_TEST(an_access_token_buys_until_its_time),
		STORE_TEST(a_token_for_one_audience_buys_no_other),
		STORE_TEST(a_token_is_good_for_its_audience_only),
		STORE_TEST(no_other_look_up_finds_a_token_for_an_audience),
		STORE_TEST(a_token_dies_at_its_time),
		STORE_TEST(a_token_tells_its_account),
		STORE_TEST(a_hash_belongs_to_one_token),
		STORE_TEST(a_token_ends_with_its_session_and_with_no_other),
		STORE_TEST(block_password_and_removal_end_the_tokens_of_the_account_alone),
		STORE_TEST(removing_the_client_ends_its_tokens),
		STORE_TEST(buying_a_token_counts_as_use_of_the_access_token),
		STORE_TEST(sweeping_keeps_a_token_until_its_time),
		STORE_TEST(of_many_tokens_of_one_hash_one_is_stored),
		STORE_TEST(no_token_outlives_a_revocation_it_ran_against),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
