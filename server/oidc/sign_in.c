/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/sign_in.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/account/identifier.h"
#include "server/account/password.h"
#include "server/oidc/places.h"
#include "server/oidc/sign_in_notice.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where many networks guess, the account's own count ends it, for a month, or until its owner signs in (NIST SP 800-63B-4 §3.2.2: 100 in a row). */
enum {
	WINDOW_S = 900,
	ACCOUNT_FAILURES = 10,
	ADDRESS_FAILURES = 100,
	ROW_FAILURES = 100,
	ROW_WINDOW_S = 30 * 86400,
	NOBODY_WINDOW_S = 86400, /* of an address without an account, which looks the same */
	TOLD_FAILURES = 5,       /* its owner hears of them when one of the next was right */
	ROW_KEY_SIZE = 128
};

/* The counts a failure goes to. Digests, since people type passwords into the wrong field. */
struct counts {
	char account[SIGN_IN_KEY_SIZE]; /**< with its network */
	char address[SIGN_IN_KEY_SIZE];
	char row[ROW_KEY_SIZE];       /**< of the account, in a row: of one of its places, or of all others together */
	char strangers[ROW_KEY_SIZE]; /**< that of all others */
	char own[ROW_KEY_SIZE];       /**< that of the place, or of all others */
	int row_window_s;
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

static void row_key(int64_t account, const char *place, char ret_key[ROW_KEY_SIZE])
{
	(void)snprintf(ret_key, ROW_KEY_SIZE, "login-row:%" PRId64 ":%s", account, place);
}

/* A place whose own row is full counts as any other from then on, so that what ends the strangers' row ends this one. */
static int choose_row(const struct request *request, int64_t account, struct counts *counts)
{
	const struct server *server = request_server(request);
	char place[PLACE_SIZE];
	int ignored = 0, r = place_find(request, account, place);

	if (r < 0)
		return r;
	row_key(account, "", counts->strangers);
	row_key(account, place, counts->own);
	row_key(account, place, counts->row);
	r = store_attempt_check(server->store, counts->row, ROW_FAILURES, env_now(&server->env), &ignored);
	if (r == PIMS_E_LIMIT)
		memcpy(counts->row, counts->strangers, sizeof counts->row);
	return r == PIMS_E_LIMIT ? 0 : r;
}

static int nobodys_row(const struct seal *seal, const char *email, struct counts *counts)
{
	int r = sign_in_key(seal, "login-nobody", email, counts->row);

	memcpy(counts->strangers, counts->row, sizeof counts->strangers);
	counts->row_window_s = NOBODY_WINDOW_S;
	return r;
}

static int account_key(const struct request *request, const char *email, char ret_key[SIGN_IN_KEY_SIZE])
{
	char network[REQUEST_CLIENT_SIZE], both[EMAIL_SIZE + 1 + sizeof network];

	request_network(request, network);
	(void)snprintf(both, sizeof both, "%s %s", email, network);
	return sign_in_key(request_server(request)->seal, "login", both, ret_key);
}

/* `account` 0: nobody has this address. */
static int read_counts(const struct request *request, const char *email, int64_t account, struct counts *ret_counts)
{
	const struct seal *seal = request_server(request)->seal;
	char network[REQUEST_CLIENT_SIZE];
	int r;

	request_network(request, network);
	ret_counts->row_window_s = ROW_WINDOW_S;
	r = account_key(request, email, ret_counts->account);
	if (r == 0)
		r = sign_in_key(seal, "login-from", network, ret_counts->address);
	if (r < 0)
		return r;
	return account ? choose_row(request, account, ret_counts) : nobodys_row(seal, email, ret_counts);
}

/* Checked before and counted after, so that who signs in rightly is never counted. Guesses in flight at once are few: password.h. */
static int check_counts(const struct server *server, const struct counts *counts, int *ret_retry_after)
{
	int64_t now = env_now(&server->env);
	int r = store_attempt_check(server->store, counts->account, ACCOUNT_FAILURES, now, ret_retry_after);

	if (r == 0)
		r = store_attempt_check(server->store, counts->address, ADDRESS_FAILURES, now, ret_retry_after);
	if (r < 0)
		return r;
	r = store_attempt_check(server->store, counts->row, ROW_FAILURES, now, ret_retry_after);
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
		r = store_attempt(server->store, counts->row, ROW_FAILURES, counts->row_window_s, now, &ignored);
	return r == PIMS_E_LIMIT ? 0 : r;
}

static bool has_counted(const struct server *server, const char *key, int count)
{
	int ignored = 0;

	return store_attempt_check(server->store, key, count, env_now(&server->env), &ignored) == PIMS_E_LIMIT;
}

/* Strangers are shut out from here on. For nobody something is written as well, so that the answer takes as long. */
static void tell_failure(const struct request *request, const struct account *account, const struct counts *counts)
{
	const struct server *server = request_server(request);
	int ignored = 0;

	if (!text_equal(counts->row, counts->strangers) || !has_counted(server, counts->row, ROW_FAILURES))
		return;
	if (account->id)
		sign_in_notice(request, account, SIGN_IN_ROW_FULL);
	else
		(void)store_attempt(server->store, counts->row, ROW_FAILURES, counts->row_window_s, env_now(&server->env), &ignored);
}

/* An account that is as old as places get and has none was not used for long. Of a young one it may be the first sign-in. */
static bool is_new_place(const struct server *server, const struct account *account, const struct counts *counts)
{
	int64_t now = env_now(&server->env);

	if (!text_equal(counts->own, counts->strangers))
		return false;
	return account->created <= now - place_known_ms || store_place_find(server->store, account->id, NULL, now) == 0;
}

static void tell_success(const struct request *request, const struct account *account, const struct counts *counts)
{
	const struct server *server = request_server(request);

	if (has_counted(server, counts->own, TOLD_FAILURES) || has_counted(server, counts->strangers, TOLD_FAILURES))
		sign_in_notice(request, account, SIGN_IN_AFTER_FAILURES);
	else if (is_new_place(server, account, counts))
		sign_in_notice(request, account, SIGN_IN_NEW_PLACE);
}

static int forgive(struct store *store, const char *key, int64_t now)
{
	int ignored = 0, r = store_attempt_check(store, key, 1, now, &ignored);

	return r == PIMS_E_LIMIT ? store_attempt_forget(store, key) : r;
}

/* The row is broken, for strangers too: its owner is there. */
static int count_success(const struct request *request, int64_t account, const struct counts *counts)
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env);
	int r = forgive(server->store, counts->own, now);

	if (r == 0)
		r = forgive(server->store, counts->strangers, now);
	return r < 0 ? r : place_add_network(request, account);
}

int sign_in_forgive(struct store *store, int64_t account)
{
	char key[ROW_KEY_SIZE];

	row_key(account, "", key);
	return store_attempt_forget(store, key);
}

int sign_in_forgive_here(const struct request *request, const char *email)
{
	char key[SIGN_IN_KEY_SIZE];
	int r = account_key(request, email, key);

	return r < 0 ? r : store_attempt_forget(request_server(request)->store, key);
}

/* An unknown account takes the time of a known one. */
static int verify(const struct account *account, const char *password)
{
	int r = password_verify(account->id ? account->password_hash : NULL, password);

	return r == 0 && account->blocked ? PIMS_E_NOT_FOUND : r;
}

static int check(const struct request *request, const char *email, const char *password, const struct account *account, int *ret_retry_after)
{
	const struct server *server = request_server(request);
	struct counts counts;
	int counted, r = read_counts(request, email, account->id, &counts);

	if (r == 0)
		r = check_counts(server, &counts, ret_retry_after);
	if (r < 0)
		return r;
	if (strlen(password) > PASSWORD_MAX) /* no guess, and no work */
		return PIMS_E_NOT_FOUND;
	r = verify(account, password);
	if (r == 0) {
		tell_success(request, account, &counts);
		return count_success(request, account->id, &counts);
	}
	counted = r == PIMS_E_NOT_FOUND ? count_failure(server, &counts) : 0;
	if (r == PIMS_E_NOT_FOUND)
		tell_failure(request, account, &counts);
	return counted < 0 ? counted : r;
}

int sign_in(const struct request *request, const char *username, const char *password, struct account *ret_account, int *ret_retry_after)
{
	struct account account = {0};
	char email[EMAIL_SIZE];
	int r;

	if (normalize(username, email) < 0)
		return PIMS_E_NOT_FOUND;
	r = store_account_by_email(request_server(request)->store, email, &account);
	if (r == 0 || r == PIMS_E_NOT_FOUND)
		r = check(request, email, password, &account, ret_retry_after);
	if (r < 0)
		account_free(&account);
	else
		*ret_account = account;
	return r;
}
