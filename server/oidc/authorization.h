/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_AUTHORIZATION_H
#define PIMSD_OIDC_AUTHORIZATION_H

#include "server/oidc/auth_request.h"
#include "server/oidc/browser.h"
#include "server/web/page.h"

/** One authorization on its way: authorize.c decides, authorize_pages.c answers. */
struct authorization {
	struct request *request;
	struct response *response;
	const struct texts *texts;
	struct auth_request auth;
	struct query parameters; /**< of the authorization request */
	struct buf text;         /**< the same, encoded */
};

/** 500. */
void authorize_fail(struct authorization *a);
/** A page: there is nobody to redirect to. */
void authorize_refuse(struct authorization *a);
/** To the client; `name` is "code" or "error". */
void authorize_redirect(struct authorization *a, const char *name, const char *value);
/** The page with the password; `error` NULL = none. */
void authorize_show(struct authorization *a, int status, const char *error);
/** The same after a failed sign_in(). */
void authorize_show_failure(struct authorization *a, int r, int retry_after);
/** The page with one button for who is signed in, so that nothing signs in behind his back. PIMS_E_NOT_FOUND: the account is gone. */
int authorize_ask(struct authorization *a, const struct browser *browser);
/** The tickets of the next pages' forms. */
#define AUTHORIZE_OTP "otp"
#define AUTHORIZE_PASSKEY "passkey"
#define AUTHORIZE_NEW_PASSKEY "create"
#define AUTHORIZE_FIRST "first"
/** The page that asks who is signed in for a one-time password; `error` NULL = none. */
int authorize_ask_otp(struct authorization *a, const struct browser *browser, int status, const char *error);
/** The same after a failed second_factor_prove(). */
int authorize_otp_failed(struct authorization *a, const struct browser *browser, int failure, int retry_after);
/** The page that asks who is signed in for a passkey; `error` NULL = none. */
int authorize_ask_passkey(struct authorization *a, const struct browser *browser, int status, const char *error);
/** The page that registers the account's first one. */
int authorize_ask_new_passkey(struct authorization *a, const struct browser *browser, int status, const char *error);
/** The page of its first use (passkey.h). */
int authorize_ask_first(struct authorization *a, const struct browser *browser, const char *offer, int status, const char *error);
/** What the form token of these is bound to: this request in this browser. */
int authorize_bind(const struct authorization *a, const struct browser *browser, struct buf *ret_text);

#endif
