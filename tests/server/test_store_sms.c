/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

static void an_unknown_code_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct sms_code code = {0};
	int64_t account = 0;
	int remaining = -1;

	assert_int_equal(store_sms_find(fixture->store, H("none"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_live(fixture->store, fixture->account, SMS_ENROLLMENT, NOW, &code), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_try(fixture->store, H("none"), 3, NOW, &remaining), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_tried_right(fixture->store, H("none")), PIMS_E_NOT_FOUND);
	assert_int_equal(account, 0);
	assert_int_equal(remaining, -1);
	assert_null(code.code);
}

static void a_code_is_found_for_its_purpose_only(void **state)
{
	struct fixture *fixture = *state;
	int64_t account;

	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "11111111");
	assert_int_equal(store_sms_find(fixture->store, H("11111111"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	must(store_sms_find(fixture->store, H("11111111"), SMS_RESET_PIN, NOW, &account));
	assert_int_equal(account, fixture->account);
}

static void an_expired_code_is_told_from_a_wrong_one_for_a_day(void **state)
{
	struct fixture *fixture = *state;
	int64_t account;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW + 10 * MINUTE - 1, &account));
	assert_int_equal(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW + 10 * MINUTE, &account), PIMS_E_STATE);
	must(store_sweep(fixture->store, NOW + 60 * MINUTE));
	assert_int_equal(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW + 60 * MINUTE, &account), PIMS_E_STATE);
	must(store_sweep(fixture->store, NOW + 25 * 60 * MINUTE));
	assert_int_equal(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW + 25 * 60 * MINUTE, &account), PIMS_E_NOT_FOUND);
}

static void a_new_code_replaces_the_old_one_of_its_purpose(void **state)
{
	struct fixture *fixture = *state;
	int64_t account;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "old");
	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "other");
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "new");
	assert_int_equal(store_sms_find(fixture->store, H("old"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	must(store_sms_find(fixture->store, H("new"), SMS_ENROLLMENT, NOW, &account));
	must(store_sms_find(fixture->store, H("other"), SMS_RESET_PIN, NOW, &account));
}

static int add_at(struct fixture *fixture, int64_t account, const char *code, int64_t now)
{
	unsigned char sealed[] = "sealed code", text[] = "sealed text";
	char phone[] = "0612345678";
	struct sms_code sms = {.account = account, .purpose = SMS_ENROLLMENT, .code = sealed, .code_length = 11, .created = now, .sent = now, .expires = now + 10 * MINUTE};
	const struct sms_message message = {.phone = phone, .text = text, .text_length = 11};

	hash_of(code, sms.hash);
	return store_sms_add(fixture->store, &sms, &message);
}

static int count_message(void *data, const struct sms_message *message)
{
	(void)message;
	++*(int *)data;
	return 0;
}

static int count_messages(const struct fixture *fixture, int64_t after)
{
	int count = 0;

	must(store_sms_outbox(fixture->store, after, count_message, &count));
	return count;
}

static void a_code_that_is_live_elsewhere_cannot_be_taken(void **state)
{
	struct fixture *fixture = *state;
	int64_t other = add_account(fixture->store, "b@example.com"), account;

	must(add_at(fixture, other, "code", NOW));
	assert_int_equal(add_at(fixture, fixture->account, "code", NOW), PIMS_E_STATE);
	assert_int_equal(count_messages(fixture, 0), 1); /* both or neither */
	must(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW, &account));
	assert_int_equal(account, other);
	must(add_at(fixture, fixture->account, "code", NOW + 11 * MINUTE)); /* expired there */
	must(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW + 11 * MINUTE, &account));
	assert_int_equal(account, fixture->account);
}

static void a_resend_sends_the_same_code(void **state)
{
	struct fixture *fixture = *state;
	struct sms_code code;
	int remaining;

	must(add_at(fixture, fixture->account, "code", NOW));
	must(store_sms_try(fixture->store, H("code"), 3, NOW, &remaining));
	must(add_at(fixture, fixture->account, "code", NOW + MINUTE));
	must(store_sms_live(fixture->store, fixture->account, SMS_ENROLLMENT, NOW + MINUTE, &code));
	assert_memory_equal(code.hash, H("code"), 32);
	assert_memory_equal(code.code, "sealed code", 11);
	assert_int_equal(code.code_length, 11);
	assert_int_equal(code.created, NOW);
	assert_int_equal(code.sent, NOW + MINUTE);
	assert_int_equal(code.expires, NOW + 11 * MINUTE);
	sms_code_free(&code);
	assert_int_equal(count_messages(fixture, 0), 2);
	must(store_sms_try(fixture->store, H("code"), 3, NOW, &remaining));
	assert_int_equal(remaining, 1); /* a resend gives no new tries */
}

static void an_expired_code_is_not_resent(void **state)
{
	struct fixture *fixture = *state;
	struct sms_code code;

	must(add_at(fixture, fixture->account, "code", NOW));
	assert_int_equal(store_sms_live(fixture->store, fixture->account, SMS_ENROLLMENT, NOW + 10 * MINUTE, &code), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_live(fixture->store, fixture->account, SMS_RESET_PIN, NOW, &code), PIMS_E_NOT_FOUND);
}

static int send_at(struct fixture *fixture, const char *code, int64_t now)
{
	unsigned char sealed[] = "sealed code", text[] = "sealed text";
	char phone[] = "0612345678";
	struct sms_code sms = {.account = fixture->account, .purpose = SMS_ENROLLMENT, .code = sealed, .code_length = 11, .created = now,
			       .sent = now, .expires = now + 10 * MINUTE, .phone = phone};
	const struct sms_message message = {.phone = phone, .text = text, .text_length = 11};
	const struct sms_policy policy = {.cooldown_s = 30, .now = now};
	struct sms_verdict verdict;

	hash_of(code, sms.hash);
	return store_sms_send(fixture->store, &sms, &message, &policy, &verdict);
}

/* A client that lost its state between Finalize and ms comes back with another serial. */
static void a_code_bound_to_a_serial_is_not_resent(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	struct device device = make_device(&texts, fixture->account, 7, "phone"), found;
	struct sms_code code;
	int64_t account;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	must(store_enroll_finalize(fixture->store, &device, NULL, 0, 5, NOW));
	assert_int_equal(store_sms_live(fixture->store, fixture->account, SMS_ENROLLMENT, NOW, &code), PIMS_E_NOT_FOUND);
	must(send_at(fixture, "new", NOW));
	must(store_sms_live(fixture->store, fixture->account, SMS_ENROLLMENT, NOW, &code));
	assert_memory_equal(code.hash, H("new"), 32);
	sms_code_free(&code);
	assert_int_equal(send_at(fixture, "newer", NOW), PIMS_E_STATE); /* that one is good for a resend */
	assert_int_equal(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	must(store_enroll_find(fixture->store, H("code"), texts.serial, &found)); /* the first one may still go on */
	device_free(&found);
}

static void tries_run_out(void **state)
{
	struct fixture *fixture = *state;
	struct sms_code code;
	int64_t account;
	int remaining;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	for (int left = 2; left >= 0; left--) {
		must(store_sms_try(fixture->store, H("code"), 3, NOW, &remaining));
		assert_int_equal(remaining, left);
	}
	assert_int_equal(store_sms_try(fixture->store, H("code"), 3, NOW, &remaining), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(store_sms_live(fixture->store, fixture->account, SMS_ENROLLMENT, NOW, &code), PIMS_E_NOT_FOUND);
}

static void a_right_try_sets_the_count_back(void **state)
{
	struct fixture *fixture = *state;
	int64_t account;
	int remaining;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	for (int i = 0; i < 3; i++)
		must(store_sms_try(fixture->store, H("code"), 3, NOW, &remaining));
	must(store_sms_tried_right(fixture->store, H("code")));
	must(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW, &account));
	must(store_sms_try(fixture->store, H("code"), 3, NOW, &remaining));
	assert_int_equal(remaining, 2);
}

static void an_expired_code_is_not_tried(void **state)
{
	struct fixture *fixture = *state;
	int remaining;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "code");
	assert_int_equal(store_sms_try(fixture->store, H("code"), 3, NOW + 10 * MINUTE, &remaining), PIMS_E_NOT_FOUND);
}

struct tries {
	struct fixture *fixture;
	pthread_mutex_t lock;
	int allowed;
};

static void *try_code(void *argument)
{
	struct tries *tries = argument;
	int remaining, r;

	r = store_sms_try(tries->fixture->store, H("code"), 5, NOW, &remaining);
	pthread_mutex_lock(&tries->lock);
	tries->allowed += r == 0;
	pthread_mutex_unlock(&tries->lock);
	return NULL;
}

static void parallel_guesses_count_too(void **state)
{
	struct tries tries = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};

	add_sms(tries.fixture->store, tries.fixture->account, SMS_ENROLLMENT, "code");
	in_threads(32, try_code, &tries);
	assert_int_equal(tries.allowed, 5);
}

static int check_message(void *data, const struct sms_message *message)
{
	int64_t *last = data;

	assert_true(message->id > *last);
	*last = message->id;
	assert_string_equal(message->phone, "0612345678");
	assert_memory_equal(message->text, "sealed text", 11);
	assert_int_equal(message->text_length, 11);
	assert_int_equal(message->time, NOW);
	return message->purpose == SMS_RESET_PIN ? 42 : 0;
}

static void the_outbox_is_in_order_and_can_be_read_from_the_last_on(void **state)
{
	struct fixture *fixture = *state;
	int64_t last = 0;

	assert_int_equal(count_messages(fixture, 0), 0);
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "a");
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "b");
	must(store_sms_outbox(fixture->store, 0, check_message, &last));
	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "c");
	add_sms(fixture->store, fixture->account, SMS_RESET_PIN, "d");
	assert_int_equal(count_messages(fixture, last), 2);
	assert_int_equal(store_sms_outbox(fixture->store, last, check_message, &last), 42);
	assert_int_equal(count_messages(fixture, last), 1);
}

static void old_messages_are_swept_and_their_ids_never_come_again(void **state)
{
	struct fixture *fixture = *state;
	int64_t last = 0;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "a");
	must(store_sms_outbox(fixture->store, 0, check_message, &last));
	must(store_sweep(fixture->store, NOW + 24 * 60 * MINUTE));
	assert_int_equal(count_messages(fixture, 0), 0);
	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "b");
	assert_int_equal(count_messages(fixture, last), 1);
}

static void an_account_goes_with_its_messages(void **state)
{
	struct fixture *fixture = *state;
	int64_t account;

	add_sms(fixture->store, fixture->account, SMS_ENROLLMENT, "a");
	must(store_account_remove(fixture->store, EMAIL));
	assert_int_equal(count_messages(fixture, 0), 0);
	assert_int_equal(store_sms_find(fixture->store, H("a"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	assert_int_equal(add_at(fixture, fixture->account, "b", NOW), PIMS_E_NOT_FOUND);
}

static void attempts_are_refused_over_the_limit_until_the_window_ends(void **state)
{
	struct fixture *fixture = *state;
	int retry = -1;

	for (int i = 0; i < 3; i++)
		must(store_attempt(fixture->store, "login:jo", 3, 60, NOW + i, &retry));
	assert_int_equal(retry, -1);
	assert_int_equal(store_attempt(fixture->store, "login:jo", 3, 60, NOW + 15 * 1000, &retry), PIMS_E_LIMIT);
	assert_int_equal(retry, 45);
	assert_int_equal(store_attempt(fixture->store, "login:jo", 3, 60, NOW + MINUTE - 1, &retry), PIMS_E_LIMIT);
	assert_int_equal(retry, 1);
	must(store_attempt(fixture->store, "login:ann", 3, 60, NOW, &retry));
	must(store_attempt(fixture->store, "login:jo", 3, 60, NOW + MINUTE, &retry));
}

static void checking_attempts_counts_nothing(void **state)
{
	struct fixture *fixture = *state;
	int retry = -1;

	for (int i = 0; i < 10; i++)
		must(store_attempt_check(fixture->store, "k", 2, NOW, &retry));
	must(store_attempt(fixture->store, "k", 2, 60, NOW, &retry));
	must(store_attempt_check(fixture->store, "k", 2, NOW, &retry));
	must(store_attempt(fixture->store, "k", 2, 60, NOW, &retry));
	assert_int_equal(store_attempt_check(fixture->store, "k", 2, NOW + 1, &retry), PIMS_E_LIMIT);
	assert_int_equal(retry, 60);
	must(store_attempt_check(fixture->store, "k", 2, NOW + MINUTE, &retry));
}

static void sweeping_forgets_old_attempts_only(void **state)
{
	struct fixture *fixture = *state;
	int retry;

	must(store_attempt(fixture->store, "old", 1, 60, NOW, &retry));
	must(store_attempt(fixture->store, "new", 1, 600, NOW, &retry));
	must(store_sweep(fixture->store, NOW + MINUTE));
	must(store_attempt(fixture->store, "old", 1, 60, NOW + MINUTE, &retry));
	assert_int_equal(store_attempt(fixture->store, "new", 1, 600, NOW + MINUTE, &retry), PIMS_E_LIMIT);
}

static void *attempt(void *argument)
{
	struct tries *tries = argument;
	int retry, r;

	r = store_attempt(tries->fixture->store, "key", 7, 60, NOW, &retry);
	pthread_mutex_lock(&tries->lock);
	tries->allowed += r == 0;
	pthread_mutex_unlock(&tries->lock);
	return NULL;
}

static void parallel_attempts_all_count(void **state)
{
	struct tries tries = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};

	in_threads(32, attempt, &tries);
	assert_int_equal(tries.allowed, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_code_is_not_found),
		STORE_TEST(a_code_is_found_for_its_purpose_only),
		STORE_TEST(an_expired_code_is_told_from_a_wrong_one_for_a_day),
		STORE_TEST(a_new_code_replaces_the_old_one_of_its_purpose),
		STORE_TEST(a_code_that_is_live_elsewhere_cannot_be_taken),
		STORE_TEST(a_resend_sends_the_same_code),
		STORE_TEST(an_expired_code_is_not_resent),
		STORE_TEST(a_code_bound_to_a_serial_is_not_resent),
		STORE_TEST(tries_run_out),
		STORE_TEST(a_right_try_sets_the_count_back),
		STORE_TEST(an_expired_code_is_not_tried),
		STORE_TEST(parallel_guesses_count_too),
		STORE_TEST(the_outbox_is_in_order_and_can_be_read_from_the_last_on),
		STORE_TEST(old_messages_are_swept_and_their_ids_never_come_again),
		STORE_TEST(an_account_goes_with_its_messages),
		STORE_TEST(attempts_are_refused_over_the_limit_until_the_window_ends),
		STORE_TEST(checking_attempts_counts_nothing),
		STORE_TEST(sweeping_forgets_old_attempts_only),
		STORE_TEST(parallel_attempts_all_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
