/* SPDX-License-Identifier: Apache-2.0 */
#include "store_race.h"

/* Accounts made and changed by their owners: codes by e-mail, the outbox, a new password. */

#define NEW_EMAIL "new@example.com"

static const int64_t LIFE = 15 * MINUTE;
static const unsigned char sealed[] = "sealed text";

static struct mail mail_to(const char *email, int64_t time)
{
	return (struct mail){.email = email, .text = sealed, .text_length = sizeof sealed, .time = time};
}

static struct mail_code code_of(int64_t account, const char *ticket, const char *code, const char *email)
{
	struct mail_code mail_code = {.purpose = account ? MAIL_CHANGE : MAIL_CREATE, .account = account, .email = email,
				      .password_hash = account ? NULL : "$argon2id$chosen", .expires = NOW + LIFE};

	hash_of(ticket, mail_code.ticket);
	hash_of(code, mail_code.code);
	return mail_code;
}

/** Account 0: one is to be made. */
static int ask(struct store *store, int64_t account, const char *ticket, const char *email)
{
	const struct mail_code code = code_of(account, ticket, "123456", email);
	const struct mail mail = mail_to(email, NOW);

	return store_mail_ask(store, &code, &mail);
}

static int confirm_at(struct store *store, int64_t account, const char *ticket, const char *code, int64_t now)
{
	const struct mail_code given = code_of(account, ticket, code, NULL);
	const struct mail notice = mail_to(NULL, now);

	return store_mail_confirm(store, &given, 3, &notice);
}

static int confirm(struct store *store, int64_t account, const char *ticket, const char *code)
{
	return confirm_at(store, account, ticket, code, NOW + 1);
}

static int has_account(struct store *store, const char *email)
{
	struct account account = {0};
	int r = store_account_by_email(store, email, &account);

	account_free(&account);
	return r;
}

struct outbox {
	char text[512];
	int64_t last;
	int count, stop_at;
};

static int take_mail(void *data, const struct mail *mail)
{
	struct outbox *outbox = data;
	size_t length = strlen(outbox->text);

	assert_true(mail->id > outbox->last);
	assert_int_equal(mail->text_length, sizeof sealed);
	assert_memory_equal(mail->text, sealed, sizeof sealed);
	outbox->last = mail->id;
	snprintf(outbox->text + length, sizeof outbox->text - length, "%s ", mail->email);
	return ++outbox->count == outbox->stop_at ? 7 : 0;
}

static void assert_outbox(struct store *store, const char *addresses)
{
	struct outbox outbox = {0};

	must(store_mail_outbox(store, 0, take_mail, &outbox));
	assert_string_equal(outbox.text, addresses);
}

static void an_unknown_ticket_is_not_found(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	assert_int_equal(confirm(store, 0, "ticket", "123456"), PIMS_E_NOT_FOUND);
	must(ask(store, 0, "ticket", NEW_EMAIL));
	assert_int_equal(confirm(store, 0, "ticket2", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(has_account(store, NEW_EMAIL), PIMS_E_NOT_FOUND);
}

static void a_wrong_code_makes_no_account(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	assert_int_equal(confirm(store, 0, "ticket", "123457"), PIMS_E_NOT_FOUND);
	assert_int_equal(has_account(store, NEW_EMAIL), PIMS_E_NOT_FOUND);
	must(confirm(store, 0, "ticket", "123456"));
	must(has_account(store, NEW_EMAIL));
}

static void after_too_many_wrong_codes_the_right_one_is_too_late(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	for (int i = 0; i < 3; i++)
		assert_int_equal(confirm(store, 0, "ticket", "000000"), PIMS_E_NOT_FOUND);
	assert_int_equal(confirm(store, 0, "ticket", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(has_account(store, NEW_EMAIL), PIMS_E_NOT_FOUND);
}

static void the_last_try_may_be_right(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	for (int i = 0; i < 2; i++)
		assert_int_equal(confirm(store, 0, "ticket", "000000"), PIMS_E_NOT_FOUND);
	must(confirm(store, 0, "ticket", "123456"));
}

static void tries_are_counted_for_each_ticket_alone_and_outlive_a_restart(void **state)
{
	struct fixture *fixture = *state;

	must(ask(fixture->store, 0, "a", "a@example.com"));
	must(ask(fixture->store, 0, "b", "b@example.com"));
	for (int i = 0; i < 3; i++)
		assert_int_equal(confirm(fixture->store, 0, "a", "000000"), PIMS_E_NOT_FOUND);
	fixture_reopen(fixture);
	assert_int_equal(confirm(fixture->store, 0, "a", "123456"), PIMS_E_NOT_FOUND);
	must(confirm(fixture->store, 0, "b", "123456"));
}

static void a_code_by_mail_dies_at_its_time(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	must(ask(store, 0, "late", NEW_EMAIL));
	must(ask(store, 0, "just", "just@example.com"));
	assert_int_equal(confirm_at(store, 0, "late", "123456", NOW + LIFE), PIMS_E_NOT_FOUND);
	must(confirm_at(store, 0, "just", "123456", NOW + LIFE - 1));
	assert_int_equal(has_account(store, NEW_EMAIL), PIMS_E_NOT_FOUND);
}

static void a_code_for_one_purpose_is_not_good_for_the_other(void **state)
{
	struct fixture *fixture = *state;

	must(ask(fixture->store, 0, "create", NEW_EMAIL));
	must(ask(fixture->store, fixture->account, "change", "changed@example.com"));
	assert_int_equal(confirm(fixture->store, fixture->account, "create", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(confirm(fixture->store, 0, "change", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(has_account(fixture->store, "changed@example.com"), PIMS_E_NOT_FOUND);
	must(confirm(fixture->store, 0, "create", "123456"));
	must(confirm(fixture->store, fixture->account, "change", "123456"));
}

static void a_code_by_mail_is_good_once(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	must(confirm(store, 0, "ticket", "123456"));
	assert_int_equal(confirm(store, 0, "ticket", "123456"), PIMS_E_NOT_FOUND);
	must(store_account_remove(store, NEW_EMAIL));
	assert_int_equal(confirm(store, 0, "ticket", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(has_account(store, NEW_EMAIL), PIMS_E_NOT_FOUND);
}

static void an_address_that_is_taken_meanwhile_makes_no_second_account(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	must(ask(fixture->store, 0, "a", NEW_EMAIL));
	must(ask(fixture->store, fixture->account, "b", NEW_EMAIL));
	must(store_account_add(fixture->store, NEW_EMAIL, "$argon2id$first", NULL, NOW));
	assert_int_equal(confirm(fixture->store, 0, "a", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(confirm(fixture->store, fixture->account, "b", "123456"), PIMS_E_NOT_FOUND);
	must(store_account_by_email(fixture->store, NEW_EMAIL, &account));
	assert_string_equal(account.password_hash, "$argon2id$first");
	account_free(&account);
	must(has_account(fixture->store, EMAIL));
}

static void a_ticket_that_is_taken_sends_no_mail(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	assert_int_equal(ask(store, 0, "ticket", "second@example.com"), PIMS_E_STATE);
	assert_outbox(store, NEW_EMAIL " ");
	must(confirm(store, 0, "ticket", "123456"));
	assert_int_equal(has_account(store, "second@example.com"), PIMS_E_NOT_FOUND);
}

static void a_change_for_no_account_sends_no_mail(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(ask(fixture->store, fixture->account + 4711, "ticket", NEW_EMAIL), PIMS_E_NOT_FOUND);
	assert_outbox(fixture->store, "");
}

static void a_removed_account_takes_its_codes_along(void **state)
{
	struct fixture *fixture = *state;

	must(ask(fixture->store, fixture->account, "ticket", NEW_EMAIL));
	must(store_account_remove(fixture->store, EMAIL));
	assert_int_equal(confirm(fixture->store, fixture->account, "ticket", "123456"), PIMS_E_NOT_FOUND);
	assert_int_equal(has_account(fixture->store, NEW_EMAIL), PIMS_E_NOT_FOUND);
}

static void an_account_is_made_with_what_was_asked_for(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct account account;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	must(confirm(store, 0, "ticket", "123456"));
	must(store_account_by_email(store, NEW_EMAIL, &account));
	assert_string_equal(account.password_hash, "$argon2id$chosen");
	assert_int_equal(account.created, NOW + 1);
	assert_null(account.phone);
	assert_null(account.pin);
	assert_false(account.blocked);
	assert_int_equal(strlen(account.subject), 36);
	account_free(&account);
	assert_outbox(store, NEW_EMAIL " ");
}

static void a_new_address_keeps_the_account_and_tells_the_old_one(void **state)
{
	struct fixture *fixture = *state;
	struct account before = read_account(fixture->store, fixture->account), after;

	must(ask(fixture->store, fixture->account, "ticket", NEW_EMAIL));
	must(confirm(fixture->store, fixture->account, "ticket", "123456"));
	after = read_account(fixture->store, fixture->account);
	assert_string_equal(after.email, NEW_EMAIL);
	assert_string_equal(after.subject, before.subject);
	assert_string_equal(after.password_hash, before.password_hash);
	assert_string_equal(after.phone, before.phone);
	assert_int_equal(has_account(fixture->store, EMAIL), PIMS_E_NOT_FOUND);
	assert_outbox(fixture->store, NEW_EMAIL " " EMAIL " ");
	account_free(&before);
	account_free(&after);
}

static void a_wrong_code_tells_the_old_address_nothing(void **state)
{
	struct fixture *fixture = *state;

	must(ask(fixture->store, fixture->account, "ticket", NEW_EMAIL));
	assert_int_equal(confirm(fixture->store, fixture->account, "ticket", "000000"), PIMS_E_NOT_FOUND);
	assert_outbox(fixture->store, NEW_EMAIL " ");
	must(has_account(fixture->store, EMAIL));
}

static void the_outbox_is_read_from_where_one_stopped(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct outbox first = {.stop_at = 2}, rest = {0}, none = {0};

	assert_outbox(store, "");
	must(ask(store, 0, "a", "a@example.com"));
	must(ask(store, 0, "b", "b@example.com"));
	must(ask(store, 0, "c", "c@example.com"));
	assert_int_equal(store_mail_outbox(store, 0, take_mail, &first), 7);
	assert_string_equal(first.text, "a@example.com b@example.com ");
	must(store_mail_outbox(store, first.last, take_mail, &rest));
	assert_string_equal(rest.text, "c@example.com ");
	must(store_mail_outbox(store, rest.last, take_mail, &none));
	assert_int_equal(none.count, 0);
}

static void sweeping_takes_a_code_at_its_end_and_a_mail_after_a_day(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	const int64_t day = 24 * 60 * MINUTE;

	must(ask(store, 0, "ticket", NEW_EMAIL));
	must(store_sweep(store, NOW + LIFE - 1));
	assert_int_equal(ask(store, 0, "ticket", NEW_EMAIL), PIMS_E_STATE);
	must(store_sweep(store, NOW + LIFE));
	assert_int_equal(confirm(store, 0, "ticket", "123456"), PIMS_E_NOT_FOUND);
	must(store_sweep(store, NOW + day - 1));
	assert_outbox(store, NEW_EMAIL " ");
	must(store_sweep(store, NOW + day));
	assert_outbox(store, "");
}

static void an_id_of_the_outbox_is_never_used_again(void **state)
{
	struct store *store = ((struct fixture *)*state)->store;
	struct outbox before = {0}, after = {0};

	must(ask(store, 0, "a", "a@example.com"));
	must(store_mail_outbox(store, 0, take_mail, &before));
	must(store_sweep(store, NOW + 48 * 60 * MINUTE));
	must(ask(store, 0, "b", "b@example.com"));
	must(store_mail_outbox(store, before.last, take_mail, &after));
	assert_string_equal(after.text, "b@example.com ");
}

static int change_password(struct fixture *fixture, int64_t account, int64_t keep)
{
	const struct mail notice = mail_to(EMAIL, NOW + 1);
	const struct password_change change = {.account = account, .hash = "$argon2id$new", .keep = keep, .notice = &notice};

	return store_account_change_password(fixture->store, &change);
}

static void nobodys_password_is_not_changed_and_nobody_is_told(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	assert_int_equal(change_password(fixture, fixture->account + 4711, 0), PIMS_E_NOT_FOUND);
	assert_outbox(fixture->store, "");
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.password_hash, "$argon2id$hash");
	account_free(&account);
}

static void a_new_password_ends_all_but_the_session_that_set_it(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	const int64_t kept = sign_in(fixture->store, fixture->account, "kept", "kept-refresh");
	const struct browser browser = {.hash = "cookie", .account = fixture->account, .expires = NOW + MINUTE};
	struct browser found;
	struct account account;

	sign_in(fixture->store, fixture->account, "ended", "ended-refresh");
	sign_in(fixture->store, other, "other", "other-refresh");
	must(store_browser_add(fixture->store, &browser, NULL));
	must(change_password(fixture, fixture->account, kept));
	must(use_access(fixture->store, "kept", NOW));
	must(use_access(fixture->store, "other", NOW));
	assert_int_equal(use_access(fixture->store, "ended", NOW), PIMS_E_NOT_FOUND);
	assert_int_equal(store_browser_find(fixture->store, browser.hash, NOW, &found), PIMS_E_NOT_FOUND);
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.password_hash, "$argon2id$new");
	account_free(&account);
	account = read_account(fixture->store, other);
	assert_string_equal(account.password_hash, "$argon2id$hash");
	account_free(&account);
	assert_outbox(fixture->store, EMAIL " ");
}

static void of_two_changes_of_one_password_the_second_is_too_late(void **state)
{
	struct fixture *fixture = *state;
	const struct mail notice = mail_to(EMAIL, NOW + 1);
	struct password_change change = {.account = fixture->account, .old_hash = "$argon2id$hash", .hash = "$argon2id$new", .notice = &notice};
	struct account account;

	must(store_account_change_password(fixture->store, &change));
	change.hash = "$argon2id$thiefs";
	assert_int_equal(store_account_change_password(fixture->store, &change), PIMS_E_NOT_FOUND);
	account = read_account(fixture->store, fixture->account);
	assert_string_equal(account.password_hash, "$argon2id$new");
	account_free(&account);
	assert_outbox(fixture->store, EMAIL " ");
}

static void a_blocked_account_changes_no_password(void **state)
{
	struct fixture *fixture = *state;

	must(store_account_set_blocked(fixture->store, EMAIL, true));
	assert_int_equal(change_password(fixture, fixture->account, 0), PIMS_E_NOT_FOUND);
	assert_outbox(fixture->store, "");
}

static void a_change_of_address_that_was_asked_for_with_an_old_password_is_not_begun(void **state)
{
	struct fixture *fixture = *state;
	struct mail_code code = code_of(fixture->account, "ticket", "123456", "new@example.com");
	const struct mail mail = mail_to("new@example.com", NOW);

	code.password_hash = "$argon2id$old";
	assert_int_equal(store_mail_ask(fixture->store, &code, &mail), PIMS_E_NOT_FOUND);
	assert_outbox(fixture->store, "");
	code.password_hash = "$argon2id$hash";
	must(store_mail_ask(fixture->store, &code, &mail));
	must(confirm(fixture->store, fixture->account, "ticket", "123456"));
}

static void a_new_password_ends_a_change_of_address_and_no_other_account_s(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);

	must(ask(fixture->store, fixture->account, "mine", "new@example.com"));
	must(ask(fixture->store, other, "theirs", "theirs@example.com"));
	must(ask(fixture->store, 0, "made", "made@example.com"));
	must(change_password(fixture, fixture->account, 0));
	assert_int_equal(confirm(fixture->store, fixture->account, "mine", "123456"), PIMS_E_NOT_FOUND);
	must(confirm(fixture->store, other, "theirs", "123456"));
	must(confirm(fixture->store, 0, "made", "123456"));
}

static void a_session_of_another_account_cannot_be_kept(void **state)
{
	struct fixture *fixture = *state;
	const int64_t other = add_account(fixture->store, OTHER_EMAIL);
	const int64_t theirs = sign_in(fixture->store, other, "other", "other-refresh");

	sign_in(fixture->store, fixture->account, "mine", "mine-refresh");
	must(change_password(fixture, fixture->account, theirs));
	assert_int_equal(use_access(fixture->store, "mine", NOW), PIMS_E_NOT_FOUND);
	must(use_access(fixture->store, "other", NOW));
}

static void *confirm_same(void *argument)
{
	struct race *race = argument;

	race_count(race, confirm(race->fixture->store, 0, "ticket", "123456"));
	return NULL;
}

static void *confirm_own(void *argument)
{
	struct race *race = argument;
	char ticket[16];

	snprintf(ticket, sizeof ticket, "ticket-%d", race_number(race));
	race_count(race, confirm(race->fixture->store, 0, ticket, "123456"));
	return NULL;
}

static void *guess(void *argument)
{
	struct race *race = argument;

	race_count(race, confirm(race->fixture->store, 0, "ticket", "000000"));
	return NULL;
}

static void of_many_sends_of_one_form_one_makes_the_account(void **state)
{
	struct race race = race_of(*state);

	must(ask(race.fixture->store, 0, "ticket", NEW_EMAIL));
	in_threads(16, confirm_same, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.not_found, 15);
	must(has_account(race.fixture->store, NEW_EMAIL));
}

static void of_many_tickets_for_one_address_one_makes_the_account(void **state)
{
	struct race race = race_of(*state);

	for (int i = 1; i <= 24; i++) {
		char ticket[16];

		snprintf(ticket, sizeof ticket, "ticket-%d", i);
		must(ask(race.fixture->store, 0, ticket, NEW_EMAIL));
	}
	in_threads(24, confirm_own, &race);
	assert_int_equal(race.won, 1);
	assert_int_equal(race.not_found, 23);
	assert_int_equal(race.other, 0);
}

static void parallel_guesses_spend_the_tries_too(void **state)
{
	struct race race = race_of(*state);

	must(ask(race.fixture->store, 0, "ticket", NEW_EMAIL));
	in_threads(32, guess, &race);
	assert_int_equal(race.not_found, 32);
	assert_int_equal(confirm(race.fixture->store, 0, "ticket", "123456"), PIMS_E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(an_unknown_ticket_is_not_found),
		STORE_TEST(a_wrong_code_makes_no_account),
		STORE_TEST(after_too_many_wrong_codes_the_right_one_is_too_late),
		STORE_TEST(the_last_try_may_be_right),
		STORE_TEST(tries_are_counted_for_each_ticket_alone_and_outlive_a_restart),
		STORE_TEST(a_code_by_mail_dies_at_its_time),
		STORE_TEST(a_code_for_one_purpose_is_not_good_for_the_other),
		STORE_TEST(a_code_by_mail_is_good_once),
		STORE_TEST(an_address_that_is_taken_meanwhile_makes_no_second_account),
		STORE_TEST(a_ticket_that_is_taken_sends_no_mail),
		STORE_TEST(a_change_for_no_account_sends_no_mail),
		STORE_TEST(a_removed_account_takes_its_codes_along),
		STORE_TEST(an_account_is_made_with_what_was_asked_for),
		STORE_TEST(a_new_address_keeps_the_account_and_tells_the_old_one),
		STORE_TEST(a_wrong_code_tells_the_old_address_nothing),
		STORE_TEST(the_outbox_is_read_from_where_one_stopped),
		STORE_TEST(sweeping_takes_a_code_at_its_end_and_a_mail_after_a_day),
		STORE_TEST(an_id_of_the_outbox_is_never_used_again),
		STORE_TEST(nobodys_password_is_not_changed_and_nobody_is_told),
		STORE_TEST(a_new_password_ends_all_but_the_session_that_set_it),
		STORE_TEST(of_two_changes_of_one_password_the_second_is_too_late),
		STORE_TEST(a_blocked_account_changes_no_password),
		STORE_TEST(a_change_of_address_that_was_asked_for_with_an_old_password_is_not_begun),
		STORE_TEST(a_new_password_ends_a_change_of_address_and_no_other_account_s),
		STORE_TEST(a_session_of_another_account_cannot_be_kept),
		STORE_TEST(of_many_sends_of_one_form_one_makes_the_account),
		STORE_TEST(of_many_tickets_for_one_address_one_makes_the_account),
		STORE_TEST(parallel_guesses_spend_the_tries_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
