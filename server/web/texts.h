/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_TEXTS_H
#define PIMSD_WEB_TEXTS_H

#include "server/http/http.h"

/** What people read, in one language. */
struct texts {
	const char *language; /**< of the HTML: "en" */
	const char *sign_in;
	const char *continue_to; /**< "%s" is the application */
	const char *username;
	const char *password;
	const char *error;       /**< in front of the title of a page that shows one */
	const char *wrong;
	const char *too_many;    /**< "%s" is minutes */
	const char *expired;
	const char *busy;
	const char *cannot;
	const char *unknown_client;
	const char *unknown_redirect;
	const char *long_state;
	const char *foreign_form;
	const char *failed;
	const char *signed_out;
	const char *close_window;
	const char *phone;
	const char *no_messages;
	const char *enrollment_sms; /**< "%s" is the code */
	const char *reset_sms;
};

/** Appends a text with `value` in place of its "%s". */
int texts_fill(const char *text, const char *value, struct buf *ret_text);
/** By ui_locales (OpenID Connect Core 3.1.2.1), else Accept-Language, else English. */
const struct texts *texts_of_request(const struct request *request);
/** By one language tag ("fr-FR"), NULL allowed; English when it is another. */
const struct texts *texts_of_locale(const char *locale);

#endif
