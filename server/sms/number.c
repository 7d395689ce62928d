/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sms/number.h"

#include "base/text.h"

#include <pims/error.h>

const char *account_country(const struct server *server, const struct account *account)
{
	if (account && account->country)
		return account->country;
	return *server->settings.country ? server->settings.country : "FR";
}

int account_number(const struct server *server, const struct account *account, const char *text, char ret_number[PHONE_SIZE])
{
	return phone_normalise(text, account_country(server, account), ret_number);
}

const char *account_show_number(const struct server *server, const struct account *account, const char *number, char buffer[PHONE_SIZE])
{
	return phone_national(number, account_country(server, account), buffer) == 0 ? buffer : number;
}
