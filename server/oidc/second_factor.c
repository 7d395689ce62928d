/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/second_factor.h"

#include "server/account/otp.h"
#include "server/server.h"

#include <pims/error.h>

#include <string.h>

/* What is counted wrong here is not counted for the services that the account uses, and the other way round. */
static const char presenter[] = " sign-in"; /* no client's id: these have no blanks */

static int found(void *data, const struct device *device)
{
	(void)data;
	return device->phase == DEVICE_ACTIVE;
}

int second_factor_has(const struct server *server, int64_t account)
{
	int r = store_device_list(server->store, account, found, NULL);

	if (r > 0)
		return 0;
	return r < 0 ? r : PIMS_E_NOT_FOUND;
}

int second_factor_wanted(const struct server *server, int64_t account)
{
	return server->settings.sign_in_otp ? second_factor_has(server, account) : PIMS_E_NOT_FOUND;
}

/* People copy with blanks around. */
static int accept(const struct server *server, const char *text, int64_t account, int *ret_retry_after)
{
	char otp[OTP_MAX + 1];
	size_t length;
	struct otp_check check = {.account = account, .otp = otp, .presenter = presenter};
	int r;

	text += strspn(text, " ");
	length = strcspn(text, " ");
	if (length > OTP_MAX || text[length + strspn(text + length, " ")])
		return PIMS_E_INVALID;
	memcpy(otp, text, length);
	otp[length] = '\0';
	r = otp_accept(server, &check, ret_retry_after);
	secret_wipe(otp, sizeof otp);
	return r == PIMS_E_NOT_FOUND ? PIMS_E_INVALID : r;
}

int second_factor_prove(const struct server *server, const char *otp, struct browser *browser, int *ret_retry_after)
{
	int64_t now = env_now(&server->env);
	int r = accept(server, otp, browser->account, ret_retry_after);

	if (r == 0)
		r = store_browser_prove(server->store, browser->hash, now);
	if (r == 0)
		browser->otp_time = now;
	return r;
}

int second_factor_check(const struct server *server, const char *otp, int64_t account, int *ret_retry_after)
{
	int r = second_factor_wanted(server, account);

	if (r == 0)
		return accept(server, otp, account, ret_retry_after);
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}
