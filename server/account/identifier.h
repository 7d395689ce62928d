/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_IDENTIFIER_H
#define PIMSD_IDENTIFIER_H

#include <stdbool.h>

enum { EMAIL_SIZE = 255 };

/** The form under which an account is found: one "@", no blanks, ASCII letters in lower case. PIMS_E_FORMAT. */
int email_normalise(const char *text, char ret_email[EMAIL_SIZE]);
/** The form of an account's subject here (RFC 9562), in lower case. */
bool account_id_valid(const char *text);
/** 1 to 64 letters, digits, ".", "_", "-". */
bool client_id_valid(const char *text);
/**
 * What is wrong with a redirect URI that is to be registered; NULL = nothing: it is an absolute URI without fragment, or such a one with "*" as its last path
 * segment. Codes travel in the clear over plain http, which is for loopback only (RFC 9700 §2.6).
 */
const char *redirect_uri_fault(const char *text);

#endif
