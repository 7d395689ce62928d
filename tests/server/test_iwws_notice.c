/* SPDX-License-Identifier: Apache-2.0 */
#include "iwws_fixture.h"

/* What the account's owner is told by mail (OWASP ASVS 6.3.7, NIST SP 800-63B-4 §4.1.2.1 and §4.6). */

#define NEW_PIN "60287"
#define RESET_CODE "55512345"

struct mails {
	struct iwws *iwws;
	int count;
	char last[1024]; /**< subject, blank line, sentence */
};

static int take_mail(void *data, const struct mail *mail)
{
	struct mails *mails = data;
	struct buf text = BUF_INIT(1024);

	assert_string_equal(mail->email, EMAIL);
	assert_int_equal(open_value(mails->iwws->server.seal, mail->text, mail->text_length, &text), 0);
	snprintf(mails->last, sizeof mails->last, "%s", buf_text(&text));
	mails->count++;
	buf_free(&text);
	return 0;
}

static struct mails read_mails(struct iwws *iwws)
{
	struct mails mails = {.iwws = iwws};

	assert_int_equal(store_mail_outbox(iwws->server.store, 0, take_mail, &mails), 0);
	return mails;
}

static void assert_mails(struct iwws *iwws, int count)
{
	assert_int_equal(read_mails(iwws).count, count);
}

static void assert_last(struct iwws *iwws, const char *start)
{
	const struct mails mails = read_mails(iwws);

	if (strncmp(mails.last, start, strlen(start)) != 0)
		fail_msg("\"%s\" does not start with \"%s\"", mails.last, start);
}

static void assert_told(struct iwws *iwws, int count, const char *start)
{
	assert_mails(iwws, count);
	assert_last(iwws, start);
}

/* Up to the answer of ActionFinalize. */
static void half_enrol(struct iwws *iwws, struct iw_device *device, const char *code)
{
	iwws_send_code(iwws, code);
	assert_int_equal(iwws_setup(iwws, device, code), 0);
	assert_int_equal(iwws_finalize(iwws, device, PIN), 0);
}

static void change_pin(struct iwws *iwws, struct iw_device *device, struct iw_new_pin pin)
{
	assert_int_equal(iwws_new_pin(iwws, device, pin), 0);
}

static void an_activation_that_is_not_finished_sends_no_mail(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_send_code(iwws, CODE);
	assert_int_equal(iwws_setup(iwws, &device, CODE), 0);
	assert_int_equal(iwws_finalize(iwws, &device, "0000"), IW_PINREFUSED);
	assert_int_equal(iwws_finalize(iwws, &device, PIN), 0);
	assert_int_equal(iwws_ms(iwws, &device, "60287"), IW_ACCESS);
	assert_mails(iwws, 0);
	iw_device_free(&device);
}

static void a_pin_that_was_not_changed_sends_no_mail(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	assert_int_equal(iwws_new_pin(iwws, &device, (struct iw_new_pin){.old_pin = "7391", .new_pin = NEW_PIN}), IW_ACCESS);
	assert_int_equal(iwws_new_pin(iwws, &device, (struct iw_new_pin){.old_pin = PIN, .new_pin = PIN}), IW_PINREUSED);
	assert_int_equal(iwws_new_pin(iwws, &device, (struct iw_new_pin){.new_pin = NEW_PIN, .code = "99999999"}), IW_CODE);
	assert_mails(iwws, 1); /* that of the device */
	iw_device_free(&device);
}

static void a_repeat_of_a_lost_answer_sends_no_second_mail(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0}, before = {0};
	struct iw_new_pin pin = {.old_pin = PIN, .new_pin = NEW_PIN};
	struct buf target = BUF_INIT(IW_MAX_TARGET);

	half_enrol(iwws, &device, CODE);
	assert_int_equal(iw_device_copy(&device, &before), 0);
	assert_int_equal(iw_client_ms(&device, &iwws->fake.env, PIN, &target), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(iwws_serve(iwws, buf_text(&target), &iwws->xml), 200);
		assert_non_null(strstr(buf_text(&iwws->xml), "<err>OK</err>"));
	}
	assert_int_equal(iwws_ms(iwws, &before, PIN), 0);
	assert_mails(iwws, 1);
	buf_reset(&target);
	assert_int_equal(iwws_setup_pin(iwws, &before, &pin), 0);
	assert_int_equal(iw_client_finalize_pin(&before, &iwws->fake.env, &iwws->app, &pin, &target), 0);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), &iwws->xml), 200);
	change_pin(iwws, &before, pin);
	assert_mails(iwws, 2);
	buf_free(&target);
	iw_device_free(&device);
	iw_device_free(&before);
}

static void of_one_step_on_four_workers_one_sends_a_mail(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct iwws_racer racers[IWWS_RACERS];
	struct buf target = BUF_INIT(IW_MAX_TARGET);

	half_enrol(iwws, &device, CODE);
	assert_int_equal(iw_client_ms(&device, &iwws->fake.env, PIN, &target), 0);
	iwws_race(iwws, buf_text(&target), racers);
	for (int i = 0; i < IWWS_RACERS; i++) {
		assert_non_null(strstr(buf_text(&racers[i].xml), "<err>OK</err>"));
		buf_free(&racers[i].xml);
	}
	assert_mails(iwws, 1);
	buf_free(&target);
	iw_device_free(&device);
}

static void who_signs_in_elsewhere_has_no_address_and_gets_no_mail(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct account account = {0};

	assert_int_equal(store_account_external(iwws->server.store, "https://idp.example", "jo", NULL, iwws->fake.now, &account), 0);
	iwws->account = account.id;
	account_free(&account);
	iwws_enrol(iwws, &device, CODE);
	change_pin(iwws, &device, (struct iw_new_pin){.old_pin = PIN, .new_pin = NEW_PIN});
	assert_mails(iwws, 0);
	iw_device_free(&device);
}

static void a_name_writes_no_lines_of_its_own_and_not_much(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	char name[200];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	memcpy(name, "a\xc2\x85" "b\xe2\x80\xa8" "c", 8); /* what is a control character in ASCII, the request may not have */
	iwws->app.name = name;
	iwws_enrol(iwws, &device, CODE);
	assert_last(iwws, "Your account\n\nA device was enrolled on your account, and its PIN was chosen: a b cxxx");
	assert_non_null(strstr(read_mails(iwws).last, "xxx…. If it was not you"));
	assert_true(strlen(read_mails(iwws).last) < 300);
	iw_device_free(&device);
}

static void the_first_device_and_its_pin_are_told_in_one_mail(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws->app.name = "Jo’s phone / Linux";
	iwws_enrol(iwws, &device, CODE);
	assert_told(iwws, 1, "Your account\n\nA device was enrolled on your account, and its PIN was chosen: Jo’s phone / Linux. If it was not you, ");
	iw_device_free(&device);
}

static void another_device_is_told_by_its_name(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device first = {0}, second = {0}, nameless = {0};

	iwws_enrol(iwws, &first, CODE);
	iwws_enrol(iwws, &second, "11111111");
	assert_told(iwws, 2, "Your account\n\nA device was enrolled on your account: test device. If");
	iwws->server.settings.max_devices = 3;
	iwws->app.name = "";
	iwws_enrol(iwws, &nameless, "22222222");
	assert_mails(iwws, 3);
	assert_null(strstr(read_mails(iwws).last, ": . If")); /* its installation stands there */
	iw_device_free(&first);
	iw_device_free(&second);
	iw_device_free(&nameless);
}

static void activating_the_same_installation_again_is_told_again(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	iwws_enrol(iwws, &device, "11111111");
	assert_told(iwws, 2, "Your account\n\nA device was enrolled on your account: test device. If");
	iw_device_free(&device);
}

static void a_changed_and_a_reset_pin_are_told_once_each(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};

	iwws_enrol(iwws, &device, CODE);
	change_pin(iwws, &device, (struct iw_new_pin){.old_pin = PIN, .new_pin = NEW_PIN});
	assert_told(iwws, 2, "Your account\n\nThe PIN of your account was changed. If it was not you, ");
	iwws_send(iwws, SMS_RESET_PIN, RESET_CODE);
	change_pin(iwws, &device, (struct iw_new_pin){.new_pin = PIN, .code = RESET_CODE});
	assert_told(iwws, 3, "Your account\n\nThe PIN of your account was changed. If it was not you, ");
	iw_device_free(&device);
}

static void it_is_told_in_the_language_that_the_request_asks_for(void **state)
{
	struct iwws *iwws = *state;
	struct iw_device device = {0};
	struct buf target = BUF_INIT(IW_MAX_TARGET);

	iwws->app.lang = "fr"; /* what applications were built with is nobody's wish */
	half_enrol(iwws, &device, CODE);
	assert_int_equal(iw_client_ms(&device, &iwws->fake.env, PIN, &target), 0);
	assert_int_equal(buf_puts(&target, "&ui_locales=de"), 0);
	assert_int_equal(iwws_serve(iwws, buf_text(&target), &iwws->xml), 200);
	assert_told(iwws, 1, "Ihr Konto\n\nFür Ihr Konto wurde ein Gerät registriert und die PIN gewählt: test device.");
	buf_free(&target);
	iw_device_free(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IWWS_TEST(an_activation_that_is_not_finished_sends_no_mail),
		IWWS_TEST(a_pin_that_was_not_changed_sends_no_mail),
		IWWS_TEST(a_repeat_of_a_lost_answer_sends_no_second_mail),
		IWWS_TEST(of_one_step_on_four_workers_one_sends_a_mail),
		IWWS_TEST(who_signs_in_elsewhere_has_no_address_and_gets_no_mail),
		IWWS_TEST(a_name_writes_no_lines_of_its_own_and_not_much),
		IWWS_TEST(the_first_device_and_its_pin_are_told_in_one_mail),
		IWWS_TEST(another_device_is_told_by_its_name),
		IWWS_TEST(activating_the_same_installation_again_is_told_again),
		IWWS_TEST(a_changed_and_a_reset_pin_are_told_once_each),
		IWWS_TEST(it_is_told_in_the_language_that_the_request_asks_for),
	};

	return cmocka_run_group_tests_name("iwws_notice", tests, NULL, NULL);
}
