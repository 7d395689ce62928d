/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/sign_in.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/account/identifier.h"
#include "server/account/password.h"
#include "server/oidc/places.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where many networks guess, the account's own count ends it, for a month, or until its owner signs in (NIST SP 800-63B-4 §3.2.2: 100 in a row). */
enum { WINDOW_S = 900, ACCOUNT_FAILURES = 10, ADDRESS_FAILURES = 100, ROW_WINDOW_S = 30 * 86400, ROW_FAILURES = 100 };

/* The counts a failure goes to. Digests, since people type passwords into the wrong field. */
struct counts {
	char account[SIGN_IN_KEY_SIZE]; /**< with its network */
	char address[SIGN_IN_KEY_SIZE];
	char row[SIGN_IN_KEY_SIZE];       /**< of the account, in a row: of one of its places, or of all others together */
	char strangers[SIGN_IN_KEY_SIZE]; /**< that of all others */
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

static int row_key(const struct seal *seal, const char *email, const char *place, char ret_key[SIGN_IN_KEY_SIZE])
{
	char text[EMAIL_SIZE + 1 + PLACE_SIZE];

	(void)snprintf(text, sizeof text, "%s %s", email, place);
	return sign_in_key(seal, "login-row", text, ret_key);
}

static int read_counts(const struct request *request, const char *email, struct counts *ret_counts)
{
	const struct seal *seal = request_server(request)->seal;
	char network[REQUEST_CLIENT_SIZE], both[EMAIL_SIZE + 1 + sizeof network], place[PLACE_SIZE];
	int r;

	request_network(request, network);
	(void)snprintf(both, sizeof both, "%s %s", email, network);
	r = sign_in_key(seal, "login", both, ret_counts->account);
	if (r == 0)
		r = sign_in_key(seal, "login-from", network, ret_counts->address);
	if (r == 0)
		r = place_find(request, email, place);
	if (r == 0)
		r = row_key(seal, email, place, ret_counts->row);
	return r < 0 ? r : row_key(seal, email, "", ret_counts->strangers);
}

/* Checked before and counted after, so that who signs in rightly is never counted. Guesses in flight at once are few: password.h. */
static int check_counts(const struct server *server, const struct counts *counts, int *ret_retry_after)
{
	int64_t now = env_now(&server->env);
	int r = store_attempt_check(server->store, counts->account, ACCOUNT_FAILURES, WINDOW_S, now, ret_retry_after);

	if (r == 0)
		r = store_attempt_check(server->store, counts->address, ADDRESS_FAILURES, WINDOW_S, now, ret_retry_after);
	if (r < 0)
		return r;
	r = store_attempt_check(server->store, counts->row, ROW_FAILURES, ROW_WINDOW_S, now, ret_retry_after);
	if (r == PIMS_E_LIMIT)
		*ret_retry_after = SIGN_IN_ELSEWHERE;
	return r;
}

static int count_failure(const struct server *server, const struct counts *counts)
{
	int64_t now = env_now(&server->env);
	int ignored = 0;
	int r = store_attempt(server->store, counts->account, ACCOUNT_FAILURES, WINDOW_S, now, &ignored);

	if (r == 0 || r == PIMS_E_LIMIT)
		r = store_attempt(server->store, counts->address, ADDRESS_FAILURES, WINDOW_S, now, &ignored);
	if (r == 0 || r == PIMS_E_LIMIT)
		r = store_attempt(server->store, counts->row, ROW_FAILURES, ROW_WINDOW_S, now, &ignored);
	return r == PIMS_E_LIMIT ? 0 : r;
}

static int forgive(const struct server *server, const char *key)
{
	int ignored = 0, r = store_attempt_check(server->store, key, 1, ROW_WINDOW_S, env_now(&server->env), &ignored);

	return r == PIMS_E_LIMIT ? store_attempt_forget(server->store, key) : r;
}

/* The row is broken, for strangers too: its owner is there. */
static int count_success(const struct request *request, const char *email, const struct counts *counts)
{
	const struct server *server = request_server(request);
	int r = forgive(server, counts->row);

	if (r == 0)
		r = forgive(server, counts->strangers);
	return r < 0 ? r : place_add_network(request, email);
}

int sign_in_forgive(struct store *store, const struct seal *seal, const char *email)
{
	char key[SIGN_IN_KEY_SIZE];
	int r = row_key(seal, email, "", key);

	return r < 0 ? r : store_attempt_forget(store, key);
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
	} else if (r == 0) {
		r = count_success(request, email, &counts);
		if (r < 0)
			account_free(ret_account);
	}
	return r;
}
