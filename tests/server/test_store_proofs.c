/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Tokens that are bound to a key, and proofs that are good once (RFC 9449). */

static const char key_a[PROOF_KEY_SIZE] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const char key_b[PROOF_KEY_SIZE] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static struct proof_use use_of(const char *name)
{
	struct proof_use use = {.expires = NOW + MINUTE};

	hash_of(name, use.hash);
	return use;
}

static struct token_pair bound_pair(const char *access, const char *refresh, const char *key, const struct proof_use *use)
{
	struct token_pair tokens = pair_of(access, refresh);

	if (key) {
		memcpy(tokens.access_key, key, PROOF_KEY_SIZE);
		memcpy(tokens.session_key, key, PROOF_KEY_SIZE);
	}
	tokens.proof = use;
	return tokens;
}

static int rotate(struct store *store, const char *refresh, const struct token_pair *tokens)
{
	struct session_row session = {0};
	int r = store_refresh_rotate(store, H(refresh), "app", tokens, NOW, &session);

	session_row_free(&session);
	return r;
}

static int rotate_with(struct store *store, const char *refresh, const char *key, const char *proof, const char *next)
{
	const struct proof_use use = use_of(proof);
	char access[32];
	struct token_pair tokens;

	snprintf(access, sizeof access, "access of %s", next);
	tokens = bound_pair(access, next, key, key ? &use : NULL);
	return rotate(store, refresh, &tokens);
}

static int find(struct store *store, const char *access, const char *key)
{
	struct session_row session = {0};
	int r = store_access_find(store, H(access), key, NOW, &session);

	session_row_free(&session);
	return r;
}

/* A session whose tokens "a" and "r" are bound to key_a. */
static void sign_in_bound(struct fixture *fixture)
{
	sign_in(fixture->store, fixture->account, "first", "first-refresh");
	must(rotate_with(fixture->store, "first-refresh", key_a, "sign-in", "r"));
}

static void a_proof_is_good_once_until_its_time_is_over(void **state)
{
	struct fixture *fixture = *state;
	const struct proof_use use = use_of("p"), other = use_of("q");

	must(store_proof_use(fixture->store, &use));
	assert_int_equal(store_proof_use(fixture->store, &use), PIMS_E_INVALID);
	must(store_proof_use(fixture->store, &other));
	must(store_sweep(fixture->store, NOW + MINUTE - 1));
	assert_int_equal(store_proof_use(fixture->store, &use), PIMS_E_INVALID);
	must(store_sweep(fixture->store, NOW + MINUTE));
	must(store_proof_use(fixture->store, &use));
}

static void a_bound_access_token_is_found_with_its_key_alone(void **state)
{
	struct fixture *fixture = *state;

	sign_in_bound(fixture);
	assert_int_equal(find(fixture->store, "access of r", NULL), PIMS_E_NOT_FOUND);
	assert_int_equal(find(fixture->store, "access of r", key_b), PIMS_E_NOT_FOUND);
	/* what was refused did not count as use: the predecessor is still good */
	must(rotate_with(fixture->store, "first-refresh", key_a, "again", "r2"));
	must(find(fixture->store, "access of r", key_a));
	assert_int_equal(find(fixture->store, "first", key_a), PIMS_E_NOT_FOUND);
	must(find(fixture->store, "first", NULL));
}

static void a_bound_refresh_token_without_its_key_changes_nothing(void **state)
{
	struct fixture *fixture = *state;

	sign_in_bound(fixture);
	must(find(fixture->store, "access of r", key_a));
	assert_int_equal(rotate_with(fixture->store, "r", NULL, "", "x"), PIMS_E_NOT_FOUND);
	assert_int_equal(rotate_with(fixture->store, "r", key_b, "p", "x"), PIMS_E_NOT_FOUND);
	/* nor does a retired one end the session */
	assert_int_equal(rotate_with(fixture->store, "first-refresh", NULL, "", "x"), PIMS_E_NOT_FOUND);
	assert_int_equal(rotate_with(fixture->store, "first-refresh", key_b, "p", "x"), PIMS_E_NOT_FOUND);
	must(rotate_with(fixture->store, "r", key_a, "p", "r2"));
	assert_int_equal(rotate_with(fixture->store, "first-refresh", key_a, "q", "x"), PIMS_E_STATE);
	assert_int_equal(find(fixture->store, "access of r", key_a), PIMS_E_NOT_FOUND);
}

static void a_proof_that_comes_again_buys_nothing_and_costs_nothing(void **state)
{
	struct fixture *fixture = *state;

	sign_in_bound(fixture);
	must(rotate_with(fixture->store, "r", key_a, "p", "r2"));
	assert_int_equal(rotate_with(fixture->store, "r2", key_a, "p", "r3"), PIMS_E_INVALID);
	assert_int_equal(find(fixture->store, "access of r3", key_a), PIMS_E_NOT_FOUND);
	must(rotate_with(fixture->store, "r", key_a, "q", "r4"));
	must(rotate_with(fixture->store, "r2", key_a, "s", "r5"));
}

static void a_proof_with_a_wrong_token_is_not_used_up(void **state)
{
	struct fixture *fixture = *state;

	sign_in_bound(fixture);
	assert_int_equal(rotate_with(fixture->store, "unknown", key_a, "p", "x"), PIMS_E_NOT_FOUND);
	must(rotate_with(fixture->store, "r", key_a, "p", "r2"));
}

static void a_session_is_bound_by_its_first_proof_and_for_good(void **state)
{
	struct fixture *fixture = *state;

	sign_in(fixture->store, fixture->account, "a", "r");
	must(rotate_with(fixture->store, "r", NULL, "", "r2"));
	must(rotate_with(fixture->store, "r2", key_b, "p", "r3"));
	assert_int_equal(rotate_with(fixture->store, "r3", NULL, "", "x"), PIMS_E_NOT_FOUND);
	assert_int_equal(rotate_with(fixture->store, "r3", key_a, "q", "x"), PIMS_E_NOT_FOUND);
	must(rotate_with(fixture->store, "r3", key_b, "q", "r4"));
}

static void a_code_keeps_the_key_that_it_was_asked_for_with(void **state)
{
	struct fixture *fixture = *state;
	char client[] = "app", uri[] = "http://127.0.0.1:1/callback", scope[] = "openid";
	struct auth_code code = {.account = fixture->account, .client = client, .redirect_uri = uri, .scope = scope, .expires = NOW + MINUTE};
	struct auth_code found;

	hash_of("with", code.hash);
	memcpy(code.key, key_a, sizeof key_a);
	must(store_code_add(fixture->store, &code));
	must(store_code_consume(fixture->store, H("with"), NOW, &found));
	assert_string_equal(found.key, key_a);
	auth_code_free(&found);
	hash_of("without", code.hash);
	*code.key = '\0';
	must(store_code_add(fixture->store, &code));
	must(store_code_consume(fixture->store, H("without"), NOW, &found));
	assert_string_equal(found.key, "");
	auth_code_free(&found);
}

static int exchange(struct store *store, const char *subject, const char *key, const char *proof, const char *name)
{
	const struct proof_use use = use_of(proof);
	struct audience_token token = {.audience = "api", .expires = NOW + MINUTE, .proved = key, .bound = key != NULL, .proof = key ? &use : NULL};

	hash_of(name, token.hash);
	return store_audience_add(store, H(subject), "app", &token, NOW);
}

static void a_bound_token_is_exchanged_with_its_key_alone(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	sign_in_bound(fixture);
	assert_int_equal(exchange(store, "access of r", NULL, "", "t1"), PIMS_E_NOT_FOUND);
	assert_int_equal(exchange(store, "access of r", key_b, "p", "t2"), PIMS_E_NOT_FOUND);
	must(exchange(store, "access of r", key_a, "p", "t3"));
	assert_int_equal(exchange(store, "access of r", key_a, "p", "t4"), PIMS_E_INVALID);
	sign_in(store, fixture->account, "free", "free-refresh");
	must(exchange(store, "free", key_b, "q", "t5"));
	must(exchange(store, "free", NULL, "", "t6"));
}

static void *use_same(void *argument)
{
	struct race *race = argument;
	const struct proof_use use = use_of("same");
	int r = store_proof_use(race->fixture->store, &use);

	race_count(race, r == PIMS_E_INVALID ? PIMS_E_STATE : r);
	return NULL;
}

static void *use_same_elsewhere(void *argument)
{
	struct race *race = argument;
	const struct proof_use use = use_of("same");
	struct store *store;
	int r;

	must(sqlite_open(&store, race->fixture->path, &race->fixture->env));
	r = store_proof_use(store, &use);
	race_count(race, r == PIMS_E_INVALID ? PIMS_E_STATE : r);
	store_close(store);
	return NULL;
}

static void of_many_who_use_a_proof_at_once_one_wins(void **state)
{
	struct race race = race_of(*state);

	in_threads(16, use_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 15);
}

static void of_many_nodes_that_see_a_proof_at_once_one_takes_it(void **state)
{
	struct race race = race_of(*state);

	in_threads(6, use_same_elsewhere, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 5);
}

static void a_client_may_want_bound_tokens_only(void **state)
{
	struct fixture *fixture = *state;
	char id[] = "strict", name[] = "Strict", uris[] = "http://127.0.0.1/callback";
	const struct client client = {.id = id, .name = name, .redirect_uris = uris, .dpop = true};
	struct client found;

	must(store_client_add(fixture->store, &client));
	must(store_client_get(fixture->store, "strict", &found));
	assert_true(found.dpop);
	client_free(&found);
	must(store_client_get(fixture->store, "app", &found));
	assert_false(found.dpop);
	client_free(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_proof_is_good_once_until_its_time_is_over),
		STORE_TEST(a_bound_access_token_is_found_with_its_key_alone),
		STORE_TEST(a_bound_refresh_token_without_its_key_changes_nothing),
		STORE_TEST(a_proof_that_comes_again_buys_nothing_and_costs_nothing),
		STORE_TEST(a_proof_with_a_wrong_token_is_not_used_up),
		STORE_TEST(a_session_is_bound_by_its_first_proof_and_for_good),
		STORE_TEST(a_code_keeps_the_key_that_it_was_asked_for_with),
		STORE_TEST(a_bound_token_is_exchanged_with_its_key_alone),
		STORE_TEST(of_many_who_use_a_proof_at_once_one_wins),
		STORE_TEST(of_many_nodes_that_see_a_proof_at_once_one_takes_it),
		STORE_TEST(a_client_may_want_bound_tokens_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
