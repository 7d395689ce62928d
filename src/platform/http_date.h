/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_HTTP_DATE_H
#define PIMS_PLATFORM_HTTP_DATE_H

#include <stdint.h>

/**
 * Seconds since 1970 of an HTTP-date in any of the three forms that a recipient must take (RFC 9110 §5.6.7). PIMS_E_FORMAT. The name of
 * the day is not compared with the date.
 */
int http_date_parse(const char *text, int64_t *ret_seconds);

#endif
