/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SMS_POLICY_H
#define PIMSD_SMS_POLICY_H

#include "server/server.h"

/*
 * What messages may cost. An account's own limits count what it asks for and nothing else, so nobody spends another's; a number that is not trusted yet is
 * limited by itself, since its owner asked for nothing; and of a country's budget the trusted numbers keep half to themselves.
 */

/** What is to be sent to whom. */
struct sms_order {
	const struct account *account;
	enum sms_purpose purpose;
	const char *number;  /**< E.164 */
	const char *network; /**< of the client (request_network()) */
};

/** PIMS_E_INVALID: the number's country is not allowed. */
int sms_policy_make(const struct server *server, const struct sms_order *order, struct sms_policy *ret_policy);
/** The budget of a country in a day by a list ("FR=1000,ES", "*"); 0 = not allowed. `country` NULL = not known. */
int sms_country_budget(const char *list, const char *country);
/** Whether a list has the right form. */
bool sms_countries_valid(const char *list);

#endif
