/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_PHONE_H
#define PIMS_BASE_PHONE_H

#include <stdbool.h>

/** "+", at most 15 digits (ITU-T E.164 §6), NUL. */
enum { PHONE_SIZE = 17 };

/**
 * A number as people write it to E.164: "+33 6 12 34 56 78", "0033612345678", or a national form of `country` (ISO 3166 alpha-2, any case; NULL or
 * "" = only international forms). Blanks, dots, dashes, slashes and brackets are passed over, "(0)" behind a calling code too. PIMS_E_FORMAT: no
 * number that the country's numbering plan has room for; ret_number is then untouched.
 */
int phone_normalise(const char *text, const char *country, char ret_number[PHONE_SIZE]);
/** The national form of an E.164 number of `country`, as people there write it without blanks. PIMS_E_FORMAT: it belongs to another country. */
int phone_national(const char *number, const char *country, char ret_text[PHONE_SIZE]);
/** Whether national forms of a country (any case, NULL allowed) can be read. */
bool phone_country_known(const char *country);
/** The main country of an E.164 number's calling code, e.g. "FR", "US" for all of +1; NULL when there is none. A static string. */
const char *phone_country(const char *number);

#endif
