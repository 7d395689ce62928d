/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_BRANDS_H
#define PIMS_IDENTITY_BRANDS_H

#include "platform/profile.h"

/**
 * What is known of the live service of a brand (spec/wire.md §2), by its name in any letter case. Fills empty endpoints; the
 * caller owns them. What no public source tells stays NULL: issuer, keys, scope, user info. PIMS_E_NOT_FOUND, PIMS_E_MEMORY:
 * nothing was written.
 */
int brand_endpoints(const char *name, struct endpoints *ret_endpoints);

#endif
