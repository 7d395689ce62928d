/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_WEB_VISIT_H
#define PIMSD_WEB_VISIT_H

#include "server/oidc/browser.h"
#include "server/oidc/form_token.h"
#include "server/server.h"
#include "server/web/page.h"

/**
 * A visit of an account page on behalf of an application (docs/PROTOCOL.md, "Account pages"): who sent the user, and how he goes back. The pages keep
 * nothing between requests but what their forms carry.
 */
struct visit {
	struct request *request;
	struct response *response;
	const struct texts *texts;
	const char *path;
	struct client client;
	const char *redirect_uri;
	const char *state; /**< NULL = none */
	struct account hinted; /**< by id_token_hint; id 0 = none */
	int64_t session;       /**< the hint's, 0 = none */
	struct query parameters; /**< of the visit */
	struct buf text;         /**< the same, encoded */
	const char *note;        /**< in place of a page's introduction; NULL = none */
	bool in_browser;         /**< forms are bound to `browser`: those with a passkey */
	struct browser browser;
};

enum visit_step { VISIT_ANSWERED, VISIT_SHOW, VISIT_EXPIRED, VISIT_POSTED, VISIT_PASSKEY };

/** Reads the request. VISIT_ANSWERED: refused or cancelled; VISIT_EXPIRED: the form is too old;
 * VISIT_PASSKEY: it is the answer to visit_ask_passkey(). visit_close() always. */
enum visit_step visit_open(struct visit *visit, struct request *request, struct response *response, const char *path);
void visit_close(struct visit *visit);
/** Sends the user back, with `name`=`value`. */
void visit_leave(struct visit *visit, const char *name, const char *value);
/** Shows a form that posts to the visit's path; fills in what every form has. */
void visit_show(struct visit *visit, int status, const struct form_page *page);
/** The page that asks who is signed in in the visit's browser for a passkey; `error` NULL = none. */
void visit_ask_passkey(struct visit *visit, int status, const char *error);
/** Takes the answer. False: it was none, and the page is shown again. */
bool visit_take_passkey(struct visit *visit);
/** 500. */
void visit_fail(struct visit *visit);
/** A field of the posted form, "" when it is missing. */
const char *visit_field(const struct visit *visit, const char *name);
/** The text for a failed sign_in(), second_factor_check() or mail_allow(), and its status; `text` must live as long as the result. */
const char *visit_error(const struct visit *visit, int r, int retry_after, struct buf *text, int *ret_status);
/** What a new password must be; `text` must live as long as the result. */
const char *visit_password_hint(const struct visit *visit, struct buf *text);
/** What is wrong with a new password of `email`'s account, as a text, or NULL. */
const char *visit_password_fault(const struct visit *visit, const char *password, const char *email);

/* The pages. */
#define ACCOUNT_PATH "/account/"
#define ACCOUNT_CREATE_PATH ACCOUNT_PATH "create"
#define ACCOUNT_EMAIL_PATH ACCOUNT_PATH "email"
#define ACCOUNT_PASSWORD_PATH ACCOUNT_PATH "password"
#define ACCOUNT_DEVICES_PATH ACCOUNT_PATH "devices"
#define ACCOUNT_RECOVER_PATH ACCOUNT_PATH "recover"
#define ACCOUNT_RESET_PATH ACCOUNT_PATH "reset"
extern const struct route page_routes[];
extern const struct route mail_routes[]; /**< the sandbox's: GET /sandbox/mail */
void page_create(struct request *request, struct response *response);
void page_email(struct request *request, struct response *response);
void page_password(struct request *request, struct response *response);
void page_devices(struct request *request, struct response *response);
void page_recover(struct request *request, struct response *response);
void page_reset(struct request *request, struct response *response);

#endif
