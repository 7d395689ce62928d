/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

/* Sign-in: authorization codes, sessions, tokens. */

static void add_code(struct fixture *fixture, const char *name)
{
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback", challenge[] = "challenge", nonce[] = "nonce", scope[] = "openid";
	struct auth_code code = {.account = fixture->account, .client = client, .redirect_uri = uri, .code_challenge = challenge, .nonce = nonce,
				 .scope = scope, .auth_time = NOW - 5, .expires = NOW + 5 * MINUTE};

	hash_of(name, code.hash);
	must(store_code_add(fixture->store, &code));
}

static void consume(struct fixture *fixture, const char *name)
{
	struct auth_code code;

	must(store_code_consume(fixture->store, H(name), NOW, &code));
	auth_code_free(&code);
}

static struct token_pair pair(const char *access, const char *refresh)
{
	struct token_pair tokens = {.access_expires = NOW + 60 * MINUTE, .refresh_expires = NOW + 600 * MINUTE};

	hash_of(access, tokens.access);
	hash_of(refresh, tokens.refresh);
	return tokens;
}

static int add_session(struct fixture *fixture, const char *code, const char *access, const char *refresh)
{
	char client[] = "app", scope[] = "openid", nonce[] = "nonce";
	const struct session_row session = {.account = fixture->account, .client = client, .scope = scope, .nonce = nonce, .auth_time = NOW - 5};
	const struct token_pair tokens = pair(access, refresh);
	int64_t id = 0;
	int r = store_session_add(fixture->store, &session, H(code), &tokens, &id);

	assert_true(r < 0 ? id == 0 : id > 0);
	return r;
}

static void sign_in(struct fixture *fixture, const char *access, const char *refresh)
{
	char code[40];

	snprintf(code, sizeof code, "code-%s", access);
	add_code(fixture, code);
	consume(fixture, code);
	must(add_session(fixture, code, access, refresh));
}

static int rotate(struct fixture *fixture, const char *refresh, const char *new_access, const char *new_refresh)
{
	const struct token_pair tokens = pair(new_access, new_refresh);
	struct session_row session = {0};
	int r = store_refresh_rotate(fixture->store, H(refresh), "app", &tokens, NOW, &session);

	if (r == 0)
		assert_int_equal(session.account, fixture->account);
	else
		assert_null(session.client);
	session_row_free(&session);
	return r;
}

static int use_access(struct fixture *fixture, const char *access)
{
	struct session_row session = {0};
	int r = store_access_find(fixture->store, H(access), NULL, NOW, &session);

	session_row_free(&session);
	return r;
}

static void an_unknown_code_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code = {0};

	assert_int_equal(store_code_consume(fixture->store, H("none"), NOW, &code), PIMS_E_NOT_FOUND);
	assert_null(code.client);
}

static void a_code_needs_an_account_and_a_client(void **state)
{
	struct fixture *fixture = *state;
	char client[] = "app", other[] = "none", uri[] = "u";
	struct auth_code code = {.account = 4711, .client = client, .redirect_uri = uri, .expires = NOW + 1};

	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
	code.account = fixture->account;
	code.client = other;
	assert_int_equal(store_code_add(fixture->store, &code), PIMS_E_NOT_FOUND);
}

static void a_code_comes_back_as_it_was_stored(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code;

	add_code(fixture, "code");
	must(store_code_consume(fixture->store, H("code"), NOW, &code));
	assert_memory_equal(code.hash, H("code"), 32);
	assert_int_equal(code.account, fixture->account);
	assert_string_equal(code.client, "app");
	assert_string_equal(code.redirect_uri, "http://127.0.0.1:1/callback");
	assert_string_equal(code.code_challenge, "challenge");
	assert_string_equal(code.nonce, "nonce");
	assert_string_equal(code.scope, "openid");
	assert_int_equal(code.auth_time, NOW - 5);
	auth_code_free(&code);
}

static void an_expired_code_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code;

	add_code(fixture, "code");
	assert_int_equal(store_code_consume(fixture->store, H("code"), NOW + 5 * MINUTE, &code), PIMS_E_NOT_FOUND);
	consume(fixture, "code"); /* a refusal used nothing up */
}

static void a_code_that_comes_again_ends_the_session_it_made(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code;

	sign_in(fixture, "a", "r");
	must(use_access(fixture, "a"));
	assert_int_equal(store_code_consume(fixture->store, H("code-a"), NOW, &code), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
	assert_int_equal(rotate(fixture, "r", "a2", "r2"), PIMS_E_NOT_FOUND);
	assert_int_equal(store_code_consume(fixture->store, H("code-a"), NOW, &code), PIMS_E_STATE);
}

static void a_code_that_comes_again_before_its_session_prevents_it(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code;

	add_code(fixture, "code");
	consume(fixture, "code");
	assert_int_equal(store_code_consume(fixture->store, H("code"), NOW, &code), PIMS_E_STATE);
	assert_int_equal(add_session(fixture, "code", "a", "r"), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
}

static void a_code_that_comes_late_again_still_ends_its_session(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code;

	sign_in(fixture, "a", "r");
	must(store_sweep(fixture->store, NOW + 30 * MINUTE));
	assert_int_equal(store_code_consume(fixture->store, H("code-a"), NOW + 30 * MINUTE, &code), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
}

static void a_code_makes_one_session(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture, "code");
	assert_int_equal(add_session(fixture, "code", "a", "r"), PIMS_E_STATE); /* not consumed yet */
	consume(fixture, "code");
	must(add_session(fixture, "code", "a", "r"));
	assert_int_equal(add_session(fixture, "code", "a2", "r2"), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a2"), PIMS_E_NOT_FOUND);
	assert_int_equal(add_session(fixture, "no code", "a3", "r3"), PIMS_E_NOT_FOUND);
}

static void a_blocked_account_gets_no_session(void **state)
{
	struct fixture *fixture = *state;

	add_code(fixture, "code");
	consume(fixture, "code");
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(add_session(fixture, "code", "a", "r"), PIMS_E_STATE);
}

static void an_access_token_tells_its_session(void **state)
{
	struct fixture *fixture = *state;
	struct session_row session;

	sign_in(fixture, "a", "r");
	must(store_access_find(fixture->store, H("a"), NULL, NOW, &session));
	assert_int_equal(session.account, fixture->account);
	assert_string_equal(session.client, "app");
	assert_string_equal(session.scope, "openid");
	assert_string_equal(session.nonce, "nonce");
	assert_int_equal(session.auth_time, NOW - 5);
	session_row_free(&session);
}

static void an_access_token_may_have_less_scope_than_its_session(void **state)
{
	struct fixture *fixture = *state;
	struct token_pair tokens = pair("b", "r2");
	struct session_row session;

	sign_in(fixture, "a", "r");
	assert_int_equal(store_refresh_find(fixture->store, H("r"), "thief", &session), PIMS_E_NOT_FOUND);
	assert_int_equal(store_refresh_find(fixture->store, H("a"), "app", &session), PIMS_E_NOT_FOUND);
	must(store_refresh_find(fixture->store, H("r"), "app", &session));
	assert_string_equal(session.scope, "openid");
	session_row_free(&session);
	tokens.scope = "less";
	must(store_refresh_rotate(fixture->store, H("r"), "app", &tokens, NOW, &session));
	assert_string_equal(session.scope, "openid");
	session_row_free(&session);
	must(store_access_find(fixture->store, H("b"), NULL, NOW, &session));
	assert_string_equal(session.scope, "less");
	session_row_free(&session);
	must(store_refresh_find(fixture->store, H("r2"), "app", &session));
	assert_string_equal(session.scope, "openid");
	session_row_free(&session);
}

static void an_access_token_dies_at_its_time(void **state)
{
	struct fixture *fixture = *state;
	struct session_row session;

	sign_in(fixture, "a", "r");
	assert_int_equal(store_access_find(fixture->store, H("a"), NULL, NOW + 60 * MINUTE, &session), PIMS_E_NOT_FOUND);
	must(store_access_find(fixture->store, H("a"), NULL, NOW + 60 * MINUTE - 1, &session));
	session_row_free(&session);
	assert_int_equal(use_access(fixture, "r"), PIMS_E_NOT_FOUND); /* a refresh token is none */
}

static void a_refresh_token_dies_at_its_time(void **state)
{
	struct fixture *fixture = *state;
	const struct token_pair tokens = pair("a2", "r2");
	struct session_row session;

	sign_in(fixture, "a", "r");
	assert_int_equal(store_refresh_rotate(fixture->store, H("r"), "app", &tokens, NOW + 600 * MINUTE, &session), PIMS_E_NOT_FOUND);
	must(rotate(fixture, "r", "a2", "r2"));
}

/* OWASP ASVS 7.3.2: however often it is used */
static void a_session_ends_for_good_some_time_after_the_password(void **state)
{
	struct fixture *fixture = *state;
	struct token_pair tokens = pair("a2", "r2");
	struct session_row session = {0};

	sign_in(fixture, "a", "r");
	tokens.session_ms = 30 * MINUTE;
	tokens.refresh_expires = NOW + 600 * MINUTE;
	assert_int_equal(store_refresh_rotate(fixture->store, H("r"), "app", &tokens, NOW - 5 + 30 * MINUTE, &session), PIMS_E_NOT_FOUND);
	must(store_refresh_rotate(fixture->store, H("r"), "app", &tokens, NOW - 6 + 30 * MINUTE, &session));
	session_row_free(&session);
	/* its last refresh token is good for the rest only, also where the limit is lifted */
	tokens = pair("a3", "r3");
	assert_int_equal(store_refresh_rotate(fixture->store, H("r2"), "app", &tokens, NOW - 5 + 30 * MINUTE, &session), PIMS_E_NOT_FOUND);
	must(store_refresh_rotate(fixture->store, H("r2"), "app", &tokens, NOW - 6 + 30 * MINUTE, &session));
	session_row_free(&session);
}

static void a_refresh_token_of_another_client_is_not_found_and_stays(void **state)
{
	struct fixture *fixture = *state;
	const struct token_pair tokens = pair("a2", "r2");
	struct session_row session;

	add_client(fixture->store, "thief");
	sign_in(fixture, "a", "r");
	assert_int_equal(store_refresh_rotate(fixture->store, H("r"), "thief", &tokens, NOW, &session), PIMS_E_NOT_FOUND);
	assert_int_equal(store_refresh_rotate(fixture->store, H("a"), "app", &tokens, NOW, &session), PIMS_E_NOT_FOUND);
	must(rotate(fixture, "r", "a2", "r2"));
}

static void rotation_goes_on_and_on(void **state)
{
	struct fixture *fixture = *state;
	char from[16], access[16], to[16];

	sign_in(fixture, "a", "r0");
	for (int i = 0; i < 20; i++) {
		snprintf(from, sizeof from, "r%d", i);
		snprintf(access, sizeof access, "a%d", i + 1);
		snprintf(to, sizeof to, "r%d", i + 1);
		must(rotate(fixture, from, access, to));
		must(use_access(fixture, access));
	}
	assert_int_equal(rotate(fixture, "r3", "x", "y"), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a20"), PIMS_E_NOT_FOUND);
}

static void a_lost_answer_does_not_end_the_session(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(rotate(fixture, "r", "a2", "r2")); /* lost */
	must(rotate(fixture, "r", "a3", "r3")); /* lost again */
	must(rotate(fixture, "r", "a4", "r4"));
	must(use_access(fixture, "a4"));
	must(rotate(fixture, "r4", "a5", "r5"));
}

static void the_predecessor_dies_when_the_successor_is_used(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(rotate(fixture, "r", "a2", "r2"));
	must(rotate(fixture, "r2", "a3", "r3"));
	assert_int_equal(rotate(fixture, "r", "x", "y"), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a3"), PIMS_E_NOT_FOUND); /* the whole session is gone */
	assert_int_equal(rotate(fixture, "r3", "x", "y"), PIMS_E_NOT_FOUND);
}

static void using_the_access_token_counts_as_use_of_its_refresh_token(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(rotate(fixture, "r", "a2", "r2"));
	must(use_access(fixture, "a2"));
	assert_int_equal(rotate(fixture, "r", "x", "y"), PIMS_E_STATE);
	assert_int_equal(use_access(fixture, "a2"), PIMS_E_NOT_FOUND);
}

static void using_the_old_access_token_leaves_the_old_refresh_token_valid(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(rotate(fixture, "r", "a2", "r2"));
	must(use_access(fixture, "a"));
	must(rotate(fixture, "r", "a3", "r3"));
	must(use_access(fixture, "a3"));
}

static void a_stolen_twin_is_noticed(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(rotate(fixture, "r", "thief-a", "thief-r"));
	must(rotate(fixture, "r", "a2", "r2"));
	must(use_access(fixture, "a2"));
	assert_int_equal(rotate(fixture, "thief-r", "x", "y"), PIMS_E_STATE);
	assert_int_equal(rotate(fixture, "r2", "x", "y"), PIMS_E_NOT_FOUND);
}

static void a_session_ends_alone(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	sign_in(fixture, "b", "s");
	must(rotate(fixture, "r", "a2", "r2"));
	must(use_access(fixture, "a2"));
	assert_int_equal(rotate(fixture, "r", "x", "y"), PIMS_E_STATE);
	must(use_access(fixture, "b"));
	must(rotate(fixture, "s", "b2", "s2"));
}

static void revoking_any_token_ends_its_session(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	sign_in(fixture, "b", "s");
	must(store_token_revoke(fixture->store, H("a"), "app"));
	assert_int_equal(rotate(fixture, "r", "x", "y"), PIMS_E_NOT_FOUND);
	must(store_token_revoke(fixture->store, H("s"), "app"));
	assert_int_equal(use_access(fixture, "b"), PIMS_E_NOT_FOUND);
}

static void revoking_what_is_not_there_or_not_ones_own_changes_nothing(void **state)
{
	struct fixture *fixture = *state;

	add_client(fixture->store, "thief");
	sign_in(fixture, "a", "r");
	must(store_token_revoke(fixture->store, H("none"), "app"));
	assert_int_equal(store_token_revoke(fixture->store, H("a"), "thief"), PIMS_E_STATE);
	must(use_access(fixture, "a"));
	assert_int_equal(store_session_revoke(fixture->store, 4711), PIMS_E_NOT_FOUND);
}

static void a_session_is_revoked_by_its_id(void **state)
{
	struct fixture *fixture = *state;
	struct session_row session;
	int64_t id;

	sign_in(fixture, "a", "r");
	must(store_access_find(fixture->store, H("a"), NULL, NOW, &session));
	id = session.id;
	session_row_free(&session);
	must(store_session_revoke(fixture->store, id));
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
	assert_int_equal(store_session_revoke(fixture->store, id), PIMS_E_NOT_FOUND);
}

struct listed {
	int count;
	int64_t ids[4], used[4];
	char application[64];
};

static int list_one(void *data, const struct session_info *session)
{
	struct listed *listed = data;

	assert_in_range(listed->count, 0, 3);
	assert_int_equal(session->auth_time, NOW - 5);
	listed->ids[listed->count] = session->id;
	listed->used[listed->count++] = session->used;
	return text_copy(listed->application, sizeof listed->application, session->application);
}

static struct listed list(struct fixture *fixture, int64_t account, int64_t now)
{
	struct listed listed = {0};

	must(store_session_list(fixture->store, account, now, list_one, &listed));
	return listed;
}

static void sessions_are_listed_and_ended_by_their_owner_alone(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, "eve@example.com");
	struct token_pair tokens = pair("a3", "r3");
	struct session_row session;
	struct listed listed;

	assert_int_equal(list(fixture, fixture->account, NOW).count, 0);
	sign_in(fixture, "a", "r");
	sign_in(fixture, "a2", "r2");
	tokens.issued = NOW + MINUTE;
	must(store_refresh_rotate(fixture->store, H("r"), "app", &tokens, NOW + MINUTE, &session));
	listed = list(fixture, fixture->account, NOW);
	assert_int_equal(listed.count, 2);
	assert_int_equal(listed.ids[0], session.id); /* used last */
	assert_int_equal(listed.used[0], NOW + MINUTE);
	assert_string_equal(listed.application, "An application");
	assert_int_equal(list(fixture, other, NOW).count, 0);
	assert_int_equal(list(fixture, fixture->account, NOW + 600 * MINUTE).count, 0);
	assert_int_equal(store_session_end(fixture->store, other, session.id), PIMS_E_NOT_FOUND);
	assert_int_equal(use_access(fixture, "a"), 0);
	must(store_session_end(fixture->store, fixture->account, session.id));
	assert_int_equal(store_session_end(fixture->store, fixture->account, session.id), PIMS_E_NOT_FOUND);
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
	assert_int_equal(use_access(fixture, "a2"), 0);
	session_row_free(&session);
}

static void signing_out_everywhere_ends_codes_sessions_and_browsers_of_one_account(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, "eve@example.com");
	struct browser browser = {.account = fixture->account, .auth_time = NOW, .expires = NOW + MINUTE}, found;
	struct auth_code code;

	memcpy(browser.hash, H("browser"), sizeof browser.hash);
	must(store_browser_add(fixture->store, &browser, NULL));
	memcpy(browser.hash, H("other"), sizeof browser.hash);
	browser.account = other;
	must(store_browser_add(fixture->store, &browser, NULL));
	sign_in(fixture, "a", "r");
	add_code(fixture, "on its way");
	must(store_sign_out(fixture->store, fixture->account));
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
	assert_int_equal(store_browser_find(fixture->store, H("browser"), NOW, &found), PIMS_E_NOT_FOUND);
	assert_int_equal(store_code_consume(fixture->store, H("on its way"), NOW, &code), PIMS_E_NOT_FOUND);
	must(store_browser_find(fixture->store, H("other"), NOW, &found));
	must(store_sign_out(fixture->store, fixture->account));
}

static void new_password_block_and_removal_end_every_session(void **state)
{
	struct fixture *fixture = *state;
	struct auth_code code;

	sign_in(fixture, "a", "r");
	add_code(fixture, "pending");
	must(store_account_set_password(fixture->store, EMAIL, "new hash"));
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
	assert_int_equal(store_code_consume(fixture->store, H("pending"), NOW, &code), PIMS_E_NOT_FOUND);
	sign_in(fixture, "b", "s");
	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(use_access(fixture, "b"), PIMS_E_NOT_FOUND);
	must(store_account_set_blocked(fixture->store, EMAIL, false));
	assert_int_equal(rotate(fixture, "s", "x", "y"), PIMS_E_NOT_FOUND);
	sign_in(fixture, "c", "t");
	must(store_account_remove(fixture->store, EMAIL));
	assert_int_equal(use_access(fixture, "c"), PIMS_E_NOT_FOUND);
}

static void removing_a_client_ends_its_sessions(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(store_client_remove(fixture->store, "app"));
	assert_int_equal(use_access(fixture, "a"), PIMS_E_NOT_FOUND);
}

static void sweeping_takes_what_has_expired_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture, "a", "r");
	must(rotate(fixture, "r", "a2", "r2"));
	must(store_sweep(fixture->store, NOW + 599 * MINUTE));
	assert_int_equal(use_access(fixture, "a2"), PIMS_E_NOT_FOUND);
	must(rotate(fixture, "r2", "a3", "r3"));
	must(store_sweep(fixture->store, NOW + 601 * MINUTE));
	assert_int_equal(rotate(fixture, "r3", "a4", "r4"), PIMS_E_NOT_FOUND);
}

struct race {
	struct fixture *fixture;
	pthread_mutex_t lock;
	int next, won, state, not_found;
};

static void count(struct race *race, int r)
{
	pthread_mutex_lock(&race->lock);
	race->won += r == 0;
	race->state += r == PIMS_E_STATE;
	race->not_found += r == PIMS_E_NOT_FOUND;
	pthread_mutex_unlock(&race->lock);
}

static void *consume_same(void *argument)
{
	struct race *race = argument;
	struct auth_code code = {0};

	count(race, store_code_consume(race->fixture->store, H("code"), NOW, &code));
	auth_code_free(&code);
	return NULL;
}

static void of_many_who_consume_a_code_one_wins(void **state)
{
	struct race race = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};

	add_code(race.fixture, "code");
	in_threads(32, consume_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 31);
}

static void *rotate_same(void *argument)
{
	struct race *race = argument;
	char access[16], refresh[16];
	struct token_pair tokens;
	struct session_row session = {0};
	int number, r;

	pthread_mutex_lock(&race->lock);
	number = race->next++;
	pthread_mutex_unlock(&race->lock);
	snprintf(access, sizeof access, "ta%d", number);
	snprintf(refresh, sizeof refresh, "tr%d", number);
	tokens = pair(access, refresh);
	r = store_refresh_rotate(race->fixture->store, H("r"), "app", &tokens, NOW, &session);
	session_row_free(&session);
	count(race, r);
	return NULL;
}

static void callers_who_renew_together_all_get_tokens_until_one_uses_them(void **state)
{
	struct race race = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};

	sign_in(race.fixture, "a", "r");
	in_threads(16, rotate_same, &race);
	assert_int_equal(race.won, 16);
	must(use_access(race.fixture, "ta7"));
	must(rotate(race.fixture, "tr7", "x", "y"));
	must(use_access(race.fixture, "x"));
	assert_int_equal(rotate(race.fixture, "tr8", "v", "w"), PIMS_E_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_code_is_not_found),
		STORE_TEST(a_code_needs_an_account_and_a_client),
		STORE_TEST(a_code_comes_back_as_it_was_stored),
		STORE_TEST(an_expired_code_is_not_found),
		STORE_TEST(a_code_that_comes_again_ends_the_session_it_made),
		STORE_TEST(a_code_that_comes_again_before_its_session_prevents_it),
		STORE_TEST(a_code_that_comes_late_again_still_ends_its_session),
		STORE_TEST(a_code_makes_one_session),
		STORE_TEST(a_blocked_account_gets_no_session),
		STORE_TEST(an_access_token_tells_its_session),
		STORE_TEST(an_access_token_may_have_less_scope_than_its_session),
		STORE_TEST(an_access_token_dies_at_its_time),
		STORE_TEST(a_refresh_token_dies_at_its_time),
		STORE_TEST(a_session_ends_for_good_some_time_after_the_password),
		STORE_TEST(a_refresh_token_of_another_client_is_not_found_and_stays),
		STORE_TEST(rotation_goes_on_and_on),
		STORE_TEST(a_lost_answer_does_not_end_the_session),
		STORE_TEST(the_predecessor_dies_when_the_successor_is_used),
		STORE_TEST(using_the_access_token_counts_as_use_of_its_refresh_token),
		STORE_TEST(using_the_old_access_token_leaves_the_old_refresh_token_valid),
		STORE_TEST(a_stolen_twin_is_noticed),
		STORE_TEST(a_session_ends_alone),
		STORE_TEST(revoking_any_token_ends_its_session),
		STORE_TEST(revoking_what_is_not_there_or_not_ones_own_changes_nothing),
		STORE_TEST(a_session_is_revoked_by_its_id),
		STORE_TEST(sessions_are_listed_and_ended_by_their_owner_alone),
		STORE_TEST(signing_out_everywhere_ends_codes_sessions_and_browsers_of_one_account),
		STORE_TEST(new_password_block_and_removal_end_every_session),
		STORE_TEST(removing_a_client_ends_its_sessions),
		STORE_TEST(sweeping_takes_what_has_expired_and_nothing_else),
		STORE_TEST(of_many_who_consume_a_code_one_wins),
		STORE_TEST(callers_who_renew_together_all_get_tokens_until_one_uses_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
