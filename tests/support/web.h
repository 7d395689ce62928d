/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WEB_H
#define TESTS_WEB_H

#include <stddef.h>

/** A blocking HTTP client for tests; redirects are not followed. */
struct web_answer {
	long status;
	char *body; /**< NUL-terminated */
	size_t length;
	char location[4096]; /**< of a redirect, "" = none */
	char content_type[128];
};

/** Authorities for https, in place of the system's; NULL at the start. */
extern const char *web_ca_file;

/** `headers`: "Name: value" lines ended by NULL, or NULL. `body` NULL = GET. Fails the test when there is no answer. */
void web_call(const char *method, const char *url, const char *const *headers, const char *body, struct web_answer *ret_answer);
void web_free(struct web_answer *answer);
/** Fills in and sends the sign-in form behind an authorization URL, as a browser does. The answer to the POST is returned. */
void web_sign_in(const char *url, const char *username, const char *password, struct web_answer *ret_answer);

#endif
