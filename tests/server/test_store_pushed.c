/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Authorization requests that were pushed (RFC 9126): how long they wait, how many, and that each is answered once. */

static struct pushed_request request_of(const char *name, const char *client)
{
	struct pushed_request pushed = {.client = client, .text = "client_id=app&state=s", .expires = NOW + MINUTE};

	hash_of(name, pushed.hash);
	return pushed;
}

static int add(struct store *store, const char *name, const char *client, int max)
{
	const struct pushed_request pushed = request_of(name, client);

	return store_pushed_add(store, &pushed, max, NOW);
}

static int visit(struct store *store, const char *name, const char *client, int64_t now)
{
	char *text = NULL;
	int r = store_pushed_visit(store, H(name), client, now + 10 * MINUTE, now, &text);

	if (r == 0)
		assert_string_equal(text, "client_id=app&state=s");
	free(text);
	return r;
}

static int add_code(struct store *store, int64_t account, const char *code, const char *pushed)
{
	char client[] = "app", uri[] = "http://127.0.0.1/callback";
	unsigned char hash[32];
	struct auth_code row = {.account = account, .client = client, .redirect_uri = uri, .expires = NOW + MINUTE, .pushed = hash_of(pushed, hash)};

	hash_of(code, row.hash);
	return store_code_add(store, &row);
}

static void a_request_waits_for_its_client_and_for_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;

	add_client(store, "other");
	assert_int_equal(add(store, "x", "nobody", 10), PIMS_E_NOT_FOUND);
	must(add(store, "a", "app", 10));
	assert_int_equal(visit(store, "b", "app", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(visit(store, "a", "other", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(visit(store, "a", "app", NOW + MINUTE), PIMS_E_NOT_FOUND);
	must(visit(store, "a", "app", NOW + MINUTE - 1));
	/* later visits add no time */
	must(visit(store, "a", "app", NOW + 10 * MINUTE));
	must(visit(store, "a", "app", NOW + 11 * MINUTE - 2));
	assert_int_equal(visit(store, "a", "app", NOW + 11 * MINUTE - 1), PIMS_E_NOT_FOUND);
	store_client_remove(store, "app");
	assert_int_equal(visit(store, "a", "app", NOW), PIMS_E_NOT_FOUND);
}

static void so_many_of_a_client_wait_and_no_more(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	const struct proof_use use = {.hash = {1}, .expires = NOW + MINUTE};
	struct pushed_request proved = request_of("d", "app");

	add_client(store, "other");
	must(add(store, "a", "app", 2));
	must(add(store, "b", "app", 2));
	assert_int_equal(add(store, "c", "app", 2), PIMS_E_LIMIT);
	must(add(store, "c", "other", 2));
	/* what was not taken used no proof up */
	proved.proof = &use;
	assert_int_equal(store_pushed_add(store, &proved, 2, NOW), PIMS_E_LIMIT);
	must(store_proof_use(store, &use));
	/* who was answered, or came too late, waits no longer */
	must(store_pushed_use(store, H("a")));
	must(add(store, "d", "app", 2));
	proved = request_of("e", "app");
	must(store_pushed_add(store, &proved, 2, NOW + MINUTE));
}

static void a_proof_pushes_once(void **state)
{
	struct fixture *fixture = *state;
	const struct proof_use use = {.hash = {1}, .expires = NOW + MINUTE};
	struct pushed_request first = request_of("a", "app"), second = request_of("b", "app");

	first.proof = second.proof = &use;
	must(store_pushed_add(fixture->store, &first, 10, NOW));
	assert_int_equal(store_pushed_add(fixture->store, &second, 10, NOW), PIMS_E_INVALID);
	assert_int_equal(visit(fixture->store, "b", "app", NOW), PIMS_E_NOT_FOUND);
}

static void a_request_is_answered_by_one_code_or_one_error(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	struct auth_code code;

	must(add(store, "a", "app", 10));
	must(add_code(store, fixture->account, "first", "a"));
	assert_int_equal(add_code(store, fixture->account, "second", "a"), PIMS_E_STATE);
	assert_int_equal(store_code_consume(store, H("second"), NOW, &code), PIMS_E_NOT_FOUND);
	assert_int_equal(store_pushed_use(store, H("a")), PIMS_E_STATE);
	must(add(store, "b", "app", 10));
	must(store_pushed_use(store, H("b")));
	assert_int_equal(add_code(store, fixture->account, "third", "b"), PIMS_E_STATE);
	/* a code that cannot be had leaves the request where it is */
	must(add(store, "c", "app", 10));
	assert_int_equal(add_code(store, fixture->account + 1, "fourth", "c"), PIMS_E_NOT_FOUND);
	must(visit(store, "c", "app", NOW));
}

static void what_has_expired_is_swept(void **state)
{
	struct fixture *fixture = *state;

	must(add(fixture->store, "a", "app", 10));
	must(store_sweep(fixture->store, NOW + MINUTE - 1));
	must(visit(fixture->store, "a", "app", NOW));
	must(add(fixture->store, "b", "app", 10));
	must(store_sweep(fixture->store, NOW + MINUTE));
	assert_int_equal(store_pushed_use(fixture->store, H("b")), PIMS_E_STATE);
	must(store_pushed_use(fixture->store, H("a")));
}

static void *answer_same(void *argument)
{
	struct race *race = argument;

	race_count(race, store_pushed_use(race->fixture->store, H("a")));
	return NULL;
}

static void of_many_answers_at_once_one_leaves(void **state)
{
	struct race race = race_of(*state);

	must(add(race.fixture->store, "a", "app", 10));
	in_threads(16, answer_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.state, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_request_waits_for_its_client_and_for_a_time),
		STORE_TEST(so_many_of_a_client_wait_and_no_more),
		STORE_TEST(a_proof_pushes_once),
		STORE_TEST(a_request_is_answered_by_one_code_or_one_error),
		STORE_TEST(what_has_expired_is_swept),
		STORE_TEST(of_many_answers_at_once_one_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
