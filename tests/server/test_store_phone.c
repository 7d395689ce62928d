/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <sqlite3.h>

/* Messages within a policy, and numbers set by their owners. */

#define OLD "+33612345678"
#define NEW "+33699887766"

/* --- messages ------------------------------------------------------------------------------------------------------------------------- */

struct order {
	struct sms_code code;
	struct sms_policy policy;
	char phone[32];
};

static int send_sms(struct fixture *fixture, struct order *order, struct sms_verdict *ret_verdict)
{
	unsigned char sealed[] = "sealed code", text[] = "sealed text";
	const struct sms_message message = {.phone = order->phone, .text = text, .text_length = sizeof text};

	order->code.phone = order->phone;
	order->code.code = sealed;
	order->code.code_length = sizeof sealed;
	return store_sms_send(fixture->store, &order->code, &message, &order->policy, ret_verdict);
}

static struct order make_order(const struct fixture *fixture, const char *code, int64_t now)
{
	struct order order = {
		.code = {.account = fixture->account, .purpose = SMS_ENROLLMENT, .created = now, .sent = now, .expires = now + 10 * MINUTE},
		.policy = {.cooldown_s = 30, .now = now, .count = 2, .limits = {{"a", 3, 3600}, {"b", 5, 86400}}},
		.phone = OLD,
	};

	hash_of(code, order.code.hash);
	return order;
}

static int count_message(void *data, const struct sms_message *message)
{
	(void)message;
	++*(int *)data;
	return 0;
}

static int count_messages(struct fixture *fixture)
{
	int count = 0;

	must(store_sms_outbox(fixture->store, 0, count_message, &count));
	return count;
}

static void a_live_code_is_not_replaced_but_sent_again(void **state)
{
	struct fixture *fixture = *state;
	struct sms_verdict verdict = {0};
	struct order order = make_order(fixture, "first", NOW), other = make_order(fixture, "second", NOW);
	int64_t account;

	must(send_sms(fixture, &order, &verdict));
	assert_int_equal(verdict.retry_after, 30);
	assert_int_equal(verdict.remaining, 2);
	assert_int_equal(send_sms(fixture, &other, &verdict), PIMS_E_STATE);
	order.code.sends = 1;
	assert_int_equal(send_sms(fixture, &order, &verdict), PIMS_E_LIMIT);
	assert_true(verdict.cooling && !verdict.spent);
	order.policy.now = NOW + 30000;
	must(send_sms(fixture, &order, &verdict));
	assert_int_equal(verdict.retry_after, 60);
	assert_int_equal(verdict.remaining, 1);
	assert_int_equal(count_messages(fixture), 2);
	must(store_sms_find(fixture->store, H("first"), SMS_ENROLLMENT, NOW, &account));
	assert_int_equal(store_sms_find(fixture->store, H("second"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
}

/* Two requests at once: the one that was stamped later may come first. */
static void without_a_cool_down_nobody_is_told_to_wait_for_one(void **state)
{
	struct fixture *fixture = *state;
	struct sms_verdict verdict = {0};
	struct order order = make_order(fixture, "first", NOW + 5);

	order.policy.cooldown_s = 0;
	must(send_sms(fixture, &order, &verdict));
	order.policy.now = NOW;
	order.code.sends = 1;
	must(send_sms(fixture, &order, &verdict));
	assert_int_equal(verdict.retry_after, 0);
	assert_int_equal(count_messages(fixture), 2);
}

static void a_resend_does_not_bring_a_used_code_back(void **state)
{
	struct fixture *fixture = *state;
	struct sms_verdict verdict = {0};
	struct order order = make_order(fixture, "code", NOW);

	order.code.sends = 1;
	assert_int_equal(send_sms(fixture, &order, &verdict), PIMS_E_NOT_FOUND);
	assert_int_equal(count_messages(fixture), 0);
}

static void digits_of_another_account_are_not_taken(void **state)
{
	struct fixture *fixture = *state;
	int64_t eve = add_account(fixture->store, "eve@example.com"), account;
	struct sms_verdict verdict = {0};
	struct order order = make_order(fixture, "code", NOW);

	must(send_sms(fixture, &order, &verdict));
	order.code.account = eve;
	assert_int_equal(send_sms(fixture, &order, &verdict), PIMS_E_STATE);
	must(store_sms_find(fixture->store, H("code"), SMS_ENROLLMENT, NOW, &account));
	assert_int_equal(account, fixture->account);
}

static void a_limit_refuses_before_anything_is_counted(void **state)
{
	struct fixture *fixture = *state;
	struct sms_verdict verdict = {0};
	struct order order = make_order(fixture, "code", NOW);

	order.policy.cooldown_s = 0;
	order.policy.limits[0].max = 1;
	must(send_sms(fixture, &order, &verdict));
	assert_int_equal(verdict.remaining, 0);
	assert_int_equal(verdict.retry_after, 3600);
	order.code.sends = 1;
	for (int i = 0; i < 9; i++) {
		assert_int_equal(send_sms(fixture, &order, &verdict), PIMS_E_LIMIT);
		assert_true(verdict.spent);
		assert_int_equal(verdict.retry_after, 3600);
	}
	order.policy.limits[0].max = 100;
	must(send_sms(fixture, &order, &verdict)); /* of limit "b" one was spent, not ten */
	assert_int_equal(verdict.remaining, 3);
	order.policy.limits[0].max = 1;
	order.policy.now = NOW + 60 * MINUTE;
	order.code.sends = 0;
	order.code.created = order.code.sent = order.policy.now;
	must(send_sms(fixture, &order, &verdict)); /* another hour */
}

struct racer {
	struct fixture *fixture;
	int sent;
	pthread_mutex_t lock;
};

static void *race(void *data)
{
	struct racer *racer = data;
	struct sms_verdict verdict = {0};
	struct order order = make_order(racer->fixture, "code", NOW);
	int r;

	order.policy.cooldown_s = 0;
	r = send_sms(racer->fixture, &order, &verdict);
	if (r == PIMS_E_STATE) {
		order.code.sends = 1;
		r = send_sms(racer->fixture, &order, &verdict);
	}
	assert_true(r == 0 || r == PIMS_E_LIMIT);
	pthread_mutex_lock(&racer->lock);
	racer->sent += r == 0;
	pthread_mutex_unlock(&racer->lock);
	return NULL;
}

static void threads_at_once_do_not_exceed_a_limit(void **state)
{
	struct racer racer = {.fixture = *state, .lock = PTHREAD_MUTEX_INITIALIZER};

	in_threads(8, race, &racer);
	assert_int_equal(racer.sent, 3);
	assert_int_equal(count_messages(racer.fixture), 3);
}

/* --- numbers -------------------------------------------------------------------------------------------------------------------------- */

static void certify(struct fixture *fixture, const char *code, const char *phone, int64_t now)
{
	struct sms_verdict verdict;
	struct order order = make_order(fixture, code, now);

	order.policy.count = 0;
	order.code.purpose = SMS_CERTIFICATION;
	snprintf(order.phone, sizeof order.phone, "%s", phone);
	must(send_sms(fixture, &order, &verdict));
}

static enum phone_result change(struct fixture *fixture, const struct phone_change *change, int *ret_remaining)
{
	enum phone_result result;
	char *old = NULL;

	must(store_phone_change(fixture->store, change, &result, &old, ret_remaining));
	free(old);
	return result;
}

static struct phone_change make_change(const struct fixture *fixture, const char *code, const char *phone)
{
	struct phone_change change = {.account = fixture->account, .phone = phone, .max_tries = 3, .now = NOW};

	hash_of(code, change.code_hash);
	return change;
}

static void assert_phone(struct fixture *fixture, const char *phone)
{
	struct account account = read_account(fixture->store, fixture->account);

	assert_true(text_equal(account.phone, phone));
	account_free(&account);
}

static void forget(struct fixture *fixture)
{
	must(store_account_set_phone(fixture->store, EMAIL, NULL));
}

static void a_wrong_code_is_counted_and_the_right_one_dies_with_the_last_try(void **state)
{
	struct fixture *fixture = *state;
	struct phone_change wrong = make_change(fixture, "wrong", NEW), right = make_change(fixture, "right", NEW);
	int remaining = 0;

	forget(fixture);
	assert_int_equal(change(fixture, &wrong, &remaining), PHONE_CODE);
	assert_int_equal(remaining, -1); /* there is none to guess */
	certify(fixture, "right", NEW, NOW);
	for (int left = 2; left >= 0; left--) {
		assert_int_equal(change(fixture, &wrong, &remaining), PHONE_CODE);
		assert_int_equal(remaining, left);
	}
	assert_int_equal(change(fixture, &right, &remaining), PHONE_CODE);
	assert_phone(fixture, NULL);
}

static void a_code_for_another_number_or_too_late_sets_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct phone_change other = make_change(fixture, "code", OLD), late = make_change(fixture, "code", NEW);
	int remaining = 0;

	forget(fixture);
	certify(fixture, "code", NEW, NOW);
	assert_int_equal(change(fixture, &other, &remaining), PHONE_CODE);
	assert_int_equal(remaining, 2);
	late.now = NOW + 10 * MINUTE;
	assert_int_equal(change(fixture, &late, &remaining), PHONE_EXPIRED);
	assert_phone(fixture, NULL);
}

static void an_account_with_a_number_gets_none_added_and_keeps_its_code(void **state)
{
	struct fixture *fixture = *state;
	struct phone_change add = make_change(fixture, "code", NEW);
	int remaining = 0;

	must(store_account_set_phone(fixture->store, EMAIL, OLD));
	certify(fixture, "code", NEW, NOW);
	assert_int_equal(change(fixture, &add, &remaining), PHONE_EXISTS);
	assert_phone(fixture, OLD);
	forget(fixture);
	assert_int_equal(change(fixture, &add, &remaining), PHONE_SET); /* it was not used up */
	assert_phone(fixture, NEW);
	assert_int_equal(change(fixture, &add, &remaining), PHONE_SAME);
	forget(fixture);
	assert_int_equal(change(fixture, &add, &remaining), PHONE_CODE); /* good once */
}

static void a_change_needs_a_number_and_a_challenge_and_uses_it_up(void **state)
{
	struct fixture *fixture = *state;
	struct device_texts texts;
	unsigned char notice[] = "sealed notice";
	struct phone_change modify = make_change(fixture, "certificate", NEW);
	int remaining = 0, before;

	(void)enroll(fixture, &texts, 7, "phone");
	modify.modify = true;
	modify.device = 7;
	modify.challenge = "0123456789abcdef";
	modify.notice = notice;
	modify.notice_length = sizeof notice;
	forget(fixture);
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_NONE);
	must(store_account_set_phone(fixture->store, EMAIL, OLD));
	certify(fixture, "certificate", NEW, NOW);
	modify.challenge = "another";
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_DEVICE);
	modify.challenge = "";
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_DEVICE);
	modify.challenge = "0123456789abcdef";
	modify.device = 8;
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_DEVICE);
	modify.device = 7;
	before = count_messages(fixture);
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_SET);
	assert_int_equal(count_messages(fixture), before + 1); /* the notice */
	assert_phone(fixture, NEW);
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_SAME);
	assert_int_equal(count_messages(fixture), before + 1);
	certify(fixture, "next", OLD, NOW);
	modify.phone = OLD;
	hash_of("next", modify.code_hash);
	assert_int_equal(change(fixture, &modify, &remaining), PHONE_DEVICE); /* the challenge was good once */
}

static void codes_that_went_to_the_old_number_die_and_a_certificate_becomes_one_for_enrollment(void **state)
{
	struct fixture *fixture = *state;
	struct sms_verdict verdict;
	struct order order = make_order(fixture, "sent to old", NOW);
	struct phone_change add = make_change(fixture, "certificate", NEW);
	int64_t account;
	int remaining;

	must(send_sms(fixture, &order, &verdict));
	forget(fixture);
	assert_int_equal(store_sms_find(fixture->store, H("sent to old"), SMS_ENROLLMENT, NOW, &account), PIMS_E_NOT_FOUND);
	certify(fixture, "certificate", NEW, NOW);
	add.enroll = true;
	assert_int_equal(change(fixture, &add, &remaining), PHONE_SET);
	must(store_sms_find(fixture->store, H("certificate"), SMS_ENROLLMENT, NOW, &account));
	assert_int_equal(change(fixture, &add, &remaining), PHONE_SAME);
	hash_of("guess", add.code_hash);
	assert_int_equal(change(fixture, &add, &remaining), PHONE_EXISTS);
}

/* --- what was written before ---------------------------------------------------------------------------------------------------------- */

/* The tables of version 1 that the numbers are in, as that version made them, and those that later versions add columns to. */
static const char version_1[] =
	"CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE,"
	" password_hash TEXT NOT NULL, phone TEXT, customer TEXT NOT NULL UNIQUE, pin BLOB, pin_failures INTEGER NOT NULL DEFAULT 0,"
	" pin_blocked INTEGER NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL) STRICT;"
	"CREATE TABLE sms_codes (hash BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,"
	" purpose INTEGER NOT NULL, code BLOB NOT NULL, created INTEGER NOT NULL, sent INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" serial TEXT, tries INTEGER NOT NULL DEFAULT 0, tries_max INTEGER NOT NULL DEFAULT 1000000, UNIQUE (account, purpose))"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE sessions (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, scope TEXT NOT NULL) STRICT;"
	"CREATE TABLE clients (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"
	"CREATE TABLE codes (hash BLOB PRIMARY KEY, scope TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE access_tokens (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"
	"CREATE TABLE devices (id INTEGER PRIMARY KEY, account INTEGER NOT NULL) STRICT;"
	"CREATE TABLE otps (account INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (account, hash)) STRICT, WITHOUT ROWID;"
	"INSERT INTO accounts (subject, email, password_hash, phone, customer, created) VALUES"
	" ('a', 'a@example.com', '', '0612345678', 'a', 1), ('b', 'b@example.com', '', '0034612345678', 'b', 1),"
	" ('c', 'c@example.com', '', '+49301234567', 'c', 1), ('d', 'd@example.com', '', NULL, 'd', 1), ('e', 'e@example.com', '', '123456', 'e', 1);"
	"PRAGMA application_id = 1346981203; PRAGMA user_version = 1;";

static void numbers_of_an_older_database_become_international(void **state)
{
	static const char *const phones[] = {"+33612345678", "+34612345678", "+49301234567", NULL, "123456"};
	struct fixture *fixture = *state;
	struct account account;
	char path[128], email[32];
	sqlite3 *db;

	store_close(fixture->store);
	snprintf(path, sizeof path, "%s-wal", fixture->path);
	(void)unlink(path);
	assert_int_equal(unlink(fixture->path), 0);
	assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, version_1, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	fixture_open(fixture);
	for (size_t i = 0; i < sizeof phones / sizeof *phones; i++) {
		snprintf(email, sizeof email, "%c@example.com", (char)('a' + i));
		must(store_account_by_email(fixture->store, email, &account));
		assert_true(text_equal(account.phone, phones[i]));
		assert_null(account.country);
		account_free(&account);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_live_code_is_not_replaced_but_sent_again),
		STORE_TEST(without_a_cool_down_nobody_is_told_to_wait_for_one),
		STORE_TEST(a_resend_does_not_bring_a_used_code_back),
		STORE_TEST(digits_of_another_account_are_not_taken),
		STORE_TEST(a_limit_refuses_before_anything_is_counted),
		STORE_TEST(threads_at_once_do_not_exceed_a_limit),
		STORE_TEST(a_wrong_code_is_counted_and_the_right_one_dies_with_the_last_try),
		STORE_TEST(a_code_for_another_number_or_too_late_sets_nothing),
		STORE_TEST(an_account_with_a_number_gets_none_added_and_keeps_its_code),
		STORE_TEST(a_change_needs_a_number_and_a_challenge_and_uses_it_up),
		STORE_TEST(codes_that_went_to_the_old_number_die_and_a_certificate_becomes_one_for_enrollment),
		STORE_TEST(numbers_of_an_older_database_become_international),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
