/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SMS_NUMBER_H
#define PIMSD_SMS_NUMBER_H

#include "base/phone.h"
#include "server/server.h"

/** ISO 3166 alpha-2, by which an account's national forms are read: its own, or the server's. `account` NULL: the server's. */
const char *account_country(const struct server *server, const struct account *account);
/** A number as its owner writes it to E.164. PIMS_E_FORMAT: there is no such number. */
int account_number(const struct server *server, const struct account *account, const char *text, char ret_number[PHONE_SIZE]);
/** For people: the national form when the number belongs to the country, else the number itself. */
const char *account_show_number(const struct server *server, const struct account *account, const char *number, char buffer[PHONE_SIZE]);

#endif
