/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_PAGE_H
#define PIMSD_WEB_PAGE_H

#include "base/url.h"
#include "server/http/http.h"
#include "server/web/texts.h"

/** Appends text so that it means itself in HTML content and in quoted attributes. */
int html_put(struct buf *html, const char *text);

/** The one form of the sign-in page. */
struct sign_in_page {
	const struct texts *texts;
	const char *application; /**< name of the client */
	const char *action;      /**< URL of the form, with the authorization request as its query */
	const struct query *hidden; /**< the same as fields */
	const char *form_token;
	const char *username;    /**< filled in; NULL = none */
	const char *error;       /**< NULL = none */
	const char *redirect_scheme; /**< where the form's answer redirects to: "mymap" */
};
/** Fills body and headers of an answer; the status too. */
void page_sign_in(struct response *response, int status, const struct sign_in_page *page);
/** A heading and a sentence. */
void page_message(struct response *response, int status, const struct texts *texts, const char *heading, const char *text);

/** A field of a form. Texts are literals of ours, but for the value. */
struct page_field {
	const char *name;
	const char *label;
	const char *type;
	const char *autocomplete;
	const char *value; /**< NULL = none */
	const char *hint;  /**< NULL = none */
};
/** The field "otp" of a one-time password; `hint` of ours. */
struct page_field page_otp_field(const struct texts *texts, const char *hint);

/** The field "name" of a new passkey, which may stay empty; `value` NULL = none was typed yet. */
struct page_field page_passkey_field(const struct texts *texts, const char *value);

/** What a form asks the browser for when it is sent, with passkey.js: its answer comes in the fields credential, client_data, authenticator_data, signature. */
struct page_passkey {
	const char *party;       /**< RP ID */
	const char *credentials; /**< ids in base64url, blanks between them: to be used, or, of a new one, that are registered already */
	const char *offer;       /**< of one that is used for the first time (passkey.h); NULL = none */
	const char *user;        /**< of a new one: the account's handle in base64url; NULL = one is used */
	const char *account;     /**< and its name */
};

/** A page with one form. */
struct form_page {
	const struct texts *texts;
	const char *heading;
	const char *intro; /**< NULL = none */
	const char *error; /**< NULL = none */
	const char *action;
	const struct query *hidden; /**< NULL = none */
	const char *ticket;         /**< one more hidden field, NULL = none */
	const char *form_token;
	const struct page_field *fields;
	size_t field_count;
	const struct page_passkey *passkey; /**< NULL = none is asked for */
	const char *optional;        /**< name of the field that may be left empty; NULL = none */
	const char *submit;
	const char *again;           /**< label of one more button, "again"; NULL = none */
	bool cancels;                /**< has a button "cancel" */
	const char *redirect_scheme; /**< as above; "" = it leads back here only */
};
void page_form(struct response *response, int status, const struct form_page *page);

/** A heading and markup of the caller's, who escaped what is not his own (html_put). */
void page_content(struct response *response, const struct texts *texts, const char *heading, const struct buf *markup);

#endif
