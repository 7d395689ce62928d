/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

static void an_unknown_account_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct account account = {0};

	assert_int_equal(store_account_by_email(fixture->store, "nobody@example.com", &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_by_id(fixture->store, 4711, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_by_subject(fixture->store, "", &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_set_password(fixture->store, "nobody@example.com", "h"), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_set_phone(fixture->store, "nobody@example.com", "1"), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_set_blocked(fixture->store, "nobody@example.com", true), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_set_blocked(fixture->store, "nobody@example.com", false), PIMS_E_NOT_FOUND);
	assert_int_equal(store_account_remove(fixture->store, "nobody@example.com"), PIMS_E_NOT_FOUND);
	assert_null(account.email);
}

static void an_email_belongs_to_one_account(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	assert_int_equal(store_account_add(fixture->store, EMAIL, "another hash", NULL, NOW), PIMS_E_STATE);
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.password_hash, "$argon2id$hash");
	account_free(&account);
}

static void an_account_is_found_by_all_its_names(void **state)
{
	struct fixture *fixture = *state;
	struct account account = read_account(fixture->store, fixture->account), other;

	assert_string_equal(account.email, EMAIL);
	assert_string_equal(account.phone, "0612345678");
	assert_int_equal(account.created, NOW);
	assert_null(account.pin);
	assert_false(account.blocked || account.pin_blocked);
	must(store_account_by_subject(fixture->store, account.subject, &other));
	assert_int_equal(other.id, account.id);
	account_free(&other);
	account_free(&account);
}

static void a_subject_is_a_random_uuid_and_a_customer_has_the_known_form(void **state)
{
	struct fixture *fixture = *state;
	struct account a = read_account(fixture->store, fixture->account);
	struct account b = read_account(fixture->store, add_account(fixture->store, "b@example.com"));

	assert_int_equal(strlen(a.subject), 36);
	assert_int_equal(a.subject[14], '4');
	assert_non_null(strchr("89ab", a.subject[19]));
	assert_int_equal(strncmp(a.customer, "AP-ACNT", 7), 0);
	assert_string_not_equal(a.subject, b.subject);
	assert_string_not_equal(a.customer, b.customer);
	account_free(&a);
	account_free(&b);
}

static void without_randomness_there_is_no_account(void **state)
{
	struct fixture *fixture = *state;

	fixture->fake.random_fails = true;
	assert_int_equal(store_account_add(fixture->store, "b@example.com", "h", NULL, NOW), PIMS_E_CRYPTO);
}

static void a_phone_is_set_and_removed(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	must(store_account_set_phone(fixture->store, EMAIL, "+33612345678"));
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.phone, "+33612345678");
	account_free(&account);
	must(store_account_set_phone(fixture->store, EMAIL, NULL));
	account = read_account(fixture->store, fixture->account);
	assert_null(account.phone);
	account_free(&account);
}

struct names {
	char text[256];
	int stop_at, count, result;
};

static int take_account(void *data, const struct account *account)
{
	struct names *names = data;
	size_t length = strlen(names->text);

	snprintf(names->text + length, sizeof names->text - length, "%s ", account->email);
	return ++names->count == names->stop_at ? names->result : 0;
}

static void accounts_are_listed_by_email_until_the_caller_has_enough(void **state)
{
	struct fixture *fixture = *state;
	struct names all = {0}, one = {.stop_at = 1, .result = 7}, failed = {.stop_at = 2, .result = PIMS_E_LIMIT};

	add_account(fixture->store, "zoe@example.com");
	add_account(fixture->store, "ann@example.com");
	must(store_account_list(fixture->store, take_account, &all));
	assert_string_equal(all.text, "ann@example.com jo@example.com zoe@example.com ");
	assert_int_equal(store_account_list(fixture->store, take_account, &one), 7);
	assert_string_equal(one.text, "ann@example.com ");
	assert_int_equal(store_account_list(fixture->store, take_account, &failed), PIMS_E_LIMIT);
}

static void a_client_id_belongs_to_one_client(void **state)
{
	struct fixture *fixture = *state;
	char id[] = "app", name[] = "Another", secret[] = "feed", uris[] = "https://evil.example/";
	const struct client client = {.id = id, .name = name, .secret_hash = secret, .redirect_uris = uris};
	struct client found;

	assert_int_equal(store_client_add(fixture->store, &client), PIMS_E_STATE);
	must(store_client_get(fixture->store, "app", &found));
	assert_string_equal(found.name, "An application");
	assert_null(found.secret_hash);
	assert_string_equal(found.redirect_uris, "http://127.0.0.1/callback");
	client_free(&found);
}

static void an_unknown_client_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct client client = {0};

	assert_int_equal(store_client_get(fixture->store, "none", &client), PIMS_E_NOT_FOUND);
	assert_int_equal(store_client_get(fixture->store, "APP", &client), PIMS_E_NOT_FOUND);
	assert_int_equal(store_client_remove(fixture->store, "none"), PIMS_E_NOT_FOUND);
	assert_null(client.id);
}

static int take_client(void *data, const struct client *client)
{
	struct names *names = data;
	size_t length = strlen(names->text);

	snprintf(names->text + length, sizeof names->text - length, "%s(%s) ", client->id, client->secret_hash ? client->secret_hash : "-");
	return ++names->count == names->stop_at ? names->result : 0;
}

static void clients_are_listed_with_their_kind(void **state)
{
	struct fixture *fixture = *state;
	char id[] = "zed", secret[] = "beef";
	const struct client client = {.id = id, .secret_hash = secret};
	struct names all = {0}, one = {.stop_at = 1, .result = 3};

	must(store_client_add(fixture->store, &client));
	must(store_client_list(fixture->store, take_client, &all));
	assert_string_equal(all.text, "app(-) zed(beef) ");
	assert_int_equal(store_client_list(fixture->store, take_client, &one), 3);
	must(store_client_remove(fixture->store, "zed"));
	all = (struct names){0};
	must(store_client_list(fixture->store, take_client, &all));
	assert_string_equal(all.text, "app(-) ");
}

static void an_unknown_setting_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	unsigned char *value = NULL;
	size_t length = 0;

	assert_int_equal(store_setting_get(fixture->store, "nothing", &value, &length), PIMS_E_NOT_FOUND);
	assert_null(value);
}

static void a_setting_keeps_its_first_value(void **state)
{
	struct fixture *fixture = *state;
	static const unsigned char first[] = {0, 1, 2, 0xff}, second[] = {9};
	unsigned char *value;
	size_t length;

	must(store_setting_add(fixture->store, "key", first, sizeof first));
	assert_int_equal(store_setting_add(fixture->store, "key", second, sizeof second), PIMS_E_STATE);
	must(store_setting_get(fixture->store, "key", &value, &length));
	assert_int_equal(length, sizeof first);
	assert_memory_equal(value, first, sizeof first);
	free(value);
}

struct race {
	struct store *store;
	pthread_mutex_t lock;
	int won, lost, other;
};

static void count(struct race *race, int r)
{
	pthread_mutex_lock(&race->lock);
	race->won += r == 0;
	race->lost += r == PIMS_E_STATE;
	race->other += r != 0 && r != PIMS_E_STATE;
	pthread_mutex_unlock(&race->lock);
}

static void *add_setting(void *argument)
{
	struct race *race = argument;

	count(race, store_setting_add(race->store, "key", (const unsigned char *)"x", 1));
	return NULL;
}

static void *add_same_account(void *argument)
{
	struct race *race = argument;

	count(race, store_account_add(race->store, "race@example.com", "h", NULL, NOW));
	return NULL;
}

static void of_many_who_add_a_setting_one_wins(void **state)
{
	struct race race = {.store = ((struct fixture *)*state)->store, .lock = PTHREAD_MUTEX_INITIALIZER};

	in_threads(32, add_setting, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.lost, 31);
	assert_int_equal(race.other, 0);
}

static void of_many_who_add_an_account_one_wins(void **state)
{
	struct race race = {.store = ((struct fixture *)*state)->store, .lock = PTHREAD_MUTEX_INITIALIZER};

	in_threads(16, add_same_account, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.lost, 15);
}

static void what_was_written_is_there_after_reopening(void **state)
{
	struct fixture *fixture = *state;
	struct account account;
	struct client client;

	must(store_account_set_phone(fixture->store, EMAIL, "0699999999"));
	fixture_reopen(fixture);
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.phone, "0699999999");
	account_free(&account);
	must(store_client_get(fixture->store, "app", &client));
	client_free(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_account_is_not_found),
		STORE_TEST(an_email_belongs_to_one_account),
		STORE_TEST(an_account_is_found_by_all_its_names),
		STORE_TEST(a_subject_is_a_random_uuid_and_a_customer_has_the_known_form),
		STORE_TEST(without_randomness_there_is_no_account),
		STORE_TEST(a_phone_is_set_and_removed),
		STORE_TEST(accounts_are_listed_by_email_until_the_caller_has_enough),
		STORE_TEST(a_client_id_belongs_to_one_client),
		STORE_TEST(an_unknown_client_is_not_found),
		STORE_TEST(clients_are_listed_with_their_kind),
		STORE_TEST(an_unknown_setting_is_not_found),
		STORE_TEST(a_setting_keeps_its_first_value),
		STORE_TEST(of_many_who_add_a_setting_one_wins),
		STORE_TEST(of_many_who_add_an_account_one_wins),
		STORE_TEST(what_was_written_is_there_after_reopening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
