/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_OIDC_TOKENS_H
#define PIMSD_OIDC_TOKENS_H

#include "server/server.h"

/** How people sign in here, as `acr` (OpenID Connect Core §2, RFC 9470): by password; by password and a one-time password of an
 * enrolled device; by password and a passkey, which resists phishing (OpenID Connect EAP ACR Values 1.0 §2). Who has reached one has the former, too. */
#define ACR_PASSWORD "urn:openpims:acr:password"
#define ACR_OTP "urn:openpims:acr:otp"
#define ACR_PASSKEY "phr"

enum { TOKEN_SIZE = 44, TOKEN_PRESENTED_MAX = 512 };

/** An access and a refresh token: 32 random bytes each, which only their holder has; the store keeps digests. */
struct issued_tokens {
	char access[TOKEN_SIZE];
	char refresh[TOKEN_SIZE];
	struct token_pair row;
};

int tokens_make(const struct env *env, int access_seconds, int64_t refresh_seconds, struct issued_tokens *ret_tokens);
void tokens_wipe(struct issued_tokens *tokens);
/** The digest by which a presented token is found. PIMS_E_FORMAT: NULL, empty or far too long for one. */
int token_digest(const char *token, unsigned char ret_digest[32]);

/** What an id_token says. */
struct id_claims {
	const struct session_row *session;
	const struct account *account;
	const char *nonce;  /**< NULL = left out */
	const char *access_token;
};
/** Appends the id_token (OpenID Connect Core §2, 3.1.3.6). */
int id_token_make(const struct server *server, const struct id_claims *claims, struct buf *ret_token);
/** The claims about a person that a scope grants, put into `object`. */
int claims_put_person(json_t *object, const char *scope, const struct account *account);

#endif
