/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_CHALLENGE_H
#define PIMS_PLATFORM_CHALLENGE_H

#include <stdbool.h>

/**
 * True when WWW-Authenticate (RFC 9110 §11.6.1; several of them joined by commas) has a challenge of scheme Bearer or DPoP with this `error`
 * (RFC 6750 §3, RFC 9449 §7.1). What follows a mistake in it is not looked at.
 */
bool challenge_has_error(const char *text, const char *error);

#endif
