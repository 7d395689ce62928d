/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/second_factor.h"

#include "server/account/otp.h"
#include "server/oidc/browser.h"
#include "server/oidc/sign_in_notice.h"
#include "server/server.h"

#include <pims/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOLD_AFTER = 3, TOLD_WINDOW_S = 86400, PRESENTER_SIZE = 16 + REQUEST_CLIENT_SIZE };

/*
 * What is counted wrong here is not counted for the services that the account uses, and the other way round; and by network, so that who has stolen the
 * password does not keep its owner out. No client's id has blanks.
 */
static void write_presenter(const struct request *request, char ret_presenter[PRESENTER_SIZE])
{
	char network[REQUEST_CLIENT_SIZE];

	request_network(request, network);
	(void)snprintf(ret_presenter, PRESENTER_SIZE, " sign-in %s", network);
}

int second_factor_missing(const struct server *server, int64_t account, enum account_factor given, bool wants_otp)
{
	const struct settings *settings = &server->settings;
	enum account_factor best = FACTOR_NONE;
	int r = given == FACTOR_PASSKEY ? 0 : store_account_factor(server->store, account, &best);

	if (r < 0 || given == FACTOR_PASSKEY)
		return r;
	if (best == FACTOR_PASSKEY)
		return FACTOR_PASSKEY;
	if (best == FACTOR_OTP && given == FACTOR_NONE && (wants_otp || settings->sign_in_otp || settings->sign_in_passkey))
		return FACTOR_OTP;
	return settings->sign_in_passkey ? FACTOR_NEW_PASSKEY : FACTOR_NONE;
}

enum account_factor second_factor_given(int64_t otp_time, int64_t passkey_time)
{
	if (passkey_time)
		return FACTOR_PASSKEY;
	return otp_time ? FACTOR_OTP : FACTOR_NONE;
}

static void tell(const struct request *request, int64_t account)
{
	const struct server *server = request_server(request);
	char key[48];
	int ignored = 0;

	(void)snprintf(key, sizeof key, "sign-in-otp:%" PRId64, account);
	if (store_attempt(server->store, key, TOLD_AFTER - 1, TOLD_WINDOW_S, env_now(&server->env), &ignored) == PIMS_E_LIMIT)
		sign_in_tell(request, account, SIGN_IN_WRONG_OTPS);
}

/* People copy with blanks around. */
static int accept(const struct request *request, const char *text, int64_t account, int *ret_retry_after)
{
	char otp[OTP_MAX + 1], presenter[PRESENTER_SIZE];
	size_t length;
	struct otp_check check = {.account = account, .otp = otp, .presenter = presenter};
	int r;

	text += strspn(text, " ");
	length = strcspn(text, " ");
	if (!length || length > OTP_MAX || text[length + strspn(text + length, " ")])
		return PIMS_E_INVALID;
	write_presenter(request, presenter);
	memcpy(otp, text, length);
	otp[length] = '\0';
	r = otp_accept(request_server(request), &check, ret_retry_after);
	secret_wipe(otp, sizeof otp);
	if (r != PIMS_E_NOT_FOUND)
		return r;
	tell(request, account);
	return PIMS_E_INVALID;
}

int second_factor_prove(const struct request *request, struct response *response, const char *otp, struct browser *browser, int *ret_retry_after)
{
	int r = accept(request, otp, browser->account, ret_retry_after);

	return r < 0 ? r : browser_prove(request, response, browser, NULL, false);
}

static bool used_passkey(const struct request *request, int64_t account)
{
	struct browser browser;
	int64_t now = env_now(&request_server(request)->env);

	return browser_find(request, &browser) == 0 && browser.account == account && browser.passkey_time && now - browser.passkey_time <= BROWSER_FRESH_MS;
}

int second_factor_check(const struct request *request, const char *otp, int64_t account, int *ret_retry_after)
{
	int r = second_factor_missing(request_server(request), account, FACTOR_NONE, false);

	if (r == FACTOR_PASSKEY)
		return used_passkey(request, account) ? 0 : PIMS_E_STATE;
	if (r == FACTOR_OTP)
		return accept(request, otp, account, ret_retry_after);
	return r < 0 ? r : 0;
}
