/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/sign_in.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/account/identifier.h"
#include "server/account/password.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_S = 900, ACCOUNT_FAILURES = 10, ADDRESS_FAILURES = 100 };

/* The two counts a failure goes to. Digests, since people type passwords into the wrong field. */
struct counts {
	char account[SIGN_IN_KEY_SIZE];
	char address[SIGN_IN_KEY_SIZE];
};

/* As the store keeps e-mail addresses; keyboards that complete words leave a blank behind. */
static int normalize(const char *username, char ret_email[EMAIL_SIZE])
{
	char trimmed[EMAIL_SIZE];
	size_t length;

	username += strspn(username, " \t");
	length = strcspn(username, " \t");
	if (length >= sizeof trimmed || username[length + strspn(username + length, " \t")])
		return PIMS_E_FORMAT;
	memcpy(trimmed, username, length);
	trimmed[length] = '\0';
	return email_normalise(trimmed, ret_email);
}

int sign_in_key(const struct seal *seal, const char *kind, const char *text, char ret_key[SIGN_IN_KEY_SIZE])
{
	unsigned char digest[SEAL_DIGEST_SIZE];
	char hex[2 * SEAL_DIGEST_SIZE + 1];
	int r = seal_digest(seal, text, digest);

	if (r < 0)
		return r;
	hex_encode(digest, sizeof digest, hex);
	(void)snprintf(ret_key, SIGN_IN_KEY_SIZE, "%s:%s", kind, hex);
	return 0;
}

static int read_counts(const struct request *request, const char *email, struct counts *ret_counts)
{
	const struct seal *seal = request_server(request)->seal;
	char network[REQUEST_CLIENT_SIZE], both[EMAIL_SIZE + 1 + sizeof network];
	int r;

	request_network(request, network);
	(void)snprintf(both, sizeof both, "%s %s", email, network);
	r = sign_in_key(seal, "login", both, ret_counts->account);
	return r < 0 ? r : sign_in_key(seal, "login-from", network, ret_counts->address);
}

/* Checked before and counted after, so that who signs in rightly is never counted. Guesses in flight at once are few: password.h. */
static int check_counts(const struct server *server, const struct counts *counts, int *ret_retry_after)
{
	int64_t now = env_now(&server->env);
	int r = store_attempt_check(server->store, counts->account, ACCOUNT_FAILURES, WINDOW_S, now, ret_retry_after);

	return r < 0 ? r : store_attempt_check(server->store, counts->address, ADDRESS_FAILURES, WINDOW_S, now, ret_retry_after);
}

static int count_failure(const struct server *server, const struct counts *counts)
{
	int64_t now = env_now(&server->env);
	int retry_after = 0;
	int r = store_attempt(server->store, counts->account, ACCOUNT_FAILURES, WINDOW_S, now, &retry_after);

	if (r == 0 || r == PIMS_E_LIMIT)
		r = store_attempt(server->store, counts->address, ADDRESS_FAILURES, WINDOW_S, now, &retry_after);
	return r == PIMS_E_LIMIT ? 0 : r;
}

/* An unknown account takes the time of a known one. */
static int verify(const struct server *server, const char *email, const char *password, struct account *ret_account)
{
	struct account account = {0};
	int r = store_account_by_email(server->store, email, &account);

	if (r < 0 && r != PIMS_E_NOT_FOUND)
		return r;
	r = password_verify(r == 0 ? account.password_hash : NULL, password);
	if (r == 0 && account.blocked)
		r = PIMS_E_NOT_FOUND;
	if (r < 0)
		account_free(&account);
	else
		*ret_account = account;
	return r;
}

int sign_in(const struct request *request, const char *username, const char *password, struct account *ret_account, int *ret_retry_after)
{
	const struct server *server = request_server(request);
	char email[EMAIL_SIZE];
	struct counts counts;
	int r, counted;

	if (normalize(username, email) < 0)
		return PIMS_E_NOT_FOUND;
	r = read_counts(request, email, &counts);
	if (r == 0)
		r = check_counts(server, &counts, ret_retry_after);
	if (r < 0)
		return r;
	r = strlen(password) > PASSWORD_MAX ? PIMS_E_NOT_FOUND : verify(server, email, password, ret_account);
	if (r == PIMS_E_NOT_FOUND) {
		counted = count_failure(server, &counts);
		r = counted < 0 ? counted : r;
	}
	return r;
}
