/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_LISTING_H
#define PIMSD_WEB_LISTING_H

#include "server/store/store.h"
#include "server/web/page.h"

/** The parts of the page /account/devices: what an account has, and a form that ends it. */
struct listing {
	const struct request *request;
	const struct texts *texts;
	const char *action;     /**< of the forms */
	const char *form_token;
	struct buf html;
	int count; /**< of what was listed */
};

/** A line with a day, such as `text` "Enrolled on %s"; nothing for time 0. */
void listing_put_date(struct listing *listing, const char *text, int64_t time);

/** Begins a form of the page's, with its token. */
void listing_open_form(struct listing *listing);

/** One thing that can be ended. */
struct listing_action {
	const char *field; /**< of the form */
	int64_t value;
	const char *label; /**< of ours, "%s" is `name` */
	const char *name;
	const char *sure; /**< what it means, of ours */
};
/** Asked for twice, without a script: what the summary opens says what it means, and has the button. */
void listing_put_action(struct listing *listing, const struct listing_action *action);

/** The part of the page that offers a code for a further device, and the page with the code. */
void add_device_put(struct listing *listing);
void add_device_show(const struct request *request, struct response *response, int64_t account);

/** Another time, from the start: a reload of the answer must not post again. */
void devices_show_again(struct request *request, struct response *response);

/** The part of the page that has the account's passkeys. */
int passkeys_put(struct listing *listing, int64_t account);
/** The page that asks who is signed in for one; `error` NULL = none. */
void passkeys_ask(struct request *request, struct response *response, const struct browser *browser, int status, const char *error);
/** The page that makes one, for who gave the best that the account has. */
void passkeys_create(struct request *request, struct response *response, const struct browser *browser, int status, const char *error);
/** An answer to one of these; false: the posted form is another one. */
bool passkeys_posted(struct request *request, struct response *response, struct browser *browser);

/** The last part of the page: where the account is signed in. */
int sessions_put(struct listing *listing, const struct browser *browser);

#endif
