/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/sign_in_notice.h"

#include "server/account/mail.h"
#include "server/server.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { DAY_S = 86400, KEY_SIZE = 64 + REQUEST_CLIENT_SIZE, NEW_PLACES_A_DAY = 5, PASSKEYS_A_DAY = 20, OTHER_SIZE = 8, DETAIL_SIZE = 48 + REQUEST_CLIENT_SIZE };

static const char *event_text(const struct texts *texts, enum sign_in_event event)
{
	switch (event) {
	case SIGN_IN_NEW_PLACE:
		return texts->new_place_mail;
	case SIGN_IN_AFTER_FAILURES:
		return texts->after_failures_mail;
	case SIGN_IN_ROW_FULL:
		return texts->row_full_mail;
	case SIGN_IN_DEVICE_REMOVED:
		return texts->device_removed_mail;
	case SIGN_IN_PASSKEY_ADDED:
		return texts->passkey_added_mail;
	case SIGN_IN_PASSKEY_REMOVED:
		return texts->passkey_removed_mail;
	case SIGN_IN_WRONG_OTPS:
		break;
	}
	return texts->wrong_otps_mail;
}

/* When and from where: its owner knows whether that was he. */
static int write_detail(const struct request *request, char ret_detail[DETAIL_SIZE])
{
	time_t seconds = (time_t)(env_now(&request_server(request)->env) / 1000);
	char when[32], address[REQUEST_CLIENT_SIZE];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(when, sizeof when, "%Y-%m-%d %H:%M UTC", &tm))
		return PIMS_E_INVALID;
	request_client(request, address);
	(void)snprintf(ret_detail, DETAIL_SIZE, "%s, %s", when, address);
	return 0;
}

/* Each one is told, so that an owner who adds one hears of a thief's, too. */
static int write_passkey_key(const struct request *request, const struct account *account, enum sign_in_event event, char ret_key[KEY_SIZE])
{
	const struct server *server = request_server(request);
	char all[KEY_SIZE], other[2 * OTHER_SIZE + 1] = "";
	int ignored = 0, r = env_random_hex(&server->env, other, OTHER_SIZE);

	(void)snprintf(ret_key, KEY_SIZE, "notice:%" PRId64 ":%d:%s", account->id, (int)event, other);
	(void)snprintf(all, sizeof all, "notices-passkey:%" PRId64, account->id);
	return r < 0 ? r : store_attempt(server->store, all, PASSKEYS_A_DAY, DAY_S, env_now(&server->env), &ignored);
}

/* Each network is told that an account is new at: the next mail about a stranger must not be swallowed by one about its owner. */
static int write_key(const struct request *request, const struct account *account, enum sign_in_event event, char ret_key[KEY_SIZE])
{
	const struct server *server = request_server(request);
	char network[REQUEST_CLIENT_SIZE], all[KEY_SIZE];
	int ignored = 0;

	if (event == SIGN_IN_PASSKEY_ADDED || event == SIGN_IN_PASSKEY_REMOVED)
		return write_passkey_key(request, account, event, ret_key);
	(void)snprintf(ret_key, KEY_SIZE, "notice:%" PRId64 ":%d", account->id, (int)event);
	if (event != SIGN_IN_NEW_PLACE)
		return 0;
	request_network(request, network);
	(void)snprintf(ret_key, KEY_SIZE, "notice:%" PRId64 ":%d:%s", account->id, (int)event, network);
	if (store_attempt_check(server->store, ret_key, 1, env_now(&server->env), &ignored) == PIMS_E_LIMIT)
		return PIMS_E_LIMIT;
	(void)snprintf(all, sizeof all, "notices:%" PRId64, account->id);
	return store_attempt(server->store, all, NEW_PLACES_A_DAY, DAY_S, env_now(&server->env), &ignored);
}

static int write_notice(const struct request *request, const struct account *account, enum sign_in_event event)
{
	const struct server *server = request_server(request);
	const struct texts *texts = texts_of_request(request);
	struct buf sentence = BUF_INIT(1024);
	struct notice notice = {0};
	char detail[DETAIL_SIZE], key[KEY_SIZE];
	int r = write_detail(request, detail);

	if (r == 0)
		r = write_key(request, account, event, key);
	if (r == 0)
		r = texts_fill(event_text(texts, event), detail, &sentence);
	if (r == 0)
		r = notice_make(server, texts, account->email, buf_text(&sentence), &notice);
	if (r == 0)
		r = store_mail_once(server->store, key, DAY_S, &notice.mail);
	if (r == 0)
		notice_deliver(server, &notice);
	notice_free(&notice);
	buf_free(&sentence);
	return r;
}

void sign_in_notice(const struct request *request, const struct account *account, enum sign_in_event event)
{
	int r = account->issuer ? 0 : write_notice(request, account, event);

	if (r < 0 && r != PIMS_E_LIMIT)
		env_log(&request_server(request)->env, PIMS_LOG_ERROR, "account %s: the mail about its sign-in was not written: %s", account->subject,
			pims_strerror(r));
}

void sign_in_tell(const struct request *request, int64_t id, enum sign_in_event event)
{
	struct account account = {0};

	if (store_account_by_id(request_server(request)->store, id, &account) == 0)
		sign_in_notice(request, &account, event);
	account_free(&account);
}
