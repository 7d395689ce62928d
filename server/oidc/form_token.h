/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_FORM_TOKEN_H
#define PIMSD_OIDC_FORM_TOKEN_H

#include "server/http/http.h"

enum { FORM_TOKEN_SIZE = 128, FORM_TOKEN_SECONDS = 1800 };

/**
 * What binds a posted sign-in form to a page of ours, without cookies and without memory, so that any node may answer: the time, a
 * random number, and a keyed digest of both and the authorization request `text`. No two are the same, so that one is also a challenge for a passkey.
 */
int form_token_make(const struct request *request, const char *text, char ret_token[FORM_TOKEN_SIZE]);
/**
 * Checks the form's token. A browser says where a form comes from (Origin, Sec-Fetch-Site) and must send it; a program that is no
 * browser cannot be made to post by somebody else's page, and may leave it out. PIMS_E_INVALID: the form is another site's;
 * PIMS_E_STATE: too old, or not ours.
 */
int form_token_check(const struct request *request, const char *text);

#endif
