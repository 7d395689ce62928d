/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_TEXTS_H
#define PIMSD_WEB_TEXTS_H

#include "server/http/http.h"

/** What people read, in one language. */
struct texts {
	const char *language; /**< of the HTML: "en" */
	const char *sign_in;
	const char *continue_to; /**< "%s" is the application */
	const char *go_on_intro; /**< the same */
	const char *go_on_as;    /**< "%s" is the account */
	const char *other_account;
	const char *username;
	const char *password;
	const char *otp_label;
	const char *otp_hint;
	const char *otp_if;  /**< the hint where it may be left out */
	const char *wrong_otp;
	const char *error;       /**< in front of the title of a page that shows one */
	const char *wrong;
	const char *too_many;    /**< "%s" is minutes */
	const char *elsewhere;   /**< too many attempts, from everywhere */
	const char *expired;
	const char *busy;
	const char *cannot;
	const char *unknown_client;
	const char *unknown_redirect;
	const char *long_state;
	const char *unknown_pushed; /**< a request of an application that was used, or has expired */
	const char *foreign_form;
	const char *failed;
	const char *signed_out;
	const char *sign_out;
	const char *sign_out_intro;
	const char *close_window;
	const char *phone;
	const char *no_messages;
	const char *enrollment_sms; /**< "%s" is the code */
	const char *reset_sms;
	const char *certification_sms;
	const char *phone_changed_sms; /**< to the old number; without a code */
	const char *cancel;
	const char *go_on;
	const char *create_heading;
	const char *create_intro; /**< "%s" is the application */
	const char *new_password;
	const char *repeat_password;
	const char *password_hint; /**< "%s" is how many */
	const char *different;
	const char *weak;
	const char *common; /**< a password that is guessed first */
	const char *bad_email;
	const char *code_heading;
	const char *code_intro; /**< "%s" is the address */
	const char *code_label;
	const char *wrong_code;
	const char *email_heading;
	const char *new_email;
	const char *password_heading;
	const char *password_intro;
	const char *current_password;
	const char *devices_heading;
	const char *no_devices;
	const char *enrolled_on; /**< "%s" is a date */
	const char *last_used_on; /**< "%s" is a date */
	const char *remove; /**< "%s" is a device */
	const char *remove_sure;
	const char *add_heading;
	const char *add_intro;
	const char *add_show;
	const char *add_code;
	const char *add_valid; /**< "%s" is minutes */
	const char *sessions_heading;
	const char *no_sessions;
	const char *signed_in_on; /**< "%s" is a day */
	const char *end_session;  /**< "%s" is the application */
	const char *end_session_sure;
	const char *everywhere;
	const char *everywhere_sure;
	const char *recover_heading;
	const char *recover_intro;
	const char *recovery_code;
	const char *new_phone;
	const char *bad_phone;
	const char *code_tries; /**< "%s" is how many are left */
	const char *send_again;
	const char *sms_wait; /**< "%s" is seconds */
	const char *no_country;
	const char *done;
	const char *phone_changed;
	const char *code_subject;
	const char *notice_subject;
	const char *create_mail; /**< "%s" is the code */
	const char *exists_mail; /**< to the owner of an address that somebody else tried */
	const char *email_mail; /**< "%s" is the code */
	const char *email_changed_mail;
	const char *password_changed_mail;
	const char *phone_changed_mail;
	const char *device_mail; /**< "%s" is the device */
	const char *device_pin_mail; /**< the same, with the account's first PIN */
	const char *pin_mail;
	const char *device_removed_mail; /**< "%s" is time and address */
	const char *otp_row; /**< too many wrong one-time passwords */
	const char *reset_heading;
	const char *reset_intro;
	const char *reset_done;
	const char *reset_mail; /**< "%s" is the code; the address of the page follows */
	const char *new_place_mail; /**< these: "%s" is when and from where */
	const char *after_failures_mail;
	const char *row_full_mail;
	const char *wrong_otps_mail;
	const char *passkey; /**< one without a name */
	const char *passkey_heading;
	const char *passkey_use;
	const char *passkey_failed; /**< the browser gave none */
	const char *passkey_not_made; /**< the same of a new one */
	const char *passkey_known;
	const char *passkey_refused; /**< what it gave was wrong */
	const char *passkey_script; /**< there is no JavaScript */
	const char *passkey_accepted;
	const char *passkeys_heading;
	const char *passkeys_intro;
	const char *passkey_add;
	const char *passkey_add_intro;
	const char *passkey_wanted; /**< before passkey_add_intro, at a sign-in */
	const char *passkey_name;
	const char *passkey_name_hint;
	const char *passkey_first;
	const char *added_on; /**< "%s" is a day */
	const char *passkey_remove_sure;
	const char *passkey_added_mail; /**< "%s" is time and address */
	const char *passkey_removed_mail; /**< the same */
};

/** Nothing but texts in each: tests walk them and want them all. English is the first, for who speaks none of them. */
enum { TEXTS_LANGUAGES = 5 };
extern const struct texts *const texts_table[TEXTS_LANGUAGES];
extern const struct texts texts_en, texts_fr, texts_de, texts_es, texts_it;

/** Appends a text with `value` in place of its "%s". */
int texts_fill(const char *text, const char *value, struct buf *ret_text);
/** By ui_locales (OpenID Connect Core 3.1.2.1), else Accept-Language, else English. */
const struct texts *texts_of_request(const struct request *request);
/** By one language tag ("fr-FR"), NULL allowed; English when it is another. */
const struct texts *texts_of_locale(const char *locale);

#endif
