/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_ACCESS_TOKEN_H
#define PIMSD_EXTERNAL_ACCESS_TOKEN_H

#include "dpop/dpop.h"
#include "server/server.h"

#include <jansson.h>

enum { EXTERNAL_SUBJECT_MAX = 255, EXTERNAL_NAME_MAX = 254, EXTERNAL_CLAIM_MAX = 1024, EXTERNAL_LEEWAY_S = 60 };

/** Whom a token was issued to. */
struct external_identity {
	char *subject; /**< the provider's: printable ASCII */
	char *name;    /**< for people to read, and for nothing else; NULL = none */
	char *client;  /**< NULL = not told */
	char *scope;   /**< NULL = not told */
	int64_t expires; /**< seconds since 1970; 0 = not told */
	char key[DPOP_THUMBPRINT_SIZE]; /**< that the token is bound to (RFC 9449 §6); "" = none */
};
void external_identity_free(struct external_identity *identity);
/** Into an empty one. PIMS_E_MEMORY. */
int external_identity_copy(struct external_identity *ret_identity, const struct external_identity *from);

/** What the claims of a token are checked against. */
struct access_token_rules {
	const struct external_settings *settings;
	int64_t now;       /**< seconds since 1970 */
	bool introspected; /**< the provider itself says that the token is good, and may leave claims out (RFC 7662 §2.2) */
};

/** NULL when the claims keep every rule (RFC 9068 §4), else what is wrong, for WWW-Authenticate: a literal. The signature is another matter. */
const char *access_token_check(const json_t *claims, const struct access_token_rules *rules);
/** Of claims that passed. PIMS_E_MEMORY. */
int access_token_identity(const json_t *claims, struct external_identity *ret_identity);
/** NULL when the token is bound to the key that a request has proved, or to none when it proved none (NULL); else what is wrong: a literal. */
const char *access_token_check_key(const struct external_identity *identity, const char *key);

#endif
